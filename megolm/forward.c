/* Keys that are asked for and forwarded (E2EE, "Key requests"). */
#include "forward.h"

#include "crypto.h"
#include "crypto_base64.h"
#include "envelope.h"
#include "internal.h"
#include "json.h"
#include "peer.h"
#include "room.h"
#include <stdlib.h>

#define MAX_REQUESTS 1000

enum megolm_err megolm_peer_set_verified(struct megolm_peer *peer, bool is_verified)
{
	if (peer->by_signatures)
		return MEGOLM_ERR_USAGE;
	peer->is_verified = is_verified;
	return MEGOLM_OK;
}

bool megolm_peer_is_verified(const struct megolm_peer *peer)
{
	return peer->is_verified;
}

/* ---- asking ---- */

static void free_list(struct megolm_request **list)
{
	while (*list != NULL) {
		struct megolm_request *request = *list;
		*list = request->next;
		free(request);
	}
}

void megolm_requests_free(struct megolm_device *device)
{
	free_list(&device->request);
	free_list(&device->settled);
}

/* Where the pointer to the request of a session is, in a list; to NULL when there is none. */
static struct megolm_request **find_request(struct megolm_request **list,
					    struct megolm_slice room_id,
					    struct megolm_slice session_id)
{
	struct megolm_request **at = list;

	while (*at != NULL && !(megolm_equals(session_id, (*at)->session_id) &&
				megolm_equals(room_id, (*at)->room_id)))
		at = &(*at)->next;
	return at;
}

static enum megolm_err new_request(struct megolm_request **out, struct megolm_room *room,
				   const char *session_id)
{
	struct megolm_entropy random = {0};
	struct megolm_request *request = calloc(1, sizeof *request);
	struct megolm_text id;
	enum megolm_err err;

	if (request == NULL)
		return MEGOLM_ERR_NOMEM;
	err = megolm_draw(room->device, &random, 16);
	if (err != MEGOLM_OK) {
		free(request);
		return err;
	}
	id = megolm_text((uint8_t *)request->id, sizeof request->id - 1);
	megolm_put_base64(&id, megolm_slice(random.bytes, 16));
	memcpy(request->room_id, room->id, sizeof request->room_id);
	memcpy(request->session_id, session_id, MEGOLM_KEY_CHARS);
	*out = request;
	return MEGOLM_OK;
}

/* Takes a request out of the settled ones. */
static struct megolm_request *take_settled(struct megolm_device *device,
					   struct megolm_request *request)
{
	*(request->newer != NULL ? &request->newer->next : &device->settled) = request->next;
	*(request->next != NULL ? &request->next->newer : &device->oldest_settled) = request->newer;
	request->next = request->newer = NULL;
	device->n_settled--;
	return request;
}

/* What is asked for: "body". The key of the device that began the session is deprecated, and
 * "should still be included" where the event has it. */
static void put_body(struct megolm_text *text, const struct megolm_request *request,
		     const char *sender_key)
{
	megolm_puts(text, "\"body\":{\"algorithm\":\"" MEGOLM_MEGOLM_V1 "\",\"room_id\":\"");
	megolm_puts(text, request->room_id);
	if (sender_key != NULL) {
		megolm_puts(text, "\",\"sender_key\":\"");
		megolm_puts(text, sender_key);
	}
	megolm_puts(text, "\",\"session_id\":\"");
	megolm_puts(text, request->session_id);
	megolm_puts(text, "\"},");
}

/* Behind the action, and the body where there is one. */
static enum megolm_err end_request(struct megolm_text *text, size_t *len,
				   const struct megolm_device *device,
				   const struct megolm_request *request)
{
	megolm_puts(text, "\"request_id\":\"");
	megolm_puts(text, request->id);
	megolm_puts(text, "\",\"requesting_device_id\":\"");
	megolm_puts(text, device->device_id);
	megolm_puts(text, "\"}");
	if (megolm_text_full(text))
		return MEGOLM_ERR_OUTPUT;
	*len = text->len;
	return MEGOLM_OK;
}

