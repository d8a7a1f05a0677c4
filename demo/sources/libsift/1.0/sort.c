#include "sift.h"
#include <stdio.h>
#include <stdlib.h>

int sift_compare(const char *a, const char *b);

/* Insertion sort: stable, and drawers are small. */
void sift_sort(struct drawer *drawer, const char *field)
{
	for (size_t i = 1; i < drawer->count; i++) {
		struct keyval *record = drawer->records[i];
		size_t at = i;
		for (; at > 0 && sift_compare(keyval_get(drawer->records[at - 1], field, ""),
					      keyval_get(record, field, "")) > 0; at--)
			drawer->records[at] = drawer->records[at - 1];
		drawer->records[at] = record;
	}
}

const char *sift_version(void)
{
	static char text[320];
	snprintf(text, sizeof text, "%s (libdrawer %s)", VERSION, drawer_version());
	return text;
}
