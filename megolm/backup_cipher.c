/* One entry of a backup: the three ways in which "session_data" is encrypted. */
#include "backup.h"
#include "crypto.h"
#include "crypto_base64.h"
#include "crypto_seal.h"
#include "internal.h"
#include "json.h"

/* libolm's MAC is the first 8 bytes of one, in base64. */
#define MAC_CHARS 11
#define IV_CHARS  22

size_t megolm_backup_sealed_max(size_t plain)
{
	return 256 + megolm_base64_chars(plain + MEGOLM_TAG_BYTES + 16);
}

/* ---- m.megolm_backup.v1.curve25519-aes-sha2 ---- */

/* {"ciphertext":...,"ephemeral":...,"mac":...}; with `open_end` the last brace is left out. */
static enum megolm_err seal_curve25519(struct megolm_backup *backup, struct megolm_device *device,
				       struct megolm_text *out, struct megolm_slice plain,
				       bool open_end)
{
	OlmPkEncryption *pk = backup->encryption;
	struct megolm_entropy random = {0};
	size_t len = olm_pk_ciphertext_length(pk, plain.len);
	uint8_t *ciphertext, *ephemeral, *mac;
	enum megolm_err err = MEGOLM_OK;

	if (olm_pk_mac_length(pk) != MAC_CHARS || olm_pk_key_length() != MEGOLM_KEY_CHARS)
		FAIL(MEGOLM_ERR_OLM);
	megolm_puts(out, "{\"ciphertext\":\"");
	ciphertext = megolm_put_later(out, len);
	megolm_puts(out, "\",\"ephemeral\":\"");
	ephemeral = megolm_put_later(out, MEGOLM_KEY_CHARS);
	megolm_puts(out, "\",\"mac\":\"");
	mac = megolm_put_later(out, MAC_CHARS);
	megolm_puts(out, open_end ? "\"" : "\"}");
	if (megolm_text_full(out))
		FAIL(MEGOLM_ERR_OUTPUT);
	TRY(megolm_draw(device, &random, olm_pk_encrypt_random_length(pk)));
	TRY(megolm_olm_pk_encryption(pk, olm_pk_encrypt(pk, plain.p, plain.len, ciphertext, len,
							mac, MAC_CHARS, ephemeral, MEGOLM_KEY_CHARS,
							random.bytes, random.len)));
out:
	megolm_wipe(&random, sizeof random);
	return err;
}

static enum megolm_err unseal_curve25519(struct megolm_backup *backup, struct megolm_device *device,
					 struct megolm_slice *plain, struct megolm_slice json)
{
	OlmPkDecryption *pk = backup->decryption;
	struct megolm_slice ciphertext, ephemeral, mac;
	size_t n;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_string_member(json, "ciphertext", &ciphertext));
	TRY(megolm_json_string_member(json, "ephemeral", &ephemeral));
	TRY(megolm_json_string_member(json, "mac", &mac));
	if (!megolm_is_base64(ciphertext, ciphertext.len) || ciphertext.len % 4 == 1 ||
	    !megolm_is_base64(ephemeral, MEGOLM_KEY_CHARS) || !megolm_is_base64(mac, MAC_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
	TRY(megolm_scratch_reserve(&device->message, ciphertext.len));
	TRY(megolm_scratch_reserve(&device->plaintext, ciphertext.len));
	if (ciphertext.len > 0)
		memcpy(device->message.p, ciphertext.p, ciphertext.len);
	n = olm_pk_decrypt(pk, ephemeral.p, ephemeral.len, mac.p, mac.len, device->message.p,
			   ciphertext.len, device->plaintext.p, ciphertext.len);
	TRY(megolm_olm_pk_decryption(pk, n));
	*plain = megolm_slice(device->plaintext.p, n);
out:
	return err;
}

/* ---- the same with MSC4048's MAC ---- */

/* Over the canonical JSON of what stands from `from` on in `out`, plus its closing brace. */
static enum megolm_err put_backup_mac(struct megolm_backup *backup, struct megolm_device *device,
				      struct megolm_text *out, size_t from)
{
	uint8_t mac[32];
	struct megolm_text covered;
	size_t len = out->len - from + 1;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_scratch_reserve(&device->verify, len));
	covered = megolm_text(device->verify.p, len);
	megolm_put(&covered, megolm_slice(out->p + from, len - 1));
	megolm_puts(&covered, "}");
	TRY(megolm_hmac(mac, backup->mac_key, megolm_text_slice(&covered)));
	megolm_puts(out, ",\"unsigned\":{\"backup_mac\":\"");
	megolm_put_base64(out, megolm_slice(mac, sizeof mac));
	megolm_puts(out, "\"}}");
	if (megolm_text_full(out))
		FAIL(MEGOLM_ERR_OUTPUT);
out:
	return err;
}

static enum megolm_err check_backup_mac(struct megolm_backup *backup, struct megolm_device *device,
					struct megolm_slice json)
{
	struct megolm_slice beside, text;
	struct megolm_text covered;
	uint8_t claimed[32], mac[32];
	size_t len = 0;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_member(json, megolm_slice_of("unsigned"), &beside));
	TRY(megolm_json_string_member(beside, "backup_mac", &text));
	TRY(megolm_base64_read(claimed, sizeof claimed, &len, text));
	if (len != sizeof claimed)
		FAIL(MEGOLM_ERR_BASE64);
	TRY(megolm_scratch_reserve(&device->verify, json.len));
	covered = megolm_text(device->verify.p, device->verify.cap);
	TRY(megolm_json_signed(&covered, json));
	TRY(megolm_hmac(mac, backup->mac_key, megolm_text_slice(&covered)));
	if (!megolm_same(mac, claimed, sizeof mac))
		FAIL(MEGOLM_ERR_TAG);
