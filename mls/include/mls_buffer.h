#ifndef MLS_PUBLIC_BUFFER_H
#define MLS_PUBLIC_BUFFER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mls_error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Borrowed bytes. */
struct mls_slice {
	const uint8_t *p;
	size_t len;
};

/*
 * Owned bytes; {0} is empty. Whoever declared it ends it with mls_buf_free. Functions append
 * to a buffer, so memory that is there is used again: set len to 0 to start over.
 *
 * With `fixed` set, p is `cap` bytes of the caller's own memory: it is never moved nor freed,
 * and what does not fit fails with BUFFER_FULL.
 */
struct mls_buf {
	uint8_t *p;
	size_t len, cap;
	bool fixed;
};

/* Wipes and frees the bytes; b is empty afterwards. Fixed memory is wiped up to len. */
void mls_buf_free(struct mls_buf *b);

/* Appends `opaque body<V>` (2.1.2): a length of 1, 2 or 4 bytes, and the body. NOMEM, BUFFER_FULL
 * or TOO_LONG, and `out` is as it was. */
enum mls_err MLS_MUST_CHECK mls_vector_put(struct mls_buf *out, struct mls_slice body);

/* Takes `opaque body<V>` off the front of *rest. TRUNCATED where it is longer than that,
 * VARINT_PREFIX and VARINT_LONG for a length that is no encoding or not the shortest one. On
 * failure *rest is as it was. */
enum mls_err MLS_MUST_CHECK mls_vector_take(struct mls_slice *body, struct mls_slice *rest);

#ifdef __cplusplus
}
#endif
#endif
