#include "seeded_random.h"

#include "crypto_provider.h"

/* Block n of a stream is SHA-512(key, n). */
static const struct mls_suite *sha512_suite(void)
{
	return mls_suite_find(MLS_256_DHKEMX448_AES256GCM_SHA512_ED448);
}

static void big_endian(uint8_t out[8], uint64_t n)
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(n >> (56 - 8 * i));
}

void mls_seeded_random_begin(struct mls_seeded_random *s, uint64_t seed, const char *label,
			     uint64_t index)
{
	uint8_t numbers[16];
	const struct mls_slice parts[] = {mls_slice(numbers, sizeof(numbers)),
					  mls_slice_str(label)};

	big_endian(numbers, seed);
	big_endian(numbers + 8, index);
	mls_hash_uncounted(sha512_suite(), s->key, parts, 2);
	s->n_blocks = 0;
}

/* Every call begins with a new block. */
static enum mls_err fill(void *state, uint8_t *out, size_t len)
{
	struct mls_seeded_random *s = state;
	uint8_t number[8], block[sizeof(s->key)];
	const struct mls_slice parts[] = {mls_slice(s->key, sizeof(s->key)),
					  mls_slice(number, sizeof(number))};

	for (size_t n; len > 0; len -= n, out += n) {
		n = len < sizeof(block) ? len : sizeof(block);
		big_endian(number, s->n_blocks++);
		mls_hash_uncounted(sha512_suite(), block, parts, 2);
		memcpy(out, block, n);
	}
	mls_wipe(block, sizeof(block));
	return MLS_OK;
}

struct mls_random mls_seeded_random_source(struct mls_seeded_random *s)
{
	return (struct mls_random){fill, s};
}
