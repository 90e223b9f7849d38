/*
 * What a new device of a new user uploads (E2EE, "Uploading keys", "Cross-signing"), and that
 * others can reach it by that: they verify what the directory has of it and write to it by each of
 * its keys.
 */
#include "backends/megolm_world.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define MOST_KEYS 100 /* one-time keys that an account of libolm holds */

/* What is uploaded, in this order: the first alone where no user vouches. */
enum { KEYS, CROSS_SIGNING, SIGNATURES, UPLOADS };

/* ---- at the new device ---- */

static enum megolm_err reserve(struct gb_megolm_upload *upload, size_t cap)
{
	upload->p = malloc(cap);
	return upload->p != NULL ? MEGOLM_OK : MEGOLM_ERR_NOMEM;
}

static enum megolm_err make_keys(const struct gb_world *w, struct gb_megolm_live *live,
				 uint32_t device, uint32_t n, struct gb_megolm_upload *upload)
{
	struct megolm_policy policy = gb_megolm_policy(w);
	struct gb_megolm_ids ids = gb_megolm_ids(w, device);
	struct megolm_random random = megolm_seeded_random(&live->stream);
	enum megolm_err err =
		megolm_seeded_begin(&live->stream, w->config.seed, "device", device, 0);
	size_t cap;

	if (err == MEGOLM_OK)
		err = megolm_device_new(&live->device, ids.user, ids.device, &random, &policy);
	if (err != MEGOLM_OK)
		return err;
	cap = megolm_device_upload_max(live->device, n);
	err = reserve(upload, cap);
	return err == MEGOLM_OK
		       ? megolm_device_upload(live->device, upload->p, cap, &upload->len, n, true)
		       : err;
}

/* The user's keys, which sign those of its first device and are signed by it. */
static enum megolm_err vouch(struct gb_megolm_live *live, struct megolm_identity *identity,
			     struct gb_megolm_upload uploads[UPLOADS])
{
	size_t cap = megolm_identity_upload_max(identity);
	struct gb_megolm_upload *keys = &uploads[CROSS_SIGNING], *signatures = &uploads[SIGNATURES];
	enum megolm_err err = reserve(keys, cap);

	if (err == MEGOLM_OK)
		err = megolm_identity_upload(identity, keys->p, cap, &keys->len);
	if (err == MEGOLM_OK)
		err = megolm_device_cross_sign(live->device, identity);
	if (err != MEGOLM_OK)
		return err;
	cap = megolm_signatures_upload_max(identity, live->device);
	err = reserve(signatures, cap);
	return err == MEGOLM_OK ? megolm_signatures_upload(identity, live->device, signatures->p,
							   cap, &signatures->len)
				: err;
}

static enum gb_status send_all(struct gb_world *w, uint32_t device,
			       const struct gb_megolm_upload uploads[UPLOADS],
			       struct gb_outbox *out)
{
	size_t total = 0;

	for (int i = 0; i < UPLOADS; i++)
		total += uploads[i].len;
	if (out->reserve(out, total) == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	for (int i = 0; i < UPLOADS && uploads[i].len > 0; i++) {
		struct gb_message m = gb_megolm_to_server(GB_KEY_MATERIAL, device);
		uint8_t *p = out->reserve(out, uploads[i].len);
		memcpy(p, uploads[i].p, uploads[i].len);
		m.body = (struct gb_bytes){p, uploads[i].len};
		m.raw = gb_megolm_raw_upload(m.body);
		out->commit(out, &m);
	}
	return GB_OK;
}

static enum gb_status may_enrol(struct gb_world *w, uint32_t device, uint32_t n)
{
	if (device >= w->config.capacity || w->live[device] != NULL ||
	    device % w->devices_per_user != 0)
		return gb_megolm_fail(w, GB_FAILED,
				      "device %u is not the first of a user that nobody knows",
				      device);
	if (n > MOST_KEYS)
		return gb_megolm_fail(w, GB_UNSUPPORTED,
				      "an account of libolm holds at most %d one-time keys",
				      MOST_KEYS);
	return GB_OK;
}

enum gb_status gb_megolm_enrol(struct gb_world *w, uint32_t device, uint32_t n,
			       struct gb_outbox *out)
{
	struct gb_megolm_live *live = NULL;
	struct gb_megolm_upload uploads[UPLOADS] = {0};
	enum gb_status status = may_enrol(w, device, n);
	enum megolm_err err = MEGOLM_OK;

