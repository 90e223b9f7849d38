/*
 * What ways of calling OpenSSL cost, what crypto.h costs beside the best of them, what
 * libsodium costs, and what the definitions of megolm/ add to libolm's primitives: the tables of
 * docs/performance.md. `make prices` runs it.
 *
 * All cases are measured in short batches, one after the other, in many rounds; printed is the
 * cheapest batch of each, in ns of thread CPU time for one call.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sodium.h>

#include "crypto.h"
#include "olm_primitives.h"
#include "sodium_keygen.h"

#define ROUNDS   60
#define BATCH_NS 400000.0

static uint8_t secret[32] = "thirty-two bytes of a secret....";
static uint8_t message[200], out[256], peer[32], public_key[32], sodium_key[64], signature[64];
static const struct mls_slice none;

static struct mls_crypto *c[2]; /* by enum mls_crypto_library */
static struct mls_key *key[2];
static struct mls_signer *signer[2];
static struct mls_hmac_key keyed;
static struct mls_buf made;

static EVP_PKEY *own, *kept_peer, *signing;
static EVP_PKEY_CTX *generate, *import, *import_public, *derive;
static EVP_MD_CTX *sign_kept, *verify_kept, *hash_kept, *hash_started, *inner, *outer;
static EVP_MD *sha256;
static EVP_MAC_CTX *mac, *mac_keyed;
static EVP_KDF_CTX *kdf;
static EVP_CIPHER *gcm;
static EVP_CIPHER_CTX *cipher;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "crypto_prices: %s failed\n", what);
	exit(1);
}
#define MUST(call) must((call), #call)

/* ---- X25519 ---- */

static EVP_PKEY *from_bytes(EVP_PKEY_CTX *importer, const char *name, uint8_t *p, int selection)
{
	OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(name, p, 32),
			       OSSL_PARAM_construct_end()};
	EVP_PKEY *made_key = NULL;

	MUST(EVP_PKEY_fromdata(importer, &made_key, selection, params) == 1);
	return made_key;
}

static void keygen_new_context(void)
{
	EVP_PKEY_free(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"));
}

static void keygen_kept_context(void)
{
	EVP_PKEY *k = NULL;

	MUST(EVP_PKEY_generate(generate, &k) == 1);
	EVP_PKEY_free(k);
}

static void keygen_import(void)
{
	EVP_PKEY_free(from_bytes(import, OSSL_PKEY_PARAM_PRIV_KEY, secret, EVP_PKEY_KEYPAIR));
}

static void keygen_seam(int library)
{
	struct mls_key *k = NULL;

	MUST(!mls_key_import(c[library], &k, mls_slice(secret, 32), none));
	mls_key_free(k);
}

static void keygen_seam_openssl(void)
{
	keygen_seam(0);
}

static void keygen_seam_sodium(void)
{
	keygen_seam(1);
}

static void dh_with(EVP_PKEY_CTX *x, EVP_PKEY *other, int validate)
{
	size_t len = sizeof(out);

	MUST(EVP_PKEY_derive_set_peer_ex(x, other, validate) == 1);
	MUST(EVP_PKEY_derive(x, out, &len) == 1);
}

static void dh_new_objects(void)
{
	EVP_PKEY *mine = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, 32);
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, 32);
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new(mine, NULL);

	MUST(EVP_PKEY_derive_init(x) == 1);
	dh_with(x, other, 1);
	EVP_PKEY_CTX_free(x);
	EVP_PKEY_free(other);
	EVP_PKEY_free(mine);
}

static void dh_kept_key(void)
{
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);

	MUST(EVP_PKEY_set1_encoded_public_key(kept_peer, peer, 32) == 1);
	MUST(EVP_PKEY_derive_init(x) == 1);
	dh_with(x, kept_peer, 0);
	EVP_PKEY_CTX_free(x);
}

static void dh_kept_context(void)
{
	MUST(EVP_PKEY_set1_encoded_public_key(kept_peer, peer, 32) == 1);
	dh_with(derive, kept_peer, 0);
}

static void dh_sodium(void)
{
	MUST(crypto_scalarmult_curve25519(out, secret, peer) == 0);
}

static void dh_seam_openssl(void)
{
	MUST(!mls_dh(c[0], out, key[0], mls_slice(peer, 32)));
}

static void dh_seam_sodium(void)
{
	MUST(!mls_dh(c[1], out, key[1], mls_slice(peer, 32)));
}

