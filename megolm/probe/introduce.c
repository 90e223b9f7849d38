/* Pairs of devices that have met, without what a server and two clients would do for it. */
#include "crypto.h"
#include "inbound.h"
#include "internal.h"
#include "megolm_probe.h"
#include "pairwise.h"
#include "peer.h"
#include "pickle.h"
#include "room.h"

#define GREETING "{}"

static enum megolm_err make_known(struct megolm_device *device, struct megolm_peer **peer,
				  const struct megolm_device *other, uint64_t tag)
{
	struct megolm_device_keys keys;
	enum megolm_err err;

	*peer = megolm_device_find(device, other->user_id, other->device_id);
	if (*peer != NULL) {
		(*peer)->tag = tag;
		return MEGOLM_OK;
	}
	err = megolm_device_keys_read(&keys, megolm_device_keys(other));
	if (err == MEGOLM_OK)
		err = megolm_peer_insert(device, peer, &keys, tag);
	if (err == MEGOLM_OK)
		megolm_peer_adopt(device, *peer);
	return err;
}

/* Encrypts a greeting in one session and decrypts it in the other, which is made for it
 * when it is NULL. A NULL `to` loses the message. */
static enum megolm_err greet(struct megolm_device *from, struct megolm_peer *by,
			     struct megolm_device *to, struct megolm_peer *at,
			     struct megolm_slice from_key)
{
	uint8_t body[512];
	struct megolm_decrypted read = {0};
	size_t len, type;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_pairwise_encrypt(from, by, body, sizeof body, &len, &type,
				    megolm_slice_of(GREETING)));
	if (to == NULL)
		return MEGOLM_OK;
	TRY(megolm_pairwise_decrypt(to, &read, at, from_key, type, megolm_slice(body, len)));
	TRY(megolm_pairwise_accept(to, at, &read));
out:
	if (read.is_new)
		megolm_pairwise_release(to, read.session);
	return err;
}

/* A session of `other` with `device`, by its fallback key. */
static enum megolm_err begin(struct megolm_device *other, struct megolm_peer *device,
			     struct megolm_slice key)
{
	struct megolm_pairwise *session = NULL;
	struct megolm_entropy random = {0};
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_pairwise_new(other, &session));
	TRY(megolm_draw(other, &random, olm_create_outbound_session_random_length(session->olm)));
	TRY(megolm_olm_session(session->olm, olm_create_outbound_session(
						     session->olm, other->account,
						     device->curve25519, MEGOLM_KEY_CHARS, key.p,
						     key.len, random.bytes, random.len)));
	megolm_pairwise_attach(other, device, session);
	session = NULL;
out:
	megolm_pairwise_release(other, session);
	megolm_wipe(&random, sizeof random);
	return err;
}

/* The session that it had before the newest was the last to bring it a message. */
static void read_last_on_older(struct megolm_peer *peer)
{
	struct megolm_pairwise *newest = peer->session[0];

	peer->session[0] = peer->session[1];
	peer->session[1] = newest;
}

enum megolm_err megolm_probe_introduce(struct megolm_device *device, struct megolm_peer **peer,
				       struct megolm_device *other, enum megolm_probe_pair state,
				       struct megolm_slice fallback_key, uint64_t tag,
				       uint64_t other_tag)
{
	const struct megolm_fallback fallback = device->fallback;
	struct megolm_peer *known = NULL, *back = NULL;
	struct megolm_slice key, object;
	bool crosses;
	enum megolm_err err = MEGOLM_OK;

	TRY(make_known(device, &known, other, tag));
	TRY(make_known(other, &back, device, other_tag));
	*peer = known;
	if (state == MEGOLM_PROBE_KNOWN)
		return MEGOLM_OK;
	TRY(megolm_signed_key_read(&key, &object, fallback_key));
	crosses = back->session[0] != NULL;
	TRY(begin(other, back, key));
	TRY(greet(other, back, device, known, megolm_slice_of(other->curve25519)));
	if (state == MEGOLM_PROBE_CHAIN)
		TRY(greet(device, known, crosses ? NULL : other, back,
			  megolm_slice_of(device->curve25519)));
	if (crosses)
		read_last_on_older(back);
	device->fallback = fallback;
out:
	return err;
}

enum megolm_err megolm_probe_pair_write(const struct megolm_peer *peer, uint8_t *out, size_t cap,
					size_t *len)
{
	struct megolm_owned pickle = {0};
	enum megolm_err err = MEGOLM_OK;

	*len = 0;
	if (peer->session[0] == NULL)
		return MEGOLM_OK;
	TRY(megolm_save_session(&pickle, peer->session[0]->olm));
	if (pickle.len > cap)
		FAIL(MEGOLM_ERR_OUTPUT);
	memcpy(out, pickle.p, pickle.len);
	*len = pickle.len;
out:
	megolm_wipe_free(pickle.p, pickle.len);
	return err;
}

enum megolm_err megolm_probe_pair_meet(struct megolm_device *device, struct megolm_peer **peer,
				       struct megolm_slice keys, struct megolm_slice session,
				       uint64_t tag)
{
	/* Only read: a load works on a copy. */
	const struct megolm_owned pickle = {(uint8_t *)(uintptr_t)session.p, session.len};
	struct megolm_pairwise *pair = NULL;
	struct megolm_peer *met = NULL;
	struct megolm_device_keys read;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_device_keys_read(&read, keys));
	if (session.len > 0) {
		TRY(megolm_pairwise_new(device, &pair));
		TRY(megolm_load_session(pair->olm, &pickle));
	}
	TRY(megolm_peer_insert(device, &met, &read, tag));
	megolm_peer_adopt(device, met);
	if (pair != NULL)
		megolm_pairwise_attach(device, met, pair);
	pair = NULL;
	*peer = met;
out:
	megolm_pairwise_release(device, pair);
	return err;
}

enum megolm_err megolm_probe_share_silently(struct megolm_room *room, uint64_t now_ms)
{
	enum megolm_err err = megolm_room_begin_session(room, now_ms);

	if (err != MEGOLM_OK)
		return err;
	for (size_t i = 0; i < room->n_members; i++)
		room->member[i].has_key = true;
	room->n_lacking = 0;
	return MEGOLM_OK;
}

enum megolm_err megolm_probe_import(struct megolm_room *to, struct megolm_room *from)
{
	uint8_t key[512];
	size_t len = 0;
	struct megolm_inbound *inbound = NULL;
	const struct megolm_device *sender = from->device;
	struct megolm_peer *peer =
		megolm_device_find(to->device, sender->user_id, sender->device_id);
	enum megolm_err err = MEGOLM_OK;

	if (peer == NULL)
		FAIL(MEGOLM_ERR_UNKNOWN_DEVICE);
	TRY(megolm_room_session_key(from, key, sizeof key, &len));
	TRY(megolm_inbound_new(&inbound, peer, megolm_slice_of(from->outbound.id),
			       megolm_slice(key, len)));
	TRY(megolm_inbound_enter(to, inbound));
	inbound = NULL;
out:
	megolm_inbound_free(inbound);
	megolm_wipe(key, len);
	return err;
}
