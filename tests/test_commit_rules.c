/*
 * One way to break each rule of RFC 9420 that a member can check in a commit. A forger with valid
 * keys makes the message; who receives it answers with exactly the row's error and stays as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "public_message.h"
#include "scene.h"

static const struct mls_slice nothing = {0};

static void own_update(struct scene *s)
{
	scene_put(s, scene_update(s, FORGER));
}

static void remove_itself(struct scene *s)
{
	scene_put(s, forge_remove(FORGER));
}

static void remove_twice(struct scene *s)
{
	scene_put(s, forge_remove(LAST));
	scene_put(s, forge_remove(THIRD));
	scene_put(s, forge_remove(LAST));
}

static void remove_nobody(struct scene *s)
{
	scene_put(s, forge_remove(N_SCENE));
}

static void remove_far_outside(struct scene *s)
{
	scene_put(s, forge_remove(UINT32_MAX - 1));
}

static void same_psk_twice(struct scene *s)
{
	scene_put(s, forge_psk(MLS_PSK_EXTERNAL, 0, 32));
	scene_put(s, scene_add(s));
	scene_put(s, forge_psk(MLS_PSK_EXTERNAL, 0, 32));
}

static void short_psk_nonce(struct scene *s)
{
	scene_put(s, forge_psk(MLS_PSK_EXTERNAL, 0, 31));
}

static void unknown_psk(struct scene *s)
{
	scene_put(s, forge_psk(MLS_PSK_EXTERNAL, 0, 32));
}

static void unknown_resumption_psk(struct scene *s)
{
	scene_put(s, forge_psk(MLS_PSK_RESUMPTION, MLS_PSK_APPLICATION, 32));
}

static void reinit_psk(struct scene *s)
{
	scene_put(s, forge_psk(MLS_PSK_RESUMPTION, MLS_PSK_REINIT, 32));
}

static void branch_psk(struct scene *s)
{
	scene_put(s, forge_psk(MLS_PSK_RESUMPTION, MLS_PSK_BRANCH, 32));
}

/* Behind ProposalOrRefType and ProposalType: PSKType, ResumptionPSKUsage. */
static void unknown_psk_type(struct scene *s)
{
	scene_put(s, forge_psk(MLS_PSK_EXTERNAL, 0, 32));
	s->f.proposals.p[3] = 3;
}

static void unknown_psk_usage(struct scene *s)
{
	scene_put(s, forge_psk(MLS_PSK_RESUMPTION, MLS_PSK_APPLICATION, 32));
	s->f.proposals.p[4] = 4;
}

static void two_extension_lists(struct scene *s)
{
	scene_put(s, forge_extensions(nothing));
	scene_put(s, forge_extensions(nothing));
}

static void unsupported_extension(struct scene *s)
{
	scene_put(s, forge_extensions(mls_slice("\xf0\x01\x00", 3)));
}

static void required_capabilities(struct scene *s)
{
	/* required_capabilities that names extension 0xf001, and no proposal or credential. */
	scene_put(s, forge_extensions(mls_slice("\x00\x03\x05\x02\xf0\x01\x00\x00", 8)));
}

static void extension_twice(struct scene *s)
{
	scene_put(s, forge_extensions(mls_slice("\x00\x05\x00\x00\x05\x00", 6)));
}

static void reinit_with_others(struct scene *s)
{
	scene_put(s, forge_reinit(1));
	scene_put(s, forge_remove(LAST));
}

static void reinit_backwards(struct scene *s)
{
	scene_put(s, forge_reinit(0));
}

static void external_init_by_member(struct scene *s)
{
	scene_put(s, forge_external_init());
}

static void add_a_member_again(struct scene *s)
{
	s->package.len = 0;
	member_publish(s->w->client[LAST], &s->package);
	scene_put(s, scene_add(s));
}

static void add_twice(struct scene *s)
{
	scene_put(s, scene_add(s));
	scene_put(s, scene_add(s));
}

static void add_with_bad_signature(struct scene *s)
{
	s->package.p[s->package.len - 1] ^= 1;
	scene_put(s, scene_add(s));
}

static void add_with_bad_leaf_signature(struct scene *s)
{
	struct mls_key_package package;
	struct mls_slice leaf;

	OK(mls_key_package_message(&package, bytes_of(&s->package)));
	leaf = package.leaf_node.signature;
	s->package.p[leaf.p + leaf.len - 1 - s->package.p] ^= 1;
	scene_put(s, scene_add(s));
}

static void add_of_another_suite(struct scene *s)
{
	s->package.p[7] = 3; /* behind version and wire format: version, cipher suite */
	scene_put(s, scene_add(s));
}

static void add_of_another_version(struct scene *s)
{
	s->package.p[5] = 2;
	scene_put(s, scene_add(s));
}

