/*
 * History for who is invited, and devices that wait on the homeserver.
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

#define URL "mxc://gb.test/bundle"

/* Alice, whose room shares its history; Bob has the key. Carol is invited. */
struct invitation {
	struct matrix_story story;
	struct matrix_device carol;
	struct megolm_peer *carol_at_alice;
	struct matrix_outbox out;
	struct megolm_attachment attachment;
	uint8_t file[8192];
	size_t len;
};

/* The session of the story is private; the next one is not. */
static void open_invitation(struct invitation *i)
{
	memset(i, 0, sizeof(*i));
	matrix_story_open(&i->story);
	matrix_open(&i->carol, 2, &megolm_default_policy);
	matrix_outbox_open(&i->out);
	i->carol_at_alice = matrix_meet(&i->story.alice, &i->carol);
	ASSERT_DONE(megolm_peer_set_verified(i->carol_at_alice, true));
}

static void close_invitation(struct invitation *i)
{
	matrix_outbox_close(&i->out);
	matrix_close(&i->carol);
	matrix_story_close(&i->story);
}

static void write_bundle(struct invitation *i)
{
	assert_true(megolm_room_bundle_max(i->story.alice.room) <= sizeof(i->file));
	ASSERT_DONE(megolm_room_bundle_write(i->story.alice.room, &i->attachment, i->file,
					     sizeof(i->file), &i->len));
}

/* One shared session after the private one, known to Bob, with one message in it. */
static struct megolm_slice share_history(struct invitation *i)
{
	struct matrix_device *all[] = {&i->story.bob};

	megolm_room_set_shared_history(i->story.alice.room, true);
	matrix_share(&i->story.alice, all, 1);
	return matrix_say(&i->story.alice, "for all to come");
}

static enum megolm_err read_bundle(struct invitation *i, struct megolm_imported *n,
				   size_t *n_withheld)
{
	return megolm_room_bundle_read(i->carol.room, n, n_withheld, &i->attachment,
				       (struct megolm_slice){i->file, i->len},
				       &megolm_default_import_limits);
}

static void who_is_invited_reads_shared_history_and_no_other(void **state)
{
	struct megolm_attachment told;
	struct megolm_imported n = {0};
	struct megolm_slice event;
	struct megolm_event read;
	struct invitation i;
	enum megolm_source source;
	const char *url;
	size_t n_withheld = 0;

	(void)state;
	open_invitation(&i);
	event = share_history(&i);
	write_bundle(&i);
	ASSERT_DONE(megolm_room_bundle_send(i.story.alice.room, &i.attachment, URL,
					    i.carol_at_alice, &i.out.sink));
	assert_false(megolm_device_bundle(i.carol.device, &told, &url, i.story.alice.user_id,
					  MATRIX_ROOM));
	ASSERT_DONE(matrix_receive(&i.carol, &i.story.alice, matrix_last(&i.out)));
	assert_true(megolm_device_bundle(i.carol.device, &told, &url, i.story.alice.user_id,
					 MATRIX_ROOM));
	assert_string_equal(url, URL);
	assert_memory_equal(&told, &i.attachment, sizeof(told));
	assert_false(megolm_device_bundle(i.carol.device, &told, &url, i.story.bob.user_id,
					  MATRIX_ROOM));
	ASSERT_DONE(read_bundle(&i, &n, &n_withheld));
	assert_int_equal(n.n_new, 1);
	assert_int_equal(n_withheld, 1);
	ASSERT_DONE(megolm_room_decrypt(i.carol.room, &read, i.story.alice.user_id, "$1", event));
	assert_int_equal(read.source, MEGOLM_SOURCE_BUNDLE);
	ASSERT_ERR(matrix_story_read(&i.story, &i.carol, &source), MEGOLM_ERR_UNKNOWN_SESSION);
	close_invitation(&i);
}

/* Bob, who got the key with "shared_history":true, may hand it on. */
static void a_recipient_remembers_what_may_be_shared(void **state)
{
	struct megolm_imported n = {0};
	struct invitation i;
	size_t n_withheld = 0;

	(void)state;
	open_invitation(&i);
	(void)share_history(&i);
	ASSERT_DONE(megolm_room_bundle_write(i.story.bob.room, &i.attachment, i.file,
					     sizeof(i.file), &i.len));
	ASSERT_DONE(read_bundle(&i, &n, &n_withheld));
	assert_int_equal(n.n_new, 1);
	assert_int_equal(n_withheld, 1);
	close_invitation(&i);
}

