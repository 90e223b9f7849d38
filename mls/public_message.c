#include "public_message.h"

/* The only place of a PublicMessage is in an MLSMessage, behind its two bytes of wire_format,
 * so that an AuthenticatedContent lies there in one piece. */
void mls_public_message_walk(struct mls_codec *c, struct mls_public_message *v)
{
	const uint8_t *start = mls_encoding(c) ? NULL : c->in.p - 2;

	mls_content_and_auth_walk(c, &v->content, start);
	if (v->content.content.sender.type == MLS_SENDER_MEMBER)
		mls_opaque(c, &v->membership_tag);
	if (!mls_encoding(c))
		v->content.wire_format = MLS_WIRE_PUBLIC_MESSAGE;
}
MLS_WIRE_TYPE(public_message)

enum mls_err mls_public_message_seal(struct mls_crypto *crypto, struct mls_frame *frame,
				     const struct mls_secret *membership_key,
				     struct mls_slice group_context)
{
	struct mls_codec c = {.out = frame->out};
	uint8_t tag[MLS_MAX_HASH];
	struct mls_slice tag_bytes = {tag, crypto->suite->nh};
	const size_t begin = frame->start + 2;

	mls_membership_tag(crypto, tag, membership_key,
			   mls_frame_bytes(frame, begin, frame->out->len),
			   frame->content_end - begin, group_context);
	mls_opaque(&c, &tag_bytes);
	return c.err;
}

enum mls_err mls_public_message_check(struct mls_crypto *crypto,
				      const struct mls_public_message *message,
				      const struct mls_secret *membership_key,
				      struct mls_slice group_context)
{
	uint8_t tag[MLS_MAX_HASH];

	mls_membership_tag(crypto, tag, membership_key, message->content.encoded,
			   message->content.content_end, group_context);
	if (!mls_equal_secret(mls_slice(tag, crypto->suite->nh), message->membership_tag))
		return MLS_ERR_MEMBERSHIP_TAG;
	return MLS_OK;
}
