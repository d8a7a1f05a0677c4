/* Keeps dated notes in a plain file: fieldnotes FILE TEXT... adds one, fieldnotes FILE shows them as a table. */
#include <stdio.h>
#include <string.h>
#include <dial.h>
#include <grid.h>
#include <keyval.h>

#ifdef COLOR
#define BEGIN "\033[36m"
#define END "\033[0m"
#else
#define BEGIN ""
#define END ""
#endif

static int add(const char *path, int words, char **argv)
{
	char date[11];
	dial_write(dial_today(), date);
	FILE *file = fopen(path, "a");
	if (file == NULL) {
		perror(path);
		return 1;
	}
	fprintf(file, "%s =", date);
	for (int i = 0; i < words; i++)
		fprintf(file, " %s", argv[i]);
	fputc('\n', file);
	return fclose(file) ? 1 : 0;
}

static int show(const char *path)
{
	const char *headings[] = {"date", "moon", "note"};
	struct keyval *notes = keyval_read(path);
	struct grid grid;
	grid_begin(&grid, 3, headings);
	for (const struct keyval *note = notes; note; note = note->next) {
		int ok;
		long day = dial_read(note->key, &ok);
		const char *cells[] = {note->key, ok ? dial_moon_name(dial_moon(day)) : "?", note->value};
		grid_row(&grid, cells);
	}
	strand table = {0};
	grid_end(&grid, &table);
	printf(BEGIN "%s" END, strand_text(&table));
	strand_clear(&table);
	keyval_free(notes);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("fieldnotes %s, libkeyval %s, libgrid %s, libdial %s\n", VERSION, keyval_version(), grid_version(),
		       dial_version());
		return 0;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: fieldnotes FILE [TEXT...]\n");
		return 2;
	}
	return argc > 2 ? add(argv[1], argc - 2, argv + 2) : show(argv[1]);
}
