/*
 * A ratchet tree, as a joiner gets it. What decodes must encode to the same bytes; the leaves
 * are signed again by their members, and the tree is validated and changed in every way a
 * commit can, after which its hashes must be those of the same tree read anew.
 */
#include <stdlib.h>

#include "corpus.h"
#include "insider.h"
#include "tree_hash.h"
#include "tree_validate.h"
#include "wire_mutator.h"

static const struct mls_key_index_seed seed_of_index = {{{1}}};

static enum mls_err decode(struct mls_tree *tree, struct mls_slice encoded)
{
	return mls_tree_decode(tree, insider()->joiner->crypto->suite, &seed_of_index, encoded,
			       1 << 12);
}

static void check_same(struct mls_tree *tree)
{
	struct mls_crypto *crypto = insider()->joiner->crypto;
	struct mls_buf encoded = {0};
	struct mls_tree again;

	if (mls_tree_encode(tree, &encoded) != MLS_OK ||
	    decode(&again, bytes_of(&encoded)) != MLS_OK)
		abort();
	mls_tree_rehash(crypto, tree);
	mls_tree_rehash(crypto, &again);
	if (!mls_slice_equal(mls_tree_hash(tree), mls_tree_hash(&again)))
		abort();
	mls_tree_clear(&again);
	mls_buf_free(&encoded);
}

static void change(const struct mls_tree *tree, const uint8_t *data, size_t size)
{
	const struct mls_buf *package = &insider()->package;
	struct mls_key_package ours;
	struct mls_tree copy;
	uint32_t leaf = size > 0 ? data[size - 1] % mls_tree_n_leaves(tree) : 0;
	uint32_t added;

	if (mls_key_package_message(&ours, bytes_of(package)) != MLS_OK)
		abort();
	mls_tree_copy(&copy, tree);
	leaf = mls_tree_next_member(tree, leaf);
	if (leaf != MLS_NO_LEAF && mls_tree_n_members(tree) > 1 &&
	    mls_tree_remove(&copy, leaf) == MLS_OK)
		check_same(&copy);
	if (mls_tree_add(&copy, &added, ours.leaf_node.encoded) == MLS_OK)
		check_same(&copy);
	mls_tree_clear(&copy);
}

static void validate(struct mls_slice encoded)
{
	const struct mls_leaf_rules rules =
		mls_client_rules(insider()->joiner, insider()->w->group[0]->epoch->context.group_id,
				 (struct mls_slice){0}, false);
	struct mls_buf again = {0};
	struct mls_tree tree;
	enum mls_err err;

	insider_put_tree(&again, encoded);
	err = decode(&tree, bytes_of(&again));
	if (err == MLS_OK)
		err = mls_tree_validate(&rules, &tree);
	if (err != MLS_OK)
		insider_expect_refusal(err);
	mls_tree_clear(&tree);
	mls_buf_free(&again);
}

/* Whoever is in the tree is found in its encoding, unless somebody before has the credential. */
static void find_member(const struct mls_tree *tree, struct mls_slice encoded)
{
	const uint32_t wanted = mls_tree_next_member(tree, mls_tree_n_leaves(tree) / 2);
	struct mls_leaf_node leaf, found;
	uint32_t at;

	if (wanted == MLS_NO_LEAF)
		return;
	if (mls_tree_leaf_node(tree, wanted, &leaf) != MLS_OK ||
	    mls_ratchet_tree_find(&at, encoded, leaf.credential.type, leaf.credential.content) !=
		    MLS_OK ||
	    at > wanted || mls_tree_leaf_node(tree, at, &found) != MLS_OK ||
	    !mls_slice_equal(found.credential.content, leaf.credential.content))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mls_slice encoded = {data, size};
	struct mls_buf again = {0};
	struct mls_tree tree;
	uint32_t leaf;

	(void)insider();
	(void)!mls_ratchet_tree_find(&leaf, encoded, MLS_CREDENTIAL_BASIC, mls_slice_str("nobody"));
	if (decode(&tree, encoded) == MLS_OK) {
		find_member(&tree, encoded);
		if (mls_tree_encode(&tree, &again) != MLS_OK ||
		    !mls_slice_equal(bytes_of(&again), encoded))
			abort();
		if (mls_tree_validate_unmerged(insider()->joiner->crypto, &tree) == MLS_OK)
			change(&tree, data, size);
		validate(encoded);
	}
	mls_tree_clear(&tree);
	mls_buf_free(&again);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return wire_mutate(&wire_ratchet_tree, data, size, max_size, seed);
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	struct world *cold = world_new(1, 5, NULL, NULL);

	(void)insider();
	give("cold", bytes_of(&cold->tree));
	world_free(cold);
	cold = insider()->w;
	cold->tree.len = 0;
	if (mls_group_ratchet_tree(cold->group[0], &cold->tree) != MLS_OK)
		abort();
	give("shaped", bytes_of(&cold->tree));
}
