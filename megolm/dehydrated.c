/* Devices that the homeserver keeps for their user (MSC3814, m.dehydration.v2). */
#include "account_keys.h"
#include "big_endian.h"
#include "crypto.h"
#include "crypto_base64.h"
#include "crypto_seal.h"
#include "internal.h"
#include "json.h"
#include "room.h"
#include "session_data.h"
#include <stdlib.h>

#define ALGORITHM "m.dehydration.v2"
#define VERSION   0x80000000u

/* The private keys one behind the other: version, Curve25519, Ed25519, number of one-time keys
 * and they, whether there is a fallback key and it. */
#define FIXED_BYTES (4 + 2 * MEGOLM_PRIVATE_BYTES + 4 + 1)
#define MAX_BYTES   (FIXED_BYTES + (MEGOLM_MAX_ONE_TIME_KEYS + 1) * MEGOLM_PRIVATE_BYTES)

enum megolm_err megolm_device_new_dehydrated(struct megolm_device **out, const char *user_id,
					     const struct megolm_random *random,
					     const struct megolm_policy *policy)
{
	return megolm_device_from_pickle(out, user_id, NULL, random, policy, megolm_slice(NULL, 0),
					 megolm_slice(NULL, 0));
}

size_t megolm_device_dehydrated_max(const struct megolm_device *device)
{
	(void)device;
	return 128 + megolm_base64_chars(MAX_BYTES + MEGOLM_TAG_BYTES);
}

static void put_number(struct megolm_text *out, uint32_t n)
{
	uint8_t bytes[4];

	megolm_put_u32(bytes, n);
	megolm_put(out, megolm_slice(bytes, sizeof bytes));
}

static void put_keys(struct megolm_text *out, const struct megolm_account_keys *keys)
{
	uint8_t has_fallback = keys->has_fallback;

	put_number(out, VERSION);
	megolm_put(out, megolm_slice(keys->curve25519, MEGOLM_PRIVATE_BYTES));
	megolm_put(out, megolm_slice(keys->seed, MEGOLM_PRIVATE_BYTES));
	put_number(out, (uint32_t)keys->n_one_time);
	for (size_t i = 0; i < keys->n_one_time; i++)
		megolm_put(out, megolm_slice(keys->one_time[i], MEGOLM_PRIVATE_BYTES));
	megolm_put(out, megolm_slice(&has_fallback, 1));
	if (keys->has_fallback)
		megolm_put(out, megolm_slice(keys->fallback, MEGOLM_PRIVATE_BYTES));
}

/* The sealed keys of a device in `sealed`, under a nonce that is drawn. */
static enum megolm_err seal(struct megolm_device *device, uint8_t *sealed, size_t *len,
			    struct megolm_entropy *nonce, const uint8_t *key)
{
	struct megolm_account_keys keys;
	uint8_t plain[MAX_BYTES];
	struct megolm_text text = megolm_text(plain, sizeof plain);
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_account_keys_read(&keys, device->account));
	memcpy(keys.seed, device->seed, sizeof keys.seed);
	put_keys(&text, &keys);
	TRY(megolm_draw(device, nonce, MEGOLM_NONCE_BYTES));
	TRY(megolm_chacha_seal(sealed, megolm_text_slice(&text), key, nonce->bytes));
	*len = text.len + MEGOLM_TAG_BYTES;
out:
	megolm_wipe(&keys, sizeof keys);
	megolm_wipe(plain, sizeof plain);
	return err;
}

enum megolm_err megolm_device_dehydrate(struct megolm_device *device, uint8_t *out, size_t cap,
					size_t *len,
					const uint8_t key[MEGOLM_DEHYDRATION_KEY_BYTES])
{
	struct megolm_text text = megolm_text(out, cap);
	uint8_t sealed[MAX_BYTES + MEGOLM_TAG_BYTES];
	struct megolm_entropy nonce = {0};
	size_t n = 0;
	enum megolm_err err = MEGOLM_OK;

	if (!device->is_dehydrated)
		FAIL(MEGOLM_ERR_USAGE);
	TRY(seal(device, sealed, &n, &nonce, key));
	megolm_puts(&text, "{\"algorithm\":\"" ALGORITHM "\",\"device_pickle\":\"");
	megolm_put_base64(&text, megolm_slice(sealed, n));
	megolm_puts(&text, "\",\"nonce\":\"");
	megolm_put_base64(&text, megolm_slice(nonce.bytes, MEGOLM_NONCE_BYTES));
	megolm_puts(&text, "\"}");
	if (megolm_text_full(&text))
		FAIL(MEGOLM_ERR_OUTPUT);
	*len = text.len;
out:
	return err;
}

/* ---- and back ---- */

static enum megolm_err read_keys(struct megolm_account_keys *keys, struct megolm_slice plain)
{
	const uint8_t *p = plain.p;
	size_t n;

