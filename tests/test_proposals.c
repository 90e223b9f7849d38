/*
 * Proposals that one member makes and another commits by reference (RFC 9420 12.1, 12.4), of
 * every type, as PublicMessage and as PrivateMessage; and which of several go together (12.2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"

#define SLICE(text) ((struct mls_slice){(const uint8_t *)(text), sizeof(text) - 1})

enum { PROPOSER = 1, COMMITTER = 2, N_MEMBERS = 4 };

static const struct mls_commit_request with_cached = {0};

static void propose(struct world *w, uint32_t from, const struct mls_proposal_request *request,
		    enum mls_handshake handshake)
{
	struct mls_event event;

	w->message.len = 0;
	OK(mls_group_propose(w->group[from], &w->message, request, handshake));
	for (uint32_t i = 0; i < w->n; i++) {
		if (i == from || !w->group[i])
			continue;
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
		assert_int_equal(event.type, MLS_EVENT_PROPOSAL);
		assert_int_equal(event.proposal_type, request->type);
		assert_int_equal(event.sender, from);
	}
}

/* A required_capabilities extension that asks for nothing, or for what everybody has. */
#define NOTHING_REQUIRED SLICE("\x00\x03\x03\x00\x00\x00")
#define BASIC_REQUIRED   SLICE("\x00\x03\x05\x00\x00\x02\x00\x01")

static void assert_extensions(const struct world *w, struct mls_slice want)
{
	for (uint32_t i = 0; i < w->n; i++) {
		struct mls_slice is;
		if (!w->group[i])
			continue;
		is = mls_group_extensions(w->group[i]);
		assert_int_equal(is.len, want.len);
		assert_memory_equal(is.p, want.p, want.len);
	}
}

static void new_extensions(struct world *w, enum mls_handshake handshake)
{
	propose(w, PROPOSER,
		&(struct mls_proposal_request){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
					       .extensions = BASIC_REQUIRED},
		handshake);
	world_commit(w, COMMITTER, &with_cached, NULL, 0);
	assert_extensions(w, BASIC_REQUIRED);
}

static void updates_and_removals(struct world *w, enum mls_handshake handshake)
{
	struct mls_identity before, after;

	assert_true(mls_group_member(w->group[0], &before, PROPOSER));
	propose(w, PROPOSER, &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE},
		handshake);
	world_commit(w, COMMITTER, &with_cached, NULL, 0);
	assert_true(mls_group_member(w->group[0], &after, PROPOSER));
	assert_int_equal(before.credential.len, after.credential.len);
	world_check(w);
	propose(w, PROPOSER, &(struct mls_proposal_request){.type = MLS_PROPOSAL_REMOVE, .leaf = 3},
		handshake);
	world_commit(w, COMMITTER, &with_cached, NULL, 0);
	assert_null(w->group[3]);
	world_check(w);
}

static void set_psk(struct world *w, const char *value)
{
	for (uint32_t i = 0; i < w->n; i++)
		OK(mls_client_set_psk(w->client[i], SLICE("a psk"),
				      (struct mls_slice){(const uint8_t *)value, strlen(value)}));
}

static void shared_keys(struct world *w, enum mls_handshake handshake)
{
	const struct mls_proposal_request psk = {.type = MLS_PROPOSAL_PSK,
						 .psk = {.id = SLICE("a psk")}};

	set_psk(w, "known to all of them");
	propose(w, PROPOSER, &psk, handshake);
	world_commit(w, COMMITTER, &with_cached, NULL, 0);
	world_check(w);
}

static void every_type_is_committed_by_reference(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 2; suite++) {
		for (int i = 0; i < 2; i++) {
			const enum mls_handshake how =
				i ? MLS_HANDSHAKE_PRIVATE : MLS_HANDSHAKE_PUBLIC;
			struct world *w = world_new(suite, N_MEMBERS, NULL, NULL);

			new_extensions(w, how);
			shared_keys(w, how);
			updates_and_removals(w, how);
			world_free(w);
		}
	}
}

