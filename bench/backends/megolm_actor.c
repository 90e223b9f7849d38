/*
 * What a sender does: each operation here is one call under the clock. Whatever can be refused
 * is looked at before anything is sent or changed.
 */
#include "backends/megolm_world.h"
#include <stdlib.h>
#include <string.h>

#define CLAIM_BATCH 250 /* devices in one request, as clients limit them */
/* More than any single to-device message or claim of one device takes. */
#define ONE_MESSAGE 8192

/* What to take back of a peer when a later one is refused. */
enum { LEARNED = 1, OPENED = 2 };

/* Room keys on their way into the outbox. */
struct room_key_sink {
	struct megolm_sink sink; /* first, so that the library's pointer leads back here */
	struct gb_outbox *out;
	uint32_t from;
	uint8_t *reserved;
};

static uint8_t *reserve_room_key(struct megolm_sink *self, size_t max)
{
	struct room_key_sink *s = (struct room_key_sink *)self;

	s->reserved = s->out->reserve(s->out, max);
	return s->reserved;
}

static void commit_room_key(struct megolm_sink *self, const struct megolm_peer *to, size_t len)
{
	struct room_key_sink *s = (struct room_key_sink *)self;
	uint32_t number = (uint32_t)megolm_peer_tag(to);
	struct gb_message m = {.kind = GB_ROOM_KEY,
			       .address = GB_TO_DEVICES,
			       .fanout = GB_FANOUT_CLIENT,
			       .from = s->from,
			       .n_to = 1,
			       .to = &number,
			       .body = {s->reserved, len}};

	s->out->commit(s->out, &m);
}

/* The live device that acts, when it may. */
static enum gb_status actor(struct gb_world *w, uint32_t device, struct gb_outbox *out,
			    struct gb_megolm_live **live)
{
	if (device >= w->config.capacity || w->live[device] == NULL)
		return gb_megolm_fail(w, GB_FAILED, "device %u is not live", device);
	if (!w->has_group || !w->is_member[device])
		return gb_megolm_fail(w, GB_REJECTED, "device %u is not in the room", device);
	if (out->reserve(out, ONE_MESSAGE) == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	*live = w->live[device];
	(*live)->now.fetched = 0;
	return GB_OK;
}

static enum gb_status enter_room(struct gb_world *w, struct gb_megolm_live *live)
{
	if (live->room != NULL)
		return GB_OK;
	live->now.has_room = true;
	return gb_megolm_status(w, megolm_device_room(live->device, &live->room, GB_MEGOLM_ROOM),
				"room");
}

/* ---- what the homeserver tells a device before it sends ---- */

static enum gb_status learn_member(struct gb_world *w, struct gb_megolm_live *live, uint32_t device)
{
	struct gb_megolm_ids ids = gb_megolm_ids(w, device);
	struct megolm_slice keys;
	struct megolm_peer *peer;
	enum megolm_err err;
	enum gb_status status = gb_megolm_query(w, device, &keys);

	if (status != GB_OK)
		return status;
	err = megolm_device_learn(live->device, &peer, keys, ids.user, ids.device, device);
	if (err == MEGOLM_OK)
		err = megolm_room_add(live->room, peer);
	return err == MEGOLM_ERR_ALREADY_MEMBER ? GB_OK : gb_megolm_status(w, err, "member");
}

static enum gb_status forget_member(struct gb_world *w, struct gb_megolm_live *live,
				    uint32_t device)
{
	struct gb_megolm_ids ids = gb_megolm_ids(w, device);
	struct megolm_peer *peer = megolm_device_find(live->device, ids.user, ids.device);
	enum megolm_err err =
		peer != NULL ? megolm_room_remove(live->room, peer) : MEGOLM_ERR_NOT_MEMBER;

	return err == MEGOLM_ERR_NOT_MEMBER ? GB_OK : gb_megolm_status(w, err, "member");
}

static enum gb_status learn_all_members(struct gb_world *w, struct gb_megolm_live *live,
					uint32_t self)
{
	enum gb_status status = GB_OK;

	for (uint32_t d = 0; d < w->config.capacity && status == GB_OK; d++)
		if (w->is_member[d] && d != self)
			status = learn_member(w, live, d);
	return status;
}

/* Who came and went since the device last looked; at first, everybody. */
static enum gb_status catch_up(struct gb_world *w, struct gb_megolm_live *live, uint32_t self)
{
	enum gb_status status = enter_room(w, live);

