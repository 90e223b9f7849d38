/* What a group refuses, and that refusing leaves it as it was: RFC 9420 6, 9.2, 12.4, 14. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"

static const struct mls_commit_request plain = {0};
static const struct mls_commit_request private = {.handshake = MLS_HANDSHAKE_PRIVATE};
static const struct mls_slice nothing = {0};

static struct mls_slice text(const char *s)
{
	return (struct mls_slice){(const uint8_t *)s, strlen(s)};
}

/* Everything a refused message must leave alone: the whole state. Where a message came from a
 * member before, what its ratchets follow from is written down already. */
static struct mls_buf look(const struct mls_group *group)
{
	struct mls_buf state = {0};

	OK(mls_group_save(group, &state));
	return state;
}

/* Frees `before`. */
static void expect_unchanged(const struct mls_group *group, struct mls_buf *before)
{
	struct mls_buf now = look(group);

	assert_int_equal(now.len, before->len);
	assert_memory_equal(now.p, before->p, now.len);
	mls_buf_free(&now);
	mls_buf_free(before);
}

/* A message that came as `buffer` arrives as copies: cut short, with a bit wrong, and whole. */
static void every_cut_is_refused(struct mls_group *group, struct mls_slice message)
{
	struct mls_buf before = look(group);
	struct mls_event event;

	for (size_t len = 0; len < message.len; len++) {
		uint8_t *copy = malloc(len ? len : 1);
		enum mls_err err;

		assert_non_null(copy);
		memcpy(copy, message.p, len);
		err = mls_group_receive(group, &event, (struct mls_slice){copy, len});
		assert_int_equal(mls_err_class(err), MLS_CLASS_MALFORMED);
		free(copy);
	}
	expect_unchanged(group, &before);
}

static void every_flip_is_refused(struct mls_group *group, struct mls_slice message)
{
	struct mls_buf before = look(group);
	uint8_t *copy = malloc(message.len);
	struct mls_event event;

	assert_non_null(copy);
	memcpy(copy, message.p, message.len);
	for (size_t bit = 0; bit < 8 * message.len; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (mls_group_receive(group, &event, (struct mls_slice){copy, message.len}) ==
		    MLS_OK)
			fail_msg("bit %zu of byte %zu was not missed", bit % 8, bit / 8);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	expect_unchanged(group, &before);
	free(copy);
}

static void commit_of(struct world *w, uint32_t member, const struct mls_commit_request *request)
{
	w->commit.len = w->welcome.len = 0;
	OK(mls_group_commit(
		w->group[member],
		&(struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome},
		request));
}

static void damaged_commits_are_refused(void **state)
{
	const struct mls_commit_request *const requests[] = {&plain, &private};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_new(1, 3, NULL, NULL);
		struct mls_event event;

		world_check(w);
		commit_of(w, 0, requests[i]);
		every_cut_is_refused(w->group[1], bytes_of(&w->commit));
		every_flip_is_refused(w->group[1], bytes_of(&w->commit));
		for (uint32_t m = 0; m < 3; m++)
			OK(mls_group_receive(w->group[m], &event, bytes_of(&w->commit)));
		world_check(w);
		world_free(w);
	}
}

static void damaged_messages_are_refused(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	struct mls_event event;

	(void)state;
	world_check(w);
	w->message.len = 0;
	OK(mls_group_protect(w->group[0], &w->message, text("hello"), text("head")));
	every_cut_is_refused(w->group[1], bytes_of(&w->message));
	every_flip_is_refused(w->group[1], bytes_of(&w->message));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&w->message)));
	assert_memory_equal(event.data.p, "hello", 5);
	world_check(w);
	world_free(w);
}

static void a_message_is_read_once(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_event event;

	(void)state;
	OK(mls_group_protect(w->group[0], &w->message, text("once"), nothing));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&w->message)));
	REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&w->message)),
		MLS_ERR_GENERATION_USED);
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&w->message)), MLS_ERR_OWN_MESSAGE);
	world_check(w);
	world_free(w);
}

