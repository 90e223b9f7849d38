/*
 * A member that changes its credential and signature key, by a commit or an Update: RFC 9420
 * 5.3, 5.3.1, 7.3, 12.1.2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "members.h"
#include "mls_storage.h"

#define SLICE(text) ((struct mls_slice){(const uint8_t *)(text), sizeof(text) - 1})
#define NOTHING     ((struct mls_slice){0})

enum { CHANGES = 1, OTHER = 2, N_MEMBERS = 3 };

static const struct mls_commit_request empty = {0};

/* The private and public signature key of a client. */
struct keys {
	struct mls_buf private_key, public_key;
};

static struct keys keys_of(const struct mls_client *client)
{
	struct keys keys = {0};
	const struct mls_slice public_key = mls_client_signature_key(client);
	static uint8_t memory[8][256];
	static unsigned n;
	uint8_t *p = memory[n++ % 8];

	assert_true(public_key.len <= 256);
	memcpy(p, public_key.p, public_key.len);
	keys.public_key = (struct mls_buf){p, public_key.len, 256, true};
	OK(mls_client_signature_private(client, &keys.private_key));
	return keys;
}

static struct mls_new_identity with_keys(const struct keys *keys, struct mls_slice credential)
{
	return (struct mls_new_identity){.signature_private = bytes_of(&keys->private_key),
					 .signature_public = bytes_of(&keys->public_key),
					 .credential_type = MLS_CREDENTIAL_BASIC,
					 .credential = credential};
}

static void rename_to(struct mls_client *client, struct mls_slice credential)
{
	const struct mls_new_identity identity = {.credential_type = MLS_CREDENTIAL_BASIC,
						  .credential = credential};

	OK(mls_client_set_identity(client, &identity));
}

/* All groups have a member with this credential and key at `leaf`. */
static void everybody_sees(const struct world *w, uint32_t leaf, struct mls_slice credential,
			   struct mls_slice key)
{
	struct mls_identity is;

	for (uint32_t i = 0; i < w->n; i++) {
		if (!w->group[i])
			continue;
		assert_true(mls_group_member(w->group[i], &is, leaf));
		assert_same(is.credential, credential);
		assert_same(is.signature_key, key);
	}
}

static void propose_update(struct world *w)
{
	struct mls_event event;

	w->message.len = 0;
	OK(mls_group_propose(w->group[CHANGES], &w->message,
			     &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE},
			     MLS_HANDSHAKE_PRIVATE));
	for (uint32_t i = 0; i < w->n; i++) {
		if (i != CHANGES && w->group[i])
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
	}
}

/* Newcomers verify the GroupInfo by the key of the committer's leaf: the old one where the commit
 * has no path, the new one where it has. */
static void a_commit_with_a_path_presents_the_new_identity(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 2; suite++) {
		struct world *w = world_new(suite, N_MEMBERS, NULL, NULL);
		struct keys old = keys_of(w->client[CHANGES]);
		uint32_t joiner = world_client(w, NULL);

		rename_to(w->client[CHANGES], SLICE("renamed"));
		world_check(w);
		everybody_sees(w, CHANGES, SLICE("member0000000001"), bytes_of(&old.public_key));
		world_commit(w, CHANGES, &(struct mls_commit_request){.path_if_required = true},
			     &joiner, 1);
		everybody_sees(w, CHANGES, SLICE("member0000000001"), bytes_of(&old.public_key));
		world_check(w);
		joiner = world_client(w, NULL);
		world_commit(w, CHANGES, &empty, &joiner, 1);
		everybody_sees(w, CHANGES, SLICE("renamed"),
			       mls_client_signature_key(w->client[CHANGES]));
		world_check(w);
		world_commit(w, CHANGES, &empty, NULL, 0);
		world_commit(w, OTHER, &empty, NULL, 0);
		world_check(w);
		mls_buf_free(&old.private_key);
		world_free(w);
	}
}

static void an_update_presents_the_new_identity(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct keys old = keys_of(w->client[CHANGES]);
	struct mls_waiting_proposal waiting;

	(void)state;
	rename_to(w->client[CHANGES], SLICE("renamed"));
	propose_update(w);
	assert_true(mls_group_proposal(w->group[OTHER], &waiting, 0));
	assert_same(waiting.member.credential, SLICE("renamed"));
	/* The second one is signed with the key before, and replaces the first. */
	propose_update(w);
	everybody_sees(w, CHANGES, SLICE("member0000000001"), bytes_of(&old.public_key));
	world_commit(w, OTHER, &empty, NULL, 0);
	everybody_sees(w, CHANGES, SLICE("renamed"), mls_client_signature_key(w->client[CHANGES]));
	world_check(w);
	world_commit(w, CHANGES, &empty, NULL, 0);
	world_check(w);
	mls_buf_free(&old.private_key);
	world_free(w);
}

