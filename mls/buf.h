#ifndef MLS_BUF_H
#define MLS_BUF_H
#include "slice.h"

/*
 * struct mls_buf, declared in mls_buffer.h, is owned, growing bytes. {0} is an empty buffer.
 * It grows by allocate, copy, wipe, free, so that no copy of a secret stays behind.
 */

static inline struct mls_slice mls_buf_slice(const struct mls_buf *b)
{
	return mls_slice(b->p, b->len);
}

/* From the size EXACT on a first reservation is taken as it is; growth doubles. What is larger than
 * LARGE is not kept for the next use. */
#define MLS_BUF_EXACT ((size_t)1 << 14)
#define MLS_BUF_LARGE ((size_t)1 << 20)

/* Makes room for `more` bytes behind the present ones. On failure b is as it was. */
enum mls_err MLS_MUST_CHECK mls_buf_reserve(struct mls_buf *b, size_t more);

/* Appends a copy of `s`, which must not lie inside b. On failure b is as it was. */
enum mls_err MLS_MUST_CHECK mls_buf_append(struct mls_buf *b, struct mls_slice s);

/* Wipes the contents and keeps the memory, unless it is large. */
void mls_buf_clear(struct mls_buf *b);

/* Wipes what stands behind the first `len` bytes, which is all that is left. */
void mls_buf_cut(struct mls_buf *b, size_t len);
#endif
