#include "pairwise.h"

#include "crypto.h"
#include "internal.h"
#include "json.h"
#include <stdalign.h>
#include <stdlib.h>

/* libolm's object lies behind ours. */
static size_t header_bytes(void)
{
	size_t align = alignof(max_align_t);

	return (sizeof(struct megolm_pairwise) + align - 1) / align * align;
}

enum megolm_err megolm_pairwise_new(struct megolm_device *device, struct megolm_pairwise **out)
{
	struct megolm_pairwise *session = device->free_session;

	if (session != NULL)
		device->free_session = session->next_free;
	else
		session = malloc(header_bytes() + olm_session_size());
	if (session == NULL)
		return MEGOLM_ERR_NOMEM;
	*session = (struct megolm_pairwise){0};
	session->olm = olm_session((uint8_t *)session + header_bytes());
	*out = session;
	return MEGOLM_OK;
}

void megolm_pairwise_release(struct megolm_device *device, struct megolm_pairwise *session)
{
	if (session == NULL)
		return;
	olm_clear_session(session->olm);
	megolm_wipe_free(session->saved.p, session->saved.len);
	session->saved = (struct megolm_owned){0};
	session->next_free = device->free_session;
	device->free_session = session;
}

void megolm_pairwise_free_spare(struct megolm_device *device)
{
	while (device->free_session != NULL) {
		struct megolm_pairwise *session = device->free_session;
		device->free_session = session->next_free;
		free(session);
	}
}

/* A session that a checkpoint remembers is kept for the rollback. */
void megolm_pairwise_drop(struct megolm_device *device, struct megolm_pairwise *session)
{
	if (session != NULL && session->saved.p != NULL)
		session->touched = true;
	else
		megolm_pairwise_release(device, session);
}

void megolm_pairwise_attach(struct megolm_device *device, struct megolm_peer *peer,
			    struct megolm_pairwise *session)
{
	megolm_pairwise_drop(device, peer->session[MEGOLM_MAX_SESSIONS - 1]);
	for (size_t i = MEGOLM_MAX_SESSIONS - 1; i > 0; i--)
		peer->session[i] = peer->session[i - 1];
	peer->session[0] = session;
	peer->told_no_olm = false;
}

static void move_to_front(struct megolm_peer *peer, struct megolm_pairwise *session)
{
	size_t at = 0;

	while (peer->session[at] != session)
		at++;
	for (; at > 0; at--)
		peer->session[at] = peer->session[at - 1];
	peer->session[0] = session;
}

void megolm_device_close_session(struct megolm_device *device, struct megolm_peer *peer)
{
	megolm_pairwise_drop(device, peer->session[0]);
	for (size_t i = 1; i < MEGOLM_MAX_SESSIONS; i++)
		peer->session[i - 1] = peer->session[i];
	peer->session[MEGOLM_MAX_SESSIONS - 1] = NULL;
}

bool megolm_peer_has_session(const struct megolm_peer *peer)
{
	return peer->session[0] != NULL;
}

/* libolm asks for randomness exactly when it will make a new ratchet key. */
bool megolm_peer_ratchet_due(const struct megolm_peer *peer)
{
	return peer->session[0] != NULL && olm_encrypt_random_length(peer->session[0]->olm) > 0;
}

enum megolm_err megolm_signed_key_read(struct megolm_slice *key, struct megolm_slice *object,
				       struct megolm_slice text)
{
	static const char algorithm[] = "signed_curve25519:";
	struct megolm_json_members m;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_check(text));
	TRY(megolm_json_open(&m, text));
	if (!megolm_json_next(&m))
		FAIL(MEGOLM_ERR_JSON_MEMBER);
	if (m.name.len < sizeof algorithm || memcmp(m.name.p, algorithm, sizeof algorithm - 1) != 0)
		FAIL(MEGOLM_ERR_ALGORITHM);
	*object = m.value;
	TRY(megolm_json_string_member(*object, "key", key));
	if (!megolm_is_base64(*key, MEGOLM_KEY_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
	if (megolm_json_next(&m))
		FAIL(MEGOLM_ERR_JSON_MEMBER);
out:
	return err;
}

static enum megolm_err create_outbound(struct megolm_device *device,
				       struct megolm_pairwise *session,
				       const struct megolm_peer *peer, struct megolm_slice key)
{
	struct megolm_entropy random = {0};
	OlmSession *olm = session->olm;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_draw(device, &random, olm_create_outbound_session_random_length(olm)));
	TRY(megolm_olm_session(olm,
			       olm_create_outbound_session(olm, device->account, peer->curve25519,
							   MEGOLM_KEY_CHARS, key.p, key.len,
							   random.bytes, random.len)));
	session->is_fresh = true;
out:
	megolm_wipe(&random, sizeof random);
	return err;
}

