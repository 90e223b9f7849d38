/*
 * Keys of the past, given to another device of the user: asked for and forwarded (E2EE, "Key
 * requests"), or in a file (E2EE, "Key exports"). That the user has verified both devices is taken
 * to be done already.
 */
#include "backends/megolm_world.h"

#include "megolm_withheld.h"
#include <string.h>

#define MOST_REQUESTS 1000 /* that stand at once in the library */
#define CONTENT_BYTES 1024 /* of a request, or of an answer in the clear */

/* The user's other devices, those that exist: in w->devices. */
static enum gb_status find_others(struct gb_world *w, uint32_t device, size_t *n)
{
	uint32_t first = device - device % w->devices_per_user;
	enum gb_status status = gb_megolm_reserve_devices(w, w->devices_per_user);

	*n = 0;
	for (uint32_t i = 0; i < w->devices_per_user && status == GB_OK; i++)
		if (first + i != device && first + i < w->config.capacity)
			w->devices[(*n)++] = first + i;
	return status;
}

static enum gb_status are_of_one_user(struct gb_world *w, uint32_t one, uint32_t other)
{
	if (one / w->devices_per_user == other / w->devices_per_user)
		return GB_OK;
	return gb_megolm_fail(w, GB_UNSUPPORTED, "devices %u and %u are those of two users", one,
			      other);
}

/* The other device as a live one knows it, verified. */
static enum gb_status find_verified(struct gb_world *w, struct gb_megolm_live *live, uint32_t other,
				    struct megolm_peer **peer)
{
	struct gb_megolm_ids ids = gb_megolm_ids(w, other);

	*peer = megolm_device_find(live->device, ids.user, ids.device);
	if (*peer == NULL)
		return gb_megolm_fail(w, GB_FAILED, "device %u is not known", other);
	if (megolm_peer_is_verified(*peer))
		return GB_OK;
	return gb_megolm_status(w, megolm_peer_set_verified(*peer, true), "verified");
}

/* ---- asking ---- */

/* The body of /sendToDevice that brings a content to all devices of the user, which "*" stands for.
 */
static const char before_user[] = "{\"messages\":{\"",
		  before_content[] = "\":{\"*\":", behind[] = "}}}";

static size_t put(uint8_t *out, const char *text)
{
	size_t len = strlen(text);

	memcpy(out, text, len);
	return len;
}

/* The body around a content, which stands behind what is there already. */
static size_t put_before(const struct gb_world *w, uint32_t device, uint8_t *out)
{
	size_t at = put(out, before_user);

	at += put(out + at, gb_megolm_ids(w, device).user);
	return at + put(out + at, before_content);
}

static enum gb_status write_request(struct gb_world *w, struct gb_megolm_live *live,
				    uint32_t device, const struct gb_megolm_old *old, uint8_t *out,
				    size_t *len)
{
	struct megolm_room *room;
	char id[32];
	size_t n, at = put_before(w, device, out);
	enum megolm_err err;

	gb_megolm_old_room_id(id, old->room);
	err = megolm_device_room(live->device, &room, id);
	if (err == MEGOLM_OK)
		err = megolm_room_request_key(room, out + at, CONTENT_BYTES, &n, old->session,
					      old->sender_key);
	if (err != MEGOLM_OK)
		return gb_megolm_status(w, err, "key request");
	at += n;
	*len = at + put(out + at, behind);
	return GB_OK;
}

#define REQUEST_BYTES (CONTENT_BYTES + GB_MEGOLM_MAX_ID + 64)

/* A request to the user's other devices, which are in w->devices. */
static struct gb_message to_others(const struct gb_world *w, uint32_t device, size_t n)
{
	return (struct gb_message){.kind = GB_KEY_REQUEST,
				   .address = GB_TO_DEVICES,
				   .fanout = GB_FANOUT_SERVER,
				   .from = device,
				   .n_to = n,
				   .to = w->devices};
}

