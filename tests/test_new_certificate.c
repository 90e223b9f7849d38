/*
 * A member that changes its X.509 credential, with or without its key, or changes from one type of
 * credential to another: RFC 9420 5.3, 5.3.1, 7.3.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "certificates.h"
#include "slice.h"

enum { CHANGES = 1, OTHER = 2, N_MEMBERS = 3 };

static const struct mls_slice nothing = {0};
static const struct mls_commit_request empty = {0};
static struct authority root;

static int begin(void **state)
{
	(void)state;
	authority_begin(&root);
	return 0;
}

static int end(void **state)
{
	(void)state;
	authority_end(&root);
	return 0;
}

static struct world *certified_world(uint16_t suite)
{
	struct world *w = calloc(1, sizeof(*w));
	const uint32_t joining[] = {1, 2};
	char name[16];

	assert_non_null(w);
	w->suite = suite;
	for (; w->n < N_MEMBERS; w->n++) {
		snprintf(name, sizeof(name), "member %u", (unsigned)w->n);
		w->client[w->n] = certified_client(&root, suite, name, NULL);
	}
	OK(mls_group_create(w->client[0], &w->group[0], nothing, nothing));
	world_commit(w, 0, &(struct mls_commit_request){.tree_in_welcome = true}, joining, 2);
	return w;
}

static struct mls_new_identity identity_of(const struct certified *c)
{
	return (struct mls_new_identity){.signature_private = bytes_of(&c->private_key),
					 .signature_public = bytes_of(&c->public_key),
					 .credential_type = MLS_CREDENTIAL_X509,
					 .credential = bytes_of(&c->chain)};
}

static void set(struct mls_client *client, const struct certified *c)
{
	const struct mls_new_identity identity = identity_of(c);

	OK(mls_client_set_identity(client, &identity));
}

static void everybody_sees(const struct world *w, const struct mls_new_identity *want)
{
	struct mls_identity is;

	for (uint32_t i = 0; i < w->n; i++) {
		assert_true(mls_group_member(w->group[i], &is, CHANGES));
		assert_int_equal(is.credential_type, want->credential_type);
		assert_same(is.credential, want->credential);
		assert_same(is.signature_key, want->signature_public);
	}
}

static void everybody_sees_certified(const struct world *w, const struct certified *want)
{
	const struct mls_new_identity identity = identity_of(want);

	everybody_sees(w, &identity);
}

static void propose_update(struct world *w)
{
	struct mls_event event;

	w->message.len = 0;
	OK(mls_group_propose(w->group[CHANGES], &w->message,
			     &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE},
			     MLS_HANDSHAKE_PUBLIC));
	for (uint32_t i = 0; i < w->n; i++) {
		if (i != CHANGES)
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
	}
}

/* By a commit, by an Update, and once more with the key that it has. */
static void a_certificate_is_renewed(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 7; suite++) {
		struct world *w = certified_world(suite);
		struct certified second, third, fourth;

		certified_begin(&second, &root, suite, NULL, "member 1");
		certified_begin(&third, &root, suite, NULL, "member 1");
		certified_begin(&fourth, &root, suite, third.key, "member 1");
		set(w->client[CHANGES], &second);
		world_check(w);
		world_commit(w, CHANGES, &empty, NULL, 0);
		everybody_sees_certified(w, &second);
		world_check(w);
		set(w->client[CHANGES], &third);
		propose_update(w);
		everybody_sees_certified(w, &second);
		world_commit(w, OTHER, &empty, NULL, 0);
		everybody_sees_certified(w, &third);
		world_check(w);
		set(w->client[CHANGES], &fourth);
		world_commit(w, CHANGES, &empty, NULL, 0);
		everybody_sees_certified(w, &fourth);
		world_check(w);
		certified_end(&second);
		certified_end(&third);
		certified_end(&fourth);
		world_free(w);
	}
}

