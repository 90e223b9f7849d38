/*
 * What stays of a device that is forgotten: the Megolm sessions that it began, and whose they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inbound.h"
#include "matrix.h"
#include "megolm_keys.h"
#include "room.h"

#define LATER "and they lived happily"

/* Others come in its place, and into its memory. */
static void learn_others(struct matrix_device *at, struct matrix_device others[4])
{
	for (unsigned i = 0; i < 4; i++) {
		matrix_open(&others[i], 5 + i, &megolm_default_policy);
		(void)matrix_learn(at, &others[i]);
	}
}

static void close_all(struct matrix_device others[4])
{
	for (unsigned i = 0; i < 4; i++)
		matrix_close(&others[i]);
}

static void forget_alice(struct matrix_device *at, const struct matrix_device *alice)
{
	struct megolm_peer *peer = megolm_device_find(at->device, alice->user_id, alice->device_id);

	assert_non_null(peer);
	megolm_device_forget(at->device, peer);
	assert_null(megolm_device_find(at->device, alice->user_id, alice->device_id));
}

static struct megolm_inbound *session_at_bob(const struct matrix_story *s)
{
	return megolm_inbound_find(s->bob.room, matrix_text(matrix_story_session(s)));
}

static void what_it_said_is_read_and_from_nobody_else(void **state)
{
	struct matrix_device others[4];
	struct megolm_slice later;
	struct megolm_inbound *inbound;
	enum megolm_source source;
	struct matrix_story s;

	(void)state;
	matrix_story_open(&s);
	later = matrix_say(&s.alice, LATER);
	forget_alice(&s.bob, &s.alice);
	learn_others(&s.bob, others);
	ASSERT_DONE(matrix_story_read(&s, &s.bob, &source));
	assert_int_equal(source, MEGOLM_SOURCE_SENDER);
	for (unsigned i = 0; i < 4; i++)
		ASSERT_ERR(matrix_read(&s.bob, &others[i], later, "$later", LATER),
			   MEGOLM_ERR_WRONG_SENDER);
	ASSERT_DONE(matrix_read(&s.bob, &s.alice, later, "$later", LATER));
	inbound = session_at_bob(&s);
	assert_string_equal(megolm_inbound_curve25519(s.bob.room, inbound),
			    megolm_device_curve25519(s.alice.device));
	/* It can be met again, and be forgotten again. */
	(void)matrix_meet(&s.bob, &s.alice);
	forget_alice(&s.bob, &s.alice);
	close_all(others);
	matrix_story_close(&s);
}

/* So that their number stays within the policy's, however often that happens. */
static void who_is_met_again_has_its_sessions_back(void **state)
{
	struct matrix_story s;
	enum megolm_source source;
	struct megolm_peer *again;

	(void)state;
	matrix_story_open(&s);
	for (unsigned i = 0; i < 2; i++) {
		forget_alice(&s.bob, &s.alice);
		assert_non_null(s.bob.device->forgotten);
		again = matrix_meet(&s.bob, &s.alice);
		assert_ptr_equal(session_at_bob(&s)->sender, again);
		assert_int_equal(again->n_begun, 1);
		assert_null(s.bob.device->forgotten);
	}
	ASSERT_DONE(matrix_story_read(&s, &s.bob, &source));
	assert_int_equal(source, MEGOLM_SOURCE_SENDER);
	matrix_story_close(&s);
}

static void nothing_is_left_of_it_behind_its_last_session(void **state)
{
	struct matrix_story s;

	(void)state;
	matrix_story_open(&s);
	forget_alice(&s.bob, &s.alice);
	assert_non_null(s.bob.device->forgotten);
	assert_ptr_equal(s.bob.device->room, s.bob.room);
	s.bob.device->room = s.bob.room->next;
	megolm_room_forget(s.bob.room);
	assert_null(s.bob.device->forgotten);
	matrix_story_close(&s);
}

/* By keys that vouched for it, which are known no longer. */
static void a_forgotten_device_can_be_disowned(void **state)
{
	struct megolm_identity *identity = NULL;
	struct megolm_seeded stream;
	struct megolm_random random;
	struct megolm_peer *peer;
	struct matrix_story s;

	(void)state;
	matrix_story_open(&s);
	ASSERT_DONE(megolm_seeded_begin(&stream, 7, "forgotten", 0, 0));
	random = megolm_seeded_random(&stream);
	ASSERT_DONE(megolm_identity_new(&identity, s.alice.user_id, &random));
	ASSERT_DONE(megolm_device_learn_user(s.bob.device, megolm_identity_master_key(identity),
					     megolm_identity_self_signing_key(identity),
					     s.alice.user_id));
	peer = megolm_device_find(s.bob.device, s.alice.user_id, s.alice.device_id);
	peer->by_signatures = peer->is_verified = true;
	forget_alice(&s.bob, &s.alice);
	assert_true(megolm_inbound_is_verified(session_at_bob(&s)));
	megolm_device_forget_user(s.bob.device, s.alice.user_id);
	assert_false(megolm_inbound_is_verified(session_at_bob(&s)));
	megolm_identity_free(identity);
	matrix_story_close(&s);
}

/* A stranger's own word took the place of a file's; a rollback forgets the stranger. */
static void a_rollback_leaves_whose_a_session_is(void **state)
{
	static const char secret[] = "secret";
	struct matrix_device carol, others[4], *all[] = {&carol};
	struct megolm_imported n;
	enum megolm_source source;
	struct matrix_story s;
	uint8_t file[4096];
	size_t len;

	(void)state;
	matrix_story_open(&s);
	matrix_open(&carol, 2, &megolm_default_policy);
	ASSERT_DONE(megolm_key_file_write(s.bob.device, file, sizeof(file), &len,
					  matrix_text(secret), 1));
	ASSERT_DONE(megolm_key_file_read(carol.device, &n, NULL, (struct megolm_slice){file, len},
					 matrix_text(secret), &megolm_default_import_limits));
	ASSERT_DONE(megolm_probe_checkpoint(carol.device));
	(void)matrix_invite(&s.alice, &carol);
	matrix_share(&s.alice, all, 1);
	ASSERT_DONE(megolm_probe_rollback(carol.device));
	assert_null(megolm_device_find(carol.device, s.alice.user_id, s.alice.device_id));
	learn_others(&carol, others);
	ASSERT_DONE(matrix_story_read(&s, &carol, &source));
	assert_int_equal(source, MEGOLM_SOURCE_SENDER);
	close_all(others);
	matrix_close(&carol);
	matrix_story_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_said_is_read_and_from_nobody_else),
		cmocka_unit_test(who_is_met_again_has_its_sessions_back),
		cmocka_unit_test(nothing_is_left_of_it_behind_its_last_session),
		cmocka_unit_test(a_forgotten_device_can_be_disowned),
		cmocka_unit_test(a_rollback_leaves_whose_a_session_is),
	};

	return cmocka_run_group_tests_name("megolm forgotten", tests, NULL, NULL);
}
