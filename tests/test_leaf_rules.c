/* Every rule for one leaf or KeyPackage, broken one at a time: RFC 9420 7.2, 7.3, 10.1, 13. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made_members.h"

static struct member member, other;

static int set_up(void **state)
{
	(void)state;
	crypto = test_crypto(1);
	member_make(crypto, &member, 0);
	member_make(crypto, &other, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	member_free(&member);
	member_free(&other);
	mls_crypto_free(crypto);
	return 0;
}

static enum mls_err validate(void)
{
	struct mls_leaf_rules rules = test_rules(crypto);

	return mls_key_package_validate(&rules, &member.key_package);
}

/* Signs what the test has changed and says what a receiver says. */
static void expect(enum mls_err want)
{
	member_sign(crypto, &member);
	assert_int_equal(validate(), want);
}

static void an_honest_key_package_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(validate(), MLS_OK);
}

static void version_and_suite_are_the_groups(void **state)
{
	(void)state;
	member.key_package.version = 2;
	expect(MLS_ERR_KEY_PACKAGE_VERSION);
	member.key_package.version = 1;
	member.key_package.suite = 3;
	expect(MLS_ERR_KEY_PACKAGE_SUITE);
}

static void init_key_is_another_key(void **state)
{
	(void)state;
	member.key_package.init_key = member.key_package.leaf_node.encryption_key;
	expect(MLS_ERR_INIT_KEY_REUSED);
}

static void keys_have_the_suites_length(void **state)
{
	(void)state;
	member.key_package.init_key = mls_slice_str("short");
	expect(MLS_ERR_PUBLIC_KEY);
	member.key_package.init_key = mls_key_public(member.init_key);
	member.key_package.leaf_node.encryption_key = mls_slice_str("short");
	expect(MLS_ERR_PUBLIC_KEY);
	member.key_package.leaf_node.encryption_key = mls_key_public(member.leaf_key);
	member.key_package.leaf_node.signature_key = mls_slice_str("short");
	expect(MLS_ERR_PUBLIC_KEY);
}

static void signatures_are_checked(void **state)
{
	uint8_t *bytes = member.encoded.p;
	size_t len = member.encoded.len;
	struct mls_slice leaf = member.key_package.leaf_node.encoded;
	size_t in_leaf = (size_t)(leaf.p - bytes) + leaf.len - 1;

	(void)state;
	bytes[len - 1] ^= 1;
	assert_int_equal(validate(), MLS_ERR_KEY_PACKAGE_SIGNATURE);
	bytes[len - 1] ^= 1;
	bytes[in_leaf] ^= 1;
	assert_int_equal(validate(), MLS_ERR_LEAF_SIGNATURE);
	bytes[in_leaf] ^= 1;
	bytes[6] ^= 1; /* within init_key */
	assert_int_equal(validate(), MLS_ERR_KEY_PACKAGE_SIGNATURE);
}

static void capabilities_list_what_is_used(void **state)
{
	struct mls_capabilities *caps = &member.key_package.leaf_node.capabilities;
	struct mls_capabilities honest = *caps;
	const uint8_t copy[] = {0, 1, 0, 1, 0, 1};
	struct mls_slice one = mls_slice(copy, 2);

	(void)state;
	caps->versions = mls_slice_str("\x7f\x7f");
	expect(MLS_ERR_VERSION_UNSUPPORTED);
	honest = (struct mls_capabilities){
		.versions = one, .cipher_suites = one, .credentials = one};
	*caps = honest;
	caps->cipher_suites = mls_slice(NULL, 0);
	expect(MLS_ERR_SUITE_UNSUPPORTED);
	*caps = honest;
	caps->credentials = mls_slice_str("\x7f\x7f");
	expect(MLS_ERR_CREDENTIAL_NOT_LISTED);
}

