#ifndef MLS_PUBLIC_IDENTITY_H
#define MLS_PUBLIC_IDENTITY_H
#include "mls_buffer.h"
#include "mls_registry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A member, a sender or a joiner as its credential presents it (RFC 9420 5.3). */
struct mls_identity {
	uint16_t credential_type;
	struct mls_slice credential; /* see enum mls_credential_type */
	struct mls_slice signature_key;
};

/* Takes the next certificate (DER), the end entity's first, off an X.509 credential's content;
 * false behind the last. */
bool mls_certificate_next(struct mls_slice *chain, struct mls_slice *der);

#ifdef __cplusplus
}
#endif
#endif
