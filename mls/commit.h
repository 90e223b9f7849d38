#ifndef MLS_COMMIT_H
#define MLS_COMMIT_H
#include "transition.h"

/* Commits: RFC 9420 12.4.1, 12.4.2. */

/*
 * Makes a commit of this member: appends the message, the Welcome and the tree, and hands
 * out the epoch that the commit begins. Errors as mls_group_commit, which see. On failure
 * nothing is appended and *staged is empty.
 */
enum mls_err MLS_MUST_CHECK mls_commit_create(struct mls_group *group, struct mls_staged *staged,
					      const struct mls_commit_output *output,
					      const struct mls_commit_request *request);

/*
 * Makes the commit by which a client joins a group by itself (12.4.3.2).
 *
 *   outside  the group as a GroupInfo shows it: its epoch has tree, context and transcript
 *            hash, but no secrets, and keys.leaf is MLS_NO_LEAF
 */
enum mls_err MLS_MUST_CHECK mls_commit_create_external(struct mls_group *outside,
						       struct mls_staged *staged,
						       struct mls_buf *commit,
						       struct mls_slice external_pub,
						       const struct mls_external_request *request);

/*
 * Processes a commit of another member whose membership tag or encryption was checked and
 * whose signature fits its sender. Its confirmation tag is checked here. When it removes
 * us, staged->epoch is NULL: we cannot know the next epoch. On failure *staged is empty.
 */
enum mls_err MLS_MUST_CHECK mls_commit_process(struct mls_group *group, struct mls_staged *staged,
					       const struct mls_authenticated_content *content);
#endif
