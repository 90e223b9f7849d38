/*
 * Megolm as a Matrix client has it, behind the backend interface. The null sender of a room
 * key is never trusted: `from` of a message stands for what the homeserver says about it.
 */
#include "backends/backends.h"
#include "backends/megolm_world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *megolm_world_error(const struct gb_world *w)
{
	return w->error;
}

static const char *version(void)
{
	static char text[128];

	snprintf(text, sizeof text, "%s, %s", megolm_version(), megolm_probe_openssl_version());
	return text;
}

/* ---- what is not timed ---- */

static enum gb_status publish(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	gb_megolm_enter_untimed(w);
	if (device >= w->config.capacity)
		return gb_megolm_fail(w, GB_FAILED, "device %u is beyond the capacity", device);
	return gb_megolm_publish(w, device, out);
}

static enum gb_status publish_many(struct gb_world *w, uint32_t first, uint32_t n,
				   struct gb_outbox *out)
{
	gb_megolm_enter_untimed(w);
	if (first > w->config.capacity || n > w->config.capacity - first)
		return gb_megolm_fail(w, GB_FAILED, "%u devices from %u are beyond the capacity", n,
				      first);
	return gb_megolm_publish_many(w, first, n, out);
}

static enum gb_status materialise(struct gb_world *w, uint32_t device)
{
	gb_megolm_enter_untimed(w);
	if (device >= w->config.capacity)
		return gb_megolm_fail(w, GB_FAILED, "device %u is beyond the capacity", device);
	return gb_megolm_materialise(w, device);
}

static enum gb_status shape(struct gb_world *w, const struct gb_shape *of)
{
	gb_megolm_enter_untimed(w);
	return gb_megolm_shape(w, of);
}

static enum gb_status checkpoint(struct gb_world *w)
{
	gb_megolm_enter_untimed(w);
	return gb_megolm_checkpoint(w);
}

static enum gb_status rollback(struct gb_world *w)
{
	gb_megolm_enter_untimed(w);
	return gb_megolm_rollback(w);
}

/* The session goes on as if it had been used. */
static enum gb_status skip(struct gb_world *w, uint32_t device, uint32_t n)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);

	gb_megolm_enter_untimed(w);
	if (live == NULL)
		return GB_FAILED;
	if (live->room == NULL)
		return gb_megolm_fail(w, GB_REJECTED, "device %u is in no room", device);
	return gb_megolm_status(w, megolm_probe_skip(live->room, n), "skipping messages");
}

static enum gb_status advance(struct gb_world *w, uint64_t ms)
{
	w->now_ms += ms;
	return GB_OK;
}

static enum gb_status store(struct gb_world *w, uint32_t device, uint64_t *bytes)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	size_t max;
	enum gb_status status;

	gb_megolm_enter(w);
	if (live == NULL)
		return GB_FAILED;
	max = megolm_probe_store_max(live->device);
	if (max > w->stored_cap) {
		free(w->stored);
		w->stored = malloc(max);
		w->stored_cap = w->stored != NULL ? max : 0;
	}
	if (w->stored == NULL)
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	status = gb_megolm_status(
		w, megolm_probe_store(live->device, w->stored, w->stored_cap, &w->stored_len),
		"store");
	*bytes = w->stored_len;
	return status;
}

static enum gb_status reload(struct gb_world *w, uint32_t device)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);

	gb_megolm_enter_untimed(w);
	if (live == NULL)
		return GB_FAILED;
	return gb_megolm_status(
		w,
		megolm_probe_reload(live->device, (struct megolm_slice){w->stored, w->stored_len}),
		"reload");
}

