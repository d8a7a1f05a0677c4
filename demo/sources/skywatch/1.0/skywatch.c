/* The next days' light: skywatch [LATITUDE [YYYY-MM-DD [DAYS]]] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dial.h>
#include <grid.h>

/* Hours of daylight at a latitude, from the sun's declination on that day of the year. */
static double daylight(double latitude, long day)
{
	double turn = 6.283185307 * fmod((double)day - 20444, 365.2425) / 365.2425; /* 20444: December solstice 2025 */
	double declination = -0.409 * cos(turn);
	double angle = -tan(latitude * 0.017453293) * tan(declination);
	return angle <= -1 ? 24 : angle >= 1 ? 0 : 24 * acos(angle) / 3.141592654;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("skywatch %s, libgrid %s, libdial %s\n", VERSION, grid_version(), dial_version());
		return 0;
	}
	double latitude = argc > 1 ? atof(argv[1]) : 52;
	int ok = 1, days = argc > 3 ? atoi(argv[3]) : 7;
	long first = argc > 2 ? dial_read(argv[2], &ok) : dial_today();
	if (!ok || latitude < -90 || latitude > 90) {
		fprintf(stderr, "usage: skywatch [LATITUDE [YYYY-MM-DD [DAYS]]]\n");
		return 2;
	}
#ifdef MOON
	const char *headings[] = {"day", "daylight", "moon"};
	size_t columns = 3;
#else
	const char *headings[] = {"day", "daylight"};
	size_t columns = 2;
#endif
	struct grid grid;
	grid_begin(&grid, columns, headings);
	for (long day = first; day < first + days; day++) {
		char date[11], hours[16];
		double length = daylight(latitude, day);
		dial_write(day, date);
		snprintf(hours, sizeof hours, "%2dh %02dm", (int)length, (int)(fmod(length, 1) * 60));
		const char *cells[] = {date, hours, dial_moon_name(dial_moon(day))};
		grid_row(&grid, cells);
	}
	strand table = {0};
	grid_end(&grid, &table);
	fputs(strand_text(&table), stdout);
	strand_clear(&table);
	return 0;
}
