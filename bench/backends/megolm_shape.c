/*
 * Rooms made outside the clock. Each actor gets its Olm sessions with everybody, each made of
 * a real account at the other end, which is dropped again unless it is live; an outbound
 * Megolm session; and, with olm = new, keys that it may claim later. What a member costs an
 * actor in memory: an Olm session of 3.4 kB, its pickle of 0.45 kB, and 1 kB for the device
 * and its keys.
 */
#include "backends/megolm_world.h"
#include "backends/stock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum gb_status out_of_memory(struct gb_world *w)
{
	return gb_megolm_fail(w, GB_FAILED, "out of memory");
}

/* What shape() does for one actor. */
struct actor {
	struct gb_megolm_live *live;
	uint32_t number;
};

/* Whom the actors meet; a dormant device exists meanwhile. */
struct other {
	uint32_t number;
	struct megolm_device *device;
	struct megolm_slice fallback_key; /* where others claim its keys */
	bool is_member;
};

/* What shape() makes of the pairs with a device that is, or is not, a member. */
static bool needs_session(const struct gb_world *w)
{
	return w->olm == GB_MEGOLM_CHAIN || w->olm == GB_MEGOLM_RATCHET;
}

static enum megolm_probe_pair pair_state(const struct gb_world *w)
{
	switch (w->olm) {
	case GB_MEGOLM_CHAIN:
		return MEGOLM_PROBE_CHAIN;
	case GB_MEGOLM_RATCHET:
		return MEGOLM_PROBE_RATCHET;
	case GB_MEGOLM_NEW:
		break;
	}
	return MEGOLM_PROBE_KNOWN;
}

/* Puts a key of `other` by, for the n-th actor to claim. */
static enum gb_status prepare_claim(struct gb_world *w, struct actor *actors, size_t n,
				    const struct other *other)
{
	struct gb_megolm_live *live = actors[n].live;
	size_t cap = megolm_device_one_time_key_max(other->device);
	struct gb_megolm_claimable *ready;

	if (live->claimable == NULL)
		live->claimable = calloc(w->config.capacity, sizeof *live->claimable);
	if (live->claimable == NULL)
		return out_of_memory(w);
	ready = &live->claimable[other->number];
	ready->p = malloc(cap);
	if (ready->p == NULL)
		return out_of_memory(w);
	if (n < GB_MEGOLM_MAX_CLAIMS)
		return gb_megolm_status(
			w,
			megolm_device_new_one_time_key(other->device, ready->p, cap, &ready->len),
			"one-time key");
	if (other->fallback_key.len > cap)
		return gb_megolm_fail(w, GB_FAILED, "a fallback key is too long");
	memcpy(ready->p, other->fallback_key.p, other->fallback_key.len);
	ready->len = other->fallback_key.len;
	return GB_OK;
}

/* Brings an actor and another device into the state of the axis. */
static enum gb_status introduce(struct gb_world *w, struct actor *actors, size_t n,
				const struct other *other)
{
	struct actor *actor = &actors[n];
	uint32_t number = other->number;
	struct megolm_peer *peer;
	enum gb_status status = gb_megolm_status(
		w,
		megolm_probe_introduce(actor->live->device, &peer, other->device, pair_state(w),
				       actor->live->fallback_key, number, actor->number),
		"introducing two devices");

	if (status == GB_OK)
		status = gb_megolm_status(w, gb_megolm_meet_user(w, actor->live, number), "user");
	if (status == GB_OK && w->live[number] != NULL)
		status = gb_megolm_status(w, gb_megolm_meet_user(w, w->live[number], actor->number),
					  "user");
	if (status != GB_OK || !other->is_member)
		return status;
	status = gb_megolm_status(w, megolm_room_add(actor->live->room, peer), "member");
	if (status == GB_OK && w->olm == GB_MEGOLM_NEW)
		status = prepare_claim(w, actors, n, other);
	return status;
}

/*
 * Who comes later brings its keys to the sender that lets it in. The other senders ask the
 * directory, which has the answers ready.
 */
static enum gb_status prepare_answers(struct gb_world *w, struct actor *actors, size_t n,
				      const struct other *other)
{
	enum gb_status status = GB_OK;

	if (w->live[other->number] == NULL)
		status = gb_megolm_keep_upload(w, other->number, megolm_device_keys(other->device));
	for (size_t i = 1; i < n && status == GB_OK && !needs_session(w); i++)
		if (actors[i].number != other->number)
			status = prepare_claim(w, actors, i, other);
	return status;
}

static enum gb_status introduce_to_all(struct gb_world *w, struct actor *actors, size_t n,
				       const struct other *other)
{
	/* Whoever is no member yet is met when it is added, unless sessions are there before. */
	bool meets = other->is_member || needs_session(w);
	enum gb_status status = GB_OK;

	for (size_t i = 0; meets && i < n && status == GB_OK; i++)
		if (actors[i].number != other->number)
			status = introduce(w, actors, i, other);
	if (status == GB_OK && !other->is_member && n > 1)
		status = prepare_answers(w, actors, n, other);
	return status;
}

/* ---- pairs that another process has made ---- */

