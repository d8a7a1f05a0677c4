/* A CRC that is not reflected, kept at the top of 32 bits, sixteen bytes a step; see crc_yes.h. */
#include <stddef.h>

uint32_t NAME(const unsigned char *bytes, size_t count)
{
	uint32_t crc = (uint32_t)INITIAL << (32 - WIDTH);
	for (; count >= 16; count -= 16, bytes += 16) {
		uint32_t next = 0;
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++)
			next ^= TABLE[15 - i][(i < 4 ? (crc >> (24 - 8 * i) ^ bytes[i]) : bytes[i]) & 255];
		crc = next;
	}
	while (count-- > 0)
		crc = crc << 8 ^ TABLE[0][(crc >> 24 ^ *bytes++) & 255];
	return (crc >> (32 - WIDTH)) ^ FINAL;
}
