/* The delivery service: what it counts, keeps, drops and hands out, and the rules it holds
 * backends to. */
#include "delivery/delivery.h"
#include "delivery/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct gb_mailbox box;

static int open_box(void **state)
{
	struct gb_mailbox_size size = {
		.capacity = 10, .expected_bytes = 1024, .max_kept = 4, .max_recipients = 6};

	(void)state;
	if (gb_mailbox_open(&box, &size) != 0)
		return -1;
	box.sender = 0;
	box.group_size = 8;
	box.listening[1] = box.listening[7] = true;
	return 0;
}

static int close_box(void **state)
{
	(void)state;
	gb_mailbox_close(&box);
	return 0;
}

static void post(struct gb_message m, const char *text)
{
	size_t len = strlen(text);
	uint8_t *p = box.outbox.reserve(&box.outbox, len + 5);

	assert_non_null(p);
	memcpy(p, text, len);
	m.body = (struct gb_bytes){p, len};
	box.outbox.commit(&box.outbox, &m);
}

static struct gb_message to_group(enum gb_kind kind)
{
	return (struct gb_message){
		.kind = kind, .address = GB_TO_GROUP, .fanout = GB_FANOUT_SERVER};
}

static struct gb_message to_devices(enum gb_kind kind, enum gb_fanout fanout, const uint32_t *to,
				    size_t n)
{
	return (struct gb_message){
		.kind = kind, .address = GB_TO_DEVICES, .fanout = fanout, .to = to, .n_to = n};
}

static void bytes_are_counted_up_and_down(void **state)
{
	static const uint32_t many[] = {1, 2, 3, 7}, one[] = {2};

	(void)state;
	post(to_group(GB_COMMIT), "12345");
	post(to_devices(GB_WELCOME, GB_FANOUT_SERVER, many, 4), "1234567");
	post(to_devices(GB_ROOM_KEY, GB_FANOUT_CLIENT, one, 1), "123");
	post((struct gb_message){.kind = GB_CLAIM, .address = GB_TO_SERVER}, "12");
	assert_null(box.violation);
	assert_int_equal(box.sent.messages[GB_COMMIT], 1);
	assert_int_equal(box.sent.bytes[GB_COMMIT], 5);
	assert_int_equal(box.sent.bytes[GB_WELCOME], 7);
	assert_int_equal(box.sent.bytes[GB_ROOM_KEY], 3);
	assert_int_equal(box.sent.bytes[GB_CLAIM], 2);
	assert_int_equal(gb_traffic_bytes(&box.sent), 17);
	assert_int_equal(gb_traffic_bytes(&box.given), 8 * 5 + 4 * 7 + 3);
	gb_mailbox_empty(&box);
	/* Part of a larger upload, and delivered whole. */
	{
		struct gb_message m = to_devices(GB_ROOM_KEY, GB_FANOUT_CLIENT, one, 1);
		m.uploaded = 2;
		post(m, "123");
		assert_null(box.violation);
		assert_int_equal(box.sent.bytes[GB_ROOM_KEY], 2);
		assert_int_equal(gb_traffic_bytes(&box.given), 3);
	}
	gb_mailbox_empty(&box);
	assert_int_equal(gb_traffic_bytes(&box.sent) + gb_traffic_bytes(&box.given) + box.n_kept +
				 box.used,
			 0);
}

/* What the protocol makes, and what a network makes of it, on both ways. */
static void raw_bytes_are_counted_beside_envelopes(void **state)
{
	static const uint32_t one[] = {2};
	struct gb_message m = to_devices(GB_ROOM_KEY, GB_FANOUT_CLIENT, one, 1);
	struct gb_traffic taken = {{0}, {0}, {0}};

	(void)state;
	m.uploaded = 9;
	m.raw = 4;
	post(m, "0123456789");
	assert_int_equal(box.sent.raw[GB_ROOM_KEY], 9);
	assert_int_equal(box.given.raw[GB_ROOM_KEY], 10);
	gb_mailbox_empty(&box);
	box.is_enveloped = true;
	post(m, "0123456789");
	m = to_group(GB_APPLICATION);
	m.raw = 3;
	post(m, "12345");
	assert_null(box.violation);
	assert_int_equal(box.sent.bytes[GB_ROOM_KEY], 9);
	assert_int_equal(box.given.bytes[GB_ROOM_KEY], 10);
	assert_int_equal(gb_traffic_raw(&box.sent), 4 + 3);
	assert_int_equal(gb_traffic_raw(&box.given), 4 + 8 * 3);
	gb_delivery_taken(&box, &taken, &box.kept[0]);
	assert_int_equal(gb_traffic_raw(&taken), 3);
	gb_mailbox_empty(&box);
	m.raw = 6;
	post(m, "12345");
	assert_string_equal(box.violation, "a message with more raw bytes than it has");
	gb_mailbox_empty(&box);
	box.is_enveloped = false;
}

