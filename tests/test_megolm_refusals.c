/* What a device refuses of key material and to-device messages; afterwards it is as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "matrix.h"
#include "matrix_state.h"
#include "pairwise.h"
#include "state.h"

/* ---- key material ---- */

/* A copy of a text with the first `from` replaced by `to`, of equal length. */
static struct megolm_slice changed(char *out, struct megolm_slice text, const char *from,
				   const char *to)
{
	char *at;

	memcpy(out, text.p, text.len);
	out[text.len] = '\0';
	at = strstr(out, from);
	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	return matrix_text(out);
}

static void device_keys_are_what_was_asked_for_and_signed(void **state)
{
	struct matrix_device alice, bob;
	struct megolm_peer *peer;
	struct megolm_slice keys;
	char text[2048];

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	keys = megolm_device_keys(bob.device);
#define LEARN(keys) megolm_device_learn(alice.device, &peer, keys, bob.user_id, bob.device_id, 0)
	ASSERT_ERR(LEARN(changed(text, keys, "m.megolm.v1", "m.megolm.v2")), MEGOLM_ERR_ALGORITHM);
	ASSERT_ERR(LEARN(changed(text, keys, "DEVICE0001\",\"keys", "DEVICE0002\",\"keys")),
		   MEGOLM_ERR_JSON_MEMBER);
	ASSERT_ERR(LEARN(changed(text, keys, "user_id\":\"@0000001", "user_id\":\"@0000002")),
		   MEGOLM_ERR_WRONG_DEVICE);
	ASSERT_ERR(LEARN(changed(text, keys, "user_id\":\"@", "user_id\":\"#")),
		   MEGOLM_ERR_IDENTIFIER);
	ASSERT_ERR(LEARN(changed(text, keys, "signatures", "signaturez")), MEGOLM_ERR_SIGNATURE);
	ASSERT_ERR(LEARN(((struct megolm_slice){keys.p, keys.len - 1})), MEGOLM_ERR_JSON);
	ASSERT_ERR(megolm_device_learn(alice.device, &peer, keys, alice.user_id, bob.device_id, 0),
		   MEGOLM_ERR_WRONG_DEVICE);
	(void)changed(text, keys, "curve25519:DEVICE0001\":\"", "curve25519:DEVICE0001\":\"");
	*(strstr(text, "curve25519:DEVICE0001\":\"") + 24) ^= 1;
	ASSERT_ERR(LEARN(matrix_text(text)), MEGOLM_ERR_SIGNATURE);
	(void)changed(text, keys, "curve25519:DEVICE0001\":\"", "curve25519:DEVICE0001\":\"");
	*(strstr(text, "curve25519:DEVICE0001\":\"") + 24) = '!';
	ASSERT_ERR(LEARN(matrix_text(text)), MEGOLM_ERR_BASE64);
	assert_null(megolm_device_find(alice.device, bob.user_id, bob.device_id));
	ASSERT_DONE(LEARN(keys));
	assert_ptr_equal(megolm_device_find(alice.device, bob.user_id, bob.device_id), peer);
#undef LEARN
	matrix_close(&alice);
	matrix_close(&bob);
}

/* Device keys that say what nobody should: ids of `named`, a Curve25519 key, and the signature of
 * `signer` with its Ed25519 key. */
static void sign_keys(char out[2048], const struct matrix_device *named, const char *curve25519,
		      const struct matrix_device *signer)
{
	static const char head[] = "{\"algorithms\":[\"m.olm.v1.curve25519-aes-sha2\","
				   "\"m.megolm.v1.aes-sha2\"],\"device_id\":\"%s\",\"keys\":{"
				   "\"curve25519:%s\":\"%s\",\"ed25519:%s\":\"%s\"},";
	const char *id = named->device_id, *key = megolm_device_ed25519(signer->device);
	OlmAccount *account = signer->device->account;
	char message[1024], signature[87] = "";
	size_t n = (size_t)snprintf(message, sizeof(message), head, id, id, curve25519, id, key);

	snprintf(message + n, sizeof(message) - n, "\"user_id\":\"%s\"}", named->user_id);
	ASSERT_DONE(megolm_olm_account(
		account, olm_account_sign(account, message, strlen(message), signature, 86)));
	n = (size_t)snprintf(out, 2048, head, id, id, curve25519, id, key);
	snprintf(out + n, 2048 - n,
		 "\"signatures\":{\"%s\":{\"ed25519:%s\":\"%s\"}},\"user_id\":\"%s\"}",
		 named->user_id, id, signature, named->user_id);
}

