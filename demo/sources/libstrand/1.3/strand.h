/* Strings that grow. A strand that is all zeroes is an empty one. */
#ifndef STRAND_H
#define STRAND_H

#include <stddef.h>

typedef struct strand {
	char *text; /* ends with a zero byte; NULL while nothing was added */
	size_t length;
	size_t room;
} strand;

void strand_add(strand *s, const char *text);
void strand_add_bytes(strand *s, const char *bytes, size_t count);
void strand_repeat(strand *s, const char *text, size_t times);
void strand_clear(strand *s);
const char *strand_text(const strand *s);
const char *strand_version(void);

#endif
