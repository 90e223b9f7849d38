#ifndef MEGOLM_TEXT_H
#define MEGOLM_TEXT_H
#include "slice.h"

/*
 * Text that is written into memory of a known size. What does not fit is dropped and
 * remembered, so that only the end has to ask: megolm_text_full().
 */
struct megolm_text {
	uint8_t *p;
	size_t len, cap;
	bool overflowed;
};

static inline struct megolm_text megolm_text(uint8_t *p, size_t cap)
{
	return (struct megolm_text){p, 0, cap, false};
}

static inline bool megolm_text_full(const struct megolm_text *t)
{
	return t->overflowed;
}

static inline struct megolm_slice megolm_text_slice(const struct megolm_text *t)
{
	return megolm_slice(t->p, t->len);
}

static inline void megolm_put(struct megolm_text *t, struct megolm_slice s)
{
	if (s.len > t->cap - t->len) {
		t->overflowed = true;
		return;
	}
	if (s.len > 0)
		memcpy(t->p + t->len, s.p, s.len);
	t->len += s.len;
}

static inline void megolm_puts(struct megolm_text *t, const char *s)
{
	megolm_put(t, megolm_slice_of(s));
}

/* Room for `len` bytes that the caller fills in himself; NULL when they do not fit. */
static inline uint8_t *megolm_put_later(struct megolm_text *t, size_t len)
{
	uint8_t *p = t->p + t->len;

	if (len > t->cap - t->len) {
		t->overflowed = true;
		return NULL;
	}
	t->len += len;
	return p;
}
#endif