/* Whoever answers to a known name with other keys is somebody else. */
static void a_known_device_keeps_its_keys(void **state)
{
	struct matrix_device alice, bob, impostor;
	struct megolm_random random;
	struct megolm_peer *peer;
	char keys[2048];

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	memset(&impostor, 0, sizeof(impostor));
	random = megolm_seeded_random(&impostor.stream);
	ASSERT_DONE(megolm_seeded_begin(&impostor.stream, 7, "impostor", 1, 0));
	ASSERT_DONE(megolm_device_new(&impostor.device, bob.user_id, bob.device_id, &random,
				      &megolm_default_policy));
	(void)matrix_learn(&alice, &bob);
	ASSERT_ERR(megolm_device_learn(alice.device, &peer, megolm_device_keys(impostor.device),
				       bob.user_id, bob.device_id, 0),
		   MEGOLM_ERR_DEVICE_CHANGED);
	/* With the right Curve25519 key and an Ed25519 key of its own; and the other way round. */
	sign_keys(keys, &bob, megolm_device_curve25519(bob.device), &impostor);
	ASSERT_ERR(megolm_device_learn(alice.device, &peer, matrix_text(keys), bob.user_id,
				       bob.device_id, 0),
		   MEGOLM_ERR_DEVICE_CHANGED);
	sign_keys(keys, &bob, megolm_device_curve25519(impostor.device), &bob);
	ASSERT_ERR(megolm_device_learn(alice.device, &peer, matrix_text(keys), bob.user_id,
				       bob.device_id, 0),
		   MEGOLM_ERR_DEVICE_CHANGED);
	(void)matrix_learn(&alice, &bob);
	matrix_close(&alice);
	matrix_close(&bob);
	matrix_close(&impostor);
}

static void claimed_keys_are_signed_by_their_device(void **state)
{
	struct matrix_device alice, bob, carol;
	struct megolm_peer *peer;
	char text[2048];

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	matrix_open(&carol, 2, &megolm_default_policy);
	matrix_new_key(&bob);
	matrix_new_key(&carol);
	peer = matrix_learn(&alice, &bob);
#define OPEN(key) megolm_device_open_session(alice.device, peer, key)
	ASSERT_ERR(OPEN(carol.key), MEGOLM_ERR_SIGNATURE);
	ASSERT_ERR(OPEN(changed(text, bob.key, "signed_curve25519", "unsign_curve25519")),
		   MEGOLM_ERR_ALGORITHM);
	ASSERT_ERR(OPEN(matrix_text("{}")), MEGOLM_ERR_JSON_MEMBER);
	ASSERT_ERR(OPEN(matrix_text("{\"signed_curve25519:A\":{\"key\":\"AAAA\"}}")),
		   MEGOLM_ERR_BASE64);
	(void)changed(text, bob.key, "\"key\":\"", "\"key\":\"");
	*(strstr(text, "\"key\":\"") + 10) ^= 1;
	ASSERT_ERR(OPEN(matrix_text(text)), MEGOLM_ERR_SIGNATURE);
	assert_false(megolm_peer_has_session(peer));
	ASSERT_DONE(OPEN(bob.key));
	assert_true(megolm_peer_has_session(peer));
#undef OPEN
	matrix_close(&alice);
	matrix_close(&bob);
	matrix_close(&carol);
}

