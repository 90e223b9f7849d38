/* The secret tree and its ratchets: RFC 9420 9, by the official vectors secret-tree.json, and
 * by what forks, bounds and the deletion schedule promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "secret_tree.h"
#include "vectors.h"

#define N_LEAVES 100000

static const struct mls_policy policy = {.max_ratchet_steps = 10, .max_kept_keys = 4};

/* A tree over N_LEAVES leaves of suite 1, and its cryptography. */
struct fixture {
	struct mls_crypto *c;
	struct mls_secret_tree tree;
};

static int set_up(void **state)
{
	static struct fixture f;
	const struct mls_secret secret = {"an encryption_secret of 32 bytes", 32};

	f = (struct fixture){0};
	*state = &f;
	if (mls_crypto_new(&f.c, MLS_CRYPTO_OPENSSL, mls_suite_find(1), NULL))
		return -1;
	return mls_secret_tree_init(&f.tree, N_LEAVES, &secret) == MLS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	mls_secret_tree_clear(&f->tree);
	mls_crypto_free(f->c);
	return 0;
}

static void check_key(json_t *v, const char *key_name, const char *nonce_name,
		      const struct mls_crypto *c, const struct mls_message_key *key)
{
	vector_expect(v, key_name, mls_slice(key->key, c->suite->nk));
	vector_expect(v, nonce_name, mls_slice(key->nonce, MLS_AEAD_NONCE));
}

static void check_leaf(struct mls_crypto *c, struct mls_secret_tree *t, json_t *generations,
		       uint32_t leaf)
{
	const struct mls_policy wide = {.max_ratchet_steps = 1000, .max_kept_keys = 1000};

	for (size_t i = 0; i < json_array_size(generations); i++) {
		json_t *v = json_array_get(generations, i);
		uint32_t generation = (uint32_t)vector_number(v, "generation");
		struct mls_message_key key;

		assert_int_equal(mls_secret_tree_find(c, t, &key, leaf, MLS_RATCHET_HANDSHAKE,
						      generation, &wide),
				 MLS_OK);
		check_key(v, "handshake_key", "handshake_nonce", c, &key);
		assert_int_equal(mls_secret_tree_find(c, t, &key, leaf, MLS_RATCHET_APPLICATION,
						      generation, &wide),
				 MLS_OK);
		check_key(v, "application_key", "application_nonce", c, &key);
		assert_int_equal(mls_secret_tree_consume(c, t, leaf, MLS_RATCHET_APPLICATION,
							 generation, &wide),
				 MLS_OK);
		vector_done(v);
	}
}

static void check_sender_data(struct mls_crypto *c, json_t *v)
{
	struct mls_secret secret = vector_secret(v, "sender_data_secret");
	struct mls_message_key key;

	assert_int_equal(mls_sender_data_key(c, &key, &secret, vector_hex(v, "ciphertext")),
			 MLS_OK);
	check_key(v, "key", "nonce", c, &key);
	vector_done(v);
}

static void secret_tree_vectors(void **state)
{
	json_t *cases = vectors_load("secret-tree.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i), *leaves = vector_array(v, "leaves");
		struct mls_crypto *c = vector_crypto(v);
		struct mls_secret secret = vector_secret(v, "encryption_secret");
		uint32_t n = (uint32_t)json_array_size(leaves);
		struct mls_secret_tree t;

		check_sender_data(c, vector_object(v, "sender_data"));
		assert_int_equal(mls_secret_tree_init(&t, n, &secret), MLS_OK);
		for (uint32_t leaf = 0; leaf < n; leaf++)
			check_leaf(c, &t, json_array_get(leaves, leaf), leaf);
		vector_done(v);
		mls_secret_tree_clear(&t);
		mls_crypto_free(c);
	}
	vectors_free();
}

static bool same_key(const struct mls_message_key *a, const struct mls_message_key *b)
{
	return a->generation == b->generation && memcmp(a->key, b->key, 16) == 0 &&
	       memcmp(a->nonce, b->nonce, sizeof(a->nonce)) == 0;
}

