/*
 * Users with several devices: who vouches for a device, what is verified how often, and what is
 * refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "matrix.h"
#include "megolm_keys.h"
#include "megolm_withheld.h"

#define BOB "@bob:gb.test"

static const struct megolm_policy strict = {.max_content = 65536, .cross_signed = true};

/* Alice, who wants cross-signed devices; Bob's keys, and his devices as the test makes them. */
struct users {
	struct matrix_device alice;
	struct megolm_seeded stream;
	struct megolm_random random;
	struct megolm_identity *bob, *other_bob;
	struct megolm_device *phone, *laptop;
	struct megolm_counts counts;
};

static struct megolm_device *device_of_bob(struct users *u, const char *device_id)
{
	struct megolm_device *device = NULL;

	ASSERT_DONE(megolm_device_new(&device, BOB, device_id, &u->random, &strict));
	return device;
}

static void open_users(struct users *u)
{
	matrix_open(&u->alice, 0, &strict);
	ASSERT_DONE(megolm_seeded_begin(&u->stream, 7, "users", 0, 0));
	u->random = megolm_seeded_random(&u->stream);
	u->bob = u->other_bob = NULL;
	ASSERT_DONE(megolm_identity_new(&u->bob, BOB, &u->random));
	ASSERT_DONE(megolm_identity_new(&u->other_bob, BOB, &u->random));
	u->phone = device_of_bob(u, "PHONE");
	u->laptop = device_of_bob(u, "zzLAPTOP");
	memset(&u->counts, 0, sizeof(u->counts));
	megolm_probe_count_into(&u->counts);
}

static void close_users(struct users *u)
{
	megolm_probe_count_into(NULL);
	megolm_identity_free(u->bob);
	megolm_identity_free(u->other_bob);
	megolm_device_free(u->phone);
	megolm_device_free(u->laptop);
	matrix_close(&u->alice);
}

static enum megolm_err learn_user(struct users *u, const struct megolm_identity *identity)
{
	return megolm_device_learn_user(u->alice.device, megolm_identity_master_key(identity),
					megolm_identity_self_signing_key(identity), BOB);
}

static enum megolm_err learn(struct users *u, struct megolm_slice keys, const char *device_id)
{
	struct megolm_peer *peer;

	return megolm_device_learn(u->alice.device, &peer, keys, BOB, device_id, 0);
}

/* As many verifications since the last call. */
static void assert_verified(struct users *u, uint64_t n)
{
	assert_int_equal(u->counts.verify, n);
	u->counts.verify = 0;
}

static void assert_canonical(struct megolm_slice text)
{
	json_t *json = json_loadb((const char *)text.p, text.len, 0, NULL);
	char *sorted = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

	assert_non_null(sorted);
	assert_int_equal(strlen(sorted), text.len);
	assert_memory_equal(sorted, text.p, text.len);
	free(sorted);
	json_decref(json);
}

/* Also with a device whose name stands behind that of the self-signing key. */
static void what_is_published_is_canonical(void **state)
{
	struct users u;

	(void)state;
	open_users(&u);
	assert_canonical(megolm_identity_master_key(u.bob));
	assert_canonical(megolm_identity_self_signing_key(u.bob));
	ASSERT_DONE(megolm_device_cross_sign(u.phone, u.bob));
	ASSERT_DONE(megolm_device_cross_sign(u.laptop, u.bob));
	assert_canonical(megolm_device_keys(u.phone));
	assert_canonical(megolm_device_keys(u.laptop));
	ASSERT_ERR(megolm_device_cross_sign(u.phone, u.bob), MEGOLM_ERR_USAGE);
	ASSERT_ERR(megolm_device_cross_sign(u.alice.device, u.bob), MEGOLM_ERR_WRONG_USER);
	close_users(&u);
}

