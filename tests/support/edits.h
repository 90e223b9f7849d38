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

/* A text that is genuine. */
struct genuine_text {
	uint8_t bytes[8192];
	size_t len;
};

/*
 * What an input means to a target with n entries, of each of which `genuine` has a text: the low
 * bits of its first byte choose the entry, which is the answer. With its high bit the rest is edits
 * to the genuine text, a copy of which goes to *room; otherwise the rest is the text. size > 0.
 */
static inline size_t choose_text(const uint8_t **text, size_t *len, struct genuine_text *room,
				 const struct genuine_text *genuine, size_t n, const uint8_t *data,
				 size_t size)
{
	size_t entry = (data[0] & 0x7f) % n;

	*text = data + 1;
	*len = size - 1;
	if ((data[0] & 0x80) == 0)
		return entry;
	*room = genuine[entry];
	edit(room->bytes, room->len, data + 1, size - 1);
	*text = room->bytes;
	*len = room->len;
	return entry;
}
#endif
