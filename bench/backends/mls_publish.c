/* What a device puts where others find it: its KeyPackage, and the GroupInfo and the ratchet tree
 * of its group. */
#include "backends/mls_world.h"

/* A live device keeps its key package: an ECDSA signature made again would be another. */
static enum gb_status publish_one(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct mls_slice kept;
	const struct gb_mls_device *live = &w->device[device];
	struct gb_mls_device dormant = {0};
	enum gb_status status;
	enum mls_err err;

	if (live->client && live->key_package.len > 0)
		return gb_mls_post(w, out, gb_mls_to_server(GB_KEY_MATERIAL, device),
				   &live->key_package);
	if (gb_mls_stocked(w, device, &kept)) {
		/* Only read. */
		struct mls_buf b = {.p = (uint8_t *)(uintptr_t)kept.p, .len = kept.len};
		return gb_mls_post(w, out, gb_mls_to_server(GB_KEY_MATERIAL, device), &b);
	}
	err = gb_mls_make_device(w, &dormant, device);
	status = err ? gb_mls_failed(w, "publish", err)
		     : gb_mls_post(w, out, gb_mls_to_server(GB_KEY_MATERIAL, device),
				   &dormant.key_package);
	gb_mls_drop_device(&dormant);
	return status;
}

enum gb_status gb_mls_publish_many(struct gb_world *w, uint32_t first, uint32_t n,
				   struct gb_outbox *out)
{
	for (uint32_t device = first; device < first + n; device++) {
		enum gb_status status = publish_one(w, device, out);

		if (status != GB_OK)
			return status;
	}
	return GB_OK;
}

enum gb_status gb_mls_publish(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	enum gb_status status = gb_mls_materialise(w, device);

	if (status == GB_OK)
		status = gb_mls_keep_key_package(w, device);
	if (status != GB_OK)
		return status;
	return gb_mls_post(w, out, gb_mls_to_server(GB_KEY_MATERIAL, device),
			   &w->device[device].key_package);
}

/* Sends what `write` appends to the scratch buffer. */
static enum gb_status publish_state(struct gb_world *w, uint32_t device, enum gb_kind kind,
				    enum mls_err (*write)(const struct gb_world *,
							  struct mls_group *, struct mls_buf *),
				    struct gb_outbox *out)
{
	struct mls_group *group = gb_mls_group_of(w, device, "publish");
	enum mls_err err;

	if (!group)
		return GB_REJECTED;
	w->scratch.len = 0;
	err = write(w, group, &w->scratch);
	if (err)
		return gb_mls_failed(w, "publish", err);
	return gb_mls_post(w, out, gb_mls_to_server(kind, device), &w->scratch);
}

static enum mls_err write_group_info(const struct gb_world *w, struct mls_group *group,
				     struct mls_buf *out)
{
	struct mls_group_info_request request = {.external_pub = true,
						 .ratchet_tree = w->axes.tree_in_welcome};

	return mls_group_info(group, out, &request);
}

static enum mls_err write_tree(const struct gb_world *w, struct mls_group *group,
			       struct mls_buf *out)
{
	(void)w;
	return mls_group_ratchet_tree(group, out);
}

enum gb_status gb_mls_publish_group_info(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	return publish_state(w, device, GB_GROUP_INFO, write_group_info, out);
}

enum gb_status gb_mls_publish_tree(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	return publish_state(w, device, GB_RATCHET_TREE, write_tree, out);
}
