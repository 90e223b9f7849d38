#include "group_info.h"

#include "psk.h"

static const char label[] = "GroupInfoTBS";

void mls_group_info_walk(struct mls_codec *c, struct mls_group_info *v)
{
	const uint8_t *start = c->in.p;

	mls_group_context_walk(c, &v->context);
	mls_note_read(c, &v->context_bytes, start);
	mls_extensions_walk(c, &v->extensions);
	mls_opaque(c, &v->confirmation_tag);
	mls_u32(c, &v->signer);
	mls_note_read(c, &v->signed_part, start);
	mls_opaque(c, &v->signature);
}
MLS_WIRE_TYPE(group_info)

enum mls_err mls_group_info_verify(struct mls_crypto *crypto, const struct mls_group_info *info,
				   struct mls_slice public_key)
{
	enum mls_err err = mls_verify_with_label(crypto, public_key, label, &info->signed_part, 1,
						 info->signature);

	return err == MLS_ERR_SIGNATURE ? MLS_ERR_GROUP_INFO_SIGNATURE : err;
}

enum mls_err mls_group_info_sign(struct mls_crypto *crypto, struct mls_buf *out, size_t start,
				 struct mls_signer *signer)
{
	uint8_t memory[MLS_MAX_SIGNATURE];
	struct mls_buf signature = {.p = memory, .cap = sizeof(memory), .fixed = true};
	struct mls_slice bytes = {out->p + start, out->len - start};
	struct mls_codec c = {.out = out};
	enum mls_err err = mls_sign_with_label(crypto, &signature, signer, label, &bytes, 1);

	if (err)
		return err;
	bytes = mls_buf_slice(&signature);
	mls_opaque(&c, &bytes);
	return c.err;
}

static void psk_id_element(struct mls_codec *c)
{
	struct mls_psk_id id = {0};

	mls_psk_id_walk(c, &id);
}

void mls_group_secrets_walk(struct mls_codec *c, struct mls_group_secrets *v)
{
	mls_opaque(c, &v->joiner_secret);
	mls_present(c, &v->has_path_secret);
	if (v->has_path_secret)
		mls_opaque(c, &v->path_secret);
	mls_vector(c, &v->psks, psk_id_element);
}
MLS_WIRE_TYPE(group_secrets)

void mls_encrypted_group_secrets_walk(struct mls_codec *c, struct mls_encrypted_group_secrets *v)
{
	mls_opaque(c, &v->new_member);
	mls_hpke_ciphertext_walk(c, &v->secrets);
}
MLS_WIRE_TYPE(encrypted_group_secrets)

static void encrypted_group_secrets_element(struct mls_codec *c)
{
	struct mls_encrypted_group_secrets v = {0};

	mls_encrypted_group_secrets_walk(c, &v);
}

void mls_welcome_walk(struct mls_codec *c, struct mls_welcome *v)
{
	mls_u16(c, &v->suite);
	mls_vector(c, &v->secrets, encrypted_group_secrets_element);
	mls_opaque(c, &v->encrypted_group_info);
}
MLS_WIRE_TYPE(welcome)
