/*
 * A commit leaves out what waits and would make it invalid: RFC 9420 12.2, 12.4. So nobody can
 * keep a group from its next epoch by a proposal. COMMITTER has each of them in its cache.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "certificates.h"
#include "client.h"
#include "group.h"
#include "members.h"

#define SLICE(text) ((struct mls_slice){(const uint8_t *)(text), sizeof(text) - 1})

enum { PROPOSER = 1, COMMITTER = 2, OTHER = 3, N_MEMBERS = 4 };

static const struct mls_commit_request plain;

/* All hear what is in w->message, but the member who sent it. */
static void deliver(struct world *w, uint32_t from)
{
	struct mls_event event;

	for (uint32_t i = 0; i < w->n; i++) {
		if (i != from && w->group[i])
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
	}
}

static void propose(struct world *w, uint32_t from, const struct mls_proposal_request *request)
{
	w->message.len = 0;
	OK(mls_group_propose(w->group[from], &w->message, request, MLS_HANDSHAKE_PUBLIC));
	deliver(w, from);
}

/* A client asks for being added by a key package. */
static void ask_to_join(struct world *w, struct mls_client *client, const struct mls_buf *package)
{
	const struct mls_outside_sender sender = {.group_id = mls_group_id(w->group[0]),
						  .epoch = mls_group_epoch(w->group[0]),
						  .is_joining = true};
	const struct mls_proposal_request add = {.type = MLS_PROPOSAL_ADD,
						 .key_package = bytes_of(package)};

	w->message.len = 0;
	OK(mls_client_propose(client, &w->message, &sender, &add));
	deliver(w, MLS_NO_LEAF);
}

/* A key package of the client in which an encryption key of another stands. */
static void put_with_key(struct mls_buf *out, struct mls_client *client, struct mls_slice key)
{
	struct mls_buf genuine = {0};
	struct mls_key_package v;

	member_publish(client, &genuine);
	OK(mls_key_package_message(&v, bytes_of(&genuine)));
	v.leaf_node.encryption_key = key;
	OK(mls_buf_append(out, mls_slice(genuine.p, 4))); /* the head of the message */
	OK(mls_key_package_sign(client->crypto, out, &v, client->signer));
	mls_buf_free(&genuine);
}

static struct mls_leaf_node leaf_of(const struct world *w, uint32_t leaf)
{
	struct mls_leaf_node v;

	OK(mls_tree_leaf_node(&w->group[COMMITTER]->epoch->tree, leaf, &v));
	return v;
}

static void put_with_key_of(struct mls_buf *out, struct mls_client *client, const struct world *w,
			    uint32_t leaf)
{
	put_with_key(out, client, leaf_of(w, leaf).encryption_key);
}

/* Puts a proposal that nobody else has heard of into the committer's cache. */
static void slip_in(struct world *w, uint32_t from, uint16_t type, struct mls_slice body)
{
	static const uint8_t ref[32] = "a reference that nobody has";

	OK(mls_proposal_cache_restore(&w->group[COMMITTER]->proposals, mls_slice(ref, sizeof(ref)),
				      (struct mls_sender){MLS_SENDER_MEMBER, from}, type, body,
				      NULL));
}

/* All go on, as so many members as are wanted. */
static void commit(struct world *w, const struct mls_commit_request *request, uint32_t n_members)
{
	world_commit(w, COMMITTER, request, NULL, 0);
	assert_int_equal(mls_group_n_members(w->group[COMMITTER]), n_members);
	assert_int_equal(mls_group_n_proposals(w->group[COMMITTER]), 0);
	world_check(w);
}

static void who_has_a_members_key_is_not_added(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_client *stranger = member_client(1, 99);
	struct mls_buf package = {0};

	(void)state;
	put_with_key_of(&package, stranger, w, OTHER);
	ask_to_join(w, stranger, &package);
	commit(w, &plain, N_MEMBERS);
	package.len = 0;
	member_publish(w->client[OTHER], &package); /* has the signature key */
	propose(w, PROPOSER,
		&(struct mls_proposal_request){.type = MLS_PROPOSAL_ADD,
					       .key_package = bytes_of(&package)});
	commit(w, &plain, N_MEMBERS);
	mls_client_free(stranger);
	mls_buf_free(&package);
	world_free(w);
}

