/* Key material as devices upload it and others download it: /keys/upload. */
#include "big_endian.h"
#include "crypto.h"
#include "crypto_base64.h"
#include "internal.h"
#include "json.h"
#include "state.h"
#include <stdlib.h>

/* Keys that an account of libolm holds. */
#define MOST_KEYS 100

/* libolm draws 32 bytes for each key; as many keys at once as a draw has room for. */
#define KEYS_OF_DRAW (sizeof(((struct megolm_entropy *)0)->bytes) / 32)

enum sort { ONE_TIME, FALLBACK };

/* Keys of one sort that the account has and nobody was given: ids and public parts, which lie in
 * the scratch for plaintexts. */
struct new_keys {
	size_t n;
	struct new_key {
		struct megolm_slice id, key;
	} key[MOST_KEYS];
};

/* ---- made by libolm ---- */

/* Canonical JSON orders names by their bytes. */
static int by_id(const void *a, const void *b)
{
	const struct new_key *x = a, *y = b;
	size_t shared = x->id.len < y->id.len ? x->id.len : y->id.len;
	int order = memcmp(x->id.p, y->id.p, shared);

	return order != 0 ? order : (x->id.len > y->id.len) - (x->id.len < y->id.len);
}

/* Reads {"curve25519":{id:key,...}}, as libolm lists keys. */
static enum megolm_err read_list(struct new_keys *keys, struct megolm_slice list)
{
	struct megolm_json_members m;
	struct megolm_slice all;
	enum megolm_err err = megolm_json_member(list, megolm_slice_of("curve25519"), &all);

	keys->n = 0;
	if (err == MEGOLM_OK)
		err = megolm_json_open(&m, all);
	if (err != MEGOLM_OK)
		return MEGOLM_ERR_OLM;
	while (keys->n < MOST_KEYS && megolm_json_next(&m)) {
		struct new_key *key = &keys->key[keys->n++];
		key->id = m.name;
		if (megolm_json_string(m.value, &key->key) != MEGOLM_OK ||
		    key->key.len != MEGOLM_KEY_CHARS)
			return MEGOLM_ERR_OLM;
	}
	return MEGOLM_OK;
}

static enum megolm_err list(struct megolm_device *device, struct new_keys *keys, enum sort sort)
{
	OlmAccount *account = device->account;
	size_t len = sort == FALLBACK ? olm_account_unpublished_fallback_key_length(account)
				      : olm_account_one_time_keys_length(account);
	uint8_t *p;
	enum megolm_err err = megolm_scratch_reserve(&device->plaintext, len);

	if (err != MEGOLM_OK)
		return err;
	p = device->plaintext.p;
	err = megolm_olm_account(
		account, sort == FALLBACK ? olm_account_unpublished_fallback_key(account, p, len)
					  : olm_account_one_time_keys(account, p, len));
	return err == MEGOLM_OK ? read_list(keys, megolm_slice(p, len)) : err;
}

static enum megolm_err generate(struct megolm_device *device, size_t n, enum sort sort)
{
	OlmAccount *account = device->account;
	struct megolm_entropy random = {0};
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_draw(device, &random,
			sort == FALLBACK
				? olm_account_generate_fallback_key_random_length(account)
				: olm_account_generate_one_time_keys_random_length(account, n)));
	TRY(megolm_olm_account(account, sort == FALLBACK
						? olm_account_generate_fallback_key(
							  account, random.bytes, random.len)
						: olm_account_generate_one_time_keys(
							  account, n, random.bytes, random.len)));
out:
	megolm_wipe(&random, sizeof random);
	return err;
}

/* At least n keys that nobody was given, the newest first. What a call made that failed later is
 * used by the next. */
static enum megolm_err make(struct megolm_device *device, struct new_keys *keys, size_t n,
			    enum sort sort)
{
	enum megolm_err err = MEGOLM_OK;

	TRY(list(device, keys, sort));
	if (keys->n >= n)
		return MEGOLM_OK;
	for (size_t missing = n - keys->n; missing > 0;) {
		size_t now = missing < KEYS_OF_DRAW ? missing : KEYS_OF_DRAW;
		TRY(generate(device, now, sort));
		missing -= now;
	}
	TRY(list(device, keys, sort));
	if (keys->n < n)
		FAIL(MEGOLM_ERR_OLM);
out:
	return err;
}

/* ---- signed ---- */

/* Appends "signed_curve25519:ID":{["fallback":true,]"key":...,"signatures":...} and signs. */
static enum megolm_err put_signed_key(struct megolm_device *device, struct megolm_text *out,
				      const struct new_key *key, enum sort sort)
{
	uint8_t signed_part[128];
	struct megolm_text message = megolm_text(signed_part, sizeof signed_part);
	uint8_t *signature;

	megolm_puts(&message, sort == FALLBACK ? "{\"fallback\":true," : "{");
	megolm_puts(&message, "\"key\":\"");
	megolm_put(&message, key->key);
	megolm_puts(&message, "\"}");
	megolm_puts(out, "\"signed_curve25519:");
	megolm_put(out, key->id);
	megolm_puts(out, "\":");
	megolm_put(out, megolm_slice(message.p, message.len - 1));
	megolm_puts(out, ",\"signatures\":");
	megolm_put_signatures(out, device, &signature);
	megolm_puts(out, "}");
	if (megolm_text_full(out) || megolm_text_full(&message))
		return MEGOLM_ERR_OUTPUT;
	return megolm_sign(device, signature, megolm_text_slice(&message));
}

