#ifndef MLS_SECRET_TREE_H
#define MLS_SECRET_TREE_H
#include "sender_ratchet.h"

/*
 * The secret tree and the sender ratchets of one epoch (RFC 9420 9).
 *
 * The tree is a persistent value. A fork shares every node with its origin and costs one
 * reference; a call that changes something copies the path to the changed leaf, and only
 * where it is shared, so forks never see each other's changes. Nodes come into being when
 * a leaf below them is first used: memory is O(used leaves * log N), and there is no work
 * at all for members that stay silent. Secrets are wiped where section 9.2 says so, in this
 * fork; what another fork still shares is wiped when that fork lets go of it.
 *
 * A tree and all its forks belong to one thread at a time.
 */
struct mls_secret_node;

struct mls_secret_tree {
	struct mls_secret_node *root;
	uint8_t height; /* edges from the root to a leaf; 0 for a group of one */
	bool is_retired;
};

enum mls_ratchet {
	MLS_RATCHET_HANDSHAKE,
	MLS_RATCHET_APPLICATION,
};

/*
 * A tree over leaves 0 .. n_leaves - 1 (n_leaves at least 1, at most 2^31) with
 * encryption_secret at its root; the caller wipes its copy of that. On failure *t is zero.
 */
enum mls_err MLS_MUST_CHECK mls_secret_tree_init(struct mls_secret_tree *t, uint32_t n_leaves,
						 const struct mls_secret *encryption_secret);

/* Makes *to, which was zero or cleared, an independent copy of *from. O(1), cannot fail. */
void mls_secret_tree_fork(struct mls_secret_tree *to, const struct mls_secret_tree *from);

/*
 * Makes *to, which was zero or cleared, what is kept of *from when its epoch is over, where nothing
 * is sent and only application data of others received any more: without both ratchets of
 * `own_leaf`, and without all handshake ratchets. Of a leaf that is not in use yet, both come from
 * one secret, which stays; once it is used, only the ratchet of application data begins. A tree
 * that was saved so must be retired again when it is loaded. USAGE for a leaf outside the tree;
 * *to is zero on failure.
 */
enum mls_err MLS_MUST_CHECK mls_secret_tree_retire(struct mls_crypto *c, struct mls_secret_tree *to,
						   const struct mls_secret_tree *from,
						   uint32_t own_leaf);

/* Drops the tree and wipes what nobody shares. A zero tree is allowed; *t is zero then. */
void mls_secret_tree_clear(struct mls_secret_tree *t);

/*
 * The sender's side: the key of the next generation of our own leaf. It counts as used, and
 * the ratchet is one step on, when this returns. MLS_ERR_GENERATION_SPENT after 2^32
 * messages; MLS_ERR_USAGE for a leaf outside the tree. On failure the ratchet is as it was.
 */
enum mls_err MLS_MUST_CHECK mls_secret_tree_next(struct mls_crypto *c, struct mls_secret_tree *t,
						 struct mls_message_key *out, uint32_t leaf,
						 enum mls_ratchet type);

/* The next generation of a leaf's ratchet; 2^32 when none is left. */
enum mls_err MLS_MUST_CHECK mls_secret_tree_position(struct mls_crypto *c,
						     struct mls_secret_tree *t, uint64_t *position,
						     uint32_t leaf, enum mls_ratchet type);

/*
 * The receiver's side, in two halves around the decryption, because a message that does not
 * decrypt must not move the ratchet.
 *
 * mls_secret_tree_find computes the key of `generation`. No ratchet moves.
 *   MLS_ERR_GENERATION_TOO_FAR  more than policy->max_ratchet_steps ahead
 *   MLS_ERR_GENERATION_USED     behind the ratchet and not among the kept keys: used before,
 *                               or dropped by policy->max_kept_keys
 *   MLS_ERR_USAGE               a leaf outside the tree
 *
 * mls_secret_tree_consume is called with what find gave, once the message decrypted: that
 * generation is gone, the keys of skipped ones are kept, at most policy->max_kept_keys of them,
 * the oldest dropped first. On failure nothing is consumed and nothing kept.
 */
enum mls_err MLS_MUST_CHECK mls_secret_tree_find(struct mls_crypto *c, struct mls_secret_tree *t,
						 struct mls_message_key *out, uint32_t leaf,
						 enum mls_ratchet type, uint32_t generation,
						 const struct mls_policy *policy);
enum mls_err MLS_MUST_CHECK mls_secret_tree_consume(struct mls_crypto *c, struct mls_secret_tree *t,
						    uint32_t leaf, enum mls_ratchet type,
						    uint32_t generation,
						    const struct mls_policy *policy);

/*
 * Appends the tree as saved state: what of it is in use, with all ratchet positions and kept
 * keys; and reads that back for a tree of `n_leaves`, a power of two. STATE for anything that
 * mls_secret_tree_save does not write; *t is zero then.
 */
enum mls_err MLS_MUST_CHECK mls_secret_tree_save(const struct mls_crypto *c,
						 const struct mls_secret_tree *t,
						 struct mls_buf *out);
enum mls_err MLS_MUST_CHECK mls_secret_tree_load(const struct mls_crypto *c,
						 struct mls_secret_tree *t, uint32_t n_leaves,
						 struct mls_slice saved);

/*
 * Key and nonce of the encrypted sender data (RFC 9420 6.3.2), from the ciphertext of the
 * content; out->generation is 0.
 */
enum mls_err MLS_MUST_CHECK mls_sender_data_key(struct mls_crypto *c, struct mls_message_key *out,
						const struct mls_secret *sender_data_secret,
						struct mls_slice ciphertext);
#endif
