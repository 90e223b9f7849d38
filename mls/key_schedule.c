#include "key_schedule.h"

#include "internal.h"

/* KDF.Extract of one secret, salted with another. */
static void extract(struct mls_crypto *c, struct mls_secret *out, const struct mls_secret *salt,
		    const struct mls_secret *ikm)
{
	const struct mls_slice s = mls_secret_slice(ikm);

	mls_hkdf_extract(c, out, mls_secret_slice(salt), &s, 1);
}

/* ExpandWithLabel(., label, GroupContext, KDF.Nh) */
static enum mls_err expand_context(struct mls_crypto *c, struct mls_secret *out,
				   const struct mls_secret *secret, const char *label,
				   struct mls_slice group_context)
{
	out->len = c->suite->nh;
	return mls_expand_with_label(c, out->bytes, out->len, mls_secret_slice(secret), label,
				     group_context);
}

enum mls_err mls_joiner_secret(struct mls_crypto *c, struct mls_secret *joiner,
			       const struct mls_secret *init_secret,
			       const struct mls_secret *commit_secret,
			       struct mls_slice group_context)
{
	struct mls_secret extracted;
	enum mls_err err;

	extract(c, &extracted, init_secret, commit_secret);
	err = expand_context(c, joiner, &extracted, "joiner", group_context);
	mls_secret_wipe(&extracted);
	return err;
}

void mls_member_secret(struct mls_crypto *c, struct mls_secret *member,
		       const struct mls_secret *joiner, const struct mls_secret *psk_secret)
{
	extract(c, member, joiner, psk_secret);
}

enum mls_err mls_welcome_secret(struct mls_crypto *c, struct mls_secret *welcome,
				const struct mls_secret *member)
{
	return mls_derive_secret(c, welcome, member, "welcome");
}

enum mls_err mls_welcome_key(struct mls_crypto *c, uint8_t *key, uint8_t *nonce,
			     const struct mls_secret *welcome)
{
	struct mls_hmac_key keyed;
	enum mls_err err;

	mls_hmac_key_init(c, &keyed, mls_secret_slice(welcome));
	err = mls_expand_keyed(c, key, c->suite->nk, &keyed, mls_slice_str("key"),
			       (struct mls_slice){0});
	if (err == MLS_OK)
		err = mls_expand_keyed(c, nonce, MLS_AEAD_NONCE, &keyed, mls_slice_str("nonce"),
				       (struct mls_slice){0});
	mls_wipe(&keyed, sizeof(keyed));
	return err;
}

enum mls_err mls_epoch_secrets_from(struct mls_crypto *c, struct mls_epoch_secrets *out,
				    const struct mls_secret *epoch_secret)
{
	/* RFC 9420 8, table 4, and init_secret. */
	const struct {
		const char *label;
		struct mls_secret *secret;
	} rows[] = {
		{"sender data", &out->sender_data_secret},
		{"encryption", &out->encryption_secret},
		{"exporter", &out->exporter_secret},
		{"external", &out->external_secret},
		{"confirm", &out->confirmation_key},
		{"membership", &out->membership_key},
		{"resumption", &out->resumption_psk},
		{"authentication", &out->epoch_authenticator},
		{"init", &out->init_secret},
	};
	struct mls_hmac_key keyed;
	enum mls_err err = MLS_OK;

	mls_hmac_key_init(c, &keyed, mls_secret_slice(epoch_secret));
	for (size_t i = 0; i < MLS_N(rows) && err == MLS_OK; i++)
		err = mls_derive_secret_keyed(c, rows[i].secret, &keyed, rows[i].label);
	mls_wipe(&keyed, sizeof(keyed));
	if (err)
		mls_wipe(out, sizeof(*out));
	return err;
}

enum mls_err mls_epoch_secrets(struct mls_crypto *c, struct mls_epoch_secrets *out,
			       const struct mls_secret *member, struct mls_slice group_context)
{
	struct mls_secret epoch_secret;
	enum mls_err err = expand_context(c, &epoch_secret, member, "epoch", group_context);

	if (err == MLS_OK)
		err = mls_epoch_secrets_from(c, out, &epoch_secret);
	else
		mls_wipe(out, sizeof(*out));
	mls_secret_wipe(&epoch_secret);
	return err;
}

void mls_confirmation_tag(struct mls_crypto *c, uint8_t *tag,
			  const struct mls_secret *confirmation_key,
			  struct mls_slice confirmed_transcript_hash)
{
	mls_hmac(c, tag, mls_secret_slice(confirmation_key), &confirmed_transcript_hash, 1);
}

enum mls_err mls_external_key(struct mls_crypto *c, struct mls_key **out,
			      const struct mls_secret *external_secret)
{
	return mls_key_derive(c, out, mls_secret_slice(external_secret));
}

#define EXTERNAL_INIT "MLS 1.0 external init secret"

enum mls_err mls_external_init_to(struct mls_crypto *c, uint8_t *kem_output,
				  struct mls_secret *init_secret, struct mls_slice external_pub)
{
	struct mls_hpke_info info;

	mls_hpke_info_init(c, &info, NULL, 0);
	init_secret->len = c->suite->nh;
	return mls_hpke_export_to(c, kem_output, init_secret->bytes, init_secret->len, external_pub,
				  &info, mls_slice_str(EXTERNAL_INIT));
}

enum mls_err mls_external_init_from(struct mls_crypto *c, struct mls_secret *init_secret,
				    const struct mls_key *external_key, struct mls_slice kem_output)
{
	struct mls_hpke_info info;

	mls_hpke_info_init(c, &info, NULL, 0);
	init_secret->len = c->suite->nh;
	return mls_hpke_export_from(c, init_secret->bytes, init_secret->len, external_key,
				    kem_output, &info, mls_slice_str(EXTERNAL_INIT));
}

enum mls_err mls_exporter(struct mls_crypto *c, uint8_t *out, size_t out_len,
			  const struct mls_secret *exporter_secret, struct mls_slice label,
			  struct mls_slice context)
{
	enum mls_err err = MLS_OK;
	uint8_t derived[MLS_MAX_HASH], context_hash[MLS_MAX_HASH];
	size_t nh = c->suite->nh;
	struct mls_hmac_key keyed;

	mls_hmac_key_init(c, &keyed, mls_secret_slice(exporter_secret));
	TRY(mls_expand_keyed(c, derived, nh, &keyed, label, (struct mls_slice){0}));
	mls_hash(c, context_hash, &context, 1);
	mls_hmac_key_init(c, &keyed, mls_slice(derived, nh));
	TRY(mls_expand_keyed(c, out, out_len, &keyed, mls_slice_str("exported"),
			     mls_slice(context_hash, nh)));
out:
	mls_wipe(derived, sizeof(derived));
	mls_wipe(&keyed, sizeof(keyed));
	return err;
}