/* A fallback key is marked as one inside what is signed, and may serve twice. */
static void a_fallback_key_serves_again(void **state)
{
	struct matrix_device alice, bob, carol;
	struct matrix_outbox out;
	uint8_t key[1024];
	size_t len;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	matrix_open(&carol, 2, &megolm_default_policy);
	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_device_new_fallback_key(bob.device, key, sizeof(key) - 1, &len));
	key[len] = '\0';
	assert_non_null(strstr((const char *)key, "{\"fallback\":true,\"key\":\""));
	for (int i = 0; i < 2; i++) {
		struct matrix_device *from = i == 0 ? &alice : &carol;
		struct megolm_peer *peer = matrix_learn(from, &bob);

		ASSERT_DONE(megolm_device_open_session(from->device, peer,
						       (struct megolm_slice){key, len}));
		ASSERT_DONE(megolm_device_send_dummy(from->device, peer, &out.sink));
		ASSERT_DONE(matrix_receive(&bob, from, matrix_last(&out)));
	}
	matrix_outbox_close(&out);
	matrix_close(&alice);
	matrix_close(&bob);
	matrix_close(&carol);
}

struct fallback {
	struct matrix_device bob, others[4];
	struct matrix_outbox out;
	uint8_t key[2][1024];
	size_t len[2];
};

static void renew(struct fallback *f, unsigned which)
{
	ASSERT_DONE(megolm_device_new_fallback_key(f->bob.device, f->key[which],
						   sizeof(f->key[which]), &f->len[which]));
}

/* The first message of another device, by one of Bob's fallback keys. */
static struct megolm_slice first_message(struct fallback *f, unsigned from, unsigned which)
{
	struct megolm_peer *peer = matrix_learn(&f->others[from], &f->bob);

	ASSERT_DONE(megolm_device_open_session(
		f->others[from].device, peer, (struct megolm_slice){f->key[which], f->len[which]}));
	ASSERT_DONE(megolm_device_send_dummy(f->others[from].device, peer, &f->out.sink));
	return matrix_last(&f->out);
}

static enum megolm_err arrive(struct fallback *f, unsigned from, struct megolm_slice body)
{
	return matrix_receive(&f->bob, &f->others[from], body);
}

/* E2EE, "One-time and fallback keys": it is replaced once it was used; the one before serves
 * messages that are on their way, for a while. */
static void a_used_fallback_key_is_replaced(void **state)
{
	struct fallback f;
	struct megolm_slice body;
	struct megolm_peer *peer;

	(void)state;
	memset(&f, 0, sizeof(f));
	matrix_open(&f.bob, 9, &megolm_default_policy);
	for (unsigned i = 0; i < 4; i++)
		matrix_open(&f.others[i], i, &megolm_default_policy);
	matrix_outbox_open(&f.out);
	assert_false(megolm_device_fallback_key_used(f.bob.device));
	renew(&f, 0);
	/* A one-time key is none. */
	peer = matrix_meet(&f.others[0], &f.bob);
	ASSERT_DONE(megolm_device_send_dummy(f.others[0].device, peer, &f.out.sink));
	ASSERT_DONE(arrive(&f, 0, matrix_last(&f.out)));
	assert_false(megolm_device_fallback_key_used(f.bob.device));
	/* Neither is one that a refused message has used. */
	body = first_message(&f, 1, 0);
	ASSERT_REFUSED(&f.bob, matrix_receive(&f.bob, &f.others[2], body), MEGOLM_ERR_WRONG_SENDER);
	ASSERT_DONE(megolm_probe_checkpoint(f.bob.device));
	ASSERT_DONE(arrive(&f, 1, body));
	assert_true(megolm_device_fallback_key_used(f.bob.device));
	ASSERT_DONE(megolm_probe_rollback(f.bob.device));
	assert_false(megolm_device_fallback_key_used(f.bob.device));
	ASSERT_DONE(arrive(&f, 1, body));
	renew(&f, 1);
	assert_false(megolm_device_fallback_key_used(f.bob.device));
	/* On its way when the key was replaced. */
	ASSERT_DONE(arrive(&f, 2, first_message(&f, 2, 0)));
	assert_false(megolm_device_fallback_key_used(f.bob.device));
	megolm_device_forget_old_fallback_key(f.bob.device);
	ASSERT_REFUSED(&f.bob, arrive(&f, 3, first_message(&f, 3, 0)), MEGOLM_ERR_ONE_TIME_KEY);
	ASSERT_DONE(arrive(&f, 3, first_message(&f, 3, 1)));
	assert_true(megolm_device_fallback_key_used(f.bob.device));
	matrix_outbox_close(&f.out);
	matrix_close(&f.bob);
	for (unsigned i = 0; i < 4; i++)
		matrix_close(&f.others[i]);
}