	gb_megolm_enter(w);
	if (status != GB_OK)
		return status;
	live = calloc(1, sizeof *live);
	if (live == NULL)
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	err = make_keys(w, live, device, n, &uploads[KEYS]);
	if (err == MEGOLM_OK && w->cross_signed)
		err = gb_megolm_new_identity(w, device, &live->identity);
	if (err == MEGOLM_OK && w->cross_signed)
		err = vouch(live, live->identity, uploads);
	status = gb_megolm_status(w, err, "keys of a new device");
	if (status == GB_OK)
		status = send_all(w, device, uploads, out);
	if (status == GB_OK) {
		w->live[device] = live;
		w->live_devices[w->n_live++] = device;
	} else {
		gb_megolm_free_live(w, live);
	}
	for (int i = 0; i < UPLOADS; i++)
		free(uploads[i].p);
	return status;
}

/* ---- at who reaches it ---- */

/* What the directory says of a device: the keys that it uploaded, with all signatures on them. */
struct entry {
	char *device_keys, *master, *self_signing, *user_signing; /* canonical JSON */
	struct megolm_upload upload;
};

static void clear(struct entry *e)
{
	free(e->device_keys);
	free(e->master);
	free(e->self_signing);
	free(e->user_signing);
}

static json_t *parse(struct megolm_slice text)
{
	return json_loadb((const char *)text.p, text.len, 0, NULL);
}

static char *canonical(const json_t *json)
{
	return json != NULL ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
}

static struct megolm_slice body_of(const struct gb_message *m)
{
	return (struct megolm_slice){m->body.p, m->body.len};
}

static struct megolm_slice text_of(const char *text)
{
	return (struct megolm_slice){(const uint8_t *)text, strlen(text)};
}

/* As the homeserver puts the signatures that came later to those that were there. */
static bool make_entry(struct entry *e, const struct gb_megolm_ids *ids, const struct gb_message *m,
		       size_t n)
{
	json_t *keys, *cross_signing = NULL, *signatures = NULL, *master, *later;
	const char *name;
	bool vouched = n == UPLOADS, is_complete;

	if (n == 0 || megolm_upload_read(&e->upload, body_of(&m[KEYS])) != MEGOLM_OK)
		return false;
	keys = parse(e->upload.device_keys);
	if (vouched) {
		cross_signing = parse(body_of(&m[CROSS_SIGNING]));
		signatures = parse(body_of(&m[SIGNATURES]));
		master = json_object_get(cross_signing, "master_key");
		json_object_foreach(json_object_get(signatures, ids->user), name, later)
			json_object_update_recursive(strcmp(name, ids->device) == 0 ? keys : master,
						     later);
		e->master = canonical(master);
		e->self_signing = canonical(json_object_get(cross_signing, "self_signing_key"));
		e->user_signing = canonical(json_object_get(cross_signing, "user_signing_key"));
	}
	e->device_keys = canonical(keys);
	is_complete = e->device_keys != NULL &&
		      (!vouched ||
		       (e->master != NULL && e->self_signing != NULL && e->user_signing != NULL));
	json_decref(keys);
	json_decref(cross_signing);
	json_decref(signatures);
	return is_complete;
}

static enum megolm_err find_key(struct gb_world *w, const struct entry *e, uint32_t i,
				struct megolm_slice *key)
{
	if (i >= gb_megolm_count_keys(e->upload.one_time_keys) && i != GB_LAST_RESORT)
		return MEGOLM_ERR_ONE_TIME_KEY;
	if (i == GB_LAST_RESORT) {
		*key = e->upload.fallback_keys;
		return key->len > 0 ? MEGOLM_OK : MEGOLM_ERR_ONE_TIME_KEY;
	}
	return gb_megolm_nth_key(w, e->upload.one_time_keys, i, key) == GB_OK ? MEGOLM_OK
									      : MEGOLM_ERR_NOMEM;
}

/* Verifies all there is, also what homeservers do, and says m.dummy. What it learned is forgotten
 * by the caller. */
static enum megolm_err say(struct gb_world *w, struct gb_megolm_live *live, const struct entry *e,
			   uint32_t other, uint32_t i, struct megolm_peer **peer,
			   struct megolm_sink *sink)
{
	struct gb_megolm_ids ids = gb_megolm_ids(w, other);
	struct megolm_slice key;
	enum megolm_err err = MEGOLM_OK;

