/* Trees made without their commits: a joiner accepts them, and they equal those of groups that
 * really committed their way there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made_members.h"
#include "shape.h"
#include "stats/tree_history.h"
#include "stories.h"
#include "stride.h"
#include "tree_validate.h"

enum { MAX_SIZE = 70, MAX_LEAVES = TEST_MEMBERS };

static uint32_t everybody[MAX_SIZE];

static int number_everybody(void **state)
{
	for (uint32_t i = 0; i < MAX_SIZE; i++)
		everybody[i] = i;
	return make_members(state);
}

static enum mls_err get_member(void *state, struct mls_shape_member *out, uint32_t index,
			       bool joins)
{
	(void)state;
	*out = (struct mls_shape_member){
		.signer = mls_signer_ref(members[index].signer),
		.leaf = members[index].key_package.leaf_node,
		.key = joins ? mls_key_ref(members[index].leaf_key) : NULL,
	};
	return MLS_OK;
}

/* The kinds of trees that are compared: the values of the axes `tree` and `path`. */
static const struct kind {
	const char *tree;
	bool path;
} kinds[] = {
	{"cold", true},       {"cold", false},       {"full", true},         {"grown", true},
	{"grown", false},     {"halfblank", true},   {"churned:1", true},    {"churned:9", true},
	{"churned:9", false}, {"churned:100", true}, {"churned:100", false},
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

static void make_shape(struct mls_tree *tree, struct mls_private_path *keys,
		       const struct kind *kind, uint32_t size)
{
	struct story story;
	struct mls_lineage lineage;
	struct mls_shape_plan plan = {
		.lineage = &lineage,
		.group_id = test_rules(crypto).group_id,
		.source = {get_member, NULL},
		.live = everybody,
		.n_live = keys ? size : 0,
		.seed = test_seed,
		.secret = {.bytes = {7}, .len = crypto->suite->nh},
	};

	story_begin(&story, kind->tree, kind->path, size);
	assert_int_equal(
		mls_lineage_make(&lineage, story.shape, story.start, story.steps, story.n_steps),
		MLS_OK);
	assert_int_equal(mls_lineage_members(&lineage), size);
	assert_int_equal(mls_shape_make(crypto, tree, keys, &plan), MLS_OK);
	mls_lineage_clear(&lineage);
	story_end(&story);
}

/* A member knows the nodes above it that are not blank, unless its leaf is unmerged there. */
static void check_keys(const struct mls_tree *tree, const struct mls_private_path *keys)
{
	for (uint8_t level = 1; level <= tree->depth; level++) {
		const struct mls_tree_parent *parent =
			mls_tree_inner_at(tree, keys->leaf, level)->contents;
		bool knows =
			parent &&
			!mls_unmerged_has(mls_tree_parent_view(parent).unmerged_leaves, keys->leaf);

		assert_int_equal(keys->key[level] != NULL, knows);
	}
}

static void check_shape(const struct kind *kind, uint32_t size)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_private_path keys[MAX_SIZE];
	struct mls_buf encoded = {0};
	struct mls_tree tree, joined;

	make_shape(&tree, keys, kind, size);
	assert_int_equal(mls_tree_encode(&tree, &encoded), MLS_OK);
	assert_int_equal(mls_tree_decode(&joined, crypto->suite, &test_seed,
					 mls_buf_slice(&encoded), MAX_LEAVES),
			 MLS_OK);
	assert_int_equal(mls_tree_validate(&rules, &joined), MLS_OK);
	assert_true(mls_slice_equal(mls_tree_hash(&joined), mls_tree_hash(&tree)));
	assert_int_equal(mls_tree_n_members(&joined), size);
	assert_int_equal(joined.keys.n, tree.keys.n);
	for (uint32_t i = 0; i < size; i++) {
		assert_int_equal(mls_private_path_check(&keys[i], &joined), MLS_OK);
		check_keys(&joined, &keys[i]);
		mls_private_path_clear(&keys[i]);
	}
	mls_tree_clear(&tree);
	mls_tree_clear(&joined);
	mls_buf_free(&encoded);
}

