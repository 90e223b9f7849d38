#include "commit.h"
#include "content_auth.h"
#include "external_senders.h"
#include "framing.h"
#include "outline.h"
#include "tree_validate.h"
#include "welcome.h"

/* Joining by an external commit, RFC 9420 12.4.3.2. */

/* ExternalPub is one HPKEPublicKey. */
static enum mls_err find_external_pub(const struct mls_group_info *info, struct mls_slice *key)
{
	struct mls_codec c = {0};

	if (!mls_extension_find(info->extensions, MLS_EXTENSION_EXTERNAL_PUB, &c.in))
		return MLS_ERR_EXTERNAL_PUB_MISSING;
	mls_opaque(&c, key);
	if (mls_codec_ok(&c) && c.in.len > 0)
		mls_codec_fail(&c, MLS_ERR_TRAILING);
	return c.err;
}

/* The epoch as somebody outside sees it, once all of it is checked. */
static enum mls_err view_epoch(struct mls_client *client, struct mls_epoch *epoch,
			       const struct mls_group_info *info, struct mls_slice ratchet_tree)
{
	struct mls_crypto *crypto = client->crypto;
	struct mls_leaf_rules rules;
	enum mls_err err = MLS_OK;

	TRY(mls_group_info_check_context(client, info, &client->leaf.capabilities));
	TRY(mls_group_info_take_tree(client, &epoch->tree, info, ratchet_tree));
	TRY(mls_group_info_check_signer(client, info, &epoch->tree));
	rules = mls_client_rules(client, info->context.group_id, info->context.extensions, false);
	TRY(mls_external_senders_check(&rules));
	TRY(mls_tree_validate(&rules, &epoch->tree));
	TRY(mls_epoch_set_context(epoch, &info->context));
	mls_interim_transcript_hash(crypto, epoch->interim_transcript_hash,
				    info->context.confirmed_transcript_hash,
				    info->confirmation_tag);
	epoch->keys.leaf = MLS_NO_LEAF;
out:
	return err;
}

enum mls_err mls_group_join_external(struct mls_client *client, struct mls_group **group,
				     struct mls_buf *commit, struct mls_slice group_info,
				     const struct mls_external_request *request)
{
	struct mls_group outside = {.client = client};
	struct mls_staged staged = {0};
	struct mls_group_info info;
	struct mls_slice external_pub = {0};
	const size_t start = commit->len;
	struct mls_group *made = NULL;
	struct mls_epoch *epoch;
	enum mls_err err = MLS_OK;

	if (group_info.len > client->policy.max_message)
		return MLS_ERR_MESSAGE_TOO_LONG;
	TRY(mls_group_info_message(&info, group_info));
	TRY(find_external_pub(&info, &external_pub));
	TRY(mls_epoch_new(&outside.epoch));
	TRY(view_epoch(client, outside.epoch, &info, request->ratchet_tree));
	TRY(mls_commit_create_external(&outside, &staged, commit, external_pub, request));
	epoch = staged.epoch;
	staged.epoch = NULL;
	TRY(mls_group_begin(client, &made, epoch, &staged.secret_tree));
	memcpy(made->joined_by, staged.message_hash, sizeof(made->joined_by));
	made->has_joined_by = true;
	TRY(mls_group_store(made));
	*group = made;
	made = NULL;
out:
	mls_group_free(made);
	if (err)
		commit->len = start;
	mls_staged_clear(&staged);
	mls_epoch_free(outside.epoch);
	mls_buf_free(&outside.frame);
	return err;
}
