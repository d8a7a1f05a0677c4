#include "keyval.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strand.h>

static char *copy(const char *from, const char *to)
{
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	strand s = {0};
	strand_add_bytes(&s, from, (size_t)(to - from));
	return s.text;
}

/* Pairs of `text`, which are separated by any character of `ends`. */
static struct keyval *parse(const char *text, const char *ends, int comments)
{
	struct keyval *first = NULL, **last = &first;
	while (*text) {
		const char *end = text + strcspn(text, ends);
		const char *equals = memchr(text, '=', (size_t)(end - text));
		const char *start = text + strspn(text, " \t");
		if (equals && !(comments && *start == '#')) {
			struct keyval *pair = calloc(1, sizeof *pair);
			if (pair == NULL)
				abort();
			pair->key = copy(text, equals);
			pair->value = copy(equals + 1, end);
			*last = pair;
			last = &pair->next;
		}
		text = *end ? end + 1 : end;
	}
	return first;
}

struct keyval *keyval_parse(const char *text)
{
	return parse(text, "\n", 1);
}

struct keyval *keyval_parse_line(const char *line)
{
	return parse(line, ";\n", 0);
}
