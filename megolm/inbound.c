#include "inbound.h"

#include "crypto.h"
#include "crypto_seal.h"
#include "forward.h"
#include "internal.h"
#include "json.h"
#include "peer.h"
#include "room.h"
#include "withheld.h"
#include <stdlib.h>

static bool has_id(const void *entry, const struct megolm_name *name)
{
	const struct megolm_inbound *inbound = entry;

	return megolm_equals(name->a, inbound->id);
}

static struct megolm_name id_name(const struct megolm_inbound *inbound)
{
	return (struct megolm_name){.a = megolm_slice_of(inbound->id)};
}

struct megolm_inbound *megolm_inbound_find(const struct megolm_room *room, struct megolm_slice id)
{
	struct megolm_name name = {.a = id};

	return megolm_table_find(&room->inbound_by_id, &name, has_id);
}

void megolm_origin_free(struct megolm_origin *origin)
{
	if (origin == NULL)
		return;
	free(origin->chain.p);
	free(origin->giver);
	free(origin);
}

void megolm_inbound_free(struct megolm_inbound *inbound)
{
	if (inbound == NULL)
		return;
	if (inbound->sender != NULL)
		megolm_peer_unname(inbound->sender);
	if (inbound->olm != NULL)
		olm_clear_inbound_group_session(inbound->olm);
	free(inbound->olm);
	megolm_wipe_free(inbound->session_key.p, inbound->session_key.len);
	megolm_wipe_free(inbound->saved.p, inbound->saved.len);
	megolm_origin_free(inbound->origin);
	free(inbound->seen);
	free(inbound->saved_seen);
	free(inbound);
}

enum megolm_err megolm_inbound_new_unopened(struct megolm_inbound **out, struct megolm_slice id,
					    struct megolm_slice session_key)
{
	struct megolm_inbound *inbound;

	if (id.len != MEGOLM_KEY_CHARS)
		return MEGOLM_ERR_WRONG_SESSION_ID;
	inbound = calloc(1, sizeof *inbound);
	if (inbound == NULL)
		return MEGOLM_ERR_NOMEM;
	inbound->session_key.p = malloc(session_key.len + 1);
	if (inbound->session_key.p == NULL) {
		free(inbound);
		return MEGOLM_ERR_NOMEM;
	}
	memcpy(inbound->session_key.p, session_key.p, session_key.len);
	inbound->session_key.len = session_key.len;
	memcpy(inbound->id, id.p, id.len);
	*out = inbound;
	return MEGOLM_OK;
}

/* Whether the session that libolm made of the key has the id that was claimed. */
static enum megolm_err check_id(OlmInboundGroupSession *olm, const char *claimed)
{
	uint8_t id[MEGOLM_KEY_CHARS];
	size_t len = olm_inbound_group_session_id_length(olm);
	enum megolm_err err;

	if (len != sizeof id)
		return MEGOLM_ERR_OLM;
	err = megolm_olm_inbound(olm, olm_inbound_group_session_id(olm, id, len));
	if (err != MEGOLM_OK)
		return err;
	return megolm_equals(megolm_slice(id, len), claimed) ? MEGOLM_OK
							     : MEGOLM_ERR_WRONG_SESSION_ID;
}

/* From m.room_key, signed by the session, or in the form of an export. */
static enum megolm_err init(OlmInboundGroupSession *olm, const struct megolm_owned *key,
			    bool is_export)
{
	return megolm_olm_inbound(
		olm, is_export ? olm_import_inbound_group_session(olm, key->p, key->len)
			       : olm_init_inbound_group_session(olm, key->p, key->len));
}

enum megolm_err megolm_inbound_open(struct megolm_inbound *inbound)
{
	struct megolm_owned *key = &inbound->session_key;
	OlmInboundGroupSession *olm = NULL;
	void *memory;
	enum megolm_err err = MEGOLM_OK;

	if (inbound->olm != NULL)
		return MEGOLM_OK;
	memory = malloc(olm_inbound_group_session_size());
	if (memory == NULL)
		return MEGOLM_ERR_NOMEM;
	olm = olm_inbound_group_session(memory);
	TRY(init(olm, key, inbound->origin != NULL));
	TRY(check_id(olm, inbound->id));
	inbound->olm = olm;
	olm = NULL;
	megolm_wipe_free(key->p, key->len);
	*key = (struct megolm_owned){0};
out:
	if (olm != NULL)
		olm_clear_inbound_group_session(olm);
	free(olm);
	return err;
}

