/*
 * History for who is invited.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto_seal.h"
#include "inbound.h"
#include "matrix.h"
#include "megolm/crypto.h"
#include "megolm_keys.h"

#define URL "mxc://gb.test/bundle"

/* Alice, whose room shares its history; Bob has the key. Carol is invited; her device is signed. */
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
	matrix_story_open_strict(&i->story);
	matrix_open(&i->carol, 2, &megolm_default_policy);
	matrix_cross_sign(&i->carol);
	matrix_outbox_open(&i->out);
	i->carol_at_alice = matrix_meet(&i->story.alice, &i->carol);
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
	return megolm_room_bundle_read(
		i->carol.room, n, n_withheld, &i->attachment, i->story.alice.user_id,
		(struct megolm_slice){i->file, i->len}, &megolm_default_import_limits);
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
	assert_string_equal(read.giver, i.story.alice.user_id);
	ASSERT_ERR(matrix_story_read(&i.story, &i.carol, &source), MEGOLM_ERR_HISTORY_NOT_SHARED);
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

static void assert_from(struct invitation *i, struct megolm_slice event, enum megolm_source source,
			const char *giver)
{
	struct megolm_event read;

	ASSERT_DONE(megolm_room_decrypt(i->carol.room, &read, i->story.alice.user_id, "$1", event));
	assert_int_equal(read.source, source);
	if (giver != NULL)
		assert_string_equal(read.giver, giver);
	else
		assert_null(read.giver);
}

/* Of two who give one key the first; nobody where its sender has. */
static void who_gave_a_key_is_remembered(void **state)
{
	struct matrix_device *all[1];
	struct megolm_imported n = {0};
	struct megolm_slice event;
	struct invitation i;

	(void)state;
	open_invitation(&i);
	all[0] = &i.carol;
	event = share_history(&i);
	ASSERT_DONE(megolm_room_bundle_write(i.story.bob.room, &i.attachment, i.file,
					     sizeof(i.file), &i.len));
	ASSERT_ERR(megolm_room_bundle_read(i.carol.room, &n, NULL, &i.attachment, "bob",
					   (struct megolm_slice){i.file, i.len},
					   &megolm_default_import_limits),
		   MEGOLM_ERR_IDENTIFIER);
	ASSERT_DONE(megolm_room_bundle_read(
		i.carol.room, &n, NULL, &i.attachment, i.story.bob.user_id,
		(struct megolm_slice){i.file, i.len}, &megolm_default_import_limits));
	assert_int_equal(n.n_new, 1);
	assert_from(&i, event, MEGOLM_SOURCE_BUNDLE, i.story.bob.user_id);
	write_bundle(&i);
	ASSERT_DONE(read_bundle(&i, &n, NULL));
	assert_int_equal(n.n_known, 1);
	assert_from(&i, event, MEGOLM_SOURCE_BUNDLE, i.story.bob.user_id);
	ASSERT_DONE(megolm_room_add(i.story.alice.room, i.carol_at_alice));
	matrix_share(&i.story.alice, all, 1);
	assert_from(&i, event, MEGOLM_SOURCE_SENDER, NULL);
	close_invitation(&i);
}

/* The session of a story as another device has it from a file, and what is said there of sharing
 * it. */
static struct megolm_inbound *import_file(struct matrix_story *s, struct matrix_device *to,
					  bool is_shared)
{
	static uint8_t file[4096];
	const struct megolm_slice passphrase = matrix_text("secret");
	struct megolm_imported n;
	struct megolm_inbound *inbound;
	size_t len;

	ASSERT_DONE(megolm_key_file_write(s->bob.device, file, sizeof(file), &len, passphrase, 1));
	ASSERT_DONE(megolm_key_file_read(to->device, &n, NULL, (struct megolm_slice){file, len},
					 passphrase, &megolm_default_import_limits));
	inbound = megolm_inbound_find(to->room, matrix_text(matrix_story_session(s)));
	assert_non_null(inbound);
	inbound->shared_history = is_shared;
	return inbound;
}

