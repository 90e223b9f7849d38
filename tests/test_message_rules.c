/*
 * One way to break each rule of RFC 9420 that a member can check in a message. A forger with valid
 * keys makes the message; who receives it answers with exactly the row's error and stays as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "private_message.h"
#include "public_message.h"
#include "scene.h"

static const struct mls_slice nothing = {0};

static void is_proposal(struct scene *s)
{
	s->f.content_type = MLS_CONTENT_PROPOSAL;
}

static void from_a_blank_leaf(struct scene *s)
{
	is_proposal(s);
	s->f.sender.index = N_SCENE;
	scene_put(s, forge_remove(LAST));
	forge_public(&s->f, &s->message);
}

static void signed_by_another(struct scene *s)
{
	is_proposal(s);
	s->f.signer = s->w->client[THIRD]->signer;
	scene_put(s, forge_remove(LAST));
	forge_public(&s->f, &s->message);
}

static void bad_membership_tag(struct scene *s)
{
	is_proposal(s);
	scene_put(s, forge_remove(LAST));
	forge_public(&s->f, &s->message);
	s->message.p[s->message.len - 1] ^= 1;
}

static void commit_of_an_external_sender(struct scene *s)
{
	s->f.sender = (struct mls_sender){MLS_SENDER_EXTERNAL, 0};
	scene_put(s, forge_remove(LAST));
	forge_public(&s->f, &s->message);
}

static void unknown_external_sender(struct scene *s)
{
	is_proposal(s);
	s->f.sender = (struct mls_sender){MLS_SENDER_EXTERNAL, 0};
	scene_put(s, forge_remove(LAST));
	forge_public(&s->f, &s->message);
}

static void remove_by_a_newcomer(struct scene *s)
{
	is_proposal(s);
	s->f.sender = (struct mls_sender){.type = MLS_SENDER_NEW_MEMBER_PROPOSAL};
	scene_put(s, forge_remove(LAST));
	forge_public(&s->f, &s->message);
}

static void commit_of_a_newcomer_as_proposal(struct scene *s)
{
	is_proposal(s);
	s->f.sender = (struct mls_sender){.type = MLS_SENDER_NEW_MEMBER_COMMIT};
	scene_put(s, scene_add(s));
	forge_public(&s->f, &s->message);
}

static void external_init_as_proposal(struct scene *s)
{
	is_proposal(s);
	scene_put(s, forge_external_init());
	forge_public(&s->f, &s->message);
}

static void proposal_to_remove_nobody(struct scene *s)
{
	is_proposal(s);
	scene_put(s, forge_remove(N_SCENE));
	forge_public(&s->f, &s->message);
}

static void update_of_another_leaf(struct scene *s)
{
	is_proposal(s);
	scene_put(s, scene_update(s, THIRD));
	forge_public(&s->f, &s->message);
}

static void application_in_public(struct scene *s)
{
	is_proposal(s);
	scene_put(s, forge_remove(LAST));
	forge_public(&s->f, &s->message);
	s->message.p[4 + 33 + 8 + 5 + 1] = MLS_CONTENT_APPLICATION; /* before the content */
	s->message.p[4 + 33 + 8 + 5 + 2] = 5; /* as opaque<V> of the Remove behind its type */
}

static void unknown_content(struct scene *s)
{
	application_in_public(s);
	s->message.p[4 + 33 + 8 + 5 + 1] = 4;
}

static void unknown_sender(struct scene *s)
{
	application_in_public(s);
	s->message.p[4 + 33 + 8] = 5;
}

static void unknown_version(struct scene *s)
{
	application_in_public(s);
	s->message.p[1] = 2;
}

static void unknown_wire_format(struct scene *s)
{
	application_in_public(s);
	s->message.p[3] = 6;
}

static void key_package_to_a_group(struct scene *s)
{
	OK(mls_buf_append(&s->message, bytes_of(&s->package)));
}

static void bytes_behind(struct scene *s)
{
	signed_by_another(s);
	OK(mls_buf_append(&s->message, mls_slice("", 1)));
}

static void path_neither_there_nor_not(struct scene *s)
{
	scene_put(s, scene_add(s));
	forge_public(&s->f, &s->message);
	s->message.p[s->message.len - 3 * 33 - 66 + 33 - 1] = 2;
}

static void padding_with_a_message(struct scene *s)
{
	is_proposal(s);
	scene_put(s, forge_remove(LAST));
	forge_private(&s->f, &s->message, mls_slice("\0\0x\0", 4));
}

static void bad_sender_data(struct scene *s)
{
	is_proposal(s);
	scene_put(s, forge_remove(LAST));
	forge_private(&s->f, &s->message, nothing);
	s->message.p[4 + 33 + 8 + 1 + 1 + 1] ^= 1;
}

