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

struct kind {
	const char *devices_per_user, *verification;
};

static const struct kind kinds[] = {
	{"1", "device"}, {"5", "device"}, {"1", "cross_signed"}, {"5", "cross_signed"}};

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rekey_fetches_what_it_claims),
		cmocka_unit_test(the_second_sender_of_a_room_fetches_as_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
