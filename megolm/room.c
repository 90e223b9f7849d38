#include "room.h"

#include "crypto.h"
#include "inbound.h"
#include "internal.h"
#include <stdlib.h>

static bool has_id(const void *entry, const struct megolm_name *name)
{
	const struct megolm_room *room = entry;

	return megolm_equals(name->a, room->id);
}

struct megolm_room *megolm_room_find(const struct megolm_device *device, struct megolm_slice id)
{
	struct megolm_name name = {.a = id};

	return megolm_table_find(&device->room_by_id, &name, has_id);
}

enum megolm_err megolm_room_new(struct megolm_device *device, struct megolm_room **out,
				struct megolm_slice id)
{
	struct megolm_room *room;
	enum megolm_err err;

	if (!megolm_is_identifier(id, '!'))
		return MEGOLM_ERR_IDENTIFIER;
	err = megolm_table_reserve(&device->room_by_id, device->room_by_id.n + 1);
	if (err != MEGOLM_OK)
		return err;
	room = calloc(1, sizeof *room);
	if (room == NULL)
		return MEGOLM_ERR_NOMEM;
	room->device = device;
	memcpy(room->id, id.p, id.len);
	memcpy(room->inbound_by_id.key, device->peer_by_id.key, sizeof room->inbound_by_id.key);
	*out = room;
	return MEGOLM_OK;
}

void megolm_room_link(struct megolm_room *room)
{
	struct megolm_device *device = room->device;
	struct megolm_name name = {.a = megolm_slice_of(room->id)};

	room->next = device->room;
	device->room = room;
	megolm_table_put(&device->room_by_id, &name, room);
}

void megolm_room_forget(struct megolm_room *room)
{
	struct megolm_device *device = room->device;
	struct megolm_name name = {.a = megolm_slice_of(room->id)};

	megolm_table_remove(&device->room_by_id, &name, room);
	megolm_room_free(room);
}

enum megolm_err megolm_device_room(struct megolm_device *device, struct megolm_room **out,
				   const char *room_id)
{
	struct megolm_room *room = megolm_room_find(device, megolm_slice_of(room_id));
	enum megolm_err err = MEGOLM_OK;

	if (room == NULL) {
		err = megolm_room_new(device, &room, megolm_slice_of(room_id));
		if (err == MEGOLM_OK)
			megolm_room_link(room);
	}
	if (err == MEGOLM_OK)
		*out = room;
	return err;
}

void megolm_outbound_clear(struct megolm_outbound *outbound)
{
	if (outbound->olm != NULL)
		olm_clear_outbound_group_session(outbound->olm);
	free(outbound->olm);
	megolm_wipe_free(outbound->saved.p, outbound->saved.len);
	*outbound = (struct megolm_outbound){0};
}

void megolm_room_free(struct megolm_room *room)
{
	for (size_t i = 0; i < room->n_inbound; i++)
		megolm_inbound_free(room->inbound[i]);
	free(room->inbound);
	megolm_table_free(&room->inbound_by_id);
	megolm_outbound_clear(&room->outbound);
	megolm_outbound_clear(&room->saved_outbound);
	free(room->member);
	free(room->saved_member);
	free(room->place);
	free(room);
}

/* ---- members ---- */

static enum megolm_err reserve_places(struct megolm_room *room, size_t n)
{
	uint32_t *larger;

	if (n <= room->place_cap)
		return MEGOLM_OK;
	n += n / 2;
	larger = calloc(n, sizeof *larger);
	if (larger == NULL)
		return MEGOLM_ERR_NOMEM;
	if (room->place_cap > 0)
		memcpy(larger, room->place, room->place_cap * sizeof *larger);
	free(room->place);
	room->place = larger;
	room->place_cap = n;
	return MEGOLM_OK;
}

static enum megolm_err reserve_members(struct megolm_room *room, size_t n)
{
	struct megolm_member *larger;

	if (n <= room->members_cap)
		return MEGOLM_OK;
	n += n / 2;
	larger = calloc(n, sizeof *larger);
	if (larger == NULL)
		return MEGOLM_ERR_NOMEM;
	if (room->n_members > 0)
		memcpy(larger, room->member, room->n_members * sizeof *larger);
	free(room->member);
	room->member = larger;
	room->members_cap = n;
	return MEGOLM_OK;
}

