/* What of a body that Matrix carries is the protocol's: ciphertexts, keys and signatures, as bytes
 * before base64 and JSON. */
#include "backends/megolm_world.h"
#include <string.h>

#define KEY              32u
#define SIGNATURE        64u
#define KEY_DIGITS       43u
#define SIGNATURE_DIGITS 86u

/* Bytes that so many digits of unpadded base64 are. */
static uint32_t decoded(size_t digits)
{
	return (uint32_t)(digits / 4 * 3 + (digits % 4 > 0 ? digits % 4 - 1 : 0));
}

/* Digits of the next string that is the value of `name`, which is written with its quotes and
 * colon, from *at on; *at moves behind it. */
static bool next_value(struct gb_bytes body, size_t *at, const char *name, size_t *digits)
{
	size_t len = strlen(name);

	for (size_t i = *at; i + len < body.len; i++) {
		const uint8_t *begin, *end;
		if (body.p[i] != '"' || memcmp(body.p + i, name, len) != 0)
			continue;
		begin = body.p + i + len;
		end = memchr(begin, '"', body.len - i - len);
		if (end == NULL)
			return false;
		*digits = (size_t)(end - begin);
		*at = (size_t)(end - body.p) + 1;
		return true;
	}
	return false;
}

static bool is_digit(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

static const char device_id[] = "\"device_id\":";

/* Whether the string that begins there is a device's id, which may be a key, but serves as a name.
 */
static bool is_device_id(struct gb_bytes body, size_t at)
{
	size_t len = sizeof device_id - 1;

	return at >= len && memcmp(body.p + at - len, device_id, len) == 0;
}

/* Nothing else in an upload is as long and base64 throughout, but for names: where a dehydrated
 * device's id is part of one, a colon stands before it; where a master key is one, as in an upload
 * of signatures, behind it. */
uint32_t gb_megolm_raw_upload(struct gb_bytes body)
{
	uint32_t raw = 0;

	for (size_t i = 0; i < body.len; i++) {
		size_t n = 0;
		if (body.p[i] != '"' || is_device_id(body, i))
			continue;
		while (i + 1 + n < body.len && is_digit(body.p[i + 1 + n]))
			n++;
		i += n;
		if (i + 1 >= body.len || body.p[i + 1] != '"')
			continue;
		if (i + 2 < body.len && body.p[i + 2] == ':')
			continue;
		if (n == KEY_DIGITS)
			raw += KEY;
		else if (n == SIGNATURE_DIGITS)
			raw += SIGNATURE;
	}
	return raw;
}

/* Lines of 128 digits, the last of them shorter and padded, between a first and a last line. What
 * has not these two is no file. */
uint32_t gb_megolm_raw_file(struct gb_bytes body)
{
	static const char first[] = "-----BEGIN MEGOLM SESSION DATA-----\n",
			  last[] = "-----END MEGOLM SESSION DATA-----\n";
	size_t around = sizeof first - 1 + sizeof last - 1, end, n, digits;

	if (body.len < around || memcmp(body.p, first, sizeof first - 1) != 0)
		return 0;
	end = body.len - (sizeof last - 1);
	if (memcmp(body.p + end, last, sizeof last - 1) != 0)
		return 0;
	n = body.len - around;
	digits = n - (n + 128) / 129;
	for (size_t i = 2; i <= 3 && digits > 0 && body.p[end - i] == '='; i++)
		digits--;
	return decoded(digits);
}

/* A value of each name. */
static uint32_t sum_of_values(struct gb_bytes body, const char *const *names, size_t n)
{
	uint32_t raw = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = 0, digits;
		if (next_value(body, &at, names[i], &digits))
			raw += decoded(digits);
	}
	return raw;
}

/* The sealed keys, and the nonce that they are sealed under. */
uint32_t gb_megolm_raw_device_data(struct gb_bytes body)
{
	static const char *const names[] = {"\"device_pickle\":\"", "\"nonce\":\""};

	return sum_of_values(body, names, sizeof names / sizeof names[0]);
}

uint32_t gb_megolm_raw_event(struct gb_bytes body)
{
	size_t at = 0, digits = 0;

	return next_value(body, &at, "\"ciphertext\":\"", &digits) ? decoded(digits) : 0;
}

uint32_t gb_megolm_raw_to_device(struct gb_bytes body, size_t *around)
{
	size_t at = 0, digits = 0;

	if (*around == 0 && next_value(body, &at, "\"body\":\"", &digits))
		*around = body.len - digits;
	return *around > 0 && body.len > *around ? decoded(body.len - *around) : 0;
}

uint32_t gb_megolm_raw_backup(struct gb_bytes body, size_t n)
{
	static const char *const names[] = {"\"ciphertext\":\"", "\"ephemeral\":\"", "\"iv\":\"",
					    "\"mac\":\"", "\"backup_mac\":\""};
	size_t end = 0, digits = 0;
	struct gb_bytes first = body;

	/* All are alike: the first, up to the room or session behind it. */
	if (n > 1 && next_value(body, &end, "\"ciphertext\":\"", &digits)) {
		const uint8_t *close = memchr(body.p + end, '}', body.len - end);
		first.len = close != NULL ? (size_t)(close - body.p) : body.len;
	}
	return sum_of_values(first, names, sizeof names / sizeof names[0]) * (uint32_t)n;
}

uint32_t gb_megolm_raw_keys(const struct gb_world *w, uint64_t n_devices, uint64_t n_users,
			    uint64_t n_one_time_keys)
{
	uint64_t of_device = 2 * KEY + (w->cross_signed ? 2 : 1) * SIGNATURE;
	uint64_t of_user = w->cross_signed ? 2 * KEY + SIGNATURE : 0;

	return (uint32_t)(n_devices * of_device + n_users * of_user +
			  n_one_time_keys * (KEY + SIGNATURE));
}