static void keys_of_who_is_removed_are_free(void **state)
{
	static const uint32_t removed = OTHER;

	(void)state;
	for (int waits = 0; waits < 2; waits++) {
		struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
		struct mls_buf package = {0};

		member_publish(w->client[OTHER], &package);
		propose(w, PROPOSER,
			&(struct mls_proposal_request){.type = MLS_PROPOSAL_ADD,
						       .key_package = bytes_of(&package)});
		if (waits)
			propose(w, PROPOSER,
				&(struct mls_proposal_request){.type = MLS_PROPOSAL_REMOVE,
							       .leaf = OTHER});
		commit(w,
		       waits ? &plain
			     : &(struct mls_commit_request){.remove = &removed, .n_remove = 1},
		       N_MEMBERS);
		assert_null(w->group[OTHER]);
		mls_buf_free(&package);
		world_free(w);
	}
}

static void of_two_newcomers_with_one_key_the_first_is_added(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_client *first = member_client(1, 98), *second = member_client(1, 99);
	struct mls_buf package = {0}, other = {0};
	struct mls_key_package v;

	(void)state;
	member_publish(first, &package);
	ask_to_join(w, first, &package);
	OK(mls_key_package_message(&v, bytes_of(&package)));
	put_with_key(&other, second, v.leaf_node.encryption_key);
	ask_to_join(w, second, &other);
	commit(w, &plain, N_MEMBERS + 1);
	assert_same(leaf_of(w, N_MEMBERS).signature_key, mls_client_signature_key(first));
	mls_client_free(first);
	mls_client_free(second);
	mls_buf_free(&package);
	mls_buf_free(&other);
	world_free(w);
}

static void who_is_added_by_the_commit_itself_is_added_once(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const uint32_t newcomer = world_client(w, NULL);
	struct mls_buf package = {0};

	(void)state;
	member_publish(w->client[newcomer], &package);
	ask_to_join(w, w->client[newcomer], &package);
	world_commit(w, COMMITTER, &plain, &newcomer, 1);
	assert_int_equal(mls_group_n_members(w->group[newcomer]), N_MEMBERS + 1);
	world_check(w);
	mls_buf_free(&package);
	world_free(w);
}

static void what_the_commit_itself_asks_for_is_refused_as_ever(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_commit_output output = {.commit = &w->commit, .welcome = &w->welcome};
	const struct mls_psk_name unknown = {.id = SLICE("unknown")};
	struct mls_client *stranger = member_client(1, 99);
	struct mls_buf package = {0};
	struct mls_slice add;

	(void)state;
	put_with_key_of(&package, stranger, w, OTHER);
	ask_to_join(w, stranger, &package);
	add = bytes_of(&package);
	REFUSED(mls_group_commit(w->group[COMMITTER], &output,
				 &(struct mls_commit_request){.add = &add, .n_add = 1}),
		MLS_ERR_KEY_NOT_UNIQUE);
	REFUSED(mls_group_commit(w->group[COMMITTER], &output,
				 &(struct mls_commit_request){.psks = &unknown, .n_psks = 1}),
		MLS_ERR_PSK_UNKNOWN);
	commit(w, &plain, N_MEMBERS);
	mls_client_free(stranger);
	mls_buf_free(&package);
	world_free(w);
}

static void whose_credential_others_do_not_know_is_not_added(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_policy policy = mls_policy_default();
	struct mls_buf package = {0};
	struct mls_client *certified;
	struct authority a;

	(void)state;
	authority_begin(&a);
	certified = certified_client(&a, 1, "somebody", &policy);
	member_publish(certified, &package);
	ask_to_join(w, certified, &package);
	commit(w, &plain, N_MEMBERS);
	mls_client_free(certified);
	authority_end(&a);
	mls_buf_free(&package);
	world_free(w);
}

/* More code points than are kept track of. */
/* Each lists what a group can keep track of, both together do not. */
static void who_lists_too_much_is_not_added(void **state)
{
	static uint16_t listed[MLS_MAX_CODE_POINTS];
	const size_t n_each = MLS_N(listed) / 2;
	struct mls_client_config config = {.suite = 1,
					   .credential_type = MLS_CREDENTIAL_BASIC,
					   .now_s = TEST_NOW_S,
					   .ephemeral = true};
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_client *stranger[2] = {NULL, NULL};
	struct mls_buf package = {0};

	(void)state;
	for (size_t i = 0; i < MLS_N(listed); i++)
		listed[i] = (uint16_t)(0xc000 + i);
	for (size_t i = 0; i < 2; i++) {
		config.extensions = (struct mls_code_points){listed + i * n_each, n_each};
		OK(mls_client_new(&stranger[i], &config));
		mls_buf_clear(&package);
		member_publish(stranger[i], &package);
		ask_to_join(w, stranger[i], &package);
	}
	commit(w, &plain, N_MEMBERS + 1);
	assert_same(leaf_of(w, N_MEMBERS).signature_key, mls_client_signature_key(stranger[0]));
	mls_client_free(stranger[0]);
	mls_client_free(stranger[1]);
	mls_buf_free(&package);
	world_free(w);
}

