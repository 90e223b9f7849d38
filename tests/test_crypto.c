/* The seam to the cryptographic library: known answers, refusals, exact counts. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "crypto_small_order.h"
#include "label.h"
#include "vectors.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct mls_slice none;

static struct mls_crypto *crypto_new(uint16_t suite)
{
	struct mls_crypto *c = NULL;

	assert_int_equal(mls_crypto_new(&c, vectors_library(mls_suite_find(suite)),
					mls_suite_find(suite), NULL),
			 MLS_OK);
	return c;
}

/* Runs a test once with each suite. */
static void each_suite(void (*test)(struct mls_crypto *c))
{
	const struct mls_suite *suite;

	for (size_t i = 0; (suite = mls_suite_at(i)); i++) {
		struct mls_crypto *c = crypto_new(suite->id);

		test(c);
		mls_crypto_free(c);
	}
}

static void expect(struct mls_slice got, const char *digits)
{
	assert_true(mls_slice_equal(got, hex(digits)));
}

static void suites_are_those_of_the_rfc(void **state)
{
	(void)state;
	for (uint16_t id = 1; id <= 7; id++) {
		assert_int_equal(mls_suite_find(id)->id, id);
		assert_ptr_equal(mls_suite_at(id - 1u), mls_suite_find(id));
	}
	assert_null(mls_suite_find(0));
	assert_null(mls_suite_find(8));
	assert_null(mls_suite_at(7));
}

