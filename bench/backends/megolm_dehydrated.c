/*
 * A device that the homeserver keeps in the place of one that is not there (MSC3814): made by a
 * device of the user, sent room keys by others, read in the end.
 */
#include "backends/megolm_world.h"
#include <stdlib.h>
#include <string.h>

/* Which encrypts it: any 32 bytes, which the user's devices share. */
static const uint8_t secret[MEGOLM_DEHYDRATION_KEY_BYTES] = {
	0x67, 0x72, 0x6f, 0x75, 0x70, 0x62, 0x65, 0x6e, 0x63, 0x68, 0x20,
	0x64, 0x65, 0x68, 0x79, 0x64, 0x72, 0x61, 0x74, 0x69, 0x6f, 0x6e,
	0x20, 0x6b, 0x65, 0x79, 0x20, 0x6f, 0x66, 0x20, 0x6d, 0x65};

void gb_megolm_dry_clear(struct gb_megolm_dry *dry)
{
	free(dry->upload);
	*dry = (struct gb_megolm_dry){0};
}

/* ---- made ---- */

static enum gb_status keep(struct gb_world *w, uint8_t **kept, size_t *len, struct gb_bytes body)
{
	*kept = malloc(body.len);
	if (*kept == NULL)
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	memcpy(*kept, body.p, body.len);
	*len = body.len;
	return GB_OK;
}

static enum gb_status send_upload(struct gb_world *w, struct megolm_device *dry, uint32_t from,
				  struct gb_outbox *out)
{
	struct gb_message m = gb_megolm_to_server(GB_KEY_MATERIAL, from);
	size_t cap = megolm_device_upload_max(dry, MEGOLM_ONE_TIME_KEYS);
	uint8_t *p = out->reserve(out, cap);
	enum gb_status status;

	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	status = gb_megolm_status(
		w, megolm_device_upload(dry, p, cap, &m.body.len, MEGOLM_ONE_TIME_KEYS, true),
		"upload");
	if (status != GB_OK)
		return status;
	m.body.p = p;
	m.raw = gb_megolm_raw_upload(m.body);
	status = keep(w, &w->dry.upload, &w->dry.upload_len, m.body);
	if (status == GB_OK)
		out->commit(out, &m);
	return status;
}

static enum gb_status send_data(struct gb_world *w, struct megolm_device *dry, uint32_t from,
				struct gb_outbox *out)
{
	struct gb_message m = gb_megolm_to_server(GB_BACKUP, from);
	size_t cap = megolm_device_dehydrated_max(dry);
	uint8_t *p = out->reserve(out, cap);
	enum gb_status status;

	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	status = gb_megolm_status(w, megolm_device_dehydrate(dry, p, cap, &m.body.len, secret),
				  "dehydrate");
	if (status != GB_OK)
		return status;
	m.body.p = p;
	m.raw = gb_megolm_raw_device_data(m.body);
	out->commit(out, &m);
	return GB_OK;
}

enum gb_status gb_megolm_dehydrate(struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
				   struct gb_outbox *out)
{
	const struct gb_megolm_voucher *voucher = gb_megolm_voucher(w, device);
	const struct megolm_policy policy = gb_megolm_policy(w);
	const struct megolm_random random = megolm_seeded_random(&live->stream);
	struct megolm_device *dry = NULL;
	enum megolm_err err;
	enum gb_status status;

	if (w->without_device_keys)
		return gb_megolm_fail(w, GB_UNSUPPORTED,
				      "a dehydrated device reads messages that say who sent them: "
				      "sender_device_keys is yes");
	gb_megolm_dry_clear(&w->dry);
	err = megolm_device_new_dehydrated(&dry, gb_megolm_ids(w, device).user, &random, &policy);
	if (err == MEGOLM_OK && voucher != NULL)
		err = megolm_device_cross_sign(dry, voucher->identity);
	status = gb_megolm_status(w, err, "a dehydrated device");
	if (status == GB_OK) {
		strcpy(w->dry.id, megolm_device_curve25519(dry));
		status = send_upload(w, dry, device, out);
	}
	if (status == GB_OK)
		status = send_data(w, dry, device, out);
	megolm_device_free(dry);
	return status;
}

/* ---- written to ---- */

/* Its id, a key, is longer than those of other devices. */
static enum gb_status send_claim(struct gb_world *w, uint32_t device, uint32_t reader,
				 struct gb_outbox *out)
{
	size_t cap = GB_MEGOLM_MAX_ID + sizeof w->dry.id + 64;
	uint8_t *p = out->reserve(out, cap);
	struct megolm_directory_request r;

	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	megolm_claim_begin(&r, p, cap);
	megolm_claim_add(&r, gb_megolm_ids(w, reader).user, w->dry.id);
	return gb_megolm_send_request(w, device, &r, out);
}

