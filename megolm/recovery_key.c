/* Private keys as people copy them (appendices, "Cryptographic key representation"). */
#include "crypto.h"
#include "internal.h"
#include "megolm_keys.h"
#include "slice.h"

#define RAW_BYTES (2 + MEGOLM_BACKUP_KEY_BYTES + 1) /* prefix, key, parity */
#define CHARS     48

static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* Divides the number in `raw` by 58; the remainder. */
static unsigned divide(uint8_t raw[RAW_BYTES])
{
	unsigned rest = 0;

	for (size_t i = 0; i < RAW_BYTES; i++) {
		rest = rest << 8 | raw[i];
		raw[i] = (uint8_t)(rest / 58);
		rest %= 58;
	}
	return rest;
}

/* Multiplies by 58 and adds; what does not fit. */
static unsigned multiply(uint8_t raw[RAW_BYTES], unsigned add)
{
	for (size_t i = RAW_BYTES; i-- > 0;) {
		add += raw[i] * 58u;
		raw[i] = (uint8_t)add;
		add >>= 8;
	}
	return add;
}

static uint8_t parity(const uint8_t *raw, size_t len)
{
	uint8_t p = 0;

	for (size_t i = 0; i < len; i++)
		p ^= raw[i];
	return p;
}

/* The prefix is no zero, so the number always has as many digits. */
void megolm_recovery_key_write(char out[MEGOLM_RECOVERY_KEY_BYTES],
			       const uint8_t key[MEGOLM_BACKUP_KEY_BYTES])
{
	uint8_t raw[RAW_BYTES] = {0x8b, 0x01};

	memcpy(raw + 2, key, MEGOLM_BACKUP_KEY_BYTES);
	raw[RAW_BYTES - 1] = parity(raw, RAW_BYTES - 1);
	for (size_t i = CHARS; i-- > 0;) {
		size_t at = i + i / 4;
		out[at] = digits[divide(raw)];
		out[at + 1] = i + 1 == CHARS ? '\0' : i % 4 == 3 ? ' ' : out[at + 1];
	}
	megolm_wipe(raw, sizeof raw);
}

enum megolm_err megolm_recovery_key_read(uint8_t key[MEGOLM_BACKUP_KEY_BYTES],
					 struct megolm_slice text)
{
	uint8_t raw[RAW_BYTES] = {0};
	size_t n = 0;
	enum megolm_err err = MEGOLM_OK;

	if (text.len > 1024)
		FAIL(MEGOLM_ERR_RECOVERY_KEY);
	for (size_t i = 0; i < text.len; i++) {
		const char *digit;
		if (text.p[i] == ' ' || text.p[i] == '\t' || text.p[i] == '\n' || text.p[i] == '\r')
			continue;
		digit = text.p[i] != '\0' ? strchr(digits, text.p[i]) : NULL;
		if (digit == NULL || ++n > CHARS || multiply(raw, (unsigned)(digit - digits)) != 0)
			FAIL(MEGOLM_ERR_RECOVERY_KEY);
	}
	if (n != CHARS || raw[0] != 0x8b || raw[1] != 0x01 || parity(raw, RAW_BYTES) != 0)
		FAIL(MEGOLM_ERR_RECOVERY_KEY);
	memcpy(key, raw + 2, MEGOLM_BACKUP_KEY_BYTES);
out:
	megolm_wipe(raw, sizeof raw);
	return err;
}
