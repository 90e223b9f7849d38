/*
 * One way to break each rule of RFC 9420 that a joiner can check. A forger with valid keys makes
 * the message; who receives it answers with exactly the row's error and stays as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"

static const struct mls_slice nothing = {0};

static void short_joiner_secret(struct forged_welcome *w)
{
	w->secrets.joiner_secret.len--;
}

static void other_joiner_secret(struct forged_welcome *w)
{
	static uint8_t bytes[32];

	w->secrets.joiner_secret = mls_slice(bytes, sizeof(bytes));
}

static void short_path_secret(struct forged_welcome *w)
{
	w->secrets.path_secret.len--;
}

static void empty_path_secret(struct forged_welcome *w)
{
	w->secrets.path_secret.len = 0;
}

static void other_path_secret(struct forged_welcome *w)
{
	static uint8_t bytes[32];

	w->secrets.path_secret = mls_slice(bytes, sizeof(bytes));
}

static void unknown_psk_in_welcome(struct forged_welcome *w)
{
	static uint8_t bytes[200];
	struct mls_buf out = {.p = bytes, .cap = sizeof(bytes), .fixed = true};
	const struct mls_proposal psk = forge_psk(MLS_PSK_EXTERNAL, 0, 32);

	OK(mls_psk_id_encode(&out, &psk.psk));
	w->secrets.psks = mls_buf_slice(&out);
}

static void bad_info_signature(struct forged_welcome *w)
{
	w->sign_badly = true;
}

static void blank_signer(struct forged_welcome *w)
{
	w->info.signer = 100;
}

static void other_signer(struct forged_welcome *w)
{
	w->info.signer = THIRD;
}

static void other_tree_hash(struct forged_welcome *w)
{
	w->info.context.tree_hash.len--;
}

static void no_tree(struct forged_welcome *w)
{
	w->info.extensions = nothing;
}

static void other_suite(struct forged_welcome *w)
{
	w->info.context.cipher_suite = 3;
}

static void other_version(struct forged_welcome *w)
{
	w->info.context.version = 2;
}

static void other_confirmation(struct forged_welcome *w)
{
	w->info.confirmation_tag.len--;
}

static void group_with_unknown_extension(struct forged_welcome *w)
{
	w->info.context.extensions = mls_slice("\xf0\x01\x00", 3);
}

static void as_it_was(struct forged_welcome *w)
{
	(void)w;
}

static const struct {
	const char *what;
	void (*change)(struct forged_welcome *w);
	enum mls_err want;
} welcome_rows[] = {
	{"short joiner secret", short_joiner_secret, MLS_ERR_JOINER_SECRET},
	{"other joiner secret", other_joiner_secret, MLS_ERR_DECRYPT},
	{"short path secret", short_path_secret, MLS_ERR_PATH_SECRET},
	{"empty path secret", empty_path_secret, MLS_ERR_PATH_SECRET},
	{"other path secret", other_path_secret, MLS_ERR_PATH_KEY_MISMATCH},
	{"unknown PSK", unknown_psk_in_welcome, MLS_ERR_PSK_UNKNOWN},
	{"bad signature", bad_info_signature, MLS_ERR_GROUP_INFO_SIGNATURE},
	{"signed by nobody", blank_signer, MLS_ERR_LEAF_BLANK},
	{"signed by another", other_signer, MLS_ERR_GROUP_INFO_SIGNATURE},
	{"other tree hash", other_tree_hash, MLS_ERR_TREE_HASH},
	{"no tree", no_tree, MLS_ERR_TREE_MISSING},
	{"other suite", other_suite, MLS_ERR_SUITE},
	{"other version", other_version, MLS_ERR_VERSION},
	{"other confirmation tag", other_confirmation, MLS_ERR_CONFIRMATION_TAG},
	{"unknown extension", group_with_unknown_extension, MLS_ERR_GROUP_EXTENSION_UNSUPPORTED},
	{"as it was", as_it_was, MLS_OK},
};

/* A refused Welcome leaves the key package with the client: the true one still lets it in. */
static void rules_of_a_welcome_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < MLS_N(welcome_rows); i++) {
		struct scene s;
		struct mls_client *joiner;
		struct mls_group *group = NULL;
		struct mls_slice add;
		enum mls_err err;

		scene_begin(&s);
		joiner = s.w->client[s.outsider];
		add = bytes_of(&s.package);
		s.w->commit.len = s.w->welcome.len = 0;
		OK(mls_group_commit(s.w->group[FORGER],
				    &(struct mls_commit_output){.commit = &s.w->commit,
								.welcome = &s.w->welcome},
				    &(struct mls_commit_request){
					    .add = &add, .n_add = 1, .tree_in_welcome = true}));
		forge_welcome(joiner, s.w->group[FORGER], &s.message, bytes_of(&s.w->welcome),
			      welcome_rows[i].change, NULL);
		err = mls_group_join(joiner, &group, bytes_of(&s.message), nothing);
		if (err != welcome_rows[i].want)
			fail_msg("%s: %s, want %s", welcome_rows[i].what, mls_err_name(err),
				 mls_err_name(welcome_rows[i].want));
		if (err)
			OK(mls_group_join(joiner, &group, bytes_of(&s.w->welcome), nothing));
		mls_group_free(group);
		scene_end(&s);
	}
}

