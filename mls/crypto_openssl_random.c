#include <limits.h>

#include <openssl/rand.h>

#include "crypto.h"

static enum mls_err fill(void *state, uint8_t *out, size_t len)
{
	(void)state;
	if (len > INT_MAX || RAND_bytes(out, (int)len) != 1)
		return MLS_ERR_RANDOM;
	return MLS_OK;
}

struct mls_random mls_random_system(void)
{
	return (struct mls_random){fill, NULL};
}
