#include "megolm_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "megolm_withheld.h"

static const uint8_t secret[32] = {1, 2, 3};
static const struct megolm_policy strict = {.max_content = 65536, .cross_signed = true};

void scene_open(struct scene *s, enum megolm_backup_algorithm algorithm)
{
	memset(s, 0, sizeof(*s));
	s->algorithm = algorithm;
	matrix_story_open(&s->story);
	matrix_open(&s->carol, 2, &megolm_default_policy);
	matrix_open_another(&s->phone, 3, 1);
	matrix_open(&s->wary, 4, &strict);
	matrix_outbox_open(&s->out);
}

void scene_close(struct scene *s)
{
	megolm_backup_free(s->backup);
	megolm_identity_free(s->identity);
	megolm_device_free(s->made);
	matrix_outbox_close(&s->out);
	matrix_close(&s->wary);
	matrix_close(&s->phone);
	matrix_close(&s->carol);
	matrix_story_close(&s->story);
}

static struct megolm_slice written(const struct scene *s)
{
	return (struct megolm_slice){s->bytes, s->len};
}

/* ---- operations ---- */

static void nothing(struct scene *s)
{
	(void)s;
}

static enum megolm_err new_device(struct scene *s)
{
	return megolm_device_new(&s->made, "@new:gb.test", "NEW", &megolm_system_random,
				 &megolm_default_policy);
}

static enum megolm_err one_time_key(struct scene *s)
{
	return megolm_device_new_one_time_key(s->carol.device, s->bytes, sizeof(s->bytes), &s->len);
}

static enum megolm_err fallback_key(struct scene *s)
{
	return megolm_device_new_fallback_key(s->carol.device, s->bytes, sizeof(s->bytes), &s->len);
}

static enum megolm_err upload(struct scene *s)
{
	return megolm_device_upload(s->carol.device, s->bytes, sizeof(s->bytes), &s->len, 10, true);
}

static enum megolm_err identity(struct scene *s)
{
	return megolm_identity_new(&s->identity, s->story.bob.user_id, &megolm_system_random);
}

static void with_identity(struct scene *s)
{
	ASSERT_DONE(identity(s));
}

static enum megolm_err cross_sign(struct scene *s)
{
	return megolm_device_cross_sign(s->phone.device, s->identity);
}

static void with_cross_signed(struct scene *s)
{
	with_identity(s);
	ASSERT_DONE(cross_sign(s));
}

static enum megolm_err signatures(struct scene *s)
{
	return megolm_signatures_upload(s->identity, s->phone.device, s->bytes, sizeof(s->bytes),
					&s->len);
}

static enum megolm_err learn_user(struct scene *s)
{
	return megolm_device_learn_user(s->wary.device, megolm_identity_master_key(s->identity),
					megolm_identity_self_signing_key(s->identity),
					s->phone.user_id);
}

static void with_user(struct scene *s)
{
	with_cross_signed(s);
	ASSERT_DONE(learn_user(s));
}

static enum megolm_err learn_vouched(struct scene *s)
{
	return megolm_device_learn(s->wary.device, &s->peer, megolm_device_keys(s->phone.device),
				   s->phone.user_id, s->phone.device_id, 0);
}

static enum megolm_err learn(struct scene *s)
{
	return megolm_device_learn(s->carol.device, &s->peer,
				   megolm_device_keys(s->story.bob.device), s->story.bob.user_id,
				   s->story.bob.device_id, 0);
}

static void with_key(struct scene *s)
{
	ASSERT_DONE(learn(s));
	matrix_new_key(&s->story.bob);
}

static enum megolm_err open_session(struct scene *s)
{
	return megolm_device_open_session(s->carol.device, s->peer, s->story.bob.key);
}

static enum megolm_err recover(struct scene *s)
{
	return megolm_device_recover(s->carol.device, s->peer, s->story.bob.key, 0, &s->out.sink);
}

