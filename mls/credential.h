#ifndef MLS_CREDENTIAL_H
#define MLS_CREDENTIAL_H
#include "codec.h"

/*
 * Credential, RFC 9420 5.3. A credential of a type not known here has no length of its own
 * and cannot be decoded: CREDENTIAL_TYPE.
 */
struct mls_credential {
	uint16_t type;            /* enum mls_credential_type */
	struct mls_slice content; /* basic: the identity; x509: the body of certificates<V> */
};
MLS_WIRE_TYPE_DECLARE(credential)

/* Takes the next certificate (DER) off the body of an x509 credential that decoded; the first
 * is the end entity's. TRUNCATED behind the last. */
enum mls_err MLS_MUST_CHECK mls_certificate_next(struct mls_slice *body, struct mls_slice *der);
#endif
