#include "hpke.h"

#include <assert.h>

#include "internal.h"

#define VERSION     "HPKE-v1"
#define MAX_PREFIX  17 /* version and the longer suite_id */
#define MODE_BASE   0
#define NONE        ((struct mls_slice){0})
#define STRING(str) mls_slice(str, sizeof(str) - 1)

void mls_hpke_ciphertext_walk(struct mls_codec *c, struct mls_hpke_ciphertext *v)
{
	mls_opaque(c, &v->kem_output);
	mls_opaque(c, &v->ciphertext);
}
MLS_WIRE_TYPE(hpke_ciphertext)

/* "HPKE-v1" and the suite_id of RFC 9180 4.1 (KEM) or 5.1 (HPKE), which every labeled
 * input begins with. */
struct prefix {
	uint8_t bytes[MAX_PREFIX];
	uint8_t len;
};

static struct mls_slice prefix_slice(const struct prefix *p)
{
	return mls_slice(p->bytes, p->len);
}

static void add_number(struct prefix *p, unsigned number)
{
	p->bytes[p->len++] = (uint8_t)(number >> 8);
	p->bytes[p->len++] = (uint8_t)number;
}

static struct prefix kem_prefix(const struct mls_suite *suite)
{
	struct prefix p = {VERSION "KEM", sizeof(VERSION "KEM") - 1};

	add_number(&p, suite->kem);
	return p;
}

static struct prefix hpke_prefix(const struct mls_suite *suite)
{
	struct prefix p = {VERSION "HPKE", sizeof(VERSION "HPKE") - 1};

	add_number(&p, suite->kem);
	add_number(&p, suite->kdf);
	add_number(&p, suite->aead);
	return p;
}

/* LabeledExtract (RFC 9180 4). */
static void labeled_extract(struct mls_crypto *c, struct mls_secret *out,
			    const struct prefix *prefix, const struct mls_hmac_key *salt,
			    struct mls_slice label, struct mls_slice ikm)
{
	const struct mls_slice parts[] = {prefix_slice(prefix), label, ikm};

	mls_hkdf_extract_keyed(c, out, salt, parts, MLS_N(parts));
}

/* LabeledExpand; MLS_ERR_USAGE above 255 * suite->nh bytes. */
static enum mls_err labeled_expand(struct mls_crypto *c, uint8_t *out, size_t len,
				   const struct prefix *prefix, const struct mls_hmac_key *prk,
				   struct mls_slice label, struct mls_slice info)
{
	const uint8_t length[] = {(uint8_t)(len >> 8), (uint8_t)len};
	const struct mls_slice parts[] = {mls_slice(length, 2), prefix_slice(prefix), label, info};

	return mls_hkdf_expand(c, out, len, prk, parts, MLS_N(parts));
}

/* RFC 9180 7.1.3 for the NIST curves: the first candidate that is a scalar. */
static enum mls_err derive_scalar(struct mls_crypto *c, struct mls_key **out,
				  const struct prefix *prefix, const struct mls_hmac_key *prk)
{
	uint8_t scalar[MLS_MAX_PRIVATE_KEY];
	size_t len = c->suite->nsk;
	enum mls_err err = MLS_ERR_PRIVATE_KEY;

	for (unsigned i = 0; i < 256 && err == MLS_ERR_PRIVATE_KEY; i++) {
		uint8_t counter = (uint8_t)i;

		err = labeled_expand(c, scalar, len, prefix, prk, STRING("candidate"),
				     mls_slice(&counter, 1));
		if (c->suite->kem == MLS_KEM_P521)
			scalar[0] &= 0x01;
		if (err == MLS_OK)
			err = mls_key_import(c, out, mls_slice(scalar, len), NONE);
	}
	mls_wipe(scalar, sizeof(scalar));
	return err;
}

enum mls_err mls_key_derive(struct mls_crypto *c, struct mls_key **out, struct mls_slice ikm)
{
	const struct prefix prefix = kem_prefix(c->suite);
	uint8_t sk[MLS_MAX_PRIVATE_KEY];
	size_t len = c->suite->nsk;
	struct mls_secret dkp_prk;
	struct mls_hmac_key prk;
	enum mls_err err;

	labeled_extract(c, &dkp_prk, &prefix, &c->zero_salt, STRING("dkp_prk"), ikm);
	mls_hmac_key_init(c, &prk, mls_secret_slice(&dkp_prk));
	if (c->suite->kem == MLS_KEM_X25519 || c->suite->kem == MLS_KEM_X448) {
		err = labeled_expand(c, sk, len, &prefix, &prk, STRING("sk"), NONE);
		if (err == MLS_OK)
			err = mls_key_import(c, out, mls_slice(sk, len), NONE);
	} else {
		err = derive_scalar(c, out, &prefix, &prk);
	}
	mls_wipe(sk, sizeof(sk));
	mls_wipe(&prk, sizeof(prk));
	mls_secret_wipe(&dkp_prk);
	return err;
}

