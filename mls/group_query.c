#include "group.h"

#include "welcome.h"

/* What can be asked of a group, and what it gives to others. */

enum mls_err mls_group_export(const struct mls_group *group, uint8_t *out, size_t len,
			      struct mls_slice label, struct mls_slice context)
{
	return mls_exporter(group->client->crypto, out, len, &group->epoch->secrets.exporter_secret,
			    label, context);
}

struct mls_slice mls_group_epoch_authenticator(const struct mls_group *group)
{
	return mls_secret_slice(&group->epoch->secrets.epoch_authenticator);
}

enum mls_err mls_group_ratchet_tree(const struct mls_group *group, struct mls_buf *out)
{
	return mls_tree_encode(&group->epoch->tree, out);
}

enum mls_err mls_group_info(struct mls_group *group, struct mls_buf *out,
			    const struct mls_group_info_request *request)
{
	const struct mls_client *client = group->client;
	struct mls_group_info_contents contents = {.ratchet_tree = request->ratchet_tree,
						   .more = request->extensions};
	struct mls_codec c = {.out = out};
	uint16_t wire_format = MLS_WIRE_GROUP_INFO;
	struct mls_key *external = NULL;
	const size_t start = out->len;
	enum mls_err err = mls_group_check_active(group);

	if (err)
		return err;
	TRY(mls_extensions_check_given(request->extensions, 0));
	if (request->external_pub) {
		TRY(mls_external_key(client->crypto, &external,
				     &group->epoch->secrets.external_secret));
		contents.external_pub = mls_key_public(external);
	}
	mls_message_header_walk(&c, &wire_format);
	TRY(c.err);
	TRY(mls_group_info_write(client, out, group->epoch, &contents));
out:
	if (err)
		out->len = start;
	mls_key_free(external);
	return err;
}

struct mls_slice mls_group_welcome_extensions(const struct mls_group *group)
{
	return mls_buf_slice(&group->welcome_extensions);
}

struct mls_slice mls_group_id(const struct mls_group *group)
{
	return group->epoch->context.group_id;
}

uint64_t mls_group_epoch(const struct mls_group *group)
{
	return group->epoch->context.epoch;
}

uint16_t mls_group_suite(const struct mls_group *group)
{
	return group->epoch->context.cipher_suite;
}

struct mls_slice mls_group_extensions(const struct mls_group *group)
{
	return group->epoch->context.extensions;
}

uint32_t mls_group_own_leaf(const struct mls_group *group)
{
	return group->epoch->keys.leaf;
}

uint32_t mls_group_n_leaves(const struct mls_group *group)
{
	return mls_tree_n_leaves(&group->epoch->tree);
}

uint32_t mls_group_n_members(const struct mls_group *group)
{
	return mls_tree_n_members(&group->epoch->tree);
}

bool mls_group_is_pending(const struct mls_group *group)
{
	return group->pending != NULL;
}

bool mls_group_member(const struct mls_group *group, struct mls_identity *member, uint32_t leaf)
{
	struct mls_leaf_node node;

	if (mls_tree_leaf_node(&group->epoch->tree, leaf, &node) != MLS_OK)
		return false;
	*member = mls_leaf_node_identity(&node);
	return true;
}

bool mls_group_member_extensions(const struct mls_group *group, struct mls_slice *extensions,
				 uint32_t leaf)
{
	struct mls_leaf_node node;

	if (mls_tree_leaf_node(&group->epoch->tree, leaf, &node) != MLS_OK)
		return false;
	*extensions = node.extensions;
	return true;
}