/* The self-signing key once, each device by itself and by that key. */
static void a_user_is_verified_once_and_each_device_twice(void **state)
{
	struct users u;

	(void)state;
	open_users(&u);
	ASSERT_DONE(megolm_device_cross_sign(u.phone, u.bob));
	ASSERT_DONE(megolm_device_cross_sign(u.laptop, u.bob));
	ASSERT_DONE(learn_user(&u, u.bob));
	assert_verified(&u, 1);
	ASSERT_DONE(learn_user(&u, u.bob));
	assert_verified(&u, 0);
	ASSERT_DONE(learn(&u, megolm_device_keys(u.phone), "PHONE"));
	assert_verified(&u, 2);
	ASSERT_DONE(learn(&u, megolm_device_keys(u.laptop), "zzLAPTOP"));
	assert_verified(&u, 2);
	ASSERT_DONE(learn(&u, megolm_device_keys(u.laptop), "zzLAPTOP"));
	assert_verified(&u, 0);
	close_users(&u);
}

static void devices_nobody_vouches_for_are_refused(void **state)
{
	struct users u;

	(void)state;
	open_users(&u);
	ASSERT_ERR(learn(&u, megolm_device_keys(u.phone), "PHONE"), MEGOLM_ERR_UNKNOWN_USER);
	ASSERT_DONE(learn_user(&u, u.bob));
	ASSERT_ERR(learn(&u, megolm_device_keys(u.phone), "PHONE"), MEGOLM_ERR_NOT_CROSS_SIGNED);
	ASSERT_DONE(megolm_device_cross_sign(u.phone, u.other_bob));
	ASSERT_ERR(learn(&u, megolm_device_keys(u.phone), "PHONE"), MEGOLM_ERR_NOT_CROSS_SIGNED);
	assert_null(megolm_device_find(u.alice.device, BOB, "PHONE"));
	ASSERT_DONE(megolm_device_cross_sign(u.laptop, u.bob));
	ASSERT_DONE(learn(&u, megolm_device_keys(u.laptop), "zzLAPTOP"));
	close_users(&u);
}

/* A copy of a text in which the n-th character behind `mark` is `c`. */
static struct megolm_slice edited(char out[2048], struct megolm_slice text, const char *mark,
				  size_t n, char c)
{
	char *at;

	memcpy(out, text.p, text.len);
	out[text.len] = '\0';
	at = strstr(out, mark);
	assert_non_null(at);
	at += strlen(mark) + n;
	*at = c != '\0' ? c : *at == 'A' ? 'B' : 'A';
	return matrix_text(out);
}

/* The cross-signature of a device is looked at, and not only whether one is there. */
static void a_forged_cross_signature_is_refused(void **state)
{
	struct megolm_slice keys, self_signing;
	char name[64], text[2048];
	struct users u;

	(void)state;
	open_users(&u);
	ASSERT_DONE(megolm_device_cross_sign(u.phone, u.bob));
	ASSERT_DONE(learn_user(&u, u.bob));
	keys = megolm_device_keys(u.phone);
	self_signing = megolm_identity_self_signing_key(u.bob);
	snprintf(name, sizeof(name), "%.51s\":\"", (const char *)self_signing.p + 10);
	ASSERT_ERR(learn(&u, edited(text, keys, name, 10, '\0'), "PHONE"),
		   MEGOLM_ERR_NOT_CROSS_SIGNED);
	ASSERT_ERR(learn(&u, edited(text, keys, "\"ed25519:PHONE\":\"", 10, '\0'), "PHONE"),
		   MEGOLM_ERR_SIGNATURE);
	ASSERT_DONE(learn(&u, keys, "PHONE"));
	close_users(&u);
}

static enum megolm_err learn_texts(struct users *u, struct megolm_slice master,
				   struct megolm_slice self_signing, const char *user_id)
{
	return megolm_device_learn_user(u->alice.device, master, self_signing, user_id);
}

/* A copy of a text in which a character of the signature of "ed25519:KEY_ID" is another one. */
static struct megolm_slice resigned(char out[2048], struct megolm_slice text, const char *key_id)
{
	char mark[80];

	snprintf(mark, sizeof(mark), "\"ed25519:%s\":\"", key_id);
	return edited(out, text, mark, 10, '\0');
}

/* The uploads of Bob's keys with signatures on them, and the name of the master key. */
struct uploads {
	json_t *signatures;
	char *signed_master, master[44];
};

