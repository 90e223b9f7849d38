#include "framing.h"
#include "welcome.h"

/* GroupInfo and Welcome at the committer, RFC 9420 12.4.3. */

/* A leaf with a basic credential takes about so many bytes; a wrong guess costs one move. */
enum { LIKELY_LEAF = 200 };

static size_t likely_tree_len(const struct mls_epoch *epoch,
			      const struct mls_group_info_contents *v)
{
	return v->ratchet_tree ? (size_t)mls_tree_n_members(&epoch->tree) * LIKELY_LEAF : 0;
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
	const size_t start = out->len, likely = likely_tree_len(epoch, contents);
	struct mls_slice context = mls_epoch_context(epoch);
	struct mls_slice tag = {epoch->confirmation_tag, client->crypto->suite->nh};
	uint32_t signer = epoch->keys.leaf;
	struct mls_codec c = {.out = out};
	size_t extensions;

	mls_fixed(&c, &context, context.len);
	extensions = mls_open_long_vector(&c, likely);
	if (contents->ratchet_tree)
		put_tree_extension(&c, epoch, likely);
	if (contents->external_pub.len)
		put_external_pub(&c, contents->external_pub);
	mls_close_long_vector(&c, extensions, likely);
	mls_opaque(&c, &tag);
	mls_u32(&c, &signer);
	if (mls_codec_ok(&c))
		c.err = mls_group_info_sign(client->crypto, out, start, client->signer);
	if (c.err)
		out->len = start;
	return c.err;
}

/* Appends the GroupInfo, encrypted in place (12.4.3.1); its bytes are *encrypted. */
static enum mls_err put_encrypted_group_info(const struct mls_transition *t, struct mls_buf *out,
					     bool tree_inside, struct mls_slice *encrypted)
{
	const struct mls_group_info_contents contents = {.ratchet_tree = tree_inside};
	const size_t likely = likely_tree_len(t->epoch, &contents) + 300;
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
	TRY(mls_group_info_write(t->client, out, t->epoch, &contents));
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

/* GroupSecrets of one joiner after another: they differ in the path secret only. */
struct group_secrets {
	struct mls_buf bytes;
	size_t path_secret; /* where it stands; 0: there is none */
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
				       bool has_path)
{
	struct mls_codec c = {.out = &s->bytes};
	struct mls_slice secret = mls_secret_slice(&t->joiner_secret);

	mls_opaque(&c, &secret);
	mls_present(&c, &has_path);
	if (has_path) {
		mls_opaque(&c, &secret); /* for its length; the bytes come with the joiner */
		s->path_secret = s->bytes.len - secret.len;
	}
	return put_psk_ids(&c, &t->list);
}

static enum mls_err seal_for(const struct mls_transition *t, struct mls_buf *out,
			     const struct mls_listed *add, const struct mls_hpke_info *info,
			     struct mls_slice secrets)
{
	struct mls_crypto *crypto = t->client->crypto;
	struct mls_codec c = {.out = out};
	struct mls_key_package joiner;
	uint8_t ref[MLS_MAX_HASH];
	struct mls_slice new_member = {ref, crypto->suite->nh};
	enum mls_err err = mls_key_package_decode(add->body, &joiner);

	if (err)
		return err;
	mls_key_package_ref(crypto, ref, add->body);
	mls_opaque(&c, &new_member);
	return c.err ? c.err : mls_encrypt_with_label(crypto, out, joiner.init_key, info, secrets);
}

/* Fills `out`, which has exactly the room. */
static enum mls_err seal_all(const struct mls_transition *t, struct mls_buf *out,
			     struct group_secrets *s, const struct mls_path *path,
			     const struct mls_hpke_info *info)
{
	const struct mls_secret *path_secret;
	size_t joiner = 0;
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < t->list.n && err == MLS_OK; i++) {
		if (t->list.v[i].type != MLS_PROPOSAL_ADD)
			continue;
		if (path) {
			path_secret = mls_path_secret_for(path, t->applied.added[joiner]);
			memcpy(s->bytes.p + s->path_secret, path_secret->bytes, path_secret->len);
		}
		joiner++;
		err = seal_for(t, out, &t->list.v[i], info, mls_buf_slice(&s->bytes));
	}
	return err;
}

/* Bytes of one EncryptedGroupSecrets. */
static size_t sealed_len(const struct mls_suite *suite, size_t secrets_len)
{
	const size_t ciphertext = secrets_len + MLS_AEAD_TAG;

	return mls_length_size(suite->nh) + suite->nh + mls_length_size(suite->npk) + suite->npk +
	       mls_length_size(ciphertext) + ciphertext;
}

enum mls_err mls_welcome_write(const struct mls_transition *t, struct mls_buf *out,
			       const struct mls_path *path, bool tree_inside)
{
	struct mls_crypto *crypto = t->client->crypto;
	const size_t start = out->len;
	uint16_t wire_format = MLS_WIRE_WELCOME, suite = crypto->suite->id;
	struct mls_codec c = {.out = out};
	struct group_secrets s = {0};
	struct mls_buf sealed = {.fixed = true};
	struct mls_hpke_info info;
	struct mls_slice encrypted_group_info;
	size_t sealed_at;
	enum mls_err err = MLS_OK;

	TRY(group_secrets_init(&s, t, path != NULL));
	mls_message_header_walk(&c, &wire_format);
	mls_u16(&c, &suite);
	TRY(c.err);
	/* The GroupInfo stands last and is needed first: its ciphertext is the context of every
	 * seal. How long all seals are is known, so each part is written where it belongs. */
	sealed.cap = t->applied.n_added * sealed_len(crypto->suite, s.bytes.len);
	TRY(mls_put_length(out, sealed.cap));
	TRY(mls_buf_reserve(out, sealed.cap));
	sealed_at = out->len;
	out->len += sealed.cap;
	TRY(put_encrypted_group_info(t, out, tree_inside, &encrypted_group_info));
	mls_encrypt_context(crypto, &info, "Welcome", encrypted_group_info);
	sealed.p = out->p + sealed_at;
	TRY(seal_all(t, &sealed, &s, path, &info));
out:
	if (err)
		out->len = start;
	mls_buf_free(&s.bytes);
	return err;
}
