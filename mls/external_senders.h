#ifndef MLS_EXTERNAL_SENDERS_H
#define MLS_EXTERNAL_SENDERS_H
#include "leaf_node.h"

/* The extension external_senders of a GroupContext: RFC 9420 12.1.8.1. */

struct mls_external_sender {
	struct mls_slice signature_key;
	struct mls_credential credential;
};
MLS_WIRE_TYPE_DECLARE(external_sender)

/* The external sender of an index, in the extensions of a group that was checked.
 * EXTERNAL_SENDER where there is none. */
enum mls_err MLS_MUST_CHECK mls_external_sender_find(struct mls_external_sender *out,
						     struct mls_slice group_extensions,
						     uint32_t index);

/*
 * Judges the external senders of rules->group_extensions, if there are any, as members are:
 * keys, credentials and what the application thinks of them (5.3.1). PUBLIC_KEY, CERTIFICATE,
 * CERTIFICATE_KEY, CREDENTIAL_REFUSED, and the errors of an extension that does not decode.
 */
enum mls_err MLS_MUST_CHECK mls_external_senders_check(const struct mls_leaf_rules *rules);
#endif