static void bad_ciphertext(struct scene *s)
{
	is_proposal(s);
	scene_put(s, forge_remove(LAST));
	forge_private(&s->f, &s->message, nothing);
	s->message.p[s->message.len - 1] ^= 1;
}

/* content_type stands behind group_id and epoch, and decides what the sender data covers. */
static void private_of_no_content(struct scene *s)
{
	bad_ciphertext(s);
	s->message.p[4 + 33 + 8] = 0;
}

static void private_of_unknown_content(struct scene *s)
{
	bad_ciphertext(s);
	s->message.p[4 + 33 + 8] = MLS_CONTENT_COMMIT + 1;
}

/* Sender data of `len` bytes that decrypts, in the place of the true one, whose place and
 * plaintext are those of a message of this leaf whose generation and guard are zeros. */
static void put_sender_data(struct scene *s, uint8_t leaf, size_t len)
{
	struct mls_crypto *crypto = s->w->client[FORGER]->crypto;
	const struct mls_secret *secret = &s->w->group[FORGER]->epoch->secrets.sender_data_secret;
	const uint8_t plain[16] = {0, 0, 0, leaf};
	struct mls_private_message v;
	struct mls_message_key key;
	struct mls_buf out = {0};
	uint8_t sealed[16 + MLS_AEAD_TAG];

	OK(mls_private_message_decode(mls_slice(s->message.p + 4, s->message.len - 4), &v));
	OK(mls_sender_data_key(crypto, &key, secret, v.ciphertext));
	OK(mls_aead_seal(crypto, sealed, key.key, key.nonce, v.sender_data_aad,
			 mls_slice(plain, len)));
	v.encrypted_sender_data = mls_slice(sealed, len + MLS_AEAD_TAG);
	OK(mls_buf_append(&out, mls_slice(s->message.p, 4)));
	OK(mls_private_message_encode(&out, &v));
	s->message.len = 0;
	OK(mls_buf_append(&s->message, bytes_of(&out)));
	mls_buf_free(&out);
}

/* Generation 0 of the forger is what it would say, so that the next error is the guard's. */
static void other_sender_data(struct scene *s)
{
	bad_ciphertext(s);
	put_sender_data(s, FORGER, 12);
}

static void sender_data_of_a_blank_leaf(struct scene *s)
{
	const uint32_t last = LAST;

	world_commit(s->w, THIRD, &(struct mls_commit_request){.remove = &last, .n_remove = 1},
		     NULL, 0);
	bad_ciphertext(s);
	put_sender_data(s, LAST, 12);
}

static void sender_data_of_no_leaf(struct scene *s)
{
	bad_ciphertext(s);
	put_sender_data(s, N_SCENE, 12);
}

static void short_sender_data(struct scene *s)
{
	bad_ciphertext(s);
	put_sender_data(s, FORGER, 11);
}

static void long_sender_data(struct scene *s)
{
	bad_ciphertext(s);
	put_sender_data(s, FORGER, 13);
}

static void short_ciphertext(struct scene *s)
{
	struct mls_private_message v;
	struct mls_buf out = {0};

	is_proposal(s);
	scene_put(s, forge_remove(LAST));
	forge_private(&s->f, &s->message, nothing);
	OK(mls_private_message_decode(mls_slice(s->message.p + 4, s->message.len - 4), &v));
	v.ciphertext.len = MLS_AEAD_TAG - 1;
	OK(mls_buf_append(&out, mls_slice(s->message.p, 4)));
	OK(mls_private_message_encode(&out, &v));
	s->message.len = 0;
	OK(mls_buf_append(&s->message, bytes_of(&out)));
	mls_buf_free(&out);
	put_sender_data(s, FORGER, 12);
}

/* Every proposal is judged when it comes, not only when it is committed. */
static void bad_add(struct scene *s)
{
	is_proposal(s);
	s->package.p[s->package.len - 1] ^= 1;
	scene_put(s, scene_add(s));
	forge_public(&s->f, &s->message);
}

static void bad_psk(struct scene *s)
{
	is_proposal(s);
	scene_put(s, forge_psk(MLS_PSK_EXTERNAL, 0, 31));
	forge_public(&s->f, &s->message);
}

static void bad_reinit(struct scene *s)
{
	is_proposal(s);
	scene_put(s, forge_reinit(0));
	forge_public(&s->f, &s->message);
}

/* A commit in the name of somebody who only asks to be added. */
static void commit_of_one_who_asks(struct scene *s)
{
	s->f.sender = (struct mls_sender){.type = MLS_SENDER_NEW_MEMBER_PROPOSAL};
	scene_put(s, forge_remove(LAST));
	forge_public(&s->f, &s->message);
}

