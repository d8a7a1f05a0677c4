/* Finds records of a drawer: `field=value`, `field~part`, `field<value`, `field>value`, all that are given must hold. */
#ifndef SIFT_H
#define SIFT_H

#include <drawer.h>

/* Keeps the records for which every condition holds; -1 where a condition cannot be read. */
int sift(struct drawer *drawer, size_t count, const char *const *conditions);
/* Orders the records by a field: numbers by value, others by letters. */
void sift_sort(struct drawer *drawer, const char *field);
const char *sift_version(void);

#endif
