#include "drawer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <crumb.h>

int drawer_put(const char *path, const struct keyval *record)
{
	char sum[9], *line = keyval_line(record);
	crumb_text(line, strlen(line), sum);
	FILE *out = fopen(path, "a");
	int bad = out == NULL || fprintf(out, "%s %s\n", sum, line) < 0;
	if (out && fclose(out) != 0)
		bad = 1;
	free(line);
	return bad ? -1 : 0;
}

static void take(struct drawer *drawer, char *line)
{
	char sum[9];
	line[strcspn(line, "\n")] = '\0';
	if (strlen(line) < 9 || line[8] != ' ') {
		drawer->damaged++;
		return;
	}
	crumb_text(line + 9, strlen(line + 9), sum);
	if (strncmp(sum, line, 8) != 0) {
		drawer->damaged++;
		return;
	}
	drawer->records = realloc(drawer->records, (drawer->count + 1) * sizeof *drawer->records);
	if (drawer->records == NULL)
		abort();
	drawer->records[drawer->count++] = keyval_parse_line(line + 9);
}

void drawer_open(struct drawer *drawer, const char *path)
{
	memset(drawer, 0, sizeof *drawer);
	FILE *in = fopen(path, "r");
	if (in == NULL)
		return;
	char *line = NULL;
	size_t room = 0;
	while (getline(&line, &room, in) >= 0)
		take(drawer, line);
	free(line);
	fclose(in);
}

void drawer_close(struct drawer *drawer)
{
	for (size_t i = 0; i < drawer->count; i++)
		keyval_free(drawer->records[i]);
	free(drawer->records);
	memset(drawer, 0, sizeof *drawer);
}
