/*
 * A saved state in which somebody has changed bytes and put the right hash behind them. The
 * input is edits of a genuine state, three bytes each: where (16 bits) and what to turn there;
 * with a first byte of 255 the rest is the whole state but its hash, and with 254 it is type and
 * body of a change of the stored group. A state that is taken in may be nonsense, but it can be
 * asked, exported from, saved and freed; it receives messages and another's commit of what is
 * cached, merges its pending commit, commits what is cached itself, and sends.
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
static struct mls_buf stored;                   /* with its hash */
static struct mls_buf late, next, by_reference; /* of member 0, for this one */

struct seed {
	const char *name;
	struct mls_buf bytes;
};
static struct seed seeds[16];
static size_t n_seeds;

static void must(enum mls_err err)
{
	if (err != MLS_OK)
		abort();
}

static struct mls_buf *seed_new(const char *name)
{
	seeds[n_seeds].name = name;
	return &seeds[n_seeds++].bytes;
}

static struct mls_buf *change_new(const char *name, enum mls_change_type type)
{
	struct mls_buf *seed = seed_new(name);
	const uint8_t head[] = {CHANGE, (uint8_t)type};

	must(mls_buf_append(seed, mls_slice(head, sizeof(head))));
	return seed;
}

/* A proposal of member 0 or, as index of a list that is not there, of an external sender. */
static void put_proposal(const char *name, uint8_t sender_type, uint16_t type,
			 struct mls_slice body)
{
	static const uint8_t ref[32] = {7};
	const struct mls_saved_proposal v = {
		.ref = {ref, sizeof(ref)}, .sender_type = sender_type, .type = type, .body = body};

	must(mls_saved_proposal_encode(change_new(name, MLS_CHANGE_PROPOSAL), &v));
}

static void make_proposals(void)
{
	static const uint8_t psk[2 + 1 + 1 + 32] = {MLS_PSK_EXTERNAL, 1, 'p', 32};
	static const uint8_t reinit[] = {1, 'n', 0, 1, 0, 1, 0}, leaf[] = {0, 0, 0, 2};
	const uint32_t joiner = world_client(w, NULL);
	struct mls_buf package = {0};

	must(mls_client_set_psk(w->client[1], mls_slice_str("p"), mls_slice_str("value")));
	member_publish(w->client[joiner], &package);
	put_proposal("change_add", MLS_SENDER_MEMBER, MLS_PROPOSAL_ADD,
		     mls_slice(package.p + 4, package.len - 4)); /* behind the message's head */
	put_proposal("change_remove", MLS_SENDER_MEMBER, MLS_PROPOSAL_REMOVE,
		     mls_slice(leaf, sizeof(leaf)));
	put_proposal("change_psk", MLS_SENDER_MEMBER, MLS_PROPOSAL_PSK,
		     mls_slice(psk, sizeof(psk)));
	put_proposal("change_reinit", MLS_SENDER_MEMBER, MLS_PROPOSAL_REINIT,
		     mls_slice(reinit, sizeof(reinit)));
	put_proposal("change_extensions", MLS_SENDER_MEMBER, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
		     mls_slice("\0", 1));
	put_proposal("change_type", MLS_SENDER_MEMBER, 0xffff, mls_slice("\0", 1));
	put_proposal("change_sender", MLS_SENDER_EXTERNAL, MLS_PROPOSAL_REMOVE,
		     mls_slice(leaf, sizeof(leaf)));
	mls_buf_free(&package);
}

/* Changes that the group could have had, and some that it could not. */
static void make_seeds(const struct mls_group *group)
{
	struct mls_saved_received received = {.epoch = mls_group_epoch(group),
					      .ratchet = MLS_RATCHET_APPLICATION,
					      .generation = 4};
	const uint8_t head = WHOLE;
	struct mls_buf *whole;

	must(mls_saved_received_encode(change_new("change_received", MLS_CHANGE_RECEIVED),
				       &received));
	must(mls_save_proposal(change_new("change_proposal", MLS_CHANGE_PROPOSAL),
			       group->proposals.v[0]));
	must(mls_save_staged(group->client->crypto,
			     change_new("change_pending", MLS_CHANGE_PENDING), group->pending));
	make_proposals();
	whole = seed_new("whole");
	must(mls_buf_append(whole, mls_slice(&head, 1)));
	must(mls_buf_append(whole, bytes_of(&genuine)));
}

