/* What callers cannot do, and what they cannot hand in: clients, key packages, groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "certificates.h"
#include "forge.h"

static const struct mls_slice nothing = {0};

static void a_kept_key_package_is_one_of_the_client(void **state)
{
	struct mls_client *a = member_client(1, 0), *other = member_client(3, 1);
	struct mls_buf message = {0}, private_part = {0}, info = {0};
	struct mls_group *group = NULL;

	(void)state;
	OK(mls_key_package_new(other, &message, &private_part));
	REFUSED(mls_client_keep_key_package(a, bytes_of(&message), bytes_of(&private_part)),
		MLS_ERR_KEY_PACKAGE_SUITE);
	message.len = private_part.len = 0;
	OK(mls_key_package_new(a, &message, &private_part));
	OK(mls_buf_append(&private_part, mls_slice("", 1)));
	REFUSED(mls_client_keep_key_package(a, bytes_of(&message), bytes_of(&private_part)),
		MLS_ERR_KEY_PACKAGE_PRIVATE);
	private_part.len--;
	OK(mls_group_create(a, &group, nothing, nothing));
	OK(mls_group_info(group, &info, &(struct mls_group_info_request){0}));
	REFUSED(mls_client_keep_key_package(a, bytes_of(&info), bytes_of(&private_part)),
		MLS_ERR_WIRE_FORMAT);
	assert_int_equal(a->n_kept, 0);
	OK(mls_client_keep_key_package(a, bytes_of(&message), bytes_of(&private_part)));
	mls_group_free(group);
	mls_buf_free(&message);
	mls_buf_free(&private_part);
	mls_buf_free(&info);
	mls_client_free(a);
	mls_client_free(other);
}

static void a_signature_key_has_the_suites_length(void **state)
{
	const uint8_t key[32] = {1};
	struct mls_client_config config = {.suite = 1,
					   .credential_type = MLS_CREDENTIAL_BASIC,
					   .ephemeral = true,
					   .signature_private = {key, 32},
					   .signature_public = {key, 31}};
	struct mls_client *client = NULL;

	(void)state;
	REFUSED(mls_client_new(&client, &config), MLS_ERR_PUBLIC_KEY);
	config.signature_private.len = 31;
	REFUSED(mls_client_new(&client, &config), MLS_ERR_PRIVATE_KEY);
	assert_null(client);
}

/* The keys of one client with the public key of another, and a public key alone. */
static void signature_keys_belong_together(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 7; suite++) {
		struct mls_client *a = member_client(suite, 0), *b = member_client(suite, 1);
		struct mls_client *client = NULL;
		struct mls_buf key = {0};
		struct mls_client_config config = {
			.suite = suite,
			.credential_type = MLS_CREDENTIAL_BASIC,
			.ephemeral = true,
			.signature_public = mls_client_signature_key(b),
		};
		struct mls_new_identity identity = {.credential_type = MLS_CREDENTIAL_BASIC,
						    .signature_public = config.signature_public};

		OK(mls_client_signature_private(a, &key));
		REFUSED(mls_client_new(&client, &config), MLS_ERR_PRIVATE_KEY);
		REFUSED(mls_client_set_identity(a, &identity), MLS_ERR_PRIVATE_KEY);
		config.signature_private = identity.signature_private = bytes_of(&key);
		REFUSED(mls_client_new(&client, &config), MLS_ERR_SIGNATURE_KEY_MISMATCH);
		REFUSED(mls_client_set_identity(a, &identity), MLS_ERR_SIGNATURE_KEY_MISMATCH);
		assert_null(client);
		config.signature_public = mls_client_signature_key(a);
		OK(mls_client_new(&client, &config));
		assert_same(mls_client_signature_key(client), mls_client_signature_key(a));
		mls_client_free(client);
		mls_client_free(a);
		mls_client_free(b);
		mls_buf_free(&key);
	}
}

static void a_group_asks_for_what_its_creator_has(void **state)
{
	struct mls_client *client = member_client(1, 0);
	struct mls_group *group = NULL;

	(void)state;
	REFUSED(mls_group_create(client, &group, nothing, mls_slice("\xf0\x01\x00", 3)),
		MLS_ERR_GROUP_EXTENSION_UNSUPPORTED);
	REFUSED(mls_group_create(client, &group, nothing,
				 mls_slice("\x00\x03\x05\x02\xf0\x01\x00\x00", 8)),
		MLS_ERR_REQUIRED_CAPABILITIES);
	assert_null(group);
	mls_client_free(client);
}