/* ---- Ed25519 ---- */

static void sign_new_objects(void)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, 32);
	EVP_MD_CTX *x = EVP_MD_CTX_new();
	size_t len = sizeof(out);

	MUST(EVP_DigestSignInit(x, NULL, NULL, NULL, k) == 1);
	MUST(EVP_DigestSign(x, out, &len, message, sizeof(message)) == 1);
	EVP_MD_CTX_free(x);
	EVP_PKEY_free(k);
}

static void sign_kept_key(void)
{
	EVP_MD_CTX *x = EVP_MD_CTX_new();
	size_t len = sizeof(out);

	MUST(EVP_DigestSignInit(x, NULL, NULL, NULL, signing) == 1);
	MUST(EVP_DigestSign(x, out, &len, message, sizeof(message)) == 1);
	EVP_MD_CTX_free(x);
}

static void sign_kept_context(void)
{
	size_t len = sizeof(out);

	MUST(EVP_DigestSign(sign_kept, out, &len, message, sizeof(message)) == 1);
}

static void sign_sodium(void)
{
	MUST(crypto_sign_ed25519_detached(out, NULL, message, sizeof(message), sodium_key) == 0);
}

static void sign_seam(int library)
{
	const struct mls_slice text = {message, sizeof(message)};

	made.len = 0;
	MUST(!mls_sign(c[library], &made, signer[library], &text, 1));
}

static void sign_seam_openssl(void)
{
	sign_seam(0);
}

static void sign_seam_sodium(void)
{
	sign_seam(1);
}

static void verify_new_objects(void)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
	EVP_MD_CTX *x = EVP_MD_CTX_new();

	MUST(EVP_DigestVerifyInit(x, NULL, NULL, NULL, k) == 1);
	MUST(EVP_DigestVerify(x, signature, 64, message, sizeof(message)) == 1);
	EVP_MD_CTX_free(x);
	EVP_PKEY_free(k);
}

static void verify_kept_context(void)
{
	EVP_PKEY *k =
		from_bytes(import_public, OSSL_PKEY_PARAM_PUB_KEY, public_key, EVP_PKEY_PUBLIC_KEY);

	MUST(EVP_MD_CTX_reset(verify_kept) == 1);
	MUST(EVP_DigestVerifyInit_ex(verify_kept, NULL, NULL, NULL, NULL, k, NULL) == 1);
	MUST(EVP_DigestVerify(verify_kept, signature, 64, message, sizeof(message)) == 1);
	EVP_PKEY_free(k);
}

static void verify_sodium(void)
{
	MUST(crypto_sign_ed25519_verify_detached(signature, message, sizeof(message), public_key) ==
	     0);
}

static void verify_seam(int library)
{
	const struct mls_slice text = {message, sizeof(message)};

	MUST(!mls_verify(c[library], mls_slice(public_key, 32), &text, 1,
			 mls_slice(signature, 64)));
}

static void verify_seam_openssl(void)
{
	verify_seam(0);
}

static void verify_seam_sodium(void)
{
	verify_seam(1);
}

/* ---- SHA-256 of 55 bytes, HMAC of 50, HKDF-Expand to 32 ---- */

static void hash_implicit(void)
{
	MUST(EVP_Digest(message, 55, out, NULL, EVP_sha256(), NULL) == 1);
}

static void hash_one_shot(void)
{
	SHA256(message, 55, out);
}

static void hash_fetched(void)
{
	MUST(EVP_DigestInit_ex2(hash_kept, sha256, NULL) == 1);
	MUST(EVP_DigestUpdate(hash_kept, message, 55) == 1);
	MUST(EVP_DigestFinal_ex(hash_kept, out, NULL) == 1);
}

static void hash_copied(void)
{
	MUST(EVP_MD_CTX_copy_ex(hash_kept, hash_started) == 1);
	MUST(EVP_DigestUpdate(hash_kept, message, 55) == 1);
	MUST(EVP_DigestFinal_ex(hash_kept, out, NULL) == 1);
}

static void hash_low_level(void)
{
	SHA256_CTX x;

	SHA256_Init(&x);
	SHA256_Update(&x, message, 55);
	SHA256_Final(out, &x);
}

static void hash_sodium(void)
{
	crypto_hash_sha256(out, message, 55);
}

static void hash_seam(void)
{
	const struct mls_slice text = {message, 55};

	mls_hash(c[0], out, &text, 1);
}