static void with_session(struct scene *s)
{
	with_key(s);
	ASSERT_DONE(open_session(s));
}

static enum megolm_err greet(struct scene *s)
{
	return megolm_device_send_dummy(s->carol.device, s->peer, &s->out.sink);
}

static void with_greeting(struct scene *s)
{
	with_session(s);
	ASSERT_DONE(greet(s));
}

static enum megolm_err take_greeting(struct scene *s)
{
	return matrix_receive(&s->story.bob, &s->carol, matrix_last(&s->out));
}

static void with_another_greeting(struct scene *s)
{
	with_greeting(s);
	ASSERT_DONE(take_greeting(s));
	ASSERT_DONE(greet(s));
}

/* By the older of two sessions, which Carol tries last. */
static void with_answer(struct scene *s)
{
	with_greeting(s);
	ASSERT_DONE(take_greeting(s));
	s->peer = megolm_device_find(s->story.bob.device, s->carol.user_id, s->carol.device_id);
	ASSERT_DONE(megolm_device_send_dummy(s->story.bob.device, s->peer, &s->out.sink));
	(void)matrix_meet(&s->carol, &s->story.bob);
}

static enum megolm_err take_answer(struct scene *s)
{
	return matrix_receive(&s->carol, &s->story.bob, matrix_last(&s->out));
}

/* Alice has somebody new in the room; Bob's key is to be replaced too. */
static void with_newcomer(struct scene *s)
{
	(void)matrix_invite(&s->story.alice, &s->carol);
	megolm_room_rotate(s->story.alice.room);
}

static enum megolm_err share(struct scene *s)
{
	return megolm_room_share(s->story.alice.room, NULL, 0, &s->out.sink);
}

/* The first that Carol hears of Alice is a room key. */
static void with_room_key(struct scene *s)
{
	with_newcomer(s);
	ASSERT_DONE(share(s));
}

static enum megolm_err take_room_key(struct scene *s)
{
	return matrix_receive(&s->carol, &s->story.alice, matrix_last(&s->out));
}

/* Bob knows Alice. */
static void with_next_room_key(struct scene *s)
{
	megolm_room_rotate(s->story.alice.room);
	ASSERT_DONE(share(s));
}

static enum megolm_err take_next_room_key(struct scene *s)
{
	return matrix_receive(&s->story.bob, &s->story.alice, matrix_last(&s->out));
}

static enum megolm_err encrypt(struct scene *s)
{
	return megolm_room_encrypt(s->story.alice.room, s->bytes, sizeof(s->bytes), &s->len, 0,
				   "m.room.message", matrix_text("{}"));
}

static enum megolm_err decrypt(struct scene *s)
{
	enum megolm_source source;

	return matrix_story_read(&s->story, &s->story.bob, &source);
}

static enum megolm_err open_backup(struct scene *s)
{
	return megolm_backup_open(&s->backup, s->algorithm, secret, "1");
}

static void with_backup(struct scene *s)
{
	ASSERT_DONE(open_backup(s));
}

static enum megolm_err backup_info(struct scene *s)
{
	return megolm_backup_info_write(s->backup, s->story.bob.device, s->bytes, sizeof(s->bytes),
					&s->len);
}

static void with_backup_info(struct scene *s)
{
	with_backup(s);
	ASSERT_DONE(backup_info(s));
}

static enum megolm_err check_backup_info(struct scene *s)
{
	bool is_signed = false;
	enum megolm_err err =
		megolm_backup_info_check(s->backup, s->story.bob.device, &is_signed, written(s));

	assert_true(is_signed || err != MEGOLM_OK);
	return err;
}

static enum megolm_err back_up(struct scene *s)
{
	size_t n = 0;

	return megolm_backup_upload(s->backup, s->story.bob.device, s->bytes, sizeof(s->bytes),
				    &s->len, &n, 9);
}