/* A group that is shut down, and one that its member was removed from. */
static void a_group_that_ended_gives_nothing(void **state)
{
	const struct mls_reinit_parameters next = {.group_id = {(const uint8_t *)"next", 4},
						   .suite = 1};
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct world *w = world_new(1, 3, NULL, NULL);
	struct mls_group *removed = w->group[2];
	struct mls_event event;
	struct mls_buf out = {0};

	(void)state;
	w->commit.len = 0;
	OK(mls_group_commit(
		w->group[0], &(struct mls_commit_output){.commit = &w->commit},
		&(struct mls_commit_request){.remove = (uint32_t[]){2}, .n_remove = 1}));
	for (uint32_t i = 0; i < 3; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	w->commit.len = 0;
	OK(mls_group_commit(w->group[0], &(struct mls_commit_output){.commit = &w->commit},
			    &(struct mls_commit_request){.reinit = &next}));
	for (uint32_t i = 0; i < 2; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	REFUSED(mls_group_info(removed, &out, &(struct mls_group_info_request){0}),
		MLS_ERR_REMOVED);
	REFUSED(mls_group_propose(removed, &out, &update, MLS_HANDSHAKE_PUBLIC), MLS_ERR_REMOVED);
	REFUSED(mls_group_info(w->group[1], &out, &(struct mls_group_info_request){0}),
		MLS_ERR_REINITIALIZED);
	REFUSED(mls_group_propose(w->group[1], &out, &update, MLS_HANDSHAKE_PUBLIC),
		MLS_ERR_REINITIALIZED);
	assert_int_equal(out.len, 0);
	mls_buf_free(&out);
	world_free(w);
}

static void unknown_proposals_are_not_made(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	const struct mls_outside_sender sender = {.group_id = mls_group_id(w->group[0]),
						  .epoch = mls_group_epoch(w->group[0])};
	struct mls_proposal_request request = {.type = MLS_PROPOSAL_EXTERNAL_INIT};
	struct mls_buf out = {0};

	(void)state;
	REFUSED(mls_group_propose(w->group[0], &out, &request, MLS_HANDSHAKE_PUBLIC),
		MLS_ERR_USAGE);
	request.type = (enum mls_proposal_type)0x0a0a;
	REFUSED(mls_group_propose(w->group[0], &out, &request, MLS_HANDSHAKE_PUBLIC),
		MLS_ERR_USAGE);
	REFUSED(mls_client_propose(w->client[0], &out, &sender, &request), MLS_ERR_PROPOSAL_SENDER);
	for (unsigned type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS + 1; type < UINT16_MAX; type++) {
		request.type = (enum mls_proposal_type)type;
		REFUSED(mls_client_propose(w->client[0], &out, &sender, &request),
			MLS_ERR_PROPOSAL_SENDER);
	}
	request.type = MLS_PROPOSAL_EXTERNAL_INIT;
	REFUSED(mls_client_propose(w->client[0], &out, &sender, &request), MLS_ERR_PROPOSAL_SENDER);
	assert_int_equal(out.len, 0);
	world_check(w);
	mls_buf_free(&out);
	world_free(w);
}

/* A key package that would not fit the tree, which keeps leaves with 16-bit lengths. */
static void long_leaves_are_not_added(void **state)
{
	static const uint8_t identity[UINT16_MAX] = {'i'};
	struct world *w = world_new(1, 2, NULL, NULL);
	const uint32_t long_one = world_client(w, NULL);
	struct mls_credential own = w->client[long_one]->leaf.credential;
	struct mls_buf package = {0};
	struct mls_slice add;

	(void)state;
	w->client[long_one]->leaf.credential.content = mls_slice(identity, sizeof(identity));
	member_publish(w->client[long_one], &package);
	add = bytes_of(&package);
	REFUSED(mls_group_commit(
			w->group[0],
			&(struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome},
			&(struct mls_commit_request){.add = &add, .n_add = 1}),
		MLS_ERR_LEAF_TOO_LONG);
	w->client[long_one]->leaf.credential = own;
	world_check(w);
	mls_buf_free(&package);
	world_free(w);
}

/* The list and the extension are longer than what a bound may be too high by. */
static enum mls_err new_with_credential(struct mls_client **client, uint16_t suite, size_t len)
{
	static const uint8_t identity[UINT16_MAX] = {'i'}, extension[300] = {0x70, 0, 0x41, 0x28};
	static uint16_t list[150];
	const struct mls_code_points listed = {list, MLS_N(list)};
	const struct mls_client_config config = {.ephemeral = true,
						 .suite = suite,
						 .credential_type = MLS_CREDENTIAL_BASIC,
						 .credential = {identity, len},
						 .suites = listed,
						 .extensions = listed,
						 .proposals = listed,
						 .credentials = listed,
						 .leaf_extensions = {extension, 300},
						 .now_s = TEST_NOW_S};

	for (uint16_t i = 0; i < MLS_N(list); i++)
		list[i] = (uint16_t)(0x7000 + i);
	return mls_client_new(client, &config);
}

static size_t longest_credential(uint16_t suite)
{
	size_t fits = 0, too_long = UINT16_MAX;

	while (too_long - fits > 1) {
		const size_t middle = (fits + too_long) / 2;
		struct mls_client *client = NULL;
		const enum mls_err err = new_with_credential(&client, suite, middle);

		if (err == MLS_OK)
			fits = middle;
		else
			too_long = middle;
		assert_true(err == MLS_OK || err == MLS_ERR_LEAF_TOO_LONG);
		mls_client_free(client);
	}
	return fits;
}

/* Where it has the longest credential it may have, all leaves of a client are taken in by others.
 */
static void a_client_makes_no_leaf_that_is_too_long(void **state)
{
	static const uint16_t suites[] = {1, 5};

	(void)state;
	for (size_t i = 0; i < MLS_N(suites); i++) {
		struct world *w = world_new(suites[i], 2, NULL, NULL);
		const size_t longest = longest_credential(suites[i]);
		const uint32_t long_one = w->n++;
		struct mls_new_identity identity = {.credential_type = MLS_CREDENTIAL_BASIC};
		struct mls_leaf_node leaf;

		OK(new_with_credential(&w->client[long_one], suites[i], longest));
		world_commit(w, 0, &(struct mls_commit_request){0}, &long_one, 1);
		world_commit(w, long_one, &(struct mls_commit_request){0}, NULL, 0);
		world_check(w);
		OK(mls_tree_leaf_node(&w->group[0]->epoch->tree, long_one, &leaf));
		/* A signature of EdDSA is always as long; one of ECDSA may be some bytes shorter.
		 */
		assert_in_range(leaf.encoded.len, UINT16_MAX - (suites[i] == 1 ? 0 : 16),
				UINT16_MAX);
		identity.credential = mls_slice(leaf.encoded.p, longest);
		OK(mls_client_set_identity(w->client[long_one], &identity));
		identity.credential.len++;
		REFUSED(mls_client_set_identity(w->client[long_one], &identity),
			MLS_ERR_LEAF_TOO_LONG);
		world_commit(w, long_one, &(struct mls_commit_request){0}, NULL, 0);
		world_check(w);
		world_free(w);
	}
}

/* 7.3: members with certificates among members who know basic credentials only. */
static void credentials_that_others_do_not_know_are_not_added(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_policy all = mls_policy_default();
	struct mls_buf package = {0};
	struct mls_client *certified;
	struct authority a;
	struct mls_slice add;

	(void)state;
	authority_begin(&a);
	certified = certified_client(&a, 1, "somebody", &all);
	member_publish(certified, &package);
	add = bytes_of(&package);
	REFUSED(mls_group_commit(
			w->group[0],
			&(struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome},
			&(struct mls_commit_request){.add = &add, .n_add = 1}),
		MLS_ERR_CREDENTIAL_UNSUPPORTED);
	REFUSED(mls_group_commit(
			w->group[0],
			&(struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome},
			&(struct mls_commit_request){
				.add = &add, .n_add = 1, .path_if_required = true}),
		MLS_ERR_CREDENTIAL_UNSUPPORTED);
	world_check(w);
	mls_client_free(certified);
	authority_end(&a);
	mls_buf_free(&package);
	world_free(w);
}

static void whom_nobody_is_cannot_be_removed(void **state)
{
	struct world *w = world_new(1, 1, NULL, NULL);
	const uint32_t nobody = 5;

	(void)state;
	REFUSED(mls_group_commit(w->group[0], &(struct mls_commit_output){.commit = &w->commit},
				 &(struct mls_commit_request){.remove = &nobody, .n_remove = 1}),
		MLS_ERR_LEAF_BLANK);
	assert_int_equal(w->commit.len, 0);
	world_check(w);
	world_free(w);
}

/* Accepts everybody but who has this signature key. */
static bool not_this_one(void *state, const struct mls_identity *presented,
			 const struct mls_identity *replaced)
{
	const struct mls_slice *key = state;

	(void)replaced;
	return !mls_slice_equal(presented->signature_key, *key);
}

/* A commit that changes the group's extensions has what was cached before judged again. */
static void cached_updates_are_judged_again_with_new_extensions(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct mls_slice key = mls_client_signature_key(w->client[2]);
	struct mls_event event;

	(void)state;
	w->message.len = w->commit.len = 0;
	OK(mls_group_propose(w->group[2], &w->message, &update, MLS_HANDSHAKE_PUBLIC));
	for (uint32_t i = 0; i < 2; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
	OK(mls_group_commit(w->group[1], &(struct mls_commit_output){.commit = &w->commit},
			    &(struct mls_commit_request){.set_extensions = true}));
	w->client[0]->policy.accept_credential = not_this_one;
	w->client[0]->policy.state = &key;
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&w->commit)),
		MLS_ERR_CREDENTIAL_REFUSED);
	w->client[0]->policy.accept_credential = NULL;
	for (uint32_t i = 0; i < 3; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	world_check(w);
	world_free(w);
}

/* A group keeps no room for the largest message that it has sent or received. */
static void long_messages_leave_no_memory_behind(void **state)
{
	static const uint8_t data[(size_t)2 << 20] = {0};
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_event event;

	(void)state;
	w->message.len = 0;
	OK(mls_group_protect(w->group[0], &w->message, mls_slice(data, sizeof(data)), nothing));
	assert_true(w->group[0]->frame.cap < sizeof(data));
	OK(mls_group_receive(w->group[1], &event, bytes_of(&w->message)));
	assert_int_equal(event.data.len, sizeof(data));
	world_check(w);
	assert_true(w->group[1]->plain.cap < sizeof(data));
	world_free(w);
}

static void everybody_hears(struct world *w, uint32_t proposer,
			    const struct mls_proposal_request *request)
{
	struct mls_event event;

	w->message.len = 0;
	OK(mls_group_propose(w->group[proposer], &w->message, request, MLS_HANDSHAKE_PUBLIC));
	for (uint32_t i = 0; i < 3; i++) {
		if (i != proposer)
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
	}
}

/* 12.2: of two Adds of one client one is committed, and what the committer itself asks for goes
 * before what others have proposed. */
static void proposals_that_do_not_go_together_are_left_out(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	const uint32_t newcomer = world_client(w, NULL), removed = 1;
	struct mls_proposal_request request = {.type = MLS_PROPOSAL_ADD};
	struct mls_group *joined = NULL;
	struct mls_buf package = {0};
	struct mls_event event;

	(void)state;
	for (uint32_t i = 1; i < 3; i++) {
		package.len = 0;
		member_publish(w->client[newcomer], &package);
		request.key_package = bytes_of(&package);
		everybody_hears(w, i, &request);
	}
	request = (struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE};
	everybody_hears(w, removed, &request);
	request.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
	everybody_hears(w, 2, &request);
	w->commit.len = w->welcome.len = 0;
	OK(mls_group_commit(
		w->group[0],
		&(struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome},
		&(struct mls_commit_request){.remove = &removed,
					     .n_remove = 1,
					     .set_extensions = true,
					     .tree_in_welcome = true}));
	for (uint32_t i = 0; i < 3; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	assert_int_equal(mls_group_n_members(w->group[0]), 3);
	OK(mls_group_join(w->client[newcomer], &joined, bytes_of(&w->welcome), nothing));
	mls_group_free(joined);
	mls_buf_free(&package);
	world_free(w);
}

/* 12.2: a ReInit waits for an epoch in which nothing else is asked for. */
static void a_reinit_waits_for_what_a_commit_asks_for(void **state)
{
	const struct mls_proposal_request reinit = {
		.type = MLS_PROPOSAL_REINIT,
		.reinit = {.group_id = {(const uint8_t *)"next", 4}, .suite = 1}};
	const uint32_t removed = 2;
	const struct mls_commit_request requests[] = {
		{.set_extensions = true},
		{.remove = &removed, .n_remove = 1},
		{.path_if_required = true},
	};

	(void)state;
	for (size_t i = 0; i < MLS_N(requests); i++) {
		struct world *w = world_new(1, 3, NULL, NULL);
		struct mls_event event;

		everybody_hears(w, 1, &reinit);
		w->commit.len = 0;
		OK(mls_group_commit(w->group[0], &(struct mls_commit_output){.commit = &w->commit},
				    &requests[i]));
		OK(mls_group_receive(w->group[0], &event, bytes_of(&w->commit)));
		assert_int_equal(event.type, i < 2 ? MLS_EVENT_OWN_COMMIT : MLS_EVENT_REINIT);
		world_free(w);
	}
}

/* 12.1.7: what no commit could have is refused when it is proposed, here and by who receives it. */
static void bad_extension_lists_are_not_kept(void **state)
{
	static const struct {
		const char *list;
		size_t len;
		enum mls_err want;
	} rows[] = {
		{"\x00\x03\x01\x00", 4, MLS_ERR_TRUNCATED},     /* required_capabilities */
		{"\x00\x05\x02\x01\x00", 5, MLS_ERR_TRUNCATED}, /* external_senders */
		{"\xf0\x01\x04long", 7, MLS_ERR_GROUP_EXTENSIONS_TOO_LONG},
	};
	struct mls_policy policy = mls_policy_default();
	struct world *w;

	(void)state;
	policy.max_group_extensions = 6;
	w = world_new(1, 2, NULL, &policy);
	for (size_t i = 0; i < MLS_N(rows); i++) {
		const struct mls_proposal_request request = {
			.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
			.extensions = mls_slice(rows[i].list, rows[i].len)};
		struct mls_event event;

		w->message.len = 0;
		REFUSED(mls_group_propose(w->group[1], &w->message, &request, MLS_HANDSHAKE_PUBLIC),
			rows[i].want);
		assert_int_equal(w->message.len, 0);
		w->client[1]->policy.max_group_extensions = 7;
		if (rows[i].want == MLS_ERR_GROUP_EXTENSIONS_TOO_LONG) {
			OK(mls_group_propose(w->group[1], &w->message, &request,
					     MLS_HANDSHAKE_PUBLIC));
			REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&w->message)),
				rows[i].want);
		}
		w->client[1]->policy.max_group_extensions = 6;
	}
	w->message.len = 0;
	OK(mls_group_protect(w->group[0], &w->message, nothing, nothing));
	world_free(w);
}

