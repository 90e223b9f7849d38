#ifndef MLS_SEAL_MANY_H
#define MLS_SEAL_MANY_H
#include "crypto_work.h"
#include "label.h"

/*
 * EncryptWithLabel to many receivers, on the threads of the crypto. All ephemeral keys are
 * drawn in the order of the receivers before any is used, so that the result does not depend
 * on the threads.
 *
 *   one   writes what receiver number i gets, with this ephemeral key
 */
struct mls_seal_many {
	enum mls_err (*one)(void *state, struct mls_crypto *crypto, size_t i,
			    struct mls_slice ephemeral);
	void *state;
};

/* Seals to the receivers 0 .. n - 1. The error of the first that fails. */
enum mls_err MLS_MUST_CHECK mls_seal_to_many(struct mls_crypto *crypto,
					     const struct mls_seal_many *many, size_t n);
#endif
