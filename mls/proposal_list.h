#ifndef MLS_PROPOSAL_LIST_H
#define MLS_PROPOSAL_LIST_H
#include "epoch.h"
#include "origin.h"
#include "proposal_cache.h"

/*
 * The proposals of one commit: RFC 9420 12.1.8, 12.2, 12.3.
 */

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
	const struct mls_origin *origin; /* of a new group's first commit; else NULL */
	size_t n_of[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS + 1]; /* how many of each type */
};

void mls_proposal_list_clear(struct mls_proposal_list *list);

/* Makes room for `more` entries, so that this many mls_proposal_list_put cannot fail. */
enum mls_err MLS_MUST_CHECK mls_proposal_list_reserve(struct mls_proposal_list *list, size_t more);
void mls_proposal_list_put(struct mls_proposal_list *list, const struct mls_listed *entry);

/* Takes out the cached ones that do not fit; `fits` says it of each entry. */
void mls_proposal_list_keep(struct mls_proposal_list *list, const bool *fits);

/* Lists a cached proposal, to be committed by reference. */
enum mls_err MLS_MUST_CHECK mls_proposal_list_put_cached(struct mls_proposal_list *list,
							 const struct mls_cached_proposal *cached);

/* Lists the body of a received commit; slices lead into it and into `cache`. PROPOSAL_REF for
 * a reference that is not cached. */
enum mls_err MLS_MUST_CHECK mls_proposal_list_read(struct mls_proposal_list *list,
						   struct mls_slice proposals,
						   const struct mls_proposal_cache *cache);

/* Appends ProposalOrRef<V>. */
enum mls_err MLS_MUST_CHECK mls_proposal_list_write(const struct mls_proposal_list *list,
						    struct mls_buf *out);

/* Does a list like this need an UpdatePath (12.4)? */
bool mls_proposal_list_needs_path(const struct mls_proposal_list *list);

/* May a sender of this type send this proposal at all, by itself or in its commit (12.1.8)?
 * PROPOSAL_SENDER. */
enum mls_err MLS_MUST_CHECK mls_proposal_check_sender(uint16_t type, uint8_t sender_type);

/* The rules of 12.2 for the list as a whole, and those of 12.1 that need no tree. `nh` is
 * KDF.Nh. */
enum mls_err MLS_MUST_CHECK mls_proposal_list_check(const struct mls_proposal_list *list,
						    size_t nh);

/* Where in the list the entries of a type are, in order; to be freed. */
enum mls_err MLS_MUST_CHECK mls_proposal_list_places(const struct mls_proposal_list *list,
						     uint16_t type, size_t **places);

/* What applying a list has done beside changing the tree. */
struct mls_applied {
	uint32_t *added; /* leaf indexes, increasing */
	size_t n_added;
	uint32_t *removed; /* leaf indexes, increasing */
	size_t n_removed;
	struct mls_slice extensions;    /* body of the new GroupContext's */
	struct mls_key *own_update_key; /* borrowed; of an own Update that was committed */
	bool removes_us;
};
void mls_applied_clear(struct mls_applied *applied);

/* Notes that the committer itself came in at this leaf, once all else is done. */
enum mls_err MLS_MUST_CHECK mls_applied_put_joined(struct mls_applied *applied, uint32_t leaf);

/* The first entry of a type; NULL where there is none. */
const struct mls_listed *mls_proposal_list_first(const struct mls_proposal_list *list,
						 uint16_t type);

/*
 * Applies a list that was checked to `tree`, in the order of 12.3, after validating each
 * proposal. Two signature verifications for each Add, on the threads of the client.
 *
 *   applied   out; ended by mls_applied_clear, also after failure
 *   epoch     the present one
 *   sending   this client is the committer
 *
 * What is in the cache was validated when it came; it is validated again only where the
 * list changes the group's extensions.
 *
 * Errors of mls_key_package_validate, mls_leaf_node_validate, and of the changes of the tree.
 */
enum mls_err MLS_MUST_CHECK mls_proposal_list_apply(const struct mls_proposal_list *list,
						    struct mls_applied *applied,
						    struct mls_tree *tree,
						    const struct mls_client *client,
						    const struct mls_epoch *epoch, bool sending);
#endif
