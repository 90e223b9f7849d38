/* Who comes from outside: external commits, proposals of newcomers and external senders; and
 * what else a commit can do. RFC 9420 8.4, 12.1.4 to 12.1.8, 12.4.3.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"

static const struct mls_slice nothing = {0};

static void deliver(struct world *w, struct mls_slice message, enum mls_event_type want)
{
	struct mls_event event;

	for (uint32_t i = 0; i < w->n; i++) {
		if (!w->group[i])
			continue;
		OK(mls_group_receive(w->group[i], &event, message));
		assert_int_equal(event.type, want);
	}
}

static void group_info_of(struct world *w, uint32_t member, bool with_tree)
{
	const struct mls_group_info_request request = {.ratchet_tree = with_tree,
						       .external_pub = true};

	w->message.len = w->tree.len = 0;
	OK(mls_group_info(w->group[member], &w->message, &request));
	OK(mls_group_ratchet_tree(w->group[member], &w->tree));
}

static void a_client_joins_by_itself(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 7; suite++) {
		struct world *w = world_new(suite, 4, NULL, NULL);
		const uint32_t joiner = world_client(w, NULL);
		struct mls_external_request request = {0};
		struct mls_event event;

		group_info_of(w, 2, suite % 2);
		if (suite % 2 == 0)
			request.ratchet_tree = bytes_of(&w->tree);
		w->commit.len = 0;
		OK(mls_group_join_external(w->client[joiner], &w->group[joiner], &w->commit,
					   bytes_of(&w->message), &request));
		for (uint32_t i = 0; i < 4; i++) {
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
			assert_int_equal(event.type, MLS_EVENT_COMMIT);
			assert_int_equal(event.n_added, 1);
			assert_int_equal(event.added[0], 4);
			assert_int_equal(event.sender, 4);
		}
		OK(mls_group_receive(w->group[joiner], &event, bytes_of(&w->commit)));
		assert_int_equal(event.type, MLS_EVENT_OWN_COMMIT);
		REFUSED(mls_group_receive(w->group[joiner], &event, bytes_of(&w->commit)),
			MLS_ERR_EPOCH);
		world_check(w);
		world_commit(w, joiner, &(struct mls_commit_request){0}, NULL, 0);
		world_check(w);
		world_free(w);
	}
}

static void a_client_replaces_an_older_self(void **state)
{
	struct world *w = world_new(1, 4, NULL, NULL);
	struct mls_group *again = NULL;
	struct mls_event event;

	(void)state;
	group_info_of(w, 0, true);
	mls_group_free(w->group[2]); /* lost its state */
	w->group[2] = NULL;
	w->commit.len = 0;
	OK(mls_group_join_external(w->client[2], &again, &w->commit, bytes_of(&w->message),
				   &(struct mls_external_request){.replaces = true, .leaf = 2}));
	for (uint32_t i = 0; i < 4; i++) {
		if (!w->group[i])
			continue;
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
		assert_int_equal(event.removed[0], 2);
		assert_int_equal(event.added[0], 2);
	}
	w->group[2] = again;
	world_check(w);
	world_free(w);
}

/* What an application is told about who comes in. */
struct told {
	size_t n;
	bool replaces;
};

static bool note_whom(void *state, const struct mls_identity *presented,
		      const struct mls_identity *replaced)
{
	struct told *told = state;

	told->n++;
	told->replaces = replaced != NULL;
	if (replaced)
		assert_memory_equal(presented->signature_key.p, replaced->signature_key.p, 32);
	return true;
}

