/*
 * Keys of the past. A device holds sessions that somebody began who is gone, in ten rooms;
 * it uploads them in requests of 100, as clients do; the homeserver answers another device of
 * its user, which has the key of the backup.
 */
#include "backends/megolm_world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 100 /* sessions in one request */
#define ROOMS 10  /* when there are as many sessions */

/* The key of the backup: any 32 bytes, the same for all runs. */
static const uint8_t secret[MEGOLM_BACKUP_KEY_BYTES] = {
	0x67, 0x72, 0x6f, 0x75, 0x70, 0x62, 0x65, 0x6e, 0x63, 0x68, 0x20,
	0x62, 0x61, 0x63, 0x6b, 0x75, 0x70, 0x20, 0x6b, 0x65, 0x79, 0x20,
	0x6f, 0x66, 0x20, 0x61, 0x20, 0x75, 0x73, 0x65, 0x72, 0x2e};

static const struct megolm_import_limits limits = {
	.max_bytes = (size_t)1 << 30, .max_sessions = 1000000, .max_rounds = 1};

void gb_megolm_old_room_id(char out[32], uint32_t i)
{
	snprintf(out, 32, "!old%u:gb.test", i);
}

/* Uploads what is missing, at most n sessions, into the outbox or, without one, nowhere. */
static enum gb_status upload(struct gb_world *w, struct gb_megolm_live *live, uint32_t from,
			     struct gb_outbox *out)
{
	struct gb_message m = gb_megolm_to_server(GB_BACKUP, from);
	size_t cap = megolm_backup_upload_max(live->device, BATCH), n = 0;
	enum gb_status status = out == NULL ? gb_megolm_scratch(w, cap) : GB_OK;
	uint8_t *p = out != NULL ? out->reserve(out, cap) : w->scratch;

	if (status != GB_OK || p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "no room for a backup");
	status = gb_megolm_status(
		w,
		megolm_backup_upload(w->kept.backup, live->device, p, cap, &m.body.len, &n, BATCH),
		"backup");
	if (status != GB_OK)
		return status;
	megolm_backup_confirm(live->device);
	m.body.p = p;
	m.raw = gb_megolm_raw_backup(m.body, n);
	if (out != NULL)
		out->commit(out, &m);
	return GB_OK;
}

enum gb_status gb_megolm_backup(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	enum gb_status status = live != NULL ? GB_OK : GB_FAILED;

	while (status == GB_OK && megolm_backup_missing(live->device) > 0)
		status = upload(w, live, device, out);
	return status;
}

/* ---- history ---- */

/* Who began the sessions of the past. */
struct former {
	struct megolm_seeded stream;
	struct megolm_device *device;
};

static enum gb_status open_former(struct gb_world *w, struct former *f, struct gb_megolm_live *live)
{
	struct megolm_policy policy = {.max_content = GB_MEGOLM_MAX_EVENT};
	struct megolm_random random = megolm_seeded_random(&f->stream);
	struct megolm_peer *peer;
	enum megolm_err err = megolm_seeded_begin(&f->stream, w->config.seed, "former", 0, 0);

	if (err == MEGOLM_OK)
		err = megolm_device_new(&f->device, "@former:gb.test", "FORMERDEVI", &random,
					&policy);
	if (err == MEGOLM_OK)
		err = megolm_probe_introduce(live->device, &peer, f->device, MEGOLM_PROBE_KNOWN,
					     (struct megolm_slice){0}, w->config.capacity, 0);
	return gb_megolm_status(w, err, "a former member");
}

enum gb_status gb_megolm_send_old(struct gb_world *w, struct megolm_room *room, uint32_t from,
				  struct gb_bytes plaintext, struct gb_outbox *out)
{
	struct gb_message m = gb_megolm_to_server(GB_APPLICATION, from);
	enum gb_status status = gb_megolm_scratch(w, gb_megolm_payload_max(plaintext.len));
	struct megolm_slice content;
	uint8_t *p;
	size_t cap;

	if (status != GB_OK)
		return status;
	content.p = w->scratch;
	content.len = gb_megolm_payload_write(w->scratch, plaintext);
	cap = megolm_room_encrypted_max(room, strlen("m.room.message"), content.len);
	p = out->reserve(out, cap);
	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	m.body.p = p;
	status = gb_megolm_status(
		w, megolm_room_encrypt(room, p, cap, &m.body.len, 0, "m.room.message", content),
		"old message");
	if (status != GB_OK)
		return status;
	m.raw = gb_megolm_raw_event(m.body);
	out->commit(out, &m);
	return GB_OK;
}

