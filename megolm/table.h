#ifndef MEGOLM_TABLE_H
#define MEGOLM_TABLE_H
#include "megolm.h"

/*
 * A hash table of pointers, open addressing, at most half full. The hash is SipHash-1-3
 * under a random key: names in it are chosen by others, who must not be able to make them
 * collide. {.key = ...} is an empty table.
 */
struct megolm_table {
	uint64_t key[2];
	void **slot;
	uint64_t *hash;
	size_t n, cap; /* cap is 0 or a power of two */
};

/* What a name is made of; b may be empty. */
struct megolm_name {
	struct megolm_slice a, b;
};

/* The entry of this name, NULL if there is none; has_name tells whether one has it. */
void *megolm_table_find(const struct megolm_table *t, const struct megolm_name *name,
			bool (*has_name)(const void *entry, const struct megolm_name *name));

/* Makes room for n entries in all, so that megolm_table_put cannot fail up to then. */
enum megolm_err MEGOLM_MUST_CHECK megolm_table_reserve(struct megolm_table *t, size_t n);

/* Adds an entry whose name is not in the table. Room must have been reserved. */
void megolm_table_put(struct megolm_table *t, const struct megolm_name *name, void *entry);

/* Removes an entry; nothing happens when it is not there. */
void megolm_table_remove(struct megolm_table *t, const struct megolm_name *name, const void *entry);

/* Frees the table, not its entries. */
void megolm_table_free(struct megolm_table *t);
#endif