static void late_messages_are_read_within_policy(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_buf message[6] = {{0}};
	struct mls_event event;
	struct world *w;

	(void)state;
	policy.max_ratchet_steps = 4;
	policy.max_kept_keys = 2;
	w = world_new(1, 2, NULL, &policy);
	for (size_t i = 0; i < 6; i++)
		OK(mls_group_protect(w->group[0], &message[i], text("late"), nothing));
	REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&message[5])),
		MLS_ERR_GENERATION_TOO_FAR);
	OK(mls_group_receive(w->group[1], &event, bytes_of(&message[3])));
	assert_int_equal(event.generation, 3);
	REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&message[0])),
		MLS_ERR_GENERATION_USED);
	OK(mls_group_receive(w->group[1], &event, bytes_of(&message[2])));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&message[1])));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&message[5])));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&message[4])));
	for (size_t i = 0; i < 6; i++)
		mls_buf_free(&message[i]);
	world_free(w);
}

static void past_epochs_are_read_within_policy(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_buf message[3] = {{0}};
	struct mls_event event;
	struct world *w;

	(void)state;
	policy.past_epochs = 2;
	w = world_new(1, 3, NULL, &policy);
	for (size_t i = 0; i < 3; i++) {
		OK(mls_group_protect(w->group[0], &message[i], text("old"), nothing));
		world_commit(w, 1, &plain, NULL, 0);
	}
	REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&message[0])), MLS_ERR_EPOCH);
	OK(mls_group_receive(w->group[1], &event, bytes_of(&message[1])));
	assert_int_equal(event.epoch, 2);
	OK(mls_group_receive(w->group[2], &event, bytes_of(&message[2])));
	REFUSED(mls_group_receive(w->group[2], &event, bytes_of(&message[2])),
		MLS_ERR_GENERATION_USED);
	world_check(w);
	for (size_t i = 0; i < 3; i++)
		mls_buf_free(&message[i]);
	world_free(w);
}

/* Only application data is read in a past epoch: its handshake is over. */
static void handshakes_of_past_epochs_are_refused(void **state)
{
	const struct mls_proposal_request remove = {.type = MLS_PROPOSAL_REMOVE, .leaf = 2};
	struct mls_policy policy = mls_policy_default();
	struct mls_event event;
	struct world *w;

	(void)state;
	policy.past_epochs = 2;
	w = world_new(1, 3, NULL, &policy);
	w->message.len = 0;
	OK(mls_group_propose(w->group[1], &w->message, &remove, MLS_HANDSHAKE_PRIVATE));
	world_commit(w, 0, &plain, NULL, 0);
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&w->message)), MLS_ERR_EPOCH);
	world_check(w);
	world_free(w);
}

static void messages_of_other_epochs_and_groups_are_refused(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_group *other = NULL;
	struct mls_event event;

	(void)state;
	OK(mls_group_protect(w->group[0], &w->message, text("old"), nothing));
	world_commit(w, 1, &plain, NULL, 0);
	REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&w->message)), MLS_ERR_EPOCH);
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&w->commit)), MLS_ERR_EPOCH);
	OK(mls_group_create(w->client[1], &other, nothing, nothing));
	REFUSED(mls_group_receive(other, &event, bytes_of(&w->message)), MLS_ERR_GROUP_ID);
	REFUSED(mls_group_receive(other, &event, bytes_of(&w->commit)), MLS_ERR_GROUP_ID);
	REFUSED(mls_group_create(w->client[1], &other, mls_group_id(w->group[1]), nothing),
		MLS_ERR_GROUP_ID_TAKEN);
	mls_group_free(other);
	world_check(w);
	world_free(w);
}

