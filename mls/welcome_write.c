#include <stdlib.h>

#include "framing.h"
#include "own_identity.h"
#include "seal_many.h"
#include "welcome.h"

/* GroupInfo and Welcome at the committer, RFC 9420 12.4.3. */

static size_t likely_tree_len(const struct mls_epoch *epoch,
			      const struct mls_group_info_contents *v)
{
	return v->ratchet_tree ? mls_tree_likely_len(&epoch->tree) : 0;
}

static size_t likely_extensions_len(const struct mls_epoch *epoch,
				    const struct mls_group_info_contents *v)
{
	return likely_tree_len(epoch, v) + v->more.len;
}

static void put_tree_extension(struct mls_codec *c, const struct mls_epoch *epoch, size_t likely)
{
	uint16_t type = MLS_EXTENSION_RATCHET_TREE;
	size_t start;

	mls_u16(c, &type);
	start = mls_open_long_vector(c, likely);
	if (mls_codec_ok(c))
		c->err = mls_tree_encode(&epoch->tree, c->out);
	mls_close_long_vector(c, start, likely);
}

static void put_external_pub(struct mls_codec *c, struct mls_slice key)
{
	uint16_t type = MLS_EXTENSION_EXTERNAL_PUB;
	size_t start;

	mls_u16(c, &type);
	start = mls_open_long_vector(c, key.len);
	mls_opaque(c, &key);
	mls_close_long_vector(c, start, key.len);
}

enum mls_err mls_group_info_write(const struct mls_client *client, struct mls_buf *out,
				  const struct mls_epoch *epoch,
				  const struct mls_group_info_contents *contents)
{
	const size_t start = out->len, likely = likely_extensions_len(epoch, contents);
	struct mls_slice context = mls_epoch_context(epoch);
	struct mls_slice tag = {epoch->confirmation_tag, client->crypto->suite->nh};
	struct mls_slice more = contents->more;
	uint32_t signer = epoch->keys.leaf;
	struct mls_codec c = {.out = out};
	size_t extensions;

	mls_fixed(&c, &context, context.len);
	extensions = mls_open_long_vector(&c, likely);
	if (contents->ratchet_tree)
		put_tree_extension(&c, epoch, likely_tree_len(epoch, contents));
	if (contents->external_pub.len)
		put_external_pub(&c, contents->external_pub);
	mls_fixed(&c, &more, more.len);
	mls_close_long_vector(&c, extensions, likely);
	mls_opaque(&c, &tag);
	mls_u32(&c, &signer);
	if (mls_codec_ok(&c))
		c.err = mls_group_info_sign(client->crypto, out, start,
					    mls_epoch_signer(client, epoch));
	if (c.err)
		out->len = start;
	return c.err;
}

/* Appends the GroupInfo, encrypted in place (12.4.3.1); its bytes are *encrypted. */
static enum mls_err put_encrypted_group_info(const struct mls_transition *t, struct mls_buf *out,
					     const struct mls_group_info_contents *contents,
					     struct mls_slice *encrypted)
{
	const size_t likely = likely_extensions_len(t->epoch, contents) + 300;
	struct mls_crypto *crypto = t->client->crypto;
	struct mls_secret welcome_secret = {0};
	struct mls_codec c = {.out = out};
	uint8_t key[MLS_MAX_AEAD_KEY], nonce[MLS_AEAD_NONCE];
	size_t start, begin;
	enum mls_err err = MLS_OK;

	TRY(mls_welcome_secret(crypto, &welcome_secret, &t->member_secret));
	TRY(mls_welcome_key(crypto, key, nonce, &welcome_secret));
	start = mls_open_long_vector(&c, likely);
	TRY(c.err);
	begin = out->len;
	TRY(mls_group_info_write(t->client, out, t->epoch, contents));
	TRY(mls_buf_reserve(out, MLS_AEAD_TAG));
	TRY(mls_aead_seal(crypto, out->p + begin, key, nonce, (struct mls_slice){0},
			  mls_slice(out->p + begin, out->len - begin)));
	out->len += MLS_AEAD_TAG;
	encrypted->len = out->len - begin;
	mls_close_long_vector(&c, start, likely);
	TRY(c.err);
	encrypted->p = out->p + out->len - encrypted->len;
out:
	mls_secret_wipe(&welcome_secret);
	mls_wipe(key, sizeof(key));
	mls_wipe(nonce, sizeof(nonce));
	return err;
}

/* All GroupSecrets there are, behind one another: one for each path secret, or the only one
 * without a path. */
struct group_secrets {
	struct mls_buf bytes;
	size_t each;
};

static enum mls_err put_psk_ids(struct mls_codec *c, const struct mls_proposal_list *list)
{
	const size_t start = mls_open_vector(c);

	for (size_t i = 0; list->n_of[MLS_PROPOSAL_PSK] > 0 && i < list->n; i++) {
		struct mls_slice id = list->v[i].body;

		if (list->v[i].type == MLS_PROPOSAL_PSK)
			mls_fixed(c, &id, id.len);
	}
	mls_close_vector(c, start);
	return c->err;
}

