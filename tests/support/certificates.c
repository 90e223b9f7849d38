#include "certificates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>

#include "codec.h"
#include "suite.h"

EVP_PKEY *certificate_key_of(const char *algorithm)
{
	EVP_PKEY *key = strncmp(algorithm, "P-", 2) == 0
				? EVP_PKEY_Q_keygen(NULL, NULL, "EC", algorithm)
				: EVP_PKEY_Q_keygen(NULL, NULL, algorithm);

	assert_non_null(key);
	return key;
}

EVP_PKEY *certificate_key(uint16_t suite)
{
	switch (mls_suite_find(suite)->signature) {
	case MLS_ED25519:
		return certificate_key_of("ED25519");
	case MLS_ED448:
		return certificate_key_of("ED448");
	case MLS_ECDSA_P256_SHA256:
		return certificate_key_of("P-256");
	case MLS_ECDSA_P384_SHA384:
		return certificate_key_of("P-384");
	default:
		return certificate_key_of("P-521");
	}
}

/* EdDSA signs without a hash of its own choice. */
static const EVP_MD *hash_for(EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "EC") ? EVP_sha256() : NULL;
}

/* OpenSSL takes a root without extensions for an authority only if it is of version 1. */
static X509 *make(long version, EVP_PKEY *key, const char *name, X509_NAME *issuer,
		  EVP_PKEY *signer)
{
	static long serial;
	X509 *made = X509_new();

	assert_non_null(made);
	X509_set_version(made, version);
	ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(made), -3600);
	X509_gmtime_adj(X509_getm_notAfter(made), 3600);
	assert_true(X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
					       (const unsigned char *)name, -1, -1, 0));
	X509_set_issuer_name(made, issuer ? issuer : X509_get_subject_name(made));
	assert_true(X509_set_pubkey(made, key));
	assert_true(X509_sign(made, signer, hash_for(signer)));
	return made;
}

void authority_begin(struct authority *a)
{
	a->key = certificate_key_of("P-256");
	a->root = make(X509_VERSION_1, a->key, "root", NULL, a->key);
}

void authority_end(struct authority *a)
{
	X509_free(a->root);
	EVP_PKEY_free(a->key);
}

static void put_der(struct mls_buf *out, X509 *certificate)
{
	unsigned char *der = NULL;
	const int len = i2d_X509(certificate, &der);

	assert_true(len > 0);
	OK(mls_buf_append(out, mls_slice(der, (size_t)len)));
	OPENSSL_free(der);
}

void certificate_issue(const struct authority *a, struct mls_buf *der, EVP_PKEY *key,
		       const char *name)
{
	X509 *made = make(X509_VERSION_3, key, name, X509_get_subject_name(a->root), a->key);

	put_der(der, made);
	X509_free(made);
}

void certificate_issue_v1(const struct authority *a, struct mls_buf *der, EVP_PKEY *key)
{
	X509 *made = make(X509_VERSION_1, key, "v1", X509_get_subject_name(a->root), a->key);

	put_der(der, made);
	X509_free(made);
}

void certificate_put(struct mls_buf *chain, struct mls_slice der)
{
	OK(mls_put_length(chain, der.len));
	OK(mls_buf_append(chain, der));
}

void certificate_public(struct mls_buf *out, EVP_PKEY *key)
{
	unsigned char *point = NULL;
	size_t len = EVP_PKEY_is_a(key, "EC") ? EVP_PKEY_get1_encoded_public_key(key, &point) : 0;

	if (point) {
		OK(mls_buf_append(out, mls_slice(point, len)));
		OPENSSL_free(point);
		return;
	}
	assert_true(EVP_PKEY_get_raw_public_key(key, NULL, &len));
	OK(mls_buf_reserve(out, len));
	assert_true(EVP_PKEY_get_raw_public_key(key, out->p + out->len, &len));
	out->len += len;
}

static void put_private(struct mls_buf *out, EVP_PKEY *key, size_t len)
{
	BIGNUM *scalar = NULL;

	OK(mls_buf_reserve(out, len));
	if (EVP_PKEY_is_a(key, "EC")) {
		assert_true(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar));
		assert_int_equal(BN_bn2binpad(scalar, out->p, (int)len), (int)len);
		BN_free(scalar);
	} else {
		assert_true(EVP_PKEY_get_raw_private_key(key, out->p, &len));
	}
	out->len += len;
}

static X509 *parse(struct mls_slice der)
{
	const unsigned char *p = der.p;

	return d2i_X509(NULL, &p, (long)der.len);
}

static bool is_signed(const struct authority *a, X509 *end_entity)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	bool valid;

	assert_true(X509_STORE_add_cert(store, a->root));
	assert_true(X509_STORE_CTX_init(context, store, end_entity, NULL));
	valid = X509_verify_cert(context) == 1;
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return valid;
}

static X509 *end_entity_of(const struct mls_identity *identity)
{
	struct mls_slice chain = identity->credential, der = {0};

	return identity->credential_type == MLS_CREDENTIAL_X509 &&
			       mls_certificate_next(&chain, &der)
		       ? parse(der)
		       : NULL;
}

bool authority_accepts(void *state, const struct mls_identity *presented,
		       const struct mls_identity *replaced)
{
	X509 *now = end_entity_of(presented), *before = replaced ? end_entity_of(replaced) : NULL;
	bool fits = now && is_signed(state, now);

	if (fits && before)
		fits = X509_NAME_cmp(X509_get_subject_name(now), X509_get_subject_name(before)) ==
		       0;
	X509_free(now);
	X509_free(before);
	return fits;
}

void certified_begin(struct certified *c, const struct authority *a, uint16_t suite, EVP_PKEY *key,
		     const char *name)
{
	struct mls_buf der = {0};

	*c = (struct certified){.key = key ? EVP_PKEY_dup(key) : certificate_key(suite)};
	certificate_issue(a, &der, c->key, name);
	certificate_put(&c->chain, bytes_of(&der));
	der.len = 0;
	put_der(&der, a->root);
	certificate_put(&c->chain, bytes_of(&der));
	put_private(&c->private_key, c->key, mls_suite_find(suite)->signature_secret);
	certificate_public(&c->public_key, c->key);
	mls_buf_free(&der);
}

void certified_end(struct certified *c)
{
	mls_buf_free(&c->private_key);
	mls_buf_free(&c->public_key);
	mls_buf_free(&c->chain);
	EVP_PKEY_free(c->key);
}

struct mls_client *certified_client(struct authority *a, uint16_t suite, const char *name,
				    const struct mls_policy *policy)
{
	struct mls_policy by_authority = mls_policy_default();
	struct mls_client *client = NULL;
	struct certified c;
	struct mls_client_config config = {
		.ephemeral = true,
		.suite = suite,
		.credential_type = MLS_CREDENTIAL_X509,
		.now_s = TEST_NOW_S,
		.policy = policy ? policy : &by_authority,
	};

	by_authority.accept_credential = authority_accepts;
	by_authority.state = a;
	certified_begin(&c, a, suite, NULL, name);
	config.credential = bytes_of(&c.chain);
	config.signature_private = bytes_of(&c.private_key);
	config.signature_public = bytes_of(&c.public_key);
	OK(mls_client_new(&client, &config));
	certified_end(&c);
	return client;
}
