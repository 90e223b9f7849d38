/*
 * A to-device event that is refused leaves the device as it was: the state before and after is
 * compared as a whole, pickles included. A message of an Olm session that there was has moved this
 * session on, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inbound.h"
#include "matrix.h"
#include "matrix_state.h"
#include "megolm_keys.h"
#include "room.h"

#define MEGOLM "\"algorithm\":\"m.megolm.v1.aes-sha2\","
#define KEY    "RF3s+E7RkTQTGF2d8Deol0FkQvgII2aJDf3/Jp5mxVU"

/* Alice and Bob are devices of one user. Bob has a session of Carol, and asks for it and for
 * another one. Alice has a session in the room that Bob has not. */
struct scene {
	struct matrix_pair p;
	struct matrix_device carol;
	char id[44], key[512], export[MEGOLM_EXPORT_CHARS + 1]; /* of Carol's session */
	char own_id[44], own_key[512];                          /* of Alice's */
};

/* What Bob knows of Alice when her event comes. */
enum acquaintance { STRANGER, KNOWN, IN_SESSION, ACQUAINTANCES };

static void copy_session(struct matrix_device *d, char id[44], char key[512])
{
	size_t len = 0;

	ASSERT_DONE(megolm_room_session_key(d->room, (uint8_t *)key, 511, &len));
	key[len] = '\0';
	snprintf(id, 44, "%s", megolm_room_session_id(d->room, d->user_id, d->device_id));
}

static void ask(struct matrix_device *d, const char *id)
{
	uint8_t request[1024];
	size_t len;

	ASSERT_DONE(megolm_room_request_key(d->room, request, sizeof(request), &len, id, NULL));
}

static void open_scene(struct scene *s, enum acquaintance acquaintance)
{
	struct matrix_device *bob[] = {&s->p.bob};
	struct megolm_inbound *inbound;
	uint32_t index;

	memset(s, 0, sizeof(*s));
	matrix_open(&s->p.alice, 0, &megolm_default_policy);
	matrix_open_another(&s->p.bob, 1, 0);
	matrix_open(&s->carol, 2, &megolm_default_policy);
	matrix_outbox_open(&s->p.out);
	s->p.bob_at_alice = matrix_meet(&s->p.alice, &s->p.bob);
	ASSERT_DONE(megolm_room_share(s->p.alice.room, NULL, 0, &s->p.out.sink));
	copy_session(&s->p.alice, s->own_id, s->own_key);
	(void)matrix_invite(&s->carol, &s->p.bob);
	matrix_share(&s->carol, bob, 1);
	copy_session(&s->carol, s->id, s->key);
	inbound = megolm_inbound_find(s->p.bob.room, matrix_text(s->id));
	assert_non_null(inbound);
	ASSERT_DONE(megolm_inbound_export(inbound, (uint8_t *)s->export, &index));
	ask(&s->p.bob, s->id);
	ask(&s->p.bob, KEY);
	if (acquaintance == STRANGER)
		return;
	ASSERT_DONE(megolm_peer_set_verified(matrix_learn(&s->p.bob, &s->p.alice), true));
	if (acquaintance == IN_SESSION)
		ASSERT_DONE(matrix_receive(&s->p.bob, &s->p.alice,
					   matrix_greet(&s->p, &s->p.alice, s->p.bob_at_alice)));
}

static void close_scene(struct scene *s)
{
	matrix_close(&s->carol);
	matrix_pair_close(&s->p);
}

static enum megolm_err bring(struct scene *s, const char *type, const char *content)
{
	return matrix_receive(&s->p.bob, &s->p.alice,
			      matrix_forge_event(&s->p, (struct matrix_claims){
								.type = type, .content = content}));
}

/* The same message once more. */
static enum megolm_err bring_again(struct scene *s, struct megolm_slice body)
{
	return matrix_receive(&s->p.bob, &s->p.alice, body);
}