static void making_a_commit_changes_nothing(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	struct mls_buf before = look(w->group[0]);

	(void)state;
	REFUSED(mls_group_merge(w->group[0]), MLS_ERR_NOT_PENDING);
	commit_of(w, 0, &plain);
	mls_group_discard(w->group[0]);
	expect_unchanged(w->group[0], &before);
	commit_of(w, 0, &plain);
	assert_true(mls_group_is_pending(w->group[0]));
	world_check(w); /* the group goes on while the commit is under way */
	REFUSED(mls_group_commit(w->group[0], &(struct mls_commit_output){.commit = &w->commit},
				 &plain),
		MLS_ERR_PENDING);
	mls_group_discard(w->group[0]);
	assert_false(mls_group_is_pending(w->group[0]));
	world_commit(w, 0, &plain, NULL, 0);
	world_check(w);
	world_free(w);
}

static void a_commit_can_be_merged_by_hand(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	struct mls_event event;

	(void)state;
	commit_of(w, 0, &private);
	OK(mls_group_merge(w->group[0]));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&w->commit)));
	OK(mls_group_receive(w->group[2], &event, bytes_of(&w->commit)));
	world_check(w);
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&w->commit)), MLS_ERR_EPOCH);
	world_free(w);
}

static void one_of_two_commits_wins(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	struct mls_buf winner = {0};
	struct mls_event event;

	(void)state;
	commit_of(w, 0, &plain);
	winner = w->commit;
	w->commit = (struct mls_buf){0};
	commit_of(w, 1, &plain);
	for (uint32_t i = 0; i < 3; i++) {
		OK(mls_group_receive(w->group[i], &event, bytes_of(&winner)));
		assert_int_equal(event.type, i ? MLS_EVENT_COMMIT : MLS_EVENT_OWN_COMMIT);
		assert_int_equal(event.sender, 0);
		assert_false(mls_group_is_pending(w->group[i]));
		REFUSED(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)),
			MLS_ERR_EPOCH);
	}
	world_check(w);
	mls_buf_free(&winner);
	world_free(w);
}

/* Another commit in our name, or ours with a byte changed, is not taken for ours. */
static void only_the_own_commit_completes_it(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_buf first = {0};
	struct mls_event event;

	(void)state;
	commit_of(w, 0, &plain);
	first = w->commit;
	w->commit = (struct mls_buf){0};
	mls_group_discard(w->group[0]);
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&first)), MLS_ERR_OWN_MESSAGE);
	commit_of(w, 0, &plain);
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&first)), MLS_ERR_OWN_MESSAGE);
	first.p[first.len - 1] ^= 1;
	w->commit.p[w->commit.len - 1] ^= 1;
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&w->commit)), MLS_ERR_OWN_MESSAGE);
	w->commit.p[w->commit.len - 1] ^= 1;
	OK(mls_group_receive(w->group[0], &event, bytes_of(&w->commit)));
	mls_buf_free(&first);
	world_free(w);
}

