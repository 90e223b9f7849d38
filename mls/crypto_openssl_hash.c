/*
 * Hashing and HMAC on OpenSSL's low-level functions. They are marked deprecated, and used
 * on purpose: a state of theirs is a plain structure, so that an HMAC key is 128 bytes that
 * can be copied and wiped, and a short HMAC costs half of what EVP takes for it.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "crypto_provider.h"

struct hash {
	const struct mls_suite *suite;
	union {
		SHA256_CTX sha256;
		SHA512_CTX sha512; /* SHA-384 too */
	} u;
};

static bool is_sha256(const struct mls_suite *suite)
{
	return suite->kdf == MLS_HKDF_SHA256;
}

static void hash_start(struct hash *h, const struct mls_suite *suite)
{
	h->suite = suite;
	if (is_sha256(suite))
		SHA256_Init(&h->u.sha256);
	else if (suite->kdf == MLS_HKDF_SHA384)
		SHA384_Init(&h->u.sha512);
	else
		SHA512_Init(&h->u.sha512);
}

static void hash_add(struct hash *h, const uint8_t *p, size_t len)
{
	if (len == 0)
		return;
	if (is_sha256(h->suite))
		SHA256_Update(&h->u.sha256, p, len);
	else
		SHA512_Update(&h->u.sha512, p, len);
}

static void hash_end(struct hash *h, uint8_t *out)
{
	if (is_sha256(h->suite))
		SHA256_Final(out, &h->u.sha256);
	else
		SHA512_Final(out, &h->u.sha512); /* the length is in the state */
}

static size_t hash_add_parts(struct hash *h, const struct mls_slice *parts, size_t n_parts)
{
	size_t len = 0;

	for (size_t i = 0; i < n_parts; i++) {
		hash_add(h, parts[i].p, parts[i].len);
		len += parts[i].len;
	}
	return len;
}

/* Compressions for `len` bytes, one bit and the 8 or 16 bytes of the length. */
static uint64_t blocks(const struct mls_suite *suite, size_t len)
{
	return (len + suite->hash_block / 8) / suite->hash_block + 1;
}

void mls_hash_uncounted(const struct mls_suite *suite, uint8_t *out, const struct mls_slice *parts,
			size_t n_parts)
{
	struct hash h;

	hash_start(&h, suite);
	hash_add_parts(&h, parts, n_parts);
	hash_end(&h, out);
}

void mls_hash(struct mls_crypto *c, uint8_t *out, const struct mls_slice *parts, size_t n_parts)
{
	struct hash h;

	hash_start(&h, c->suite);
	c->counts.hash++;
	c->counts.hash_blocks += blocks(c->suite, hash_add_parts(&h, parts, n_parts));
	hash_end(&h, out);
}

/* The chaining value behind one block of key xor pad. */
static void pad_key(struct mls_crypto *c, uint64_t *chain, uint8_t *key, uint8_t pad)
{
	size_t len = c->suite->hash_block;
	struct hash h;

	for (size_t i = 0; i < len; i++)
		key[i] ^= pad;
	hash_start(&h, c->suite);
	hash_add(&h, key, len);
	if (is_sha256(c->suite))
		memcpy(chain, h.u.sha256.h, sizeof(h.u.sha256.h));
	else
		memcpy(chain, h.u.sha512.h, sizeof(h.u.sha512.h));
	c->counts.hash_blocks++;
	mls_wipe(&h, sizeof(h));
}

/* A hash that has taken the one block behind `chain`. */
static void hash_resume(struct hash *h, const struct mls_suite *suite, const uint64_t *chain)
{
	hash_start(h, suite);
	if (is_sha256(suite)) {
		memcpy(h->u.sha256.h, chain, sizeof(h->u.sha256.h));
		h->u.sha256.Nl = 8u * suite->hash_block;
	} else {
		memcpy(h->u.sha512.h, chain, sizeof(h->u.sha512.h));
		h->u.sha512.Nl = 8u * suite->hash_block;
	}
}

/* RFC 2104: a key longer than a block is replaced by its hash. */
void mls_hmac_key_init(struct mls_crypto *c, struct mls_hmac_key *out, struct mls_slice key)
{
	uint8_t padded[128] = {0};

	if (key.len > c->suite->hash_block) {
		mls_hash_uncounted(c->suite, padded, &key, 1);
		c->counts.hash_blocks += blocks(c->suite, key.len);
	} else if (key.len > 0) {
		memcpy(padded, key.p, key.len);
	}
	pad_key(c, out->inner, padded, 0x36);
	pad_key(c, out->outer, padded, 0x36 ^ 0x5c);
	mls_wipe(padded, sizeof(padded));
}

void mls_hmac_keyed(struct mls_crypto *c, uint8_t *out, const struct mls_hmac_key *key,
		    const struct mls_slice *parts, size_t n_parts)
{
	const struct mls_suite *suite = c->suite;
	uint8_t inner[MLS_MAX_HASH];
	struct hash h;

	c->counts.hmac++;
	hash_resume(&h, suite, key->inner);
	c->counts.hash_blocks += blocks(suite, hash_add_parts(&h, parts, n_parts));
	hash_end(&h, inner);
	hash_resume(&h, suite, key->outer);
	hash_add(&h, inner, suite->nh);
	c->counts.hash_blocks += blocks(suite, suite->nh);
	hash_end(&h, out);
	mls_wipe(&h, sizeof(h));
	mls_wipe(inner, sizeof(inner));
}

void mls_hmac(struct mls_crypto *c, uint8_t *out, struct mls_slice key,
	      const struct mls_slice *parts, size_t n_parts)
{
	struct mls_hmac_key keyed;

	mls_hmac_key_init(c, &keyed, key);
	mls_hmac_keyed(c, out, &keyed, parts, n_parts);
	mls_wipe(&keyed, sizeof(keyed));
}
