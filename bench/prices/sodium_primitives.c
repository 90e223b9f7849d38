#include "prices/price_cases.h"

#include <gmp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* libsodium works on bytes: nothing is kept between calls but the numbers of GMP. */
struct sodium {
	mpz_t prime, y, u;
	uint8_t own[32], peer[32], shared[32], seed[32];
	uint8_t public_key[32], secret_key[64];
	uint8_t of_short[64], of_long[64], signature[64];
	uint8_t message[GB_CASE_LONG];
};

static void numbers_free(void *state)
{
	struct sodium *s = state;

	mpz_clears(s->prime, s->y, s->u, NULL);
	free(s);
}

/* The fastest that there is: by the table of Ed25519's base point, and u = 2 / (1 - y) - 1. */
static bool keygen(struct sodium *s, uint8_t *public_key, const uint8_t *private_key)
{
	uint8_t point[32];

	if (crypto_scalarmult_ed25519_base(point, private_key) != 0)
		return false;
	point[31] &= 0x7f;
	mpz_import(s->y, 4, -1, 8, -1, 0, point);
	mpz_ui_sub(s->y, 1, s->y);
	if (mpz_invert(s->u, s->y, s->prime) == 0)
		return false;
	mpz_mul_2exp(s->u, s->u, 1);
	mpz_sub_ui(s->u, s->u, 1);
	if (mpz_cmp(s->u, s->prime) >= 0)
		mpz_sub(s->u, s->u, s->prime);
	memset(public_key, 0, 32);
	mpz_export(public_key, NULL, -1, 8, -1, 0, s->u);
	return true;
}

static bool run_keygen(void *state, unsigned n)
{
	struct sodium *s = state;

	for (unsigned i = 0; i < n; i++) {
		memcpy(s->seed, &i, sizeof(i));
		if (!keygen(s, s->shared, s->seed))
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

/* A key pair is the one that the library makes on Curve25519. */
static bool prepare_keygen(struct sodium *s)
{
	uint8_t expected[32];

	return keygen(s, s->shared, s->seed) &&
	       crypto_scalarmult_curve25519_base(expected, s->seed) == 0 &&
	       memcmp(expected, s->shared, sizeof(expected)) == 0;
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
	mpz_inits(s->prime, s->y, s->u, NULL);
	mpz_ui_pow_ui(s->prime, 2, 255);
	mpz_sub_ui(s->prime, s->prime, 19);
	gb_case_own(list, s, numbers_free);
	memset(s->seed, 0x55, sizeof(s->seed));
	switch (algorithm) {
	case GB_ALGORITHM_x25519:
		gb_case_add(list, library, algorithm, GB_CASE_KEYGEN, run_keygen, s);
		gb_case_add(list, library, algorithm, GB_CASE_DH, run_dh, s);
		return prepare_keygen(s) && prepare_agreement(s);
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