static void add_that_has_expired(struct scene *s)
{
	mls_client_set_time(s->w->client[VICTIM], TEST_NOW_S + 91 * 24 * 3600);
	scene_put(s, scene_add(s));
}

static void path_left_out(struct scene *s)
{
	scene_put(s, forge_remove(LAST));
}

static void nothing_at_all(struct scene *s)
{
	(void)s;
}

static void unknown_reference(struct scene *s)
{
	static const uint8_t ref[32] = {3};

	forge_reference(&s->f, mls_slice(ref, sizeof(ref)));
}

static void neither_value_nor_reference(struct scene *s)
{
	forge_reference(&s->f, nothing);
	s->f.proposals.p[0] = 3;
}

static void unknown_proposal(struct scene *s)
{
	scene_put(s, forge_remove(LAST));
	s->f.proposals.p[1] = 0xf0;
}

static void wrong_confirmation(struct scene *s)
{
	scene_put(s, scene_add(s)); /* all is well but the tag that forge_public puts there */
}

/* The path of a commit that the forger makes by the rules, and may damage then. */
static struct mls_update_path honest_path(struct scene *s, struct mls_buf *memory)
{
	const struct mls_commit_output output = {.commit = memory};
	struct mls_public_message message;

	OK(mls_group_commit(s->w->group[FORGER], &output, &(struct mls_commit_request){0}));
	mls_group_discard(s->w->group[FORGER]);
	OK(mls_public_message_decode(mls_slice(memory->p + 4, memory->len - 4), &message));
	return message.content.content.commit.path;
}

static void use_path(struct scene *s, const struct mls_update_path *path)
{
	static struct mls_buf encoded;

	encoded.len = 0;
	OK(mls_update_path_encode(&encoded, path));
	OK(mls_buf_append(&s->f.proposals, nothing));
	OK(mls_buf_reserve(&s->message, 1));
	s->f.path = mls_buf_slice(&encoded);
}

/* Changes one byte of an encoded part of the path. */
static void flip(struct mls_slice part, size_t at)
{
	union {
		const uint8_t *read_only;
		uint8_t *writable;
	} p = {part.p};

	p.writable[at] ^= 1;
}

static struct mls_buf path_memory;

static void path_with_bad_leaf_signature(struct scene *s)
{
	struct mls_update_path path = honest_path(s, &path_memory);

	flip(path.leaf_node.signature, 0);
	use_path(s, &path);
}

static void path_that_keeps_the_key(struct scene *s)
{
	struct mls_update_path path = honest_path(s, &path_memory);
	struct mls_leaf_node present;

	OK(mls_tree_leaf_node(&s->w->group[VICTIM]->epoch->tree, FORGER, &present));
	path.leaf_node.encryption_key = present.encryption_key;
	use_path(s, &path);
}

static void path_with_leaf_of_a_key_package(struct scene *s)
{
	struct mls_update_path path = honest_path(s, &path_memory);

	path.leaf_node.source = MLS_LEAF_UPDATE;
	use_path(s, &path);
}

static void path_too_short(struct scene *s)
{
	struct mls_update_path path = honest_path(s, &path_memory);

	path.nodes = nothing;
	use_path(s, &path);
}

static void path_with_another_key(struct scene *s)
{
	struct mls_update_path path = honest_path(s, &path_memory);

	flip(path.nodes, 1); /* the first node's key, which the leaf's parent_hash covers */
	use_path(s, &path);
}

/* The path with other ciphertexts in its first node, whose only one is for the victim. */
static void use_ciphertexts(struct scene *s, size_t n)
{
	static uint8_t bytes[4 * 1024];
	struct mls_update_path path = honest_path(s, &path_memory);
	struct mls_buf nodes = {.p = bytes, .cap = sizeof(bytes), .fixed = true}, body = {0};
	struct mls_slice rest = path.nodes;
	struct mls_update_path_node first;

	OK(mls_update_path_node_next(&rest, &first));
	for (size_t i = 0; i < n; i++)
		OK(mls_buf_append(&body, first.encrypted_path_secret));
	first.encrypted_path_secret = mls_buf_slice(&body);
	OK(mls_update_path_node_encode(&nodes, &first));
	OK(mls_buf_append(&nodes, rest));
	path.nodes = mls_buf_slice(&nodes);
	use_path(s, &path);
	mls_buf_free(&body);
}

static void path_with_a_ciphertext_less(struct scene *s)
{
	use_ciphertexts(s, 0);
}

static void path_with_a_ciphertext_more(struct scene *s)
{
	use_ciphertexts(s, 2);
}

static void path_that_does_not_decrypt(struct scene *s)
{
	struct mls_update_path path = honest_path(s, &path_memory);

	flip(path.nodes, 33 + 2 + 82 - 1); /* the end of what the first node has for the victim */
	use_path(s, &path);
}

