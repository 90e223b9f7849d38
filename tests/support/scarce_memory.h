#ifndef SCARCE_MEMORY_H
#define SCARCE_MEMORY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Memory that runs out once, at an allocation that the test chooses, and a watch over what is
 * freed: no block of it may have a secret. For programs in which the linker wraps malloc, calloc
 * and free, and what gives secrets (Makefile).
 */

/* Forgets what was learned and found. What is learned later has at least 16 bytes. */
void scarce_begin(void);

/* This is a secret from now on, as is what the library derives, generates, imports or agrees on by
 * Diffie-Hellman. */
void scarce_learn(const uint8_t *bytes, size_t len);

/* The allocation after so many others fails, and no other one; -1: none does. */
void scarce_fail_at(long n);
bool scarce_has_failed(void);

/* In which call we are, and in which of them a block with a secret was freed first; NULL: in none.
 */
void scarce_calling(const char *call);
const char *scarce_found(void);

/* Blocks that are not freed. */
long scarce_n_live(void);

/* Whether threads of the library have allocated, besides this one, since that was asked last, while
 * an allocation was to fail. */
bool scarce_others_allocate(void);
#endif
