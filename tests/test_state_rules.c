/*
 * Saved states that somebody has changed, with the right hash behind them: each breaks one rule
 * of what fits together, and none is taken in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "group_state.h"
#include "members.h"

static const struct mls_slice nothing = {0};
static struct world *w;
static struct mls_buf genuine;

enum { MEMBER = 1, N_MEMBERS = 5, BLANK_LEAF = 6, NH = 32 };

/* A member with everything a group can hold: kept keys, an own Update, a pending commit, the
 * past. Only its saved state stays. */
static int begin(void **state)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct mls_policy policy = mls_policy_default();
	struct mls_event event;

	(void)state;
	policy.past_epochs = 1;
	w = world_new(1, N_MEMBERS, NULL, &policy);
	world_commit(w, 0, &(struct mls_commit_request){0}, NULL, 0);
	for (size_t i = 0; i < 3; i++) {
		w->message.len = 0;
		OK(mls_group_protect(w->group[0], &w->message, nothing, nothing));
	}
	OK(mls_group_receive(w->group[MEMBER], &event, bytes_of(&w->message)));
	w->commit.len = w->message.len = 0;
	OK(mls_group_commit(
		w->group[MEMBER], &(struct mls_commit_output){.commit = &w->commit},
		&(struct mls_commit_request){.remove = (uint32_t[]){3}, .n_remove = 1}));
	OK(mls_group_propose(w->group[MEMBER], &w->message, &update, MLS_HANDSHAKE_PUBLIC));
	OK(mls_group_save(w->group[MEMBER], &genuine));
	mls_group_free(w->group[MEMBER]);
	w->group[MEMBER] = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	mls_buf_free(&genuine);
	world_free(w);
	return 0;
}

/* The state taken apart. What a test writes goes into `memory`. */
struct state {
	struct mls_saved_group group;
	struct mls_saved_epoch epoch;
	struct mls_saved_staged pending;
	struct mls_saved_proposal proposal;
	struct mls_saved_past past;
	struct mls_buf memory[6];
};

static void take_apart(struct state *s)
{
	*s = (struct state){.group = {0}};
	OK(mls_saved_group_decode(mls_slice(genuine.p, genuine.len - NH), &s->group));
	OK(mls_saved_epoch_decode(s->group.epoch, &s->epoch));
	OK(mls_saved_staged_decode(s->group.pending, &s->pending));
	OK(mls_saved_proposal_decode(s->group.proposals, &s->proposal));
	OK(mls_saved_past_decode(s->group.past, &s->past));
}

static void put_parts_back(struct state *s)
{
	OK(mls_saved_epoch_encode(&s->memory[0], &s->epoch));
	s->group.epoch = mls_buf_slice(&s->memory[0]);
	OK(mls_saved_staged_encode(&s->memory[1], &s->pending));
	s->group.pending = mls_buf_slice(&s->memory[1]);
	OK(mls_saved_proposal_encode(&s->memory[2], &s->proposal));
	s->group.proposals = mls_buf_slice(&s->memory[2]);
	OK(mls_saved_past_encode(&s->memory[5], &s->past));
	s->group.past = mls_buf_slice(&s->memory[5]);
}

/* A copy of a part that may be changed. */
static uint8_t *edit(struct state *s, struct mls_slice *part, struct mls_slice more)
{
	OK(mls_buf_append(&s->memory[3], *part));
	OK(mls_buf_append(&s->memory[3], more));
	*part = mls_buf_slice(&s->memory[3]);
	return s->memory[3].p;
}

static void as_it_was(struct state *s)
{
	(void)s;
}

static void cut_whole(struct state *s)
{
	s->group.joined_by = mls_slice("abc", 3);
}

static void other_version(struct state *s)
{
	s->group.version++;
}

static void other_suite(struct state *s)
{
	s->group.suite = 3;
}

static void unknown_group_state(struct state *s)
{
	s->group.state = MLS_GROUP_REINITIALIZED + 1;
}

static void epoch_cut(struct state *s)
{
	s->group.epoch.len--;
}

