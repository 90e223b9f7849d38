/*
 * Hashing and HMAC on OpenSSL's low-level functions. They are marked deprecated, and used
 * on purpose: a state of theirs is a plain structure, so that an HMAC key is 128 bytes that
 * can be copied and wiped, and a short HMAC costs half of what EVP takes for it.
 */
#define _DEFAULT_SOURCE /* htobe32, htobe64 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <endian.h>

#include <openssl/sha.h>

#include "crypto_provider.h"
#include "internal.h"

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

/* Compressions for `len` bytes, one bit and the 8 or 16 bytes of their number of bits. */
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

/* What an HMAC works in, wiped at once when it is done. */
struct hmac_work {
	struct hash hash;
	uint8_t block[128];
};

static void load_chain(struct hash *h, const uint64_t chain[8])
{
	if (is_sha256(h->suite))
		memcpy(h->u.sha256.h, chain, sizeof(h->u.sha256.h));
	else
		memcpy(h->u.sha512.h, chain, sizeof(h->u.sha512.h));
}

static void store_chain(const struct hash *h, uint64_t chain[8])
{
	if (is_sha256(h->suite))
		memcpy(chain, h->u.sha256.h, sizeof(h->u.sha256.h));
	else
		memcpy(chain, h->u.sha512.h, sizeof(h->u.sha512.h));
}

static void compress(struct mls_crypto *c, struct hmac_work *w)
{
	c->counts.hash_blocks++;
	if (is_sha256(c->suite))
		SHA256_Transform(&w->hash.u.sha256, w->block);
	else
		SHA512_Transform(&w->hash.u.sha512, w->block);
}

/* FIPS 180-4 6: the words of a chaining value, as many as the hash has, big-endian. */
static void chain_out(const struct hash *h, uint8_t *out)
{
	uint32_t words[8];
	uint64_t long_words[8];

	if (is_sha256(h->suite)) {
		for (size_t i = 0; i < 8; i++)
			words[i] = htobe32(h->u.sha256.h[i]);
		memcpy(out, words, sizeof(words));
		return;
	}
	for (size_t i = 0; i < 8; i++)
		long_words[i] = htobe64(h->u.sha512.h[i]);
	memcpy(out, long_words, h->suite->nh);
}

/* The chaining value behind one block of key xor pad; `flip` turns what is in the block. */
static void pad_key(struct mls_crypto *c, struct hmac_work *w, uint64_t chain[8], uint8_t flip)
{
	for (size_t i = 0; i < sizeof(w->block); i++)
		w->block[i] ^= flip;
	hash_start(&w->hash, c->suite);
	compress(c, w);
	store_chain(&w->hash, chain);
}

/* RFC 2104: a key longer than a block is replaced by its hash. */
void mls_hmac_key_init(struct mls_crypto *c, struct mls_hmac_key *out, struct mls_slice key)
{
	struct hmac_work w;

	memset(w.block, 0, sizeof(w.block));
	if (key.len > c->suite->hash_block) {
		mls_hash_uncounted(c->suite, w.block, &key, 1);
		c->counts.hash_blocks += blocks(c->suite, key.len);
	} else if (key.len > 0) {
		memcpy(w.block, key.p, key.len);
	}
	pad_key(c, &w, out->inner, 0x36);
	pad_key(c, &w, out->outer, 0x36 ^ 0x5c);
	mls_wipe(&w, sizeof(w));
}

/*
 * The last block of a message that is one block of a key and `len` bytes: those that are in
 * w->block, and the padding (FIPS 180-4 5.1), for which they leave room.
 */
static void last_block(struct mls_crypto *c, struct hmac_work *w, const uint64_t key[8], size_t len)
{
	const size_t size = c->suite->hash_block;
	const uint64_t bits = 8 * (size + len);

	w->block[len] = 0x80;
	memset(w->block + len + 1, 0, size - len - 3);
	w->block[size - 2] = (uint8_t)(bits >> 8);
	w->block[size - 1] = (uint8_t)bits;
	load_chain(&w->hash, key);
	compress(c, w);
}

static size_t length_of(const struct mls_slice *parts, size_t n_parts)
{
	size_t len = 0;

	for (size_t i = 0; i < n_parts; i++)
		len += parts[i].len;
	return len;
}

/* The hash of a block of `key` and of parts that fit into another one with its padding. */
static void short_inner(struct mls_crypto *c, struct hmac_work *w, const uint64_t key[8],
			const struct mls_slice *parts, size_t n_parts)
{
	size_t len = 0;

	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].len > 0)
			memcpy(w->block + len, parts[i].p, parts[i].len);
		len += parts[i].len;
	}
	last_block(c, w, key, len);
	chain_out(&w->hash, w->block);
}

/* The same for parts of any length. */
static void long_inner(struct mls_crypto *c, struct hmac_work *w, const uint64_t key[8],
		       const struct mls_slice *parts, size_t n_parts)
{
	hash_start(&w->hash, c->suite);
	load_chain(&w->hash, key);
	if (is_sha256(c->suite))
		w->hash.u.sha256.Nl = 8u * c->suite->hash_block;
	else
		w->hash.u.sha512.Nl = 8u * c->suite->hash_block;
	c->counts.hash_blocks += blocks(c->suite, hash_add_parts(&w->hash, parts, n_parts));
	hash_end(&w->hash, w->block);
}

/*
 * Most of what a key schedule authenticates fits into one block, whose padding is written
 * here: OpenSSL's buffering would take as long as the two compressions.
 */
void mls_hmac_keyed(struct mls_crypto *c, uint8_t *out, const struct mls_hmac_key *key,
		    const struct mls_slice *parts, size_t n_parts)
{
	struct hmac_work w;

	c->counts.hmac++;
	w.hash.suite = c->suite;
	if (blocks(c->suite, length_of(parts, n_parts)) == 1)
		short_inner(c, &w, key->inner, parts, n_parts);
	else
		long_inner(c, &w, key->inner, parts, n_parts);
	last_block(c, &w, key->outer, c->suite->nh);
	chain_out(&w.hash, out);
	mls_wipe(&w, sizeof(w));
}

void mls_hmac(struct mls_crypto *c, uint8_t *out, struct mls_slice key,
	      const struct mls_slice *parts, size_t n_parts)
{
	struct mls_hmac_key keyed;

	mls_hmac_key_init(c, &keyed, key);
	mls_hmac_keyed(c, out, &keyed, parts, n_parts);
	mls_wipe(&keyed, sizeof(keyed));
}