/* Room for that many requests at once, so that either all are sent or none. */
static enum gb_status make_room(struct gb_world *w, struct gb_outbox *out, size_t n)
{
	if (n > 0 && out->reserve(out, n * REQUEST_BYTES) == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	return GB_OK;
}

static enum gb_status ask(struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
			  struct gb_outbox *out)
{
	size_t n = 0;
	enum gb_status status = find_others(w, device, &n);
	struct gb_message m = to_others(w, device, n);

	if (status == GB_OK)
		status = make_room(w, out, w->kept.n_old);
	for (uint32_t i = 0; i < w->kept.n_old && status == GB_OK; i++) {
		uint8_t *p = out->reserve(out, REQUEST_BYTES);
		if (p == NULL)
			return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
		status = write_request(w, live, device, &w->kept.old[i], p, &m.body.len);
		m.body.p = p;
		if (status == GB_OK)
			out->commit(out, &m);
	}
	return status;
}

/* The next one, as the body of `m`. */
static enum gb_status send_cancellation(struct gb_world *w, struct gb_megolm_live *live,
					struct gb_message *m, struct gb_outbox *out)
{
	uint8_t *p = out->reserve(out, REQUEST_BYTES);
	bool is_there = false;
	size_t at, len = 0;
	enum megolm_err err;

	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	at = put_before(w, m->from, p);
	err = megolm_device_next_cancellation(live->device, &is_there, p + at, CONTENT_BYTES, &len);
	if (err != MEGOLM_OK || !is_there)
		return gb_megolm_status(w, err, "cancellation");
	m->body = (struct gb_bytes){p, at + len + put(p + at + len, behind)};
	out->commit(out, m);
	return GB_OK;
}

/* Nobody who was asked has to answer any more: clients tell all of them, who has answered too.
 * Once there is room nothing can fail: any cancellation fits into CONTENT_BYTES. */
static enum gb_status cancel(struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
			     struct gb_outbox *out)
{
	size_t n = 0, n_left = megolm_device_n_cancellations(live->device);
	enum gb_status status = find_others(w, device, &n);
	struct gb_message m = to_others(w, device, n);

	if (status == GB_OK)
		status = make_room(w, out, n_left);
	for (; n_left > 0 && status == GB_OK; n_left--)
		status = send_cancellation(w, live, &m, out);
	return status;
}

/* The device has lost its Olm session with the other: it claims a key, begins one, says m.dummy. */
static enum gb_status recover(struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
			      uint32_t holder, struct megolm_peer *peer, struct gb_outbox *out)
{
	struct gb_megolm_sink sink = gb_megolm_sink_to(w, out, device);
	struct megolm_slice key; /* made long ago: that is not this device's work */
	enum gb_status status;

	if (w->live[holder] == NULL)
		return gb_megolm_fail(w, GB_FAILED, "device %u is not live", holder);
	if (!megolm_peer_has_session(peer))
		return gb_megolm_fail(w, GB_UNSUPPORTED,
				      "there is no Olm session to lose: olm is "
				      "chain or ratchet");
	megolm_device_close_session(live->device, peer);
	sink.kind = GB_DUMMY;
	key = w->live[holder]->one_time_key;
	gb_megolm_note_claim(w, holder, key);
	gb_megolm_count_key(live, key.len);
	gb_megolm_count_claims(w, live, &holder, 1);
	status = gb_megolm_status(
		w, megolm_device_recover(live->device, peer, key, w->now_ms, &sink.sink),
		"recovery");
	return status == GB_OK ? gb_megolm_send_claims(w, device, &holder, 1, out) : status;
}

enum gb_status gb_megolm_want(struct gb_world *w, uint32_t device, enum gb_way way, uint32_t holder,
			      struct gb_outbox *out)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	struct megolm_peer *peer;
	enum gb_status status = live != NULL ? GB_OK : GB_FAILED;