static void open_uploads(struct uploads *up, struct users *u)
{
	uint8_t text[4096];
	size_t len;

	ASSERT_DONE(megolm_signatures_upload(u->bob, u->phone, text, sizeof(text), &len));
	up->signatures = json_loadb((const char *)text, len, 0, NULL);
	snprintf(up->master, sizeof(up->master), "%.43s",
		 (const char *)megolm_identity_master_key(u->bob).p +
			 strlen("{\"keys\":{\"ed25519:"));
	up->signed_master =
		json_dumps(json_object_get(json_object_get(up->signatures, BOB), up->master),
			   JSON_COMPACT | JSON_SORT_KEYS);
	assert_non_null(up->signed_master);
}

static void close_uploads(struct uploads *up)
{
	json_decref(up->signatures);
	free(up->signed_master);
}

/* Each signature that is uploaded is wrong in one character at a time; who verifies is none of
 * Bob's devices. */
static void every_signature_of_cross_signing_is_verified(void **state)
{
	struct megolm_slice user_signing, self_signing, master;
	struct megolm_peer *phone = NULL;
	struct uploads up;
	char text[2048];
	struct users u;

	(void)state;
	open_users(&u);
	ASSERT_DONE(megolm_device_cross_sign(u.phone, u.bob));
	open_uploads(&up, &u);
	user_signing = megolm_identity_user_signing_key(u.bob);
	self_signing = megolm_identity_self_signing_key(u.bob);
	master = megolm_identity_master_key(u.bob);
	ASSERT_ERR(megolm_device_check_user_signing_key(u.alice.device, user_signing, BOB),
		   MEGOLM_ERR_UNKNOWN_USER);
	ASSERT_ERR(megolm_device_learn_user(u.alice.device, master,
					    resigned(text, self_signing, up.master), BOB),
		   MEGOLM_ERR_SIGNATURE);
	assert_false(megolm_device_knows_user(u.alice.device, BOB));
	ASSERT_DONE(learn_user(&u, u.bob));
	ASSERT_DONE(megolm_device_learn(u.alice.device, &phone, megolm_device_keys(u.phone), BOB,
					"PHONE", 0));
	u.counts.verify = 0;
	ASSERT_DONE(megolm_device_check_user_signing_key(u.alice.device, user_signing, BOB));
	ASSERT_DONE(megolm_device_check_master_key(u.alice.device, phone,
						   matrix_text(up.signed_master)));
	assert_verified(&u, 2);
	ASSERT_ERR(megolm_device_check_user_signing_key(
			   u.alice.device, resigned(text, user_signing, up.master), BOB),
		   MEGOLM_ERR_SIGNATURE);
	ASSERT_ERR(megolm_device_check_master_key(
			   u.alice.device, phone,
			   resigned(text, matrix_text(up.signed_master), "PHONE")),
		   MEGOLM_ERR_SIGNATURE);
	/* Keys of another kind, of another user, another master key, and none that signed. */
	ASSERT_ERR(megolm_device_check_user_signing_key(u.alice.device, self_signing, BOB),
		   MEGOLM_ERR_ALGORITHM);
	ASSERT_ERR(megolm_device_check_user_signing_key(
			   u.alice.device, megolm_identity_user_signing_key(u.other_bob), BOB),
		   MEGOLM_ERR_SIGNATURE);
	ASSERT_ERR(megolm_device_check_user_signing_key(
			   u.alice.device, (struct megolm_slice){user_signing.p, 65537}, BOB),
		   MEGOLM_ERR_TOO_LARGE);
	ASSERT_ERR(megolm_device_check_master_key(u.alice.device, phone, master),
		   MEGOLM_ERR_SIGNATURE);
	ASSERT_ERR(megolm_device_check_master_key(u.alice.device, phone, self_signing),
		   MEGOLM_ERR_ALGORITHM);
	ASSERT_ERR(megolm_device_check_master_key(u.alice.device, phone,
						  megolm_identity_master_key(u.other_bob)),
		   MEGOLM_ERR_USER_CHANGED);
	ASSERT_ERR(megolm_device_check_master_key(u.alice.device, phone,
						  (struct megolm_slice){master.p, 65537}),
		   MEGOLM_ERR_TOO_LARGE);
	megolm_device_forget_user(u.alice.device, BOB);
	ASSERT_ERR(megolm_device_check_master_key(u.alice.device, phone,
						  matrix_text(up.signed_master)),
		   MEGOLM_ERR_UNKNOWN_USER);
	close_uploads(&up);
	close_users(&u);
}

