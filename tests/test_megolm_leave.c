/*
 * Whoever leaves reads nothing after, by whatever road the key of the session came there: E2EE,
 * m.megolm.v1, "clients MUST rotate".
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
#include "megolm_keys.h"
#include "megolm_withheld.h"

#define BEFORE "while they were here"
#define URL    "mxc://gb.test/bundle"

/* Alice sends, Bob stays, and the third leaves: a user of its own, or another device of one of
 * them. */
struct leave {
	struct matrix_device alice, bob, gone;
	struct megolm_peer *gone_at_alice;
	struct matrix_outbox out;
	uint8_t event[4096], text[16384];
	size_t event_len, text_len;
};

/* Alice gives her key to those and to Bob, and says something. */
static void speak(struct leave *l, struct matrix_device *to)
{
	struct matrix_device *all[] = {&l->bob, to};
	struct megolm_slice event;

	matrix_share(&l->alice, all, to != NULL ? 2 : 1);
	event = matrix_say(&l->alice, BEFORE);
	assert_true(event.len <= sizeof(l->event));
	memcpy(l->event, event.p, event.len);
	l->event_len = event.len;
}

/* Alice, who has invited Bob; cross-signed, and strict about that, where bundles are given. */
static void open_leave(struct leave *l, bool is_strict)
{
	const struct megolm_policy *policy = is_strict ? &matrix_strict : &megolm_default_policy;

	memset(l, 0, sizeof(*l));
	matrix_open(&l->alice, 0, policy);
	matrix_open(&l->bob, 1, policy);
	if (is_strict) {
		matrix_cross_sign(&l->alice);
		matrix_cross_sign(&l->bob);
		(void)matrix_learn(&l->bob, &l->alice);
	}
	(void)matrix_invite(&l->alice, &l->bob);
	matrix_outbox_open(&l->out);
}

static void close_leave(struct leave *l)
{
	matrix_outbox_close(&l->out);
	matrix_close(&l->alice);
	matrix_close(&l->bob);
	matrix_close(&l->gone);
}

static void open_user(struct leave *l)
{
	matrix_open(&l->gone, 2, &megolm_default_policy);
	if (l->alice.identity != NULL)
		matrix_cross_sign(&l->gone);
	l->gone_at_alice = matrix_meet(&l->alice, &l->gone);
}

static void open_another_of_bob(struct leave *l)
{
	matrix_open_another(&l->gone, 2, 1);
	l->gone_at_alice = matrix_meet(&l->alice, &l->gone);
	ASSERT_DONE(megolm_room_add(l->alice.room, l->gone_at_alice));
	ASSERT_DONE(megolm_room_withhold(l->alice.room, l->gone_at_alice, MEGOLM_UNVERIFIED));
}

static struct megolm_peer *meet_verified(struct matrix_device *d, struct matrix_device *other)
{
	struct megolm_peer *peer = matrix_meet(d, other);

	ASSERT_DONE(megolm_peer_set_verified(peer, true));
	return peer;
}

/* `from` forwards Alice's session to the third. */
static void forward(struct leave *l, struct matrix_device *from)
{
	const char *session =
		megolm_room_session_id(l->alice.room, l->alice.user_id, l->alice.device_id);
	enum megolm_answer answer = MEGOLM_ANSWER_CANCELLED;
	uint8_t none[1024];
	size_t none_len;

	(void)meet_verified(from, &l->gone);
	(void)meet_verified(&l->gone, from);
	ASSERT_DONE(megolm_room_request_key(l->gone.room, l->text, sizeof(l->text), &l->text_len,
					    session, NULL));
	ASSERT_DONE(megolm_device_answer_request(
		from->device, &answer, none, sizeof(none), &none_len, l->gone.user_id,
		(struct megolm_slice){l->text, l->text_len}, &l->out.sink));
	assert_int_equal(answer, MEGOLM_ANSWER_FORWARDED);
	ASSERT_DONE(matrix_receive(&l->gone, from, matrix_last(&l->out)));
}

/* `from` gives the room's history to the third. */
static void give_bundle(struct leave *l, struct matrix_device *from)
{
	struct megolm_attachment attachment, told;
	struct megolm_imported n = {0};
	const char *url;

	ASSERT_DONE(megolm_room_bundle_write(from->room, &attachment, l->text, sizeof(l->text),
					     &l->text_len));
	ASSERT_DONE(megolm_room_bundle_send(from->room, &attachment, URL,
					    matrix_meet(from, &l->gone), &l->out.sink));
	ASSERT_DONE(matrix_receive(&l->gone, from, matrix_last(&l->out)));
	assert_true(megolm_device_bundle(l->gone.device, &told, &url, from->user_id, MATRIX_ROOM));
	ASSERT_DONE(megolm_room_bundle_read(l->gone.room, &n, NULL, &told, from->user_id,
					    (struct megolm_slice){l->text, l->text_len},
					    &megolm_default_import_limits));
	assert_int_equal(n.n_new, 1);
}

