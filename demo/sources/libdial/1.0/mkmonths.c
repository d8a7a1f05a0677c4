/* Runs while libdial is built: the first day of each month of 1600 to 2399, and the moon's age on it. */
#include <math.h>
#include <stdio.h>

static int leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int main(void)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	long day = -135140; /* 1 January 1600 */
	printf("#include \"months.h\"\nconst struct month months[MONTHS + 1] = {\n");
	for (int month = 0; month <= 800 * 12; month++) {
		/* New moon on 6 January 2000, 18:14 UTC; a synodic month is 29.530588853 days. */
		double age = fmod((double)day - 10962.76, 29.530588853);
		printf("\t{%ld, %.6f},\n", day, age < 0 ? age + 29.530588853 : age);
		day += lengths[month % 12] + (month % 12 == 1 && leap(1600 + month / 12));
	}
	printf("};\n");
	return 0;
}
