#include "siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t load(const uint8_t *p, size_t len)
{
	uint64_t x = 0;

	for (size_t i = 0; i < len; i++)
		x |= (uint64_t)p[i] << (8 * i);
	return x;
}

static void store(uint8_t *p, uint64_t x)
{
	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t)(x >> (8 * i));
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void rounds(struct state *s, int n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v2 = rotate(s->v2, 32);
	}
}

static void absorb(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	rounds(s, 2);
	s->v0 ^= word;
}

static uint64_t squeeze(struct state *s)
{
	rounds(s, 4);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

void mls_siphash(uint8_t out[16], const uint8_t key[16], struct mls_slice in)
{
	uint64_t k0 = load(key, 8), k1 = load(key + 8, 8);
	/* The constants spell "somepseudorandomlygeneratedbytes"; 0xee marks 128-bit output. */
	struct state s = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee,
			  k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
	size_t whole = in.len / 8 * 8;

	for (size_t i = 0; i < whole; i += 8)
		absorb(&s, load(in.p + i, 8));
	absorb(&s, (uint64_t)(in.len & 0xff) << 56 | load(in.p + whole, in.len - whole));
	s.v2 ^= 0xee;
	store(out, squeeze(&s));
	s.v1 ^= 0xdd;
	store(out + 8, squeeze(&s));
}