/* 12.1.7, 12.4: extensions that a member does not support wait in vain, until it is removed. */
static void unsupported_extensions_are_left_out(void **state)
{
	static const uint16_t supported[] = {0xf001};
	const uint32_t first = 0, joining[] = {1, 2};
	const struct mls_proposal_request request = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
						     .extensions = mls_slice("\xf0\x01\x00", 3)};
	struct mls_client_config config = {.suite = 1,
					   .credential_type = MLS_CREDENTIAL_BASIC,
					   .extensions = {supported, 1},
					   .now_s = TEST_NOW_S,
					   .ephemeral = true};
	struct world *w = world_new(1, 1, NULL, NULL);

	(void)state;
	OK(mls_client_new(&w->client[w->n++], &config));
	OK(mls_client_new(&w->client[w->n++], &config));
	world_commit(w, 0, &(struct mls_commit_request){0}, joining, 2);
	everybody_hears(w, 2, &request);
	world_commit(w, 1, &(struct mls_commit_request){0}, NULL, 0);
	world_check(w);
	assert_int_equal(mls_group_extensions(w->group[2]).len, 0);

	everybody_hears(w, 2, &request);
	world_commit(w, 1, &(struct mls_commit_request){.remove = &first, .n_remove = 1}, NULL, 0);
	world_check(w);
	assert_true(mls_slice_equal(mls_group_extensions(w->group[2]), request.extensions));
	world_free(w);
}