static void epoch_longer(struct state *s)
{
	edit(s, &s->group.epoch, mls_slice("x", 1));
}

static void context_cut(struct state *s)
{
	s->epoch.context.len--;
}

static void tree_cut(struct state *s)
{
	s->epoch.tree.len--;
}

static void tree_of_another(struct state *s)
{
	edit(s, &s->epoch.tree, nothing)[s->epoch.tree.len - 1] ^= 1; /* of the last signature */
}

static void of_nobody(struct state *s)
{
	s->epoch.leaf = BLANK_LEAF;
	s->epoch.keys = nothing;
}

static void of_another_member(struct state *s)
{
	s->epoch.leaf = 0;
	s->epoch.keys = nothing;
}

static void key_of_no_level(struct state *s)
{
	edit(s, &s->epoch.keys, nothing)[0] = MLS_MAX_DEPTH + 1;
}

static void key_twice(struct state *s)
{
	edit(s, &s->epoch.keys, mls_slice(s->epoch.keys.p, 1 + 33 + 33));
}

static void keys_cut(struct state *s)
{
	s->epoch.keys.len--;
}

static void key_short(struct state *s)
{
	static const uint8_t entry[1 + 1 + 31 + 1 + 32] = {0, 31, [33] = 32};

	s->epoch.keys = mls_slice(entry, sizeof(entry));
}

static void key_of_another_node(struct state *s)
{
	edit(s, &s->epoch.keys, nothing)[1 + 33 + 1] ^= 1;
}

static void secrets_cut(struct state *s)
{
	s->epoch.secrets.len--;
}

static void secrets_longer(struct state *s)
{
	edit(s, &s->epoch.secrets, mls_slice("x", 1));
}

static void put_context(struct state *s, const struct mls_group_context *context)
{
	OK(mls_group_context_encode(&s->memory[3], context));
	s->epoch.context = mls_buf_slice(&s->memory[3]);
}

static void context_of_another_version(struct state *s)
{
	struct mls_group_context context;

	OK(mls_group_context_decode(s->epoch.context, &context));
	context.version = 2;
	put_context(s, &context);
}

static void context_of_another_suite(struct state *s)
{
	struct mls_group_context context;

	OK(mls_group_context_decode(s->epoch.context, &context));
	context.cipher_suite = 3;
	put_context(s, &context);
}