/* A session of the former member, its key given to the device; *room is where it was used. */
static enum gb_status add_session(struct gb_world *w, struct former *f, struct gb_megolm_live *live,
				  uint32_t i, struct megolm_room **room)
{
	struct megolm_room *here;
	char id[32];
	enum megolm_err err;

	gb_megolm_old_room_id(id, i);
	err = megolm_device_room(f->device, room, id);
	if (err == MEGOLM_OK)
		err = megolm_device_room(live->device, &here, id);
	if (err == MEGOLM_OK)
		err = megolm_probe_share_silently(*room, 0);
	if (err == MEGOLM_OK)
		err = megolm_probe_import(here, *room);
	return gb_megolm_status(w, err, "a session of the past");
}

static void note(struct gb_megolm_old *old, const struct former *f, const struct megolm_room *room,
		 uint32_t room_number)
{
	old->room = room_number;
	snprintf(old->sender_key, sizeof old->sender_key, "%s",
		 megolm_device_curve25519(f->device));
	snprintf(old->session, sizeof old->session, "%s",
		 megolm_room_session_id(room, "@former:gb.test", "FORMERDEVI"));
}

static bool keep_said(struct gb_megolm_kept *kept, struct gb_bytes plaintext)
{
	free(kept->said);
	kept->said_len = plaintext.len;
	kept->said = malloc(plaintext.len + 1);
	if (kept->said == NULL)
		return false;
	memcpy(kept->said, plaintext.p, plaintext.len);
	return true;
}

static enum gb_status make_history(struct gb_world *w, struct former *f,
				   struct gb_megolm_live *live, uint32_t device, uint32_t n,
				   uint32_t n_old, struct gb_bytes plaintext, struct gb_outbox *out)
{
	uint32_t n_sent = 0;
	enum gb_status status = GB_OK;

	free(w->kept.old);
	w->kept.old = calloc(n, sizeof *w->kept.old);
	if (w->kept.old == NULL || !keep_said(&w->kept, plaintext))
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	w->kept.n_old = n;
	w->kept.n_rooms = n < ROOMS ? 1 : ROOMS;
	for (uint32_t i = 0; i < n && status == GB_OK; i++) {
		uint64_t next_old = (uint64_t)n_sent * n / (n_old > 0 ? n_old : 1);
		uint32_t room_number = (uint32_t)((uint64_t)i * w->kept.n_rooms / n);
		struct megolm_room *room = NULL;
		status = add_session(w, f, live, room_number, &room);
		if (status == GB_OK)
			note(&w->kept.old[i], f, room, room_number);
		if (status != GB_OK || n_sent == n_old || i < next_old)
			continue;
		status = gb_megolm_send_old(w, room, device, plaintext, out);
		n_sent++;
	}
	return status;
}

enum gb_status gb_megolm_history(struct gb_world *w, uint32_t device, uint32_t n, uint32_t n_old,
				 struct gb_bytes plaintext, struct gb_outbox *out)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	struct former f = {0};
	enum gb_status status = live != NULL ? GB_OK : GB_FAILED;

	if (status == GB_OK && w->kept.backup == NULL)
		status = gb_megolm_status(
			w, megolm_backup_open(&w->kept.backup, w->kept.algorithm, secret, "1"),
			"backup");
	/* What it has already is in the backup. */
	while (status == GB_OK && megolm_backup_missing(live->device) > 0)
		status = upload(w, live, device, NULL);
	if (status == GB_OK)
		status = open_former(w, &f, live);
	if (status == GB_OK)
		status = make_history(w, &f, live, device, n, n_old, plaintext, out);
	megolm_device_free(f.device);
	return status;
}

/* ---- the homeserver ---- */

/* Finds `name` in s from *at on; moves *at behind it. */
static bool find(struct gb_bytes s, size_t *at, const char *name)
{
	size_t n = strlen(name);

	for (; *at + n <= s.len; ++*at)
		if (memcmp(s.p + *at, name, n) == 0) {
			*at += n;
			return true;
		}
	return false;
}

/* The object that begins at `at`, without its braces, if one does and ends. */
static bool inside_object(struct gb_bytes s, size_t at, struct gb_bytes *out)
{
	const uint8_t *behind;

	if (at >= s.len || s.p[at] != '{')
		return false;
	behind = gb_megolm_end_of_object(s.p + at, s.p + s.len);
	if (behind == NULL)
		return false;
	*out = (struct gb_bytes){s.p + at + 1, (size_t)(behind - (s.p + at)) - 2};
	return true;
}

/* What an upload has for the scope: the inside of an object. */
static bool find_scope(const struct gb_world *w, struct gb_bytes upload, enum gb_scope scope,
		       struct gb_bytes *out)
{
	char name[80], id[32];
	size_t at = 0;

	if (scope == GB_SCOPE_ALL)
		return inside_object(upload, 0, out);
	gb_megolm_old_room_id(id, 0);
	snprintf(name, sizeof name, scope == GB_SCOPE_ROOM ? "\"%s\":{\"sessions\":" : "\"%s\":",
		 scope == GB_SCOPE_ROOM ? id : w->kept.old[0].session);
	return find(upload, &at, name) && inside_object(upload, at, out);
}

