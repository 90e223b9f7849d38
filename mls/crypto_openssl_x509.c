#include <openssl/asn1.h>
#include <openssl/x509.h>

#include "crypto_openssl.h"

/*
 * Certificates come from outside. OpenSSL decodes the public key while it parses one, and a
 * key may carry the parameters of a curve of its own, whose price an attacker sets. So the
 * SubjectPublicKeyInfo is found and compared first, by tags and lengths alone: what is
 * parsed afterwards has a key of the cipher suite's own curve.
 */

enum { MAX_CERTIFICATE = UINT16_MAX };

/* Takes one element of DER off the front of *in; returns all of it, and *contents is what it
 * holds. All three are empty where there is none. */
static struct mls_slice take_element(struct mls_slice *in, struct mls_slice *contents)
{
	const unsigned char *p = in->p;
	struct mls_slice whole = {0};
	long len = 0;
	int tag = 0, class = 0;

	*contents = whole;
	/* 0x80: no element; 1: of indefinite length, which DER does not have. */
	if (ASN1_get_object(&p, &len, &tag, &class, (long)in->len) & 0x81) {
		*in = whole;
		return whole;
	}
	*contents = mls_slice(p, (size_t)len);
	whole = mls_slice(in->p, (size_t)(p - in->p) + contents->len);
	*in = mls_slice(in->p + whole.len, in->len - whole.len);
	return whole;
}

/* RFC 5280 4.1: in TBSCertificate stand version, if it is not v1, serialNumber, signature,
 * issuer, validity and subject before the key. Empty where there is none. */
static struct mls_slice find_key_info(struct mls_slice certificate)
{
	const uint8_t version = V_ASN1_CONTEXT_SPECIFIC | V_ASN1_CONSTRUCTED;
	struct mls_slice signed_part, fields, contents;
	int n_before;

	take_element(&certificate, &signed_part);
	take_element(&signed_part, &fields);
	n_before = fields.len > 0 && fields.p[0] == version ? 6 : 5;
	for (int i = 0; i < n_before; i++)
		take_element(&fields, &contents);
	return take_element(&fields, &contents);
}

static EVP_PKEY *import_public(const struct mls_suite *suite, struct mls_slice public_key)
{
	const struct mls_slice none = {0};
	const char *curve = NULL, *algorithm = "EC";
	EVP_PKEY_CTX *importer;
	EVP_PKEY *key = NULL;

	if (suite->signature == MLS_ED25519)
		algorithm = "ED25519";
	else if (suite->signature == MLS_ED448)
		algorithm = "ED448";
	else
		curve = mls_openssl_curve_name(suite->signature_secret);
	importer = mls_openssl_importer(algorithm);
	if (importer)
		key = mls_openssl_import(importer, curve, none, public_key);
	EVP_PKEY_CTX_free(importer);
	return key;
}

/* Is `key_info` what a certificate of this key says? */
static enum mls_err check_key(const struct mls_suite *suite, struct mls_slice key_info,
			      struct mls_slice public_key)
{
	EVP_PKEY *key = import_public(suite, public_key);
	unsigned char *want = NULL;
	int len;
	enum mls_err err = MLS_OK;

	if (!key)
		return mls_openssl_failed(MLS_ERR_PUBLIC_KEY);
	len = i2d_PUBKEY(key, &want);
	EVP_PKEY_free(key);
	if (len <= 0)
		return mls_openssl_failed(MLS_ERR_CRYPTO);
	if (!mls_slice_equal(key_info, mls_slice(want, (size_t)len)))
		err = MLS_ERR_CERTIFICATE_KEY;
	OPENSSL_free(want);
	return err;
}

enum mls_err mls_certificate_check(const struct mls_crypto *c, struct mls_slice der,
				   struct mls_slice public_key)
{
	const unsigned char *p = der.p;
	struct mls_slice key_info;
	enum mls_err err;

	if (der.len > MAX_CERTIFICATE)
		return MLS_ERR_LEAF_TOO_LONG;
	key_info = find_key_info(der);
	if (key_info.len == 0)
		return mls_openssl_failed(MLS_ERR_CERTIFICATE);
	err = check_key(c->suite, key_info, public_key);
	if (err)
		return err;
	X509_free(d2i_X509(NULL, &p, (long)der.len)); /* p moves behind what is a certificate */
	if (p != der.p + der.len)
		return mls_openssl_failed(MLS_ERR_CERTIFICATE);
	return MLS_OK;
}
