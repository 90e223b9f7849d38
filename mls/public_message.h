#ifndef MLS_PUBLIC_MESSAGE_H
#define MLS_PUBLIC_MESSAGE_H
#include "content_auth.h"

/* PublicMessage: RFC 9420 6.2. To be decoded where it stands in its MLSMessage. */
struct mls_public_message {
	struct mls_authenticated_content content; /* its wire_format does not travel here */
	struct mls_slice membership_tag;          /* of a member only */
};
MLS_WIRE_TYPE_DECLARE(public_message)

/* Ends the message of a member: appends the membership tag to a frame that is signed. */
enum mls_err MLS_MUST_CHECK mls_public_message_seal(struct mls_crypto *crypto,
						    struct mls_frame *frame,
						    const struct mls_secret *membership_key,
						    struct mls_slice group_context);

/* Checks the membership tag of a message that a member sent. MEMBERSHIP_TAG. */
enum mls_err MLS_MUST_CHECK mls_public_message_check(struct mls_crypto *crypto,
						     const struct mls_public_message *message,
						     const struct mls_secret *membership_key,
						     struct mls_slice group_context);
#endif
