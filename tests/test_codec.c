/* The encoding of RFC 9420 2.1: every boundary, and every way to break it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec.h"
#include "secret.h"
#include "vectors.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* A structure with one field of each kind. */
struct mls_sample {
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	struct mls_slice fixed, opaque, numbers;
	bool present;
	uint16_t optional;
};
MLS_WIRE_TYPE_DECLARE(sample)

static void number_element(struct mls_codec *c)
{
	uint16_t number = 0;

	mls_u16(c, &number);
}

void mls_sample_walk(struct mls_codec *c, struct mls_sample *v)
{
	mls_u8(c, &v->u8);
	mls_u16(c, &v->u16);
	mls_u32(c, &v->u32);
	mls_u64(c, &v->u64);
	mls_fixed(c, &v->fixed, 3);
	mls_opaque(c, &v->opaque);
	mls_vector(c, &v->numbers, number_element);
	mls_present(c, &v->present);
	if (v->present)
		mls_u16(c, &v->optional);
}
MLS_WIRE_TYPE(sample)

static const uint8_t sample_bytes[] = {
	0x01,                                           /* u8 */
	0x02, 0x03,                                     /* u16 */
	0x04, 0x05, 0x06, 0x07,                         /* u32 */
	0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, /* u64 */
	'a',  'b',  'c',                                /* opaque fixed[3] */
	0x02, 'd',  'e',                                /* opaque<V> */
	0x04, 0x00, 0x01, 0x00, 0x02,                   /* uint16 numbers<V> */
	0x01, 0xff, 0xfe,                               /* optional<uint16> */
};

static void every_kind_of_field(void **state)
{
	struct mls_sample v;
	struct mls_buf out = {0};

	(void)state;
	assert_int_equal(mls_sample_decode(mls_slice(sample_bytes, sizeof(sample_bytes)), &v),
			 MLS_OK);
	assert_int_equal(v.u8, 0x01);
	assert_int_equal(v.u16, 0x0203);
	assert_int_equal(v.u32, 0x04050607);
	assert_true(v.u64 == 0x08090a0b0c0d0e0fULL);
	assert_true(mls_slice_equal(v.fixed, mls_slice_str("abc")));
	assert_true(mls_slice_equal(v.opaque, mls_slice_str("de")));
	assert_int_equal(v.numbers.len, 4);
	assert_true(v.present);
	assert_int_equal(v.optional, 0xfffe);

	assert_int_equal(mls_sample_encode(&out, &v), MLS_OK);
	assert_int_equal(out.len, sizeof(sample_bytes));
	assert_memory_equal(out.p, sample_bytes, sizeof(sample_bytes));
	mls_buf_free(&out);
}

static void truncation_and_trailing_bytes(void **state)
{
	uint8_t longer[sizeof(sample_bytes) + 1] = {0};
	struct mls_slice rest = {longer, sizeof(longer)};
	struct mls_sample v;

	(void)state;
	memcpy(longer, sample_bytes, sizeof(sample_bytes));
	for (size_t len = 0; len < sizeof(sample_bytes); len++) {
		/* A copy of its own, so that reading past the end is seen. */
		uint8_t *copy = malloc(len ? len : 1);

		assert_non_null(copy);
		memcpy(copy, sample_bytes, len);
		assert_int_equal(mls_sample_decode(mls_slice(copy, len), &v), MLS_ERR_TRUNCATED);
		assert_int_equal(v.u8, 0);
		free(copy);
	}
	assert_int_equal(mls_sample_decode(mls_slice(longer, sizeof(longer)), &v),
			 MLS_ERR_TRAILING);
	assert_int_equal(mls_sample_next(&rest, &v), MLS_OK);
	assert_int_equal(rest.len, 1);
}

/* Every single-bit change that still decodes re-encodes to itself: one encoding per value. */
static void exactly_one_encoding(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(sample_bytes); bit++) {
		uint8_t bytes[sizeof(sample_bytes)];
		struct mls_buf out = {0};
		struct mls_sample v;

		memcpy(bytes, sample_bytes, sizeof(bytes));
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (mls_sample_decode(mls_slice(bytes, sizeof(bytes)), &v) != MLS_OK)
			continue;
		assert_int_equal(mls_sample_encode(&out, &v), MLS_OK);
		assert_int_equal(out.len, sizeof(bytes));
		assert_memory_equal(out.p, bytes, sizeof(bytes));
		mls_buf_free(&out);
	}
}