/* What others do not accept is discarded, and the group goes on with the certificate before. */
static void another_name_or_authority_is_not_accepted(void **state)
{
	struct world *w = certified_world(2);
	struct certified is, named, issued;
	const struct certified *const wrong[] = {&named, &issued};
	struct authority other;
	struct mls_event event;

	(void)state;
	authority_begin(&other);
	certified_begin(&is, &root, 2, NULL, "member 1");
	certified_begin(&named, &root, 2, NULL, "member 2");
	certified_begin(&issued, &other, 2, NULL, "member 1");
	set(w->client[CHANGES], &is);
	world_commit(w, CHANGES, &empty, NULL, 0);
	for (size_t i = 0; i < 2; i++) {
		set(w->client[CHANGES], wrong[i]);
		w->commit.len = 0;
		OK(mls_group_commit(w->group[CHANGES],
				    &(struct mls_commit_output){.commit = &w->commit}, &empty));
		REFUSED(mls_group_receive(w->group[OTHER], &event, bytes_of(&w->commit)),
			MLS_ERR_CREDENTIAL_REFUSED);
		mls_group_discard(w->group[CHANGES]);
		everybody_sees_certified(w, &is);
		world_check(w);
	}
	world_commit(w, OTHER, &empty, NULL, 0);
	set(w->client[CHANGES], &is);
	world_commit(w, CHANGES, &empty, NULL, 0);
	world_check(w);
	certified_end(&is);
	certified_end(&named);
	certified_end(&issued);
	authority_end(&other);
	world_free(w);
}

/* A chain beside the keys of another; and one with a damaged certificate in front. */
static void what_is_no_certificate_of_the_key_changes_nothing(void **state)
{
	struct world *w = certified_world(1);
	struct certified a, b;
	struct mls_new_identity identity;
	struct mls_identity before, after;

	(void)state;
	certified_begin(&a, &root, 1, NULL, "member 1");
	certified_begin(&b, &root, 1, NULL, "member 1");
	assert_true(mls_group_member(w->group[CHANGES], &before, CHANGES));
	identity = identity_of(&a);
	identity.credential = bytes_of(&b.chain);
	REFUSED(mls_client_set_identity(w->client[CHANGES], &identity), MLS_ERR_CERTIFICATE_KEY);
	identity = identity_of(&a);
	identity.credential = mls_slice("\4text", 5);
	REFUSED(mls_client_set_identity(w->client[CHANGES], &identity), MLS_ERR_CERTIFICATE);
	identity.credential = mls_slice(a.chain.p, a.chain.len - 1);
	REFUSED(mls_client_set_identity(w->client[CHANGES], &identity), MLS_ERR_TRUNCATED);
	assert_same(mls_client_signature_key(w->client[CHANGES]), before.signature_key);
	world_commit(w, CHANGES, &empty, NULL, 0);
	assert_true(mls_group_member(w->group[OTHER], &after, CHANGES));
	assert_same(after.signature_key, mls_client_signature_key(w->client[CHANGES]));
	world_check(w);
	certified_end(&a);
	certified_end(&b);
	world_free(w);
}

/* A member with a basic credential that lists the others as well, or does not. */
static struct mls_client *named_client(const char *name, bool knows_certificates)
{
	static const uint16_t x509[] = {MLS_CREDENTIAL_X509};
	const struct mls_client_config config = {.ephemeral = true,
						 .suite = 1,
						 .credential_type = MLS_CREDENTIAL_BASIC,
						 .credential = mls_slice_str(name),
						 .credentials = {x509, knows_certificates},
						 .now_s = TEST_NOW_S};
	struct mls_client *client = NULL;

	OK(mls_client_new(&client, &config));
	return client;
}

static struct world *named_world(bool all_know_certificates)
{
	struct world *w = calloc(1, sizeof(*w));
	const uint32_t joining[] = {1, 2};

	assert_non_null(w);
	w->suite = 1;
	w->client[0] = named_client("zero", true);
	w->client[CHANGES] = named_client("one", true);
	w->client[OTHER] = named_client("two", all_know_certificates);
	w->n = N_MEMBERS;
	OK(mls_group_create(w->client[0], &w->group[0], nothing, nothing));
	world_commit(w, 0, &empty, joining, 2);
	return w;
}

