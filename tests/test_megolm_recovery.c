/*
 * Olm sessions whose ratchet is broken, and how two devices come to understand each other again
 * (E2EE, "Recovering from undecryptable messages").
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
#include "pickle.h"
#include "raw_pickle.h"

#define HOUR 3600000u

/* Alice and Bob have an Olm session in which both have sent and received. */
static void open_talk(struct matrix_pair *p, struct megolm_peer **alice_at_bob)
{
	matrix_pair_open(p);
	ASSERT_DONE(megolm_room_add(p->alice.room, p->bob_at_alice));
	ASSERT_DONE(
		matrix_receive(&p->bob, &p->alice, matrix_greet(p, &p->alice, p->bob_at_alice)));
	*alice_at_bob = matrix_alice_at_bob(p);
	ASSERT_DONE(matrix_receive(&p->alice, &p->bob, matrix_greet(p, &p->bob, *alice_at_bob)));
	ASSERT_DONE(
		matrix_receive(&p->bob, &p->alice, matrix_greet(p, &p->alice, p->bob_at_alice)));
}

/* Goes on as if `d` had been restored from a copy of itself: both ratchets have made a
 * Diffie-Hellman step that it does not know of. */
static void roll_back(struct matrix_pair *p, struct megolm_peer *alice, struct matrix_device *d)
{
	ASSERT_DONE(megolm_probe_checkpoint(d->device));
	for (int i = 0; i < 2; i++) {
		ASSERT_DONE(matrix_receive(&p->alice, &p->bob, matrix_greet(p, &p->bob, alice)));
		ASSERT_DONE(matrix_receive(&p->bob, &p->alice,
					   matrix_greet(p, &p->alice, p->bob_at_alice)));
	}
	ASSERT_DONE(megolm_probe_rollback(d->device));
}

/* The pickle of a session without its encryption: behind the version, one byte and three public
 * keys stands the root key, each bit of which is turned over. */
static void damage(struct megolm_pairwise *session)
{
	static const uint8_t key[] = MEGOLM_PICKLE_KEY;
	enum OlmErrorCode code = OLM_SUCCESS;
	struct megolm_owned saved = {0};
	uint8_t *raw, *at;
	size_t len;

	ASSERT_DONE(megolm_save_session(&saved, session->olm));
	len = _olm_enc_input(key, sizeof(key) - 1, saved.p, saved.len, &code);
	assert_int_equal(code, OLM_SUCCESS);
	raw = malloc(len);
	assert_non_null(raw);
	memcpy(raw, saved.p, len);
	for (size_t i = 0; i < 32; i++)
		raw[4 + 1 + 3 * 32 + i] ^= 0xff;
	at = _olm_enc_output_pos(saved.p, len);
	memcpy(at, raw, len);
	assert_int_equal(_olm_enc_output(key, sizeof(key) - 1, saved.p, len), saved.len);
	ASSERT_DONE(megolm_load_session(session->olm, &saved));
	free(raw);
	free(saved.p);
}

/* What Alice says now reaches nobody, for its key went into the broken session. */
static void lose_a_room_key(struct matrix_pair *p)
{
	struct matrix_outbox out;

	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_room_share(p->alice.room, NULL, 0, &out.sink));
	ASSERT_REFUSED(&p->bob, matrix_receive(&p->bob, &p->alice, matrix_last(&out)),
		       MEGOLM_ERR_MESSAGE_MAC);
	ASSERT_REFUSED(&p->bob,
		       matrix_read(&p->bob, &p->alice, matrix_say(&p->alice, "lost"), "$1", "lost"),
		       MEGOLM_ERR_UNKNOWN_SESSION);
	matrix_outbox_close(&out);
}

static enum megolm_err greets(struct matrix_pair *p, struct matrix_device *from,
			      struct megolm_peer *to_peer, struct matrix_device *to)
{
	return matrix_receive(to, from, matrix_greet(p, from, to_peer));
}

/* Whoever could not read begins a new session; its m.dummy brings the other to it. Then everything
 * arrives again. */
static void recover(struct matrix_pair *p, struct megolm_peer *alice, bool by_bob)
{
	struct matrix_device *by = by_bob ? &p->bob : &p->alice,
			     *other = by_bob ? &p->alice : &p->bob;
	struct megolm_peer *peer = by_bob ? alice : p->bob_at_alice,
			   *back = by_bob ? p->bob_at_alice : alice;
	struct matrix_device *bob[] = {&p->bob};

	matrix_new_key(other);
	ASSERT_DONE(megolm_device_recover(by->device, peer, other->key, 1000, &p->out.sink));
	ASSERT_DONE(matrix_receive(other, by, matrix_last(&p->out)));
	for (int i = 0; i < 2; i++) {
		ASSERT_DONE(greets(p, other, back, by));
		ASSERT_DONE(greets(p, by, peer, other));
	}
	megolm_room_rotate(p->alice.room);
	matrix_share(&p->alice, bob, 1);
	ASSERT_DONE(matrix_read(&p->bob, &p->alice, matrix_say(&p->alice, "found"), "$2", "found"));
}