/* RFC 9420 5.3.1: an older self is what a new leaf is judged against; without one, nobody. */
static void members_hear_whom_a_joiner_replaces(void **state)
{
	(void)state;
	for (int replaces = 0; replaces < 2; replaces++) {
		const struct mls_external_request request = {.replaces = replaces, .leaf = 2};
		struct told told = {0};
		struct mls_policy policy = mls_policy_default();
		struct mls_group *joined = NULL;
		struct mls_event event;
		struct world *w;
		uint32_t joiner;

		policy.accept_credential = note_whom;
		policy.state = &told;
		w = world_new(1, 4, NULL, &policy);
		joiner = replaces ? 2 : world_client(w, NULL);
		group_info_of(w, 0, true);
		mls_group_free(w->group[2]);
		w->group[2] = NULL;
		w->commit.len = 0;
		OK(mls_group_join_external(w->client[joiner], &joined, &w->commit,
					   bytes_of(&w->message), &request));
		told = (struct told){0};
		OK(mls_group_receive(w->group[1], &event, bytes_of(&w->commit)));
		assert_int_equal(told.n, 1);
		assert_int_equal(told.replaces, replaces);
		mls_group_free(joined);
		world_free(w);
	}
}

/* The tree is empty between the Remove and the new leaf, which is the first one then. */
static void the_only_member_replaces_itself(void **state)
{
	static const uint32_t others[] = {0, 1, 2}, friends[] = {1};
	const struct mls_external_request request = {.replaces = true, .leaf = 3};
	struct world *w = world_new(1, 4, NULL, NULL);
	struct mls_buf before = {0}, after = {0};
	struct mls_event event;

	(void)state;
	world_commit(w, 3, &(struct mls_commit_request){.remove = others, .n_remove = 3}, NULL, 0);
	assert_int_equal(mls_group_own_leaf(w->group[3]), 3);
	group_info_of(w, 3, true);
	OK(mls_group_save(w->group[3], &before));
	mls_group_free(w->group[3]);
	w->commit.len = 0;
	OK(mls_group_join_external(w->client[3], &w->group[3], &w->commit, bytes_of(&w->message),
				   &request));
	assert_int_equal(mls_group_own_leaf(w->group[3]), 0);
	assert_int_equal(mls_group_n_members(w->group[3]), 1);
	assert_int_equal(mls_group_n_leaves(w->group[3]), 1);

	/* The older self, if it is still there, hears that it was removed. */
	OK(mls_group_save(w->group[3], &after));
	mls_group_free(w->group[3]);
	OK(mls_group_load(w->client[3], &w->group[3], bytes_of(&before)));
	OK(mls_group_receive(w->group[3], &event, bytes_of(&w->commit)));
	assert_int_equal(event.type, MLS_EVENT_REMOVED);
	mls_group_free(w->group[3]);

	OK(mls_group_load(w->client[3], &w->group[3], bytes_of(&after)));
	world_commit(w, 3, &(struct mls_commit_request){0}, friends, 1);
	world_check(w);
	mls_buf_free(&before);
	mls_buf_free(&after);
	world_free(w);
}

static void joining_needs_the_right_group_info(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	const uint32_t joiner = world_client(w, NULL);
	const struct mls_group_info_request closed = {.ratchet_tree = true};
	struct mls_external_request request = {0};

	(void)state;
	w->commit.len = w->message.len = 0;
	OK(mls_group_info(w->group[0], &w->message, &closed));
	REFUSED(mls_group_join_external(w->client[joiner], &w->group[joiner], &w->commit,
					bytes_of(&w->message), &request),
		MLS_ERR_EXTERNAL_PUB_MISSING);
	group_info_of(w, 0, false);
	REFUSED(mls_group_join_external(w->client[joiner], &w->group[joiner], &w->commit,
					bytes_of(&w->message), &request),
		MLS_ERR_TREE_MISSING);
	w->message.p[w->message.len - 1] ^= 1;
	request.ratchet_tree = bytes_of(&w->tree);
	REFUSED(mls_group_join_external(w->client[joiner], &w->group[joiner], &w->commit,
					bytes_of(&w->message), &request),
		MLS_ERR_GROUP_INFO_SIGNATURE);
	w->message.p[w->message.len - 1] ^= 1;
	REFUSED(mls_group_join_external(w->client[1], &w->group[joiner], &w->commit,
					bytes_of(&w->message), &request),
		MLS_ERR_GROUP_ID_TAKEN);
	assert_int_equal(w->commit.len, 0);
	world_free(w);
}

