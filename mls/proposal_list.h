#ifndef MLS_PROPOSAL_LIST_H
#define MLS_PROPOSAL_LIST_H
#include "client.h"
#include "epoch.h"
#include "framing.h"

/*
 * The proposals of one epoch and of one commit: RFC 9420 12.1.8, 12.2, 12.3.
 */

/* A proposal received or sent in this epoch, which a commit may refer to. Immutable. */
struct mls_cached_proposal {
	uint32_t refs;
	uint8_t ref[MLS_MAX_HASH]; /* ProposalRef */
	struct mls_sender sender;
	uint16_t type;
	struct mls_buf body;        /* the encoded Proposal behind its type */
	struct mls_key *update_key; /* of an own Update: the private key of its leaf */
};

/* Those of one epoch, in the order in which they came. */
struct mls_proposal_cache {
	struct mls_cached_proposal **v;
	size_t n, room;
};

/* Keeps a proposal, under its reference. PROPOSALS_TOO_MANY above policy->max_proposals. Of
 * a proposal that is there already nothing is kept twice. `update_key` may be NULL. */
enum mls_err MLS_MUST_CHECK mls_proposal_cache_add(struct mls_proposal_cache *cache,
						   const struct mls_client *client,
						   const struct mls_authenticated_content *content,
						   struct mls_key *update_key);
enum mls_err MLS_MUST_CHECK mls_proposal_cache_copy(struct mls_proposal_cache *out,
						    const struct mls_proposal_cache *cache);
void mls_proposal_cache_clear(struct mls_proposal_cache *cache);

/* One entry of a list. */
struct mls_listed {
	uint16_t type;         /* enum mls_proposal_type */
	uint32_t removed;      /* of a Remove */
	struct mls_slice body; /* of others: the encoded Proposal behind its type */
	struct mls_sender sender;
	const struct mls_cached_proposal *cached; /* NULL: by value */
};

struct mls_proposal_list {
	struct mls_sender committer; /* a member, or MLS_SENDER_NEW_MEMBER_COMMIT */
	struct mls_listed *v;
	size_t n, room;
	size_t n_of[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS + 1]; /* how many of each type */
};

void mls_proposal_list_clear(struct mls_proposal_list *list);

/* Makes room for `more` entries, so that this many mls_proposal_list_put cannot fail. */
enum mls_err MLS_MUST_CHECK mls_proposal_list_reserve(struct mls_proposal_list *list, size_t more);
void mls_proposal_list_put(struct mls_proposal_list *list, const struct mls_listed *entry);

/* Lists the body of a received commit; slices lead into it and into `cache`. PROPOSAL_REF for
 * a reference that is not cached. */
enum mls_err MLS_MUST_CHECK mls_proposal_list_read(struct mls_proposal_list *list,
						   struct mls_slice proposals,
						   const struct mls_proposal_cache *cache,
						   size_t nh);

/* Appends ProposalOrRef<V>. */
enum mls_err MLS_MUST_CHECK mls_proposal_list_write(const struct mls_proposal_list *list,
						    struct mls_buf *out, size_t nh);

/* Does a list like this need an UpdatePath (12.4)? */
bool mls_proposal_list_needs_path(const struct mls_proposal_list *list);

/* May a sender of this type send this proposal at all, by itself or in its commit (12.1.8)?
 * PROPOSAL_SENDER. */
enum mls_err MLS_MUST_CHECK mls_proposal_check_sender(uint16_t type, uint8_t sender_type);

/* The rules of 12.2 for the list as a whole. */
enum mls_err MLS_MUST_CHECK mls_proposal_list_check(const struct mls_proposal_list *list);

/* What applying a list has done beside changing the tree. */
struct mls_applied {
	uint32_t *added; /* leaf indexes, increasing */
	size_t n_added;
	uint32_t *removed; /* leaf indexes, increasing */
	size_t n_removed;
	struct mls_slice extensions;     /* body of the new GroupContext's */
	const struct mls_listed *reinit; /* NULL: none */
	const struct mls_listed *external_init;
	struct mls_key *own_update_key; /* borrowed; of an own Update that was committed */
	bool removes_us;
};
void mls_applied_clear(struct mls_applied *applied);

/*
 * Applies a list that was checked to `tree`, in the order of 12.3, after validating each
 * proposal. Two signature verifications for each Add.
 *
 *   epoch     the present one
 *   sending   this client is the committer
 *
 * Errors of mls_key_package_validate, mls_leaf_node_validate, and of the changes of the tree.
 */
enum mls_err MLS_MUST_CHECK mls_proposal_list_apply(const struct mls_proposal_list *list,
						    struct mls_applied *applied,
						    struct mls_tree *tree,
						    const struct mls_client *client,
						    const struct mls_epoch *epoch, bool sending);
#endif
