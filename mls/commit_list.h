#ifndef MLS_COMMIT_LIST_H
#define MLS_COMMIT_LIST_H
#include "group.h"
#include "proposal_make.h"

/* Which proposals a commit of ours shall have: RFC 9420 12.2, 12.4.1, 12.4.3.2. */

/*
 * Lists what a member asks for, and by reference what was proposed in this epoch. Entries
 * point into the request, the group's cache and `memory`.
 */
enum mls_err MLS_MUST_CHECK mls_commit_list(struct mls_proposal_list *list, struct mls_buf *memory,
					    const struct mls_group *group,
					    const struct mls_commit_request *request);

/* Lists what a client needs who joins by itself, and gives the init_secret that follows from
 * its ExternalInit (8.3). */
enum mls_err MLS_MUST_CHECK mls_commit_list_external(struct mls_proposal_list *list,
						     struct mls_buf *memory,
						     struct mls_crypto *crypto,
						     struct mls_secret *init_secret,
						     struct mls_slice external_pub,
						     const struct mls_external_request *request);
#endif