enum megolm_err megolm_device_verify_claimed(struct megolm_device *device,
					     const struct megolm_peer *peer,
					     struct megolm_slice *key,
					     struct megolm_slice signed_key)
{
	struct megolm_slice found, object;
	enum megolm_err err = MEGOLM_OK;

	if (signed_key.len > device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_signed_key_read(&found, &object, signed_key));
	TRY(megolm_verify_signed(device, object, megolm_slice_of(peer->user_id),
				 megolm_slice_of(peer->device_id), megolm_slice_of(peer->ed25519)));
	*key = found;
out:
	return err;
}

enum megolm_err megolm_device_begin_session(struct megolm_device *device, struct megolm_peer *peer,
					    struct megolm_slice key)
{
	struct megolm_pairwise *session = NULL;
	enum megolm_err err = MEGOLM_OK;

	if (!megolm_is_base64(key, MEGOLM_KEY_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
	TRY(megolm_pairwise_new(device, &session));
	TRY(create_outbound(device, session, peer, key));
	megolm_pairwise_attach(device, peer, session);
	session = NULL;
out:
	megolm_pairwise_release(device, session);
	return err;
}

enum megolm_err megolm_device_open_session(struct megolm_device *device, struct megolm_peer *peer,
					   struct megolm_slice signed_key)
{
	struct megolm_slice key;
	enum megolm_err err = megolm_device_verify_claimed(device, peer, &key, signed_key);

	return err != MEGOLM_OK ? err : megolm_device_begin_session(device, peer, key);
}

size_t megolm_pairwise_encrypted_len(const struct megolm_peer *peer, size_t plaintext_len)
{
	return olm_encrypt_message_length(peer->session[0]->olm, plaintext_len);
}

enum megolm_err megolm_pairwise_encrypt(struct megolm_device *device, struct megolm_peer *peer,
					uint8_t *out, size_t cap, size_t *len, size_t *type,
					struct megolm_slice plaintext)
{
	struct megolm_pairwise *session = peer->session[0];
	struct megolm_entropy random = {0};
	OlmSession *olm = session->olm;
	size_t n, message_type;
	enum megolm_err err = MEGOLM_OK;

	/* All three answers change when the message is made. */
	n = olm_encrypt_message_length(olm, plaintext.len);
	if (n > cap)
		FAIL(MEGOLM_ERR_OUTPUT);
	message_type = olm_encrypt_message_type(olm);
	TRY(megolm_olm_session(olm, message_type));
	TRY(megolm_draw(device, &random, olm_encrypt_random_length(olm)));
	session->touched = true;
	n = olm_encrypt(olm, plaintext.p, plaintext.len, random.bytes, random.len, out, n);
	TRY(megolm_olm_session(olm, n));
	session->is_fresh = false;
	*len = n;
	*type = message_type;
out:
	megolm_wipe(&random, random.len);
	return err;
}

/* A copy of a message, for libolm decodes where it lies. */
static enum megolm_err copy_message(struct megolm_device *device, struct megolm_slice body)
{
	enum megolm_err err = megolm_scratch_reserve(&device->message, body.len);

	if (err == MEGOLM_OK && body.len > 0)
		memcpy(device->message.p, body.p, body.len);
	return err;
}

/* The plaintext, in device->plaintext; it is shorter than the message. */
static enum megolm_err decrypt_with(struct megolm_device *device, struct megolm_pairwise *session,
				    struct megolm_slice *plaintext, size_t type,
				    struct megolm_slice body)
{
	size_t n;
	enum megolm_err err = MEGOLM_OK;

	TRY(copy_message(device, body));
	TRY(megolm_scratch_reserve(&device->plaintext, body.len));
	session->touched = true;
	n = olm_decrypt(session->olm, type, device->message.p, body.len, device->plaintext.p,
			body.len);
	TRY(megolm_olm_session(session->olm, n));
	*plaintext = megolm_slice(device->plaintext.p, n);
out:
	return err;
}

/* The place of the session that a pre-key message belongs to; MEGOLM_MAX_SESSIONS if none. */
static enum megolm_err find_match(struct megolm_device *device, size_t *at,
				  const struct megolm_peer *peer, struct megolm_slice sender_key,
				  struct megolm_slice body)
{
	enum megolm_err err = MEGOLM_OK;

	for (*at = 0; *at < MEGOLM_MAX_SESSIONS && peer->session[*at] != NULL; ++*at) {
		OlmSession *olm = peer->session[*at]->olm;
		size_t matches;
		TRY(copy_message(device, body));
		matches = olm_matches_inbound_session_from(olm, sender_key.p, sender_key.len,
							   device->message.p, body.len);
		TRY(megolm_olm_session(olm, matches));
		if (matches == 1)
			return MEGOLM_OK;
	}
	*at = MEGOLM_MAX_SESSIONS;
out:
	return err;
}

static enum megolm_err decrypt_new(struct megolm_device *device, struct megolm_decrypted *out,
				   struct megolm_slice sender_key, struct megolm_slice body)
{
	struct megolm_pairwise *session = NULL;
	size_t n;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_pairwise_new(device, &session));
	TRY(copy_message(device, body));
	n = olm_create_inbound_session_from(session->olm, device->account, sender_key.p,
					    sender_key.len, device->message.p, body.len);
	TRY(megolm_olm_session(session->olm, n));
	TRY(decrypt_with(device, session, &out->plaintext, 0, body));
	out->session = session;
	out->is_new = true;
	session = NULL;
out:
	megolm_pairwise_release(device, session);
	return err;
}

/*
 * E2EE, m.olm.v1. A normal message names no session: each is tried, and a wrong one refuses
 * it by its MAC without changing.
 */
static enum megolm_err decrypt_normal(struct megolm_device *device, struct megolm_decrypted *out,
				      struct megolm_peer *peer, struct megolm_slice body)
{
	enum megolm_err err = MEGOLM_ERR_UNKNOWN_OLM_SESSION;

