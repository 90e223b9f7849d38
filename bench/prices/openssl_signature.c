#include "prices/openssl_keygen.h"
#include "prices/price_cases.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* One context is kept for signing and one for verifying; who verifies gets a serialized
 * public key each time, and imports it. */
struct signature {
	EVP_PKEY_CTX *generate, *import;
	EVP_MD_CTX *sign, *verify;
	const char *digest, *group; /* NULL for EdDSA */
	uint8_t public_key[160];
	size_t public_len;
	uint8_t message[GB_CASE_LONG];
	uint8_t of_short[160], of_long[160];
	size_t short_len, long_len;
};

static void signature_close(void *state)
{
	struct signature *s = state;

	EVP_PKEY_CTX_free(s->generate);
	EVP_PKEY_CTX_free(s->import);
	EVP_MD_CTX_free(s->sign);
	EVP_MD_CTX_free(s->verify);
	free(s);
}

/* A signing context may be used again in OpenSSL 3.0; where it may not, it is started anew
 * with the key that it has. */
static bool sign(struct signature *s, size_t message, uint8_t *out, size_t *len)
{
	size_t room = *len;

	if (s->digest == NULL && EVP_DigestSign(s->sign, out, len, s->message, message) == 1)
		return true;
	*len = room;
	return EVP_DigestSignInit_ex(s->sign, NULL, NULL, NULL, NULL, NULL, NULL) == 1 &&
	       EVP_DigestSign(s->sign, out, len, s->message, message) == 1;
}

static bool verify(struct signature *s, size_t message, const uint8_t *signature, size_t len)
{
	char group[16];
	OSSL_PARAM params[3], *p = params;
	EVP_PKEY *key = NULL;
	bool ok;

	*p++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, s->public_key,
						 s->public_len);
	if (s->group != NULL) {
		strncpy(group, s->group, sizeof(group) - 1);
		group[sizeof(group) - 1] = '\0';
		*p++ = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	}
	*p = OSSL_PARAM_construct_end();
	ok = EVP_PKEY_fromdata(s->import, &key, EVP_PKEY_PUBLIC_KEY, params) == 1 &&
	     EVP_MD_CTX_reset(s->verify) == 1 &&
	     EVP_DigestVerifyInit_ex(s->verify, NULL, s->digest, NULL, NULL, key, NULL) == 1 &&
	     EVP_DigestVerify(s->verify, signature, len, s->message, message) == 1;
	EVP_PKEY_free(key);
	return ok;
}

static bool run_generate(void *state, unsigned n)
{
	struct signature *s = state;

	return gb_openssl_generate(s->generate, n);
}

static bool sign_often(struct signature *s, size_t message, unsigned n)
{
	uint8_t out[160];

	for (unsigned i = 0; i < n; i++) {
		size_t len = sizeof(out);
		if (!sign(s, message, out, &len))
			return false;
	}
	return true;
}

static bool run_sign_short(void *state, unsigned n)
{
	return sign_often(state, GB_CASE_SHORT, n);
}

static bool run_sign_long(void *state, unsigned n)
{
	return sign_often(state, GB_CASE_LONG, n);
}

static bool run_verify_short(void *state, unsigned n)
{
	struct signature *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!verify(s, GB_CASE_SHORT, s->of_short, s->short_len))
			return false;
	return true;
}

static bool run_verify_long(void *state, unsigned n)
{
	struct signature *s = state;

	for (unsigned i = 0; i < n; i++)
		if (!verify(s, GB_CASE_LONG, s->of_long, s->long_len))
			return false;
	return true;
}

static bool open_contexts(struct signature *s, const char *name)
{
	s->generate = gb_openssl_generator(name, s->group);
	s->import = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	s->sign = EVP_MD_CTX_new();
	s->verify = EVP_MD_CTX_new();
	return s->generate != NULL && s->import != NULL && s->sign != NULL && s->verify != NULL &&
	       EVP_PKEY_fromdata_init(s->import) == 1;
}

/* A right signature verifies and a wrong one does not, before either is timed. */
static bool prepare(struct signature *s)
{
	EVP_PKEY *key = NULL;
	uint8_t raw[160], *encoded = NULL;
	size_t raw_len = sizeof(raw);
	bool ok = EVP_PKEY_generate(s->generate, &key) == 1;

	if (ok && s->group != NULL)
		raw_len = EVP_PKEY_get1_encoded_public_key(key, &encoded);
	else if (ok)
		ok = EVP_PKEY_get_raw_public_key(key, raw, &raw_len) == 1;
	ok = ok && raw_len > 0 && raw_len <= sizeof(s->public_key);
	if (ok) {
		s->public_len = raw_len;
		memcpy(s->public_key, encoded != NULL ? encoded : raw, raw_len);
	}
	ok = ok && EVP_DigestSignInit_ex(s->sign, NULL, s->digest, NULL, NULL, key, NULL) == 1;
	OPENSSL_free(encoded);
	EVP_PKEY_free(key);
	memset(s->message, 0x4d, sizeof(s->message));
	s->short_len = s->long_len = sizeof(s->of_short);
	return ok && sign(s, GB_CASE_SHORT, s->of_short, &s->short_len) &&
	       sign(s, GB_CASE_LONG, s->of_long, &s->long_len) &&
	       verify(s, GB_CASE_SHORT, s->of_short, s->short_len) &&
	       verify(s, GB_CASE_LONG, s->of_long, s->long_len) &&
	       !verify(s, GB_CASE_SHORT, s->of_long, s->long_len);
}

bool gb_openssl_signature_cases(struct gb_case_list *list, enum gb_algorithm algorithm)
{
	static const struct {
		const char *name, *group, *digest;
	} kinds[GB_ALGORITHMS] = {
		[GB_ALGORITHM_ed25519] = {"ED25519", NULL, NULL},
		[GB_ALGORITHM_ed448] = {"ED448", NULL, NULL},
		[GB_ALGORITHM_ecdsa_p256] = {"EC", "P-256", "SHA256"},
		[GB_ALGORITHM_ecdsa_p384] = {"EC", "P-384", "SHA384"},
		[GB_ALGORITHM_ecdsa_p521] = {"EC", "P-521", "SHA512"},
	};
	struct signature *s = calloc(1, sizeof(*s));
	const enum gb_library library = GB_LIBRARY_OPENSSL;

	if (s == NULL)
		return false;
	gb_case_own(list, s, signature_close);
	s->group = kinds[algorithm].group;
	s->digest = kinds[algorithm].digest;
	if (!open_contexts(s, kinds[algorithm].name) || !prepare(s))
		return false;
	gb_case_add(list, library, algorithm, GB_CASE_SIGNER_KEYGEN, run_generate, s);
	gb_case_add(list, library, algorithm, GB_CASE_SIGN_SHORT, run_sign_short, s);
	gb_case_add(list, library, algorithm, GB_CASE_SIGN_LONG, run_sign_long, s);
	gb_case_add(list, library, algorithm, GB_CASE_VERIFY_SHORT, run_verify_short, s);
	gb_case_add(list, library, algorithm, GB_CASE_VERIFY_LONG, run_verify_long, s);
	return true;
}