static void hmac_one_shot(void)
{
	HMAC(EVP_sha256(), secret, 32, message, 50, out, NULL);
}

static void hmac_mac(void)
{
	size_t len = 0;

	MUST(EVP_MAC_init(mac, secret, 32, NULL) == 1);
	MUST(EVP_MAC_update(mac, message, 50) == 1);
	MUST(EVP_MAC_final(mac, out, &len, sizeof(out)) == 1);
}

static void hmac_seam(void)
{
	const struct mls_slice text = {message, 50};

	mls_hmac(c[0], out, mls_slice(secret, 32), &text, 1);
}

static void keyed_mac(void)
{
	size_t len = 0;

	MUST(EVP_MAC_init(mac_keyed, NULL, 0, NULL) == 1);
	MUST(EVP_MAC_update(mac_keyed, message, 50) == 1);
	MUST(EVP_MAC_final(mac_keyed, out, &len, sizeof(out)) == 1);
}

static void keyed_pads(void)
{
	MUST(EVP_MD_CTX_copy_ex(hash_kept, inner) == 1);
	MUST(EVP_DigestUpdate(hash_kept, message, 50) == 1);
	MUST(EVP_DigestFinal_ex(hash_kept, out, NULL) == 1);
	MUST(EVP_MD_CTX_copy_ex(hash_kept, outer) == 1);
	MUST(EVP_DigestUpdate(hash_kept, out, 32) == 1);
	MUST(EVP_DigestFinal_ex(hash_kept, out, NULL) == 1);
}

static void keyed_seam(void)
{
	const struct mls_slice text = {message, 50};

	mls_hmac_keyed(c[0], out, &keyed, &text, 1);
}

static void expand_kdf(void)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0),
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, 32),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, message, 20),
		OSSL_PARAM_construct_end(),
	};

	MUST(EVP_KDF_derive(kdf, out, 32, params) == 1);
}

static void expand_seam(void)
{
	const struct mls_slice info = {message, 20};
	struct mls_hmac_key prk;

	mls_hmac_key_init(c[0], &prk, mls_slice(secret, 32));
	MUST(!mls_hkdf_expand(c[0], out, 32, &prk, &info, 1));
}

/* ---- AES-128-GCM of 32 bytes under a new key; 32 random bytes ---- */

static void seal_with(EVP_CIPHER_CTX *x, const EVP_CIPHER *type)
{
	int n = 0;

	MUST(EVP_EncryptInit_ex2(x, type, secret, secret + 16, NULL) == 1);
	MUST(EVP_EncryptUpdate(x, out, &n, message, 32) == 1);
	MUST(EVP_EncryptFinal_ex(x, out + 32, &n) == 1);
	MUST(EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_GET_TAG, 16, out + 32) == 1);
}

static void seal_new_context(void)
{
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();

	seal_with(x, EVP_aes_128_gcm());
	EVP_CIPHER_CTX_free(x);
}

static void seal_fetched(void)
{
	seal_with(cipher, gcm);
	EVP_CIPHER_CTX_reset(cipher);
}

static void seal_left_keyed(void)
{
	seal_with(cipher, gcm);
}

static void seal_seam(void)
{
	MUST(!mls_aead_seal(c[0], out, secret, secret + 16, none, mls_slice(message, 32)));
}

static void random_each(void)
{
	MUST(RAND_bytes(out, 32) == 1);
}

static void random_seam(void)
{
	MUST(!mls_random_bytes(c[0], out, 32));
}

