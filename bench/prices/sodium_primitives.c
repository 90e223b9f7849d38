#include "prices/price_cases.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* libsodium works on bytes: nothing is kept between calls. */
struct sodium {
	uint8_t own[32], peer[32], shared[32], seed[32];
	uint8_t public_key[32], secret_key[64];
	uint8_t of_short[64], of_long[64], signature[64];
	uint8_t message[GB_CASE_LONG];
};

static bool run_keygen(void *state, unsigned n)
{
	struct sodium *s = state;

	for (unsigned i = 0; i < n; i++) {
		memcpy(s->seed, &i, sizeof(i));
		if (crypto_scalarmult_curve25519_base(s->shared, s->seed) != 0)
			return false;
	}
	return true;
}

static bool run_dh(void *state, unsigned n)
{
	struct sodium *s = state;

	for (unsigned i = 0; i < n; i++)
		if (crypto_scalarmult_curve25519(s->shared, s->own, s->peer) != 0)
			return false;
	return true;
}

static bool run_signer_keygen(void *state, unsigned n)
{
	struct sodium *s = state;
	uint8_t public_key[32], secret_key[64];

	for (unsigned i = 0; i < n; i++) {
		memcpy(s->seed, &i, sizeof(i));
		if (crypto_sign_ed25519_seed_keypair(public_key, secret_key, s->seed) != 0)
			return false;
	}
	return true;
}

static bool sign(struct sodium *s, uint8_t *out, size_t message)
{
	return crypto_sign_ed25519_detached(out, NULL, s->message, message, s->secret_key) == 0;
}

static bool verify(const struct sodium *s, const uint8_t *signature, size_t message)
{
	return crypto_sign_ed25519_verify_detached(signature, s->message, message, s->public_key) ==
	       0;
}

static bool run_sign_short(void *state, unsigned n)
{
	struct sodium *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!sign(s, s->signature, GB_CASE_SHORT))
			return false;
	return true;
}

static bool run_sign_long(void *state, unsigned n)
{
	struct sodium *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!sign(s, s->signature, GB_CASE_LONG))
			return false;
	return true;
}

static bool run_verify_short(void *state, unsigned n)
{
	struct sodium *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!verify(s, s->of_short, GB_CASE_SHORT))
			return false;
	return true;
}

static bool run_verify_long(void *state, unsigned n)
{
	struct sodium *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!verify(s, s->of_long, GB_CASE_LONG))
			return false;
	return true;
}

/* Both sides of an agreement come to one secret; the peer's public key stays. */
static bool prepare_agreement(struct sodium *s)
{
	uint8_t other[32], own_public[32], shared[32];

	memset(s->own, 0x51, sizeof(s->own));
	memset(other, 0x73, sizeof(other));
	return crypto_scalarmult_curve25519_base(s->peer, other) == 0 &&
	       crypto_scalarmult_curve25519_base(own_public, s->own) == 0 &&
	       crypto_scalarmult_curve25519(shared, other, own_public) == 0 && run_dh(s, 1) &&
	       memcmp(shared, s->shared, sizeof(shared)) == 0;
}

/* Signatures verify, and the one of another message does not. */
static bool prepare_signatures(struct sodium *s)
{
	return crypto_sign_ed25519_seed_keypair(s->public_key, s->secret_key, s->seed) == 0 &&
	       sign(s, s->of_short, GB_CASE_SHORT) && sign(s, s->of_long, GB_CASE_LONG) &&
	       verify(s, s->of_short, GB_CASE_SHORT) && verify(s, s->of_long, GB_CASE_LONG) &&
	       !verify(s, s->of_long, GB_CASE_SHORT);
}

bool gb_sodium_cases(struct gb_case_list *list, enum gb_algorithm algorithm)
{
	const enum gb_library library = GB_LIBRARY_SODIUM;
	struct sodium *s = sodium_init() < 0 ? NULL : calloc(1, sizeof(*s));

	if (s == NULL)
		return false;
	gb_case_own(list, s, free);
	memset(s->seed, 0x55, sizeof(s->seed));
	switch (algorithm) {
	case GB_ALGORITHM_x25519:
		gb_case_add(list, library, algorithm, GB_CASE_KEYGEN, run_keygen, s);
		gb_case_add(list, library, algorithm, GB_CASE_DH, run_dh, s);
		return prepare_agreement(s);
	case GB_ALGORITHM_ed25519:
		gb_case_add(list, library, algorithm, GB_CASE_SIGNER_KEYGEN, run_signer_keygen, s);
		gb_case_add(list, library, algorithm, GB_CASE_SIGN_SHORT, run_sign_short, s);
		gb_case_add(list, library, algorithm, GB_CASE_SIGN_LONG, run_sign_long, s);
		gb_case_add(list, library, algorithm, GB_CASE_VERIFY_SHORT, run_verify_short, s);
		gb_case_add(list, library, algorithm, GB_CASE_VERIFY_LONG, run_verify_long, s);
		return prepare_signatures(s);
	default:
		return false;
	}
}
