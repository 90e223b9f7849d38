/* The official passive-client-*.json, and those that groupbench vectors writes, through the public
 * API alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/mls_vectors.h"
#include "members.h"
#include "stride.h"
#include "suite.h"
#include "vectors.h"

/* Signature key and credential of the leaf in a KeyPackage (10, 7.2), an MLSMessage. */
static void read_leaf(struct mls_client_config *config, struct mls_slice message)
{
	struct mls_slice rest = {message.p + 8, message.len - 8}, key;

	OK(mls_vector_take(&key, &rest)); /* init_key */
	OK(mls_vector_take(&key, &rest)); /* encryption_key */
	OK(mls_vector_take(&config->signature_public, &rest));
	assert_true(rest.len > 2);
	config->credential_type = (uint16_t)(rest.p[0] << 8 | rest.p[1]);
	rest = (struct mls_slice){rest.p + 2, rest.len - 2};
	OK(mls_vector_take(&config->credential, &rest));
}

static struct mls_client *client_of(json_t *v, struct mls_slice message)
{
	struct mls_client_config config = {.ephemeral = true,
					   .suite = (uint16_t)vector_number(v, "cipher_suite")};
	const struct mls_suite *suite = mls_suite_find(config.suite);
	const struct mls_slice encryption = vector_private_key(v, "encryption_priv", suite->nsk);
	const struct mls_slice init = vector_private_key(v, "init_priv", suite->nsk);
	struct mls_policy policy = mls_policy_default();
	struct mls_buf private_part = {0};
	struct mls_client *client = NULL;

	read_leaf(&config, message);
	config.signature_private = vector_private_key(v, "signature_priv", suite->signature_secret);
	config.crypto = vectors_library(suite);
	config.now_s = TEST_NOW_S;
	policy.accept_expired = true; /* the files are of no particular day */
	policy.max_lifetime_s = 0;    /* and some of their leaves live for ever */
	policy.past_epochs = 8;
	config.policy = &policy;
	OK(mls_client_new(&client, &config));
	OK(mls_vector_put(&private_part, init));
	OK(mls_vector_put(&private_part, encryption));
	OK(mls_client_keep_key_package(client, message, bytes_of(&private_part)));
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

static void follow_each(json_t *cases)
{
	for (size_t i = 0; i < json_array_size(cases); i += test_stride(5))
		follow(json_array_get(cases, i));
	vectors_free();
}

static void welcomes_are_joined(void **state)
{
	(void)state;
	follow_each(vectors_load("passive-client-welcome.json"));
}

static void commits_are_followed(void **state)
{
	(void)state;
	follow_each(vectors_load("passive-client-handling-commit.json"));
}

enum { N_AXES = 5, EPOCHS = 10 };

static const struct gb_mls_vectors_request small = {.size = 5, .epochs = EPOCHS, .seed = 1};

/* What groupbench vectors writes; free it. */
static char *written(const struct gb_mls_vectors_request *request)
{
	char why[256], *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (gb_mls_write_vectors(out, why, sizeof(why), request) != GB_OK)
		fail_msg("%s", why);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void follow_written(const struct gb_mls_vectors_request *request)
{
	char *text = written(request);
	FILE *in = fmemopen(text, strlen(text), "r");
	json_t *cases;

	assert_non_null(in);
	cases = vectors_read(in, "vectors");
	assert_int_equal(json_array_size(cases), 1);
	assert_int_equal(json_array_size(json_object_get(json_array_get(cases, 0), "epochs")),
			 request->epochs);
	follow_each(cases);
	fclose(in);
	free(text);
}

static void written_groups_of_every_shape_are_followed(void **state)
{
	static const char *const trees[] = {"cold", "full", "grown", "halfblank", "churned:40"};
	static const uint32_t sizes[] = {2, 3, 4, 37};
	struct gb_axis axes[N_AXES] = {{"tree", NULL}, {"path", NULL}};
	struct gb_mls_vectors_request request = small;

	(void)state;
	request.axes = axes;
	request.n_axes = 2;
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i += test_stride(2))
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j += test_stride(3)) {
			axes[0].value = trees[i];
			axes[1].value = (i + j) % 2 ? "yes" : "no";
			request.size = sizes[j];
			follow_written(&request);
		}
}

static void written_groups_of_every_suite_are_followed(void **state)
{
	static const char *const suites[] = {"1", "2", "3", "4", "5", "6", "7"};
	struct gb_axis axes[N_AXES] = {
		{"suite", NULL}, {"handshake", NULL}, {"tree_delivery", NULL}};
	struct gb_mls_vectors_request request = small;

	(void)state;
	request.axes = axes;
	request.n_axes = 3;
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		axes[0].value = suites[i];
		axes[1].value = i % 2 ? "public" : "private";
		axes[2].value = i % 3 ? "welcome" : "fetched";
		follow_written(&request);
	}
}

static void a_seed_writes_the_same_bytes(void **state)
{
	struct gb_mls_vectors_request other = small;
	char *first = written(&small), *again = written(&small), *another;

	(void)state;
	other.seed++;
	another = written(&other);
	assert_string_equal(first, again);
	assert_string_not_equal(first, another);
	free(first);
	free(again);
	free(another);
}

/* The commits do what mls_vectors.h says they do, one after the other. */
static void written_epochs_have_their_proposals(void **state)
{
	static const size_t n_proposals[] = {0, 0, 0, 2, 0, 0, 0, 1};
	char *text = written(&small);
	FILE *in = fmemopen(text, strlen(text), "r");
	json_t *epochs, *cases = vectors_read(in, "vectors");

	(void)state;
	epochs = json_object_get(json_array_get(cases, 0), "epochs");
	for (size_t i = 0; i < sizeof(n_proposals) / sizeof(n_proposals[0]); i++) {
		json_t *epoch = json_array_get(epochs, i);

		assert_int_equal(json_array_size(json_object_get(epoch, "proposals")),
				 n_proposals[i]);
	}
	vectors_free();
	fclose(in);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(welcomes_are_joined),
		cmocka_unit_test(commits_are_followed),
		cmocka_unit_test(written_groups_of_every_shape_are_followed),
		cmocka_unit_test(written_groups_of_every_suite_are_followed),
		cmocka_unit_test(a_seed_writes_the_same_bytes),
		cmocka_unit_test(written_epochs_have_their_proposals),
	};

	return VECTORS_ON_BOTH(tests);
}