static struct row {
	const char *group, *how;
	void (*call)(void);
	unsigned n; /* calls in a batch */
	double least;
} rows[] = {
	{"X25519 key pair", "EVP_PKEY_Q_keygen", keygen_new_context, 0, 0},
	{"", "EVP_PKEY_generate, kept context", keygen_kept_context, 0, 0},
	{"", "EVP_PKEY_fromdata, private key alone", keygen_import, 0, 0},
	{"", "crypto.h, OpenSSL", keygen_seam_openssl, 0, 0},
	{"", "libsodium", sodium_keygen, 0, 0},
	{"", "libsodium on Ed25519, its conversion", sodium_keygen_converted, 0, 0},
	{"", "libsodium on Ed25519, OpenSSL divides", sodium_keygen_openssl_divides, 0, 0},
	{"", "libsodium on Ed25519, GMP divides", sodium_keygen_gmp_divides, 0, 0},
	{"", "crypto.h, libsodium", keygen_seam_sodium, 0, 0},
	{"", "libolm", olm_raw_keygen, 0, 0},
	{"", "megolm/ before libolm", olm_counted_keygen, 0, 0},
	{"X25519 agreement", "all objects new from bytes", dh_new_objects, 0, 0},
	{"", "kept keys, new context", dh_kept_key, 0, 0},
	{"", "kept keys and context", dh_kept_context, 0, 0},
	{"", "crypto.h, OpenSSL", dh_seam_openssl, 0, 0},
	{"", "libsodium", dh_sodium, 0, 0},
	{"", "crypto.h, libsodium", dh_seam_sodium, 0, 0},
	{"", "libolm", olm_raw_dh, 0, 0},
	{"", "megolm/ before libolm", olm_counted_dh, 0, 0},
	{"Ed25519 signature, 200 B", "all objects new from bytes", sign_new_objects, 0, 0},
	{"", "kept key, new context", sign_kept_key, 0, 0},
	{"", "kept key and context", sign_kept_context, 0, 0},
	{"", "crypto.h, OpenSSL", sign_seam_openssl, 0, 0},
	{"", "libsodium", sign_sodium, 0, 0},
	{"", "crypto.h, libsodium", sign_seam_sodium, 0, 0},
	{"", "libolm", olm_raw_sign, 0, 0},
	{"", "megolm/ before libolm", olm_counted_sign, 0, 0},
	{"Ed25519 verification, 200 B", "all objects new from bytes", verify_new_objects, 0, 0},
	{"", "kept importer and context", verify_kept_context, 0, 0},
	{"", "crypto.h, OpenSSL", verify_seam_openssl, 0, 0},
	{"", "libsodium", verify_sodium, 0, 0},
	{"", "crypto.h, libsodium", verify_seam_sodium, 0, 0},
	{"", "libolm", olm_raw_verify, 0, 0},
	{"", "megolm/ before libolm", olm_counted_verify, 0, 0},
	{"SHA-256, 55 B", "EVP_Digest(EVP_sha256())", hash_implicit, 0, 0},
	{"", "SHA256()", hash_one_shot, 0, 0},
	{"", "EVP_MD fetched, kept context", hash_fetched, 0, 0},
	{"", "EVP_MD_CTX_copy_ex of a started one", hash_copied, 0, 0},
	{"", "SHA256_Init, _Update, _Final", hash_low_level, 0, 0},
	{"", "libsodium", hash_sodium, 0, 0},
	{"", "crypto.h", hash_seam, 0, 0},
	{"", "libolm", olm_raw_hash, 0, 0},
	{"", "megolm/ before libolm", olm_counted_hash, 0, 0},
	{"HMAC-SHA256, 50 B, new key", "HMAC()", hmac_one_shot, 0, 0},
	{"", "EVP_MAC, kept context", hmac_mac, 0, 0},
	{"", "crypto.h", hmac_seam, 0, 0},
	{"", "libolm", olm_raw_hmac, 0, 0},
	{"", "megolm/ before libolm", olm_counted_hmac, 0, 0},
	{"HMAC-SHA256, 50 B, same key", "EVP_MAC, started again", keyed_mac, 0, 0},
	{"", "copies of keyed EVP_MD_CTX", keyed_pads, 0, 0},
	{"", "crypto.h", keyed_seam, 0, 0},
	{"HKDF-Expand, 32 B, new key", "EVP_KDF, kept context", expand_kdf, 0, 0},
	{"", "crypto.h", expand_seam, 0, 0},
	{"AES-128-GCM, 32 B, new key", "EVP_aes_128_gcm(), new context", seal_new_context, 0, 0},
	{"", "fetched, kept context, key wiped", seal_fetched, 0, 0},
	{"", "fetched, kept context, key stays", seal_left_keyed, 0, 0},
	{"", "crypto.h (wipes the key)", seal_seam, 0, 0},
	{"AES-256-CBC, 32 B", "libolm", olm_raw_cbc, 0, 0},
	{"", "megolm/ before libolm", olm_counted_cbc, 0, 0},
	{"Random bytes, 32 B", "RAND_bytes", random_each, 0, 0},
	{"", "crypto.h (drawn by 256)", random_seam, 0, 0},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void pad(EVP_MD_CTX *x, uint8_t with)
{
	uint8_t block[64] = {0};

	memcpy(block, secret, 32);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= with;
	MUST(EVP_DigestInit_ex2(x, sha256, NULL) == 1 && EVP_DigestUpdate(x, block, 64) == 1);
}

static EVP_PKEY_CTX *context_of(const char *name)
{
	return EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
}

static void prepare_keys(void)
{
	EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	size_t len = 32;

	MUST(EVP_PKEY_get_raw_public_key(other, peer, &len) == 1);
	kept_peer = other;
	own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, 32);
	signing = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, 32);
	MUST(EVP_PKEY_get_raw_public_key(signing, public_key, &len) == 1);
	generate = context_of("X25519");
	MUST(EVP_PKEY_keygen_init(generate) == 1);
	import = context_of("X25519");
	import_public = context_of("ED25519");
	MUST(EVP_PKEY_fromdata_init(import) == 1 && EVP_PKEY_fromdata_init(import_public) == 1);
	derive = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	MUST(EVP_PKEY_derive_init(derive) == 1);
	sign_kept = EVP_MD_CTX_new();
	verify_kept = EVP_MD_CTX_new();
	MUST(EVP_DigestSignInit_ex(sign_kept, NULL, NULL, NULL, NULL, signing, NULL) == 1);
	MUST(crypto_sign_ed25519_seed_keypair(public_key, sodium_key, secret) == 0);
}