/* Two senders that were given one key: the second finds it used. */
static void a_one_time_key_serves_once(void **state)
{
	struct matrix_device alice, bob, carol;
	struct megolm_peer *peer;
	struct matrix_outbox out;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	matrix_open(&carol, 2, &megolm_default_policy);
	matrix_outbox_open(&out);
	peer = matrix_meet(&alice, &bob);
	ASSERT_DONE(megolm_device_send_dummy(alice.device, peer, &out.sink));
	ASSERT_DONE(matrix_receive(&bob, &alice, matrix_last(&out)));
	peer = matrix_learn(&carol, &bob);
	ASSERT_DONE(megolm_device_open_session(carol.device, peer, bob.key));
	ASSERT_DONE(megolm_device_send_dummy(carol.device, peer, &out.sink));
	ASSERT_REFUSED(&bob, matrix_receive(&bob, &carol, matrix_last(&out)),
		       MEGOLM_ERR_ONE_TIME_KEY);
	assert_null(megolm_device_find(bob.device, carol.user_id, carol.device_id));
	matrix_outbox_close(&out);
	matrix_close(&alice);
	matrix_close(&bob);
	matrix_close(&carol);
}

/* ---- what a receiver refuses ---- */

/* Each check of E2EE, "Validation of incoming decrypted events", fails alone; the session that
 * the pre-key message would have made does not exist then, and its one-time key is not used. */
static void every_check_of_incoming_events_is_made(void **state)
{
	struct matrix_device carol;
	struct matrix_pair p;

	(void)state;
	matrix_pair_open(&p);
	matrix_open(&carol, 2, &megolm_default_policy);
	{
		const char *eve = megolm_device_ed25519(carol.device);
		struct megolm_slice keys = megolm_device_keys(carol.device);
		char carols[2048], other_curve[2048];

		snprintf(carols, sizeof(carols), "%.*s", (int)keys.len, (const char *)keys.p);
		sign_keys(other_curve, &p.alice, megolm_device_curve25519(carol.device), &p.alice);
		const struct {
			struct matrix_claims claims;
			enum megolm_err want;
		} rows[] = {
			{{.sender = carol.user_id}, MEGOLM_ERR_WRONG_SENDER},
			{{.recipient = carol.user_id}, MEGOLM_ERR_WRONG_RECIPIENT},
			{{.recipient_key = eve}, MEGOLM_ERR_WRONG_RECIPIENT},
			{{.key = eve}, MEGOLM_ERR_WRONG_SENDER},
			{{.device_keys = carols}, MEGOLM_ERR_WRONG_SENDER},
			{{.device_keys = other_curve}, MEGOLM_ERR_WRONG_SENDER},
			{{.without_keys = 1}, MEGOLM_ERR_UNKNOWN_DEVICE},
			{{.content = "[}"}, MEGOLM_ERR_JSON},
			{{.type = "m.room_key"}, MEGOLM_ERR_JSON_MEMBER},
		};
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			ASSERT_REFUSED(&p.bob,
				       matrix_receive(&p.bob, &p.alice,
						      matrix_forge_event(&p, rows[i].claims)),
				       rows[i].want);
			assert_null(megolm_device_find(p.bob.device, p.alice.user_id,
						       p.alice.device_id));
		}
	}
	ASSERT_DONE(matrix_receive(&p.bob, &p.alice,
				   matrix_forge_event(&p, (struct matrix_claims){0})));
	/* A known device needs no keys, and is held to those it had. */
	ASSERT_DONE(
		matrix_receive(&p.bob, &p.alice,
			       matrix_forge_event(&p, (struct matrix_claims){.without_keys = 1})));
	ASSERT_MOVED_ON(
		&p.bob, "olm", p.alice.device_id,
		matrix_receive(
			&p.bob, &p.alice,
			matrix_forge_event(&p, (struct matrix_claims){.without_keys = 1,
								      .key = megolm_device_ed25519(
									      carol.device)})),
		MEGOLM_ERR_WRONG_SENDER);
	ASSERT_DONE(matrix_receive(
		&p.bob, &p.alice,
		matrix_forge_event(&p, (struct matrix_claims){.type = "m.secret.send"})));
	matrix_close(&carol);
	matrix_pair_close(&p);
}