static struct mls_buf present_tree; /* of the group before somebody was added */

/* The tree is one of that group, and the tag is right; only, the joiner is not in it. */
static void tree_without_the_joiner(struct forged_welcome *w)
{
	static uint8_t bytes[8 * 1024], hash[32];
	struct mls_buf out = {.p = bytes, .cap = sizeof(bytes), .fixed = true};

	memcpy(hash, present_tree.p, sizeof(hash));
	OK(mls_extension_encode(
		&out, &(struct mls_extension){MLS_EXTENSION_RATCHET_TREE,
					      mls_slice(present_tree.p + sizeof(hash),
							present_tree.len - sizeof(hash))}));
	w->info.extensions = mls_buf_slice(&out);
	w->info.context.tree_hash = mls_slice(hash, sizeof(hash));
	w->confirm = true;
}

/* No path was committed: the nodes above who was added are blank. */
static void path_secret_without_a_path(struct forged_welcome *w)
{
	w->secrets.has_path_secret = true;
	other_path_secret(w);
}

/* A Welcome of a commit that has no path. */
static void refuses_without_path(void (*change)(struct forged_welcome *w), enum mls_err want)
{
	struct mls_commit_request request = {
		.tree_in_welcome = true, .path_if_required = true, .n_add = 1};
	struct mls_group *group = NULL;
	struct mls_commit_output output;
	struct mls_client *joiner;
	struct mls_slice add;
	struct scene s;

	scene_begin(&s);
	joiner = s.w->client[s.outsider];
	add = bytes_of(&s.package);
	request.add = &add;
	output = (struct mls_commit_output){.commit = &s.w->commit, .welcome = &s.w->welcome};
	s.w->commit.len = s.w->welcome.len = present_tree.len = 0;
	OK(mls_buf_append(&present_tree, s.w->group[FORGER]->epoch->context.tree_hash));
	OK(mls_group_ratchet_tree(s.w->group[FORGER], &present_tree));
	OK(mls_group_commit(s.w->group[FORGER], &output, &request));
	forge_welcome(joiner, s.w->group[FORGER], &s.message, bytes_of(&s.w->welcome), change,
		      NULL);
	REFUSED(mls_group_join(joiner, &group, bytes_of(&s.message), nothing), want);
	assert_null(group);
	OK(mls_group_join(joiner, &group, bytes_of(&s.w->welcome), nothing));
	mls_group_free(group);
	scene_end(&s);
}