static void joiners_accept_every_shape(void **state)
{
	const uint32_t stride = (uint32_t)test_stride(5);

	(void)state;
	for (size_t i = 0; i < N_KINDS; i++)
		for (uint32_t size = 1; size <= MAX_SIZE; size += (size < 20 ? 1 : 7) * stride)
			check_shape(&kinds[i], size);
}

/* A path of `leaf`, put into the tree. */
static void commit(struct mls_tree *tree, uint32_t leaf)
{
	struct mls_secret secret = {.len = crypto->suite->nh};
	struct mls_leaf_node v;
	struct mls_path path;

	assert_int_equal(mls_random_bytes(crypto, secret.bytes, secret.len), MLS_OK);
	assert_int_equal(mls_tree_leaf_node(tree, leaf, &v), MLS_OK);
	assert_int_equal(mls_path_create(crypto, &path, tree, leaf, &v, members[leaf].signer,
					 test_rules(crypto).group_id, &secret),
			 MLS_OK);
	mls_path_clear(&path);
}

static void take_step(struct mls_tree *tree, const struct mls_probe_step *step)
{
	uint32_t leaf = step->leaf;

	if (step->kind == MLS_PROBE_REMOVE)
		assert_int_equal(mls_tree_remove(tree, leaf), MLS_OK);
	else if (step->kind != MLS_PROBE_UPDATE)
		assert_int_equal(
			mls_tree_add(tree, &leaf, members[leaf].key_package.leaf_node.encoded),
			MLS_OK);
	assert_int_equal(leaf, step->leaf);
	if (step->kind != MLS_PROBE_ADD_NO_PATH)
		commit(tree, step->committer);
}

/* The group that documents and RFC describe, commit by commit. */
static void really_make(struct mls_tree *tree, const struct kind *kind, uint32_t size)
{
	struct story story;
	uint32_t leaf;

	story_begin(&story, kind->tree, kind->path, size);
	assert_int_equal(mls_tree_new(tree, crypto->suite, &test_seed,
				      members[0].key_package.leaf_node.encoded),
			 MLS_OK);
	for (uint32_t i = 1; i < story.start; i++)
		assert_int_equal(
			mls_tree_add(tree, &leaf, members[i].key_package.leaf_node.encoded),
			MLS_OK);
	if (story.shape == MLS_PROBE_COLD && story.start > 1)
		commit(tree, 0);
	for (uint32_t i = 0; story.shape == MLS_PROBE_FULL && i < story.start; i++)
		commit(tree, i);
	for (size_t i = 0; i < story.n_steps; i++)
		take_step(tree, &story.steps[i]);
	mls_tree_rehash(crypto, tree);
	story_end(&story);
}

static size_t encoded_len(const struct mls_tree *tree)
{
	struct mls_buf encoded = {0};
	size_t len;

	assert_int_equal(mls_tree_encode(tree, &encoded), MLS_OK);
	len = encoded.len;
	mls_buf_free(&encoded);
	return len;
}

static size_t path_len(const struct mls_tree *tree, uint32_t leaf)
{
	struct mls_secret secret = {.bytes = {1}, .len = crypto->suite->nh};
	struct mls_buf encoded = {0};
	struct mls_leaf_node v;
	struct mls_path path;
	struct mls_tree copy;
	size_t len;

	mls_tree_copy(&copy, tree);
	assert_int_equal(mls_tree_leaf_node(&copy, leaf, &v), MLS_OK);
	assert_int_equal(mls_path_create(crypto, &path, &copy, leaf, &v, members[leaf].signer,
					 test_rules(crypto).group_id, &secret),
			 MLS_OK);
	assert_int_equal(mls_path_encrypt(crypto, &path, &encoded, &copy,
					  mls_slice_str("any context"), NULL, 0),
			 MLS_OK);
	len = encoded.len;
	mls_path_clear(&path);
	mls_tree_clear(&copy);
	mls_buf_free(&encoded);
	return len;
}