/* Member 0 sends three messages, of which member 1 has read the second. */
static void talk(void)
{
	struct mls_buf *const message[] = {&late, &w->message, &next};
	struct mls_event event;

	w->message.len = 0;
	for (size_t i = 0; i < MLS_N(message); i++)
		must(mls_group_protect(w->group[0], message[i], bytes_of(&w->commit),
				       (struct mls_slice){0}));
	must(mls_group_receive(w->group[1], &event, bytes_of(&w->message)));
}

/* Member 1 proposes its Update, and both commit. */
static void propose_and_commit(void)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	const struct mls_commit_request nothing_else = {0};
	struct mls_event event;

	w->message.len = w->commit.len = 0;
	must(mls_group_propose(w->group[1], &w->message, &update, MLS_HANDSHAKE_PRIVATE));
	must(mls_group_receive(w->group[0], &event, bytes_of(&w->message)));
	must(mls_group_commit(w->group[0], &(struct mls_commit_output){.commit = &by_reference},
			      &nothing_else));
	must(mls_group_commit(w->group[1], &(struct mls_commit_output){.commit = &w->commit},
			      &nothing_else));
}

/* A member with everything a group can hold: kept keys, a proposal, a pending commit, the past. */
static void make_genuine(void)
{
	static struct mls_seeded_random random;
	const struct mls_commit_request adding = {.tree_in_welcome = true};
	struct mls_policy policy = mls_policy_default();

	mls_seeded_random_begin(&random, 1, "state", 0);
	members_draw_from(mls_seeded_random_source(&random));
	policy.past_epochs = 1;
	w = world_new(1, 3, &adding, &policy);
	world_commit(w, 0, &(struct mls_commit_request){0}, NULL, 0);
	talk();
	propose_and_commit();
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

static void ask(struct mls_group *group)
{
	const struct mls_group_info_request request = {.ratchet_tree = true, .external_pub = true};
	struct mls_waiting_proposal proposal;
	struct mls_identity member;
	struct mls_buf out = {0};
	uint8_t exported[32];

	for (uint32_t i = 0; i < mls_group_n_leaves(group); i++)
		(void)mls_group_member(group, &member, i);
	for (size_t i = 0; i < mls_group_n_proposals(group); i++)
		(void)mls_group_proposal(group, &proposal, i);
	(void)!mls_group_export(group, exported, sizeof(exported), mls_slice_str("label"),
				bytes_of(&late));
	(void)!mls_group_info(group, &out, &request);
	out.len = 0;
	must(mls_group_save(group, &out));
	mls_buf_free(&out);
}

/* What is cached goes into it. */
static void commit(struct mls_group *group)
{
	struct mls_buf message = {0}, welcome = {0};
	const struct mls_commit_output output = {.commit = &message, .welcome = &welcome};
	const struct mls_commit_request request = {.tree_in_welcome = true};

	if (mls_group_commit(group, &output, &request) == MLS_OK)
		must(mls_group_merge(group));
	message.len = 0;
	(void)!mls_group_protect(group, &message, bytes_of(&late), (struct mls_slice){0});
	mls_buf_free(&message);
	mls_buf_free(&welcome);
	ask(group);
}

static void follow_another(struct mls_group *group)
{
	struct mls_event event;

	ask(group);
	(void)!mls_group_receive(group, &event, bytes_of(&late));
	(void)!mls_group_receive(group, &event, bytes_of(&next));
	(void)!mls_group_receive(group, &event, bytes_of(&by_reference));
	commit(group);
}

static void follow_its_own(struct mls_group *group)
{
	struct mls_event event;

	(void)!mls_group_receive(group, &event, bytes_of(&w->commit));
	(void)!mls_group_merge(group); /* where it is not that one */
	commit(group);
}

static void commit_anew(struct mls_group *group)
{
	mls_group_discard(group);
	commit(group);
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
	static void (*const uses[])(struct mls_group * group) = {follow_another, follow_its_own,
								 commit_anew};
	enum mls_err err = MLS_OK;

	if (w == NULL)
		make_genuine();
	for (size_t i = 0; i < MLS_N(uses) && err == MLS_OK; i++) {
		struct mls_group *group = NULL;

		state.len = 0;
		err = size > 0 && data[0] == CHANGE ? restore(&group, data + 1, size - 1)
						    : load(&group, data, size);
		if (err == MLS_OK)
			uses[i](group);
		else if (size == 0)
			abort(); /* the genuine one is taken in */
		mls_group_free(group);
	}
	return 0;
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	LLVMFuzzerTestOneInput(NULL, 0);
	for (size_t i = 0; i < n_seeds; i++)
		give(seeds[i].name, bytes_of(&seeds[i].bytes));
}
