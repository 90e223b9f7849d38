/* To-device events: decrypted, checked, acted on. */
#include "bundle.h"
#include "crypto.h"
#include "envelope.h"
#include "forward.h"
#include "inbound.h"
#include "internal.h"
#include "json.h"
#include "pairwise.h"
#include "peer.h"
#include "room.h"

/* An incoming event on its way through the checks. */
struct incoming {
	struct megolm_olm_content content;
	struct megolm_peer *peer; /* the sending device; NULL while it is not known */
	struct megolm_decrypted olm;
	struct megolm_slice sender, ed25519; /* as the plaintext has them */
	struct megolm_device_keys keys;      /* .text is empty when the event has none */
	struct megolm_slice type, inner;     /* of the event inside */
};

/* {"ed25519":KEY}, a member of the plaintext. */
static enum megolm_err signing_key(struct megolm_slice *out, struct megolm_slice plaintext,
				   const char *name)
{
	struct megolm_slice keys;
	enum megolm_err err = megolm_json_member(plaintext, megolm_slice_of(name), &keys);

	return err != MEGOLM_OK ? err : megolm_json_string_member(keys, "ed25519", out);
}

/* Checks 1, 3 and 4 of E2EE, "Validation of incoming decrypted events". */
static enum megolm_err check_ends(const struct megolm_device *device, struct incoming *in,
				  const char *event_sender)
{
	struct megolm_slice text = in->olm.plaintext, recipient, key;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_string_member(text, "sender", &in->sender));
	if (!megolm_equals(in->sender, event_sender))
		FAIL(MEGOLM_ERR_WRONG_SENDER);
	TRY(megolm_json_string_member(text, "recipient", &recipient));
	TRY(signing_key(&key, text, "recipient_keys"));
	if (!megolm_equals(recipient, device->user_id) || !megolm_equals(key, device->ed25519))
		FAIL(MEGOLM_ERR_WRONG_RECIPIENT);
	TRY(signing_key(&in->ed25519, text, "keys"));
out:
	return err;
}

/* Check 5: the sender's device keys inside the event. */
static enum megolm_err check_device_keys(struct megolm_device *device, struct incoming *in)
{
	const struct megolm_device_keys *keys = &in->keys;
	const struct megolm_peer *peer = in->peer;

	if (!megolm_equal(keys->user_id, in->sender) ||
	    !megolm_equal(keys->curve25519, in->content.sender_key) ||
	    !megolm_equal(keys->ed25519, in->ed25519))
		return MEGOLM_ERR_WRONG_SENDER;
	if (peer == NULL || megolm_peer_is_disowned(peer))
		return megolm_device_keys_verify(device, keys);
	if (megolm_equal(peer->keys, keys->text))
		return MEGOLM_OK;
	/* Who is vouched for already may have sent this before it was. */
	return megolm_verify_signed(device, keys->text, keys->user_id, keys->device_id,
				    keys->ed25519);
}

/* Check 2, and that a known device is still the one it was. */
static enum megolm_err check_device(struct megolm_device *device, struct incoming *in)
{
	const struct megolm_peer *peer = in->peer;
	struct megolm_slice text;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_optional(in->olm.plaintext, megolm_slice_of("sender_device_keys"), &text));
	if (text.p != NULL) {
		TRY(megolm_device_keys_read(&in->keys, text));
		TRY(check_device_keys(device, in));
	} else if (peer == NULL) {
		FAIL(MEGOLM_ERR_UNKNOWN_DEVICE);
	} else if (megolm_peer_is_disowned(peer)) {
		FAIL(MEGOLM_ERR_NOT_CROSS_SIGNED);
	}
	if (peer != NULL && (!megolm_equals(in->sender, peer->user_id) ||
			     !megolm_equals(in->ed25519, peer->ed25519)))
		FAIL(MEGOLM_ERR_WRONG_SENDER);
	if (peer != NULL && in->keys.text.p != NULL &&
	    !megolm_equals(in->keys.device_id, peer->device_id))
		FAIL(MEGOLM_ERR_DEVICE_CHANGED);
	if (peer == NULL && !megolm_may_know_stranger(device))
		FAIL(MEGOLM_ERR_LIMIT);
	if (peer == NULL && megolm_peer_by_ids(device, in->keys.user_id, in->keys.device_id))
		FAIL(MEGOLM_ERR_DEVICE_CHANGED);
out:
	return err;
}

