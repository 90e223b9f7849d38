#ifndef GB_STATS_MEGOLM_SIZES_H
#define GB_STATS_MEGOLM_SIZES_H
#include <stdbool.h>
#include <stdint.h>

/*
 * How long the plaintexts of Olm and Megolm are in a Matrix room, in bytes: JSON of the
 * Matrix specification without a blank, with the user ids of the axis `identity`, device ids
 * of 10 bytes and a room id of 13.
 */

/* The sender_device_keys of an Olm message: left out, or with the signature of the device, or with
 * that of its user's self-signing key too. */
enum gb_sender_keys { GB_SENDER_KEYS_NONE, GB_SENDER_KEYS_SIGNED, GB_SENDER_KEYS_CROSS_SIGNED };

/* The Olm payload with m.room_key in it. */
uint64_t gb_room_key_bytes(uint64_t user_id, enum gb_sender_keys keys, bool shared_history);

/* The plaintext of an m.room_key_bundle, which tells a newcomer where keys of the past lie. */
uint64_t gb_room_key_bundle_bytes(uint64_t user_id, enum gb_sender_keys keys);

/* Of an m.forwarded_room_key that nobody else forwarded before, and of an m.dummy. */
uint64_t gb_forwarded_key_bytes(uint64_t user_id, enum gb_sender_keys keys);
uint64_t gb_dummy_bytes(uint64_t user_id, enum gb_sender_keys keys);

/* A session as a file of keys and as a backup have it, its history not shared; the latter in the
 * clear, and with libolm's encryption around it, which is what MSC4048 authenticates. */
uint64_t gb_exported_session_bytes(void);
uint64_t gb_kept_session_bytes(void);
uint64_t gb_sealed_session_bytes(void);

/* The private keys of a dehydrated device. */
uint64_t gb_dehydrated_bytes(void);
#define GB_DEHYDRATED_KEYS 50 /* one-time keys; a fallback key and the device's own beside them */

/* What the signature of device keys, of those of a dehydrated device, of the three keys of
 * cross-signing, of a one-time key and of a fallback key covers. */
uint64_t gb_dehydrated_keys_signed(uint64_t user_id);
uint64_t gb_fallback_key_signed(void);
uint64_t gb_master_key_signed(uint64_t user_id);
uint64_t gb_self_signing_key_signed(uint64_t user_id);
uint64_t gb_user_signing_key_signed(uint64_t user_id);
uint64_t gb_device_keys_signed(uint64_t user_id);
uint64_t gb_one_time_key_signed(void);

/* An m.room.message whose body is `payload` bytes of text that JSON need not escape. */
uint64_t gb_room_message_bytes(uint64_t payload);

/* Under the MAC: an Olm message and a Megolm message around that much plaintext. */
uint64_t gb_olm_message_bytes(uint64_t plaintext);
uint64_t gb_megolm_message_bytes(uint64_t plaintext);

/* AES-CBC with PKCS#7 padding. */
uint64_t gb_cbc_padded(uint64_t plaintext);

/* A Megolm session key without its signature: version, index, ratchet, public key. */
#define GB_SESSION_KEY_BYTES (1 + 4 + 128 + 32)
#endif
