/* m.room_key events that are not what they say, or tell nothing new; and who counts as sender. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "matrix.h"
#include "matrix_state.h"
#include "pairwise.h"
#include "room.h"
#include "state.h"

/* Alice in the room with Bob, with a session that he has not got. */
struct keys {
	struct matrix_pair pair;
	char id[44], key[512]; /* of alice's session, at its index when key was taken */
};

static void take_key(struct keys *k)
{
	size_t len = 0;

	ASSERT_DONE(megolm_room_session_key(k->pair.alice.room, (uint8_t *)k->key,
					    sizeof(k->key) - 1, &len));
	k->key[len] = '\0';
	strcpy(k->id, k->pair.alice.room->outbound.id);
}

static void open_keys(struct keys *k)
{
	matrix_pair_open(&k->pair);
	ASSERT_DONE(megolm_room_add(k->pair.alice.room, k->pair.bob_at_alice));
	ASSERT_DONE(megolm_probe_share_silently(k->pair.alice.room, 0));
	take_key(k);
}

/* Gives bob an m.room_key with these members; NULL stands for the right one. */
static enum megolm_err give(struct keys *k, const char *algorithm, const char *room_id,
			    const char *id, const char *key)
{
	char content[2048];

	snprintf(content, sizeof(content),
		 "{\"algorithm\":\"%s\",\"room_id\":\"%s\",\"session_id\":\"%s\","
		 "\"session_key\":\"%s\"}",
		 algorithm != NULL ? algorithm : "m.megolm.v1.aes-sha2",
		 room_id != NULL ? room_id : MATRIX_ROOM, id != NULL ? id : k->id,
		 key != NULL ? key : k->key);
	return matrix_receive(
		&k->pair.bob, &k->pair.alice,
		matrix_forge_event(&k->pair, (struct matrix_claims){.type = "m.room_key",
								    .content = content}));
}

static const char *id_at_bob(const struct keys *k)
{
	return megolm_room_session_id(k->pair.bob.room, k->pair.alice.user_id,
				      k->pair.alice.device_id);
}