/* The event is refused, and another one of the same Olm session is not. */
static void assert_refused(struct scene *s, enum acquaintance acquaintance, const char *type,
			   const char *content, enum megolm_err want)
{
	struct megolm_slice body;

	if (acquaintance != IN_SESSION) {
		ASSERT_REFUSED(&s->p.bob, bring(s, type, content), want);
	} else {
		body = matrix_forge_event(&s->p,
					  (struct matrix_claims){.type = type, .content = content});
		ASSERT_MOVED_ON(&s->p.bob, "olm", s->p.alice.device_id, bring_again(s, body), want);
		ASSERT_REFUSED(&s->p.bob, bring_again(s, body), MEGOLM_ERR_MESSAGE_MAC);
	}
	ASSERT_DONE(bring(s, "m.dummy", "{}"));
}

static void in_all_states(void (*write)(const struct scene *s, char content[2048]),
			  const char *type, enum acquaintance from, enum megolm_err want)
{
	for (unsigned a = from; a < ACQUAINTANCES; a++) {
		struct scene s;
		char content[2048];

		open_scene(&s, (enum acquaintance)a);
		write(&s, content);
		assert_refused(&s, (enum acquaintance)a, type, content, want);
		close_scene(&s);
	}
}

/* ---- room keys ---- */

static void put_room_key(char content[2048], const char *room_id, const char *id, const char *key)
{
	snprintf(content, 2048,
		 "{" MEGOLM "\"room_id\":\"%s\",\"session_id\":\"%s\",\"session_key\":\"%s\"}",
		 room_id, id, key);
}

static void key_of_another(const struct scene *s, char content[2048])
{
	put_room_key(content, MATRIX_ROOM, s->id, s->key);
}

static void key_under_another_id(const struct scene *s, char content[2048])
{
	put_room_key(content, "!new:gb.test", s->own_id, s->key);
}

static void key_for_no_room(const struct scene *s, char content[2048])
{
	put_room_key(content, "new:gb.test", s->own_id, s->own_key);
}

static void key_of_no_session(const struct scene *s, char content[2048])
{
	put_room_key(content, "!new:gb.test", s->own_id, s->own_id);
}

static void key_of_no_algorithm(const struct scene *s, char content[2048])
{
	(void)s;
	snprintf(content, 2048, "{\"algorithm\":\"m.megolm.v2.aes-sha2\"}");
}

static void a_room_key_that_is_refused_changes_nothing(void **state)
{
	static const char type[] = "m.room_key";

	(void)state;
	in_all_states(key_of_another, type, STRANGER, MEGOLM_ERR_WRONG_SENDER);
	in_all_states(key_under_another_id, type, STRANGER, MEGOLM_ERR_WRONG_SESSION_ID);
	in_all_states(key_for_no_room, type, STRANGER, MEGOLM_ERR_IDENTIFIER);
	in_all_states(key_of_no_session, type, STRANGER, MEGOLM_ERR_SESSION_KEY);
	in_all_states(key_of_no_algorithm, type, STRANGER, MEGOLM_ERR_ALGORITHM);
}

/* ---- forwarded keys ---- */

static void put_forwarded(char content[2048], const struct scene *s, const char *id,
			  const char *sender_key, const char *export)
{
	snprintf(content, 2048,
		 "{" MEGOLM "\"forwarding_curve25519_key_chain\":[],\"room_id\":\"" MATRIX_ROOM
		 "\",\"sender_claimed_ed25519_key\":\"%s\",\"sender_key\":\"%s\","
		 "\"session_id\":\"%s\",\"session_key\":\"%s\"}",
		 megolm_device_ed25519(s->carol.device), sender_key, id, export);
}

static const char *curve25519_of_carol(const struct scene *s)
{
	return megolm_device_curve25519(s->carol.device);
}

static void forwarded_as_known(const struct scene *s, char content[2048])
{
	put_forwarded(content, s, s->id, curve25519_of_carol(s), s->export);
}

/* One byte of the ratchet, which is not signed, is another. */
static void forwarded_with_another_ratchet(const struct scene *s, char content[2048])
{
	char export[MEGOLM_EXPORT_CHARS + 1];

	memcpy(export, s->export, sizeof(export));
	export[20] = export[20] == 'A' ? 'B' : 'A';
	put_forwarded(content, s, s->id, curve25519_of_carol(s), export);
}

