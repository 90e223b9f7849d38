#ifndef MLS_GROUP_STORE_H
#define MLS_GROUP_STORE_H
#include "group_state.h"

/*
 * What a group puts into its client's storage (mls_storage.h). All of it does nothing, at
 * the cost of one comparison, for an ephemeral client.
 *
 * A stored group is its whole state, and changes that are numbered from it on. Changes are noted
 * one by one and put together; a whole state that is put makes those before it void.
 */

/* Most own generations that one change reserves. */
enum { MLS_MAX_RESERVED_KEYS = 1000 };

/*
 * To be called before an own message key of this ratchet is taken: reserves keys in the
 * storage where none that is reserved is left. STATE_OLD where own keys may have been used;
 * STORAGE, and nothing is reserved.
 */
enum mls_err MLS_MUST_CHECK mls_group_reserve_key(struct mls_group *group,
						  enum mls_ratchet ratchet);

/* Note a change. On failure what was noted before is still noted. */
enum mls_err MLS_MUST_CHECK mls_group_note_received(struct mls_group *group,
						    const struct mls_saved_received *received);
enum mls_err MLS_MUST_CHECK mls_group_note_proposal(struct mls_group *group,
						    const struct mls_cached_proposal *cached);
enum mls_err MLS_MUST_CHECK mls_group_note_pending(struct mls_group *group,
						   const struct mls_staged *pending);

/* Puts what is noted. Nothing is noted afterwards, also on failure: STORAGE. */
enum mls_err MLS_MUST_CHECK mls_group_put_changes(struct mls_group *group);

/* Forgets what is noted. */
void mls_group_forget_changes(struct mls_group *group);

/* Puts the whole state of a group that is to be: as `next` has it, whose numbers are set. */
enum mls_err MLS_MUST_CHECK mls_group_put_next(struct mls_group *next);
#endif