static void a_session_that_was_rolled_back_is_replaced(void **state)
{
	struct matrix_pair p;
	struct megolm_peer *alice;

	(void)state;
	open_talk(&p, &alice);
	roll_back(&p, alice, &p.bob);
	lose_a_room_key(&p);
	ASSERT_REFUSED(&p.alice, greets(&p, &p.bob, alice, &p.alice), MEGOLM_ERR_MESSAGE_MAC);
	recover(&p, alice, true);
	matrix_pair_close(&p);
	/* The one who is set back sends on by a chain that the other still has, but reads nothing.
	 */
	open_talk(&p, &alice);
	roll_back(&p, alice, &p.alice);
	ASSERT_DONE(greets(&p, &p.alice, p.bob_at_alice, &p.bob));
	ASSERT_REFUSED(&p.alice, greets(&p, &p.bob, alice, &p.alice), MEGOLM_ERR_MESSAGE_MAC);
	recover(&p, alice, false);
	matrix_pair_close(&p);
}

/* The root key at Bob is another: Alice cannot follow his next step of the ratchet. */
static void a_session_that_was_damaged_is_replaced(void **state)
{
	struct matrix_pair p;
	struct megolm_peer *alice;

	(void)state;
	open_talk(&p, &alice);
	damage(alice->session[0]);
	ASSERT_REFUSED(&p.alice, greets(&p, &p.bob, alice, &p.alice), MEGOLM_ERR_MESSAGE_MAC);
	recover(&p, alice, false);
	matrix_pair_close(&p);
}

/* Bob has lost the session by which Alice writes. */
static void a_session_that_was_lost_is_replaced(void **state)
{
	struct matrix_pair p;
	struct megolm_peer *alice;

	(void)state;
	open_talk(&p, &alice);
	megolm_device_close_session(p.bob.device, alice);
	ASSERT_REFUSED(&p.bob, greets(&p, &p.alice, p.bob_at_alice, &p.bob),
		       MEGOLM_ERR_UNKNOWN_OLM_SESSION);
	recover(&p, alice, true);
	matrix_pair_close(&p);
}

/* "Clients should not create a new session with another device if it has already created one for
 * that given device in the past 1 hour." */
static void recovering_is_limited_to_one_an_hour(void **state)
{
	static const struct {
		uint64_t now_ms;
		enum megolm_err err;
	} rows[] = {{0, MEGOLM_OK},
		    {1, MEGOLM_ERR_TOO_SOON},
		    {HOUR - 1, MEGOLM_ERR_TOO_SOON},
		    {HOUR, MEGOLM_OK},
		    {2 * HOUR - 1, MEGOLM_ERR_TOO_SOON}};
	struct matrix_pair p;

	(void)state;
	matrix_pair_open(&p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = p.out.n;

		matrix_new_key(&p.bob);
		ASSERT_ERR(megolm_device_recover(p.alice.device, p.bob_at_alice, p.bob.key,
						 rows[i].now_ms, &p.out.sink),
			   rows[i].err);
		assert_int_equal(p.out.n - n, rows[i].err == MEGOLM_OK);
	}
	matrix_pair_close(&p);
}

/* No m.dummy has left: as if nothing had been tried, and the next try is not too soon. */
static void without_its_message_no_session_is_begun(void **state)
{
	struct matrix_pair p;

	(void)state;
	matrix_pair_open(&p);
	for (int i = 1; i < MEGOLM_MAX_SESSIONS; i++) {
		matrix_new_key(&p.bob);
		ASSERT_DONE(megolm_device_open_session(p.alice.device, p.bob_at_alice, p.bob.key));
	}
	matrix_new_key(&p.bob);
	p.out.limit = p.out.n;
	ASSERT_REFUSED(
		&p.alice,
		megolm_device_recover(p.alice.device, p.bob_at_alice, p.bob.key, 1000, &p.out.sink),
		MEGOLM_ERR_OUTPUT);
	p.out.limit = p.out.n + 1;
	ASSERT_REFUSED(&p.alice,
		       megolm_device_recover(p.alice.device, p.bob_at_alice, matrix_text("{}"),
					     1000, &p.out.sink),
		       MEGOLM_ERR_JSON_MEMBER);
	ASSERT_DONE(megolm_device_recover(p.alice.device, p.bob_at_alice, p.bob.key, 1000,
					  &p.out.sink));
	ASSERT_DONE(matrix_receive(&p.bob, &p.alice, matrix_last(&p.out)));
	matrix_pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_that_was_rolled_back_is_replaced),
		cmocka_unit_test(a_session_that_was_damaged_is_replaced),
		cmocka_unit_test(a_session_that_was_lost_is_replaced),
		cmocka_unit_test(recovering_is_limited_to_one_an_hour),
		cmocka_unit_test(without_its_message_no_session_is_begun),
	};

	return cmocka_run_group_tests_name("megolm recovery", tests, NULL, NULL);
}
