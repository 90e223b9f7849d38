/*
 * What an epoch leaves behind whose messages can still be read (RFC 9420 9.2, 7.5): no block of
 * memory, no saved state and no storage has its other secrets, or a private key that was replaced.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "group.h"
#include "members.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);

/* ---- memory: the blocks that are there ---- */

enum { MAX_LIVE = 1 << 16 };

static void *live[MAX_LIVE];
static size_t n_live;

static void *enter(void *p)
{
	if (!p)
		return NULL;
	if (n_live == MAX_LIVE)
		abort();
	live[n_live++] = p;
	return p;
}

void *__wrap_malloc(size_t size)
{
	return enter(__real_calloc(1, size)); /* zeros: what is found was written by its owner */
}

void *__wrap_calloc(size_t n, size_t size)
{
	return enter(__real_calloc(n, size));
}

void __wrap_free(void *p)
{
	size_t i = n_live;

	while (i > 0 && live[i - 1] != p)
		i--;
	if (i > 0)
		live[i - 1] = live[--n_live];
	__real_free(p);
}

/* ---- secrets, by their first bytes ---- */

enum { KNOWN_BYTES = 16, MAX_KNOWN = 64 };

static uint8_t known[MAX_KNOWN][KNOWN_BYTES];
static size_t n_known;

static void learn(const uint8_t *bytes)
{
	assert_true(n_known < MAX_KNOWN);
	memcpy(known[n_known++], bytes, KNOWN_BYTES);
}

static bool holds(struct mls_slice bytes, const uint8_t *secret)
{
	for (size_t i = 0; i + KNOWN_BYTES <= bytes.len; i++) {
		if (memcmp(bytes.p + i, secret, KNOWN_BYTES) == 0)
			return true;
	}
	return false;
}

static size_t n_known_in(struct mls_slice bytes)
{
	size_t n = 0;

	for (size_t k = 0; k < n_known; k++)
		n += holds(bytes, known[k]);
	return n;
}

static size_t n_known_in_memory(void)
{
	size_t n = 0;

	for (size_t k = 0; k < n_known; k++) {
		bool found = false;

		for (size_t i = 0; i < n_live && !found; i++)
			found = holds(mls_slice(live[i], malloc_usable_size(live[i])), known[k]);
		n += found;
	}
	return n;
}

/* What the next epoch uses up, and the private keys that a path of this member replaces. */
static void learn_all_of(const struct mls_epoch *epoch)
{
	static uint8_t bytes[MLS_MAX_PRIVATE_KEY];
	const struct mls_epoch_secrets *secrets = &epoch->secrets;

	learn(secrets->exporter_secret.bytes);
	learn(secrets->external_secret.bytes);
	learn(secrets->confirmation_key.bytes);
	learn(secrets->membership_key.bytes);
	learn(secrets->epoch_authenticator.bytes);
	learn(secrets->init_secret.bytes);
	for (size_t level = 0; level <= MLS_MAX_DEPTH; level++) {
		struct mls_buf key = {.p = bytes, .cap = sizeof(bytes), .fixed = true};

		if (!epoch->keys.key[level])
			continue;
		OK(mls_key_export(&key, epoch->keys.key[level]));
		learn(bytes);
	}
}

/*
 * Ratchets with which nothing is read: of handshakes, where they are in use, and of the own leaf.
 * In the saved form of a secret tree: what a node is, and what is in it or below (secret_tree.c).
 */
static void learn_below(struct mls_crypto *crypto, struct mls_codec *in, uint32_t *leaf,
			uint32_t own_leaf, uint32_t n_leaves)
{
	struct mls_sender_ratchet ratchet[2] = {{.next = 0}};
	struct mls_slice secret = {0};
	uint8_t kind = 0;

	mls_u8(in, &kind);
	if (kind == 0) {
		mls_opaque(in, &secret);
		*leaf += n_leaves;
	} else if (kind == 1) {
		learn_below(crypto, in, leaf, own_leaf, n_leaves / 2);
		learn_below(crypto, in, leaf, own_leaf, n_leaves / 2);
	} else {
		OK(mls_sender_ratchet_load(crypto, in, &ratchet[MLS_RATCHET_HANDSHAKE]));
		OK(mls_sender_ratchet_load(crypto, in, &ratchet[MLS_RATCHET_APPLICATION]));
		learn(ratchet[MLS_RATCHET_HANDSHAKE].secret.bytes);
		if ((*leaf)++ == own_leaf)
			learn(ratchet[MLS_RATCHET_APPLICATION].secret.bytes);
		mls_sender_ratchet_clear(&ratchet[0]);
		mls_sender_ratchet_clear(&ratchet[1]);
	}
}

static void learn_ratchets(const struct mls_group *group, const struct mls_secret_tree *tree)
{
	struct mls_crypto *crypto = group->client->crypto;
	struct mls_buf saved = {0};
	struct mls_codec in = {0};
	uint8_t height = 0;
	uint32_t leaf = 0;

	OK(mls_secret_tree_save(crypto, tree, &saved));
	in.in = bytes_of(&saved);
	mls_u8(&in, &height);
	learn_below(crypto, &in, &leaf, mls_group_own_leaf(group), UINT32_C(1) << height);
	assert_int_equal(leaf, mls_group_n_leaves(group));
	mls_buf_free(&saved);
}

/* ---- the storage of member 2 ---- */

static uint8_t stored[1 << 16];
static size_t stored_len;

