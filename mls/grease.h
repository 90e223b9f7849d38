#ifndef MLS_GREASE_H
#define MLS_GREASE_H
#include "client.h"

/* Values without a meaning, so that nobody forgets how to ignore such: RFC 9420 13.5. */

/* The configuration of a client with GREASE in it, where it asks for that. */
struct mls_greased {
	struct mls_client_config config; /* leads into the original and into what follows */
	uint16_t *values;
	struct mls_buf leaf_extensions, key_package_extensions;
};

/* Draws the values from the random source of the client; none where there is no GREASE. To be ended
 * by mls_greased_clear, also on failure. The errors of extension lists that do not decode. */
enum mls_err MLS_MUST_CHECK mls_greased_make(struct mls_greased *out, struct mls_crypto *crypto,
					     const struct mls_client_config *config);
void mls_greased_clear(struct mls_greased *v);
#endif
