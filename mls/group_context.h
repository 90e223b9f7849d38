#ifndef MLS_GROUP_CONTEXT_H
#define MLS_GROUP_CONTEXT_H
#include "codec.h"

/* RFC 9420 8.1: struct GroupContext. A view; whether the values fit the group is not
 * looked at by the codec, not even the version. */
struct mls_group_context {
	uint16_t version;
	uint16_t cipher_suite;
	struct mls_slice group_id;
	uint64_t epoch;
	struct mls_slice tree_hash;
	struct mls_slice confirmed_transcript_hash;
	struct mls_slice extensions; /* body of Extension extensions<V> */
};
MLS_WIRE_TYPE_DECLARE(group_context)
#endif
