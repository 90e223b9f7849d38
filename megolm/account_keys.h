#ifndef MEGOLM_ACCOUNT_KEYS_H
#define MEGOLM_ACCOUNT_KEYS_H
#include "state.h"

/*
 * The private keys of an account. libolm has no functions for them, only pickles: these are taken
 * apart and put together here (libolm's src/account.cpp, version 4). Of the Ed25519 key libolm
 * keeps what it expands a seed to; the seed itself must come from who drew it.
 */
#define MEGOLM_PRIVATE_BYTES     32
#define MEGOLM_MAX_ONE_TIME_KEYS 100 /* that libolm has room for */

struct megolm_account_keys {
	uint8_t seed[MEGOLM_PRIVATE_BYTES]; /* Ed25519 */
	uint8_t curve25519[MEGOLM_PRIVATE_BYTES];
	uint8_t one_time[MEGOLM_MAX_ONE_TIME_KEYS][MEGOLM_PRIVATE_BYTES];
	size_t n_one_time;
	bool has_fallback;
	uint8_t fallback[MEGOLM_PRIVATE_BYTES]; /* the current one */
};

/* All but the seed. MEGOLM_ERR_OLM when this libolm's pickles are of another version. */
enum megolm_err MEGOLM_MUST_CHECK megolm_account_keys_read(struct megolm_account_keys *keys,
							   OlmAccount *account);

/* Bytes of a pickle of an account with so many one-time keys and a fallback key, at most. */
size_t megolm_account_pickle_max(size_t n_one_time);

/* A pickle of libolm under the key `key`, of an account with these keys, all of them published. */
enum megolm_err MEGOLM_MUST_CHECK megolm_account_keys_pickle(uint8_t *pickle, size_t *len,
							     const struct megolm_account_keys *keys,
							     struct megolm_slice key);
#endif