static void a_change_of_visibility_ends_the_session(void **state)
{
	struct invitation i;

	(void)state;
	open_invitation(&i);
	assert_false(megolm_room_share_due(i.story.alice.room, 0));
	megolm_room_set_shared_history(i.story.alice.room, true);
	assert_true(megolm_room_share_due(i.story.alice.room, 0));
	(void)share_history(&i);
	megolm_room_set_shared_history(i.story.alice.room, true);
	assert_false(megolm_room_share_due(i.story.alice.room, 0));
	close_invitation(&i);
}

static void a_bundle_goes_to_verified_devices_only(void **state)
{
	struct invitation i;

	(void)state;
	open_invitation(&i);
	write_bundle(&i);
	ASSERT_ERR(megolm_room_bundle_send(i.story.alice.room, &i.attachment, "http://gb.test/x",
					   i.carol_at_alice, &i.out.sink),
		   MEGOLM_ERR_IDENTIFIER);
	ASSERT_DONE(megolm_peer_set_verified(i.carol_at_alice, false));
	ASSERT_ERR(megolm_room_bundle_send(i.story.alice.room, &i.attachment, URL, i.carol_at_alice,
					   &i.out.sink),
		   MEGOLM_ERR_UNVERIFIED);
	assert_int_equal(i.out.n, 0);
	close_invitation(&i);
}

static void a_changed_bundle_is_refused(void **state)
{
	struct megolm_import_limits tight = megolm_default_import_limits;
	struct megolm_imported n = {0};
	struct invitation i;

	(void)state;
	open_invitation(&i);
	(void)share_history(&i);
	write_bundle(&i);
	i.file[i.len / 2] ^= 1;
	ASSERT_ERR(read_bundle(&i, &n, NULL), MEGOLM_ERR_TAG);
	i.file[i.len / 2] ^= 1;
	tight.max_bytes = i.len - 1;
	ASSERT_ERR(megolm_room_bundle_read(i.carol.room, &n, NULL, &i.attachment,
					   (struct megolm_slice){i.file, i.len}, &tight),
		   MEGOLM_ERR_TOO_LARGE);
	tight = megolm_default_import_limits;
	tight.max_sessions = 0;
	ASSERT_ERR(megolm_room_bundle_read(i.carol.room, &n, NULL, &i.attachment,
					   (struct megolm_slice){i.file, i.len}, &tight),
		   MEGOLM_ERR_TOO_MANY);
	ASSERT_DONE(read_bundle(&i, &n, NULL));
	assert_int_equal(n.n_new, 1);
	close_invitation(&i);
}

static void keys_of_other_rooms_are_refused(void **state)
{
	struct megolm_imported n = {0};
	struct megolm_room *other;
	struct invitation i;

	(void)state;
	open_invitation(&i);
	(void)share_history(&i);
	write_bundle(&i);
	ASSERT_DONE(megolm_device_room(i.carol.device, &other, "!other:gb.test"));
	ASSERT_DONE(megolm_room_bundle_read(other, &n, NULL, &i.attachment,
					    (struct megolm_slice){i.file, i.len},
					    &megolm_default_import_limits));
	assert_int_equal(n.n_new, 0);
	assert_int_equal(n.n_refused, 1);
	close_invitation(&i);
}

/* ---- dehydrated devices ---- */

static const uint8_t secret[MEGOLM_DEHYDRATION_KEY_BYTES] = {5, 4, 3};

struct dry {
	struct matrix_device device; /* of carol's user */
	uint8_t data[8192];
	size_t len;
};

static void dehydrate(struct dry *d, unsigned n, unsigned owner)
{
	matrix_open_another(&d->device, n, owner);
	matrix_new_key(&d->device);
	assert_true(megolm_device_dehydrated_max(d->device.device) <= sizeof(d->data));
	ASSERT_DONE(megolm_device_dehydrate(d->device.device, d->data, sizeof(d->data), &d->len,
					    secret));
}

static enum megolm_err rehydrate(struct dry *d, struct megolm_device **out, const uint8_t *key)
{
	struct megolm_random random = megolm_seeded_random(&d->device.stream);

	return megolm_device_rehydrate(out, d->device.user_id, d->device.device_id,
				       (struct megolm_slice){d->data, d->len}, key, &random,
				       &megolm_default_policy);
}