static void a_group_info_says_of_which_group_it_is(void **state)
{
	struct world *w = world_new(3, 3, NULL, NULL);
	const struct mls_group_info_request closed = {.ratchet_tree = true};
	struct mls_group_outline outline;

	(void)state;
	group_info_of(w, 1, true);
	OK(mls_group_info_read(&outline, bytes_of(&w->message)));
	assert_int_equal(outline.suite, 3);
	assert_int_equal(outline.epoch, 1);
	assert_int_equal(outline.group_id.len, mls_group_id(w->group[0]).len);
	assert_memory_equal(outline.group_id.p, mls_group_id(w->group[0]).p, outline.group_id.len);
	assert_int_equal(outline.extensions.len, 0);
	assert_true(outline.has_external_pub);
	assert_int_equal(outline.ratchet_tree.len, w->tree.len);
	assert_memory_equal(outline.ratchet_tree.p, w->tree.p, w->tree.len);
	w->message.len = 0;
	OK(mls_group_info(w->group[0], &w->message, &closed));
	OK(mls_group_info_read(&outline, bytes_of(&w->message)));
	assert_false(outline.has_external_pub);
	assert_int_equal(outline.ratchet_tree.len, w->tree.len);
	group_info_of(w, 1, false);
	OK(mls_group_info_read(&outline, bytes_of(&w->message)));
	assert_true(outline.has_external_pub);
	assert_int_equal(outline.ratchet_tree.len, 0);
	w->message.len--;
	REFUSED(mls_group_info_read(&outline, bytes_of(&w->message)), MLS_ERR_TRUNCATED);
	REFUSED(mls_group_info_read(&outline, bytes_of(&w->commit)), MLS_ERR_WIRE_FORMAT);
	REFUSED(mls_group_info_read(&outline,
				    (struct mls_slice){w->message.p, ((size_t)64 << 20) + 1}),
		MLS_ERR_MESSAGE_TOO_LONG);
	world_free(w);
}

static void a_member_is_found_in_a_ratchet_tree(void **state)
{
	const uint32_t second = 1;
	struct world *w = world_new(1, 4, NULL, NULL);
	struct mls_identity who;
	uint32_t leaf = 77;

	(void)state;
	assert_true(mls_group_member(w->group[0], &who, 3));
	world_commit(w, 0, &(struct mls_commit_request){.remove = &second, .n_remove = 1}, NULL, 0);
	group_info_of(w, 0, false);
	OK(mls_ratchet_tree_find(&leaf, bytes_of(&w->tree), MLS_CREDENTIAL_BASIC, who.credential));
	assert_int_equal(leaf, 3);
	REFUSED(mls_ratchet_tree_find(&leaf, bytes_of(&w->tree), MLS_CREDENTIAL_X509,
				      who.credential),
		MLS_ERR_MEMBER_UNKNOWN);
	REFUSED(mls_ratchet_tree_find(&leaf, bytes_of(&w->tree), 0, nothing),
		MLS_ERR_MEMBER_UNKNOWN); /* a blank leaf is nobody */
	OK(mls_vector_put(&w->tree, nothing));
	REFUSED(mls_ratchet_tree_find(&leaf, bytes_of(&w->tree), MLS_CREDENTIAL_BASIC,
				      who.credential),
		MLS_ERR_TRAILING);
	w->tree.len--;
	REFUSED(mls_ratchet_tree_find(&leaf, (struct mls_slice){w->tree.p, ((size_t)64 << 20) + 1},
				      MLS_CREDENTIAL_BASIC, who.credential),
		MLS_ERR_MESSAGE_TOO_LONG);
	w->tree.p[3] = 2; /* behind the length and the presence octet */
	REFUSED(mls_ratchet_tree_find(&leaf, bytes_of(&w->tree), MLS_CREDENTIAL_BASIC,
				      who.credential),
		MLS_ERR_NODE_TYPE);
	w->tree.len--;
	REFUSED(mls_ratchet_tree_find(&leaf, bytes_of(&w->tree), MLS_CREDENTIAL_BASIC,
				      who.credential),
		MLS_ERR_TRUNCATED);
	assert_int_equal(leaf, 3);
	world_free(w);
}

