#include "prices/price_cases.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/*
 * libolm's own primitives. It exports them without declaring them in a header, and calls them
 * through the dynamic linker, so that a program may put others in their place, as this
 * one does: hence they are looked up in the library itself. Keys are structs of bytes.
 */
struct curve_pair {
	uint8_t public_key[32], private_key[32];
};

struct sign_pair {
	uint8_t public_key[32], private_key[64];
};

/* X(member, symbol behind "_olm_crypto_", result, arguments) */
#define FUNCTIONS(X)                                                                               \
	X(curve_generate, curve25519_generate_key, void, (const uint8_t *, struct curve_pair *))   \
	X(curve_shared, curve25519_shared_secret, void,                                            \
	  (const struct curve_pair *, const uint8_t *, uint8_t *))                                 \
	X(sign_generate, ed25519_generate_key, void, (const uint8_t *, struct sign_pair *))        \
	X(sign, ed25519_sign, void,                                                                \
	  (const struct sign_pair *, const uint8_t *, size_t, uint8_t *))                          \
	X(verify, ed25519_verify, int,                                                             \
	  (const uint8_t *, const uint8_t *, size_t, const uint8_t *))                             \
	X(sha256, sha256, void, (const uint8_t *, size_t, uint8_t *))                              \
	X(hmac, hmac_sha256, void, (const uint8_t *, size_t, const uint8_t *, size_t, uint8_t *))  \
	X(encrypt, aes_encrypt_cbc, void,                                                          \
	  (const uint8_t *, const uint8_t *, const uint8_t *, size_t, uint8_t *))                  \
	X(decrypt, aes_decrypt_cbc, size_t,                                                        \
	  (const uint8_t *, const uint8_t *, const uint8_t *, size_t, uint8_t *))

struct olm {
	void *library;
#define FUNCTION_MEMBER(member, symbol, result, arguments) result(*member) arguments;
	FUNCTIONS(FUNCTION_MEMBER)
#undef FUNCTION_MEMBER
	struct curve_pair own;
	struct sign_pair signer;
	uint8_t peer[32], shared[32], secret[32], key[32], iv[16], digest[32];
	uint8_t of_short[64], of_long[64], signature[64];
	uint8_t message[GB_CASE_LONG], out[GB_CASE_LONG + 32];
};

static void olm_close(void *state)
{
	struct olm *s = state;

	if (s->library != NULL)
		dlclose(s->library);
	free(s);
}

/* The library is in the process already; this finds it, and its functions in it. */
static bool look_up(struct olm *s)
{
	s->library = dlopen("libolm.so.3", RTLD_LAZY | RTLD_LOCAL);
	if (s->library == NULL)
		return false;
#define FUNCTION_FIND(member, symbol, result, arguments)                                           \
	*(void **)&s->member = dlsym(s->library, "_olm_crypto_" #symbol);                          \
	if (s->member == NULL)                                                                     \
		return false;
	FUNCTIONS(FUNCTION_FIND)
#undef FUNCTION_FIND
	return true;
}

static bool run_curve_generate(void *state, unsigned n)
{
	struct olm *s = state;
	struct curve_pair made;

	for (unsigned i = 0; i < n; i++) {
		memcpy(s->secret, &i, sizeof(i));
		s->curve_generate(s->secret, &made);
	}
	return true;
}

static bool run_curve_shared(void *state, unsigned n)
{
	struct olm *s = state;

	for (unsigned i = 0; i < n; i++)
		s->curve_shared(&s->own, s->peer, s->shared);
	return true;
}

static bool run_sign_generate(void *state, unsigned n)
{
	struct olm *s = state;
	struct sign_pair made;

	for (unsigned i = 0; i < n; i++) {
		memcpy(s->secret, &i, sizeof(i));
		s->sign_generate(s->secret, &made);
	}
	return true;
}

static bool run_sign_short(void *state, unsigned n)
{
	struct olm *s = state;

	for (unsigned i = 0; i < n; i++)
		s->sign(&s->signer, s->message, GB_CASE_SHORT, s->signature);
	return true;
}

static bool run_sign_long(void *state, unsigned n)
{
	struct olm *s = state;

	for (unsigned i = 0; i < n; i++)
		s->sign(&s->signer, s->message, GB_CASE_LONG, s->signature);
	return true;
}

static bool run_verify_short(void *state, unsigned n)
{
	struct olm *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!s->verify(s->signer.public_key, s->message, GB_CASE_SHORT, s->of_short))
			return false;
	return true;
}

static bool run_verify_long(void *state, unsigned n)
{
	struct olm *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!s->verify(s->signer.public_key, s->message, GB_CASE_LONG, s->of_long))
			return false;
	return true;
}

static bool run_hash_short(void *state, unsigned n)
{
	struct olm *s = state;

	for (unsigned i = 0; i < n; i++)
		s->sha256(s->message, 55, s->digest);
	return true;
}

static bool run_hash_long(void *state, unsigned n)
{
	struct olm *s = state;

	for (unsigned i = 0; i < n; i++)
		s->sha256(s->message, GB_CASE_LONG, s->digest);
	return true;
}

