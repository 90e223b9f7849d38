#include "crypto.h"

/* HKDF (RFC 5869) on HMAC, so that keyed states are shared between expansions. */

/* Parts of the caller's info: EncryptContext in a LabeledExtract has the most. */
#define MAX_INFO_PARTS 12

void mls_hkdf_extract_keyed(struct mls_crypto *c, struct mls_secret *out,
			    const struct mls_hmac_key *salt, const struct mls_slice *ikm,
			    size_t n_ikm)
{
	c->counts.hkdf++;
	mls_hmac_keyed(c, out->bytes, salt, ikm, n_ikm);
	out->len = c->suite->nh;
}

void mls_hkdf_extract(struct mls_crypto *c, struct mls_secret *out, struct mls_slice salt,
		      const struct mls_slice *ikm, size_t n_ikm)
{
	struct mls_hmac_key keyed;

	if (salt.len == 0) {
		mls_hkdf_extract_keyed(c, out, &c->zero_salt, ikm, n_ikm);
		return;
	}
	mls_hmac_key_init(c, &keyed, salt);
	mls_hkdf_extract_keyed(c, out, &keyed, ikm, n_ikm);
	mls_wipe(&keyed, sizeof(keyed));
}

enum mls_err mls_hkdf_expand(struct mls_crypto *c, uint8_t *out, size_t out_len,
			     const struct mls_hmac_key *prk, const struct mls_slice *info,
			     size_t n_info)
{
	struct mls_slice parts[MAX_INFO_PARTS + 2];
	uint8_t block[MLS_MAX_HASH], counter = 0;
	size_t nh = c->suite->nh;

	if (out_len > 255 * nh || n_info > MAX_INFO_PARTS)
		return MLS_ERR_USAGE;
	c->counts.hkdf++;
	parts[0] = (struct mls_slice){0}; /* in front of the first block stands none */
	for (size_t i = 0; i < n_info; i++)
		parts[i + 1] = info[i];
	parts[n_info + 1] = mls_slice(&counter, 1);
	for (; out_len >= nh; out_len -= nh, out += nh) {
		counter++;
		mls_hmac_keyed(c, out, prk, parts, n_info + 2);
		parts[0] = mls_slice(out, nh);
	}
	if (out_len == 0)
		return MLS_OK;
	counter++;
	mls_hmac_keyed(c, block, prk, parts, n_info + 2);
	memcpy(out, block, out_len);
	mls_wipe(block, sizeof(block));
	return MLS_OK;
}