static void only_what_somebody_hears_is_kept(void **state)
{
	static const uint32_t dormant[] = {2, 3}, mixed[] = {2, 7, 3};

	(void)state;
	post(to_devices(GB_WELCOME, GB_FANOUT_SERVER, dormant, 2), "dropped");
	assert_int_equal(box.n_kept, 0);
	assert_int_equal(box.used, 0);
	post(to_devices(GB_WELCOME, GB_FANOUT_SERVER, mixed, 3), "kept");
	assert_int_equal(box.n_kept, 1);
	assert_int_equal(box.kept[0].n_to, 1);
	assert_int_equal(box.kept[0].to[0], 7);
	assert_memory_equal(box.kept[0].body.p, "kept", 4);
	/* What a server hands on later is kept too, a claim is not. */
	post((struct gb_message){.kind = GB_RATCHET_TREE, .address = GB_TO_SERVER}, "tree");
	post((struct gb_message){.kind = GB_CLAIM, .address = GB_TO_SERVER}, "claim");
	assert_int_equal(box.n_kept, 2);
	assert_int_equal(box.used, 8);
}

static void everybody_gets_its_own_in_order(void **state)
{
	static const uint32_t first[] = {1}, both[] = {7, 1};
	struct gb_message inbox[4];
	struct gb_traffic taken = {{0}, {0}, {0}};
	size_t at = 0;

	(void)state;
	post(to_group(GB_COMMIT), "commit");
	post(to_devices(GB_ROOM_KEY, GB_FANOUT_CLIENT, first, 1), "key");
	post(to_devices(GB_WELCOME, GB_FANOUT_SERVER, both, 2), "welcome");
	assert_int_equal(gb_delivery_all(&box, 1, true, inbox, 4), 3);
	assert_int_equal(inbox[0].kind, GB_COMMIT);
	assert_int_equal(inbox[1].kind, GB_ROOM_KEY);
	assert_int_equal(inbox[2].kind, GB_WELCOME);
	assert_int_equal(gb_delivery_all(&box, 7, false, inbox, 4), 1);
	assert_int_equal(inbox[0].kind, GB_WELCOME);
	assert_int_equal(gb_delivery_all(&box, 1, true, inbox, 1), 3); /* room for one only */
	assert_ptr_equal(gb_delivery_next(&box, &at, 7, true), &box.kept[0]);
	assert_ptr_equal(gb_delivery_next(&box, &at, 7, true), &box.kept[2]);
	assert_null(gb_delivery_next(&box, &at, 7, true));
	gb_delivery_taken(&box, &taken, &box.kept[2]);
	assert_int_equal(taken.messages[GB_WELCOME], 1);
	assert_int_equal(gb_traffic_bytes(&taken), 7);
}

static void assert_violation(struct gb_message m, const char *want)
{
	post(m, "text");
	assert_non_null(box.violation);
	assert_string_equal(box.violation, want);
	assert_int_equal(box.n_kept, 0);
	assert_int_equal(gb_traffic_bytes(&box.sent), 0);
	gb_mailbox_empty(&box);
	assert_null(box.violation);
}

/* What tells of a bundle is a room key in the books, and none to who asks for keys. */
static void what_tells_of_a_bundle_has_a_mark_of_its_own(void **state)
{
	static const uint32_t seven[] = {7};
	const uint8_t *n;

	(void)state;
	/* Plugins have its number. */
	assert_int_equal(GB_ROOM_KEY_BUNDLE, 255);
	post(to_devices(GB_ROOM_KEY_BUNDLE, GB_FANOUT_CLIENT, seven, 1), "bundle");
	assert_null(box.violation);
	assert_int_equal(box.sent.messages[GB_ROOM_KEY], 1);
	assert_int_equal(box.sent.bytes[GB_ROOM_KEY], 6);
	assert_int_equal(box.given.bytes[GB_ROOM_KEY], 6);
	assert_int_equal(box.n_kept, 1);
	assert_int_equal(box.kept[0].kind, GB_ROOM_KEY);
	n = gb_mailbox_marks(&box, 7);
	assert_int_equal(n[GB_MARK_TOLD], 1);
	assert_int_equal(n[GB_MARK_KEY], 0);
	assert_int_equal(box.n_marks, 1);
	assert_int_equal(box.n_keys, 0);
	post(to_devices(GB_ROOM_KEY, GB_FANOUT_CLIENT, seven, 1), "key");
	assert_int_equal(n[GB_MARK_KEY], 1);
	assert_int_equal(box.n_keys, 1);
	assert_int_equal(box.sent.messages[GB_ROOM_KEY], 2);
	gb_mailbox_empty(&box);
	assert_int_equal(box.n_keys, 0);
}

