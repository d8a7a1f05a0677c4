#include "drawer.h"
#include <stdio.h>
#include <crumb.h>
#include <grid.h>

void drawer_table(const struct drawer *drawer, size_t columns, const char *const *fields, strand *out)
{
	struct grid grid;
	grid_begin(&grid, columns, fields);
	for (size_t i = 0; i < drawer->count; i++) {
		const char *cells[GRID_COLUMNS];
		for (size_t column = 0; column < columns && column < GRID_COLUMNS; column++)
			cells[column] = keyval_get(drawer->records[i], fields[column], "");
		grid_row(&grid, cells);
	}
	grid_end(&grid, out);
}

const char *drawer_version(void)
{
	static char text[256];
	snprintf(text, sizeof text, "%s (libkeyval %s, libgrid %s, libcrumb %s)", VERSION, keyval_version(), grid_version(),
		 crumb_version());
	return text;
}
