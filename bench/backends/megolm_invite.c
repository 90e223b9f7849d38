/*
 * What stands before a sender's first message to devices it has not met: their keys from the
 * directory, the signatures on them, an Olm session with each. Nothing is sent and nobody is in
 * the room before all of it has gone well.
 */
#define _GNU_SOURCE /* memmem */
#include "backends/megolm_world.h"
#include <stdlib.h>
#include <string.h>

/* What an answer has around its parts, and around one of them, without names and keys. */
#define AROUND_ANSWER 128
#define AROUND_ONE    16

/* What to take back of an invitee when a later one is refused. */
enum { LEARNED = 1, OPENED = 2, VOUCHED = 4 };

/* ---- who is invited ---- */

static enum gb_status reserve(struct gb_world *w, size_t n)
{
	if (n <= w->invitees_cap)
		return GB_OK;
	free(w->invitees);
	w->invitees = calloc(n, sizeof *w->invitees);
	w->invitees_cap = w->invitees != NULL ? n : 0;
	return n <= w->invitees_cap ? GB_OK : gb_megolm_fail(w, GB_FAILED, "out of memory");
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

/* Takes an upload in canonical form apart, without reading what is inside. */
static bool split_canonical(struct gb_megolm_invitee *one, struct megolm_slice upload)
{
	static const char before[] = "{\"device_keys\":", fallback[] = ",\"fallback_keys\":",
			  one_time[] = ",\"one_time_keys\":";
	const uint8_t *keys = upload.p + sizeof before - 1, *end = upload.p + upload.len;
	const uint8_t *keys_end, *claimable;

	if (upload.len < sizeof before || memcmp(upload.p, before, sizeof before - 1) != 0)
		return false;
	claimable = memmem(keys, (size_t)(end - keys), one_time, sizeof one_time - 1);
	if (claimable == NULL)
		return false;
	keys_end = memmem(keys, (size_t)(claimable - keys), fallback, sizeof fallback - 1);
	if (keys_end == NULL)
		keys_end = claimable;
	claimable += sizeof one_time - 1;
	if (claimable == end)
		return false;
	one->keys = (struct megolm_slice){keys, (size_t)(keys_end - keys)};
	one->signed_key = (struct megolm_slice){claimable, (size_t)(end - claimable) - 1};
	return true;
}

/* Takes an upload apart as the directory has it; what is wrong inside shows at the client. Other
 * clients may write its members in another order. */
static bool split_upload(struct gb_megolm_invitee *one, struct megolm_slice upload)
{
	struct megolm_upload parts;

	if (split_canonical(one, upload))
		return true;
	if (megolm_upload_read(&parts, upload) != MEGOLM_OK)
		return false;
	one->keys = parts.device_keys;
	one->signed_key = parts.one_time_keys;
	return true;
}

static enum gb_status number(struct gb_world *w, struct gb_megolm_live *live,
			     struct gb_megolm_invitee *one, const struct gb_megolm_ids *ids,
			     struct megolm_slice upload)
{
	if (!split_upload(one, upload))
		return gb_megolm_fail(w, GB_REJECTED, "key material: not an upload");
	return gb_megolm_status(w,
				megolm_device_learn(live->device, &one->peer, one->keys, ids->user,
						    ids->device, one->device),
				"key material");
}

/* Who has a session asks for no key: that the directory gave this upload is all there is to see. */
static bool is_as_published(const struct gb_world *w, uint32_t device, struct megolm_slice upload)
{
	const struct gb_megolm_end *end = &w->upload_end[device];
	size_t len = sizeof end->bytes;

	return !end->is_known ||
	       (upload.len >= len && memcmp(upload.p + upload.len - len, end->bytes, len) == 0);
}

enum gb_status gb_megolm_invite(struct gb_world *w, struct gb_megolm_live *live, uint32_t self,
				const struct gb_published *joining, size_t n)
{
	enum gb_status status = reserve(w, n);

	w->n_invitees = 0;
	for (size_t i = 0; i < n && status == GB_OK; i++) {
		struct gb_megolm_ids ids = gb_megolm_ids(w, joining[i].device);
		struct megolm_slice body = {joining[i].body.p, joining[i].body.len};
		struct gb_megolm_invitee *one = &w->invitees[i];
		status = may_join(w, self, joining[i].device);
		if (status != GB_OK)
			break;
		*one = (struct gb_megolm_invitee){.device = joining[i].device};
		one->peer = megolm_device_find(live->device, ids.user, ids.device);
		/* What is known already costs a comparison. */
		one->is_met = one->peer != NULL && megolm_peer_has_session(one->peer) &&
			      megolm_peer_keys_begin(one->peer, body);
		if (one->is_met && !is_as_published(w, one->device, body))
			status =
				gb_megolm_fail(w, GB_REJECTED, "key material: not the directory's");
		/* Whoever became known by its own message has no number yet. */
		else if (one->is_met && megolm_peer_tag(one->peer) != one->device)
			status = number(w, live, one, &ids, body);
		else if (!one->is_met && !split_upload(one, body))
			status = gb_megolm_fail(w, GB_REJECTED, "key material: not an upload");
	}
	w->n_invitees = status == GB_OK ? n : 0;
	return status;
}

/* The next invitee from *i on that has to be met; NULL when there is none. */
static struct gb_megolm_invitee *next_stranger(struct gb_world *w, size_t *i)
{
	while (*i < w->n_invitees && w->invitees[*i].is_met)
		++*i;
	return *i < w->n_invitees ? &w->invitees[(*i)++] : NULL;
}

static uint32_t user_of(const struct gb_world *w, const struct gb_megolm_invitee *one)
{
	return one->device / w->devices_per_user;
}

/* ---- what is asked ---- */

enum gb_status gb_megolm_send_request(struct gb_world *w, uint32_t from,
				      struct megolm_directory_request *r, struct gb_outbox *out)
{
	struct gb_message m = gb_megolm_to_server(GB_CLAIM, from);
	enum gb_status status =
		gb_megolm_status(w, megolm_directory_request_end(r, &m.body.len), "request");

