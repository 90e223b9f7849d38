/*
 * Messages that come late: what the ratchet costs, how far behind or ahead a reader may be; and
 * what a device stores to be able to.
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
#include "matrix_state.h"
#include "pickle.h"
#include "state.h"

/*
 * megolm.md, "Advancing the ratchet", from index 0: a part that changes by b steps is hashed b
 * times, and at the last one each part behind it is made anew.
 */
static uint64_t hashes(uint32_t index)
{
	uint64_t n = 0;

	for (unsigned part = 0; part < 4; part++) {
		uint32_t steps = index >> (24 - 8 * part) & 0xff;
		n += steps > 0 ? steps - 1 + (4 - part) : 0;
	}
	return n;
}

/* Reading the message at this index for the first time, with the ratchet at 0. */
static uint64_t count_hashes(uint32_t index)
{
	struct megolm_counts counts = {0};
	struct matrix_device *all[1], alice, bob;
	struct megolm_policy policy = {.max_content = 65536};
	struct megolm_slice event;

	matrix_open(&alice, 0, &policy);
	matrix_open(&bob, 1, &policy);
	all[0] = &bob;
	(void)matrix_invite(&alice, &bob);
	matrix_share(&alice, all, 1);
	ASSERT_DONE(megolm_probe_skip(alice.room, index));
	assert_int_equal(megolm_room_index(alice.room), index);
	event = matrix_say(&alice, "far ahead");
	megolm_probe_count_into(&counts);
	ASSERT_DONE(matrix_read(&bob, &alice, event, "$1", "far ahead"));
	megolm_probe_count_into(NULL);
	matrix_close(&alice);
	matrix_close(&bob);
	return counts.hmac - 1; /* the message's MAC */
}

/* Not monotonic: 2^k - 1 is the dearest way, 2^k the cheapest. */
static void the_ratchet_costs_what_the_specification_says(void **state)
{
	(void)state;
	for (unsigned k = 0; k <= 24; k++)
		for (uint32_t less = 0; less <= 1; less++) {
			uint32_t index = (1u << k) - less;
			assert_int_equal(count_hashes(index), hashes(index));
		}
	assert_int_equal(hashes(1u << 24), 4);
	assert_int_equal(hashes((1u << 24) - 1), 255 + 2 + 255 + 1 + 255);
	assert_int_equal(hashes(UINT32_MAX), 4 * 254 + 4 + 3 + 2 + 1);
}

/* Each message as copied from the wire, in an order of any kind. */
static void messages_are_read_late_and_out_of_order(void **state)
{
	static const unsigned order[] = {5, 2, 7, 0, 6, 1, 4, 3};
	struct matrix_device *all[1], alice, bob;
	uint8_t event[8][4096];
	size_t len[8];
	char words[20], id[20];

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	all[0] = &bob;
	(void)matrix_invite(&alice, &bob);
	matrix_share(&alice, all, 1);
	for (unsigned i = 0; i < 8; i++) {
		struct megolm_slice e;

		snprintf(words, sizeof(words), "words %u", i);
		e = matrix_say(&alice, words);
		memcpy(event[i], e.p, e.len);
		len[i] = e.len;
	}
	for (unsigned i = 0; i < 8; i++) {
		struct megolm_slice e = {event[order[i]], len[order[i]]};

		snprintf(words, sizeof(words), "words %u", order[i]);
		snprintf(id, sizeof(id), "$%u", order[i]);
		ASSERT_DONE(matrix_read(&bob, &alice, e, id, words));
		/* The same event again, and the message under another event's name. */
		ASSERT_DONE(matrix_read(&bob, &alice, e, id, words));
		ASSERT_REFUSED(&bob, matrix_read(&bob, &alice, e, "$other", words),
			       MEGOLM_ERR_REPLAY);
	}
	matrix_close(&alice);
	matrix_close(&bob);
}

/* ---- what is stored ---- */

/* Text of `raw` bytes: padded to blocks, a MAC of 8 bytes, base64. */
static size_t pickled(size_t raw)
{
	return ((raw / 16 + 1) * 16 + 8) * 4 / 3 + (((raw / 16 + 1) * 16 + 8) % 3 > 0);
}

static size_t account_size(struct matrix_device *d)
{
	struct megolm_owned pickle = {0};
	size_t len;

	ASSERT_DONE(megolm_save_account(&pickle, d->device->account));
	len = pickle.len;
	free(pickle.p);
	return len;
}

/* Version, two key pairs, the list of one-time keys (id, published, key pair), two fallback
 * keys or none, the next id. */
static size_t account_raw(size_t n_one_time, size_t n_fallback)
{
	return 4 + (32 + 64) + (32 + 32) + 4 + n_one_time * (4 + 1 + 64) + 1 +
	       n_fallback * (4 + 1 + 64) + 4;
}

/* The longest way that a look for an index can go: places in use without a gap. */
static size_t longest_run(const struct megolm_inbound *inbound)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < 2 * inbound->seen_cap; i++) {
		run = inbound->seen[i % inbound->seen_cap].used ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* Indexes that the sender chose so that their lower bits are equal. One key in a hundred may have a
 * longer run; that of this device, which comes from its seed, has not. */
static void a_sender_cannot_make_indexes_collide(void **state)
{
	const struct megolm_policy policy = {.max_content = 65536};
	struct matrix_device *all[1], alice, bob;
	const struct megolm_inbound *inbound;
	char id[20];

	(void)state;
	matrix_open(&alice, 0, &policy);
	matrix_open(&bob, 1, &policy);
	all[0] = &bob;
	(void)matrix_invite(&alice, &bob);
	matrix_share(&alice, all, 1);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(id, sizeof(id), "$m%u", i);
		ASSERT_DONE(matrix_read(&bob, &alice, matrix_say(&alice, "on"), id, "on"));
		ASSERT_DONE(megolm_probe_skip(alice.room, (1u << 20) - 1));
	}
	inbound = bob.room->inbound[0];
	assert_int_equal(inbound->n_seen, 200);
	assert_in_range(longest_run(inbound), 1, 50);
	matrix_close(&alice);
	matrix_close(&bob);
}