static enum mls_err put(void *state, enum mls_stored what, struct mls_slice id,
			struct mls_slice bytes)
{
	(void)state;
	(void)id;
	if (what == MLS_STORED_GROUP)
		stored_len = 0;
	assert_true(stored_len + bytes.len <= sizeof(stored));
	memcpy(stored + stored_len, bytes.p, bytes.len);
	stored_len += bytes.len;
	return MLS_OK;
}

static void no_saved_state_has_them(const struct world *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		struct mls_buf saved = {0};

		OK(mls_group_save(w->group[i], &saved));
		assert_int_equal(n_known_in(bytes_of(&saved)), 0);
		mls_buf_free(&saved);
	}
}

/* In private: a handshake ratchet is used. */
static void propose_update(struct world *w, uint32_t from)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct mls_event event;

	w->message.len = 0;
	OK(mls_group_propose(w->group[from], &w->message, &update, MLS_HANDSHAKE_PRIVATE));
	for (uint32_t i = 0; i < w->n; i++) {
		if (i != from)
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
	}
}

static void late_message_is_read(const struct world *w, const struct mls_buf *late, uint32_t from)
{
	struct mls_event event;

	for (uint32_t i = 0; i < w->n; i++) {
		if (i == from)
			continue;
		OK(mls_group_receive(w->group[i], &event, bytes_of(late)));
		assert_int_equal(event.epoch, mls_group_epoch(w->group[i]) - 1);
	}
}

enum { COMMITTER = 0, SENDER = 1, STORING = 2, SILENT = 3 };

static void protect(struct world *w, uint32_t from, struct mls_buf *message)
{
	OK(mls_group_protect(w->group[from], message, mls_slice_str("late"), mls_slice(NULL, 0)));
}

/* The tree of the committer's epoch, in which the silent one's ratchets are in use too. */
static void fork_and_use(const struct world *w, struct mls_secret_tree *tree)
{
	const struct mls_group *group = w->group[COMMITTER];
	uint64_t position;

	mls_secret_tree_fork(tree, &group->secret_tree);
	OK(mls_secret_tree_position(group->client->crypto, tree, &position, SILENT,
				    MLS_RATCHET_HANDSHAKE));
}

static void nobody_has_them(struct world *w)
{
	assert_int_equal(n_known_in_memory(), 0);
	assert_int_equal(n_known_in(mls_slice(stored, stored_len)), 0);
	no_saved_state_has_them(w);
}

static void a_past_epoch_keeps_what_its_messages_need(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_buf late = {0}, lost = {0}, silent = {0};
	struct mls_secret_tree used = {0};
	struct world *w;
	size_t n_secrets;

	(void)state;
	policy.past_epochs = 1;
	n_known = 0;
	w = world_new(1, 4, NULL, &policy);
	world_commit(w, SENDER, &(struct mls_commit_request){0}, NULL, 0);
	w->client[STORING]->storage = (struct mls_storage){.put = put};
	OK(mls_group_store(w->group[STORING]));
	protect(w, SENDER, &late);
	protect(w, COMMITTER, &lost);
	protect(w, SILENT, &silent);
	propose_update(w, SENDER);
	learn_all_of(w->group[COMMITTER]->epoch);
	n_secrets = n_known;
	assert_true(n_secrets > 7);
	fork_and_use(w, &used);
	learn_ratchets(w->group[COMMITTER], &used);
	mls_secret_tree_clear(&used);
	assert_int_equal(n_known, n_secrets + 4); /* of three leaves, of which one is its own */
	assert_int_equal(n_known_in_memory(), n_known);
	assert_true(n_known_in(mls_slice(stored, stored_len)) > 6);
	world_commit(w, COMMITTER, &(struct mls_commit_request){0}, NULL, 0);
	nobody_has_them(w);
	late_message_is_read(w, &late, SENDER);
	late_message_is_read(w, &silent, SILENT);
	OK(mls_group_store(w->group[STORING]));
	nobody_has_them(w);
	mls_buf_free(&late);
	mls_buf_free(&lost);
	mls_buf_free(&silent);
	world_free(w);
}

/* A group whose past epoch was saved with all its ratchets, as earlier versions did. */
static void what_was_saved_with_more_is_loaded_without(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_buf late = {0}, lost = {0}, saved = {0};
	struct mls_secret_tree used = {0};
	struct mls_group **group;
	struct world *w;

	(void)state;
	policy.past_epochs = 1;
	n_known = 0;
	w = world_new(1, 4, NULL, &policy);
	group = &w->group[COMMITTER];
	protect(w, SENDER, &late);
	protect(w, COMMITTER, &lost);
	propose_update(w, SENDER);
	fork_and_use(w, &used);
	learn_ratchets(*group, &used);
	assert_int_equal(n_known, 4);
	world_commit(w, COMMITTER, &(struct mls_commit_request){0}, NULL, 0);
	mls_secret_tree_clear(&(*group)->past[0].secret_tree);
	(*group)->past[0].secret_tree = used;
	OK(mls_group_save(*group, &saved));
	assert_int_equal(n_known_in(bytes_of(&saved)), n_known);
	mls_group_free(*group);
	OK(mls_group_load(w->client[COMMITTER], group, bytes_of(&saved)));
	mls_buf_free(&saved);
	assert_int_equal(n_known_in_memory(), 0);
	no_saved_state_has_them(w);
	late_message_is_read(w, &late, SENDER);
	mls_buf_free(&late);
	mls_buf_free(&lost);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_past_epoch_keeps_what_its_messages_need),
		cmocka_unit_test(what_was_saved_with_more_is_loaded_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