static bool run_hmac(void *state, unsigned n)
{
	struct olm *s = state;

	for (unsigned i = 0; i < n; i++)
		s->hmac(s->key, sizeof(s->key), s->message, 55, s->digest);
	return true;
}

static bool run_encrypt_short(void *state, unsigned n)
{
	struct olm *s = state;

	for (unsigned i = 0; i < n; i++)
		s->encrypt(s->key, s->iv, s->message, GB_CASE_SHORT, s->out);
	return true;
}

static bool run_encrypt_long(void *state, unsigned n)
{
	struct olm *s = state;

	for (unsigned i = 0; i < n; i++)
		s->encrypt(s->key, s->iv, s->message, GB_CASE_LONG, s->out);
	return true;
}

static bool check_curve(struct olm *s)
{
	struct curve_pair other;
	uint8_t shared[32];

	memset(s->secret, 1, sizeof(s->secret));
	s->curve_generate(s->secret, &s->own);
	memset(s->secret, 2, sizeof(s->secret));
	s->curve_generate(s->secret, &other);
	memcpy(s->peer, other.public_key, sizeof(s->peer));
	s->curve_shared(&s->own, s->peer, s->shared);
	s->curve_shared(&other, s->own.public_key, shared);
	return memcmp(shared, s->shared, sizeof(shared)) == 0;
}

static bool check_signature(struct olm *s)
{
	s->sign_generate(s->secret, &s->signer);
	s->sign(&s->signer, s->message, GB_CASE_SHORT, s->of_short);
	s->sign(&s->signer, s->message, GB_CASE_LONG, s->of_long);
	return s->verify(s->signer.public_key, s->message, GB_CASE_SHORT, s->of_short) &&
	       s->verify(s->signer.public_key, s->message, GB_CASE_LONG, s->of_long) &&
	       !s->verify(s->signer.public_key, s->message, GB_CASE_SHORT, s->of_long);
}

/* FIPS 180-4 "abc", and RFC 4231 test case 2. */
static bool check_hash(struct olm *s)
{
	static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf}, jefe[] = {0x5b, 0xdc, 0xc1, 0x46};

	s->sha256((const uint8_t *)"abc", 3, s->digest);
	if (memcmp(s->digest, abc, sizeof(abc)) != 0)
		return false;
	s->hmac((const uint8_t *)"Jefe", 4, (const uint8_t *)"what do ya want for nothing?", 28,
		s->digest);
	return memcmp(s->digest, jefe, sizeof(jefe)) == 0;
}

static bool check_cipher(struct olm *s)
{
	uint8_t plain[GB_CASE_SHORT + 16];

	s->encrypt(s->key, s->iv, s->message, GB_CASE_SHORT, s->out);
	return s->decrypt(s->key, s->iv, s->out, GB_CASE_SHORT + 16, plain) == GB_CASE_SHORT &&
	       memcmp(plain, s->message, GB_CASE_SHORT) == 0;
}

static bool add(struct gb_case_list *list, enum gb_algorithm algorithm, enum gb_case_kind kind,
		bool (*run)(void *, unsigned), struct olm *s)
{
	gb_case_add(list, GB_LIBRARY_LIBOLM, algorithm, kind, run, s);
	return true;
}

bool gb_libolm_cases(struct gb_case_list *list, enum gb_algorithm algorithm)
{
	struct olm *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return false;
	gb_case_own(list, s, olm_close);
	memset(s->message, 0x4f, sizeof(s->message));
	if (!look_up(s))
		return false;
	switch (algorithm) {
	case GB_ALGORITHM_x25519:
		return check_curve(s) &&
		       add(list, algorithm, GB_CASE_KEYGEN, run_curve_generate, s) &&
		       add(list, algorithm, GB_CASE_DH, run_curve_shared, s);
	case GB_ALGORITHM_ed25519:
		return check_signature(s) &&
		       add(list, algorithm, GB_CASE_SIGNER_KEYGEN, run_sign_generate, s) &&
		       add(list, algorithm, GB_CASE_SIGN_SHORT, run_sign_short, s) &&
		       add(list, algorithm, GB_CASE_SIGN_LONG, run_sign_long, s) &&
		       add(list, algorithm, GB_CASE_VERIFY_SHORT, run_verify_short, s) &&
		       add(list, algorithm, GB_CASE_VERIFY_LONG, run_verify_long, s);
	case GB_ALGORITHM_sha256:
		return check_hash(s) &&
		       add(list, algorithm, GB_CASE_HASH_SHORT, run_hash_short, s) &&
		       add(list, algorithm, GB_CASE_HASH_LONG, run_hash_long, s) &&
		       add(list, algorithm, GB_CASE_HMAC, run_hmac, s);
	case GB_ALGORITHM_aes256cbc:
		return check_cipher(s) &&
		       add(list, algorithm, GB_CASE_CBC_SHORT, run_encrypt_short, s) &&
		       add(list, algorithm, GB_CASE_CBC_LONG, run_encrypt_long, s);
	case GB_ALGORITHM_random: /* libolm's caller draws its random bytes */
		return true;
	default:
		return false;
	}
}