/* An id is the number of the key, four bytes in base64. */
static enum megolm_err key_number(uint32_t *number, const struct new_key *key)
{
	uint8_t bytes[4];
	size_t len = 0;

	if (megolm_base64_read(bytes, sizeof bytes, &len, key->id) != MEGOLM_OK ||
	    len != sizeof bytes)
		return MEGOLM_ERR_OLM;
	*number = megolm_read_u32(bytes);
	return MEGOLM_OK;
}

/* Appends an object of n new keys. They are not published yet. *number is that of the first of
 * them. */
static enum megolm_err put_new_keys(struct megolm_device *device, struct megolm_text *out, size_t n,
				    enum sort sort, uint32_t *number)
{
	struct new_keys keys;
	enum megolm_err err = MEGOLM_OK;

	TRY(make(device, &keys, n, sort));
	qsort(keys.key, n, sizeof keys.key[0], by_id);
	for (size_t i = 0; i < n; i++) {
		megolm_puts(out, i == 0 ? "{" : ",");
		TRY(put_signed_key(device, out, &keys.key[i], sort));
	}
	megolm_puts(out, n == 0 ? "{}" : "}");
	if (n > 0)
		TRY(key_number(number, &keys.key[0]));
out:
	return err;
}

/* `fallback` is the number of a new fallback key, NULL without one. */
static enum megolm_err mark_published(struct megolm_device *device, const uint32_t *fallback)
{
	enum megolm_err err = megolm_olm_account(
		device->account, olm_account_mark_keys_as_published(device->account));

	if (err == MEGOLM_OK && fallback != NULL)
		device->fallback = (struct megolm_fallback){.number = *fallback};
	return err;
}

/* ---- one key ---- */

size_t megolm_device_one_time_key_max(const struct megolm_device *device)
{
	return 300 + strlen(device->user_id) + strlen(device->device_id);
}

static enum megolm_err publish_new_key(struct megolm_device *device, uint8_t *out, size_t cap,
				       size_t *len, enum sort sort)
{
	struct megolm_text text = megolm_text(out, cap);
	uint32_t number = 0;
	enum megolm_err err = MEGOLM_OK;

	if (cap < megolm_device_one_time_key_max(device))
		FAIL(MEGOLM_ERR_OUTPUT);
	TRY(put_new_keys(device, &text, 1, sort, &number));
	TRY(mark_published(device, sort == FALLBACK ? &number : NULL));
	*len = text.len;
out:
	return err;
}

enum megolm_err megolm_device_new_one_time_key(struct megolm_device *device, uint8_t *out,
					       size_t cap, size_t *len)
{
	return publish_new_key(device, out, cap, len, ONE_TIME);
}

enum megolm_err megolm_device_new_fallback_key(struct megolm_device *device, uint8_t *out,
					       size_t cap, size_t *len)
{
	return publish_new_key(device, out, cap, len, FALLBACK);
}

bool megolm_device_fallback_key_used(const struct megolm_device *device)
{
	return device->fallback.used;
}

void megolm_device_forget_old_fallback_key(struct megolm_device *device)
{
	olm_account_forget_old_fallback_key(device->account);
}

/* ---- the request ---- */

size_t megolm_device_upload_max(const struct megolm_device *device, size_t n_one_time)
{
	return 64 + device->keys.len + (n_one_time + 1) * megolm_device_one_time_key_max(device);
}

enum megolm_err megolm_device_upload(struct megolm_device *device, uint8_t *out, size_t cap,
				     size_t *len, size_t n_one_time, bool with_fallback)
{
	struct megolm_text text = megolm_text(out, cap);
	uint32_t fallback = 0, first = 0;
	enum megolm_err err = MEGOLM_OK;

	if (n_one_time > MOST_KEYS)
		FAIL(MEGOLM_ERR_USAGE);
	if (cap < megolm_device_upload_max(device, n_one_time))
		FAIL(MEGOLM_ERR_OUTPUT);
	megolm_puts(&text, "{\"device_keys\":");
	megolm_put(&text, megolm_device_keys(device));
	if (with_fallback) {
		megolm_puts(&text, ",\"fallback_keys\":");
		TRY(put_new_keys(device, &text, 1, FALLBACK, &fallback));
	}
	megolm_puts(&text, ",\"one_time_keys\":");
	TRY(put_new_keys(device, &text, n_one_time, ONE_TIME, &first));
	megolm_puts(&text, "}");
	if (megolm_text_full(&text))
		FAIL(MEGOLM_ERR_OUTPUT);
	TRY(mark_published(device, with_fallback ? &fallback : NULL));
	*len = text.len;
out:
	return err;
}

enum megolm_err megolm_upload_read(struct megolm_upload *parts, struct megolm_slice upload)
{
	struct megolm_upload read = {0};
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_check(upload));
	TRY(megolm_json_member(upload, megolm_slice_of("device_keys"), &read.device_keys));
	TRY(megolm_json_optional(upload, megolm_slice_of("fallback_keys"), &read.fallback_keys));
	TRY(megolm_json_member(upload, megolm_slice_of("one_time_keys"), &read.one_time_keys));
	*parts = read;
out:
	return err;
}
