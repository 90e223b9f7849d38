/*
 * What crypto.h adds to the raw calls of OpenSSL for the algorithms that suite 1 does not have:
 * the other curves, hashes and ciphers. `make prices` runs it behind crypto_prices, and measures
 * in the same way: all cases in turns, the cheapest batch of each, thread CPU time.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto.h"

#define ROUNDS   40
#define BATCH_NS 400000.0

/* One suite: its raw objects, and its crypto.h. */
struct suite {
	uint16_t id;
	const char *kem, *kem_group, *signature, *signature_group, *hash, *aead;
	EVP_PKEY *own, *peer, *signing;
	EVP_PKEY_CTX *generate, *derive;
	EVP_MD *md, *signature_md;
	EVP_MD_CTX *hash_context, *signer_context;
	EVP_MAC_CTX *mac;
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *cipher_context;
	uint8_t peer_bytes[133], public_bytes[133], signature_bytes[150];
	size_t peer_len, public_len, signature_len;
	struct mls_crypto *c;
	struct mls_key *key;
	struct mls_signer *signer;
	struct mls_hmac_key keyed;
	struct mls_buf made;
};

static uint8_t message[200], out[512];

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "suite_prices: %s failed\n", what);
	exit(1);
}
#define MUST(call) must((call), #call)

static EVP_PKEY *new_key(const char *name, const char *group)
{
	return group ? EVP_PKEY_Q_keygen(NULL, NULL, name, group)
		     : EVP_PKEY_Q_keygen(NULL, NULL, name);
}

/* ---- raw calls, in their fastest order ---- */

static void raw_keygen(struct suite *s)
{
	EVP_PKEY *made = NULL;

	MUST(EVP_PKEY_generate(s->generate, &made) == 1);
	EVP_PKEY_free(made);
}

static void raw_dh(struct suite *s)
{
	size_t len = sizeof(out);

	MUST(EVP_PKEY_set1_encoded_public_key(s->peer, s->peer_bytes, s->peer_len) == 1);
	MUST(EVP_PKEY_derive_set_peer_ex(s->derive, s->peer, 0) == 1);
	MUST(EVP_PKEY_derive(s->derive, out, &len) == 1);
}

static void raw_sign(struct suite *s)
{
	size_t len = sizeof(out);

	if (s->signature_md)
		MUST(EVP_DigestSignInit_ex(s->signer_context, NULL, NULL, NULL, NULL, NULL, NULL) ==
		     1);
	MUST(EVP_DigestSign(s->signer_context, out, &len, message, sizeof(message)) == 1);
}

static void raw_verify(struct suite *s)
{
	static EVP_MD_CTX *x;

	if (!x)
		x = EVP_MD_CTX_new();
	EVP_MD_CTX_reset(x);
	MUST(EVP_DigestVerifyInit_ex(x, NULL, s->signature_md ? s->hash : NULL, NULL, NULL,
				     s->signing, NULL) == 1);
	MUST(EVP_DigestVerify(x, s->signature_bytes, s->signature_len, message, sizeof(message)) ==
	     1);
}

static void raw_hash(struct suite *s)
{
	MUST(EVP_DigestInit_ex2(s->hash_context, s->md, NULL) == 1 &&
	     EVP_DigestUpdate(s->hash_context, message, 55) == 1 &&
	     EVP_DigestFinal_ex(s->hash_context, out, NULL) == 1);
}

static void raw_hmac(struct suite *s)
{
	size_t len;

	MUST(EVP_MAC_init(s->mac, message, 32, NULL) == 1 &&
	     EVP_MAC_update(s->mac, message, 50) == 1 &&
	     EVP_MAC_final(s->mac, out, &len, sizeof(out)) == 1);
}