static void assert_marks(uint32_t device, unsigned keys, unsigned bundles, unsigned reasons)
{
	const uint8_t *n = gb_mailbox_marks(&box, device);

	assert_int_equal(n[GB_MARK_KEY], keys);
	assert_int_equal(n[GB_MARK_BUNDLE], bundles);
	assert_int_equal(n[GB_MARK_REASON], reasons);
}

/* Whoever listens or does not: for the one who looks whether each got what it needs. */
static void who_is_named_in_what_is_marked(void **state)
{
	static const uint32_t many[] = {2, 3, 7}, two[] = {2}, four[] = {4}, five[] = {5};

	(void)state;
	post(to_devices(GB_WELCOME, GB_FANOUT_SERVER, many, 3), "welcome");
	post(to_devices(GB_ROOM_KEY, GB_FANOUT_CLIENT, two, 1), "key");
	post(to_devices(GB_BACKUP, GB_FANOUT_SERVER, many, 2), "keys");
	post(to_devices(GB_WITHHELD, GB_FANOUT_CLIENT, four, 1), "no key");
	post(to_devices(GB_COMMIT, GB_FANOUT_SERVER, four, 1), "commit");
	/* No marks. */
	post(to_devices(GB_DUMMY, GB_FANOUT_CLIENT, five, 1), "dummy");
	post(to_devices(GB_PROPOSAL, GB_FANOUT_SERVER, five, 1), "proposal");
	post((struct gb_message){.kind = GB_BACKUP, .address = GB_TO_SERVER}, "backup");
	post(to_group(GB_APPLICATION), "text");
	assert_int_equal(box.n_commits, 0);
	post(to_group(GB_COMMIT), "commit");
	assert_null(box.violation);
	assert_marks(2, 2, 1, 0);
	assert_marks(3, 1, 1, 0);
	assert_marks(4, 1, 0, 1);
	assert_marks(5, 0, 0, 0);
	assert_marks(7, 1, 0, 0);
	assert_int_equal(box.n_marks, 8);
	assert_int_equal(box.n_commits, 1);
	gb_mailbox_unmark(&box);
	for (uint32_t device = 0; device < 10; device++)
		assert_marks(device, 0, 0, 0);
	assert_int_equal(box.n_marks + box.n_commits, 0);
	assert_int_equal(box.sent.messages[GB_ROOM_KEY], 1);
	for (int i = 0; i < 300; i++)
		post(to_devices(GB_ROOM_KEY, GB_FANOUT_CLIENT, two, 1), "key");
	assert_marks(2, UINT8_MAX, 0, 0);
	assert_int_equal(box.n_marks, 300);
	gb_mailbox_empty(&box);
	assert_marks(2, 0, 0, 0);
	assert_int_equal(box.n_marks, 0);
}

static void backends_are_held_to_the_rules(void **state)
{
	static const uint32_t two[] = {1, 2}, nobody[] = {10};
	struct gb_message m = to_group(GB_COMMIT);

	(void)state;
	m.from = 3;
	assert_violation(m, "a message in the name of another device");
	assert_violation(to_group((enum gb_kind)GB_KINDS), "a message of unknown kind");
	assert_violation(to_devices(GB_ROOM_KEY, GB_FANOUT_CLIENT, two, 2),
			 "a message multiplied by its sender, with not exactly one recipient");
	assert_violation(to_devices(GB_WELCOME, GB_FANOUT_SERVER, nobody, 1),
			 "a message to a device that does not exist");
	assert_violation(to_devices(GB_WELCOME, GB_FANOUT_SERVER, two, 0),
			 "a message to devices without a device, or to the group with one");
	assert_violation(to_devices(GB_ROOM_KEY, GB_FANOUT_SERVER, two, 1),
			 "a message that is not multiplied by whom its kind says");
	assert_violation(to_devices(GB_DUMMY, GB_FANOUT_SERVER, two, 1),
			 "a message that is not multiplied by whom its kind says");
	assert_violation(to_devices(GB_WITHHELD, GB_FANOUT_SERVER, two, 1),
			 "a message that is not multiplied by whom its kind says");
	assert_violation(to_devices(GB_COMMIT, GB_FANOUT_CLIENT, two, 1),
			 "a message that is not multiplied by whom its kind says");
	m = to_group(GB_COMMIT);
	m.n_to = 1;
	m.to = two;
	assert_violation(m, "a message to devices without a device, or to the group with one");
}

