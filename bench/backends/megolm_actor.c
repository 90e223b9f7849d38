/*
 * What a sender does: each operation here is one call under the clock. Whatever can be refused
 * is looked at before anything is sent or changed.
 */
#include "backends/megolm_world.h"
#include "megolm_withheld.h"
#include <stdlib.h>
#include <string.h>

/* More than any single to-device message or claim of one device takes. */
#define ONE_MESSAGE 8192

static uint8_t *reserve_to_device(struct megolm_sink *self, size_t max)
{
	struct gb_megolm_sink *s = (struct gb_megolm_sink *)self;

	s->reserved = s->out->reserve(s->out, max);
	return s->reserved;
}

/* Bytes that a message, whose body is {"messages":{USER:{DEVICE:CONTENT}}}, adds to the body
 * of the request it travels in: no second frame, and the name of a user once. */
static size_t bytes_in_request(struct gb_megolm_sink *s, uint32_t to, size_t len)
{
	static const char frame[] = "{\"messages\":{}}", around_user[] = "\"\":{}", comma[] = ",";
	bool is_withheld = s->sink.is_withheld;
	struct gb_megolm_request *request = is_withheld ? &s->withheld : &s->encrypted;
	uint32_t *last = &s->w->last_request[2 * (to / s->w->devices_per_user) + is_withheld];
	bool is_first = request->n++ % GB_MEGOLM_BATCH == 0, has_user;

	if (is_first)
		request->number = ++s->w->n_requests;
	has_user = *last == request->number;
	*last = request->number;
	if (!is_first)
		len -= sizeof frame - sizeof comma;
	return has_user ? len - (sizeof around_user - 1) - s->w->user_id_len : len;
}

static void commit_to_device(struct megolm_sink *self, const struct megolm_peer *to, size_t len)
{
	struct gb_megolm_sink *s = (struct gb_megolm_sink *)self;
	uint32_t number = (uint32_t)megolm_peer_tag(to);
	struct gb_message m = {.kind = self->is_withheld ? GB_WITHHELD : s->kind,
			       .address = GB_TO_DEVICES,
			       .fanout = GB_FANOUT_CLIENT,
			       .from = s->from,
			       .n_to = 1,
			       .to = &number,
			       .body = {s->reserved, len},
			       .uploaded = (uint32_t)bytes_in_request(s, number, len)};

	/* What is in the clear is made of names. */
	if (!self->is_withheld)
		m.raw = gb_megolm_raw_to_device(m.body, &s->around);
	s->out->commit(s->out, &m);
}

struct gb_megolm_sink gb_megolm_sink_to(struct gb_world *w, struct gb_outbox *out, uint32_t from)
{
	return (struct gb_megolm_sink){
		.sink = {.reserve = reserve_to_device, .commit = commit_to_device},
		.kind = GB_ROOM_KEY,
		.w = w,
		.out = out,
		.from = from};
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
	gb_megolm_forget_fetched(*live);
	return GB_OK;
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
	if (megolm_device_find(live->device, ids.user, ids.device) == NULL)
		w->queried[w->n_queried++] = device;
	err = gb_megolm_meet_user(w, live, device);
	if (err == MEGOLM_OK)
		err = megolm_device_learn(live->device, &peer, keys, ids.user, ids.device, device);
	if (err == MEGOLM_OK)
		err = megolm_room_add(live->room, peer);
	return err == MEGOLM_ERR_ALREADY_MEMBER ? GB_OK : gb_megolm_status(w, err, "member");
}