static void a_joiner_and_its_path_are_in_the_tree(void **state)
{
	(void)state;
	refuses_without_path(tree_without_the_joiner, MLS_ERR_LEAF_NOT_FOUND);
	refuses_without_path(path_secret_without_a_path, MLS_ERR_PATH_BLANK);
	mls_buf_free(&present_tree);
}

static void a_welcome_is_joined_once_and_by_its_addressee(void **state)
{
	struct scene s;
	struct mls_client *joiner;
	struct mls_group *group = NULL;
	struct mls_slice add;

	(void)state;
	scene_begin(&s);
	joiner = s.w->client[s.outsider];
	add = bytes_of(&s.package);
	s.w->welcome.len = 0;
	REFUSED(mls_group_commit(s.w->group[0], &(struct mls_commit_output){.commit = &s.w->commit},
				 &(struct mls_commit_request){.add = &add, .n_add = 1}),
		MLS_ERR_WELCOME_WANTED);
	OK(mls_group_commit(
		s.w->group[0],
		&(struct mls_commit_output){.commit = &s.w->commit, .welcome = &s.w->welcome},
		&(struct mls_commit_request){.add = &add, .n_add = 1, .tree_in_welcome = true}));
	REFUSED(mls_group_join(s.w->client[LAST], &group, bytes_of(&s.w->welcome), nothing),
		MLS_ERR_WELCOME_NOT_FOR_US);
	s.w->welcome.p[5] = 3; /* cipher suite */
	REFUSED(mls_group_join(joiner, &group, bytes_of(&s.w->welcome), nothing), MLS_ERR_SUITE);
	s.w->welcome.p[5] = 1;
	s.w->welcome.p[s.w->welcome.len - 1] ^= 1;
	REFUSED(mls_group_join(joiner, &group, bytes_of(&s.w->welcome), nothing), MLS_ERR_DECRYPT);
	s.w->welcome.p[s.w->welcome.len - 1] ^= 1;
	OK(mls_group_join(joiner, &group, bytes_of(&s.w->welcome), nothing));
	REFUSED(mls_group_join(joiner, &group, bytes_of(&s.w->welcome), nothing),
		MLS_ERR_WELCOME_NOT_FOR_US);
	mls_group_free(group);
	scene_end(&s);
}

static void a_key_package_needs_its_private_part(void **state)
{
	struct mls_client *a = member_client(1, 0), *b = member_client(1, 1);
	struct mls_buf message = {0}, private_part = {0};

	(void)state;
	OK(mls_key_package_new(a, &message, &private_part));
	REFUSED(mls_client_keep_key_package(b, bytes_of(&message), bytes_of(&private_part)),
		MLS_ERR_KEY_PACKAGE_PRIVATE);
	private_part.p[5] ^= 2;
	REFUSED(mls_client_keep_key_package(a, bytes_of(&message), bytes_of(&private_part)),
		MLS_ERR_KEY_PACKAGE_PRIVATE);
	private_part.p[5] ^= 2;
	private_part.len--;
	REFUSED(mls_client_keep_key_package(a, bytes_of(&message), bytes_of(&private_part)),
		MLS_ERR_KEY_PACKAGE_PRIVATE);
	private_part.len++;
	OK(mls_client_keep_key_package(a, bytes_of(&message), bytes_of(&private_part)));
	mls_buf_free(&message);
	mls_buf_free(&private_part);
	mls_client_free(a);
	mls_client_free(b);
}

static void too_many_proposals_are_refused(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_buf message = {0};
	struct world *w;

	(void)state;
	policy.max_proposals = 1;
	w = world_new(1, 4, NULL, &policy);
	OK(mls_group_propose(w->group[0], &message,
			     &(struct mls_proposal_request){.type = MLS_PROPOSAL_REMOVE, .leaf = 1},
			     MLS_HANDSHAKE_PUBLIC));
	message.len = 0;
	REFUSED(mls_group_propose(
			w->group[0], &message,
			&(struct mls_proposal_request){.type = MLS_PROPOSAL_REMOVE, .leaf = 2},
			MLS_HANDSHAKE_PUBLIC),
		MLS_ERR_PROPOSALS_TOO_MANY);
	assert_int_equal(message.len, 0);
	mls_buf_free(&message);
	world_free(w);
}