/* The same key with another credential, and back to the identity before. */
static void a_client_can_go_back(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct mls_client *client = w->client[CHANGES];
	struct keys old = keys_of(client);
	const struct mls_new_identity first = with_keys(&old, SLICE("member0000000001"));
	const struct mls_new_identity second = with_keys(&old, SLICE("renamed"));

	(void)state;
	for (int i = 0; i < 2; i++) {
		OK(mls_client_set_identity(client, &second));
		assert_same(mls_client_signature_key(client), bytes_of(&old.public_key));
		world_commit(w, CHANGES, &empty, NULL, 0);
		everybody_sees(w, CHANGES, SLICE("renamed"), bytes_of(&old.public_key));
		rename_to(client, SLICE("a third"));
		OK(mls_client_set_identity(client, &first));
		world_commit(w, CHANGES, &empty, NULL, 0);
		everybody_sees(w, CHANGES, SLICE("member0000000001"), bytes_of(&old.public_key));
		world_check(w);
	}
	mls_buf_free(&old.private_key);
	world_free(w);
}

/* What an application is asked, and that it knows nobody called "stranger". */
struct asked {
	struct mls_buf replaced;
	size_t n;
};

static bool knows(void *state, const struct mls_identity *presented,
		  const struct mls_identity *replaced)
{
	static const char stranger[] = "stranger";
	struct asked *asked = state;

	if (presented->credential.len != strlen(stranger) ||
	    memcmp(presented->credential.p, stranger, strlen(stranger)) != 0)
		return true;
	assert_non_null(replaced);
	assert_same(replaced->credential, SLICE("member0000000001"));
	assert_same(replaced->signature_key, bytes_of(&asked->replaced));
	asked->n++;
	return false;
}

static void whom_others_do_not_know_stays_who_it_was(void **state)
{
	struct asked asked = {0};
	struct mls_policy policy = mls_policy_default();
	struct world *w;
	struct keys old;
	struct mls_buf before = {0}, after = {0};
	struct mls_event event;

	(void)state;
	policy.accept_credential = knows;
	policy.state = &asked;
	w = world_new(1, N_MEMBERS, NULL, &policy);
	old = keys_of(w->client[CHANGES]);
	asked.replaced = old.public_key;
	rename_to(w->client[CHANGES], SLICE("stranger"));
	w->commit.len = 0;
	OK(mls_group_commit(w->group[CHANGES], &(struct mls_commit_output){.commit = &w->commit},
			    &empty));
	assert_true(mls_group_is_pending(w->group[CHANGES]));
	OK(mls_group_save(w->group[OTHER], &before));
	REFUSED(mls_group_receive(w->group[OTHER], &event, bytes_of(&w->commit)),
		MLS_ERR_CREDENTIAL_REFUSED);
	assert_int_equal(asked.n, 1);
	OK(mls_group_save(w->group[OTHER], &after));
	assert_same(bytes_of(&after), bytes_of(&before));
	mls_group_discard(w->group[CHANGES]);
	world_check(w);
	everybody_sees(w, CHANGES, SLICE("member0000000001"), bytes_of(&old.public_key));
	world_commit(w, OTHER, &empty, NULL, 0);
	world_check(w);
	mls_buf_free(&old.private_key);
	mls_buf_free(&before);
	mls_buf_free(&after);
	world_free(w);
}

static struct mls_client *client_of(const struct mls_new_identity *identity,
				    const struct mls_storage *storage)
{
	const struct mls_client_config config = {.ephemeral = storage == NULL,
						 .storage = storage,
						 .suite = 1,
						 .credential_type = MLS_CREDENTIAL_BASIC,
						 .credential = identity->credential,
						 .signature_private = identity->signature_private,
						 .signature_public = identity->signature_public,
						 .now_s = TEST_NOW_S};
	struct mls_client *client = NULL;

	OK(mls_client_new(&client, &config));
	return client;
}

/* Only a client with both identities can load the state: it signs as the one before, until the
 * commit or the Update is in effect. */