static void from_a_name_to_a_certificate_and_back(void **state)
{
	struct world *w = named_world(true);
	struct certified c;
	struct mls_new_identity name = {.credential_type = MLS_CREDENTIAL_BASIC,
					.credential = mls_slice_str("one")};

	(void)state;
	certified_begin(&c, &root, 1, NULL, "one");
	set(w->client[CHANGES], &c);
	world_commit(w, CHANGES, &empty, NULL, 0);
	everybody_sees_certified(w, &c);
	world_check(w);
	OK(mls_client_set_identity(w->client[CHANGES], &name));
	name.signature_public = mls_client_signature_key(w->client[CHANGES]);
	propose_update(w);
	world_commit(w, OTHER, &empty, NULL, 0);
	everybody_sees(w, &name);
	world_check(w);
	certified_end(&c);
	world_free(w);
}

/* 7.3: all members support every credential type in use. */
static void not_where_somebody_knows_no_certificates(void **state)
{
	struct world *w = named_world(false);
	struct certified c;

	(void)state;
	certified_begin(&c, &root, 1, NULL, "one");
	set(w->client[CHANGES], &c);
	w->commit.len = 0;
	REFUSED(mls_group_commit(w->group[CHANGES],
				 &(struct mls_commit_output){.commit = &w->commit}, &empty),
		MLS_ERR_CREDENTIAL_UNSUPPORTED);
	assert_false(mls_group_is_pending(w->group[CHANGES]));
	world_check(w);
	world_commit(w, OTHER, &empty, NULL, 0);
	world_check(w);
	certified_end(&c);
	world_free(w);
}

/* The state that is saved beside a pending commit, or an own Update, with a new certificate. */
static void a_state_is_loaded_with_both_certificates(void **state)
{
	(void)state;
	for (int by_update = 0; by_update < 2; by_update++) {
		struct world *w = certified_world(2);
		struct certified before, after;
		struct mls_buf saved = {0};
		struct mls_event event;

		certified_begin(&before, &root, 2, NULL, "member 1");
		certified_begin(&after, &root, 2, NULL, "member 1");
		set(w->client[CHANGES], &before);
		world_commit(w, CHANGES, &empty, NULL, 0);
		set(w->client[CHANGES], &after);
		w->commit.len = 0;
		if (by_update)
			propose_update(w);
		else
			OK(mls_group_commit(w->group[CHANGES],
					    &(struct mls_commit_output){.commit = &w->commit},
					    &empty));
		OK(mls_group_save(w->group[CHANGES], &saved));
		mls_group_free(w->group[CHANGES]);
		w->group[CHANGES] = NULL;
		mls_client_free(w->client[CHANGES]);
		w->client[CHANGES] = certified_client(&root, 2, "member 1", NULL);
		set(w->client[CHANGES], &before);
		REFUSED(mls_group_load(w->client[CHANGES], &w->group[CHANGES], bytes_of(&saved)),
			MLS_ERR_STATE_CLIENT);
		set(w->client[CHANGES], &after);
		OK(mls_group_load(w->client[CHANGES], &w->group[CHANGES], bytes_of(&saved)));
		everybody_sees_certified(w, &before);
		if (by_update)
			world_commit(w, OTHER, &empty, NULL, 0);
		for (uint32_t i = 0; i < N_MEMBERS && !by_update; i++)
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
		everybody_sees_certified(w, &after);
		world_check(w);
		certified_end(&before);
		certified_end(&after);
		mls_buf_free(&saved);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_is_renewed),
		cmocka_unit_test(another_name_or_authority_is_not_accepted),
		cmocka_unit_test(what_is_no_certificate_of_the_key_changes_nothing),
		cmocka_unit_test(from_a_name_to_a_certificate_and_back),
		cmocka_unit_test(not_where_somebody_knows_no_certificates),
		cmocka_unit_test(a_state_is_loaded_with_both_certificates),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
