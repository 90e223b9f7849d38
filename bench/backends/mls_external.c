/* A device that makes itself a member. */
#include "backends/mls_world.h"

enum gb_status gb_mls_join_external(struct gb_world *w, uint32_t device, const struct gb_message *m,
				    size_t n, struct gb_outbox *out)
{
	const struct gb_message commit = {.kind = GB_COMMIT,
					  .address = GB_TO_GROUP,
					  .fanout = GB_FANOUT_SERVER,
					  .from = device};
	struct gb_mls_device *d = &w->device[device];
	struct mls_external_request request = {0};
	struct mls_group *group = NULL;
	enum gb_status status;
	enum mls_err err;

	if (d->group && !d->was_removed)
		return gb_mls_refused(w, "join_external", "the device has a group");
	if (n > 1)
		request.ratchet_tree = (struct mls_slice){m[1].body.p, m[1].body.len};
	w->scratch.len = 0;
	err = mls_group_join_external(d->client, &group, &w->scratch,
				      (struct mls_slice){m[0].body.p, m[0].body.len}, &request);
	if (err)
		return gb_mls_failed(w, "join_external", err);
	status = gb_mls_post(w, out, commit, &w->scratch);
	if (status != GB_OK) {
		mls_group_free(group);
		return status;
	}
	mls_group_free(d->group);
	d->group = group;
	d->was_removed = false;
	return GB_OK;
}
