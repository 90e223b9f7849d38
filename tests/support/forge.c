#include "forge.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "private_message.h"
#include "public_message.h"

void forgery_begin(struct forgery *f, struct mls_group *group)
{
	*f = (struct forgery){
		.group = group,
		.sender = {MLS_SENDER_MEMBER, group->epoch->keys.leaf},
		.content_type = MLS_CONTENT_COMMIT,
		.signer = group->client->signer,
	};
}

void forgery_end(struct forgery *f)
{
	mls_buf_free(&f->content);
	mls_buf_free(&f->proposals);
}

void forge_proposal(struct forgery *f, const struct mls_proposal *proposal)
{
	const struct mls_proposal_or_ref v = {.type = MLS_BY_VALUE, .proposal = *proposal};

	if (f->content_type == MLS_CONTENT_PROPOSAL)
		OK(mls_proposal_encode(&f->content, proposal));
	else
		OK(mls_proposal_or_ref_encode(&f->proposals, &v));
}

void forge_reference(struct forgery *f, struct mls_slice ref)
{
	const struct mls_proposal_or_ref v = {.type = MLS_BY_REFERENCE, .reference = ref};

	OK(mls_proposal_or_ref_encode(&f->proposals, &v));
}

static void finish_commit(struct forgery *f)
{
	struct mls_codec c = {.out = &f->content};
	struct mls_slice proposals = mls_buf_slice(&f->proposals), path = f->path;
	bool has_path = path.len > 0;

	if (f->content_type != MLS_CONTENT_COMMIT || f->content.len > 0)
		return;
	mls_opaque(&c, &proposals);
	mls_present(&c, &has_path);
	mls_fixed(&c, &path, path.len);
	OK(c.err);
}

static struct mls_framed_content head_of(const struct forgery *f)
{
	return (struct mls_framed_content){
		.group_id = f->group->epoch->context.group_id,
		.epoch = f->group->epoch->context.epoch,
		.sender = f->sender,
		.content_type = f->content_type,
	};
}

static bool signs_context(const struct forgery *f)
{
	return f->sender.type == MLS_SENDER_MEMBER ||
	       f->sender.type == MLS_SENDER_NEW_MEMBER_COMMIT;
}

static void frame(struct forgery *f, struct mls_frame *frame, struct mls_buf *out,
		  uint16_t wire_format)
{
	static const uint8_t wrong_tag[32] = {1};
	struct mls_crypto *crypto = f->group->client->crypto;
	const struct mls_framed_content head = head_of(f);

	finish_commit(f);
	OK(mls_frame_begin(frame, out, wire_format, &head));
	OK(mls_buf_append(out, mls_buf_slice(&f->content)));
	OK(mls_frame_sign(crypto, frame, f->signer,
			  signs_context(f) ? mls_epoch_context(f->group->epoch)
					   : (struct mls_slice){0}));
	if (f->content_type == MLS_CONTENT_COMMIT)
		OK(mls_frame_confirm(frame, mls_slice(wrong_tag, sizeof(wrong_tag))));
}

void forge_public(struct forgery *f, struct mls_buf *message)
{
	const struct mls_epoch *epoch = f->group->epoch;
	struct mls_frame made;

	frame(f, &made, message, MLS_WIRE_PUBLIC_MESSAGE);
	if (f->sender.type == MLS_SENDER_MEMBER)
		OK(mls_public_message_seal(f->group->client->crypto, &made,
					   &epoch->secrets.membership_key,
					   mls_epoch_context(epoch)));
}

void forge_private(struct forgery *f, struct mls_buf *message, struct mls_slice tail)
{
	const struct mls_framed_content head = head_of(f);
	const struct mls_private_keys keys = {
		.sender_data_secret = &f->group->epoch->secrets.sender_data_secret,
		.tree = &f->group->secret_tree,
		.own_leaf = f->sender.index,
	};
	struct mls_buf plain = {0};
	struct mls_frame made;

	frame(f, &made, &plain, MLS_WIRE_PRIVATE_MESSAGE);
	OK(mls_buf_append(&plain, tail));
	OK(mls_private_message_seal(f->group->client->crypto, message, &made, &head, &keys));
	mls_buf_free(&plain);
}