/* The proposer's PSK is another one than the others': its confirmation tag is, too. */
static void a_psk_that_differs_is_noticed(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_proposal_request psk = {.type = MLS_PROPOSAL_PSK,
						 .psk = {.id = SLICE("a psk")}};
	struct mls_event event;

	(void)state;
	set_psk(w, "known to all of them");
	propose(w, PROPOSER, &psk, MLS_HANDSHAKE_PUBLIC);
	OK(mls_client_set_psk(w->client[0], SLICE("a psk"), SLICE("something else")));
	OK(mls_client_set_psk(w->client[3], SLICE("a psk"), SLICE("")));
	w->commit.len = 0;
	OK(mls_group_commit(w->group[COMMITTER], &(struct mls_commit_output){.commit = &w->commit},
			    &with_cached));
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&w->commit)),
		MLS_ERR_CONFIRMATION_TAG);
	REFUSED(mls_group_receive(w->group[3], &event, bytes_of(&w->commit)), MLS_ERR_PSK_UNKNOWN);
	OK(mls_client_set_psk(w->client[0], SLICE("a psk"), SLICE("known to all of them")));
	OK(mls_group_receive(w->group[0], &event, bytes_of(&w->commit)));
	assert_int_equal(event.type, MLS_EVENT_COMMIT);
	world_free(w);
}

/* A client that accepts what has expired sends nothing that has (7.3). */
static void what_has_expired_is_accepted_and_not_added(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_buf package = {0};
	struct mls_commit_request request = {.tree_in_welcome = true, .n_add = 1};
	struct mls_proposal_request proposal = {.type = MLS_PROPOSAL_ADD};
	struct mls_commit_output output;
	struct mls_slice add;
	struct mls_event event;
	struct world *w;
	uint32_t joiner;

	(void)state;
	policy.accept_expired = true;
	w = world_new(1, 2, NULL, &policy);
	joiner = world_client(w, NULL);
	output = (struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome};
	member_publish(w->client[joiner], &package);
	add = bytes_of(&package);
	request.add = &add;
	proposal.key_package = add;
	w->commit.len = w->message.len = w->welcome.len = 0;
	mls_client_set_time(w->client[1], TEST_NOW_S + 91 * 24 * 3600);
	REFUSED(mls_group_commit(w->group[1], &output, &request), MLS_ERR_LIFETIME);
	assert_int_equal(w->commit.len + w->welcome.len, 0);
	assert_false(mls_group_is_pending(w->group[1]));
	REFUSED(mls_group_propose(w->group[1], &w->message, &proposal, MLS_HANDSHAKE_PUBLIC),
		MLS_ERR_LIFETIME);
	assert_int_equal(w->message.len, 0);
	OK(mls_group_commit(w->group[0], &output, &request));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&w->commit)));
	assert_int_equal(event.n_added, 1);
	mls_buf_free(&package);
	world_free(w);
}

static void a_reinit_shuts_the_group_down_by_reference(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_proposal_request reinit = {
		.type = MLS_PROPOSAL_REINIT,
		.reinit = {.group_id = SLICE("the next"), .suite = 2},
	};
	struct mls_event event;

	(void)state;
	propose(w, PROPOSER, &reinit, MLS_HANDSHAKE_PRIVATE);
	w->commit.len = w->message.len = 0;
	OK(mls_group_commit(w->group[COMMITTER], &(struct mls_commit_output){.commit = &w->commit},
			    &with_cached));
	for (uint32_t i = 0; i < w->n; i++) {
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
		assert_int_equal(event.type, MLS_EVENT_REINIT);
		REFUSED(mls_group_protect(w->group[i], &w->message, SLICE("hello"), SLICE("")),
			MLS_ERR_REINITIALIZED);
	}
	world_free(w);
}

