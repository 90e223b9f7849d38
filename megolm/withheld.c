#include "withheld.h"

#include "crypto.h"
#include "internal.h"
#include "json.h"
#include "pairwise.h"
#include "room.h"
#include <stdlib.h>

#define HOUR_MS 3600000u

static const char *const codes[] = {
	[MEGOLM_GIVEN] = "",
	[MEGOLM_BLACKLISTED] = "m.blacklisted",
	[MEGOLM_UNVERIFIED] = "m.unverified",
	[MEGOLM_UNAUTHORISED] = "m.unauthorised",
	[MEGOLM_UNAVAILABLE] = "m.unavailable",
	[MEGOLM_NO_OLM] = "m.no_olm",
	[MEGOLM_HISTORY_NOT_SHARED] = "m.history_not_shared",
};

/* ---- at the sender ---- */

enum megolm_err megolm_room_withhold(struct megolm_room *room, struct megolm_peer *peer,
				     enum megolm_withheld code)
{
	struct megolm_member *member = megolm_room_member(room, peer);

	if (code == MEGOLM_HISTORY_NOT_SHARED)
		return MEGOLM_ERR_USAGE;
	if (member == NULL)
		return MEGOLM_ERR_NOT_MEMBER;
	if (code != MEGOLM_GIVEN && member->withheld == MEGOLM_GIVEN &&
	    (member->has_key || room->shared_history))
		megolm_room_rotate(room);
	if (member->is_told)
		room->n_lacking++;
	member->is_told = false;
	member->withheld = code;
	return MEGOLM_OK;
}

/* {"messages":{USER:{DEVICE:CONTENT}}} */
static void write_withheld(struct megolm_text *out, const struct megolm_room *room,
			   const struct megolm_member *member)
{
	megolm_puts(out, "{\"messages\":{\"");
	megolm_puts(out, member->peer->user_id);
	megolm_puts(out, "\":{\"");
	megolm_puts(out, member->peer->device_id);
	megolm_puts(out, "\":{\"algorithm\":\"" MEGOLM_MEGOLM_V1 "\",\"code\":\"");
	megolm_puts(out, codes[member->withheld]);
	if (member->withheld != MEGOLM_NO_OLM) {
		megolm_puts(out, "\",\"room_id\":\"");
		megolm_puts(out, room->id);
	}
	megolm_puts(out, "\",\"sender_key\":\"");
	megolm_puts(out, room->device->curve25519);
	if (member->withheld != MEGOLM_NO_OLM) {
		megolm_puts(out, "\",\"session_id\":\"");
		megolm_puts(out, room->outbound.id);
	}
	megolm_puts(out, "\"}}}}");
}

enum megolm_err megolm_withheld_send(struct megolm_room *room, size_t *n,
				     struct megolm_member *member, struct megolm_sink *sink)
{
	size_t max = 256 + strlen(member->peer->user_id) + strlen(member->peer->device_id) +
		     strlen(room->id) + 2 * MEGOLM_KEY_CHARS;
	struct megolm_text out;
	uint8_t *p;

	if (member->withheld == MEGOLM_NO_OLM && member->peer->told_no_olm)
		return MEGOLM_OK;
	p = sink->reserve(sink, max);
	if (p == NULL)
		return MEGOLM_ERR_OUTPUT;
	out = megolm_text(p, max);
	write_withheld(&out, room, member);
	if (megolm_text_full(&out))
		return MEGOLM_ERR_OUTPUT;
	sink->is_withheld = true;
	sink->commit(sink, member->peer, out.len);
	sink->is_withheld = false;
	++*n;
	if (member->withheld == MEGOLM_NO_OLM)
		member->peer->told_no_olm = true;
	return MEGOLM_OK;
}

/* ---- at the device that gets no key ---- */

static enum megolm_err mark_of(uint8_t mark[16], struct megolm_slice room_id,
			       struct megolm_slice session_id)
{
	uint8_t name[2 * (MEGOLM_MAX_ID + 1)], hash[MEGOLM_SHA256_BYTES];
	struct megolm_text text = megolm_text(name, sizeof name);
	enum megolm_err err;

	megolm_put(&text, room_id);
	megolm_puts(&text, " ");
	megolm_put(&text, session_id);
	if (megolm_text_full(&text))
		return MEGOLM_ERR_IDENTIFIER;
	err = megolm_sha256(hash, megolm_text_slice(&text));
	if (err == MEGOLM_OK)
		memcpy(mark, hash, 16);
	return err;
}

static enum megolm_err keep(struct megolm_device *device, const uint8_t mark[16],
			    enum megolm_withheld code)
{
	struct megolm_withheld_session *at;

	if (device->withheld == NULL)
		device->withheld = calloc(MEGOLM_MAX_WITHHELD, sizeof *device->withheld);
	if (device->withheld == NULL)
		return MEGOLM_ERR_NOMEM;
	at = &device->withheld[device->n_withheld++ % MEGOLM_MAX_WITHHELD];
	memcpy(at->mark, mark, sizeof at->mark);
	at->code = code;
	return MEGOLM_OK;
}

static enum megolm_withheld code_of(struct megolm_slice text)
{
	for (unsigned i = MEGOLM_BLACKLISTED; i < MEGOLM_N(codes); i++)
		if (megolm_equals(text, codes[i]))
			return (enum megolm_withheld)i;
	return MEGOLM_UNAUTHORISED;
}