/* ---- the roads ---- */

static void by_room_key(struct leave *l)
{
	open_user(l);
	ASSERT_DONE(megolm_room_add(l->alice.room, l->gone_at_alice));
	speak(l, &l->gone);
}

/* From the index at which the newcomer came. */
static void by_room_key_later(struct leave *l)
{
	speak(l, NULL);
	by_room_key(l);
	assert_int_equal(megolm_room_index(l->alice.room), 2);
}

static void by_a_forward_of_its_user(struct leave *l)
{
	open_another_of_bob(l);
	speak(l, NULL);
	forward(l, &l->bob);
}

/* Of the sender's own user, and not in the list of the room. */
static void by_a_forward_of_the_sender(struct leave *l)
{
	matrix_open_another(&l->gone, 2, 0);
	speak(l, NULL);
	forward(l, &l->alice);
	l->gone_at_alice = megolm_device_find(l->alice.device, l->gone.user_id, l->gone.device_id);
}

static void by_a_backup(struct leave *l)
{
	const uint8_t key[MEGOLM_BACKUP_KEY_BYTES] = {1, 2, 3};
	struct megolm_imported n = {0};
	struct megolm_backup *backup;
	size_t n_written;

	open_another_of_bob(l);
	speak(l, NULL);
	ASSERT_DONE(megolm_backup_open(&backup, MEGOLM_BACKUP_CURVE25519_MAC, key, "1"));
	ASSERT_DONE(megolm_backup_upload(backup, l->bob.device, l->text, sizeof(l->text),
					 &l->text_len, &n_written, 10));
	ASSERT_DONE(megolm_backup_restore(backup, l->gone.device, &n,
					  (struct megolm_slice){l->text, l->text_len}, NULL, NULL,
					  &megolm_default_import_limits));
	assert_int_equal(n.n_new, 1);
	megolm_backup_free(backup);
}

static void by_a_file(struct leave *l)
{
	const struct megolm_slice passphrase = matrix_text("correct horse battery staple");
	struct megolm_imported n = {0};

	open_another_of_bob(l);
	speak(l, NULL);
	ASSERT_DONE(megolm_key_file_write(l->bob.device, l->text, sizeof(l->text), &l->text_len,
					  passphrase, 100));
	ASSERT_DONE(megolm_key_file_read(l->gone.device, &n, NULL,
					 (struct megolm_slice){l->text, l->text_len}, passphrase,
					 &megolm_default_import_limits));
	assert_int_equal(n.n_new, 1);
}

/* The sender's invitation, and no device of the room's list when it is taken back. */
static void by_a_bundle_of_the_sender(struct leave *l)
{
	megolm_room_set_shared_history(l->alice.room, true);
	speak(l, NULL);
	open_user(l);
	give_bundle(l, &l->alice);
}

/* The sender does not see that somebody else gave the key away. */
static void by_a_bundle_of_another(struct leave *l)
{
	megolm_room_set_shared_history(l->alice.room, true);
	speak(l, NULL);
	open_user(l);
	give_bundle(l, &l->bob);
}

/* The device that waits for Bob's user gets the key; the third, his too, wakes it up. */
static void by_a_dehydrated_device(struct leave *l)
{
	const uint8_t key[MEGOLM_DEHYDRATION_KEY_BYTES] = {4, 5, 6};
	struct megolm_random random = megolm_seeded_random(&l->bob.stream);
	struct megolm_imported n = {0};
	struct matrix_device dry = {.user_id = l->bob.user_id};
	struct megolm_device *asleep;
	char id[64];

	ASSERT_DONE(megolm_device_new_dehydrated(&asleep, l->bob.user_id, &random,
						 &megolm_default_policy));
	dry.device = asleep;
	snprintf(id, sizeof(id), "%s", megolm_device_curve25519(asleep));
	dry.device_id = id;
	(void)matrix_invite(&l->alice, &dry);
	ASSERT_DONE(megolm_device_dehydrate(asleep, l->text, sizeof(l->text), &l->text_len, key));
	megolm_device_free(asleep);
	ASSERT_DONE(megolm_device_rehydrate(&dry.device, l->bob.user_id,
					    (struct megolm_slice){l->text, l->text_len}, key,
					    &random, &megolm_default_policy));
	open_another_of_bob(l);
	speak(l, &dry);
	ASSERT_DONE(megolm_device_adopt(l->gone.device, &n, dry.device));
	assert_int_equal(n.n_new, 1);
	matrix_close(&dry);
}