static void keys_that_vouch_must_be_what_they_claim(void **state)
{
	static const char no_list[] = "{\"algorithms\":{\"m.megolm.v1.aes-sha2\":1,"
				      "\"m.olm.v1.curve25519-aes-sha2\":1},"
				      "\"device_id\":\"PHONE\",\"user_id\":\"" BOB "\"}";
	struct megolm_slice master, self_signing, other;
	struct users u;
	char text[2048], other_text[2048];

	(void)state;
	open_users(&u);
	master = megolm_identity_master_key(u.bob);
	self_signing = megolm_identity_self_signing_key(u.bob);
	other = megolm_identity_self_signing_key(u.other_bob);
	ASSERT_ERR(learn_texts(&u, master, other, BOB), MEGOLM_ERR_SIGNATURE);
	ASSERT_ERR(learn_texts(&u, master, self_signing, "@eve:gb.test"), MEGOLM_ERR_WRONG_USER);
	ASSERT_ERR(learn_texts(&u, master, master, BOB), MEGOLM_ERR_ALGORITHM);
	ASSERT_ERR(learn_texts(&u, self_signing, self_signing, BOB), MEGOLM_ERR_ALGORITHM);
	ASSERT_ERR(learn_texts(&u, edited(text, master, "\"ed25519:", 0, '\0'), self_signing, BOB),
		   MEGOLM_ERR_JSON_MEMBER);
	ASSERT_ERR(learn_texts(&u, edited(text, master, "\":\"", 0, '!'), self_signing, BOB),
		   MEGOLM_ERR_BASE64);
	ASSERT_ERR(learn_texts(&u, master, edited(text, self_signing, "\"signature", 0, 'z'), BOB),
		   MEGOLM_ERR_SIGNATURE);
	ASSERT_ERR(learn_texts(&u, master, edited(text, self_signing, "{", 0, '{'), BOB),
		   MEGOLM_ERR_JSON);
	ASSERT_ERR(learn_texts(&u, (struct megolm_slice){master.p, 65537}, self_signing, BOB),
		   MEGOLM_ERR_TOO_LARGE);
	ASSERT_ERR(learn(&u, megolm_device_keys(u.phone), "PHONE"), MEGOLM_ERR_UNKNOWN_USER);
	/* What keys are for, and which algorithms a device has, is a list. */
	(void)edited(text, master, "\"usage\":", 0, ' ');
	ASSERT_ERR(learn_texts(&u, edited(other_text, matrix_text(text), "\"master\"", 0, ' '),
			       self_signing, BOB),
		   MEGOLM_ERR_ALGORITHM);
	ASSERT_ERR(learn(&u, matrix_text(no_list), "PHONE"), MEGOLM_ERR_ALGORITHM);
	ASSERT_DONE(learn_texts(&u, master, self_signing, BOB));
	ASSERT_ERR(learn_user(&u, u.other_bob), MEGOLM_ERR_USER_CHANGED);
	close_users(&u);
}

