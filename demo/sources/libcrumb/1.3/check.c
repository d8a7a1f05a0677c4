#include "crumb.h"
#include <stdio.h>
#include <string.h>

/* The check value of the CRC catalogues is that of "123456789". */
int main(void)
{
	const char long_text[] = "a text of more than sixteen bytes, taken in pieces or at once";
	char text[9], again[9];
	crumb_text("123456789", 9, text);
	printf("CRC-32C of 123456789: %s\n", text);
	if (strcmp(text, "e3069283") != 0)
		return 1;
	crumb_text(long_text, strlen(long_text), text);
	crumb_text(strdup(long_text), strlen(long_text), again);
	return strcmp(text, again) != 0;
}
