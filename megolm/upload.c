/* Key material as devices upload it and others download it. */
#include "internal.h"
#include "json.h"
#include "state.h"

size_t megolm_device_upload_max(const struct megolm_device *device)
{
	return 64 + device->keys.len + megolm_device_one_time_key_max(device);
}

enum megolm_err megolm_device_upload(const struct megolm_device *device, uint8_t *out, size_t cap,
				     size_t *len, struct megolm_slice signed_key)
{
	struct megolm_text text = megolm_text(out, cap);

	megolm_puts(&text, "{\"one_time_keys\":");
	megolm_put(&text, signed_key);
	megolm_puts(&text, ",\"device_keys\":");
	megolm_put(&text, megolm_device_keys(device));
	megolm_puts(&text, "}");
	if (megolm_text_full(&text))
		return MEGOLM_ERR_OUTPUT;
	*len = text.len;
	return MEGOLM_OK;
}

enum megolm_err megolm_upload_read(struct megolm_slice *device_keys,
				   struct megolm_slice *signed_key, struct megolm_slice upload)
{
	struct megolm_slice keys, one_time;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_check(upload));
	TRY(megolm_json_member(upload, megolm_slice_of("device_keys"), &keys));
	TRY(megolm_json_member(upload, megolm_slice_of("one_time_keys"), &one_time));
	*device_keys = keys;
	*signed_key = one_time;
out:
	return err;
}
