#ifndef MLS_CREDENTIAL_H
#define MLS_CREDENTIAL_H
#include "codec.h"
#include "crypto.h"

/*
 * Credential, RFC 9420 5.3. A credential of a type not known here has no length of its own
 * and cannot be decoded: CREDENTIAL_TYPE.
 */
struct mls_credential {
	uint16_t type;            /* enum mls_credential_type */
	struct mls_slice content; /* basic: the identity; x509: the body of certificates<V> */
};
MLS_WIRE_TYPE_DECLARE(credential)

/* Does a credential that decoded fit the signature key it comes with (5.3)? Only certificates
 * can tell: CERTIFICATE, CERTIFICATE_KEY. */
enum mls_err MLS_MUST_CHECK mls_credential_check(const struct mls_crypto *crypto,
						 const struct mls_credential *credential,
						 struct mls_slice public_key);
#endif
