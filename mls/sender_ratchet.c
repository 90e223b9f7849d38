#include "sender_ratchet.h"

#include <stdlib.h>

#include "internal.h"
#include "memory.h"

/* Key, nonce and the secret of the next generation; any of the outputs may be NULL. */
static enum mls_err derive(struct mls_crypto *c, struct mls_message_key *key,
			   struct mls_secret *next, const struct mls_secret *secret,
			   uint32_t generation)
{
	enum mls_err err = MLS_OK;
	struct mls_hmac_key keyed;

	mls_hmac_key_init(c, &keyed, mls_secret_slice(secret));
	if (key) {
		key->generation = generation;
		TRY(mls_derive_tree_secret(c, key->nonce, MLS_AEAD_NONCE, &keyed, "nonce",
					   generation));
		TRY(mls_derive_tree_secret(c, key->key, c->suite->nk, &keyed, "key", generation));
	}
	if (next) {
		next->len = c->suite->nh;
		TRY(mls_derive_tree_secret(c, next->bytes, next->len, &keyed, "secret",
					   generation));
	}
out:
	mls_wipe(&keyed, sizeof(keyed));
	return err;
}

/* Sets the ratchet to the generation behind `generation`, if there is one. */
static void advance(struct mls_sender_ratchet *r, const struct mls_secret *secret,
		    uint32_t generation)
{
	if (generation == UINT32_MAX) {
		mls_secret_wipe(&r->secret);
		r->next = UINT32_MAX;
		return;
	}
	r->secret = *secret;
	r->next = generation + 1;
}

enum mls_err mls_sender_ratchet_next(struct mls_crypto *c, struct mls_sender_ratchet *r,
				     struct mls_message_key *out)
{
	struct mls_secret next = {0}; /* the ratchet gets all of it, beyond its length too */
	enum mls_err err;

	if (r->secret.len == 0)
		return MLS_ERR_GENERATION_SPENT;
	err = derive(c, out, &next, &r->secret, r->next);
	if (err == MLS_OK)
		advance(r, &next, r->next);
	mls_secret_wipe(&next);
	return err;
}

