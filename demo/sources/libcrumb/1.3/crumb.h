/* CRC-32C of bytes, as a short text to keep beside them. */
#ifndef CRUMB_H
#define CRUMB_H

#include <stddef.h>
#include <stdint.h>

uint32_t crumb_crc(const void *bytes, size_t count);
/* Eight hexadecimal digits and a zero byte. */
void crumb_text(const void *bytes, size_t count, char text[9]);
const char *crumb_version(void);

#endif