/* What comes by Olm is held to the same: sender_device_keys carry both signatures. */
static void senders_are_held_to_it_too(void **state)
{
	struct matrix_outbox out;
	struct megolm_peer *peer;
	struct users u;

	(void)state;
	open_users(&u);
	ASSERT_DONE(megolm_device_cross_sign(u.phone, u.bob));
	matrix_new_key(&u.alice);
	matrix_outbox_open(&out);
	{
		/* Alice has no cross-signing keys: the phone may not mind. */
		struct megolm_device *lax = NULL;
		struct megolm_slice content;
		enum megolm_to_device what;

		ASSERT_DONE(megolm_device_new(&lax, BOB, "LAX", &u.random, &megolm_default_policy));
		ASSERT_DONE(megolm_device_learn(lax, &peer, megolm_device_keys(u.alice.device),
						u.alice.user_id, u.alice.device_id, 0));
		ASSERT_DONE(megolm_device_open_session(lax, peer, u.alice.key));
		ASSERT_DONE(megolm_device_send_dummy(lax, peer, &out.sink));
		ASSERT_DONE(
			megolm_device_find_content(u.alice.device, &content, matrix_last(&out)));
		ASSERT_ERR(megolm_device_receive(u.alice.device, &what, BOB, content),
			   MEGOLM_ERR_UNKNOWN_USER);
		ASSERT_DONE(learn_user(&u, u.bob));
		ASSERT_ERR(megolm_device_receive(u.alice.device, &what, BOB, content),
			   MEGOLM_ERR_NOT_CROSS_SIGNED);
		assert_null(megolm_device_find(u.alice.device, BOB, "LAX"));
		/* A message made once its device was vouched for is taken. */
		ASSERT_DONE(megolm_device_cross_sign(lax, u.bob));
		ASSERT_DONE(megolm_device_send_dummy(lax, peer, &out.sink));
		ASSERT_DONE(
			megolm_device_find_content(u.alice.device, &content, matrix_last(&out)));
		u.counts.verify = 0;
		ASSERT_DONE(megolm_device_receive(u.alice.device, &what, BOB, content));
		assert_int_equal(what, MEGOLM_DUMMY);
		assert_verified(&u, 2);
		megolm_device_free(lax);
	}
	matrix_outbox_close(&out);
	close_users(&u);
}

static void a_rollback_forgets_users_too(void **state)
{
	struct users u;

	(void)state;
	open_users(&u);
	ASSERT_DONE(megolm_device_cross_sign(u.phone, u.bob));
	ASSERT_DONE(megolm_probe_checkpoint(u.alice.device));
	ASSERT_DONE(learn_user(&u, u.bob));
	ASSERT_DONE(megolm_probe_rollback(u.alice.device));
	ASSERT_ERR(learn(&u, megolm_device_keys(u.phone), "PHONE"), MEGOLM_ERR_UNKNOWN_USER);
	ASSERT_DONE(learn_user(&u, u.bob));
	ASSERT_DONE(learn(&u, megolm_device_keys(u.phone), "PHONE"));
	close_users(&u);
}

static struct megolm_peer *find(struct megolm_device *at, const char *device_id)
{
	struct megolm_peer *peer = megolm_device_find(at, BOB, device_id);

	assert_non_null(peer);
	return peer;
}

/* History goes to a device that its user's keys vouch for: nobody has to say so, nobody can say
 * otherwise, and it ends with what vouched. */
static void who_is_vouched_for_is_given_history(void **state)
{
	const struct megolm_attachment attachment = {{0}, {0}, {0}};
	uint8_t text[1024];
	struct megolm_slice key = {text, 0};
	struct matrix_outbox out;
	struct megolm_peer *phone;
	struct users u;

	(void)state;
	open_users(&u);
	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_device_cross_sign(u.phone, u.bob));
	ASSERT_DONE(learn_user(&u, u.bob));
	ASSERT_DONE(learn(&u, megolm_device_keys(u.phone), "PHONE"));
	phone = find(u.alice.device, "PHONE");
	ASSERT_DONE(megolm_device_new_one_time_key(u.phone, text, sizeof(text), &key.len));
	ASSERT_DONE(megolm_device_open_session(u.alice.device, phone, key));
	assert_true(megolm_peer_is_verified(phone));
	ASSERT_ERR(megolm_peer_set_verified(phone, false), MEGOLM_ERR_USAGE);
	ASSERT_DONE(
		megolm_room_bundle_send(u.alice.room, &attachment, "mxc://a/b", phone, &out.sink));
	megolm_device_forget_user(u.alice.device, BOB);
	ASSERT_ERR(
		megolm_room_bundle_send(u.alice.room, &attachment, "mxc://a/b", phone, &out.sink),
		MEGOLM_ERR_UNVERIFIED);
	/* Another identity does not vouch for the device. */
	ASSERT_DONE(learn_user(&u, u.other_bob));
	ASSERT_ERR(learn(&u, megolm_device_keys(u.phone), "PHONE"), MEGOLM_ERR_NOT_CROSS_SIGNED);
	assert_false(megolm_peer_is_verified(phone));
	megolm_device_forget_user(u.alice.device, BOB);
	ASSERT_DONE(learn_user(&u, u.bob));
	assert_false(megolm_peer_is_verified(phone));
	u.counts.verify = 0;
	ASSERT_DONE(learn(&u, megolm_device_keys(u.phone), "PHONE"));
	assert_verified(&u, 2);
	assert_true(megolm_peer_is_verified(phone));
	matrix_outbox_close(&out);
	close_users(&u);
}