enum megolm_err megolm_room_reserve(struct megolm_room *room, size_t n)
{
	enum megolm_err err = reserve_members(room, n);

	return err != MEGOLM_OK ? err : reserve_places(room, n);
}

static size_t place_of(const struct megolm_room *room, const struct megolm_peer *peer)
{
	return peer->number < room->place_cap ? room->place[peer->number] : 0;
}

enum megolm_err megolm_room_add(struct megolm_room *room, struct megolm_peer *peer)
{
	enum megolm_err err;

	if (place_of(room, peer) != 0)
		return MEGOLM_ERR_ALREADY_MEMBER;
	err = reserve_members(room, room->n_members + 1);
	if (err == MEGOLM_OK)
		err = reserve_places(room, (size_t)peer->number + 1);
	if (err != MEGOLM_OK)
		return err;
	room->member[room->n_members++] = (struct megolm_member){.peer = peer};
	room->place[peer->number] = (uint32_t)room->n_members;
	room->n_lacking++;
	return MEGOLM_OK;
}

struct megolm_member *megolm_room_member(struct megolm_room *room, const struct megolm_peer *peer)
{
	size_t place = place_of(room, peer);

	return place != 0 ? &room->member[place - 1] : NULL;
}

void megolm_room_remove(struct megolm_room *room, const struct megolm_peer *peer)
{
	size_t place = place_of(room, peer);
	struct megolm_member *member, *last;

	/* Not only of who was sent the key: others may have handed it on. */
	if (room->outbound.olm != NULL)
		megolm_room_rotate(room);
	if (place == 0)
		return;
	member = &room->member[place - 1];
	last = &room->member[room->n_members - 1];
	room->n_lacking -= megolm_member_lacks(member);
	room->place[peer->number] = 0;
	if (member != last) {
		*member = *last;
		room->place[member->peer->number] = (uint32_t)place;
	}
	room->n_members--;
}

size_t megolm_room_size(const struct megolm_room *room)
{
	return room->n_members;
}

/* ---- the outbound session ---- */

void megolm_room_rotate(struct megolm_room *room)
{
	megolm_outbound_clear(&room->outbound);
	for (size_t i = 0; i < room->n_members; i++)
		room->member[i].has_key = room->member[i].is_told = false;
	room->n_lacking = room->n_members;
}

uint32_t megolm_room_index(const struct megolm_room *room)
{
	return room->outbound.olm != NULL
		       ? olm_outbound_group_session_message_index(room->outbound.olm)
		       : 0;
}

/* A leave has ended the session already. */
bool megolm_room_rotation_due(const struct megolm_room *room, uint64_t now_ms)
{
	const struct megolm_policy *policy = &room->device->policy;

	if (room->outbound.olm == NULL)
		return true;
	if (policy->rotation_period_msgs > 0 &&
	    megolm_room_index(room) >= policy->rotation_period_msgs)
		return true;
	return policy->rotation_period_ms > 0 && now_ms >= room->outbound.begun_ms &&
	       now_ms - room->outbound.begun_ms >= policy->rotation_period_ms;
}

bool megolm_room_share_due(const struct megolm_room *room, uint64_t now_ms)
{
	return room->n_lacking > 0 || megolm_room_rotation_due(room, now_ms);
}

static enum megolm_err init_outbound(struct megolm_device *device, struct megolm_outbound *out)
{
	struct megolm_entropy random = {0};
	OlmOutboundGroupSession *olm = out->olm;
	size_t len;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_draw(device, &random, olm_init_outbound_group_session_random_length(olm)));
	TRY(megolm_olm_outbound(olm,
				olm_init_outbound_group_session(olm, random.bytes, random.len)));
	len = olm_outbound_group_session_id_length(olm);
	if (len != MEGOLM_KEY_CHARS)
		FAIL(MEGOLM_ERR_OLM);
	TRY(megolm_olm_outbound(olm, olm_outbound_group_session_id(olm, (uint8_t *)out->id, len)));
out:
	megolm_wipe(&random, sizeof random);
	return err;
}

