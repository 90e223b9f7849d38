#include "content_auth.h"

static const uint8_t version_mls10[] = {0, MLS_VERSION_MLS10};

struct mls_slice mls_frame_bytes(const struct mls_frame *frame, size_t from, size_t end)
{
	return mls_slice(frame->out->p + from, end - from);
}

enum mls_err mls_frame_begin(struct mls_frame *frame, struct mls_buf *out, uint16_t wire_format,
			     const struct mls_framed_content *head)
{
	struct mls_codec c = {.out = out};
	struct mls_framed_content fields = *head;

	*frame = (struct mls_frame){.out = out, .start = out->len};
	if (wire_format == MLS_WIRE_PUBLIC_MESSAGE && head->content_type == MLS_CONTENT_APPLICATION)
		return MLS_ERR_APPLICATION_PUBLIC;
	mls_message_header_walk(&c, &wire_format);
	mls_framed_content_head_walk(&c, &fields);
	if (!mls_codec_ok(&c))
		out->len = frame->start;
	frame->content = out->len;
	return c.err;
}

enum mls_err mls_frame_sign(struct mls_crypto *crypto, struct mls_frame *frame,
			    struct mls_signer *signer, struct mls_slice group_context)
{
	uint8_t memory[MLS_MAX_SIGNATURE];
	struct mls_buf signature = {.p = memory, .cap = sizeof(memory), .fixed = true};
	struct mls_slice parts[2] = {{0}, group_context};
	struct mls_slice bytes;
	struct mls_codec c = {.out = frame->out};
	enum mls_err err;

	frame->content_end = frame->out->len;
	parts[0] = mls_frame_bytes(frame, frame->start, frame->content_end);
	err = mls_sign_with_label(crypto, &signature, signer, "FramedContentTBS", parts, 2);
	if (err)
		return err;
	bytes = mls_buf_slice(&signature);
	mls_opaque(&c, &bytes);
	frame->signature_end = frame->out->len;
	return c.err;
}

enum mls_err mls_frame_confirm(struct mls_frame *frame, struct mls_slice tag)
{
	struct mls_codec c = {.out = frame->out};

	mls_opaque(&c, &tag);
	return c.err;
}

enum mls_err mls_content_verify(struct mls_crypto *crypto,
				const struct mls_authenticated_content *content,
				struct mls_slice public_key, struct mls_slice group_context)
{
	const struct mls_slice parts[] = {
		{version_mls10, sizeof(version_mls10)},
		{content->encoded.p, content->content_end},
		group_context,
	};

	return mls_verify_with_label(crypto, public_key, "FramedContentTBS", parts, MLS_N(parts),
				     content->auth.signature);
}

void mls_confirmed_transcript_hash(struct mls_crypto *crypto, uint8_t *out,
				   struct mls_slice interim_before,
				   struct mls_slice confirmed_input)
{
	const struct mls_slice parts[] = {interim_before, confirmed_input};

	mls_hash(crypto, out, parts, MLS_N(parts));
}

void mls_interim_transcript_hash(struct mls_crypto *crypto, uint8_t *out,
				 struct mls_slice confirmed, struct mls_slice confirmation_tag)
{
	const uint8_t tag_len = (uint8_t)confirmation_tag.len; /* KDF.Nh, at most 64 */
	uint8_t length[2] = {0x40, tag_len};
	const struct mls_slice parts[] = {
		confirmed,
		tag_len < 64 ? mls_slice(&tag_len, 1) : mls_slice(length, 2),
		confirmation_tag,
	};

	mls_hash(crypto, out, parts, MLS_N(parts));
}

void mls_membership_tag(struct mls_crypto *crypto, uint8_t *out,
			const struct mls_secret *membership_key, struct mls_slice content,
			size_t content_end, struct mls_slice group_context)
{
	const struct mls_slice parts[] = {
		{version_mls10, sizeof(version_mls10)},
		{content.p, content_end},
		group_context,
		{content.p + content_end, content.len - content_end},
	};

	mls_hmac(crypto, out, mls_secret_slice(membership_key), parts, MLS_N(parts));
}
