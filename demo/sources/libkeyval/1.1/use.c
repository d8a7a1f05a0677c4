#include "keyval.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strand.h>

struct keyval *keyval_read(const char *path)
{
	FILE *in = fopen(path, "r");
	if (in == NULL)
		return NULL;
	strand text = {0};
	char block[4096];
	size_t count;
	while ((count = fread(block, 1, sizeof block, in)) > 0)
		strand_add_bytes(&text, block, count);
	fclose(in);
	struct keyval *pairs = keyval_parse(strand_text(&text));
	strand_clear(&text);
	return pairs;
}

const char *keyval_get(const struct keyval *pairs, const char *key, const char *otherwise)
{
	for (; pairs; pairs = pairs->next)
		if (strcmp(pairs->key, key) == 0)
			otherwise = pairs->value;
	return otherwise;
}

char *keyval_line(const struct keyval *pairs)
{
	strand line = {0};
	strand_add(&line, "");
	for (; pairs; pairs = pairs->next) {
		strand_add(&line, pairs->key);
		strand_add(&line, "=");
		strand_add(&line, pairs->value);
		if (pairs->next)
			strand_add(&line, ";");
	}
	return line.text;
}

void keyval_free(struct keyval *pairs)
{
	while (pairs) {
		struct keyval *next = pairs->next;
		free(pairs->key);
		free(pairs->value);
		free(pairs);
		pairs = next;
	}
}

const char *keyval_version(void)
{
	static char text[64];
	snprintf(text, sizeof text, "%s (libstrand %s)", VERSION, strand_version());
	return text;
}
