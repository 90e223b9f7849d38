/* X.509 credentials: RFC 9420 5.3, 5.3.1. The certificates are OpenSSL's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "certificates.h"
#include "crypto.h"
#include "group.h"

static const struct mls_slice nothing = {0};
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

/* A group of `n` members and one more client, all with certificates. */
static struct world *certified_world(uint16_t suite, uint32_t n, const struct mls_policy *policy)
{
	struct world *w = calloc(1, sizeof(*w));
	uint32_t joining[MAX_MEMBERS];
	char name[16];

	assert_non_null(w);
	w->suite = suite;
	for (; w->n <= n; w->n++) {
		snprintf(name, sizeof(name), "member %u", (unsigned)w->n);
		w->client[w->n] = certified_client(&root, suite, name, policy);
		joining[w->n] = w->n;
	}
	OK(mls_group_create(w->client[0], &w->group[0], nothing, nothing));
	world_commit(w, 0, &(struct mls_commit_request){.tree_in_welcome = true}, joining + 1,
		     n - 1);
	return w;
}

static void propose_update(struct world *w, uint32_t member)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct mls_event event;

	w->message.len = 0;
	OK(mls_group_propose(w->group[member], &w->message, &update, MLS_HANDSHAKE_PRIVATE));
	for (uint32_t i = 0; i < w->n; i++) {
		if (w->group[i] && i != member)
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
	}
}

/* `joiner` comes in by itself, for the first time or again as `leaf`. */
static void join_by_itself(struct world *w, uint32_t joiner, const uint32_t *leaf)
{
	const struct mls_group_info_request open = {.ratchet_tree = true, .external_pub = true};
	struct mls_external_request request = {.replaces = leaf != NULL, .leaf = leaf ? *leaf : 0};
	struct mls_group *again = NULL;
	struct mls_event event;

	w->message.len = w->commit.len = 0;
	OK(mls_group_info(w->group[0], &w->message, &open));
	mls_group_free(w->group[joiner]);
	w->group[joiner] = NULL;
	OK(mls_group_join_external(w->client[joiner], &again, &w->commit, bytes_of(&w->message),
				   &request));
	for (uint32_t i = 0; i < w->n; i++) {
		if (w->group[i])
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	}
	w->group[joiner] = again;
}

static void save_and_load(struct world *w, uint32_t member)
{
	struct mls_buf saved = {0};

	OK(mls_group_save(w->group[member], &saved));
	mls_group_free(w->group[member]);
	OK(mls_group_load(w->client[member], &w->group[member], bytes_of(&saved)));
	mls_buf_free(&saved);
}

static void members_with_certificates_live_a_whole_life(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 7; suite++) {
		struct world *w = certified_world(suite, 4, NULL);
		const uint32_t last = 4, second = 1;

		world_check(w);
		for (uint32_t i = 0; i < 4; i++)
			world_commit(w, i, &(struct mls_commit_request){0}, NULL, 0);
		propose_update(w, 2);
		world_commit(w, 3, &(struct mls_commit_request){0}, NULL, 0);
		world_check(w);
		join_by_itself(w, last, NULL);
		join_by_itself(w, second, &second);
		world_check(w);
		save_and_load(w, 2);
		world_commit(w, 2,
			     &(struct mls_commit_request){.remove = (uint32_t[]){3}, .n_remove = 1},
			     NULL, 0);
		assert_null(w->group[3]);
		world_commit(w, 1, &(struct mls_commit_request){.tree_in_welcome = true},
			     (uint32_t[]){3}, 1);
		world_check(w);
		world_free(w);
	}
}