struct mls_blob {
	struct mls_slice bytes;
};
MLS_WIRE_TYPE_DECLARE(blob)

void mls_blob_walk(struct mls_codec *c, struct mls_blob *v)
{
	mls_opaque(c, &v->bytes);
}
MLS_WIRE_TYPE(blob)

/* RFC 9420 2.1.2 */
static void vector_length(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum mls_err want;
	} rows[] = {
		{"", 0, MLS_ERR_TRUNCATED},
		{"\x00", 1, MLS_OK},
		{"\x01\xaa", 2, MLS_OK},
		{"\x40\x3f", 2, MLS_ERR_VARINT_LONG},         /* 63 fits in one byte */
		{"\x80\x00\x3f\xff", 4, MLS_ERR_VARINT_LONG}, /* 16383 fits in two */
		{"\xc0", 1, MLS_ERR_VARINT_PREFIX},
		{"\xff\xff\xff\xff\xff\xff\xff\xff", 8, MLS_ERR_VARINT_PREFIX},
		{"\x40", 1, MLS_ERR_TRUNCATED},
		{"\x80\x00\x40", 3, MLS_ERR_TRUNCATED},
		{"\xbf\xff\xff\xff", 4, MLS_ERR_TRUNCATED},
		{"\x02\xaa", 2, MLS_ERR_TRUNCATED},
		{"\x00\x00", 2, MLS_ERR_TRAILING},
	};
	struct mls_blob v;

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		assert_int_equal(mls_blob_decode(mls_slice(rows[i].bytes, rows[i].len), &v),
				 rows[i].want);
}

static void vector_length_boundaries(void **state)
{
	static const struct {
		size_t len, header;
	} rows[] = {{0, 1}, {63, 1}, {64, 2}, {16383, 2}, {16384, 4}, {100000, 4}};
	static uint8_t zeros[100000];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct mls_blob v = {mls_slice(zeros, rows[i].len)}, back;
		struct mls_buf out = {0};

		assert_int_equal(mls_blob_encode(&out, &v), MLS_OK);
		assert_int_equal(out.len, rows[i].header + rows[i].len);
		assert_int_equal(mls_length_size(rows[i].len), rows[i].header);
		assert_int_equal(mls_blob_decode(mls_buf_slice(&out), &back), MLS_OK);
		assert_int_equal(back.bytes.len, rows[i].len);
		mls_buf_free(&out);
	}
}

/* A vector of that length reads back with it; where it would be too large, there is only its
 * header. */
static void check_length(struct mls_slice header, uint64_t length)
{
	static uint8_t bytes[4 + 65536];
	struct mls_blob v;
	struct mls_buf out = {0};

	assert_true(header.len <= 4);
	memcpy(bytes, header.p, header.len);
	memset(bytes + header.len, 0, sizeof(bytes) - header.len);
	if (length > 65536) {
		assert_int_equal(mls_blob_decode(header, &v), MLS_ERR_TRUNCATED);
	} else {
		struct mls_slice whole = {bytes, header.len + (size_t)length};

		assert_int_equal(mls_blob_decode(whole, &v), MLS_OK);
		assert_int_equal(v.bytes.len, length);
		assert_int_equal(mls_blob_encode(&out, &v), MLS_OK);
		assert_true(mls_slice_equal(mls_buf_slice(&out), whole));
		out.len = 0;
	}
	assert_int_equal(mls_put_length(&out, (size_t)length), MLS_OK);
	assert_true(mls_slice_equal(mls_buf_slice(&out), header));
	mls_buf_free(&out);
}

static void vector_lengths_of_the_working_group(void **state)
{
	json_t *cases = vectors_load("deserialization.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i);

		check_length(vector_hex(v, "vlbytes_header"), vector_number(v, "length"));
		vector_done(v);
	}
	vectors_free();
}

static void too_long_to_encode(void **state)
{
	struct mls_buf out = {0};

	(void)state;
	assert_int_equal(mls_put_length(&out, ((size_t)1 << 30) - 1), MLS_OK);
	assert_int_equal(out.len, 4);
	assert_int_equal(mls_put_length(&out, (size_t)1 << 30), MLS_ERR_TOO_LONG);
	assert_int_equal(out.len, 4);
	mls_buf_free(&out);
}

