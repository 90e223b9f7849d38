/* Files of exported keys (E2EE, "Key exports"). */
#include "big_endian.h"
#include "crypto.h"
#include "crypto_base64.h"
#include "crypto_seal.h"
#include "internal.h"
#include "json.h"
#include "room.h"
#include "session_data.h"
#include <stdlib.h>

#define BEGINNING "-----BEGIN MEGOLM SESSION DATA-----\n"
#define ENDING    "-----END MEGOLM SESSION DATA-----"

/* Version, salt, IV, rounds; HMAC at the end. */
#define HEADER_BYTES (1 + 16 + MEGOLM_IV_BYTES + 4)
#define MAC_BYTES    32
#define LINE_BYTES   96 /* 128 characters */

const struct megolm_import_limits megolm_default_import_limits = {
	.max_bytes = (size_t)64 << 20, .max_sessions = 100000, .max_rounds = 2000000};

static size_t plain_max(const struct megolm_device *device)
{
	size_t n = 2;

	for (const struct megolm_room *room = device->room; room != NULL; room = room->next)
		for (size_t i = 0; i < room->n_inbound; i++)
			n += 1 + megolm_session_data_max(room, room->inbound[i]);
	return n;
}

size_t megolm_key_file_max(const struct megolm_device *device)
{
	size_t raw = HEADER_BYTES + plain_max(device) + MAC_BYTES;

	return sizeof BEGINNING + sizeof ENDING + (raw / LINE_BYTES + 1) * (LINE_BYTES / 3 * 4 + 1);
}

static enum megolm_err put_sessions(struct megolm_text *out, struct megolm_device *device)
{
	bool first = true;
	enum megolm_err err = MEGOLM_OK;

	megolm_puts(out, "[");
	for (struct megolm_room *room = device->room; room != NULL; room = room->next)
		for (size_t i = 0; i < room->n_inbound; i++) {
			uint32_t index;
			megolm_puts(out, first ? "" : ",");
			first = false;
			TRY(megolm_session_data_put(out, &index, room, room->inbound[i],
						    MEGOLM_FORM_EXPORT));
		}
	megolm_puts(out, "]");
out:
	return err;
}

/* Bit 63 of the IV is zero: some AES-CTR count in 64 bits only. */
static enum megolm_err put_header(struct megolm_text *out, struct megolm_device *device,
				  uint32_t rounds)
{
	struct megolm_entropy random = {0};
	uint8_t n[4];
	enum megolm_err err = megolm_draw(device, &random, 16 + MEGOLM_IV_BYTES);

	if (err != MEGOLM_OK)
		return err;
	random.bytes[16 + 8] &= 0x7f;
	megolm_put_u32(n, rounds);
	megolm_puts(out, "\x01");
	megolm_put(out, megolm_slice(random.bytes, random.len));
	megolm_put(out, megolm_slice(n, sizeof n));
	megolm_wipe(&random, sizeof random);
	return MEGOLM_OK;
}

/* Encrypts what stands behind the header, and appends the MAC over everything. */
static enum megolm_err seal(struct megolm_text *raw, struct megolm_slice passphrase,
			    uint32_t rounds)
{
	struct megolm_slice plain = megolm_slice(raw->p + HEADER_BYTES, raw->len - HEADER_BYTES);
	uint8_t keys[2 * MEGOLM_KEY_BYTES], mac[MAC_BYTES];
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_pbkdf2(keys, passphrase, raw->p + 1, rounds));
	TRY(megolm_ctr(raw->p + HEADER_BYTES, plain, keys, raw->p + 1 + 16));
	TRY(megolm_hmac(mac, keys + MEGOLM_KEY_BYTES, megolm_text_slice(raw)));
	megolm_put(raw, megolm_slice(mac, sizeof mac));
out:
	megolm_wipe(keys, sizeof keys);
	return err;
}

/* Base64 in lines, padded at the end as other clients do. */
static void put_armour(struct megolm_text *out, struct megolm_slice raw)
{
	megolm_puts(out, BEGINNING);
	for (size_t at = 0; at < raw.len; at += LINE_BYTES) {
		size_t n = raw.len - at < LINE_BYTES ? raw.len - at : LINE_BYTES;
		megolm_put_base64(out, megolm_slice(raw.p + at, n));
		megolm_puts(out, n % 3 == 0 ? "\n" : n % 3 == 1 ? "==\n" : "=\n");
	}
	megolm_puts(out, ENDING "\n");
}

