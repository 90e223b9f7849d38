/*
 * Key requests and their cancellations when the outbox has no room for all of them: the megolm
 * backend sends none, and all of them once there is room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend_room.h"
#include "delivery/delivery.h"

enum { N = 4 };

/* Room for one request, of which the backend does not know how long it will be, and for some that
 * are as long as they are: about 450 bytes, or 250 to cancel it. */
#define ROOM_FOR_ONE 1700

static struct gb_outbox *empty(struct room *w, uint32_t device, size_t room)
{
	gb_mailbox_empty(&w->mailbox);
	w->mailbox.sender = device;
	w->mailbox.used = room > 0 ? w->mailbox.arena_len - room : 0;
	return &w->mailbox.outbox;
}

static void assert_full(const struct room *w, enum gb_status status)
{
	assert_int_equal(status, GB_FAILED);
	assert_string_equal(ROOM_BACKEND->error(w->world), "the outbox is full");
	assert_int_equal(w->mailbox.n_kept, 0);
	assert_int_equal(w->mailbox.sent.messages[GB_KEY_REQUEST], 0);
}

/* Copies of what was sent, one for each key. */
static void copy_all(const struct room *w, enum gb_kind kind, struct gb_message out[N])
{
	assert_int_equal(w->mailbox.n_kept, N);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(w->mailbox.kept[i].kind, kind);
		assert_int_equal(gb_message_copy(&out[i], &w->mailbox.kept[i]), 0);
	}
}

static void requests_and_cancellations_are_sent_all_or_none(void **state)
{
	const struct gb_axis axes[] = {{"olm", "ratchet"}, {"devices_per_user", "3"}};
	const struct gb_bytes said = {(const uint8_t *)"old", 3};
	struct gb_message requests[N], keys[N];
	struct room w;

	(void)state;
	room_open_with(&w, 5, axes, 2, false);
	room_must(&w, ROOM_BACKEND->history(w.world, 0, N, N, said, empty(&w, 0, 0)));
	assert_full(&w, ROOM_BACKEND->want(w.world, 1, GB_WAY_FORWARDED, 0,
					   empty(&w, 1, ROOM_FOR_ONE)));
	room_must(&w, ROOM_BACKEND->want(w.world, 1, GB_WAY_FORWARDED, 0, empty(&w, 1, 0)));
	copy_all(&w, GB_KEY_REQUEST, requests);
	room_must(&w, ROOM_BACKEND->give(w.world, 0, GB_WAY_FORWARDED, 1, requests, N,
					 empty(&w, 0, 0)));
	copy_all(&w, GB_ROOM_KEY, keys);
	assert_full(&w, ROOM_BACKEND->take(w.world, 1, GB_WAY_FORWARDED, keys, N,
					   empty(&w, 1, ROOM_FOR_ONE)));
	/* The keys are there; those who were asked are still to be told. */
	room_must(&w, ROOM_BACKEND->take(w.world, 1, GB_WAY_FORWARDED, NULL, 0, empty(&w, 1, 0)));
	assert_int_equal(w.mailbox.sent.messages[GB_KEY_REQUEST], N);
	room_must(&w, ROOM_BACKEND->take(w.world, 1, GB_WAY_FORWARDED, NULL, 0, empty(&w, 1, 0)));
	assert_int_equal(w.mailbox.sent.messages[GB_KEY_REQUEST], 0);
	gb_messages_drop(keys, N);
	gb_messages_drop(requests, N);
	room_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_and_cancellations_are_sent_all_or_none),
	};

	return cmocka_run_group_tests_name("full outbox", tests, NULL, NULL);
}
