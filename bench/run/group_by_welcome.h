#ifndef GB_RUN_GROUP_BY_WELCOME_H
#define GB_RUN_GROUP_BY_WELCOME_H
#include "delivery/delivery.h"

/*
 * Groups too large for another implementation of MLS to make: mls/ makes the tree, and the
 * implementation's devices come into it as newcomers do.
 *
 * A member of mls/ that has no other part removes the live members and adds them again, which
 * puts each at the leaf that is its own. They join by Welcome, by which they verify the whole
 * tree, and each commits once, in the order of the leaves, which all follow: a full tree again.
 * At the end each agrees with the member of mls/ on the epoch, and stores what it has.
 */
struct gb_group_by_welcome {
	const struct gb_backend *backend;
	struct gb_world *world; /* open, without a group */
	const struct gb_config *config;
	const struct gb_shape *shape;
	struct gb_mailbox *mailbox; /* empty before and after; some live member listens */
};

/* Whether groups of this world can be had so: of MLS, with a full tree. */
bool gb_group_by_welcome_is_possible(const struct gb_group_by_welcome *g);

/*
 * Makes the group. GB_UNSUPPORTED: one of the two cannot do what it takes, or every member is live.
 * GB_FAILED: anything else, also that one refuses what the other made. One sentence in why[].
 */
enum gb_status gb_group_by_welcome_make(const struct gb_group_by_welcome *g, char *why,
					size_t why_len);
#endif