static enum gb_status single_prepare(struct gb_world *w, enum gb_single which)
{
	static const enum megolm_probe_primitive primitives[GB_SINGLES] = {
		[GB_SINGLE_KEYGEN] = MEGOLM_PROBE_KEYGEN, [GB_SINGLE_DH] = MEGOLM_PROBE_DH,
		[GB_SINGLE_SIGN] = MEGOLM_PROBE_SIGN,     [GB_SINGLE_VERIFY] = MEGOLM_PROBE_VERIFY,
		[GB_SINGLE_HASH] = MEGOLM_PROBE_HASH,     [GB_SINGLE_HMAC] = MEGOLM_PROBE_HMAC,
		[GB_SINGLE_CBC] = MEGOLM_PROBE_CBC,
	};
	struct megolm_seeded stream;
	enum megolm_err err;
	uint8_t random[32];

	gb_megolm_enter(w);
	megolm_probe_call_free(w->single);
	w->single = NULL;
	if (which == GB_SINGLE_AEAD)
		return gb_megolm_fail(w, GB_UNSUPPORTED, "libolm has no AEAD");
	err = megolm_seeded_begin(&stream, w->config.seed, "primitive", (uint32_t)which, 0);
	if (err == MEGOLM_OK)
		err = megolm_seeded_random(&stream).draw(&stream, random, sizeof(random));
	if (err == MEGOLM_OK)
		err = megolm_probe_call_prepare(&w->single, primitives[which], random);
	return gb_megolm_status(w, err, "preparing a primitive");
}

static enum gb_status single(struct gb_world *w, uint32_t n)
{
	gb_megolm_enter(w);
	return gb_megolm_status(w, megolm_probe_call(w->single, n), "primitive");
}

static enum gb_status single_check(struct gb_world *w)
{
	gb_megolm_enter(w);
	if (megolm_probe_call_check(w->single))
		return GB_OK;
	return gb_megolm_fail(w, GB_REJECTED, "the result of a primitive does not hold");
}

static enum gb_status history(struct gb_world *w, uint32_t device, uint32_t n, uint32_t n_old,
			      struct gb_bytes plaintext, struct gb_outbox *out)
{
	gb_megolm_enter_untimed(w);
	return gb_megolm_history(w, device, n, n_old, plaintext, out);
}

static enum gb_status stored(struct gb_world *w, uint32_t device, uint32_t reader,
			     enum gb_scope scope, const struct gb_message *m, size_t n,
			     struct gb_outbox *out)
{
	gb_megolm_enter_untimed(w);
	return gb_megolm_stored(w, device, reader, scope, m, n, out);
}

static enum gb_status backup(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	gb_megolm_enter(w);
	return gb_megolm_backup(w, device, out);
}

static enum gb_status restore(struct gb_world *w, uint32_t device, enum gb_scope scope,
			      const struct gb_message *m, size_t n)
{
	gb_megolm_enter(w);
	return gb_megolm_restore(w, device, scope, m, n);
}

static enum gb_status read_old(struct gb_world *w, uint32_t device, const struct gb_message *m,
			       struct gb_bytes *plaintext)
{
	gb_megolm_enter(w);
	return gb_megolm_read_old(w, device, m, plaintext);
}

/* ---- at the actor ---- */

static enum gb_status create(struct gb_world *w, uint32_t device, const struct gb_published *others,
			     size_t n, struct gb_outbox *out)
{
	gb_megolm_enter(w);
	return gb_megolm_create(w, device, others, n, out);
}

static enum gb_status create_part(struct gb_world *w, uint32_t device, enum gb_part part,
				  const struct gb_published *others, size_t n,
				  struct gb_outbox *out)
{
	gb_megolm_enter(w);
	return gb_megolm_create_part(w, device, part, others, n, out);
}

static enum gb_status add(struct gb_world *w, uint32_t device, const struct gb_published *joining,
			  size_t n, struct gb_outbox *out)
{
	gb_megolm_enter(w);
	return gb_megolm_add(w, device, joining, n, out);
}

static enum gb_status remove_members(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				     size_t n, struct gb_outbox *out)
{
	gb_megolm_enter(w);
	return gb_megolm_remove(w, device, leaving, n, out);
}

