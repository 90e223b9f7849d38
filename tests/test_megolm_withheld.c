/*
 * Keys that do not arrive because they are withheld on purpose; and what a device lets others make
 * it keep.
 */
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
#include "megolm_withheld.h"

/* Alice in a room with Bob and Carol; what she sends lies in `out`. */
struct room {
	struct matrix_device alice, bob, carol;
	struct megolm_peer *bob_at_alice, *carol_at_alice;
	struct matrix_outbox out;
};

static void open_room(struct room *r)
{
	matrix_open(&r->alice, 0, &megolm_default_policy);
	matrix_open(&r->bob, 1, &megolm_default_policy);
	matrix_open(&r->carol, 2, &megolm_default_policy);
	r->bob_at_alice = matrix_invite(&r->alice, &r->bob);
	r->carol_at_alice = matrix_invite(&r->alice, &r->carol);
	matrix_outbox_open(&r->out);
}

static void close_room(struct room *r)
{
	matrix_outbox_close(&r->out);
	matrix_close(&r->alice);
	matrix_close(&r->bob);
	matrix_close(&r->carol);
}

static void share(struct room *r, size_t n)
{
	struct megolm_shared shared;

	r->out.n = 0;
	ASSERT_DONE(megolm_room_share(r->alice.room, &shared, 0, &r->out.sink));
	assert_int_equal(shared.n, n);
}

static struct megolm_slice sent(const struct room *r, size_t i)
{
	assert_true(i < r->out.n);
	return (struct megolm_slice){r->out.body[i], r->out.len[i]};
}

static enum megolm_err told(struct matrix_device *d, struct megolm_slice body,
			    enum megolm_withheld *code)
{
	struct megolm_slice content;
	enum megolm_err err = megolm_device_find_content(d->device, &content, body);

	return err != MEGOLM_OK ? err : megolm_device_receive_withheld(d->device, code, content);
}

static void assert_told(struct matrix_device *d, struct megolm_slice body,
			enum megolm_withheld want)
{
	enum megolm_withheld code = MEGOLM_GIVEN;

	ASSERT_DONE(told(d, body, &code));
	assert_int_equal(code, want);
}

static void assert_known_why(struct matrix_device *d, struct megolm_slice event,
			     enum megolm_err want, enum megolm_withheld want_code)
{
	enum megolm_withheld code = MEGOLM_GIVEN;

	ASSERT_ERR(megolm_room_why_withheld(d->room, &code, event), want);
	assert_int_equal(code, want_code);
}

static void a_device_is_told_why_it_gets_no_key(void **state)
{
	struct megolm_slice event;
	struct room r;

	(void)state;
	open_room(&r);
	ASSERT_DONE(megolm_room_withhold(r.alice.room, r.bob_at_alice, MEGOLM_UNVERIFIED));
	share(&r, 2);
	event = matrix_say(&r.alice, "not for bob");
	ASSERT_ERR(matrix_read(&r.bob, &r.alice, event, "$1", "not for bob"),
		   MEGOLM_ERR_UNKNOWN_SESSION);
	assert_told(&r.bob, sent(&r, 0), MEGOLM_UNVERIFIED);
	ASSERT_ERR(matrix_read(&r.bob, &r.alice, event, "$1", "not for bob"), MEGOLM_ERR_WITHHELD);
	assert_known_why(&r.bob, event, MEGOLM_OK, MEGOLM_UNVERIFIED);
	assert_known_why(&r.bob, matrix_text("{}"), MEGOLM_ERR_JSON_MEMBER, MEGOLM_GIVEN);
	assert_known_why(&r.bob, matrix_text("{"), MEGOLM_ERR_JSON, MEGOLM_GIVEN);
	assert_known_why(&r.bob,
			 (struct megolm_slice){event.p, megolm_default_policy.max_content + 1},
			 MEGOLM_ERR_TOO_LARGE, MEGOLM_GIVEN);
	assert_known_why(&r.carol, event, MEGOLM_ERR_UNKNOWN_SESSION, MEGOLM_GIVEN);
	ASSERT_DONE(matrix_receive(&r.carol, &r.alice, sent(&r, 1)));
	ASSERT_DONE(matrix_read(&r.carol, &r.alice, event, "$1", "not for bob"));
	/* Told once a session. */
	assert_false(megolm_room_share_due(r.alice.room, 0));
	megolm_room_rotate(r.alice.room);
	share(&r, 2);
	close_room(&r);
}

