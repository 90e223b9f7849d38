/* What the own device sends to a room: keys to those who lack them, then events. */
#include "crypto.h"
#include "envelope.h"
#include "internal.h"
#include "json.h"
#include "peer.h"
#include "room.h"
#include "withheld.h"

struct megolm_peer *megolm_room_next_without_session(const struct megolm_room *room, size_t *i,
						     uint64_t now_ms)
{
	bool needs_all = megolm_room_rotation_due(room, now_ms);

	for (; *i < room->n_members; ++*i) {
		const struct megolm_member *m = &room->member[*i];
		if (m->withheld == MEGOLM_GIVEN && (needs_all || !m->has_key) &&
		    m->peer->session[0] == NULL)
			return room->member[(*i)++].peer;
	}
	return NULL;
}

/* Whether a key would go to a device that its user's keys vouched for and do no longer. */
static bool has_disowned(const struct megolm_room *room, bool needs_all)
{
	if (!room->device->policy.cross_signed)
		return false;
	for (size_t i = 0; i < room->n_members; i++)
		if (room->member[i].withheld == MEGOLM_GIVEN &&
		    (needs_all || !room->member[i].has_key) &&
		    megolm_peer_is_disowned(room->member[i].peer))
			return true;
	return false;
}

/* The content of m.room_key, at the current index. */
static enum megolm_err write_room_key(struct megolm_text *out, struct megolm_room *room,
				      bool is_new)
{
	struct megolm_slice first = is_new ? megolm_room_first_key(room) : megolm_slice(NULL, 0);
	size_t len = 0;
	enum megolm_err err = MEGOLM_OK;

	megolm_puts(out, "{\"algorithm\":\"" MEGOLM_MEGOLM_V1 "\",\"room_id\":\"");
	megolm_puts(out, room->id);
	megolm_puts(out, "\",\"session_id\":\"");
	megolm_puts(out, room->outbound.id);
	megolm_puts(out, "\",\"session_key\":\"");
	megolm_put(out, first);
	if (first.len == 0)
		err = megolm_room_session_key(room, out->p + out->len, out->cap - out->len, &len);
	if (err != MEGOLM_OK)
		return err;
	out->len += len;
	megolm_puts(out, room->shared_history ? "\",\"shared_history\":true}" : "\"}");
	return megolm_text_full(out) ? MEGOLM_ERR_OUTPUT : MEGOLM_OK;
}

/* Whether what travels to the peer next is under a key that its former state lacks. */
static bool begins_afresh(const struct megolm_peer *peer)
{
	return peer->session[0]->is_fresh || megolm_peer_ratchet_due(peer);
}

static enum megolm_err tell_withheld(struct megolm_room *room, struct megolm_shared *shared,
				     struct megolm_member *member, struct megolm_sink *sink)
{
	enum megolm_err err = megolm_withheld_send(room, &shared->n, member, sink);

	if (err != MEGOLM_OK)
		return err;
	member->is_told = true;
	room->n_lacking--;
	return MEGOLM_OK;
}

static enum megolm_err send_room_key(struct megolm_room *room, struct megolm_shared *shared,
				     struct megolm_olm_event *event, struct megolm_sink *sink)
{
	for (size_t i = 0; i < room->n_members; i++) {
		struct megolm_member *m = &room->member[i];
		bool afresh;
		enum megolm_err err;
		if (!megolm_member_lacks(m))
			continue;
		if (m->withheld != MEGOLM_GIVEN) {
			err = tell_withheld(room, shared, m, sink);
			if (err != MEGOLM_OK)
				return err;
			continue;
		}
		afresh = begins_afresh(m->peer);
		err = megolm_olm_event_send(event, m->peer, sink);
		if (err != MEGOLM_OK)
			return err;
		m->has_key = true;
		room->n_lacking--;
		shared->n++;
		shared->n_keys++;
		shared->healed = shared->healed && afresh;
	}
	return MEGOLM_OK;
}