static void refuse_to_add(struct world *w, const struct mls_buf *package, enum mls_err want)
{
	const struct mls_commit_output output = {.commit = &w->commit, .welcome = &w->welcome};
	const struct mls_slice add = bytes_of(package);
	struct mls_buf before = {0}, after = {0};

	OK(mls_group_save(w->group[COMMITTER], &before));
	w->commit.len = w->welcome.len = 0;
	REFUSED(mls_group_commit(w->group[COMMITTER], &output,
				 &(struct mls_commit_request){.add = &add, .n_add = 1}),
		want);
	assert_int_equal(w->commit.len + w->welcome.len, 0);
	OK(mls_group_save(w->group[COMMITTER], &after));
	assert_same(bytes_of(&after), bytes_of(&before));
	mls_buf_free(&before);
	mls_buf_free(&after);
}

/* Nothing can be encrypted to who has a key of small order: no Welcome, and no later path. So what
 * waits is left out, and what the commit itself asks for is refused. */
static void keys_of_small_order_are_left_out(void **state)
{
	static const uint8_t zero[32];
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_client *first = member_client(1, 98), *second = member_client(1, 99);
	struct mls_buf package = {0}, genuine = {0}, update = {0};
	struct mls_leaf_node leaf = leaf_of(w, PROPOSER);
	struct mls_key_package v;

	(void)state;
	put_with_key(&package, first, mls_slice(zero, sizeof(zero)));
	ask_to_join(w, first, &package);
	refuse_to_add(w, &package, MLS_ERR_SHARED_SECRET);
	member_publish(second, &genuine);
	OK(mls_key_package_message(&v, bytes_of(&genuine)));
	v.init_key = mls_slice(zero, sizeof(zero));
	package.len = 4;
	OK(mls_key_package_sign(second->crypto, &package, &v, second->signer));
	ask_to_join(w, second, &package);
	refuse_to_add(w, &package, MLS_ERR_SHARED_SECRET);
	leaf.encryption_key = mls_slice(zero, sizeof(zero));
	OK(mls_leaf_node_encode(&update, &leaf));
	slip_in(w, PROPOSER, MLS_PROPOSAL_UPDATE, bytes_of(&update));
	commit(w, &plain, N_MEMBERS);
	mls_client_free(first);
	mls_client_free(second);
	mls_buf_free(&package);
	mls_buf_free(&genuine);
	mls_buf_free(&update);
	world_free(w);
}

static void a_psk_that_is_not_here_is_left_out(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);

	(void)state;
	propose(w, PROPOSER,
		&(struct mls_proposal_request){.type = MLS_PROPOSAL_PSK,
					       .psk = {.id = SLICE("unknown")}});
	propose(w, PROPOSER,
		&(struct mls_proposal_request){
			.type = MLS_PROPOSAL_PSK,
			.psk = {.group_id = mls_group_id(w->group[0]), .epoch = 77}});
	commit(w, &plain, N_MEMBERS);
	world_free(w);
}

static void a_psk_is_committed_once(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_cached_proposal *first;

	(void)state;
	for (uint32_t i = 0; i < N_MEMBERS; i++)
		OK(mls_client_set_psk(w->client[i], SLICE("a psk"), SLICE("known to all")));
	propose(w, PROPOSER,
		&(struct mls_proposal_request){.type = MLS_PROPOSAL_PSK,
					       .psk = {.id = SLICE("a psk")}});
	first = w->group[COMMITTER]->proposals.v[0];
	slip_in(w, OTHER, MLS_PROPOSAL_PSK, mls_buf_slice(&first->body));
	commit(w, &plain, N_MEMBERS);
	world_free(w);
}

static void an_update_with_a_members_key_is_left_out(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_leaf_node of_other = leaf_of(w, OTHER);

	(void)state;
	slip_in(w, PROPOSER, MLS_PROPOSAL_UPDATE, of_other.encoded);
	commit(w, &plain, N_MEMBERS);
	world_free(w);
}

/* The client presents another signature key, which is appended to `before` as it is so far; empty:
 * a new one. */