/* psk_id_hash of no PSK is the same for all of the suite, and made outside the counts. */
static const struct mls_secret *psk_id_hash(struct mls_crypto *c, const struct prefix *prefix)
{
	const struct mls_counts counts = c->counts;

	if (c->hpke_psk_id_hash.len == 0)
		labeled_extract(c, &c->hpke_psk_id_hash, prefix, &c->zero_salt,
				STRING("psk_id_hash"), NONE);
	c->counts = counts;
	return &c->hpke_psk_id_hash;
}

void mls_hpke_info_init(struct mls_crypto *c, struct mls_hpke_info *out,
			const struct mls_slice *parts, size_t n_parts)
{
	const struct prefix prefix = hpke_prefix(c->suite);
	struct mls_slice all[2 + MLS_HPKE_INFO_PARTS] = {prefix_slice(&prefix),
							 STRING("info_hash")};
	struct mls_secret info_hash;
	size_t nh = c->suite->nh;

	assert(n_parts <= MLS_HPKE_INFO_PARTS);
	for (size_t i = 0; i < n_parts; i++)
		all[2 + i] = parts[i];
	mls_hkdf_extract_keyed(c, &info_hash, &c->zero_salt, all, 2 + n_parts);
	out->key_schedule_context[0] = MODE_BASE;
	memcpy(out->key_schedule_context + 1, psk_id_hash(c, &prefix)->bytes, nh);
	memcpy(out->key_schedule_context + 1 + nh, info_hash.bytes, nh);
}

/*
 * From the Diffie-Hellman result to the keyed secret of the key schedule: ExtractAndExpand
 * (RFC 9180 4.1) and the first half of KeyScheduleS (5.1).
 */
static enum mls_err schedule(struct mls_crypto *c, struct mls_hmac_key *secret, const uint8_t *dh,
			     struct mls_slice enc, struct mls_slice receiver)
{
	const struct prefix kem = kem_prefix(c->suite), hpke = hpke_prefix(c->suite);
	const uint8_t nh = c->suite->nh, length[] = {0, nh};
	const struct mls_slice info[] = {mls_slice(length, 2), prefix_slice(&kem),
					 STRING("shared_secret"), enc, receiver};
	struct mls_secret extracted, shared;
	struct mls_hmac_key keyed;
	enum mls_err err;

	labeled_extract(c, &extracted, &kem, &c->zero_salt, STRING("eae_prk"),
			mls_slice(dh, c->suite->ndh));
	mls_hmac_key_init(c, &keyed, mls_secret_slice(&extracted));
	err = mls_hkdf_expand(c, shared.bytes, nh, &keyed, info, MLS_N(info));
	if (err == MLS_OK) {
		mls_hmac_key_init(c, &keyed, mls_slice(shared.bytes, nh));
		labeled_extract(c, &extracted, &hpke, &keyed, STRING("secret"), NONE);
		mls_hmac_key_init(c, secret, mls_secret_slice(&extracted));
	}
	mls_wipe(&keyed, sizeof(keyed));
	mls_secret_wipe(&extracted);
	mls_secret_wipe(&shared);
	return err;
}

/* Encap (RFC 9180 4.1) and the first half of the key schedule. */
static enum mls_err set_up_sender(struct mls_crypto *c, struct mls_hmac_key *secret, uint8_t *enc,
				  struct mls_slice ephemeral, struct mls_slice public_key)
{
	enum mls_err err = MLS_OK;
	struct mls_key *key = NULL;
	uint8_t dh[MLS_MAX_PRIVATE_KEY];
	struct mls_slice own;

	if (ephemeral.len)
		TRY(mls_key_import(c, &key, ephemeral, NONE));
	else
		TRY(mls_key_generate(c, &key));
	own = mls_key_public(key);
	TRY(mls_dh(c, dh, key, public_key));
	TRY(schedule(c, secret, dh, own, public_key));
	memcpy(enc, own.p, own.len);
out:
	mls_wipe(dh, sizeof(dh));
	mls_key_free(key);
	return err;
}

/* Decap and the first half of the key schedule. */
static enum mls_err set_up_receiver(struct mls_crypto *c, struct mls_hmac_key *secret,
				    const struct mls_key *key, struct mls_slice enc)
{
	uint8_t dh[MLS_MAX_PRIVATE_KEY];
	enum mls_err err = mls_dh(c, dh, key, enc);

	if (err == MLS_OK)
		err = schedule(c, secret, dh, enc, mls_key_public(key));
	mls_wipe(dh, sizeof(dh));
	return err;
}

static struct mls_slice context_of(const struct mls_crypto *c, const struct mls_hpke_info *info)
{
	return mls_slice(info->key_schedule_context, 1 + 2 * (size_t)c->suite->nh);
}