static void loads_with_both_identities(bool by_update)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	struct keys old = keys_of(w->client[CHANGES]), new;
	const struct mls_new_identity before = with_keys(&old, SLICE("member0000000001"));
	struct mls_new_identity after;
	struct mls_client *client;
	struct mls_buf saved = {0};

	rename_to(w->client[CHANGES], SLICE("renamed"));
	new = keys_of(w->client[CHANGES]);
	after = with_keys(&new, SLICE("renamed"));
	w->commit.len = 0;
	if (by_update)
		propose_update(w);
	else
		OK(mls_group_commit(w->group[CHANGES],
				    &(struct mls_commit_output){.commit = &w->commit}, &empty));
	OK(mls_group_save(w->group[CHANGES], &saved));
	mls_group_free(w->group[CHANGES]);
	w->group[CHANGES] = NULL;
	mls_client_free(w->client[CHANGES]);
	client = client_of(&after, NULL);
	REFUSED(mls_group_load(client, &w->group[CHANGES], bytes_of(&saved)), MLS_ERR_STATE_CLIENT);
	mls_client_free(client);
	w->client[CHANGES] = client = client_of(&before, NULL);
	REFUSED(mls_group_load(client, &w->group[CHANGES], bytes_of(&saved)), MLS_ERR_STATE_CLIENT);
	OK(mls_client_set_identity(client, &after));
	OK(mls_group_load(client, &w->group[CHANGES], bytes_of(&saved)));
	everybody_sees(w, CHANGES, SLICE("member0000000001"), bytes_of(&old.public_key));
	if (by_update) {
		world_commit(w, OTHER, &empty, NULL, 0);
	} else {
		struct mls_event event;

		world_check(w);
		for (uint32_t i = 0; i < N_MEMBERS; i++)
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	}
	everybody_sees(w, CHANGES, SLICE("renamed"), bytes_of(&new.public_key));
	world_check(w);
	mls_buf_free(&old.private_key);
	mls_buf_free(&new.private_key);
	mls_buf_free(&saved);
	world_free(w);
}

static void a_pending_commit_is_loaded_with_both_identities(void **state)
{
	(void)state;
	loads_with_both_identities(false);
}

static void an_own_update_is_loaded_with_both_identities(void **state)
{
	(void)state;
	loads_with_both_identities(true);
}

/* A group, and what changed since it was stored. */
static struct mls_buf disk[2];

static enum mls_err put(void *state, enum mls_stored what, struct mls_slice id,
			struct mls_slice bytes)
{
	(void)state;
	(void)id;
	if (what == MLS_STORED_KEY_PACKAGE)
		return MLS_OK;
	if (what == MLS_STORED_GROUP)
		disk[0].len = disk[1].len = 0;
	return mls_buf_append(&disk[what == MLS_STORED_CHANGE], bytes);
}

static void restart(struct world *w, const struct mls_new_identity *before)
{
	const struct mls_storage storage = {.put = put};

	mls_group_free(w->group[CHANGES]);
	w->group[CHANGES] = NULL;
	mls_client_free(w->client[CHANGES]);
	w->client[CHANGES] = client_of(before, &storage);
}

