#include "backends/megolm_world.h"
#include "backends/stock.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum gb_status gb_megolm_fail(struct gb_world *w, enum gb_status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(w->error, sizeof w->error, format, arguments);
	va_end(arguments);
	return status;
}

enum gb_status gb_megolm_status(struct gb_world *w, enum megolm_err err, const char *what)
{
	enum megolm_err_class class = megolm_err_class(err);

	if (err == MEGOLM_OK)
		return GB_OK;
	return gb_megolm_fail(w,
			      class == MEGOLM_CLASS_USAGE || class == MEGOLM_CLASS_RESOURCE
				      ? GB_FAILED
				      : GB_REJECTED,
			      "%s: %s (%s)", what, megolm_err_sentence(err), megolm_err_name(err));
}

void gb_megolm_enter(struct gb_world *w)
{
	megolm_probe_count_into(&w->counts);
	megolm_probe_use(w->primitives);
}

void gb_megolm_enter_untimed(struct gb_world *w)
{
	(void)w;
	megolm_probe_count_into(NULL);
	megolm_probe_use(MEGOLM_PROBE_OPENSSL);
}

/* "@0000042:gb.test", with as many digits as the axis identity asks for, and ten letters. */
struct gb_megolm_ids gb_megolm_ids(const struct gb_world *w, uint32_t device)
{
	struct gb_megolm_ids ids;
	uint32_t rest = device;

	snprintf(ids.user, sizeof ids.user, "@%0*u:gb.test",
		 (int)(w->user_id_len - (GB_MEGOLM_SHORTEST_USER_ID - 7)),
		 device / w->devices_per_user);
	for (size_t i = 10; i-- > 0; rest /= 26)
		ids.device[i] = (char)('A' + rest % 26);
	ids.device[10] = '\0';
	return ids;
}

struct gb_megolm_event_id gb_megolm_event_id(const struct gb_message *m)
{
	static const char digits[] = "0123456789abcdef";
	struct gb_megolm_event_id id = {"$"};
	uint64_t rest = m->event;

	for (size_t i = 43; i > 0; i--, rest >>= 4)
		id.text[i] = digits[rest & 15];
	return id;
}

enum gb_status gb_megolm_scratch(struct gb_world *w, size_t len)
{
	uint8_t *larger;

	if (len <= w->scratch_cap)
		return GB_OK;
	larger = malloc(2 * len);
	if (larger == NULL)
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	free(w->scratch);
	w->scratch = larger;
	w->scratch_cap = 2 * len;
	return GB_OK;
}

enum gb_status gb_megolm_reserve_devices(struct gb_world *w, size_t n)
{
	if (n <= w->devices_cap)
		return GB_OK;
	free(w->peers);
	free(w->devices);
	w->peers = calloc(n, sizeof(struct megolm_peer *));
	w->devices = calloc(n, sizeof *w->devices);
	w->devices_cap = w->peers != NULL && w->devices != NULL ? n : 0;
	return w->devices_cap > 0 ? GB_OK : gb_megolm_fail(w, GB_FAILED, "out of memory");
}

/* ---- the homeserver ---- */

struct gb_message gb_megolm_to_server(enum gb_kind kind, uint32_t from)
{
	return (struct gb_message){
		.kind = kind, .address = GB_TO_SERVER, .fanout = GB_FANOUT_SERVER, .from = from};
}

enum gb_status gb_megolm_reserve_log(struct gb_world *w, size_t n)
{
	size_t cap = 2 * (w->n_log + n);
	struct gb_megolm_change *larger;

	if (w->n_log + n <= w->log_cap)
		return GB_OK;
	larger = malloc(cap * sizeof *larger);
	if (larger == NULL)
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	if (w->n_log > 0)
		memcpy(larger, w->log, w->n_log * sizeof *larger);
	free(w->log);
	w->log = larger;
	w->log_cap = cap;
	return GB_OK;
}

void gb_megolm_change(struct gb_world *w, uint32_t device, bool joined)
{
	w->is_member[device] = joined;
	w->log[w->n_log++] = (struct gb_megolm_change){device, joined};
}

/* ---- devices ---- */

