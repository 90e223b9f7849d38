/* Raw bytes: what of a message is Olm's, Megolm's or a backup's, as the backend says it and as the
 * bodies have it. */
#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend_room.h"
#include "backends/megolm_world.h"

/* Digits of base64 between `name` and the next quote, as bytes. */
static size_t decoded_behind(struct gb_bytes body, const char *name)
{
	const char *begin = memmem(body.p, body.len, name, strlen(name)), *end;
	size_t n;

	assert_non_null(begin);
	begin += strlen(name);
	end = memchr(begin, '"', (size_t)((const char *)body.p + body.len - begin));
	assert_non_null(end);
	n = (size_t)(end - begin);
	return n * 3 / 4;
}

/* Each message says how many bytes Olm or Megolm made of it. */
static void messages_say_what_of_them_is_raw(void **state)
{
	static const char *const states[] = {"new", "chain", "ratchet"};
	const struct gb_bytes text = {(const uint8_t *)"what is said", 12};

	(void)state;
	for (size_t s = 0; s < 3; s++) {
		struct room w;
		const struct gb_message *m;

		room_open(&w, 8, states[s], false);
		w.mailbox.is_enveloped = true;
		(void)room_act(&w, REKEY);
		assert_int_equal(w.mailbox.n_kept, 7);
		for (size_t i = 0; i < 7; i++) {
			m = &w.mailbox.kept[i];
			assert_int_equal(m->raw, decoded_behind(m->body, "\"body\":\""));
		}
		gb_mailbox_empty(&w.mailbox);
		room_must(&w, ROOM_BACKEND->send(w.world, 0, text, &w.mailbox.outbox));
		m = &w.mailbox.kept[0];
		assert_int_equal(m->kind, GB_APPLICATION);
		assert_int_equal(m->raw, decoded_behind(m->body, "\"ciphertext\":\""));
		room_close(&w);
	}
}

/* What an outbox is told about an upload. */
struct uploads {
	struct gb_outbox outbox;
	uint8_t room[65536];
	size_t len;
	uint32_t raw;
};

static uint8_t *reserve(struct gb_outbox *self, size_t capacity)
{
	struct uploads *u = (struct uploads *)self;

	return capacity <= sizeof(u->room) ? u->room : NULL;
}

static void commit(struct gb_outbox *self, const struct gb_message *m)
{
	struct uploads *u = (struct uploads *)self;

	u->len = m->body.len;
	u->raw = m->raw;
}

/* Two keys of the device, with a signature; each other key has a signature too. */
static void uploads_say_what_of_them_is_raw(void **state)
{
	static struct uploads u = {.outbox = {reserve, commit}};
	struct room w;
	size_t n = 0;

	(void)state;
	room_open(&w, 4, "new", true);
	room_must(&w, ROOM_BACKEND->publish_many(w.world, 3, 1, &u.outbox));
	for (const uint8_t *p = u.room;
	     (p = memmem(p, u.len - (size_t)(p - u.room), "\"key\":\"", 7)) != NULL; p += 7)
		n++;
	assert_true(n >= 1);
	assert_int_equal(u.raw, 2 * 32 + 64 + n * (32 + 64));
	room_close(&w);
}

/* In an upload of signatures the master key is the name of what is signed, too. */
static void a_key_that_is_a_name_is_not_raw(void **state)
{
#define KEY "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdE"
	static const char body[] =
		"{\"@a:gb.test\":{\"" KEY "\":{\"keys\":{\"ed25519:" KEY "\":\"" KEY
		"\"},\"signatures\":{\"@a:gb.test\":{\"ed25519:DEVICE\":\"" KEY KEY "\"}}}}}";
#undef KEY

	(void)state;
	assert_int_equal(
		gb_megolm_raw_upload((struct gb_bytes){(const uint8_t *)body, sizeof(body) - 1}),
		32 + 64);
}

/* Of an upload to a backup and of what is restored it is the sum over the sessions. */
static void backups_say_what_of_them_is_raw(void **state)
{
	static const struct {
		const char *backup;
		size_t beside; /* the ciphertext: an ephemeral key and MACs of 8 and 32, or an IV */
	} rows[] = {{"pk", 32 + 8}, {"pk_mac", 32 + 8 + 32}, {"sym", 16}};
	const struct gb_bytes text = {(const uint8_t *)"what was said", 13};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct gb_axis axis = {"backup", rows[i].backup};
		struct gb_message upload;
		struct room w;
		size_t each;

		room_open_with(&w, 4, &axis, 1, false);
		gb_mailbox_empty(&w.mailbox);
		room_must(&w, ROOM_BACKEND->history(w.world, 0, 12, 1, text, &w.mailbox.outbox));
		gb_mailbox_empty(&w.mailbox);
		room_must(&w, ROOM_BACKEND->backup(w.world, 0, &w.mailbox.outbox));
		upload = w.mailbox.kept[0];
		each = decoded_behind(upload.body, "\"ciphertext\":\"") + rows[i].beside;
		assert_int_equal(upload.raw, 12 * each);
		/* The upload stays where it is, in front of the answers. */
		room_must(&w, ROOM_BACKEND->stored(w.world, 0, 1, GB_SCOPE_ONE, &upload, 1,
						   &w.mailbox.outbox));
		assert_int_equal(w.mailbox.kept[1].raw, each);
		room_must(&w, ROOM_BACKEND->stored(w.world, 0, 1, GB_SCOPE_ALL, &upload, 1,
						   &w.mailbox.outbox));
		assert_int_equal(w.mailbox.kept[2].raw, 12 * each);
		room_close(&w);
	}
}

