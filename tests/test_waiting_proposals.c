/*
 * What an application sees of the proposals that wait for a commit, and which of them its commit
 * leaves out: RFC 9420 12.1, 12.2, 12.4.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"

#define SLICE(text) ((struct mls_slice){(const uint8_t *)(text), sizeof(text) - 1})

enum { PROPOSER = 1, COMMITTER = 2, N_MEMBERS = 4 };

/* All receive what is in w->message, and have it at `index`. */
static void deliver(struct world *w, uint32_t from, size_t index)
{
	struct mls_event event;

	for (uint32_t i = 0; i < w->n; i++) {
		if (i == from || !w->group[i])
			continue;
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
		assert_int_equal(event.type, MLS_EVENT_PROPOSAL);
		assert_int_equal(event.proposal, index);
		assert_int_equal(mls_group_n_proposals(w->group[i]), index + 1);
	}
}

static struct mls_waiting_proposal view(const struct mls_group *group, size_t index)
{
	struct mls_waiting_proposal v;

	assert_true(mls_group_proposal(group, &v, index));
	assert_int_equal(v.ref.len, 32);
	return v;
}

/* Sent by one, seen by it and by the others alike. */
static struct mls_waiting_proposal propose(struct world *w, uint32_t from,
					   const struct mls_proposal_request *request)
{
	const size_t index = mls_group_n_proposals(w->group[from]);
	struct mls_waiting_proposal v, own;

	w->message.len = 0;
	OK(mls_group_propose(w->group[from], &w->message, request, MLS_HANDSHAKE_PUBLIC));
	deliver(w, from, index);
	v = view(w->group[COMMITTER], index);
	own = view(w->group[from], index);
	assert_same(own.ref, v.ref);
	assert_int_equal(v.type, request->type);
	assert_int_equal(v.sender, from);
	assert_int_equal(v.external_sender, MLS_NO_LEAF);
	return v;
}

static struct mls_waiting_proposal propose_removal(struct world *w, uint32_t leaf)
{
	return propose(w, PROPOSER,
		       &(struct mls_proposal_request){.type = MLS_PROPOSAL_REMOVE, .leaf = leaf});
}

static void assert_member(const struct mls_waiting_proposal *v, const struct mls_client *client,
			  const char *name)
{
	assert_int_equal(v->member.credential_type, MLS_CREDENTIAL_BASIC);
	assert_same(v->member.credential, (struct mls_slice){(const uint8_t *)name, strlen(name)});
	assert_same(v->member.signature_key, mls_client_signature_key(client));
}

static void each_type_shows_what_it_asks_for(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const uint32_t newcomer = world_client(w, NULL);
	struct mls_buf package = {0};
	struct mls_proposal_request request = {.type = MLS_PROPOSAL_ADD};
	struct mls_waiting_proposal v;

	(void)state;
	member_publish(w->client[newcomer], &package);
	request.key_package = bytes_of(&package);
	v = propose(w, PROPOSER, &request);
	assert_member(&v, w->client[newcomer], "member0000000004");
	/* behind version and wire format of the MLSMessage */
	assert_same(v.key_package, (struct mls_slice){package.p + 4, package.len - 4});
	assert_int_equal(v.leaf, MLS_NO_LEAF);
	v = propose(w, PROPOSER, &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE});
	assert_member(&v, w->client[PROPOSER], "member0000000001");
	assert_int_equal(v.leaf, PROPOSER);
	assert_int_equal(v.key_package.len, 0);
	v = propose_removal(w, 3);
	assert_int_equal(v.leaf, 3);
	assert_int_equal(v.member.credential.len, 0);
	v = propose(w, PROPOSER,
		    &(struct mls_proposal_request){.type = MLS_PROPOSAL_PSK,
						   .psk = {.id = SLICE("a psk")}});
	assert_same(v.psk.id, SLICE("a psk"));
	v = propose(w, PROPOSER,
		    &(struct mls_proposal_request){
			    .type = MLS_PROPOSAL_PSK,
			    .psk = {.group_id = mls_group_id(w->group[0]), .epoch = 7}});
	assert_int_equal(v.psk.id.len, 0);
	assert_same(v.psk.group_id, mls_group_id(w->group[0]));
	assert_int_equal(v.psk.epoch, 7);
	v = propose(w, PROPOSER,
		    &(struct mls_proposal_request){
			    .type = MLS_PROPOSAL_REINIT,
			    .reinit = {.group_id = SLICE("next"),
				       .suite = 2,
				       .extensions = SLICE("\x00\x03\x03\x00\x00\x00")}});
	assert_same(v.reinit.group_id, SLICE("next"));
	assert_int_equal(v.reinit.suite, 2);
	assert_same(v.reinit.extensions, SLICE("\x00\x03\x03\x00\x00\x00"));
	v = propose(
		w, PROPOSER,
		&(struct mls_proposal_request){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
					       .extensions = SLICE("\x00\x03\x03\x00\x00\x00")});
	assert_same(v.extensions, SLICE("\x00\x03\x03\x00\x00\x00"));
	assert_int_equal(mls_group_n_proposals(w->group[0]), 7);
	v.type = 99;
	assert_false(mls_group_proposal(w->group[0], &v, 7));
	assert_int_equal(v.type, 99);
	mls_buf_free(&package);
	world_free(w);
}