/* Key and nonce of the first message, whose sequence number is 0. */
struct message_key {
	uint8_t key[MLS_MAX_AEAD_KEY], nonce[MLS_AEAD_NONCE];
};

static enum mls_err message_key(struct mls_crypto *c, struct message_key *out,
				const struct mls_hmac_key *secret, struct mls_slice context)
{
	const struct prefix prefix = hpke_prefix(c->suite);
	enum mls_err err =
		labeled_expand(c, out->key, c->suite->nk, &prefix, secret, STRING("key"), context);

	if (err)
		return err;
	return labeled_expand(c, out->nonce, MLS_AEAD_NONCE, &prefix, secret, STRING("base_nonce"),
			      context);
}

enum mls_err mls_hpke_seal_from(struct mls_crypto *c, uint8_t *kem_output, uint8_t *ciphertext,
				struct mls_slice ephemeral, struct mls_slice public_key,
				const struct mls_hpke_info *info, struct mls_slice aad,
				struct mls_slice plaintext)
{
	enum mls_err err = MLS_OK;
	struct mls_hmac_key secret;
	struct message_key k;

	c->counts.hpke_seal++;
	TRY(set_up_sender(c, &secret, kem_output, ephemeral, public_key));
	TRY(message_key(c, &k, &secret, context_of(c, info)));
	TRY(mls_aead_seal(c, ciphertext, k.key, k.nonce, aad, plaintext));
out:
	mls_wipe(&secret, sizeof(secret));
	mls_wipe(&k, sizeof(k));
	return err;
}

enum mls_err mls_hpke_seal(struct mls_crypto *c, uint8_t *kem_output, uint8_t *ciphertext,
			   struct mls_slice public_key, const struct mls_hpke_info *info,
			   struct mls_slice aad, struct mls_slice plaintext)
{
	return mls_hpke_seal_from(c, kem_output, ciphertext, NONE, public_key, info, aad,
				  plaintext);
}

enum mls_err mls_hpke_open(struct mls_crypto *c, uint8_t *plaintext, const struct mls_key *key,
			   const struct mls_hpke_info *info, struct mls_slice aad,
			   const struct mls_hpke_ciphertext *message)
{
	enum mls_err err = MLS_OK;
	struct mls_hmac_key secret;
	struct message_key k;

	c->counts.hpke_open++;
	TRY(set_up_receiver(c, &secret, key, message->kem_output));
	TRY(message_key(c, &k, &secret, context_of(c, info)));
	TRY(mls_aead_open(c, plaintext, k.key, k.nonce, aad, message->ciphertext));
out:
	mls_wipe(&secret, sizeof(secret));
	mls_wipe(&k, sizeof(k));
	return err;
}

/* Context.Export (RFC 9180 5.3). */
static enum mls_err export_secret(struct mls_crypto *c, uint8_t *out, size_t out_len,
				  const struct mls_hmac_key *secret,
				  const struct mls_hpke_info *info,
				  struct mls_slice exporter_context)
{
	const struct prefix prefix = hpke_prefix(c->suite);
	uint8_t exporter_secret[MLS_MAX_HASH];
	size_t nh = c->suite->nh;
	struct mls_hmac_key keyed;
	enum mls_err err = labeled_expand(c, exporter_secret, nh, &prefix, secret, STRING("exp"),
					  context_of(c, info));

	if (err == MLS_OK) {
		mls_hmac_key_init(c, &keyed, mls_slice(exporter_secret, nh));
		err = labeled_expand(c, out, out_len, &prefix, &keyed, STRING("sec"),
				     exporter_context);
		mls_wipe(&keyed, sizeof(keyed));
	}
	mls_wipe(exporter_secret, sizeof(exporter_secret));
	return err;
}

enum mls_err mls_hpke_export_to(struct mls_crypto *c, uint8_t *kem_output, uint8_t *out,
				size_t out_len, struct mls_slice public_key,
				const struct mls_hpke_info *info, struct mls_slice exporter_context)
{
	struct mls_hmac_key secret;
	enum mls_err err = set_up_sender(c, &secret, kem_output, NONE, public_key);

	if (err == MLS_OK)
		err = export_secret(c, out, out_len, &secret, info, exporter_context);
	mls_wipe(&secret, sizeof(secret));
	return err;
}

enum mls_err mls_hpke_export_from(struct mls_crypto *c, uint8_t *out, size_t out_len,
				  const struct mls_key *key, struct mls_slice kem_output,
				  const struct mls_hpke_info *info,
				  struct mls_slice exporter_context)
{
	struct mls_hmac_key secret;
	enum mls_err err = set_up_receiver(c, &secret, key, kem_output);

	if (err == MLS_OK)
		err = export_secret(c, out, out_len, &secret, info, exporter_context);
	mls_wipe(&secret, sizeof(secret));
	return err;
}
