#include "drawerctl.h"
#include <stdio.h>
#include <string.h>
#include <sift.h>

extern const char help_text[];

static int put(const char *path, int count, char **fields)
{
	strand line = {0};
	for (int i = 0; i < count; i++) {
		strand_add(&line, fields[i]);
		strand_add(&line, ";");
	}
	struct keyval *record = keyval_parse_line(strand_text(&line));
	int bad = drawer_put(path, record);
	if (bad)
		perror(path);
	keyval_free(record);
	strand_clear(&line);
	return bad ? 1 : 0;
}

static int list(const char *path, char *names, int count, char **conditions)
{
	const char *fields[8];
	size_t columns = 0;
	for (char *name = strtok(names, ","); name && columns < 8; name = strtok(NULL, ","))
		fields[columns++] = name;
	struct drawer drawer;
	drawer_open(&drawer, path);
	if (sift(&drawer, (size_t)count, (const char *const *)conditions) != 0) {
		fprintf(stderr, "drawerctl: a condition is FIELD=VALUE, FIELD~PART, FIELD<VALUE or FIELD>VALUE\n");
		return 2;
	}
	if (columns > 0)
		sift_sort(&drawer, fields[0]);
#ifdef JSON
	print_json(&drawer);
#else
	strand table = {0};
	drawer_table(&drawer, columns, fields, &table);
	fputs(strand_text(&table), stdout);
	strand_clear(&table);
#endif
	if (drawer.damaged > 0)
		fprintf(stderr, "drawerctl: %zu damaged lines were left out\n", drawer.damaged);
	drawer_close(&drawer);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
#ifdef JSON
		printf("drawerctl %s +json, libsift %s\n", VERSION, sift_version());
#else
		printf("drawerctl %s, libsift %s\n", VERSION, sift_version());
#endif
		return 0;
	}
	if (argc >= 4 && strcmp(argv[1], "put") == 0)
		return put(argv[2], argc - 3, argv + 3);
	if (argc >= 4 && strcmp(argv[1], "list") == 0)
		return list(argv[2], argv[3], argc - 4, argv + 4);
	fputs(help_text, stderr);
	return 2;
}
