#include "account_keys.h"

#include "big_endian.h"
#include "crypto.h"
#include "internal.h"
#include "primitives.h"
#include "raw_pickle.h"
#include <stdlib.h>

#define VERSION   4
#define KEY_BYTES (4 + 1 + 2 * MEGOLM_PRIVATE_BYTES) /* number, published, public and private */
#define SIGNING   (MEGOLM_PRIVATE_BYTES + 64)

/* A pickle without its encryption; a read behind its end sets `bad` and gives zeros. */
struct raw {
	uint8_t *p;
	size_t len, at;
	bool bad;
};

static const uint8_t *take(struct raw *raw, size_t n)
{
	static const uint8_t nothing[SIGNING];
	const uint8_t *p = raw->p + raw->at;

	if (raw->bad || raw->len - raw->at < n) {
		raw->bad = true;
		return nothing;
	}
	raw->at += n;
	return p;
}

static uint32_t take_number(struct raw *raw)
{
	return megolm_read_u32(take(raw, 4));
}

static void take_key(struct raw *raw, uint8_t private_key[MEGOLM_PRIVATE_BYTES])
{
	(void)take(raw, KEY_BYTES - MEGOLM_PRIVATE_BYTES);
	memcpy(private_key, take(raw, MEGOLM_PRIVATE_BYTES), MEGOLM_PRIVATE_BYTES);
}

static bool take_keys(struct megolm_account_keys *keys, struct raw *raw)
{
	uint8_t n_fallback;

	if (take_number(raw) != VERSION)
		return false;
	(void)take(raw, SIGNING);
	(void)take(raw, MEGOLM_PRIVATE_BYTES);
	memcpy(keys->curve25519, take(raw, MEGOLM_PRIVATE_BYTES), MEGOLM_PRIVATE_BYTES);
	keys->n_one_time = take_number(raw);
	if (keys->n_one_time > MEGOLM_MAX_ONE_TIME_KEYS)
		return false;
	for (size_t i = 0; i < keys->n_one_time; i++)
		take_key(raw, keys->one_time[i]);
	n_fallback = *take(raw, 1);
	keys->has_fallback = n_fallback > 0;
	if (keys->has_fallback)
		take_key(raw, keys->fallback);
	if (n_fallback > 1)
		(void)take(raw, KEY_BYTES);
	(void)take_number(raw);
	return n_fallback <= 2 && !raw->bad && raw->at == raw->len;
}

enum megolm_err megolm_account_keys_read(struct megolm_account_keys *keys, OlmAccount *account)
{
	static const uint8_t key[] = "account keys";
	size_t len = olm_pickle_account_length(account);
	struct raw raw = {.p = malloc(len)};
	enum OlmErrorCode code = OLM_SUCCESS;
	enum megolm_err err = MEGOLM_OK;

	if (raw.p == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	TRY(megolm_olm_account(account, olm_pickle_account(account, key, sizeof key, raw.p, len)));
	raw.len = _olm_enc_input(key, sizeof key, raw.p, len, &code);
	if (code != OLM_SUCCESS || raw.len > len || !take_keys(keys, &raw))
		FAIL(MEGOLM_ERR_OLM);
out:
	megolm_wipe_free(raw.p, len);
	return err;
}

/* ---- and back ---- */

static void put(struct raw *raw, const void *bytes, size_t n)
{
	memcpy(raw->p + raw->at, bytes, n);
	raw->at += n;
}

static void put_number(struct raw *raw, uint32_t n)
{
	uint8_t bytes[4];

	megolm_put_u32(bytes, n);
	put(raw, bytes, sizeof bytes);
}

static void put_curve25519(struct raw *raw, const uint8_t private_key[MEGOLM_PRIVATE_BYTES])
{
	struct megolm_x25519_pair pair = {{0}, {0}};

	megolm_interposed_primitives.x25519_keygen(private_key, &pair);
	put(raw, &pair, sizeof pair);
	megolm_wipe(&pair, sizeof pair);
}

static void put_key(struct raw *raw, uint32_t number,
		    const uint8_t private_key[MEGOLM_PRIVATE_BYTES])
{
	put_number(raw, number);
	put(raw, "\1", 1);
	put_curve25519(raw, private_key);
}

static void put_keys(struct raw *raw, const struct megolm_account_keys *keys)
{
	struct megolm_ed25519_pair signing = {{0}, {0}};
	uint32_t number = 0;

	put_number(raw, VERSION);
	megolm_interposed_primitives.ed25519_keygen(keys->seed, &signing);
	put(raw, &signing, sizeof signing);
	megolm_wipe(&signing, sizeof signing);
	put_curve25519(raw, keys->curve25519);
	put_number(raw, (uint32_t)keys->n_one_time);
	for (size_t i = 0; i < keys->n_one_time; i++)
		put_key(raw, ++number, keys->one_time[i]);
	put(raw, keys->has_fallback ? "\1" : "\0", 1);
	if (keys->has_fallback)
		put_key(raw, ++number, keys->fallback);
	put_number(raw, number + 1);
}

static size_t raw_bytes(size_t n_keys)
{
	return 4 + SIGNING + 2 * MEGOLM_PRIVATE_BYTES + 4 + n_keys * KEY_BYTES + 1 + 4;
}

size_t megolm_account_pickle_max(size_t n_one_time)
{
	return _olm_enc_output_length(raw_bytes(n_one_time + 1));
}

enum megolm_err megolm_account_keys_pickle(uint8_t *pickle, size_t *len,
					   const struct megolm_account_keys *keys,
					   struct megolm_slice key)
{
	size_t n = raw_bytes(keys->n_one_time + keys->has_fallback);
	struct raw raw = {.p = malloc(n), .len = n};
	enum megolm_err err = MEGOLM_OK;

	if (raw.p == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	put_keys(&raw, keys);
	TRY(megolm_primitive_take_failure());
	memcpy(_olm_enc_output_pos(pickle, n), raw.p, n);
	*len = _olm_enc_output(key.p, key.len, pickle, n);
	TRY(megolm_primitive_take_failure());
out:
	megolm_wipe_free(raw.p, n);
	return err;
}
