#include "crumb.h"
#include <stdio.h>

/* Made by tablegen; SLICES is 16 with USE=sliced, which takes 16 bytes a step. */
extern const uint32_t crc32c_table[SLICES][256];

uint32_t crumb_crc(const void *bytes, size_t count)
{
	const unsigned char *at = bytes;
	uint32_t crc = 0xffffffff;
	for (; SLICES > 1 && count >= SLICES; count -= SLICES, at += SLICES) {
		uint32_t next = 0;
		for (int i = 0; i < SLICES; i++) {
			unsigned char byte = at[i];
			if (i < 4)
				byte ^= (unsigned char)(crc >> (8 * i));
			next ^= crc32c_table[SLICES - 1 - i][byte];
		}
		crc = next;
	}
	while (count-- > 0)
		crc = crc >> 8 ^ crc32c_table[0][(crc ^ *at++) & 255];
	return ~crc;
}

void crumb_text(const void *bytes, size_t count, char text[9])
{
	snprintf(text, 9, "%08x", (unsigned)crumb_crc(bytes, count));
}

const char *crumb_version(void)
{
	return SLICES > 1 ? VERSION " sliced" : VERSION;
}