/* Proposals that are cached must together be no longer than a message may be. */
static void long_proposals_are_refused_together(void **state)
{
	uint8_t extension[4 + 1000] = {0xf0, 0, 0x43, 0xe8}; /* a type, and 1,000 bytes */
	const struct mls_proposal_request request = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
						     .extensions = {extension, sizeof(extension)}};
	struct mls_policy policy = mls_policy_default();
	struct mls_buf message = {0};
	struct world *w;

	(void)state;
	policy.max_message = 2500;
	w = world_new(1, 2, NULL, &policy);
	for (uint8_t i = 0; i < 2; i++) {
		extension[1] = i;
		OK(mls_group_propose(w->group[0], &message, &request, MLS_HANDSHAKE_PUBLIC));
	}
	extension[1] = 2;
	message.len = 0;
	REFUSED(mls_group_propose(w->group[0], &message, &request, MLS_HANDSHAKE_PUBLIC),
		MLS_ERR_PROPOSALS_TOO_MANY);
	assert_int_equal(message.len, 0);
	mls_buf_free(&message);
	world_free(w);
}

/* Whoever joins judges the length of a group's extensions by its own policy. */
static void groups_with_long_extensions_are_not_joined(void **state)
{
	static const uint8_t required[] = {0, 3, 3,
					   0, 0, 0}; /* required_capabilities, of nothing */
	struct mls_client *creator = member_client(1, 0), *joiner = member_client(1, 1);
	struct mls_buf package = {0}, commit = {0}, welcome = {0};
	struct mls_group *group = NULL, *joined = NULL;
	struct mls_slice joining;

	(void)state;
	member_publish(joiner, &package);
	joining = bytes_of(&package);
	OK(mls_group_create(creator, &group, nothing, mls_slice(required, sizeof(required))));
	OK(mls_group_commit(group,
			    &(struct mls_commit_output){.commit = &commit, .welcome = &welcome},
			    &(struct mls_commit_request){
				    .add = &joining, .n_add = 1, .tree_in_welcome = true}));
	joiner->policy.max_group_extensions = sizeof(required) - 1;
	REFUSED(mls_group_join(joiner, &joined, bytes_of(&welcome), nothing),
		MLS_ERR_GROUP_EXTENSIONS_TOO_LONG);
	assert_null(joined);
	joiner->policy.max_group_extensions = sizeof(required);
	OK(mls_group_join(joiner, &joined, bytes_of(&welcome), nothing));
	mls_group_free(joined);
	mls_group_free(group);
	mls_client_free(creator);
	mls_client_free(joiner);
	mls_buf_free(&package);
	mls_buf_free(&commit);
	mls_buf_free(&welcome);
}

static void unknown_suites_have_no_clients(void **state)
{
	struct mls_client_config config = {
		.ephemeral = true, .suite = 8, .credential_type = MLS_CREDENTIAL_BASIC};
	struct mls_client *client = NULL;

	(void)state;
	REFUSED(mls_client_new(&client, &config), MLS_ERR_SUITE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_a_welcome_are_checked),
		cmocka_unit_test(a_joiner_and_its_path_are_in_the_tree),
		cmocka_unit_test(a_welcome_is_joined_once_and_by_its_addressee),
		cmocka_unit_test(a_key_package_needs_its_private_part),
		cmocka_unit_test(too_many_proposals_are_refused),
		cmocka_unit_test(long_proposals_are_refused_together),
		cmocka_unit_test(groups_with_long_extensions_are_not_joined),
		cmocka_unit_test(unknown_suites_have_no_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
