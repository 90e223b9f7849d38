#ifndef MLS_PROBE_SHAPE_H
#define MLS_PROBE_SHAPE_H
#include "lineage.h"
#include "treekem.h"

/*
 * Ratchet trees of many members, made directly instead of by as many commits. They are what
 * the commits would have left behind: a joiner accepts them, and every later operation on
 * them has the same sizes and the same work.
 */

/*
 * Who a member is. `signer` and `key` are ownerships that pass to the receiver; the slices of
 * `leaf` live until the next call of the source.
 */
struct mls_shape_member {
	struct mls_signer *signer;
	struct mls_leaf_node leaf; /* credential, capabilities, extensions, signature_key */
	struct mls_key *key;       /* of the KeyPackage's leaf */
};

/*
 * Where members come from, asked once for each, in any order. `joins` asks for what its
 * KeyPackage has: the decoded leaf with its `encoded`, and `key`. Otherwise the leaf's own
 * fields are enough and `key` stays NULL.
 */
struct mls_shape_source {
	enum mls_err (*member)(void *state, struct mls_shape_member *out, uint32_t index,
			       bool joins);
	void *state;
};

struct mls_shape_plan {
	const struct mls_lineage *lineage;
	struct mls_slice group_id;
	struct mls_shape_source source;
	const uint32_t *live; /* members whose private keys are wanted */
	size_t n_live;
	struct mls_key_index_seed seed;
	struct mls_secret secret; /* suite->nh bytes, from which all keys of nodes follow */
};

/*
 * mls_shape_make makes the tree, rehashed, and the private keys of the live members.
 *
 *   tree  out; {0} on failure
 *   keys  out: n_live of them, in the order of plan->live; {0} on failure
 *
 * A tree depends on the plan alone: keys are derived by place, not drawn in an order.
 * Errors of the source; KEY_NOT_UNIQUE where its members share keys; USAGE where a live member
 * is none.
 */
enum mls_err MLS_MUST_CHECK mls_shape_make(struct mls_crypto *crypto, struct mls_tree *tree,
					   struct mls_private_path *keys,
					   const struct mls_shape_plan *plan);
#endif