static void prepare_symmetric(void)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0),
		OSSL_PARAM_construct_end(),
	};

	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	cipher = EVP_CIPHER_CTX_new();
	hash_kept = EVP_MD_CTX_new();
	hash_started = EVP_MD_CTX_new();
	inner = EVP_MD_CTX_new();
	outer = EVP_MD_CTX_new();
	MUST(EVP_DigestInit_ex2(hash_started, sha256, NULL) == 1);
	pad(inner, 0x36);
	pad(outer, 0x5c);
	mac = EVP_MAC_CTX_new(hmac);
	mac_keyed = EVP_MAC_CTX_new(hmac);
	MUST(EVP_MAC_CTX_set_params(mac, params) == 1);
	MUST(EVP_MAC_init(mac_keyed, secret, 32, params) == 1);
	kdf = EVP_KDF_CTX_new(hkdf);
	EVP_MAC_free(hmac);
	EVP_KDF_free(hkdf);
}

static void prepare_seam(void)
{
	for (int i = 0; i < 2; i++) {
		MUST(!mls_crypto_new(&c[i], (enum mls_crypto_library)i, mls_suite_find(1), NULL));
		MUST(!mls_key_import(c[i], &key[i], mls_slice(secret, 32), none));
		MUST(!mls_signer_import(c[i], &signer[i], mls_slice(secret, 32), none));
	}
	mls_hmac_key_init(c[0], &keyed, mls_slice(secret, 32));
	sign_seam(0);
	memcpy(signature, made.p, sizeof(signature));
}

static double batch(const struct row *row)
{
	struct timespec from, to;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (unsigned i = 0; i < row->n; i++)
		row->call();
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return 1e9 * (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec);
}

static void size_batch(struct row *row)
{
	double ns = 0;

	for (row->n = 1; ns < BATCH_NS / 2; row->n *= 2)
		ns = batch(row);
	row->least = ns / row->n;
}

int main(void)
{
	MUST(sodium_init() >= 0);
	prepare_keys();
	prepare_symmetric();
	prepare_seam();
	MUST(sodium_keygen_prepare());
	MUST(olm_primitives_prepare());
	for (size_t i = 0; i < N_ROWS; i++)
		size_batch(&rows[i]);
	for (size_t round = 0; round < ROUNDS * N_ROWS; round++) {
		struct row *row = &rows[round % N_ROWS];
		double ns = batch(row) / row->n;

		if (round < N_ROWS || ns < row->least)
			row->least = ns;
	}
	printf("%s, libsodium %s, %s\n\n", mls_crypto_version(MLS_CRYPTO_OPENSSL),
	       mls_crypto_version(MLS_CRYPTO_SODIUM), olm_primitives_version);
	printf("| primitive | way | ns |\n|---|---|--:|\n");
	for (size_t i = 0; i < N_ROWS; i++)
		printf("| %s | %s | %.*f |\n", rows[i].group, rows[i].how, rows[i].least < 1000,
		       rows[i].least);
	return 0;
}