/* "she can send Bob the megolm session, ratcheted up to the point at which she allows Bob". */
static void a_key_that_is_given_again_begins_there(void **state)
{
	struct megolm_slice event;
	uint8_t before[4096];
	struct room r;

	(void)state;
	open_room(&r);
	ASSERT_DONE(megolm_room_withhold(r.alice.room, r.bob_at_alice, MEGOLM_BLACKLISTED));
	share(&r, 2);
	event = matrix_say(&r.alice, "before");
	memcpy(before, event.p, event.len);
	event.p = before;
	ASSERT_DONE(megolm_room_withhold(r.alice.room, r.bob_at_alice, MEGOLM_GIVEN));
	assert_true(megolm_room_share_due(r.alice.room, 0));
	share(&r, 1);
	ASSERT_DONE(matrix_receive(&r.bob, &r.alice, sent(&r, 0)));
	ASSERT_ERR(matrix_read(&r.bob, &r.alice, event, "$1", "before"), MEGOLM_ERR_UNKNOWN_INDEX);
	ASSERT_DONE(matrix_read(&r.bob, &r.alice, matrix_say(&r.alice, "after"), "$2", "after"));
	close_room(&r);
}

static void who_has_the_key_reads_nothing_after(void **state)
{
	struct megolm_slice event;
	struct room r;

	(void)state;
	open_room(&r);
	share(&r, 2);
	ASSERT_DONE(matrix_receive(&r.bob, &r.alice, sent(&r, 0)));
	ASSERT_REFUSED(
		&r.alice,
		megolm_room_withhold(r.alice.room, r.bob_at_alice, MEGOLM_HISTORY_NOT_SHARED),
		MEGOLM_ERR_USAGE);
	ASSERT_DONE(megolm_room_withhold(r.alice.room, r.bob_at_alice, MEGOLM_BLACKLISTED));
	share(&r, 2);
	event = matrix_say(&r.alice, "without bob");
	ASSERT_ERR(matrix_read(&r.bob, &r.alice, event, "$1", "without bob"),
		   MEGOLM_ERR_UNKNOWN_SESSION);
	megolm_room_remove(r.alice.room, r.bob_at_alice);
	ASSERT_ERR(megolm_room_withhold(r.alice.room, r.bob_at_alice, MEGOLM_BLACKLISTED),
		   MEGOLM_ERR_NOT_MEMBER);
	close_room(&r);
}

/* Whom to trust is for the application to say each time; said before the share, no key leaves. */
static void who_comes_back_gets_keys_unless_withheld_again(void **state)
{
	static const enum megolm_withheld codes[] = {MEGOLM_GIVEN, MEGOLM_BLACKLISTED};
	struct megolm_slice event;
	struct room r;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_room(&r);
		ASSERT_DONE(megolm_room_withhold(r.alice.room, r.bob_at_alice, MEGOLM_BLACKLISTED));
		share(&r, 2);
		assert_told(&r.bob, sent(&r, 0), MEGOLM_BLACKLISTED);
		megolm_room_remove(r.alice.room, r.bob_at_alice);
		ASSERT_DONE(megolm_room_add(r.alice.room, r.bob_at_alice));
		if (codes[i] != MEGOLM_GIVEN)
			ASSERT_DONE(megolm_room_withhold(r.alice.room, r.bob_at_alice, codes[i]));
		share(&r, 2);
		event = matrix_say(&r.alice, "again");
		/* Carol has taken the place of who left. */
		if (codes[i] == MEGOLM_GIVEN)
			ASSERT_DONE(matrix_receive(&r.bob, &r.alice, sent(&r, 1)));
		else
			assert_told(&r.bob, sent(&r, 1), codes[i]);
		ASSERT_ERR(matrix_read(&r.bob, &r.alice, event, "$1", "again"),
			   codes[i] == MEGOLM_GIVEN ? MEGOLM_OK : MEGOLM_ERR_WITHHELD);
		close_room(&r);
	}
}

