/* Reads lines of `key = value`; `#` begins a comment. */
#ifndef KEYVAL_H
#define KEYVAL_H

#include <stddef.h>

struct keyval {
	char *key;
	char *value;
	struct keyval *next;
};

/* The pairs of a text, in order; NULL for none. Free them with keyval_free. */
struct keyval *keyval_parse(const char *text);
struct keyval *keyval_read(const char *path);
/* The last value of a key, or `otherwise`. */
const char *keyval_get(const struct keyval *pairs, const char *key, const char *otherwise);
/* Writes the pairs in one line, as keyval_parse_line reads them: `key=value;key=value`. Free the text. */
char *keyval_line(const struct keyval *pairs);
struct keyval *keyval_parse_line(const char *line);
void keyval_free(struct keyval *pairs);
const char *keyval_version(void);

#endif