/* What an actor keeps of a dormant device, in the stock: lengths, then these. */
struct kept_pair {
	struct megolm_slice keys, session, claimable;
};

static struct megolm_slice take(const uint8_t **p, uint32_t len)
{
	struct megolm_slice s = {*p, len};

	*p += len;
	return s;
}

static bool find_pair(int shelf, uint32_t number, struct kept_pair *pair)
{
	struct gb_bytes record;
	uint32_t len[3];
	const uint8_t *p;

	if (!gb_stock_find(shelf, number, &record))
		return false;
	memcpy(len, record.p, sizeof len);
	p = record.p + sizeof len;
	pair->keys = take(&p, len[0]);
	pair->session = take(&p, len[1]);
	pair->claimable = take(&p, len[2]);
	return true;
}

#define MOST_OF_PAIR 8192u

/* What was just made; what does not fit is made again. */
static void keep_pair(struct gb_world *w, int shelf, const struct actor *actor, uint32_t number,
		      struct megolm_slice keys)
{
	struct gb_megolm_ids ids = gb_megolm_ids(w, number);
	struct megolm_peer *peer = megolm_device_find(actor->live->device, ids.user, ids.device);
	const struct gb_megolm_claimable *ready =
		actor->live->claimable != NULL ? &actor->live->claimable[number] : NULL;
	uint8_t record[MOST_OF_PAIR];
	uint32_t len[3] = {(uint32_t)keys.len, 0, ready != NULL ? (uint32_t)ready->len : 0};
	size_t at = sizeof len + keys.len, session = 0;

	if (shelf < 0 || peer == NULL || at + len[2] > sizeof record ||
	    megolm_probe_pair_write(peer, record + at, sizeof record - at - len[2], &session) !=
		    MEGOLM_OK)
		return;
	len[1] = (uint32_t)session;
	memcpy(record, len, sizeof len);
	memcpy(record + sizeof len, keys.p, keys.len);
	if (len[2] > 0)
		memcpy(record + at + session, ready->p, len[2]);
	gb_stock_put(shelf, number, (struct gb_bytes){record, at + session + len[2]});
}

/* A key of a pair that is there already is put by for the actor to claim. */
static enum gb_status keep_claimable(struct gb_world *w, struct gb_megolm_live *live,
				     uint32_t number, struct megolm_slice key)
{
	struct gb_megolm_claimable *ready;

	if (live->claimable == NULL)
		live->claimable = calloc(w->config.capacity, sizeof *live->claimable);
	if (live->claimable == NULL)
		return out_of_memory(w);
	ready = &live->claimable[number];
	ready->p = malloc(key.len);
	if (ready->p == NULL)
		return out_of_memory(w);
	memcpy(ready->p, key.p, key.len);
	ready->len = key.len;
	w->n_claimed[number] = 1;
	return GB_OK;
}

static enum gb_status meet_kept(struct gb_world *w, struct actor *actor, uint32_t number,
				const struct kept_pair *pair, bool is_member)
{
	struct megolm_peer *peer;
	enum gb_status status =
		gb_megolm_status(w,
				 megolm_probe_pair_meet(actor->live->device, &peer, pair->keys,
							pair->session, number),
				 "meeting a device");

	if (status == GB_OK && is_member)
		status = gb_megolm_status(w, megolm_room_add(actor->live->room, peer), "member");
	if (status == GB_OK && pair->claimable.len > 0)
		status = keep_claimable(w, actor->live, number, pair->claimable);
	return status;
}

/* Where one actor meets everybody, pairs depend on nothing but the seed and the two. Making a
 * device also makes what vouches for it. */
static int pairs_of(struct gb_world *w, const struct gb_shape *shape)
{
	char what[64];

	if (shape->n_actors != 1 || w->cross_signed)
		return GB_STOCK_NONE;
	snprintf(what, sizeof what, "pair in state %d with %u", (int)w->olm, shape->actors[0]);
	return gb_megolm_shelf(w, what);
}

/* Its sessions draw from another stream than the one that makes its keys, should it become
 * live. */
static enum gb_status introduce_dormant(struct gb_world *w, struct actor *actors, size_t n,
					struct other *other, int shelf)
{
	uint32_t number = other->number;
	struct megolm_seeded stream;
	struct gb_megolm_upload upload = {0};
	struct megolm_upload parts = {0};
	bool claims = other->is_member ? w->olm == GB_MEGOLM_NEW : !needs_session(w);
	enum gb_status status =
		gb_megolm_account(w, &other->device, &stream, number, claims ? &upload : NULL);

	if (status == GB_OK && claims)
		status = gb_megolm_take_apart(w, &upload, &parts);
	else if (status == GB_OK)
		status = gb_megolm_status(
			w, megolm_seeded_begin(&stream, w->config.seed, "pair", number, 0),
			"randomness");
	other->fallback_key = parts.fallback_keys;
	if (status == GB_OK)
		status = introduce_to_all(w, actors, n, other);
	if (status == GB_OK && claims)
		w->n_claimed[number] =
			(uint16_t)(n < GB_MEGOLM_MAX_CLAIMS ? n : GB_MEGOLM_MAX_CLAIMS);
	if (status == GB_OK)
		keep_pair(w, shelf, &actors[0], number, megolm_device_keys(other->device));
	megolm_device_free(other->device);
	free(upload.p);
	return status;
}

