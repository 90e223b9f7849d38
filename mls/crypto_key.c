#include <stdlib.h>

#include "crypto_provider.h"
#include "memory.h"

/* What both kinds of private keys are made with. */
struct kind {
	const struct mls_key_ops *ops;
	void *state;
	uint8_t public_len, private_len;
};

static struct kind kem_kind(const struct mls_crypto *c)
{
	return (struct kind){&c->dh->key, c->dh_state, c->suite->npk, c->suite->nsk};
}

static struct kind signature_kind(const struct mls_crypto *c)
{
	return (struct kind){&c->signature->key, c->signature_state, c->suite->signature_public,
			     c->suite->signature_secret};
}

/* Fills a zero `pair`. On failure too, it has what pair_release() needs. */
static enum mls_err pair_import(struct mls_crypto *c, struct mls_key_pair *pair, struct kind kind,
				struct mls_slice private_key, struct mls_slice public_key)
{
	bool compute_public = public_key.len == 0;

	pair->refs = 1;
	pair->ops = kind.ops;
	pair->public_len = kind.public_len;
	pair->private_len = kind.private_len;
	if (private_key.len != kind.private_len)
		return MLS_ERR_PRIVATE_KEY;
	if (!compute_public && public_key.len != kind.public_len)
		return MLS_ERR_PUBLIC_KEY;
	memcpy(pair->private_key, private_key.p, private_key.len);
	if (compute_public)
		c->counts.keygen++;
	else
		memcpy(pair->public_key, public_key.p, public_key.len);
	return kind.ops->prepare(kind.state, pair, compute_public);
}

/* Whether this was the last owner of the pair, whose private key is wiped then. */
static bool pair_release(struct mls_key_pair *pair)
{
	if (--pair->refs > 0)
		return false;
	pair->ops->release(pair);
	mls_wipe(pair->private_key, sizeof(pair->private_key));
	return true;
}

/* A scalar of P-521 has 521 bits. */
static void draw_mask(uint8_t *bytes, size_t len)
{
	if (len == 66)
		bytes[0] &= 0x01;
}

enum mls_err mls_key_import(struct mls_crypto *c, struct mls_key **out,
			    struct mls_slice private_key, struct mls_slice public_key)
{
	struct mls_key *key = mls_calloc(1, sizeof(*key));
	enum mls_err err;

	if (!key)
		return MLS_ERR_NOMEM;
	err = pair_import(c, &key->pair, kem_kind(c), private_key, public_key);
	if (err)
		mls_key_free(key);
	else
		*out = key;
	return err;
}

enum mls_err mls_signer_import(struct mls_crypto *c, struct mls_signer **out,
			       struct mls_slice private_key, struct mls_slice public_key)
{
	struct mls_signer *signer = mls_calloc(1, sizeof(*signer));
	enum mls_err err;

	if (!signer)
		return MLS_ERR_NOMEM;
	err = pair_import(c, &signer->pair, signature_kind(c), private_key, public_key);
	if (err)
		mls_signer_free(signer);
	else
		*out = signer;
	return err;
}

/* Here and below, numbers that are no scalars of a NIST curve are drawn again. */
enum mls_err mls_private_key_draw(struct mls_crypto *c, uint8_t *out)
{
	enum mls_err err;

	do {
		err = mls_random_bytes(c, out, c->suite->nsk);
		draw_mask(out, c->suite->nsk);
		if (err == MLS_OK && c->dh->check_private)
			err = c->dh->check_private(c->dh_state, out);
	} while (err == MLS_ERR_PRIVATE_KEY);
	return err;
}

enum mls_err mls_key_generate(struct mls_crypto *c, struct mls_key **out)
{
	uint8_t bytes[MLS_MAX_PRIVATE_KEY] = {0};
	enum mls_err err = mls_private_key_draw(c, bytes);

	if (err == MLS_OK)
		err = mls_key_import(c, out, mls_slice(bytes, c->suite->nsk),
				     (struct mls_slice){0});
	mls_wipe(bytes, sizeof(bytes));
	return err;
}

enum mls_err mls_signer_generate(struct mls_crypto *c, struct mls_signer **out)
{
	uint8_t bytes[MLS_MAX_PRIVATE_KEY] = {0};
	struct mls_slice drawn = {bytes, c->suite->signature_secret};
	enum mls_err err;

	do {
		err = mls_random_bytes(c, bytes, drawn.len);
		draw_mask(bytes, drawn.len);
		if (err == MLS_OK)
			err = mls_signer_import(c, out, drawn, (struct mls_slice){0});
	} while (err == MLS_ERR_PRIVATE_KEY);
	mls_wipe(bytes, sizeof(bytes));
	return err;
}

struct mls_key *mls_key_ref(struct mls_key *key)
{
	key->pair.refs++;
	return key;
}

struct mls_signer *mls_signer_ref(struct mls_signer *signer)
{
	signer->pair.refs++;
	return signer;
}

void mls_key_free(struct mls_key *key)
{
	if (key && pair_release(&key->pair))
		free(key);
}

void mls_signer_free(struct mls_signer *signer)
{
	if (signer && pair_release(&signer->pair))
		free(signer);
}

struct mls_slice mls_key_public(const struct mls_key *key)
{
	return mls_slice(key->pair.public_key, key->pair.public_len);
}

struct mls_slice mls_signer_public(const struct mls_signer *signer)
{
	return mls_slice(signer->pair.public_key, signer->pair.public_len);
}

enum mls_err mls_key_export(struct mls_buf *out, const struct mls_key *key)
{
	return mls_buf_append(out, mls_slice(key->pair.private_key, key->pair.private_len));
}

enum mls_err mls_signer_export(struct mls_buf *out, const struct mls_signer *signer)
{
	return mls_buf_append(out, mls_slice(signer->pair.private_key, signer->pair.private_len));
}

enum mls_err mls_dh(struct mls_crypto *c, uint8_t *out, const struct mls_key *key,
		    struct mls_slice public_key)
{
	if (public_key.len != c->suite->npk)
		return MLS_ERR_PUBLIC_KEY;
	c->counts.dh++;
	return c->dh->dh(c->dh_state, out, &key->pair, public_key.p);
}

enum mls_err mls_public_key_check(struct mls_crypto *c, struct mls_slice public_key)
{
	if (public_key.len != c->suite->npk)
		return MLS_ERR_PUBLIC_KEY;
	return c->dh->check(c->dh_state, public_key.p);
}

enum mls_err mls_sign(struct mls_crypto *c, struct mls_buf *out, struct mls_signer *signer,
		      const struct mls_slice *parts, size_t n_parts)
{
	c->counts.sign++;
	return c->signature->sign(c, out, &signer->pair, parts, n_parts);
}

enum mls_err mls_verify(struct mls_crypto *c, struct mls_slice public_key,
			const struct mls_slice *parts, size_t n_parts, struct mls_slice signature)
{
	if (public_key.len != c->suite->signature_public)
		return MLS_ERR_PUBLIC_KEY;
	c->counts.verify++;
	return c->signature->verify(c, public_key.p, parts, n_parts, signature);
}
