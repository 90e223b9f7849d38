/*
 * What the megolm backend puts into requests: room keys, claims, uploads; and that a one-time key
 * is used once.
 */
#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "backend_room.h"
#include "delivery/delivery.h"
#include "stride.h"

/* A room key is one message for each device; each is received, and by nobody else. */
static void room_keys_go_to_one_device_each(void **state)
{
	bool served[10] = {false};
	struct room w;

	(void)state;
	room_open(&w, 10, "ratchet", false);
	(void)room_act(&w, REKEY);
	assert_int_equal(w.mailbox.n_kept, 9);
	for (size_t i = 0; i < w.mailbox.n_kept; i++) {
		const struct gb_message *m = &w.mailbox.kept[i];

		assert_int_equal(m->kind, GB_ROOM_KEY);
		assert_int_equal(m->address, GB_TO_DEVICES);
		assert_int_equal(m->fanout, GB_FANOUT_CLIENT);
		assert_int_equal(m->n_to, 1);
		assert_false(served[m->to[0]]);
		served[m->to[0]] = true;
		if (m->to[0] >= 6)
			continue;
		assert_int_equal(ROOM_BACKEND->process(w.world, m->to[0] == 1 ? 2 : 1, m),
				 GB_REJECTED);
		room_must(&w, ROOM_BACKEND->process(w.world, m->to[0], m));
	}
	for (uint32_t d = 1; d < 10; d++)
		assert_true(served[d]);
	room_close(&w);
}

/* What /sendToDevice takes in for these messages, put into one request of 250 after the other. */
static size_t bytes_of_requests(const struct gb_mailbox *box)
{
	size_t bytes = 0;

	for (size_t first = 0; first < box->n_kept; first += 250) {
		json_t *users = json_object(), *request;
		for (size_t i = first; i < box->n_kept && i < first + 250; i++) {
			const struct gb_bytes *body = &box->kept[i].body;
			json_t *one = json_loadb((const char *)body->p, body->len, 0, NULL);
			assert_non_null(one);
			assert_int_equal(json_object_update_recursive(
						 users, json_object_get(one, "messages")),
					 0);
			json_decref(one);
		}
		request = json_pack("{s:o}", "messages", users);
		bytes += json_dumpb(request, NULL, 0, JSON_COMPACT);
		json_decref(request);
	}
	return bytes;
}

/* Room keys are uploaded in requests of 250, in which each user stands once; down they go one by
 * one, each in an envelope of its own. */
static void room_keys_are_uploaded_in_batches(void **state)
{
	static const struct gb_axis axes[2][1] = {{{"devices_per_user", "1"}},
						  {{"devices_per_user", "3"}}};
	static const uint32_t sizes[] = {2, 10, 251, 252, 502, 600 - ROOM_JOINERS};

	(void)state;
	for (size_t a = 0; a < 2; a++)
		for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s += test_stride(3)) {
			struct room w;
			uint64_t down = 0;
			size_t n = sizes[s] - 1, frames = (n + 249) / 250;

			room_open_with(&w, sizes[s], axes[a], 1, false);
			(void)room_act(&w, REKEY);
			assert_int_equal(w.mailbox.n_kept, n);
			for (size_t i = 0; i < n; i++)
				down += w.mailbox.kept[i].body.len;
			assert_int_equal(gb_traffic_bytes(&w.mailbox.given), down);
			assert_int_equal(w.mailbox.sent.bytes[GB_ROOM_KEY],
					 bytes_of_requests(&w.mailbox));
			if (a == 0)
				assert_int_equal(w.mailbox.sent.bytes[GB_ROOM_KEY],
						 down - 14 * (n - frames));
			room_close(&w);
		}
}

/* An outbox that reads claims and counts what they name. */
struct claims {
	struct gb_outbox outbox; /* first */
	uint8_t room[1 << 16];
	size_t n_requests, n_devices;
};

static uint8_t *reserve_claim(struct gb_outbox *self, size_t capacity)
{
	struct claims *c = (struct claims *)self;

	assert_true(capacity <= sizeof(c->room));
	return c->room;
}

