#ifndef MLS_MEMBER_SUPPORT_H
#define MLS_MEMBER_SUPPORT_H
#include "leaf_node.h"

/*
 * How many members list each code point in their capabilities, and how many use each
 * credential type, so that the rules about all members (RFC 9420 7.3, 12.1.7, 12.2) are
 * answered without visiting them. A value: a copy is one pointer.
 */

struct mls_support_table;

/* {0} is a group without members. */
struct mls_member_support {
	struct mls_support_table *table;
	uint32_t n_members;
};

void mls_member_support_copy(struct mls_member_support *out, const struct mls_member_support *s);
void mls_member_support_clear(struct mls_member_support *s);

/* Counts `n` members with the capabilities and credential type of `leaf` in or out. On failure
 * nothing has changed: NOMEM, or CODE_POINTS for one that is let in and with whom the members
 * would list more different code points than is kept track of. */
enum mls_err MLS_MUST_CHECK mls_member_support_enter(struct mls_member_support *s,
						     const struct mls_leaf_node *leaf, uint32_t n);
enum mls_err MLS_MUST_CHECK mls_member_support_leave(struct mls_member_support *s,
						     const struct mls_leaf_node *leaf, uint32_t n);

/* How many members list, or use, the value. */
uint32_t mls_member_support_count(const struct mls_member_support *s, enum mls_support_kind kind,
				  uint16_t value);

/* Do all members list every credential type that some member uses (7.3)? CREDENTIAL_UNSUPPORTED
 * if not. */
enum mls_err MLS_MUST_CHECK mls_member_support_credentials(const struct mls_member_support *s);

/* The same of one member that was counted in: do all list the type that it uses, and does it list
 * those that others use? */
enum mls_err MLS_MUST_CHECK mls_member_support_credential(const struct mls_member_support *s,
							  const struct mls_leaf_node *leaf);

/* Do all members support the extension list of a GroupContext, and what its
 * required_capabilities name (12.1.7, 13.4)? Errors of mls_capabilities_satisfy. */
enum mls_err MLS_MUST_CHECK mls_member_support_satisfy(const struct mls_member_support *s,
						       struct mls_slice group_extensions);
#endif