/* Without an Olm session: told once, whatever the session, until one could be begun. */
static void no_olm_is_said_once(void **state)
{
	struct room r;
	struct matrix_device dave;
	struct megolm_peer *peer;
	char want[512];

	(void)state;
	open_room(&r);
	matrix_open(&dave, 3, &megolm_default_policy);
	peer = matrix_learn(&r.alice, &dave);
	ASSERT_DONE(megolm_room_add(r.alice.room, peer));
	r.out.n = 0;
	ASSERT_ERR(megolm_room_share(r.alice.room, NULL, 0, &r.out.sink),
		   MEGOLM_ERR_NO_OLM_SESSION);
	ASSERT_DONE(megolm_room_withhold(r.alice.room, peer, MEGOLM_NO_OLM));
	ASSERT_DONE(megolm_probe_checkpoint(r.alice.device));
	share(&r, 3);
	assert_int_equal(r.out.n, 3);
	ASSERT_DONE(megolm_probe_rollback(r.alice.device));
	share(&r, 3);
	assert_int_equal(r.out.n, 3);
	assert_told(&dave, sent(&r, 2), MEGOLM_NO_OLM);
	/* It names no room and no session. */
	snprintf(want, sizeof(want),
		 "{\"messages\":{\"%s\":{\"%s\":{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"code\":"
		 "\"m.no_olm\",\"sender_key\":\"%s\"}}}}",
		 dave.user_id, dave.device_id, megolm_device_curve25519(r.alice.device));
	assert_int_equal(sent(&r, 2).len, strlen(want));
	assert_memory_equal(sent(&r, 2).p, want, strlen(want));
	megolm_room_rotate(r.alice.room);
	share(&r, 2);
	assert_int_equal(r.out.n, 2);
	/* Dave has new keys, and loses the session again. */
	(void)matrix_meet(&r.alice, &dave);
	megolm_room_rotate(r.alice.room);
	share(&r, 3);
	assert_int_equal(r.out.n, 3);
	matrix_close(&dave);
	close_room(&r);
}

#define KEY "RF3s+E7RkTQTGF2d8Deol0FkQvgII2aJDf3/Jp5mxVU"
#define ABOUT(algorithm, room, session, key, code)                                                 \
	"{\"algorithm\":\"" algorithm "\",\"code\":\"" code "\",\"room_id\":\"" room               \
	"\",\"sender_key\":\"" key "\",\"session_id\":\"" session "\"}"

static void words_that_a_key_is_withheld_have_their_form(void **state)
{
	static const struct {
		const char *content;
		enum megolm_err err;
	} rows[] = {
		{ABOUT("m.megolm.v1.aes-sha2", "!a:b", KEY, KEY, "m.unverified"), MEGOLM_OK},
		{ABOUT("m.megolm.v1.aes-sha2", "!a:b", KEY, KEY, "org.own"), MEGOLM_OK},
		{ABOUT("m.megolm.v2.aes-sha2", "!a:b", KEY, KEY, "m.unverified"),
		 MEGOLM_ERR_ALGORITHM},
		{ABOUT("m.megolm.v1.aes-sha2", "a:b", KEY, KEY, "m.unverified"),
		 MEGOLM_ERR_IDENTIFIER},
		{ABOUT("m.megolm.v1.aes-sha2", "!a:b", "short", KEY, "m.unverified"),
		 MEGOLM_ERR_BASE64},
		{ABOUT("m.megolm.v1.aes-sha2", "!a:b", KEY, "short", "m.unverified"),
		 MEGOLM_ERR_BASE64},
		{"{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"code\":\"m.unverified\",\"sender_key\":"
		 "\"" KEY "\"}",
		 MEGOLM_ERR_JSON_MEMBER},
		{"{\"algorithm\":\"m.megolm.v1.aes-sha2\"", MEGOLM_ERR_JSON},
	};
	struct matrix_device bob;
	enum megolm_withheld code;

	(void)state;
	matrix_open(&bob, 1, &megolm_default_policy);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		code = MEGOLM_GIVEN;
		ASSERT_ERR(megolm_device_receive_withheld(bob.device, &code,
							  matrix_text(rows[i].content)),
			   rows[i].err);
		assert_int_equal(code != MEGOLM_GIVEN, rows[i].err == MEGOLM_OK);
	}
	ASSERT_ERR(megolm_device_receive_withheld(
			   bob.device, &code,
			   (struct megolm_slice){(const uint8_t *)rows[0].content, 65537}),
		   MEGOLM_ERR_TOO_LARGE);
	matrix_close(&bob);
}

