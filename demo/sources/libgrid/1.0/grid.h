/* Tables of text. The caller owns the struct: its size is part of the ABI. */
#ifndef GRID_H
#define GRID_H

#include <stddef.h>
#include <strand.h>

#define GRID_COLUMNS 8

struct grid {
	size_t columns;
	size_t rows;
	char **cells; /* rows * columns, each its own memory */
};

void grid_begin(struct grid *grid, size_t columns, const char *const *headings);
void grid_row(struct grid *grid, const char *const *cells);
/* Appends the table to `out` and frees its rows. */
void grid_end(struct grid *grid, strand *out);
const char *grid_version(void);

#endif