static enum megolm_err session_key(OlmOutboundGroupSession *olm, uint8_t *out, size_t cap,
				   size_t *len)
{
	size_t n = olm_outbound_group_session_key_length(olm);
	enum megolm_err err;

	if (n > cap)
		return MEGOLM_ERR_OUTPUT;
	err = megolm_olm_outbound(olm, olm_outbound_group_session_key(olm, out, n));
	if (err == MEGOLM_OK)
		*len = n;
	return err;
}

enum megolm_err megolm_room_session_key(struct megolm_room *room, uint8_t *out, size_t cap,
					size_t *len)
{
	return room->outbound.olm != NULL ? session_key(room->outbound.olm, out, cap, len)
					  : MEGOLM_ERR_USAGE;
}

struct megolm_slice megolm_room_first_key(const struct megolm_room *room)
{
	const struct megolm_inbound *own =
		megolm_inbound_find(room, megolm_slice_of(room->outbound.id));

	return own != NULL ? megolm_slice(own->session_key.p, own->session_key.len)
			   : megolm_slice(NULL, 0);
}

/* The own messages come back as everybody's do; the key for them is opened when one does. */
static enum megolm_err keep_own_key(struct megolm_room *room, const struct megolm_outbound *own)
{
	uint8_t key[512];
	size_t len = 0;
	struct megolm_inbound *inbound = NULL;
	enum megolm_err err = MEGOLM_OK;

	TRY(session_key(own->olm, key, sizeof key, &len));
	TRY(megolm_inbound_new_unopened(&inbound, megolm_slice_of(own->id),
					megolm_slice(key, len)));
	inbound->shared_history = room->shared_history;
	TRY(megolm_inbound_enter(room, inbound));
	inbound = NULL;
out:
	megolm_inbound_free(inbound);
	megolm_wipe(key, len);
	return err;
}

enum megolm_err megolm_room_begin_session(struct megolm_room *room, uint64_t now_ms)
{
	struct megolm_outbound next = {.begun_ms = now_ms};
	void *memory = malloc(olm_outbound_group_session_size());
	enum megolm_err err = MEGOLM_OK;

	if (memory == NULL)
		return MEGOLM_ERR_NOMEM;
	next.olm = olm_outbound_group_session(memory);
	TRY(init_outbound(room->device, &next));
	TRY(keep_own_key(room, &next));
	megolm_room_rotate(room);
	room->outbound = next;
	next = (struct megolm_outbound){0};
out:
	megolm_outbound_clear(&next);
	return err;
}

/* The newest session of a device; of the own device the outbound one, as long as there is one. */
static struct megolm_inbound *newest_session(const struct megolm_room *room, const char *user_id,
					     const char *device_id)
{
	const struct megolm_device *device = room->device;
	bool is_own =
		strcmp(user_id, device->user_id) == 0 && strcmp(device_id, device->device_id) == 0;
	const struct megolm_peer *sender =
		is_own ? NULL : megolm_device_find(device, user_id, device_id);
	struct megolm_inbound *newest = NULL;

	if (!is_own && sender == NULL)
		return NULL;
	if (is_own && room->outbound.olm != NULL)
		return megolm_inbound_find(room, megolm_slice_of(room->outbound.id));
	for (size_t i = 0; i < room->n_inbound; i++) {
		struct megolm_inbound *inbound = room->inbound[i];
		/* What was imported has no sender either. */
		if (inbound->sender != sender ||
		    (is_own &&
		     strcmp(megolm_inbound_curve25519(room, inbound), device->curve25519) != 0))
			continue;
		if (newest == NULL || inbound->arrival > newest->arrival)
			newest = inbound;
	}
	return newest;
}

const char *megolm_room_session_id(const struct megolm_room *room, const char *user_id,
				   const char *device_id)
{
	const struct megolm_inbound *session = newest_session(room, user_id, device_id);

	return session != NULL ? session->id : NULL;
}

enum megolm_err megolm_room_first_index(const struct megolm_room *room, uint32_t *index,
					const char *user_id, const char *device_id)
{
	struct megolm_inbound *session = newest_session(room, user_id, device_id);
	enum megolm_err err;

	if (session == NULL)
		return MEGOLM_ERR_UNKNOWN_SESSION;
	err = megolm_inbound_open(session);
	if (err == MEGOLM_OK)
		*index = olm_inbound_group_session_first_known_index(session->olm);
	return err;
}