enum megolm_err megolm_inbound_new(struct megolm_inbound **out, struct megolm_peer *sender,
				   struct megolm_slice id, struct megolm_slice session_key)
{
	struct megolm_inbound *inbound;
	enum megolm_err err = megolm_inbound_new_unopened(&inbound, id, session_key);

	if (err != MEGOLM_OK)
		return err;
	inbound->sender = sender;
	if (sender != NULL)
		sender->n_begun++;
	err = megolm_inbound_open(inbound);
	if (err != MEGOLM_OK) {
		megolm_inbound_free(inbound);
		return err;
	}
	*out = inbound;
	return MEGOLM_OK;
}

enum megolm_err megolm_inbound_import(struct megolm_inbound **out, struct megolm_origin *origin,
				      struct megolm_slice id, struct megolm_slice exported)
{
	struct megolm_inbound *inbound;
	enum megolm_err err = megolm_inbound_new_unopened(&inbound, id, exported);

	if (err != MEGOLM_OK)
		return err;
	inbound->origin = origin;
	err = megolm_inbound_open(inbound);
	if (err != MEGOLM_OK) {
		inbound->origin = NULL;
		megolm_inbound_free(inbound);
		return err;
	}
	*out = inbound;
	return MEGOLM_OK;
}

static enum megolm_err export_at(OlmInboundGroupSession *olm, uint8_t out[MEGOLM_EXPORT_CHARS],
				 uint32_t index)
{
	if (olm_export_inbound_group_session_length(olm) != MEGOLM_EXPORT_CHARS)
		return MEGOLM_ERR_OLM;
	return megolm_olm_inbound(
		olm, olm_export_inbound_group_session(olm, out, MEGOLM_EXPORT_CHARS, index));
}

enum megolm_err megolm_inbound_export(struct megolm_inbound *inbound, uint8_t *out, uint32_t *index)
{
	enum megolm_err err = megolm_inbound_open(inbound);

	if (err != MEGOLM_OK)
		return err;
	*index = olm_inbound_group_session_first_known_index(inbound->olm);
	return export_at(inbound->olm, out, *index);
}

const char *megolm_inbound_curve25519(const struct megolm_room *room,
				      const struct megolm_inbound *inbound)
{
	if (inbound->origin != NULL)
		return inbound->origin->curve25519;
	return inbound->sender != NULL ? inbound->sender->curve25519 : room->device->curve25519;
}

const char *megolm_inbound_ed25519(const struct megolm_room *room,
				   const struct megolm_inbound *inbound)
{
	if (inbound->origin != NULL)
		return inbound->origin->ed25519;
	return inbound->sender != NULL ? inbound->sender->ed25519 : room->device->ed25519;
}

static enum megolm_err reserve(struct megolm_room *room)
{
	size_t cap = room->inbound_cap > 0 ? 2 * room->inbound_cap : 8;
	struct megolm_inbound **larger;
	enum megolm_err err = megolm_table_reserve(&room->inbound_by_id, room->n_inbound + 1);

	if (err != MEGOLM_OK || room->n_inbound < room->inbound_cap)
		return err;
	larger = calloc(cap, sizeof(struct megolm_inbound *));
	if (larger == NULL)
		return MEGOLM_ERR_NOMEM;
	if (room->n_inbound > 0)
		memcpy(larger, room->inbound, room->n_inbound * sizeof(struct megolm_inbound *));
	free(room->inbound);
	room->inbound = larger;
	room->inbound_cap = cap;
	return MEGOLM_OK;
}

/* Whether two keys of one session are of the same ratchet: what is imported has no signature,
 * and a wrong one in place of the right one would make messages unreadable. */
static enum megolm_err check_ratchets(OlmInboundGroupSession *a, OlmInboundGroupSession *b)
{
	uint8_t at_a[MEGOLM_EXPORT_CHARS], at_b[MEGOLM_EXPORT_CHARS];
	uint32_t i = olm_inbound_group_session_first_known_index(a),
		 k = olm_inbound_group_session_first_known_index(b);
	enum megolm_err err = MEGOLM_OK;