static enum megolm_err check(struct megolm_device *device, struct incoming *in,
			     const char *event_sender)
{
	struct megolm_slice text = in->olm.plaintext;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_check(text));
	TRY(check_ends(device, in, event_sender));
	TRY(check_device(device, in));
	TRY(megolm_json_string_member(text, "type", &in->type));
	TRY(megolm_json_member(text, megolm_slice_of("content"), &in->inner));
out:
	return err;
}

/* Also what it began before it was forgotten, which is not its own again yet. */
static bool is_of(const struct megolm_inbound *inbound, const struct megolm_peer *sender)
{
	return inbound->sender == sender ||
	       (inbound->sender != NULL &&
		strcmp(inbound->sender->curve25519, sender->curve25519) == 0);
}

/* Whether another room, or another session of the sender in a room, may be kept for others. */
static enum megolm_err check_bounds(const struct megolm_device *device,
				    const struct megolm_peer *sender, struct megolm_slice room_id,
				    struct megolm_slice session_id)
{
	const struct megolm_room *known = megolm_room_find(device, room_id);
	const struct megolm_policy *policy = &device->policy;
	size_t n = 0;

	if (known == NULL)
		return policy->max_rooms > 0 && device->room_by_id.n >= policy->max_rooms
			       ? MEGOLM_ERR_LIMIT
			       : MEGOLM_OK;
	if (policy->max_sessions_of_sender == 0 ||
	    known->n_inbound < policy->max_sessions_of_sender)
		return MEGOLM_OK;
	for (size_t i = 0; sender != NULL && i < known->n_inbound; i++)
		n += is_of(known->inbound[i], sender);
	return n >= policy->max_sessions_of_sender && !megolm_inbound_find(known, session_id)
		       ? MEGOLM_ERR_LIMIT
		       : MEGOLM_OK;
}

/* What an event brings, on its way in. */
struct brought {
	enum megolm_to_device what;
	struct megolm_entry entry;            /* the session of a room key */
	struct megolm_session_data forwarded; /* and what it was said of it, if so */
	struct megolm_bundle bundle;          /* of MEGOLM_ROOM_KEY_BUNDLE */
	uint8_t links[MEGOLM_CHAIN_BYTES];    /* that `forwarded` points into */
};

