#define FIRST_YEAR 1600
#define MONTHS 9600

struct month {
	long day;        /* its first day, in days since 1970 */
	double moon_age; /* days since the last new moon on that day */
};

extern const struct month months[MONTHS + 1];