static void private_signed_by_another(struct scene *s)
{
	is_proposal(s);
	s->f.signer = s->w->client[THIRD]->signer;
	scene_put(s, forge_remove(LAST));
	forge_private(&s->f, &s->message, nothing);
}

static void private_commit_that_breaks_a_rule(struct scene *s)
{
	scene_put(s, forge_remove(FORGER));
	forge_private(&s->f, &s->message, nothing);
}

static const struct {
	const char *what;
	void (*forge)(struct scene *s);
	enum mls_err want;
} message_rows[] = {
	{"from a blank leaf", from_a_blank_leaf, MLS_ERR_SENDER_BLANK},
	{"signed by another", signed_by_another, MLS_ERR_SIGNATURE},
	{"bad membership tag", bad_membership_tag, MLS_ERR_MEMBERSHIP_TAG},
	{"external commit", commit_of_an_external_sender, MLS_ERR_SENDER_CONTENT},
	{"unknown external sender", unknown_external_sender, MLS_ERR_EXTERNAL_SENDER},
	{"newcomer removes", remove_by_a_newcomer, MLS_ERR_SENDER_CONTENT},
	{"newcomer's commit, a proposal", commit_of_a_newcomer_as_proposal, MLS_ERR_SENDER_CONTENT},
	{"ExternalInit alone", external_init_as_proposal, MLS_ERR_PROPOSAL_SENDER},
	{"Remove of nobody", proposal_to_remove_nobody, MLS_ERR_LEAF_BLANK},
	{"Update of another", update_of_another_leaf, MLS_ERR_LEAF_SOURCE_WRONG},
	{"application in public", application_in_public, MLS_ERR_APPLICATION_PUBLIC},
	{"unknown content type", unknown_content, MLS_ERR_CONTENT_TYPE},
	{"unknown sender type", unknown_sender, MLS_ERR_SENDER_TYPE},
	{"unknown version", unknown_version, MLS_ERR_VERSION},
	{"unknown wire format", unknown_wire_format, MLS_ERR_WIRE_FORMAT},
	{"a key package", key_package_to_a_group, MLS_ERR_WIRE_FORMAT},
	{"bytes behind", bytes_behind, MLS_ERR_TRAILING},
	{"presence octet 2", path_neither_there_nor_not, MLS_ERR_PRESENCE},
	{"padding", padding_with_a_message, MLS_ERR_PADDING},
	{"bad sender data", bad_sender_data, MLS_ERR_SENDER_DATA},
	{"bad ciphertext", bad_ciphertext, MLS_ERR_DECRYPT},
	{"private, content 0", private_of_no_content, MLS_ERR_CONTENT_TYPE},
	{"private, content 4", private_of_unknown_content, MLS_ERR_CONTENT_TYPE},
	{"other sender data", other_sender_data, MLS_ERR_DECRYPT},
	{"sender data, blank leaf", sender_data_of_a_blank_leaf, MLS_ERR_SENDER_BLANK},
	{"sender data, no leaf", sender_data_of_no_leaf, MLS_ERR_SENDER_BLANK},
	{"short sender data", short_sender_data, MLS_ERR_SENDER_DATA},
	{"long sender data", long_sender_data, MLS_ERR_SENDER_DATA},
	{"short ciphertext", short_ciphertext, MLS_ERR_DECRYPT},
	{"bad Add", bad_add, MLS_ERR_KEY_PACKAGE_SIGNATURE},
	{"bad PreSharedKey", bad_psk, MLS_ERR_PSK_NONCE},
	{"bad ReInit", bad_reinit, MLS_ERR_REINIT_VERSION},
	{"newcomer's commit, asking", commit_of_one_who_asks, MLS_ERR_SENDER_CONTENT},
	{"private, signed by another", private_signed_by_another, MLS_ERR_SIGNATURE},
	{"private commit", private_commit_that_breaks_a_rule, MLS_ERR_PROPOSAL_REMOVE_COMMITTER},
};

static void rules_of_messages_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < MLS_N(message_rows); i++) {
		struct scene s;

		scene_begin(&s);
		message_rows[i].forge(&s);
		scene_expect_refusal(&s, message_rows[i].what, message_rows[i].want);
		scene_end(&s);
	}
}

/* ---- a commit of somebody who joins by itself ---- */

static void no_external_init(struct scene *s)
{
	scene_put(s, forge_psk(MLS_PSK_EXTERNAL, 0, 32));
}