	if (status == GB_OK && !live->now.knows_members)
		status = learn_all_members(w, live, self);
	else
		for (; live->now.seen < w->n_log && status == GB_OK; live->now.seen++) {
			const struct gb_megolm_change *c = &w->log[live->now.seen];
			if (c->device != self)
				status = c->joined ? learn_member(w, live, c->device)
						   : forget_member(w, live, c->device);
		}
	if (status == GB_OK) {
		live->now.knows_members = true;
		live->now.seen = w->n_log;
	}
	return status;
}

/* ---- Olm sessions ---- */

static int by_number(const void *a, const void *b)
{
	const struct megolm_peer *const *x = a, *const *y = b;
	uint64_t i = megolm_peer_tag(*x), j = megolm_peer_tag(*y);

	return (i > j) - (i < j);
}

static size_t append(uint8_t *out, size_t len, const char *s)
{
	size_t n = strlen(s);

	memcpy(out + len, s, n);
	return len + n;
}

/* A /keys/claim request for n peers; devices of one user follow one another. */
static enum gb_status send_claim(struct gb_world *w, uint32_t from,
				 struct megolm_peer *const *peers, size_t n, struct gb_outbox *out)
{
	struct gb_message m = {.kind = GB_CLAIM,
			       .address = GB_TO_SERVER,
			       .fanout = GB_FANOUT_SERVER,
			       .from = from};
	uint8_t *p = out->reserve(out, 64 + n * (w->user_id_len + 64));
	const char *user = "";
	size_t len;

	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	len = append(p, 0, "{\"one_time_keys\":{");
	for (size_t i = 0; i < n; i++) {
		bool same_user = strcmp(user, megolm_peer_user_id(peers[i])) == 0;
		user = megolm_peer_user_id(peers[i]);
		if (!same_user) {
			len = append(p, len, i > 0 ? "},\"" : "\"");
			len = append(p, len, user);
			len = append(p, len, "\":{");
		}
		len = append(p, len, same_user ? ",\"" : "\"");
		len = append(p, len, megolm_peer_device_id(peers[i]));
		len = append(p, len, "\":\"signed_curve25519\"");
	}
	len = append(p, len, "}}}");
	m.body = (struct gb_bytes){p, len};
	out->commit(out, &m);
	return GB_OK;
}

/* Claims for the n peers in w->peers. */
static enum gb_status send_claims(struct gb_world *w, uint32_t from, size_t n,
				  struct gb_outbox *out)
{
	enum gb_status status = GB_OK;

	if (w->devices_per_user > 1)
		qsort(w->peers, n, sizeof(struct megolm_peer *), by_number);
	for (size_t i = 0; i < n && status == GB_OK; i += CLAIM_BATCH)
		status = send_claim(w, from, w->peers + i,
				    n - i < CLAIM_BATCH ? n - i : CLAIM_BATCH, out);
	return status;
}

/* Takes back what was done for the first n peers in w->peers. */
static enum gb_status undo(struct gb_world *w, struct gb_megolm_live *live, size_t n,
			   enum gb_status status)
{
	while (n-- > 0) {
		if (w->undo[n] & OPENED)
			megolm_device_close_session(live->device, w->peers[n]);
		if (w->undo[n] & LEARNED)
			megolm_device_forget(live->device, w->peers[n]);
	}
	return status;
}

/* An Olm session with everybody who needs the next key; those that were opened are the first
 * *n in w->peers. */
static enum gb_status open_sessions(struct gb_world *w, struct gb_megolm_live *live, size_t *n)
{
	struct megolm_peer *peer;
	size_t i = 0;
	enum gb_status status = gb_megolm_reserve_peers(w, megolm_room_size(live->room));

