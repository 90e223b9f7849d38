/*
 * A saved state in which somebody has changed bytes and put the right hash behind them. The
 * input is edits of a genuine state, three bytes each: where (16 bits) and what to turn there;
 * with a first byte of 255 the rest is the whole state but its hash. A state that is taken in
 * may be nonsense, but it can be saved, asked, used and freed.
 */
#include <stdlib.h>
#include <string.h>

#include "group.h"
#include "members.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world *w;
static struct mls_buf genuine, state;

static void must(enum mls_err err)
{
	if (err != MLS_OK)
		abort();
}

/* A member with everything a group can hold: kept keys, a proposal, a pending commit, the past. */
static void make_genuine(void)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	const struct mls_commit_request adding = {.tree_in_welcome = true};
	const struct mls_commit_output output = {.commit = &genuine};
	struct mls_policy policy = mls_policy_default();
	struct mls_event event;

	policy.past_epochs = 1;
	w = world_new(1, 3, &adding, &policy);
	world_commit(w, 0, &(struct mls_commit_request){0}, NULL, 0);
	for (size_t i = 0; i < 3; i++) {
		w->message.len = 0;
		must(mls_group_protect(w->group[0], &w->message, bytes_of(&w->commit),
				       (struct mls_slice){0}));
	}
	must(mls_group_receive(w->group[1], &event, bytes_of(&w->message)));
	must(mls_group_propose(w->group[1], &genuine, &update, MLS_HANDSHAKE_PRIVATE));
	must(mls_group_commit(w->group[1], &output, &(struct mls_commit_request){0}));
	genuine.len = 0;
	must(mls_group_save(w->group[1], &genuine));
	genuine.len -= 32; /* the hash */
	mls_group_free(w->group[1]);
	w->group[1] = NULL;
}

static void put_hash(void)
{
	uint8_t hash[MLS_MAX_HASH];
	const struct mls_slice all = bytes_of(&state);

	mls_hash(w->client[1]->crypto, hash, &all, 1);
	must(mls_buf_append(&state, mls_slice(hash, 32)));
}

static void use(struct mls_group *group)
{
	struct mls_buf out = {0};
	struct mls_identity member;
	struct mls_event event;

	if (mls_group_save(group, &out) != MLS_OK)
		abort();
	(void)mls_group_member(group, &member, mls_group_own_leaf(group));
	(void)!mls_group_receive(group, &event, bytes_of(&w->message));
	(void)!mls_group_receive(group, &event, bytes_of(&w->commit));
	(void)!mls_group_protect(group, &out, bytes_of(&w->commit), (struct mls_slice){0});
	(void)!mls_group_merge(group);
	mls_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mls_group *group = NULL;
	const bool whole = size > 0 && data[0] == 255;
	enum mls_err err;

	if (w == NULL)
		make_genuine();
	state.len = 0;
	must(mls_buf_append(&state, whole ? mls_slice(data + 1, size - 1) : bytes_of(&genuine)));
	for (size_t i = 0; !whole && i + 3 <= size; i += 3)
		state.p[(size_t)(data[i] << 8 | data[i + 1]) % state.len] ^= data[i + 2];
	put_hash();
	err = mls_group_load(w->client[1], &group, bytes_of(&state));
	if (err == MLS_OK)
		use(group);
	else if (size == 0)
		abort(); /* the genuine one is taken in */
	mls_group_free(group);
	return 0;
}
