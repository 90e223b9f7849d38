/* Trees made in O(N): a joiner accepts them, and they equal those of groups that really
 * committed their way there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shape.h"
#include "tree_members.h"
#include "tree_validate.h"

enum { MAX_SIZE = 70 };

static struct mls_crypto *crypto;
static struct member members[MAX_SIZE];

static int make_members(void **state)
{
	(void)state;
	crypto = test_crypto(1);
	for (uint32_t i = 0; i < MAX_SIZE; i++)
		member_make(crypto, &members[i], i);
	return 0;
}

static int free_members(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MAX_SIZE; i++)
		member_free(&members[i]);
	mls_crypto_free(crypto);
	return 0;
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

static const uint32_t everybody[MAX_SIZE + 1] = {
	0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17,
	18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
	36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
	54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69,
};

static void make_shape(struct mls_tree *tree, struct mls_private_path *keys,
		       enum mls_probe_shape shape, uint32_t size)
{
	struct mls_shape_plan plan = {
		.shape = shape,
		.size = size,
		.group_id = test_rules(crypto).group_id,
		.source = {get_member, NULL},
		.live = everybody,
		.n_live = size,
		.seed = test_seed,
		.secret = {.bytes = {7}, .len = crypto->suite->nh},
	};

	assert_int_equal(mls_shape_make(crypto, tree, keys, &plan), MLS_OK);
}

static void check_shape(enum mls_probe_shape shape, uint32_t size)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_private_path keys[MAX_SIZE];
	struct mls_buf encoded = {0};
	struct mls_tree tree, joined;

	make_shape(&tree, keys, shape, size);
	assert_int_equal(mls_tree_encode(&tree, &encoded), MLS_OK);
	assert_int_equal(
		mls_tree_decode(&joined, crypto->suite, &test_seed, mls_buf_slice(&encoded), size),
		MLS_OK);
	assert_int_equal(mls_tree_validate(&rules, &joined), MLS_OK);
	assert_true(mls_slice_equal(mls_tree_hash(&joined), mls_tree_hash(&tree)));
	assert_int_equal(mls_tree_n_members(&joined), size);
	assert_int_equal(joined.keys.n, tree.keys.n);
	for (uint32_t i = 0; i < size; i++) {
		assert_int_equal(mls_private_path_check(&keys[i], &joined), MLS_OK);
		mls_private_path_clear(&keys[i]);
	}
	mls_tree_clear(&tree);
	mls_tree_clear(&joined);
	mls_buf_free(&encoded);
}

static void joiners_accept_every_shape(void **state)
{
	(void)state;
	for (uint32_t size = 1; size <= MAX_SIZE; size += size < 20 ? 1 : 7) {
		check_shape(MLS_PROBE_COLD, size);
		check_shape(MLS_PROBE_COLD_NO_PATH, size);
		check_shape(MLS_PROBE_FULL, size);
	}
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

/* The group that design and RFC describe, commit by commit. */
static void really_make(struct mls_tree *tree, enum mls_probe_shape shape, uint32_t size)
{
	uint32_t leaf;

	assert_int_equal(mls_tree_new(tree, crypto->suite, &test_seed,
				      members[0].key_package.leaf_node.encoded),
			 MLS_OK);
	for (uint32_t i = 1; i < size; i++)
		assert_int_equal(
			mls_tree_add(tree, &leaf, members[i].key_package.leaf_node.encoded),
			MLS_OK);
	if (shape == MLS_PROBE_COLD)
		commit(tree, 0);
	for (uint32_t i = 0; shape == MLS_PROBE_FULL && i < size; i++)
		commit(tree, i);
	mls_tree_rehash(crypto, tree);
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

static void check_equal(enum mls_probe_shape shape, uint32_t size)
{
	struct mls_private_path keys[MAX_SIZE];
	struct mls_tree made, real;

	make_shape(&made, keys, shape, size);
	really_make(&real, shape, size);
	assert_int_equal(encoded_len(&made), encoded_len(&real));
	for (uint32_t node = 0; node < 2 * mls_tree_n_leaves(&real) - 1; node++) {
		assert_int_equal(mls_tree_public_key(&made, node).len,
				 mls_tree_public_key(&real, node).len);
		assert_int_equal(mls_tree_resolution_len(&made, node),
				 mls_tree_resolution_len(&real, node));
	}
	for (uint32_t leaf = 0; leaf < size; leaf += 1 + size / 4)
		assert_int_equal(path_len(&made, leaf), path_len(&real, leaf));
	for (uint32_t i = 0; i < size; i++)
		mls_private_path_clear(&keys[i]);
	mls_tree_clear(&made);
	mls_tree_clear(&real);
}

static void shapes_equal_real_groups(void **state)
{
	(void)state;
	for (uint32_t size = 1; size <= 64; size += size < 10 ? 1 : 9) {
		check_equal(MLS_PROBE_COLD, size);
		check_equal(MLS_PROBE_COLD_NO_PATH, size);
		check_equal(MLS_PROBE_FULL, size);
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
		make_shape(&tree, keys, MLS_PROBE_FULL, size);
		assert_int_equal(encoded_len(&tree), full_tree_len(size));
		assert_int_equal(path_len(&tree, 0), full_path_len(size));
		for (uint32_t i = 0; i < size; i++)
			mls_private_path_clear(&keys[i]);
		mls_tree_clear(&tree);
		make_shape(&tree, keys, MLS_PROBE_COLD_NO_PATH, size);
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

		for (int shape = MLS_PROBE_COLD; shape <= MLS_PROBE_FULL; shape++) {
			struct mls_private_path keys[MAX_SIZE];
			struct mls_tree tree;

			make_shape(&tree, keys, (enum mls_probe_shape)shape, rows[i].size);
			assert_int_equal(encoded_len(&tree), vec(want[shape]));
			for (uint32_t j = 0; j < rows[i].size; j++)
				mls_private_path_clear(&keys[j]);
			mls_tree_clear(&tree);
		}
	}
}

/* Trees are functions of the plan, whoever is live. */
static void live_members_do_not_change_the_tree(void **state)
{
	struct mls_private_path keys[MAX_SIZE];
	struct mls_tree all, none;
	struct mls_shape_plan plan = {
		.shape = MLS_PROBE_FULL,
		.size = 37,
		.group_id = test_rules(crypto).group_id,
		.source = {get_member, NULL},
		.seed = test_seed,
		.secret = {.bytes = {7}, .len = crypto->suite->nh},
	};

	(void)state;
	make_shape(&all, keys, MLS_PROBE_FULL, 37);
	assert_int_equal(mls_shape_make(crypto, &none, NULL, &plan), MLS_OK);
	assert_true(mls_slice_equal(mls_tree_hash(&all), mls_tree_hash(&none)));
	for (uint32_t i = 0; i < 37; i++)
		mls_private_path_clear(&keys[i]);
	mls_tree_clear(&all);
	mls_tree_clear(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joiners_accept_every_shape),
		cmocka_unit_test(shapes_equal_real_groups),
		cmocka_unit_test(sizes_are_the_published_ones),
		cmocka_unit_test(trees_have_the_published_lengths),
		cmocka_unit_test(live_members_do_not_change_the_tree),
	};

	return cmocka_run_group_tests(tests, make_members, free_members);
}