static enum gb_status rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	gb_megolm_enter(w);
	return gb_megolm_rekey(w, device, out);
}

static enum gb_status send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
			   struct gb_outbox *out)
{
	gb_megolm_enter(w);
	return gb_megolm_send(w, device, plaintext, out);
}

/* ---- at the recipients ---- */

/* What a device asked the homeserver about a sender before it read its message. */
struct inquiry {
	bool met_user;
	struct megolm_peer *peer; /* that became known by it */
};

/* One query about the user of a device. */
static enum megolm_err count_query(struct gb_world *w, struct gb_megolm_live *live, uint32_t about)
{
	uint8_t text[GB_MEGOLM_MAX_ID + 64];
	struct megolm_directory_request r;
	size_t len = 0;
	enum megolm_err err;

	megolm_query_begin(&r, text, sizeof text);
	megolm_query_add(&r, gb_megolm_ids(w, about).user);
	err = megolm_directory_request_end(&r, &len);
	live->now.asked += len;
	gb_megolm_count_queries(w, live, &about, 1);
	return err;
}

/* Users have to be vouched for, and a sender whose messages do not say who it is is looked up. */
static enum megolm_err inquire(struct gb_world *w, struct gb_megolm_live *live, uint32_t from,
			       struct inquiry *about)
{
	struct gb_megolm_ids ids = gb_megolm_ids(w, from);
	bool knew_user = megolm_device_knows_user(live->device, ids.user);
	bool looks_up;
	struct megolm_slice keys;
	enum megolm_err err = gb_megolm_meet_user(w, live, from);

	about->met_user = err == MEGOLM_OK && w->cross_signed && !knew_user;
	looks_up = w->without_device_keys &&
		   megolm_device_find(live->device, ids.user, ids.device) == NULL;
	if (err == MEGOLM_OK && (about->met_user || looks_up))
		err = count_query(w, live, from);
	if (err != MEGOLM_OK || !looks_up)
		return err;
	if (gb_megolm_query(w, from, &keys) != GB_OK)
		return MEGOLM_ERR_UNKNOWN_DEVICE;
	return megolm_device_learn(live->device, &about->peer, keys, ids.user, ids.device, from);
}

/* A refused message leaves nothing behind, also not what was asked because of it. */
static void forget(struct gb_world *w, struct gb_megolm_live *live, uint32_t from,
		   const struct inquiry *about)
{
	if (about->peer != NULL)
		megolm_device_forget(live->device, about->peer);
	if (about->met_user)
		megolm_device_forget_user(live->device, gb_megolm_ids(w, from).user);
}

/* Takes in a room key, with which a device becomes able to read, if it was not. */
static enum gb_status take_room_key(struct gb_world *w, struct gb_megolm_live *live,
				    const struct gb_message *m)
{
	struct gb_megolm_ids from = gb_megolm_ids(w, m->from);
	struct megolm_slice content, body = {m->body.p, m->body.len};
	struct inquiry about = {0};
	enum megolm_to_device what;
	enum megolm_err err;
	enum gb_status status;

	if (m->kind != GB_ROOM_KEY || m->from >= w->config.capacity)
		return gb_megolm_fail(w, GB_REJECTED, "not a to-device message");
	err = inquire(w, live, m->from, &about);
	if (err == MEGOLM_OK)
		err = megolm_device_find_content(live->device, &content, body);
	if (err == MEGOLM_OK)
		err = megolm_device_receive(live->device, &what, from.user, content);
	if (err != MEGOLM_OK) {
		forget(w, live, m->from, &about);
		return gb_megolm_status(w, err, "room key");
	}
	status = gb_megolm_renew_fallback(w, live);
	if (status != GB_OK)
		return status;
	/* Genuine, and read: what is refused is its place here. */
	if (what != MEGOLM_ROOM_KEY && what != MEGOLM_KNOWN_KEY &&
	    !(w->shared_history && what == MEGOLM_ROOM_KEY_BUNDLE))
		return gb_megolm_fail(w, GB_REJECTED, "not a room key");
	return gb_megolm_enter_room(w, live);
}