/* FIPS 180-4's example "abc", RFC 4231 test cases 2 and 6. */
static void hashes_and_macs(void **state)
{
	static const struct {
		uint16_t suite;
		const char *abc, *jefe, *long_key;
	} rows[] = {
		{1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
		{7,
		 "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		 "8086072ba1e7cc2358baeca134c825a7",
		 "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
		 "8e2240ca5e69e2c78b3239ecfab21649",
		 "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
		 "0c2ef6ab4030fe8296248df163f44952"},
		{4,
		 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		 "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
		 "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
		 "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
		 "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
	};
	const struct mls_slice abc = mls_slice_str("abc");
	const struct mls_slice jefe = mls_slice_str("what do ya want for nothing?");
	const struct mls_slice hash_first =
		mls_slice_str("Test Using Larger Than Block-Size Key - Hash Key First");
	uint8_t long_key[131], out[MLS_MAX_HASH];

	(void)state;
	memset(long_key, 0xaa, sizeof(long_key));
	for (size_t i = 0; i < N(rows); i++) {
		struct mls_crypto *c = crypto_new(rows[i].suite);
		const struct mls_slice got = {out, c->suite->nh};

		mls_hash(c, out, &abc, 1);
		expect(got, rows[i].abc);
		mls_hmac(c, out, mls_slice_str("Jefe"), &jefe, 1);
		expect(got, rows[i].jefe);
		mls_hmac(c, out, mls_slice(long_key, sizeof(long_key)), &hash_first, 1);
		expect(got, rows[i].long_key);
		mls_crypto_free(c);
	}
	vectors_free();
}

/* RFC 5869 test cases 1 and 3: with and without salt, two blocks of output. */
static void hkdf(void **state)
{
	struct mls_crypto *c = crypto_new(1);
	const struct mls_slice ikm = hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	const struct mls_slice info[] = {hex("f0f1f2f3f4"), hex("f5f6f7f8f9")};
	struct mls_hmac_key prk;
	struct mls_secret extracted;
	uint8_t out[42];

	(void)state;
	mls_hkdf_extract(c, &extracted, hex("000102030405060708090a0b0c"), &ikm, 1);
	expect(mls_secret_slice(&extracted),
	       "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
	mls_hmac_key_init(c, &prk, mls_secret_slice(&extracted));
	assert_int_equal(mls_hkdf_expand(c, out, sizeof(out), &prk, info, 2), MLS_OK);
	expect(mls_slice(out, sizeof(out)), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d"
					    "56ecc4c5bf34007208d5b887185865");

	mls_hkdf_extract(c, &extracted, none, &ikm, 1);
	mls_hmac_key_init(c, &prk, mls_secret_slice(&extracted));
	assert_int_equal(mls_hkdf_expand(c, out, sizeof(out), &prk, NULL, 0), MLS_OK);
	expect(mls_slice(out, sizeof(out)), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e"
					    "5f3c738d2d9d201395faa4b61a96c8");
	mls_crypto_free(c);
	vectors_free();
}

static void parts_count_as_one(struct mls_crypto *c)
{
	uint8_t bytes[300], whole[MLS_MAX_HASH], parted[MLS_MAX_HASH];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t len = 0; len < sizeof(bytes); len += 7) {
		const struct mls_slice one = {bytes, len};
		const struct mls_slice three[] = {
			{bytes, len / 3}, {0}, mls_slice(bytes + len / 3, len - len / 3)};

		mls_hmac(c, whole, one, &one, 1);
		mls_hmac(c, parted, one, three, 3);
		assert_memory_equal(whole, parted, c->suite->nh);
		mls_hash(c, whole, &one, 1);
		mls_hash(c, parted, three, 3);
		assert_memory_equal(whole, parted, c->suite->nh);
	}
}

static void hashing_takes_parts(void **state)
{
	(void)state;
	each_suite(parts_count_as_one);
}

/* The longest messages of n blocks, and one byte more. */
static void blocks_are_counted(void **state)
{
	static const struct {
		uint16_t suite;
		size_t len;
		uint64_t blocks;
	} rows[] = {
		{1, 0, 1},   {1, 55, 1},  {1, 56, 2},  {1, 119, 2}, {1, 120, 3}, {7, 111, 1},
		{7, 112, 2}, {4, 111, 1}, {4, 112, 2}, {4, 239, 2}, {4, 240, 3},
	};
	static const uint8_t bytes[300];
	uint8_t out[MLS_MAX_HASH];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct mls_crypto *c = crypto_new(rows[i].suite);
		const struct mls_slice s = {bytes, rows[i].len};

		mls_hash(c, out, &s, 1);
		assert_int_equal(c->counts.hash, 1);
		assert_int_equal(c->counts.hash_blocks, rows[i].blocks);
		/* Two padded keys, the message, the inner hash. */
		mls_hmac(c, out, none, &s, 1);
		assert_int_equal(c->counts.hash, 1);
		assert_int_equal(c->counts.hmac, 1);
		assert_int_equal(c->counts.hash_blocks, 2 * rows[i].blocks + 3);
		mls_crypto_free(c);
	}
}

static void expect_counts(struct mls_crypto *c, struct mls_counts want)
{
#define EXPECT_COUNT(name, sentence)                                                               \
	if (c->counts.name != want.name)                                                           \
		fail_msg(#name ": %ju, want %ju", (uintmax_t)c->counts.name, (uintmax_t)want.name);
	MLS_COUNTS(EXPECT_COUNT)
	c->counts = (struct mls_counts){0};
}

static void counts_of_labelled_calls(void **state)
{
	struct mls_crypto *c = crypto_new(1);
	const struct mls_secret secret = {"32 bytes of some secret or other", 32};
	struct mls_secret out;
	struct mls_slice content = mls_slice_str("content");
	struct mls_signer *signer = NULL;
	struct mls_buf signature = {0};

	(void)state;
	expect_counts(c, (struct mls_counts){0});
	assert_int_equal(mls_derive_secret(c, &out, &secret, "label"), MLS_OK);
	expect_counts(c, (struct mls_counts){.hkdf = 1, .hmac = 1, .hash_blocks = 4});
	assert_int_equal(mls_signer_generate(c, &signer), MLS_OK);
	expect_counts(c, (struct mls_counts){.keygen = 1, .random_bytes = 32});
	assert_int_equal(mls_sign_with_label(c, &signature, signer, "label", &content, 1), MLS_OK);
	expect_counts(c, (struct mls_counts){.sign = 1});
	assert_int_equal(mls_verify_with_label(c, mls_signer_public(signer), "label", &content, 1,
					       mls_buf_slice(&signature)),
			 MLS_OK);
	expect_counts(c, (struct mls_counts){.verify = 1});
	mls_buf_free(&signature);
	mls_signer_free(signer);
	mls_crypto_free(c);
}

/*
 * RFC 9180: extracts of eae_prk and secret, expands of shared_secret, key and base_nonce. In
 * blocks of SHA-256, of which a keyed HMAC ends with one: eae_prk 1 + 1 with the kept key;
 * then three times 2 for a key, followed by shared_secret 2 + 1, secret 1 + 1, key 2 + 1 and
 * base_nonce 2 + 1.
 */
#define HPKE_BLOCKS (2 + 2 + 3 + 2 + 2 + 2 + 3 + 3)

static void counts_of_hpke(void **state)
{
	struct mls_crypto *c = crypto_new(1);
	struct mls_hpke_info info;
	struct mls_key *key = NULL;
	struct mls_buf message = {0}, text = {0};
	struct mls_hpke_ciphertext parsed;

	(void)state;
	assert_int_equal(mls_key_generate(c, &key), MLS_OK);
	expect_counts(c, (struct mls_counts){.keygen = 1, .random_bytes = 32});
	mls_encrypt_context(c, &info, "label", mls_slice_str("context"));
	expect_counts(c, (struct mls_counts){.hkdf = 1, .hmac = 1, .hash_blocks = 2});
	assert_int_equal(mls_encrypt_with_label(c, &message, mls_key_public(key), &info,
						mls_slice_str("0123456789")),
			 MLS_OK);
	expect_counts(c, (struct mls_counts){.keygen = 1,
					     .dh = 1,
					     .hpke_seal = 1,
					     .hkdf = 5,
					     .hmac = 5,
					     .hash_blocks = HPKE_BLOCKS,
					     .aead = 1,
					     .aead_bytes = 10,
					     .random_bytes = 32});
	assert_int_equal(mls_hpke_ciphertext_decode(mls_buf_slice(&message), &parsed), MLS_OK);
	assert_int_equal(mls_decrypt_with_label(c, &text, key, &info, &parsed), MLS_OK);
	expect_counts(c, (struct mls_counts){.dh = 1,
					     .hpke_open = 1,
					     .hkdf = 5,
					     .hmac = 5,
					     .hash_blocks = HPKE_BLOCKS,
					     .aead = 1,
					     .aead_bytes = 10});
	mls_buf_free(&message);
	mls_buf_free(&text);
	mls_key_free(key);
	mls_crypto_free(c);
}

static void agree_on_a_secret(struct mls_crypto *c)
{
	const struct mls_suite *suite = c->suite;
	uint8_t ours[MLS_MAX_PRIVATE_KEY], theirs[MLS_MAX_PRIVATE_KEY];
	struct mls_key *a = NULL, *b = NULL, *again = NULL;
	struct mls_buf saved = {0};

	assert_int_equal(mls_key_generate(c, &a), MLS_OK);
	assert_int_equal(mls_key_generate(c, &b), MLS_OK);
	assert_int_equal(mls_key_public(a).len, suite->npk);
	assert_int_equal(mls_public_key_check(c, mls_key_public(a)), MLS_OK);
	assert_int_equal(mls_dh(c, ours, a, mls_key_public(b)), MLS_OK);
	assert_int_equal(mls_dh(c, theirs, b, mls_key_public(a)), MLS_OK);
	assert_memory_equal(ours, theirs, suite->ndh);

	assert_int_equal(mls_key_export(&saved, a), MLS_OK);
	assert_int_equal(saved.len, suite->nsk);
	c->counts.keygen = 0;
	assert_int_equal(mls_key_import(c, &again, mls_buf_slice(&saved), mls_key_public(a)),
			 MLS_OK);
	assert_int_equal(c->counts.keygen, 0);
	assert_int_equal(mls_dh(c, theirs, again, mls_key_public(b)), MLS_OK);
	assert_memory_equal(ours, theirs, suite->ndh);
	mls_key_free(again);

	assert_int_equal(mls_key_import(c, &again, mls_buf_slice(&saved), none), MLS_OK);
	assert_int_equal(c->counts.keygen, 1);
	assert_true(mls_slice_equal(mls_key_public(again), mls_key_public(a)));
	assert_int_equal(mls_dh(c, theirs, again, mls_key_public(b)), MLS_OK);
	assert_memory_equal(ours, theirs, suite->ndh);
	mls_key_free(again);

	assert_int_equal(mls_key_import(c, &again, mls_buf_slice(&saved),
					mls_slice(mls_key_public(a).p, suite->npk - 1u)),
			 MLS_ERR_PUBLIC_KEY);
	saved.len--;
	assert_int_equal(mls_key_import(c, &again, mls_buf_slice(&saved), none),
			 MLS_ERR_PRIVATE_KEY);
	mls_buf_free(&saved);
	assert_ptr_equal(mls_key_ref(a), a);
	mls_key_free(a);
	assert_int_equal(mls_dh(c, theirs, a, mls_key_public(b)), MLS_OK);
	mls_key_free(a);
	mls_key_free(b);
}

static void key_pairs(void **state)
{
	(void)state;
	each_suite(agree_on_a_secret);
}

static void refuse_point(struct mls_crypto *c, struct mls_key *key, struct mls_slice point)
{
	uint8_t out[MLS_MAX_PRIVATE_KEY];

	assert_int_equal(mls_public_key_check(c, point), MLS_ERR_PUBLIC_KEY);
	assert_int_equal(mls_dh(c, out, key, point), MLS_ERR_PUBLIC_KEY);
	assert_int_equal(ERR_peek_error(), 0);
}

/* Off the curve, out of the field, compressed, hybrid, the point at infinity, cut off. */
static void bad_points(struct mls_crypto *c)
{
	uint8_t point[MLS_MAX_PUBLIC_KEY + 1] = {0};
	size_t npk = c->suite->npk;
	struct mls_key *key = NULL;

	if (c->suite->kem == MLS_KEM_X25519 || c->suite->kem == MLS_KEM_X448)
		return;
	assert_int_equal(mls_key_generate(c, &key), MLS_OK);
	memcpy(point, mls_key_public(key).p, npk);
	refuse_point(c, key, mls_slice(point, npk - 1));
	refuse_point(c, key, mls_slice(point, npk + 1));
	refuse_point(c, key, none);
	point[npk - 1] ^= 1;
	refuse_point(c, key, mls_slice(point, npk));
	point[npk - 1] ^= 1;
	point[0] = (uint8_t)(2 + (point[npk - 1] & 1));
	refuse_point(c, key, mls_slice(point, 1 + npk / 2));
	point[0] = (uint8_t)(6 + (point[npk - 1] & 1));
	refuse_point(c, key, mls_slice(point, npk));
	point[0] = 0;
	refuse_point(c, key, mls_slice(point, npk));
	refuse_point(c, key, mls_slice(point, 1));
	memset(point, 0xff, npk);
	point[0] = 4;
	refuse_point(c, key, mls_slice(point, npk));
	mls_key_free(key);
}

static void points_that_are_none(void **state)
{
	(void)state;
	each_suite(bad_points);
}

/* Points of small order make a shared secret of zeros (RFC 7748 6). */
static void zero_shared_secrets(void **state)
{
	static const struct {
		uint16_t suite;
		const char *point;
	} rows[] = {
		{1, "0000000000000000000000000000000000000000000000000000000000000000"},
		{1, "0100000000000000000000000000000000000000000000000000000000000000"},
		{1, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"},
		{1, "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"},
		{1, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
		{1, "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{1, "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
		{4, "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		    "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{4, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		    "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{4, "00000000000000000000000000000000000000000000000000000000"
		    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{4, "00000000000000000000000000000000000000000000000000000000"
		    "00000000000000000000000000000000000000000000000000000000"},
		{4, "01000000000000000000000000000000000000000000000000000000"
		    "00000000000000000000000000000000000000000000000000000000"},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct mls_crypto *c = crypto_new(rows[i].suite);
		uint8_t out[MLS_MAX_PRIVATE_KEY];
		struct mls_key *key = NULL;

		assert_int_equal(mls_key_generate(c, &key), MLS_OK);
		assert_int_equal(mls_dh(c, out, key, hex(rows[i].point)), MLS_ERR_SHARED_SECRET);
		assert_true(mls_is_of_small_order(hex(rows[i].point)));
		assert_false(mls_is_of_small_order(mls_key_public(key)));
		assert_int_equal(ERR_peek_error(), 0);
		mls_key_free(key);
		mls_crypto_free(c);
	}
	vectors_free();
}

/* Zero, the order, and the greatest number of that length are no scalars; order - 1 is. */
static void scalars_have_a_range(void **state)
{
	static const struct {
		uint16_t suite;
		const char *order;
	} rows[] = {
		{2, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
		{7, "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
		    "581a0db248b0a77aecec196accc52973"},
		{5, "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa"
		    "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct mls_crypto *c = crypto_new(rows[i].suite);
		uint8_t scalar[MLS_MAX_PRIVATE_KEY] = {0};
		struct mls_slice s = {scalar, c->suite->nsk}, order = hex(rows[i].order);
		struct mls_key *key = NULL;
		struct mls_signer *signer = NULL;

		assert_int_equal(mls_key_import(c, &key, s, none), MLS_ERR_PRIVATE_KEY);
		assert_int_equal(mls_signer_import(c, &signer, s, none), MLS_ERR_PRIVATE_KEY);
		assert_int_equal(mls_key_import(c, &key, order, none), MLS_ERR_PRIVATE_KEY);
		assert_int_equal(mls_signer_import(c, &signer, order, none), MLS_ERR_PRIVATE_KEY);
		memset(scalar, 0xff, sizeof(scalar));
		assert_int_equal(mls_key_import(c, &key, s, none), MLS_ERR_PRIVATE_KEY);
		memcpy(scalar, order.p, order.len);
		scalar[order.len - 1]--;
		assert_int_equal(mls_key_import(c, &key, s, none), MLS_OK);
		mls_key_free(key);
		mls_crypto_free(c);
	}
	vectors_free();
}

static void sign_and_verify(struct mls_crypto *c)
{
	struct mls_slice text[] = {mls_slice_str("some "), mls_slice_str("text")};
	struct mls_signer *signer = NULL, *other = NULL;
	struct mls_buf made = {0}, saved = {0};
	struct mls_slice signature, key;

	assert_int_equal(mls_signer_generate(c, &signer), MLS_OK);
	key = mls_signer_public(signer);
	assert_int_equal(key.len, c->suite->signature_public);
	assert_int_equal(mls_sign(c, &made, signer, text, 2), MLS_OK);
	signature = mls_buf_slice(&made);
	assert_in_range(signature.len, 64, mls_suite_max_signature(c->suite));
	assert_int_equal(mls_verify(c, key, text, 2, signature), MLS_OK);
	assert_int_equal(mls_verify(c, key, text, 1, signature), MLS_ERR_SIGNATURE);
	assert_int_equal(mls_verify(c, key, NULL, 0, signature), MLS_ERR_SIGNATURE);
	for (size_t len = 0; len < signature.len; len++)
		assert_int_equal(mls_verify(c, key, text, 2, mls_slice(signature.p, len)),
				 MLS_ERR_SIGNATURE);
	key.len--;
	assert_int_equal(mls_verify(c, key, text, 2, signature), MLS_ERR_PUBLIC_KEY);
	assert_int_equal(ERR_peek_error(), 0);

	assert_int_equal(mls_signer_export(&saved, signer), MLS_OK);
	assert_int_equal(
		mls_signer_import(c, &other, mls_buf_slice(&saved), mls_signer_public(signer)),
		MLS_OK);
	mls_signer_free(signer);
	mls_buf_clear(&made);
	assert_int_equal(mls_sign(c, &made, mls_signer_ref(other), NULL, 0), MLS_OK);
	mls_signer_free(other);
	assert_int_equal(mls_verify(c, mls_signer_public(other), NULL, 0, mls_buf_slice(&made)),
			 MLS_OK);
	mls_signer_free(other);

	assert_int_equal(mls_signer_generate(c, &other), MLS_OK);
	assert_int_equal(mls_verify(c, mls_signer_public(other), NULL, 0, mls_buf_slice(&made)),
			 MLS_ERR_SIGNATURE);
	mls_signer_free(other);
	mls_buf_free(&saved);
	mls_buf_free(&made);
}

static void signatures(void **state)
{
	(void)state;
	each_suite(sign_and_verify);
}

/* A bad key does not spoil the object that peers' keys are put into. */
static void a_bad_signature_key_leaves_nothing_behind(struct mls_crypto *c)
{
	uint8_t bad[MLS_MAX_PUBLIC_KEY];
	struct mls_slice text = mls_slice_str("text"), key;
	struct mls_signer *signer = NULL;
	struct mls_buf made = {0};

	assert_int_equal(mls_signer_generate(c, &signer), MLS_OK);
	assert_int_equal(mls_sign(c, &made, signer, &text, 1), MLS_OK);
	key = mls_signer_public(signer);
	memcpy(bad, key.p, key.len);
	bad[key.len - 1] ^= 1;
	assert_int_not_equal(mls_verify(c, mls_slice(bad, key.len), &text, 1, mls_buf_slice(&made)),
			     MLS_OK);
	if (key.len > 57) { /* on none of the NIST curves */
		assert_int_equal(
			mls_verify(c, mls_slice(bad, key.len), &text, 1, mls_buf_slice(&made)),
			MLS_ERR_PUBLIC_KEY);
	}
	if (key.len > 57) { /* a point in hybrid form, which OpenSSL would take */
		memcpy(bad, key.p, key.len);
		bad[0] = (uint8_t)(6 + (bad[key.len - 1] & 1));
		assert_int_equal(
			mls_verify(c, mls_slice(bad, key.len), &text, 1, mls_buf_slice(&made)),
			MLS_ERR_PUBLIC_KEY);
	}
	memset(bad, 0xff, key.len);
	assert_int_not_equal(mls_verify(c, mls_slice(bad, key.len), &text, 1, mls_buf_slice(&made)),
			     MLS_OK);
	assert_int_equal(mls_verify(c, key, &text, 1, mls_buf_slice(&made)), MLS_OK);
	mls_buf_free(&made);
	mls_signer_free(signer);
}

static void bad_signature_keys(void **state)
{
	(void)state;
	each_suite(a_bad_signature_key_leaves_nothing_behind);
}

/* A signature by the point at infinity, for any text, which OpenSSL would take. */
static void everybodys_signature_is_none(void **state)
{
	const uint8_t identity[32] = {1};
	const uint8_t signature[64] = {1};
	const struct mls_slice text = mls_slice_str("text");
	struct mls_crypto *c = crypto_new(1);

	(void)state;
	assert_int_equal(mls_verify(c, mls_slice(identity, 32), &text, 1, mls_slice(signature, 64)),
			 MLS_ERR_SIGNATURE);
	mls_crypto_free(c);
}

static void what_is_too_long_is_refused(struct mls_crypto *c)
{
	const uint8_t key[MLS_MAX_AEAD_KEY] = {1}, nonce[MLS_AEAD_NONCE] = {2};
	const struct mls_slice text = mls_slice_str("text and enough for a tag");
	const struct mls_slice too_long = {text.p, (size_t)INT_MAX + 1 + MLS_AEAD_TAG};
	const struct mls_slice parts[13] = {{0}};
	struct mls_hmac_key prk;
	uint8_t out[64];

	assert_int_equal(mls_aead_seal(c, out, key, nonce, too_long, text), MLS_ERR_TOO_LONG);
	assert_int_equal(mls_aead_seal(c, out, key, nonce, none, too_long), MLS_ERR_TOO_LONG);
	assert_int_equal(mls_aead_open(c, out, key, nonce, too_long, text), MLS_ERR_DECRYPT);
	assert_int_equal(mls_aead_open(c, out, key, nonce, none, too_long), MLS_ERR_DECRYPT);
	mls_hmac_key_init(c, &prk, text);
	assert_int_equal(mls_hkdf_expand(c, out, 8, &prk, parts, 12), MLS_OK);
	assert_int_equal(mls_hkdf_expand(c, out, 8, &prk, parts, 13), MLS_ERR_USAGE);
	assert_int_equal(c->counts.aead, 0);
}

static void lengths_are_bounded(void **state)
{
	(void)state;
	each_suite(what_is_too_long_is_refused);
}

static void seal_and_open_in_place(struct mls_crypto *c)
{
	static const uint8_t zeros[100];
	const uint8_t key[MLS_MAX_AEAD_KEY] = {1}, nonce[MLS_AEAD_NONCE] = {2};
	const struct mls_slice aad = mls_slice_str("aad");
	uint8_t text[100 + MLS_AEAD_TAG], apart[100 + MLS_AEAD_TAG], want[100] = {3, 4, 5};

	for (size_t len = 0; len <= 100; len += 20) {
		const struct mls_slice sealed = {text, len + MLS_AEAD_TAG};

		memcpy(text, want, len);
		assert_int_equal(mls_aead_seal(c, apart, key, nonce, aad, mls_slice(text, len)),
				 MLS_OK);
		assert_int_equal(mls_aead_seal(c, text, key, nonce, aad, mls_slice(text, len)),
				 MLS_OK);
		assert_memory_equal(text, apart, sealed.len);
		assert_int_equal(mls_aead_open(c, apart, key, nonce, none, sealed),
				 MLS_ERR_DECRYPT);
		assert_memory_equal(apart, zeros, len);
		assert_int_equal(mls_aead_open(c, text, key, nonce, aad, sealed), MLS_OK);
		assert_memory_equal(text, want, len);
	}
	assert_int_equal(mls_aead_open(c, apart, key, nonce, none, mls_slice(text, 15)),
			 MLS_ERR_DECRYPT);
	assert_int_equal(ERR_peek_error(), 0);
}

static void aead(void **state)
{
	(void)state;
	each_suite(seal_and_open_in_place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suites_are_those_of_the_rfc),
		cmocka_unit_test(hashes_and_macs),
		cmocka_unit_test(hkdf),
		cmocka_unit_test(hashing_takes_parts),
		cmocka_unit_test(blocks_are_counted),
		cmocka_unit_test(counts_of_labelled_calls),
		cmocka_unit_test(counts_of_hpke),
		cmocka_unit_test(key_pairs),
		cmocka_unit_test(points_that_are_none),
		cmocka_unit_test(zero_shared_secrets),
		cmocka_unit_test(scalars_have_a_range),
		cmocka_unit_test(signatures),
		cmocka_unit_test(bad_signature_keys),
		cmocka_unit_test(everybodys_signature_is_none),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(aead),
	};

	return VECTORS_ON_BOTH(tests);
}