/* Whatever a file said of it before. */
static void the_sender_decides_what_may_be_shared(void **state)
{
	(void)state;
	for (int is_shared = 0; is_shared < 2; is_shared++) {
		struct matrix_device carol, *all[] = {&carol};
		struct megolm_inbound *inbound;
		struct matrix_story s;

		matrix_story_open(&s);
		megolm_room_set_shared_history(s.alice.room, is_shared == 1);
		matrix_share(&s.alice, (struct matrix_device *[]){&s.bob}, 1);
		matrix_open(&carol, 2, &megolm_default_policy);
		inbound = import_file(&s, &carol, is_shared == 0);
		(void)matrix_invite(&s.alice, &carol);
		matrix_share(&s.alice, all, 1);
		assert_int_equal(inbound->shared_history, is_shared);
		matrix_close(&carol);
		matrix_story_close(&s);
	}
}

/* E2EE, "if any of the following conditions are satisfied". */
static void of_others_one_yes_is_enough(void **state)
{
	(void)state;
	for (int before = 0; before < 2; before++)
		for (int later = 0; later < 2; later++) {
			struct megolm_inbound *inbound, *of_bob;
			struct megolm_imported n;
			struct matrix_device phone;
			struct matrix_story s;

			matrix_story_open(&s);
			matrix_open_another(&phone, 2, 1);
			inbound = import_file(&s, &phone, before == 1);
			of_bob = megolm_inbound_find(s.bob.room,
						     matrix_text(matrix_story_session(&s)));
			of_bob->shared_history = later == 1;
			ASSERT_DONE(megolm_device_adopt(phone.device, &n, s.bob.device));
			assert_int_equal(n.n_new, 1);
			assert_int_equal(inbound->shared_history, before + later > 0);
			matrix_close(&phone);
			matrix_story_close(&s);
		}
}

/* Also where the other was the better source, so that nothing else of the second is kept. */
static void a_yes_of_a_lesser_source_is_enough(void **state)
{
	(void)state;
	for (int before = 0; before < 2; before++)
		for (int later = 0; later < 2; later++) {
			struct megolm_inbound *inbound, *of_bob;
			struct megolm_imported n;
			struct matrix_device phone;
			struct matrix_story s;
			uint8_t file[4096];
			size_t len;

			matrix_story_open(&s);
			matrix_open_another(&phone, 2, 1);
			of_bob = megolm_inbound_find(s.bob.room,
						     matrix_text(matrix_story_session(&s)));
			of_bob->shared_history = before == 1;
			ASSERT_DONE(megolm_device_adopt(phone.device, &n, s.bob.device));
			assert_int_equal(n.n_new, 1);
			of_bob->shared_history = later == 1;
			ASSERT_DONE(megolm_key_file_write(s.bob.device, file, sizeof(file), &len,
							  matrix_text("secret"), 1));
			ASSERT_DONE(megolm_key_file_read(
				phone.device, &n, NULL, (struct megolm_slice){file, len},
				matrix_text("secret"), &megolm_default_import_limits));
			assert_int_equal(n.n_known, 1);
			inbound = megolm_inbound_find(phone.room,
						      matrix_text(matrix_story_session(&s)));
			assert_int_equal(inbound->shared_history, before + later > 0);
			matrix_close(&phone);
			matrix_story_close(&s);
		}
}

/* A source of randomness that can fail. */
struct unlucky {
	struct megolm_seeded stream;
	bool fails;
};

static enum megolm_err draw(void *state, uint8_t *out, size_t len)
{
	struct unlucky *u = state;

	return u->fails ? MEGOLM_ERR_RANDOM
			: megolm_seeded_random(&u->stream).draw(&u->stream, out, len);
}