static void end_road(struct leave *l)
{
	struct megolm_slice event = {l->event, l->event_len};
	struct matrix_device *all[] = {&l->bob};
	uint8_t buffer[4096];
	size_t len;

	ASSERT_DONE(matrix_read(&l->gone, &l->alice, event, "$1", BEFORE));
	megolm_room_remove(l->alice.room, l->gone_at_alice);
	ASSERT_ERR(megolm_room_encrypt(l->alice.room, buffer, sizeof(buffer), &len, 0, "m.x",
				       matrix_text("{}")),
		   MEGOLM_ERR_SHARE_DUE);
	matrix_share(&l->alice, all, 1);
	event = matrix_say(&l->alice, "after");
	ASSERT_DONE(matrix_read(&l->bob, &l->alice, event, "$2", "after"));
	ASSERT_ERR(matrix_read(&l->gone, &l->alice, event, "$2", "after"),
		   MEGOLM_ERR_UNKNOWN_SESSION);
}

static void who_leaves_reads_nothing_after_on_any_road(void **state)
{
	static const struct {
		void (*walk)(struct leave *l);
		bool is_strict;
	} roads[] = {
		{by_room_key, false},
		{by_room_key_later, false},
		{by_a_forward_of_its_user, false},
		{by_a_forward_of_the_sender, false},
		{by_a_backup, false},
		{by_a_file, false},
		{by_a_bundle_of_the_sender, true},
		{by_a_bundle_of_another, true},
		{by_a_dehydrated_device, false},
	};
	struct leave l;

	(void)state;
	for (size_t i = 0; i < sizeof(roads) / sizeof(roads[0]); i++) {
		open_leave(&l, roads[i].is_strict);
		roads[i].walk(&l);
		end_road(&l);
		close_leave(&l);
	}
}

/* A room that nobody has left keeps its session, also when others come. */
static void a_session_stays_while_nobody_leaves(void **state)
{
	struct leave l;
	char session[64];

	(void)state;
	open_leave(&l, false);
	speak(&l, NULL);
	snprintf(session, sizeof(session), "%s",
		 megolm_room_session_id(l.alice.room, l.alice.user_id, l.alice.device_id));
	by_room_key(&l);
	assert_string_equal(
		megolm_room_session_id(l.alice.room, l.alice.user_id, l.alice.device_id), session);
	close_leave(&l);
}

/* Who is invited may have the key before the first m.room_key; where history is not shared, nobody
 * but the sender gives it to a device of another user, and a device that got none has none. */
static void a_key_withheld_later_may_be_there_already(void **state)
{
	static const bool shares_history[] = {true, false};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct matrix_device *all[] = {NULL};
		struct megolm_slice event;
		struct leave l;

		open_leave(&l, shares_history[i]);
		megolm_room_set_shared_history(l.alice.room, shares_history[i]);
		speak(&l, NULL);
		open_user(&l);
		if (shares_history[i])
			give_bundle(&l, &l.bob);
		ASSERT_DONE(megolm_room_add(l.alice.room, l.gone_at_alice));
		ASSERT_DONE(
			megolm_room_withhold(l.alice.room, l.gone_at_alice, MEGOLM_BLACKLISTED));
		/* Once: it gets none of those that follow. */
		assert_int_equal(megolm_room_index(l.alice.room), shares_history[i] ? 0 : 1);
		all[0] = &l.bob;
		matrix_share(&l.alice, all, 1);
		ASSERT_DONE(megolm_room_withhold(l.alice.room, l.gone_at_alice, MEGOLM_UNVERIFIED));
		matrix_share(&l.alice, all, 0);
		event = matrix_say(&l.alice, "without carol");
		ASSERT_DONE(matrix_read(&l.bob, &l.alice, event, "$2", "without carol"));
		ASSERT_ERR(matrix_read(&l.gone, &l.alice, event, "$2", "without carol"),
			   MEGOLM_ERR_UNKNOWN_SESSION);
		close_leave(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_leaves_reads_nothing_after_on_any_road),
		cmocka_unit_test(a_session_stays_while_nobody_leaves),
		cmocka_unit_test(a_key_withheld_later_may_be_there_already),
	};

	return cmocka_run_group_tests_name("megolm leave", tests, NULL, NULL);
}
