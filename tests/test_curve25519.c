/*
 * X25519 and Ed25519 on two libraries: known answers, each with what the other makes, and one
 * verdict on every signature, whichever library a member runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "crypto_ed25519.h"
#include "members.h"
#include "vectors.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct mls_slice none;

/* One for each library, in the order of enum mls_crypto_library. */
struct both {
	struct mls_crypto *on[2];
};

static struct both both_new(void)
{
	struct both b = {0};

	OK(mls_crypto_new(&b.on[0], MLS_CRYPTO_OPENSSL, mls_suite_find(1), NULL));
	OK(mls_crypto_new(&b.on[1], MLS_CRYPTO_SODIUM, mls_suite_find(1), NULL));
	return b;
}

static void both_free(struct both *b)
{
	mls_crypto_free(b->on[0]);
	mls_crypto_free(b->on[1]);
	vectors_free();
}

static void libraries_have_suites(void **state)
{
	const struct mls_suite *suite;

	(void)state;
	for (size_t i = 0; (suite = mls_suite_at(i)); i++) {
		const bool has = suite->id == 1 || suite->id == 3;
		struct mls_crypto *c = NULL;

		REFUSED(mls_crypto_new(&c, MLS_CRYPTO_SODIUM, suite, NULL),
			has ? MLS_OK : MLS_ERR_CRYPTO_LIBRARY);
		mls_crypto_free(c);
		REFUSED(mls_crypto_new(&c, (enum mls_crypto_library)2, suite, NULL),
			MLS_ERR_CRYPTO_LIBRARY);
		assert_null(c);
	}
}

static void clients_choose_a_library(void **state)
{
	struct mls_client_config config = {
		.ephemeral = true,
		.suite = 2,
		.crypto = MLS_CRYPTO_SODIUM,
		.credential_type = MLS_CREDENTIAL_BASIC,
		.credential = mls_slice_str("somebody"),
		.now_s = TEST_NOW_S,
	};
	struct mls_client *client = NULL;

	(void)state;
	REFUSED(mls_client_new(&client, &config), MLS_ERR_CRYPTO_LIBRARY);
	assert_null(client);
	config.suite = 3;
	OK(mls_client_new(&client, &config));
	mls_client_free(client);
	assert_string_equal(mls_crypto_version(MLS_CRYPTO_SODIUM), sodium_version_string());
	assert_string_equal(mls_crypto_version(MLS_CRYPTO_OPENSSL),
			    OpenSSL_version(OPENSSL_VERSION));
}

