#include "psk.h"

#include "internal.h"

static void psk_body(struct mls_codec *c, struct mls_psk_id *v)
{
	switch (v->type) {
	case MLS_PSK_EXTERNAL:
		mls_opaque(c, &v->psk_id);
		break;
	case MLS_PSK_RESUMPTION:
		mls_u8(c, &v->usage);
		if (v->usage < MLS_PSK_APPLICATION || v->usage > MLS_PSK_BRANCH)
			mls_codec_fail(c, MLS_ERR_PSK_USAGE);
		mls_opaque(c, &v->psk_group_id);
		mls_u64(c, &v->psk_epoch);
		break;
	default:
		mls_codec_fail(c, MLS_ERR_PSK_TYPE);
	}
}

void mls_psk_id_walk(struct mls_codec *c, struct mls_psk_id *v)
{
	mls_u8(c, &v->type);
	psk_body(c, v);
	mls_opaque(c, &v->psk_nonce);
}
MLS_WIRE_TYPE(psk_id)

/* psk_secret_[i + 1] from psk_secret_[i], in place; `label` is scratch. */
static enum mls_err inject(struct mls_crypto *c, struct mls_secret *psk_secret,
			   const struct mls_psk *psk, struct mls_buf *label, uint16_t index,
			   uint16_t count)
{
	enum mls_err err = MLS_OK;
	struct mls_codec walk = {.out = label};
	struct mls_secret extracted, input;
	struct mls_slice previous = mls_secret_slice(psk_secret);

	mls_hkdf_extract_keyed(c, &extracted, &c->zero_salt, &psk->psk, 1);
	mls_buf_clear(label);
	TRY(mls_psk_id_encode(label, &psk->id));
	mls_u16(&walk, &index);
	mls_u16(&walk, &count);
	TRY(walk.err);
	TRY(mls_expand_with_label(c, input.bytes, c->suite->nh, mls_secret_slice(&extracted),
				  "derived psk", mls_buf_slice(label)));
	mls_hkdf_extract(c, &extracted, mls_slice(input.bytes, c->suite->nh), &previous, 1);
	*psk_secret = extracted;
out:
	mls_secret_wipe(&extracted);
	mls_secret_wipe(&input);
	return err;
}

enum mls_err mls_psk_secret(struct mls_crypto *c, struct mls_secret *out,
			    const struct mls_psk *psks, size_t n_psks)
{
	enum mls_err err = MLS_OK;
	struct mls_secret psk_secret = {.len = c->suite->nh};
	struct mls_buf label = {0};

	if (n_psks > UINT16_MAX)
		return MLS_ERR_TOO_LONG;
	for (size_t i = 0; i < n_psks; i++)
		TRY(inject(c, &psk_secret, &psks[i], &label, (uint16_t)i, (uint16_t)n_psks));
	*out = psk_secret;
out:
	mls_secret_wipe(&psk_secret);
	mls_buf_free(&label);
	return err;
}