/* 7.2, 13.5: capabilities list no default types; GREASE in them is no support. */
static void capabilities_say_what_a_client_supports(void **state)
{
	static const uint16_t extensions[] = {5, 0xf001, 0x0a0a}, proposals[] = {0x0a0a, 7, 1};
	struct mls_client_config config = {.suite = 1,
					   .credential_type = MLS_CREDENTIAL_BASIC,
					   .extensions = {extensions, 3},
					   .proposals = {proposals, 3},
					   .ephemeral = true};
	struct mls_client *client = NULL;
	struct mls_group *group = NULL;

	(void)state;
	OK(mls_client_new(&client, &config));
	assert_true(mls_slice_equal(client->leaf.capabilities.extensions,
				    mls_slice("\xf0\x01\x0a\x0a", 4)));
	assert_true(mls_slice_equal(client->leaf.capabilities.proposals, mls_slice("\x0a\x0a", 2)));
	REFUSED(mls_group_create(client, &group, nothing, mls_slice("\x0a\x0a\x00", 3)),
		MLS_ERR_GROUP_EXTENSION_UNSUPPORTED);
	REFUSED(mls_group_create(client, &group, nothing,
				 mls_slice("\x00\x03\x05\x02\x0a\x0a\x00\x00", 8)),
		MLS_ERR_REQUIRED_CAPABILITIES);
	OK(mls_group_create(client, &group, nothing, mls_slice("\xf0\x01\x00", 3)));
	mls_group_free(group);
	mls_client_free(client);
}

