#ifndef MLS_PROPOSAL_FIT_H
#define MLS_PROPOSAL_FIT_H
#include "group.h"

/*
 * Takes out of the list of an own commit those cached proposals that would make it invalid (RFC
 * 9420 12.2, 12.4): each was valid by itself when it came. Entries by value and all Removes stay;
 * then Updates, Adds, PSKs and extensions of the GroupContext are looked at in this order, each
 * type in the order of the list, and stay if they go together with all that stays already. Updates
 * stay as well if all of them go together, and what did not fit before a later one did is looked
 * at once more; of Updates that go together with each other only, none stays if another Update
 * does not fit. What is wrong with entries by value is said when the list is applied. NOMEM.
 */
enum mls_err MLS_MUST_CHECK mls_proposal_list_fit(struct mls_proposal_list *list,
						  const struct mls_group *group);
#endif
