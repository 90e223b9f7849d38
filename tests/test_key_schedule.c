/* RFC 9420 8: the official vectors key-schedule.json and psk_secret.json, and PSK identifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "extension.h"
#include "group_context.h"
#include "key_schedule.h"
#include "psk.h"
#include "vectors.h"

static void expect_secret(json_t *v, const char *key, const struct mls_secret *got)
{
	vector_expect(v, key, mls_secret_slice(got));
}

static void check_group_context(struct mls_crypto *c, struct mls_buf *out, json_t *v,
				struct mls_slice group_id, uint64_t epoch)
{
	struct mls_group_context decoded,
		context = {
			.version = MLS_VERSION_MLS10,
			.cipher_suite = c->suite->id,
			.group_id = group_id,
			.epoch = epoch,
			.tree_hash = vector_hex(v, "tree_hash"),
			.confirmed_transcript_hash = vector_hex(v, "confirmed_transcript_hash"),
		};

	mls_buf_clear(out);
	assert_int_equal(mls_group_context_encode(out, &context), MLS_OK);
	vector_expect(v, "group_context", mls_buf_slice(out));
	assert_int_equal(mls_group_context_decode(mls_buf_slice(out), &decoded), MLS_OK);
	assert_int_equal(decoded.epoch, epoch);
	assert_true(mls_slice_equal(decoded.tree_hash, context.tree_hash));
}

static void check_exporter(struct mls_crypto *c, json_t *v, const struct mls_secret *exporter)
{
	const char *label = vector_string(v, "label");
	struct mls_slice context = vector_hex(v, "context");
	uint8_t out[1024];
	size_t len = vector_number(v, "length");

	assert_in_range(len, 1, sizeof(out));
	assert_int_equal(mls_exporter(c, out, len, exporter, mls_slice_str(label), context),
			 MLS_OK);
	vector_expect(v, "secret", mls_slice(out, len));
	vector_done(v);
}

/* What a group's members and an outsider with external_pub make of it. */
static void check_external(struct mls_crypto *c, json_t *v, const struct mls_secret *external)
{
	struct mls_secret at_joiner, at_member;
	uint8_t kem_output[MLS_MAX_PUBLIC_KEY];
	struct mls_key *key = NULL;

	assert_int_equal(mls_external_key(c, &key, external), MLS_OK);
	vector_expect(v, "external_pub", mls_key_public(key));
	assert_int_equal(mls_external_init_to(c, kem_output, &at_joiner, mls_key_public(key)),
			 MLS_OK);
	assert_int_equal(
		mls_external_init_from(c, &at_member, key, mls_slice(kem_output, c->suite->npk)),
		MLS_OK);
	assert_int_equal(at_joiner.len, c->suite->nh);
	assert_true(mls_equal_secret(mls_secret_slice(&at_joiner), mls_secret_slice(&at_member)));
	mls_key_free(key);
}

/* Turns init_secret into that of the next epoch. */
static void check_epoch(struct mls_crypto *c, json_t *v, struct mls_secret *init_secret,
			struct mls_slice group_context)
{
	struct mls_secret commit = vector_secret(v, "commit_secret"),
			  psk = vector_secret(v, "psk_secret");
	struct mls_secret joiner, member, welcome;
	struct mls_epoch_secrets e;

	assert_int_equal(mls_joiner_secret(c, &joiner, init_secret, &commit, group_context),
			 MLS_OK);
	expect_secret(v, "joiner_secret", &joiner);
	mls_member_secret(c, &member, &joiner, &psk);
	assert_int_equal(mls_welcome_secret(c, &welcome, &member), MLS_OK);
	expect_secret(v, "welcome_secret", &welcome);
	assert_int_equal(mls_epoch_secrets(c, &e, &member, group_context), MLS_OK);
	expect_secret(v, "init_secret", &e.init_secret);
	expect_secret(v, "sender_data_secret", &e.sender_data_secret);
	expect_secret(v, "encryption_secret", &e.encryption_secret);
	expect_secret(v, "exporter_secret", &e.exporter_secret);
	expect_secret(v, "epoch_authenticator", &e.epoch_authenticator);
	expect_secret(v, "external_secret", &e.external_secret);
	expect_secret(v, "confirmation_key", &e.confirmation_key);
	expect_secret(v, "membership_key", &e.membership_key);
	expect_secret(v, "resumption_psk", &e.resumption_psk);
	check_external(c, v, &e.external_secret);
	check_exporter(c, vector_object(v, "exporter"), &e.exporter_secret);
	*init_secret = e.init_secret;
}