out:
	return err;
}

/* ---- MSC3270 ---- */

static enum megolm_err session_key(const struct megolm_backup *backup, uint8_t key[32],
				   struct megolm_slice session_id)
{
	uint8_t info[MEGOLM_KEY_CHARS + 1 + MEGOLM_MAX_VERSION];
	struct megolm_text text = megolm_text(info, sizeof info);

	megolm_put(&text, session_id);
	megolm_puts(&text, "|");
	megolm_puts(&text, backup->version);
	return megolm_text_full(&text) ? MEGOLM_ERR_BASE64
				       : megolm_hkdf(key, backup->key, megolm_text_slice(&text));
}

static enum megolm_err seal_symmetric(const struct megolm_backup *backup,
				      struct megolm_device *device, struct megolm_text *out,
				      struct megolm_slice session_id, struct megolm_slice plain)
{
	struct megolm_entropy iv = {0};
	uint8_t key[32];
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_scratch_reserve(&device->message, plain.len + MEGOLM_TAG_BYTES));
	TRY(megolm_draw(device, &iv, MEGOLM_IV_BYTES));
	TRY(session_key(backup, key, session_id));
	TRY(megolm_gcm_seal(device->message.p, plain, key, iv.bytes));
	megolm_puts(out, "{\"ciphertext\":\"");
	megolm_put_base64(out, megolm_slice(device->message.p, plain.len + MEGOLM_TAG_BYTES));
	megolm_puts(out, "\",\"iv\":\"");
	megolm_put_base64(out, megolm_slice(iv.bytes, MEGOLM_IV_BYTES));
	megolm_puts(out, "\"}");
	if (megolm_text_full(out))
		FAIL(MEGOLM_ERR_OUTPUT);
out:
	megolm_wipe(key, sizeof key);
	return err;
}

static enum megolm_err read_iv(uint8_t iv[MEGOLM_IV_BYTES], struct megolm_slice json)
{
	struct megolm_slice text;
	size_t len = 0;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_string_member(json, "iv", &text));
	if (text.len != IV_CHARS)
		FAIL(MEGOLM_ERR_BASE64);
	TRY(megolm_base64_read(iv, MEGOLM_IV_BYTES, &len, text));
out:
	return err;
}

static enum megolm_err unseal_symmetric(const struct megolm_backup *backup,
					struct megolm_scratch *sealed, struct megolm_slice *plain,
					struct megolm_slice session_id, struct megolm_slice json)
{
	struct megolm_slice text;
	uint8_t iv[MEGOLM_IV_BYTES], key[32];
	size_t len = 0;
	enum megolm_err err = MEGOLM_OK;

	TRY(read_iv(iv, json));
	TRY(megolm_json_string_member(json, "ciphertext", &text));
	TRY(megolm_scratch_reserve(sealed, text.len + 1));
	TRY(megolm_base64_read(sealed->p, sealed->cap, &len, text));
	TRY(session_key(backup, key, session_id));
	TRY(megolm_gcm_open(sealed->p, megolm_slice(sealed->p, len), key, iv));
	*plain = megolm_slice(sealed->p, len - MEGOLM_TAG_BYTES);
out:
	megolm_wipe(key, sizeof key);
	return err;
}

/* ---- whichever it is ---- */

enum megolm_err megolm_backup_seal(struct megolm_backup *backup, struct megolm_device *device,
				   struct megolm_text *out, const char *session_id,
				   struct megolm_slice plain)
{
	bool has_mac = backup->algorithm == MEGOLM_BACKUP_CURVE25519_MAC;
	size_t from = out->len;
	enum megolm_err err;

	if (backup->algorithm == MEGOLM_BACKUP_SYMMETRIC)
		return seal_symmetric(backup, device, out, megolm_slice_of(session_id), plain);
	err = seal_curve25519(backup, device, out, plain, has_mac);
	return err == MEGOLM_OK && has_mac ? put_backup_mac(backup, device, out, from) : err;
}

enum megolm_err megolm_backup_unseal(struct megolm_backup *backup, struct megolm_device *device,
				     struct megolm_slice *plain, struct megolm_slice session_id,
				     struct megolm_slice session_data)
{
	enum megolm_err err = MEGOLM_OK;

	if (backup->algorithm == MEGOLM_BACKUP_SYMMETRIC)
		return unseal_symmetric(backup, &device->plaintext, plain, session_id,
					session_data);
	if (backup->algorithm == MEGOLM_BACKUP_CURVE25519_MAC)
		err = check_backup_mac(backup, device, session_data);
	return err != MEGOLM_OK ? err : unseal_curve25519(backup, device, plain, session_data);
}

enum megolm_err megolm_backup_seal_nothing(const struct megolm_backup *backup,
					   struct megolm_device *device, struct megolm_text *out)
{
	struct megolm_backup unversioned = {0};
	enum megolm_err err;

	memcpy(unversioned.key, backup->key, sizeof backup->key);
	err = seal_symmetric(&unversioned, device, out, megolm_slice_of(""), megolm_slice_of(""));
	megolm_wipe(&unversioned, sizeof unversioned);
	return err;
}

enum megolm_err megolm_backup_unseal_nothing(const struct megolm_backup *backup,
					     struct megolm_slice auth_data)
{
	struct megolm_backup unversioned = {0};
	struct megolm_scratch sealed = {0};
	struct megolm_slice plain;
	enum megolm_err err;

	memcpy(unversioned.key, backup->key, sizeof backup->key);
	err = unseal_symmetric(&unversioned, &sealed, &plain, megolm_slice_of(""), auth_data);
	megolm_wipe(&unversioned, sizeof unversioned);
	megolm_wipe_free(sealed.p, sealed.cap);
	return err;
}