static enum megolm_err read_room_key(struct megolm_device *device, struct brought *out,
				     const struct incoming *in)
{
	struct megolm_slice algorithm, room_id, id, key, shared;
	struct megolm_inbound *inbound = NULL;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_string_member(in->inner, "algorithm", &algorithm));
	if (!megolm_equals(algorithm, MEGOLM_MEGOLM_V1))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_string_member(in->inner, "room_id", &room_id));
	TRY(megolm_json_string_member(in->inner, "session_id", &id));
	TRY(megolm_json_string_member(in->inner, "session_key", &key));
	if (!megolm_is_base64(id, MEGOLM_KEY_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
	TRY(megolm_json_optional(in->inner, megolm_slice_of("shared_history"), &shared));
	TRY(check_bounds(device, in->peer, room_id, id));
	TRY(megolm_inbound_new(&inbound, in->peer, id, key));
	inbound->shared_history = megolm_equals(shared, "true");
	TRY(megolm_entry_prepare(&out->entry, device, room_id, inbound));
	inbound = NULL;
out:
	megolm_inbound_free(inbound);
	return err;
}

/* A key from another device of the same user; `from` is NULL when that was not known before. */
static enum megolm_err read_forwarded(struct megolm_device *device, struct brought *out,
				      const struct incoming *in, const struct megolm_peer *from)
{
	struct megolm_text chain = megolm_text(out->links, sizeof out->links);
	enum megolm_err err =
		megolm_forwarded_read(&out->forwarded, &chain, device, from, in->inner);

	return err != MEGOLM_OK ? err
				: megolm_session_data_prepare(&out->entry, device, &out->forwarded,
							      MEGOLM_SOURCE_FORWARDED);
}

static enum megolm_err read_bundle(struct megolm_device *device, struct brought *out,
				   const struct incoming *in, const char *sender)
{
	enum megolm_err err = megolm_bundle_read(&out->bundle, sender, in->inner);

	return err != MEGOLM_OK ? err : megolm_bundle_reserve(device);
}

static enum megolm_to_device kind_of(const struct incoming *in)
{
	static const struct {
		const char *type;
		enum megolm_to_device what;
	} kinds[] = {
		{"m.room_key", MEGOLM_ROOM_KEY},
		{"m.forwarded_room_key", MEGOLM_FORWARDED_ROOM_KEY},
		{"m.room_key_bundle", MEGOLM_ROOM_KEY_BUNDLE},
		{"m.dummy", MEGOLM_DUMMY},
	};

	for (size_t i = 0; i < MEGOLM_N(kinds); i++)
		if (megolm_equals(in->type, kinds[i].type)) {
			/* E2EE, m.room_key_bundle: ignored without the sender's device keys. */
			if (kinds[i].what == MEGOLM_ROOM_KEY_BUNDLE && in->keys.text.p == NULL)
				break;
			return kinds[i].what;
		}
	return MEGOLM_OTHER;
}

/* Takes in what was brought; it cannot fail any more. */
static void keep(struct megolm_device *device, struct brought *brought)
{
	if (brought->entry.inbound != NULL)
		megolm_entry_commit(&brought->entry);
	/* The answer to a request, even if it tells nothing new. */
	if (brought->forwarded.session_id.p != NULL)
		megolm_request_settle(device, brought->forwarded.room_id,
				      brought->forwarded.session_id);
	if (brought->what == MEGOLM_ROOM_KEY_BUNDLE)
		megolm_bundle_keep(device, &brought->bundle);
}

/* Reads what the event brings. A key that tells nothing new is no reason to refuse a message that
 * is genuine: the other device goes on to use the Olm session that it begins. */
static enum megolm_err read(struct megolm_device *device, struct brought *brought,
			    const struct incoming *in, const struct megolm_peer *known,
			    const char *sender)
{
	enum megolm_err err = MEGOLM_OK;

	brought->what = kind_of(in);
	if (brought->what == MEGOLM_ROOM_KEY)
		err = read_room_key(device, brought, in);
	else if (brought->what == MEGOLM_FORWARDED_ROOM_KEY)
		err = read_forwarded(device, brought, in, known);
	else if (brought->what == MEGOLM_ROOM_KEY_BUNDLE)
		err = read_bundle(device, brought, in, sender);
	if (err == MEGOLM_OK && brought->entry.inbound != NULL &&
	    !megolm_entry_is_new(&brought->entry))
		brought->what = MEGOLM_KNOWN_KEY;
	return err;
}

/* Whatever can be refused comes before the one-time key is destroyed. */
static enum megolm_err act(struct megolm_device *device, struct brought *brought,
			   struct incoming *in, const char *sender)
{
	struct megolm_peer *known = in->peer;
	enum megolm_err err = MEGOLM_OK;

	if (known == NULL)
		TRY(megolm_peer_insert(device, &in->peer, &in->keys, 0));
	TRY(read(device, brought, in, known, sender));
	TRY(megolm_pairwise_accept(device, in->peer, &in->olm));
	in->peer->is_stranger = in->peer->is_stranger || known == NULL;
	/* Its keys, if it said them, were held to the policy. */
	if (in->keys.text.p != NULL && in->peer->by_signatures)
		in->peer->is_verified = true;
	keep(device, brought);
	if (known == NULL)
		megolm_peer_adopt(device, in->peer);
out:
	if (err != MEGOLM_OK) {
		megolm_entry_abandon(&brought->entry);
		if (known == NULL && in->peer != NULL)
			megolm_device_forget(device, in->peer);
	}
	return err;
}

enum megolm_err megolm_device_receive(struct megolm_device *device, enum megolm_to_device *what,
				      const char *sender, struct megolm_slice content)
{
	struct incoming in = {0};
	struct brought brought = {0};
	enum megolm_err err = MEGOLM_OK;

	if (content.len > device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_json_check(content));
	TRY(megolm_olm_content_read(&in.content, content, device->curve25519));
	in.peer = megolm_peer_by_key(device, in.content.sender_key);
	TRY(megolm_pairwise_decrypt(device, &in.olm, in.peer, in.content.sender_key,
				    in.content.type, in.content.body));
	TRY(check(device, &in, sender));
	TRY(act(device, &brought, &in, sender));
	*what = brought.what;
out:
	megolm_wipe(&brought, sizeof brought);
	if (in.olm.plaintext.p != NULL)
		megolm_wipe(device->plaintext.p, in.olm.plaintext.len);
	if (in.olm.is_new)
		megolm_pairwise_release(device, in.olm.session);
	return err;
}