	m.body.p = r->p;
	if (status == GB_OK)
		out->commit(out, &m);
	return status;
}

/* Room for a request about GB_MEGOLM_BATCH names. */
static uint8_t *reserve_request(struct gb_world *w, struct gb_outbox *out, size_t *cap)
{
	*cap = 64 + (size_t)GB_MEGOLM_BATCH * (w->user_id_len + 80);
	return out->reserve(out, *cap);
}

enum gb_status gb_megolm_send_queries(struct gb_world *w, uint32_t from, const uint32_t *devices,
				      size_t n, struct gb_outbox *out)
{
	uint32_t last = UINT32_MAX;
	enum gb_status status = GB_OK;

	for (size_t at = 0; at < n && status == GB_OK;) {
		struct megolm_directory_request r;
		size_t cap;
		uint8_t *p = reserve_request(w, out, &cap);
		if (p == NULL)
			return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
		megolm_query_begin(&r, p, cap);
		for (; at < n; at++) {
			uint32_t user = devices[at] / w->devices_per_user;
			if (user == last)
				continue;
			if (r.n == GB_MEGOLM_BATCH)
				break;
			megolm_query_add(&r, gb_megolm_ids(w, devices[at]).user);
			last = user;
		}
		if (r.n > 0)
			status = gb_megolm_send_request(w, from, &r, out);
	}
	return status;
}

enum gb_status gb_megolm_send_claims(struct gb_world *w, uint32_t from, const uint32_t *devices,
				     size_t n, struct gb_outbox *out)
{
	enum gb_status status = GB_OK;

	for (size_t at = 0; at < n && status == GB_OK;) {
		struct megolm_directory_request r;
		size_t cap;
		uint8_t *p = reserve_request(w, out, &cap);
		if (p == NULL)
			return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
		megolm_claim_begin(&r, p, cap);
		for (size_t end = at + GB_MEGOLM_BATCH; at < n && at < end; at++) {
			struct gb_megolm_ids ids = gb_megolm_ids(w, devices[at]);
			megolm_claim_add(&r, ids.user, ids.device);
		}
		status = gb_megolm_send_request(w, from, &r, out);
	}
	return status;
}

enum gb_status gb_megolm_invite_ask(struct gb_world *w, uint32_t from, struct gb_outbox *out)
{
	const struct gb_megolm_invitee *one;
	size_t i = 0, n = 0;
	enum gb_status status = gb_megolm_reserve_devices(w, w->n_invitees);