static void same_leaf(const struct mls_tree *made, const struct mls_tree *real, uint32_t leaf)
{
	struct mls_leaf_node a, b;

	assert_int_equal(!mls_tree_leaf(made, leaf), !mls_tree_leaf(real, leaf));
	if (!mls_tree_leaf(made, leaf))
		return;
	assert_int_equal(mls_tree_leaf_node(made, leaf, &a), MLS_OK);
	assert_int_equal(mls_tree_leaf_node(real, leaf, &b), MLS_OK);
	assert_int_equal(a.source, b.source);
	assert_int_equal(a.encoded.len, b.encoded.len);
}

static void same_parent(const struct mls_tree *made, const struct mls_tree *real, uint32_t node)
{
	const struct mls_tree_parent *a = mls_tree_node_at(made, node).inner->contents;
	const struct mls_tree_parent *b = mls_tree_node_at(real, node).inner->contents;

	assert_int_equal(!a, !b);
	if (!a)
		return;
	assert_int_equal(mls_tree_parent_view(a).parent_hash.len,
			 mls_tree_parent_view(b).parent_hash.len);
	assert_true(mls_slice_equal(mls_tree_parent_view(a).unmerged_leaves,
				    mls_tree_parent_view(b).unmerged_leaves));
}

static void check_equal(const struct kind *kind, uint32_t size)
{
	struct mls_tree made, real;

	make_shape(&made, NULL, kind, size);
	really_make(&real, kind, size);
	assert_int_equal(made.depth, real.depth);
	assert_int_equal(encoded_len(&made), encoded_len(&real));
	for (uint32_t node = 0; node < 2 * mls_tree_n_leaves(&real) - 1; node++) {
		assert_int_equal(mls_tree_public_key(&made, node).len,
				 mls_tree_public_key(&real, node).len);
		assert_int_equal(mls_tree_resolution_len(&made, node),
				 mls_tree_resolution_len(&real, node));
		if (node % 2 == 0)
			same_leaf(&made, &real, node / 2);
		else
			same_parent(&made, &real, node);
	}
	for (uint32_t leaf = 0; leaf < size; leaf += 1 + size / 2)
		if (mls_tree_leaf(&made, leaf))
			assert_int_equal(path_len(&made, leaf), path_len(&real, leaf));
	mls_tree_clear(&made);
	mls_tree_clear(&real);
}

static void shapes_equal_real_groups(void **state)
{
	const uint32_t stride = (uint32_t)test_stride(7);

	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		bool all = kinds[i].path && kinds[i].tree[0] != 'c';

		for (uint32_t size = 1; size <= 64; size += (all || size < 10 ? 1 : 9) * stride)
			check_equal(&kinds[i], size);
	}
}

static size_t vec(size_t n)
{
	return n + mls_length_size(n);
}

/*
 * The published formulas (rfc9420-sizes), for identities of 16 bytes and capabilities of 11: a
 * leaf of 180 bytes from a KeyPackage and 197 from a commit, 67 + vec(32) - 1 of a parent,
 * whose parent_hash is empty at the root.
 */
static size_t full_tree_len(uint32_t size)
{
	size_t len = 0;
	uint8_t depth = mls_depth_for(size);

	for (uint32_t node = 0; node <= 2 * (size - 1); node++) {
		bool blank = node % 2 && mls_first_leaf(mls_right(node)) >= size;

		if (node % 2 == 0)
			len += 2 + 197;
		else if (blank)
			len += 1;
		else
			len += 2 + 33 + vec(node == mls_root(depth) ? 0 : 32) + vec(0);
	}
	return vec(len);
}

/* Each node of the path of member 0 has one ciphertext where its sibling is full. */
static size_t full_path_len(uint32_t size)
{
	return 197 + vec((size_t)mls_depth_for(size) * (33 + vec(82)));
}

/* ... and in a tree without parents one for each leaf of the other half. */
static size_t bare_path_len(uint32_t size)
{
	size_t len = 0;

	for (uint32_t half = 1; half < size; half *= 2)
		len += 33 + vec(82 * (size_t)(2 * half < size ? half : size - half));
	return 197 + vec(len);
}