/* Short names for what nearly every test does: the application ratchet of one leaf. */
static struct mls_message_key next(struct fixture *f, struct mls_secret_tree *t, uint32_t leaf)
{
	struct mls_message_key key = {0};

	assert_int_equal(mls_secret_tree_next(f->c, t, &key, leaf, MLS_RATCHET_APPLICATION),
			 MLS_OK);
	return key;
}

static enum mls_err find(struct fixture *f, struct mls_message_key *key, uint32_t leaf,
			 uint32_t generation)
{
	return mls_secret_tree_find(f->c, &f->tree, key, leaf, MLS_RATCHET_APPLICATION, generation,
				    &policy);
}

static enum mls_err consume(struct fixture *f, uint32_t leaf, uint32_t generation)
{
	return mls_secret_tree_consume(f->c, &f->tree, leaf, MLS_RATCHET_APPLICATION, generation,
				       &policy);
}

/* The keys of generations 0 to n - 1, as the sender has them. */
static void sender_keys(struct fixture *f, struct mls_message_key *keys, uint32_t n, uint32_t leaf)
{
	struct mls_secret_tree sender = {0};

	mls_secret_tree_fork(&sender, &f->tree);
	for (uint32_t i = 0; i < n; i++)
		keys[i] = next(f, &sender, leaf);
	mls_secret_tree_clear(&sender);
}

static void sender_and_receiver_agree_in_any_order(void **state)
{
	static const uint32_t order[] = {0, 3, 1, 2, 6, 4, 5};
	struct mls_message_key keys[7], key;
	struct fixture *f = *state;

	sender_keys(f, keys, 7, N_LEAVES - 1);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(keys[i].generation, i);
		assert_int_equal(find(f, &key, N_LEAVES - 1, order[i]), MLS_OK);
		assert_true(same_key(&key, &keys[order[i]]));
		assert_int_equal(consume(f, N_LEAVES - 1, order[i]), MLS_OK);
	}
	for (uint32_t i = 0; i < 7; i++) {
		assert_int_equal(find(f, &key, N_LEAVES - 1, i), MLS_ERR_GENERATION_USED);
		assert_int_equal(consume(f, N_LEAVES - 1, i), MLS_ERR_GENERATION_USED);
	}
}

static void the_two_ratchets_of_a_leaf_are_apart(void **state)
{
	struct mls_message_key application, handshake;
	struct fixture *f = *state;

	application = next(f, &f->tree, 7);
	assert_int_equal(mls_secret_tree_next(f->c, &f->tree, &handshake, 7, MLS_RATCHET_HANDSHAKE),
			 MLS_OK);
	assert_int_equal(handshake.generation, 0);
	assert_false(same_key(&application, &handshake));
}

/* A forged message makes the receiver find a key, and nothing more. */
static void finding_a_key_moves_nothing(void **state)
{
	struct mls_message_key keys[10], key;
	struct fixture *f = *state;

	sender_keys(f, keys, 10, 5);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(find(f, &key, 5, 9), MLS_OK);
		assert_true(same_key(&key, &keys[9]));
	}
	assert_int_equal(find(f, &key, 5, 0), MLS_OK);
	assert_true(same_key(&key, &keys[0]));
}

static void a_generation_too_far_ahead_is_refused(void **state)
{
	struct mls_message_key key;
	struct fixture *f = *state;

	assert_int_equal(find(f, &key, 5, 11), MLS_ERR_GENERATION_TOO_FAR);
	assert_int_equal(consume(f, 5, 11), MLS_ERR_GENERATION_TOO_FAR);
	assert_int_equal(find(f, &key, 5, UINT32_MAX), MLS_ERR_GENERATION_TOO_FAR);
	assert_int_equal(find(f, &key, 5, 10), MLS_OK);
	assert_int_equal(consume(f, 5, 10), MLS_OK);
	assert_int_equal(find(f, &key, 5, 21), MLS_OK);
	assert_int_equal(find(f, &key, 5, 22), MLS_ERR_GENERATION_TOO_FAR);
}

