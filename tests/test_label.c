/* The labelled functions of RFC 9420 5 and 8, by the official vectors crypto-basics.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "label.h"
#include "vectors.h"

static void check_ref_hash(struct mls_crypto *c, json_t *v)
{
	const char *label = vector_string(v, "label");
	uint8_t out[MLS_MAX_HASH];

	mls_ref_hash(c, out, label, vector_hex(v, "value"));
	vector_expect(v, "out", mls_slice(out, c->suite->nh));
	vector_done(v);
}

static void check_expand(struct mls_crypto *c, json_t *v)
{
	struct mls_slice secret = vector_hex(v, "secret"), context = vector_hex(v, "context");
	const char *label = vector_string(v, "label");
	uint8_t out[1024];
	size_t len = vector_number(v, "length");

	assert_in_range(len, 1, sizeof(out));
	assert_int_equal(mls_expand_with_label(c, out, len, secret, label, context), MLS_OK);
	vector_expect(v, "out", mls_slice(out, len));
	vector_done(v);
}

static void check_derive_secret(struct mls_crypto *c, json_t *v)
{
	struct mls_secret secret = vector_secret(v, "secret"), out;

	assert_int_equal(mls_derive_secret(c, &out, &secret, vector_string(v, "label")), MLS_OK);
	vector_expect(v, "out", mls_secret_slice(&out));
	vector_done(v);
}

static void check_derive_tree_secret(struct mls_crypto *c, json_t *v)
{
	const char *label = vector_string(v, "label");
	struct mls_hmac_key keyed;
	uint8_t out[1024];
	size_t len = vector_number(v, "length");

	assert_in_range(len, 1, sizeof(out));
	mls_hmac_key_init(c, &keyed, vector_hex(v, "secret"));
	assert_int_equal(mls_derive_tree_secret(c, out, len, &keyed, label,
						(uint32_t)vector_number(v, "generation")),
			 MLS_OK);
	vector_expect(v, "out", mls_slice(out, len));
	vector_done(v);
}

/* Also in two parts, and with each bit of the signature's ends turned. */
static void check_sign(struct mls_crypto *c, json_t *v)
{
	struct mls_slice private_key = vector_hex(v, "priv"), public_key = vector_hex(v, "pub");
	struct mls_slice content = vector_hex(v, "content"), signature = vector_hex(v, "signature");
	struct mls_slice halves[] = {mls_slice(content.p, 3),
				     mls_slice(content.p + 3, content.len - 3)};
	const char *label = vector_string(v, "label");
	struct mls_signer *signer = NULL;
	struct mls_buf made = {0};

	assert_int_equal(mls_verify_with_label(c, public_key, label, &content, 1, signature),
			 MLS_OK);
	assert_int_equal(mls_verify_with_label(c, public_key, label, halves, 2, signature), MLS_OK);
	assert_int_equal(mls_verify_with_label(c, public_key, "Other", &content, 1, signature),
			 MLS_ERR_SIGNATURE);
	assert_int_equal(mls_verify_with_label(c, public_key, label, halves, 1, signature),
			 MLS_ERR_SIGNATURE);

	assert_int_equal(mls_signer_import(c, &signer, private_key, (struct mls_slice){0}), MLS_OK);
	assert_true(mls_slice_equal(mls_signer_public(signer), public_key));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(mls_sign_with_label(c, &made, signer, label, halves, 2), MLS_OK);
		assert_int_equal(mls_verify_with_label(c, public_key, label, &content, 1,
						       mls_buf_slice(&made)),
				 MLS_OK);
		made.p[made.len - 1] ^= 1;
		assert_int_equal(mls_verify_with_label(c, public_key, label, &content, 1,
						       mls_buf_slice(&made)),
				 MLS_ERR_SIGNATURE);
		mls_buf_clear(&made);
	}
	mls_buf_free(&made);
	mls_signer_free(signer);
	vector_done(v);
}

static void check_decrypt(struct mls_crypto *c, const struct mls_key *key,
			  const struct mls_hpke_info *info,
			  const struct mls_hpke_ciphertext *message, struct mls_slice want)
{
	struct mls_buf plain = {0};

	assert_int_equal(mls_decrypt_with_label(c, &plain, key, info, message), MLS_OK);
	assert_true(mls_slice_equal(mls_buf_slice(&plain), want));
	mls_buf_free(&plain);
}

static void check_encrypt(struct mls_crypto *c, json_t *v)
{
	struct mls_slice private_key = vector_hex(v, "priv"), public_key = vector_hex(v, "pub");
	struct mls_slice context = vector_hex(v, "context"), plain = vector_hex(v, "plaintext");
	struct mls_hpke_ciphertext message = {vector_hex(v, "kem_output"),
					      vector_hex(v, "ciphertext")};
	const char *label = vector_string(v, "label");
	struct mls_key *key = NULL;
	struct mls_hpke_info info, other;
	struct mls_buf made = {0}, none = {0};

	assert_int_equal(mls_key_import(c, &key, private_key, (struct mls_slice){0}), MLS_OK);
	assert_true(mls_slice_equal(mls_key_public(key), public_key));
	mls_encrypt_context(c, &info, label, context);
	check_decrypt(c, key, &info, &message, plain);

	mls_encrypt_context(c, &other, "Other", context);
	assert_int_equal(mls_decrypt_with_label(c, &none, key, &other, &message), MLS_ERR_DECRYPT);
	assert_int_equal(none.len, 0);

	for (int i = 0; i < 2; i++) {
		assert_int_equal(mls_encrypt_with_label(c, &made, public_key, &info, plain),
				 MLS_OK);
		assert_int_equal(mls_hpke_ciphertext_decode(mls_buf_slice(&made), &message),
				 MLS_OK);
		check_decrypt(c, key, &info, &message, plain);
		mls_buf_clear(&made);
	}
	assert_int_equal(mls_buf_append(&made, mls_slice_str("before")), MLS_OK);
	assert_int_equal(mls_encrypt_with_label(c, &made, mls_slice(public_key.p, 1), &info, plain),
			 MLS_ERR_PUBLIC_KEY);
	assert_true(mls_slice_equal(mls_buf_slice(&made), mls_slice_str("before")));
	mls_buf_free(&made);
	mls_buf_free(&none);
	mls_key_free(key);
	vector_done(v);
}

static void crypto_basics(void **state)
{
	json_t *cases = vectors_load("crypto-basics.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i);
		struct mls_crypto *c = vector_crypto(v);

		check_ref_hash(c, vector_object(v, "ref_hash"));
		check_expand(c, vector_object(v, "expand_with_label"));
		check_derive_secret(c, vector_object(v, "derive_secret"));
		check_derive_tree_secret(c, vector_object(v, "derive_tree_secret"));
		check_sign(c, vector_object(v, "sign_with_label"));
		check_encrypt(c, vector_object(v, "encrypt_with_label"));
		vector_done(v);
		mls_crypto_free(c);
	}
	vectors_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(crypto_basics)};

	return VECTORS_ON_BOTH(tests);
}
