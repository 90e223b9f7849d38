#include "outline.h"

#include "client.h"
#include "framing.h"
#include "tree_node.h"

/* What can be read of a group from outside, before anything is verified: RFC 9420 12.4.3. */

enum mls_err mls_group_info_message(struct mls_group_info *out, struct mls_slice message)
{
	struct mls_slice body = message;
	enum mls_err err = mls_message_open(&body, MLS_WIRE_GROUP_INFO);

	return err ? err : mls_group_info_decode(body, out);
}

enum mls_err mls_group_info_read(struct mls_group_outline *outline, struct mls_slice group_info)
{
	struct mls_group_outline read = {0};
	struct mls_group_info info;
	struct mls_slice external_pub;
	enum mls_err err;

	if (group_info.len > MLS_DEFAULT_MAX_MESSAGE)
		return MLS_ERR_MESSAGE_TOO_LONG;
	err = mls_group_info_message(&info, group_info);
	if (err)
		return err;
	read.suite = info.context.cipher_suite;
	read.group_id = info.context.group_id;
	read.epoch = info.context.epoch;
	read.extensions = info.context.extensions;
	read.own_extensions = info.extensions;
	read.has_external_pub =
		mls_extension_find(info.extensions, MLS_EXTENSION_EXTERNAL_PUB, &external_pub);
	mls_extension_find(info.extensions, MLS_EXTENSION_RATCHET_TREE, &read.ratchet_tree);
	*outline = read;
	return MLS_OK;
}

/* Reads optional<Node>; true for a leaf that is not blank, and *credential is its own. */
static bool node_walk(struct mls_codec *c, struct mls_credential *credential, uint8_t want)
{
	struct mls_leaf_node leaf = {0};
	struct mls_parent_node parent = {0};
	bool present = false;
	uint8_t type = want;

	mls_present(c, &present);
	if (present)
		mls_u8(c, &type);
	if (type != want)
		mls_codec_fail(c, MLS_ERR_NODE_TYPE);
	if (present && want == MLS_NODE_LEAF)
		mls_leaf_node_walk(c, &leaf);
	if (present && want == MLS_NODE_PARENT)
		mls_parent_node_walk(c, &parent);
	*credential = leaf.credential;
	return mls_codec_ok(c) && present && want == MLS_NODE_LEAF;
}

enum mls_err mls_ratchet_tree_find(uint32_t *leaf, struct mls_slice ratchet_tree,
				   uint16_t credential_type, struct mls_slice credential)
{
	struct mls_codec c = {0};
	struct mls_credential found;
	enum mls_err err;

	if (ratchet_tree.len > MLS_DEFAULT_MAX_MESSAGE)
		return MLS_ERR_MESSAGE_TOO_LONG;
	err = mls_vector_take(&c.in, &ratchet_tree);
	if (err)
		return err;
	if (ratchet_tree.len > 0)
		return MLS_ERR_TRAILING;
	for (uint32_t node = 0; mls_codec_ok(&c) && c.in.len > 0; node++) {
		if (node_walk(&c, &found, node % 2 ? MLS_NODE_PARENT : MLS_NODE_LEAF) &&
		    found.type == credential_type && mls_slice_equal(found.content, credential)) {
			*leaf = node / 2;
			return MLS_OK;
		}
	}
	return c.err ? c.err : MLS_ERR_MEMBER_UNKNOWN;
}
