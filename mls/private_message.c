#include "private_message.h"

enum { REUSE_GUARD = 4, SENDER_DATA = 4 + 4 + REUSE_GUARD };

void mls_private_message_walk(struct mls_codec *c, struct mls_private_message *v)
{
	const uint8_t *start = c->in.p;

	mls_opaque(c, &v->group_id);
	mls_u64(c, &v->epoch);
	mls_u8(c, &v->content_type);
	if (v->content_type < MLS_CONTENT_APPLICATION || v->content_type > MLS_CONTENT_COMMIT)
		mls_codec_fail(c, MLS_ERR_CONTENT_TYPE);
	mls_note_read(c, &v->sender_data_aad, start);
	mls_opaque(c, &v->authenticated_data);
	mls_note_read(c, &v->content_aad, start);
	mls_opaque(c, &v->encrypted_sender_data);
	mls_opaque(c, &v->ciphertext);
}
MLS_WIRE_TYPE(private_message)

static void sender_data_walk(struct mls_codec *c, struct mls_sender_data *v)
{
	struct mls_slice guard = {v->reuse_guard, REUSE_GUARD};

	mls_u32(c, &v->leaf);
	mls_u32(c, &v->generation);
	mls_fixed(c, &guard, REUSE_GUARD);
	if (!mls_encoding(c) && mls_codec_ok(c))
		memcpy(v->reuse_guard, guard.p, REUSE_GUARD);
}

/* RFC 9420 6.3.1: the nonce of the ratchet, guarded against reuse after a loss of state. */
static void guard_nonce(struct mls_message_key *key, const uint8_t *guard)
{
	for (size_t i = 0; i < REUSE_GUARD; i++)
		key->nonce[i] ^= guard[i];
}

enum mls_err mls_sender_data_open(struct mls_crypto *crypto, struct mls_sender_data *out,
				  const struct mls_private_message *message,
				  const struct mls_secret *sender_data_secret)
{
	enum mls_err err = MLS_OK;
	struct mls_message_key key = {0};
	uint8_t plain[SENDER_DATA];
	struct mls_codec c = {.in = {plain, sizeof(plain)}};

	if (message->encrypted_sender_data.len != SENDER_DATA + MLS_AEAD_TAG)
		return MLS_ERR_SENDER_DATA;
	TRY(mls_sender_data_key(crypto, &key, sender_data_secret, message->ciphertext));
	err = mls_aead_open(crypto, plain, key.key, key.nonce, message->sender_data_aad,
			    message->encrypted_sender_data);
	if (err == MLS_ERR_DECRYPT)
		err = MLS_ERR_SENDER_DATA;
	if (err)
		goto out;
	sender_data_walk(&c, out);
	err = c.err;
out:
	mls_wipe(&key, sizeof(key));
	return err;
}

/* Which bytes of the plaintext are FramedContent, FramedContentAuthData, padding (6.3.1). */
static enum mls_err split_plaintext(struct mls_authenticated_content *out, struct mls_slice plain)
{
	enum mls_err err = mls_authenticated_content_next(&plain, out);

	if (err)
		return err;
	for (size_t i = 0; i < plain.len; i++) {
		if (plain.p[i] != 0)
			return MLS_ERR_PADDING;
	}
	return MLS_OK;
}

enum mls_err mls_private_content_open(struct mls_crypto *crypto,
				      struct mls_authenticated_content *out, struct mls_buf *plain,
				      const struct mls_private_message *message,
				      const struct mls_sender_data *sender,
				      struct mls_secret_tree *keys, const struct mls_policy *policy)
{
	const enum mls_ratchet ratchet = message->content_type == MLS_CONTENT_APPLICATION
						 ? MLS_RATCHET_APPLICATION
						 : MLS_RATCHET_HANDSHAKE;
	struct mls_framed_content head = {
		.group_id = message->group_id,
		.epoch = message->epoch,
		.sender = {MLS_SENDER_MEMBER, sender->leaf},
		.authenticated_data = message->authenticated_data,
		.content_type = message->content_type,
	};
	enum mls_err err = MLS_OK;
	struct mls_message_key key = {0};
	struct mls_frame frame;

	TRY(mls_secret_tree_find(crypto, keys, &key, sender->leaf, ratchet, sender->generation,
				 policy));
	guard_nonce(&key, sender->reuse_guard);
	/* The plaintext goes behind what else FramedContent has, so that all of it is one piece. */
	plain->len = 0;
	TRY(mls_frame_begin(&frame, plain, MLS_WIRE_PRIVATE_MESSAGE, &head));
	TRY(mls_buf_reserve(plain, message->ciphertext.len));
	TRY(mls_aead_open(crypto, plain->p + plain->len, key.key, key.nonce, message->content_aad,
			  message->ciphertext));
	plain->len += message->ciphertext.len - MLS_AEAD_TAG;
	TRY(mls_secret_tree_consume(crypto, keys, sender->leaf, ratchet, sender->generation,
				    policy));
	/* AuthenticatedContent begins behind the version. */
	TRY(split_plaintext(out, mls_slice(plain->p + 2, plain->len - 2)));
out:
	mls_wipe(&key, sizeof(key));
	return err;
}