static void a_newcomer_asks_to_be_added(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	const uint32_t joiner = world_client(w, NULL);
	const struct mls_outside_sender sender = {.group_id = mls_group_id(w->group[0]),
						  .epoch = mls_group_epoch(w->group[0]),
						  .is_joining = true};
	struct mls_buf package = {0}, proposal = {0};
	struct mls_proposal_request request = {.type = MLS_PROPOSAL_ADD};

	(void)state;
	member_publish(w->client[joiner], &package);
	request.key_package = bytes_of(&package);
	OK(mls_client_propose(w->client[joiner], &proposal, &sender, &request));
	deliver(w, bytes_of(&proposal), MLS_EVENT_PROPOSAL);
	world_commit(w, 1, &(struct mls_commit_request){.tree_in_welcome = true}, NULL, 0);
	OK(mls_group_join(w->client[joiner], &w->group[joiner], bytes_of(&w->welcome), nothing));
	world_check(w);
	request = (struct mls_proposal_request){.type = MLS_PROPOSAL_REMOVE};
	REFUSED(mls_client_propose(w->client[joiner], &proposal, &sender, &request),
		MLS_ERR_PROPOSAL_SENDER);
	mls_buf_free(&package);
	mls_buf_free(&proposal);
	world_free(w);
}

/* The body of a GroupContext's extensions with one external sender. */
static struct mls_buf external_senders(const struct mls_client *client)
{
	const struct mls_identity boss = {.credential_type = MLS_CREDENTIAL_BASIC,
					  .credential = {(const uint8_t *)"boss", 4},
					  .signature_key = mls_client_signature_key(client)};
	struct mls_buf sender = {0}, senders = {0}, extensions = {0};

	OK(mls_external_sender_put(&sender, &boss));
	OK(mls_vector_put(&senders, bytes_of(&sender)));
	OK(mls_extension_put(&extensions, MLS_EXTENSION_EXTERNAL_SENDERS, bytes_of(&senders)));
	mls_buf_free(&sender);
	mls_buf_free(&senders);
	return extensions;
}

static void an_external_sender_proposes(void **state)
{
	struct world *w = world_new(1, 4, NULL, NULL);
	struct mls_client *boss = member_client(1, 99);
	struct mls_buf extensions = external_senders(boss);
	struct mls_outside_sender sender = {.group_id = mls_group_id(w->group[0])};
	struct mls_proposal_request request = {.type = MLS_PROPOSAL_REMOVE, .leaf = 3};
	struct mls_buf proposal = {0};
	struct mls_event event;

	(void)state;
	world_commit(w, 0,
		     &(struct mls_commit_request){.set_extensions = true,
						  .extensions = bytes_of(&extensions)},
		     NULL, 0);
	world_check(w);
	assert_int_equal(mls_group_extensions(w->group[2]).len, extensions.len);
	sender.group_id = mls_group_id(w->group[0]);
	sender.epoch = mls_group_epoch(w->group[0]);
	OK(mls_client_propose(boss, &proposal, &sender, &request));
	deliver(w, bytes_of(&proposal), MLS_EVENT_PROPOSAL);
	world_commit(w, 1, &(struct mls_commit_request){0}, NULL, 0);
	assert_null(w->group[3]);
	world_check(w);
	proposal.len = 0;
	sender.group_id = mls_group_id(w->group[0]);
	sender.epoch = mls_group_epoch(w->group[0]);
	sender.sender_index = 1;
	OK(mls_client_propose(boss, &proposal, &sender, &request));
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&proposal)),
		MLS_ERR_EXTERNAL_SENDER);
	mls_buf_free(&extensions);
	mls_buf_free(&proposal);
	mls_client_free(boss);
	world_free(w);
}

