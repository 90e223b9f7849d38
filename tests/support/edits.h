#ifndef EDITS_H
#define EDITS_H
#include <stddef.h>
#include <stdint.h>

/* Turns bits of a text as a fuzzer's input says, three bytes each: where (16 bits) and what. */
static inline void edit(uint8_t *text, size_t len, const uint8_t *edits, size_t n)
{
	for (; n >= 3; edits += 3, n -= 3)
		text[((size_t)edits[0] << 8 | edits[1]) % len] ^= edits[2];
}
#endif
