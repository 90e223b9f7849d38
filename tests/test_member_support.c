/* Counting what members support: against hostile leaves, and as a value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "member_support.h"

/* A leaf that lists the extension types first .. first + n - 1. */
static struct mls_leaf_node listing(uint8_t *memory, uint16_t first, size_t n)
{
	struct mls_leaf_node leaf = {.credential = {.type = MLS_CREDENTIAL_BASIC}};

	for (size_t i = 0; i < n; i++) {
		memory[2 * i] = (uint8_t)((first + i) >> 8);
		memory[2 * i + 1] = (uint8_t)(first + i);
	}
	leaf.capabilities.extensions = mls_slice(memory, 2 * n);
	return leaf;
}

static void code_points_are_bounded(void **state)
{
	static uint8_t memory[8192], more_memory[16];
	/* With the credential type in use that makes 4,096. */
	struct mls_leaf_node many = listing(memory, 1, 4095);
	struct mls_leaf_node more = listing(more_memory, 5000, 1);
	struct mls_member_support s = {0};

	(void)state;
	assert_int_equal(mls_member_support_enter(&s, &many, 1), MLS_OK);
	assert_int_equal(mls_member_support_enter(&s, &more, 1), MLS_ERR_CODE_POINTS);
	assert_int_equal(s.n_members, 1);
	assert_int_equal(mls_member_support_count(&s, MLS_SUPPORT_EXTENSION, 5000), 0);
	assert_int_equal(mls_member_support_leave(&s, &many, 1), MLS_OK);
	assert_int_equal(mls_member_support_enter(&s, &more, 1), MLS_OK);
	assert_int_equal(mls_member_support_count(&s, MLS_SUPPORT_EXTENSION, 5000), 1);
	mls_member_support_clear(&s);
}

/* 7.3, of one member: its own type and those of the others. */
static void a_credential_goes_together_with_the_others(void **state)
{
	struct mls_leaf_node basic = {.credential = {.type = MLS_CREDENTIAL_BASIC}};
	struct mls_leaf_node x509 = {.credential = {.type = MLS_CREDENTIAL_X509}};
	struct mls_member_support s = {0};

	(void)state;
	basic.capabilities.credentials = mls_slice("\x00\x01", 2);
	x509.capabilities.credentials = mls_slice("\x00\x02\x00\x01", 4);
	assert_int_equal(mls_member_support_enter(&s, &basic, 1), MLS_OK);
	assert_int_equal(mls_member_support_credential(&s, &basic), MLS_OK);
	assert_int_equal(mls_member_support_enter(&s, &x509, 1), MLS_OK);
	assert_int_equal(mls_member_support_credential(&s, &x509), MLS_ERR_CREDENTIAL_UNSUPPORTED);
	assert_int_equal(mls_member_support_leave(&s, &basic, 1), MLS_OK);
	assert_int_equal(mls_member_support_credential(&s, &x509), MLS_OK);
	/* Lists what it uses, and not what the other one does: each way round. */
	x509.capabilities.credentials.len = 2;
	basic.capabilities.credentials = mls_slice("\x00\x01\x00\x02", 4);
	assert_int_equal(mls_member_support_enter(&s, &basic, 1), MLS_OK);
	assert_int_equal(mls_member_support_credential(&s, &basic), MLS_OK);
	assert_int_equal(mls_member_support_credential(&s, &x509), MLS_ERR_CREDENTIAL_UNSUPPORTED);
	mls_member_support_clear(&s);
}

static void copies_are_independent(void **state)
{
	uint8_t memory[16], other_memory[16];
	struct mls_leaf_node leaf = listing(memory, 10, 2), other = listing(other_memory, 11, 2);
	struct mls_member_support s = {0}, copy;

	(void)state;
	assert_int_equal(mls_member_support_enter(&s, &leaf, 3), MLS_OK);
	mls_member_support_copy(&copy, &s);
	assert_int_equal(mls_member_support_enter(&copy, &other, 2), MLS_OK);
	assert_int_equal(mls_member_support_count(&s, MLS_SUPPORT_EXTENSION, 11), 3);
	assert_int_equal(mls_member_support_count(&s, MLS_SUPPORT_EXTENSION, 12), 0);
	assert_int_equal(mls_member_support_count(&copy, MLS_SUPPORT_EXTENSION, 11), 5);
	assert_int_equal(mls_member_support_count(&copy, MLS_SUPPORT_EXTENSION, 12), 2);
	assert_int_equal(copy.n_members, 5);
	mls_member_support_clear(&s);
	mls_member_support_clear(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_points_are_bounded),
		cmocka_unit_test(a_credential_goes_together_with_the_others),
		cmocka_unit_test(copies_are_independent),
	};

	return cmocka_run_group_tests_name("member support", tests, NULL, NULL);
}
