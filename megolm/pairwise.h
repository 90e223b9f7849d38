#ifndef MEGOLM_PAIRWISE_H
#define MEGOLM_PAIRWISE_H
#include "state.h"

/* Olm sessions with other devices. */

/* An empty session object that belongs to nobody yet. */
enum megolm_err MEGOLM_MUST_CHECK megolm_pairwise_new(struct megolm_device *device,
						      struct megolm_pairwise **out);

/* Wipes a session that belongs to nobody, for use again; NULL is allowed. */
void megolm_pairwise_release(struct megolm_device *device, struct megolm_pairwise *session);

/* Takes a session from a peer, which has forgotten it; NULL is allowed. */
void megolm_pairwise_drop(struct megolm_device *device, struct megolm_pairwise *session);

/* Frees what was released. */
void megolm_pairwise_free_spare(struct megolm_device *device);

/* The one key in {"signed_curve25519:ID":{"key":...,"signatures":...}}, and the object that is
 * signed. Nothing is verified. */
enum megolm_err MEGOLM_MUST_CHECK megolm_signed_key_read(struct megolm_slice *key,
							 struct megolm_slice *object,
							 struct megolm_slice text);

/* Puts a session in front of the others of the peer; the fifth falls out. */
void megolm_pairwise_attach(struct megolm_device *device, struct megolm_peer *peer,
			    struct megolm_pairwise *session);

/*
 * Encrypts with the newest session of the peer, which must exist. Writes the base64 body to
 * out[0 .. *len - 1]; *type is 0 for a pre-key message, else 1. MEGOLM_ERR_OUTPUT when `cap`
 * is too small.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_pairwise_encrypt(struct megolm_device *device,
							  struct megolm_peer *peer, uint8_t *out,
							  size_t cap, size_t *len, size_t *type,
							  struct megolm_slice plaintext);

/* Length of the body that megolm_pairwise_encrypt will write. */
size_t megolm_pairwise_encrypted_len(const struct megolm_peer *peer, size_t plaintext_len);

/* A decrypted Olm message. */
struct megolm_decrypted {
	struct megolm_pairwise *session;
	bool is_new;                   /* made from this message, and not attached to a peer */
	struct megolm_slice plaintext; /* in device->plaintext */
};

/*
 * Decrypts an Olm message from the device with Curve25519 key `sender_key`, which is `peer`
 * or, when that is NULL, not known. Then accept, or release of a new session, ends it.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_pairwise_decrypt(struct megolm_device *device,
							  struct megolm_decrypted *out,
							  struct megolm_peer *peer,
							  struct megolm_slice sender_key,
							  size_t type, struct megolm_slice body);

/*
 * The message is accepted: its session is the one to send by (E2EE, m.olm.v1: that "from which it
 * last received and successfully decrypted a message"). A new one is attached and the one-time
 * key that it used destroyed; on failure it still belongs to the caller.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_pairwise_accept(struct megolm_device *device,
							 struct megolm_peer *peer,
							 struct megolm_decrypted *message);
#endif