static void sizes_are_the_published_ones(void **state)
{
	struct mls_private_path keys[MAX_SIZE];
	struct mls_tree tree;

	(void)state;
	for (uint32_t size = 2; size <= MAX_SIZE; size += 3) {
		make_shape(&tree, keys, &(struct kind){"full", true}, size);
		assert_int_equal(encoded_len(&tree), full_tree_len(size));
		assert_int_equal(path_len(&tree, 0), full_path_len(size));
		for (uint32_t i = 0; i < size; i++)
			mls_private_path_clear(&keys[i]);
		mls_tree_clear(&tree);
		make_shape(&tree, keys, &(struct kind){"cold", false}, size);
		assert_int_equal(path_len(&tree, 0), bare_path_len(size));
		for (uint32_t i = 0; i < size; i++)
			mls_private_path_clear(&keys[i]);
		mls_tree_clear(&tree);
	}
}

/* Rows of rfc9420-sizes.csv (ratchet_tree, which is given there without its own length). */
static void trees_have_the_published_lengths(void **state)
{
	static const struct {
		uint32_t size;
		size_t no_path, cold, full;
	} rows[] = {
		{2, 365, 418, 435},     {10, 1829, 2086, 2579},    {17, 3110, 3435, 4455},
		{33, 6038, 6431, 8743}, {65, 11894, 12355, 17319},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const size_t want[] = {rows[i].cold, rows[i].no_path, rows[i].full};

		for (size_t j = 0; j < 3; j++) {
			struct mls_tree tree;

			make_shape(&tree, NULL, &kinds[j], rows[i].size);
			assert_int_equal(encoded_len(&tree), vec(want[j]));
			mls_tree_clear(&tree);
		}
	}
}

/* Trees are functions of the plan, whoever is live. */
static void live_members_do_not_change_the_tree(void **state)
{
	const struct kind churned = {"churned:50", true};
	struct mls_private_path keys[MAX_SIZE];
	struct mls_tree all, none;

	(void)state;
	make_shape(&all, keys, &churned, 37);
	make_shape(&none, NULL, &churned, 37);
	assert_true(mls_slice_equal(mls_tree_hash(&all), mls_tree_hash(&none)));
	for (uint32_t i = 0; i < 37; i++)
		mls_private_path_clear(&keys[i]);
	mls_tree_clear(&all);
	mls_tree_clear(&none);
}

/* Each would be refused by a group that is asked to take it. */
static void steps_that_nobody_can_take_are_refused(void **state)
{
	static const struct mls_probe_step steps[][2] = {
		{{MLS_PROBE_UPDATE, 5, 0}, {0}},
		{{MLS_PROBE_ADD, 0, 6}, {0}},
		{{MLS_PROBE_ADD, 0, 2}, {0}},
		{{MLS_PROBE_ADD, 5, 5}, {0}},
		{{MLS_PROBE_REMOVE, 0, 5}, {0}},
		{{MLS_PROBE_REMOVE, 0, 0}, {0}},
		{{MLS_PROBE_REMOVE, 0, 2}, {MLS_PROBE_UPDATE, 2, 0}},
		{{MLS_PROBE_REMOVE, 0, 2}, {MLS_PROBE_REMOVE, 0, 2}},
		{{MLS_PROBE_REMOVE, 0, 2}, {MLS_PROBE_ADD, 0, 5}},
		{{MLS_PROBE_UPDATE, 0, 0}, {MLS_PROBE_ADD, 0, UINT32_MAX}},
	};
	struct mls_lineage lineage;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		assert_int_equal(mls_lineage_make(&lineage, MLS_PROBE_FULL, 5, steps[i], 2),
				 MLS_ERR_USAGE);
	assert_int_equal(mls_lineage_make(&lineage, MLS_PROBE_FULL, 0, NULL, 0), MLS_ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joiners_accept_every_shape),
		cmocka_unit_test(shapes_equal_real_groups),
		cmocka_unit_test(sizes_are_the_published_ones),
		cmocka_unit_test(trees_have_the_published_lengths),
		cmocka_unit_test(live_members_do_not_change_the_tree),
		cmocka_unit_test(steps_that_nobody_can_take_are_refused),
	};

	return cmocka_run_group_tests(tests, number_everybody, free_members);
}