	*n = 0;
	while (status == GB_OK &&
	       (peer = megolm_room_next_without_session(live->room, &i, 0)) != NULL) {
		struct megolm_slice key;
		status = gb_megolm_claim(w, live, (uint32_t)megolm_peer_tag(peer), &key);
		if (status == GB_OK)
			status = gb_megolm_status(
				w, megolm_device_open_session(live->device, peer, key),
				"claimed key");
		if (status == GB_OK)
			live->now.fetched += key.len;
		w->peers[*n] = peer;
		w->undo[*n] = OPENED;
		*n += status == GB_OK;
	}
	return status == GB_OK ? GB_OK : undo(w, live, *n, status);
}

/* Sends the key of the next message to everybody who lacks it. */
static enum gb_status share(struct gb_world *w, struct gb_megolm_live *live, uint32_t from,
			    struct gb_outbox *out)
{
	struct room_key_sink sink = {
		.sink = {reserve_room_key, commit_room_key}, .out = out, .from = from};
	struct megolm_shared shared = {0};
	size_t n;
	enum gb_status status = open_sessions(w, live, &n);

	if (status == GB_OK)
		status = send_claims(w, from, n, out);
	if (status == GB_OK)
		status = gb_megolm_status(w, megolm_room_share(live->room, &shared, 0, &sink.sink),
					  "room key");
	if (status == GB_OK && shared.new_session)
		live->now.healed = shared.healed;
	return status;
}

/* ---- create and add ---- */

/* Makes a device known from the key material that was fetched of it, and opens a session
 * unless there is one. What is known already costs a comparison. */
static enum gb_status invite(struct gb_world *w, struct gb_megolm_live *live,
			     const struct gb_published *one, size_t at)
{
	struct gb_megolm_ids ids = gb_megolm_ids(w, one->device);
	struct megolm_slice body = {one->body.p, one->body.len}, keys, signed_key;
	struct megolm_peer *peer = megolm_device_find(live->device, ids.user, ids.device);
	enum megolm_err err;

	w->peers[at] = peer;
	w->undo[at] = 0;
	if (peer != NULL && megolm_peer_has_session(peer) && megolm_peer_keys_end(peer, body))
		return GB_OK;
	err = megolm_upload_read(&keys, &signed_key, body);
	if (err != MEGOLM_OK)
		return gb_megolm_status(w, err, "key material");
	w->undo[at] = peer == NULL ? LEARNED : 0;
	err = megolm_device_learn(live->device, &w->peers[at], keys, ids.user, ids.device,
				  one->device);
	if (err != MEGOLM_OK) {
		w->undo[at] = 0;
		return gb_megolm_status(w, err, "device keys");
	}
	if (megolm_peer_has_session(w->peers[at]))
		return GB_OK;
	err = megolm_device_open_session(live->device, w->peers[at], signed_key);
	w->undo[at] |= err == MEGOLM_OK ? OPENED : 0;
	live->now.fetched += err == MEGOLM_OK ? body.len : 0;
	return gb_megolm_status(w, err, "claimed key");
}

static enum gb_status may_join(struct gb_world *w, uint32_t self, uint32_t device)
{
	if (device >= w->config.capacity)
		return gb_megolm_fail(w, GB_FAILED, "device %u: only %u were announced", device,
				      w->config.capacity);
	if (device == self || w->is_member[device])
		return gb_megolm_fail(w, GB_REJECTED, "device %u is in the room already", device);
	return GB_OK;
}

static enum gb_status invite_all(struct gb_world *w, struct gb_megolm_live *live, uint32_t self,
				 const struct gb_published *joining, size_t n)
{
	enum gb_status status = gb_megolm_reserve_peers(w, n);

	for (size_t i = 0; i < n && status == GB_OK; i++) {
		status = may_join(w, self, joining[i].device);
		if (status == GB_OK)
			status = invite(w, live, &joining[i], i);
		if (status != GB_OK)
			return undo(w, live, i + (w->undo[i] != 0), status);
	}
	return status;
}

/* They are in the room from now on, for everybody who asks the homeserver. */
static enum gb_status let_in(struct gb_world *w, struct gb_megolm_live *live,
			     const struct gb_published *joining, size_t n)
{
	enum gb_status status = gb_megolm_reserve_log(w, n);

	for (size_t i = 0; i < n && status == GB_OK; i++) {
		status = gb_megolm_status(w, megolm_room_add(live->room, w->peers[i]), "member");
		if (status == GB_OK)
			gb_megolm_change(w, joining[i].device, true);
	}
	live->now.seen = w->n_log;
	return status;
}

/* Leaves in w->peers those whose keys were claimed. */
static size_t keep_opened(struct gb_world *w, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (w->undo[i] & OPENED)
			w->peers[kept++] = w->peers[i];
	return kept;
}

static enum gb_status admit(struct gb_world *w, struct gb_megolm_live *live, uint32_t self,
			    const struct gb_published *joining, size_t n, struct gb_outbox *out)
{
	enum gb_status status = invite_all(w, live, self, joining, n);

	if (status == GB_OK)
		status = let_in(w, live, joining, n);
	if (status == GB_OK)
		status = send_claims(w, self, keep_opened(w, n), out);
	return status == GB_OK ? share(w, live, self, out) : status;
}

enum gb_status gb_megolm_create(struct gb_world *w, uint32_t device,
				const struct gb_published *others, size_t n, struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status;

	if (w->has_group)
		return gb_megolm_fail(w, GB_FAILED, "a world has one room, and it exists");
	if (device >= w->config.capacity)
		return gb_megolm_fail(w, GB_FAILED, "device %u is not live", device);
	w->has_group = w->is_member[device] = true;
	status = actor(w, device, out, &live);
	if (status == GB_OK)
		status = catch_up(w, live, device);
	if (status == GB_OK)
		status = admit(w, live, device, others, n, out);
	if (status != GB_OK)
		w->has_group = w->is_member[device] = false;
	return status;
}

enum gb_status gb_megolm_add(struct gb_world *w, uint32_t device,
			     const struct gb_published *joining, size_t n, struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status = actor(w, device, out, &live);

	if (status == GB_OK)
		status = catch_up(w, live, device);
	return status == GB_OK ? admit(w, live, device, joining, n, out) : status;
}

/* ---- remove and rekey ---- */

static enum gb_status may_leave(struct gb_world *w, uint32_t self, const uint32_t *leaving,
				size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (leaving[i] >= w->config.capacity || leaving[i] == self ||
		    !w->is_member[leaving[i]])
			return gb_megolm_fail(w, GB_REJECTED, "device %u cannot be removed",
					      leaving[i]);
	return gb_megolm_reserve_log(w, n);
}

enum gb_status gb_megolm_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				size_t n, struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status = actor(w, device, out, &live);

