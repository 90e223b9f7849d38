#include "stats/tally.h"

const struct gb_primitive_spec gb_primitives[GB_PRICED_PRIMITIVES] = {
#define X(name, sentence) {#name, sentence},
#include "stats/primitives.def"
#undef X
};

uint64_t gb_tally_get(const struct gb_tally *t, enum gb_primitive primitive)
{
	switch (primitive) {
#define X(name, sentence)                                                                          \
	case GB_PRIMITIVE_##name:                                                                  \
		return t->name;
#include "stats/primitives.def"
#undef X
	case GB_PRICED_PRIMITIVES:
		break;
	}
	return 0;
}

void gb_tally_add(struct gb_tally *to, const struct gb_tally *from, uint64_t times)
{
#define X(name, sentence) to->name += times * from->name;
#include "stats/primitives.def"
#undef X
}

uint64_t gb_hash_blocks(const struct gb_hash_shape *h, uint64_t bytes)
{
	return (bytes + h->length) / h->block + 1;
}

void gb_tally_hash(struct gb_tally *t, const struct gb_hash_shape *h, uint64_t times,
		   uint64_t bytes)
{
	t->hash += times;
	t->hash_blocks += times * gb_hash_blocks(h, bytes);
}

/* The padded key in front is a whole block, made when the key was set up. */
void gb_tally_hmac(struct gb_tally *t, const struct gb_hash_shape *h, uint64_t times,
		   uint64_t bytes)
{
	t->hmac += times;
	t->hash_blocks += times * (gb_hash_blocks(h, bytes) + gb_hash_blocks(h, h->digest));
}

void gb_tally_hmac_key(struct gb_tally *t, uint64_t times)
{
	t->hmac_keys += times;
	t->hash_blocks += 2 * times;
}

void gb_tally_sign(struct gb_tally *t, uint64_t times, uint64_t bytes)
{
	t->sign += times;
	t->sign_bytes += times * bytes;
}

void gb_tally_verify(struct gb_tally *t, uint64_t times, uint64_t bytes)
{
	t->verify += times;
	t->verify_bytes += times * bytes;
}

void gb_tally_aead(struct gb_tally *t, uint64_t times, uint64_t bytes)
{
	t->aead += times;
	t->aead_bytes += times * bytes;
}

void gb_tally_cbc(struct gb_tally *t, uint64_t times, uint64_t bytes)
{
	t->cbc += times;
	t->cbc_bytes += times * bytes;
}

void gb_tally_extract(struct gb_tally *t, const struct gb_hash_shape *h, uint64_t times,
		      bool constant_salt, uint64_t bytes)
{
	if (!constant_salt)
		gb_tally_hmac_key(t, times);
	gb_tally_hmac(t, h, times, bytes);
}

void gb_tally_expand(struct gb_tally *t, const struct gb_hash_shape *h, uint64_t times,
		     uint64_t info, uint64_t out)
{
	uint64_t rounds = (out + h->digest - 1) / h->digest;

	gb_tally_hmac(t, h, times, info + 1);
	if (rounds > 1)
		gb_tally_hmac(t, h, times * (rounds - 1), h->digest + info + 1);
}

double gb_tally_ns(const struct gb_tally *t, const double prices[GB_PRICED_PRIMITIVES])
{
	double ns = 0;

	for (unsigned i = 0; i < GB_PRICED_PRIMITIVES; i++) {
		uint64_t n = gb_tally_get(t, (enum gb_primitive)i);
		if (n > 0)
			ns += (double)n * prices[i];
	}
	return ns;
}
