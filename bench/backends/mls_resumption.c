/* Resumption PSKs: a commit that takes one in, and a group that goes on as another. */
#include "backends/mls_world.h"

enum gb_status gb_mls_commit_resumption(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct mls_group *group = gb_mls_group_of(w, device, "commit_resumption");
	struct mls_psk_name psk = {{0}, {0}, 0};

	if (!group)
		return GB_REJECTED;
	psk.group_id = mls_group_id(group);
	psk.epoch = mls_group_epoch(group);
	return gb_mls_commit_with_psk(w, device, group, &psk, out);
}

enum gb_status gb_mls_reinit(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct mls_group *group = gb_mls_group_of(w, device, "reinit");
	const struct mls_reinit_parameters next = {
		.group_id = {w->group_id, sizeof(w->group_id)},
		.suite = w->axes.suite,
	};
	const struct mls_commit_request request = {
		.reinit = &next,
		.without_proposals = true,
		.path_if_required = !w->axes.path,
		.handshake = w->axes.handshake,
	};

	if (!group)
		return GB_REJECTED;
	/* An id of this world that no group had: a number in its first four bytes. */
	for (size_t i = 0; i < 4 && ++w->group_id[i] == 0; i++)
		;
	return gb_mls_commit(w, device, group, &request, NULL, out);
}

enum gb_status gb_mls_succeed(struct gb_world *w, uint32_t device,
			      const struct gb_published *others, size_t n, struct gb_outbox *out)
{
	struct mls_group *old = w->device[device].group, *group = NULL;
	struct mls_reinit_parameters next;
	enum gb_status status;
	enum mls_err err;

	if (!old || w->device[device].was_removed || !mls_group_reinit(old, &next))
		return gb_mls_refused(w, "succeed", "the group was not shut down");
	err = mls_group_create_successor(w->device[device].client, &group, old,
					 MLS_SUCCESSION_REINIT, (struct mls_slice){0},
					 (struct mls_slice){0});
	if (err)
		return gb_mls_failed(w, "succeed", err);
	status = gb_mls_commit_adds(w, device, group, others, n, out);
	if (status != GB_OK) {
		mls_group_free(group);
		return status;
	}
	mls_group_free(old);
	w->device[device].group = group;
	return GB_OK;
}