/* max_kept_keys is 4: of generations 0 to 9 the last four are kept, then of 11 and 12 two
 * more, which push out 6 and 7. */
static void the_oldest_kept_keys_go_first(void **state)
{
	struct mls_message_key keys[14], key;
	struct fixture *f = *state;

	sender_keys(f, keys, 14, 5);
	assert_int_equal(consume(f, 5, 10), MLS_OK);
	assert_int_equal(find(f, &key, 5, 5), MLS_ERR_GENERATION_USED);
	for (uint32_t i = 6; i < 10; i++) {
		assert_int_equal(find(f, &key, 5, i), MLS_OK);
		assert_true(same_key(&key, &keys[i]));
	}
	assert_int_equal(consume(f, 5, 13), MLS_OK);
	assert_int_equal(find(f, &key, 5, 7), MLS_ERR_GENERATION_USED);
	assert_int_equal(find(f, &key, 5, 8), MLS_OK);
	assert_int_equal(find(f, &key, 5, 12), MLS_OK);
	assert_true(same_key(&key, &keys[12]));
}

static void without_kept_keys_there_is_no_late_message(void **state)
{
	const struct mls_policy strict = {.max_ratchet_steps = 10};
	struct mls_message_key key;
	struct fixture *f = *state;

	assert_int_equal(
		mls_secret_tree_consume(f->c, &f->tree, 5, MLS_RATCHET_APPLICATION, 3, &strict),
		MLS_OK);
	assert_int_equal(find(f, &key, 5, 2), MLS_ERR_GENERATION_USED);
	assert_int_equal(find(f, &key, 5, 4), MLS_OK);
}

static void a_leaf_outside_the_tree_is_refused(void **state)
{
	struct mls_message_key key;
	struct fixture *f = *state;

	assert_int_equal(find(f, &key, 131072, 0), MLS_ERR_USAGE);
	assert_int_equal(find(f, &key, UINT32_MAX, 0), MLS_ERR_USAGE);
	assert_int_equal(
		mls_secret_tree_next(f->c, &f->tree, &key, 131072, MLS_RATCHET_APPLICATION),
		MLS_ERR_USAGE);
}

static void forks_do_not_see_each_other(void **state)
{
	struct fixture *f = *state;
	struct mls_secret_tree fork = {0}, untouched = {0};
	struct mls_message_key keys[4], key;

	sender_keys(f, keys, 4, 9);
	mls_secret_tree_fork(&untouched, &f->tree);
	key = next(f, &f->tree, 9);
	assert_true(same_key(&key, &keys[0]));

	mls_secret_tree_fork(&fork, &f->tree);
	key = next(f, &fork, 9);
	assert_true(same_key(&key, &keys[1]));
	key = next(f, &fork, 9);
	assert_true(same_key(&key, &keys[2]));
	key = next(f, &f->tree, 9);
	assert_true(same_key(&key, &keys[1]));
	key = next(f, &untouched, 9);
	assert_true(same_key(&key, &keys[0]));

	mls_secret_tree_clear(&f->tree);
	mls_secret_tree_clear(&untouched);
	key = next(f, &fork, 9);
	assert_true(same_key(&key, &keys[3]));
	mls_secret_tree_clear(&fork);
}

/* Kept keys are not shared either. */
static void a_fork_keeps_its_own_late_keys(void **state)
{
	struct fixture *f = *state;
	struct mls_secret_tree fork = {0};
	struct mls_message_key key;

	assert_int_equal(consume(f, 9, 3), MLS_OK);
	mls_secret_tree_fork(&fork, &f->tree);
	assert_int_equal(consume(f, 9, 1), MLS_OK);
	assert_int_equal(find(f, &key, 9, 1), MLS_ERR_GENERATION_USED);
	mls_secret_tree_clear(&f->tree);
	f->tree = fork;
	assert_int_equal(find(f, &key, 9, 1), MLS_OK);
	assert_int_equal(find(f, &key, 9, 2), MLS_OK);
}