#define FILE_BYTES 4096

/* A file of n bytes 'A' as base64, of which each three are "QUFB"; its length. */
static size_t write_file(uint8_t *file, size_t n)
{
	static const char *const ends[] = {"", "QQ==", "QUE="};
	char *at = (char *)file;

	at += sprintf(at, "-----BEGIN MEGOLM SESSION DATA-----\n");
	for (size_t i = 0; i + 3 <= n; i += 3)
		at += sprintf(at, "QUFB%s", i % 96 == 93 ? "\n" : "");
	at += sprintf(at, "%s%s", ends[n % 3], n % 96 != 0 ? "\n" : "");
	at += sprintf(at, "-----END MEGOLM SESSION DATA-----\n");
	return (size_t)(at - (char *)file);
}

/* On a copy of exactly this size, so that a sanitizer sees a read outside. */
static uint32_t raw_file(const uint8_t *file, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	uint32_t raw;

	assert_non_null(copy);
	memcpy(copy, file, len);
	raw = gb_megolm_raw_file((struct gb_bytes){copy, len});
	free(copy);
	return raw;
}

static void files_say_what_of_them_is_raw(void **state)
{
	uint8_t file[FILE_BYTES];

	(void)state;
	for (size_t n = 0; n <= 400; n++)
		assert_int_equal(raw_file(file, write_file(file, n)), n);
}

/* Nothing of what is no file is raw, and nowhere more than there is. */
static void what_is_no_file_is_measured_safely(void **state)
{
	uint8_t file[FILE_BYTES];
	size_t len = write_file(file, 100),
	       between = strlen("-----BEGIN MEGOLM SESSION DATA-----\n");

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(raw_file(file, cut), 0);
	for (size_t i = 0; i < len; i++) {
		file[i] ^= 1;
		assert_true(raw_file(file, len) <= len);
		if (i < between || i >= len - strlen("-----END MEGOLM SESSION DATA-----\n"))
			assert_int_equal(raw_file(file, len), 0);
		file[i] ^= 1;
	}
	/* Nothing but padding. */
	len = write_file(file, 0);
	for (size_t n = 1; n <= 300; n++) {
		memmove(file + between + 1, file + between, len - between);
		file[between] = '=';
		assert_true(raw_file(file, ++len) <= n);
	}
}

/* The private keys, sealed, and the nonce (MSC3814): a version, two keys of the account, how many
 * one-time keys there are and they, whether there is a fallback key and it; a tag. */
static void dehydrated_devices_say_what_of_them_is_raw(void **state)
{
	const struct gb_axis axis = {"devices_per_user", "2"};
	const size_t sealed = 4 + 2 * 32 + 4 + 50 * 32 + 1 + 32 + 16, nonce = 12;
	const struct gb_message *m;
	struct room w;

	(void)state;
	room_open_with(&w, 4, &axis, 1, false);
	gb_mailbox_empty(&w.mailbox);
	w.mailbox.sender = 1;
	room_must(&w, ROOM_BACKEND->want(w.world, 1, GB_WAY_DEHYDRATED, 0, &w.mailbox.outbox));
	m = &w.mailbox.kept[0];
	assert_int_equal(w.mailbox.n_kept, 1);
	assert_int_equal(m->kind, GB_BACKUP);
	assert_int_equal(decoded_behind(m->body, "\"device_pickle\":\""), sealed);
	assert_int_equal(decoded_behind(m->body, "\"nonce\":\""), nonce);
	assert_int_equal(m->raw, sealed + nonce);
	room_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_say_what_of_them_is_raw),
		cmocka_unit_test(uploads_say_what_of_them_is_raw),
		cmocka_unit_test(a_key_that_is_a_name_is_not_raw),
		cmocka_unit_test(backups_say_what_of_them_is_raw),
		cmocka_unit_test(files_say_what_of_them_is_raw),
		cmocka_unit_test(what_is_no_file_is_measured_safely),
		cmocka_unit_test(dehydrated_devices_say_what_of_them_is_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