static void a_group_with_certificates_is_followed_by_another(void **state)
{
	const struct mls_reinit_parameters reinit = {.group_id = {(const uint8_t *)"next", 4},
						     .suite = 2};
	struct world *w = certified_world(2, 2, NULL);
	struct mls_group *next[2] = {NULL};
	struct mls_buf package = {0};
	struct mls_slice add;
	struct mls_event event;

	(void)state;
	w->commit.len = 0;
	OK(mls_group_commit(w->group[1], &(struct mls_commit_output){.commit = &w->commit},
			    &(struct mls_commit_request){.reinit = &reinit}));
	for (uint32_t i = 0; i < 2; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	OK(mls_group_create_successor(w->client[0], &next[0], w->group[0], MLS_SUCCESSION_REINIT,
				      nothing, nothing));
	member_publish(w->client[1], &package);
	add = bytes_of(&package);
	w->commit.len = w->welcome.len = 0;
	OK(mls_group_commit(
		next[0], &(struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome},
		&(struct mls_commit_request){.add = &add, .n_add = 1, .tree_in_welcome = true}));
	OK(mls_group_merge(next[0]));
	OK(mls_group_join_successor(w->client[1], &next[1], w->group[1], MLS_SUCCESSION_REINIT,
				    bytes_of(&w->welcome), nothing));
	mls_group_free(next[0]);
	mls_group_free(next[1]);
	mls_buf_free(&package);
	world_free(w);
}

/* The credential that is presented to members is the chain that the client was made with. */
static void the_application_gets_the_chain(void **state)
{
	struct world *w = certified_world(1, 2, NULL);
	struct mls_identity member;
	struct mls_slice chain, der = {0};
	unsigned char *want = NULL;
	int n = 0;

	(void)state;
	assert_true(mls_group_member(w->group[0], &member, 1));
	assert_int_equal(member.credential_type, MLS_CREDENTIAL_X509);
	chain = member.credential;
	while (mls_certificate_next(&chain, &der))
		n++;
	assert_int_equal(n, 2);
	assert_int_equal(i2d_X509(root.root, &want), der.len);
	assert_memory_equal(want, der.p, der.len);
	OPENSSL_free(want);
	world_free(w);
}

static void others_certificates_are_refused(void **state)
{
	struct world *w = certified_world(1, 2, NULL);
	struct authority other;
	struct mls_client *stranger;
	struct mls_buf package = {0};
	struct mls_slice add;
	struct mls_event event;
	const struct mls_commit_output output = {.commit = &w->commit, .welcome = &w->welcome};
	const struct mls_commit_request request = {.add = &add, .n_add = 1};
	struct mls_policy all = mls_policy_default();
	struct mls_proposal_request proposal = {.type = MLS_PROPOSAL_ADD};
	struct mls_outside_sender sender = {.group_id = mls_group_id(w->group[0]),
					    .epoch = mls_group_epoch(w->group[0]),
					    .is_joining = true};

	(void)state;
	authority_begin(&other);
	stranger = certified_client(&other, 1, "member 1", &all);
	member_publish(stranger, &package);
	add = proposal.key_package = bytes_of(&package);
	REFUSED(mls_group_commit(w->group[0], &output, &request), MLS_ERR_CREDENTIAL_REFUSED);
	w->message.len = 0;
	OK(mls_client_propose(stranger, &w->message, &sender, &proposal));
	REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&w->message)),
		MLS_ERR_CREDENTIAL_REFUSED);
	world_check(w);
	mls_client_free(stranger);
	mls_buf_free(&package);
	authority_end(&other);
	world_free(w);
}

/* A client whose leaves present another credential than it was made with; the memory lives on. */
static void present(struct mls_client *client, struct mls_slice chain)
{
	client->leaf.credential = (struct mls_credential){MLS_CREDENTIAL_X509, chain};
}

/* A certificate for the key that a client of suite 1 has, in another name or the same. */
static void certify_again(struct mls_client *client, struct mls_buf *chain, const char *name)
{
	const struct mls_slice public_key = mls_client_signature_key(client);
	EVP_PKEY *key =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key.p, public_key.len);
	struct mls_buf der = {0};

	assert_non_null(key);
	certificate_issue(&root, &der, key, name);
	chain->len = 0;
	certificate_put(chain, bytes_of(&der));
	present(client, bytes_of(chain));
	mls_buf_free(&der);
	EVP_PKEY_free(key);
}

