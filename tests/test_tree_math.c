/* Index arithmetic, RFC 9420 Appendix C. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tree_math.h"
#include "vectors.h"

/* An optional<uint32> of an array of the vectors: null is reported as no number. */
static bool number_at(const json_t *array, size_t i, uint32_t *n)
{
	const json_t *v = json_array_get(array, i);

	assert_true(json_is_null(v) || json_is_integer(v));
	if (json_is_null(v))
		return false;
	*n = (uint32_t)json_integer_value(v);
	return true;
}

static void check_nodes(json_t *v, uint32_t n_nodes, uint8_t depth)
{
	json_t *left = vector_array(v, "left"), *right = vector_array(v, "right");
	json_t *parent = vector_array(v, "parent"), *sibling = vector_array(v, "sibling");
	uint32_t want;

	for (uint32_t node = 0; node < n_nodes; node++) {
		assert_int_equal(number_at(left, node, &want), mls_node_level(node) > 0);
		if (mls_node_level(node) > 0)
			assert_int_equal(mls_left(node), want);
		assert_int_equal(number_at(right, node, &want), mls_node_level(node) > 0);
		if (mls_node_level(node) > 0)
			assert_int_equal(mls_right(node), want);
		assert_int_equal(number_at(parent, node, &want), node != mls_root(depth));
		if (node != mls_root(depth))
			assert_int_equal(mls_parent_of(node), want);
		assert_int_equal(number_at(sibling, node, &want), node != mls_root(depth));
		if (node != mls_root(depth))
			assert_int_equal(mls_sibling(node), want);
	}
	assert_int_equal(json_array_size(left), n_nodes);
	assert_int_equal(json_array_size(sibling), n_nodes);
}

static void official_vectors(void **state)
{
	json_t *cases = vectors_load("tree-math.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i);
		uint32_t n_leaves = (uint32_t)vector_number(v, "n_leaves");
		uint32_t n_nodes = (uint32_t)vector_number(v, "n_nodes");
		uint8_t depth = mls_depth_for(n_leaves);

		assert_int_equal(n_nodes, 2 * n_leaves - 1);
		assert_int_equal(vector_number(v, "root"), mls_root(depth));
		check_nodes(v, n_nodes, depth);
		vector_done(v);
	}
	vectors_free();
}

/* What the vectors do not ask: by climbing and descending, over every leaf of a tree. */
static void ancestors_cover_their_leaves(void **state)
{
	const uint8_t depth = 6;

	(void)state;
	for (uint32_t leaf = 0; leaf < 1u << depth; leaf++) {
		uint32_t node = 2 * leaf;

		for (uint8_t level = 0; level < depth; level++) {
			assert_int_equal(mls_ancestor(leaf, level), node);
			assert_int_equal(mls_node_level(node), level);
			assert_true(mls_covers(node, leaf));
			assert_int_equal(mls_end_leaf(node) - mls_first_leaf(node), 1u << level);
			assert_false(mls_covers(mls_sibling(node), leaf));
			node = mls_parent_of(node);
		}
		assert_int_equal(node, mls_root(depth));
	}
}

static void common_level_is_where_two_leaves_meet(void **state)
{
	(void)state;
	for (uint32_t a = 0; a < 64; a++) {
		for (uint32_t b = 0; b < 64; b++) {
			uint8_t level = mls_common_level(a, b);

			assert_int_equal(mls_ancestor(a, level), mls_ancestor(b, level));
			if (level > 0)
				assert_int_not_equal(mls_ancestor(a, (uint8_t)(level - 1)),
						     mls_ancestor(b, (uint8_t)(level - 1)));
		}
	}
}

static void the_largest_tree_does_not_overflow(void **state)
{
	const uint32_t last = UINT32_MAX / 2; /* leaf 2^31 - 1 */

	(void)state;
	assert_int_equal(mls_depth_for(last + 1), MLS_MAX_DEPTH);
	assert_int_equal(mls_ancestor(last, MLS_MAX_DEPTH), mls_root(MLS_MAX_DEPTH));
	assert_int_equal(mls_end_leaf(2 * last), last + 1);
	assert_int_equal(mls_depth_for(1), 0);
	assert_int_equal(mls_depth_for(2), 1);
	assert_int_equal(mls_depth_for(1030), 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(official_vectors),
		cmocka_unit_test(ancestors_cover_their_leaves),
		cmocka_unit_test(common_level_is_where_two_leaves_meet),
		cmocka_unit_test(the_largest_tree_does_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