/* {"one_time_keys":{USER:{DEVICE:"signed_curve25519"}}}, each user named once. */
static void read_claim(struct gb_outbox *self, const struct gb_message *m)
{
	struct claims *c = (struct claims *)self;
	size_t n = 0;
	json_t *json, *devices, *algorithm;
	const char *user, *device;

	if (m->kind != GB_CLAIM)
		return;
	assert_int_equal(m->address, GB_TO_SERVER);
	json = json_loadb((const char *)m->body.p, m->body.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	json_object_foreach(json_object_get(json, "one_time_keys"), user, devices)
	{
		json_object_foreach(devices, device, algorithm)
		{
			assert_string_equal(json_string_value(algorithm), "signed_curve25519");
			n++;
		}
	}
	assert_true(n >= 1 && n <= 250);
	c->n_requests++;
	c->n_devices += n;
	json_decref(json);
}

/* The devices of one user stand together, also when others have left the list. */
static void claims_come_in_batches(void **state)
{
	const struct gb_axis axes[] = {{"olm", "new"}, {"devices_per_user", "4"}};
	const uint32_t self = 0, leaving[] = {1, 2, 300};
	const struct gb_shape shape = {.struct_size = sizeof(shape),
				       .size = 550,
				       .live = &self,
				       .n_live = 1,
				       .actors = &self,
				       .n_actors = 1};
	static struct claims claims;
	struct room w;

	(void)state;
	claims = (struct claims){.outbox = {reserve_claim, read_claim}};
	room_open_empty(&w, axes, 2);
	room_must(&w, ROOM_BACKEND->shape(w.world, &shape));
	room_must(&w, ROOM_BACKEND->checkpoint(w.world));
	room_must(&w, ROOM_BACKEND->rekey(w.world, 0, &claims.outbox));
	assert_int_equal(claims.n_requests, 3);
	assert_int_equal(claims.n_devices, 549);
	room_must(&w, ROOM_BACKEND->rollback(w.world));
	room_must(&w, ROOM_BACKEND->remove(w.world, 0, leaving, 3, &claims.outbox));
	assert_int_equal(claims.n_devices, 549 + 546);
	room_close(&w);
}

/* No one-time key is published twice: uploads end with the signature of theirs. */
static void publishing_again_gives_another_key(void **state)
{
	struct gb_bytes a, b;
	struct gb_directory first, second;
	struct room w;

	(void)state;
	room_open_empty(&w, NULL, 0);
	assert_int_equal(gb_directory_open(&first, 4, 1), 0);
	assert_int_equal(gb_directory_open(&second, 4, 1), 0);
	room_must(&w, ROOM_BACKEND->publish(w.world, 4, &first.outbox));
	room_must(&w, ROOM_BACKEND->publish(w.world, 4, &second.outbox));
	a = first.published[0].body;
	b = second.published[0].body;
	assert_true(a.len > 100 && b.len > 100);
	assert_memory_not_equal(a.p + a.len - 100, b.p + b.len - 100, 100);
	gb_directory_close(&first);
	gb_directory_close(&second);
	room_close(&w);
}

/* The one-time key that a room key for `to` was sent with: a pre-key message begins with it (Olm,
 * version, tag and 32 bytes), here in base64. */
static void copy_one_time_key(const struct room *w, uint32_t to, char key[47])
{
	static const char before[] = "\"body\":\"";

	for (size_t i = 0; i < w->mailbox.n_kept; i++) {
		const struct gb_message *m = &w->mailbox.kept[i];
		const uint8_t *at;

		if (m->kind != GB_ROOM_KEY || m->n_to != 1 || m->to[0] != to)
			continue;
		at = memmem(m->body.p, m->body.len, before, sizeof(before) - 1);
		assert_non_null(at);
		at += sizeof(before) - 1;
		assert_true(m->body.len - (size_t)(at - m->body.p) > 46);
		assert_memory_equal(at, "Awog", 4); /* version 3, tag 0x0a, 32 bytes */
		memcpy(key, at, 46);
		key[46] = '\0';
		return;
	}
	fail_msg("no room key for device %u", to);
}

/* Nobody plays device 7, which could refuse a key of its own that is used twice. */
static void no_two_senders_get_the_same_one_time_key(void **state)
{
	char key[3][47];
	uint64_t reused;
	struct room w;

	(void)state;
	room_open(&w, 8, "new", false);
	for (uint32_t sender = 0; sender < 3; sender++) {
		gb_mailbox_empty(&w.mailbox);
		w.mailbox.group_size = w.size;
		w.mailbox.sender = sender;
		room_must(&w, ROOM_BACKEND->rekey(w.world, sender, &w.mailbox.outbox));
		copy_one_time_key(&w, 7, key[sender]);
	}
	assert_string_not_equal(key[0], key[1]);
	assert_string_not_equal(key[0], key[2]);
	assert_string_not_equal(key[1], key[2]);
	room_must(&w, ROOM_BACKEND->keys_reused(w.world, &reused));
	assert_int_equal(reused, 0);
	room_close(&w);
}

/* The same upload for a second sender is the same one-time key: nobody plays device 7, and the
 * backend tells. A rollback forgets it, and then there is nothing to tell. */
static void a_key_that_is_used_again_is_told(void **state)
{
	const uint32_t seven = 7;
	uint64_t reused;
	struct room w;

	(void)state;
	room_open(&w, 7, "new", false);
	room_must(&w, ROOM_BACKEND->checkpoint(w.world));
	assert_int_equal(ROOM_BACKEND->keys_reused(w.world, &reused), GB_REJECTED);
	for (uint32_t sender = 0; sender < 2; sender++) {
		gb_mailbox_empty(&w.mailbox);
		w.mailbox.sender = sender;
		room_must(&w, ROOM_BACKEND->add(w.world, sender, w.directory.published + 7, 1,
						&w.mailbox.outbox));
		room_must(&w, ROOM_BACKEND->keys_reused(w.world, &reused));
		assert_int_equal(reused, sender);
		room_must(&w, ROOM_BACKEND->remove(w.world, sender, &seven, 1, &w.mailbox.outbox));
	}
	room_must(&w, ROOM_BACKEND->rollback(w.world));
	assert_int_equal(ROOM_BACKEND->keys_reused(w.world, &reused), GB_REJECTED);
	room_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_keys_go_to_one_device_each),
		cmocka_unit_test(room_keys_are_uploaded_in_batches),
		cmocka_unit_test(claims_come_in_batches),
		cmocka_unit_test(publishing_again_gives_another_key),
		cmocka_unit_test(no_two_senders_get_the_same_one_time_key),
		cmocka_unit_test(a_key_that_is_used_again_is_told),
	};

	return cmocka_run_group_tests_name("megolm requests", tests, NULL, NULL);
}