static void extensions_are_listed(void **state)
{
	struct mls_leaf_node *leaf = &member.key_package.leaf_node;
	const uint8_t unknown[] = {0x7f, 0x01, 0x00}, known[] = {0, 1, 0}, list[] = {0x7f, 0x01};

	(void)state;
	leaf->extensions = mls_slice(known, sizeof(known)); /* application_id is a default */
	expect(MLS_OK);
	leaf->extensions = mls_slice("\0\0\0", 3); /* the reserved type is none */
	expect(MLS_ERR_EXTENSION_NOT_LISTED);
	leaf->extensions = mls_slice(unknown, sizeof(unknown));
	expect(MLS_ERR_EXTENSION_NOT_LISTED);
	leaf->capabilities.extensions = mls_slice(list, sizeof(list));
	expect(MLS_OK);
}

/* Long lists are looked up in another way; so long that they would cost much they are refused. */
static void long_lists_are_looked_up_or_refused(void **state)
{
	static uint8_t list[70000], required[3 + 4 + 2 * 4097 + 2];
	struct mls_leaf_node *leaf = &member.key_package.leaf_node;
	struct mls_leaf_rules rules = test_rules(crypto);
	const uint8_t unknown[] = {0x7f, 0x01, 0x00};

	(void)state;
	leaf->extensions = mls_slice(unknown, sizeof(unknown));
	leaf->capabilities.extensions = mls_slice(list, 100);
	expect(MLS_ERR_EXTENSION_NOT_LISTED);
	list[98] = 0x7f;
	list[99] = 0x01;
	leaf->capabilities.extensions = mls_slice(list, 100);
	expect(MLS_OK);
	leaf->capabilities.extensions = mls_slice(list, sizeof(list));
	expect(MLS_ERR_LEAF_TOO_LONG);
	leaf->capabilities.extensions = mls_slice(list, 100);
	expect(MLS_OK);
	leaf->credential.content = mls_slice(list, UINT16_MAX);
	expect(MLS_ERR_LEAF_TOO_LONG);
	leaf->credential.content = mls_slice(list, 60000);
	expect(MLS_OK);
	/* required_capabilities: 4,097 extension types, all of them a default one. */
	memcpy(required, "\0\3\x60\x06\x60\x02", 6);
	for (size_t i = 0; i < 4097; i++)
		required[7 + 2 * i] = 1;
	rules.group_extensions = mls_slice(required, 6 + 2 * 4097 + 2);
	assert_int_equal(mls_key_package_validate(&rules, &member.key_package),
			 MLS_ERR_CODE_POINTS);
}

static void the_groups_extensions_are_supported(void **state)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	const uint8_t in_use[] = {0x7f, 0x01, 0x00}, list[] = {0x7f, 0x01};

	(void)state;
	rules.group_extensions = mls_slice(in_use, sizeof(in_use));
	assert_int_equal(mls_key_package_validate(&rules, &member.key_package),
			 MLS_ERR_GROUP_EXTENSION_UNSUPPORTED);
	member.key_package.leaf_node.capabilities.extensions = mls_slice(list, sizeof(list));
	member_sign(crypto, &member);
	assert_int_equal(mls_key_package_validate(&rules, &member.key_package), MLS_OK);
}

/* One required value of each kind; the second row of each is what every client has. */
static void required_capabilities_are_satisfied(void **state)
{
	static const struct {
		uint8_t extension[14];
		uint8_t len;
		enum mls_err want;
	} rows[] = {
		{{0, 3, 5, 2, 0x7f, 0x01, 0, 0}, 8, MLS_ERR_REQUIRED_CAPABILITIES},
		{{0, 3, 5, 2, 0, 5, 0, 0}, 8, MLS_OK},
		{{0, 3, 5, 0, 2, 0x7f, 0x01, 0}, 8, MLS_ERR_REQUIRED_CAPABILITIES},
		{{0, 3, 5, 0, 2, 0, 7, 0}, 8, MLS_OK},
		{{0, 3, 5, 0, 0, 2, 0, 2}, 8, MLS_ERR_REQUIRED_CAPABILITIES},
		{{0, 3, 5, 0, 0, 2, 0, 1}, 8, MLS_OK},
		{{0, 3, 4, 0, 0, 1, 0}, 7, MLS_ERR_TRUNCATED},
	};
	struct mls_leaf_rules rules = test_rules(crypto);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rules.group_extensions = mls_slice(rows[i].extension, rows[i].len);
		assert_int_equal(mls_key_package_validate(&rules, &member.key_package),
				 rows[i].want);
	}
}

