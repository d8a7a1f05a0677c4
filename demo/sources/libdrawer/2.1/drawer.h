/* A file of records, one a line, each with a checksum: a line that was damaged is left out and counted. */
#ifndef DRAWER_H
#define DRAWER_H

#include <stddef.h>
#include <keyval.h>
#include <strand.h>

struct drawer {
	struct keyval **records;
	size_t count;
	size_t damaged;
};

/* 0, or -1 where the file cannot be written. */
int drawer_put(const char *path, const struct keyval *record);
/* A file that is not there is an empty drawer. */
void drawer_open(struct drawer *drawer, const char *path);
void drawer_close(struct drawer *drawer);
/* The records as a table with these fields as columns. */
void drawer_table(const struct drawer *drawer, size_t columns, const char *const *fields, strand *out);
const char *drawer_version(void);

#endif
