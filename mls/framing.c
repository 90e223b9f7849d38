#include "framing.h"

void mls_proposal_or_ref_walk(struct mls_codec *c, struct mls_proposal_or_ref *v)
{
	const uint8_t *start;

	mls_u8(c, &v->type);
	start = c->in.p;
	if (v->type == MLS_BY_VALUE) {
		mls_proposal_walk(c, &v->proposal);
		mls_note_read(c, &v->proposal_bytes, start);
	} else if (v->type == MLS_BY_REFERENCE) {
		mls_opaque(c, &v->reference);
	} else {
		mls_codec_fail(c, MLS_ERR_PROPOSAL_OR_REF);
	}
}
MLS_WIRE_TYPE(proposal_or_ref)

static void proposal_or_ref_element(struct mls_codec *c)
{
	struct mls_proposal_or_ref v = {0};

	mls_proposal_or_ref_walk(c, &v);
}

void mls_commit_walk(struct mls_codec *c, struct mls_commit *v)
{
	mls_vector(c, &v->proposals, proposal_or_ref_element);
	mls_present(c, &v->has_path);
	if (v->has_path)
		mls_update_path_walk(c, &v->path);
}
MLS_WIRE_TYPE(commit)

static void sender_walk(struct mls_codec *c, struct mls_sender *v)
{
	mls_u8(c, &v->type);
	switch (v->type) {
	case MLS_SENDER_MEMBER:
	case MLS_SENDER_EXTERNAL:
		mls_u32(c, &v->index);
		break;
	case MLS_SENDER_NEW_MEMBER_PROPOSAL:
	case MLS_SENDER_NEW_MEMBER_COMMIT:
		break;
	default:
		mls_codec_fail(c, MLS_ERR_SENDER_TYPE);
	}
}

void mls_content_walk(struct mls_codec *c, struct mls_framed_content *v)
{
	const uint8_t *start = c->in.p;

	switch (v->content_type) {
	case MLS_CONTENT_APPLICATION:
		mls_opaque(c, &v->application_data);
		break;
	case MLS_CONTENT_PROPOSAL:
		mls_proposal_walk(c, &v->proposal);
		break;
	case MLS_CONTENT_COMMIT:
		mls_commit_walk(c, &v->commit);
		break;
	default:
		mls_codec_fail(c, MLS_ERR_CONTENT_TYPE);
	}
	mls_note_read(c, &v->content_bytes, start);
}

void mls_framed_content_head_walk(struct mls_codec *c, struct mls_framed_content *v)
{
	mls_opaque(c, &v->group_id);
	mls_u64(c, &v->epoch);
	sender_walk(c, &v->sender);
	mls_opaque(c, &v->authenticated_data);
	mls_u8(c, &v->content_type);
}

void mls_framed_content_walk(struct mls_codec *c, struct mls_framed_content *v)
{
	mls_framed_content_head_walk(c, v);
	mls_content_walk(c, v);
}
MLS_WIRE_TYPE(framed_content)

void mls_content_and_auth_walk(struct mls_codec *c, struct mls_authenticated_content *v,
			       const uint8_t *start)
{
	struct mls_slice content = {0}, with_signature = {0};

	mls_framed_content_walk(c, &v->content);
	mls_note_read(c, &content, start);
	mls_opaque(c, &v->auth.signature);
	mls_note_read(c, &with_signature, start);
	if (v->content.content_type == MLS_CONTENT_COMMIT)
		mls_opaque(c, &v->auth.confirmation_tag);
	mls_note_read(c, &v->encoded, start);
	if (mls_encoding(c))
		return;
	v->content_end = content.len;
	v->signature_end = with_signature.len;
}

void mls_authenticated_content_walk(struct mls_codec *c, struct mls_authenticated_content *v)
{
	const uint8_t *start = c->in.p;

	mls_u16(c, &v->wire_format);
	if (v->wire_format != MLS_WIRE_PUBLIC_MESSAGE && v->wire_format != MLS_WIRE_PRIVATE_MESSAGE)
		mls_codec_fail(c, MLS_ERR_WIRE_FORMAT);
	mls_content_and_auth_walk(c, v, start);
}
MLS_WIRE_TYPE(authenticated_content)

void mls_message_header_walk(struct mls_codec *c, uint16_t *wire_format)
{
	uint16_t version = MLS_VERSION_MLS10;

	mls_u16(c, &version);
	if (version != MLS_VERSION_MLS10)
		mls_codec_fail(c, MLS_ERR_VERSION);
	mls_u16(c, wire_format);
}

enum mls_err mls_message_open(struct mls_slice *message, uint16_t wire_format)
{
	struct mls_codec c = {.in = *message};
	uint16_t found = 0;

	mls_message_header_walk(&c, &found);
	if (found != wire_format)
		mls_codec_fail(&c, MLS_ERR_WIRE_FORMAT);
	if (c.err == MLS_OK)
		*message = c.in;
	return c.err;
}
