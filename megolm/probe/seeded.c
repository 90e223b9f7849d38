#include "crypto.h"
#include "megolm_probe.h"
#include <string.h>

static enum megolm_err draw(void *state, uint8_t *out, size_t len)
{
	struct megolm_seeded *s = state;
	uint8_t input[sizeof s->key + sizeof s->counter];
	enum megolm_err err = MEGOLM_OK;

	while (len > 0 && err == MEGOLM_OK) {
		size_t n = sizeof s->block - s->used;
		n = n < len ? n : len;
		memcpy(out, s->block + s->used, n);
		s->used += n;
		out += n;
		len -= n;
		if (s->used < sizeof s->block)
			continue;
		memcpy(input, s->key, sizeof s->key);
		memcpy(input + sizeof s->key, &s->counter, sizeof s->counter);
		err = megolm_sha256(s->block, (struct megolm_slice){input, sizeof input});
		s->counter++;
		s->used = 0;
	}
	return err;
}

enum megolm_err megolm_seeded_begin(struct megolm_seeded *s, uint64_t seed, const char *purpose,
				    uint32_t a, uint32_t b)
{
	uint8_t name[64] = {0};
	size_t len = strlen(purpose);

	if (len > sizeof name - 16)
		return MEGOLM_ERR_USAGE;
	memcpy(name, &seed, sizeof seed);
	memcpy(name + 8, &a, sizeof a);
	memcpy(name + 12, &b, sizeof b);
	memcpy(name + 16, purpose, len);
	*s = (struct megolm_seeded){.used = sizeof s->block};
	return megolm_sha256(s->key, (struct megolm_slice){name, sizeof name});
}

struct megolm_random megolm_seeded_random(struct megolm_seeded *s)
{
	return (struct megolm_random){draw, s};
}
