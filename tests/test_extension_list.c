/* Extension lists, external senders and vectors as applications write and read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"

static struct mls_slice text(const char *s)
{
	return (struct mls_slice){(const uint8_t *)s, strlen(s)};
}

static void expect_bytes(const struct mls_buf *got, const char *want, size_t len)
{
	assert_int_equal(got->len, len);
	assert_memory_equal(got->p, want, len);
}

static void a_vector_is_its_length_and_its_body(void **state)
{
	uint8_t body[64] = {0};
	struct mls_buf out = {0};
	struct mls_slice rest, taken = {0};

	(void)state;
	OK(mls_vector_put(&out, text("abc")));
	OK(mls_vector_put(&out, (struct mls_slice){body, sizeof(body)}));
	assert_int_equal(out.len, 4 + 2 + 64);
	assert_memory_equal(out.p, "\3abc\x40\x40", 6);
	rest = bytes_of(&out);
	OK(mls_vector_take(&taken, &rest));
	assert_int_equal(taken.len, 3);
	assert_memory_equal(taken.p, "abc", 3);
	OK(mls_vector_take(&taken, &rest));
	assert_int_equal(taken.len, 64);
	assert_int_equal(rest.len, 0);
	mls_buf_free(&out);
}

static void a_vector_that_is_cut_short_is_not_taken(void **state)
{
	struct mls_slice rest = text("\4abc"), taken = text("as before");

	(void)state;
	REFUSED(mls_vector_take(&taken, &rest), MLS_ERR_TRUNCATED);
	assert_int_equal(rest.len, 4);
	assert_int_equal(taken.len, 9);
}

static void what_does_not_fit_is_not_put(void **state)
{
	uint8_t memory[8];
	struct mls_buf out = {.p = memory, .cap = sizeof(memory), .fixed = true};
	const struct mls_identity sender = {.credential_type = MLS_CREDENTIAL_BASIC,
					    .credential = text("boss"),
					    .signature_key = text("key")};

	(void)state;
	OK(mls_vector_put(&out, text("a")));
	REFUSED(mls_vector_put(&out, text("1234567")), MLS_ERR_BUFFER_FULL);
	expect_bytes(&out, "\1a", 2);
	REFUSED(mls_external_sender_put(&out, &sender), MLS_ERR_BUFFER_FULL);
	expect_bytes(&out, "\1a", 2);
	out.len = 0;
	OK(mls_extension_put(&out, 1, text("ab")));
	REFUSED(mls_extension_put(&out, 2, text("abc")), MLS_ERR_BUFFER_FULL);
	expect_bytes(&out, "\0\1\2ab", 5);
}

static void a_list_has_each_type_once(void **state)
{
	struct mls_buf list = {0};
	struct mls_slice rest, data = {0};
	uint16_t type = 0;

	(void)state;
	OK(mls_extension_put(&list, 0xff01, text("ab")));
	OK(mls_extension_put(&list, MLS_EXTENSION_EXTERNAL_SENDERS, text("")));
	REFUSED(mls_extension_put(&list, 0xff01, text("c")), MLS_ERR_EXTENSION_TWICE);
	expect_bytes(&list, "\xff\1\2ab\0\5\0", 8);
	rest = bytes_of(&list);
	OK(mls_extension_take(&type, &data, &rest));
	assert_int_equal(type, 0xff01);
	assert_memory_equal(data.p, "ab", 2);
	OK(mls_extension_take(&type, &data, &rest));
	assert_int_equal(type, MLS_EXTENSION_EXTERNAL_SENDERS);
	assert_int_equal(data.len, 0);
	REFUSED(mls_extension_take(&type, &data, &rest), MLS_ERR_TRUNCATED);
	list.len = 4; /* cuts the first one short */
	REFUSED(mls_extension_put(&list, 7, text("")), MLS_ERR_TRUNCATED);
	assert_int_equal(list.len, 4);
	mls_buf_free(&list);
}

static void an_external_sender_is_key_and_credential(void **state)
{
	const struct mls_identity sender = {.credential_type = MLS_CREDENTIAL_BASIC,
					    .credential = text("boss"),
					    .signature_key = text("key")};
	struct mls_buf out = {0};

	(void)state;
	OK(mls_external_sender_put(&out, &sender));
	expect_bytes(&out, "\3key\0\1\4boss", 11);
	mls_buf_free(&out);
}

/* What others would refuse is not written: no type but these two, no chain that is none. */
static void an_external_sender_has_a_credential(void **state)
{
	const struct {
		uint16_t type;
		struct mls_slice credential;
		enum mls_err want;
	} rows[] = {
		{MLS_CREDENTIAL_X509, text("\4cert"), MLS_OK},
		{MLS_CREDENTIAL_X509, text("\4cert\2ca"), MLS_OK},
		{MLS_CREDENTIAL_X509, text("\5cert"), MLS_ERR_TRUNCATED},
		{MLS_CREDENTIAL_X509, text("\xc0"), MLS_ERR_VARINT_PREFIX},
		{MLS_CREDENTIAL_X509, text(""), MLS_ERR_CERTIFICATES_EMPTY},
		{0x0a0a, text("boss"), MLS_ERR_CREDENTIAL_TYPE},
	};
	struct mls_buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mls_identity sender = {rows[i].type, rows[i].credential, text("key")};

		out.len = 0;
		OK(mls_vector_put(&out, text("as before")));
		REFUSED(mls_external_sender_put(&out, &sender), rows[i].want);
		assert_int_equal(out.len == 10, rows[i].want != MLS_OK);
	}
	mls_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vector_is_its_length_and_its_body),
		cmocka_unit_test(a_vector_that_is_cut_short_is_not_taken),
		cmocka_unit_test(what_does_not_fit_is_not_put),
		cmocka_unit_test(a_list_has_each_type_once),
		cmocka_unit_test(an_external_sender_is_key_and_credential),
		cmocka_unit_test(an_external_sender_has_a_credential),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