static void lifetimes_include_the_present(void **state)
{
	static const struct {
		uint64_t not_before, not_after, max_lifetime_s;
		bool accept_expired, sending;
		enum mls_err want;
	} rows[] = {
		{500, 1500, 0, false, false, MLS_OK},
		{1000, 1000, 0, false, false, MLS_OK},
		{1001, 1500, 0, false, false, MLS_ERR_LIFETIME},
		{500, 999, 0, false, false, MLS_ERR_LIFETIME},
		{500, 999, 0, true, false, MLS_OK},
		{500, 999, 0, true, true, MLS_ERR_LIFETIME},
		{1500, 500, 0, true, false, MLS_ERR_LIFETIME},
		{500, 1500, 1000, false, false, MLS_OK},
		{500, 1501, 1000, false, false, MLS_ERR_LIFETIME_TOO_LONG},
		{0, UINT64_MAX, 1000, true, false, MLS_ERR_LIFETIME_TOO_LONG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mls_policy policy = {
			.max_lifetime_s = rows[i].max_lifetime_s,
			.accept_expired = rows[i].accept_expired,
		};
		struct mls_leaf_rules rules = test_rules(crypto);

		rules.policy = &policy;
		rules.sending = rows[i].sending;
		member.key_package.leaf_node.lifetime =
			(struct mls_lifetime){rows[i].not_before, rows[i].not_after};
		member_sign(crypto, &member);
		assert_int_equal(mls_key_package_validate(&rules, &member.key_package),
				 rows[i].want);
	}
}

/* 7.2: there is a longest lifetime unless the application says otherwise. */
static void the_default_policy_bounds_lifetimes(void **state)
{
	const uint64_t longest = 90 * 24 * 3600 + 3600;
	const struct mls_policy policy = mls_policy_default();
	struct mls_leaf_rules rules = test_rules(crypto);

	(void)state;
	rules.policy = &policy;
	for (uint64_t more = 0; more < 2; more++) {
		member.key_package.leaf_node.lifetime = (struct mls_lifetime){0, longest + more};
		member_sign(crypto, &member);
		assert_int_equal(mls_key_package_validate(&rules, &member.key_package),
				 more ? MLS_ERR_LIFETIME_TOO_LONG : MLS_OK);
	}
}

/* Accepts exactly the identity it is given, and notes whom it replaces. */
struct application {
	struct mls_slice accepted;
	bool replaces;
};

static bool accept_credential(void *state, const struct mls_identity *presented,
			      const struct mls_identity *replaced)
{
	struct application *app = state;

	app->replaces = replaced != NULL;
	return presented->credential_type == MLS_CREDENTIAL_BASIC &&
	       mls_slice_equal(presented->credential, app->accepted);
}

static void the_application_decides_on_credentials(void **state)
{
	struct application app = {mls_buf_slice(&other.identity), true};
	struct mls_policy policy = {.accept_credential = accept_credential, .state = &app};
	struct mls_leaf_rules rules = test_rules(crypto);

	(void)state;
	rules.policy = &policy;
	assert_int_equal(mls_key_package_validate(&rules, &member.key_package),
			 MLS_ERR_CREDENTIAL_REFUSED);
	assert_false(app.replaces);
	app.accepted = mls_buf_slice(&member.identity);
	assert_int_equal(mls_key_package_validate(&rules, &member.key_package), MLS_OK);
}

/* The leaf of `member` as it would stand at leaf 4 of the group, of another source. */
static void sign_leaf(struct mls_buf *out, struct mls_leaf_node *decoded, uint8_t source)
{
	struct mls_leaf_node leaf = member.key_package.leaf_node;

	leaf.source = source;
	leaf.parent_hash = mls_slice_str("parent hash");
	leaf.encryption_key = mls_key_public(other.leaf_key);
	out->len = 0;
	assert_int_equal(mls_leaf_node_sign(crypto, out, &leaf, member.signer,
					    test_rules(crypto).group_id, 4),
			 MLS_OK);
	assert_int_equal(mls_leaf_node_decode(mls_buf_slice(out), decoded), MLS_OK);
}

static void the_source_fits_the_place(void **state)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_buf encoded = {0};
	struct mls_leaf_node leaf;

	(void)state;
	for (int source = MLS_LEAF_KEY_PACKAGE; source <= MLS_LEAF_COMMIT; source++) {
		sign_leaf(&encoded, &leaf, (uint8_t)source);
		assert_int_equal(mls_leaf_node_validate(&rules, &leaf, NULL, 0, 4), MLS_OK);
		for (int want = MLS_LEAF_KEY_PACKAGE; want <= MLS_LEAF_COMMIT; want++)
			assert_int_equal(mls_leaf_node_validate(&rules, &leaf, NULL,
								(enum mls_leaf_source)want, 4),
					 want == source ? MLS_OK : MLS_ERR_LEAF_SOURCE_WRONG);
	}
	mls_buf_free(&encoded);
}