/* A second receipt of one proposal, after another, is the first one again. */
static void a_proposal_that_comes_twice_is_where_it_was(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_buf first = {0};
	struct mls_event event;

	(void)state;
	OK(mls_group_propose(w->group[PROPOSER], &first,
			     &(struct mls_proposal_request){.type = MLS_PROPOSAL_REMOVE, .leaf = 3},
			     MLS_HANDSHAKE_PUBLIC));
	OK(mls_group_receive(w->group[0], &event, bytes_of(&first)));
	w->message.len = 0;
	OK(mls_group_propose(w->group[PROPOSER], &w->message,
			     &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE},
			     MLS_HANDSHAKE_PUBLIC));
	OK(mls_group_receive(w->group[0], &event, bytes_of(&w->message)));
	assert_int_equal(event.proposal, 1);
	OK(mls_group_receive(w->group[0], &event, bytes_of(&first)));
	assert_int_equal(event.proposal, 0);
	assert_int_equal(mls_group_n_proposals(w->group[0]), 2);
	mls_buf_free(&first);
	world_free(w);
}

static void who_is_outside_is_no_member(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_client *boss = member_client(1, 99);
	const struct mls_identity identity = {.credential_type = MLS_CREDENTIAL_BASIC,
					      .credential = SLICE("boss"),
					      .signature_key = mls_client_signature_key(boss)};
	struct mls_proposal_request request = {.type = MLS_PROPOSAL_REMOVE, .leaf = 3};
	struct mls_buf one = {0}, senders = {0}, extensions = {0}, package = {0};
	struct mls_outside_sender sender = {.sender_index = 1};
	struct mls_waiting_proposal v;

	(void)state;
	OK(mls_external_sender_put(&one, &identity));
	OK(mls_external_sender_put(&one, &identity));
	OK(mls_vector_put(&senders, bytes_of(&one)));
	OK(mls_extension_put(&extensions, MLS_EXTENSION_EXTERNAL_SENDERS, bytes_of(&senders)));
	world_commit(w, 0,
		     &(struct mls_commit_request){.set_extensions = true,
						  .extensions = bytes_of(&extensions)},
		     NULL, 0);
	sender.group_id = mls_group_id(w->group[0]);
	sender.epoch = mls_group_epoch(w->group[0]);
	w->message.len = 0;
	OK(mls_client_propose(boss, &w->message, &sender, &request));
	deliver(w, MLS_NO_LEAF, 0);
	v = view(w->group[0], 0);
	assert_int_equal(v.sender, MLS_NO_LEAF);
	assert_int_equal(v.external_sender, 1);
	member_publish(boss, &package);
	request = (struct mls_proposal_request){.type = MLS_PROPOSAL_ADD,
						.key_package = bytes_of(&package)};
	sender.is_joining = true;
	w->message.len = 0;
	OK(mls_client_propose(boss, &w->message, &sender, &request));
	deliver(w, MLS_NO_LEAF, 1);
	v = view(w->group[0], 1);
	assert_int_equal(v.sender, MLS_NO_LEAF);
	assert_int_equal(v.external_sender, MLS_NO_LEAF);
	assert_member(&v, boss, "member0000000099");
	mls_client_free(boss);
	mls_buf_free(&one);
	mls_buf_free(&senders);
	mls_buf_free(&extensions);
	mls_buf_free(&package);
	world_free(w);
}

