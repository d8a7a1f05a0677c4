#include <stddef.h>
#include <stdint.h>

/* One kind of CRC, as variants.list has it. */
struct seal {
	const char *name;
	int width;
	uint32_t (*crc)(const unsigned char *bytes, size_t count);
	uint32_t check; /* of "123456789" */
};

/* Ends with a seal without name. */
extern const struct seal seals[];
