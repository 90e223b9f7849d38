/*
 * Keys that are asked for: who gets them, who may bring them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forward.h"
#include "inbound.h"
#include "matrix.h"
#include "matrix_state.h"
#include "megolm_keys.h"

/* Bob's second device asks Bob's first for the session of the story. */
struct asking {
	struct matrix_story story;
	struct matrix_device phone;
	struct megolm_peer *phone_at_bob, *bob_at_phone;
	struct matrix_outbox out;
	uint8_t request[1024], answer[1024];
	size_t request_len, answer_len;
};

static void ask(struct asking *a)
{
	ASSERT_DONE(megolm_room_request_key(a->phone.room, a->request, sizeof(a->request),
					    &a->request_len, matrix_story_session(&a->story),
					    megolm_device_curve25519(a->story.alice.device)));
}

static void open_asking(struct asking *a)
{
	memset(a, 0, sizeof(*a));
	matrix_story_open(&a->story);
	matrix_open_another(&a->phone, 2, 1);
	a->phone_at_bob = matrix_meet(&a->story.bob, &a->phone);
	a->bob_at_phone = matrix_learn(&a->phone, &a->story.bob);
	ASSERT_DONE(megolm_peer_set_verified(a->phone_at_bob, true));
	ASSERT_DONE(megolm_peer_set_verified(a->bob_at_phone, true));
	matrix_outbox_open(&a->out);
	ask(a);
}

static void close_asking(struct asking *a)
{
	matrix_outbox_close(&a->out);
	matrix_close(&a->phone);
	matrix_story_close(&a->story);
}

static enum megolm_err answer(struct asking *a, enum megolm_answer *what, const char *sender)
{
	return megolm_device_answer_request(
		a->story.bob.device, what, a->answer, sizeof(a->answer), &a->answer_len, sender,
		(struct megolm_slice){a->request, a->request_len}, &a->out.sink);
}

static void forward(struct asking *a)
{
	enum megolm_answer what = MEGOLM_ANSWER_CANCELLED;

	ASSERT_DONE(answer(a, &what, a->phone.user_id));
	assert_int_equal(what, MEGOLM_ANSWER_FORWARDED);
}

/* As E2EE has it, m.room_key_request; the key of who began the session only where the event has
 * one. Asked again, it is the same request. */
static void a_request_says_which_session_is_missing(void **state)
{
	static const char before[] = "{\"action\":\"request\",\"body\":{\"algorithm\":"
				     "\"m.megolm.v1.aes-sha2\",\"room_id\":\"" MATRIX_ROOM "\",";
	const char *session, *sender_key;
	char want[512], id[64];
	struct asking a;

	(void)state;
	open_asking(&a);
	session = matrix_story_session(&a.story);
	sender_key = megolm_device_curve25519(a.story.alice.device);
	snprintf(want, sizeof(want),
		 "%s\"sender_key\":\"%s\",\"session_id\":\"%s\"},\"request_id\":\"", before,
		 sender_key, session);
	assert_memory_equal(a.request, want, strlen(want));
	memcpy(id, a.request + strlen(want), 22);
	ASSERT_DONE(megolm_room_request_key(a.phone.room, a.request, sizeof(a.request),
					    &a.request_len, session, NULL));
	snprintf(want, sizeof(want),
		 "%s\"session_id\":\"%s\"},\"request_id\":\"%.22s\",\"requesting_device_id\":"
		 "\"%s\"}",
		 before, session, id, a.phone.device_id);
	assert_int_equal(a.request_len, strlen(want));
	assert_memory_equal(a.request, want, strlen(want));
	close_asking(&a);
}

static void a_verified_device_of_the_user_gets_the_key(void **state)
{
	enum megolm_source source;
	struct asking a;

	(void)state;
	open_asking(&a);
	forward(&a);
	ASSERT_DONE(matrix_receive(&a.phone, &a.story.bob, matrix_last(&a.out)));
	ASSERT_DONE(matrix_story_read(&a.story, &a.phone, &source));
	assert_int_equal(source, MEGOLM_SOURCE_FORWARDED);
	close_asking(&a);
}