static void a_removed_member_is_shut_out(void **state)
{
	struct world *w = world_new(1, 4, NULL, NULL);
	struct mls_group *removed = w->group[2];
	struct mls_event event;
	const uint32_t two = 2;

	(void)state;
	commit_of(w, 3, &(struct mls_commit_request){.remove = &two, .n_remove = 1});
	for (uint32_t i = 0; i < 4; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	w->group[2] = NULL;
	world_check(w);
	OK(mls_group_protect(w->group[0], &w->message, text("secret"), nothing));
	REFUSED(mls_group_receive(removed, &event, bytes_of(&w->message)), MLS_ERR_REMOVED);
	REFUSED(mls_group_protect(removed, &w->message, text("still here"), nothing),
		MLS_ERR_REMOVED);
	REFUSED(mls_group_commit(removed, &(struct mls_commit_output){.commit = &w->commit},
				 &plain),
		MLS_ERR_REMOVED);
	mls_group_free(removed);
	world_free(w);
}

/* The member who is removed checks what it can, and keeps its state when that is wrong. */
static void a_forged_removal_is_refused(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	const uint32_t two = 2;

	(void)state;
	commit_of(w, 0, &(struct mls_commit_request){.remove = &two, .n_remove = 1});
	every_cut_is_refused(w->group[2], bytes_of(&w->commit));
	w->commit.p[w->commit.len - 1] ^= 1;
	REFUSED(mls_group_receive(w->group[2], &(struct mls_event){0}, bytes_of(&w->commit)),
		MLS_ERR_MEMBERSHIP_TAG);
	mls_group_discard(w->group[0]);
	world_check(w);
	world_free(w);
}

static void proposals_are_committed_by_reference(void **state)
{
	const enum mls_handshake how[] = {MLS_HANDSHAKE_PUBLIC, MLS_HANDSHAKE_PRIVATE};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_new(1, 5, NULL, NULL);
		struct mls_buf proposal[3] = {{0}}, package = {0};
		const uint32_t joiner = world_client(w, NULL);
		struct mls_event event;

		member_publish(w->client[joiner], &package);
		OK(mls_group_propose(
			w->group[1], &proposal[0],
			&(struct mls_proposal_request){.type = MLS_PROPOSAL_ADD,
						       .key_package = bytes_of(&package)},
			how[i]));
		OK(mls_group_propose(w->group[2], &proposal[1],
				     &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE},
				     how[i]));
		OK(mls_group_propose(
			w->group[3], &proposal[2],
			&(struct mls_proposal_request){.type = MLS_PROPOSAL_REMOVE, .leaf = 4},
			how[i]));
		for (uint32_t m = 0; m < 5; m++) {
			for (uint32_t p = 0; p < 3; p++) {
				if (m == p + 1)
					continue;
				OK(mls_group_receive(w->group[m], &event, bytes_of(&proposal[p])));
				assert_int_equal(event.type, MLS_EVENT_PROPOSAL);
				assert_int_equal(event.sender, p + 1);
			}
		}
		REFUSED(mls_group_protect(w->group[0], &w->message, text("not now"), nothing),
			MLS_ERR_PROPOSALS_WAITING);
		world_commit(
			w, 0,
			&(struct mls_commit_request){.tree_in_welcome = true, .handshake = how[i]},
			NULL, 0);
		assert_null(w->group[4]);
		OK(mls_group_join(w->client[joiner], &w->group[joiner], bytes_of(&w->welcome),
				  nothing));
		world_check(w);
		for (size_t p = 0; p < 3; p++)
			mls_buf_free(&proposal[p]);
		mls_buf_free(&package);
		world_free(w);
	}
}

/* Who sent an Update has its new key once another member commits it. */
static void an_update_heals(void **state)
{
	struct world *w = world_new(1, 4, NULL, NULL);
	struct mls_buf proposal = {0};
	struct mls_event event;

	(void)state;
	OK(mls_group_propose(w->group[2], &proposal,
			     &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE},
			     MLS_HANDSHAKE_PUBLIC));
	OK(mls_group_receive(w->group[2], &event, bytes_of(&proposal)));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&proposal)));
	OK(mls_group_receive(w->group[0], &event, bytes_of(&proposal)));
	OK(mls_group_receive(w->group[3], &event, bytes_of(&proposal)));
	world_commit(w, 1, &plain, NULL, 0);
	world_commit(w, 0, &plain, NULL, 0);
	world_commit(w, 2, &plain, NULL, 0);
	world_check(w);
	mls_buf_free(&proposal);
	world_free(w);
}

