#include "grid.h"
#include <stdlib.h>
#include <string.h>
#include <ringbuf.h>

#ifdef UNICODE
#define ACROSS "\u2500"
#define CROSS "\u253c"
#define DOWN "\u2502"
#else
#define ACROSS "-"
#define CROSS "+"
#define DOWN "|"
#endif

/* Widths of the last rows: a column is as wide as its widest cell among them. */
RINGBUF(recent, size_t, 64)

void grid_row(struct grid *grid, const char *const *cells)
{
	grid->cells = realloc(grid->cells, (grid->rows + 1) * grid->columns * sizeof *grid->cells);
	if (grid->cells == NULL)
		abort();
	for (size_t i = 0; i < grid->columns; i++)
		grid->cells[grid->rows * grid->columns + i] = strdup(cells[i]);
	grid->rows++;
}

void grid_begin(struct grid *grid, size_t columns, const char *const *headings)
{
	memset(grid, 0, sizeof *grid);
	grid->columns = columns < GRID_COLUMNS ? columns : GRID_COLUMNS;
	grid_row(grid, headings);
}

static size_t column_width(const struct grid *grid, size_t column)
{
	struct recent recent = {{0}, 0};
	for (size_t row = 0; row < grid->rows; row++)
		recent_add(&recent, strand_width(grid->cells[row * grid->columns + column]));
	size_t width = strand_width(grid->cells[column]);
	for (size_t i = 0; i < recent_count(&recent); i++)
		if (recent_at(&recent, i) > width)
			width = recent_at(&recent, i);
	return width;
}

void grid_end(struct grid *grid, strand *out)
{
	size_t widths[GRID_COLUMNS];
	for (size_t i = 0; i < grid->columns; i++)
		widths[i] = column_width(grid, i);
	for (size_t row = 0; row < grid->rows; row++) {
		for (size_t i = 0; i < grid->columns; i++) {
			char *cell = grid->cells[row * grid->columns + i];
			size_t width = strand_width(cell);
			strand_add(out, cell);
			strand_repeat(out, " ", width < widths[i] ? widths[i] - width : 0);
			strand_add(out, i + 1 < grid->columns ? " " DOWN " " : "\n");
			free(cell);
		}
		for (size_t i = 0; row == 0 && i < grid->columns; i++) {
			strand_repeat(out, ACROSS, widths[i]);
			strand_add(out, i + 1 < grid->columns ? ACROSS CROSS ACROSS : "\n");
		}
	}
	free(grid->cells);
	memset(grid, 0, sizeof *grid);
}