static void with_backed_up(struct scene *s)
{
	with_backup(s);
	ASSERT_DONE(back_up(s));
}

static enum megolm_err restore(struct scene *s)
{
	struct megolm_imported n;

	return megolm_backup_restore(s->backup, s->carol.device, &n, written(s), NULL, NULL,
				     &megolm_default_import_limits);
}

static enum megolm_err write_key_file(struct scene *s)
{
	return megolm_key_file_write(s->story.bob.device, s->bytes, sizeof(s->bytes), &s->len,
				     matrix_text("pass"), 1);
}

static void with_key_file(struct scene *s)
{
	ASSERT_DONE(write_key_file(s));
}

static enum megolm_err read_key_file(struct scene *s)
{
	struct megolm_imported n;

	return megolm_key_file_read(s->carol.device, &n, NULL, written(s), matrix_text("pass"),
				    &megolm_default_import_limits);
}

/* What is known already is held against what comes. */
static enum megolm_err read_known_key_file(struct scene *s)
{
	struct megolm_imported n;

	return megolm_key_file_read(s->story.bob.device, &n, NULL, written(s), matrix_text("pass"),
				    &megolm_default_import_limits);
}

/* Bob's phone asks him. */
static void with_request(struct scene *s)
{
	s->peer = matrix_meet(&s->story.bob, &s->phone);
	ASSERT_DONE(megolm_peer_set_verified(s->peer, true));
	ASSERT_DONE(megolm_peer_set_verified(matrix_learn(&s->phone, &s->story.bob), true));
	ASSERT_DONE(megolm_room_request_key(s->phone.room, s->bytes, sizeof(s->bytes), &s->len,
					    matrix_story_session(&s->story), NULL));
}

static enum megolm_err answer(struct scene *s)
{
	uint8_t withheld[1024];
	size_t len = 0;
	enum megolm_answer answer;

	return megolm_device_answer_request(s->story.bob.device, &answer, withheld,
					    sizeof(withheld), &len, s->phone.user_id, written(s),
					    &s->out.sink);
}

static void with_forwarded(struct scene *s)
{
	with_request(s);
	ASSERT_DONE(answer(s));
}

static enum megolm_err take_forwarded(struct scene *s)
{
	return matrix_receive(&s->phone, &s->story.bob, matrix_last(&s->out));
}

static enum megolm_err write_bundle(struct scene *s)
{
	return megolm_room_bundle_write(s->story.bob.room, &s->attachment, s->bytes,
					sizeof(s->bytes), &s->len);
}

/* Bob has a session of his own, which may be shared. */
static void with_history(struct scene *s)
{
	megolm_room_set_shared_history(s->story.bob.room, true);
	ASSERT_DONE(megolm_room_share(s->story.bob.room, NULL, 0, &s->out.sink));
}

/* Of who wants cross-signed devices, for Carol: one session, and a former one withheld. */
static void with_bundle(struct scene *s)
{
	matrix_cross_sign(&s->carol);
	ASSERT_DONE(megolm_room_share(s->wary.room, NULL, 0, &s->out.sink));
	megolm_room_set_shared_history(s->wary.room, true);
	ASSERT_DONE(megolm_room_share(s->wary.room, NULL, 0, &s->out.sink));
	ASSERT_DONE(megolm_room_bundle_write(s->wary.room, &s->attachment, s->bytes,
					     sizeof(s->bytes), &s->len));
	s->peer = matrix_meet(&s->wary, &s->carol);
}

static enum megolm_err read_bundle(struct scene *s)
{
	struct megolm_imported n;

	return megolm_room_bundle_read(s->carol.room, &n, NULL, &s->attachment, s->wary.user_id,
				       written(s), &megolm_default_import_limits);
}

static enum megolm_err announce(struct scene *s)
{
	return megolm_room_bundle_send(s->wary.room, &s->attachment, "mxc://gb.test/b", s->peer,
				       &s->out.sink);
}

