#include "table.h"

#include "slice.h"
#include <stdlib.h>

static uint64_t rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

static void sip_absorb(uint64_t v[4], struct megolm_slice s)
{
	uint64_t word;

	for (; s.len >= 8; s.p += 8, s.len -= 8) {
		memcpy(&word, s.p, 8);
		sip_word(v, word);
	}
	word = (uint64_t)s.len << 56;
	if (s.len > 0)
		memcpy(&word, s.p, s.len);
	sip_word(v, word);
}

/* SipHash-1-3 of both parts, each with its length behind it. */
static uint64_t hash(const struct megolm_table *t, const struct megolm_name *name)
{
	uint64_t v[4] = {t->key[0] ^ 0x736f6d6570736575, t->key[1] ^ 0x646f72616e646f6d,
			 t->key[0] ^ 0x6c7967656e657261, t->key[1] ^ 0x7465646279746573};

	sip_absorb(v, name->a);
	sip_absorb(v, name->b);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void *megolm_table_find(const struct megolm_table *t, const struct megolm_name *name,
			bool (*has_name)(const void *entry, const struct megolm_name *name))
{
	uint64_t h = hash(t, name);

	if (t->cap == 0)
		return NULL;
	for (size_t i = h & (t->cap - 1); t->slot[i] != NULL; i = (i + 1) & (t->cap - 1))
		if (t->hash[i] == h && has_name(t->slot[i], name))
			return t->slot[i];
	return NULL;
}

static void put_hashed(struct megolm_table *t, uint64_t h, void *entry)
{
	size_t i = h & (t->cap - 1);

	while (t->slot[i] != NULL)
		i = (i + 1) & (t->cap - 1);
	t->slot[i] = entry;
	t->hash[i] = h;
	t->n++;
}

enum megolm_err megolm_table_reserve(struct megolm_table *t, size_t n)
{
	struct megolm_table larger = {.key = {t->key[0], t->key[1]}, .cap = 16};

	while (larger.cap / 2 < n)
		larger.cap *= 2;
	if (larger.cap <= t->cap)
		return MEGOLM_OK;
	larger.slot = calloc(larger.cap, sizeof *larger.slot);
	larger.hash = calloc(larger.cap, sizeof *larger.hash);
	if (larger.slot == NULL || larger.hash == NULL) {
		megolm_table_free(&larger);
		return MEGOLM_ERR_NOMEM;
	}
	for (size_t i = 0; i < t->cap; i++)
		if (t->slot[i] != NULL)
			put_hashed(&larger, t->hash[i], t->slot[i]);
	megolm_table_free(t);
	*t = larger;
	return MEGOLM_OK;
}

void megolm_table_put(struct megolm_table *t, const struct megolm_name *name, void *entry)
{
	put_hashed(t, hash(t, name), entry);
}

void megolm_table_remove(struct megolm_table *t, const struct megolm_name *name, const void *entry)
{
	size_t mask = t->cap - 1, hole;

	if (t->cap == 0)
		return;
	for (hole = hash(t, name) & mask; t->slot[hole] != entry; hole = (hole + 1) & mask)
		if (t->slot[hole] == NULL)
			return;
	t->n--;
	/* Entries behind the hole move up, unless that would put them before their place. */
	for (size_t i = (hole + 1) & mask; t->slot[i] != NULL; i = (i + 1) & mask) {
		if (((i - t->hash[i]) & mask) < ((i - hole) & mask))
			continue;
		t->slot[hole] = t->slot[i];
		t->hash[hole] = t->hash[i];
		hole = i;
	}
	t->slot[hole] = NULL;
}

void megolm_table_free(struct megolm_table *t)
{
	free(t->slot);
	free(t->hash);
	*t = (struct megolm_table){.key = {t->key[0], t->key[1]}};
}
