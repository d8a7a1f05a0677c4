/* Keeps notes in a plain file: fieldnotes FILE TEXT... adds one, fieldnotes FILE shows them. */
#include <stdio.h>
#include <string.h>
#include <strand.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("fieldnotes %s, libstrand %s\n", VERSION, strand_version());
		return 0;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: fieldnotes FILE [TEXT...]\n");
		return 2;
	}
	strand note = {0};
	for (int i = 2; i < argc; i++) {
		strand_add(&note, argv[i]);
		strand_add(&note, i + 1 < argc ? " " : "\n");
	}
	FILE *file = fopen(argv[1], argc > 2 ? "a" : "r");
	if (file == NULL) {
		perror(argv[1]);
		return 1;
	}
	for (int c; argc == 2 && (c = getc(file)) != EOF;)
		putchar(c);
	fputs(strand_text(&note), file);
	strand_clear(&note);
	return fclose(file) ? 1 : 0;
}