/* Asking again asks with the same id, also after the key had come. */
enum megolm_err megolm_room_request_key(struct megolm_room *room, uint8_t *out, size_t cap,
					size_t *len, const char *session_id, const char *sender_key)
{
	struct megolm_text text = megolm_text(out, cap);
	struct megolm_device *device = room->device;
	struct megolm_slice id = megolm_slice_of(session_id), room_id = megolm_slice_of(room->id);
	struct megolm_request **at = find_request(&device->request, room_id, id);
	struct megolm_request *settled = *find_request(&device->settled, room_id, id);
	struct megolm_request *request = *at != NULL ? *at : settled, *made = NULL;
	size_t n = 0;
	enum megolm_err err = MEGOLM_OK;

	if (!megolm_is_base64(id, MEGOLM_KEY_CHARS) ||
	    (sender_key != NULL &&
	     !megolm_is_base64(megolm_slice_of(sender_key), MEGOLM_KEY_CHARS)))
		FAIL(MEGOLM_ERR_BASE64);
	if (cap < 1024)
		FAIL(MEGOLM_ERR_OUTPUT);
	for (const struct megolm_request *r = device->request; r != NULL; r = r->next)
		n++;
	if (*at == NULL && n >= MAX_REQUESTS)
		FAIL(MEGOLM_ERR_TOO_MANY);
	if (request == NULL)
		TRY(new_request(&made, room, session_id));
	request = request != NULL ? request : made;
	megolm_puts(&text, "{\"action\":\"request\",");
	put_body(&text, request, sender_key);
	TRY(end_request(&text, len, device, request));
	if (settled == request)
		(void)take_settled(device, request);
	*at = request;
	made = NULL;
out:
	free(made);
	return err;
}

static enum megolm_err write_cancellation(const struct megolm_device *device,
					  const struct megolm_request *request, uint8_t *out,
					  size_t cap, size_t *len)
{
	struct megolm_text text = megolm_text(out, cap);

	megolm_puts(&text, "{\"action\":\"request_cancellation\",");
	return end_request(&text, len, device, request);
}

enum megolm_err megolm_room_cancel_request(struct megolm_room *room, uint8_t *out, size_t cap,
					   size_t *len, const char *session_id)
{
	struct megolm_device *device = room->device;
	struct megolm_request **at = find_request(&device->request, megolm_slice_of(room->id),
						  megolm_slice_of(session_id));
	struct megolm_request *request = *at;
	enum megolm_err err;

	if (request == NULL)
		return MEGOLM_ERR_NOT_REQUESTED;
	err = write_cancellation(device, request, out, cap, len);
	if (err != MEGOLM_OK)
		return err;
	*at = request->next;
	free(request);
	return MEGOLM_OK;
}

enum megolm_err megolm_device_next_cancellation(struct megolm_device *device, bool *is_there,
						uint8_t *out, size_t cap, size_t *len)
{
	struct megolm_request *request = device->settled;
	enum megolm_err err;

	if (request == NULL) {
		*is_there = false;
		return MEGOLM_OK;
	}
	err = write_cancellation(device, request, out, cap, len);
	if (err != MEGOLM_OK)
		return err;
	free(take_settled(device, request));
	*is_there = true;
	return MEGOLM_OK;
}

size_t megolm_device_n_cancellations(const struct megolm_device *device)
{
	return device->n_settled;
}

/* ---- answering ---- */

static enum megolm_err put_forwarded(struct megolm_text *out, struct megolm_room *room,
				     struct megolm_inbound *inbound)
{
	const struct megolm_origin *origin = inbound->origin;
	uint32_t index;
	uint8_t *key;
	enum megolm_err err;

	megolm_puts(out,
		    "{\"algorithm\":\"" MEGOLM_MEGOLM_V1 "\",\"forwarding_curve25519_key_chain\":");
	if (origin != NULL && origin->chain.len > 0)
		megolm_put(out, megolm_slice(origin->chain.p, origin->chain.len));
	else
		megolm_puts(out, "[]");
	megolm_puts(out, ",\"room_id\":\"");
	megolm_puts(out, room->id);
	megolm_puts(out, "\",\"sender_claimed_ed25519_key\":\"");
	megolm_puts(out, megolm_inbound_ed25519(room, inbound));
	megolm_puts(out, "\",\"sender_key\":\"");
	megolm_puts(out, megolm_inbound_curve25519(room, inbound));
	megolm_puts(out, "\",\"session_id\":\"");
	megolm_puts(out, inbound->id);
	megolm_puts(out, "\",\"session_key\":\"");
	key = megolm_put_later(out, MEGOLM_EXPORT_CHARS);
	megolm_puts(out, "\"}");
	if (megolm_text_full(out))
		return MEGOLM_ERR_OUTPUT;
	err = megolm_inbound_export(inbound, key, &index);
	return err;
}