static enum gb_status introduce_device(struct gb_world *w, struct actor *actors, size_t n,
				       uint32_t number, bool is_member, int shelf)
{
	const struct gb_megolm_live *live = w->live[number];
	struct other other = {.number = number, .is_member = is_member};
	struct kept_pair pair;

	if (!is_member && !needs_session(w) && n < 2)
		return GB_OK;
	if (live != NULL) {
		other.device = live->device;
		other.fallback_key = live->fallback_key;
		return introduce_to_all(w, actors, n, &other);
	}
	if (find_pair(shelf, number, &pair))
		return meet_kept(w, &actors[0], number, &pair, is_member);
	return introduce_dormant(w, actors, n, &other, shelf);
}

static enum gb_status begin_actor(struct gb_world *w, struct actor *actor, uint32_t number,
				  const struct gb_shape *shape)
{
	enum gb_status status;

	*actor = (struct actor){.live = w->live[number], .number = number};
	if (actor->live == NULL)
		return gb_megolm_fail(w, GB_FAILED, "actor %u is not live", number);
	status = gb_megolm_enter_room(w, actor->live);
	if (status == GB_OK && !shape->without_group)
		status = gb_megolm_status(w, megolm_room_reserve(actor->live->room, shape->size),
					  "members");
	return status;
}

/* The actor's Megolm session, which every live member has. */
static enum gb_status share(struct gb_world *w, const struct gb_shape *shape, struct actor *actor)
{
	struct gb_megolm_live *from = actor->live;
	enum gb_status status = gb_megolm_status(
		w, megolm_probe_share_silently(from->room, w->now_ms), "Megolm session");

	from->now.knows_members = true;
	if (status == GB_OK)
		status = gb_megolm_begin_history(w, from);
	for (size_t i = 0; i < shape->n_live && status == GB_OK; i++) {
		struct gb_megolm_live *to = w->live[shape->live[i]];
		if (shape->live[i] >= shape->size || to == from)
			continue;
		status = gb_megolm_enter_room(w, to);
		if (status == GB_OK)
			status = gb_megolm_status(w, megolm_probe_import(to->room, from->room),
						  "Megolm session");
	}
	return status;
}

static enum gb_status make_pairs(struct gb_world *w, const struct gb_shape *shape,
				 struct actor *actors)
{
	enum gb_status status = GB_OK;
	uint32_t end = shape->size + shape->joiners;
	int shelf = pairs_of(w, shape);

	for (size_t i = 0; i < shape->n_actors && status == GB_OK; i++)
		status = begin_actor(w, &actors[i], shape->actors[i], shape);
	if (shape->without_group && !needs_session(w) && shape->n_actors < 2)
		return status;
	for (uint32_t d = 0; d < end && status == GB_OK; d++)
		status = introduce_device(w, actors, shape->n_actors, d,
					  d < shape->size && !shape->without_group, shelf);
	for (size_t i = 0; i < shape->n_actors && status == GB_OK && !shape->without_group; i++)
		status = share(w, shape, &actors[i]);
	return status;
}

/* What an actor keeps of one member: an Olm session, its pickle, the device and its keys. */
#define BYTES_OF_PAIR 4900u
#define MOST_BYTES    (UINT64_C(4) << 30)

static enum gb_status may_be_shaped(struct gb_world *w, const struct gb_shape *shape)
{
	uint64_t members = (uint64_t)shape->size + shape->joiners;
	uint64_t bytes = shape->n_actors * members * BYTES_OF_PAIR;

	if (shape->size > w->config.capacity || shape->joiners > w->config.capacity - shape->size)
		return gb_megolm_fail(w, GB_FAILED, "%u members and %u joiners in a world of %u",
				      shape->size, shape->joiners, w->config.capacity);
	if (bytes > MOST_BYTES && shape->n_actors > 1)
		return gb_megolm_fail(
			w, GB_UNSUPPORTED,
			"%zu senders keep %.0f GB of Olm sessions with %llu devices; wanted at "
			"most 4 GiB",
			shape->n_actors, (double)bytes / 1e9, (unsigned long long)members);
	return GB_OK;
}

enum gb_status gb_megolm_shape(struct gb_world *w, const struct gb_shape *shape)
{
	struct actor *actors = calloc(shape->n_actors + 1, sizeof *actors);
	enum gb_status status = may_be_shaped(w, shape);

	if (actors == NULL)
		return out_of_memory(w);
	for (size_t i = 0; i < shape->n_live && status == GB_OK; i++)
		status = gb_megolm_materialise(w, shape->live[i]);
	for (uint32_t d = 0; d < shape->size && status == GB_OK && !shape->without_group; d++)
		w->is_member[d] = true;
	w->has_group = !shape->without_group;
	if (status == GB_OK)
		status = make_pairs(w, shape, actors);
	free(actors);
	return status;
}