/* The content as the specification has it; each forwarding device is one link of the chain. */
static void the_chain_names_who_forwarded(void **state)
{
	struct matrix_device tablet;
	struct megolm_inbound *inbound;
	struct megolm_peer *peer;
	struct asking a;
	enum megolm_answer what;
	char chain[200];

	(void)state;
	open_asking(&a);
	forward(&a);
	ASSERT_DONE(matrix_receive(&a.phone, &a.story.bob, matrix_last(&a.out)));
	matrix_open_another(&tablet, 3, 1);
	peer = matrix_meet(&a.phone, &tablet);
	ASSERT_DONE(megolm_peer_set_verified(peer, true));
	peer = matrix_learn(&tablet, &a.phone);
	ASSERT_DONE(megolm_peer_set_verified(peer, true));
	ASSERT_DONE(megolm_room_request_key(tablet.room, a.request, sizeof(a.request),
					    &a.request_len, matrix_story_session(&a.story), NULL));
	ASSERT_DONE(megolm_device_answer_request(
		a.phone.device, &what, a.answer, sizeof(a.answer), &a.answer_len, tablet.user_id,
		(struct megolm_slice){a.request, a.request_len}, &a.out.sink));
	assert_int_equal(what, MEGOLM_ANSWER_FORWARDED);
	ASSERT_DONE(matrix_receive(&tablet, &a.phone, matrix_last(&a.out)));
	inbound = megolm_inbound_find(tablet.room, matrix_text(matrix_story_session(&a.story)));
	assert_non_null(inbound);
	snprintf(chain, sizeof(chain), "[\"%s\",\"%s\"]",
		 megolm_device_curve25519(a.story.bob.device),
		 megolm_device_curve25519(a.phone.device));
	assert_int_equal(inbound->origin->chain.len, strlen(chain));
	assert_memory_equal(inbound->origin->chain.p, chain, strlen(chain));
	assert_int_equal(inbound->origin->n_forwarded, 2);
	matrix_close(&tablet);
	close_asking(&a);
}

static void nobody_else_gets_it(void **state)
{
	struct matrix_device carol;
	struct megolm_peer *peer;
	enum megolm_answer what;
	struct asking a;

	(void)state;
	open_asking(&a);
	ASSERT_DONE(megolm_peer_set_verified(a.phone_at_bob, false));
	ASSERT_ERR(answer(&a, &what, a.phone.user_id), MEGOLM_ERR_UNVERIFIED);
	/* A verified device of somebody else. */
	matrix_open(&carol, 4, &megolm_default_policy);
	peer = matrix_meet(&a.story.bob, &carol);
	ASSERT_DONE(megolm_peer_set_verified(peer, true));
	ASSERT_DONE(megolm_room_request_key(carol.room, a.request, sizeof(a.request),
					    &a.request_len, matrix_story_session(&a.story), NULL));
	ASSERT_ERR(answer(&a, &what, carol.user_id), MEGOLM_ERR_UNVERIFIED);
	/* A device of the user that nobody knows. */
	ASSERT_ERR(answer(&a, &what, a.phone.user_id), MEGOLM_ERR_UNKNOWN_DEVICE);
	assert_int_equal(a.out.n, 0);
	matrix_close(&carol);
	close_asking(&a);
}