/* "servers MUST not allow devices to have the same IDs as cross-signing keys", and clients "must
 * not rely on" that. */
static void a_device_is_not_called_like_a_key_of_its_user(void **state)
{
	struct users u;

	(void)state;
	open_users(&u);
	ASSERT_DONE(learn_user(&u, u.bob));
	for (int i = 0; i < 2; i++) {
		struct megolm_slice key = i == 0 ? megolm_identity_master_key(u.bob)
						 : megolm_identity_self_signing_key(u.bob);
		struct megolm_device *device;
		char id[44];

		snprintf(id, sizeof(id), "%.43s",
			 (const char *)key.p + strlen("{\"keys\":{\"ed25519:"));
		device = device_of_bob(&u, id);
		if (i == 0)
			ASSERT_DONE(megolm_device_cross_sign(device, u.bob));
		ASSERT_ERR(learn(&u, megolm_device_keys(device), id), MEGOLM_ERR_IDENTIFIER);
		megolm_device_free(device);
	}
	close_users(&u);
}

/* Alice, and Bob's phone, which his keys vouch for, in her room. */
static struct megolm_peer *invite_phone(struct users *u, struct megolm_slice *key,
					uint8_t text[1024])
{
	struct megolm_peer *phone;

	ASSERT_DONE(megolm_device_cross_sign(u->phone, u->bob));
	ASSERT_DONE(learn_user(u, u->bob));
	ASSERT_DONE(learn(u, megolm_device_keys(u->phone), "PHONE"));
	phone = find(u->alice.device, "PHONE");
	ASSERT_DONE(megolm_device_new_one_time_key(u->phone, text, 1024, &key->len));
	key->p = text;
	ASSERT_DONE(megolm_device_open_session(u->alice.device, phone, *key));
	ASSERT_DONE(megolm_room_add(u->alice.room, phone));
	return phone;
}

/* A message of the phone, as Alice takes it in. */
static enum megolm_err phone_says(struct users *u, struct megolm_device *phone,
				  struct megolm_peer *alice)
{
	struct matrix_outbox out;
	struct megolm_slice content;
	enum megolm_to_device what;
	enum megolm_err err;

	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_device_send_dummy(phone, alice, &out.sink));
	ASSERT_DONE(megolm_device_find_content(u->alice.device, &content, matrix_last(&out)));
	err = megolm_device_receive(u->alice.device, &what, BOB, content);
	matrix_outbox_close(&out);
	return err;
}