	TRY(export_at(a, at_a, i > k ? i : k));
	TRY(export_at(b, at_b, i > k ? i : k));
	if (!megolm_same(at_a, at_b, sizeof at_a))
		FAIL(MEGOLM_ERR_RATCHET);
out:
	megolm_wipe(at_a, sizeof at_a);
	megolm_wipe(at_b, sizeof at_b);
	return err;
}

static enum megolm_source source_of(const struct megolm_inbound *inbound)
{
	return inbound->origin != NULL ? inbound->origin->source : MEGOLM_SOURCE_SENDER;
}

static void take_olm(struct megolm_inbound *known, struct megolm_inbound *inbound)
{
	OlmInboundGroupSession *olm = known->olm;

	known->olm = inbound->olm;
	inbound->olm = olm;
	known->backed_up = MEGOLM_NOT_BACKED_UP;
}

bool megolm_inbound_is_verified(const struct megolm_inbound *inbound)
{
	if (inbound->origin != NULL)
		return false;
	return inbound->sender == NULL || inbound->sender->is_verified;
}

uint32_t megolm_inbound_n_forwarded(const struct megolm_inbound *inbound)
{
	return inbound->origin != NULL ? inbound->origin->n_forwarded : 0;
}

/* A backup that has it from the source before lacks it from one that a homeserver prefers (E2EE,
 * PUT /room_keys/keys). */
static void take_origin(struct megolm_inbound *known, struct megolm_inbound *inbound)
{
	struct megolm_origin *origin = known->origin;
	struct megolm_peer *sender = known->sender;
	uint32_t n_forwarded = megolm_inbound_n_forwarded(known);
	bool was_verified = megolm_inbound_is_verified(known);

	known->origin = inbound->origin;
	known->sender = inbound->sender;
	inbound->origin = origin;
	inbound->sender = sender;
	/* E2EE, "Shareable encryption sessions": the sender decides. */
	if (known->origin == NULL)
		known->shared_history = inbound->shared_history;
	if ((megolm_inbound_is_verified(known) && !was_verified) ||
	    megolm_inbound_n_forwarded(known) < n_forwarded)
		known->backed_up = MEGOLM_NOT_BACKED_UP;
}

/* E2EE: a known session is replaced only by one that begins at a lower index. The better source
 * of the two counts: the same ratchet proves that the other was right. */
static enum megolm_err weigh(struct megolm_entry *entry)
{
	const struct megolm_room *room = entry->room;
	const struct megolm_inbound *known = entry->known, *inbound = entry->inbound;
	enum megolm_err err;

	entry->is_earlier = olm_inbound_group_session_first_known_index(inbound->olm) <
			    olm_inbound_group_session_first_known_index(known->olm);
	entry->is_better = source_of(inbound) < source_of(known);
	if (strcmp(megolm_inbound_curve25519(room, known),
		   megolm_inbound_curve25519(room, inbound)) != 0)
		return MEGOLM_ERR_WRONG_SENDER;
	if (known->origin != NULL || inbound->origin != NULL) {
		err = check_ratchets(known->olm, inbound->olm);
		if (err != MEGOLM_OK && !(err == MEGOLM_ERR_RATCHET && inbound->origin == NULL))
			return err;
		if (err == MEGOLM_ERR_RATCHET)
			entry->is_earlier = true;
	}
	return MEGOLM_OK;
}

/* The room stands in the entry already. */
static enum megolm_err prepare(struct megolm_entry *entry, struct megolm_inbound *inbound)
{
	enum megolm_err err;

	entry->inbound = inbound;
	entry->known = megolm_inbound_find(entry->room, megolm_slice_of(inbound->id));
	if (entry->known == NULL)
		return reserve(entry->room);
	err = megolm_inbound_open(entry->known);
	return err != MEGOLM_OK ? err : weigh(entry);
}

enum megolm_err megolm_entry_prepare(struct megolm_entry *out, struct megolm_device *device,
				     struct megolm_slice room_id, struct megolm_inbound *inbound)
{
	struct megolm_entry entry = {.room = megolm_room_find(device, room_id)};
	enum megolm_err err = MEGOLM_OK;

	entry.is_new_room = entry.room == NULL;
	if (entry.is_new_room)
		TRY(megolm_room_new(device, &entry.room, room_id));
	TRY(prepare(&entry, inbound));
	*out = entry;
	return MEGOLM_OK;
out:
	if (entry.is_new_room && entry.room != NULL)
		megolm_room_free(entry.room);
	return err;
}

