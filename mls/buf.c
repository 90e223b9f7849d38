#include "buf.h"

#include <stdlib.h>

#include "memory.h"
#include "secret.h"

enum mls_err mls_buf_reserve(struct mls_buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 128;
	uint8_t *p;

	if (more <= b->cap - b->len)
		return MLS_OK;
	if (b->fixed)
		return MLS_ERR_BUFFER_FULL;
	if (more > SIZE_MAX / 4 - b->len)
		return MLS_ERR_NOMEM;
	if (!b->p && more >= MLS_BUF_EXACT)
		cap = more;
	while (cap < b->len + more)
		cap *= 2;
	p = mls_malloc(cap);
	if (!p)
		return MLS_ERR_NOMEM;
	if (b->len)
		memcpy(p, b->p, b->len);
	if (b->p)
		mls_wipe(b->p, b->cap);
	free(b->p);
	b->p = p;
	b->cap = cap;
	return MLS_OK;
}

enum mls_err mls_buf_append(struct mls_buf *b, struct mls_slice s)
{
	enum mls_err err = mls_buf_reserve(b, s.len);

	if (err)
		return err;
	if (s.len)
		memcpy(b->p + b->len, s.p, s.len);
	b->len += s.len;
	return MLS_OK;
}

void mls_buf_clear(struct mls_buf *b)
{
	if (b->cap > MLS_BUF_LARGE && !b->fixed) {
		mls_buf_free(b);
		return;
	}
	if (b->p)
		mls_wipe(b->p, b->len);
	b->len = 0;
}

void mls_buf_cut(struct mls_buf *b, size_t len)
{
	if (b->len > len)
		mls_wipe(b->p + len, b->len - len);
	b->len = len;
}

void mls_buf_free(struct mls_buf *b)
{
	if (b->p)
		mls_wipe(b->p, b->fixed ? b->len : b->cap);
	if (!b->fixed)
		free(b->p);
	*b = (struct mls_buf){0};
}