/* Once a user has other keys, which have not signed a device that is known, that is nobody's. */
static void a_device_that_is_disowned_gets_no_keys_and_is_not_heard(void **state)
{
	struct megolm_peer *phone, *alice, *alice_at_lax;
	struct megolm_policy terse = strict;
	struct megolm_slice key;
	struct megolm_shared shared;
	struct matrix_outbox out;
	struct megolm_device *mute = NULL;
	uint8_t text[1024];
	struct users u;

	(void)state;
	open_users(&u);
	matrix_outbox_open(&out);
	phone = invite_phone(&u, &key, text);
	/* The phone, and one that does not say its keys. */
	terse.cross_signed = false;
	terse.without_device_keys = true;
	ASSERT_DONE(megolm_device_new(&mute, BOB, "MUTE", &u.random, &terse));
	ASSERT_DONE(megolm_device_cross_sign(mute, u.bob));
	ASSERT_DONE(learn(&u, megolm_device_keys(mute), "MUTE"));
	matrix_cross_sign(&u.alice);
	alice = matrix_learn(&(struct matrix_device){.device = u.phone}, &u.alice);
	matrix_new_key(&u.alice);
	ASSERT_DONE(megolm_device_open_session(u.phone, alice, u.alice.key));
	alice_at_lax = matrix_learn(&(struct matrix_device){.device = mute}, &u.alice);
	matrix_new_key(&u.alice);
	ASSERT_DONE(megolm_device_open_session(mute, alice_at_lax, u.alice.key));
	ASSERT_DONE(phone_says(&u, u.phone, alice));
	ASSERT_DONE(phone_says(&u, mute, alice_at_lax));
	megolm_device_forget_user(u.alice.device, BOB);
	ASSERT_ERR(phone_says(&u, u.phone, alice), MEGOLM_ERR_UNKNOWN_USER);
	ASSERT_DONE(learn_user(&u, u.other_bob));
	ASSERT_ERR(phone_says(&u, u.phone, alice), MEGOLM_ERR_NOT_CROSS_SIGNED);
	ASSERT_ERR(phone_says(&u, mute, alice_at_lax), MEGOLM_ERR_NOT_CROSS_SIGNED);
	ASSERT_ERR(megolm_room_share(u.alice.room, &shared, 0, &out.sink),
		   MEGOLM_ERR_NOT_CROSS_SIGNED);
	assert_int_equal(out.n, 0);
	ASSERT_DONE(megolm_room_withhold(u.alice.room, phone, MEGOLM_UNVERIFIED));
	ASSERT_DONE(megolm_room_share(u.alice.room, &shared, 0, &out.sink));
	assert_int_equal(shared.n_keys, 0);
	/* Its owner's keys are back. */
	megolm_device_forget_user(u.alice.device, BOB);
	ASSERT_DONE(learn_user(&u, u.bob));
	ASSERT_DONE(phone_says(&u, u.phone, alice));
	assert_true(megolm_peer_is_verified(phone));
	ASSERT_DONE(megolm_room_withhold(u.alice.room, phone, MEGOLM_GIVEN));
	ASSERT_DONE(megolm_room_share(u.alice.room, &shared, 0, &out.sink));
	assert_int_equal(shared.n_keys, 1);
	megolm_device_free(mute);
	matrix_outbox_close(&out);
	close_users(&u);
}

/* Also one that has the key already: that is not used any more. */
static void a_device_that_is_disowned_does_not_read_on(void **state)
{
	(void)state;
	for (int is_shared = 0; is_shared < 2; is_shared++) {
		struct megolm_slice key;
		struct megolm_peer *phone;
		struct megolm_shared shared;
		struct matrix_outbox out;
		uint8_t text[1024];
		struct users u;

		open_users(&u);
		matrix_outbox_open(&out);
		megolm_room_set_shared_history(u.alice.room, is_shared == 1);
		phone = invite_phone(&u, &key, text);
		ASSERT_DONE(megolm_room_share(u.alice.room, &shared, 0, &out.sink));
		assert_int_equal(shared.n_keys, 1);
		assert_false(megolm_room_share_due(u.alice.room, 0));
		megolm_device_forget_user(u.alice.device, BOB);
		ASSERT_DONE(learn_user(&u, u.other_bob));
		assert_true(megolm_room_share_due(u.alice.room, 0));
		ASSERT_ERR(megolm_room_share(u.alice.room, &shared, 0, &out.sink),
			   MEGOLM_ERR_NOT_CROSS_SIGNED);
		ASSERT_DONE(megolm_room_withhold(u.alice.room, phone, MEGOLM_UNVERIFIED));
		ASSERT_DONE(megolm_room_share(u.alice.room, &shared, 0, &out.sink));
		assert_true(shared.new_session);
		assert_int_equal(shared.n_keys, 0);
		matrix_outbox_close(&out);
		close_users(&u);
	}
}