enum megolm_err megolm_room_share(struct megolm_room *room, struct megolm_shared *shared,
				  uint64_t now_ms, struct megolm_sink *sink)
{
	uint8_t content[1024];
	struct megolm_text room_key = megolm_text(content, sizeof content);
	struct megolm_olm_event event = {0};
	struct megolm_shared done = {.new_session = megolm_room_rotation_due(room, now_ms)};
	size_t i = 0;
	enum megolm_err err = MEGOLM_OK;

	if (has_disowned(room, done.new_session))
		FAIL(MEGOLM_ERR_NOT_CROSS_SIGNED);
	if (megolm_room_next_without_session(room, &i, now_ms) != NULL)
		FAIL(MEGOLM_ERR_NO_OLM_SESSION);
	if (done.new_session)
		TRY(megolm_room_begin_session(room, now_ms));
	done.healed = done.new_session;
	if (room->n_lacking > 0) {
		TRY(write_room_key(&room_key, room, done.new_session));
		TRY(megolm_olm_event_begin(&event, room->device, "m.room_key",
					   megolm_text_slice(&room_key)));
		TRY(send_room_key(room, &done, &event, sink));
	}
	done.healed = done.healed && done.n_keys > 0;
	if (shared != NULL)
		*shared = done;
out:
	megolm_olm_event_end(&event);
	megolm_wipe(content, sizeof content);
	return err;
}

size_t megolm_room_encrypted_max(const struct megolm_room *room, size_t type_len, size_t len)
{
	size_t plaintext = 64 + len + type_len + strlen(room->id);
	size_t message = room->outbound.olm != NULL
				 ? olm_group_encrypt_message_length(room->outbound.olm, plaintext)
				 : 0;

	return 256 + strlen(room->device->device_id) + message;
}

static enum megolm_err write_plaintext(struct megolm_text *out, struct megolm_room *room,
				       const char *type, struct megolm_slice content)
{
	struct megolm_scratch *scratch = &room->device->plaintext;
	size_t max = 64 + content.len + strlen(type) + strlen(room->id);
	enum megolm_err err = megolm_scratch_reserve(scratch, max);

	if (err != MEGOLM_OK)
		return err;
	*out = megolm_text(scratch->p, max);
	megolm_puts(out, "{\"content\":");
	megolm_put(out, content);
	megolm_puts(out, ",\"room_id\":\"");
	megolm_puts(out, room->id);
	megolm_puts(out, "\",\"type\":\"");
	megolm_puts(out, type);
	megolm_puts(out, "\"}");
	return megolm_text_full(out) ? MEGOLM_ERR_OUTPUT : MEGOLM_OK;
}

static enum megolm_err write_event(struct megolm_text *out, struct megolm_room *room,
				   struct megolm_slice plaintext)
{
	OlmOutboundGroupSession *olm = room->outbound.olm;
	size_t len = olm_group_encrypt_message_length(olm, plaintext.len);
	uint8_t *message;
	enum megolm_err err;

	megolm_puts(out, "{\"algorithm\":\"" MEGOLM_MEGOLM_V1 "\",\"ciphertext\":\"");
	message = megolm_put_later(out, len);
	megolm_puts(out, "\",\"device_id\":\"");
	megolm_puts(out, room->device->device_id);
	megolm_puts(out, "\",\"sender_key\":\"");
	megolm_puts(out, room->device->curve25519);
	megolm_puts(out, "\",\"session_id\":\"");
	megolm_puts(out, room->outbound.id);
	megolm_puts(out, "\"}");
	if (megolm_text_full(out))
		return MEGOLM_ERR_OUTPUT;
	if (out->len > room->device->policy.max_content)
		return MEGOLM_ERR_TOO_LARGE;
	len = olm_group_encrypt(olm, plaintext.p, plaintext.len, message, len);
	err = megolm_olm_outbound(olm, len);
	return err;
}

enum megolm_err megolm_room_encrypt(struct megolm_room *room, uint8_t *out, size_t cap, size_t *len,
				    uint64_t now_ms, const char *type, struct megolm_slice content)
{
	struct megolm_text event = megolm_text(out, cap), plaintext = {0};
	enum megolm_err err = MEGOLM_OK;

	if (!megolm_is_identifier(megolm_slice_of(type), '\0'))
		FAIL(MEGOLM_ERR_IDENTIFIER);
	if (megolm_room_share_due(room, now_ms))
		FAIL(MEGOLM_ERR_SHARE_DUE);
	if (content.len > room->device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	if (cap < megolm_room_encrypted_max(room, strlen(type), content.len))
		FAIL(MEGOLM_ERR_OUTPUT);
	TRY(write_plaintext(&plaintext, room, type, content));
	TRY(write_event(&event, room, megolm_text_slice(&plaintext)));
	*len = event.len;
out:
	return err;
}