static void a_full_buffer_leaves_the_group_alone(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	uint8_t memory[2000];
	size_t fits = 0;

	(void)state;
	for (size_t cap = 0; !fits; cap += 7) {
		struct mls_buf fixed = {.p = memory, .cap = cap, .fixed = true};
		struct mls_buf before = look(w->group[0]);
		enum mls_err err = mls_group_commit(
			w->group[0], &(struct mls_commit_output){.commit = &fixed}, &plain);

		assert_true(cap < sizeof(memory));
		if (err == MLS_OK) {
			fits = fixed.len;
			mls_buf_free(&before);
			break;
		}
		assert_int_equal(err, MLS_ERR_BUFFER_FULL);
		assert_int_equal(fixed.len, 0);
		assert_false(mls_group_is_pending(w->group[0]));
		expect_unchanged(w->group[0], &before);
	}
	for (uint32_t i = 0; i < 3; i++)
		OK(mls_group_receive(w->group[i], &(struct mls_event){0},
				     (struct mls_slice){memory, fits}));
	world_check(w);
	world_free(w);
}

static void members_export_the_same_secret(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	uint8_t a[100], b[100], c[100];

	(void)state;
	OK(mls_group_export(w->group[0], a, 100, text("label"), text("context")));
	OK(mls_group_export(w->group[1], b, 100, text("label"), text("context")));
	OK(mls_group_export(w->group[1], c, 100, text("label"), text("other")));
	assert_memory_equal(a, b, 100);
	assert_memory_not_equal(a, c, 100);
	REFUSED(mls_group_export(w->group[0], a, 255 * 32 + 1, text("label"), nothing),
		MLS_ERR_USAGE);
	world_free(w);
}

static void padding_hides_lengths(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_buf other = {0};
	struct world *w;

	(void)state;
	policy.padding = 256;
	w = world_new(1, 2, NULL, &policy);
	OK(mls_group_protect(w->group[0], &w->message, text("a"), nothing));
	OK(mls_group_protect(w->group[0], &other, text("a much longer text"), nothing));
	assert_int_equal(w->message.len, other.len);
	w->message.len = 0;
	world_commit(w, 0, &private, NULL, 0);
	world_check(w);
	mls_buf_free(&other);
	world_free(w);
}

static void messages_beyond_the_limit_are_refused(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_commit_request commit = {.n_add = 1};
	struct mls_slice add;
	struct world *w;
	struct mls_commit_output output = {.commit = NULL};

	(void)state;
	policy.max_message = 1000;
	w = world_new(1, 1, NULL, &policy);
	output.commit = &w->commit;
	output.welcome = &w->welcome;
	OK(mls_group_protect(w->group[0], &w->message, (struct mls_slice){(uint8_t[2000]){0}, 2000},
			     nothing));
	REFUSED(mls_group_receive(w->group[0], &(struct mls_event){0}, bytes_of(&w->message)),
		MLS_ERR_MESSAGE_TOO_LONG);
	REFUSED(mls_group_join(w->client[0], &w->group[1], bytes_of(&w->message), nothing),
		MLS_ERR_MESSAGE_TOO_LONG);
	add = bytes_of(&w->message);
	commit.add = &add;
	REFUSED(mls_group_commit(w->group[0], &output, &commit), MLS_ERR_MESSAGE_TOO_LONG);
	REFUSED(mls_group_propose(w->group[0], &w->commit,
				  &(struct mls_proposal_request){.type = MLS_PROPOSAL_ADD,
								 .key_package = add},
				  MLS_HANDSHAKE_PUBLIC),
		MLS_ERR_MESSAGE_TOO_LONG);
	REFUSED(mls_group_join_external(w->client[0], &w->group[1], &w->commit, add,
					&(struct mls_external_request){.ratchet_tree = {0}}),
		MLS_ERR_MESSAGE_TOO_LONG);
	assert_int_equal(w->commit.len, 0);
	world_free(w);
}

