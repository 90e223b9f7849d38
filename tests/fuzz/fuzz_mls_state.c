/*
 * A saved state in which somebody has changed bytes and put the right hash behind them. The
 * input is edits of a genuine state, three bytes each: where (16 bits) and what to turn there;
 * with a first byte of 255 the rest is the whole state but its hash, and with 254 it is type and
 * body of a change of the stored group. A state that is taken in may be nonsense, but it can be
 * saved, asked, used and freed.
 */
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "group_state.h"
#include "members.h"
#include "seeded_random.h"

enum { CHANGE = 254, WHOLE = 255 };

static struct world *w;
static struct mls_buf genuine, state;
static struct mls_buf stored; /* with its hash */
static struct mls_buf seeds[3];

static void must(enum mls_err err)
{
	if (err != MLS_OK)
		abort();
}

static void put_type(struct mls_buf *out, enum mls_change_type type)
{
	const uint8_t head[] = {CHANGE, (uint8_t)type};

	must(mls_buf_append(out, mls_slice(head, sizeof(head))));
}

/* Changes that the group could have had. */
static void make_seeds(const struct mls_group *group)
{
	struct mls_saved_received received = {.epoch = mls_group_epoch(group),
					      .ratchet = MLS_RATCHET_APPLICATION,
					      .generation = 4};
	struct mls_codec c = {.out = &seeds[0]};

	put_type(&seeds[0], MLS_CHANGE_RECEIVED);
	mls_saved_received_walk(&c, &received);
	must(c.err);
	put_type(&seeds[1], MLS_CHANGE_PROPOSAL);
	must(mls_save_proposal(&seeds[1], group->proposals.v[0]));
	put_type(&seeds[2], MLS_CHANGE_PENDING);
	must(mls_save_staged(group->client->crypto, &seeds[2], group->pending));
}

/* A member with everything a group can hold: kept keys, a proposal, a pending commit, the past. */
static void make_genuine(void)
{
	static struct mls_seeded_random random;
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	const struct mls_commit_request adding = {.tree_in_welcome = true};
	const struct mls_commit_output output = {.commit = &genuine};
	struct mls_policy policy = mls_policy_default();
	struct mls_event event;

	mls_seeded_random_begin(&random, 1, "state", 0);
	members_draw_from(mls_seeded_random_source(&random));
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
	w->group[1]->n_stores = 1;
	must(mls_group_save(w->group[1], &stored));
	make_seeds(w->group[1]);
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

static enum mls_err restore(struct mls_group **group, const uint8_t *data, size_t size)
{
	struct mls_saved_change change = {.n_stores = 1};
	struct mls_codec c = {.out = &state};

	change.type = size > 0 ? data[0] : 0;
	change.body = size > 0 ? mls_slice(data + 1, size - 1) : (struct mls_slice){0};
	mls_saved_change_walk(&c, &change);
	must(c.err);
	put_hash();
	return mls_group_restore(w->client[1], group, bytes_of(&stored), bytes_of(&state));
}

static enum mls_err load(struct mls_group **group, const uint8_t *data, size_t size)
{
	const bool whole = size > 0 && data[0] == WHOLE;

	must(mls_buf_append(&state, whole ? mls_slice(data + 1, size - 1) : bytes_of(&genuine)));
	for (size_t i = 0; !whole && i + 3 <= size; i += 3)
		state.p[(size_t)(data[i] << 8 | data[i + 1]) % state.len] ^= data[i + 2];
	put_hash();
	return mls_group_load(w->client[1], group, bytes_of(&state));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mls_group *group = NULL;
	enum mls_err err;

	if (w == NULL)
		make_genuine();
	state.len = 0;
	if (size > 0 && data[0] == CHANGE)
		err = restore(&group, data + 1, size - 1);
	else
		err = load(&group, data, size);
	if (err == MLS_OK)
		use(group);
	else if (size == 0)
		abort(); /* the genuine one is taken in */
	mls_group_free(group);
	return 0;
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	LLVMFuzzerTestOneInput(NULL, 0);
	give("change_received", bytes_of(&seeds[0]));
	give("change_proposal", bytes_of(&seeds[1]));
	give("change_pending", bytes_of(&seeds[2]));
}
