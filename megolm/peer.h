#ifndef MEGOLM_PEER_H
#define MEGOLM_PEER_H
#include "state.h"

/* What device keys say, as slices of their text. */
struct megolm_device_keys {
	struct megolm_slice text, user_id, device_id, curve25519, ed25519;
};

/* Reads checked JSON; looks at the form, the algorithms and the identifiers, not at the
 * signature. */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_keys_read(struct megolm_device_keys *out,
							  struct megolm_slice text);

/* Whether a JSON value is an array that contains this string, written without escapes. */
bool megolm_lists(struct megolm_slice value, const char *name);

/* Verifies the signature of the device on its keys and, if the policy asks for it, that of the
 * user's self-signing key. */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_keys_verify(struct megolm_device *device,
							    const struct megolm_device_keys *keys);

/* NULL when no device with this Curve25519 key is known. */
struct megolm_peer *megolm_peer_by_key(const struct megolm_device *device,
				       struct megolm_slice curve25519);

/* NULL when no device with these ids is known. */
struct megolm_peer *megolm_peer_by_ids(const struct megolm_device *device,
				       struct megolm_slice user_id, struct megolm_slice device_id);

/* Adds a device that is not known, whose keys were verified. */
enum megolm_err MEGOLM_MUST_CHECK megolm_peer_insert(struct megolm_device *device,
						     struct megolm_peer **out,
						     const struct megolm_device_keys *keys,
						     uint64_t tag);

/* Whether what vouched for it does so no longer: the keys of its user have changed, or are
 * forgotten. */
static inline bool megolm_peer_is_disowned(const struct megolm_peer *peer)
{
	return peer->by_signatures && !peer->is_verified;
}

/* Whether the policy allows another device that is known by what it sent only. */
bool megolm_may_know_stranger(const struct megolm_device *device);

/* Frees a peer with its sessions; NULL is allowed. It stays in the tables of the device. */
void megolm_peer_free(struct megolm_device *device, struct megolm_peer *peer);

/* If a device that is known now was forgotten before, the Megolm sessions that it began name this
 * one from now on. */
void megolm_peer_adopt(struct megolm_device *device, struct megolm_peer *peer);

/* A Megolm session that named it is gone: frees a forgotten one with its last. */
void megolm_peer_unname(struct megolm_peer *peer);
#endif
