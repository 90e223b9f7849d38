/*
 * Saved states that somebody has changed, with the right hash behind them: each breaks one rule
 * of what fits together, and none is taken in. Here the group as a whole, the present epoch and
 * its secret tree, and what was stored since; test_state_parts.c has the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "saved_parts.h"

static const struct mls_slice nothing = {0};

static void as_it_was(struct saved_parts *s)
{
	(void)s;
}

static void cut_whole(struct saved_parts *s)
{
	s->group.joined_by = mls_slice("abc", 3);
}

static void other_version(struct saved_parts *s)
{
	s->group.version++;
}

static void other_suite(struct saved_parts *s)
{
	s->group.suite = 3;
}

static void unknown_group_state(struct saved_parts *s)
{
	s->group.state = MLS_GROUP_REINITIALIZED + 1;
	s->group.pending = nothing;
}

static void epoch_cut(struct saved_parts *s)
{
	s->group.epoch.len--;
}

static void epoch_longer(struct saved_parts *s)
{
	saved_edit(s, &s->group.epoch, mls_slice("x", 1));
}

static void context_cut(struct saved_parts *s)
{
	s->epoch.context.len--;
}

static void tree_cut(struct saved_parts *s)
{
	s->epoch.tree.len--;
}

static void tree_of_another(struct saved_parts *s)
{
	/* of the last signature */
	saved_edit(s, &s->epoch.tree, nothing)[s->epoch.tree.len - 1] ^= 1;
}

static void of_nobody(struct saved_parts *s)
{
	s->epoch.leaf = BLANK_LEAF;
	s->epoch.keys = nothing;
}

static void of_another_member(struct saved_parts *s)
{
	s->epoch.leaf = 0;
	s->epoch.keys = nothing;
}

static void key_of_no_level(struct saved_parts *s)
{
	saved_edit(s, &s->epoch.keys, nothing)[0] = MLS_MAX_DEPTH + 1;
}

static void key_twice(struct saved_parts *s)
{
	saved_edit(s, &s->epoch.keys, mls_slice(s->epoch.keys.p, 1 + 33 + 33));
}

static void keys_cut(struct saved_parts *s)
{
	s->epoch.keys.len--;
}

static void key_short(struct saved_parts *s)
{
	static const uint8_t entry[1 + 1 + 31 + 1 + 32] = {0, 31, [33] = 32};

	s->epoch.keys = mls_slice(entry, sizeof(entry));
}

static void key_of_another_node(struct saved_parts *s)
{
	saved_edit(s, &s->epoch.keys, nothing)[1 + 33 + 1] ^= 1;
}

static void secrets_cut(struct saved_parts *s)
{
	s->epoch.secrets.len--;
}

static void secrets_longer(struct saved_parts *s)
{
	saved_edit(s, &s->epoch.secrets, mls_slice("x", 1));
}

static void put_context(struct saved_parts *s, const struct mls_group_context *context)
{
	OK(mls_group_context_encode(&s->memory[3], context));
	s->epoch.context = mls_buf_slice(&s->memory[3]);
}

static void context_of_another_version(struct saved_parts *s)
{
	struct mls_group_context context;

	OK(mls_group_context_decode(s->epoch.context, &context));
	context.version = 2;
	put_context(s, &context);
}

static void context_of_another_suite(struct saved_parts *s)
{
	struct mls_group_context context;

	OK(mls_group_context_decode(s->epoch.context, &context));
	context.cipher_suite = 3;
	put_context(s, &context);
}

/* Below the root somebody is unmerged who is not there; the tree hash is right. */
static void unmerged_is_nobody(struct saved_parts *s)
{
	struct mls_crypto *crypto = saved_client()->crypto;
	const struct mls_key_index_seed seed = {{{0}}};
	struct mls_group_context context;
	struct mls_tree tree;

	OK(mls_tree_decode(&tree, crypto->suite, &seed, s->epoch.tree, 8));
	OK(mls_tree_parent_add_unmerged(&tree.root.inner->contents, BLANK_LEAF));
	mls_tree_rehash(crypto, &tree);
	OK(mls_group_context_decode(s->epoch.context, &context));
	context.tree_hash = mls_tree_hash(&tree);
	put_context(s, &context);
	OK(mls_tree_encode(&tree, &s->memory[4]));
	s->epoch.tree = mls_buf_slice(&s->memory[4]);
	mls_tree_clear(&tree);
}