static void accounts_have_the_size_of_their_keys(void **state)
{
	struct matrix_device d;
	size_t len;

	(void)state;
	matrix_open(&d, 0, &megolm_default_policy);
	assert_int_equal(account_size(&d), pickled(account_raw(0, 0)));
	for (unsigned n = 1; n <= 100; n++) {
		matrix_new_key(&d);
		assert_int_equal(account_size(&d), pickled(account_raw(n, 0)));
	}
	matrix_new_key(&d); /* the oldest makes room */
	assert_int_equal(account_size(&d), pickled(account_raw(100, 0)));
	ASSERT_DONE(megolm_device_new_fallback_key(d.device, d.key_text, sizeof(d.key_text), &len));
	assert_int_equal(account_size(&d), pickled(account_raw(100, 1)));
	matrix_close(&d);
}

static size_t session_size(const struct megolm_peer *peer)
{
	return olm_pickle_session_length(peer->session[0]->olm);
}

/* Version, whether a message came, the three keys of the first message, root key, the sending
 * chain if there is one (key pair, chain key, index), up to five receiving chains (key, chain
 * key, index), no skipped keys. */
static size_t session_raw(size_t n_sender, size_t n_receiver)
{
	return 4 + 1 + 3 * 32 + 32 + 4 + n_sender * (64 + 32 + 4) + 4 + n_receiver * (32 + 32 + 4) +
	       4;
}

static void sessions_grow_with_their_receiving_chains(void **state)
{
	struct matrix_pair p;
	struct megolm_peer *alice;

	(void)state;
	matrix_pair_open(&p);
	assert_int_equal(session_size(p.bob_at_alice), pickled(session_raw(1, 0)));
	ASSERT_DONE(matrix_receive(&p.bob, &p.alice, matrix_greet(&p, &p.alice, p.bob_at_alice)));
	alice = matrix_alice_at_bob(&p);
	assert_int_equal(session_size(alice), pickled(session_raw(0, 1)));
	/* Each turn of the conversation is a new chain; the five newest are kept. */
	for (size_t turn = 1; turn <= 7; turn++) {
		size_t n = turn < 5 ? turn : 5;

		ASSERT_DONE(matrix_receive(&p.alice, &p.bob, matrix_greet(&p, &p.bob, alice)));
		assert_int_equal(session_size(p.bob_at_alice), pickled(session_raw(0, n)));
		ASSERT_DONE(matrix_receive(&p.bob, &p.alice,
					   matrix_greet(&p, &p.alice, p.bob_at_alice)));
		assert_int_equal(session_size(p.bob_at_alice), pickled(session_raw(1, n)));
	}
	matrix_pair_close(&p);
}

static void megolm_sessions_have_one_size(void **state)
{
	struct matrix_story s;
	size_t outbound = 4 + 128 + 4 + 32 + 64, inbound = 4 + 2 * (128 + 4) + 32 + 1;

	(void)state;
	matrix_story_open(&s);
	assert_int_equal(olm_pickle_outbound_group_session_length(s.alice.room->outbound.olm),
			 pickled(outbound));
	assert_int_equal(olm_pickle_inbound_group_session_length(s.bob.room->inbound[0]->olm),
			 pickled(inbound));
	matrix_story_close(&s);
}

/* The device goes on from what was stored. */
static void a_device_is_made_again_from_what_it_stored(void **state)
{
	static uint8_t stored[16384];
	struct matrix_device *all[1];
	struct matrix_story s;
	enum megolm_source source;
	size_t len = 0;

	(void)state;
	matrix_story_open(&s);
	all[0] = &s.bob;
	assert_true(megolm_probe_store_max(s.bob.device) <= sizeof(stored));
	ASSERT_ERR(megolm_probe_store(s.bob.device, stored, 100, &len), MEGOLM_ERR_OUTPUT);
	ASSERT_DONE(megolm_probe_store(s.bob.device, stored, sizeof(stored), &len));
	ASSERT_DONE(megolm_probe_reload(s.bob.device, (struct megolm_slice){stored, len}));
	ASSERT_DONE(matrix_story_read(&s, &s.bob, &source));
	megolm_room_rotate(s.alice.room);
	matrix_share(&s.alice, all, 1);
	ASSERT_DONE(matrix_read(&s.bob, &s.alice, matrix_say(&s.alice, "on"), "$2", "on"));
	ASSERT_ERR(megolm_probe_reload(s.bob.device, (struct megolm_slice){stored, len - 1}),
		   MEGOLM_ERR_PICKLE);
	matrix_story_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ratchet_costs_what_the_specification_says),
		cmocka_unit_test(messages_are_read_late_and_out_of_order),
		cmocka_unit_test(a_sender_cannot_make_indexes_collide),
		cmocka_unit_test(accounts_have_the_size_of_their_keys),
		cmocka_unit_test(sessions_grow_with_their_receiving_chains),
		cmocka_unit_test(megolm_sessions_have_one_size),
		cmocka_unit_test(a_device_is_made_again_from_what_it_stored),
	};

	return cmocka_run_group_tests_name("megolm late", tests, NULL, NULL);
}