/* The keys inside an event must carry a signature that verifies. */
static void device_keys_inside_an_event_are_verified(void **state)
{
	char content[4096], *at;
	struct megolm_slice event;
	struct megolm_slice keys;
	struct matrix_pair p;

	(void)state;
	matrix_pair_open(&p);
	keys = megolm_device_keys(p.alice.device);
	snprintf(content, sizeof(content),
		 "{\"content\":{},\"keys\":{\"ed25519\":\"%s\"},\"recipient\":\"%s\","
		 "\"recipient_keys\":{\"ed25519\":\"%s\"},\"sender\":\"%s\","
		 "\"sender_device_keys\":%.*s,\"type\":\"m.dummy\"}",
		 megolm_device_ed25519(p.alice.device), p.bob.user_id,
		 megolm_device_ed25519(p.bob.device), p.alice.user_id, (int)keys.len,
		 (const char *)keys.p);
	at = strstr(content, "\"signatures\":{\"@0000000:gb.test\":{\"ed25519:DEVICE0000\":\"");
	assert_non_null(at);
	at[60] ^= 1;
	event = matrix_forge(&p, content);
	ASSERT_REFUSED(&p.bob, matrix_receive(&p.bob, &p.alice, event), MEGOLM_ERR_SIGNATURE);
	at[60] ^= 1;
	ASSERT_DONE(matrix_receive(&p.bob, &p.alice, matrix_forge(&p, content)));
	matrix_pair_close(&p);
}

static void the_envelope_is_checked(void **state)
{
	struct matrix_device carol;
	struct matrix_pair p;
	struct megolm_slice body, cut;
	char text[8192];

	(void)state;
	matrix_pair_open(&p);
	matrix_open(&carol, 2, &megolm_default_policy);
	body = matrix_greet(&p, &p.alice, p.bob_at_alice);
#define REFUSED(from, to, want)                                                                    \
	ASSERT_REFUSED(&p.bob, matrix_receive(&p.bob, &p.alice, changed(text, body, from, to)),    \
		       want)
	REFUSED("m.olm.v1", "m.olm.v2", MEGOLM_ERR_ALGORITHM);
	REFUSED("@0000001", "@0000002", MEGOLM_ERR_WRONG_RECIPIENT);
	REFUSED("DEVICE0001", "DEVICE0002", MEGOLM_ERR_WRONG_RECIPIENT);
	REFUSED("\"type\":0", "\"type\":7", MEGOLM_ERR_MESSAGE_FORMAT);
	REFUSED("\"type\":0", "\"type\":1", MEGOLM_ERR_UNKNOWN_OLM_SESSION);
	REFUSED("\"body\":\"A", "\"body\":\"B", MEGOLM_ERR_MESSAGE_VERSION);
	REFUSED("sender_key", "zender_key", MEGOLM_ERR_JSON_MEMBER);
#undef REFUSED
	cut = (struct megolm_slice){body.p, body.len - 1};
	ASSERT_REFUSED(&p.bob, matrix_receive(&p.bob, &p.alice, cut), MEGOLM_ERR_JSON);
	ASSERT_REFUSED(&carol, matrix_receive(&carol, &p.alice, body), MEGOLM_ERR_WRONG_RECIPIENT);
	ASSERT_REFUSED(&p.bob, matrix_receive(&p.bob, &carol, body), MEGOLM_ERR_WRONG_SENDER);
	/* Another sender key than the one inside the pre-key message. */
	(void)changed(text, body, "sender_key\":\"", "sender_key\":\"");
	{
		char *at = strstr(text, "sender_key\":\"") + 20;

		*at = *at == 'A' ? 'B' : 'A';
	}
	ASSERT_REFUSED(&p.bob, matrix_receive(&p.bob, &p.alice, matrix_text(text)),
		       MEGOLM_ERR_ONE_TIME_KEY);
	ASSERT_DONE(matrix_receive(&p.bob, &p.alice, body));
	matrix_close(&carol);
	matrix_pair_close(&p);
}

