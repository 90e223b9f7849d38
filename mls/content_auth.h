#ifndef MLS_CONTENT_AUTH_H
#define MLS_CONTENT_AUTH_H
#include "framing.h"
#include "label.h"

/*
 * How content is authenticated: RFC 9420 5.2, 6.1, 6.2, 8.2. Bytes that are there are signed,
 * hashed and authenticated where they lie.
 */

/*
 * An AuthenticatedContent while it is written, behind its protocol version: with that it is
 * what is signed, and the beginning of an MLSMessage with a PublicMessage.
 *
 *   mls_frame_begin    version, wire_format, and all of the FramedContent but its content
 *   (the caller)       appends the content
 *   mls_frame_sign     signature<V>
 *   mls_frame_confirm  confirmation_tag<V>, in a commit
 */
struct mls_frame {
	struct mls_buf *out;
	size_t start;         /* in out: the version */
	size_t content;       /* the content */
	size_t content_end;   /* FramedContentAuthData */
	size_t signature_end; /* confirmation_tag<V> */
};

/* Of `head`, all but the content is read. On failure `out` is as it was. APPLICATION_PUBLIC for
 * what a PublicMessage must not carry (6). */
enum mls_err MLS_MUST_CHECK mls_frame_begin(struct mls_frame *frame, struct mls_buf *out,
					    uint16_t wire_format,
					    const struct mls_framed_content *head);

/* Signs what was appended. `group_context` is empty where the sender is outside the group and
 * does not join it (6.1). */
enum mls_err MLS_MUST_CHECK mls_frame_sign(struct mls_crypto *crypto, struct mls_frame *frame,
					   struct mls_signer *signer,
					   struct mls_slice group_context);

enum mls_err MLS_MUST_CHECK mls_frame_confirm(struct mls_frame *frame, struct mls_slice tag);

/* The bytes of what a frame holds so far; valid until `out` grows. */
struct mls_slice mls_frame_bytes(const struct mls_frame *frame, size_t from, size_t end);

/* Checks the signature of received content. SIGNATURE, PUBLIC_KEY. */
enum mls_err MLS_MUST_CHECK mls_content_verify(struct mls_crypto *crypto,
					       const struct mls_authenticated_content *content,
					       struct mls_slice public_key,
					       struct mls_slice group_context);

/*
 * The transcript hashes (8.2), suite->nh bytes each. `confirmed_input` is the beginning of a
 * commit's AuthenticatedContent up to and with its signature<V>.
 */
void mls_confirmed_transcript_hash(struct mls_crypto *crypto, uint8_t *out,
				   struct mls_slice interim_before,
				   struct mls_slice confirmed_input);
void mls_interim_transcript_hash(struct mls_crypto *crypto, uint8_t *out,
				 struct mls_slice confirmed, struct mls_slice confirmation_tag);

/* The membership tag (6.2), suite->nh bytes. `content` is an AuthenticatedContent of which the
 * first `content_end` bytes are wire_format and FramedContent. */
void mls_membership_tag(struct mls_crypto *crypto, uint8_t *out,
			const struct mls_secret *membership_key, struct mls_slice content,
			size_t content_end, struct mls_slice group_context);
#endif
