#include "prices/openssl_keygen.h"

EVP_PKEY_CTX *gb_openssl_generator(const char *name, const char *group)
{
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);

	if (x != NULL && EVP_PKEY_keygen_init(x) == 1 &&
	    (group == NULL || EVP_PKEY_CTX_set_group_name(x, group) == 1))
		return x;
	EVP_PKEY_CTX_free(x);
	return NULL;
}

bool gb_openssl_generate(EVP_PKEY_CTX *generator, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		EVP_PKEY *key = NULL;
		if (EVP_PKEY_generate(generator, &key) != 1)
			return false;
		EVP_PKEY_free(key);
	}
	return true;
}