/* Beside the Welcome it could be longer than any message. */
static void long_trees_are_refused(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct world *w = world_new(1, 5, NULL, NULL);
	struct mls_buf package = {0};
	uint32_t joiner;
	struct mls_slice add;
	const struct mls_commit_output output = {&w->commit, &w->welcome, &w->tree};

	(void)state;
	policy.max_message = 1000;
	joiner = world_client(w, &policy);
	member_publish(w->client[joiner], &package);
	add = bytes_of(&package);
	w->commit.len = w->welcome.len = w->tree.len = 0;
	OK(mls_group_commit(w->group[0], &output,
			    &(struct mls_commit_request){.add = &add, .n_add = 1}));
	assert_true(w->tree.len > 1000 && w->welcome.len < 1000);
	REFUSED(mls_group_join(w->client[joiner], &w->group[joiner], bytes_of(&w->welcome),
			       bytes_of(&w->tree)),
		MLS_ERR_MESSAGE_TOO_LONG);
	mls_buf_free(&package);
	world_free(w);
}

/* One extension of a type that nobody has to support, application_id, of `len` bytes in all. */
static struct mls_slice long_extensions(uint8_t *memory, size_t len)
{
	memset(memory, 0, len);
	memory[1] = 1;
	memory[2] = (uint8_t)(0x40 | (len - 4) >> 8);
	memory[3] = (uint8_t)(len - 4);
	return (struct mls_slice){memory, len};
}

static void long_group_extensions_are_refused(void **state)
{
	struct mls_policy policy = mls_policy_default();
	uint8_t memory[2000];
	struct mls_commit_request setting = {.set_extensions = true};
	const struct mls_group_info_request open = {.ratchet_tree = true, .external_pub = true};
	struct mls_group *group = NULL;
	struct mls_buf info = {0};
	struct world *w;

	(void)state;
	policy.max_group_extensions = 1000;
	w = world_new(1, 2, NULL, NULL);
	world_client(w, &policy);
	REFUSED(mls_group_create(w->client[2], &group, nothing, long_extensions(memory, 1001)),
		MLS_ERR_GROUP_EXTENSIONS_TOO_LONG);
	OK(mls_group_create(w->client[2], &group, nothing, long_extensions(memory, 1000)));
	setting.extensions = long_extensions(memory, 1001);
	REFUSED(mls_group_commit(group, &(struct mls_commit_output){.commit = &info}, &setting),
		MLS_ERR_GROUP_EXTENSIONS_TOO_LONG);
	mls_group_free(group);
	world_commit(w, 0, &setting, NULL, 0);
	OK(mls_group_info(w->group[0], &info, &open));
	group = NULL;
	REFUSED(mls_group_join_external(w->client[2], &group, &w->message, bytes_of(&info),
					&(struct mls_external_request){.ratchet_tree = {0}}),
		MLS_ERR_GROUP_EXTENSIONS_TOO_LONG);
	mls_buf_free(&info);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_commits_are_refused),
		cmocka_unit_test(damaged_messages_are_refused),
		cmocka_unit_test(a_message_is_read_once),
		cmocka_unit_test(late_messages_are_read_within_policy),
		cmocka_unit_test(past_epochs_are_read_within_policy),
		cmocka_unit_test(handshakes_of_past_epochs_are_refused),
		cmocka_unit_test(messages_of_other_epochs_and_groups_are_refused),
		cmocka_unit_test(making_a_commit_changes_nothing),
		cmocka_unit_test(a_commit_can_be_merged_by_hand),
		cmocka_unit_test(one_of_two_commits_wins),
		cmocka_unit_test(only_the_own_commit_completes_it),
		cmocka_unit_test(a_removed_member_is_shut_out),
		cmocka_unit_test(a_forged_removal_is_refused),
		cmocka_unit_test(proposals_are_committed_by_reference),
		cmocka_unit_test(an_update_heals),
		cmocka_unit_test(a_full_buffer_leaves_the_group_alone),
		cmocka_unit_test(members_export_the_same_secret),
		cmocka_unit_test(padding_hides_lengths),
		cmocka_unit_test(messages_beyond_the_limit_are_refused),
		cmocka_unit_test(long_trees_are_refused),
		cmocka_unit_test(long_group_extensions_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
