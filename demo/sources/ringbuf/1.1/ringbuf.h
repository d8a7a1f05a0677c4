/* A ring buffer of the last values, of any type. Header only. */
#ifndef RINGBUF_H
#define RINGBUF_H

#include <stddef.h>

#define RINGBUF_VERSION "1.1"

/* Declares `struct NAME` that keeps the last ROOM values of TYPE. */
#define RINGBUF(NAME, TYPE, ROOM)                                                  \
	struct NAME {                                                              \
		TYPE slots[ROOM];                                                  \
		size_t added;                                                      \
	};                                                                         \
	static inline void NAME##_add(struct NAME *ring, TYPE value)               \
	{                                                                          \
		ring->slots[ring->added++ % (ROOM)] = value;                       \
	}                                                                          \
	static inline size_t NAME##_count(const struct NAME *ring)                 \
	{                                                                          \
		return ring->added < (ROOM) ? ring->added : (ROOM);                \
	}                                                                          \
	/* The index-th of those that are kept, the oldest first. */               \
	static inline TYPE NAME##_at(const struct NAME *ring, size_t index)        \
	{                                                                          \
		return ring->slots[(ring->added - NAME##_count(ring) + index) % (ROOM)]; \
	}

#endif