void gb_megolm_free_live(struct gb_world *w, struct gb_megolm_live *live)
{
	if (live == NULL)
		return;
	megolm_device_free(live->device);
	megolm_identity_free(live->identity);
	for (uint32_t i = 0; live->claimable != NULL && i < w->config.capacity; i++)
		free(live->claimable[i].p);
	free(live->claimable);
	gb_megolm_fallback_clear(live);
	free(live->upload.p);
	free(live);
}

struct gb_megolm_live *gb_megolm_find_live(struct gb_world *w, uint32_t device)
{
	if (device < w->config.capacity && w->live[device] != NULL)
		return w->live[device];
	(void)gb_megolm_fail(w, GB_FAILED, "device %u is not live", device);
	return NULL;
}

const struct gb_megolm_voucher *gb_megolm_voucher(const struct gb_world *w, uint32_t device)
{
	return w->vouchers != NULL ? &w->vouchers[device / w->devices_per_user] : NULL;
}

enum megolm_err gb_megolm_meet_user(const struct gb_world *w, struct gb_megolm_live *live,
				    uint32_t device)
{
	const struct gb_megolm_voucher *v = gb_megolm_voucher(w, device);
	struct gb_megolm_ids ids;

	if (v == NULL)
		return MEGOLM_OK;
	ids = gb_megolm_ids(w, device);
	if (megolm_device_knows_user(live->device, ids.user))
		return MEGOLM_OK;
	return megolm_device_learn_user(live->device, v->master, v->self_signing, ids.user);
}

enum megolm_err gb_megolm_new_identity(const struct gb_world *w, uint32_t device,
				       struct megolm_identity **out)
{
	uint32_t user = device / w->devices_per_user;
	struct megolm_seeded stream;
	struct megolm_random random = megolm_seeded_random(&stream);
	enum megolm_err err = megolm_seeded_begin(&stream, w->config.seed, "identity", user, 0);

	return err == MEGOLM_OK ? megolm_identity_new(out, gb_megolm_ids(w, device).user, &random)
				: err;
}

/* A user's keys are made with the first of its devices. */
static enum megolm_err vouch(const struct gb_world *w, struct megolm_device *device,
			     uint32_t number)
{
	uint32_t user = number / w->devices_per_user;
	struct gb_megolm_voucher *v = &w->vouchers[user];

	if (v->identity == NULL) {
		enum megolm_err err = gb_megolm_new_identity(w, number, &v->identity);
		if (err != MEGOLM_OK)
			return err;
		v->master = megolm_identity_master_key(v->identity);
		v->self_signing = megolm_identity_self_signing_key(v->identity);
	}
	return megolm_device_cross_sign(device, v->identity);
}

struct megolm_policy gb_megolm_policy(const struct gb_world *w)
{
	return (struct megolm_policy){.max_content = GB_MEGOLM_MAX_EVENT,
				      .rotation_period_msgs = w->rotation_messages,
				      .rotation_period_ms = w->rotation_ms,
				      .cross_signed = w->cross_signed,
				      .without_device_keys = w->without_device_keys};
}

static enum megolm_err make_account(const struct gb_world *w, struct megolm_device **out,
				    struct megolm_seeded *stream, uint32_t device)
{
	struct megolm_policy policy = gb_megolm_policy(w);
	struct gb_megolm_ids ids = gb_megolm_ids(w, device);
	struct megolm_random random = megolm_seeded_random(stream);
	enum megolm_err err = megolm_seeded_begin(stream, w->config.seed, "device", device, 0);

	if (err == MEGOLM_OK)
		err = megolm_device_new(out, ids.user, ids.device, &random, &policy);
	return err == MEGOLM_OK && w->cross_signed ? vouch(w, *out, device) : err;
}

static enum gb_status first_upload(struct gb_world *w, struct megolm_device *device,
				   struct gb_megolm_upload *upload)
{
	size_t cap = megolm_device_upload_max(device, 1);
	enum megolm_err err = MEGOLM_ERR_NOMEM;

	*upload = (struct gb_megolm_upload){malloc(cap), 0};
	if (upload->p != NULL)
		err = megolm_device_upload(device, upload->p, cap, &upload->len, 1, true);
	if (err != MEGOLM_OK) {
		free(upload->p);
		upload->p = NULL;
	}
	return gb_megolm_status(w, err, "upload");
}

