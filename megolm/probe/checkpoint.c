#include "crypto.h"
#include "inbound.h"
#include "internal.h"
#include "megolm_probe.h"
#include "pairwise.h"
#include "peer.h"
#include "pickle.h"
#include "room.h"
#include "user.h"
#include <stdlib.h>

static bool holds(struct megolm_pairwise *const *sessions, const struct megolm_pairwise *session)
{
	for (size_t i = 0; i < MEGOLM_MAX_SESSIONS; i++)
		if (sessions[i] == session)
			return true;
	return false;
}

/* Releases each session of `from` that is not in `keep`. */
static void release_others(struct megolm_device *device, struct megolm_pairwise *const *from,
			   struct megolm_pairwise *const *keep)
{
	for (size_t i = 0; i < MEGOLM_MAX_SESSIONS; i++)
		if (from[i] != NULL && !holds(keep, from[i]))
			megolm_pairwise_release(device, from[i]);
}

/* A copy of n items of `size` bytes in place of *old; NULL for none. */
static enum megolm_err replace(void **old, const void *items, size_t n, size_t size)
{
	void *p = NULL;

	if (n > 0) {
		p = malloc(n * size);
		if (p == NULL)
			return MEGOLM_ERR_NOMEM;
		memcpy(p, items, n * size);
	}
	free(*old);
	*old = p;
	return MEGOLM_OK;
}

/* ---- checkpoint ---- */

static enum megolm_err save_peer(struct megolm_device *device, struct megolm_peer *peer)
{
	release_others(device, peer->saved_order, peer->session);
	memcpy(peer->saved_order, peer->session, sizeof peer->session);
	peer->saved_has_recovered = peer->has_recovered;
	peer->saved_recovered_ms = peer->recovered_ms;
	peer->saved_told_no_olm = peer->told_no_olm;
	for (size_t i = 0; i < MEGOLM_MAX_SESSIONS && peer->session[i] != NULL; i++) {
		struct megolm_pairwise *session = peer->session[i];
		enum megolm_err err;
		if (session->saved.p != NULL && !session->touched)
			continue;
		err = megolm_save_session(&session->saved, session->olm);
		if (err != MEGOLM_OK)
			return err;
		session->touched = false;
		session->saved_is_fresh = session->is_fresh;
	}
	return MEGOLM_OK;
}

static enum megolm_err save_inbound(struct megolm_inbound *inbound)
{
	void *seen = inbound->saved_seen;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_inbound_open(inbound));
	TRY(megolm_save_inbound(&inbound->saved, inbound->olm));
	TRY(replace(&seen, inbound->seen, inbound->seen_cap, sizeof *inbound->seen));
	inbound->saved_seen = seen;
	inbound->saved_seen_cap = inbound->seen_cap;
	inbound->saved_n_seen = inbound->n_seen;
	inbound->saved_backed_up = inbound->backed_up;
out:
	return err;
}

static enum megolm_err save_outbound(struct megolm_room *room)
{
	struct megolm_outbound *saved = &room->saved_outbound;

	megolm_outbound_clear(saved);
	if (room->outbound.olm == NULL)
		return MEGOLM_OK;
	memcpy(saved->id, room->outbound.id, sizeof saved->id);
	saved->begun_ms = room->outbound.begun_ms;
	return megolm_save_outbound(&saved->saved, room->outbound.olm);
}

static enum megolm_err save_room(struct megolm_room *room)
{
	void *members = room->saved_member;
	enum megolm_err err = MEGOLM_OK;

	TRY(save_outbound(room));
	TRY(replace(&members, room->member, room->n_members, sizeof *room->member));
	room->saved_member = members;
	room->n_saved_members = room->n_members;
	for (size_t i = 0; i < room->n_inbound; i++)
		TRY(save_inbound(room->inbound[i]));
	room->n_saved_inbound = room->n_inbound;
	room->is_saved = true;
out:
	return err;
}

enum megolm_err megolm_probe_checkpoint(struct megolm_device *device)
{
	enum megolm_err err = MEGOLM_OK;

	device->is_saved = false;
	TRY(megolm_save_account(&device->saved_account, device->account));
	for (size_t i = 0; i < device->n_peers; i++)
		if (device->peer[i] != NULL)
			TRY(save_peer(device, device->peer[i]));
	device->saved_fallback = device->fallback;
	device->n_saved_peers = device->n_peers;
	device->n_saved_users = device->n_users;
	device->saved_n_withheld = device->n_withheld;
	for (struct megolm_room *room = device->room; room != NULL; room = room->next)
		TRY(save_room(room));
	device->is_saved = true;
out:
	return err;
}

/* ---- rollback ---- */