static void forwarded_of_another(const struct scene *s, char content[2048])
{
	put_forwarded(content, s, s->id, megolm_device_curve25519(s->p.alice.device), s->export);
}

static void forwarded_under_another_id(const struct scene *s, char content[2048])
{
	put_forwarded(content, s, KEY, curve25519_of_carol(s), s->export);
}

static void forwarded_and_cut(const struct scene *s, char content[2048])
{
	put_forwarded(content, s, s->id, curve25519_of_carol(s), s->export + 1);
}

static void forwarded_unasked(const struct scene *s, char content[2048])
{
	put_forwarded(content, s, s->own_id, curve25519_of_carol(s), s->export);
}

static void a_forwarded_key_that_is_refused_changes_nothing(void **state)
{
	static const char type[] = "m.forwarded_room_key";
	struct scene s;
	char content[2048];

	(void)state;
	in_all_states(forwarded_with_another_ratchet, type, KNOWN, MEGOLM_ERR_RATCHET);
	in_all_states(forwarded_of_another, type, KNOWN, MEGOLM_ERR_WRONG_SENDER);
	in_all_states(forwarded_under_another_id, type, KNOWN, MEGOLM_ERR_WRONG_SESSION_ID);
	in_all_states(forwarded_and_cut, type, KNOWN, MEGOLM_ERR_BASE64);
	in_all_states(forwarded_unasked, type, KNOWN, MEGOLM_ERR_NOT_REQUESTED);
	open_scene(&s, STRANGER);
	forwarded_as_known(&s, content);
	assert_refused(&s, STRANGER, type, content, MEGOLM_ERR_UNVERIFIED);
	close_scene(&s);
}

/* ---- bundles ---- */

static void bundle_of_another_version(const struct scene *s, char content[2048])
{
	(void)s;
	snprintf(content, 2048, "{\"file\":{\"v\":\"v1\"},\"room_id\":\"" MATRIX_ROOM "\"}");
}

static void bundle_without_hash(const struct scene *s, char content[2048])
{
	(void)s;
	snprintf(content, 2048,
		 "{\"file\":{\"hashes\":{\"sha256\":\"AA\"},\"url\":\"mxc://gb.test/"
		 "x\",\"v\":\"v2\"},"
		 "\"room_id\":\"" MATRIX_ROOM "\"}");
}

static void a_bundle_that_is_refused_changes_nothing(void **state)
{
	static const char type[] = "m.room_key_bundle";

	(void)state;
	in_all_states(bundle_of_another_version, type, STRANGER, MEGOLM_ERR_ALGORITHM);
	in_all_states(bundle_without_hash, type, STRANGER, MEGOLM_ERR_BASE64);
}

/* ---- nothing new ---- */

/* The rooms in a state; what is asked for, behind them, is cut off and begins at *requests. */
static const char *rooms_of(char *state, const char **requests)
{
	char *end = strstr(state, "\nrequest: ");

	assert_non_null(end);
	*end = '\0';
	*requests = end + 1;
	return strstr(state, "\nroom ");
}

/* Bob takes the event in as a message, and has of the room what he had before. Only what was
 * forwarded was asked for. */
static void assert_nothing_new(struct scene *s, const char *type, const char *content)
{
	const struct megolm_room *room = s->p.bob.room;
	const struct megolm_inbound *first = room->inbound[0];
	size_t n = room->n_inbound;
	const char *asked_before, *asked_after;
	char *before, *after;
	bool is_forwarded = strcmp(type, "m.forwarded_room_key") == 0;
	enum megolm_to_device what = MEGOLM_OTHER;
	struct megolm_slice body, inner;

	ask(&s->p.bob, s->id);
	before = matrix_state(&s->p.bob);
	body = matrix_forge_event(&s->p, (struct matrix_claims){.type = type, .content = content});
	ASSERT_DONE(megolm_device_find_content(s->p.bob.device, &inner, body));
	ASSERT_DONE(megolm_device_receive(s->p.bob.device, &what, s->p.alice.user_id, inner));
	assert_int_equal(what, MEGOLM_KNOWN_KEY);
	after = matrix_state(&s->p.bob);
	assert_ptr_equal(room->inbound[0], first);
	assert_int_equal(room->n_inbound, n);
	assert_string_equal(rooms_of(before, &asked_before), rooms_of(after, &asked_after));
	assert_non_null(strstr(asked_before, s->id));
	assert_int_equal(strstr(asked_after, s->id) == NULL, is_forwarded);
	free(before);
	free(after);
}

