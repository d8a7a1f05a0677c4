#include "drawer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int held, const char *what)
{
	printf("%s: %s\n", held ? "ok" : "FAILED", what);
	if (!held)
		exit(1);
}

int main(void)
{
	const char *path = "check.drawer", *fields[] = {"name", "place"};
	remove(path);
	struct keyval *record = keyval_parse_line("name=string;place=third shelf");
	must(drawer_put(path, record) == 0, "a record is written");
	must(drawer_put(path, record) == 0, "and another");
	FILE *out = fopen(path, "a");
	fprintf(out, "00000000 name=damaged\n");
	fclose(out);

	struct drawer drawer;
	drawer_open(&drawer, path);
	must(drawer.count == 2, "both are read");
	must(drawer.damaged == 1, "the damaged line is counted");
	must(strcmp(keyval_get(drawer.records[1], "place", ""), "third shelf") == 0, "a field is found");
	strand table = {0};
	drawer_table(&drawer, 2, fields, &table);
	must(strstr(strand_text(&table), "third shelf") != NULL, "it is in the table");
	strand_clear(&table);
	drawer_close(&drawer);
	keyval_free(record);
	return 0;
}