static void key_schedule(void **state)
{
	json_t *cases = vectors_load("key-schedule.json");
	struct mls_buf context = {0};

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i);
		struct mls_crypto *c = vector_crypto(v);
		struct mls_slice group_id = vector_hex(v, "group_id");
		struct mls_secret init_secret = vector_secret(v, "initial_init_secret");
		json_t *epochs = vector_array(v, "epochs");

		for (size_t epoch = 0; epoch < json_array_size(epochs); epoch++) {
			json_t *e = json_array_get(epochs, epoch);

			check_group_context(c, &context, e, group_id, epoch);
			check_epoch(c, e, &init_secret, mls_buf_slice(&context));
			vector_done(e);
		}
		vector_done(v);
		mls_crypto_free(c);
	}
	mls_buf_free(&context);
	vectors_free();
}

static void psk_secret(void **state)
{
	json_t *cases = vectors_load("psk_secret.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i), *list = vector_array(v, "psks");
		struct mls_crypto *c = vector_crypto(v);
		struct mls_psk psks[16] = {0};
		size_t n = json_array_size(list);
		struct mls_secret out;

		assert_in_range(n, 0, 16);
		for (size_t k = 0; k < n; k++) {
			json_t *psk = json_array_get(list, k);

			psks[k].id.type = MLS_PSK_EXTERNAL;
			psks[k].id.psk_id = vector_hex(psk, "psk_id");
			psks[k].id.psk_nonce = vector_hex(psk, "psk_nonce");
			psks[k].psk = vector_hex(psk, "psk");
			vector_done(psk);
		}
		assert_int_equal(mls_psk_secret(c, &out, psks, n), MLS_OK);
		expect_secret(v, "psk_secret", &out);
		vector_done(v);
		mls_crypto_free(c);
	}
	vectors_free();
}

/* The confirmation tag of a known key and hash: HMAC-SHA-256, RFC 4231 test case 2. */
static void confirmation_tag(void **state)
{
	struct mls_crypto *c = NULL;
	struct mls_secret key = {"Jefe", 4};
	uint8_t tag[MLS_MAX_HASH];

	(void)state;
	assert_int_equal(mls_crypto_new(&c, MLS_CRYPTO_OPENSSL, mls_suite_find(1), NULL), MLS_OK);
	mls_confirmation_tag(c, tag, &key, mls_slice_str("what do ya want for nothing?"));
	assert_true(mls_slice_equal(
		mls_slice(tag, 32),
		hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")));
	mls_crypto_free(c);
	vectors_free();
}

static void psk_id_encoding(void **state)
{
	static const struct {
		const char *bytes;
		enum mls_err want;
	} rows[] = {
		{"0102aabb01cc", MLS_OK},
		{"020201dd000000000000000701cc", MLS_OK},
		{"0002aabb01cc", MLS_ERR_PSK_TYPE},
		{"0302aabb01cc", MLS_ERR_PSK_TYPE},
		{"020001dd000000000000000701cc", MLS_ERR_PSK_USAGE},
		{"020401dd000000000000000701cc", MLS_ERR_PSK_USAGE},
		{"020201dd0000000000000007", MLS_ERR_TRUNCATED},
		{"0102aabb01cc00", MLS_ERR_TRAILING},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mls_slice in = hex(rows[i].bytes);
		struct mls_buf again = {0};
		struct mls_psk_id id;

		assert_int_equal(mls_psk_id_decode(in, &id), rows[i].want);
		if (rows[i].want == MLS_OK) {
			assert_int_equal(mls_psk_id_encode(&again, &id), MLS_OK);
			assert_true(mls_slice_equal(mls_buf_slice(&again), in));
		}
		mls_buf_free(&again);
	}
	vectors_free();
}

static void a_list_of_psks_has_a_16_bit_count(void **state)
{
	struct mls_crypto *c = NULL;
	struct mls_psk psk = {0};
	struct mls_secret out;

	(void)state;
	assert_int_equal(mls_crypto_new(&c, MLS_CRYPTO_OPENSSL, mls_suite_find(1), NULL), MLS_OK);
	assert_int_equal(mls_psk_secret(c, &out, &psk, 65536), MLS_ERR_TOO_LONG);
	mls_crypto_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_schedule),
		cmocka_unit_test(psk_secret),
		cmocka_unit_test(confirmation_tag),
		cmocka_unit_test(psk_id_encoding),
		cmocka_unit_test(a_list_of_psks_has_a_16_bit_count),
	};

	return VECTORS_ON_BOTH(tests);
}