static void group_and_place_are_signed(void **state)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_buf encoded = {0};
	struct mls_leaf_node leaf;

	(void)state;
	for (int source = MLS_LEAF_KEY_PACKAGE; source <= MLS_LEAF_COMMIT; source++) {
		enum mls_err want =
			source == MLS_LEAF_KEY_PACKAGE ? MLS_OK : MLS_ERR_LEAF_SIGNATURE;

		sign_leaf(&encoded, &leaf, (uint8_t)source);
		rules.group_id = test_rules(crypto).group_id;
		assert_int_equal(mls_leaf_node_validate(&rules, &leaf, NULL, 0, 4), MLS_OK);
		assert_int_equal(mls_leaf_node_validate(&rules, &leaf, NULL, 0, 5), want);
		rules.group_id = mls_slice_str("another group");
		assert_int_equal(mls_leaf_node_validate(&rules, &leaf, NULL, 0, 4), want);
	}
	mls_buf_free(&encoded);
}

static void an_update_changes_the_key(void **state)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_buf encoded = {0};
	struct mls_leaf_node leaf, same;

	(void)state;
	sign_leaf(&encoded, &leaf, MLS_LEAF_UPDATE);
	same = leaf;
	assert_int_equal(mls_leaf_node_validate(&rules, &leaf, &member.key_package.leaf_node,
						MLS_LEAF_UPDATE, 4),
			 MLS_OK);
	assert_int_equal(mls_leaf_node_validate(&rules, &leaf, &same, MLS_LEAF_UPDATE, 4),
			 MLS_ERR_ENCRYPTION_KEY_KEPT);
	mls_buf_free(&encoded);
}

static void grease_is_fifteen_values(void **state)
{
	unsigned n = 0;

	(void)state;
	for (uint32_t v = 0; v <= UINT16_MAX; v++)
		n += mls_is_grease((uint16_t)v);
	assert_int_equal(n, 15);
	assert_true(mls_is_grease(0x0a0a) && mls_is_grease(0xeaea));
	assert_false(mls_is_grease(0xfafa) || mls_is_grease(0x0a1a));
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(an_honest_key_package_is_accepted),
		RULE(version_and_suite_are_the_groups),
		RULE(init_key_is_another_key),
		RULE(keys_have_the_suites_length),
		RULE(signatures_are_checked),
		RULE(capabilities_list_what_is_used),
		RULE(extensions_are_listed),
		RULE(long_lists_are_looked_up_or_refused),
		RULE(the_groups_extensions_are_supported),
		RULE(required_capabilities_are_satisfied),
		RULE(lifetimes_include_the_present),
		RULE(the_default_policy_bounds_lifetimes),
		RULE(the_application_decides_on_credentials),
		RULE(the_source_fits_the_place),
		RULE(group_and_place_are_signed),
		RULE(an_update_changes_the_key),
		RULE(grease_is_fifteen_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