static enum mls_err pad(struct mls_frame *frame, uint32_t multiple)
{
	const size_t len = frame->out->len - frame->content;
	const size_t padding = multiple > 1 ? (multiple - len % multiple) % multiple : 0;
	enum mls_err err = mls_buf_reserve(frame->out, padding);

	if (err)
		return err;
	if (padding)
		memset(frame->out->p + frame->out->len, 0, padding);
	frame->out->len += padding;
	return MLS_OK;
}

/* Appends room for opaque<V> of `len` bytes; returns where it is. */
static size_t room(struct mls_codec *c, size_t len)
{
	size_t at;

	if (c->err == MLS_OK)
		c->err = mls_put_length(c->out, len);
	if (c->err == MLS_OK)
		c->err = mls_buf_reserve(c->out, len);
	if (c->err)
		return 0;
	at = c->out->len;
	c->out->len += len;
	return at;
}

static enum mls_err seal_sender_data(struct mls_crypto *crypto, uint8_t *out,
				     struct mls_sender_data *sender, struct mls_slice aad,
				     struct mls_slice ciphertext, const struct mls_secret *secret)
{
	uint8_t memory[SENDER_DATA];
	struct mls_buf plain = {.p = memory, .cap = sizeof(memory), .fixed = true};
	struct mls_codec c = {.out = &plain};
	struct mls_message_key key = {0};
	enum mls_err err = MLS_OK;

	sender_data_walk(&c, sender);
	TRY(c.err);
	TRY(mls_sender_data_key(crypto, &key, secret, ciphertext));
	TRY(mls_aead_seal(crypto, out, key.key, key.nonce, aad, mls_buf_slice(&plain)));
out:
	mls_wipe(&key, sizeof(key));
	return err;
}

enum mls_err mls_private_message_seal(struct mls_crypto *crypto, struct mls_buf *out,
				      struct mls_frame *frame,
				      const struct mls_framed_content *head,
				      const struct mls_private_keys *keys)
{
	struct mls_codec c = {.out = out};
	struct mls_private_message fields = {.group_id = head->group_id,
					     .epoch = head->epoch,
					     .content_type = head->content_type,
					     .authenticated_data = head->authenticated_data};
	struct mls_sender_data sender = {.leaf = keys->own_leaf};
	struct mls_message_key key = {0};
	struct mls_slice plain, sender_aad, content_aad;
	uint16_t wire_format = MLS_WIRE_PRIVATE_MESSAGE;
	const size_t start = out->len;
	size_t sender_at, ciphertext_at, sender_aad_end, content_aad_end;
	enum mls_err err = MLS_OK;

	TRY(mls_secret_tree_next(crypto, keys->tree, &key, keys->own_leaf,
				 head->content_type == MLS_CONTENT_APPLICATION
					 ? MLS_RATCHET_APPLICATION
					 : MLS_RATCHET_HANDSHAKE));
	sender.generation = key.generation;
	TRY(mls_random_bytes(crypto, sender.reuse_guard, REUSE_GUARD));
	guard_nonce(&key, sender.reuse_guard);
	TRY(pad(frame, keys->padding));
	plain = mls_frame_bytes(frame, frame->content, frame->out->len);

	mls_message_header_walk(&c, &wire_format);
	mls_opaque(&c, &fields.group_id);
	mls_u64(&c, &fields.epoch);
	mls_u8(&c, &fields.content_type);
	sender_aad_end = out->len;
	mls_opaque(&c, &fields.authenticated_data);
	content_aad_end = out->len;
	sender_at = room(&c, SENDER_DATA + MLS_AEAD_TAG);
	ciphertext_at = room(&c, plain.len + MLS_AEAD_TAG);
	TRY(c.err);

	sender_aad = mls_slice(out->p + start + 4, sender_aad_end - start - 4);
	content_aad = mls_slice(out->p + start + 4, content_aad_end - start - 4);
	TRY(mls_aead_seal(crypto, out->p + ciphertext_at, key.key, key.nonce, content_aad, plain));
	TRY(seal_sender_data(crypto, out->p + sender_at, &sender, sender_aad,
			     mls_slice(out->p + ciphertext_at, plain.len + MLS_AEAD_TAG),
			     keys->sender_data_secret));
out:
	if (err)
		out->len = start;
	mls_wipe(&key, sizeof(key));
	return err;
}
