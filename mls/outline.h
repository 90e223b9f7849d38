#ifndef MLS_OUTLINE_H
#define MLS_OUTLINE_H
#include "group_info.h"

/* Takes the GroupInfo out of its MLSMessage. WIRE_FORMAT for another message. */
enum mls_err MLS_MUST_CHECK mls_group_info_message(struct mls_group_info *out,
						   struct mls_slice message);
#endif