bool megolm_entry_is_new(const struct megolm_entry *entry)
{
	return entry->known == NULL || entry->is_earlier || entry->is_better;
}

void megolm_entry_commit(struct megolm_entry *entry)
{
	struct megolm_room *room = entry->room;
	struct megolm_inbound *inbound = entry->inbound;
	struct megolm_name name = id_name(inbound);

	if (entry->is_new_room)
		megolm_room_link(room);
	if (megolm_entry_is_new(entry))
		megolm_request_settle(room->device, megolm_slice_of(room->id), name.a);
	if (entry->known != NULL) {
		if (entry->is_earlier)
			take_olm(entry->known, inbound);
		if (entry->is_better)
			take_origin(entry->known, inbound);
		/* Of others, who may not have been told, one yes is enough. */
		if (entry->known->origin != NULL && inbound->shared_history)
			entry->known->shared_history = true;
		megolm_inbound_free(inbound);
	} else {
		inbound->arrival = ++room->device->arrivals;
		room->inbound[room->n_inbound++] = inbound;
		megolm_table_put(&room->inbound_by_id, &name, inbound);
	}
	*entry = (struct megolm_entry){0};
}

void megolm_entry_abandon(struct megolm_entry *entry)
{
	megolm_inbound_free(entry->inbound);
	if (entry->is_new_room)
		megolm_room_free(entry->room);
	*entry = (struct megolm_entry){0};
}

enum megolm_err megolm_inbound_enter(struct megolm_room *room, struct megolm_inbound *inbound)
{
	struct megolm_entry entry = {.room = room};
	enum megolm_err err = prepare(&entry, inbound);

	if (err == MEGOLM_OK)
		megolm_entry_commit(&entry);
	return err;
}

/* ---- messages seen ---- */

/* Multiplied by a random odd number: a sender chooses the indexes, and must not be able to make
 * their places collide. */
static struct megolm_seen *seen_place(const struct megolm_inbound *inbound, uint64_t key,
				      uint32_t index)
{
	size_t mask = inbound->seen_cap - 1, i = (index * (key | 1) >> 32) & mask;

	while (inbound->seen[i].used && inbound->seen[i].index != index)
		i = (i + 1) & mask;
	return &inbound->seen[i];
}

static enum megolm_err seen_reserve(struct megolm_inbound *inbound, uint64_t key)
{
	struct megolm_inbound larger = {.seen_cap = inbound->seen_cap ? 2 * inbound->seen_cap : 16};

	if (inbound->n_seen < inbound->seen_cap / 2)
		return MEGOLM_OK;
	larger.seen = calloc(larger.seen_cap, sizeof *larger.seen);
	if (larger.seen == NULL)
		return MEGOLM_ERR_NOMEM;
	for (size_t i = 0; i < inbound->seen_cap; i++)
		if (inbound->seen[i].used)
			*seen_place(&larger, key, inbound->seen[i].index) = inbound->seen[i];
	free(inbound->seen);
	inbound->seen = larger.seen;
	inbound->seen_cap = larger.seen_cap;
	return MEGOLM_OK;
}

/* Sixteen bytes that stand for the event: of the hash of its id, or, without one, the
 * characters of the message's signature. */
static enum megolm_err event_mark(uint8_t mark[16], const char *event_id,
				  struct megolm_slice ciphertext)
{
	uint8_t hash[MEGOLM_SHA256_BYTES];
	enum megolm_err err;

	if (event_id == NULL) {
		if (ciphertext.len < MEGOLM_SIGNATURE_CHARS)
			return MEGOLM_ERR_MESSAGE_FORMAT;
		memcpy(mark, ciphertext.p + ciphertext.len - 32, 16);
		return MEGOLM_OK;
	}
	err = megolm_sha256(hash, megolm_slice_of(event_id));
	if (err == MEGOLM_OK)
		memcpy(mark, hash, 16);
	return err;
}

/* Spec, "Message replays": an index belongs to the first event that used it. */
static enum megolm_err see(const struct megolm_room *room, struct megolm_inbound *inbound,
			   uint32_t index, const uint8_t mark[16])
{
	const uint64_t key = room->inbound_by_id.key[0];
	struct megolm_seen *seen;
	enum megolm_err err = seen_reserve(inbound, key);

	if (err != MEGOLM_OK)
		return err;
	seen = seen_place(inbound, key, index);
	if (seen->used)
		return memcmp(seen->event, mark, 16) == 0 ? MEGOLM_OK : MEGOLM_ERR_REPLAY;
	*seen = (struct megolm_seen){.index = index, .used = true};
	memcpy(seen->event, mark, 16);
	inbound->n_seen++;
	return MEGOLM_OK;
}

