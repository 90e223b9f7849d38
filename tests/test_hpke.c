/*
 * HPKE base mode by the vectors of RFC 9180 appendix A, which has those of suites 1, 2, 3 and 5,
 * and against damaged messages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hpke.h"
#include "vectors.h"

/* The suite with the algorithms of a case; NULL when MLS has none. */
static const struct mls_suite *suite_of(const json_t *v)
{
	json_int_t kem = json_integer_value(json_object_get(v, "kem_id"));
	json_int_t kdf = json_integer_value(json_object_get(v, "kdf_id"));
	json_int_t aead = json_integer_value(json_object_get(v, "aead_id"));
	const struct mls_suite *suite;

	for (size_t i = 0; (suite = mls_suite_at(i)); i++) {
		if (suite->kem == kem && suite->kdf == kdf && suite->aead == aead)
			return suite;
	}
	return NULL;
}

/* A random source that says `state`, and zeros behind it. */
static enum mls_err say(void *state, uint8_t *out, size_t len)
{
	const struct mls_slice *s = state;

	memset(out, 0, len);
	memcpy(out, s->p, s->len);
	return MLS_OK;
}

static void check_derive(struct mls_crypto *c, json_t *v, const char *ikm, const char *public_key,
			 const char *private_key)
{
	struct mls_key *key = NULL;
	struct mls_buf exported = {0};

	assert_int_equal(mls_key_derive(c, &key, vector_hex(v, ikm)), MLS_OK);
	vector_expect(v, public_key, mls_key_public(key));
	assert_int_equal(mls_key_export(&exported, key), MLS_OK);
	vector_expect(v, private_key, mls_buf_slice(&exported));
	mls_buf_free(&exported);
	mls_key_free(key);
}

struct fixture {
	struct mls_crypto *c;
	struct mls_slice ephemeral; /* what the random source says */
	struct mls_key *receiver;
	struct mls_hpke_info info;
	struct mls_slice enc;
};

static void set_up(struct fixture *f, json_t *v, const struct mls_suite *suite)
{
	const struct mls_random random = {say, &f->ephemeral};
	struct mls_slice info = vector_hex(v, "info");
	struct mls_slice halves[] = {mls_slice(info.p, 1), mls_slice(info.p + 1, info.len - 1)};
	size_t nh;

	f->ephemeral = hex(json_string_value(json_object_get(v, "skEm")));
	assert_int_equal(mls_crypto_new(&f->c, vectors_library(suite), suite, &random), MLS_OK);
	assert_int_equal(mls_key_import(f->c, &f->receiver,
					hex(json_string_value(json_object_get(v, "skRm"))),
					hex(json_string_value(json_object_get(v, "pkRm")))),
			 MLS_OK);
	mls_hpke_info_init(f->c, &f->info, halves, 2);
	nh = f->c->suite->nh;
	vector_expect(v, "key_schedule_context",
		      mls_slice(f->info.key_schedule_context, 1 + 2 * nh));
	f->enc = vector_hex(v, "enc");
	check_derive(f->c, v, "ikmE", "pkEm", "skEm");
	check_derive(f->c, v, "ikmR", "pkRm", "skRm");
}

static void check_encryption(struct fixture *f, json_t *v)
{
	const struct mls_random random = {say, &f->ephemeral};
	struct mls_slice aad = vector_hex(v, "aad"), pt = vector_hex(v, "pt");
	struct mls_slice ct = vector_hex(v, "ct");
	struct mls_hpke_ciphertext message = {f->enc, ct};
	uint8_t enc[MLS_MAX_PUBLIC_KEY], out[256];

	assert_int_equal(mls_hpke_open(f->c, out, f->receiver, &f->info, aad, &message), MLS_OK);
	assert_true(mls_slice_equal(mls_slice(out, pt.len), pt));

	mls_crypto_set_random(f->c, &random);
	assert_int_equal(
		mls_hpke_seal(f->c, enc, out, mls_key_public(f->receiver), &f->info, aad, pt),
		MLS_OK);
	assert_true(mls_slice_equal(mls_slice(enc, f->c->suite->npk), f->enc));
	assert_true(mls_slice_equal(mls_slice(out, ct.len), ct));
}

static void check_export(struct fixture *f, json_t *v)
{
	const struct mls_random random = {say, &f->ephemeral};
	struct mls_slice context = vector_hex(v, "exporter_context");
	uint8_t enc[MLS_MAX_PUBLIC_KEY], at_sender[64], at_receiver[64];
	size_t len = vector_number(v, "L");

	assert_in_range(len, 1, sizeof(at_sender));
	mls_crypto_set_random(f->c, &random);
	assert_int_equal(mls_hpke_export_to(f->c, enc, at_sender, len, mls_key_public(f->receiver),
					    &f->info, context),
			 MLS_OK);
	assert_int_equal(mls_hpke_export_from(f->c, at_receiver, len, f->receiver, f->enc, &f->info,
					      context),
			 MLS_OK);
	assert_memory_equal(at_sender, at_receiver, len);
	vector_expect(v, "exported_value", mls_slice(at_sender, len));
	vector_done(v);
}

