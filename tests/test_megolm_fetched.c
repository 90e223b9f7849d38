/*
 * What the megolm backend says that the key directory answered is held to answers that are put
 * together from what the devices uploaded: in as many as there are requests, by user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "backend_room.h"
#include "backends/megolm_world.h"
#include "directory_answers.h"

struct fetched {
	size_t len, raw;
};

static struct fetched fetched_by(const struct room *w, uint32_t device)
{
	struct fetched f;
	uint64_t len, raw;

	room_must(w, ROOM_BACKEND->fetched(w->world, device, &len));
	room_must(w, ROOM_BACKEND->fetched_raw(w->world, device, &raw));
	f.len = len;
	f.raw = raw;
	return f;
}

static void assert_fetched(const struct room *w, uint32_t device, struct fetched wanted)
{
	struct fetched f = fetched_by(w, device);

	assert_int_equal(f.len, wanted.len);
	assert_int_equal(f.raw, wanted.raw);
}

/* Devices first .. end - 1 are asked for one-time keys, except `self`. */
static void answer_claims(const struct room *w, uint32_t self, uint32_t first, uint32_t end,
			  struct fetched *f)
{
	for (uint32_t d = first; d < end;) {
		json_t *keys = json_object();
		for (size_t n = 0; d < end && n < 250; d++)
			if (d != self) {
				answers_put(keys, &w->directory, d, "one_time_keys");
				n++;
			}
		if (json_object_size(keys) == 0) {
			json_decref(keys);
			return;
		}
		f->len += answers_len(json_pack("{s:o, s:{}}", "one_time_keys", keys, "failures"),
				      &f->raw);
	}
}

static void put_voucher(json_t *users, const char *user, struct megolm_slice key)
{
	json_object_set_new(users, user, json_loadb((const char *)key.p, key.len, 0, NULL));
}

/* The users of devices first .. end - 1, all of whose devices these are, at most 250. */
static void answer_query(const struct room *w, uint32_t first, uint32_t end, struct fetched *f)
{
	json_t *keys = json_object(), *master = json_object(), *signing = json_object();
	bool vouches = false;
	json_t *answer;

	for (uint32_t d = first; d < end; d++) {
		const struct gb_megolm_voucher *v = gb_megolm_voucher(w->world, d);
		struct gb_megolm_ids ids = gb_megolm_ids(w->world, d);
		answers_put(keys, &w->directory, d, "device_keys");
		vouches = v != NULL;
		if (v == NULL)
			continue;
		put_voucher(master, ids.user, v->master);
		put_voucher(signing, ids.user, v->self_signing);
	}
	answer = json_pack("{s:o, s:{}}", "device_keys", keys, "failures");
	if (vouches) {
		json_object_set(answer, "master_keys", master);
		json_object_set(answer, "self_signing_keys", signing);
	}
	json_decref(master);
	json_decref(signing);
	f->len += answers_len(answer, &f->raw);
}

struct kind {
	const char *devices_per_user, *verification;
};

static const struct kind kinds[] = {
	{"1", "device"}, {"5", "device"}, {"1", "cross_signed"}, {"5", "cross_signed"}};

static void open_axes(struct room *w, const struct kind *kind, const char *olm,
		      const char *sender_device_keys, uint32_t size)
{
	const struct gb_axis axes[] = {{"olm", olm},
				       {"sender_device_keys", sender_device_keys},
				       {"devices_per_user", kind->devices_per_user},
				       {"verification", kind->verification}};

	room_open_with(w, size, axes, 4, false);
}

static void open_kind(struct room *w, const struct kind *kind, uint32_t size, bool without_group)
{
	const struct gb_axis axes[] = {{"olm", "new"},
				       {"devices_per_user", kind->devices_per_user},
				       {"verification", kind->verification}};

	room_open_with_actors(w, size, axes, 3, without_group, 2);
}

/* Who rotates claims a key of each device, 250 in a request. */
static void a_rekey_fetches_what_it_claims(void **state)
{
	static const uint32_t sizes[] = {2, 12, 251, 252, 502};

	(void)state;
	for (size_t k = 0; k < 4; k++)
		for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
			struct fetched wanted = {0};
			struct room w;

			open_kind(&w, &kinds[k], sizes[s], false);
			(void)room_act(&w, REKEY);
			answer_claims(&w, 0, 0, sizes[s], &wanted);
			assert_fetched(&w, 0, wanted);
			room_close(&w);
		}
}

/* The first sender reads answers that the backend writes, the second one's are only counted. */
static void the_second_sender_of_a_room_fetches_as_much(void **state)
{
	(void)state;
	for (size_t k = 0; k < 4; k++) {
		struct fetched first;
		struct room w;

		open_kind(&w, &kinds[k], 21, true);
		(void)room_act(&w, CREATE);
		first = fetched_by(&w, 0);
		room_must(&w, ROOM_BACKEND->share(w.world, 1, &w.mailbox.outbox));
		assert_fetched(&w, 1, first);
		room_close(&w);
	}
}

/* A query names users: the answer has each device of theirs that exists, the asker's own too. */
static void who_creates_a_room_is_told_of_all_devices(void **state)
{
	(void)state;
	for (size_t k = 1; k < 4; k += 2) {
		struct fetched wanted = {0};
		struct room w;

		open_kind(&w, &kinds[k], 21, true);
		(void)room_act(&w, CREATE);
		answer_query(&w, 0, 21, &wanted);
		answer_claims(&w, 0, 0, 21, &wanted);
		assert_fetched(&w, 0, wanted);
		room_must(&w, ROOM_BACKEND->share(w.world, 1, &w.mailbox.outbox));
		assert_fetched(&w, 1, wanted);
		room_close(&w);
	}
}

/* Of the newcomers' user two devices are there already, which the answer has again. */
static void who_adds_devices_is_told_of_those_it_knows(void **state)
{
	(void)state;
	for (size_t k = 1; k < 4; k += 2) {
		struct fetched wanted = {0};
		struct room w;

		open_axes(&w, &kinds[k], "new", "yes", 22);
		(void)room_act(&w, ADD);
		answer_query(&w, 20, 25, &wanted);
		answer_claims(&w, 0, 22, 25, &wanted);
		assert_fetched(&w, 0, wanted);
		room_close(&w);
	}
}

/* A newcomer that has to look its inviter up is told of the other devices of that user. */
static void a_newcomer_is_told_of_all_devices_of_its_inviter(void **state)
{
	(void)state;
	for (size_t k = 0; k < 4; k++) {
		struct fetched wanted = {0};
		struct room w;
		size_t i = 0;

		open_axes(&w, &kinds[k], "new", "no", 2);
		(void)room_act(&w, ADD);
		while (w.mailbox.kept[i].kind != GB_ROOM_KEY || w.mailbox.kept[i].to[0] != 2)
			i++;
		room_must(&w, ROOM_BACKEND->join(w.world, 2, &w.mailbox.kept[i], 1));
		answer_query(&w, 0, k % 2 == 0 ? 1 : 5, &wanted);
		assert_fetched(&w, 2, wanted);
		room_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rekey_fetches_what_it_claims),
		cmocka_unit_test(the_second_sender_of_a_room_fetches_as_much),
		cmocka_unit_test(who_creates_a_room_is_told_of_all_devices),
		cmocka_unit_test(who_adds_devices_is_told_of_those_it_knows),
		cmocka_unit_test(a_newcomer_is_told_of_all_devices_of_its_inviter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
