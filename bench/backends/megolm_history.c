/*
 * What newcomers may read of the past, the axis `history`. Where it is shared, who invites gives
 * them the keys of the sessions that it knows from their beginning: one encrypted attachment for
 * all of them, and an Olm message to each that tells where it lies and what opens it (E2EE,
 * "Sharing keys between users"; MSC4268).
 */
#include "backends/megolm_world.h"

static const char url[] = "mxc://gb.test/bundle";

enum gb_status gb_megolm_begin_history(struct gb_world *w, struct gb_megolm_live *live)
{
	struct megolm_attachment unused;
	enum gb_status status;
	size_t len;

	if (!w->shared_history)
		return GB_OK;
	/* The own session's key is opened when it is first wanted: not under the clock. */
	status = gb_megolm_scratch(w, megolm_room_bundle_max(live->room));
	return status == GB_OK
		       ? gb_megolm_status(w,
					  megolm_room_bundle_write(live->room, &unused, w->scratch,
								   w->scratch_cap, &len),
					  "history")
		       : status;
}

static enum gb_status send_attachment(struct gb_world *w, struct gb_megolm_live *live,
				      uint32_t from, struct megolm_attachment *attachment,
				      struct gb_outbox *out)
{
	struct gb_message m = {.kind = GB_BACKUP,
			       .address = GB_TO_DEVICES,
			       .fanout = GB_FANOUT_SERVER,
			       .from = from,
			       .n_to = w->n_invitees};
	size_t cap = megolm_room_bundle_max(live->room);
	uint8_t *p = out->reserve(out, cap);
	enum gb_status status = gb_megolm_reserve_devices(w, w->n_invitees);

	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	for (size_t i = 0; status == GB_OK && i < w->n_invitees; i++)
		w->devices[i] = w->invitees[i].device;
	m.body.p = p;
	m.to = w->devices;
	if (status == GB_OK)
		status = gb_megolm_status(
			w, megolm_room_bundle_write(live->room, attachment, p, cap, &m.body.len),
			"history");
	if (status != GB_OK)
		return status;
	m.raw = (uint32_t)m.body.len; /* encrypted as a whole, and uploaded as it is */
	out->commit(out, &m);
	return GB_OK;
}

enum gb_status gb_megolm_give_history(struct gb_world *w, struct gb_megolm_live *live,
				      uint32_t from, struct gb_outbox *out,
				      struct megolm_sink *sink)
{
	struct megolm_attachment attachment;
	enum gb_status status;

	if (!w->shared_history || w->n_invitees == 0)
		return GB_OK;
	status = send_attachment(w, live, from, &attachment, out);
	for (size_t i = 0; i < w->n_invitees && status == GB_OK; i++) {
		struct megolm_peer *peer = w->invitees[i].peer;
		status = gb_megolm_status(
			w, megolm_room_bundle_send(live->room, &attachment, url, peer, sink),
			"history");
	}
	return status;
}

enum gb_status gb_megolm_take_history(struct gb_world *w, struct gb_megolm_live *live,
				      const struct gb_message *m)
{
	struct megolm_attachment attachment;
	struct megolm_imported imported = {0};
	struct gb_megolm_ids from;
	const char *where;
	enum megolm_err err;

	if (live->room == NULL || m->from >= w->config.capacity)
		return gb_megolm_fail(w, GB_REJECTED, "history nobody told of");
	from = gb_megolm_ids(w, m->from);
	if (!megolm_device_bundle(live->device, &attachment, &where, from.user, GB_MEGOLM_ROOM))
		return gb_megolm_fail(w, GB_REJECTED, "history nobody told of");
	err = megolm_room_bundle_read(live->room, &imported, NULL, &attachment, from.user,
				      (struct megolm_slice){m->body.p, m->body.len},
				      &megolm_default_import_limits);
	if (err == MEGOLM_OK && imported.n_refused > 0)
		return gb_megolm_fail(w, GB_REJECTED, "history: %zu sessions are refused",
				      (size_t)imported.n_refused);
	return gb_megolm_status(w, err, "history");
}