	while (status == GB_OK && (one = next_stranger(w, &i)) != NULL)
		w->devices[n++] = one->device;
	if (status == GB_OK)
		status = gb_megolm_send_queries(w, from, w->devices, n, out);
	return status == GB_OK ? gb_megolm_send_claims(w, from, w->devices, n, out) : status;
}

/* ---- what is answered ---- */

static void put(struct gb_megolm_answers *a, struct megolm_slice s)
{
	memcpy(a->p + a->len, s.p, s.len);
	a->len += s.len;
}

static void put_text(struct gb_megolm_answers *a, const char *s)
{
	put(a, (struct megolm_slice){(const uint8_t *)s, strlen(s)});
}

static size_t bytes_of_answers(const struct gb_world *w)
{
	size_t bytes = 2 * AROUND_ANSWER;

	for (size_t i = 0; i < w->n_invitees; i++) {
		const struct gb_megolm_invitee *one = &w->invitees[i];
		const struct gb_megolm_voucher *v = gb_megolm_voucher(w, one->device);
		size_t names = w->user_id_len + sizeof(((struct gb_megolm_ids *)0)->device);
		bytes += one->keys.len + one->signed_key.len + 4 * (names + AROUND_ONE);
		if (v != NULL)
			bytes += v->master.len + v->self_signing.len;
	}
	return bytes + bytes / GB_MEGOLM_BATCH +
	       2 * AROUND_ANSWER * (w->n_invitees / GB_MEGOLM_BATCH + 1);
}

static enum gb_status reserve_answers(struct gb_world *w)
{
	struct gb_megolm_answers *a = &w->answers;
	size_t bytes = bytes_of_answers(w);