static void raw_aead(struct suite *s)
{
	EVP_CIPHER_CTX *x = s->cipher_context;
	int len;

	MUST(EVP_EncryptInit_ex2(x, s->cipher, message, message + 40, NULL) == 1 &&
	     EVP_EncryptUpdate(x, out, &len, message, 32) == 1 &&
	     EVP_EncryptFinal_ex(x, out + 32, &len) == 1 &&
	     EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_GET_TAG, 16, out + 32) == 1);
}

/* ---- crypto.h ---- */

static void our_keygen(struct suite *s)
{
	struct mls_key *key;

	MUST(!mls_key_generate(s->c, &key));
	mls_key_free(key);
}

static void our_dh(struct suite *s)
{
	MUST(!mls_dh(s->c, out, s->key, mls_slice(s->peer_bytes, s->peer_len)));
}

static void our_sign(struct suite *s)
{
	struct mls_slice part = {message, sizeof(message)};

	s->made.len = 0;
	MUST(!mls_sign(s->c, &s->made, s->signer, &part, 1));
}

static void our_verify(struct suite *s)
{
	struct mls_slice part = {message, sizeof(message)};

	MUST(!mls_verify(s->c, mls_slice(s->public_bytes, s->public_len), &part, 1,
			 mls_slice(s->signature_bytes, s->signature_len)));
}

static void our_hash(struct suite *s)
{
	struct mls_slice part = {message, 55};

	mls_hash(s->c, out, &part, 1);
}

static void our_hmac(struct suite *s)
{
	struct mls_slice part = {message, 50};

	mls_hmac(s->c, out, mls_slice(message, 32), &part, 1);
}

static void our_aead(struct suite *s)
{
	MUST(!mls_aead_seal(s->c, out, message, message + 40, (struct mls_slice){0},
			    mls_slice(message, 32)));
}

static const struct {
	const char *name;
	void (*raw)(struct suite *s);
	void (*ours)(struct suite *s);
} cases[] = {
	{"key pair", raw_keygen, our_keygen},
	{"agreement", raw_dh, our_dh},
	{"signature, 200 B", raw_sign, our_sign},
	{"verification, 200 B", raw_verify, our_verify},
	{"hash, 55 B", raw_hash, our_hash},
	{"HMAC, 50 B, new key", raw_hmac, our_hmac},
	{"AEAD, 32 B, new key", raw_aead, our_aead},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static struct suite suites[] = {
	{.id = 1, .kem = "X25519", .signature = "ED25519", .hash = "SHA256", .aead = "AES-128-GCM"},
	{.id = 2,
	 .kem = "EC",
	 .kem_group = "P-256",
	 .signature = "EC",
	 .signature_group = "P-256",
	 .hash = "SHA256",
	 .aead = "AES-128-GCM"},
	{.id = 3,
	 .kem = "X25519",
	 .signature = "ED25519",
	 .hash = "SHA256",
	 .aead = "ChaCha20-Poly1305"},
	{.id = 4, .kem = "X448", .signature = "ED448", .hash = "SHA512", .aead = "AES-256-GCM"},
	{.id = 5,
	 .kem = "EC",
	 .kem_group = "P-521",
	 .signature = "EC",
	 .signature_group = "P-521",
	 .hash = "SHA512",
	 .aead = "AES-256-GCM"},
	{.id = 7,
	 .kem = "EC",
	 .kem_group = "P-384",
	 .signature = "EC",
	 .signature_group = "P-384",
	 .hash = "SHA384",
	 .aead = "AES-256-GCM"},
};
enum { SUITES = sizeof(suites) / sizeof(suites[0]) };

static void prepare_raw(struct suite *s)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	OSSL_PARAM digest[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
								(char *)(uintptr_t)s->hash, 0),
			       OSSL_PARAM_construct_end()};

	s->own = new_key(s->kem, s->kem_group);
	s->peer = new_key(s->kem, s->kem_group);
	s->signing = new_key(s->signature, s->signature_group);
	s->generate = EVP_PKEY_CTX_new_from_name(NULL, s->kem, NULL);
	MUST(EVP_PKEY_keygen_init(s->generate) == 1);
	if (s->kem_group)
		MUST(EVP_PKEY_CTX_set_group_name(s->generate, s->kem_group) == 1);
	s->derive = EVP_PKEY_CTX_new_from_pkey(NULL, s->own, NULL);
	MUST(EVP_PKEY_derive_init(s->derive) == 1);
	s->md = EVP_MD_fetch(NULL, s->hash, NULL);
	s->signature_md = s->signature_group ? s->md : NULL;
	s->hash_context = EVP_MD_CTX_new();
	s->signer_context = EVP_MD_CTX_new();
	MUST(EVP_DigestSignInit_ex(s->signer_context, NULL, s->signature_md ? s->hash : NULL, NULL,
				   NULL, s->signing, NULL) == 1);
	s->mac = EVP_MAC_CTX_new(hmac);
	MUST(EVP_MAC_CTX_set_params(s->mac, digest) == 1);
	EVP_MAC_free(hmac);
	s->cipher = EVP_CIPHER_fetch(NULL, s->aead, NULL);
	s->cipher_context = EVP_CIPHER_CTX_new();
}