/* 17 levels with two children each, two ratchets, three values of a generation. */
static void using_a_leaf_costs_a_path_once(void **state)
{
	struct fixture *f = *state;
	struct mls_message_key key;

	f->c->counts = (struct mls_counts){0};
	key = next(f, &f->tree, 12345);
	assert_int_equal(f->c->counts.hkdf, 17 * 2 + 2 + 3);
	key = next(f, &f->tree, 12345);
	assert_int_equal(f->c->counts.hkdf, 17 * 2 + 2 + 3 + 3);
	/* The sibling has a leaf secret already. */
	key = next(f, &f->tree, 12344);
	assert_int_equal(f->c->counts.hkdf, 17 * 2 + 2 + 3 + 3 + 2 + 3);
	assert_int_equal(key.generation, 0);
}

/* Finding and consuming the next generation derives each of three values once. */
static void receiving_in_order_derives_nothing_twice(void **state)
{
	struct fixture *f = *state;
	struct mls_message_key key;

	assert_int_equal(find(f, &key, 3, 0), MLS_OK);
	assert_int_equal(consume(f, 3, 0), MLS_OK);
	f->c->counts = (struct mls_counts){0};
	assert_int_equal(find(f, &key, 3, 1), MLS_OK);
	assert_int_equal(consume(f, 3, 1), MLS_OK);
	assert_int_equal(f->c->counts.hkdf, 3);
}

static void the_last_generation_is_not_followed_by_the_first(void **state)
{
	struct fixture *f = *state;
	struct mls_sender_ratchet r = {.secret = {"the last secret of this ratchet.", 32},
				       .next = UINT32_MAX};
	struct mls_message_key key;

	assert_int_equal(mls_sender_ratchet_find(f->c, &r, &key, UINT32_MAX, &policy), MLS_OK);
	assert_int_equal(mls_sender_ratchet_next(f->c, &r, &key), MLS_OK);
	assert_int_equal(key.generation, UINT32_MAX);
	assert_int_equal(mls_sender_ratchet_next(f->c, &r, &key), MLS_ERR_GENERATION_SPENT);
	assert_int_equal(mls_sender_ratchet_find(f->c, &r, &key, UINT32_MAX, &policy),
			 MLS_ERR_GENERATION_USED);
	assert_int_equal(mls_sender_ratchet_find(f->c, &r, &key, 0, &policy),
			 MLS_ERR_GENERATION_USED);
	mls_sender_ratchet_clear(&r);
}

static void the_last_generation_can_be_received(void **state)
{
	struct fixture *f = *state;
	struct mls_sender_ratchet r = {.secret = {"the last secret of this ratchet.", 32},
				       .next = UINT32_MAX - 1};
	struct mls_message_key key;

	assert_int_equal(mls_sender_ratchet_consume(f->c, &r, UINT32_MAX, &policy), MLS_OK);
	assert_int_equal(mls_sender_ratchet_consume(f->c, &r, UINT32_MAX, &policy),
			 MLS_ERR_GENERATION_USED);
	assert_int_equal(mls_sender_ratchet_find(f->c, &r, &key, UINT32_MAX - 1, &policy), MLS_OK);
	mls_sender_ratchet_clear(&r);
}

static void a_consumed_key_is_wiped(void **state)
{
	static const uint8_t zeros[sizeof(struct mls_message_key)];
	struct fixture *f = *state;
	struct mls_sender_ratchet r = {.secret = {"the secret of generation no. 0.", 32}};

	assert_int_equal(mls_sender_ratchet_consume(f->c, &r, 3, &policy), MLS_OK);
	assert_int_equal(r.n_kept, 3);
	assert_int_equal(mls_sender_ratchet_consume(f->c, &r, 1, &policy), MLS_OK);
	assert_int_equal(r.n_kept, 2);
	assert_int_equal(r.kept[0].generation, 0);
	assert_int_equal(r.kept[1].generation, 2);
	assert_memory_equal(&r.kept[2], zeros, sizeof(zeros));
	mls_sender_ratchet_clear(&r);
	assert_int_equal(r.secret.len, 0);
	assert_memory_equal(r.secret.bytes, zeros, 32);
}

