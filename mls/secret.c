#define _DEFAULT_SOURCE /* explicit_bzero */
#include "secret.h"

#include <openssl/crypto.h>

void mls_wipe(void *p, size_t len)
{
	explicit_bzero(p, len);
}

void mls_secret_wipe(struct mls_secret *s)
{
	mls_wipe(s, sizeof(*s));
}

bool mls_equal_secret(struct mls_slice a, struct mls_slice b)
{
	return a.len == b.len && CRYPTO_memcmp(a.p, b.p, a.len) == 0;
}