void forge_put_welcome(struct mls_crypto *crypto, struct mls_buf *out, struct mls_slice ref,
		       struct mls_slice init_key, struct mls_slice secrets,
		       struct mls_slice encrypted_info)
{
	struct mls_codec c = {.out = out};
	uint16_t wire_format = MLS_WIRE_WELCOME, suite = crypto->suite->id;
	struct mls_hpke_info info;
	struct mls_buf sealed = {0};
	struct mls_slice body;

	mls_encrypt_context(crypto, &info, "Welcome", encrypted_info);
	c.out = &sealed;
	mls_opaque(&c, &ref);
	OK(mls_encrypt_with_label(crypto, &sealed, init_key, &info, secrets));
	c.out = out;
	mls_message_header_walk(&c, &wire_format);
	mls_u16(&c, &suite);
	body = mls_buf_slice(&sealed);
	mls_opaque(&c, &body);
	mls_opaque(&c, &encrypted_info);
	OK(c.err);
	mls_buf_free(&sealed);
}

static void put_info(const struct mls_group *committer, struct mls_buf *out,
		     const struct forged_welcome *w)
{
	struct mls_crypto *crypto = committer->client->crypto;
	struct mls_group_info unsigned_info = w->info;

	unsigned_info.signature = (struct mls_slice){0};
	OK(mls_group_info_encode(out, &unsigned_info));
	out->len--; /* the length of the empty signature */
	OK(mls_group_info_sign(crypto, out, 0, committer->client->signer));
	if (w->sign_badly)
		out->p[out->len - 1] ^= 1;
}

static void confirm(const struct mls_group *committer, struct forged_welcome *w, uint8_t *tag,
		    const struct mls_secret *member_secret)
{
	struct mls_crypto *crypto = committer->client->crypto;
	struct mls_secret_tree keys = {0};
	struct mls_epoch *epoch;

	OK(mls_epoch_new(&epoch));
	mls_tree_copy(&epoch->tree, &committer->epoch->tree);
	OK(mls_epoch_set_context(epoch, &w->info.context));
	OK(mls_epoch_derive(crypto, epoch, &keys, member_secret));
	memcpy(tag, epoch->confirmation_tag, crypto->suite->nh);
	w->info.confirmation_tag = mls_slice(tag, crypto->suite->nh);
	mls_secret_tree_clear(&keys);
	mls_epoch_free(epoch);
}

void forge_welcome(struct mls_client *joiner, const struct mls_group *committer,
		   struct mls_buf *out, struct mls_slice welcome,
		   void (*change)(struct forged_welcome *w), const struct mls_origin *origin)
{
	struct mls_crypto *crypto = joiner->crypto;
	struct mls_joining j;
	struct forged_welcome w = {0};
	struct mls_secret welcome_secret;
	uint8_t key[MLS_MAX_AEAD_KEY], nonce[MLS_AEAD_NONCE], tag[MLS_MAX_HASH];
	struct mls_buf info = {0}, secrets = {0};
	struct mls_key_package package;

	OK(mls_joining_open(&j, joiner, welcome, origin));
	w.info = j.info;
	w.secrets = j.secrets;
	change(&w);
	if (w.confirm)
		confirm(committer, &w, tag, &j.member_secret);
	put_info(committer, &info, &w);
	OK(mls_group_secrets_encode(&secrets, &w.secrets));
	OK(mls_welcome_secret(crypto, &welcome_secret, &j.member_secret));
	OK(mls_welcome_key(crypto, key, nonce, &welcome_secret));
	OK(mls_buf_reserve(&info, MLS_AEAD_TAG));
	OK(mls_aead_seal(crypto, info.p, key, nonce, (struct mls_slice){0}, mls_buf_slice(&info)));
	info.len += MLS_AEAD_TAG;
	OK(mls_key_package_decode(mls_buf_slice(&j.kept->key_package), &package));
	forge_put_welcome(crypto, out, mls_slice(j.kept->ref, crypto->suite->nh), package.init_key,
			  mls_buf_slice(&secrets), mls_buf_slice(&info));
	mls_buf_free(&info);
	mls_buf_free(&secrets);
	mls_joining_clear(&j);
}