	if (e->master != NULL)
		err = megolm_device_learn_user(live->device, text_of(e->master),
					       text_of(e->self_signing), ids.user);
	if (err == MEGOLM_OK)
		err = megolm_device_learn(live->device, peer, text_of(e->device_keys), ids.user,
					  ids.device, other);
	if (err == MEGOLM_OK && e->master != NULL)
		err = megolm_device_check_user_signing_key(live->device, text_of(e->user_signing),
							   ids.user);
	if (err == MEGOLM_OK && e->master != NULL)
		err = megolm_device_check_master_key(live->device, *peer, text_of(e->master));
	if (err == MEGOLM_OK)
		err = find_key(w, e, i, &key);
	if (err == MEGOLM_OK)
		err = megolm_device_open_session(live->device, *peer, key);
	return err == MEGOLM_OK ? megolm_device_send_dummy(live->device, *peer, sink) : err;
}

enum gb_status gb_megolm_reach(struct gb_world *w, uint32_t device, uint32_t other, uint32_t i,
			       const struct gb_message *m, size_t n, struct gb_outbox *out)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	struct gb_megolm_sink sink = gb_megolm_sink_to(w, out, device);
	struct gb_megolm_ids ids = gb_megolm_ids(w, other);
	struct megolm_peer *peer = NULL;
	struct entry entry = {0};
	enum gb_status status;

	gb_megolm_enter_untimed(w);
	if (live == NULL)
		return GB_FAILED;
	sink.kind = GB_DUMMY;
	status = make_entry(&entry, &ids, m, n)
			 ? gb_megolm_status(w, say(w, live, &entry, other, i, &peer, &sink.sink),
					    "reaching a new device")
			 : gb_megolm_fail(w, GB_REJECTED, "no key material of a device");
	if (peer != NULL)
		megolm_device_forget(live->device, peer);
	if (megolm_device_knows_user(live->device, ids.user))
		megolm_device_forget_user(live->device, ids.user);
	clear(&entry);
	return status;
}

enum gb_status gb_megolm_reached(struct gb_world *w, uint32_t device, const struct gb_message *m)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	struct gb_megolm_ids from = gb_megolm_ids(w, m->from);
	struct megolm_peer *peer;
	struct megolm_slice keys;
	enum megolm_err err;
	enum gb_status status;

	if (live == NULL)
		return GB_FAILED;
	status = gb_megolm_query(w, m->from, &keys);
	gb_megolm_enter_untimed(w);
	if (status != GB_OK)
		return status;
	err = gb_megolm_meet_user(w, live, m->from);
	if (err == MEGOLM_OK && w->without_device_keys)
		err = megolm_device_learn(live->device, &peer, keys, from.user, from.device,
					  m->from);
	return err == MEGOLM_OK ? gb_megolm_take_event(w, live, m, MEGOLM_DUMMY)
				: gb_megolm_status(w, err, "who writes to a new device");
}
