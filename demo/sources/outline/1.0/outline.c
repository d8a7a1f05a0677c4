/* Prints the headings of a text, indented: lines that begin with # signs, or that are underlined with === or ---. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strand.h>

static int underline(const char *line)
{
	size_t length = strlen(line);
	if (length >= 3 && strspn(line, "=") == length)
		return 1;
	return length >= 3 && strspn(line, "-") == length ? 2 : 0;
}

static void heading(int level, const char *text)
{
	strand out = {0};
	strand_repeat(&out, "  ", (size_t)level - 1);
	strand_add(&out, text);
	puts(strand_text(&out));
	strand_clear(&out);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("outline %s, libstrand %s\n", VERSION, strand_version());
		return 0;
	}
	FILE *in = argc > 1 ? fopen(argv[1], "r") : stdin;
	if (in == NULL) {
		perror(argv[1]);
		return 1;
	}
	char *line = NULL, *before = strdup("");
	size_t room = 0;
	while (getline(&line, &room, in) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		int level = (int)strspn(line, "#"), under = underline(line);
		if (level > 0 && line[level] == ' ')
			heading(level, line + level + 1);
		else if (under && *before)
			heading(under, before);
		free(before);
		before = strdup(line);
	}
	free(before);
	free(line);
	return 0;
}