static void check_case(json_t *v, const struct mls_suite *suite)
{
	json_t *exports = vector_array(v, "exports");
	struct fixture f = {0};

	set_up(&f, v, suite);
	/* One message an encapsulation: the first. */
	check_encryption(&f, json_array_get(vector_array(v, "encryptions"), 0));
	assert_true(json_array_size(exports) > 0);
	for (size_t k = 0; k < json_array_size(exports); k++)
		check_export(&f, json_array_get(exports, k));
	mls_key_free(f.receiver);
	mls_crypto_free(f.c);
}

static void rfc_9180_base_mode(void **state)
{
	json_t *cases = vectors_load_carried("rfc9180.json");

	(void)state;
	assert_int_equal(json_array_size(cases), 4);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i);
		const struct mls_suite *suite = suite_of(v);

		assert_non_null(suite);
		check_case(v, suite);
	}
	vectors_free();
}

/* Every suite: each bit of a message turned, and each of its prefixes, decrypts to nothing. */
static void damaged_messages_are_refused(const struct mls_suite *suite)
{
	const struct mls_slice aad = mls_slice_str("aad"), text = mls_slice_str("text");
	struct mls_hpke_info info;
	struct mls_crypto *c = NULL;
	struct mls_key *key = NULL;
	uint8_t enc[MLS_MAX_PUBLIC_KEY], ct[4 + MLS_AEAD_TAG], out[4];
	struct mls_hpke_ciphertext m;

	assert_int_equal(mls_crypto_new(&c, MLS_CRYPTO_OPENSSL, suite, NULL), MLS_OK);
	assert_int_equal(mls_key_generate(c, &key), MLS_OK);
	mls_hpke_info_init(c, &info, &aad, 1);
	assert_int_equal(mls_hpke_seal(c, enc, ct, mls_key_public(key), &info, aad, text), MLS_OK);
	m = (struct mls_hpke_ciphertext){mls_slice(enc, suite->npk), mls_slice(ct, sizeof(ct))};
	assert_int_equal(mls_hpke_open(c, out, key, &info, aad, &m), MLS_OK);
	assert_memory_equal(out, text.p, 4);
	assert_int_equal(mls_hpke_open(c, out, key, &info, text, &m), MLS_ERR_DECRYPT);

	for (size_t i = 0; i < sizeof(ct); i++) {
		ct[i] ^= 0x10;
		assert_int_equal(mls_hpke_open(c, out, key, &info, aad, &m), MLS_ERR_DECRYPT);
		ct[i] ^= 0x10;
		m.ciphertext.len = i;
		assert_int_equal(mls_hpke_open(c, out, key, &info, aad, &m), MLS_ERR_DECRYPT);
		m.ciphertext.len = sizeof(ct);
	}
	m.kem_output.len--;
	assert_int_equal(mls_hpke_open(c, out, key, &info, aad, &m), MLS_ERR_PUBLIC_KEY);
	mls_key_free(key);
	mls_crypto_free(c);
}

static void damaged_messages(void **state)
{
	(void)state;
	for (size_t i = 0; mls_suite_at(i); i++)
		damaged_messages_are_refused(mls_suite_at(i));
}

static void an_export_has_a_longest_length(void **state)
{
	const struct mls_slice none = {0};
	struct mls_hpke_info info;
	struct mls_crypto *c = NULL;
	struct mls_key *key = NULL;
	uint8_t enc[32], out[255 * 32 + 1];

	(void)state;
	assert_int_equal(mls_crypto_new(&c, MLS_CRYPTO_OPENSSL, mls_suite_find(1), NULL), MLS_OK);
	assert_int_equal(mls_key_generate(c, &key), MLS_OK);
	mls_hpke_info_init(c, &info, NULL, 0);
	assert_int_equal(
		mls_hpke_export_to(c, enc, out, 255 * 32, mls_key_public(key), &info, none),
		MLS_OK);
	assert_int_equal(
		mls_hpke_export_to(c, enc, out, 255 * 32 + 1, mls_key_public(key), &info, none),
		MLS_ERR_USAGE);
	mls_key_free(key);
	mls_crypto_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_9180_base_mode),
		cmocka_unit_test(damaged_messages),
		cmocka_unit_test(an_export_has_a_longest_length),
	};

	return VECTORS_ON_BOTH(tests);
}
