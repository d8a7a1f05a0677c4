#include "dial.h"
#include "months.h"
#include <stdio.h>
#include <time.h>

/* The month that a day is in, by bisection. */
static int month_of(long day)
{
	int low = 0, high = MONTHS;
	while (high - low > 1) {
		int middle = (low + high) / 2;
		if (months[middle].day <= day)
			low = middle;
		else
			high = middle;
	}
	return low;
}

long dial_day(int year, int month, int day)
{
	return months[(year - FIRST_YEAR) * 12 + month - 1].day + day - 1;
}

long dial_read(const char *text, int *ok)
{
	int year, month, day;
	*ok = sscanf(text, "%4d-%2d-%2d", &year, &month, &day) == 3 && year >= FIRST_YEAR && year < 2400 && month >= 1 &&
	      month <= 12 && day >= 1 && day <= 31;
	return *ok ? dial_day(year, month, day) : 0;
}

void dial_write(long day, char text[11])
{
	int month = month_of(day);
	snprintf(text, 11, "%04u-%02u-%02u", (unsigned)(FIRST_YEAR + month / 12) % 10000, (unsigned)month % 12 + 1,
		 (unsigned)(day - months[month].day + 1) % 100);
}

long dial_today(void)
{
	return (long)(time(NULL) / 86400);
}

const char *dial_version(void)
{
	return VERSION;
}

int dial_moon(long day)
{
	const struct month *month = &months[month_of(day)];
	double turns = (month->moon_age + (double)(day - month->day)) / 29.530588853;
	return (int)((turns - (long)turns) * 8 + 0.5) % 8;
}

const char *dial_moon_name(int phase)
{
	static const char *const names[] = {"new",  "waxing crescent", "first quarter", "waxing gibbous",
					    "full", "waning gibbous",  "last quarter",  "waning crescent"};
	return names[phase & 7];
}