static void take_key(struct mls_client *client, struct mls_buf *before, struct mls_slice key)
{
	if (before)
		OK(mls_client_signature_private(client, before));
	OK(mls_client_set_identity(client, &(struct mls_new_identity){
						   .signature_private = key,
						   .credential_type = MLS_CREDENTIAL_BASIC,
						   .credential = SLICE("another"),
					   }));
}

static void assert_has_changed(const struct world *w, uint32_t who)
{
	assert_same(leaf_of(w, who).signature_key, mls_client_signature_key(w->client[who]));
}

/* Either is valid with the other one only. */
static void updates_may_swap_keys(void **state)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_buf key = {0}, of_other = {0};

	(void)state;
	OK(mls_client_signature_private(w->client[OTHER], &of_other));
	take_key(w->client[PROPOSER], &key, bytes_of(&of_other));
	take_key(w->client[OTHER], NULL, bytes_of(&key));
	propose(w, PROPOSER, &update);
	propose(w, OTHER, &update);
	commit(w, &plain, N_MEMBERS);
	assert_has_changed(w, PROPOSER);
	assert_has_changed(w, OTHER);
	mls_buf_free(&key);
	mls_buf_free(&of_other);
	world_free(w);
}

/* Also where not all of them go together. */
static void an_update_may_bring_what_a_later_one_gives_up(void **state)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_buf of_other = {0};

	(void)state;
	take_key(w->client[OTHER], &of_other, SLICE(""));
	take_key(w->client[PROPOSER], NULL, bytes_of(&of_other));
	propose(w, PROPOSER, &update);
	propose(w, OTHER, &update);
	slip_in(w, 0, MLS_PROPOSAL_UPDATE, leaf_of(w, COMMITTER).encoded);
	commit(w, &plain, N_MEMBERS);
	assert_has_changed(w, PROPOSER);
	assert_has_changed(w, OTHER);
	mls_buf_free(&of_other);
	world_free(w);
}

/* Then nobody who waits may have it as well. */
static void who_is_added_by_the_commit_itself_may_have_what_an_update_gives_up(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const uint32_t newcomer = world_client(w, NULL);
	struct mls_buf key = {0}, package = {0};

	(void)state;
	take_key(w->client[PROPOSER], &key, SLICE(""));
	take_key(w->client[newcomer], NULL, bytes_of(&key));
	propose(w, PROPOSER, &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE});
	member_publish(w->client[newcomer], &package);
	ask_to_join(w, w->client[newcomer], &package);
	world_commit(w, COMMITTER, &plain, &newcomer, 1);
	assert_int_equal(mls_group_n_members(w->group[newcomer]), N_MEMBERS + 1);
	assert_has_changed(w, PROPOSER);
	world_check(w);
	mls_buf_free(&key);
	mls_buf_free(&package);
	world_free(w);
}

/* The commit's extensions require what a newcomer does not have. */
static void who_lacks_what_the_commit_requires_is_not_added(void **state)
{
	static const uint16_t supported[] = {0xf001};
	struct mls_client_config config = {.suite = 1,
					   .credential_type = MLS_CREDENTIAL_BASIC,
					   .extensions = {supported, 1},
					   .now_s = TEST_NOW_S,
					   .ephemeral = true};
	const uint32_t removed = 0, joining[] = {1, 2, 3};
	const struct mls_commit_request require = {
		.remove = &removed,
		.n_remove = 1,
		.set_extensions = true,
		.extensions = SLICE("\x00\x03\x05\x02\xf0\x01\x00\x00")};
	struct world *w = world_new(1, 1, NULL, NULL);
	struct mls_client *stranger = member_client(1, 99);
	struct mls_buf package = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		OK(mls_client_new(&w->client[w->n++], &config));
	world_commit(w, 0, &plain, joining, 3);
	member_publish(stranger, &package);
	ask_to_join(w, stranger, &package);
	commit(w, &require, 3);
	assert_same(mls_group_extensions(w->group[COMMITTER]), require.extensions);
	mls_client_free(stranger);
	mls_buf_free(&package);
	world_free(w);
}

static bool nobody(void *state, const struct mls_identity *presented,
		   const struct mls_identity *replaced)
{
	(void)state;
	(void)presented;
	(void)replaced;
	return false;
}

/* New extensions are a reason to look again at who comes and who changes. */
static void whom_the_application_refuses_by_now_is_left_out(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_client *stranger = member_client(1, 99);
	struct mls_buf package = {0};

	(void)state;
	member_publish(stranger, &package);
	ask_to_join(w, stranger, &package);
	propose(w, PROPOSER, &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE});
	w->client[COMMITTER]->policy.accept_credential = nobody;
	commit(w, &(struct mls_commit_request){.set_extensions = true}, N_MEMBERS);
	mls_client_free(stranger);
	mls_buf_free(&package);
	world_free(w);
}

