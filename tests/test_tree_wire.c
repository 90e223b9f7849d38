/* The encodings of RFC 9420 5.3, 7, 10 and 12.1: one encoding of each value, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proposal.h"
#include "tree_members.h"
#include "update_path.h"
#include "vectors.h"

#define RECODE(name)                                                                               \
	static enum mls_err recode_##name(struct mls_buf *out, struct mls_slice in)                \
	{                                                                                          \
		struct mls_##name v;                                                               \
		enum mls_err err = mls_##name##_decode(in, &v);                                    \
                                                                                                   \
		return err ? err : mls_##name##_encode(out, &v);                                   \
	}
RECODE(key_package)
RECODE(leaf_node)
RECODE(proposal)
RECODE(update_path)
RECODE(parent_node)
RECODE(required_capabilities)

/*
 * The value decodes and encodes to itself; no part of it that ends early decodes; of all values
 * that differ from it in one bit, those that decode encode to themselves.
 */
static void check_encoding(enum mls_err (*recode)(struct mls_buf *, struct mls_slice),
			   struct mls_slice encoded)
{
	struct mls_buf out = {0}, changed = {0};

	assert_int_equal(recode(&out, encoded), MLS_OK);
	assert_true(mls_slice_equal(mls_buf_slice(&out), encoded));
	for (size_t len = 0; len < encoded.len; len++)
		assert_int_not_equal(recode(&out, mls_slice(encoded.p, len)), MLS_OK);
	assert_int_equal(mls_buf_append(&changed, encoded), MLS_OK);
	for (size_t bit = 0; bit < 8 * encoded.len; bit++) {
		changed.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		out.len = 0;
		if (recode(&out, mls_buf_slice(&changed)) == MLS_OK)
			assert_true(mls_slice_equal(mls_buf_slice(&out), mls_buf_slice(&changed)));
		changed.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	mls_buf_free(&out);
	mls_buf_free(&changed);
}

/* The MLSMessage that holds a KeyPackage begins with version and wire format. */
static struct mls_slice without_header(struct mls_slice message)
{
	assert_true(message.len > 4);
	return mls_slice(message.p + 4, message.len - 4);
}

/* Whole proposals of the vectors that bring one of each type, except those that are long. */
static void messages_of_the_vectors(void **state)
{
	static const char *const bodies[] = {
		"add_proposal",
		"update_proposal",
		"remove_proposal",
		"re_init_proposal",
		"external_init_proposal",
		"pre_shared_key_proposal",
		"group_context_extensions_proposal",
	};
	static const uint16_t types[] = {1, 2, 3, 5, 6, 4, 7};
	json_t *cases = vectors_load("messages.json");
	size_t n = json_array_size(cases) < 8 ? json_array_size(cases) : 8;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		json_t *v = json_array_get(cases, i);

		check_encoding(recode_key_package,
			       without_header(vector_hex(v, "mls_key_package")));
		for (size_t j = 0; j < sizeof(bodies) / sizeof(bodies[0]); j++) {
			const uint8_t type[] = {0, (uint8_t)types[j]};
			struct mls_buf proposal = {0};

			assert_int_equal(mls_buf_append(&proposal, mls_slice(type, 2)), MLS_OK);
			assert_int_equal(mls_buf_append(&proposal, vector_hex(v, bodies[j])),
					 MLS_OK);
			check_encoding(recode_proposal, mls_buf_slice(&proposal));
			mls_buf_free(&proposal);
		}
	}
	vectors_free();
}

static void update_paths_of_the_vectors(void **state)
{
	json_t *cases = vectors_load("treekem.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i += 11) {
		json_t *paths = json_object_get(json_array_get(cases, i), "update_paths");

		check_encoding(recode_update_path,
			       vector_hex(json_array_get(paths, 0), "update_path"));
	}
	vectors_free();
}

struct row {
	const char *bytes;
	size_t len;
	enum mls_err want;
};

static void check_rows(enum mls_err (*recode)(struct mls_buf *, struct mls_slice),
		       const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct mls_buf out = {0};

		assert_int_equal(recode(&out, mls_slice(rows[i].bytes, rows[i].len)), rows[i].want);
		mls_buf_free(&out);
	}
}