	gb_megolm_enter(w);
	if (way == GB_WAY_FILE)
		return gb_megolm_fail(w, GB_FAILED, "nobody asks for what comes this way");
	if (way != GB_WAY_DEHYDRATED && w->kept.n_old > MOST_REQUESTS)
		return gb_megolm_fail(w, GB_UNSUPPORTED, "a device has at most %d requests at once",
				      MOST_REQUESTS);
	if (status == GB_OK)
		status = are_of_one_user(w, device, holder);
	if (status == GB_OK)
		status = find_verified(w, live, holder, &peer);
	if (status != GB_OK)
		return status;
	gb_megolm_forget_fetched(live);
	if (way == GB_WAY_RECOVERED)
		status = recover(w, live, device, holder, peer, out);
	if (status != GB_OK)
		return status;
	return way == GB_WAY_DEHYDRATED ? gb_megolm_dehydrate(w, live, device, out)
					: ask(w, live, device, out);
}

/* ---- giving ---- */

/* The content of a request of a device, which the homeserver names. */
static bool content_of(const struct gb_world *w, const struct gb_message *m,
		       struct megolm_slice *content)
{
	size_t before = sizeof before_user - 1 + strlen(gb_megolm_ids(w, m->from).user) +
			sizeof before_content - 1;

	if (m->kind != GB_KEY_REQUEST || m->body.len < before + sizeof behind - 1)
		return false;
	*content = (struct megolm_slice){m->body.p + before,
					 m->body.len - before - (sizeof behind - 1)};
	return true;
}

enum gb_status gb_megolm_take_event(struct gb_world *w, struct gb_megolm_live *live,
				    const struct gb_message *m, enum megolm_to_device wanted)
{
	struct megolm_slice content;
	enum megolm_to_device what = MEGOLM_OTHER;
	enum gb_status status;
	enum megolm_err err = megolm_device_find_content(
		live->device, &content, (struct megolm_slice){m->body.p, m->body.len});

	if (err == MEGOLM_OK)
		err = megolm_device_receive(live->device, &what, gb_megolm_ids(w, m->from).user,
					    content);
	if (err != MEGOLM_OK)
		return gb_megolm_status(w, err, "to-device message");
	status = gb_megolm_renew_fallback(w, live);
	if (status != GB_OK)
		return status;
	/* Genuine, and read: what is refused is its place here. */
	if (what != wanted && !(what == MEGOLM_KNOWN_KEY && wanted == MEGOLM_FORWARDED_ROOM_KEY))
		return gb_megolm_fail(w, GB_REJECTED, "another event than was expected");
	return GB_OK;
}

static enum gb_status answer(struct gb_world *w, struct gb_megolm_live *live,
			     const struct gb_message *m, struct megolm_sink *sink)
{
	struct megolm_slice content;
	enum megolm_answer what = MEGOLM_ANSWER_CANCELLED;
	uint8_t unavailable[CONTENT_BYTES];
	size_t len;
	enum gb_status status;

	if (!content_of(w, m, &content))
		return gb_megolm_fail(w, GB_REJECTED, "not a key request");
	status = gb_megolm_status(
		w,
		megolm_device_answer_request(live->device, &what, unavailable, sizeof unavailable,
					     &len, gb_megolm_ids(w, m->from).user, content, sink),
		"key request");
	if (status == GB_OK && what != MEGOLM_ANSWER_FORWARDED)
		return gb_megolm_fail(w, GB_REJECTED, "a request for a key that is not here");
	return status;
}

/* An Olm session with the other device, if there is none. */
static enum gb_status meet(struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
			   uint32_t other, struct megolm_peer *peer, struct gb_outbox *out)
{
	enum gb_status status;

	if (megolm_peer_has_session(peer))
		return GB_OK;
	status = gb_megolm_open_session(w, live, peer);
	if (status == GB_OK)
		gb_megolm_count_claims(w, live, &other, 1);
	return status == GB_OK ? gb_megolm_send_claims(w, device, &other, 1, out) : status;
}