	if (status == GB_OK)
		status = catch_up(w, live, device);
	if (status == GB_OK)
		status = may_leave(w, device, leaving, n);
	for (size_t i = 0; i < n && status == GB_OK; i++) {
		status = forget_member(w, live, leaving[i]);
		gb_megolm_change(w, leaving[i], false);
	}
	if (status != GB_OK)
		return status;
	live->now.seen = w->n_log;
	return share(w, live, device, out);
}

enum gb_status gb_megolm_rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status = actor(w, device, out, &live);

	if (status == GB_OK)
		status = catch_up(w, live, device);
	if (status != GB_OK)
		return status;
	megolm_room_rotate(live->room);
	return share(w, live, device, out);
}

/* ---- send ---- */

static enum gb_status encrypt(struct gb_world *w, struct gb_megolm_live *live, uint32_t from,
			      struct gb_bytes plaintext, struct gb_outbox *out)
{
	static const char type[] = "m.room.message";
	struct gb_message m = {.kind = GB_APPLICATION,
			       .address = GB_TO_GROUP,
			       .fanout = GB_FANOUT_SERVER,
			       .from = from};
	struct megolm_slice content = {w->scratch, gb_megolm_payload_write(w->scratch, plaintext)};
	size_t max = megolm_room_encrypted_max(live->room, sizeof type - 1, content.len);
	uint8_t *p = out->reserve(out, max);
	enum gb_status status;

	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	m.body.p = p;
	status = gb_megolm_status(
		w, megolm_room_encrypt(live->room, p, max, &m.body.len, 0, type, content), "event");
	if (status == GB_OK)
		out->commit(out, &m);
	return status;
}

enum gb_status gb_megolm_share(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status = actor(w, device, out, &live);

	if (status == GB_OK)
		status = catch_up(w, live, device);
	return status == GB_OK ? share(w, live, device, out) : status;
}

enum gb_status gb_megolm_send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
			      struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status = actor(w, device, out, &live);

	if (status == GB_OK)
		status = catch_up(w, live, device);
	if (status == GB_OK && megolm_room_share_due(live->room, 0))
		status = share(w, live, device, out);
	if (status == GB_OK)
		status = gb_megolm_scratch(w, gb_megolm_payload_max(plaintext.len));
	return status == GB_OK ? encrypt(w, live, device, plaintext, out) : status;
}