static const struct {
	const char *what;
	void (*forge)(struct scene *s);
	enum mls_err want;
} commit_rows[] = {
	{"own Update", own_update, MLS_ERR_PROPOSAL_OWN_UPDATE},
	{"removes its committer", remove_itself, MLS_ERR_PROPOSAL_REMOVE_COMMITTER},
	{"one leaf removed twice", remove_twice, MLS_ERR_PROPOSAL_SAME_LEAF},
	{"removes a blank leaf", remove_nobody, MLS_ERR_LEAF_BLANK},
	{"removes what is no leaf", remove_far_outside, MLS_ERR_LEAF_BLANK},
	{"one PSK twice", same_psk_twice, MLS_ERR_PROPOSAL_SAME_PSK},
	{"short psk_nonce", short_psk_nonce, MLS_ERR_PSK_NONCE},
	{"unknown external PSK", unknown_psk, MLS_ERR_PSK_UNKNOWN},
	{"unknown resumption PSK", unknown_resumption_psk, MLS_ERR_PSK_UNKNOWN},
	{"PSK of a ReInit", reinit_psk, MLS_ERR_PSK_USAGE_HERE},
	{"PSK of a branch", branch_psk, MLS_ERR_PSK_USAGE_HERE},
	{"unknown psktype", unknown_psk_type, MLS_ERR_PSK_TYPE},
	{"unknown usage", unknown_psk_usage, MLS_ERR_PSK_USAGE},
	{"two extension lists", two_extension_lists, MLS_ERR_PROPOSAL_TWO_EXTENSIONS},
	{"extension nobody supports", unsupported_extension, MLS_ERR_GROUP_EXTENSION_UNSUPPORTED},
	{"capabilities nobody has", required_capabilities, MLS_ERR_REQUIRED_CAPABILITIES},
	{"one extension type twice", extension_twice, MLS_ERR_EXTENSION_TWICE},
	{"ReInit and a Remove", reinit_with_others, MLS_ERR_PROPOSAL_REINIT_ALONE},
	{"ReInit to version 0", reinit_backwards, MLS_ERR_REINIT_VERSION},
	{"ExternalInit of a member", external_init_by_member, MLS_ERR_PROPOSAL_EXTERNAL_INIT},
	{"Add of a member", add_a_member_again, MLS_ERR_KEY_NOT_UNIQUE},
	{"one Add twice", add_twice, MLS_ERR_KEY_NOT_UNIQUE},
	{"Add, bad signature", add_with_bad_signature, MLS_ERR_KEY_PACKAGE_SIGNATURE},
	{"Add, bad leaf", add_with_bad_leaf_signature, MLS_ERR_LEAF_SIGNATURE},
	{"Add, other suite", add_of_another_suite, MLS_ERR_KEY_PACKAGE_SUITE},
	{"Add, other version", add_of_another_version, MLS_ERR_KEY_PACKAGE_VERSION},
	{"Add, expired", add_that_has_expired, MLS_ERR_LIFETIME},
	{"Remove without path", path_left_out, MLS_ERR_PATH_MISSING},
	{"nothing without path", nothing_at_all, MLS_ERR_PATH_MISSING},
	{"unknown reference", unknown_reference, MLS_ERR_PROPOSAL_REF},
	{"neither proposal nor reference", neither_value_nor_reference, MLS_ERR_PROPOSAL_OR_REF},
	{"unknown proposal", unknown_proposal, MLS_ERR_PROPOSAL_TYPE},
	{"wrong confirmation tag", wrong_confirmation, MLS_ERR_CONFIRMATION_TAG},
	{"path, bad leaf signature", path_with_bad_leaf_signature, MLS_ERR_LEAF_SIGNATURE},
	{"path, leaf of an Update", path_with_leaf_of_a_key_package, MLS_ERR_LEAF_SOURCE_WRONG},
	{"path, old key", path_that_keeps_the_key, MLS_ERR_ENCRYPTION_KEY_KEPT},
	{"path, no nodes", path_too_short, MLS_ERR_PATH_LENGTH},
	{"path, other key", path_with_another_key, MLS_ERR_LEAF_PARENT_HASH},
	{"path, a ciphertext less", path_with_a_ciphertext_less, MLS_ERR_PATH_CIPHERTEXTS},
	{"path, a ciphertext more", path_with_a_ciphertext_more, MLS_ERR_PATH_CIPHERTEXTS},
	{"path, bad ciphertext", path_that_does_not_decrypt, MLS_ERR_DECRYPT},
};

static void rules_of_a_commit_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < MLS_N(commit_rows); i++) {
		struct scene s;

		scene_begin(&s);
		commit_rows[i].forge(&s);
		forge_public(&s.f, &s.message);
		scene_expect_refusal(&s, commit_rows[i].what, commit_rows[i].want);
		path_memory.len = 0;
		scene_end(&s);
	}
	mls_buf_free(&path_memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_a_commit_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