static void two_external_inits(struct scene *s)
{
	scene_put(s, forge_external_init());
	scene_put(s, forge_external_init());
}

static void two_external_removes(struct scene *s)
{
	scene_put(s, forge_external_init());
	scene_put(s, forge_remove(LAST));
	scene_put(s, forge_remove(THIRD));
}

static void external_add(struct scene *s)
{
	scene_put(s, forge_external_init());
	scene_put(s, scene_add(s));
}

static void external_reference(struct scene *s)
{
	static const uint8_t ref[32] = {1};

	scene_put(s, forge_external_init());
	forge_reference(&s->f, mls_slice(ref, sizeof(ref)));
}

static void external_without_path(struct scene *s)
{
	scene_put(s, forge_external_init());
	s->f.path = nothing;
}

static void replaces_another_client(struct scene *s)
{
	scene_put(s, forge_external_init());
	scene_put(s, forge_remove(N_SCENE));
}

static void external_signed_by_another(struct scene *s)
{
	scene_put(s, forge_external_init());
	s->f.signer = s->w->client[FORGER]->signer;
}

static void external_wrong_tag(struct scene *s)
{
	scene_put(s, forge_external_init());
}

static const struct {
	const char *what;
	void (*forge)(struct scene *s);
	enum mls_err want;
} external_rows[] = {
	{"no ExternalInit", no_external_init, MLS_ERR_EXTERNAL_INIT_ONE},
	{"two ExternalInits", two_external_inits, MLS_ERR_EXTERNAL_INIT_ONE},
	{"two Removes", two_external_removes, MLS_ERR_EXTERNAL_REMOVE_ONE},
	{"an Add", external_add, MLS_ERR_EXTERNAL_PROPOSAL},
	{"a reference", external_reference, MLS_ERR_EXTERNAL_REFERENCE},
	{"no path", external_without_path, MLS_ERR_PATH_MISSING},
	{"replaces nobody", replaces_another_client, MLS_ERR_LEAF_BLANK},
	{"signed by another", external_signed_by_another, MLS_ERR_SIGNATURE},
	{"wrong tag", external_wrong_tag, MLS_ERR_CONFIRMATION_TAG},
};

static void rules_of_an_external_commit_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < MLS_N(external_rows); i++) {
		struct mls_buf honest = {0};
		struct scene s;

		scene_begin(&s);
		scene_joins(&s, s.outsider, &(struct mls_external_request){0}, &honest);
		external_rows[i].forge(&s);
		forge_public(&s.f, &s.message);
		scene_expect_refusal(&s, external_rows[i].what, external_rows[i].want);
		mls_buf_free(&honest);
		scene_end(&s);
	}
}

/* An older self is replaced with all its keys (7.3, 12.4.3.2). The path's leaf begins with its
 * encryption key, which nothing is decrypted with before it is compared. */
static void an_older_self_does_not_keep_its_key(void **state)
{
	const struct mls_external_request request = {.replaces = true, .leaf = THIRD};
	struct mls_buf honest = {0};
	struct mls_leaf_node older;
	struct scene s;

	(void)state;
	scene_begin(&s);
	mls_group_free(s.w->group[THIRD]);
	s.w->group[THIRD] = NULL;
	scene_joins(&s, THIRD, &request, &honest);
	OK(mls_tree_leaf_node(&s.w->group[VICTIM]->epoch->tree, THIRD, &older));
	memcpy(honest.p + (s.f.path.p - honest.p) + 1, older.encryption_key.p,
	       older.encryption_key.len);
	scene_put(&s, forge_external_init());
	scene_put(&s, forge_remove(THIRD));
	forge_public(&s.f, &s.message);
	scene_expect_refusal(&s, "keeps its key", MLS_ERR_ENCRYPTION_KEY_KEPT);
	mls_buf_free(&honest);
	scene_end(&s);
}

/* Whose hash is a reference (5.2): it is of a PublicMessage or PrivateMessage only. */
static void authenticated_content_names_its_wire_format(void **state)
{
	struct mls_authenticated_content v;

	(void)state;
	REFUSED(mls_authenticated_content_decode(mls_slice("\0\3\0", 3), &v), MLS_ERR_WIRE_FORMAT);
	REFUSED(mls_authenticated_content_decode(mls_slice("\0\1\0", 3), &v), MLS_ERR_TRUNCATED);
	REFUSED(mls_authenticated_content_decode(mls_slice("\0\2\0", 3), &v), MLS_ERR_TRUNCATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_messages_are_checked),
		cmocka_unit_test(authenticated_content_names_its_wire_format),
		cmocka_unit_test(rules_of_an_external_commit_are_checked),
		cmocka_unit_test(an_older_self_does_not_keep_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