/* What a device sent before its user's keys signed it is taken once it is vouched for. */
static void what_was_sent_before_the_signature_is_taken(void **state)
{
	struct megolm_slice content;
	enum megolm_to_device what;
	struct megolm_peer *alice;
	struct matrix_outbox out;
	struct users u;

	(void)state;
	open_users(&u);
	matrix_outbox_open(&out);
	matrix_cross_sign(&u.alice);
	alice = matrix_learn(&(struct matrix_device){.device = u.phone}, &u.alice);
	matrix_new_key(&u.alice);
	ASSERT_DONE(megolm_device_open_session(u.phone, alice, u.alice.key));
	ASSERT_DONE(megolm_device_send_dummy(u.phone, alice, &out.sink));
	ASSERT_DONE(megolm_device_cross_sign(u.phone, u.bob));
	ASSERT_DONE(learn_user(&u, u.bob));
	ASSERT_DONE(learn(&u, megolm_device_keys(u.phone), "PHONE"));
	ASSERT_DONE(megolm_device_find_content(u.alice.device, &content, matrix_last(&out)));
	u.counts.verify = 0;
	ASSERT_DONE(megolm_device_receive(u.alice.device, &what, BOB, content));
	assert_verified(&u, 1);
	matrix_outbox_close(&out);
	close_users(&u);
}

/* The same for keys that another device of the user asks for. */
static void who_is_vouched_for_is_forwarded_keys(void **state)
{
	static const char request[] =
		"{\"action\":\"request\",\"body\":{\"algorithm\":\"m.megolm.v1.aes-sha2\","
		"\"room_id\":\"!r:gb.test\","
		"\"session_id\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},"
		"\"request_id\":\"1\",\"requesting_device_id\":\"zzLAPTOP\"}";
	struct megolm_slice keys, content = matrix_text(request);
	enum megolm_answer answer;
	struct megolm_peer *laptop;
	struct matrix_outbox out;
	uint8_t text[1024];
	struct users u;
	size_t len;

	(void)state;
	open_users(&u);
	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_device_cross_sign(u.laptop, u.bob));
	keys = megolm_device_keys(u.laptop);
	ASSERT_DONE(megolm_device_learn_user(u.phone, megolm_identity_master_key(u.bob),
					     megolm_identity_self_signing_key(u.bob), BOB));
	ASSERT_DONE(megolm_device_learn(u.phone, &laptop, keys, BOB, "zzLAPTOP", 0));
	ASSERT_DONE(megolm_device_answer_request(u.phone, &answer, text, sizeof(text), &len, BOB,
						 content, &out.sink));
	assert_int_equal(answer, MEGOLM_ANSWER_UNAVAILABLE);
	megolm_device_forget_user(u.phone, BOB);
	ASSERT_ERR(megolm_device_answer_request(u.phone, &answer, text, sizeof(text), &len, BOB,
						content, &out.sink),
		   MEGOLM_ERR_UNVERIFIED);
	matrix_outbox_close(&out);
	close_users(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_published_is_canonical),
		cmocka_unit_test(a_user_is_verified_once_and_each_device_twice),
		cmocka_unit_test(devices_nobody_vouches_for_are_refused),
		cmocka_unit_test(a_forged_cross_signature_is_refused),
		cmocka_unit_test(every_signature_of_cross_signing_is_verified),
		cmocka_unit_test(keys_that_vouch_must_be_what_they_claim),
		cmocka_unit_test(senders_are_held_to_it_too),
		cmocka_unit_test(a_rollback_forgets_users_too),
		cmocka_unit_test(a_device_is_not_called_like_a_key_of_its_user),
		cmocka_unit_test(a_device_that_is_disowned_gets_no_keys_and_is_not_heard),
		cmocka_unit_test(a_device_that_is_disowned_does_not_read_on),
		cmocka_unit_test(what_was_sent_before_the_signature_is_taken),
		cmocka_unit_test(who_is_vouched_for_is_given_history),
		cmocka_unit_test(who_is_vouched_for_is_forwarded_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