/* While Carol was away, room keys went to the device that waits for her. */
static void a_dehydrated_device_collects_room_keys(void **state)
{
	struct matrix_device *all[1];
	struct megolm_imported n = {0};
	struct megolm_device *again;
	struct megolm_slice event;
	struct megolm_event read;
	struct megolm_peer *peer;
	struct invitation i;
	struct dry dry;

	(void)state;
	open_invitation(&i);
	dehydrate(&dry, 5, 2);
	peer = matrix_learn(&i.story.alice, &dry.device);
	ASSERT_DONE(megolm_device_open_session(i.story.alice.device, peer, dry.device.key));
	ASSERT_DONE(megolm_room_add(i.story.alice.room, peer));
	megolm_device_free(dry.device.device);
	ASSERT_DONE(rehydrate(&dry, &again, secret));
	dry.device.device = again;
	ASSERT_DONE(megolm_device_room(again, &dry.device.room, MATRIX_ROOM));
	all[0] = &dry.device;
	matrix_share(&i.story.alice, all, 1);
	event = matrix_say(&i.story.alice, "while you were away");
	ASSERT_DONE(megolm_device_adopt(i.carol.device, &n, again));
	assert_int_equal(n.n_new, 1);
	ASSERT_DONE(megolm_room_decrypt(i.carol.room, &read, i.story.alice.user_id, "$1", event));
	assert_int_equal(read.source, MEGOLM_SOURCE_FORWARDED);
	ASSERT_ERR(megolm_device_adopt(i.story.bob.device, &n, again), MEGOLM_ERR_UNVERIFIED);
	matrix_close(&dry.device);
	close_invitation(&i);
}

static void the_device_is_the_same_again(void **state)
{
	struct megolm_device *again;
	struct megolm_slice keys, keys_again;
	struct dry dry;

	(void)state;
	dehydrate(&dry, 5, 2);
	ASSERT_DONE(rehydrate(&dry, &again, secret));
	keys = megolm_device_keys(dry.device.device);
	keys_again = megolm_device_keys(again);
	assert_int_equal(keys.len, keys_again.len);
	assert_memory_equal(keys.p, keys_again.p, keys.len);
	megolm_device_free(again);
	matrix_close(&dry.device);
}

static void changed_device_data_is_refused(void **state)
{
	static const uint8_t other[MEGOLM_DEHYDRATION_KEY_BYTES] = {1};
	struct megolm_device *again = NULL;
	struct dry dry, whole;

	(void)state;
	dehydrate(&dry, 5, 2);
	whole = dry;
	ASSERT_ERR(rehydrate(&dry, &again, other), MEGOLM_ERR_PICKLE);
	dry.data[dry.len / 2] = dry.data[dry.len / 2] == 'A' ? 'B' : 'A';
	ASSERT_ERR(rehydrate(&dry, &again, secret), MEGOLM_ERR_PICKLE);
	memcpy(dry.data, whole.data, dry.len);
	dry.data[dry.len / 2] = '*';
	ASSERT_ERR(rehydrate(&dry, &again, secret), MEGOLM_ERR_PICKLE);
	memcpy(dry.data, whole.data, dry.len);
	dry.data[strlen("{\"algorithm\":\"org.matrix.msc3814.v")] = '9';
	ASSERT_ERR(rehydrate(&dry, &again, secret), MEGOLM_ERR_ALGORITHM);
	dry.len -= 1;
	ASSERT_ERR(rehydrate(&dry, &again, secret), MEGOLM_ERR_JSON);
	dry.len = 0;
	ASSERT_ERR(rehydrate(&dry, &again, secret), MEGOLM_ERR_JSON);
	assert_null(again);
	matrix_close(&dry.device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_invited_reads_shared_history_and_no_other),
		cmocka_unit_test(a_recipient_remembers_what_may_be_shared),
		cmocka_unit_test(a_change_of_visibility_ends_the_session),
		cmocka_unit_test(a_bundle_goes_to_verified_devices_only),
		cmocka_unit_test(a_changed_bundle_is_refused),
		cmocka_unit_test(keys_of_other_rooms_are_refused),
		cmocka_unit_test(a_dehydrated_device_collects_room_keys),
		cmocka_unit_test(the_device_is_the_same_again),
		cmocka_unit_test(changed_device_data_is_refused),
	};

	return cmocka_run_group_tests_name("megolm bundle", tests, NULL, NULL);
}
