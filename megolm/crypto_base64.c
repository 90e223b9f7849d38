#include "crypto_base64.h"

#include "crypto.h"
#include "state.h"
#include <openssl/evp.h>

/* OpenSSL writes whole groups of four, and a NUL behind them: 48 bytes are 64 characters. */
#define PIECE 48

void megolm_put_base64(struct megolm_text *out, struct megolm_slice in)
{
	uint8_t group[PIECE / 3 * 4 + 1];

	while (in.len > 0) {
		size_t n = in.len < PIECE ? in.len : PIECE;
		(void)EVP_EncodeBlock(group, in.p, (int)n);
		megolm_put(out, megolm_slice(group, megolm_base64_chars(n)));
		in.p += n;
		in.len -= n;
	}
	megolm_wipe(group, sizeof group);
}

void megolm_put_base64url(struct megolm_text *out, struct megolm_slice in)
{
	size_t from = out->len;

	if (in.len > PIECE) {
		out->overflowed = true;
		return;
	}
	megolm_put_base64(out, in);
	for (size_t i = from; i < out->len; i++)
		out->p[i] = out->p[i] == '+' ? '-' : out->p[i] == '/' ? '_' : out->p[i];
}

/* The last group, of two or three characters; its unused bits must be zero. */
static bool read_rest(uint8_t *out, struct megolm_slice text)
{
	uint8_t group[4] = {'A', 'A', 'A', 'A'}, bytes[3];
	size_t n = text.len - 1;

	memcpy(group, text.p, text.len);
	if (EVP_DecodeBlock(bytes, group, 4) != 3 || bytes[n] != 0)
		return false;
	memcpy(out, bytes, n);
	megolm_wipe(bytes, sizeof bytes);
	megolm_wipe(group, sizeof group);
	return true;
}

enum megolm_err megolm_base64_read(uint8_t *out, size_t cap, size_t *len, struct megolm_slice text)
{
	size_t n = megolm_base64_bytes(text.len), whole = text.len / 4 * 4, done = 0;

	if (n > cap || text.len % 4 == 1 || !megolm_is_base64(text, text.len))
		return MEGOLM_ERR_BASE64;
	while (done < whole) {
		size_t chars = whole - done < 4096 ? whole - done : 4096;
		if (EVP_DecodeBlock(out + done / 4 * 3, text.p + done, (int)chars) !=
		    (int)(chars / 4 * 3))
			return MEGOLM_ERR_BASE64;
		done += chars;
	}
	if (text.len > whole &&
	    !read_rest(out + whole / 4 * 3, megolm_slice(text.p + whole, text.len - whole)))
		return MEGOLM_ERR_BASE64;
	*len = n;
	return MEGOLM_OK;
}

enum megolm_err megolm_base64url_read(uint8_t *out, size_t cap, size_t *len,
				      struct megolm_slice text)
{
	uint8_t plain[PIECE / 3 * 4];
	enum megolm_err err;

	if (text.len > sizeof plain)
		return MEGOLM_ERR_BASE64;
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '+' || text.p[i] == '/')
			return MEGOLM_ERR_BASE64;
		plain[i] = text.p[i] == '-' ? '+' : text.p[i] == '_' ? '/' : text.p[i];
	}
	err = megolm_base64_read(out, cap, len, megolm_slice(plain, text.len));
	megolm_wipe(plain, sizeof plain);
	return err;
}