	if (plain.len < FIXED_BYTES || megolm_read_u32(p) != VERSION)
		return MEGOLM_ERR_PICKLE;
	memcpy(keys->curve25519, p + 4, MEGOLM_PRIVATE_BYTES);
	memcpy(keys->seed, p + 4 + MEGOLM_PRIVATE_BYTES, MEGOLM_PRIVATE_BYTES);
	p += 4 + 2 * MEGOLM_PRIVATE_BYTES;
	n = keys->n_one_time = megolm_read_u32(p);
	p += 4;
	if (n > MEGOLM_MAX_ONE_TIME_KEYS || plain.len < FIXED_BYTES + n * MEGOLM_PRIVATE_BYTES)
		return MEGOLM_ERR_PICKLE;
	for (size_t i = 0; i < n; i++, p += MEGOLM_PRIVATE_BYTES)
		memcpy(keys->one_time[i], p, MEGOLM_PRIVATE_BYTES);
	keys->has_fallback = *p == 1;
	if (*p++ > 1 || plain.len != FIXED_BYTES + (n + keys->has_fallback) * MEGOLM_PRIVATE_BYTES)
		return MEGOLM_ERR_PICKLE;
	if (keys->has_fallback)
		memcpy(keys->fallback, p, MEGOLM_PRIVATE_BYTES);
	return MEGOLM_OK;
}

/* Opens what `pickle` and `nonce`, in base64, have sealed. */
static enum megolm_err open_keys(struct megolm_account_keys *keys, struct megolm_slice pickle,
				 struct megolm_slice nonce, const uint8_t *key)
{
	uint8_t bytes[MAX_BYTES + MEGOLM_TAG_BYTES], iv[MEGOLM_NONCE_BYTES];
	size_t n = 0, iv_len = 0;
	enum megolm_err err = MEGOLM_OK;

	if (megolm_base64_read(iv, sizeof iv, &iv_len, nonce) != MEGOLM_OK || iv_len != sizeof iv ||
	    megolm_base64_read(bytes, sizeof bytes, &n, pickle) != MEGOLM_OK)
		FAIL(MEGOLM_ERR_PICKLE);
	err = megolm_chacha_open(bytes, megolm_slice(bytes, n), key, iv);
	if (err != MEGOLM_OK)
		FAIL(err == MEGOLM_ERR_TAG ? MEGOLM_ERR_PICKLE : err);
	TRY(read_keys(keys, megolm_slice(bytes, n - MEGOLM_TAG_BYTES)));
out:
	megolm_wipe(bytes, sizeof bytes);
	return err;
}

/* The device of these keys. */
static enum megolm_err revive(struct megolm_device **out, const char *user_id,
			      const struct megolm_account_keys *keys,
			      const struct megolm_random *random,
			      const struct megolm_policy *policy)
{
	size_t max = megolm_account_pickle_max(keys->n_one_time), len = 0;
	struct megolm_slice key = megolm_slice_of("rehydrate");
	uint8_t *pickle = malloc(max);
	enum megolm_err err = MEGOLM_OK;

	if (pickle == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	TRY(megolm_account_keys_pickle(pickle, &len, keys, key));
	TRY(megolm_device_from_pickle(out, user_id, NULL, random, policy, megolm_slice(pickle, len),
				      key));
	memcpy((*out)->seed, keys->seed, sizeof keys->seed);
	/* It stands behind the one-time keys, which are numbered from 1. */
	if (keys->has_fallback)
		(*out)->fallback.number = (uint32_t)keys->n_one_time + 1;
out:
	megolm_wipe_free(pickle, max);
	return err;
}

enum megolm_err megolm_device_rehydrate(struct megolm_device **out, const char *user_id,
					struct megolm_slice device_data,
					const uint8_t key[MEGOLM_DEHYDRATION_KEY_BYTES],
					const struct megolm_random *random,
					const struct megolm_policy *policy)
{
	struct megolm_slice algorithm, pickle, nonce;
	struct megolm_account_keys keys;
	enum megolm_err err = MEGOLM_OK;

	if (device_data.len > policy->max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_json_check(device_data));
	TRY(megolm_json_string_member(device_data, "algorithm", &algorithm));
	if (!megolm_equals(algorithm, ALGORITHM))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_string_member(device_data, "device_pickle", &pickle));
	TRY(megolm_json_string_member(device_data, "nonce", &nonce));
	TRY(open_keys(&keys, pickle, nonce, key));
	TRY(revive(out, user_id, &keys, random, policy));
out:
	megolm_wipe(&keys, sizeof keys);
	return err;
}

static enum megolm_err adopt_one(struct megolm_device *to, struct megolm_imported *count,
				 const struct megolm_room *room, struct megolm_inbound *inbound)
{
	uint8_t key[MEGOLM_EXPORT_CHARS];
	struct megolm_session_data data = {
		.room_id = megolm_slice_of(room->id),
		.session_id = megolm_slice_of(inbound->id),
		.session_key = megolm_slice(key, sizeof key),
		.curve25519 = megolm_slice_of(megolm_inbound_curve25519(room, inbound)),
		.ed25519 = megolm_slice_of(megolm_inbound_ed25519(room, inbound)),
		.shared_history = inbound->shared_history,
	};
	uint32_t index;
	enum megolm_err err = megolm_inbound_export(inbound, key, &index);

	if (err == MEGOLM_OK)
		err = megolm_session_data_enter(to, count, &data, MEGOLM_SOURCE_FORWARDED);
	megolm_wipe(key, sizeof key);
	return err;
}

enum megolm_err megolm_device_adopt(struct megolm_device *to, struct megolm_imported *imported,
				    struct megolm_device *from)
{
	struct megolm_imported count = {0};
	enum megolm_err err = MEGOLM_OK;

	if (strcmp(to->user_id, from->user_id) != 0)
		FAIL(MEGOLM_ERR_UNVERIFIED);
	for (struct megolm_room *room = from->room; room != NULL; room = room->next)
		for (size_t i = 0; i < room->n_inbound; i++)
			TRY(adopt_one(to, &count, room, room->inbound[i]));
	*imported = count;
out:
	return err;
}
