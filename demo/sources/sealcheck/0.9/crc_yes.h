/* A reflected CRC, sixteen bytes a step; included with NAME, TABLE, INITIAL and FINAL defined. */
#include <stddef.h>

uint32_t NAME(const unsigned char *bytes, size_t count)
{
	uint32_t crc = INITIAL;
	for (; count >= 16; count -= 16, bytes += 16) {
		uint32_t next = 0;
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++)
			next ^= TABLE[15 - i][(i < 4 ? (crc >> (8 * i) ^ bytes[i]) : bytes[i]) & 255];
		crc = next;
	}
	while (count-- > 0)
		crc = crc >> 8 ^ TABLE[0][(crc ^ *bytes++) & 255];
	return crc ^ FINAL;
}
