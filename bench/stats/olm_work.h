#ifndef GB_STATS_OLM_WORK_H
#define GB_STATS_OLM_WORK_H
#include "stats/tally.h"

/*
 * What the steps of Olm and Megolm cost by their specifications: the words in which the floor of a
 * Matrix room is written. libolm's hash is SHA-256, its cipher AES-256-CBC with a truncated HMAC.
 */

/* An event on a chain that is there: message key and next chain key, both by HMAC. */
void gb_olm_message(struct gb_tally *t, uint64_t times, uint64_t plaintext);

/* Root and chain key from the three Diffie-Hellman results of a new session, from one more in a
 * session that goes on; and all that who begins sessions does, with two new keys for each. */
void gb_olm_first_keys(struct gb_tally *t, uint64_t times);
void gb_olm_next_keys(struct gb_tally *t, uint64_t times);
void gb_olm_begin(struct gb_tally *t, uint64_t times);

/* A Megolm session with its signed key. A message of it that is written or read; the last of the
 * ratchet's four parts moves on with each. */
void gb_megolm_new_session(struct gb_tally *t);
void gb_megolm_message(struct gb_tally *t, uint64_t payload, bool is_written);

/* libolm's PkEncryption, both ways, without the Diffie-Hellman operation and its key. */
void gb_pk_message(struct gb_tally *t, uint64_t times, uint64_t plaintext);

/* A key of 32 bytes from another by HKDF, with a constant salt. */
void gb_derived_key(struct gb_tally *t, uint64_t times, uint64_t info);

/* HMAC-SHA-256 under a key of its own. */
void gb_mac(struct gb_tally *t, uint64_t times, uint64_t bytes);
#endif
