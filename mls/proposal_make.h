#ifndef MLS_PROPOSAL_MAKE_H
#define MLS_PROPOSAL_MAKE_H
#include "proposal_list.h"

/*
 * Proposals as an application asks for them, encoded as they travel: each function appends
 * what stands behind the proposal's type (RFC 9420 12.1).
 */

/* PreSharedKeyID with a fresh nonce. */
enum mls_err MLS_MUST_CHECK mls_psk_name_write(struct mls_crypto *crypto, struct mls_buf *out,
					       const struct mls_psk_name *name);

enum mls_err MLS_MUST_CHECK mls_reinit_write(struct mls_buf *out,
					     const struct mls_reinit_parameters *parameters);

/*
 * Any proposal but an Update, which needs the group. USAGE for other types.
 */
enum mls_err MLS_MUST_CHECK mls_proposal_write(struct mls_crypto *crypto, struct mls_buf *out,
					       const struct mls_proposal_request *request);

/* How many bytes mls_psk_name_write and mls_reinit_write append at most. */
size_t mls_psk_name_bound(const struct mls_crypto *crypto, const struct mls_psk_name *name);
size_t mls_reinit_bound(const struct mls_reinit_parameters *parameters);
#endif