enum gb_status gb_megolm_account(struct gb_world *w, struct megolm_device **out,
				 struct megolm_seeded *stream, uint32_t device,
				 struct gb_megolm_upload *upload)
{
	struct megolm_device *made = NULL;
	enum gb_status status =
		gb_megolm_status(w, make_account(w, &made, stream, device), "account");

	if (status == GB_OK && upload != NULL)
		status = first_upload(w, made, upload);
	if (status == GB_OK)
		*out = made;
	else
		megolm_device_free(made);
	return status;
}

int gb_megolm_shelf(const struct gb_world *w, const char *what)
{
	return gb_stock_shelf("megolm %s, seed %llu, user id %u, devices of a user %u, %s", what,
			      (unsigned long long)w->config.seed, w->user_id_len,
			      w->devices_per_user, w->without_device_keys ? "without keys" : "");
}

enum gb_status gb_megolm_enter_room(struct gb_world *w, struct gb_megolm_live *live)
{
	enum megolm_err err;

	live->now.has_room = true;
	if (live->room != NULL)
		return GB_OK;
	err = megolm_device_room(live->device, &live->room, GB_MEGOLM_ROOM);
	if (err == MEGOLM_OK)
		megolm_room_set_shared_history(live->room, w->shared_history);
	return gb_megolm_status(w, err, "room");
}

static enum gb_status find_keys(struct gb_world *w, struct gb_megolm_live *live)
{
	struct megolm_upload parts = {0};
	enum gb_status status = gb_megolm_take_apart(w, &live->upload, &parts);

	live->one_time_key = parts.one_time_keys;
	live->fallback_key = parts.fallback_keys;
	return status;
}

enum gb_status gb_megolm_materialise(struct gb_world *w, uint32_t device)
{
	struct gb_megolm_live *live;
	enum gb_status status;

	if (w->live[device] != NULL)
		return GB_OK;
	live = calloc(1, sizeof *live);
	if (live == NULL)
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	status = gb_megolm_account(w, &live->device, &live->stream, device, &live->upload);
	if (status == GB_OK)
		status = find_keys(w, live);
	if (status == GB_OK)
		status = gb_megolm_make_claimed_keys(w, live->device, w->n_claimed[device]);
	if (status != GB_OK) {
		gb_megolm_free_live(w, live);
		return status;
	}
	w->live[device] = live;
	w->live_devices[w->n_live++] = device;
	return GB_OK;
}

/* ---- open and close ---- */

enum gb_status gb_megolm_open(struct gb_world **out, const struct gb_config *config)
{
	struct gb_world *w = calloc(1, sizeof *w);
	size_t n = config->capacity;

	*out = w;
	if (w == NULL)
		return GB_FAILED;
	w->config = *config;
	w->olm = GB_MEGOLM_RATCHET;
	w->primitives = MEGOLM_PROBE_LIBOLM;
	w->user_id_len = GB_MEGOLM_SHORTEST_USER_ID;
	w->devices_per_user = 1;
	w->rounds = MEGOLM_KEY_FILE_ROUNDS;
	for (size_t i = 0; i < config->n_axes; i++)
		gb_megolm_set_axis(w, &config->axes[i]);
	w->config.axes = NULL;
	w->live = calloc(n, sizeof(struct gb_megolm_live *));
	w->live_devices = calloc(n, sizeof *w->live_devices);
	w->is_member = calloc(n, sizeof *w->is_member);
	w->saved_is_member = calloc(n, sizeof *w->saved_is_member);
	w->n_claimed = calloc(n, sizeof *w->n_claimed);
	w->saved_n_claimed = calloc(n, sizeof *w->saved_n_claimed);
	w->uploads = calloc(n, sizeof *w->uploads);
	w->upload_end = calloc(n, sizeof *w->upload_end);
	w->queried = calloc(n, sizeof *w->queried);
	w->last_request = calloc(2 * (n / w->devices_per_user + 1), sizeof *w->last_request);
	if (w->cross_signed)
		w->vouchers = calloc(n / w->devices_per_user + 1, sizeof *w->vouchers);
	if (w->cross_signed && w->vouchers == NULL)
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	if (w->live == NULL || w->live_devices == NULL || w->is_member == NULL ||
	    w->saved_is_member == NULL || w->n_claimed == NULL || w->saved_n_claimed == NULL ||
	    w->uploads == NULL || w->upload_end == NULL || w->queried == NULL ||
	    w->last_request == NULL)
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	return GB_OK;
}