static void unmerged_leaves_increase(void **state)
{
	static const struct row rows[] = {
		{"\x01k\x00\x00", 4, MLS_OK},
		{"\x01k\x01h\x08\0\0\0\x01\0\0\0\x02", 13, MLS_OK},
		{"\x01k\x01h\x08\0\0\0\x02\0\0\0\x02", 13, MLS_ERR_UNMERGED_ORDER},
		{"\x01k\x01h\x08\0\0\0\x02\0\0\0\x01", 13, MLS_ERR_UNMERGED_ORDER},
		{"\x01k\x01h\x03\0\0\x01", 8, MLS_ERR_TRUNCATED},
	};

	(void)state;
	check_rows(recode_parent_node, rows, sizeof(rows) / sizeof(rows[0]));
}

static void unknown_types_cannot_be_decoded(void **state)
{
	static const struct row rows[] = {
		{"\0\x03\0\0\0\x07", 6, MLS_OK},
		{"\0\0\0\0\0\x07", 6, MLS_ERR_PROPOSAL_TYPE},
		{"\x0a\x0a\0", 3, MLS_ERR_PROPOSAL_TYPE},
		{"\0\x04\x03\0\0", 5, MLS_ERR_PSK_TYPE},
	};

	(void)state;
	check_rows(recode_proposal, rows, sizeof(rows) / sizeof(rows[0]));
}

/* Two empty keys, a credential, five empty capabilities, source update, no extensions, no
 * signature. */
static void credentials_and_sources(void **state)
{
	static const struct row rows[] = {
		{"\0\0\0\x01\x01i\0\0\0\0\0\x02\0\0", 14, MLS_OK},
		{"\0\0\0\x03\x01i\0\0\0\0\0\x02\0\0", 14, MLS_ERR_CREDENTIAL_TYPE},
		{"\0\0\0\x02\x02\x01"
		 "c\0\0\0\0\0\x02\0\0",
		 15, MLS_OK},
		{"\0\0\0\x02\x02\x02"
		 "c\0\0\0\0\0\x02\0\0",
		 15, MLS_ERR_TRUNCATED},
		{"\0\0\0\x02\0\0\0\0\0\0\x02\0\0", 13, MLS_ERR_CERTIFICATES_EMPTY},
		{"\0\0\0\x01\x01i\0\0\0\0\0\0\0\0", 14, MLS_ERR_LEAF_SOURCE},
		{"\0\0\0\x01\x01i\0\0\0\0\0\x04\0\0", 14, MLS_ERR_LEAF_SOURCE},
		{"\0\0\0\x01\x01i\x01\0\0\0\0\0\x02\0\0", 15, MLS_ERR_TRUNCATED},
		{"\0\0\0\x01\x01i\0\0\0\0\0\x02\x06\0\x01\0\0\x02\0\0", 20, MLS_OK},
		{"\0\0\0\x01\x01i\0\0\0\0\0\x02\x06\0\x01\0\0\x01\0\0", 20,
		 MLS_ERR_EXTENSION_TWICE},
	};

	(void)state;
	check_rows(recode_leaf_node, rows, sizeof(rows) / sizeof(rows[0]));
	check_rows(recode_required_capabilities,
		   (const struct row[]){{"\x02\0\x01\0\0", 5, MLS_OK},
					{"\x01\0\0\0", 4, MLS_ERR_TRUNCATED}},
		   2);
}

static void certificates_are_taken_in_order(void **state)
{
	struct mls_slice body = mls_slice("\x01"
					  "a\x02"
					  "bc",
					  5),
			 der;

	(void)state;
	assert_true(mls_certificate_next(&body, &der));
	assert_true(mls_slice_equal(der, mls_slice_str("a")));
	assert_true(mls_certificate_next(&body, &der));
	assert_true(mls_slice_equal(der, mls_slice_str("bc")));
	assert_false(mls_certificate_next(&body, &der));
}

static void extensions_are_found(void **state)
{
	struct mls_slice body = mls_slice("\x7f\x01\x01"
					  "a\0\x03\x02"
					  "bc",
					  9),
			 data;

	(void)state;
	assert_true(mls_extension_find(body, 3, &data));
	assert_true(mls_slice_equal(data, mls_slice_str("bc")));
	assert_true(mls_extension_find(body, 0x7f01, &data));
	assert_true(mls_slice_equal(data, mls_slice_str("a")));
	assert_false(mls_extension_find(body, 2, &data));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_the_vectors),
		cmocka_unit_test(update_paths_of_the_vectors),
		cmocka_unit_test(unmerged_leaves_increase),
		cmocka_unit_test(unknown_types_cannot_be_decoded),
		cmocka_unit_test(credentials_and_sources),
		cmocka_unit_test(certificates_are_taken_in_order),
		cmocka_unit_test(extensions_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
