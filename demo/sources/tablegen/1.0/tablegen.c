/*
 * tablegen NAME WIDTH POLYNOMIAL REFLECTED SLICES
 * prints a C file with the lookup tables of a CRC: `const uint32_t NAME[SLICES][256]`.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char usage_text[];

static uint32_t reverse(uint32_t value, int bits)
{
	uint32_t result = 0;
	for (int i = 0; i < bits; i++)
		if (value >> i & 1)
			result |= UINT32_C(1) << (bits - 1 - i);
	return result;
}

/* Values are kept at the top of 32 bits where the CRC is not reflected, at the bottom where it is. */
static uint32_t entry(uint32_t index, int width, uint32_t polynomial, int reflected)
{
	if (reflected) {
		uint32_t mirrored = reverse(polynomial, width), value = index;
		for (int bit = 0; bit < 8; bit++)
			value = value & 1 ? value >> 1 ^ mirrored : value >> 1;
		return value;
	}
	uint32_t top = polynomial << (32 - width), value = index << 24;
	for (int bit = 0; bit < 8; bit++)
		value = value & UINT32_C(0x80000000) ? value << 1 ^ top : value << 1;
	return value;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("tablegen %s\n", VERSION);
		return 0;
	}
	if (argc != 6) {
		fputs(usage_text, stderr);
		return 2;
	}
	int width = atoi(argv[2]), reflected = strcmp(argv[4], "yes") == 0, slices = atoi(argv[5]);
	uint32_t polynomial = (uint32_t)strtoul(argv[3], NULL, 16);
	if (width < 8 || width > 32 || slices < 1 || slices > 64) {
		fputs(usage_text, stderr);
		return 2;
	}
	static uint32_t table[64][256];
	for (uint32_t i = 0; i < 256; i++)
		table[0][i] = entry(i, width, polynomial, reflected);
	for (int slice = 1; slice < slices; slice++)
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t before = table[slice - 1][i];
			table[slice][i] = reflected ? before >> 8 ^ table[0][before & 255]
						    : before << 8 ^ table[0][before >> 24];
		}
	printf("/* made by tablegen %s */\n#include <stdint.h>\nconst uint32_t %s[%d][256] = {\n", VERSION, argv[1], slices);
	for (int slice = 0; slice < slices; slice++) {
		printf("{");
		for (int i = 0; i < 256; i++)
			printf("%s0x%08" PRIx32 ",", i % 8 == 0 ? "\n\t" : " ", table[slice][i]);
		printf("\n},\n");
	}
	printf("};\n");
	return ferror(stdout) ? 1 : 0;
}
