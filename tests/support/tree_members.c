#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made_members.h"

const struct mls_key_index_seed test_seed = {{{1, 2, 3}, {4, 5, 6}}};
struct mls_crypto *crypto;
struct member members[TEST_MEMBERS];

/* xorshift64*: repeats, and is nobody's secret. */
static enum mls_err fill(void *state, uint8_t *out, size_t len)
{
	uint64_t *x = state;

	for (size_t i = 0; i < len; i++) {
		*x ^= *x >> 12;
		*x ^= *x << 25;
		*x ^= *x >> 27;
		out[i] = (uint8_t)(*x * 0x2545f4914f6cdd1d >> 56);
	}
	return MLS_OK;
}

struct mls_crypto *test_crypto(uint16_t suite_id)
{
	static uint64_t state;
	struct mls_random random = {fill, &state};
	struct mls_crypto *made = NULL;

	state = 88172645463325252u;
	assert_non_null(mls_suite_find(suite_id));
	assert_int_equal(
		mls_crypto_new(&made, MLS_CRYPTO_OPENSSL, mls_suite_find(suite_id), &random),
		MLS_OK);
	return made;
}

/* Three lists of one code point each: mls10, the suite, basic. */
static void fill_capabilities(struct member *member, uint16_t suite_id)
{
	const uint8_t lists[] = {0, 1, (uint8_t)(suite_id >> 8), (uint8_t)suite_id, 0, 1};
	struct mls_capabilities *caps = &member->key_package.leaf_node.capabilities;

	assert_int_equal(mls_buf_append(&member->lists, mls_slice(lists, sizeof(lists))), MLS_OK);
	caps->versions = mls_slice(member->lists.p, 2);
	caps->cipher_suites = mls_slice(member->lists.p + 2, 2);
	caps->credentials = mls_slice(member->lists.p + 4, 2);
}

void member_sign(struct mls_crypto *c, struct member *member)
{
	struct mls_buf fresh = {0};

	assert_int_equal(mls_key_package_sign(c, &fresh, &member->key_package, member->signer),
			 MLS_OK);
	mls_buf_free(&member->encoded);
	member->encoded = fresh;
	assert_int_equal(mls_key_package_decode(mls_buf_slice(&fresh), &member->key_package),
			 MLS_OK);
}

void member_make(struct mls_crypto *c, struct member *member, uint32_t number)
{
	uint8_t identity[16] = {'m'};
	struct mls_leaf_node *leaf = &member->key_package.leaf_node;

	*member = (struct member){0};
	memcpy(identity + 12, &number, 4);
	assert_int_equal(mls_buf_append(&member->identity, mls_slice(identity, 16)), MLS_OK);
	assert_int_equal(mls_signer_generate(c, &member->signer), MLS_OK);
	assert_int_equal(mls_key_generate(c, &member->init_key), MLS_OK);
	assert_int_equal(mls_key_generate(c, &member->leaf_key), MLS_OK);
	member->key_package.version = MLS_VERSION_MLS10;
	member->key_package.suite = c->suite->id;
	member->key_package.init_key = mls_key_public(member->init_key);
	leaf->encryption_key = mls_key_public(member->leaf_key);
	leaf->signature_key = mls_signer_public(member->signer);
	leaf->credential.type = MLS_CREDENTIAL_BASIC;
	leaf->credential.content = mls_buf_slice(&member->identity);
	leaf->lifetime = (struct mls_lifetime){500, 2000};
	fill_capabilities(member, c->suite->id);
	member_sign(c, member);
}

void member_free(struct member *member)
{
	mls_signer_free(member->signer);
	mls_key_free(member->init_key);
	mls_key_free(member->leaf_key);
	mls_buf_free(&member->identity);
	mls_buf_free(&member->lists);
	mls_buf_free(&member->encoded);
	*member = (struct member){0};
}

struct mls_leaf_rules test_rules(struct mls_crypto *c)
{
	static const struct mls_policy policy = {0};

	return (struct mls_leaf_rules){
		.crypto = c,
		.policy = &policy,
		.now_s = 1000,
		.group_id = mls_slice_str("group of the tests"),
	};
}

int make_members(void **state)
{
	(void)state;
	crypto = test_crypto(1);
	for (uint32_t i = 0; i < TEST_MEMBERS; i++)
		member_make(crypto, &members[i], i);
	return 0;
}

int free_members(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < TEST_MEMBERS; i++)
		member_free(&members[i]);
	mls_crypto_free(crypto);
	return 0;
}
