/* Randomness that comes from outside: drawn once, wiped, and repeating if its source does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto.h"
#include "seeded_random.h"

static struct mls_crypto *crypto_new(uint16_t suite)
{
	struct mls_crypto *c = NULL;

	assert_int_equal(mls_crypto_new(&c, MLS_CRYPTO_OPENSSL, mls_suite_find(suite), NULL),
			 MLS_OK);
	return c;
}

/* A random source that counts upwards, in blocks, and fails once `left` is used up. */
struct upwards {
	uint8_t next;
	size_t left;
};

static enum mls_err upwards_fill(void *state, uint8_t *out, size_t len)
{
	struct upwards *s = state;

	if (len > s->left)
		return MLS_ERR_USAGE;
	s->left -= len;
	for (size_t i = 0; i < len; i++)
		out[i] = s->next++;
	return MLS_OK;
}

static void randomness_is_used_once_and_wiped(void **state)
{
	static const uint8_t zeros[MLS_RANDOM_POOL];
	struct upwards source = {0, 2 * MLS_RANDOM_POOL};
	const struct mls_random random = {upwards_fill, &source};
	struct mls_crypto *c = crypto_new(1);
	uint8_t out[2 * MLS_RANDOM_POOL];

	(void)state;
	mls_crypto_set_random(c, &random);
	assert_int_equal(mls_random_bytes(c, out, 10), MLS_OK);
	assert_memory_equal(c->pool, zeros, 10);
	assert_int_equal(mls_random_bytes(c, out + 10, sizeof(out) - 10), MLS_OK);
	for (size_t i = 0; i < sizeof(out); i++)
		assert_int_equal(out[i], (uint8_t)i);
	assert_memory_equal(c->pool, zeros, sizeof(c->pool));
	assert_int_equal(c->counts.random_bytes, sizeof(out));
	assert_int_equal(mls_random_bytes(c, out, 1), MLS_ERR_RANDOM);
	mls_crypto_free(c);
}

static void without_randomness_there_is_no_key(struct mls_crypto *c)
{
	struct upwards source = {0, 0};
	const struct mls_random random = {upwards_fill, &source};
	struct mls_key *key = NULL;
	struct mls_signer *signer = NULL;

	mls_crypto_set_random(c, &random);
	assert_int_equal(mls_key_generate(c, &key), MLS_ERR_RANDOM);
	assert_int_equal(mls_signer_generate(c, &signer), MLS_ERR_RANDOM);
	assert_null(key);
	assert_null(signer);
}

static void a_failing_source(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 7; suite++) {
		struct mls_crypto *c = crypto_new(suite);

		without_randomness_there_is_no_key(c);
		mls_crypto_free(c);
	}
}

/* 32 bytes of 0xff are no scalar of P-256: the next 32 are taken. */
static enum mls_err ones_first(void *state, uint8_t *out, size_t len)
{
	(void)state;
	memset(out, 0xff, 32);
	memset(out + 32, 0x01, len - 32);
	return MLS_OK;
}

static void a_number_that_is_no_scalar_is_drawn_again(void **state)
{
	const struct mls_random random = {ones_first, NULL};
	struct mls_crypto *c = crypto_new(2);
	struct mls_key *key = NULL;
	struct mls_buf saved = {0};

	(void)state;
	mls_crypto_set_random(c, &random);
	assert_int_equal(mls_key_generate(c, &key), MLS_OK);
	assert_int_equal(c->counts.random_bytes, 64);
	assert_int_equal(mls_key_export(&saved, key), MLS_OK);
	assert_int_equal(saved.p[0], 1);
	assert_int_equal(saved.p[31], 1);
	mls_buf_free(&saved);
	mls_key_free(key);
	mls_crypto_free(c);
}

static void generated_from(struct mls_crypto *c, uint64_t seed, const char *label, uint64_t index,
			   uint8_t out[32])
{
	struct mls_seeded_random stream;
	struct mls_random source = mls_seeded_random_source(&stream);
	struct mls_key *key = NULL;

	mls_seeded_random_begin(&stream, seed, label, index);
	mls_crypto_set_random(c, &source);
	assert_int_equal(mls_key_generate(c, &key), MLS_OK);
	memcpy(out, mls_key_public(key).p, 32);
	mls_key_free(key);
}

static void seeded_keys_repeat(void **state)
{
	struct mls_crypto *c = crypto_new(1);
	uint8_t first[32], again[32];

	(void)state;
	generated_from(c, 1, "device", 2, first);
	generated_from(c, 1, "device", 2, again);
	assert_memory_equal(first, again, 32);
	generated_from(c, 2, "device", 2, again);
	assert_memory_not_equal(first, again, 32);
	generated_from(c, 1, "device", 3, again);
	assert_memory_not_equal(first, again, 32);
	generated_from(c, 1, "group", 2, again);
	assert_memory_not_equal(first, again, 32);
	mls_crypto_free(c);
}

/* A stream has no period of one block, and one call gets what two would. */
static void a_seeded_stream_goes_on(void **state)
{
	struct mls_seeded_random stream;
	const struct mls_random source = mls_seeded_random_source(&stream);
	uint8_t whole[200], parts[200];

	(void)state;
	mls_seeded_random_begin(&stream, 7, "stream", 0);
	assert_int_equal(source.fill(source.state, whole, 200), MLS_OK);
	assert_memory_not_equal(whole, whole + 64, 64);
	mls_seeded_random_begin(&stream, 7, "stream", 0);
	assert_int_equal(source.fill(source.state, parts, 128), MLS_OK);
	assert_int_equal(source.fill(source.state, parts + 128, 72), MLS_OK);
	assert_memory_equal(whole, parts, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(randomness_is_used_once_and_wiped),
		cmocka_unit_test(a_failing_source),
		cmocka_unit_test(a_number_that_is_no_scalar_is_drawn_again),
		cmocka_unit_test(seeded_keys_repeat),
		cmocka_unit_test(a_seeded_stream_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
