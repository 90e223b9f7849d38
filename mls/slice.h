#ifndef MLS_SLICE_H
#define MLS_SLICE_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "mls.h"

/* struct mls_slice, declared in mls_buffer.h, is borrowed bytes: never freed by who holds it. */

static inline struct mls_slice mls_slice(const void *p, size_t len)
{
	return (struct mls_slice){p, len};
}

static inline struct mls_slice mls_slice_str(const char *s)
{
	return (struct mls_slice){(const uint8_t *)s, strlen(s)};
}

/* Not for secrets: the time depends on the contents. */
static inline bool mls_slice_equal(struct mls_slice a, struct mls_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}
#endif
