/* The end entity's certificate of a credential: suite, length and bytes of the leaf's signature
 * key, then what is to be a certificate of it. All of it is read as a chain as well. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The whole input as a chain. */
static void walk_chain(struct mls_slice chain)
{
	struct mls_slice der;
	size_t left = chain.len;

	while (mls_certificate_next(&chain, &der)) {
		if (der.len >= left || chain.len > left - 1 - der.len)
			abort();
		left = chain.len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mls_crypto *crypto[8];
	const struct mls_suite *suite = size >= 2 ? mls_suite_find(data[0]) : NULL;
	enum mls_err err;

	walk_chain((struct mls_slice){data, size});
	if (!suite || data[1] != suite->signature_public || size < 2 + (size_t)data[1])
		return 0;
	if (!crypto[data[0]] &&
	    mls_crypto_new(&crypto[data[0]], MLS_CRYPTO_OPENSSL, suite, NULL) != MLS_OK)
		abort();
	err = mls_certificate_check(crypto[data[0]],
				    (struct mls_slice){data + 2 + data[1], size - 2 - data[1]},
				    (struct mls_slice){data + 2, data[1]});
	if (err != MLS_OK && err != MLS_ERR_CERTIFICATE && err != MLS_ERR_CERTIFICATE_KEY &&
	    err != MLS_ERR_PUBLIC_KEY && err != MLS_ERR_LEAF_TOO_LONG)
		abort();
	return 0;
}