/* 5.3.1: the application decides whether a credential may follow another. */
static void a_certificate_may_be_renewed_and_a_name_not_changed(void **state)
{
	struct world *w = certified_world(1, 3, NULL);
	struct mls_buf chain = {0};
	struct mls_event event;

	(void)state;
	certify_again(w->client[1], &chain, "another name");
	w->commit.len = 0;
	OK(mls_group_commit(w->group[1], &(struct mls_commit_output){.commit = &w->commit},
			    &(struct mls_commit_request){0}));
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&w->commit)),
		MLS_ERR_CREDENTIAL_REFUSED);
	mls_group_discard(w->group[1]);
	world_check(w);
	certify_again(w->client[1], &chain, "member 1");
	world_commit(w, 1, &(struct mls_commit_request){0}, NULL, 0);
	world_check(w);
	mls_buf_free(&chain);
	world_free(w);
}

/* ---- What a certificate must be ---- */

struct bad {
	struct mls_buf der; /* one end entity's certificate, right for `key` */
	struct mls_buf public_key;
	EVP_PKEY *key;
};

static void bad_begin(struct bad *b, uint16_t suite)
{
	*b = (struct bad){.key = certificate_key(suite)};
	certificate_issue(&root, &b->der, b->key, "somebody");
	certificate_public(&b->public_key, b->key);
}

static void bad_end(struct bad *b)
{
	mls_buf_free(&b->der);
	mls_buf_free(&b->public_key);
	EVP_PKEY_free(b->key);
}

static void replace_key(struct bad *b, EVP_PKEY *key)
{
	b->der.len = 0;
	certificate_issue(&root, &b->der, key, "somebody");
	EVP_PKEY_free(key);
}

static void is_right(struct bad *b)
{
	(void)b;
}

static void is_of_version_1(struct bad *b)
{
	b->der.len = 0;
	certificate_issue_v1(&root, &b->der, b->key);
}

static void of_another_key(struct bad *b)
{
	replace_key(b, EVP_PKEY_dup(root.key));
}

static void of_another_algorithm(struct bad *b)
{
	replace_key(b, certificate_key_of(EVP_PKEY_is_a(b->key, "ED25519") ? "X25519" : "P-256"));
}

static void is_empty(struct bad *b)
{
	b->der.len = 0;
}

static void is_text(struct bad *b)
{
	memset(b->der.p, 'a', b->der.len);
}

static void is_cut(struct bad *b)
{
	b->der.len--;
}

static void is_cut_in_its_head(struct bad *b)
{
	b->der.len = 3;
}

static void has_a_tail(struct bad *b)
{
	OK(mls_buf_append(&b->der, mls_slice("", 1)));
}

static void has_no_length(struct bad *b)
{
	b->der.p[1] = 0x80;
}

/* SEQUENCE { SEQUENCE {} }, and a TBSCertificate that ends before its key. */
static void has_no_fields(struct bad *b)
{
	b->der.len = 0;
	OK(mls_buf_append(&b->der, mls_slice("\x30\x02\x30\x00", 4)));
}

static void has_no_key(struct bad *b)
{
	b->der.len = 0;
	OK(mls_buf_append(&b->der, mls_slice("\x30\x0c\x30\x0a\5\0\5\0\5\0\5\0\5\0", 14)));
}

static void holds_nothing(struct bad *b)
{
	b->der.len = 0;
	OK(mls_buf_append(&b->der, mls_slice("\x30\x00", 2)));
}

/* The last element, a BIT STRING with the signature, becomes an INTEGER. */
static void is_badly_built(struct bad *b)
{
	uint8_t *p = b->der.p + b->der.len - 1;

	while (p[0] != 0x03 || p[2] != 0x00 || p + 2 + p[1] != b->der.p + b->der.len)
		p--;
	p[0] = 0x02;
}