/* The position among the kept keys of the first generation that is not smaller. */
static uint32_t kept_position(const struct mls_sender_ratchet *r, uint32_t generation)
{
	uint32_t low = 0, high = r->n_kept;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (r->kept[middle].generation < generation)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_kept(const struct mls_sender_ratchet *r, uint32_t position, uint32_t generation)
{
	return position < r->n_kept && r->kept[position].generation == generation;
}

/*
 * The sender chose `generation`. Without a bound, one message could cost four billion
 * derivations (RFC 9420 15.3).
 */
static enum mls_err check_ahead(const struct mls_sender_ratchet *r, uint32_t generation,
				const struct mls_policy *policy)
{
	if (r->secret.len == 0)
		return MLS_ERR_GENERATION_USED;
	if (generation - r->next > policy->max_ratchet_steps)
		return MLS_ERR_GENERATION_TOO_FAR;
	return MLS_OK;
}

enum mls_err mls_sender_ratchet_find(struct mls_crypto *c, const struct mls_sender_ratchet *r,
				     struct mls_message_key *out, uint32_t generation,
				     const struct mls_policy *policy)
{
	enum mls_err err = MLS_OK;
	struct mls_secret secret = r->secret;
	uint32_t position = kept_position(r, generation);

	if (is_kept(r, position, generation)) {
		*out = r->kept[position];
		goto out;
	}
	if (generation < r->next)
		FAIL(MLS_ERR_GENERATION_USED);
	TRY(check_ahead(r, generation, policy));
	for (uint32_t g = r->next; g < generation; g++)
		TRY(derive(c, NULL, &secret, &secret, g));
	TRY(derive(c, out, NULL, &secret, generation));
out:
	mls_secret_wipe(&secret);
	return err;
}

/* Removes n kept keys from `position` on, and the memory when none is left. */
static void drop(struct mls_sender_ratchet *r, uint32_t position, uint32_t n)
{
	size_t behind = r->n_kept - position - n;

	if (n == 0)
		return;
	memmove(r->kept + position, r->kept + position + n, behind * sizeof(*r->kept));
	r->n_kept -= n;
	mls_wipe(r->kept + r->n_kept, n * sizeof(*r->kept));
	if (r->n_kept == 0) {
		free(r->kept);
		r->kept = NULL;
		r->room = 0;
	}
}

static enum mls_err reserve(struct mls_sender_ratchet *r, uint32_t more)
{
	size_t room = (size_t)r->n_kept + more;
	struct mls_message_key *kept;

	if (room <= r->room)
		return MLS_OK;
	room += r->n_kept / 2;
	kept = mls_calloc(room, sizeof(*kept));
	if (!kept)
		return MLS_ERR_NOMEM;
	if (r->n_kept > 0) {
		memcpy(kept, r->kept, r->n_kept * sizeof(*kept));
		mls_wipe(r->kept, r->room * sizeof(*kept));
	}
	free(r->kept);
	r->kept = kept;
	r->room = (uint32_t)room;
	return MLS_OK;
}

/* Steps over the generations up to `generation`, keeping the keys of the last `n_keep` of
 * them behind the kept ones, where they do not count yet. */
static enum mls_err skip(struct mls_crypto *c, struct mls_sender_ratchet *r,
			 struct mls_secret *secret, uint32_t generation, uint32_t n_keep)
{
	enum mls_err err = MLS_OK;
	struct mls_message_key *key = n_keep > 0 ? r->kept + r->n_kept : NULL;

	for (uint32_t g = r->next; g < generation && err == MLS_OK; g++)
		err = derive(c, generation - g <= n_keep ? key++ : NULL, secret, secret, g);
	return err;
}

/* The generations up to and including `generation` are behind the ratchet afterwards. */
static enum mls_err consume_ahead(struct mls_crypto *c, struct mls_sender_ratchet *r,
				  uint32_t generation, uint32_t max_kept)
{
	enum mls_err err = MLS_OK;
	struct mls_secret secret = r->secret;
	uint32_t skipped = generation - r->next, n_keep = skipped < max_kept ? skipped : max_kept;

	if (n_keep > 0) {
		TRY(reserve(r, n_keep));
	}
	TRY(skip(c, r, &secret, generation, n_keep));
	TRY(derive(c, NULL, &secret, &secret, generation));
	r->n_kept += n_keep;
	advance(r, &secret, generation);
	if (r->n_kept > max_kept)
		drop(r, 0, r->n_kept - max_kept);
out:
	mls_secret_wipe(&secret);
	return err;
}

enum mls_err mls_sender_ratchet_consume(struct mls_crypto *c, struct mls_sender_ratchet *r,
					uint32_t generation, const struct mls_policy *policy)
{
	uint32_t position = kept_position(r, generation);
	enum mls_err err;

	if (is_kept(r, position, generation)) {
		drop(r, position, 1);
		return MLS_OK;
	}
	if (generation < r->next)
		return MLS_ERR_GENERATION_USED;
	err = check_ahead(r, generation, policy);
	return err ? err : consume_ahead(c, r, generation, policy->max_kept_keys);
}

enum mls_err mls_sender_ratchet_copy(struct mls_sender_ratchet *to,
				     const struct mls_sender_ratchet *from)
{
	struct mls_message_key *kept = NULL;

	if (from->n_kept > 0) {
		kept = mls_calloc(from->n_kept, sizeof(*kept));
		if (!kept)
			return MLS_ERR_NOMEM;
		memcpy(kept, from->kept, from->n_kept * sizeof(*kept));
	}
	*to = *from;
	to->kept = kept;
	to->room = from->n_kept;
	return MLS_OK;
}

void mls_sender_ratchet_clear(struct mls_sender_ratchet *r)
{
	if (r->kept)
		mls_wipe(r->kept, r->room * sizeof(*r->kept));
	free(r->kept);
	mls_wipe(r, sizeof(*r));
}

/* Generation, key, nonce: in both directions. */
static void kept_walk(struct mls_codec *codec, struct mls_message_key *key, size_t nk)
{
	struct mls_slice bytes = {key->key, nk}, nonce = {key->nonce, MLS_AEAD_NONCE};

	mls_u32(codec, &key->generation);
	mls_fixed(codec, &bytes, nk);
	mls_fixed(codec, &nonce, MLS_AEAD_NONCE);
	if (mls_encoding(codec) || !mls_codec_ok(codec))
		return;
	memcpy(key->key, bytes.p, nk);
	memcpy(key->nonce, nonce.p, MLS_AEAD_NONCE);
}

enum mls_err mls_sender_ratchet_save(const struct mls_crypto *c, struct mls_buf *out,
				     const struct mls_sender_ratchet *r)
{
	struct mls_codec codec = {.out = out};
	struct mls_slice secret = mls_secret_slice(&r->secret);
	uint32_t next = r->next, n_kept = r->n_kept;

	mls_opaque(&codec, &secret);
	mls_u32(&codec, &next);
	mls_u32(&codec, &n_kept);
	for (uint32_t i = 0; i < n_kept; i++)
		kept_walk(&codec, &r->kept[i], c->suite->nk);
	return codec.err;
}

/* Each generation kept is above the one before and below the next one of the ratchet. */
static enum mls_err load_kept(const struct mls_crypto *c, struct mls_codec *in,
			      struct mls_sender_ratchet *r)
{
	for (uint32_t i = 0; i < r->n_kept; i++) {
		kept_walk(in, &r->kept[i], c->suite->nk);
		if (r->kept[i].generation >= r->next ||
		    (i > 0 && r->kept[i].generation <= r->kept[i - 1].generation))
			return MLS_ERR_STATE;
	}
	return in->err ? MLS_ERR_STATE : MLS_OK;
}

enum mls_err mls_sender_ratchet_load(const struct mls_crypto *c, struct mls_codec *in,
				     struct mls_sender_ratchet *r)
{
	const size_t entry = 4 + (size_t)c->suite->nk + MLS_AEAD_NONCE;
	struct mls_slice secret = {0};
	uint32_t n_kept = 0;
	enum mls_err err;

	mls_opaque(in, &secret);
	mls_u32(in, &r->next);
	mls_u32(in, &n_kept);
	if ((secret.len && secret.len != c->suite->nh) || n_kept > in->in.len / entry)
		return MLS_ERR_STATE;
	if (secret.len)
		memcpy(r->secret.bytes, secret.p, secret.len);
	r->secret.len = (uint8_t)secret.len;
	err = n_kept ? reserve(r, n_kept) : MLS_OK;
	if (err)
		return err;
	r->n_kept = n_kept;
	return load_kept(c, in, r);
}