/* Where a content with another code than m.no_olm says that it belongs. */
static enum megolm_err read_session(uint8_t mark[16], struct megolm_slice content,
				    const struct megolm_room *room)
{
	struct megolm_slice room_id, session_id;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_string_member(content, "room_id", &room_id));
	TRY(megolm_json_string_member(content, "session_id", &session_id));
	if (!megolm_is_identifier(room_id, '!'))
		FAIL(MEGOLM_ERR_IDENTIFIER);
	if (!megolm_is_base64(session_id, MEGOLM_KEY_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
	if (room != NULL && !megolm_equals(room_id, room->id))
		FAIL(MEGOLM_ERR_WRONG_ROOM);
	TRY(mark_of(mark, room_id, session_id));
out:
	return err;
}

enum megolm_err megolm_withheld_take(struct megolm_device *device, enum megolm_withheld *code,
				     struct megolm_slice content, const struct megolm_room *room)
{
	struct megolm_slice algorithm, sender_key, text;
	enum megolm_withheld found;
	uint8_t mark[16];
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_string_member(content, "algorithm", &algorithm));
	if (!megolm_equals(algorithm, MEGOLM_MEGOLM_V1))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_string_member(content, "sender_key", &sender_key));
	if (!megolm_is_base64(sender_key, MEGOLM_KEY_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
	TRY(megolm_json_string_member(content, "code", &text));
	found = code_of(text);
	if (found != MEGOLM_NO_OLM || room != NULL) {
		TRY(read_session(mark, content, room));
		TRY(keep(device, mark, found));
	}
	*code = found;
out:
	return err;
}

enum megolm_err megolm_device_receive_withheld(struct megolm_device *device,
					       enum megolm_withheld *code,
					       struct megolm_slice content)
{
	enum megolm_err err = MEGOLM_OK;

	if (content.len > device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_json_check(content));
	TRY(megolm_withheld_take(device, code, content, NULL));
out:
	return err;
}

/* What was said last counts; NULL when nothing was. */
static const struct megolm_withheld_session *find(const struct megolm_room *room,
						  struct megolm_slice id)
{
	const struct megolm_device *device = room->device;
	size_t n =
		device->n_withheld < MEGOLM_MAX_WITHHELD ? device->n_withheld : MEGOLM_MAX_WITHHELD;
	uint8_t mark[16];

	if (device->withheld == NULL || id.len != MEGOLM_KEY_CHARS ||
	    mark_of(mark, megolm_slice_of(room->id), id) != MEGOLM_OK)
		return NULL;
	for (size_t i = 1; i <= n; i++) {
		const struct megolm_withheld_session *w =
			&device->withheld[(device->n_withheld - i) % MEGOLM_MAX_WITHHELD];
		if (memcmp(w->mark, mark, sizeof mark) == 0)
			return w;
	}
	return NULL;
}

enum megolm_err megolm_withheld_reason(const struct megolm_room *room, struct megolm_slice id)
{
	const struct megolm_withheld_session *w = find(room, id);

	if (w == NULL)
		return MEGOLM_ERR_UNKNOWN_SESSION;
	return w->code == MEGOLM_HISTORY_NOT_SHARED ? MEGOLM_ERR_HISTORY_NOT_SHARED
						    : MEGOLM_ERR_WITHHELD;
}

enum megolm_err megolm_room_why_withheld(const struct megolm_room *room, enum megolm_withheld *code,
					 struct megolm_slice content)
{
	const struct megolm_withheld_session *w;
	struct megolm_slice id;
	enum megolm_err err = MEGOLM_OK;

	if (content.len > room->device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_json_check(content));
	TRY(megolm_json_string_member(content, "session_id", &id));
	w = find(room, id);
	if (w == NULL)
		FAIL(MEGOLM_ERR_UNKNOWN_SESSION);
	*code = w->code;
out:
	return err;
}

/* ---- a broken session ---- */

enum megolm_err megolm_device_recover(struct megolm_device *device, struct megolm_peer *peer,
				      struct megolm_slice signed_key, uint64_t now_ms,
				      struct megolm_sink *sink)
{
	struct megolm_pairwise *oldest = peer->session[MEGOLM_MAX_SESSIONS - 1];
	bool told_no_olm = peer->told_no_olm, is_open = false;
	enum megolm_err err = MEGOLM_OK;

	if (peer->has_recovered && now_ms - peer->recovered_ms < HOUR_MS)
		return MEGOLM_ERR_TOO_SOON;
	/* It falls out for the new one only once that has carried its message. */
	peer->session[MEGOLM_MAX_SESSIONS - 1] = NULL;
	TRY(megolm_device_open_session(device, peer, signed_key));
	is_open = true;
	TRY(megolm_device_send_dummy(device, peer, sink));
	megolm_pairwise_drop(device, oldest);
	peer->has_recovered = true;
	peer->recovered_ms = now_ms;
out:
	if (err != MEGOLM_OK) {
		if (is_open)
			megolm_device_close_session(device, peer);
		peer->session[MEGOLM_MAX_SESSIONS - 1] = oldest;
		peer->told_no_olm = told_no_olm;
	}
	return err;
}
