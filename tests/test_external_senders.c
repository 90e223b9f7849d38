/* Who may propose from outside is judged like a member: RFC 9420 5.3.1, 12.1.8.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "certificates.h"
#include "external_senders.h"
#include "scene.h"

/* GroupContext extensions with external_senders, whose list is `body` with `tail` behind it. */
static void put_extension(struct mls_buf *out, struct mls_slice body, struct mls_slice tail)
{
	struct mls_buf data = {0};
	struct mls_extension v = {.type = MLS_EXTENSION_EXTERNAL_SENDERS};

	OK(mls_put_length(&data, body.len));
	OK(mls_buf_append(&data, body));
	OK(mls_buf_append(&data, tail));
	v.data = mls_buf_slice(&data);
	out->len = 0;
	OK(mls_extension_encode(out, &v));
	mls_buf_free(&data);
}

static void put_sender(struct mls_buf *body, struct mls_slice key, uint16_t type,
		       struct mls_slice credential)
{
	const struct mls_external_sender v = {key, {type, credential}};

	OK(mls_external_sender_encode(body, &v));
}

static const uint8_t some_key[32] = {7};

static void good(struct mls_buf *body, struct mls_buf *tail)
{
	(void)tail;
	put_sender(body, mls_slice(some_key, 32), MLS_CREDENTIAL_BASIC, mls_slice_str("boss"));
}

static void short_key(struct mls_buf *body, struct mls_buf *tail)
{
	good(body, tail);
	put_sender(body, mls_slice(some_key, 31), MLS_CREDENTIAL_BASIC, mls_slice_str("boss"));
}

static void not_accepted(struct mls_buf *body, struct mls_buf *tail)
{
	good(body, tail);
	put_sender(body, mls_slice(some_key, 32), MLS_CREDENTIAL_BASIC, mls_slice_str("thief"));
}

static void no_certificate(struct mls_buf *body, struct mls_buf *tail)
{
	(void)tail;
	put_sender(body, mls_slice(some_key, 32), MLS_CREDENTIAL_X509, mls_slice("\4text", 5));
}

static void others_certificate(struct mls_buf *body, struct mls_buf *tail)
{
	EVP_PKEY *key = certificate_key(1);
	struct mls_buf der = {0}, chain = {0};
	struct authority a;

	(void)tail;
	authority_begin(&a);
	certificate_issue(&a, &der, key, "boss");
	certificate_put(&chain, bytes_of(&der));
	put_sender(body, mls_slice(some_key, 32), MLS_CREDENTIAL_X509, bytes_of(&chain));
	mls_buf_free(&der);
	mls_buf_free(&chain);
	EVP_PKEY_free(key);
	authority_end(&a);
}

static void unknown_credential(struct mls_buf *body, struct mls_buf *tail)
{
	good(body, tail);
	body->p[34] = 0x0a; /* behind the key: a GREASE value */
}

static void cut(struct mls_buf *body, struct mls_buf *tail)
{
	good(body, tail);
	body->len--;
}

static void longer(struct mls_buf *body, struct mls_buf *tail)
{
	good(body, tail);
	OK(mls_buf_append(tail, mls_slice_str("x")));
}

static const struct {
	void (*write)(struct mls_buf *body, struct mls_buf *tail);
	enum mls_err want;
} rows[] = {
	{good, MLS_OK},
	{short_key, MLS_ERR_PUBLIC_KEY},
	{not_accepted, MLS_ERR_CREDENTIAL_REFUSED},
	{no_certificate, MLS_ERR_CERTIFICATE},
	{others_certificate, MLS_ERR_CERTIFICATE_KEY},
	{unknown_credential, MLS_ERR_CREDENTIAL_TYPE},
	{cut, MLS_ERR_TRUNCATED},
	{longer, MLS_ERR_TRAILING},
};

static bool no_thief(void *state, const struct mls_identity *presented,
		     const struct mls_identity *replaced)
{
	(void)state;
	(void)replaced;
	return !mls_slice_equal(presented->credential, mls_slice_str("thief"));
}

static void write_row(size_t i, struct mls_buf *extensions)
{
	struct mls_buf body = {0}, tail = {0};

	rows[i].write(&body, &tail);
	put_extension(extensions, mls_buf_slice(&body), mls_buf_slice(&tail));
	mls_buf_free(&body);
	mls_buf_free(&tail);
}

/* A member whose policy is `who`'s own again after the group was made with another. */
static void accept_no_thief(struct mls_client *client)
{
	client->policy.accept_credential = no_thief;
}