static enum mls_err next_err(struct fixture *f, struct mls_secret_tree *t, uint32_t leaf,
			     enum mls_ratchet type)
{
	struct mls_message_key key;

	return mls_secret_tree_next(f->c, t, &key, leaf, type);
}

/* What the ratchets of the own leaf come from, used or not. */
static void a_retired_tree_sends_nothing(void **state)
{
	struct fixture *f = *state;

	for (int used = 0; used < 2; used++) {
		struct mls_secret_tree retired = {0};

		assert_int_equal(mls_secret_tree_retire(f->c, &retired, &f->tree, 9), MLS_OK);
		for (int type = 0; type < 2; type++) {
			assert_int_equal(next_err(f, &retired, 9, (enum mls_ratchet)type),
					 MLS_ERR_GENERATION_SPENT);
			assert_int_equal(next_err(f, &f->tree, 9, (enum mls_ratchet)type), MLS_OK);
		}
		mls_secret_tree_clear(&retired);
	}
}

/* The first leaf was heard, in both ratchets; the second was not. */
static void a_retired_tree_reads_application_data(void **state)
{
	enum { HEARD = 8, SILENT = 10, OWN = 9 };
	struct fixture *f = *state;
	struct mls_secret_tree retired = {0};
	struct mls_message_key heard, silent, key;

	sender_keys(f, &heard, 1, HEARD);
	sender_keys(f, &silent, 1, SILENT);
	assert_int_equal(consume(f, HEARD, 1), MLS_OK);
	assert_int_equal(
		mls_secret_tree_consume(f->c, &f->tree, HEARD, MLS_RATCHET_HANDSHAKE, 1, &policy),
		MLS_OK);
	assert_int_equal(mls_secret_tree_retire(f->c, &retired, &f->tree, OWN), MLS_OK);
	mls_secret_tree_clear(&f->tree);
	f->tree = retired;
	assert_int_equal(find(f, &key, HEARD, 0), MLS_OK);
	assert_true(same_key(&key, &heard));
	assert_int_equal(find(f, &key, HEARD, 2), MLS_OK);
	assert_int_equal(find(f, &key, SILENT, 0), MLS_OK);
	assert_true(same_key(&key, &silent));
	for (uint32_t generation = 0; generation < 3; generation++)
		assert_int_equal(mls_secret_tree_find(f->c, &f->tree, &key, HEARD,
						      MLS_RATCHET_HANDSHAKE, generation, &policy),
				 MLS_ERR_GENERATION_USED);
}

static void a_tree_is_retired_for_a_leaf_of_it(void **state)
{
	struct fixture *f = *state;
	struct mls_secret_tree retired = {0};

	assert_int_equal(mls_secret_tree_retire(f->c, &retired, &f->tree, 1 << 17), MLS_ERR_USAGE);
	assert_null(retired.root);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secret_tree_vectors),
		TEST(sender_and_receiver_agree_in_any_order),
		TEST(the_two_ratchets_of_a_leaf_are_apart),
		TEST(finding_a_key_moves_nothing),
		TEST(a_generation_too_far_ahead_is_refused),
		TEST(the_oldest_kept_keys_go_first),
		TEST(without_kept_keys_there_is_no_late_message),
		TEST(a_leaf_outside_the_tree_is_refused),
		TEST(forks_do_not_see_each_other),
		TEST(a_fork_keeps_its_own_late_keys),
		TEST(using_a_leaf_costs_a_path_once),
		TEST(receiving_in_order_derives_nothing_twice),
		TEST(the_last_generation_is_not_followed_by_the_first),
		TEST(the_last_generation_can_be_received),
		TEST(a_consumed_key_is_wiped),
		TEST(a_retired_tree_sends_nothing),
		TEST(a_retired_tree_reads_application_data),
		TEST(a_tree_is_retired_for_a_leaf_of_it),
	};

	return VECTORS_ON_BOTH(tests);
}
