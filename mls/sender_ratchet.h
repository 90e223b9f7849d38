#ifndef MLS_SENDER_RATCHET_H
#define MLS_SENDER_RATCHET_H
#include "label.h"

/* One sender ratchet of the secret tree (RFC 9420 9.1), behind secret_tree.h. */

/* A key and nonce for one message, before the reuse guard. Wiped by its user. */
struct mls_message_key {
	uint32_t generation;
	uint8_t key[MLS_MAX_AEAD_KEY]; /* suite->nk bytes */
	uint8_t nonce[MLS_AEAD_NONCE];
};

/*
 * {0} with its first secret set is a ratchet at generation 0. `kept` are the unused keys of
 * skipped generations, in ascending order, all below `next`.
 */
struct mls_sender_ratchet {
	struct mls_secret secret; /* of generation `next`; empty once no generation is left */
	uint32_t next;
	uint32_t n_kept, room; /* entries of kept, and for how many there is memory */
	struct mls_message_key *kept;
};

/* Wipes and frees what the ratchet holds, leaving {0}. */
void mls_sender_ratchet_clear(struct mls_sender_ratchet *r);

/* Makes *to, which was {0}, a copy of *from; it stays {0} on MLS_ERR_NOMEM. */
enum mls_err MLS_MUST_CHECK mls_sender_ratchet_copy(struct mls_sender_ratchet *to,
						    const struct mls_sender_ratchet *from);

/* As the functions of secret_tree.h of the same names. */
enum mls_err MLS_MUST_CHECK mls_sender_ratchet_next(struct mls_crypto *c,
						    struct mls_sender_ratchet *r,
						    struct mls_message_key *out);
enum mls_err MLS_MUST_CHECK mls_sender_ratchet_find(struct mls_crypto *c,
						    const struct mls_sender_ratchet *r,
						    struct mls_message_key *out,
						    uint32_t generation,
						    const struct mls_policy *policy);
enum mls_err MLS_MUST_CHECK mls_sender_ratchet_consume(struct mls_crypto *c,
						       struct mls_sender_ratchet *r,
						       uint32_t generation,
						       const struct mls_policy *policy);

/* Appends the ratchet as saved state; reads it back from a codec that decodes, into {0}. What
 * does not fit together is STATE. */
enum mls_err MLS_MUST_CHECK mls_sender_ratchet_save(const struct mls_crypto *c, struct mls_buf *out,
						    const struct mls_sender_ratchet *r);
enum mls_err MLS_MUST_CHECK mls_sender_ratchet_load(const struct mls_crypto *c,
						    struct mls_codec *in,
						    struct mls_sender_ratchet *r);
#endif
