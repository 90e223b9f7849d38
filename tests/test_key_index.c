/* The set of public keys: against a plain list, and as a value that copies do not change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "key_index.h"
#include "siphash.h"

static const struct mls_key_index_seed seed = {{{1, 2, 3}, {4, 5, 6}}};

/* The authors' published vectors (vectors_sip128): key 00..0f, input 00, 01 ... */
static void siphash_agrees_with_its_authors(void **state)
{
	static const uint8_t want[3][16] = {
		{0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55,
		 0x02, 0x93},
		{0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22,
		 0xfc, 0x45},
		{0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6, 0x0a,
		 0xff, 0xe4},
	};
	uint8_t bytes[16], out[16];

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		bytes[i] = i;
	for (size_t i = 0; i < 3; i++) {
		mls_siphash(out, bytes, mls_slice(bytes, i));
		assert_memory_equal(out, want[i], 16);
	}
}

enum { N_KEYS = 4000 };

/* A key of 32 bytes that is a function of its number. */
static struct mls_slice key(uint8_t bytes[32], uint32_t number)
{
	memset(bytes, 0x5a, 32);
	memcpy(bytes, &number, sizeof(number));
	return mls_slice(bytes, 32);
}

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % n);
}

/* Both uses of one key are different members of the set. */
struct model {
	bool has[2][N_KEYS];
	uint32_t n;
};

static void expect_equal(const struct mls_key_index *index, const struct model *model)
{
	uint8_t bytes[32];

	assert_int_equal(index->n, model->n);
	for (uint32_t i = 0; i < N_KEYS; i++) {
		for (int use = 0; use < 2; use++)
			assert_int_equal(
				mls_key_index_contains(index, (enum mls_key_use)use, key(bytes, i)),
				model->has[use][i]);
	}
}

/* More keys than are looked for side by side, there or not. */
static void prefetch_some(const struct mls_key_index *index, enum mls_key_use use)
{
	enum { N = 150 };
	uint8_t bytes[N][32];
	struct mls_used_key keys[N];

	for (size_t i = 0; i < N; i++)
		keys[i] = (struct mls_used_key){use, key(bytes[i], random_below(N_KEYS))};
	mls_key_index_prefetch(index, keys, N);
}

/* One random change, with the outcome that the model says. */
static void change(struct mls_key_index *index, struct model *model, bool mostly_insert)
{
	uint32_t number = random_below(N_KEYS), use = random_below(2);
	bool insert = (random_below(4) > 0) == mostly_insert;
	bool *has = &model->has[use][number];
	uint8_t bytes[32];
	struct mls_slice k = key(bytes, number);
	enum mls_err err;

	if (insert) {
		err = mls_key_index_insert(index, (enum mls_key_use)use, k);
		assert_int_equal(err, *has ? MLS_ERR_KEY_NOT_UNIQUE : MLS_OK);
		model->n += !*has;
		*has = true;
	} else {
		err = mls_key_index_remove(index, (enum mls_key_use)use, k);
		assert_int_equal(err, *has ? MLS_OK : MLS_ERR_USAGE);
		model->n -= *has;
		*has = false;
	}
}

static void agrees_with_a_list(void **state)
{
	struct mls_key_index index = {.seed = seed};
	static struct model model;

	(void)state;
	random_state = 1;
	prefetch_some(&index, MLS_KEY_ENCRYPTION);
	for (int round = 0; round < 6; round++) {
		for (int i = 0; i < 6000; i++)
			change(&index, &model, round % 2 == 0);
		prefetch_some(&index, (enum mls_key_use)(round % 2));
		expect_equal(&index, &model);
	}
	mls_key_index_clear(&index);
	assert_int_equal(index.n, 0);
	assert_false(mls_key_index_contains(&index, MLS_KEY_ENCRYPTION, mls_slice_str("x")));
}

/* Inserted together is inserted one after the other, up to the first that is there. */
static void inserts_many(void **state)
{
	enum { N = 200, TWICE = 150, OF = 7 };
	struct mls_key_index index = {.seed = seed};
	struct mls_used_key keys[N];
	uint8_t bytes[N][32];

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		keys[i] = (struct mls_used_key){(enum mls_key_use)(i % 2), key(bytes[i], i)};
	assert_int_equal(mls_key_index_insert_all(&index, keys, N), MLS_OK);
	assert_int_equal(index.n, N);
	for (size_t i = 0; i < N; i++)
		assert_true(mls_key_index_contains(&index, keys[i].use, keys[i].key));
	mls_key_index_clear(&index);
	keys[TWICE] = keys[OF];
	assert_int_equal(mls_key_index_insert_all(&index, keys, N), MLS_ERR_KEY_NOT_UNIQUE);
	assert_int_equal(index.n, TWICE);
	mls_key_index_clear(&index);
}

/* A chain of copies, each changed after it was made and while the others live. */
static void copies_are_values(void **state)
{
	enum { N_COPIES = 12 };
	static struct mls_key_index index[N_COPIES];
	static struct model model[N_COPIES];

	(void)state;
	random_state = 7;
	index[0].seed = seed;
	for (int i = 0; i < 2000; i++)
		change(&index[0], &model[0], true);
	for (int copy = 1; copy < N_COPIES; copy++) {
		int of = (int)random_below((uint32_t)copy);

		mls_key_index_copy(&index[copy], &index[of]);
		model[copy] = model[of];
		for (int i = 0; i < 300; i++) {
			change(&index[copy], &model[copy], copy % 2 == 0);
			change(&index[of], &model[of], true);
		}
	}
	for (int copy = 0; copy < N_COPIES; copy++)
		expect_equal(&index[copy], &model[copy]);
	for (int copy = 0; copy < N_COPIES; copy++)
		mls_key_index_clear(&index[copy]);
}

/* Whoever does not know the seed does not know where a key goes. */
static void the_seed_decides_the_place(void **state)
{
	uint8_t a[16], b[16];

	(void)state;
	mls_siphash(a, seed.bytes[0], mls_slice_str("key"));
	mls_siphash(b, seed.bytes[1], mls_slice_str("key"));
	assert_memory_not_equal(a, b, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_agrees_with_its_authors),
		cmocka_unit_test(agrees_with_a_list),
		cmocka_unit_test(inserts_many),
		cmocka_unit_test(copies_are_values),
		cmocka_unit_test(the_seed_decides_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