static void a_bundle_that_fails_leaves_no_key_behind(void **state)
{
	static uint8_t file[4096], nothing[sizeof(file)];
	struct unlucky u = {.fails = false};
	const struct megolm_random random = {draw, &u};
	struct megolm_attachment attachment;
	struct megolm_device *device;
	struct megolm_room *room;
	size_t len;

	(void)state;
	ASSERT_DONE(megolm_seeded_begin(&u.stream, 7, "unlucky", 0, 0));
	ASSERT_DONE(megolm_device_new(&device, "@a:gb.test", "A", &random, &megolm_default_policy));
	ASSERT_DONE(megolm_device_room(device, &room, MATRIX_ROOM));
	megolm_room_set_shared_history(room, true);
	ASSERT_DONE(megolm_probe_share_silently(room, 0));
	u.fails = true;
	ASSERT_ERR(megolm_room_bundle_write(room, &attachment, file, sizeof(file), &len),
		   MEGOLM_ERR_RANDOM);
	assert_memory_equal(file, nothing, sizeof(file));
	u.fails = false;
	ASSERT_DONE(megolm_room_bundle_write(room, &attachment, file, sizeof(file), &len));
	megolm_device_free(device);
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

/* That the user has verified a device is not enough. */
static void assert_word_is_not_enough(struct invitation *i)
{
	struct matrix_device dave, erin;
	struct megolm_peer *peer;

	matrix_open(&dave, 3, &megolm_default_policy);
	matrix_open(&erin, 4, &megolm_default_policy);
	matrix_cross_sign(&erin);
	peer = matrix_meet(&dave, &erin);
	ASSERT_DONE(megolm_peer_set_verified(peer, true));
	ASSERT_ERR(megolm_room_bundle_send(dave.room, &i->attachment, URL, peer, &i->out.sink),
		   MEGOLM_ERR_UNVERIFIED);
	matrix_close(&dave);
	matrix_close(&erin);
}

static void a_bundle_goes_to_cross_signed_devices_only(void **state)
{
	struct invitation i;

	(void)state;
	open_invitation(&i);
	write_bundle(&i);
	ASSERT_ERR(megolm_room_bundle_send(i.story.alice.room, &i.attachment, "http://gb.test/x",
					   i.carol_at_alice, &i.out.sink),
		   MEGOLM_ERR_IDENTIFIER);
	assert_word_is_not_enough(&i);
	megolm_device_forget_user(i.story.alice.device, i.carol.user_id);
	ASSERT_ERR(megolm_room_bundle_send(i.story.alice.room, &i.attachment, URL, i.carol_at_alice,
					   &i.out.sink),
		   MEGOLM_ERR_UNVERIFIED);
	assert_int_equal(i.out.n, 0);
	close_invitation(&i);
}

/* E2EE, m.room_key_bundle: the sender's device keys must be there, whatever goes without. */
static void who_announces_a_bundle_says_its_keys(void **state)
{
	struct megolm_policy policy = matrix_strict;
	struct matrix_device dave;
	struct megolm_peer *peer;
	struct invitation i;

	(void)state;
	open_invitation(&i);
	policy.without_device_keys = true;
	matrix_open(&dave, 3, &policy);
	peer = matrix_meet(&dave, &i.carol);
	ASSERT_DONE(megolm_device_send_dummy(dave.device, peer, &i.out.sink));
	ASSERT_ERR(matrix_receive(&i.carol, &dave, matrix_last(&i.out)), MEGOLM_ERR_UNKNOWN_DEVICE);
	ASSERT_DONE(megolm_room_bundle_send(dave.room, &i.attachment, URL, peer, &i.out.sink));
	ASSERT_DONE(matrix_receive(&i.carol, &dave, matrix_last(&i.out)));
	matrix_close(&dave);
	close_invitation(&i);
}

#define ZEROS_22 "AAAAAAAAAAAAAAAAAAAAAA"
#define ZEROS_43 ZEROS_22 "AAAAAAAAAAAAAAAAAAAAA"
#define KEY_OF(algorithm, extractable, uses, type)                                                 \
	"{\"alg\":\"" algorithm "\",\"ext\":" extractable ",\"k\":\"" ZEROS_43                     \
	"\",\"key_ops\":" uses ",\"kty\":\"" type "\"}"
#define CONTENT(key, version)                                                                      \
	"{\"file\":{\"hashes\":{\"sha256\":\"" ZEROS_43 "\"},\"iv\":\"" ZEROS_22 "\",\"key\":" key \
	",\"url\":\"" URL "\",\"v\":\"" version "\"},\"room_id\":\"!r:gb.test\"}"
#define BOTH "[\"decrypt\",\"encrypt\"]"

/* EncryptedFile: "Must be" of its version and of four members of its key. */
static void what_opens_a_bundle_is_what_it_must_be(void **state)
{
	static const struct {
		const char *content;
		enum megolm_err err;
	} rows[] = {
		{CONTENT(KEY_OF("A256CTR", "true", BOTH, "oct"), "v2"), MEGOLM_OK},
		{CONTENT(KEY_OF("A256CTR", "true", BOTH, "oct"), "v1"), MEGOLM_ERR_ALGORITHM},
		{CONTENT(KEY_OF("A256CBC", "true", BOTH, "oct"), "v2"), MEGOLM_ERR_ALGORITHM},
		{CONTENT(KEY_OF("A256CTR", "false", BOTH, "oct"), "v2"), MEGOLM_ERR_ALGORITHM},
		{CONTENT(KEY_OF("A256CTR", "true", "[\"encrypt\"]", "oct"), "v2"),
		 MEGOLM_ERR_ALGORITHM},
		{CONTENT(KEY_OF("A256CTR", "true", "[\"decrypt\"]", "oct"), "v2"),
		 MEGOLM_ERR_ALGORITHM},
		{CONTENT(KEY_OF("A256CTR", "true", BOTH, "RSA"), "v2"), MEGOLM_ERR_ALGORITHM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct matrix_claims claims = {.type = "m.room_key_bundle",
						     .content = rows[i].content};
		struct matrix_pair p;

		matrix_pair_open(&p);
		ASSERT_ERR(matrix_receive(&p.bob, &p.alice, matrix_forge_event(&p, claims)),
			   rows[i].err);
		matrix_pair_close(&p);
	}
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
					   i.story.alice.user_id,
					   (struct megolm_slice){i.file, i.len}, &tight),
		   MEGOLM_ERR_TOO_LARGE);
	tight = megolm_default_import_limits;
	tight.max_sessions = 0;
	ASSERT_ERR(megolm_room_bundle_read(i.carol.room, &n, NULL, &i.attachment,
					   i.story.alice.user_id,
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
	enum megolm_source source;

	(void)state;
	open_invitation(&i);
	(void)share_history(&i);
	write_bundle(&i);
	ASSERT_DONE(megolm_device_room(i.carol.device, &other, "!other:gb.test"));
	ASSERT_DONE(megolm_room_bundle_read(other, &n, NULL, &i.attachment, i.story.alice.user_id,
					    (struct megolm_slice){i.file, i.len},
					    &megolm_default_import_limits));
	assert_int_equal(n.n_new, 0);
	assert_int_equal(n.n_refused, 2);
	ASSERT_ERR(matrix_story_read(&i.story, &i.carol, &source), MEGOLM_ERR_UNKNOWN_SESSION);
	close_invitation(&i);
}

#define WITHHELD(algorithm, room, session, code)                                                   \
	"{\"algorithm\":\"" algorithm "\",\"code\":\"" code "\",\"room_id\":\"" room               \
	"\",\"sender_key\":\"" KEY "\",\"session_id\":\"" session "\"}"
#define KEY "RF3s+E7RkTQTGF2d8Deol0FkQvgII2aJDf3/Jp5mxVU"

/* What Alice would have written. */
static void seal_bundle(struct invitation *i, const char *text)
{
	uint8_t hash[32];

	i->len = (size_t)snprintf((char *)i->file, sizeof(i->file), "%s", text);
	memset(&i->attachment, 0, sizeof(i->attachment));
	ASSERT_DONE(megolm_ctr(i->file, (struct megolm_slice){i->file, i->len}, i->attachment.key,
			       i->attachment.iv));
	ASSERT_DONE(megolm_sha256(hash, (struct megolm_slice){i->file, i->len}));
	memcpy(i->attachment.sha256, hash, sizeof(hash));
}

/* A bundle that lists one session as withheld. */
static void withhold_in_bundle(struct invitation *i, const char *item)
{
	char text[1024];

	snprintf(text, sizeof(text), "{\"room_keys\":[],\"withheld\":[%s]}", item);
	seal_bundle(i, text);
}

/* The specification requires neither of the two lists. */
static void a_bundle_is_an_object_with_lists(void **state)
{
	static const struct {
		const char *text;
		enum megolm_err err;
	} rows[] = {
		{"{}", MEGOLM_OK},
		{"{\"room_keys\":[]}", MEGOLM_OK},
		{"{\"withheld\":[]}", MEGOLM_OK},
		{"{\"room_keys\":{}}", MEGOLM_ERR_JSON_MEMBER},
		{"{\"room_keys\":[],\"withheld\":7}", MEGOLM_ERR_JSON_MEMBER},
		{"[]", MEGOLM_ERR_JSON},
	};
	struct invitation i;

	(void)state;
	open_invitation(&i);
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct megolm_imported n = {.n_new = 7};

		seal_bundle(&i, rows[k].text);
		ASSERT_ERR(read_bundle(&i, &n, NULL), rows[k].err);
		assert_int_equal(n.n_new, rows[k].err == MEGOLM_OK ? 0 : 7);
	}
	close_invitation(&i);
}

/* Each says about one session of this room why its key is not there; the last one counts. */
static void what_a_bundle_withholds_is_remembered(void **state)
{
	static const char megolm[] = "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}";
	static const struct {
		const char *item;
		enum megolm_err err; /* of a message of the session */
	} rows[] = {
		{"{}", MEGOLM_ERR_UNKNOWN_SESSION},
		{"7", MEGOLM_ERR_UNKNOWN_SESSION},
		{megolm, MEGOLM_ERR_UNKNOWN_SESSION},
		{WITHHELD("m.megolm.v2.aes-sha2", MATRIX_ROOM, KEY, "m.history_not_shared"),
		 MEGOLM_ERR_UNKNOWN_SESSION},
		{WITHHELD("m.megolm.v1.aes-sha2", "!other:gb.test", KEY, "m.history_not_shared"),
		 MEGOLM_ERR_UNKNOWN_SESSION},
		{WITHHELD("m.megolm.v1.aes-sha2", MATRIX_ROOM, "short", "m.history_not_shared"),
		 MEGOLM_ERR_UNKNOWN_SESSION},
		{WITHHELD("m.megolm.v1.aes-sha2", MATRIX_ROOM, KEY, "m.unavailable"),
		 MEGOLM_ERR_WITHHELD},
		{WITHHELD("m.megolm.v1.aes-sha2", MATRIX_ROOM, KEY, "m.history_not_shared"),
		 MEGOLM_ERR_HISTORY_NOT_SHARED},
		{WITHHELD("m.megolm.v1.aes-sha2", MATRIX_ROOM, KEY, "m.no_olm"),
		 MEGOLM_ERR_WITHHELD},
	};
	static const char event[] = "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"ciphertext\":\"\","
				    "\"session_id\":\"" KEY "\"}";
	struct megolm_event read;
	struct invitation i;

	(void)state;
	open_invitation(&i);
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct megolm_imported n = {0};
		size_t n_withheld = 7;

		withhold_in_bundle(&i, rows[k].item);
		ASSERT_DONE(read_bundle(&i, &n, &n_withheld));
		assert_int_equal(n_withheld, rows[k].err != MEGOLM_ERR_UNKNOWN_SESSION);
		assert_int_equal(n.n_refused, rows[k].err == MEGOLM_ERR_UNKNOWN_SESSION);
		ASSERT_ERR(megolm_room_decrypt(i.carol.room, &read, i.story.alice.user_id, "$1",
					       matrix_text(event)),
			   rows[k].err);
	}
	{
		const struct megolm_import_limits none = {.max_bytes = 10000};
		struct megolm_imported n;

		ASSERT_ERR(megolm_room_bundle_read(i.carol.room, &n, NULL, &i.attachment,
						   i.story.alice.user_id,
						   (struct megolm_slice){i.file, i.len}, &none),
			   MEGOLM_ERR_TOO_MANY);
	}
	close_invitation(&i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_invited_reads_shared_history_and_no_other),
		cmocka_unit_test(a_recipient_remembers_what_may_be_shared),
		cmocka_unit_test(who_gave_a_key_is_remembered),
		cmocka_unit_test(the_sender_decides_what_may_be_shared),
		cmocka_unit_test(of_others_one_yes_is_enough),
		cmocka_unit_test(a_yes_of_a_lesser_source_is_enough),
		cmocka_unit_test(a_bundle_that_fails_leaves_no_key_behind),
		cmocka_unit_test(a_change_of_visibility_ends_the_session),
		cmocka_unit_test(a_bundle_goes_to_cross_signed_devices_only),
		cmocka_unit_test(who_announces_a_bundle_says_its_keys),
		cmocka_unit_test(what_opens_a_bundle_is_what_it_must_be),
		cmocka_unit_test(a_changed_bundle_is_refused),
		cmocka_unit_test(keys_of_other_rooms_are_refused),
		cmocka_unit_test(a_bundle_is_an_object_with_lists),
		cmocka_unit_test(what_a_bundle_withholds_is_remembered),
	};

	return cmocka_run_group_tests_name("megolm bundle", tests, NULL, NULL);
}
