#include "crypto_openssl.h"

#include <openssl/core_names.h>
#include <openssl/err.h>

enum mls_err mls_openssl_failed(enum mls_err err)
{
	ERR_clear_error();
	return err;
}

EVP_PKEY_CTX *mls_openssl_importer(const char *algorithm)
{
	EVP_PKEY_CTX *importer = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);

	if (importer && EVP_PKEY_fromdata_init(importer) != 1) {
		EVP_PKEY_CTX_free(importer);
		importer = NULL;
	}
	return importer;
}

/* A parameter that OpenSSL reads, and therefore takes without const. */
static OSSL_PARAM octets(const char *name, struct mls_slice s)
{
	OSSL_PARAM p = OSSL_PARAM_construct_end();

	p.key = name;
	p.data_type = OSSL_PARAM_OCTET_STRING;
	memcpy(&p.data, &s.p, sizeof(p.data));
	p.data_size = s.len;
	return p;
}

/* EC wants its private key as a number in native byte order. */
static OSSL_PARAM scalar(uint8_t *native, struct mls_slice big_endian)
{
	static const uint16_t one = 1;
	uint8_t is_little;

	memcpy(&is_little, &one, 1);
	for (size_t i = 0; i < big_endian.len; i++)
		native[i] = big_endian.p[is_little ? big_endian.len - 1 - i : i];
	return OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, big_endian.len);
}

EVP_PKEY *mls_openssl_import(EVP_PKEY_CTX *importer, const char *group,
			     struct mls_slice private_key, struct mls_slice public_key)
{
	uint8_t native[MLS_MAX_PRIVATE_KEY];
	OSSL_PARAM params[4], *p = params;
	EVP_PKEY *key = NULL;
	char name[8];

	if (group) {
		strncpy(name, group, sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		*p++ = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
	}
	if (private_key.len > 0 && group)
		*p++ = scalar(native, private_key);
	else if (private_key.len > 0)
		*p++ = octets(OSSL_PKEY_PARAM_PRIV_KEY, private_key);
	if (public_key.len > 0)
		*p++ = octets(OSSL_PKEY_PARAM_PUB_KEY, public_key);
	*p = OSSL_PARAM_construct_end();
	if (EVP_PKEY_fromdata(importer, &key,
			      private_key.len > 0 ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
			      params) != 1)
		key = NULL;
	mls_wipe(native, sizeof(native));
	return key;
}