static void with_announced(struct scene *s)
{
	with_bundle(s);
	ASSERT_DONE(announce(s));
}

static enum megolm_err take_announced(struct scene *s)
{
	return matrix_receive(&s->carol, &s->wary, matrix_last(&s->out));
}

static enum megolm_err new_dehydrated(struct scene *s)
{
	return megolm_device_new_dehydrated(&s->made, s->story.bob.user_id, &megolm_system_random,
					    &megolm_default_policy);
}

static void with_dehydrated(struct scene *s)
{
	ASSERT_DONE(new_dehydrated(s));
}

static enum megolm_err dehydrate(struct scene *s)
{
	return megolm_device_dehydrate(s->made, s->bytes, sizeof(s->bytes), &s->len, secret);
}

static void with_dry(struct scene *s)
{
	with_dehydrated(s);
	ASSERT_DONE(dehydrate(s));
	megolm_device_free(s->made);
	s->made = NULL;
}

static enum megolm_err rehydrate(struct scene *s)
{
	return megolm_device_rehydrate(&s->made, s->story.bob.user_id, written(s), secret,
				       &megolm_system_random, &megolm_default_policy);
}

/* The phone learned that Bob's other device is verified, and takes what that has. */
static void with_verified(struct scene *s)
{
	ASSERT_DONE(megolm_peer_set_verified(matrix_learn(&s->phone, &s->story.bob), true));
}

static enum megolm_err adopt(struct scene *s)
{
	struct megolm_imported n;

	return megolm_device_adopt(s->phone.device, &n, s->story.bob.device);
}

static enum megolm_err store(struct scene *s)
{
	return megolm_probe_store(s->story.bob.device, s->bytes, sizeof(s->bytes), &s->len);
}

static void with_stored(struct scene *s)
{
	with_history(s);
	ASSERT_DONE(store(s));
}

static enum megolm_err reload(struct scene *s)
{
	return megolm_probe_reload(s->story.bob.device, written(s));
}

static enum megolm_err checkpoint(struct scene *s)
{
	return megolm_probe_checkpoint(s->story.bob.device);
}

static void with_changes(struct scene *s)
{
	ASSERT_DONE(checkpoint(s));
	with_history(s);
	matrix_new_key(&s->story.bob);
	s->peer = matrix_meet(&s->story.bob, &s->carol);
}

static enum megolm_err roll_back(struct scene *s)
{
	return megolm_probe_rollback(s->story.bob.device);
}

static enum megolm_err share_silently(struct scene *s)
{
	return megolm_probe_share_silently(s->story.bob.room, 0);
}

static void with_learned(struct scene *s)
{
	(void)matrix_learn(&s->carol, &s->story.alice);
}

static enum megolm_err import(struct scene *s)
{
	return megolm_probe_import(s->carol.room, s->story.alice.room);
}

static enum megolm_err write_pair(struct scene *s)
{
	return megolm_probe_pair_write(s->peer, s->bytes, sizeof(s->bytes), &s->len);
}

static void with_pair(struct scene *s)
{
	with_session(s);
	ASSERT_DONE(write_pair(s));
}

static enum megolm_err meet_pair(struct scene *s)
{
	return megolm_probe_pair_meet(s->phone.device, &s->peer,
				      megolm_device_keys(s->story.bob.device), written(s), 0);
}