static enum gb_status process(struct gb_world *w, uint32_t device, const struct gb_message *m)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);

	gb_megolm_enter(w);
	if (live == NULL)
		return GB_FAILED;
	gb_megolm_forget_fetched(live);
	return m->kind == GB_WITHHELD ? gb_megolm_take_withheld(w, live, m)
				      : take_room_key(w, live, m);
}

static enum gb_status join(struct gb_world *w, uint32_t device, const struct gb_message *m,
			   size_t n)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	enum gb_status status = GB_OK;

	gb_megolm_enter(w);
	if (live == NULL)
		return GB_FAILED;
	if (n == 0)
		return gb_megolm_fail(w, GB_REJECTED, "nothing to join by");
	gb_megolm_forget_fetched(live);
	for (size_t i = 0; i < n && status == GB_OK; i++)
		if (m[i].kind != GB_BACKUP)
			status = take_room_key(w, live, &m[i]);
	for (size_t i = 0; i < n && status == GB_OK; i++)
		if (m[i].kind == GB_BACKUP)
			status = gb_megolm_take_history(w, live, &m[i]);
	return status;
}

static enum gb_status receive(struct gb_world *w, uint32_t device, const struct gb_message *m,
			      struct gb_bytes *plaintext)
{
	struct gb_megolm_ids from = gb_megolm_ids(w, m->from);
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	struct megolm_event event;
	enum gb_status status;

	gb_megolm_enter(w);
	if (live == NULL)
		return GB_FAILED;
	if (m->kind != GB_APPLICATION || live->room == NULL)
		return gb_megolm_fail(w, GB_REJECTED, "no room event, or no room to read it in");
	status = gb_megolm_status(
		w,
		megolm_room_decrypt(live->room, &event, from.user, gb_megolm_event_id(m).text,
				    (struct megolm_slice){m->body.p, m->body.len}),
		"event");
	return status == GB_OK ? gb_megolm_payload_take(w, plaintext, event.content) : status;
}

/* ---- questions ---- */

/* 43 digits of base64 as 32 bytes. */
static void decode_id(uint8_t out[GB_DIGEST_BYTES], const char *id)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t n = 0;

	for (; *id != '\0' && n < GB_DIGEST_BYTES; id++) {
		bits = (bits << 6 | (uint32_t)(strchr(digits, *id) - digits)) & 0xffff;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		out[n++] = (uint8_t)(bits >> n_bits);
	}
}

/* The session id: the public key by which every message of the session is verified. */
static enum gb_status digest(struct gb_world *w, uint32_t device, uint32_t sender,
			     uint8_t out[GB_DIGEST_BYTES])
{
	struct gb_megolm_ids ids = gb_megolm_ids(w, sender);
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	const char *id = NULL;

	if (live == NULL)
		return GB_FAILED;
	if (live->room != NULL)
		id = megolm_room_session_id(live->room, ids.user, ids.device);
	if (id == NULL)
		return gb_megolm_fail(w, GB_REJECTED, "device %u has no session of device %u",
				      device, sender);
	decode_id(out, id);
	return GB_OK;
}

static enum gb_status first_index(struct gb_world *w, uint32_t device, uint32_t sender,
				  uint32_t *index)
{
	struct gb_megolm_ids ids = gb_megolm_ids(w, sender);
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	enum megolm_err err = MEGOLM_ERR_UNKNOWN_SESSION;

	gb_megolm_enter_untimed(w);
	if (live == NULL)
		return GB_FAILED;
	if (live->room != NULL)
		err = megolm_room_first_index(live->room, index, ids.user, ids.device);
	if (err == MEGOLM_OK && device == sender)
		*index = megolm_room_index(live->room);
	return gb_megolm_status(w, err, "first index");
}

