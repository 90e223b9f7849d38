#ifndef MLS_PROPOSAL_H
#define MLS_PROPOSAL_H
#include "key_package.h"
#include "psk.h"

/* The seven proposals, as they travel: RFC 9420 12.1. */

struct mls_reinit {
	struct mls_slice group_id;
	uint16_t version;
	uint16_t suite;
	struct mls_slice extensions;
};
MLS_WIRE_TYPE_DECLARE(reinit)

/*
 * A proposal of a type not known here has no length of its own and cannot be decoded:
 * PROPOSAL_TYPE.
 */
struct mls_proposal {
	uint16_t type; /* enum mls_proposal_type, which says what of the union is meant */
	union {
		struct mls_key_package add;
		struct mls_leaf_node update;
		uint32_t remove; /* leaf index */
		struct mls_psk_id psk;
		struct mls_reinit reinit;
		struct mls_slice external_init;  /* kem_output */
		struct mls_slice set_extensions; /* group_context_extensions: the list's body */
	};
};
MLS_WIRE_TYPE_DECLARE(proposal)

/* What stands behind the type, which is set before. */
void mls_proposal_body_walk(struct mls_codec *c, struct mls_proposal *v);
#endif
