/* Runs while libstrand is built: prints the table of column widths as C. */
#include <stdio.h>

static const struct range {
	long first, last;
	int width;
} ranges[] = {
	{0x0000, 0x001f, 0}, {0x007f, 0x009f, 0}, {0x0300, 0x036f, 0}, {0x0483, 0x0489, 0}, {0x0591, 0x05bd, 0},
	{0x0610, 0x061a, 0}, {0x064b, 0x065f, 0}, {0x1100, 0x115f, 2}, {0x1ab0, 0x1aff, 0}, {0x1dc0, 0x1dff, 0},
	{0x200b, 0x200f, 0}, {0x20d0, 0x20ff, 0}, {0x2e80, 0x303e, 2}, {0x3041, 0x33ff, 2}, {0x3400, 0x4dbf, 2},
	{0x4e00, 0x9fff, 2}, {0xa000, 0xa4cf, 2}, {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2}, {0xfe00, 0xfe0f, 0},
	{0xfe20, 0xfe2f, 0}, {0xfe30, 0xfe6f, 2}, {0xff00, 0xff60, 2}, {0xffe0, 0xffe6, 2}, {0x1f300, 0x1f64f, 2},
	{0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2},
};

int main(void)
{
	printf("const unsigned char width_table[0x110000] = {");
	for (long point = 0; point < 0x110000; point++) {
		int width = 1;
		for (unsigned i = 0; i < sizeof ranges / sizeof *ranges; i++)
			if (point >= ranges[i].first && point <= ranges[i].last)
				width = ranges[i].width;
		printf("%s%d,", point % 32 == 0 ? "\n\t" : "", width);
	}
	printf("\n};\n");
	return 0;
}
