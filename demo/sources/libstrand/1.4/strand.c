#include "strand.h"
#include <stdlib.h>
#include <string.h>

void strand_add_bytes(strand *s, const char *bytes, size_t count)
{
	if (s->length + count + 1 > s->room) {
		size_t room = s->room ? s->room : 32;
		while (room < s->length + count + 1)
			room *= 2;
		char *text = realloc(s->text, room);
		if (text == NULL)
			abort();
		s->text = text;
		s->room = room;
	}
	memcpy(s->text + s->length, bytes, count);
	s->length += count;
	s->text[s->length] = '\0';
}

void strand_add(strand *s, const char *text)
{
	strand_add_bytes(s, text, strlen(text));
}

void strand_repeat(strand *s, const char *text, size_t times)
{
	while (times-- > 0)
		strand_add(s, text);
}

void strand_clear(strand *s)
{
	free(s->text);
	*s = (strand){0};
}

const char *strand_text(const strand *s)
{
	return s->text ? s->text : "";
}

const char *strand_version(void)
{
	return VERSION;
}