static void extensions_with_a_sender_who_is_refused_by_now_are_left_out(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_identity identity = {.credential_type = MLS_CREDENTIAL_BASIC,
					      .credential = SLICE("boss"),
					      .signature_key =
						      mls_client_signature_key(w->client[0])};
	struct mls_buf one = {0}, senders = {0}, extensions = {0};

	(void)state;
	OK(mls_external_sender_put(&one, &identity));
	OK(mls_vector_put(&senders, bytes_of(&one)));
	OK(mls_extension_put(&extensions, MLS_EXTENSION_EXTERNAL_SENDERS, bytes_of(&senders)));
	propose(w, PROPOSER,
		&(struct mls_proposal_request){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
					       .extensions = bytes_of(&extensions)});
	w->client[COMMITTER]->policy.accept_credential = nobody;
	commit(w, &plain, N_MEMBERS);
	assert_int_equal(mls_group_extensions(w->group[0]).len, 0);
	mls_buf_free(&one);
	mls_buf_free(&senders);
	mls_buf_free(&extensions);
	world_free(w);
}

/* The committer's path shows its new signature key. */
static void who_has_the_committers_next_key_is_not_added(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_client *twin = member_client(1, 99);
	struct mls_buf package = {0}, private_key = {0};

	(void)state;
	OK(mls_client_signature_private(twin, &private_key));
	take_key(w->client[COMMITTER], NULL, bytes_of(&private_key));
	member_publish(twin, &package);
	ask_to_join(w, twin, &package);
	commit(w, &plain, N_MEMBERS);
	mls_client_free(twin);
	mls_buf_free(&package);
	mls_buf_free(&private_key);
	world_free(w);
}

/* A ReInit stands alone (12.2), and the first commit of a successor has a PSK (11.3). */
static void a_reinit_waits_for_the_first_commit_of_a_successor(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const struct mls_proposal_request reinit = {.type = MLS_PROPOSAL_REINIT,
						    .reinit = {.group_id = SLICE("x"), .suite = 1}};
	struct mls_group *branch = NULL;

	(void)state;
	OK(mls_group_create_successor(w->client[0], &branch, w->group[0], MLS_SUCCESSION_BRANCH,
				      SLICE(""), SLICE("")));
	w->message.len = w->commit.len = 0;
	OK(mls_group_propose(branch, &w->message, &reinit, MLS_HANDSHAKE_PUBLIC));
	OK(mls_group_commit(branch, &(struct mls_commit_output){.commit = &w->commit}, &plain));
	OK(mls_group_merge(branch));
	assert_int_equal(mls_group_epoch(branch), 1);
	mls_group_free(branch);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_a_members_key_is_not_added),
		cmocka_unit_test(keys_of_who_is_removed_are_free),
		cmocka_unit_test(of_two_newcomers_with_one_key_the_first_is_added),
		cmocka_unit_test(who_is_added_by_the_commit_itself_is_added_once),
		cmocka_unit_test(what_the_commit_itself_asks_for_is_refused_as_ever),
		cmocka_unit_test(whose_credential_others_do_not_know_is_not_added),
		cmocka_unit_test(who_lists_too_much_is_not_added),
		cmocka_unit_test(keys_of_small_order_are_left_out),
		cmocka_unit_test(a_psk_that_is_not_here_is_left_out),
		cmocka_unit_test(a_psk_is_committed_once),
		cmocka_unit_test(an_update_with_a_members_key_is_left_out),
		cmocka_unit_test(updates_may_swap_keys),
		cmocka_unit_test(an_update_may_bring_what_a_later_one_gives_up),
		cmocka_unit_test(
			who_is_added_by_the_commit_itself_may_have_what_an_update_gives_up),
		cmocka_unit_test(who_lacks_what_the_commit_requires_is_not_added),
		cmocka_unit_test(whom_the_application_refuses_by_now_is_left_out),
		cmocka_unit_test(extensions_with_a_sender_who_is_refused_by_now_are_left_out),
		cmocka_unit_test(who_has_the_committers_next_key_is_not_added),
		cmocka_unit_test(a_reinit_waits_for_the_first_commit_of_a_successor),
	};

	return cmocka_run_group_tests(tests, members_on_either, NULL);
}
