/* Dates of the Gregorian calendar and the phases of the moon. */
#ifndef DIAL_H
#define DIAL_H

/* Days since 1 January 1970; the years 1600 to 2399. */
long dial_day(int year, int month, int day);
/* "2026-11-21" to days; *ok is 0 where it is no date. */
long dial_read(const char *text, int *ok);
/* Writes YYYY-MM-DD and a zero byte. */
void dial_write(long day, char text[11]);
/* Today by the clock, UTC. */
long dial_today(void);
/* 0 new, 1 to 3 waxing, 4 full, 5 to 7 waning. */
int dial_moon(long day);
const char *dial_moon_name(int phase);
const char *dial_version(void);

#endif
