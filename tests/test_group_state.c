/* Saved groups go on where they were, and nothing else is taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"

static const struct mls_slice nothing = {0};

static struct mls_slice text(const char *s)
{
	return (struct mls_slice){(const uint8_t *)s, strlen(s)};
}

/* Ends the group of a member and makes it again from its saved state, which is returned. */
static struct mls_buf reload(struct world *w, uint32_t member)
{
	struct mls_buf saved = {0}, again = {0};

	OK(mls_group_save(w->group[member], &saved));
	mls_group_free(w->group[member]);
	w->group[member] = NULL;
	OK(mls_group_load(w->client[member], &w->group[member], bytes_of(&saved)));
	OK(mls_group_save(w->group[member], &again));
	assert_int_equal(again.len, saved.len);
	assert_memory_equal(again.p, saved.p, saved.len);
	mls_buf_free(&again);
	return saved;
}

static void a_state_fits_memory_of_its_length(void **state)
{
	struct world *w = world_new(1, 5, NULL, NULL);
	struct mls_buf saved = {0}, exact;

	(void)state;
	OK(mls_group_save(w->group[1], &saved));
	exact = (struct mls_buf){.p = malloc(saved.len), .cap = saved.len, .fixed = true};
	OK(mls_group_save(w->group[1], &exact));
	assert_int_equal(exact.len, saved.len);
	assert_memory_equal(exact.p, saved.p, saved.len);
	exact.len = 0;
	exact.cap--;
	assert_int_equal(mls_group_save(w->group[1], &exact), MLS_ERR_BUFFER_FULL);
	assert_int_equal(exact.len, 0);
	free(exact.p);
	mls_buf_free(&saved);
	world_free(w);
}

static void reload_and_drop(struct world *w, uint32_t member)
{
	struct mls_buf saved = reload(w, member);

	mls_buf_free(&saved);
}

static void a_group_goes_on_in_every_suite(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 7; suite++) {
		struct world *w = world_new(suite, 5, NULL, NULL);

		world_check(w);
		for (uint32_t i = 0; i < 5; i++)
			reload_and_drop(w, i);
		world_check(w);
		world_commit(w, 3, &(struct mls_commit_request){0}, NULL, 0);
		reload_and_drop(w, 3);
		world_commit(w, 3, &(struct mls_commit_request){0}, NULL, 0);
		world_check(w);
		world_free(w);
	}
}

/* A program that starts again has the signature key and the saved group, and nothing else. */
static void a_client_is_made_again_from_its_key(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 7; suite++) {
		struct world *w = world_new(suite, 3, NULL, NULL);
		struct mls_buf key = {0}, saved = {0};
		struct mls_client_config config = {.ephemeral = true,
						   .suite = suite,
						   .credential_type = MLS_CREDENTIAL_BASIC,
						   .random = mls_random_system(),
						   .now_s = TEST_NOW_S};
		struct mls_identity self;
		struct mls_client *again;

		OK(mls_client_signature_private(w->client[1], &key));
		OK(mls_group_save(w->group[1], &saved));
		assert_true(mls_group_member(w->group[0], &self, 1));
		config.signature_private = bytes_of(&key);
		config.signature_public = self.signature_key;
		config.credential = self.credential;
		OK(mls_client_new(&again, &config));
		mls_group_free(w->group[1]);
		mls_client_free(w->client[1]);
		w->client[1] = again;
		OK(mls_group_load(again, &w->group[1], bytes_of(&saved)));
		world_commit(w, 1, &(struct mls_commit_request){0}, NULL, 0);
		world_check(w);
		mls_buf_free(&key);
		mls_buf_free(&saved);
		world_free(w);
	}
}

static void ratchets_are_where_they_were(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_buf message[4] = {{0}};
	struct mls_event event;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		OK(mls_group_protect(w->group[0], &message[i], text("kept"), nothing));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&message[2])));
	reload_and_drop(w, 1);
	REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&message[2])),
		MLS_ERR_GENERATION_USED);
	OK(mls_group_receive(w->group[1], &event, bytes_of(&message[0])));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&message[3])));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&message[1])));
	reload_and_drop(w, 0);
	w->message.len = 0;
	OK(mls_group_protect(w->group[0], &w->message, text("next"), nothing));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&w->message)));
	assert_int_equal(event.generation, 4);
	for (size_t i = 0; i < 4; i++)
		mls_buf_free(&message[i]);
	world_free(w);
}

