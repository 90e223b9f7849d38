#include <gmp.h>
#include <openssl/bn.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "sodium_keygen.h"

#define PRIME "57896044618658097711785492504343953926634992332820282019728792003956564819949"

static const uint8_t secret[32] = "thirty-two bytes of a secret....";
static uint8_t out[32];

static mpz_t prime, u;
static BIGNUM *bn_prime, *bn_u;
static BN_CTX *bn_ctx;

static void must(bool ok)
{
	if (!ok)
		abort();
}

void sodium_keygen(void)
{
	must(crypto_scalarmult_curve25519_base(out, secret) == 0);
}

void sodium_keygen_converted(void)
{
	uint8_t point[32];

	must(crypto_scalarmult_ed25519_base(point, secret) == 0);
	must(crypto_sign_ed25519_pk_to_curve25519(out, point) == 0);
}

/* Without the sign of x. */
static void edwards_y(uint8_t *y)
{
	must(crypto_scalarmult_ed25519_base(y, secret) == 0);
	y[31] &= 0x7f;
}

void sodium_keygen_openssl_divides(void)
{
	uint8_t y[32];

	edwards_y(y);
	must(BN_lebin2bn(y, sizeof(y), bn_u) != NULL);
	must(BN_sub(bn_u, BN_value_one(), bn_u) && BN_nnmod(bn_u, bn_u, bn_prime, bn_ctx));
	must(BN_mod_inverse(bn_u, bn_u, bn_prime, bn_ctx) != NULL);
	must(BN_lshift1(bn_u, bn_u) && BN_sub_word(bn_u, 1));
	must(BN_nnmod(bn_u, bn_u, bn_prime, bn_ctx) && BN_bn2lebinpad(bn_u, out, 32) == 32);
}

void sodium_keygen_gmp_divides(void)
{
	uint8_t y[32];

	edwards_y(y);
	mpz_import(u, 4, -1, 8, -1, 0, y);
	mpz_ui_sub(u, 1, u);
	must(mpz_invert(u, u, prime) != 0);
	mpz_mul_2exp(u, u, 1);
	mpz_sub_ui(u, u, 1);
	mpz_mod(u, u, prime);
	memset(out, 0, sizeof(out));
	mpz_export(out, NULL, -1, 8, -1, 0, u);
}

bool sodium_keygen_prepare(void)
{
	void (*const ways[])(void) = {sodium_keygen_converted, sodium_keygen_openssl_divides,
				      sodium_keygen_gmp_divides};
	uint8_t key[32];
	bool same = true;

	mpz_init(u);
	mpz_init_set_str(prime, PRIME, 10);
	bn_ctx = BN_CTX_new();
	bn_u = BN_new();
	must(BN_dec2bn(&bn_prime, PRIME) != 0);
	sodium_keygen();
	memcpy(key, out, sizeof(key));
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		ways[i]();
		same = same && memcmp(key, out, sizeof(key)) == 0;
	}
	return same;
}