static void pre_shared_keys_go_into_the_epoch(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_psk_name names[2] = {0};
	const struct mls_slice psk = {(const uint8_t *)"correct horse", 13};
	struct world *w;
	uint32_t joiner;

	(void)state;
	names[0].id = (struct mls_slice){(const uint8_t *)"password", 8};
	policy.past_epochs = 1;
	w = world_new(1, 3, NULL, &policy);
	joiner = world_client(w, &policy);
	names[1].group_id = mls_group_id(w->group[0]);
	names[1].epoch = mls_group_epoch(w->group[0]);
	for (uint32_t i = 0; i <= joiner; i++)
		OK(mls_client_set_psk(w->client[i], names[0].id, psk));
	world_commit(w, 0, &(struct mls_commit_request){.psks = names, .n_psks = 2}, NULL, 0);
	world_check(w);
	/* Without a path, and with a joiner who must know the external one too. */
	world_commit(w, 1,
		     &(struct mls_commit_request){.psks = names,
						  .n_psks = 1,
						  .path_if_required = true,
						  .tree_in_welcome = true},
		     &joiner, 1);
	world_check(w);
	OK(mls_client_set_psk(w->client[2], names[0].id, nothing));
	w->commit.len = 0;
	OK(mls_group_commit(w->group[0], &(struct mls_commit_output){.commit = &w->commit},
			    &(struct mls_commit_request){.psks = names, .n_psks = 1}));
	REFUSED(mls_group_receive(w->group[2], &(struct mls_event){0}, bytes_of(&w->commit)),
		MLS_ERR_PSK_UNKNOWN);
	OK(mls_client_set_psk(w->client[2], names[0].id, psk));
	OK(mls_group_receive(w->group[2], &(struct mls_event){0}, bytes_of(&w->commit)));
	world_free(w);
}

static void a_reinitialized_group_is_shut_down(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	const struct mls_reinit_parameters reinit = {.group_id = {(const uint8_t *)"next", 4},
						     .suite = 2};
	struct mls_event event;

	(void)state;
	w->commit.len = 0;
	OK(mls_group_commit(w->group[0], &(struct mls_commit_output){.commit = &w->commit},
			    &(struct mls_commit_request){.reinit = &reinit}));
	deliver(w, bytes_of(&w->commit), MLS_EVENT_REINIT);
	REFUSED(mls_group_protect(w->group[0], &w->message, nothing, nothing),
		MLS_ERR_REINITIALIZED);
	REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&w->commit)),
		MLS_ERR_REINITIALIZED);
	REFUSED(mls_group_commit(w->group[2], &(struct mls_commit_output){.commit = &w->commit},
				 &(struct mls_commit_request){0}),
		MLS_ERR_REINITIALIZED);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_joins_by_itself),
		cmocka_unit_test(a_client_replaces_an_older_self),
		cmocka_unit_test(members_hear_whom_a_joiner_replaces),
		cmocka_unit_test(the_only_member_replaces_itself),
		cmocka_unit_test(joining_needs_the_right_group_info),
		cmocka_unit_test(a_group_info_says_of_which_group_it_is),
		cmocka_unit_test(a_member_is_found_in_a_ratchet_tree),
		cmocka_unit_test(a_newcomer_asks_to_be_added),
		cmocka_unit_test(an_external_sender_proposes),
		cmocka_unit_test(pre_shared_keys_go_into_the_epoch),
		cmocka_unit_test(a_reinitialized_group_is_shut_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