/* Each code has its own meaning; those that nobody knows have one. */
static void a_code_is_taken_for_what_it_is(void **state)
{
	static const struct {
		const char *content;
		enum megolm_withheld code;
		enum megolm_err err; /* of a message of the session */
	} rows[] = {
#define ROW(text, code, err)                                                                       \
	{ABOUT("m.megolm.v1.aes-sha2", MATRIX_ROOM, KEY, KEY, text), code, MEGOLM_ERR_##err}
		ROW("m.blacklisted", MEGOLM_BLACKLISTED, WITHHELD),
		ROW("m.unverified", MEGOLM_UNVERIFIED, WITHHELD),
		ROW("m.unauthorised", MEGOLM_UNAUTHORISED, WITHHELD),
		ROW("m.unavailable", MEGOLM_UNAVAILABLE, WITHHELD),
		ROW("m.history_not_shared", MEGOLM_HISTORY_NOT_SHARED, HISTORY_NOT_SHARED),
		ROW("org.own", MEGOLM_UNAUTHORISED, WITHHELD),
		ROW("", MEGOLM_UNAUTHORISED, WITHHELD),
#undef ROW
	};
	static const char event[] = "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"ciphertext\":\"\","
				    "\"session_id\":\"" KEY "\"}";
	struct matrix_device bob;

	(void)state;
	matrix_open(&bob, 1, &megolm_default_policy);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum megolm_withheld code = MEGOLM_GIVEN;
		struct megolm_event read;

		ASSERT_DONE(megolm_device_receive_withheld(bob.device, &code,
							   matrix_text(rows[i].content)));
		assert_int_equal(code, rows[i].code);
		ASSERT_ERR(
			megolm_room_decrypt(bob.room, &read, bob.user_id, "$1", matrix_text(event)),
			rows[i].err);
	}
	matrix_close(&bob);
}

/* Anybody can send them: the newest 1,024 stay. */
static void what_anybody_says_is_kept_for_a_while(void **state)
{
	struct megolm_slice event;
	enum megolm_withheld code;
	struct room r;
	char text[512];

	(void)state;
	open_room(&r);
	ASSERT_DONE(megolm_room_withhold(r.alice.room, r.bob_at_alice, MEGOLM_UNVERIFIED));
	share(&r, 2);
	assert_told(&r.bob, sent(&r, 0), MEGOLM_UNVERIFIED);
	event = matrix_say(&r.alice, "x");
	for (unsigned i = 0; i < 1024; i++) {
		ASSERT_ERR(matrix_read(&r.bob, &r.alice, event, "$1", "x"), MEGOLM_ERR_WITHHELD);
		snprintf(text, sizeof(text),
			 ABOUT("m.megolm.v1.aes-sha2", "!%u:b", KEY, KEY, "m.unverified"), i);
		ASSERT_DONE(megolm_device_receive_withheld(r.bob.device, &code, matrix_text(text)));
	}
	ASSERT_ERR(matrix_read(&r.bob, &r.alice, event, "$1", "x"), MEGOLM_ERR_UNKNOWN_SESSION);
	close_room(&r);
}

/* ---- senders that do not say who they are ---- */

/* Without sender_device_keys a recipient must have asked for the device; each message is then
 * shorter by them, padded to blocks and in base64. */
static void device_keys_may_stay_out_of_messages(void **state)
{
	struct megolm_policy policy = megolm_default_policy;
	struct matrix_device alice, bob;
	struct megolm_slice body, keys;
	struct megolm_peer *peer;
	struct matrix_outbox out;
	size_t with, without, more;

	(void)state;
	policy.without_device_keys = true;
	matrix_outbox_open(&out);
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	peer = matrix_meet(&alice, &bob);
	ASSERT_DONE(megolm_device_send_dummy(alice.device, peer, &out.sink));
	with = matrix_last(&out).len;
	matrix_close(&alice);
	matrix_open(&alice, 0, &policy);
	keys = megolm_device_keys(alice.device);
	peer = matrix_meet(&alice, &bob);
	ASSERT_DONE(megolm_device_send_dummy(alice.device, peer, &out.sink));
	body = matrix_last(&out);
	without = body.len;
	more = keys.len + strlen("\"sender_device_keys\":,");
	assert_true((with - without) * 3 >= (more - 15) * 4 &&
		    (with - without) * 3 <= (more + 18) * 4);
	ASSERT_REFUSED(&bob, matrix_receive(&bob, &alice, body), MEGOLM_ERR_UNKNOWN_DEVICE);
	(void)matrix_learn(&bob, &alice);
	ASSERT_DONE(matrix_receive(&bob, &alice, body));
	matrix_outbox_close(&out);
	matrix_close(&alice);
	matrix_close(&bob);
}