const struct operation operations[] = {
	{"a new device", nothing, new_device, UNCHANGED, 0},
	{"a one-time key", nothing, one_time_key, KEEPS, 0},
	{"a fallback key", nothing, fallback_key, KEEPS, 0},
	{"an upload", nothing, upload, KEEPS, 0},
	{"an identity", nothing, identity, UNCHANGED, 0},
	{"cross-signing", with_identity, cross_sign, UNCHANGED, 0},
	{"signatures", with_cross_signed, signatures, UNCHANGED, 0},
	{"learning a user", with_cross_signed, learn_user, UNCHANGED, 0},
	{"learning a vouched device", with_user, learn_vouched, UNCHANGED, 0},
	{"learning a device", nothing, learn, UNCHANGED, 0},
	{"opening a session", with_key, open_session, UNCHANGED, 0},
	{"recovering a session", with_key, recover, UNCHANGED, 0},
	{"a greeting", with_session, greet, UNCHANGED, 0},
	{"taking a greeting", with_greeting, take_greeting, UNCHANGED, 0},
	{"taking another greeting", with_another_greeting, take_greeting, UNCHANGED, 0},
	{"taking an answer", with_answer, take_answer, UNCHANGED, 0},
	{"sharing", with_newcomer, share, SERVES, 0},
	{"taking a first room key", with_room_key, take_room_key, UNCHANGED, 0},
	{"taking the next room key", with_next_room_key, take_next_room_key, SPENDS, 0},
	{"encrypting", nothing, encrypt, UNCHANGED, 0},
	{"decrypting", nothing, decrypt, UNCHANGED, 0},
	{"opening a backup", nothing, open_backup, UNCHANGED, MEGOLM_BACKUP_CURVE25519},
	{"describing a backup", with_backup, backup_info, UNCHANGED, MEGOLM_BACKUP_CURVE25519},
	{"checking a backup", with_backup_info, check_backup_info, UNCHANGED,
	 MEGOLM_BACKUP_CURVE25519},
	{"backing up", with_backup, back_up, UNCHANGED, MEGOLM_BACKUP_CURVE25519},
	{"backing up with a MAC", with_backup, back_up, UNCHANGED, MEGOLM_BACKUP_CURVE25519_MAC},
	{"backing up symmetrically", with_backup, back_up, UNCHANGED, MEGOLM_BACKUP_SYMMETRIC},
	{"restoring", with_backed_up, restore, UNCHANGED, MEGOLM_BACKUP_CURVE25519},
	{"restoring with a MAC", with_backed_up, restore, UNCHANGED, MEGOLM_BACKUP_CURVE25519_MAC},
	{"restoring symmetrically", with_backed_up, restore, UNCHANGED, MEGOLM_BACKUP_SYMMETRIC},
	{"writing a key file", nothing, write_key_file, UNCHANGED, 0},
	{"reading a key file", with_key_file, read_key_file, UNCHANGED, 0},
	{"reading a known key file", with_key_file, read_known_key_file, UNCHANGED, 0},
	{"answering a request", with_request, answer, UNCHANGED, 0},
	{"taking a forwarded key", with_forwarded, take_forwarded, UNCHANGED, 0},
	{"writing a bundle", with_history, write_bundle, UNCHANGED, 0},
	{"reading a bundle", with_bundle, read_bundle, UNCHANGED, 0},
	{"announcing a bundle", with_bundle, announce, UNCHANGED, 0},
	{"taking an announcement", with_announced, take_announced, UNCHANGED, 0},
	{"a dehydrated device", nothing, new_dehydrated, UNCHANGED, 0},
	{"dehydrating", with_dehydrated, dehydrate, UNCHANGED, 0},
	{"rehydrating", with_dry, rehydrate, UNCHANGED, 0},
	{"adopting", with_verified, adopt, UNCHANGED, 0},
	{"storing", with_history, store, UNCHANGED, 0},
	{"reloading", with_stored, reload, RUINS, 0},
	{"a checkpoint", with_history, checkpoint, UNCHANGED, 0},
	{"rolling back", with_changes, roll_back, RUINS, 0},
	{"sharing silently", nothing, share_silently, UNCHANGED, 0},
	{"importing", with_learned, import, UNCHANGED, 0},
	{"writing a pair", with_session, write_pair, UNCHANGED, 0},
	{"meeting a pair", with_pair, meet_pair, UNCHANGED, 0},
};

const size_t n_operations = sizeof(operations) / sizeof(operations[0]);