/* Alice begins another Olm session, and sends by it what Bob has: it is a session like any other.
 * Bob answers by it, and the one-time key is used up. */
static void assert_begins_a_session(void (*write)(struct scene *s, char content[2048]),
				    const char *type)
{
	const struct megolm_pairwise *older;
	struct megolm_peer *alice;
	char content[2048];
	struct scene s;

	open_scene(&s, IN_SESSION);
	alice = matrix_alice_at_bob(&s.p);
	older = alice->session[0];
	write(&s, content);
	assert_nothing_new(&s, type, content);
	assert_ptr_equal(alice->session[0], older);
	matrix_new_key(&s.p.bob);
	ASSERT_DONE(megolm_device_open_session(s.p.alice.device, s.p.bob_at_alice, s.p.bob.key));
	assert_nothing_new(&s, type, content);
	assert_ptr_not_equal(alice->session[0], older);
	assert_ptr_equal(alice->session[1], older);
	ASSERT_DONE(matrix_receive(&s.p.alice, &s.p.bob, matrix_greet(&s.p, &s.p.bob, alice)));
	assert_nothing_new(&s, type, content);
	ASSERT_DONE(megolm_device_open_session(s.p.alice.device, s.p.bob_at_alice, s.p.bob.key));
	ASSERT_REFUSED(&s.p.bob, bring(&s, "m.dummy", "{}"), MEGOLM_ERR_ONE_TIME_KEY);
	close_scene(&s);
}

/* Of Alice's own session, which Bob is given first. */
static void key_given_before(struct scene *s, char content[2048])
{
	put_room_key(content, MATRIX_ROOM, s->own_id, s->own_key);
	ASSERT_DONE(bring(s, "m.room_key", content));
}

static void forwarded_as_given_before(struct scene *s, char content[2048])
{
	forwarded_as_known(s, content);
}

static void a_known_key_still_begins_an_olm_session(void **state)
{
	(void)state;
	assert_begins_a_session(key_given_before, "m.room_key");
	assert_begins_a_session(forwarded_as_given_before, "m.forwarded_room_key");
}

/* ---- sessions ---- */

/* Bob answers by the Olm session whose message he accepted last. */
static void a_refused_message_does_not_choose_the_session(void **state)
{
	const struct megolm_pairwise *older, *newer;
	struct megolm_peer *alice;
	struct scene s;

	(void)state;
	open_scene(&s, IN_SESSION);
	alice = matrix_alice_at_bob(&s.p);
	older = alice->session[0];
	matrix_new_key(&s.p.bob);
	ASSERT_DONE(megolm_device_open_session(s.p.alice.device, s.p.bob_at_alice, s.p.bob.key));
	ASSERT_DONE(bring(&s, "m.dummy", "{}"));
	newer = alice->session[0];
	assert_ptr_not_equal(newer, older);
	megolm_device_close_session(s.p.alice.device, s.p.bob_at_alice);
	ASSERT_MOVED_ON(&s.p.bob, "olm", s.p.alice.device_id, bring(&s, "m.room_key", "{}"),
			MEGOLM_ERR_JSON_MEMBER);
	assert_ptr_equal(alice->session[0], newer);
	ASSERT_DONE(bring(&s, "m.dummy", "{}"));
	assert_ptr_equal(alice->session[0], older);
	assert_ptr_equal(alice->session[1], newer);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_room_key_that_is_refused_changes_nothing),
		cmocka_unit_test(a_forwarded_key_that_is_refused_changes_nothing),
		cmocka_unit_test(a_bundle_that_is_refused_changes_nothing),
		cmocka_unit_test(a_known_key_still_begins_an_olm_session),
		cmocka_unit_test(a_refused_message_does_not_choose_the_session),
	};

	return cmocka_run_group_tests_name("megolm unchanged", tests, NULL, NULL);
}