/* Beside it the answer has what the user has in the room. */
static void count_answers(struct gb_world *w, struct gb_megolm_live *live, uint32_t reader,
			  size_t keys_len, size_t key_len)
{
	size_t longer = strlen(w->dry.id) - strlen(gb_megolm_ids(w, reader).device);

	gb_megolm_count_queries(w, live, &reader, 1);
	if (w->is_member[reader])
		gb_megolm_count_more(w, live, 1);
	gb_megolm_count_claims(w, live, &reader, 1);
	gb_megolm_count_key(live, key_len);
	live->now.fetched += 2 * longer + keys_len - megolm_device_keys(live->device).len;
}

/* The actor learns of the device and begins an Olm session with it, as with any other. */
static enum gb_status meet(struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
			   uint32_t reader, struct megolm_peer **peer, struct gb_outbox *out)
{
	struct megolm_upload upload;
	struct megolm_slice key;
	enum megolm_err err = megolm_upload_read(
		&upload, (struct megolm_slice){w->dry.upload, w->dry.upload_len});
	enum gb_status status;

	if (err == MEGOLM_OK)
		err = gb_megolm_meet_user(w, live, reader);
	if (err == MEGOLM_OK)
		err = megolm_device_learn(live->device, peer, upload.device_keys,
					  gb_megolm_ids(w, reader).user, w->dry.id, reader);
	status = gb_megolm_status(w, err, "a dehydrated device");
	if (status == GB_OK)
		status = gb_megolm_nth_key(w, upload.one_time_keys, 0, &key);
	if (status == GB_OK)
		status = gb_megolm_status(w, megolm_device_open_session(live->device, *peer, key),
					  "claimed key");
	if (status != GB_OK)
		return status;
	gb_megolm_note_claim(w, reader, key);
	count_answers(w, live, reader, upload.device_keys.len, key.len);
	status = gb_megolm_send_queries(w, device, &reader, 1, out);
	return status == GB_OK ? send_claim(w, device, reader, out) : status;
}

enum gb_status gb_megolm_give_dehydrated(struct gb_world *w, struct gb_megolm_live *live,
					 uint32_t device, uint32_t reader, struct gb_outbox *out)
{
	struct gb_megolm_sink sink = gb_megolm_sink_to(w, out, device);
	const struct gb_bytes said = {w->kept.said, w->kept.said_len};
	struct megolm_peer *peer = NULL;
	struct megolm_room *room = NULL;
	enum megolm_err err;
	enum gb_status status = meet(w, live, device, reader, &peer, out);

	if (status != GB_OK)
		return status;
	err = megolm_device_room(live->device, &room, GB_MEGOLM_DRY_ROOM);
	if (err == MEGOLM_OK)
		err = megolm_room_add(room, peer);
	for (uint32_t i = 0; i < w->kept.n_old && err == MEGOLM_OK; i++) {
		megolm_room_rotate(room);
		err = megolm_room_share(room, NULL, w->now_ms, &sink.sink);
		if (err == MEGOLM_OK && gb_megolm_send_old(w, room, device, said, out) != GB_OK)
			return GB_FAILED;
	}
	return gb_megolm_status(w, err, "room key");
}

/* ---- read ---- */

/* It knows of users what the device knows that reads it. */
static enum megolm_err read_mail(struct gb_world *w, struct megolm_device *dry,
				 const struct gb_message *m)
{
	const struct gb_megolm_voucher *v = gb_megolm_voucher(w, m->from);
	struct gb_megolm_ids from = gb_megolm_ids(w, m->from);
	struct megolm_slice content;
	enum megolm_to_device what;
	enum megolm_err err = MEGOLM_OK;

	if (v != NULL && !megolm_device_knows_user(dry, from.user))
		err = megolm_device_learn_user(dry, v->master, v->self_signing, from.user);
	if (err == MEGOLM_OK)
		err = megolm_device_find_content(dry, &content,
						 (struct megolm_slice){m->body.p, m->body.len});
	return err == MEGOLM_OK ? megolm_device_receive(dry, &what, from.user, content) : err;
}

enum gb_status gb_megolm_rehydrate(struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
				   const struct gb_message *m, size_t n)
{
	const struct megolm_policy policy = gb_megolm_policy(w);
	const struct megolm_random random = megolm_seeded_random(&live->stream);
	struct megolm_imported count = {0};
	struct megolm_device *dry = NULL;
	enum megolm_err err;

	if (n == 0 || m->kind != GB_BACKUP)
		return gb_megolm_fail(w, GB_REJECTED, "no dehydrated device");
	err = megolm_device_rehydrate(&dry, gb_megolm_ids(w, device).user,
				      (struct megolm_slice){m->body.p, m->body.len}, secret,
				      &random, &policy);
	if (err == MEGOLM_ERR_PICKLE) /* the homeserver gave it */
		return gb_megolm_fail(w, GB_REJECTED, "not a device that the user left there");
	for (size_t i = 1; i < n && err == MEGOLM_OK; i++)
		err = read_mail(w, dry, &m[i]);
	if (err == MEGOLM_OK)
		err = megolm_device_adopt(live->device, &count, dry);
	megolm_device_free(dry);
	if (err == MEGOLM_OK && count.n_refused > 0)
		return gb_megolm_fail(w, GB_REJECTED, "%zu sessions are refused", count.n_refused);
	return gb_megolm_status(w, err, "a dehydrated device");
}
