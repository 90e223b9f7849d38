/* External pre-shared keys, and a commit that takes one in. */
#include "backends/mls_world.h"

enum gb_status gb_mls_set_psk(struct gb_world *w, uint32_t device, struct gb_bytes id,
			      struct gb_bytes psk)
{
	enum mls_err err;

	if (!w->device[device].client)
		return gb_mls_refused(w, "set_psk", "not live");
	err = mls_client_set_psk(w->device[device].client, (struct mls_slice){id.p, id.len},
				 (struct mls_slice){psk.p, psk.len});
	return err ? gb_mls_failed(w, "set_psk", err) : GB_OK;
}

enum gb_status gb_mls_commit_psk(struct gb_world *w, uint32_t device, struct gb_bytes id,
				 struct gb_outbox *out)
{
	const struct gb_message message = {.kind = GB_COMMIT,
					   .address = GB_TO_GROUP,
					   .fanout = GB_FANOUT_SERVER,
					   .from = device};
	const struct mls_psk_name psk = {.id = {id.p, id.len}};
	const struct mls_commit_request request = {
		.psks = &psk,
		.n_psks = 1,
		.without_proposals = true,
		.path_if_required = !w->axes.path,
		.handshake = w->axes.handshake,
	};
	struct mls_commit_output output = {.commit = &w->scratch};
	struct gb_mls_device *d = &w->device[device];
	enum gb_status status;
	enum mls_err err;

	if (!d->group || d->was_removed)
		return gb_mls_refused(w, "commit_psk", "not a member");
	w->scratch.len = 0;
	err = mls_group_commit(d->group, &output, &request);
	if (err)
		return gb_mls_failed(w, "commit_psk", err);
	status = gb_mls_post(w, out, message, &w->scratch);
	if (status != GB_OK)
		mls_group_discard(d->group);
	return status;
}