static void tag_cut(struct saved_parts *s)
{
	s->epoch.confirmation_tag.len--;
}

static void interim_hash_cut(struct saved_parts *s)
{
	s->epoch.interim_transcript_hash.len--;
}

/* ---- the secret tree, of 8 leaves ---- */

/* SECRET, PARENT, RATCHETS as kinds of nodes; S is a whole node with a secret. */
static void put_tree(struct saved_parts *s, const char *text)
{
	static const uint8_t secret[1 + NH] = {NH};
	/* secret, next generation, kept keys: generation, key, nonce */
	static const uint8_t ratchet[1 + NH + 4 + 4] = {NH};

	for (; *text; text++) {
		uint8_t kinds = (uint8_t)(*text - '0');
		struct mls_slice bytes = mls_slice(&kinds, 1);

		if (*text == 's')
			bytes = mls_slice(secret, sizeof(secret));
		if (*text == 'r')
			bytes = mls_slice(ratchet, sizeof(ratchet));
		if (*text == 'x')
			bytes = mls_slice("\x1fxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 32);
		OK(mls_buf_append(&s->memory[3], bytes));
	}
	s->epoch.secret_tree = mls_buf_slice(&s->memory[3]);
}

static void one_secret(struct saved_parts *s)
{
	put_tree(s, "30s");
}

static void leaf_in_use(struct saved_parts *s)
{
	put_tree(s, "31112rr0s0s0s");
}

static void tree_without_end(struct saved_parts *s)
{
	put_tree(s, "31");
}

static void tree_empty(struct saved_parts *s)
{
	s->epoch.secret_tree = nothing;
}

static void last_ratchet_missing(struct saved_parts *s)
{
	put_tree(s, "310s10s10s2r");
}

static void other_height(struct saved_parts *s)
{
	put_tree(s, "20s");
}

static void secret_short(struct saved_parts *s)
{
	put_tree(s, "30x");
}

static void unknown_kind(struct saved_parts *s)
{
	put_tree(s, "33rr");
}

static void parent_below_the_leaves(struct saved_parts *s)
{
	put_tree(s, "311110s0s0s0s0s");
}

static void ratchets_above_the_leaves(struct saved_parts *s)
{
	put_tree(s, "32rr");
}

static void tree_longer(struct saved_parts *s)
{
	put_tree(s, "30s0");
}

/* Ratchets of the first leaf: one as it is written here, the other of plain form. */
struct ratchet {
	uint32_t next, n_kept, generation[2];
	size_t secret_len, n_written;
};

static void put_ratchet(struct saved_parts *s, const struct ratchet *r)
{
	static const uint8_t bytes[64];
	struct mls_buf *out = &s->memory[3];
	struct mls_slice secret = {bytes, r->secret_len};
	struct mls_codec c = {.out = out};
	uint32_t next = r->next, n_kept = r->n_kept;

	put_tree(s, "31112");
	mls_opaque(&c, &secret);
	mls_u32(&c, &next);
	mls_u32(&c, &n_kept);
	for (size_t i = 0; i < r->n_written; i++) {
		uint32_t generation = r->generation[i];
		struct mls_slice key = {bytes, 16 + MLS_AEAD_NONCE};

		mls_u32(&c, &generation);
		mls_fixed(&c, &key, key.len);
	}
	OK(c.err);
	put_tree(s, "r0s0s0s");
}

static void two_kept_keys(struct saved_parts *s)
{
	put_ratchet(s, &(struct ratchet){5, 2, {1, 3}, NH, 2});
}

static void ratchet_at_its_end(struct saved_parts *s)
{
	put_ratchet(s, &(struct ratchet){.next = 5});
}

static void ratchet_secret_short(struct saved_parts *s)
{
	put_ratchet(s, &(struct ratchet){.next = 5, .secret_len = NH - 1});
}

static void kept_key_of_the_future(struct saved_parts *s)
{
	put_ratchet(s, &(struct ratchet){3, 2, {1, 3}, NH, 2});
}

static void kept_keys_out_of_order(struct saved_parts *s)
{
	put_ratchet(s, &(struct ratchet){5, 2, {3, 3}, NH, 2});
}

static void more_kept_keys_than_there_are(struct saved_parts *s)
{
	put_ratchet(s, &(struct ratchet){5, UINT32_MAX, {1, 3}, NH, 2});
}

/* The last bytes that there are for the second ratchet are those of one kept key, cut. */
static void kept_keys_cut(struct saved_parts *s)
{
	struct mls_buf *out = &s->memory[3];

	put_ratchet(s, &(struct ratchet){5, 2, {1, 3}, NH, 2});
	out->len = (size_t)5 + 1 + NH + 8 + 4 + 16;
	s->epoch.secret_tree = mls_buf_slice(out);
}

static const struct saved_row rows[] = {
	{as_it_was, false, MLS_OK},
	{as_it_was, true, MLS_OK},
	{cut_whole, true, MLS_ERR_STATE},
	{other_version, true, MLS_ERR_STATE},
	{other_suite, true, MLS_ERR_STATE},
	{unknown_group_state, true, MLS_ERR_STATE},
	{epoch_cut, true, MLS_ERR_STATE},
	{epoch_longer, true, MLS_ERR_STATE},
	{context_cut, false, MLS_ERR_STATE},
	{tree_cut, false, MLS_ERR_STATE},
	{tree_of_another, false, MLS_ERR_STATE},
	{of_nobody, false, MLS_ERR_STATE},
	{of_another_member, false, MLS_ERR_STATE_CLIENT},
	{key_of_no_level, false, MLS_ERR_STATE},
	{key_twice, false, MLS_ERR_STATE},
	{keys_cut, false, MLS_ERR_STATE},
	{key_short, false, MLS_ERR_STATE},
	{key_of_another_node, false, MLS_ERR_STATE},
	{secrets_cut, false, MLS_ERR_STATE},
	{secrets_longer, false, MLS_ERR_STATE},
	{tag_cut, false, MLS_ERR_STATE},
	{interim_hash_cut, false, MLS_ERR_STATE},
	{context_of_another_version, false, MLS_ERR_STATE},
	{context_of_another_suite, false, MLS_ERR_STATE},
	{unmerged_is_nobody, false, MLS_ERR_STATE},
	{one_secret, false, MLS_OK},
	{leaf_in_use, false, MLS_OK},
	{two_kept_keys, false, MLS_OK},
	{ratchet_at_its_end, false, MLS_OK},
	{tree_without_end, false, MLS_ERR_STATE},
	{tree_empty, false, MLS_ERR_STATE},
	{other_height, false, MLS_ERR_STATE},
	{secret_short, false, MLS_ERR_STATE},
	{unknown_kind, false, MLS_ERR_STATE},
	{parent_below_the_leaves, false, MLS_ERR_STATE},
	{ratchets_above_the_leaves, false, MLS_ERR_STATE},
	{tree_longer, false, MLS_ERR_STATE},
	{ratchet_secret_short, false, MLS_ERR_STATE},
	{kept_key_of_the_future, false, MLS_ERR_STATE},
	{kept_keys_out_of_order, false, MLS_ERR_STATE},
	{more_kept_keys_than_there_are, false, MLS_ERR_STATE},
	{kept_keys_cut, false, MLS_ERR_STATE},
	{last_ratchet_missing, false, MLS_ERR_STATE},
};

static void what_does_not_fit_together_is_no_state(void **state)
{
	(void)state;
	saved_expect_rows(rows, MLS_N(rows));
}

static void what_is_shorter_than_a_hash_is_no_state(void **state)
{
	struct mls_group *group = NULL;

	(void)state;
	REFUSED(mls_group_load(saved_client(), &group, mls_slice(saved_genuine().p, NH - 1)),
		MLS_ERR_STATE);
	REFUSED(mls_group_load(saved_client(), &group, nothing), MLS_ERR_STATE);
}

/* A client that keeps fewer past epochs than the one that saved does not take them. */
static void past_epochs_have_room(void **state)
{
	struct mls_group *group = NULL;

	(void)state;
	saved_client()->policy.past_epochs = 0;
	REFUSED(mls_group_load(saved_client(), &group, saved_genuine()), MLS_ERR_STATE);
	saved_client()->policy.past_epochs = 1;
	OK(mls_group_load(saved_client(), &group, saved_genuine()));
	mls_group_free(group);
}

/* ---- what was stored since ---- */

static void put_change(struct mls_buf *out, uint32_t number, uint8_t type, struct mls_slice body)
{
	const struct mls_saved_change change = {
		.n_stores = 1, .number = number, .type = type, .body = body};
	const size_t start = out->len;
	struct mls_slice written;
	uint8_t hash[NH];

	OK(mls_saved_change_encode(out, &change));
	written = mls_slice(out->p + start, out->len - start);
	mls_hash(saved_client()->crypto, hash, &written, 1);
	OK(mls_buf_append(out, mls_slice(hash, sizeof(hash))));
}

static enum mls_err restore(struct mls_slice saved, uint8_t type, struct mls_slice body)
{
	struct mls_group *group = NULL;
	struct mls_buf changes = {0};
	enum mls_err err;

	put_change(&changes, 0, type, body);
	err = mls_group_restore(saved_client(), &group, saved, bytes_of(&changes));
	assert_true((group != NULL) == (err == MLS_OK));
	mls_group_free(group);
	mls_buf_free(&changes);
	return err;
}

static void as_stored_once(struct saved_parts *s)
{
	s->group.n_stores = 1;
	s->group.n_changes = 0;
}

static void proposal_of_type(struct mls_buf *out, struct saved_parts *s, uint16_t type)
{
	s->proposal.type = type;
	out->len = 0;
	OK(mls_saved_proposal_encode(out, &s->proposal));
}

/* A ratchet (0 or 1) and a bound of 64 bits; an epoch of 64 bits, a leaf, a ratchet, a
 * generation. */
static void changes_say_what_can_have_happened(void **state)
{
	struct mls_buf saved = {0}, proposal = {0};
	struct saved_parts s;
	struct mls_slice body;

	(void)state;
	saved_take_apart(&s);
	as_stored_once(&s);
	saved_write(&saved, &s.group);
	body = bytes_of(&saved);
	OK(restore(body, MLS_CHANGE_RESERVED, mls_slice("\1\0\0\0\0\0\0\0\2", 9)));
	REFUSED(restore(body, MLS_CHANGE_RESERVED, mls_slice("\2\0\0\0\0\0\0\0\0", 9)),
		MLS_ERR_STATE);
	REFUSED(restore(body, MLS_CHANGE_RESERVED, mls_slice("\1\0\0\0\1\0\0\0\1", 9)),
		MLS_ERR_STATE);
	REFUSED(restore(body, MLS_CHANGE_RESERVED, mls_slice("\1\0\0\0\0\0\0\0", 8)),
		MLS_ERR_STATE);
	OK(restore(body, MLS_CHANGE_RECEIVED, mls_slice("\0\0\0\0\0\0\0\2\0\0\0\2\1\0\0\0\1", 17)));
	REFUSED(restore(body, MLS_CHANGE_RECEIVED,
			mls_slice("\0\0\0\0\0\0\0\2\0\0\0\2\2\0\0\0\1", 17)),
		MLS_ERR_STATE);
	REFUSED(restore(body, MLS_CHANGE_RECEIVED,
			mls_slice("\0\0\0\0\0\0\0\7\0\0\0\2\1\0\0\0\1", 17)),
		MLS_ERR_STATE);
	proposal_of_type(&proposal, &s, s.proposal.type);
	OK(restore(body, MLS_CHANGE_PROPOSAL, bytes_of(&proposal)));
	proposal_of_type(&proposal, &s, 0xffff);
	REFUSED(restore(body, MLS_CHANGE_PROPOSAL, bytes_of(&proposal)), MLS_ERR_STATE);
	REFUSED(restore(body, MLS_CHANGE_PENDING + 1, nothing), MLS_ERR_STATE);
	mls_buf_free(&proposal);
	mls_buf_free(&saved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_together_is_no_state),
		cmocka_unit_test(what_is_shorter_than_a_hash_is_no_state),
		cmocka_unit_test(past_epochs_have_room),
		cmocka_unit_test(changes_say_what_can_have_happened),
	};

	return cmocka_run_group_tests(tests, saved_begin, saved_end);
}