static void a_group_does_not_begin_with_wrong_ones(void **state)
{
	struct mls_buf extensions = {0};

	(void)state;
	for (size_t i = 0; i < MLS_N(rows); i++) {
		struct mls_client *client = member_client(1, 0);
		struct mls_group *group = NULL;

		accept_no_thief(client);
		write_row(i, &extensions);
		REFUSED(mls_group_create(client, &group, (struct mls_slice){0},
					 bytes_of(&extensions)),
			rows[i].want);
		assert_true((group != NULL) == (rows[i].want == MLS_OK));
		mls_group_free(group);
		mls_client_free(client);
	}
	mls_buf_free(&extensions);
}

static void a_commit_does_not_bring_wrong_ones(void **state)
{
	struct mls_buf extensions = {0};

	(void)state;
	for (size_t i = 1; i < MLS_N(rows); i++) {
		struct scene s;

		scene_begin(&s);
		accept_no_thief(s.w->client[VICTIM]);
		write_row(i, &extensions);
		scene_put(&s, forge_extensions(bytes_of(&extensions)));
		forge_public(&s.f, &s.message);
		scene_expect_refusal(&s, "external_senders", rows[i].want);
		scene_end(&s);
	}
	mls_buf_free(&extensions);
}

/* Members who accept anybody are in a group whose external sender a newcomer does not accept. */
static void newcomers_judge_them_too(void **state)
{
	const struct mls_group_info_request open = {.ratchet_tree = true, .external_pub = true};
	struct world *w = world_new(1, 2, NULL, NULL);
	const uint32_t by_welcome = world_client(w, NULL), by_itself = world_client(w, NULL);
	struct mls_commit_request request = {.set_extensions = true, .tree_in_welcome = true};
	struct mls_buf extensions = {0}, package = {0}, none = {0};
	struct mls_slice add;

	(void)state;
	write_row(2, &extensions);
	assert_int_equal(rows[2].want, MLS_ERR_CREDENTIAL_REFUSED);
	accept_no_thief(w->client[by_welcome]);
	accept_no_thief(w->client[by_itself]);
	member_publish(w->client[by_welcome], &package);
	add = bytes_of(&package);
	request.extensions = bytes_of(&extensions);
	request.add = &add;
	request.n_add = 1;
	w->commit.len = w->welcome.len = w->message.len = 0;
	OK(mls_group_commit(
		w->group[0],
		&(struct mls_commit_output){.commit = &w->commit, .welcome = &w->welcome},
		&request));
	OK(mls_group_merge(w->group[0]));
	REFUSED(mls_group_join(w->client[by_welcome], &w->group[by_welcome], bytes_of(&w->welcome),
			       (struct mls_slice){0}),
		MLS_ERR_CREDENTIAL_REFUSED);
	OK(mls_group_info(w->group[0], &w->message, &open));
	REFUSED(mls_group_join_external(w->client[by_itself], &w->group[by_itself], &none,
					bytes_of(&w->message), &(struct mls_external_request){0}),
		MLS_ERR_CREDENTIAL_REFUSED);
	assert_int_equal(none.len, 0);
	assert_int_equal(w->client[by_welcome]->n_kept, 1);
	w->client[by_welcome]->policy.accept_credential = NULL;
	OK(mls_group_join(w->client[by_welcome], &w->group[by_welcome], bytes_of(&w->welcome),
			  (struct mls_slice){0}));
	mls_buf_free(&extensions);
	mls_buf_free(&package);
	mls_buf_free(&none);
	world_free(w);
}

static void only_those_listed_are_found(void **state)
{
	struct mls_buf extensions = {0};
	struct mls_external_sender found;

	(void)state;
	write_row(2, &extensions); /* two senders */
	OK(mls_external_sender_find(&found, bytes_of(&extensions), 0));
	OK(mls_external_sender_find(&found, bytes_of(&extensions), 1));
	assert_true(mls_slice_equal(found.credential.content, mls_slice_str("thief")));
	REFUSED(mls_external_sender_find(&found, bytes_of(&extensions), 2),
		MLS_ERR_EXTERNAL_SENDER);
	REFUSED(mls_external_sender_find(&found, (struct mls_slice){0}, 0),
		MLS_ERR_EXTERNAL_SENDER);
	mls_buf_free(&extensions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_does_not_begin_with_wrong_ones),
		cmocka_unit_test(a_commit_does_not_bring_wrong_ones),
		cmocka_unit_test(newcomers_judge_them_too),
		cmocka_unit_test(only_those_listed_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
