#ifndef MLS_PRIVATE_MESSAGE_H
#define MLS_PRIVATE_MESSAGE_H
#include "content_auth.h"
#include "secret_tree.h"

/* PrivateMessage: RFC 9420 6.3. */
struct mls_private_message {
	struct mls_slice group_id;
	uint64_t epoch;
	uint8_t content_type;
	struct mls_slice authenticated_data;
	struct mls_slice encrypted_sender_data;
	struct mls_slice ciphertext;

	/* Set by decoding: the additional authenticated data of ciphertext and sender data. */
	struct mls_slice content_aad, sender_data_aad;
};
MLS_WIRE_TYPE_DECLARE(private_message)

/* RFC 9420 6.3.2. */
struct mls_sender_data {
	uint32_t leaf;
	uint32_t generation;
	uint8_t reuse_guard[4];
};

/* Decrypts who sent the message. SENDER_DATA when that fails. */
enum mls_err MLS_MUST_CHECK mls_sender_data_open(struct mls_crypto *crypto,
						 struct mls_sender_data *out,
						 const struct mls_private_message *message,
						 const struct mls_secret *sender_data_secret);

/*
 * Decrypts the content and consumes its message key, which is gone even if what it decrypted
 * is refused. The signature is not checked.
 *
 *   out     views into `plain`
 *   plain   its contents are replaced; to be wiped by mls_buf_clear when done
 *   keys    the secret tree of the message's epoch
 *
 * Errors of mls_secret_tree_find; DECRYPT; decoding errors; PADDING where padding is not zeros.
 */
enum mls_err MLS_MUST_CHECK mls_private_content_open(
	struct mls_crypto *crypto, struct mls_authenticated_content *out, struct mls_buf *plain,
	const struct mls_private_message *message, const struct mls_sender_data *sender,
	struct mls_secret_tree *keys, const struct mls_policy *policy);

/* What a PrivateMessage is encrypted with: keys of the present epoch. */
struct mls_private_keys {
	const struct mls_secret *sender_data_secret;
	struct mls_secret_tree *tree;
	uint32_t own_leaf;
	uint32_t padding; /* policy->padding */
};

/*
 * Appends to `out` the MLSMessage of a signed and, if a commit, confirmed frame, written with
 * wire format PrivateMessage by `head`. Consumes one generation of the own ratchet, also on
 * failure. `frame` is in another buffer; its end gets the padding.
 */
enum mls_err MLS_MUST_CHECK mls_private_message_seal(struct mls_crypto *crypto, struct mls_buf *out,
						     struct mls_frame *frame,
						     const struct mls_framed_content *head,
						     const struct mls_private_keys *keys);
#endif
