#ifndef MLS_PROPOSAL_CACHE_H
#define MLS_PROPOSAL_CACHE_H
#include "client.h"
#include "framing.h"

/* A proposal received or sent in this epoch, which a commit may refer to. Immutable. */
struct mls_cached_proposal {
	uint32_t refs;
	uint8_t ref[MLS_MAX_HASH]; /* ProposalRef */
	uint8_t ref_len;
	struct mls_sender sender;
	uint16_t type;
	struct mls_buf body;        /* the encoded Proposal behind its type */
	struct mls_slice newcomer;  /* in the body: the signature key of who is added, or empty */
	struct mls_key *update_key; /* of an own Update: the private key of its leaf */
};

/* Those of one epoch, in the order in which they came. */
struct mls_proposal_cache {
	struct mls_cached_proposal **v;
	size_t n, room;
	size_t n_bytes; /* of all bodies */
};

/* Keeps a proposal, under its reference. PROPOSALS_TOO_MANY above policy->max_proposals, and where
 * all are longer than a message. Of a proposal that is there already nothing is kept twice.
 * `update_key` may be NULL. *place is where in the cache it is. */
enum mls_err MLS_MUST_CHECK mls_proposal_cache_add(struct mls_proposal_cache *cache,
						   const struct mls_client *client,
						   const struct mls_authenticated_content *content,
						   struct mls_key *update_key, size_t *place);
/* Keeps a proposal of which all is known, at the end: `ref` is as long as a hash of the suite,
 * `body` stands behind the type. */
enum mls_err MLS_MUST_CHECK mls_proposal_cache_restore(struct mls_proposal_cache *cache,
						       struct mls_slice ref,
						       struct mls_sender sender, uint16_t type,
						       struct mls_slice body,
						       struct mls_key *update_key);

/* Takes the newest one out again. */
void mls_proposal_cache_drop_last(struct mls_proposal_cache *cache);

/* The proposal of a reference; NULL where there is none. */
const struct mls_cached_proposal *mls_proposal_cache_find(const struct mls_proposal_cache *cache,
							  struct mls_slice ref);

enum mls_err MLS_MUST_CHECK mls_proposal_cache_copy(struct mls_proposal_cache *out,
						    const struct mls_proposal_cache *cache);
void mls_proposal_cache_clear(struct mls_proposal_cache *cache);
#endif