static void a_pending_commit_and_proposals_are_kept(void **state)
{
	struct world *w = world_new(1, 4, NULL, NULL);
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct mls_buf proposal = {0};
	struct mls_event event;

	(void)state;
	OK(mls_group_propose(w->group[2], &proposal, &update, MLS_HANDSHAKE_PUBLIC));
	for (uint32_t i = 0; i < 4; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&proposal)));
	for (uint32_t i = 0; i < 4; i++)
		reload_and_drop(w, i);
	w->commit.len = 0;
	OK(mls_group_commit(w->group[1], &(struct mls_commit_output){.commit = &w->commit},
			    &(struct mls_commit_request){.remove = &(uint32_t){3}, .n_remove = 1}));
	reload_and_drop(w, 1);
	assert_true(mls_group_is_pending(w->group[1]));
	for (uint32_t i = 0; i < 4; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	assert_int_equal(event.type, MLS_EVENT_REMOVED);
	reload_and_drop(w, 3);
	REFUSED(mls_group_receive(w->group[3], &event, bytes_of(&w->commit)), MLS_ERR_REMOVED);
	mls_group_free(w->group[3]);
	w->group[3] = NULL;
	world_check(w);
	mls_buf_free(&proposal);
	world_free(w);
}

static void past_epochs_are_kept(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_event event;
	struct world *w;

	(void)state;
	policy.past_epochs = 2;
	w = world_new(1, 2, NULL, &policy);
	OK(mls_group_protect(w->group[0], &w->message, text("late"), nothing));
	world_commit(w, 0, &(struct mls_commit_request){0}, NULL, 0);
	reload_and_drop(w, 1);
	OK(mls_group_receive(w->group[1], &event, bytes_of(&w->message)));
	REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&w->message)),
		MLS_ERR_GENERATION_USED);
	world_check(w);
	world_free(w);
}

static void a_successor_remembers_its_origin(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_client *client[2] = {member_client(1, 0), member_client(1, 1)};
	struct mls_group *group[2] = {NULL, NULL};
	struct mls_buf saved = {0}, package = {0};
	struct mls_slice add;

	(void)state;
	member_publish(client[1], &package);
	add = bytes_of(&package);
	OK(mls_group_create_successor(client[0], &group[0], w->group[0], MLS_SUCCESSION_BRANCH,
				      nothing, nothing));
	OK(mls_group_save(group[0], &saved));
	mls_group_free(group[0]);
	OK(mls_group_load(client[0], &group[0], bytes_of(&saved)));
	w->welcome.len = w->commit.len = 0;
	OK(mls_group_commit(
		group[0], &(struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome},
		&(struct mls_commit_request){.add = &add, .n_add = 1, .tree_in_welcome = true}));
	OK(mls_group_join_successor(client[1], &group[1], w->group[1], MLS_SUCCESSION_BRANCH,
				    bytes_of(&w->welcome), nothing));
	for (size_t i = 0; i < 2; i++) {
		mls_group_free(group[i]);
		mls_client_free(client[i]);
	}
	mls_buf_free(&saved);
	mls_buf_free(&package);
	world_free(w);
}

static void a_damaged_state_is_refused(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	struct mls_group *group = NULL;
	struct mls_buf saved = {0};

	(void)state;
	world_check(w);
	OK(mls_group_save(w->group[1], &saved));
	mls_group_free(w->group[1]);
	w->group[1] = NULL;
	for (size_t i = 0; i < saved.len; i++) {
		saved.p[i] ^= 1;
		REFUSED(mls_group_load(w->client[1], &group, bytes_of(&saved)), MLS_ERR_STATE);
		saved.p[i] ^= 1;
		REFUSED(mls_group_load(w->client[1], &group, (struct mls_slice){saved.p, i}),
			MLS_ERR_STATE);
	}
	OK(mls_group_load(w->client[1], &w->group[1], bytes_of(&saved)));
	world_check(w);
	REFUSED(mls_group_load(w->client[1], &group, bytes_of(&saved)), MLS_ERR_GROUP_ID_TAKEN);
	REFUSED(mls_group_load(w->client[0], &group, bytes_of(&saved)), MLS_ERR_STATE_CLIENT);
	mls_buf_free(&saved);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_fits_memory_of_its_length),
		cmocka_unit_test(a_group_goes_on_in_every_suite),
		cmocka_unit_test(a_client_is_made_again_from_its_key),
		cmocka_unit_test(ratchets_are_where_they_were),
		cmocka_unit_test(a_pending_commit_and_proposals_are_kept),
		cmocka_unit_test(past_epochs_are_kept),
		cmocka_unit_test(a_successor_remembers_its_origin),
		cmocka_unit_test(a_damaged_state_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
