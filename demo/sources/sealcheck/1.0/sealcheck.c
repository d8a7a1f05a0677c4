/* The seals of a file, one for each kind of CRC: sealcheck FILE; sealcheck --self-test */
#include "seal.h"
#include <stdio.h>
#include <string.h>
#include <crumb.h>
#include <strand.h>

static int self_test(void)
{
	int bad = 0;
	for (const struct seal *seal = seals; seal->name; seal++) {
		uint32_t crc = seal->crc((const unsigned char *)"123456789", 9);
		printf("%-12s %0*x %s\n", seal->name, seal->width / 4, (unsigned)crc, crc == seal->check ? "ok" : "WRONG");
		bad |= crc != seal->check;
	}
	return bad;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: sealcheck FILE | --self-test | --version\n");
		return 2;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("sealcheck %s, libcrumb %s, libstrand %s\n", VERSION, crumb_version(), strand_version());
		return 0;
	}
	if (strcmp(argv[1], "--self-test") == 0)
		return self_test();
	FILE *in = fopen(argv[1], "rb");
	if (in == NULL) {
		perror(argv[1]);
		return 1;
	}
	strand bytes = {0};
	char block[65536];
	size_t count;
	while ((count = fread(block, 1, sizeof block, in)) > 0)
		strand_add_bytes(&bytes, block, count);
	fclose(in);
	for (const struct seal *seal = seals; seal->name; seal++)
		printf("%-12s %0*x\n", seal->name, seal->width / 4,
		       (unsigned)seal->crc((const unsigned char *)strand_text(&bytes), bytes.length));
	strand_clear(&bytes);
	return 0;
}
