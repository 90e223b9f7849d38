#include "prices/openssl_keygen.h"
#include "prices/price_cases.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/*
 * Key pairs of MLS come from secrets, so the price of one is that of importing a private key
 * whose public key is computed, where the library computes it; for the NIST curves it does
 * not, and the price is that of a random pair. A peer's key is put into one kept EVP_PKEY.
 */
struct kem {
	EVP_PKEY_CTX *import, *generate;
	EVP_PKEY *own, *peer;
	uint8_t public_key[160], shared[160];
	size_t public_len;
};

static void kem_close(void *state)
{
	struct kem *s = state;

	EVP_PKEY_CTX_free(s->import);
	EVP_PKEY_CTX_free(s->generate);
	EVP_PKEY_free(s->own);
	EVP_PKEY_free(s->peer);
	free(s);
}

static bool run_import(void *state, unsigned n)
{
	struct kem *s = state;
	uint8_t secret[57];
	size_t len = s->public_len;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, secret, len),
		OSSL_PARAM_construct_end(),
	};

	memset(secret, 0x55, sizeof(secret));
	for (unsigned i = 0; i < n; i++) {
		EVP_PKEY *key = NULL;
		memcpy(secret, &i, sizeof(i));
		if (EVP_PKEY_fromdata(s->import, &key, EVP_PKEY_KEYPAIR, params) != 1)
			return false;
		EVP_PKEY_free(key);
	}
	return true;
}

static bool run_generate(void *state, unsigned n)
{
	struct kem *s = state;

	return gb_openssl_generate(s->generate, n);
}

static bool derive(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *shared, size_t *len)
{
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	bool ok = x != NULL && EVP_PKEY_derive_init(x) == 1 &&
		  EVP_PKEY_derive_set_peer_ex(x, peer, 0) == 1 &&
		  EVP_PKEY_derive(x, shared, len) == 1;

	EVP_PKEY_CTX_free(x);
	return ok;
}

static bool run_dh(void *state, unsigned n)
{
	struct kem *s = state;

	for (unsigned i = 0; i < n; i++) {
		size_t len = sizeof(s->shared);
		if (EVP_PKEY_set1_encoded_public_key(s->peer, s->public_key, s->public_len) != 1 ||
		    !derive(s->own, s->peer, s->shared, &len))
			return false;
	}
	return true;
}

/* Both sides must agree; the peer's public key stays for the measured calls. */
static bool prepare(struct kem *s)
{
	EVP_PKEY *other = NULL;
	uint8_t shared[160], *encoded = NULL;
	size_t len = sizeof(shared), own_len = sizeof(s->shared);
	bool ok = EVP_PKEY_generate(s->generate, &s->own) == 1 &&
		  EVP_PKEY_generate(s->generate, &other) == 1 &&
		  EVP_PKEY_generate(s->generate, &s->peer) == 1;

	if (ok)
		s->public_len = EVP_PKEY_get1_encoded_public_key(other, &encoded);
	ok = ok && s->public_len > 0 && s->public_len <= sizeof(s->public_key);
	if (ok)
		memcpy(s->public_key, encoded, s->public_len);
	ok = ok && derive(other, s->own, shared, &len) &&
	     EVP_PKEY_set1_encoded_public_key(s->peer, s->public_key, s->public_len) == 1 &&
	     derive(s->own, s->peer, s->shared, &own_len) && own_len == len &&
	     memcmp(shared, s->shared, len) == 0;
	OPENSSL_free(encoded);
	EVP_PKEY_free(other);
	return ok;
}

bool gb_openssl_kem_cases(struct gb_case_list *list, enum gb_algorithm algorithm)
{
	static const struct {
		const char *name;
		bool is_ec;
	} curves[GB_ALGORITHMS] = {
		[GB_ALGORITHM_x25519] = {"X25519", false}, [GB_ALGORITHM_x448] = {"X448", false},
		[GB_ALGORITHM_p256] = {"P-256", true},     [GB_ALGORITHM_p384] = {"P-384", true},
		[GB_ALGORITHM_p521] = {"P-521", true},
	};
	const char *curve = curves[algorithm].name;
	bool is_ec = curves[algorithm].is_ec;
	struct kem *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return false;
	gb_case_own(list, s, kem_close);
	s->generate = gb_openssl_generator(is_ec ? "EC" : curve, is_ec ? curve : NULL);
	s->import = EVP_PKEY_CTX_new_from_name(NULL, is_ec ? "EC" : curve, NULL);
	if (s->generate == NULL || s->import == NULL || EVP_PKEY_fromdata_init(s->import) != 1 ||
	    !prepare(s))
		return false;
	gb_case_add(list, GB_LIBRARY_OPENSSL, algorithm, GB_CASE_KEYGEN,
		    is_ec ? run_generate : run_import, s);
	gb_case_add(list, GB_LIBRARY_OPENSSL, algorithm, GB_CASE_DH, run_dh, s);
	return true;
}