	for (size_t i = 0; i < MEGOLM_MAX_SESSIONS && peer->session[i] != NULL; i++) {
		err = decrypt_with(device, peer->session[i], &out->plaintext, 1, body);
		if (megolm_err_class(err) == MEGOLM_CLASS_RESOURCE)
			return err;
		if (err != MEGOLM_OK)
			continue;
		out->session = peer->session[i];
		break;
	}
	return err;
}

/* Version 3, as base64. libolm does not look at that of a pre-key message. */
static bool has_version(struct megolm_slice body)
{
	return body.len >= 2 && body.p[0] == 'A' &&
	       memchr("wxyz0123456789+/", body.p[1], 16) != NULL;
}

enum megolm_err megolm_pairwise_decrypt(struct megolm_device *device, struct megolm_decrypted *out,
					struct megolm_peer *peer, struct megolm_slice sender_key,
					size_t type, struct megolm_slice body)
{
	size_t at = MEGOLM_MAX_SESSIONS;
	enum megolm_err err = MEGOLM_OK;

	*out = (struct megolm_decrypted){0};
	if (type > 1)
		FAIL(MEGOLM_ERR_MESSAGE_FORMAT);
	if (!has_version(body))
		FAIL(MEGOLM_ERR_MESSAGE_VERSION);
	if (type == 1)
		return peer == NULL ? MEGOLM_ERR_UNKNOWN_OLM_SESSION
				    : decrypt_normal(device, out, peer, body);
	if (peer != NULL)
		TRY(find_match(device, &at, peer, sender_key, body));
	if (at == MEGOLM_MAX_SESSIONS)
		return decrypt_new(device, out, sender_key, body);
	TRY(decrypt_with(device, peer->session[at], &out->plaintext, 0, body));
	out->session = peer->session[at];
out:
	return err;
}

enum megolm_err megolm_pairwise_accept(struct megolm_device *device, struct megolm_peer *peer,
				       struct megolm_decrypted *message)
{
	size_t removed;
	enum megolm_err err;

	if (!message->is_new) {
		move_to_front(peer, message->session);
		return MEGOLM_OK;
	}
	removed = olm_remove_one_time_keys(device->account, message->session->olm);
	err = megolm_olm_account(device->account, removed);
	if (err != MEGOLM_OK)
		return err;
	/* libolm returns the number of the key; a fallback key it leaves in its place. */
	if (device->fallback.number != 0 && removed == device->fallback.number)
		device->fallback.used = true;
	megolm_pairwise_attach(device, peer, message->session);
	message->is_new = false;
	return MEGOLM_OK;
}