/* 10, 12.4.3: extensions of key packages and of GroupInfo that nobody knows say nothing. */
static void unknown_extensions_of_a_key_package_are_ignored(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	const uint32_t joiner = world_client(w, NULL);
	struct mls_client *client = w->client[joiner];
	struct mls_buf message = {0}, private_part = {0}, encoded = {0};
	struct mls_key_package package;
	struct mls_slice add;

	(void)state;
	OK(mls_key_package_new(client, &message, &private_part));
	OK(mls_key_package_message(&package, bytes_of(&message)));
	package.extensions =
		mls_slice("\x0a\x0a\x01x\xfa\xfa\x00", 7); /* GREASE, and private use */
	OK(mls_key_package_sign(client->crypto, &encoded, &package, client->signer));
	message.len = 4;
	OK(mls_buf_append(&message, bytes_of(&encoded)));
	OK(mls_client_keep_key_package(client, bytes_of(&message), bytes_of(&private_part)));
	add = bytes_of(&message);
	w->commit.len = w->welcome.len = 0;
	OK(mls_group_commit(
		w->group[0],
		&(struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome},
		&(struct mls_commit_request){.add = &add, .n_add = 1, .tree_in_welcome = true}));
	for (uint32_t i = 0; i < 2; i++)
		OK(mls_group_receive(w->group[i], &(struct mls_event){0}, bytes_of(&w->commit)));
	OK(mls_group_join(client, &w->group[joiner], bytes_of(&w->welcome), nothing));
	world_check(w);
	mls_buf_free(&message);
	mls_buf_free(&private_part);
	mls_buf_free(&encoded);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kept_key_package_is_one_of_the_client),
		cmocka_unit_test(a_signature_key_has_the_suites_length),
		cmocka_unit_test(signature_keys_belong_together),
		cmocka_unit_test(a_group_asks_for_what_its_creator_has),
		cmocka_unit_test(a_group_that_ended_gives_nothing),
		cmocka_unit_test(unknown_proposals_are_not_made),
		cmocka_unit_test(long_leaves_are_not_added),
		cmocka_unit_test(a_client_makes_no_leaf_that_is_too_long),
		cmocka_unit_test(credentials_that_others_do_not_know_are_not_added),
		cmocka_unit_test(whom_nobody_is_cannot_be_removed),
		cmocka_unit_test(cached_updates_are_judged_again_with_new_extensions),
		cmocka_unit_test(long_messages_leave_no_memory_behind),
		cmocka_unit_test(proposals_that_do_not_go_together_are_left_out),
		cmocka_unit_test(a_reinit_waits_for_what_a_commit_asks_for),
		cmocka_unit_test(bad_extension_lists_are_not_kept),
		cmocka_unit_test(unsupported_extensions_are_left_out),
		cmocka_unit_test(capabilities_say_what_a_client_supports),
		cmocka_unit_test(unknown_extensions_of_a_key_package_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