static void prepare(struct suite *s)
{
	unsigned char *bytes = NULL;

	prepare_raw(s);
	s->peer_len = EVP_PKEY_get1_encoded_public_key(s->peer, &bytes);
	MUST(s->peer_len > 0 && s->peer_len <= sizeof(s->peer_bytes));
	memcpy(s->peer_bytes, bytes, s->peer_len);
	OPENSSL_free(bytes);
	if (s->signature_group) {
		s->public_len = EVP_PKEY_get1_encoded_public_key(s->signing, &bytes);
		memcpy(s->public_bytes, bytes, s->public_len);
		OPENSSL_free(bytes);
	} else {
		s->public_len = sizeof(s->public_bytes);
		MUST(EVP_PKEY_get_raw_public_key(s->signing, s->public_bytes, &s->public_len) == 1);
	}
	s->signature_len = sizeof(s->signature_bytes);
	MUST(EVP_DigestSign(s->signer_context, s->signature_bytes, &s->signature_len, message,
			    sizeof(message)) == 1);
	MUST(!mls_crypto_new(&s->c, MLS_CRYPTO_OPENSSL, mls_suite_find(s->id), NULL));
	MUST(!mls_key_generate(s->c, &s->key));
	MUST(!mls_signer_generate(s->c, &s->signer));
}

static double batch(struct suite *s, void (*call)(struct suite *), unsigned n)
{
	struct timespec from, to;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (unsigned i = 0; i < n; i++)
		call(s);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return (1e9 * (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec)) / n;
}

static unsigned batch_of(struct suite *s, void (*call)(struct suite *))
{
	unsigned n = 1;

	while (n * batch(s, call, n) < BATCH_NS / 2)
		n *= 2;
	return n;
}

/* Raw and ours in turns, so that a machine that gets slower hits both. */
static void measure(struct suite *s, size_t i)
{
	double raw = 1e18, ours = 1e18, now;
	const unsigned n = batch_of(s, cases[i].raw);

	for (unsigned round = 0; round < ROUNDS; round++) {
		if ((now = batch(s, cases[i].raw, n)) < raw)
			raw = now;
		if ((now = batch(s, cases[i].ours, n)) < ours)
			ours = now;
	}
	printf("| %u | %s | %.0f | %.0f | %+.1f %% |\n", (unsigned)s->id, cases[i].name, raw, ours,
	       100 * (ours / raw - 1));
}

int main(void)
{
	printf("| suite | primitive | OpenSSL, ns | crypto.h, ns | |\n|--:|---|--:|--:|--:|\n");
	for (size_t i = 0; i < SUITES; i++) {
		prepare(&suites[i]);
		for (size_t j = 0; j < CASES; j++)
			measure(&suites[i], j);
	}
	return 0;
}