static void a_session_that_is_not_there_is_unavailable(void **state)
{
	static const char other[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	enum megolm_answer what = MEGOLM_ANSWER_FORWARDED;
	struct asking a;

	(void)state;
	open_asking(&a);
	ASSERT_DONE(megolm_room_request_key(a.phone.room, a.request, sizeof(a.request),
					    &a.request_len, other, NULL));
	ASSERT_DONE(answer(&a, &what, a.phone.user_id));
	assert_int_equal(what, MEGOLM_ANSWER_UNAVAILABLE);
	a.answer[a.answer_len] = '\0';
	assert_non_null(strstr((char *)a.answer, "\"code\":\"m.unavailable\""));
	assert_int_equal(a.out.n, 0);
	ASSERT_DONE(megolm_room_cancel_request(a.phone.room, a.request, sizeof(a.request),
					       &a.request_len, other));
	ASSERT_DONE(answer(&a, &what, a.phone.user_id));
	assert_int_equal(what, MEGOLM_ANSWER_CANCELLED);
	ASSERT_ERR(megolm_room_cancel_request(a.phone.room, a.request, sizeof(a.request),
					      &a.request_len, other),
		   MEGOLM_ERR_NOT_REQUESTED);
	ASSERT_ERR(megolm_room_request_key(a.phone.room, a.request, sizeof(a.request),
					   &a.request_len, "short", NULL),
		   MEGOLM_ERR_BASE64);
	ASSERT_ERR(megolm_room_request_key(a.phone.room, a.request, sizeof(a.request),
					   &a.request_len, other, "short"),
		   MEGOLM_ERR_BASE64);
	close_asking(&a);
}

static void forwarded_keys_are_refused_unless_asked_for(void **state)
{
	enum megolm_source source;
	struct asking a;

	(void)state;
	open_asking(&a);
	forward(&a);
	forward(&a);
	forward(&a);
	ASSERT_DONE(megolm_peer_set_verified(a.bob_at_phone, false));
	ASSERT_REFUSED(&a.phone,
		       matrix_receive(&a.phone, &a.story.bob,
				      (struct megolm_slice){a.out.body[0], a.out.len[0]}),
		       MEGOLM_ERR_UNVERIFIED);
	ASSERT_DONE(megolm_peer_set_verified(a.bob_at_phone, true));
	ASSERT_DONE(megolm_room_cancel_request(a.phone.room, a.request, sizeof(a.request),
					       &a.request_len, matrix_story_session(&a.story)));
	ASSERT_REFUSED(&a.phone,
		       matrix_receive(&a.phone, &a.story.bob,
				      (struct megolm_slice){a.out.body[1], a.out.len[1]}),
		       MEGOLM_ERR_NOT_REQUESTED);
	ASSERT_ERR(matrix_story_read(&a.story, &a.phone, &source), MEGOLM_ERR_UNKNOWN_SESSION);
	ask(&a);
	ASSERT_DONE(matrix_receive(&a.phone, &a.story.bob,
				   (struct megolm_slice){a.out.body[2], a.out.len[2]}));
	ASSERT_DONE(matrix_story_read(&a.story, &a.phone, &source));
	close_asking(&a);
}

static void assert_not_requested(struct asking *a)
{
	ASSERT_REFUSED(&a->phone,
		       megolm_room_cancel_request(a->phone.room, a->request, sizeof(a->request),
						  &a->request_len, matrix_story_session(&a->story)),
		       MEGOLM_ERR_NOT_REQUESTED);
}

static void receive_nth(struct asking *a, size_t i, enum megolm_to_device want)
{
	struct megolm_slice content, body = {a->out.body[i], a->out.len[i]};
	enum megolm_to_device what = MEGOLM_OTHER;

	ASSERT_DONE(megolm_device_find_content(a->phone.device, &content, body));
	ASSERT_DONE(megolm_device_receive(a->phone.device, &what, a->story.bob.user_id, content));
	assert_int_equal(what, want);
}

/* The next cancellation of the phone; false when there is none. */
static bool next_cancellation(struct asking *a)
{
	bool is_there = false;

	ASSERT_DONE(megolm_device_next_cancellation(a->phone.device, &is_there, a->request,
						    sizeof(a->request), &a->request_len));
	return is_there;
}

/* "request_cancellation" with the id of the request, for whoever has not answered; once. */
static void an_answered_request_is_cancelled_elsewhere(void **state)
{
	enum megolm_answer what = MEGOLM_ANSWER_FORWARDED;
	char id[64], want[256];
	struct asking a;
	bool is_there = true;

	(void)state;
	open_asking(&a);
	a.request[a.request_len] = '\0';
	snprintf(id, sizeof(id), "%.22s",
		 strstr((char *)a.request, "\"request_id\":\"") + strlen("\"request_id\":\""));
	forward(&a);
	assert_false(next_cancellation(&a));
	ASSERT_DONE(matrix_receive(&a.phone, &a.story.bob, matrix_last(&a.out)));
	ASSERT_REFUSED(&a.phone,
		       megolm_device_next_cancellation(a.phone.device, &is_there, a.request, 40,
						       &a.request_len),
		       MEGOLM_ERR_OUTPUT);
	assert_true(next_cancellation(&a));
	snprintf(want, sizeof(want),
		 "{\"action\":\"request_cancellation\",\"request_id\":\"%s\","
		 "\"requesting_device_id\":\"%s\"}",
		 id, a.phone.device_id);
	assert_int_equal(a.request_len, strlen(want));
	assert_memory_equal(a.request, want, strlen(want));
	ASSERT_DONE(answer(&a, &what, a.phone.user_id));
	assert_int_equal(what, MEGOLM_ANSWER_CANCELLED);
	assert_false(next_cancellation(&a));
	close_asking(&a);
}

/* Asked for again before anybody was told: it is the same request, and it stands. */
static void a_request_that_is_made_again_is_not_cancelled(void **state)
{
	char before[sizeof(((struct asking *)0)->request)];
	struct asking a;
	size_t len;

	(void)state;
	open_asking(&a);
	len = a.request_len;
	memcpy(before, a.request, len);
	forward(&a);
	forward(&a);
	receive_nth(&a, 0, MEGOLM_FORWARDED_ROOM_KEY);
	ask(&a);
	assert_int_equal(a.request_len, len);
	assert_memory_equal(a.request, before, len);
	assert_false(next_cancellation(&a));
	receive_nth(&a, 1, MEGOLM_KNOWN_KEY);
	assert_true(next_cancellation(&a));
	assert_false(next_cancellation(&a));
	close_asking(&a);
}

enum { MOST = 1000 };

/* The id of the request that was just made, or cancelled. */
static void copy_id(struct asking *a, char id[23])
{
	static const char before[] = "\"request_id\":\"";

	a->request[a->request_len] = '\0';
	snprintf(id, 23, "%s", strstr((char *)a->request, before) + strlen(before));
}

/* Asks for the session of this number, of which no key comes, and settles it. */
static void ask_in_vain(struct asking *a, unsigned number, char id[23])
{
	char session[44] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	snprintf(session, 5, "%04u", number);
	session[4] = 'A';
	ASSERT_DONE(megolm_room_request_key(a->phone.room, a->request, sizeof(a->request),
					    &a->request_len, session, NULL));
	copy_id(a, id);
	megolm_request_settle(a->phone.device, matrix_text(MATRIX_ROOM), matrix_text(session));
}

static void assert_next_is(struct asking *a, const char *want)
{
	char id[23];

	assert_true(next_cancellation(a));
	copy_id(a, id);
	assert_string_equal(id, want);
}

/* Nobody has to fetch cancellations: the newest thousand are kept. What was asked for again, the
 * oldest or another, is as new as its second time. */
static void settled_requests_are_bounded(void **state)
{
	static char id[MOST + 2][23];
	struct asking a;

	(void)state;
	open_asking(&a);
	for (unsigned i = 0; i < MOST; i++)
		ask_in_vain(&a, i, id[i]);
	ask_in_vain(&a, 0, id[0]);
	ask_in_vain(&a, MOST / 2, id[MOST / 2]);
	assert_int_equal(megolm_device_n_cancellations(a.phone.device), MOST);
	ask_in_vain(&a, MOST, id[MOST]);
	ask_in_vain(&a, MOST + 1, id[MOST + 1]);
	assert_int_equal(megolm_device_n_cancellations(a.phone.device), MOST);
	assert_next_is(&a, id[MOST + 1]);
	assert_next_is(&a, id[MOST]);
	assert_next_is(&a, id[MOST / 2]);
	assert_next_is(&a, id[0]);
	for (unsigned i = MOST - 1; i > 2; i--)
		if (i != MOST / 2)
			assert_next_is(&a, id[i]);
	assert_false(next_cancellation(&a));
	assert_int_equal(megolm_device_n_cancellations(a.phone.device), 0);
	/* And the list is one again. */
	ask_in_vain(&a, 0, id[0]);
	ask_in_vain(&a, 1, id[1]);
	assert_next_is(&a, id[1]);
	assert_next_is(&a, id[0]);
	assert_false(next_cancellation(&a));
	close_asking(&a);
}

static void a_forwarded_key_settles_its_request(void **state)
{
	struct asking a;

	(void)state;
	open_asking(&a);
	forward(&a);
	forward(&a);
	receive_nth(&a, 0, MEGOLM_FORWARDED_ROOM_KEY);
	assert_not_requested(&a);
	/* Asked for again, perhaps from an earlier index: there is none. */
	ask(&a);
	receive_nth(&a, 1, MEGOLM_KNOWN_KEY);
	assert_not_requested(&a);
	close_asking(&a);
}

/* The sender's own m.room_key was only late. */
static void a_key_of_the_sender_settles_the_request(void **state)
{
	struct matrix_device *phone[1];
	struct asking a;

	(void)state;
	open_asking(&a);
	phone[0] = &a.phone;
	(void)matrix_invite(&a.story.alice, &a.phone);
	matrix_share(&a.story.alice, phone, 1);
	assert_non_null(
		megolm_inbound_find(a.phone.room, matrix_text(matrix_story_session(&a.story))));
	assert_not_requested(&a);
	close_asking(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_says_which_session_is_missing),
		cmocka_unit_test(a_verified_device_of_the_user_gets_the_key),
		cmocka_unit_test(the_chain_names_who_forwarded),
		cmocka_unit_test(nobody_else_gets_it),
		cmocka_unit_test(a_session_that_is_not_there_is_unavailable),
		cmocka_unit_test(forwarded_keys_are_refused_unless_asked_for),
		cmocka_unit_test(a_forwarded_key_settles_its_request),
		cmocka_unit_test(a_key_of_the_sender_settles_the_request),
		cmocka_unit_test(an_answered_request_is_cancelled_elsewhere),
		cmocka_unit_test(a_request_that_is_made_again_is_not_cancelled),
		cmocka_unit_test(settled_requests_are_bounded),
	};

	return cmocka_run_group_tests_name("megolm forward", tests, NULL, NULL);
}