/* ---- bounds ---- */

static enum megolm_err write_to(struct matrix_device *from, struct matrix_device *to,
				const char *room_id)
{
	struct megolm_peer *peer = matrix_meet(from, to);
	struct megolm_room *room;
	struct matrix_outbox out;
	enum megolm_err err;
	char *before;

	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_device_room(from->device, &room, room_id));
	err = megolm_room_add(room, peer);
	if (err != MEGOLM_ERR_ALREADY_MEMBER)
		ASSERT_DONE(err);
	megolm_room_rotate(room);
	ASSERT_DONE(megolm_room_share(room, NULL, 0, &out.sink));
	before = matrix_state(to);
	err = matrix_receive(to, from, matrix_last(&out));
	if (err != MEGOLM_OK)
		matrix_assert_same(to, before);
	else
		free(before);
	matrix_outbox_close(&out);
	return err;
}

static void strangers_are_bounded(void **state)
{
	struct megolm_policy policy = megolm_default_policy;
	struct matrix_device bob, from[3];

	(void)state;
	policy.max_strangers = 2;
	matrix_open(&bob, 9, &policy);
	for (unsigned i = 0; i < 3; i++)
		matrix_open(&from[i], i, &megolm_default_policy);
	ASSERT_DONE(write_to(&from[0], &bob, MATRIX_ROOM));
	ASSERT_DONE(write_to(&from[1], &bob, MATRIX_ROOM));
	ASSERT_ERR(write_to(&from[2], &bob, MATRIX_ROOM), MEGOLM_ERR_LIMIT);
	assert_null(megolm_device_find(bob.device, from[2].user_id, from[2].device_id));
	assert_null(megolm_room_session_id(bob.room, from[2].user_id, from[2].device_id));
	/* Who is known by more than its messages is no stranger, and makes room for one. */
	ASSERT_DONE(write_to(&from[0], &bob, MATRIX_ROOM));
	(void)matrix_learn(&bob, &from[1]);
	ASSERT_DONE(write_to(&from[2], &bob, MATRIX_ROOM));
	for (unsigned i = 0; i < 3; i++)
		matrix_close(&from[i]);
	matrix_close(&bob);
}

/* The room of the device itself counts too. */
static void rooms_and_sessions_are_bounded(void **state)
{
	struct megolm_policy policy = megolm_default_policy;
	struct matrix_device alice, bob;

	(void)state;
	policy.max_rooms = 2;
	policy.max_sessions_of_sender = 3;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &policy);
	ASSERT_DONE(write_to(&alice, &bob, "!second:gb.test"));
	ASSERT_ERR(write_to(&alice, &bob, "!third:gb.test"), MEGOLM_ERR_LIMIT);
	ASSERT_DONE(write_to(&alice, &bob, MATRIX_ROOM));
	ASSERT_DONE(write_to(&alice, &bob, MATRIX_ROOM));
	ASSERT_DONE(write_to(&alice, &bob, MATRIX_ROOM));
	ASSERT_ERR(write_to(&alice, &bob, MATRIX_ROOM), MEGOLM_ERR_LIMIT);
	ASSERT_DONE(write_to(&alice, &bob, "!second:gb.test"));
	/* What was forgotten of the device is no room for more. */
	megolm_device_forget(bob.device,
			     megolm_device_find(bob.device, alice.user_id, alice.device_id));
	ASSERT_ERR(write_to(&alice, &bob, MATRIX_ROOM), MEGOLM_ERR_LIMIT);
	matrix_close(&alice);
	matrix_close(&bob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_told_why_it_gets_no_key),
		cmocka_unit_test(a_key_that_is_given_again_begins_there),
		cmocka_unit_test(who_has_the_key_reads_nothing_after),
		cmocka_unit_test(who_comes_back_gets_keys_unless_withheld_again),
		cmocka_unit_test(no_olm_is_said_once),
		cmocka_unit_test(words_that_a_key_is_withheld_have_their_form),
		cmocka_unit_test(a_code_is_taken_for_what_it_is),
		cmocka_unit_test(what_anybody_says_is_kept_for_a_while),
		cmocka_unit_test(device_keys_may_stay_out_of_messages),
		cmocka_unit_test(strangers_are_bounded),
		cmocka_unit_test(rooms_and_sessions_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