static void is_too_long(struct bad *b)
{
	OK(mls_buf_reserve(&b->der, UINT16_MAX));
	memset(b->der.p + b->der.len, 0, UINT16_MAX);
	b->der.len = UINT16_MAX + 1;
}

static void has_its_point_compressed(struct bad *b)
{
	EVP_PKEY *key = EVP_PKEY_dup(b->key);

	assert_true(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
						   "compressed"));
	replace_key(b, key);
}

static void has_its_own_curve(struct bad *b)
{
	EVP_PKEY *key = EVP_PKEY_dup(b->key);

	assert_true(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit"));
	replace_key(b, key);
}

static void leaf_key_is_no_point(struct bad *b)
{
	b->public_key.p[b->public_key.len - 1] ^= 1;
}

static const struct {
	uint16_t suite; /* 0: of each signature scheme */
	void (*spoil)(struct bad *b);
	enum mls_err want;
} rows[] = {
	{0, is_right, MLS_OK},
	{0, is_of_version_1, MLS_OK},
	{0, of_another_key, MLS_ERR_CERTIFICATE_KEY},
	{0, of_another_algorithm, MLS_ERR_CERTIFICATE_KEY},
	{0, is_empty, MLS_ERR_CERTIFICATE},
	{0, is_text, MLS_ERR_CERTIFICATE},
	{0, is_cut, MLS_ERR_CERTIFICATE},
	{0, is_cut_in_its_head, MLS_ERR_CERTIFICATE},
	{0, has_a_tail, MLS_ERR_CERTIFICATE},
	{0, has_no_length, MLS_ERR_CERTIFICATE},
	{0, has_no_fields, MLS_ERR_CERTIFICATE},
	{0, has_no_key, MLS_ERR_CERTIFICATE},
	{0, holds_nothing, MLS_ERR_CERTIFICATE},
	{0, is_badly_built, MLS_ERR_CERTIFICATE},
	{0, is_too_long, MLS_ERR_LEAF_TOO_LONG},
	{2, has_its_point_compressed, MLS_ERR_CERTIFICATE_KEY},
	{7, has_its_point_compressed, MLS_ERR_CERTIFICATE_KEY},
	{2, has_its_own_curve, MLS_ERR_CERTIFICATE_KEY},
	{2, leaf_key_is_no_point, MLS_ERR_PUBLIC_KEY},
};

static void check_row(size_t i, uint16_t suite)
{
	struct mls_crypto *crypto = NULL;
	enum mls_err err;
	struct bad b;

	OK(mls_crypto_new(&crypto, MLS_CRYPTO_OPENSSL, mls_suite_find(suite), NULL));
	bad_begin(&b, suite);
	rows[i].spoil(&b);
	ERR_clear_error();
	err = mls_certificate_check(crypto, bytes_of(&b.der), bytes_of(&b.public_key));
	if (err != rows[i].want)
		fail_msg("row %zu, suite %d: %s, want %s", i, suite, mls_err_name(err),
			 mls_err_name(rows[i].want));
	if (ERR_peek_error()) /* the queue is the application's */
		fail_msg("row %zu, suite %d leaves an error of OpenSSL behind", i, suite);
	bad_end(&b);
	mls_crypto_free(crypto);
}

static void a_certificate_is_of_the_leafs_key(void **state)
{
	static const uint16_t each_scheme[] = {1, 2, 4, 5, 7};

	(void)state;
	for (size_t i = 0; i < MLS_N(rows); i++) {
		for (size_t k = 0; k < MLS_N(each_scheme); k++) {
			if (!rows[i].suite || rows[i].suite == each_scheme[k])
				check_row(i, each_scheme[k]);
		}
	}
}

/* ---- Where certificates come in ---- */

/* Member 1 presents `chain`; who gets its leaf in each way says the same. */
static void present_everywhere(struct mls_slice chain, enum mls_err want)
{
	struct mls_policy all = mls_policy_default();
	struct world *w = certified_world(2, 3, &all);
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct mls_credential honest = w->client[1]->leaf.credential;
	struct mls_buf package = {0};
	struct mls_slice add;
	struct mls_event event;

	present(w->client[1], chain);
	w->message.len = 0;
	REFUSED(mls_group_propose(w->group[1], &w->message, &update, MLS_HANDSHAKE_PUBLIC), want);
	w->commit.len = 0;
	OK(mls_group_commit(w->group[1], &(struct mls_commit_output){.commit = &w->commit},
			    &(struct mls_commit_request){0}));
	REFUSED(mls_group_receive(w->group[0], &event, bytes_of(&w->commit)), want);
	mls_group_discard(w->group[1]);
	w->client[1]->leaf.credential = honest;
	present(w->client[3], chain);
	member_publish(w->client[3], &package);
	add = bytes_of(&package);
	REFUSED(mls_group_commit(
			w->group[0],
			&(struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome},
			&(struct mls_commit_request){.add = &add, .n_add = 1}),
		want);
	world_check(w);
	mls_buf_free(&package);
	world_free(w);
}

static void wrong_certificates_are_refused_wherever_they_come_in(void **state)
{
	struct mls_buf chain = {0};
	struct bad b;

	(void)state;
	bad_begin(&b, 2);
	certificate_put(&chain, bytes_of(&b.der));
	present_everywhere(bytes_of(&chain), MLS_ERR_CERTIFICATE_KEY);
	chain.len = 0;
	certificate_put(&chain, mls_slice("no certificate", 14));
	present_everywhere(bytes_of(&chain), MLS_ERR_CERTIFICATE);
	mls_buf_free(&chain);
	bad_end(&b);
}

static enum mls_err new_client(uint16_t credential_type, struct mls_slice credential)
{
	const struct mls_client_config config = {.ephemeral = true,
						 .suite = 2,
						 .credential_type = credential_type,
						 .credential = credential,
						 .now_s = TEST_NOW_S};
	struct mls_client *client = NULL;
	const enum mls_err err = mls_client_new(&client, &config);

	assert_true((client != NULL) == (err == MLS_OK));
	mls_client_free(client);
	return err;
}

static void a_client_has_a_certificate_of_its_key(void **state)
{
	struct mls_buf chain = {0};
	struct bad b;

	(void)state;
	bad_begin(&b, 2);
	certificate_put(&chain, bytes_of(&b.der));
	REFUSED(new_client(MLS_CREDENTIAL_X509, bytes_of(&chain)), MLS_ERR_CERTIFICATE_KEY);
	REFUSED(new_client(MLS_CREDENTIAL_X509, mls_slice("\4text", 5)), MLS_ERR_CERTIFICATE);
	REFUSED(new_client(MLS_CREDENTIAL_X509, mls_slice("\5text", 5)), MLS_ERR_TRUNCATED);
	REFUSED(new_client(MLS_CREDENTIAL_X509, nothing), MLS_ERR_CERTIFICATES_EMPTY);
	REFUSED(new_client(3, mls_slice("text", 4)), MLS_ERR_CREDENTIAL_TYPE);
	OK(new_client(MLS_CREDENTIAL_BASIC, bytes_of(&chain)));
	mls_buf_free(&chain);
	bad_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_with_certificates_live_a_whole_life),
		cmocka_unit_test(a_group_with_certificates_is_followed_by_another),
		cmocka_unit_test(the_application_gets_the_chain),
		cmocka_unit_test(others_certificates_are_refused),
		cmocka_unit_test(a_certificate_may_be_renewed_and_a_name_not_changed),
		cmocka_unit_test(a_certificate_is_of_the_leafs_key),
		cmocka_unit_test(wrong_certificates_are_refused_wherever_they_come_in),
		cmocka_unit_test(a_client_has_a_certificate_of_its_key),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