/* Of two new extension lists the last is committed, of two Updates of one leaf the last. */
static void the_last_of_a_kind_is_committed(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_proposal_request request = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
					       .extensions = BASIC_REQUIRED};

	(void)state;
	propose(w, PROPOSER, &request, MLS_HANDSHAKE_PUBLIC);
	request.extensions = NOTHING_REQUIRED;
	propose(w, 3, &request, MLS_HANDSHAKE_PUBLIC);
	request.type = MLS_PROPOSAL_UPDATE;
	propose(w, PROPOSER, &request, MLS_HANDSHAKE_PUBLIC);
	propose(w, PROPOSER, &request, MLS_HANDSHAKE_PUBLIC);
	world_commit(w, COMMITTER, &with_cached, NULL, 0);
	assert_extensions(w, NOTHING_REQUIRED);
	world_check(w);
	world_free(w);
}

/* Whoever is to be removed is not updated, whichever was proposed first. */
static void a_removal_goes_before_an_update(void **state)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	const struct mls_proposal_request removal = {.type = MLS_PROPOSAL_REMOVE, .leaf = 3};

	(void)state;
	for (int first = 0; first < 2; first++) {
		struct world *w = world_new(1, N_MEMBERS, NULL, NULL);

		propose(w, first ? 3 : PROPOSER, first ? &update : &removal, MLS_HANDSHAKE_PUBLIC);
		propose(w, first ? PROPOSER : 3, first ? &removal : &update, MLS_HANDSHAKE_PUBLIC);
		world_commit(w, COMMITTER, &with_cached, NULL, 0);
		assert_null(w->group[3]);
		world_check(w);
		world_free(w);
	}
}

/* A ReInit is left out where there is anything else to commit (12.2). */
static void a_reinit_waits_for_other_proposals(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);

	(void)state;
	propose(w, PROPOSER,
		&(struct mls_proposal_request){.type = MLS_PROPOSAL_REINIT,
					       .reinit = {.group_id = SLICE("x"), .suite = 1}},
		MLS_HANDSHAKE_PUBLIC);
	propose(w, 3, &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE},
		MLS_HANDSHAKE_PUBLIC);
	world_commit(w, COMMITTER, &with_cached, NULL, 0);
	world_check(w);
	world_free(w);
}

enum { DAY_S = 86400 };

/* 7.3: the time of the commit counts. */
static void an_add_is_left_out_once_it_has_expired(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_proposal_request add = {.type = MLS_PROPOSAL_ADD};
	struct mls_buf package = {0};

	(void)state;
	member_publish(w->client[world_client(w, NULL)], &package); /* for 90 days */
	add.key_package = bytes_of(&package);
	propose(w, PROPOSER, &add, MLS_HANDSHAKE_PUBLIC);
	mls_client_set_time(w->client[COMMITTER], TEST_NOW_S + 91 * DAY_S);
	world_commit(w, COMMITTER, &with_cached, NULL, 0);
	assert_int_equal(mls_group_n_members(w->group[0]), N_MEMBERS);
	assert_int_equal(w->welcome.len, 0);
	world_check(w);
	mls_client_set_time(w->client[COMMITTER], TEST_NOW_S + 89 * DAY_S);
	propose(w, PROPOSER, &add, MLS_HANDSHAKE_PUBLIC);
	world_commit(w, COMMITTER, &with_cached, NULL, 0);
	assert_int_equal(mls_group_n_members(w->group[0]), N_MEMBERS + 1);
	world_check(w);
	mls_buf_free(&package);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_committed_by_reference),
		cmocka_unit_test(a_psk_that_differs_is_noticed),
		cmocka_unit_test(what_has_expired_is_accepted_and_not_added),
		cmocka_unit_test(a_reinit_shuts_the_group_down_by_reference),
		cmocka_unit_test(the_last_of_a_kind_is_committed),
		cmocka_unit_test(a_removal_goes_before_an_update),
		cmocka_unit_test(a_reinit_waits_for_other_proposals),
		cmocka_unit_test(an_add_is_left_out_once_it_has_expired),
	};

	return cmocka_run_group_tests(tests, members_on_either, NULL);
}