	a->len = 0;
	if (bytes <= a->cap)
		return GB_OK;
	free(a->p);
	a->p = malloc(bytes);
	a->cap = a->p != NULL ? bytes : 0;
	return a->p != NULL ? GB_OK : gb_megolm_fail(w, GB_FAILED, "out of memory");
}

/* {"@user":{"DEVICE":value,...},...} of the invitees from `first` to before `end`. */
static void put_devices(struct gb_world *w, size_t first, size_t end, bool claimed)
{
	struct gb_megolm_answers *a = &w->answers;
	uint32_t last = UINT32_MAX;

	put_text(a, "{");
	for (size_t i = first; i < end; i++) {
		const struct gb_megolm_invitee *one = &w->invitees[i];
		struct gb_megolm_ids ids = gb_megolm_ids(w, one->device);
		bool same_user = user_of(w, one) == last;
		if (one->is_met)
			continue;
		if (!same_user) {
			put_text(a, last != UINT32_MAX ? "},\"" : "\"");
			put_text(a, ids.user);
			put_text(a, "\":{");
		}
		last = user_of(w, one);
		put_text(a, same_user ? ",\"" : "\"");
		put_text(a, ids.device);
		put_text(a, "\":");
		put(a, claimed ? one->signed_key : one->keys);
	}
	put_text(a, last != UINT32_MAX ? "}}" : "}");
}

/* {"@user":key,...} */
static void put_users(struct gb_world *w, size_t first, size_t end, bool is_master)
{
	struct gb_megolm_answers *a = &w->answers;
	uint32_t last = UINT32_MAX;

	put_text(a, "{");
	for (size_t i = first; i < end; i++) {
		const struct gb_megolm_invitee *one = &w->invitees[i];
		const struct gb_megolm_voucher *v = gb_megolm_voucher(w, one->device);
		if (one->is_met || v == NULL || user_of(w, one) == last)
			continue;
		put_text(a, last != UINT32_MAX ? ",\"" : "\"");
		put_text(a, gb_megolm_ids(w, one->device).user);
		put_text(a, "\":");
		put(a, is_master ? v->master : v->self_signing);
		last = user_of(w, one);
	}
	put_text(a, "}");
}

/* The end of a batch of GB_MEGOLM_BATCH users, or devices, that begins at `first`. */
static size_t end_of_batch(const struct gb_world *w, size_t first, bool of_users)
{
	uint32_t last = UINT32_MAX;
	size_t n = 0, i = first;

	for (; i < w->n_invitees; i++) {
		const struct gb_megolm_invitee *one = &w->invitees[i];
		bool counts = !one->is_met && (!of_users || user_of(w, one) != last);
		if (n + counts > GB_MEGOLM_BATCH)
			break;
		n += counts;
		last = one->is_met ? last : user_of(w, one);
	}
	return i;
}

/* Reads a part of an answer that lies at `text` back into the invitees it was made for. */
static enum gb_status read_devices(struct gb_world *w, struct megolm_slice text, size_t first,
				   bool claimed)
{
	struct megolm_directory_answer a;
	bool is_there = false;
	enum megolm_err err = megolm_directory_answer_open(
		&a, claimed ? MEGOLM_ANSWER_ONE_TIME_KEYS : MEGOLM_ANSWER_DEVICE_KEYS, text);

	while (err == MEGOLM_OK) {
		struct gb_megolm_invitee *one;
		struct gb_megolm_ids ids;
		err = megolm_directory_answer_next(&a, &is_there);
		if (err != MEGOLM_OK || !is_there)
			break;
		one = next_stranger(w, &first);
		if (one == NULL)
			return gb_megolm_fail(w, GB_REJECTED, "more keys than were asked for");
		ids = gb_megolm_ids(w, one->device);
		if (a.user_id.len != strlen(ids.user) || a.device_id.len != strlen(ids.device) ||
		    memcmp(a.user_id.p, ids.user, a.user_id.len) != 0 ||
		    memcmp(a.device_id.p, ids.device, a.device_id.len) != 0)
			return gb_megolm_fail(w, GB_REJECTED, "keys that were not asked for");
		if (claimed)
			one->signed_key = a.value;
		else
			one->keys = a.value;
	}
	return gb_megolm_status(w, err, "answer of the directory");
}

static enum gb_status read_users(struct gb_world *w, struct megolm_slice text, size_t first,
				 size_t end)
{
	struct megolm_directory_answer master, self_signing;
	uint32_t last = UINT32_MAX;
	bool is_there = true;
	enum megolm_err err =
		megolm_directory_answer_open(&master, MEGOLM_ANSWER_MASTER_KEYS, text);

	if (err == MEGOLM_OK)
		err = megolm_directory_answer_open(&self_signing, MEGOLM_ANSWER_SELF_SIGNING_KEYS,
						   text);
	for (size_t i = first; i < end && err == MEGOLM_OK && is_there; i++) {
		struct gb_megolm_invitee *one = &w->invitees[i];
		if (one->is_met || user_of(w, one) == last)
			continue;
		last = user_of(w, one);
		err = megolm_directory_answer_next(&master, &is_there);
		if (err == MEGOLM_OK && is_there)
			err = megolm_directory_answer_next(&self_signing, &is_there);
		one->master = master.value;
		one->self_signing = self_signing.value;
	}
	if (err == MEGOLM_OK && !is_there)
		return gb_megolm_fail(w, GB_REJECTED, "a user without cross-signing keys");
	return gb_megolm_status(w, err, "answer of the directory");
}

/* One answer of /keys/query, about the invitees from `first` to before `end`. */
static enum gb_status answer_query(struct gb_world *w, size_t first, size_t end)
{
	struct gb_megolm_answers *a = &w->answers;
	size_t at = a->len;
	struct megolm_slice text;
	enum gb_status status;

	put_text(a, "{\"device_keys\":");
	put_devices(w, first, end, false);
	put_text(a, ",\"failures\":{}");
	if (w->cross_signed) {
		put_text(a, ",\"master_keys\":");
		put_users(w, first, end, true);
		put_text(a, ",\"self_signing_keys\":");
		put_users(w, first, end, false);
	}
	put_text(a, "}");
	text = (struct megolm_slice){a->p + at, a->len - at};
	status = read_devices(w, text, first, false);
	return status == GB_OK && w->cross_signed ? read_users(w, text, first, end) : status;
}

static enum gb_status answer_claim(struct gb_world *w, size_t first, size_t end)
{
	struct gb_megolm_answers *a = &w->answers;
	size_t at = a->len;