/* ---- decrypting ---- */

/* The session and ciphertext of an m.room.encrypted content. */
static enum megolm_err read_content(struct megolm_room *room, struct megolm_inbound **inbound,
				    struct megolm_slice *ciphertext, struct megolm_slice content)
{
	struct megolm_slice algorithm, id;
	enum megolm_err err = MEGOLM_OK;

	if (content.len > room->device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_json_check(content));
	TRY(megolm_json_string_member(content, "algorithm", &algorithm));
	if (!megolm_equals(algorithm, MEGOLM_MEGOLM_V1))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_string_member(content, "session_id", &id));
	TRY(megolm_json_string_member(content, "ciphertext", ciphertext));
	*inbound = megolm_inbound_find(room, id);
	if (*inbound == NULL)
		FAIL(megolm_withheld_reason(room, id));
	TRY(megolm_inbound_open(*inbound));
out:
	return err;
}

/* Whether a message of the session may come from this user. Of a device that nobody knows only
 * others say that it began the session. */
static bool may_be_from(const struct megolm_room *room, const struct megolm_inbound *inbound,
			const char *user_id)
{
	const struct megolm_device *device = room->device;
	const struct megolm_origin *origin = inbound->origin;
	const struct megolm_peer *peer = inbound->sender;

	if (origin != NULL) {
		peer = megolm_peer_by_key(device, megolm_slice_of(origin->curve25519));
		if (peer == NULL && strcmp(origin->curve25519, device->curve25519) != 0)
			return true;
		if (strcmp(origin->ed25519, peer != NULL ? peer->ed25519 : device->ed25519) != 0)
			return false;
	}
	return strcmp(user_id, peer != NULL ? peer->user_id : device->user_id) == 0;
}

static enum megolm_err group_decrypt(struct megolm_device *device, struct megolm_inbound *inbound,
				     struct megolm_event *event, struct megolm_slice ciphertext)
{
	size_t n;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_scratch_reserve(&device->message, ciphertext.len));
	TRY(megolm_scratch_reserve(&device->plaintext, ciphertext.len));
	if (ciphertext.len > 0)
		memcpy(device->message.p, ciphertext.p, ciphertext.len);
	n = olm_group_decrypt(inbound->olm, device->message.p, ciphertext.len, device->plaintext.p,
			      ciphertext.len, &event->index);
	TRY(megolm_olm_inbound(inbound->olm, n));
	event->plaintext = megolm_slice(device->plaintext.p, n);
out:
	return err;
}

/* The event inside; the server could have moved the message to another room. */
static enum megolm_err read_plaintext(const struct megolm_room *room, struct megolm_event *event)
{
	struct megolm_slice room_id;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_check(event->plaintext));
	TRY(megolm_json_string_member(event->plaintext, "room_id", &room_id));
	if (!megolm_equals(room_id, room->id))
		FAIL(MEGOLM_ERR_WRONG_ROOM);
	TRY(megolm_json_string_member(event->plaintext, "type", &event->type));
	TRY(megolm_json_member(event->plaintext, megolm_slice_of("content"), &event->content));
out:
	return err;
}

enum megolm_err megolm_room_decrypt(struct megolm_room *room, struct megolm_event *event,
				    const char *sender, const char *event_id,
				    struct megolm_slice content)
{
	struct megolm_event found = {0};
	struct megolm_inbound *inbound;
	struct megolm_slice ciphertext;
	uint8_t mark[16];
	enum megolm_err err = MEGOLM_OK;

	TRY(read_content(room, &inbound, &ciphertext, content));
	if (!may_be_from(room, inbound, sender))
		FAIL(MEGOLM_ERR_WRONG_SENDER);
	TRY(event_mark(mark, event_id, ciphertext));
	TRY(group_decrypt(room->device, inbound, &found, ciphertext));
	TRY(read_plaintext(room, &found));
	TRY(see(room, inbound, found.index, mark));
	found.source = source_of(inbound);
	found.giver = inbound->origin != NULL ? inbound->origin->giver : NULL;
	*event = found;
out:
	return err;
}
