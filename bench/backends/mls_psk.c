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

enum gb_status gb_mls_commit_with_psk(struct gb_world *w, uint32_t device, struct mls_group *group,
				      const struct mls_psk_name *psk, struct gb_outbox *out)
{
	const struct mls_commit_request request = {
		.psks = psk,
		.n_psks = 1,
		.without_proposals = true,
		.path_if_required = !w->axes.path,
		.handshake = w->axes.handshake,
	};

	return gb_mls_commit(w, device, group, &request, NULL, out);
}

enum gb_status gb_mls_commit_psk(struct gb_world *w, uint32_t device, struct gb_bytes id,
				 struct gb_outbox *out)
{
	struct mls_group *group = gb_mls_group_of(w, device, "commit_psk");
	const struct mls_psk_name psk = {.id = {id.p, id.len}};

	return group ? gb_mls_commit_with_psk(w, device, group, &psk, out) : GB_REJECTED;
}
