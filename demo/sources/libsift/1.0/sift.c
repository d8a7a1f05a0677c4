#include "sift.h"
#include <stdlib.h>
#include <string.h>

/* Two values as numbers where both are, as text otherwise. */
int sift_compare(const char *a, const char *b)
{
	char *end_a, *end_b;
	double number_a = strtod(a, &end_a), number_b = strtod(b, &end_b);
	if (*a && *b && !*end_a && !*end_b)
		return (number_a > number_b) - (number_a < number_b);
	return strcmp(a, b);
}

static int holds(const struct keyval *record, const char *condition)
{
	size_t at = strcspn(condition, "=~<>");
	if (at == 0 || condition[at] == '\0')
		return -1;
	strand field = {0};
	strand_add_bytes(&field, condition, at);
	const char *value = keyval_get(record, field.text, ""), *wanted = condition + at + 1;
	strand_clear(&field);
	switch (condition[at]) {
	case '=':
		return strcmp(value, wanted) == 0;
	case '~':
		return strstr(value, wanted) != NULL;
	case '<':
		return sift_compare(value, wanted) < 0;
	default:
		return sift_compare(value, wanted) > 0;
	}
}

int sift(struct drawer *drawer, size_t count, const char *const *conditions)
{
	size_t kept = 0;
	for (size_t i = 0; i < drawer->count; i++) {
		int keep = 1;
		for (size_t c = 0; c < count && keep > 0; c++)
			keep = holds(drawer->records[i], conditions[c]);
		if (keep < 0)
			return -1;
		if (keep)
			drawer->records[kept++] = drawer->records[i];
		else
			keyval_free(drawer->records[i]);
	}
	drawer->count = kept;
	return 0;
}