/* Of two removals one is committed; what was left out is gone with its epoch. */
static void a_commit_leaves_out_what_it_is_told(void **state)
{
	struct world *w = world_new(1, 5, NULL, NULL);
	struct mls_slice ref;

	(void)state;
	propose_removal(w, 3);
	ref = propose_removal(w, 4).ref;
	world_commit(w, COMMITTER,
		     &(struct mls_commit_request){.leave_out = &ref, .n_leave_out = 1}, NULL, 0);
	assert_null(w->group[3]);
	assert_non_null(w->group[4]);
	assert_int_equal(mls_group_n_proposals(w->group[COMMITTER]), 0);
	world_check(w);
	world_free(w);
}

/* The removal would overrule the update of the same member, the other proposal the ReInit. */
static void what_is_left_out_overrules_nothing(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_proposal_request reinit = {.type = MLS_PROPOSAL_REINIT,
						    .reinit = {.group_id = SLICE("x"), .suite = 1}};
	struct mls_slice ref[2];
	struct mls_event event;
	struct mls_buf before = {0}, after = {0};

	(void)state;
	OK(mls_group_ratchet_tree(w->group[0], &before));
	propose(w, 3, &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE});
	ref[0] = propose_removal(w, 3).ref;
	world_commit(w, COMMITTER,
		     &(struct mls_commit_request){
			     .leave_out = ref, .n_leave_out = 1, .path_if_required = true},
		     NULL, 0);
	OK(mls_group_ratchet_tree(w->group[0], &after));
	assert_true(before.len != after.len || memcmp(before.p, after.p, before.len) != 0);
	world_check(w);
	ref[0] = propose_removal(w, 3).ref;
	propose(w, 3, &reinit);
	ref[1] = propose_removal(w, 0).ref;
	w->commit.len = 0;
	OK(mls_group_commit(w->group[COMMITTER], &(struct mls_commit_output){.commit = &w->commit},
			    &(struct mls_commit_request){.leave_out = ref, .n_leave_out = 2}));
	for (uint32_t i = 0; i < N_MEMBERS; i++) {
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
		assert_int_equal(event.type, MLS_EVENT_REINIT);
	}
	mls_buf_free(&before);
	mls_buf_free(&after);
	world_free(w);
}

/* Our own update and our own removal, which we cannot commit, do not overrule the ReInit. */
static void what_cannot_be_committed_overrules_nothing(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_proposal_request reinit = {.type = MLS_PROPOSAL_REINIT,
						    .reinit = {.group_id = SLICE("x"), .suite = 1}};
	struct mls_event event;

	(void)state;
	propose(w, 3, &reinit);
	propose(w, COMMITTER, &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE});
	propose_removal(w, COMMITTER);
	w->commit.len = 0;
	OK(mls_group_commit(w->group[COMMITTER], &(struct mls_commit_output){.commit = &w->commit},
			    &(struct mls_commit_request){.path_if_required = true}));
	for (uint32_t i = 0; i < N_MEMBERS; i++) {
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
		assert_int_equal(event.type, MLS_EVENT_REINIT);
	}
	world_free(w);
}

static void only_what_waits_can_be_left_out(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_commit_output output = {.commit = &w->commit, .welcome = &w->welcome};
	struct mls_slice ref[2];
	struct mls_commit_request request = {.leave_out = ref, .n_leave_out = 2};
	struct mls_buf before = {0}, after = {0};

	(void)state;
	ref[0] = propose_removal(w, 3).ref;
	ref[1] = (struct mls_slice){ref[0].p, ref[0].len - 1};
	OK(mls_group_save(w->group[0], &before));
	w->commit.len = 0;
	REFUSED(mls_group_commit(w->group[0], &output, &request), MLS_ERR_PROPOSAL_REF);
	assert_int_equal(w->commit.len, 0);
	OK(mls_group_save(w->group[0], &after));
	assert_same(bytes_of(&after), bytes_of(&before));
	request.without_proposals = true;
	OK(mls_group_commit(w->group[0], &output, &request));
	mls_buf_free(&before);
	mls_buf_free(&after);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_shows_what_it_asks_for),
		cmocka_unit_test(a_proposal_that_comes_twice_is_where_it_was),
		cmocka_unit_test(who_is_outside_is_no_member),
		cmocka_unit_test(a_commit_leaves_out_what_it_is_told),
		cmocka_unit_test(what_is_left_out_overrules_nothing),
		cmocka_unit_test(what_cannot_be_committed_overrules_nothing),
		cmocka_unit_test(only_what_waits_can_be_left_out),
	};

	return cmocka_run_group_tests(tests, members_on_either, NULL);
}