void gb_megolm_close(struct gb_world *w)
{
	if (w == NULL)
		return;
	megolm_backup_free(w->kept.backup);
	free(w->kept.old);
	free(w->kept.said);
	gb_megolm_dry_clear(&w->dry);
	megolm_probe_count_into(NULL);
	for (uint32_t i = 0; i < w->n_live; i++)
		gb_megolm_free_live(w, w->live[w->live_devices[i]]);
	free(w->live);
	free(w->live_devices);
	free(w->is_member);
	free(w->saved_is_member);
	for (uint32_t i = 0; w->uploads != NULL && i < w->config.capacity; i++)
		free(w->uploads[i].p);
	free(w->uploads);
	free(w->upload_end);
	free(w->n_claimed);
	free(w->saved_n_claimed);
	free(w->log);
	free(w->claims.note);
	free(w->scratch);
	free(w->stored);
	megolm_probe_call_free(w->single);
	free(w->peers);
	free(w->devices);
	free(w->queried);
	free(w->last_request);
	free(w->invitees);
	free(w->answers.p);
	for (uint32_t i = 0; w->vouchers != NULL && i <= w->config.capacity / w->devices_per_user;
	     i++)
		megolm_identity_free(w->vouchers[i].identity);
	free(w->vouchers);
	free(w);
}

/* ---- checkpoint and rollback ---- */

enum gb_status gb_megolm_checkpoint(struct gb_world *w)
{
	enum gb_status status = GB_OK;

	for (uint32_t i = 0; i < w->n_live && status == GB_OK; i++) {
		struct gb_megolm_live *live = w->live[w->live_devices[i]];

		status = gb_megolm_status(w, megolm_probe_checkpoint(live->device), "checkpoint");
		gb_megolm_fallback_checkpoint(live);
		live->saved = live->now;
		live->is_saved = true;
	}
	memcpy(w->saved_is_member, w->is_member, w->config.capacity * sizeof *w->is_member);
	memcpy(w->saved_n_claimed, w->n_claimed, w->config.capacity * sizeof *w->n_claimed);
	w->saved_has_group = w->has_group;
	w->saved_now_ms = w->now_ms;
	w->saved_n_log = w->n_log;
	w->is_saved = status == GB_OK;
	return status;
}

static enum gb_status roll_back(struct gb_world *w, struct gb_megolm_live *live)
{
	live->now = live->saved;
	gb_megolm_fallback_rollback(live);
	if (!live->now.has_room)
		live->room = NULL;
	for (uint32_t i = 0; live->claimable != NULL && i < w->config.capacity; i++)
		live->claimable[i].claimed = false;
	return gb_megolm_status(w, megolm_probe_rollback(live->device), "rollback");
}

enum gb_status gb_megolm_rollback(struct gb_world *w)
{
	enum gb_status status = GB_OK;

	if (!w->is_saved)
		return gb_megolm_fail(w, GB_FAILED, "rollback without checkpoint");
	for (; w->n_live > 0 && !w->live[w->live_devices[w->n_live - 1]]->is_saved; w->n_live--) {
		uint32_t newest = w->live_devices[w->n_live - 1];

		gb_megolm_free_live(w, w->live[newest]);
		w->live[newest] = NULL;
	}
	for (uint32_t i = 0; i < w->n_live && status == GB_OK; i++)
		status = roll_back(w, w->live[w->live_devices[i]]);
	memcpy(w->is_member, w->saved_is_member, w->config.capacity * sizeof *w->is_member);
	memcpy(w->n_claimed, w->saved_n_claimed, w->config.capacity * sizeof *w->n_claimed);
	w->n_invitees = 0;
	w->claims.n = 0;
	w->has_group = w->saved_has_group;
	w->now_ms = w->saved_now_ms;
	w->n_log = w->saved_n_log;
	return status;
}
