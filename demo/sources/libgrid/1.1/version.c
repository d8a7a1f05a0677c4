#include "grid.h"
#include <stdio.h>
#include <ringbuf.h>

const char *grid_version(void)
{
	static char text[96];
	snprintf(text, sizeof text, "%s (libstrand %s, ringbuf %s)", VERSION, strand_version(), RINGBUF_VERSION);
	return text;
}