static enum megolm_err forward(struct megolm_room *room, struct megolm_inbound *inbound,
			       struct megolm_peer *to, struct megolm_sink *sink)
{
	uint8_t content[MEGOLM_CHAIN_BYTES + 1024];
	struct megolm_text text = megolm_text(content, sizeof content);
	struct megolm_olm_event event = {0};
	enum megolm_err err = MEGOLM_OK;

	if (!megolm_peer_has_session(to))
		FAIL(MEGOLM_ERR_NO_OLM_SESSION);
	TRY(put_forwarded(&text, room, inbound));
	TRY(megolm_olm_event_begin(&event, room->device, "m.forwarded_room_key",
				   megolm_text_slice(&text)));
	TRY(megolm_olm_event_send(&event, to, sink));
out:
	megolm_olm_event_end(&event);
	megolm_wipe(content, sizeof content);
	return err;
}

static enum megolm_err write_unavailable(struct megolm_device *device, uint8_t *out, size_t cap,
					 size_t *len, struct megolm_slice room_id,
					 struct megolm_slice session_id)
{
	struct megolm_text text = megolm_text(out, cap);

	megolm_puts(&text, "{\"algorithm\":\"" MEGOLM_MEGOLM_V1
			   "\",\"code\":\"m.unavailable\",\"reason\":\"The requested key was not "
			   "found\",\"room_id\":\"");
	megolm_put(&text, room_id);
	megolm_puts(&text, "\",\"sender_key\":\"");
	megolm_puts(&text, device->curve25519);
	megolm_puts(&text, "\",\"session_id\":\"");
	megolm_put(&text, session_id);
	megolm_puts(&text, "\"}");
	if (megolm_text_full(&text))
		return MEGOLM_ERR_OUTPUT;
	*len = text.len;
	return MEGOLM_OK;
}

/* What is asked for. */
struct wanted {
	struct megolm_slice room_id, session_id;
};

