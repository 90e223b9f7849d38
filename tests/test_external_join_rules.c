/*
 * One way to break each rule that a client checks in a GroupInfo before it joins by itself: RFC
 * 9420 12.4.3, 12.4.3.2. A member forges it; the client appends nothing and has no group.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forge.h"
#include "outline.h"

/* A GroupInfo taken apart, with memory for what a test puts into it. */
struct forged {
	struct mls_group_info info;
	struct mls_buf extensions;
	struct mls_client *joiner;
};

static void as_it_is(struct forged *f)
{
	(void)f;
}

/* Puts an extension with this data in the place of all that there are, but the tree. */
static void set_extension(struct forged *f, uint16_t type, struct mls_slice data)
{
	struct mls_extension v = {.type = MLS_EXTENSION_RATCHET_TREE};

	assert_true(mls_extension_find(f->info.extensions, MLS_EXTENSION_RATCHET_TREE, &v.data));
	OK(mls_extension_encode(&f->extensions, &v));
	v = (struct mls_extension){type, data};
	OK(mls_extension_encode(&f->extensions, &v));
	f->info.extensions = mls_buf_slice(&f->extensions);
}

static void external_pub_cut(struct forged *f)
{
	set_extension(f, MLS_EXTENSION_EXTERNAL_PUB, mls_slice("\x20key", 4));
}

static void external_pub_longer(struct forged *f)
{
	struct mls_buf data = {0};
	struct mls_slice key;

	assert_true(mls_extension_find(f->info.extensions, MLS_EXTENSION_EXTERNAL_PUB, &key));
	OK(mls_buf_append(&data, key));
	OK(mls_buf_append(&data, mls_slice("x", 1)));
	set_extension(f, MLS_EXTENSION_EXTERNAL_PUB, mls_buf_slice(&data));
	mls_buf_free(&data);
}

static void external_pub_no_key(struct forged *f)
{
	set_extension(f, MLS_EXTENSION_EXTERNAL_PUB, mls_slice("\x03key", 4));
}

static void no_external_pub(struct forged *f)
{
	set_extension(f, 0x0a0a, mls_slice("\x03key", 4));
}

/* An extension that nobody knows, beside all that there are. */
static void grease(struct forged *f)
{
	OK(mls_buf_append(&f->extensions, f->info.extensions));
	OK(mls_extension_encode(&f->extensions,
				&(struct mls_extension){0x0a0a, mls_slice("grease", 6)}));
	f->info.extensions = mls_buf_slice(&f->extensions);
}

static void twice(struct forged *f)
{
	grease(f);
	OK(mls_extension_encode(&f->extensions, &(struct mls_extension){.type = 0x0a0a}));
	f->info.extensions = mls_buf_slice(&f->extensions);
}

static void other_version(struct forged *f)
{
	f->info.context.version = 2;
}

static void other_suite(struct forged *f)
{
	f->info.context.cipher_suite = 2;
}

static void unknown_extension(struct forged *f)
{
	f->info.context.extensions = mls_slice("\xf0\x01\x00", 3);
}

static void other_tree_hash(struct forged *f)
{
	f->info.context.tree_hash.len--;
}

static void nobody_signs(struct forged *f)
{
	f->info.signer = 100;
}

static void another_signs(struct forged *f)
{
	f->info.signer = 1;
}

static void leaf_has_expired(struct forged *f)
{
	mls_client_set_time(f->joiner, TEST_NOW_S + 91 * 24 * 3600);
}

static void long_message(struct forged *f)
{
	f->joiner->policy.max_message = 100;
}

static const struct {
	void (*change)(struct forged *f);
	enum mls_err want;
} rows[] = {
	{as_it_is, MLS_OK},
	{grease, MLS_OK},
	{external_pub_cut, MLS_ERR_TRUNCATED},
	{external_pub_longer, MLS_ERR_TRAILING},
	{external_pub_no_key, MLS_ERR_PUBLIC_KEY},
	{no_external_pub, MLS_ERR_EXTERNAL_PUB_MISSING},
	{twice, MLS_ERR_EXTENSION_TWICE},
	{other_version, MLS_ERR_VERSION},
	{other_suite, MLS_ERR_SUITE},
	{unknown_extension, MLS_ERR_GROUP_EXTENSION_UNSUPPORTED},
	{other_tree_hash, MLS_ERR_TREE_HASH},
	{nobody_signs, MLS_ERR_LEAF_BLANK},
	{another_signs, MLS_ERR_GROUP_INFO_SIGNATURE},
	{leaf_has_expired, MLS_ERR_LIFETIME},
	{long_message, MLS_ERR_MESSAGE_TOO_LONG},
};

static void sign_again(struct mls_buf *message, const struct mls_group_info *info,
		       const struct mls_client *signer)
{
	struct mls_group_info unsigned_info = *info;
	struct mls_buf made = {0};

	unsigned_info.signature = (struct mls_slice){0};
	OK(mls_group_info_encode(&made, &unsigned_info));
	made.len--; /* the length of the empty signature */
	OK(mls_group_info_sign(signer->crypto, &made, 0, signer->signer));
	message->len = 4;
	OK(mls_buf_append(message, mls_buf_slice(&made)));
	mls_buf_free(&made);
}

static void check_row(size_t i)
{
	const struct mls_group_info_request open = {.ratchet_tree = true, .external_pub = true};
	struct world *w = world_new(1, 3, NULL, NULL);
	const uint32_t joiner = world_client(w, NULL);
	struct forged f = {.joiner = w->client[joiner]};
	struct mls_buf honest = {0}, commit = {0};
	enum mls_err err;

	OK(mls_group_info(w->group[0], &honest, &open));
	OK(mls_group_info_message(&f.info, bytes_of(&honest)));
	OK(mls_buf_append(&w->message, mls_slice(honest.p, 4)));
	rows[i].change(&f);
	sign_again(&w->message, &f.info, w->client[0]);
	err = mls_group_join_external(f.joiner, &w->group[joiner], &commit, bytes_of(&w->message),
				      &(struct mls_external_request){0});
	if (err != rows[i].want)
		fail_msg("row %zu: %s, want %s", i, mls_err_name(err), mls_err_name(rows[i].want));
	assert_true((commit.len > 0) == (err == MLS_OK));
	assert_true((w->group[joiner] != NULL) == (err == MLS_OK));
	mls_buf_free(&commit);
	mls_buf_free(&honest);
	mls_buf_free(&f.extensions);
	world_free(w);
}

static void rules_of_a_group_info_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < MLS_N(rows); i++)
		check_row(i);
}

static void other_messages_are_no_group_info(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_buf package = {0}, commit = {0};
	struct mls_group *group = NULL;

	(void)state;
	member_publish(w->client[1], &package);
	REFUSED(mls_group_join_external(w->client[1], &group, &commit, bytes_of(&package),
					&(struct mls_external_request){0}),
		MLS_ERR_WIRE_FORMAT);
	REFUSED(mls_group_join(w->client[1], &group, bytes_of(&package), (struct mls_slice){0}),
		MLS_ERR_WIRE_FORMAT);
	assert_null(group);
	mls_buf_free(&package);
	mls_buf_free(&commit);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_a_group_info_are_checked),
		cmocka_unit_test(other_messages_are_no_group_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
