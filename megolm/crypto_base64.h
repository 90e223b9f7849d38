#ifndef MEGOLM_CRYPTO_BASE64_H
#define MEGOLM_CRYPTO_BASE64_H
#include "text.h"

/* Unpadded base64 (RFC 4648), by OpenSSL; reading is strict: no blanks, no padding, no stray bits.
 */

/* Characters of `len` bytes, and bytes of `chars` characters at most. */
static inline size_t megolm_base64_chars(size_t len)
{
	return len / 3 * 4 + (len % 3 > 0 ? len % 3 + 1 : 0);
}

static inline size_t megolm_base64_bytes(size_t chars)
{
	return chars / 4 * 3 + (chars % 4 > 1 ? chars % 4 - 1 : 0);
}

/* Appends `in`. */
void megolm_put_base64(struct megolm_text *out, struct megolm_slice in);

/* The same in the alphabet for URLs, which JSON Web Keys use. At most 48 bytes. */
void megolm_put_base64url(struct megolm_text *out, struct megolm_slice in);

/* Writes the bytes to out[0 .. *len - 1]. MEGOLM_ERR_BASE64 for what is no such text or has
 * more than `cap` bytes. */
enum megolm_err MEGOLM_MUST_CHECK megolm_base64_read(uint8_t *out, size_t cap, size_t *len,
						     struct megolm_slice text);
enum megolm_err MEGOLM_MUST_CHECK megolm_base64url_read(uint8_t *out, size_t cap, size_t *len,
							struct megolm_slice text);
#endif