	put_text(a, "{\"failures\":{},\"one_time_keys\":");
	put_devices(w, first, end, true);
	put_text(a, "}");
	return read_devices(w, (struct megolm_slice){a->p + at, a->len - at}, first, true);
}

/* Whose keys the answers have. A client skips those of devices that it knows: these are counted,
 * and neither written nor read. */
static void count_strangers(const struct gb_world *w, struct gb_megolm_live *live)
{
	for (size_t i = 0; i < w->n_invitees;) {
		uint32_t user = user_of(w, &w->invitees[i]);
		size_t n_strangers = 0, n_met = 0;
		for (; i < w->n_invitees && user_of(w, &w->invitees[i]) == user; i++) {
			n_strangers += !w->invitees[i].is_met;
			n_met += w->invitees[i].is_met;
		}
		live->now.n_fetched_devices += n_strangers;
		live->now.n_fetched_keys += n_strangers;
		live->now.n_fetched_users += n_strangers > 0;
		if (n_strangers > 0)
			gb_megolm_count_more(w, live, gb_megolm_members_of_user(w, user) + n_met);
	}
}

enum gb_status gb_megolm_invite_answer(struct gb_world *w, struct gb_megolm_live *live)
{
	enum gb_status status = reserve_answers(w);

	for (int of_users = 1; of_users >= 0; of_users--)
		for (size_t first = 0, end; first < w->n_invitees && status == GB_OK; first = end) {
			size_t i = first;
			end = end_of_batch(w, first, of_users != 0);
			if (next_stranger(w, &i) == NULL || i > end)
				continue;
			status = of_users != 0 ? answer_query(w, first, end)
					       : answer_claim(w, first, end);
		}
	live->now.fetched += w->answers.len;
	count_strangers(w, live);
	return status;
}

/* ---- what is done with it ---- */

enum gb_status gb_megolm_uninvite(struct gb_world *w, struct gb_megolm_live *live,
				  enum gb_status status)
{
	for (size_t i = w->n_invitees; i-- > 0;) {
		struct gb_megolm_invitee *one = &w->invitees[i];
		if (one->undo & OPENED) {
			megolm_device_close_session(live->device, one->peer);
			w->claims.n--;
		}
		if (one->undo & LEARNED)
			megolm_device_forget(live->device, one->peer);
		if (one->undo & VOUCHED)
			megolm_device_forget_user(live->device, gb_megolm_ids(w, one->device).user);
	}
	w->n_invitees = 0;
	return status;
}

static enum megolm_err verify(struct gb_megolm_live *live, struct gb_megolm_invitee *one,
			      const struct gb_megolm_ids *ids)
{
	enum megolm_err err = MEGOLM_OK;

	if (one->master.p != NULL && !megolm_device_knows_user(live->device, ids->user)) {
		err = megolm_device_learn_user(live->device, one->master, one->self_signing,
					       ids->user);
		one->undo |= err == MEGOLM_OK ? VOUCHED : 0;
	}
	if (err == MEGOLM_OK) {
		bool is_new = one->peer == NULL;
		err = megolm_device_learn(live->device, &one->peer, one->keys, ids->user,
					  ids->device, one->device);
		one->undo |= err == MEGOLM_OK && is_new ? LEARNED : 0;
	}
	if (err == MEGOLM_OK && !megolm_peer_has_session(one->peer))
		err = megolm_device_verify_claimed(live->device, one->peer, &one->claimed,
						   one->signed_key);
	return err;
}

enum gb_status gb_megolm_invite_verify(struct gb_world *w, struct gb_megolm_live *live)
{
	struct gb_megolm_invitee *one;
	size_t i = 0;
	enum gb_status status = GB_OK;

	while (status == GB_OK && (one = next_stranger(w, &i)) != NULL) {
		struct gb_megolm_ids ids = gb_megolm_ids(w, one->device);
		status = gb_megolm_status(w, verify(live, one, &ids), "key material");
	}
	return status;
}

enum gb_status gb_megolm_invite_sessions(struct gb_world *w, struct gb_megolm_live *live)
{
	struct gb_megolm_invitee *one;
	size_t i = 0;
	enum gb_status status = GB_OK;

	while (status == GB_OK && (one = next_stranger(w, &i)) != NULL) {
		enum megolm_err err;
		if (one->claimed.p == NULL)
			continue;
		err = megolm_device_begin_session(live->device, one->peer, one->claimed);
		one->undo |= err == MEGOLM_OK ? OPENED : 0;
		if (err == MEGOLM_OK)
			gb_megolm_note_claim(w, one->device, one->signed_key);
		status = gb_megolm_status(w, err, "claimed key");
	}
	return status;
}
