/* Devices that the homeserver keeps for their user (MSC3814). */
#include "crypto.h"
#include "internal.h"
#include "json.h"
#include "room.h"
#include "session_data.h"

#define ALGORITHM "org.matrix.msc3814.v1.olm"
#define BEGINNING "{\"algorithm\":\"" ALGORITHM "\",\"device_pickle\":\""

size_t megolm_device_dehydrated_max(const struct megolm_device *device)
{
	return 128 + olm_pickle_account_length(device->account);
}

enum megolm_err megolm_device_dehydrate(struct megolm_device *device, uint8_t *out, size_t cap,
					size_t *len,
					const uint8_t key[MEGOLM_DEHYDRATION_KEY_BYTES])
{
	struct megolm_text text = megolm_text(out, cap);
	size_t n = olm_pickle_account_length(device->account);
	uint8_t *pickle;
	enum megolm_err err;

	megolm_puts(&text, BEGINNING);
	pickle = megolm_put_later(&text, n);
	megolm_puts(&text, "\"}");
	if (megolm_text_full(&text))
		return MEGOLM_ERR_OUTPUT;
	err = megolm_olm_account(
		device->account,
		olm_pickle_account(device->account, key, MEGOLM_DEHYDRATION_KEY_BYTES, pickle, n));
	if (err == MEGOLM_OK)
		*len = text.len;
	return err;
}

enum megolm_err megolm_device_rehydrate(struct megolm_device **out, const char *user_id,
					const char *device_id, struct megolm_slice device_data,
					const uint8_t key[MEGOLM_DEHYDRATION_KEY_BYTES],
					const struct megolm_random *random,
					const struct megolm_policy *policy)
{
	struct megolm_slice algorithm, pickle;
	enum megolm_err err = MEGOLM_OK;

	if (device_data.len > policy->max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_json_check(device_data));
	TRY(megolm_json_string_member(device_data, "algorithm", &algorithm));
	if (!megolm_equals(algorithm, ALGORITHM))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_string_member(device_data, "device_pickle", &pickle));
	if (!megolm_is_base64(pickle, pickle.len))
		FAIL(MEGOLM_ERR_PICKLE);
	TRY(megolm_device_from_pickle(out, user_id, device_id, random, policy, pickle,
				      megolm_slice(key, MEGOLM_DEHYDRATION_KEY_BYTES)));
out:
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