static enum gb_status give_forwarded(struct gb_world *w, struct gb_megolm_live *live,
				     uint32_t device, uint32_t reader, const struct gb_message *m,
				     size_t n, struct gb_outbox *out)
{
	struct gb_megolm_sink sink = gb_megolm_sink_to(w, out, device);
	struct megolm_peer *peer = NULL;
	enum gb_status status = find_verified(w, live, reader, &peer);

	if (status == GB_OK)
		status = meet(w, live, device, reader, peer, out);
	for (size_t i = 0; i < n && status == GB_OK; i++)
		status = m[i].kind == GB_DUMMY ? gb_megolm_take_event(w, live, &m[i], MEGOLM_DUMMY)
					       : answer(w, live, &m[i], &sink.sink);
	return status;
}

/* ---- a file ---- */

static const struct megolm_slice passphrase = {(const uint8_t *)"correct horse battery staple", 28};

static const struct megolm_import_limits limits = {
	.max_bytes = (size_t)1 << 30, .max_sessions = 1000000, .max_rounds = UINT32_MAX};

/* All sessions that the device has; who carries the file is not asked. */
static enum gb_status give_file(struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
				uint32_t reader, struct gb_outbox *out)
{
	struct gb_message m = {.kind = GB_BACKUP,
			       .address = GB_TO_DEVICES,
			       .fanout = GB_FANOUT_SERVER,
			       .from = device,
			       .n_to = 1,
			       .to = &reader};
	size_t cap = megolm_key_file_max(live->device);
	uint8_t *p = out->reserve(out, cap);
	enum gb_status status;

	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	status = gb_megolm_status(
		w, megolm_key_file_write(live->device, p, cap, &m.body.len, passphrase, w->rounds),
		"key file");
	if (status != GB_OK)
		return status;
	m.body.p = p;
	m.raw = gb_megolm_raw_file(m.body);
	out->commit(out, &m);
	return GB_OK;
}

static enum gb_status take_file(struct gb_world *w, struct gb_megolm_live *live,
				const struct gb_message *m)
{
	struct megolm_imported count = {0};
	enum megolm_err err = megolm_key_file_read(live->device, &count, NULL,
						   (struct megolm_slice){m->body.p, m->body.len},
						   passphrase, &limits);

	if (err == MEGOLM_OK && count.n_refused > 0)
		return gb_megolm_fail(w, GB_REJECTED,
				      "%zu sessions of the file are not what was put there",
				      count.n_refused);
	return gb_megolm_status(w, err, "key file");
}

enum gb_status gb_megolm_give(struct gb_world *w, uint32_t device, enum gb_way way, uint32_t reader,
			      const struct gb_message *m, size_t n, struct gb_outbox *out)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	enum gb_status status = live != NULL ? GB_OK : GB_FAILED;

	gb_megolm_enter(w);
	if (status != GB_OK)
		return status;
	gb_megolm_forget_fetched(live);
	if (way == GB_WAY_DEHYDRATED)
		return gb_megolm_give_dehydrated(w, live, device, reader, out);
	return way == GB_WAY_FILE ? give_file(w, live, device, reader, out)
				  : give_forwarded(w, live, device, reader, m, n, out);
}

/* ---- taking in ---- */

enum gb_status gb_megolm_take(struct gb_world *w, uint32_t device, enum gb_way way,
			      const struct gb_message *m, size_t n, struct gb_outbox *out)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	enum gb_status status = live != NULL ? GB_OK : GB_FAILED;

	gb_megolm_enter(w);
	if (status == GB_OK && way == GB_WAY_DEHYDRATED)
		return gb_megolm_rehydrate(w, live, device, m, n);
	for (size_t i = 0; i < n && status == GB_OK; i++)
		status = way == GB_WAY_FILE
				 ? take_file(w, live, &m[i])
				 : gb_megolm_take_event(w, live, &m[i], MEGOLM_FORWARDED_ROOM_KEY);
	return status == GB_OK && way != GB_WAY_FILE ? cancel(w, live, device, out) : status;
}
