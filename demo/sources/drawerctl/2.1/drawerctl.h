#include <drawer.h>

/* Writes the records as JSON to standard output (built with USE=json only). */
void print_json(const struct drawer *drawer);