static void bodies_lie_where_room_was_reserved(void **state)
{
	static const uint8_t elsewhere[4];
	struct gb_message m = to_group(GB_COMMIT);
	uint8_t *p = box.outbox.reserve(&box.outbox, 4);

	(void)state;
	m.body = (struct gb_bytes){elsewhere, 4};
	box.outbox.commit(&box.outbox, &m);
	assert_string_equal(box.violation, "a message outside the room that was reserved for it");
	gb_mailbox_empty(&box);
	p = box.outbox.reserve(&box.outbox, 4);
	m.body = (struct gb_bytes){p, 5};
	box.outbox.commit(&box.outbox, &m);
	assert_string_equal(box.violation, "a message outside the room that was reserved for it");
	gb_mailbox_empty(&box);
	p = box.outbox.reserve(&box.outbox, 4);
	m.body = (struct gb_bytes){p, 0};
	box.outbox.commit(&box.outbox, &m);
	assert_string_equal(box.violation, "an empty message");
	/* Room is used once. */
	gb_mailbox_empty(&box);
	p = box.outbox.reserve(&box.outbox, 4);
	m.body = (struct gb_bytes){p, 4};
	box.outbox.commit(&box.outbox, &m);
	assert_null(box.violation);
	box.outbox.commit(&box.outbox, &m);
	assert_non_null(box.violation);
}

static void a_full_outbox_says_so(void **state)
{
	(void)state;
	assert_non_null(box.outbox.reserve(&box.outbox, 4096));
	assert_null(box.outbox.reserve(&box.outbox, 4097));
	assert_string_equal(box.violation, "more bytes sent than the outbox holds");
	gb_mailbox_empty(&box);
	for (int i = 0; i < 4; i++)
		post(to_group(GB_COMMIT), "x");
	assert_null(box.violation);
	post(to_group(GB_COMMIT), "x");
	assert_string_equal(box.violation, "more messages to live devices than the outbox holds");
}

/* ---- the key directory ---- */

static void publish(struct gb_directory *d, uint32_t device, enum gb_kind kind, size_t len)
{
	struct gb_message m = {.kind = kind, .address = GB_TO_SERVER, .from = device};
	uint8_t *p = d->outbox.reserve(&d->outbox, len);

	assert_non_null(p);
	memset(p, (int)device, len);
	m.body = (struct gb_bytes){p, len};
	d->outbox.commit(&d->outbox, &m);
}

static void the_directory_keeps_all_material(void **state)
{
	struct gb_directory d;

	(void)state;
	assert_int_equal(gb_directory_open(&d, 5, 3), 0);
	publish(&d, 5, GB_KEY_MATERIAL, 700000);
	publish(&d, 6, GB_KEY_MATERIAL, 700000); /* in another block of memory */
	assert_false(gb_directory_is_complete(&d));
	d.violation = NULL;
	publish(&d, 7, GB_KEY_MATERIAL, 3);
	assert_true(gb_directory_is_complete(&d));
	for (uint32_t device = 5; device < 8; device++) {
		const struct gb_published *p = gb_directory_of(&d, device);
		assert_int_equal(p->device, device);
		assert_int_equal(p->body.p[p->body.len - 1], device);
	}
	assert_int_equal(d.bytes, 1400003);
	gb_directory_close(&d);
}

static void the_directory_takes_nothing_else(void **state)
{
	static const struct {
		uint32_t device;
		enum gb_kind kind;
		const char *violation;
	} rows[] = {
		{5, GB_COMMIT, "published something other than key material"},
		{6, GB_KEY_MATERIAL, "published for another device than asked"},
	};
	struct gb_directory d;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(gb_directory_open(&d, 5, 1), 0);
		publish(&d, rows[i].device, rows[i].kind, 3);
		assert_false(gb_directory_is_complete(&d));
		assert_string_equal(d.violation, rows[i].violation);
		gb_directory_close(&d);
	}
	assert_int_equal(gb_directory_open(&d, 5, 1), 0);
	publish(&d, 5, GB_KEY_MATERIAL, 3);
	publish(&d, 6, GB_KEY_MATERIAL, 3);
	assert_string_equal(d.violation, "published for more devices than asked");
	gb_directory_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_are_counted_up_and_down, open_box, close_box),
		cmocka_unit_test_setup_teardown(raw_bytes_are_counted_beside_envelopes, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(only_what_somebody_hears_is_kept, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(everybody_gets_its_own_in_order, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(what_tells_of_a_bundle_has_a_mark_of_its_own,
						open_box, close_box),
		cmocka_unit_test_setup_teardown(who_is_named_in_what_is_marked, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(backends_are_held_to_the_rules, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(bodies_lie_where_room_was_reserved, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(a_full_outbox_says_so, open_box, close_box),
		cmocka_unit_test(the_directory_keeps_all_material),
		cmocka_unit_test(the_directory_takes_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