static enum mls_err group_secrets_init(struct group_secrets *s, const struct mls_transition *t,
				       const struct mls_path *path)
{
	const size_t n = path ? path->nodes.n : 1;
	struct mls_codec c = {.out = &s->bytes};
	struct mls_slice joiner_secret = mls_secret_slice(&t->joiner_secret), path_secret;
	bool has_path = path != NULL;

	for (size_t i = 0; i < n && mls_codec_ok(&c); i++) {
		mls_opaque(&c, &joiner_secret);
		mls_present(&c, &has_path);
		if (path) {
			path_secret = mls_secret_slice(&path->path_secret[i]);
			mls_opaque(&c, &path_secret);
		}
		c.err = put_psk_ids(&c, &t->list);
	}
	s->each = n ? s->bytes.len / n : 0;
	return c.err;
}

/* What sealing to one joiner needs to know. */
struct sealing {
	const struct mls_transition *t;
	const struct mls_path *path;
	const struct group_secrets *secrets;
	const struct mls_hpke_info *info;
	const size_t *adds; /* places of the Adds in the list */
	uint8_t *out;       /* `each` bytes a joiner */
	size_t each;
};

static struct mls_slice secrets_for(const struct sealing *s, uint32_t joiner)
{
	size_t i = 0;

	if (s->path)
		i = (size_t)(mls_path_secret_for(s->path, joiner) - s->path->path_secret);
	return mls_slice(s->secrets->bytes.p + i * s->secrets->each, s->secrets->each);
}

/* EncryptedGroupSecrets of the joiner with this number, in its place. */
static enum mls_err seal_one(void *state, struct mls_crypto *crypto, size_t joiner,
			     struct mls_slice ephemeral)
{
	const struct sealing *s = state;
	const struct mls_slice body = s->t->list.v[s->adds[joiner]].body;
	struct mls_buf out = {.p = s->out + joiner * s->each, .cap = s->each, .fixed = true};
	struct mls_codec c = {.out = &out};
	struct mls_key_package key_package;
	uint8_t ref[MLS_MAX_HASH];
	struct mls_slice new_member = {ref, crypto->suite->nh};

	c.err = mls_key_package_decode(body, &key_package);
	mls_key_package_ref(crypto, ref, body);
	mls_opaque(&c, &new_member);
	return c.err ? c.err
		     : mls_encrypt_with_label_from(crypto, &out, ephemeral, key_package.init_key,
						   s->info,
						   secrets_for(s, s->t->applied.added[joiner]));
}

static enum mls_err seal_all(struct sealing *s)
{
	const struct mls_transition *t = s->t;
	const struct mls_seal_many many = {seal_one, s};
	size_t *adds = NULL;
	enum mls_err err = mls_proposal_list_places(&t->list, MLS_PROPOSAL_ADD, &adds);

	s->adds = adds;
	if (err == MLS_OK)
		err = mls_seal_to_many(t->client->crypto, &many, t->applied.n_added);
	free(adds);
	return err;
}

/* Bytes of one EncryptedGroupSecrets. */
static size_t sealed_len(const struct mls_suite *suite, size_t secrets_len)
{
	return mls_length_size(suite->nh) + suite->nh + mls_encrypted_len(suite, secrets_len);
}

enum mls_err mls_welcome_write(const struct mls_transition *t, struct mls_buf *out,
			       const struct mls_path *path,
			       const struct mls_group_info_contents *contents)
{
	struct mls_crypto *crypto = t->client->crypto;
	const size_t start = out->len;
	uint16_t wire_format = MLS_WIRE_WELCOME, suite = crypto->suite->id;
	struct mls_codec c = {.out = out};
	struct group_secrets secrets = {0};
	struct mls_hpke_info info;
	struct sealing s = {.t = t, .path = path, .secrets = &secrets, .info = &info};
	struct mls_slice encrypted_group_info;
	size_t sealed_at, sealed_all;
	enum mls_err err = MLS_OK;

	TRY(group_secrets_init(&secrets, t, path));
	mls_message_header_walk(&c, &wire_format);
	mls_u16(&c, &suite);
	TRY(c.err);
	/* The GroupInfo stands last and is needed first: its ciphertext is the context of every
	 * seal. How long all seals are is known, so each part is written where it belongs. */
	s.each = sealed_len(crypto->suite, secrets.each);
	sealed_all = t->applied.n_added * s.each;
	TRY(mls_put_length(out, sealed_all));
	TRY(mls_buf_reserve(out, sealed_all));
	sealed_at = out->len;
	out->len += sealed_all;
	TRY(put_encrypted_group_info(t, out, contents, &encrypted_group_info));
	mls_encrypt_context(crypto, &info, "Welcome", encrypted_group_info);
	s.out = out->p + sealed_at;
	TRY(seal_all(&s));
out:
	if (err)
		out->len = start;
	mls_buf_free(&secrets.bytes);
	return err;
}