/* Who was never met here may have had a key all the same. */
static void forget_member(struct gb_world *w, struct gb_megolm_live *live, uint32_t device)
{
	struct gb_megolm_ids ids = gb_megolm_ids(w, device);
	struct megolm_peer *peer = megolm_device_find(live->device, ids.user, ids.device);

	if (peer != NULL)
		megolm_room_remove(live->room, peer);
	else
		megolm_room_rotate(live->room);
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
	enum gb_status status = gb_megolm_enter_room(w, live);

	w->n_queried = 0;
	if (status == GB_OK && !live->now.knows_members)
		status = learn_all_members(w, live, self);
	else
		for (; live->now.seen < w->n_log && status == GB_OK; live->now.seen++) {
			const struct gb_megolm_change *c = &w->log[live->now.seen];
			if (c->device == self)
				continue;
			if (c->joined)
				status = learn_member(w, live, c->device);
			else
				forget_member(w, live, c->device);
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
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

enum gb_status gb_megolm_open_session(struct gb_world *w, struct gb_megolm_live *live,
				      struct megolm_peer *peer)
{
	struct megolm_slice key;
	enum gb_status status = gb_megolm_claim(w, live, (uint32_t)megolm_peer_tag(peer), &key);

	if (status != GB_OK)
		return status;
	gb_megolm_count_key(live, key.len);
	status = gb_megolm_status(w, megolm_device_open_session(live->device, peer, key),
				  "claimed key");
	if (status == GB_OK)
		gb_megolm_note_claim(w, (uint32_t)megolm_peer_tag(peer), key);
	return status;
}

/* An Olm session with everybody who needs the next key; those that were opened are the first
 * *n in w->peers, and in w->devices. */
static enum gb_status open_sessions(struct gb_world *w, struct gb_megolm_live *live, size_t *n)
{
	struct megolm_peer *peer;
	size_t i = 0, size = megolm_room_size(live->room);
	enum gb_status status = gb_megolm_reserve_devices(w, size);

	*n = 0;
	while (status == GB_OK &&
	       (peer = megolm_room_next_without_session(live->room, &i, w->now_ms)) != NULL) {
		status = gb_megolm_open_session(w, live, peer);
		w->peers[*n] = peer;
		w->devices[*n] = (uint32_t)megolm_peer_tag(peer);
		*n += status == GB_OK;
	}
	for (; status != GB_OK && *n > 0; w->claims.n--)
		megolm_device_close_session(live->device, w->peers[--*n]);
	return status;
}

/* Sends the key of the next message to everybody who lacks it. */
static enum gb_status share(struct gb_world *w, struct gb_megolm_live *live, uint32_t from,
			    struct gb_outbox *out)
{
	struct gb_megolm_sink sink = gb_megolm_sink_to(w, out, from);
	struct megolm_shared shared = {0};
	size_t n;
	enum gb_status status = open_sessions(w, live, &n);

	if (status == GB_OK)
		status = gb_megolm_send_queries(w, from, w->queried, w->n_queried, out);
	if (status == GB_OK)
		gb_megolm_count_queries(w, live, w->queried, w->n_queried);
	w->n_queried = 0;
	if (status == GB_OK) {
		/* Devices of one user follow one another. */
		if (n > 1)
			qsort(w->devices, n, sizeof *w->devices, by_number);
		gb_megolm_count_claims(w, live, w->devices, n);
		status = gb_megolm_send_claims(w, from, w->devices, n, out);
	}
	if (status == GB_OK)
		status = gb_megolm_status(
			w, megolm_room_share(live->room, &shared, w->now_ms, &sink.sink),
			"room key");
	if (status == GB_OK && shared.new_session)
		live->now.healed = shared.healed;
	return status;
}

/* ---- create and add ---- */

/* They are in the room from now on, for everybody who asks the homeserver. */
static enum gb_status let_in(struct gb_world *w, struct gb_megolm_live *live)
{
	enum gb_status status = gb_megolm_reserve_log(w, w->n_invitees);

	for (size_t i = 0; i < w->n_invitees && status == GB_OK; i++) {
		status = gb_megolm_status(w, megolm_room_add(live->room, w->invitees[i].peer),
					  "member");
		if (status == GB_OK)
			gb_megolm_change(w, w->invitees[i].device, true);
	}
	live->now.seen = w->n_log;
	return status;
}

static enum gb_status encrypt_room_keys(struct gb_world *w, struct gb_megolm_live *live,
					uint32_t self, struct gb_outbox *out)
{
	enum gb_status status = let_in(w, live);

	return status == GB_OK ? share(w, live, self, out) : status;
}

/* The requests leave last, for a call that is refused must have sent nothing. */
static enum gb_status admit(struct gb_world *w, struct gb_megolm_live *live, uint32_t self,
			    const struct gb_published *joining, size_t n, struct gb_outbox *out)
{
	enum gb_status status = gb_megolm_invite(w, live, self, joining, n);

	if (status == GB_OK)
		status = gb_megolm_invite_answer(w, live);
	if (status == GB_OK)
		status = gb_megolm_invite_verify(w, live);
	if (status == GB_OK)
		status = gb_megolm_invite_sessions(w, live);
	if (status != GB_OK)
		return gb_megolm_uninvite(w, live, status);
	status = gb_megolm_invite_ask(w, self, out);
	return status == GB_OK ? encrypt_room_keys(w, live, self, out) : status;
}

static enum gb_status begin_room(struct gb_world *w, uint32_t device, struct gb_outbox *out,
				 struct gb_megolm_live **live)
{
	enum gb_status status;

	if (w->has_group)
		return gb_megolm_fail(w, GB_FAILED, "a world has one room, and it exists");
	if (device >= w->config.capacity)
		return gb_megolm_fail(w, GB_FAILED, "device %u is not live", device);
	w->has_group = w->is_member[device] = true;
	status = actor(w, device, out, live);
	return status == GB_OK ? catch_up(w, *live, device) : status;
}

enum gb_status gb_megolm_create(struct gb_world *w, uint32_t device,
				const struct gb_published *others, size_t n, struct gb_outbox *out)
{
	bool had_group = w->has_group;
	struct gb_megolm_live *live;
	enum gb_status status = begin_room(w, device, out, &live);

	if (status == GB_OK)
		status = admit(w, live, device, others, n, out);
	if (status != GB_OK && !had_group && device < w->config.capacity)
		w->has_group = w->is_member[device] = false;
	return status;
}

/* The first part of create(), which asks the directory and takes its answers apart. */
static enum gb_status claim(struct gb_world *w, uint32_t device, const struct gb_published *others,
			    size_t n, struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status = begin_room(w, device, out, &live);

	if (status == GB_OK)
		status = gb_megolm_invite(w, live, device, others, n);
	if (status == GB_OK)
		status = gb_megolm_invite_answer(w, live);
	return status == GB_OK ? gb_megolm_invite_ask(w, device, out) : status;
}

enum gb_status gb_megolm_create_part(struct gb_world *w, uint32_t device, enum gb_part part,
				     const struct gb_published *others, size_t n,
				     struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status;

	if (part == GB_PART_CLAIM)
		return claim(w, device, others, n, out);
	status = actor(w, device, out, &live);
	if (status == GB_OK && w->n_invitees != n)
		return gb_megolm_fail(w, GB_FAILED, "a part of create without those before it");
	if (status != GB_OK)
		return status;
	switch (part) {
	case GB_PART_VERIFY:
		return gb_megolm_invite_verify(w, live);
	case GB_PART_SESSION:
		return gb_megolm_invite_sessions(w, live);
	case GB_PART_ENCRYPT:
		return encrypt_room_keys(w, live, device, out);
	case GB_PART_CLAIM:
	case GB_PARTS:
		break;
	}
	return gb_megolm_fail(w, GB_FAILED, "no such part of create");
}

enum gb_status gb_megolm_add(struct gb_world *w, uint32_t device,
			     const struct gb_published *joining, size_t n, struct gb_outbox *out)
{
	struct gb_megolm_sink sink = gb_megolm_sink_to(w, out, device);
	struct gb_megolm_live *live;
	enum gb_status status = actor(w, device, out, &live);

	if (status == GB_OK && w->shared_history && !w->cross_signed)
		status = gb_megolm_fail(w, GB_UNSUPPORTED,
					"history is shared with cross-signed devices only");
	if (status == GB_OK)
		status = catch_up(w, live, device);
	if (status == GB_OK)
		status = admit(w, live, device, joining, n, out);
	sink.kind = GB_ROOM_KEY_BUNDLE; /* by this sink nothing else goes */
	return status == GB_OK ? gb_megolm_give_history(w, live, device, out, &sink.sink) : status;
}

/* ---- remove, withhold and rekey ---- */

static enum gb_status are_others(struct gb_world *w, uint32_t self, const uint32_t *members,
				 size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (members[i] >= w->config.capacity || members[i] == self ||
		    !w->is_member[members[i]])
			return gb_megolm_fail(w, GB_REJECTED, "device %u is no other member",
					      members[i]);
	return GB_OK;
}

enum gb_status gb_megolm_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				size_t n, struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status = actor(w, device, out, &live);

	if (status == GB_OK)
		status = catch_up(w, live, device);
	if (status == GB_OK)
		status = are_others(w, device, leaving, n);
	if (status == GB_OK)
		status = gb_megolm_reserve_log(w, n);
	for (size_t i = 0; i < n && status == GB_OK; i++) {
		forget_member(w, live, leaving[i]);
		gb_megolm_change(w, leaving[i], false);
	}
	if (status != GB_OK)
		return status;
	live->now.seen = w->n_log;
	return share(w, live, device, out);
}

/* The session that they can read ends with the first of them. */
static enum gb_status keep_from(struct gb_world *w, struct gb_megolm_live *live, uint32_t member,
				enum gb_reason reason)
{
	static const enum megolm_withheld codes[GB_REASONS] = {
		[GB_REASON_BLACKLISTED] = MEGOLM_BLACKLISTED,
		[GB_REASON_UNVERIFIED] = MEGOLM_UNVERIFIED,
	};
	struct gb_megolm_ids ids = gb_megolm_ids(w, member);
	struct megolm_peer *peer = megolm_device_find(live->device, ids.user, ids.device);

	if (peer == NULL)
		return gb_megolm_fail(w, GB_FAILED, "device %u is not known", member);
	return gb_megolm_status(w, megolm_room_withhold(live->room, peer, codes[reason]),
				"withholding");
}

enum gb_status gb_megolm_withhold(struct gb_world *w, uint32_t device, enum gb_reason reason,
				  const uint32_t *members, size_t n, struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status;

	gb_megolm_enter(w);
	status = actor(w, device, out, &live);
	if (status == GB_OK)
		status = catch_up(w, live, device);
	if (status == GB_OK)
		status = are_others(w, device, members, n);
	for (size_t i = 0; i < n && status == GB_OK; i++)
		status = keep_from(w, live, members[i], reason);
	return status == GB_OK ? share(w, live, device, out) : status;
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
		w, megolm_room_encrypt(live->room, p, max, &m.body.len, w->now_ms, type, content),
		"event");
	if (status != GB_OK)
		return status;
	m.raw = gb_megolm_raw_event(m.body);
	out->commit(out, &m);
	return GB_OK;
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
	if (status == GB_OK && megolm_room_share_due(live->room, w->now_ms))
		status = share(w, live, device, out);
	if (status == GB_OK)
		status = gb_megolm_scratch(w, gb_megolm_payload_max(plaintext.len));
	return status == GB_OK ? encrypt(w, live, device, plaintext, out) : status;
}
