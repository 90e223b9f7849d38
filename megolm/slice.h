#ifndef MEGOLM_SLICE_H
#define MEGOLM_SLICE_H
#include "megolm.h"
#include <string.h>

static inline struct megolm_slice megolm_slice(const void *p, size_t len)
{
	return (struct megolm_slice){p, len};
}

/* Of a string, without its NUL. */
static inline struct megolm_slice megolm_slice_of(const char *s)
{
	return megolm_slice(s, strlen(s));
}

static inline bool megolm_equal(struct megolm_slice a, struct megolm_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool megolm_equals(struct megolm_slice a, const char *s)
{
	return megolm_equal(a, megolm_slice_of(s));
}
#endif