static enum gb_status state_size(struct gb_world *w, uint32_t device, uint64_t *bytes)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);

	if (live == NULL)
		return GB_FAILED;
	*bytes = megolm_device_state_size(live->device);
	return GB_OK;
}

static enum gb_status fetched(struct gb_world *w, uint32_t device, uint64_t *bytes)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);

	if (live == NULL)
		return GB_FAILED;
	*bytes = live->now.fetched;
	return GB_OK;
}

static enum gb_status fetched_raw(struct gb_world *w, uint32_t device, uint64_t *bytes)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);

	if (live == NULL)
		return GB_FAILED;
	*bytes = gb_megolm_raw_keys(w, live->now.n_fetched_devices, live->now.n_fetched_users,
				    live->now.n_fetched_keys);
	return GB_OK;
}

static enum gb_status asked(struct gb_world *w, uint32_t device, uint64_t *bytes)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);

	if (live == NULL)
		return GB_FAILED;
	*bytes = live->now.asked;
	return GB_OK;
}

static enum gb_status heals(struct gb_world *w, uint32_t device, int *yes)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);

	if (live == NULL)
		return GB_FAILED;
	*yes = live->now.healed;
	return GB_OK;
}

static enum gb_status counts(struct gb_world *w, struct gb_counts *out)
{
	const struct megolm_counts *c = &w->counts;

	*out = (struct gb_counts){.keygen = c->keygen,
				  .dh = c->dh,
				  .sign = c->sign,
				  .verify = c->verify,
				  .hash = c->sha256,
				  .hash_blocks = c->hash_blocks,
				  .hmac = c->hmac + c->hkdf_hmac,
				  .hkdf = 2 * c->hkdf,
				  .aead = c->aead,
				  .aead_bytes = c->aead_bytes,
				  .cbc = c->cbc,
				  .cbc_bytes = c->cbc_bytes,
				  .random_bytes = c->random_bytes,
				  .pbkdf2_rounds = c->pbkdf2_rounds};
	return GB_OK;
}

const struct gb_backend gb_backend_megolm = {
	.struct_size = sizeof(struct gb_backend),
	.abi = GB_ABI,
	.features = GB_SEALED | GB_REPLAYS | GB_PER_SENDER | GB_ENVELOPED | GB_FALLBACK,
	.name = "megolm",
	.max_size = 100000,
	.axis = gb_megolm_axis,
	.open = gb_megolm_open,
	.close = gb_megolm_close,
	.version = version,
	.error = megolm_world_error,
	.publish = publish,
	.publish_many = publish_many,
	.materialise = materialise,
	.shape = shape,
	.create = create,
	.add = add,
	.remove = remove_members,
	.rekey = rekey,
	.send = send,
	.process = process,
	.join = join,
	.receive = receive,
	.digest = digest,
	.checkpoint = checkpoint,
	.rollback = rollback,
	.state_size = state_size,
	.heals = heals,
	.fetched = fetched,
	.fetched_raw = fetched_raw,
	.keys_reused = gb_megolm_keys_reused,
	.asked = asked,
	.share = gb_megolm_share,
	.create_part = create_part,
	.skip = skip,
	.store = store,
	.reload = reload,
	.history = history,
	.backup = backup,
	.stored = stored,
	.restore = restore,
	.read_old = read_old,
	.single_prepare = single_prepare,
	.single = single,
	.single_check = single_check,
	.first_index = first_index,
	.counts = counts,
	.advance = advance,
	.want = gb_megolm_want,
	.give = gb_megolm_give,
	.take = gb_megolm_take,
	.withhold = gb_megolm_withhold,
	.withheld = gb_megolm_withheld,
	.enrol = gb_megolm_enrol,
	.reach = gb_megolm_reach,
	.reached = gb_megolm_reached,
};
