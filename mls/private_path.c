#include "private_path.h"

void mls_private_path_copy(struct mls_private_path *out, const struct mls_private_path *keys)
{
	*out = *keys;
	for (uint8_t level = 0; level <= MLS_MAX_DEPTH; level++) {
		if (out->key[level])
			mls_key_ref(out->key[level]);
	}
}

void mls_private_path_clear(struct mls_private_path *keys)
{
	for (uint8_t level = 0; level <= MLS_MAX_DEPTH; level++)
		mls_key_free(keys->key[level]);
	*keys = (struct mls_private_path){0};
}

void mls_private_path_set(struct mls_private_path *keys, uint8_t level, struct mls_key *key)
{
	mls_key_free(keys->key[level]);
	keys->key[level] = key;
}

/* The public key of the node above the member's leaf; empty where there is none. */
static struct mls_slice public_key(const struct mls_private_path *keys, uint8_t level,
				   const struct mls_tree *tree)
{
	if (level > tree->depth || keys->leaf >= mls_tree_n_leaves(tree))
		return mls_slice(NULL, 0);
	return mls_tree_public_key(tree, mls_ancestor(keys->leaf, level));
}

void mls_private_path_prune(struct mls_private_path *keys, const struct mls_tree *tree)
{
	for (uint8_t level = 1; level <= MLS_MAX_DEPTH; level++) {
		if (keys->key[level] && public_key(keys, level, tree).len == 0)
			mls_private_path_set(keys, level, NULL);
	}
}

enum mls_err mls_private_path_check(const struct mls_private_path *keys,
				    const struct mls_tree *tree)
{
	for (uint8_t level = 0; level <= MLS_MAX_DEPTH; level++) {
		if (keys->key[level] && !mls_slice_equal(mls_key_public(keys->key[level]),
							 public_key(keys, level, tree)))
			return MLS_ERR_PRIVATE_KEY_MISMATCH;
	}
	return MLS_OK;
}
