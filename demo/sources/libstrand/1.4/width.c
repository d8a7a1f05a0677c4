#include "strand.h"

/* Columns of each code point of Unicode, made by mkwidth. */
extern const unsigned char width_table[0x110000];

/* The code point at *text, which moves on behind it; broken UTF-8 counts byte by byte. */
static unsigned long next(const unsigned char **text)
{
	unsigned long point = *(*text)++;
	int more = point >= 0xf0 ? 3 : point >= 0xe0 ? 2 : point >= 0xc0 ? 1 : 0;
	point &= more == 3 ? 0x07 : more == 2 ? 0x0f : more == 1 ? 0x1f : 0xff;
	for (; more > 0 && (**text & 0xc0) == 0x80; more--)
		point = point << 6 | (*(*text)++ & 0x3f);
	return point;
}

size_t strand_width(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t width = 0;
	while (*at) {
		unsigned long point = next(&at);
		width += point < sizeof width_table ? width_table[point] : 1;
	}
	return width;
}
