#include "drawerctl.h"
#include <stdio.h>

static void print_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		if ((unsigned char)*text < 0x20)
			printf("\\u%04x", *text);
		else
			putchar(*text);
	}
	putchar('"');
}

void print_json(const struct drawer *drawer)
{
	putchar('[');
	for (size_t i = 0; i < drawer->count; i++) {
		printf(i ? ",{" : "{");
		for (const struct keyval *pair = drawer->records[i]; pair; pair = pair->next) {
			print_text(pair->key);
			putchar(':');
			print_text(pair->value);
			if (pair->next)
				putchar(',');
		}
		putchar('}');
	}
	puts("]");
}
