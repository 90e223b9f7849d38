/*
 * An opaque payload as the content of an m.room.message event. Text that needs no escape is
 * the body as it is, which is what a chat message costs; other bytes become unpadded base64,
 * which is what binary values in Matrix JSON cost.
 */
#include "backends/megolm_world.h"
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char opening[] = "{\"body\":\"";
static const char closing_text[] = "\",\"msgtype\":\"m.text\"}";
static const char closing_bytes[] = "\",\"msgtype\":\"test.gb.bytes\"}";

static bool is_text(struct gb_bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return true;
}

static size_t put(uint8_t *out, const void *p, size_t len)
{
	if (len > 0)
		memcpy(out, p, len);
	return len;
}

static size_t encode(uint8_t *out, struct gb_bytes in)
{
	size_t n = 0, i = 0;

	for (; i + 3 <= in.len; i += 3) {
		uint32_t group = (uint32_t)in.p[i] << 16 | (uint32_t)in.p[i + 1] << 8 | in.p[i + 2];
		for (unsigned shift = 24; shift > 0; shift -= 6)
			out[n++] = (uint8_t)digits[group >> (shift - 6) & 63];
	}
	if (i < in.len) {
		bool two = in.len - i == 2;
		uint32_t group = (uint32_t)in.p[i] << 16 | (two ? (uint32_t)in.p[i + 1] << 8 : 0);
		out[n++] = (uint8_t)digits[group >> 18 & 63];
		out[n++] = (uint8_t)digits[group >> 12 & 63];
		if (two)
			out[n++] = (uint8_t)digits[group >> 6 & 63];
	}
	return n;
}

/* 64 for a character that is no digit. */
static uint32_t value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

static bool decode(uint8_t *out, size_t *len, struct megolm_slice in)
{
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		uint32_t value = value_of(in.p[i]);
		if (value == 64)
			return false;
		bits = (bits << 6 | value) & 0xffff;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			out[n++] = (uint8_t)(bits >> n_bits);
		}
	}
	*len = n;
	/* What is left of the last digit is zero, as encode() has it. */
	return in.len % 4 != 1 && (bits & ((1u << n_bits) - 1)) == 0;
}

size_t gb_megolm_payload_max(size_t len)
{
	return sizeof opening + sizeof closing_bytes + len + len / 2 + 4;
}

size_t gb_megolm_payload_write(uint8_t *out, struct gb_bytes plaintext)
{
	size_t n = put(out, opening, sizeof opening - 1);

	if (is_text(plaintext)) {
		n += put(out + n, plaintext.p, plaintext.len);
		return n + put(out + n, closing_text, sizeof closing_text - 1);
	}
	n += encode(out + n, plaintext);
	return n + put(out + n, closing_bytes, sizeof closing_bytes - 1);
}

/* What stands between `opening` and `closing`, if they are there. */
static bool between(struct megolm_slice *out, struct megolm_slice content, const char *closing)
{
	size_t before = sizeof opening - 1, behind = strlen(closing);

	if (content.len < before + behind || memcmp(content.p, opening, before) != 0 ||
	    memcmp(content.p + content.len - behind, closing, behind) != 0)
		return false;
	*out = (struct megolm_slice){content.p + before, content.len - before - behind};
	return true;
}

bool gb_megolm_payload_read(uint8_t *out, size_t *len, struct megolm_slice content)
{
	struct megolm_slice body;

	if (between(&body, content, closing_bytes))
		return decode(out, len, body) && !is_text((struct gb_bytes){out, *len});
	if (!between(&body, content, closing_text) || !is_text((struct gb_bytes){body.p, body.len}))
		return false;
	*len = put(out, body.p, body.len);
	return true;
}

enum gb_status gb_megolm_payload_take(struct gb_world *w, struct gb_bytes *payload,
				      struct megolm_slice content)
{
	size_t len = 0;
	enum gb_status status = gb_megolm_scratch(w, content.len);

	if (status != GB_OK)
		return status;
	if (!gb_megolm_payload_read(w->scratch, &len, content))
		return gb_megolm_fail(w, GB_REJECTED, "not an event that this backend sends");
	*payload = (struct gb_bytes){w->scratch, len};
	return GB_OK;
}