/* The body cut short by one to four characters, or changed in one. */
static void damaged_olm_messages_are_refused(void **state)
{
	struct matrix_pair p;
	struct megolm_slice body;
	char text[8192], *end;

	(void)state;
	matrix_pair_open(&p);
	body = matrix_greet(&p, &p.alice, p.bob_at_alice);
	for (size_t cut = 1; cut <= 4; cut++) {
		char *before = matrix_state(&p.bob);
		enum megolm_err err;

		memcpy(text, body.p, body.len);
		text[body.len] = '\0';
		end = strstr(text, "\",\"type\":0");
		memmove(end - cut, end, strlen(end) + 1);
		err = matrix_receive(&p.bob, &p.alice, matrix_text(text));
		assert_true(err == MEGOLM_ERR_MESSAGE_FORMAT || err == MEGOLM_ERR_BASE64 ||
			    err == MEGOLM_ERR_MESSAGE_MAC);
		matrix_assert_same(&p.bob, before);
	}
	memcpy(text, body.p, body.len);
	text[body.len] = '\0';
	end = strstr(text, "\",\"type\":0");
	end[-30] ^= 1;
	ASSERT_REFUSED(&p.bob, matrix_receive(&p.bob, &p.alice, matrix_text(text)),
		       MEGOLM_ERR_MESSAGE_MAC);
	assert_null(megolm_device_find(p.bob.device, p.alice.user_id, p.alice.device_id));
	ASSERT_DONE(matrix_receive(&p.bob, &p.alice, body));
	/* The message key is gone with the message. */
	ASSERT_REFUSED(&p.bob, matrix_receive(&p.bob, &p.alice, body), MEGOLM_ERR_MESSAGE_MAC);
	matrix_pair_close(&p);
}

static void what_is_too_large_is_not_looked_at(void **state)
{
	struct megolm_policy small = megolm_default_policy;
	struct matrix_device alice, bob;
	struct matrix_outbox out;
	struct megolm_peer *peer;
	enum megolm_to_device what;
	struct megolm_slice content;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	small.max_content = 1000;
	matrix_open(&bob, 1, &small);
	matrix_outbox_open(&out);
	peer = matrix_meet(&alice, &bob);
	ASSERT_DONE(megolm_device_send_dummy(alice.device, peer, &out.sink));
	ASSERT_ERR(megolm_device_find_content(bob.device, &content, matrix_last(&out)),
		   MEGOLM_ERR_TOO_LARGE);
	ASSERT_ERR(megolm_device_receive(bob.device, &what, alice.user_id, matrix_last(&out)),
		   MEGOLM_ERR_TOO_LARGE);
	matrix_outbox_close(&out);
	matrix_close(&alice);
	matrix_close(&bob);
}

/* E2EE: at least four sessions with a device are kept; the fifth pushes the oldest out. */
static void four_sessions_are_kept(void **state)
{
	struct matrix_pair p;
	struct megolm_slice body[5];

	(void)state;
	matrix_pair_open(&p);
	for (int i = 0; i < 5; i++) {
		if (i > 0) {
			matrix_new_key(&p.bob);
			ASSERT_DONE(megolm_device_open_session(p.alice.device, p.bob_at_alice,
							       p.bob.key));
		}
		ASSERT_DONE(matrix_receive(&p.bob, &p.alice,
					   matrix_greet(&p, &p.alice, p.bob_at_alice)));
		body[i] = matrix_greet(&p, &p.alice, p.bob_at_alice);
	}
	ASSERT_REFUSED(&p.bob, matrix_receive(&p.bob, &p.alice, body[0]), MEGOLM_ERR_ONE_TIME_KEY);
	for (int i = 1; i < 5; i++)
		ASSERT_DONE(matrix_receive(&p.bob, &p.alice, body[i]));
	matrix_pair_close(&p);
}

