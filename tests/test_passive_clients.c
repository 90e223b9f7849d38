/* The official passive-client-*.json, through the public API alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "key_package.h"
#include "members.h"
#include "suite.h"
#include "vectors.h"

/* What the client is, read from its key package by the library's own decoder. */
static struct mls_client *client_of(json_t *v, struct mls_slice message)
{
	struct mls_client_config config = {.ephemeral = true,
					   .suite = (uint16_t)vector_number(v, "cipher_suite")};
	const struct mls_suite *suite = mls_suite_find(config.suite);
	const struct mls_slice encryption = vector_private_key(v, "encryption_priv", suite->nsk);
	const struct mls_slice init = vector_private_key(v, "init_priv", suite->nsk);
	struct mls_policy policy = mls_policy_default();
	struct mls_buf private_part = {0};
	struct mls_codec c = {.out = &private_part};
	struct mls_key_package key_package;
	struct mls_client *client = NULL;
	struct mls_slice part;

	OK(mls_key_package_decode(mls_slice(message.p + 4, message.len - 4), &key_package));
	config.signature_private = vector_private_key(v, "signature_priv", suite->signature_secret);
	config.signature_public = key_package.leaf_node.signature_key;
	config.credential_type = key_package.leaf_node.credential.type;
	config.credential = key_package.leaf_node.credential.content;
	config.crypto = vectors_library(suite);
	config.now_s = TEST_NOW_S;
	policy.accept_expired = true; /* the files are of no particular day */
	policy.max_lifetime_s = 0;    /* and some of their leaves live for ever */
	policy.past_epochs = 8;
	config.policy = &policy;
	OK(mls_client_new(&client, &config));
	part = init;
	mls_opaque(&c, &part);
	part = encryption;
	mls_opaque(&c, &part);
	OK(c.err);
	OK(mls_client_keep_key_package(client, message, mls_buf_slice(&private_part)));
	mls_buf_free(&private_part);
	return client;
}

static void give_psks(struct mls_client *client, json_t *v)
{
	json_t *psks = vector_array(v, "external_psks");

	for (size_t i = 0; i < json_array_size(psks); i++) {
		json_t *psk = json_array_get(psks, i);
		const struct mls_slice id = vector_hex(psk, "psk_id");

		OK(mls_client_set_psk(client, id, vector_hex(psk, "psk")));
		vector_done(psk);
	}
}

static void follow_epoch(struct mls_group *group, json_t *v)
{
	json_t *proposals = vector_array(v, "proposals");
	struct mls_event event;

	for (size_t i = 0; i < json_array_size(proposals); i++) {
		OK(mls_group_receive(group, &event, vector_hex_at(proposals, i)));
		assert_int_equal(event.type, MLS_EVENT_PROPOSAL);
	}
	OK(mls_group_receive(group, &event, vector_hex(v, "commit")));
	assert_int_equal(event.type, MLS_EVENT_COMMIT);
	vector_expect(v, "epoch_authenticator", mls_group_epoch_authenticator(group));
	vector_done(v);
}

static void follow(json_t *v)
{
	struct mls_slice ratchet_tree = {0};
	struct mls_client *client = client_of(v, vector_hex(v, "key_package"));
	struct mls_group *group = NULL;
	json_t *epochs;

	give_psks(client, v);
	if (vector_has(v, "ratchet_tree"))
		ratchet_tree = vector_hex(v, "ratchet_tree");
	OK(mls_group_join(client, &group, vector_hex(v, "welcome"), ratchet_tree));
	vector_expect(v, "initial_epoch_authenticator", mls_group_epoch_authenticator(group));
	epochs = vector_array(v, "epochs");
	for (size_t i = 0; i < json_array_size(epochs); i++)
		follow_epoch(group, json_array_get(epochs, i));
	vector_done(v);
	mls_group_free(group);
	mls_client_free(client);
}

static void follow_all(const char *file)
{
	json_t *cases = vectors_load(file);

	for (size_t i = 0; i < json_array_size(cases); i++)
		follow(json_array_get(cases, i));
	vectors_free();
}

static void welcomes_are_joined(void **state)
{
	(void)state;
	follow_all("passive-client-welcome.json");
}

static void commits_are_followed(void **state)
{
	(void)state;
	follow_all("passive-client-handling-commit.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(welcomes_are_joined),
		cmocka_unit_test(commits_are_followed),
	};

	return VECTORS_ON_BOTH(tests);
}
