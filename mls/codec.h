#ifndef MLS_CODEC_H
#define MLS_CODEC_H
#include "buf.h"
#include "internal.h"
#include "mls.h"

/*
 * The TLS presentation language of RFC 9420 2.1, as walks: one function per structure
 * visits its fields in order and either encodes or decodes them, so that the two
 * directions cannot disagree. Decoding never allocates: slices point into the input.
 *
 * After the first failure every later field does nothing and reads as zero, so a walk
 * contains no error handling; a loop asks mls_codec_ok().
 */
struct mls_codec {
	struct mls_buf *out; /* encoding: appended to; NULL when decoding */
	struct mls_slice in; /* decoding: what is left */
	enum mls_err err;
};

static inline bool mls_encoding(const struct mls_codec *c)
{
	return c->out != NULL;
}

static inline bool mls_codec_ok(const struct mls_codec *c)
{
	return c->err == MLS_OK;
}

/* Records the first failure. */
void mls_codec_fail(struct mls_codec *c, enum mls_err err);

/* While decoding, the bytes read since `start`; nothing after a failure. Encoding leaves *read
 * as it is. */
static inline void mls_note_read(const struct mls_codec *c, struct mls_slice *read,
				 const uint8_t *start)
{
	if (!mls_encoding(c) && mls_codec_ok(c))
		*read = (struct mls_slice){start, (size_t)(c->in.p - start)};
}

void mls_u8(struct mls_codec *c, uint8_t *v);
void mls_u16(struct mls_codec *c, uint16_t *v);
void mls_u32(struct mls_codec *c, uint32_t *v);
void mls_u64(struct mls_codec *c, uint64_t *v);

/* opaque v<V> */
void mls_opaque(struct mls_codec *c, struct mls_slice *v);

/* opaque v[len]: `len` bytes without a length in front. */
void mls_fixed(struct mls_codec *c, struct mls_slice *v, size_t len);

/* The presence octet of optional<T>; anything but 0 and 1 is MLS_ERR_PRESENCE. */
void mls_present(struct mls_codec *c, bool *present);

/*
 * T v<V>, kept as its encoded body. When decoding, every element is visited once by
 * `element`, which must consume at least one byte, so that a body that decoded can be
 * walked with mls_next_*() without failing. When encoding the body is trusted.
 */
void mls_vector(struct mls_codec *c, struct mls_slice *body, void (*element)(struct mls_codec *c));

/* Appends the variable-length length `n` (2.1.2). MLS_ERR_TOO_LONG from 2^30 on. */
enum mls_err MLS_MUST_CHECK mls_put_length(struct mls_buf *out, size_t n);

/* The same into bytes of the caller; *size says how many of them were written. */
enum mls_err MLS_MUST_CHECK mls_length_bytes(uint8_t out[4], size_t *size, size_t n);

/* Bytes that the length of an n-byte vector takes: 1, 2 or 4. */
size_t mls_length_size(size_t n);

/*
 * Encodes a vector whose body is written in place: mls_open_vector returns where the
 * body starts; mls_close_vector puts the length in front of what was appended since,
 * moving the body by the 1, 2 or 4 bytes of its length.
 */
size_t mls_open_vector(struct mls_codec *c);
void mls_close_vector(struct mls_codec *c, size_t body_start);

/*
 * The same for a long body whose length is likely to be about `likely_len`: room for the
 * length is left in front, so that the body moves only if its length takes another number of
 * bytes than that. Open and close are given the same `likely_len`.
 */
size_t mls_open_long_vector(struct mls_codec *c, size_t likely_len);
void mls_close_long_vector(struct mls_codec *c, size_t start, size_t likely_len);

/* Both directions of a walk of any type; behind MLS_WIRE_TYPE. */
enum mls_err MLS_MUST_CHECK mls_walk_encode(struct mls_buf *out, const void *v,
					    void (*walk)(struct mls_codec *, void *));
enum mls_err MLS_MUST_CHECK mls_walk_decode(struct mls_slice in, void *v, size_t size,
					    void (*walk)(struct mls_codec *, void *));
enum mls_err MLS_MUST_CHECK mls_walk_next(struct mls_slice *in, void *v, size_t size,
					  void (*walk)(struct mls_codec *, void *));

/*
 * For a walk mls_NAME_walk of struct mls_NAME, defines
 *
 *   mls_NAME_encode  appends the encoding of *v; on failure `out` is as it was
 *   mls_NAME_decode  reads exactly one value from `in`: MLS_ERR_TRAILING if bytes are left;
 *                    on failure *v is zero
 *   mls_NAME_next    reads one value from the front of *in and moves *in behind it
 */
#define MLS_WIRE_TYPE_DECLARE(name)                                                                \
	void mls_##name##_walk(struct mls_codec *c, struct mls_##name *v);                         \
	enum mls_err MLS_MUST_CHECK mls_##name##_encode(struct mls_buf *out,                       \
							const struct mls_##name *v);               \
	enum mls_err MLS_MUST_CHECK mls_##name##_decode(struct mls_slice in,                       \
							struct mls_##name *v);                     \
	enum mls_err MLS_MUST_CHECK mls_##name##_next(struct mls_slice *in, struct mls_##name *v);

#define MLS_WIRE_TYPE(name)                                                                        \
	static void name##_walk_any(struct mls_codec *c, void *v)                                  \
	{                                                                                          \
		mls_##name##_walk(c, v);                                                           \
	}                                                                                          \
	enum mls_err mls_##name##_encode(struct mls_buf *out, const struct mls_##name *v)          \
	{                                                                                          \
		return mls_walk_encode(out, v, name##_walk_any);                                   \
	}                                                                                          \
	enum mls_err mls_##name##_decode(struct mls_slice in, struct mls_##name *v)                \
	{                                                                                          \
		return mls_walk_decode(in, v, sizeof(*v), name##_walk_any);                        \
	}                                                                                          \
	enum mls_err mls_##name##_next(struct mls_slice *in, struct mls_##name *v)                 \
	{                                                                                          \
		return mls_walk_next(in, v, sizeof(*v), name##_walk_any);                          \
	}
#endif
