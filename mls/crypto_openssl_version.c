#include <openssl/crypto.h>

#include "mls.h"

const char *mls_crypto_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}