static size_t count_sessions(struct gb_bytes s)
{
	size_t n = 0, at = 0;

	while (find(s, &at, "\"ciphertext\":"))
		n++;
	return n;
}

/* One answer an upload: pages of what the specification gives in one. */
static enum gb_status answer(struct gb_world *w, uint32_t from, uint32_t reader,
			     enum gb_scope scope, struct gb_bytes found, struct gb_outbox *out)
{
	const char *before = scope == GB_SCOPE_ROOM ? "{\"sessions\":{" : "{";
	const char *behind = scope == GB_SCOPE_ROOM ? "}}" : "}";
	size_t n = strlen(before), m = strlen(behind);
	struct gb_message message = {.kind = GB_BACKUP,
				     .address = GB_TO_DEVICES,
				     .fanout = GB_FANOUT_SERVER,
				     .from = from,
				     .to = &reader,
				     .n_to = 1};
	uint8_t *p = out->reserve(out, n + found.len + m);

	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	memcpy(p, before, n);
	memcpy(p + n, found.p, found.len);
	memcpy(p + n + found.len, behind, m);
	message.body = (struct gb_bytes){p, n + found.len + m};
	message.raw = gb_megolm_raw_backup(message.body, count_sessions(message.body));
	out->commit(out, &message);
	return GB_OK;
}

enum gb_status gb_megolm_stored(struct gb_world *w, uint32_t device, uint32_t reader,
				enum gb_scope scope, const struct gb_message *m, size_t n,
				struct gb_outbox *out)
{
	enum gb_status status = GB_OK;

	for (size_t i = 0; i < n && status == GB_OK; i++) {
		struct gb_bytes found;
		if (find_scope(w, m[i].body, scope, &found))
			status = answer(w, device, reader, scope, found, out);
	}
	return status;
}

/* ---- at the new device ---- */

enum gb_status gb_megolm_restore(struct gb_world *w, uint32_t device, enum gb_scope scope,
				 const struct gb_message *m, size_t n)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	struct megolm_imported count;
	char room[32];
	enum gb_status status = live != NULL ? GB_OK : GB_FAILED;

	gb_megolm_old_room_id(room, 0);
	for (size_t i = 0; i < n && status == GB_OK; i++) {
		status = gb_megolm_status(
			w,
			megolm_backup_restore(w->kept.backup, live->device, &count,
					      (struct megolm_slice){m[i].body.p, m[i].body.len},
					      scope != GB_SCOPE_ALL ? room : NULL,
					      scope == GB_SCOPE_ONE ? w->kept.old[0].session : NULL,
					      &limits),
			"backup");
		if (status == GB_OK && count.n_refused > 0)
			status = gb_megolm_fail(w, GB_REJECTED,
						"%zu sessions of the backup are "
						"not what was put there",
						count.n_refused);
	}
	return status;
}

/* What a dehydrated device was sent the key of. */
static enum megolm_err read_dry(struct gb_world *w, struct gb_megolm_live *live,
				const struct gb_message *m, struct megolm_event *event)
{
	struct megolm_room *room;
	enum megolm_err err = megolm_device_room(live->device, &room, GB_MEGOLM_DRY_ROOM);

	if (err != MEGOLM_OK)
		return err;
	return megolm_room_decrypt(room, event, gb_megolm_ids(w, m->from).user,
				   gb_megolm_event_id(m).text,
				   (struct megolm_slice){m->body.p, m->body.len});
}

/* A homeserver says which room an event is of; here each is tried. */
enum gb_status gb_megolm_read_old(struct gb_world *w, uint32_t device, const struct gb_message *m,
				  struct gb_bytes *plaintext)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	struct megolm_event event;
	enum megolm_err err = MEGOLM_ERR_UNKNOWN_SESSION;
	enum gb_status status = live != NULL ? GB_OK : GB_FAILED;

	for (uint32_t i = 0; i < w->kept.n_rooms && status == GB_OK; i++) {
		struct megolm_room *room;
		char id[32];
		gb_megolm_old_room_id(id, i);
		err = megolm_device_room(live->device, &room, id);
		if (err == MEGOLM_OK)
			err = megolm_room_decrypt(room, &event, "@former:gb.test",
						  gb_megolm_event_id(m).text,
						  (struct megolm_slice){m->body.p, m->body.len});
		if (err != MEGOLM_ERR_UNKNOWN_SESSION)
			break;
	}
	if (status == GB_OK && err == MEGOLM_ERR_UNKNOWN_SESSION)
		err = read_dry(w, live, m, &event);
	if (status == GB_OK)
		status = gb_megolm_status(w, err, "old message");
	return status == GB_OK ? gb_megolm_payload_take(w, plaintext, event.content) : status;
}
