/*
 * Keys that tell a device of the megolm backend nothing new: they are taken in, for the message
 * that brings one has moved an Olm session.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend_room.h"
#include "backends/megolm_world.h"

#define KEPT 8

/* Copies of the messages of a kind that a device has sent; how many. */
static size_t copy_sent(const struct room *w, uint32_t from, enum gb_kind kind,
			struct gb_message out[KEPT])
{
	size_t n = 0;

	for (size_t i = 0; i < w->mailbox.n_kept; i++) {
		const struct gb_message *m = &w->mailbox.kept[i];
		if (m->kind != kind || m->from != from)
			continue;
		assert_true(n < KEPT);
		assert_int_equal(gb_message_copy(&out[n++], m), 0);
	}
	return n;
}

static struct gb_outbox *outbox_of(struct room *w, uint32_t device)
{
	gb_mailbox_empty(&w->mailbox);
	w->mailbox.sender = device;
	return &w->mailbox.outbox;
}

/* What the sender is to another live device, which gets the key of its session by no message. */
static struct megolm_peer *give_key(struct room *w, uint32_t to, uint32_t from)
{
	struct gb_megolm_live *giver = w->world->live[from], *taker = w->world->live[to];
	struct gb_megolm_ids ids = gb_megolm_ids(w->world, from);
	struct megolm_peer *peer = NULL;

	room_must(w, gb_megolm_enter_room(w->world, taker));
	assert_int_equal(megolm_device_learn(taker->device, &peer,
					     megolm_device_keys(giver->device), ids.user,
					     ids.device, from),
			 MEGOLM_OK);
	assert_int_equal(megolm_probe_import(taker->room, giver->room), MEGOLM_OK);
	return peer;
}

/* The message begins an Olm session, which is there from then on. A second time it is a replay. */
static void a_newcomer_takes_a_room_key_that_it_has(void **state)
{
	struct gb_bytes text = {(const uint8_t *)"hello", 5}, got;
	const struct megolm_peer *sender;
	struct gb_message keys[KEPT];
	struct room w;
	size_t n;

	(void)state;
	room_open(&w, 3, "new", false);
	(void)room_act(&w, ADD);
	n = copy_sent(&w, 0, GB_ROOM_KEY, keys);
	assert_int_equal(n, ROOM_JOINERS);
	assert_int_equal(keys[0].to[0], 3);
	sender = give_key(&w, 3, 0);
	assert_false(megolm_peer_has_session(sender));
	room_must(&w, ROOM_BACKEND->join(w.world, 3, &keys[0], 1));
	assert_true(megolm_peer_has_session(sender));
	assert_int_equal(ROOM_BACKEND->join(w.world, 3, &keys[0], 1), GB_REJECTED);
	room_must(&w, ROOM_BACKEND->send(w.world, 0, text, outbox_of(&w, 0)));
	room_must(&w, ROOM_BACKEND->receive(w.world, 3, &w.mailbox.kept[0], &got));
	assert_int_equal(got.len, text.len);
	gb_messages_drop(keys, n);
	room_close(&w);
}

/* Asked for again, perhaps from an earlier message on, and given a second time. Without having
 * asked it is refused. */
static void who_asks_again_takes_the_same_key(void **state)
{
	const struct gb_axis axes[] = {{"olm", "ratchet"}, {"devices_per_user", "3"}};
	const struct gb_bytes said = {(const uint8_t *)"old", 3};
	struct gb_message requests[KEPT], first[KEPT], second[KEPT];
	struct room w;

	(void)state;
	room_open_with(&w, 5, axes, 2, false);
	room_must(&w, ROOM_BACKEND->history(w.world, 0, 1, 1, said, outbox_of(&w, 0)));
	room_must(&w, ROOM_BACKEND->want(w.world, 1, GB_WAY_FORWARDED, 0, outbox_of(&w, 1)));
	assert_int_equal(copy_sent(&w, 1, GB_KEY_REQUEST, requests), 1);
	room_must(&w, ROOM_BACKEND->give(w.world, 0, GB_WAY_FORWARDED, 1, requests, 1,
					 outbox_of(&w, 0)));
	assert_int_equal(copy_sent(&w, 0, GB_ROOM_KEY, first), 1);
	room_must(&w, ROOM_BACKEND->give(w.world, 0, GB_WAY_FORWARDED, 1, requests, 1,
					 outbox_of(&w, 0)));
	assert_int_equal(copy_sent(&w, 0, GB_ROOM_KEY, second), 1);
	room_must(&w, ROOM_BACKEND->take(w.world, 1, GB_WAY_FORWARDED, first, 1, outbox_of(&w, 1)));
	room_must(&w, ROOM_BACKEND->want(w.world, 1, GB_WAY_FORWARDED, 0, outbox_of(&w, 1)));
	room_must(&w,
		  ROOM_BACKEND->take(w.world, 1, GB_WAY_FORWARDED, second, 1, outbox_of(&w, 1)));
	assert_int_equal(
		ROOM_BACKEND->take(w.world, 1, GB_WAY_FORWARDED, second, 1, outbox_of(&w, 1)),
		GB_REJECTED);
	gb_messages_drop(second, 1);
	gb_messages_drop(first, 1);
	gb_messages_drop(requests, 1);
	room_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_newcomer_takes_a_room_key_that_it_has),
		cmocka_unit_test(who_asks_again_takes_the_same_key),
	};

	return cmocka_run_group_tests_name("known keys", tests, NULL, NULL);
}
