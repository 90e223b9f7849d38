#ifndef MLS_PUBLIC_EXTENSION_H
#define MLS_PUBLIC_EXTENSION_H
#include "mls_buffer.h"
#include "mls_identity.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Encodings that an application writes and reads itself (12.1.8.1, 13). Those that
 * append leave `out` as it was when they fail, with NOMEM, BUFFER_FULL or TOO_LONG.
 */

/* Appends an extension to the encoded body of a list. EXTENSION_TWICE where its type is in
 * there already; the errors of mls_extension_take for a list that does not decode. */
enum mls_err MLS_MUST_CHECK mls_extension_put(struct mls_buf *extensions, uint16_t type,
					      struct mls_slice data);

/* Takes an extension off the front of the encoded body of a list. TRUNCATED behind the last, and
 * the errors of mls_vector_take. On failure *rest is as it was. */
enum mls_err MLS_MUST_CHECK mls_extension_take(uint16_t *type, struct mls_slice *data,
					       struct mls_slice *rest);

/* Appends one ExternalSender. The extension external_senders holds the vector of them; an
 * external sender's index is its place in there, from 0 on. CREDENTIAL_TYPE for a credential that
 * is neither basic nor X.509, CERTIFICATES_EMPTY for a chain of none, and the errors of
 * mls_vector_take for one that is no vector of certificates. */
enum mls_err MLS_MUST_CHECK mls_external_sender_put(struct mls_buf *out,
						    const struct mls_identity *sender);

#ifdef __cplusplus
}
#endif
#endif