static void a_damaged_pickle_is_refused(void **state)
{
	struct matrix_pair p;
	struct megolm_owned *saved;

	(void)state;
	matrix_pair_open(&p);
	ASSERT_DONE(megolm_probe_checkpoint(p.alice.device));
	saved = &p.bob_at_alice->session[0]->saved;
	(void)matrix_greet(&p, &p.alice, p.bob_at_alice);
	saved->p[saved->len / 2] ^= 1;
	ASSERT_ERR(megolm_probe_rollback(p.alice.device), MEGOLM_ERR_PICKLE);
	saved->p[saved->len / 2] ^= 1;
	ASSERT_DONE(megolm_probe_rollback(p.alice.device));
	p.alice.device->saved_account.p[10] ^= 1;
	ASSERT_ERR(megolm_probe_rollback(p.alice.device), MEGOLM_ERR_PICKLE);
	p.alice.device->saved_account.p[10] ^= 1;
	ASSERT_DONE(megolm_probe_rollback(p.alice.device));
	matrix_pair_close(&p);
}

static void identifiers_are_printable(void **state)
{
	static const char *const users[] = {
		"alice", "@alice", "@al\"ice:x", "@al ice:x", "@al\\ice:x", "@al\nice:x", ""};
	struct megolm_device *device = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		ASSERT_ERR(megolm_device_new(&device, users[i], "DEVICE", &megolm_system_random,
					     &megolm_default_policy),
			   MEGOLM_ERR_IDENTIFIER);
	ASSERT_ERR(megolm_device_new(&device, "@a:x", "DEV\"", &megolm_system_random,
				     &megolm_default_policy),
		   MEGOLM_ERR_IDENTIFIER);
	assert_null(device);
	ASSERT_DONE(megolm_device_new(&device, "@a:x", "DEVICE", &megolm_system_random,
				      &megolm_default_policy));
	megolm_device_free(device);
}

/* The same keys under another name: what is said of that one is not said of the one known. */
static void a_device_is_not_known_by_another_name(void **state)
{
	struct matrix_device alice, twin;
	struct megolm_random random;
	struct matrix_outbox out;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&twin, 1, &megolm_default_policy);
	matrix_outbox_open(&out);
	(void)matrix_learn(&alice, &twin);
	megolm_device_free(twin.device);
	ASSERT_DONE(megolm_seeded_begin(&twin.stream, 7, "device", 1, 0));
	random = megolm_seeded_random(&twin.stream);
	ASSERT_DONE(megolm_device_new(&twin.device, twin.user_id, "TWIN", &random,
				      &megolm_default_policy));
	ASSERT_DONE(megolm_device_send_dummy(twin.device, matrix_meet(&twin, &alice), &out.sink));
	ASSERT_ERR(matrix_receive(&alice, &twin, matrix_last(&out)), MEGOLM_ERR_DEVICE_CHANGED);
	matrix_outbox_close(&out);
	matrix_close(&alice);
	matrix_close(&twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_keys_are_what_was_asked_for_and_signed),
		cmocka_unit_test(a_known_device_keeps_its_keys),
		cmocka_unit_test(claimed_keys_are_signed_by_their_device),
		cmocka_unit_test(a_fallback_key_serves_again),
		cmocka_unit_test(a_used_fallback_key_is_replaced),
		cmocka_unit_test(a_one_time_key_serves_once),
		cmocka_unit_test(every_check_of_incoming_events_is_made),
		cmocka_unit_test(device_keys_inside_an_event_are_verified),
		cmocka_unit_test(the_envelope_is_checked),
		cmocka_unit_test(damaged_olm_messages_are_refused),
		cmocka_unit_test(what_is_too_large_is_not_looked_at),
		cmocka_unit_test(four_sessions_are_kept),
		cmocka_unit_test(a_damaged_pickle_is_refused),
		cmocka_unit_test(identifiers_are_printable),
		cmocka_unit_test(a_device_is_not_known_by_another_name),
	};

	return cmocka_run_group_tests_name("megolm refusals", tests, NULL, NULL);
}
