#include "stats/megolm_sizes.h"

/* Lengths of what stands in the templates, which are without it. */
#define DEVICE_ID     10
#define ROOM_ID       13
#define KEY           43  /* 32 bytes in unpadded base64 */
#define SIGNATURE     86  /* 64 bytes */
#define ATTACHMENT_IV 22  /* 16 bytes */
#define SESSION_KEY   306 /* GB_SESSION_KEY_BYTES and a signature */
#define EXPORTED_KEY  220 /* GB_SESSION_KEY_BYTES */

#define LENGTH(text) (sizeof(text) - 1)

uint64_t gb_device_keys_signed(uint64_t user_id)
{
	return LENGTH("{\"algorithms\":[\"m.olm.v1.curve25519-aes-sha2\","
		      "\"m.megolm.v1.aes-sha2\"],\"device_id\":\"\","
		      "\"keys\":{\"curve25519:\":\"\",\"ed25519:\":\"\"},\"user_id\":\"\"}") +
	       3 * DEVICE_ID + 2 * KEY + user_id;
}

/* Its device id is its Curve25519 key. */
uint64_t gb_dehydrated_keys_signed(uint64_t user_id)
{
	return gb_device_keys_signed(user_id) + (uint64_t)3 * (KEY - DEVICE_ID) +
	       LENGTH("\"dehydrated\":true,");
}

static uint64_t device_keys(uint64_t user_id, enum gb_sender_keys keys)
{
	uint64_t by_user = LENGTH("\"ed25519:\":\"\",") + KEY + SIGNATURE;

	return gb_device_keys_signed(user_id) +
	       LENGTH("\"signatures\":{\"\":{\"ed25519:\":\"\"}},") + user_id + DEVICE_ID +
	       SIGNATURE + (keys == GB_SENDER_KEYS_CROSS_SIGNED ? by_user : 0);
}

static uint64_t cross_signing_key(uint64_t user_id, uint64_t usage)
{
	return LENGTH("{\"keys\":{\"ed25519:\":\"\"},\"usage\":[\"\"],\"user_id\":\"\"}") +
	       2 * KEY + usage + user_id;
}

uint64_t gb_master_key_signed(uint64_t user_id)
{
	return cross_signing_key(user_id, LENGTH("master"));
}

uint64_t gb_self_signing_key_signed(uint64_t user_id)
{
	return cross_signing_key(user_id, LENGTH("self_signing"));
}

uint64_t gb_user_signing_key_signed(uint64_t user_id)
{
	return cross_signing_key(user_id, LENGTH("user_signing"));
}

uint64_t gb_one_time_key_signed(void)
{
	return LENGTH("{\"key\":\"\"}") + KEY;
}

uint64_t gb_fallback_key_signed(void)
{
	return LENGTH("\"fallback\":true,") + gb_one_time_key_signed();
}

/* What is in an Olm message, from its "content" on, but for the content and its type. */
static uint64_t olm_event_bytes(uint64_t user_id, enum gb_sender_keys keys)
{
	uint64_t sender = keys == GB_SENDER_KEYS_NONE
				  ? 0
				  : LENGTH("\"sender_device_keys\":,") + device_keys(user_id, keys);

	return LENGTH("{\"content\":,\"keys\":{\"ed25519\":\"\"},\"recipient\":\"\","
		      "\"recipient_keys\":{\"ed25519\":\"\"},\"sender\":\"\","
		      "\"type\":\"\"}") +
	       2 * KEY + 2 * user_id + sender;
}

uint64_t gb_room_key_bytes(uint64_t user_id, enum gb_sender_keys keys, bool shared_history)
{
	uint64_t content = LENGTH("{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"room_id\":\"\","
				  "\"session_id\":\"\",\"session_key\":\"\"}") +
			   ROOM_ID + KEY + SESSION_KEY;

	return olm_event_bytes(user_id, keys) + LENGTH("m.room_key") + content +
	       (shared_history ? LENGTH(",\"shared_history\":true") : 0);
}

uint64_t gb_room_key_bundle_bytes(uint64_t user_id, enum gb_sender_keys keys)
{
	return olm_event_bytes(user_id, keys) + LENGTH("m.room_key_bundle") +
	       LENGTH("{\"file\":{\"hashes\":{\"sha256\":\"\"},\"iv\":\"\",\"key\":{\"alg\":"
		      "\"A256CTR\",\"ext\":true,\"k\":\"\",\"key_ops\":[\"encrypt\","
		      "\"decrypt\"],\"kty\":\"oct\"},\"url\":\"mxc://gb.test/bundle\",\"v\":"
		      "\"v2\"},\"room_id\":\"\"}") +
	       2 * KEY + ATTACHMENT_IV + ROOM_ID;
}

uint64_t gb_forwarded_key_bytes(uint64_t user_id, enum gb_sender_keys keys)
{
	return olm_event_bytes(user_id, keys) + LENGTH("m.forwarded_room_key") +
	       LENGTH("{\"algorithm\":\"m.megolm.v1.aes-sha2\","
		      "\"forwarding_curve25519_key_chain\":[],\"room_id\":\"\","
		      "\"sender_claimed_ed25519_key\":\"\",\"sender_key\":\"\","
		      "\"session_id\":\"\",\"session_key\":\"\"}") +
	       ROOM_ID + 3 * KEY + EXPORTED_KEY;
}

uint64_t gb_dummy_bytes(uint64_t user_id, enum gb_sender_keys keys)
{
	return olm_event_bytes(user_id, keys) + LENGTH("m.dummy") + LENGTH("{}");
}

uint64_t gb_kept_session_bytes(void)
{
	return LENGTH("{\"algorithm\":\"m.megolm.v1.aes-sha2\","
		      "\"forwarding_curve25519_key_chain\":[],"
		      "\"sender_claimed_keys\":{\"ed25519\":\"\"},\"sender_key\":\"\","
		      "\"session_key\":\"\",\"shared_history\":false}") +
	       2 * KEY + EXPORTED_KEY;
}

uint64_t gb_exported_session_bytes(void)
{
	return gb_kept_session_bytes() + LENGTH("\"room_id\":\"\",\"session_id\":\"\",") + ROOM_ID +
	       KEY;
}

/* In base64 without padding. */
uint64_t gb_sealed_session_bytes(void)
{
	return LENGTH("{\"ciphertext\":\"\",\"ephemeral\":\"\",\"mac\":\"\"}") +
	       (gb_cbc_padded(gb_kept_session_bytes()) * 4 + 2) / 3 + KEY + 11;
}

uint64_t gb_dehydrated_bytes(void)
{
	return 4 + 2 * 32 + 4 + GB_DEHYDRATED_KEYS * 32 + 1 + 32;
}

uint64_t gb_room_message_bytes(uint64_t payload)
{
	return LENGTH("{\"content\":{\"body\":\"\",\"msgtype\":\"m.text\"},"
		      "\"room_id\":\"\",\"type\":\"m.room.message\"}") +
	       ROOM_ID + payload;
}

uint64_t gb_cbc_padded(uint64_t plaintext)
{
	return (plaintext / 16 + 1) * 16;
}

/* Fields are tag, length and value: version, ratchet key, counter, ciphertext. */
uint64_t gb_olm_message_bytes(uint64_t plaintext)
{
	return 1 + 2 + 32 + 2 + 3 + gb_cbc_padded(plaintext);
}

uint64_t gb_megolm_message_bytes(uint64_t plaintext)
{
	return 1 + 2 + 3 + gb_cbc_padded(plaintext);
}
