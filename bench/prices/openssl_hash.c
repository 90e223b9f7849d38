/* The low-level functions are the cheapest way into SHA-2, and deprecated in favour of a
 * dearer one. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "prices/price_cases.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

union context {
	SHA256_CTX sha256;
	SHA512_CTX sha512;
};

struct function {
	int (*init)(union context *);
	int (*update)(union context *, const void *, size_t);
	int (*final)(uint8_t *, union context *);
	unsigned digest, block, one_block; /* the longest message that fills one block */
};

/* HMAC by hand: a key that is kept is two contexts that have taken the padded key. */
struct hash {
	const struct function *f;
	union context inner, outer;
	uint8_t key[64], message[GB_CASE_LONG], digest[64];
};

static int init256(union context *c)
{
	return SHA256_Init(&c->sha256);
}

static int update256(union context *c, const void *p, size_t len)
{
	return SHA256_Update(&c->sha256, p, len);
}

static int final256(uint8_t *out, union context *c)
{
	return SHA256_Final(out, &c->sha256);
}

static int init384(union context *c)
{
	return SHA384_Init(&c->sha512);
}

static int init512(union context *c)
{
	return SHA512_Init(&c->sha512);
}

static int update512(union context *c, const void *p, size_t len)
{
	return SHA512_Update(&c->sha512, p, len);
}

static int final512(uint8_t *out, union context *c)
{
	return SHA512_Final(out, &c->sha512);
}

static const struct function functions[GB_ALGORITHMS] = {
	[GB_ALGORITHM_sha256] = {init256, update256, final256, 32, 64, 55},
	[GB_ALGORITHM_sha384] = {init384, update512, final512, 48, 128, 111},
	[GB_ALGORITHM_sha512] = {init512, update512, final512, 64, 128, 111},
};

static bool hash_once(struct hash *s, size_t len)
{
	union context c;

	return s->f->init(&c) == 1 && s->f->update(&c, s->message, len) == 1 &&
	       s->f->final(s->digest, &c) == 1;
}

static bool set_key(struct hash *s)
{
	uint8_t pad[128];
	bool ok;

	memset(pad, 0x36, s->f->block);
	for (unsigned i = 0; i < s->f->digest; i++)
		pad[i] ^= s->key[i];
	ok = s->f->init(&s->inner) == 1 && s->f->update(&s->inner, pad, s->f->block) == 1;
	for (unsigned i = 0; i < s->f->block; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	return ok && s->f->init(&s->outer) == 1 && s->f->update(&s->outer, pad, s->f->block) == 1;
}

static bool mac_under_key(struct hash *s)
{
	union context inner = s->inner, outer = s->outer;

	return s->f->update(&inner, s->message, s->f->one_block) == 1 &&
	       s->f->final(s->digest, &inner) == 1 &&
	       s->f->update(&outer, s->digest, s->f->digest) == 1 &&
	       s->f->final(s->digest, &outer) == 1;
}

static bool run_short(void *state, unsigned n)
{
	struct hash *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!hash_once(s, s->f->one_block))
			return false;
	return true;
}

static bool run_long(void *state, unsigned n)
{
	struct hash *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!hash_once(s, GB_CASE_LONG))
			return false;
	return true;
}

static bool run_hmac(void *state, unsigned n)
{
	struct hash *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!set_key(s) || !mac_under_key(s))
			return false;
	return true;
}

static bool run_keyed(void *state, unsigned n)
{
	struct hash *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!mac_under_key(s))
			return false;
	return true;
}

/* The first bytes of the digests of "abc" (FIPS 180-4), and of HMAC under a zero key against
 * the two hashes it is made of (RFC 2104). */
static bool prepare(struct hash *s)
{
	static const uint8_t abc[][4] = {
		{0xba, 0x78, 0x16, 0xbf}, {0xcb, 0x00, 0x75, 0x3f}, {0xdd, 0xaf, 0x35, 0xa1}};
	uint8_t mac[64], block[128];
	unsigned nh = s->f->digest, len = s->f->block;
	union context c;

	memcpy(s->message, "abc", 3);
	if (!hash_once(s, 3) || memcmp(s->digest, abc[nh / 16 - 2], 4) != 0)
		return false;
	memset(s->message, 0x48, sizeof(s->message));
	if (!set_key(s) || !mac_under_key(s))
		return false;
	memcpy(mac, s->digest, nh);
	memset(block, 0x36, len);
	if (s->f->init(&c) != 1 || s->f->update(&c, block, len) != 1 ||
	    s->f->update(&c, s->message, s->f->one_block) != 1 || s->f->final(s->digest, &c) != 1)
		return false;
	memset(block, 0x5c, len);
	return s->f->init(&c) == 1 && s->f->update(&c, block, len) == 1 &&
	       s->f->update(&c, s->digest, nh) == 1 && s->f->final(s->digest, &c) == 1 &&
	       memcmp(mac, s->digest, nh) == 0;
}

bool gb_openssl_hash_cases(struct gb_case_list *list, enum gb_algorithm algorithm)
{
	struct hash *s = calloc(1, sizeof(*s));
	const enum gb_library library = GB_LIBRARY_OPENSSL;

	if (s == NULL)
		return false;
	gb_case_own(list, s, free);
	s->f = &functions[algorithm];
	if (!prepare(s))
		return false;
	gb_case_add(list, library, algorithm, GB_CASE_HASH_SHORT, run_short, s);
	gb_case_add(list, library, algorithm, GB_CASE_HASH_LONG, run_long, s);
	gb_case_add(list, library, algorithm, GB_CASE_HMAC, run_hmac, s);
	gb_case_add(list, library, algorithm, GB_CASE_HMAC_KEYED, run_keyed, s);
	return true;
}