/* RFC 7748 6.1. */
static void agreements_of_the_rfc(void **state)
{
	struct both b = both_new();

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mls_key *alice = NULL, *bob = NULL;
		uint8_t shared[32];

		OK(mls_key_import(
			b.on[i], &alice,
			hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
			none));
		assert_true(mls_slice_equal(
			mls_key_public(alice),
			hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")));
		OK(mls_dh(b.on[i], shared, alice,
			  hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")));
		assert_true(mls_slice_equal(
			mls_slice(shared, sizeof(shared)),
			hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")));
		OK(mls_key_import(
			b.on[i], &bob,
			hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
			none));
		assert_true(mls_slice_equal(
			mls_key_public(bob),
			hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")));
		mls_key_free(alice);
		mls_key_free(bob);
	}
	both_free(&b);
}

/* RFC 8032 7.1, tests 1 and 2. */
static void signatures_of_the_rfc(void **state)
{
	static const struct {
		const char *seed, *key, *text, *signature;
	} rows[] = {
		{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
		 "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		 "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
		 "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	};
	struct both b = both_new();

	(void)state;
	for (size_t i = 0; i < 2 * N(rows); i++) {
		const struct mls_slice text = hex(rows[i / 2].text);
		struct mls_crypto *c = b.on[i % 2];
		struct mls_signer *signer = NULL;
		struct mls_buf made = {0};

		OK(mls_signer_import(c, &signer, hex(rows[i / 2].seed), none));
		assert_true(mls_slice_equal(mls_signer_public(signer), hex(rows[i / 2].key)));
		OK(mls_sign(c, &made, signer, &text, 1));
		assert_true(mls_slice_equal(mls_buf_slice(&made), hex(rows[i / 2].signature)));
		mls_buf_free(&made);
		mls_signer_free(signer);
	}
	both_free(&b);
}

/* The same pair on the other library: it has the same public key, made there or given. */
static struct mls_key *key_on(struct mls_crypto *c, const struct mls_key *key, bool give_public)
{
	const struct mls_slice public_key = mls_key_public(key);
	struct mls_key *made = NULL;
	struct mls_buf private_key = {0};

	OK(mls_key_export(&private_key, key));
	OK(mls_key_import(c, &made, mls_buf_slice(&private_key), give_public ? public_key : none));
	assert_true(mls_slice_equal(mls_key_public(made), public_key));
	mls_buf_free(&private_key);
	return made;
}

/* Whatever u is sent: canonical or not, on the curve or its twist, with the 256th bit. */
static void expect_one_result(struct both *b, struct mls_key *key, struct mls_slice peer)
{
	struct mls_key *same = key_on(b->on[1], key, true);
	uint8_t out[2][32] = {{1}, {2}};

	OK(mls_dh(b->on[0], out[0], key, peer));
	OK(mls_dh(b->on[1], out[1], same, peer));
	assert_memory_equal(out[0], out[1], 32);
	mls_key_free(same);
}

/* Of the same private key, clamped or not, both libraries compute one public key, and keep the
 * private one. */
static void expect_one_public_key(struct both *b, const uint8_t *private_key)
{
	struct mls_buf kept = {0};
	struct mls_key *key[2] = {0};

	for (size_t i = 0; i < 2; i++)
		OK(mls_key_import(b->on[i], &key[i], mls_slice(private_key, 32), none));
	assert_true(mls_slice_equal(mls_key_public(key[0]), mls_key_public(key[1])));
	OK(mls_key_export(&kept, key[1]));
	assert_true(mls_slice_equal(mls_buf_slice(&kept), mls_slice(private_key, 32)));
	mls_buf_free(&kept);
	mls_key_free(key[0]);
	mls_key_free(key[1]);
}

/* Scalars at random, bytes that are all alike, those with one bit, and the multiples of the order
 * of the base point. */
static void public_keys_are_one(void **state)
{
	static const char *const rows[] = {
		"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
		"7bcbb88ab8b58068dc49c57416d5189200000000000000000000000000000070",
	};
	struct both b = both_new();
	uint8_t scalar[32];

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		OK(mls_random_bytes(b.on[0], scalar, sizeof(scalar)));
		expect_one_public_key(&b, scalar);
	}
	for (unsigned i = 0; i < 256; i++) {
		memset(scalar, (int)i, sizeof(scalar));
		expect_one_public_key(&b, scalar);
		memset(scalar, 0, sizeof(scalar));
		scalar[i / 8] = (uint8_t)(1u << i % 8);
		expect_one_public_key(&b, scalar);
	}
	for (size_t i = 0; i < N(rows); i++)
		expect_one_public_key(&b, hex(rows[i]).p);
	both_free(&b);
}

static void agreements_are_one(void **state)
{
	struct both b = both_new();

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		struct mls_key *key = NULL, *other = NULL;
		uint8_t peer[32];

		OK(mls_key_generate(b.on[0], &key));
		OK(mls_key_generate(b.on[1], &other));
		expect_one_result(&b, key, mls_key_public(other));
		mls_key_free(other);
		other = key_on(b.on[1], key, false);
		mls_key_free(other);
		OK(mls_random_bytes(b.on[0], peer, sizeof(peer)));
		expect_one_result(&b, key, mls_slice(peer, sizeof(peer)));
		memset(peer, 0xff, sizeof(peer));
		peer[0] = (uint8_t)(0xef + i % 16); /* 2^255 - 17 and what follows it */
		expect_one_result(&b, key, mls_slice(peer, sizeof(peer)));
		peer[31] = 0x7f;
		expect_one_result(&b, key, mls_slice(peer, sizeof(peer)));
		mls_key_free(key);
	}
	both_free(&b);
}

static void each_verifies_what_the_other_signs(void **state)
{
	struct both b = both_new();
	uint8_t text[300];

	(void)state;
	OK(mls_random_bytes(b.on[0], text, sizeof(text)));
	for (size_t i = 0; i < 60; i++) {
		struct mls_crypto *one = b.on[i % 2], *other = b.on[1 - i % 2];
		struct mls_slice parts[] = {{text, 5 * i}, {text, i}};
		struct mls_signer *signer = NULL, *same = NULL;
		struct mls_buf made = {0}, again = {0}, seed = {0};

		OK(mls_signer_generate(one, &signer));
		OK(mls_sign(one, &made, signer, parts, 2));
		OK(mls_verify(other, mls_signer_public(signer), parts, 2, mls_buf_slice(&made)));
		OK(mls_signer_export(&seed, signer));
		OK(mls_signer_import(other, &same, mls_buf_slice(&seed), none));
		OK(mls_sign(other, &again, same, parts, 2));
		assert_true(mls_slice_equal(mls_buf_slice(&made), mls_buf_slice(&again)));
		made.p[i] ^= 1;
		REFUSED(mls_verify(other, mls_signer_public(same), parts, 2, mls_buf_slice(&made)),
			MLS_ERR_SIGNATURE);
		mls_buf_free(&made);
		mls_buf_free(&again);
		mls_buf_free(&seed);
		mls_signer_free(signer);
		mls_signer_free(same);
	}
	both_free(&b);
}

static bool openssl_accepts(struct mls_slice key, struct mls_slice text, struct mls_slice signature)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.p, key.len);
	EVP_MD_CTX *x = EVP_MD_CTX_new();
	bool accepts;

	assert_int_equal(EVP_DigestVerifyInit(x, NULL, NULL, NULL, pkey), 1);
	accepts = EVP_DigestVerify(x, signature.p, signature.len, text.p, text.len) == 1;
	EVP_MD_CTX_free(x);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return accepts;
}

/*
 * Of the signatures of small and mixed order, with S too large and with coordinates outside
 * the field, OpenSSL takes those that `openssl` marks. All but the one that needs neither a
 * point of small order nor a second encoding are refused on both libraries.
 */
static void edge_cases_have_one_verdict(void **state)
{
	static const bool openssl[12] = {
		[0] = true, [1] = true, [2] = true, [3] = true, [11] = true};
	json_t *cases = vectors_load_carried("ed25519-speccheck.json");
	struct both b = both_new();

	(void)state;
	assert_int_equal(json_array_size(cases), N(openssl));
	for (size_t i = 0; i < N(openssl); i++) {
		json_t *v = json_array_get(cases, i);
		const struct mls_slice text = vector_hex(v, "message"),
				       key = vector_hex(v, "pub_key");
		const struct mls_slice signature = vector_hex(v, "signature");
		const enum mls_err want = i == 3 ? MLS_OK : MLS_ERR_SIGNATURE;

		assert_int_equal(openssl_accepts(key, text, signature), openssl[i]);
		REFUSED(mls_verify(b.on[0], key, &text, 1, signature), want);
		REFUSED(mls_verify(b.on[1], key, &text, 1, signature), want);
		vector_done(v);
	}
	both_free(&b);
}

/* The eight points whose order divides 8, and the encodings that no point has. */
static void points_of_no_use(void **state)
{
	static const char *const rows[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t signature[64] = {2}, key[32] = {2};

	(void)state;
	assert_true(mls_ed25519_is_sound(key, mls_slice(signature, 64)));
	assert_false(mls_ed25519_is_sound(key, mls_slice(signature, 63)));
	for (size_t i = 0; i < N(rows); i++) {
		const struct mls_slice point = hex(rows[i]);

		assert_false(mls_ed25519_is_sound(point.p, mls_slice(signature, 64)));
		memcpy(signature, point.p, 32);
		assert_false(mls_ed25519_is_sound(key, mls_slice(signature, 64)));
		memset(signature, 0, 32);
		signature[0] = 2;
	}
	/* The last coordinate of the field but one, and numbers that only look like too great. */
	memcpy(key, hex("ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f").p, 32);
	assert_true(mls_ed25519_is_sound(key, mls_slice(signature, 64)));
	for (size_t i = 1; i < 32; i++) {
		memset(key, 0xff, 32);
		key[i] = 0x7e;
		assert_true(mls_ed25519_is_sound(key, mls_slice(signature, 64)));
	}
	vectors_free();
}

static void expect_same_verdict(struct both *b, struct mls_slice key, struct mls_slice signature)
{
	const struct mls_slice text = mls_slice_str("text");
	const enum mls_err verdict = mls_verify(b->on[0], key, &text, 1, signature);

	assert_int_equal(mls_verify(b->on[1], key, &text, 1, signature), verdict);
}

/* Keys and signatures at random, and true ones with one bit changed. */
static void verdicts_on_noise(void **state)
{
	const struct mls_slice text = mls_slice_str("text");
	struct both b = both_new();
	struct mls_signer *signer = NULL;
	struct mls_buf made = {0};
	uint8_t key[32], signature[64];

	(void)state;
	OK(mls_signer_generate(b.on[0], &signer));
	OK(mls_sign(b.on[0], &made, signer, &text, 1));
	for (size_t bit = 0; bit < 8 * (sizeof(key) + sizeof(signature)); bit++) {
		memcpy(key, mls_signer_public(signer).p, sizeof(key));
		memcpy(signature, made.p, sizeof(signature));
		if (bit < 8 * sizeof(key))
			key[bit / 8] ^= (uint8_t)(1 << bit % 8);
		else
			signature[bit / 8 - sizeof(key)] ^= (uint8_t)(1 << bit % 8);
		expect_same_verdict(&b, mls_slice(key, 32), mls_slice(signature, 64));
		OK(mls_random_bytes(b.on[0], key, sizeof(key)));
		expect_same_verdict(&b, mls_slice(key, 32), mls_slice(signature, 64));
	}
	mls_buf_free(&made);
	mls_signer_free(signer);
	both_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libraries_have_suites),
		cmocka_unit_test(clients_choose_a_library),
		cmocka_unit_test(agreements_of_the_rfc),
		cmocka_unit_test(signatures_of_the_rfc),
		cmocka_unit_test(public_keys_are_one),
		cmocka_unit_test(agreements_are_one),
		cmocka_unit_test(each_verifies_what_the_other_signs),
		cmocka_unit_test(edge_cases_have_one_verdict),
		cmocka_unit_test(points_of_no_use),
		cmocka_unit_test(verdicts_on_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