enum megolm_err megolm_key_file_write(struct megolm_device *device, uint8_t *out, size_t cap,
				      size_t *len, struct megolm_slice passphrase, uint32_t rounds)
{
	size_t max = HEADER_BYTES + plain_max(device) + MAC_BYTES;
	struct megolm_text file = megolm_text(out, cap), raw = {0};
	enum megolm_err err = MEGOLM_OK;

	if (rounds == 0)
		FAIL(MEGOLM_ERR_USAGE);
	if (cap < megolm_key_file_max(device))
		FAIL(MEGOLM_ERR_OUTPUT);
	raw = megolm_text(malloc(max), max);
	if (raw.p == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	TRY(put_header(&raw, device, rounds));
	TRY(put_sessions(&raw, device));
	TRY(seal(&raw, passphrase, rounds));
	put_armour(&file, megolm_text_slice(&raw));
	if (megolm_text_full(&raw) || megolm_text_full(&file))
		FAIL(MEGOLM_ERR_OUTPUT);
	*len = file.len;
out:
	megolm_wipe_free(raw.p, raw.p != NULL ? max : 0);
	return err;
}

/* ---- reading ---- */

static bool take_prefix(struct megolm_slice *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->len < n || memcmp(s->p, prefix, n) != 0)
		return false;
	s->p += n;
	s->len -= n;
	return true;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(struct megolm_slice *s)
{
	while (s->len > 0 && is_blank(s->p[0]))
		*s = megolm_slice(s->p + 1, s->len - 1);
	while (s->len > 0 && is_blank(s->p[s->len - 1]))
		s->len--;
}

/* What stands between the two lines of the armour. */
static enum megolm_err inside_armour(struct megolm_slice *s)
{
	size_t n = sizeof ENDING - 1;

	trim(s);
	if (!take_prefix(s, "-----BEGIN MEGOLM SESSION DATA-----") || s->len < n ||
	    memcmp(s->p + s->len - n, ENDING, n) != 0)
		return MEGOLM_ERR_KEY_FILE;
	s->len -= n;
	return MEGOLM_OK;
}

/* The bytes of the base64 in `armoured`, in memory that the caller frees. */
static enum megolm_err decode(struct megolm_owned *out, struct megolm_slice armoured)
{
	uint8_t *text = malloc(armoured.len + 1);
	size_t n = 0, len = 0;
	enum megolm_err err = MEGOLM_OK;

	if (text == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	for (size_t i = 0; i < armoured.len; i++)
		if (!is_blank(armoured.p[i]))
			text[n++] = armoured.p[i];
	for (unsigned i = 0; i < 2 && n > 0 && text[n - 1] == '='; i++)
		n--;
	out->p = malloc(n + 1);
	if (out->p == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	out->len = n + 1;
	TRY(megolm_base64_read(out->p, n, &len, megolm_slice(text, n)));
	out->len = len;
out:
	free(text);
	return err;
}

/* Checks the MAC, then decrypts in place; *plain is where. */
static enum megolm_err unseal(struct megolm_slice *plain, struct megolm_owned *raw,
			      struct megolm_slice passphrase, uint32_t rounds)
{
	size_t covered = raw->len - MAC_BYTES;
	uint8_t keys[2 * MEGOLM_KEY_BYTES], mac[MAC_BYTES];
	struct megolm_slice sealed = megolm_slice(raw->p + HEADER_BYTES, covered - HEADER_BYTES);
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_pbkdf2(keys, passphrase, raw->p + 1, rounds));
	TRY(megolm_hmac(mac, keys + MEGOLM_KEY_BYTES, megolm_slice(raw->p, covered)));
	if (!megolm_same(mac, raw->p + covered, MAC_BYTES))
		FAIL(MEGOLM_ERR_TAG);
	TRY(megolm_ctr(raw->p + HEADER_BYTES, sealed, keys, raw->p + 1 + 16));
	*plain = sealed;
out:
	megolm_wipe(keys, sizeof keys);
	return err;
}

static enum megolm_err take_sessions(struct megolm_device *device, struct megolm_imported *count,
				     struct megolm_slice list,
				     const struct megolm_import_limits *limits)
{
	struct megolm_slice rest, item;
	size_t n = 0;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_check_array(list));
	TRY(megolm_json_open_array(&rest, list));
	while (megolm_json_next_item(&rest, &item)) {
		struct megolm_session_data data = {0};
		if (n++ == limits->max_sessions)
			FAIL(MEGOLM_ERR_TOO_MANY);
		err = megolm_session_data_read(&data, item, MEGOLM_FORM_EXPORT);
		if (err != MEGOLM_OK)
			TRY(megolm_imported_refuse(count, err));
		else
			TRY(megolm_session_data_enter(device, count, &data, MEGOLM_SOURCE_FILE));
	}
	err = MEGOLM_OK;
out:
	return err;
}

enum megolm_err megolm_key_file_read(struct megolm_device *device, struct megolm_imported *imported,
				     uint32_t *rounds, struct megolm_slice file,
				     struct megolm_slice passphrase,
				     const struct megolm_import_limits *limits)
{
	struct megolm_owned raw = {0};
	struct megolm_imported count = {0};
	struct megolm_slice plain;
	size_t wiped = 0;
	uint32_t n;
	enum megolm_err err = MEGOLM_OK;

	if (file.len > limits->max_bytes)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(inside_armour(&file));
	TRY(decode(&raw, file));
	wiped = raw.len;
	if (raw.len < HEADER_BYTES + MAC_BYTES || raw.p[0] != 1)
		FAIL(MEGOLM_ERR_KEY_FILE);
	n = megolm_read_u32(raw.p + 1 + 16 + MEGOLM_IV_BYTES);
	if (rounds != NULL)
		*rounds = n;
	if (n == 0 || n > limits->max_rounds)
		FAIL(MEGOLM_ERR_ROUNDS);
	TRY(unseal(&plain, &raw, passphrase, n));
	TRY(take_sessions(device, &count, plain, limits));
	*imported = count;
out:
	megolm_wipe_free(raw.p, wiped);
	return err;
}