static enum megolm_err restore_peer(struct megolm_device *device, struct megolm_peer *peer)
{
	release_others(device, peer->session, peer->saved_order);
	memcpy(peer->session, peer->saved_order, sizeof peer->session);
	peer->has_recovered = peer->saved_has_recovered;
	peer->recovered_ms = peer->saved_recovered_ms;
	peer->told_no_olm = peer->saved_told_no_olm;
	for (size_t i = 0; i < MEGOLM_MAX_SESSIONS && peer->session[i] != NULL; i++) {
		struct megolm_pairwise *session = peer->session[i];
		enum megolm_err err;
		if (!session->touched)
			continue;
		err = megolm_load_session(session->olm, &session->saved);
		if (err != MEGOLM_OK)
			return err;
		session->touched = false;
		session->is_fresh = session->saved_is_fresh;
	}
	return MEGOLM_OK;
}

static enum megolm_err restore_inbound(struct megolm_inbound *inbound)
{
	void *seen = inbound->seen;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_load_inbound(inbound->olm, &inbound->saved));
	TRY(replace(&seen, inbound->saved_seen, inbound->saved_seen_cap, sizeof *inbound->seen));
	inbound->seen = seen;
	inbound->seen_cap = inbound->saved_seen_cap;
	inbound->n_seen = inbound->saved_n_seen;
	inbound->backed_up = inbound->saved_backed_up;
out:
	return err;
}

static enum megolm_err restore_outbound(struct megolm_room *room)
{
	const struct megolm_outbound *saved = &room->saved_outbound;
	struct megolm_outbound outbound = {.begun_ms = saved->begun_ms};
	void *memory;
	enum megolm_err err;

	megolm_outbound_clear(&room->outbound);
	if (saved->saved.p == NULL)
		return MEGOLM_OK;
	memory = malloc(olm_outbound_group_session_size());
	if (memory == NULL)
		return MEGOLM_ERR_NOMEM;
	memcpy(outbound.id, saved->id, sizeof outbound.id);
	outbound.olm = olm_outbound_group_session(memory);
	err = megolm_load_outbound(outbound.olm, &saved->saved);
	room->outbound = outbound;
	return err;
}

/* There was room for them before, and it has not become less. */
static void restore_members(struct megolm_room *room)
{
	for (size_t i = 0; i < room->n_members; i++)
		room->place[room->member[i].peer->number] = 0;
	room->n_members = room->n_saved_members;
	room->n_lacking = 0;
	for (size_t i = 0; i < room->n_members; i++) {
		room->member[i] = room->saved_member[i];
		room->place[room->member[i].peer->number] = (uint32_t)i + 1;
		room->n_lacking += megolm_member_lacks(&room->member[i]);
	}
}

static enum megolm_err restore_room(struct megolm_room *room)
{
	enum megolm_err err = MEGOLM_OK;

	restore_members(room);
	TRY(restore_outbound(room));
	while (room->n_inbound > room->n_saved_inbound) {
		struct megolm_inbound *inbound = room->inbound[--room->n_inbound];
		struct megolm_name name = {.a = megolm_slice_of(inbound->id)};
		megolm_table_remove(&room->inbound_by_id, &name, inbound);
		megolm_inbound_free(inbound);
	}
	for (size_t i = 0; i < room->n_inbound; i++)
		TRY(restore_inbound(room->inbound[i]));
out:
	return err;
}

static enum megolm_err restore_rooms(struct megolm_device *device)
{
	struct megolm_room **at = &device->room;

	while (*at != NULL) {
		struct megolm_room *room = *at;
		enum megolm_err err;
		if (!room->is_saved) {
			*at = room->next;
			megolm_room_forget(room);
			continue;
		}
		err = restore_room(room);
		if (err != MEGOLM_OK)
			return err;
		at = &room->next;
	}
	return MEGOLM_OK;
}

enum megolm_err megolm_probe_rollback(struct megolm_device *device)
{
	enum megolm_err err = MEGOLM_OK;

	if (!device->is_saved)
		return MEGOLM_ERR_USAGE;
	olm_clear_account(device->account);
	TRY(megolm_load_account(device->account, &device->saved_account));
	device->fallback = device->saved_fallback;
	device->n_withheld = device->saved_n_withheld;
	TRY(restore_rooms(device));
	megolm_users_truncate(device, device->n_saved_users);
	for (size_t i = device->n_peers; i-- > device->n_saved_peers;)
		if (i < device->n_peers && device->peer[i] != NULL)
			megolm_device_forget(device, device->peer[i]);
	for (size_t i = 0; i < device->n_saved_peers; i++)
		if (device->peer[i] != NULL)
			TRY(restore_peer(device, device->peer[i]));
out:
	return err;
}