/* RFC 9420 2.1.1 */
static void presence_octet(void **state)
{
	uint8_t bytes[sizeof(sample_bytes)];
	struct mls_sample v;

	(void)state;
	memcpy(bytes, sample_bytes, sizeof(bytes));
	bytes[sizeof(bytes) - 3] = 2;
	assert_int_equal(mls_sample_decode(mls_slice(bytes, sizeof(bytes)), &v), MLS_ERR_PRESENCE);
	bytes[sizeof(bytes) - 3] = 0;
	assert_int_equal(mls_sample_decode(mls_slice(bytes, sizeof(bytes) - 2), &v), MLS_OK);
	assert_false(v.present);
}

/* A vector whose length is no multiple of its elements' is malformed. */
static void vector_of_elements(void **state)
{
	uint8_t bytes[sizeof(sample_bytes)];
	struct mls_sample v;

	(void)state;
	memcpy(bytes, sample_bytes, sizeof(bytes));
	bytes[21] = 3;
	assert_int_equal(mls_sample_decode(mls_slice(bytes, sizeof(bytes)), &v), MLS_ERR_TRUNCATED);
}

static void vector_written_in_place(void **state)
{
	static const size_t sizes[] = {0, 5, 63, 64, 20000};

	(void)state;
	for (size_t i = 0; i < N(sizes); i++) {
		struct mls_buf in_place = {0}, whole = {0};
		struct mls_codec c = {.out = &in_place};
		struct mls_blob v;
		size_t start = mls_open_vector(&c);

		for (size_t k = 0; k < sizes[i]; k++) {
			uint8_t octet = (uint8_t)k;

			mls_u8(&c, &octet);
		}
		v.bytes = mls_buf_slice(&in_place);
		assert_int_equal(mls_blob_encode(&whole, &v), MLS_OK);
		mls_close_vector(&c, start);
		assert_int_equal(c.err, MLS_OK);
		assert_int_equal(in_place.len, whole.len);
		assert_memory_equal(in_place.p, whole.p, whole.len);
		mls_buf_free(&in_place);
		mls_buf_free(&whole);
	}
}

static void a_failed_encoding_leaves_the_buffer(void **state)
{
	struct mls_sample v = {.opaque = {sample_bytes, (size_t)1 << 30},
			       .fixed = {sample_bytes, 3}};
	struct mls_buf out = {0};

	(void)state;
	assert_int_equal(mls_buf_append(&out, mls_slice_str("before")), MLS_OK);
	assert_int_equal(mls_sample_encode(&out, &v), MLS_ERR_TOO_LONG);
	assert_true(mls_slice_equal(mls_buf_slice(&out), mls_slice_str("before")));
	mls_buf_free(&out);
}

static void secrets_compare_and_wipe(void **state)
{
	struct mls_secret a = {"same", 4}, b = {"same", 4}, c = {"some", 4}, d = {"same", 3};
	static const struct mls_secret wiped;

	(void)state;
	assert_true(mls_equal_secret(mls_secret_slice(&a), mls_secret_slice(&b)));
	assert_false(mls_equal_secret(mls_secret_slice(&a), mls_secret_slice(&c)));
	assert_false(mls_equal_secret(mls_secret_slice(&a), mls_secret_slice(&d)));
	mls_secret_wipe(&a);
	assert_memory_equal(&a, &wiped, sizeof(a));
}

static void errors_describe_themselves(void **state)
{
	(void)state;
	assert_string_equal(mls_err_name(MLS_ERR_VARINT_LONG), "VARINT_LONG");
	assert_string_equal(mls_err_section(MLS_ERR_VARINT_LONG), "2.1.2");
	assert_int_equal(mls_err_class(MLS_ERR_VARINT_LONG), MLS_CLASS_MALFORMED);
	assert_string_equal(mls_err_sentence((enum mls_err)100000), "unknown error");
	assert_int_equal(mls_err_class(MLS_OK), MLS_CLASS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_field),
		cmocka_unit_test(truncation_and_trailing_bytes),
		cmocka_unit_test(exactly_one_encoding),
		cmocka_unit_test(vector_length),
		cmocka_unit_test(vector_length_boundaries),
		cmocka_unit_test(vector_lengths_of_the_working_group),
		cmocka_unit_test(too_long_to_encode),
		cmocka_unit_test(presence_octet),
		cmocka_unit_test(vector_of_elements),
		cmocka_unit_test(vector_written_in_place),
		cmocka_unit_test(a_failed_encoding_leaves_the_buffer),
		cmocka_unit_test(secrets_compare_and_wipe),
		cmocka_unit_test(errors_describe_themselves),
	};

	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
