#include "codec.h"

void mls_codec_fail(struct mls_codec *c, enum mls_err err)
{
	if (c->err == MLS_OK)
		c->err = err;
	c->in = (struct mls_slice){0};
}

static void put(struct mls_codec *c, struct mls_slice s)
{
	if (c->err == MLS_OK)
		c->err = mls_buf_append(c->out, s);
}

/* Takes `len` bytes off the input; an empty slice after a failure. */
static struct mls_slice take(struct mls_codec *c, size_t len)
{
	struct mls_slice s = {c->in.p, len};

	if (c->err == MLS_OK && len > c->in.len)
		mls_codec_fail(c, MLS_ERR_TRUNCATED);
	if (c->err)
		return (struct mls_slice){0};
	c->in.p += len;
	c->in.len -= len;
	return s;
}

/* A big-endian number of `size` bytes, in both directions. */
static uint64_t number(struct mls_codec *c, uint64_t v, size_t size)
{
	uint8_t bytes[8];
	struct mls_slice s;

	if (mls_encoding(c)) {
		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)(v >> (8 * (size - 1 - i)));
		put(c, mls_slice(bytes, size));
		return v;
	}
	s = take(c, size);
	v = 0;
	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.p[i];
	return v;
}

void mls_u8(struct mls_codec *c, uint8_t *v)
{
	uint64_t n = number(c, *v, 1);

	if (!mls_encoding(c))
		*v = (uint8_t)n;
}

void mls_u16(struct mls_codec *c, uint16_t *v)
{
	uint64_t n = number(c, *v, 2);

	if (!mls_encoding(c))
		*v = (uint16_t)n;
}

void mls_u32(struct mls_codec *c, uint32_t *v)
{
	uint64_t n = number(c, *v, 4);

	if (!mls_encoding(c))
		*v = (uint32_t)n;
}

void mls_u64(struct mls_codec *c, uint64_t *v)
{
	uint64_t n = number(c, *v, 8);

	if (!mls_encoding(c))
		*v = n;
}

void mls_fixed(struct mls_codec *c, struct mls_slice *v, size_t len)
{
	if (mls_encoding(c))
		put(c, mls_slice(v->p, len));
	else
		*v = take(c, len);
}

size_t mls_length_size(size_t n)
{
	return n < 64 ? 1 : n < 16384 ? 2 : 4;
}

/* The two top bits say how many bytes the length has. */
enum mls_err mls_length_bytes(uint8_t out[4], size_t *size, size_t n)
{
	static const uint8_t prefix[] = {0, 0x00, 0x40, 0, 0x80};

	if (n >= (size_t)1 << 30)
		return MLS_ERR_TOO_LONG;
	*size = mls_length_size(n);
	for (size_t i = 0; i < *size; i++)
		out[i] = (uint8_t)(n >> (8 * (*size - 1 - i)));
	out[0] |= prefix[*size];
	return MLS_OK;
}

enum mls_err mls_put_length(struct mls_buf *out, size_t n)
{
	uint8_t bytes[4];
	size_t size = 0;
	enum mls_err err = mls_length_bytes(bytes, &size, n);

	return err ? err : mls_buf_append(out, mls_slice(bytes, size));
}

static size_t take_length(struct mls_codec *c)
{
	struct mls_slice s = take(c, 1);
	size_t n, size;

	if (c->err)
		return 0;
	size = (size_t)1 << (s.p[0] >> 6);
	if (size == 8) {
		mls_codec_fail(c, MLS_ERR_VARINT_PREFIX);
		return 0;
	}
	n = s.p[0] & 0x3f;
	s = take(c, size - 1);
	for (size_t i = 0; i < s.len; i++)
		n = n << 8 | s.p[i];
	if (c->err == MLS_OK && mls_length_size(n) != size)
		mls_codec_fail(c, MLS_ERR_VARINT_LONG);
	return c->err ? 0 : n;
}

void mls_opaque(struct mls_codec *c, struct mls_slice *v)
{
	if (!mls_encoding(c)) {
		*v = take(c, take_length(c));
		return;
	}
	if (c->err == MLS_OK)
		c->err = mls_put_length(c->out, v->len);
	put(c, *v);
}

void mls_present(struct mls_codec *c, bool *present)
{
	uint8_t octet = *present;

	mls_u8(c, &octet);
	if (octet > 1)
		mls_codec_fail(c, MLS_ERR_PRESENCE);
	if (!mls_encoding(c))
		*present = c->err == MLS_OK && octet == 1;
}

void mls_vector(struct mls_codec *c, struct mls_slice *body, void (*element)(struct mls_codec *c))
{
	struct mls_codec inner = {0};

	mls_opaque(c, body);
	if (mls_encoding(c) || c->err)
		return;
	inner.in = *body;
	while (inner.err == MLS_OK && inner.in.len > 0)
		element(&inner);
	if (inner.err) {
		mls_codec_fail(c, inner.err);
		*body = (struct mls_slice){0};
	}
}

size_t mls_open_vector(struct mls_codec *c)
{
	return mls_open_long_vector(c, SIZE_MAX);
}

void mls_close_vector(struct mls_codec *c, size_t body_start)
{
	mls_close_long_vector(c, body_start, SIZE_MAX);
}

/* Bytes to leave in front of a body; none where nothing is known, or a wrong guess might be what
 * does not fit. */
static size_t room_for_length(const struct mls_buf *out, size_t likely_len)
{
	return likely_len == SIZE_MAX || out->fixed ? 0 : mls_length_size(likely_len);
}

size_t mls_open_long_vector(struct mls_codec *c, size_t likely_len)
{
	const size_t start = c->out->len, room = room_for_length(c->out, likely_len);

	if (c->err == MLS_OK)
		c->err = mls_buf_reserve(c->out, room);
	if (c->err == MLS_OK)
		c->out->len += room;
	return start;
}

void mls_close_long_vector(struct mls_codec *c, size_t start, size_t likely_len)
{
	const size_t room = room_for_length(c->out, likely_len);
	size_t size = 0, body_len;
	uint8_t bytes[4];

	if (c->err)
		return;
	body_len = c->out->len - start - room;
	c->err = mls_length_bytes(bytes, &size, body_len);
	if (c->err == MLS_OK && size > room)
		c->err = mls_buf_reserve(c->out, size - room);
	if (c->err)
		return;
	if (size != room)
		memmove(c->out->p + start + size, c->out->p + start + room, body_len);
	memcpy(c->out->p + start, bytes, size);
	c->out->len = start + size + body_len;
}

enum mls_err mls_walk_encode(struct mls_buf *out, const void *v,
			     void (*walk)(struct mls_codec *, void *))
{
	struct mls_codec c = {.out = out};
	size_t start = out->len;
	union {
		const void *read_only;
		void *as_walked;
	} value = {v}; /* an encoding walk only reads */

	walk(&c, value.as_walked);
	if (c.err)
		mls_buf_cut(out, start);
	return c.err;
}

enum mls_err mls_walk_next(struct mls_slice *in, void *v, size_t size,
			   void (*walk)(struct mls_codec *, void *))
{
	struct mls_codec c = {.in = *in};

	memset(v, 0, size);
	walk(&c, v);
	if (c.err)
		memset(v, 0, size);
	else
		*in = c.in;
	return c.err;
}

enum mls_err mls_walk_decode(struct mls_slice in, void *v, size_t size,
			     void (*walk)(struct mls_codec *, void *))
{
	enum mls_err err = mls_walk_next(&in, v, size, walk);

	if (err == MLS_OK && in.len > 0) {
		memset(v, 0, size);
		return MLS_ERR_TRAILING;
	}
	return err;
}