/* The pending commit or the Update is a change of the stored group. */
static void restores_with_both_identities(bool by_update)
{
	const struct mls_storage storage = {.put = put};
	const uint32_t joining = CHANGES;
	struct world *w = world_new(1, 1, NULL, NULL);
	struct mls_client *first = member_client(1, 8), *second = member_client(1, 9);
	struct keys old = keys_of(first), new = keys_of(second);
	const struct mls_new_identity before = with_keys(&old, SLICE("stored")),
				      after = with_keys(&new, SLICE("renamed"));
	struct mls_event event;

	w->client[CHANGES] = client_of(&before, &storage);
	w->n = 2;
	world_commit(w, 0, &empty, &joining, 1);
	OK(mls_client_set_identity(w->client[CHANGES], &after));
	w->commit.len = 0;
	if (by_update)
		propose_update(w);
	else
		OK(mls_group_commit(w->group[CHANGES],
				    &(struct mls_commit_output){.commit = &w->commit}, &empty));
	restart(w, &before);
	REFUSED(mls_group_restore(w->client[CHANGES], &w->group[CHANGES], bytes_of(&disk[0]),
				  bytes_of(&disk[1])),
		MLS_ERR_STATE_CLIENT);
	OK(mls_client_set_identity(w->client[CHANGES], &after));
	OK(mls_group_restore(w->client[CHANGES], &w->group[CHANGES], bytes_of(&disk[0]),
			     bytes_of(&disk[1])));
	everybody_sees(w, CHANGES, SLICE("stored"), bytes_of(&old.public_key));
	if (by_update)
		world_commit(w, 0, &empty, NULL, 0);
	for (uint32_t i = 0; i < w->n && !by_update; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	everybody_sees(w, CHANGES, SLICE("renamed"), bytes_of(&new.public_key));
	world_check(w);
	mls_client_free(first);
	mls_client_free(second);
	mls_buf_free(&old.private_key);
	mls_buf_free(&new.private_key);
	mls_buf_free(&disk[0]);
	mls_buf_free(&disk[1]);
	world_free(w);
}

static void a_stored_pending_commit_needs_both_identities(void **state)
{
	(void)state;
	restores_with_both_identities(false);
}

static void a_stored_update_needs_both_identities(void **state)
{
	(void)state;
	restores_with_both_identities(true);
}

/* A key package that was published before joins as it was published. */
static void a_key_package_keeps_its_identity(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const uint32_t joiner = world_client(w, NULL);
	struct mls_client *client = w->client[joiner];
	struct keys old = keys_of(client);
	struct mls_buf package = {0}, private_part = {0}, later = {0};
	struct mls_commit_output output = {.commit = &w->commit, .welcome = &w->welcome};
	struct mls_key_package_outline outline;
	struct mls_slice add;
	struct mls_event event;

	(void)state;
	OK(mls_key_package_new(client, &package, &private_part));
	rename_to(client, SLICE("renamed"));
	OK(mls_client_keep_key_package(client, bytes_of(&package), bytes_of(&private_part)));
	member_publish(client, &later);
	OK(mls_key_package_read(&outline, bytes_of(&later)));
	assert_same(outline.member.credential, SLICE("renamed"));
	add = bytes_of(&package);
	w->commit.len = w->welcome.len = 0;
	OK(mls_group_commit(
		w->group[0], &output,
		&(struct mls_commit_request){.add = &add, .n_add = 1, .tree_in_welcome = true}));
	for (uint32_t i = 0; i < N_MEMBERS; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	OK(mls_group_join(client, &w->group[joiner], bytes_of(&w->welcome), NOTHING));
	everybody_sees(w, joiner, SLICE("member0000000003"), bytes_of(&old.public_key));
	world_check(w);
	world_commit(w, joiner, &empty, NULL, 0);
	everybody_sees(w, joiner, SLICE("renamed"), mls_client_signature_key(client));
	world_check(w);
	mls_buf_free(&package);
	mls_buf_free(&private_part);
	mls_buf_free(&later);
	mls_buf_free(&old.private_key);
	world_free(w);
}

/* A client made again needs the identity of each key package from before, as of each group. */
static void a_key_package_is_kept_with_its_identity(void **state)
{
	struct mls_client *client = member_client(1, 8), *other = member_client(1, 9);
	struct keys old = keys_of(client), new = keys_of(other);
	const struct mls_new_identity before = with_keys(&old, SLICE("as published")),
				      after = with_keys(&new, SLICE("renamed"));
	struct mls_buf package = {0}, private_part = {0}, stored = {0};
	struct mls_codec c = {.out = &stored};
	struct mls_slice message;

	(void)state;
	OK(mls_client_set_identity(client, &before));
	OK(mls_key_package_new(client, &package, &private_part));
	message = bytes_of(&package);
	mls_opaque(&c, &message);
	OK(c.err);
	OK(mls_buf_append(&stored, bytes_of(&private_part)));
	mls_client_free(client);
	client = client_of(&after, NULL);
	REFUSED(mls_client_keep_key_package(client, message, bytes_of(&private_part)),
		MLS_ERR_KEY_PACKAGE_PRIVATE);
	REFUSED(mls_client_restore_key_package(client, bytes_of(&stored)),
		MLS_ERR_KEY_PACKAGE_PRIVATE);
	OK(mls_client_set_identity(client, &before));
	OK(mls_client_set_identity(client, &after));
	OK(mls_client_restore_key_package(client, bytes_of(&stored)));
	mls_buf_free(&package);
	mls_buf_free(&private_part);
	mls_buf_free(&stored);
	mls_buf_free(&old.private_key);
	mls_buf_free(&new.private_key);
	mls_client_free(client);
	mls_client_free(other);
}

/* It asks to be added with the key package from before, and signs as that. */
static void who_asks_to_be_added_signs_as_the_key_package(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const uint32_t joiner = world_client(w, NULL);
	struct mls_client *client = w->client[joiner];
	const struct mls_outside_sender sender = {.group_id = mls_group_id(w->group[0]),
						  .epoch = mls_group_epoch(w->group[0]),
						  .is_joining = true};
	struct mls_proposal_request request = {.type = MLS_PROPOSAL_ADD};
	struct keys old = keys_of(client);
	struct mls_buf package = {0};
	struct mls_event event;

	(void)state;
	member_publish(client, &package);
	rename_to(client, SLICE("renamed"));
	request.key_package = bytes_of(&package);
	w->message.len = 0;
	REFUSED(mls_client_propose(w->client[0], &w->message, &sender, &request),
		MLS_ERR_KEY_PACKAGE_PRIVATE);
	assert_int_equal(w->message.len, 0);
	OK(mls_client_propose(client, &w->message, &sender, &request));
	for (uint32_t i = 0; i < N_MEMBERS; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
	world_commit(w, 1, &(struct mls_commit_request){.tree_in_welcome = true}, NULL, 0);
	OK(mls_group_join(client, &w->group[joiner], bytes_of(&w->welcome), NOTHING));
	everybody_sees(w, joiner, SLICE("member0000000003"), bytes_of(&old.public_key));
	world_check(w);
	mls_buf_free(&package);
	mls_buf_free(&old.private_key);
	world_free(w);
}

static void an_external_commit_presents_the_new_identity(void **state)
{
	struct world *w = world_new(1, N_MEMBERS, NULL, NULL);
	const uint32_t joiner = world_client(w, NULL);
	struct mls_event event;

	(void)state;
	rename_to(w->client[joiner], SLICE("renamed"));
	rename_to(w->client[0], SLICE("not yet"));
	w->message.len = w->commit.len = 0;
	OK(mls_group_info(
		w->group[0], &w->message,
		&(struct mls_group_info_request){.ratchet_tree = true, .external_pub = true}));
	OK(mls_group_join_external(w->client[joiner], &w->group[joiner], &w->commit,
				   bytes_of(&w->message), &(struct mls_external_request){0}));
	for (uint32_t i = 0; i < N_MEMBERS; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	everybody_sees(w, joiner, SLICE("renamed"), mls_client_signature_key(w->client[joiner]));
	world_check(w);
	world_free(w);
}

static void what_is_no_identity_changes_nothing(void **state)
{
	static const uint16_t listed[] = {MLS_CREDENTIAL_X509, 3};
	struct mls_client_config config = {.ephemeral = true,
					   .suite = 1,
					   .credential_type = MLS_CREDENTIAL_BASIC,
					   .credentials = {listed, 2}};
	struct mls_client *client = NULL, *other = member_client(1, 1);
	struct keys mine, its = keys_of(other);
	struct mls_new_identity identity;

	(void)state;
	OK(mls_client_new(&client, &config));
	mine = keys_of(client);
	identity = with_keys(&its, SLICE("x"));
	identity.signature_private.len--;
	REFUSED(mls_client_set_identity(client, &identity), MLS_ERR_PRIVATE_KEY);
	identity = with_keys(&its, SLICE("x"));
	identity.signature_public.len--;
	REFUSED(mls_client_set_identity(client, &identity), MLS_ERR_PUBLIC_KEY);
	identity = with_keys(&its, NOTHING);
	identity.credential_type = MLS_CREDENTIAL_X509;
	REFUSED(mls_client_set_identity(client, &identity), MLS_ERR_CERTIFICATES_EMPTY);
	identity.credential_type = 3;
	REFUSED(mls_client_set_identity(client, &identity), MLS_ERR_CREDENTIAL_TYPE);
	identity.credential_type = 4;
	REFUSED(mls_client_set_identity(client, &identity), MLS_ERR_CREDENTIAL_NOT_LISTED);
	assert_same(mls_client_signature_key(client), bytes_of(&mine.public_key));
	mls_buf_free(&mine.private_key);
	mls_buf_free(&its.private_key);
	mls_client_free(client);
	mls_client_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_with_a_path_presents_the_new_identity),
		cmocka_unit_test(an_update_presents_the_new_identity),
		cmocka_unit_test(a_client_can_go_back),
		cmocka_unit_test(whom_others_do_not_know_stays_who_it_was),
		cmocka_unit_test(a_pending_commit_is_loaded_with_both_identities),
		cmocka_unit_test(an_own_update_is_loaded_with_both_identities),
		cmocka_unit_test(a_stored_pending_commit_needs_both_identities),
		cmocka_unit_test(a_stored_update_needs_both_identities),
		cmocka_unit_test(a_key_package_keeps_its_identity),
		cmocka_unit_test(a_key_package_is_kept_with_its_identity),
		cmocka_unit_test(who_asks_to_be_added_signs_as_the_key_package),
		cmocka_unit_test(an_external_commit_presents_the_new_identity),
		cmocka_unit_test(what_is_no_identity_changes_nothing),
	};

	return cmocka_run_group_tests(tests, members_on_either, NULL);
}