/* Below the root somebody is unmerged who is not there; the tree hash is right. */
static void unmerged_is_nobody(struct state *s)
{
	struct mls_crypto *crypto = w->client[MEMBER]->crypto;
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

static void tag_cut(struct state *s)
{
	s->epoch.confirmation_tag.len--;
}

static void interim_hash_cut(struct state *s)
{
	s->epoch.interim_transcript_hash.len--;
}

static void pending_cut(struct state *s)
{
	s->group.pending.len--;
}

static void pending_longer(struct state *s)
{
	edit(s, &s->group.pending, mls_slice("x", 1));
}

static void pending_of_nobody(struct state *s)
{
	struct mls_saved_epoch epoch;

	OK(mls_saved_epoch_decode(s->pending.epoch, &epoch));
	epoch.leaf = BLANK_LEAF;
	epoch.keys = nothing;
	s->pending.committer = BLANK_LEAF;
	OK(mls_saved_epoch_encode(&s->memory[3], &epoch));
	s->pending.epoch = mls_buf_slice(&s->memory[3]);
}

static void pending_of_another_group(struct state *s)
{
	struct mls_group_context context;
	struct mls_saved_epoch epoch;

	OK(mls_saved_epoch_decode(s->pending.epoch, &epoch));
	OK(mls_group_context_decode(epoch.context, &context));
	context.group_id = mls_slice("another", 7);
	OK(mls_group_context_encode(&s->memory[3], &context));
	epoch.context = mls_buf_slice(&s->memory[3]);
	OK(mls_saved_epoch_encode(&s->memory[4], &epoch));
	s->pending.epoch = mls_buf_slice(&s->memory[4]);
}

static void pending_of_the_present(struct state *s)
{
	s->pending.epoch = s->group.epoch;
	s->pending.removed = nothing;
}

static void pending_by_another(struct state *s)
{
	s->pending.committer = 0;
}

static void pending_when_removed(struct state *s)
{
	s->group.state = MLS_GROUP_REMOVED;
}

static void removed_and_nothing_pending(struct state *s)
{
	s->group.state = MLS_GROUP_REMOVED;
	s->group.pending = nothing;
}

static void added_is_nobody(struct state *s)
{
	s->pending.added = mls_slice("\0\0\0\6", 4);
}

static void removed_is_nobody(struct state *s)
{
	s->pending.removed = mls_slice("\0\0\0\6", 4);
}

static void added_twice(struct state *s)
{
	s->pending.added = mls_slice("\0\0\0\1\0\0\0\1", 8);
}

static void pending_reinit_cut(struct state *s)
{
	s->pending.reinit = mls_slice("\1", 1);
}

/* group_id, version, suite, extensions */
static const uint8_t reinit[] = {1, 'n', 0, 1, 0, 1, 0};

static void reinitialized(struct state *s)
{
	s->group.pending = nothing;
	s->group.state = MLS_GROUP_REINITIALIZED;
	s->group.reinit = mls_slice(reinit, sizeof(reinit));
}

static void reinit_cut(struct state *s)
{
	reinitialized(s);
	s->group.reinit.len--;
}

static void reinitialized_as_nothing(struct state *s)
{
	reinitialized(s);
	s->group.reinit = nothing;
}

static void active_with_a_reinit(struct state *s)
{
	s->group.reinit = mls_slice(reinit, sizeof(reinit));
}

static void removed_is_no_number(struct state *s)
{
	s->pending.removed.len--;
}

static void message_hash_cut(struct state *s)
{
	s->pending.message_hash.len--;
}

static void proposal_cut(struct state *s)
{
	s->group.proposals.len--;
}

static void long_reference(struct state *s)
{
	static const uint8_t ref[65];

	s->proposal.ref = mls_slice(ref, sizeof(ref));
}

static void update_key_short(struct state *s)
{
	s->proposal.private_key.len--;
}

/* ---- cached proposals: the one of the state is an own Update ---- */

static void proposal_of_no_type(struct state *s)
{
	s->proposal.type = 0xffff;
}

static void proposal_of_unknown_sender(struct state *s)
{
	s->proposal.sender_type = 0xff;
}

static void proposal_of_nobody(struct state *s)
{
	s->proposal.sender_index = BLANK_LEAF;
}

static void update_cut(struct state *s)
{
	s->proposal.body.len--;
}

static void update_longer(struct state *s)
{
	edit(s, &s->proposal.body, mls_slice("x", 1));
}

static void update_by_reference_of_nothing(struct state *s)
{
	s->proposal.ref.len--;
}

static void key_of_anothers_update(struct state *s)
{
	s->proposal.sender_index = 0;
}

static void key_of_another_update(struct state *s)
{
	edit(s, &s->proposal.public_key, nothing)[0] ^= 1;
}

static void as_remove(struct state *s, uint8_t sender_type, uint32_t sender, const char *leaf)
{
	s->proposal.type = MLS_PROPOSAL_REMOVE;
	s->proposal.sender_type = sender_type;
	s->proposal.sender_index = sender;
	s->proposal.body = mls_slice(leaf, 4);
	s->proposal.private_key = s->proposal.public_key = nothing;
}

static void remove_of_a_member(struct state *s)
{
	as_remove(s, MLS_SENDER_MEMBER, 0, "\0\0\0\2");
}

static void remove_of_nobody(struct state *s)
{
	as_remove(s, MLS_SENDER_MEMBER, 0, "\0\0\0\6");
}

static void remove_by_no_external_sender(struct state *s)
{
	as_remove(s, MLS_SENDER_EXTERNAL, 0, "\0\0\0\2");
}

static void remove_by_a_joiner(struct state *s)
{
	as_remove(s, MLS_SENDER_NEW_MEMBER_PROPOSAL, 0, "\0\0\0\2");
}

static void remove_of_an_external_commit(struct state *s)
{
	as_remove(s, MLS_SENDER_NEW_MEMBER_COMMIT, 0, "\0\0\0\2");
}

static void remove_with_a_key(struct state *s)
{
	const struct mls_saved_proposal update = s->proposal;

	as_remove(s, MLS_SENDER_MEMBER, MEMBER, "\0\0\0\2");
	s->proposal.private_key = update.private_key;
	s->proposal.public_key = update.public_key;
}

static void past_cut(struct state *s)
{
	s->group.past.len--;
}

static void past_too_long(struct state *s)
{
	edit(s, &s->group.past, s->group.past);
}

static void past_of_the_present(struct state *s)
{
	s->past.context = s->epoch.context;
	s->past.tree = s->epoch.tree;
}

static void past_of_nobody(struct state *s)
{
	s->past.leaf = BLANK_LEAF;
}

static void past_secret_cut(struct state *s)
{
	s->past.sender_data_secret.len--;
}

static void past_psk_cut(struct state *s)
{
	s->past.resumption_psk.len--;
}

static void past_ratchets_cut(struct state *s)
{
	s->past.secret_tree.len--;
}

static void origin_cut(struct state *s)
{
	s->group.origin = mls_slice("\2", 1);
}

static const uint8_t origin[1 + 2 + 8 + 1 + NH] = {2, 1, 'g', [11] = NH};

static void origin_longer(struct state *s)
{
	s->group.origin = mls_slice(origin, sizeof(origin));
	edit(s, &s->group.origin, mls_slice("x", 1));
}

static void origin_as_it_is(struct state *s)
{
	s->group.origin = mls_slice(origin, sizeof(origin));
}

static void origin_of_no_succession(struct state *s)
{
	origin_as_it_is(s);
	edit(s, &s->group.origin, nothing)[0] = MLS_PSK_APPLICATION;
}

static void origin_with_short_psk(struct state *s)
{
	s->group.origin = mls_slice(origin, sizeof(origin) - 1);
	edit(s, &s->group.origin, nothing)[11] = NH - 1;
}

/* ---- the secret tree, of 8 leaves ---- */

/* SECRET, PARENT, RATCHETS as kinds of nodes; S is a whole node with a secret. */
static void put_tree(struct state *s, const char *text)
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

static void one_secret(struct state *s)
{
	put_tree(s, "30s");
}

static void leaf_in_use(struct state *s)
{
	put_tree(s, "31112rr0s0s0s");
}

static void tree_without_end(struct state *s)
{
	put_tree(s, "31");
}

static void tree_empty(struct state *s)
{
	s->epoch.secret_tree = nothing;
}

static void last_ratchet_missing(struct state *s)
{
	put_tree(s, "310s10s10s2r");
}

static void other_height(struct state *s)
{
	put_tree(s, "20s");
}

static void secret_short(struct state *s)
{
	put_tree(s, "30x");
}

static void unknown_kind(struct state *s)
{
	put_tree(s, "33rr");
}

static void parent_below_the_leaves(struct state *s)
{
	put_tree(s, "311110s0s0s0s0s");
}

static void ratchets_above_the_leaves(struct state *s)
{
	put_tree(s, "32rr");
}

static void tree_longer(struct state *s)
{
	put_tree(s, "30s0");
}

/* Ratchets of the first leaf: one as it is written here, the other of plain form. */
struct ratchet {
	uint32_t next, n_kept, generation[2];
	size_t secret_len, n_written;
};

static void put_ratchet(struct state *s, const struct ratchet *r)
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

static void two_kept_keys(struct state *s)
{
	put_ratchet(s, &(struct ratchet){5, 2, {1, 3}, NH, 2});
}

static void ratchet_at_its_end(struct state *s)
{
	put_ratchet(s, &(struct ratchet){.next = 5});
}

static void ratchet_secret_short(struct state *s)
{
	put_ratchet(s, &(struct ratchet){.next = 5, .secret_len = NH - 1});
}

static void kept_key_of_the_future(struct state *s)
{
	put_ratchet(s, &(struct ratchet){3, 2, {1, 3}, NH, 2});
}

static void kept_keys_out_of_order(struct state *s)
{
	put_ratchet(s, &(struct ratchet){5, 2, {3, 3}, NH, 2});
}

static void more_kept_keys_than_there_are(struct state *s)
{
	put_ratchet(s, &(struct ratchet){5, UINT32_MAX, {1, 3}, NH, 2});
}

/* The last bytes that there are for the second ratchet are those of one kept key, cut. */
static void kept_keys_cut(struct state *s)
{
	struct mls_buf *out = &s->memory[3];

	put_ratchet(s, &(struct ratchet){5, 2, {1, 3}, NH, 2});
	out->len = (size_t)5 + 1 + NH + 8 + 4 + 16;
	s->epoch.secret_tree = mls_buf_slice(out);
}

static const struct {
	void (*change)(struct state *s);
	bool whole; /* changes what the parts are put back into */
	enum mls_err want;
} rows[] = {
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
	{pending_cut, true, MLS_ERR_STATE},
	{pending_longer, true, MLS_ERR_STATE},
	{removed_is_no_number, false, MLS_ERR_STATE},
	{message_hash_cut, false, MLS_ERR_STATE},
	{context_of_another_version, false, MLS_ERR_STATE},
	{context_of_another_suite, false, MLS_ERR_STATE},
	{unmerged_is_nobody, false, MLS_ERR_STATE},
	{pending_of_nobody, false, MLS_ERR_STATE},
	{pending_of_another_group, false, MLS_ERR_STATE},
	{pending_of_the_present, false, MLS_ERR_STATE},
	{pending_by_another, false, MLS_ERR_STATE},
	{pending_when_removed, true, MLS_ERR_STATE},
	{removed_and_nothing_pending, true, MLS_OK},
	{added_is_nobody, false, MLS_ERR_STATE},
	{removed_is_nobody, false, MLS_ERR_STATE},
	{added_twice, false, MLS_ERR_STATE},
	{pending_reinit_cut, false, MLS_ERR_STATE},
	{reinitialized, true, MLS_OK},
	{reinit_cut, true, MLS_ERR_STATE},
	{reinitialized_as_nothing, true, MLS_ERR_STATE},
	{active_with_a_reinit, true, MLS_ERR_STATE},
	{proposal_of_no_type, false, MLS_ERR_STATE},
	{proposal_of_unknown_sender, false, MLS_ERR_STATE},
	{proposal_of_nobody, false, MLS_ERR_STATE},
	{update_cut, false, MLS_ERR_STATE},
	{update_longer, false, MLS_ERR_STATE},
	{update_by_reference_of_nothing, false, MLS_ERR_STATE},
	{key_of_anothers_update, false, MLS_ERR_STATE},
	{key_of_another_update, false, MLS_ERR_STATE},
	{remove_of_a_member, false, MLS_OK},
	{remove_of_nobody, false, MLS_ERR_STATE},
	{remove_by_no_external_sender, false, MLS_ERR_STATE},
	{remove_by_a_joiner, false, MLS_ERR_STATE},
	{remove_of_an_external_commit, false, MLS_ERR_STATE},
	{remove_with_a_key, false, MLS_ERR_STATE},
	{proposal_cut, true, MLS_ERR_STATE},
	{long_reference, false, MLS_ERR_STATE},
	{update_key_short, false, MLS_ERR_STATE},
	{past_cut, true, MLS_ERR_STATE},
	{past_too_long, true, MLS_ERR_STATE},
	{past_of_the_present, false, MLS_ERR_STATE},
	{past_of_nobody, false, MLS_ERR_STATE},
	{past_secret_cut, false, MLS_ERR_STATE},
	{past_psk_cut, false, MLS_ERR_STATE},
	{past_ratchets_cut, false, MLS_ERR_STATE},
	{origin_as_it_is, true, MLS_OK},
	{origin_of_no_succession, true, MLS_ERR_STATE},
	{origin_cut, true, MLS_ERR_STATE},
	{origin_longer, true, MLS_ERR_STATE},
	{origin_with_short_psk, true, MLS_ERR_STATE},
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

static void write_state(struct mls_buf *out, size_t row)
{
	struct mls_crypto *crypto = w->client[MEMBER]->crypto;
	struct state s;
	struct mls_slice body;
	uint8_t hash[NH];

	take_apart(&s);
	if (!rows[row].whole)
		rows[row].change(&s);
	put_parts_back(&s);
	if (rows[row].whole)
		rows[row].change(&s);
	out->len = 0;
	OK(mls_saved_group_encode(out, &s.group));
	body = mls_buf_slice(out);
	mls_hash(crypto, hash, &body, 1);
	OK(mls_buf_append(out, mls_slice(hash, sizeof(hash))));
	for (size_t i = 0; i < MLS_N(s.memory); i++)
		mls_buf_free(&s.memory[i]);
}

static void what_does_not_fit_together_is_no_state(void **state)
{
	struct mls_buf saved = {0};

	(void)state;
	for (size_t i = 0; i < MLS_N(rows); i++) {
		struct mls_group *group = NULL;
		enum mls_err err;

		write_state(&saved, i);
		err = mls_group_load(w->client[MEMBER], &group, bytes_of(&saved));
		if (err != rows[i].want)
			fail_msg("row %zu: %s, want %s", i, mls_err_name(err),
				 mls_err_name(rows[i].want));
		assert_true((group != NULL) == (err == MLS_OK));
		mls_group_free(group);
		assert_null(w->client[MEMBER]->groups);
	}
	mls_buf_free(&saved);
}

static void what_is_shorter_than_a_hash_is_no_state(void **state)
{
	struct mls_group *group = NULL;

	(void)state;
	REFUSED(mls_group_load(w->client[MEMBER], &group, mls_slice(genuine.p, NH - 1)),
		MLS_ERR_STATE);
	REFUSED(mls_group_load(w->client[MEMBER], &group, nothing), MLS_ERR_STATE);
}

/* A client that keeps fewer past epochs than the one that saved does not take them. */
static void past_epochs_have_room(void **state)
{
	struct mls_group *group = NULL;

	(void)state;
	w->client[MEMBER]->policy.past_epochs = 0;
	REFUSED(mls_group_load(w->client[MEMBER], &group, bytes_of(&genuine)), MLS_ERR_STATE);
	w->client[MEMBER]->policy.past_epochs = 1;
	OK(mls_group_load(w->client[MEMBER], &group, bytes_of(&genuine)));
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
	mls_hash(w->client[MEMBER]->crypto, hash, &written, 1);
	OK(mls_buf_append(out, mls_slice(hash, sizeof(hash))));
}

static enum mls_err restore(struct mls_slice saved, uint8_t type, struct mls_slice body)
{
	struct mls_group *group = NULL;
	struct mls_buf changes = {0};
	enum mls_err err;

	put_change(&changes, 0, type, body);
	err = mls_group_restore(w->client[MEMBER], &group, saved, bytes_of(&changes));
	assert_true((group != NULL) == (err == MLS_OK));
	mls_group_free(group);
	mls_buf_free(&changes);
	return err;
}

static void as_stored_once(struct state *s)
{
	s->group.n_stores = 1;
	s->group.n_changes = 0;
}

/* A ratchet (0 or 1) and a bound of 64 bits; an epoch of 64 bits, a leaf, a ratchet, a
 * generation. */
static void changes_say_what_can_have_happened(void **state)
{
	struct mls_buf saved = {0};
	struct state s;
	struct mls_slice body;
	uint8_t hash[NH];

	(void)state;
	take_apart(&s);
	as_stored_once(&s);
	OK(mls_saved_group_encode(&saved, &s.group));
	body = mls_buf_slice(&saved);
	mls_hash(w->client[MEMBER]->crypto, hash, &body, 1);
	OK(mls_buf_append(&saved, mls_slice(hash, sizeof(hash))));
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
	REFUSED(restore(body, MLS_CHANGE_PENDING + 1, nothing), MLS_ERR_STATE);
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

	return cmocka_run_group_tests(tests, begin, end);
}