static enum megolm_err read_body(struct wanted *out, struct megolm_slice content)
{
	struct megolm_slice body, algorithm;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_member(content, megolm_slice_of("body"), &body));
	TRY(megolm_json_string_member(body, "algorithm", &algorithm));
	if (!megolm_equals(algorithm, MEGOLM_MEGOLM_V1))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_string_member(body, "room_id", &out->room_id));
	TRY(megolm_json_string_member(body, "session_id", &out->session_id));
	if (!megolm_is_identifier(out->room_id, '!'))
		FAIL(MEGOLM_ERR_IDENTIFIER);
	if (!megolm_is_base64(out->session_id, MEGOLM_KEY_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
out:
	return err;
}

/* The device that asks, if it may be given keys: a verified one of the same user. */
static enum megolm_err find_asker(struct megolm_device *device, struct megolm_peer **out,
				  const char *sender, struct megolm_slice content)
{
	struct megolm_slice id;
	enum megolm_err err = megolm_json_string_member(content, "requesting_device_id", &id);

	if (err != MEGOLM_OK)
		return err;
	*out = megolm_peer_by_ids(device, megolm_slice_of(sender), id);
	if (*out == NULL)
		return MEGOLM_ERR_UNKNOWN_DEVICE;
	return (*out)->is_verified && strcmp(sender, device->user_id) == 0 ? MEGOLM_OK
									   : MEGOLM_ERR_UNVERIFIED;
}

enum megolm_err megolm_device_answer_request(struct megolm_device *device,
					     enum megolm_answer *answer, uint8_t *out, size_t cap,
					     size_t *len, const char *sender,
					     struct megolm_slice content, struct megolm_sink *sink)
{
	struct megolm_slice action;
	struct megolm_inbound *inbound;
	struct megolm_room *room;
	struct megolm_peer *peer;
	struct wanted wanted;
	enum megolm_err err = MEGOLM_OK;

	if (content.len > device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	if (cap < 1024)
		FAIL(MEGOLM_ERR_OUTPUT);
	TRY(megolm_json_check(content));
	TRY(megolm_json_string_member(content, "action", &action));
	TRY(find_asker(device, &peer, sender, content));
	if (megolm_equals(action, "request_cancellation")) {
		*answer = MEGOLM_ANSWER_CANCELLED;
		goto out;
	}
	if (!megolm_equals(action, "request"))
		FAIL(MEGOLM_ERR_JSON_MEMBER);
	TRY(read_body(&wanted, content));
	room = megolm_room_find(device, wanted.room_id);
	inbound = room != NULL ? megolm_inbound_find(room, wanted.session_id) : NULL;
	if (inbound != NULL)
		TRY(forward(room, inbound, peer, sink));
	else
		TRY(write_unavailable(device, out, cap, len, wanted.room_id, wanted.session_id));
	*answer = inbound != NULL ? MEGOLM_ANSWER_FORWARDED : MEGOLM_ANSWER_UNAVAILABLE;
out:
	return err;
}

/* ---- receiving ---- */

/* The chain with one more link. */
static enum megolm_err extend_chain(struct megolm_text *out, struct megolm_session_data *data,
				    struct megolm_slice chain, const char *link)
{
	struct megolm_slice rest, item;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_chain_read(&data->n_forwarded, chain));
	TRY(megolm_json_open_array(&rest, chain));
	megolm_puts(out, "[");
	while (megolm_json_next_item(&rest, &item)) {
		megolm_put(out, item);
		megolm_puts(out, ",");
	}
	megolm_puts(out, "\"");
	megolm_puts(out, link);
	megolm_puts(out, "\"]");
	if (megolm_text_full(out))
		FAIL(MEGOLM_ERR_JSON_MEMBER);
	data->chain = megolm_text_slice(out);
	TRY(megolm_chain_read(&data->n_forwarded, data->chain));
out:
	return err;
}

enum megolm_err megolm_forwarded_read(struct megolm_session_data *out, struct megolm_text *chain,
				      const struct megolm_device *device,
				      const struct megolm_peer *from, struct megolm_slice content)
{
	struct megolm_session_data data = {0};
	struct megolm_slice algorithm, links;
	const struct megolm_request *request = device->request;
	enum megolm_err err = MEGOLM_OK;

	if (from == NULL || !from->is_verified || strcmp(from->user_id, device->user_id) != 0)
		FAIL(MEGOLM_ERR_UNVERIFIED);
	TRY(megolm_json_string_member(content, "algorithm", &algorithm));
	if (!megolm_equals(algorithm, MEGOLM_MEGOLM_V1))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_string_member(content, "room_id", &data.room_id));
	TRY(megolm_json_string_member(content, "session_id", &data.session_id));
	TRY(megolm_json_string_member(content, "session_key", &data.session_key));
	TRY(megolm_json_string_member(content, "sender_key", &data.curve25519));
	TRY(megolm_json_string_member(content, "sender_claimed_ed25519_key", &data.ed25519));
	TRY(megolm_json_member(content, megolm_slice_of("forwarding_curve25519_key_chain"),
			       &links));
	TRY(extend_chain(chain, &data, links, from->curve25519));
	while (request != NULL && !(megolm_equals(data.session_id, request->session_id) &&
				    megolm_equals(data.room_id, request->room_id)))
		request = request->next;
	if (request == NULL)
		FAIL(MEGOLM_ERR_NOT_REQUESTED);
	*out = data;
out:
	return err;
}

/* The newest is the first; where nobody asks for cancellations the oldest is let go. */
static void keep_settled(struct megolm_device *device, struct megolm_request *request)
{
	request->next = device->settled;
	*(request->next != NULL ? &request->next->newer : &device->oldest_settled) = request;
	device->settled = request;
	if (++device->n_settled > MAX_REQUESTS)
		free(take_settled(device, device->oldest_settled));
}

void megolm_request_settle(struct megolm_device *device, struct megolm_slice room_id,
			   struct megolm_slice session_id)
{
	struct megolm_request **at = find_request(&device->request, room_id, session_id);
	struct megolm_request *request = *at;

	if (request == NULL)
		return;
	*at = request->next;
	keep_settled(device, request);
}
