#ifndef MLS_FRAMING_H
#define MLS_FRAMING_H
#include "codec.h"
#include "proposal.h"
#include "update_path.h"

/* What MLS messages carry and how it is framed: RFC 9420 6, 6.1, 12.4. */

enum mls_wire_format {
	MLS_WIRE_PUBLIC_MESSAGE = 1,
	MLS_WIRE_PRIVATE_MESSAGE = 2,
	MLS_WIRE_WELCOME = 3,
	MLS_WIRE_GROUP_INFO = 4,
	MLS_WIRE_KEY_PACKAGE = 5,
};

enum mls_content_type {
	MLS_CONTENT_APPLICATION = 1,
	MLS_CONTENT_PROPOSAL = 2,
	MLS_CONTENT_COMMIT = 3,
};

enum mls_sender_type {
	MLS_SENDER_MEMBER = 1,
	MLS_SENDER_EXTERNAL = 2,
	MLS_SENDER_NEW_MEMBER_PROPOSAL = 3,
	MLS_SENDER_NEW_MEMBER_COMMIT = 4,
};

struct mls_sender {
	uint8_t type;
	uint32_t index; /* of a member: its leaf; of an external sender: its place in the list */
};

enum { MLS_BY_VALUE = 1, MLS_BY_REFERENCE = 2 };

struct mls_proposal_or_ref {
	uint8_t type;
	struct mls_proposal proposal;    /* MLS_BY_VALUE */
	struct mls_slice proposal_bytes; /* its encoding, when decoded */
	struct mls_slice reference;      /* MLS_BY_REFERENCE */
};
MLS_WIRE_TYPE_DECLARE(proposal_or_ref)

struct mls_commit {
	struct mls_slice proposals; /* body of ProposalOrRef<V> */
	bool has_path;
	struct mls_update_path path;
};
MLS_WIRE_TYPE_DECLARE(commit)

struct mls_framed_content {
	struct mls_slice group_id;
	uint64_t epoch;
	struct mls_sender sender;
	struct mls_slice authenticated_data;
	uint8_t content_type;
	struct mls_slice application_data;
	struct mls_proposal proposal;
	struct mls_commit commit;
	struct mls_slice content_bytes; /* set by decoding: what content_type selects, encoded */
};
MLS_WIRE_TYPE_DECLARE(framed_content)

/* FramedContentAuthData; the confirmation tag is there in a commit only. */
struct mls_auth_data {
	struct mls_slice signature;
	struct mls_slice confirmation_tag;
};

/*
 * AuthenticatedContent, and when decoded the bytes it came from, which are what is signed,
 * hashed and authenticated: wire_format, FramedContent, FramedContentAuthData.
 */
struct mls_authenticated_content {
	uint16_t wire_format;
	struct mls_framed_content content;
	struct mls_auth_data auth;

	struct mls_slice encoded;
	size_t content_end, signature_end; /* in `encoded`: behind FramedContent, signature<V> */
};
MLS_WIRE_TYPE_DECLARE(authenticated_content)

/* All of it but the wire_format, which stands at `start` when decoding. */
void mls_content_and_auth_walk(struct mls_codec *c, struct mls_authenticated_content *v,
			       const uint8_t *start);

/* The part of a FramedContent that its content_type selects. */
void mls_content_walk(struct mls_codec *c, struct mls_framed_content *v);

/* The first four bytes of every MLSMessage; VERSION for an unknown one. Which wire format is
 * wanted is the caller's to compare. */
void mls_message_header_walk(struct mls_codec *c, uint16_t *wire_format);

/* Takes them off the front of *message, where one of this wire format is wanted. VERSION,
 * WIRE_FORMAT. */
enum mls_err MLS_MUST_CHECK mls_message_open(struct mls_slice *message, uint16_t wire_format);

/* What comes before the part that content_type selects. */
void mls_framed_content_head_walk(struct mls_codec *c, struct mls_framed_content *v);
#endif