static void keys_that_are_none_are_refused(void **state)
{
	static const char other_id[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	char damaged[512];
	struct keys k;

	(void)state;
	open_keys(&k);
	ASSERT_ERR(give(&k, "m.megolm.v9", NULL, NULL, NULL), MEGOLM_ERR_ALGORITHM);
	ASSERT_ERR(give(&k, NULL, "room", NULL, NULL), MEGOLM_ERR_IDENTIFIER);
	ASSERT_ERR(give(&k, NULL, NULL, other_id, NULL), MEGOLM_ERR_WRONG_SESSION_ID);
	ASSERT_ERR(give(&k, NULL, NULL, "AAAA", NULL), MEGOLM_ERR_BASE64);
	ASSERT_ERR(give(&k, NULL, NULL, NULL, ""), MEGOLM_ERR_SESSION_KEY);
	strcpy(damaged, k.key);
	damaged[strlen(damaged) - 2] = '\0';
	ASSERT_ERR(give(&k, NULL, NULL, NULL, damaged), MEGOLM_ERR_SESSION_KEY);
	strcpy(damaged, k.key);
	damaged[0] = 'B'; /* version 6 */
	ASSERT_ERR(give(&k, NULL, NULL, NULL, damaged), MEGOLM_ERR_SESSION_KEY);
	strcpy(damaged, k.key);
	damaged[100] = damaged[100] == 'A' ? 'B' : 'A'; /* a byte of the ratchet */
	ASSERT_ERR(give(&k, NULL, NULL, NULL, damaged), MEGOLM_ERR_SIGNATURE);
	assert_null(id_at_bob(&k));
	ASSERT_DONE(give(&k, NULL, NULL, NULL, NULL));
	assert_string_equal(id_at_bob(&k), k.id);
	matrix_pair_close(&k.pair);
}

/* E2EE: a known session is only replaced by one that reaches further back. */
static void a_key_must_reach_further_back(void **state)
{
	char late[512];
	uint8_t kept[4096];
	struct megolm_slice first;
	struct keys early, k;

	(void)state;
	open_keys(&k);
	early = k;
	first = matrix_say(&k.pair.alice, "first");
	memcpy(kept, first.p, first.len);
	first.p = kept;
	take_key(&k);
	strcpy(late, k.key);
	ASSERT_DONE(give(&k, NULL, NULL, NULL, late));
	ASSERT_REFUSED(&k.pair.bob, matrix_read(&k.pair.bob, &k.pair.alice, first, "$1", "first"),
		       MEGOLM_ERR_UNKNOWN_INDEX);
	ASSERT_DONE(give(&k, NULL, NULL, NULL, late));
	ASSERT_DONE(give(&k, NULL, NULL, NULL, early.key));
	ASSERT_DONE(matrix_read(&k.pair.bob, &k.pair.alice, first, "$1", "first"));
	ASSERT_DONE(give(&k, NULL, NULL, NULL, late));
	ASSERT_DONE(give(&k, NULL, NULL, NULL, early.key));
	/* What was seen before the key came stays seen. */
	ASSERT_REFUSED(&k.pair.bob, matrix_read(&k.pair.bob, &k.pair.alice, first, "$2", "first"),
		       MEGOLM_ERR_REPLAY);
	matrix_pair_close(&k.pair);
}

/* A recipient that passes a session on does not become its sender, nor take it over. */
static void a_session_keeps_its_sender(void **state)
{
	struct matrix_device carol;
	struct megolm_slice event;
	struct keys k;
	struct megolm_peer *bob;
	char content[2048];
	struct matrix_pair by_carol;

	(void)state;
	open_keys(&k);
	matrix_open(&carol, 2, &megolm_default_policy);
	ASSERT_DONE(give(&k, NULL, NULL, NULL, NULL));
	event = matrix_say(&k.pair.alice, "mine");
	ASSERT_DONE(matrix_read(&k.pair.bob, &k.pair.alice, event, "$1", "mine"));
	bob = matrix_meet(&carol, &k.pair.bob);
	by_carol = (struct matrix_pair){.alice = carol, .bob = k.pair.bob, .bob_at_alice = bob};
	snprintf(content, sizeof(content),
		 "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"room_id\":\"" MATRIX_ROOM
		 "\",\"session_id\":\"%s\",\"session_key\":\"%s\"}",
		 k.id, k.key);
	ASSERT_REFUSED(
		&k.pair.bob,
		matrix_receive(
			&k.pair.bob, &carol,
			matrix_forge_event(&by_carol, (struct matrix_claims){.type = "m.room_key",
									     .content = content})),
		MEGOLM_ERR_WRONG_SENDER);
	ASSERT_DONE(matrix_read(&k.pair.bob, &k.pair.alice, event, "$1", "mine"));
	ASSERT_REFUSED(&k.pair.bob, matrix_read(&k.pair.bob, &carol, event, "$1", "mine"),
		       MEGOLM_ERR_WRONG_SENDER);
	matrix_close(&carol);
	matrix_pair_close(&k.pair);
}

/* A key for one room does not open another one. */
static void a_key_is_for_its_room(void **state)
{
	struct megolm_room *other;
	struct megolm_event event;
	struct keys k;

	(void)state;
	open_keys(&k);
	ASSERT_DONE(give(&k, NULL, "!other:gb.test", NULL, NULL));
	assert_null(id_at_bob(&k));
	ASSERT_DONE(megolm_device_room(k.pair.bob.device, &other, "!other:gb.test"));
	assert_non_null(
		megolm_room_session_id(other, k.pair.alice.user_id, k.pair.alice.device_id));
	ASSERT_ERR(
		matrix_read(&k.pair.bob, &k.pair.alice, matrix_say(&k.pair.alice, "x"), "$1", "x"),
		MEGOLM_ERR_UNKNOWN_SESSION);
	ASSERT_MOVED_ON(&k.pair.bob, "inbound", k.id,
			megolm_room_decrypt(other, &event, k.pair.alice.user_id, "$1",
					    matrix_say(&k.pair.alice, "x")),
			MEGOLM_ERR_WRONG_ROOM);
	matrix_pair_close(&k.pair);
}

/* The room key goes to exactly those who are there. */
static void assert_members(struct matrix_device *alice, struct megolm_peer *const *peer,
			   const bool *is_there, size_t n)
{
	struct matrix_outbox out;

	matrix_outbox_open(&out);
	megolm_room_rotate(alice->room);
	ASSERT_DONE(megolm_room_share(alice->room, NULL, 0, &out.sink));
	for (size_t i = 0; i < n; i++) {
		size_t times = 0;

		for (size_t k = 0; k < out.n; k++)
			times += out.to[k] == peer[i];
		assert_int_equal(times, is_there[i]);
	}
	matrix_outbox_close(&out);
}

/* Members are found again after others have left, in whatever order. */
static void members_may_leave_in_any_order(void **state)
{
	struct matrix_device alice, other[8];
	struct megolm_peer *peer[8];
	bool is_there[8];

	(void)state;
	memset(is_there, true, sizeof(is_there));
	matrix_open(&alice, 0, &megolm_default_policy);
	for (unsigned i = 0; i < 8; i++) {
		matrix_open(&other[i], i + 1, &megolm_default_policy);
		peer[i] = matrix_invite(&alice, &other[i]);
	}
	for (unsigned i = 0; i < 8; i++) {
		unsigned at = i * 5 % 8;

		megolm_room_remove(alice.room, peer[at]);
		megolm_room_remove(alice.room, peer[at]);
		assert_int_equal(megolm_room_size(alice.room), 7 - i);
		is_there[at] = false;
		assert_members(&alice, peer, is_there, 8);
	}
	assert_false(alice.room->n_lacking > 0);
	for (unsigned i = 0; i < 8; i++)
		ASSERT_DONE(megolm_room_add(alice.room, peer[i]));
	assert_int_equal(megolm_room_size(alice.room), 8);
	matrix_close(&alice);
	for (unsigned i = 0; i < 8; i++)
		matrix_close(&other[i]);
}

/* A rollback returns the messages seen, the sessions known, and the account's keys. */
static void a_rollback_forgets_what_came_after(void **state)
{
	struct megolm_slice event;
	struct keys k;
	char later[44];
	uint8_t kept[4096];

	(void)state;
	open_keys(&k);
	ASSERT_DONE(give(&k, NULL, NULL, NULL, NULL));
	event = matrix_say(&k.pair.alice, "seen");
	memcpy(kept, event.p, event.len);
	event.p = kept;
	ASSERT_DONE(megolm_probe_checkpoint(k.pair.bob.device));
	for (int i = 0; i < 2; i++) {
		ASSERT_DONE(matrix_read(&k.pair.bob, &k.pair.alice, event, "$1", "seen"));
		ASSERT_REFUSED(&k.pair.bob,
			       matrix_read(&k.pair.bob, &k.pair.alice, event, "$2", "seen"),
			       MEGOLM_ERR_REPLAY);
		ASSERT_DONE(megolm_probe_rollback(k.pair.bob.device));
		ASSERT_DONE(matrix_read(&k.pair.bob, &k.pair.alice, event, "$2", "seen"));
		ASSERT_DONE(megolm_probe_rollback(k.pair.bob.device));
	}
	ASSERT_DONE(megolm_probe_share_silently(k.pair.alice.room, 0));
	take_key(&k);
	strcpy(later, k.id);
	ASSERT_DONE(give(&k, NULL, NULL, NULL, NULL));
	assert_string_equal(id_at_bob(&k), later);
	ASSERT_DONE(megolm_probe_rollback(k.pair.bob.device));
	assert_string_not_equal(id_at_bob(&k), later);
	/* The one-time key of a session that came after the checkpoint is there again. */
	matrix_new_key(&k.pair.bob);
	ASSERT_DONE(megolm_probe_checkpoint(k.pair.bob.device));
	ASSERT_DONE(megolm_device_open_session(k.pair.alice.device, k.pair.bob_at_alice,
					       k.pair.bob.key));
	for (int i = 0; i < 2; i++) {
		ASSERT_DONE(
			matrix_receive(&k.pair.bob, &k.pair.alice,
				       matrix_greet(&k.pair, &k.pair.alice, k.pair.bob_at_alice)));
		ASSERT_DONE(megolm_probe_rollback(k.pair.bob.device));
	}
	matrix_pair_close(&k.pair);
}

/* Each by its name, however many; those of after a checkpoint are gone with it. */
static void rooms_are_found_by_their_names(void **state)
{
	static struct megolm_room *room[2000];
	struct matrix_device alice;
	struct megolm_room *found;
	char id[64];

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	for (int i = 0; i < 2000; i++) {
		snprintf(id, sizeof(id), "!%d:gb.test", i);
		ASSERT_DONE(megolm_device_room(alice.device, &room[i], id));
		assert_true(i == 0 || room[i] != room[i - 1]);
		if (i == 999)
			ASSERT_DONE(megolm_probe_checkpoint(alice.device));
	}
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < (turn == 0 ? 2000 : 1000); i++) {
			snprintf(id, sizeof(id), "!%d:gb.test", i);
			ASSERT_DONE(megolm_device_room(alice.device, &found, id));
			assert_ptr_equal(found, room[i]);
		}
		if (turn == 0)
			ASSERT_DONE(megolm_probe_rollback(alice.device));
	}
	assert_null(megolm_room_find(alice.device, matrix_text("!1000:gb.test")));
	assert_non_null(megolm_room_find(alice.device, matrix_text("!999:gb.test")));
	ASSERT_ERR(megolm_device_room(alice.device, &found, "#999:gb.test"), MEGOLM_ERR_IDENTIFIER);
	matrix_close(&alice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_are_none_are_refused),
		cmocka_unit_test(a_key_must_reach_further_back),
		cmocka_unit_test(a_session_keeps_its_sender),
		cmocka_unit_test(a_key_is_for_its_room),
		cmocka_unit_test(members_may_leave_in_any_order),
		cmocka_unit_test(a_rollback_forgets_what_came_after),
		cmocka_unit_test(rooms_are_found_by_their_names),
	};

	return cmocka_run_group_tests_name("megolm room keys", tests, NULL, NULL);
}
