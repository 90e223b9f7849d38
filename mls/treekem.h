#ifndef MLS_TREEKEM_H
#define MLS_TREEKEM_H
#include "private_path.h"
#include "tree_hash.h"
#include "update_path.h"

/*
 * TreeKEM: RFC 9420 7.4 to 7.6. Nothing here changes the tree or the keys of the present
 * epoch: a caller copies the tree, applies proposals and path to the copy, and gets the new
 * private keys as a value of their own.
 *
 * A path is made, or applied, in two steps, because the path secrets are encrypted under the
 * provisional GroupContext, which holds the tree hash of the tree with the path in it:
 *
 *   committer  mls_path_create     new keys, parent hashes and signed leaf, put into the tree
 *              mls_path_encrypt    with the GroupContext: the UpdatePath
 *   receiver   mls_path_apply      checks and puts the public part into the tree
 *              mls_path_decrypt    with the GroupContext: commit_secret, new private keys
 *   joiner     mls_path_join       from the path secret of the Welcome
 */

/* What the committer keeps between its two steps and until the Welcome is written. */
struct mls_path {
	struct mls_filtered_path nodes;
	struct mls_secret path_secret[MLS_MAX_DEPTH]; /* of nodes.level[i] */
	struct mls_secret commit_secret;
	struct mls_private_path
		keys;             /* the committer's private keys in the new epoch, and its leaf */
	struct mls_buf leaf_node; /* the new LeafNode, encoded */
};

/*
 * mls_path_create makes a new path for `leaf` (7.4, 7.5) and puts it into `tree`.
 *
 *   path         out; {0} on failure. Ended by mls_path_clear.
 *   tree         with the proposals applied; rehashed on success
 *   leaf         of the committer; blank in an external commit
 *   leaf_node    what the new leaf shall contain; encryption_key, source, parent_hash and
 *                signature are set here
 *   signer       of leaf_node->signature_key
 *   leaf_secret  suite->nh fresh random bytes, from which all the rest follows
 */
enum mls_err MLS_MUST_CHECK mls_path_create(struct mls_crypto *crypto, struct mls_path *path,
					    struct mls_tree *tree, uint32_t leaf,
					    const struct mls_leaf_node *leaf_node,
					    struct mls_signer *signer, struct mls_slice group_id,
					    const struct mls_secret *leaf_secret);

/*
 * mls_path_encrypt appends the UpdatePath to `out`.
 *
 *   tree           the one that mls_path_create has filled
 *   group_context  the encoded provisional GroupContext
 *   added          leaves added in the same commit, increasing: no ciphertext for them
 */
enum mls_err MLS_MUST_CHECK mls_path_encrypt(struct mls_crypto *crypto, const struct mls_path *path,
					     struct mls_buf *out, const struct mls_tree *tree,
					     struct mls_slice group_context, const uint32_t *added,
					     size_t n_added);

/* The path secret of the lowest node above both the committer and `joiner`, for the Welcome
 * (12.4.1). NULL when no node of the path is above both: not for a leaf of the tree. */
const struct mls_secret *mls_path_secret_for(const struct mls_path *path, uint32_t joiner);

void mls_path_clear(struct mls_path *path);

/*
 * mls_path_apply merges a received UpdatePath into `tree` (7.5, 12.4.2). The new leaf must
 * have been validated (mls_leaf_node_validate, source commit).
 *
 *   tree    with the proposals applied; rehashed on success, to be cleared after failure
 *   sender  leaf of the committer; in an external commit the one of mls_tree_free_leaf
 *
 * PATH_LENGTH (as many nodes as the filtered direct path), PUBLIC_KEY, KEY_NOT_UNIQUE,
 * CREDENTIAL_UNSUPPORTED, LEAF_PARENT_HASH.
 */
enum mls_err MLS_MUST_CHECK mls_path_apply(struct mls_crypto *crypto, struct mls_tree *tree,
					   uint32_t sender, const struct mls_update_path *path);

/* What the second step of a receiver needs to know. */
struct mls_path_receiver {
	const struct mls_tree *tree; /* that mls_path_apply has filled */
	uint32_t sender;
	const struct mls_update_path *path;
	struct mls_slice group_context; /* encoded, provisional */
	const uint32_t *added;          /* leaves added in the same commit, increasing */
	size_t n_added;
};

/*
 * mls_path_decrypt takes the path secret meant for the holder of `old` and derives what
 * follows from it (7.5).
 *
 *   keys           out: the member's private keys in the new epoch; {0} on failure
 *   commit_secret  out
 *   old            its private keys in the present epoch
 *
 * PATH_CIPHERTEXTS (another number than the resolution has, at any node), DECRYPT,
 * PATH_SECRET (wrong length), PATH_KEY_MISMATCH (a derived public key is not the one sent),
 * PRIVATE_KEY_MISMATCH (we hold no key of the resolution).
 */
enum mls_err MLS_MUST_CHECK mls_path_decrypt(struct mls_crypto *crypto,
					     struct mls_private_path *keys,
					     struct mls_secret *commit_secret,
					     const struct mls_path_receiver *receiver,
					     const struct mls_private_path *old);

/*
 * mls_path_join makes the private keys of a joiner (12.4.3.1).
 *
 *   keys         out; {0} on failure
 *   tree         validated
 *   leaf         the joiner's
 *   leaf_key     of its KeyPackage; the keys take an ownership of their own. Whether it
 *                belongs to the leaf is checked: PRIVATE_KEY_MISMATCH
 *   signer       leaf of the GroupInfo's signer
 *   path_secret  of the lowest node above both; empty without
 *
 * PATH_SECRET, PATH_KEY_MISMATCH, LEAF_BLANK (the signer is nobody), PATH_BLANK (a secret for a
 * node that is blank).
 */
enum mls_err MLS_MUST_CHECK mls_path_join(struct mls_crypto *crypto, struct mls_private_path *keys,
					  const struct mls_tree *tree, uint32_t leaf,
					  struct mls_key *leaf_key, uint32_t signer,
					  struct mls_slice path_secret);
#endif
