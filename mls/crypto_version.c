#include <openssl/crypto.h>
#include <sodium.h>

#include "mls.h"

const char *mls_crypto_version(enum mls_crypto_library library)
{
	switch (library) {
	case MLS_CRYPTO_OPENSSL:
		return OpenSSL_version(OPENSSL_VERSION);
	case MLS_CRYPTO_SODIUM:
		return sodium_version_string();
	}
	return "";
}
