/* How the groups of the axis `tree` came about: step by step, and as trees, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/tree_model.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* Steps of a history by hand: splitmix64 begins with the upper halves e220a839, 6e789e6a,
 * 06c45d18 and f88bb8a8. */
static void histories_are_the_documented_ones(void **state)
{
	static const struct {
		const char *tree;
		uint32_t size, n;
		struct gb_tree_step steps[4];
	} rows[] = {
		{"cold", 4, 0, {{0}}},
		{"full", 4, 0, {{0}}},
		/* 1, 2, 3 and 4 members times those, divided by 2^32 */
		{"grown",
		 5,
		 4,
		 {{GB_TREE_ADD, 0, 1},
		  {GB_TREE_ADD, 0, 2},
		  {GB_TREE_ADD, 0, 3},
		  {GB_TREE_ADD, 3, 4}}},
		{"halfblank",
		 4,
		 4,
		 {{GB_TREE_REMOVE, 6, 1},
		  {GB_TREE_REMOVE, 2, 3},
		  {GB_TREE_REMOVE, 0, 5},
		  {GB_TREE_REMOVE, 6, 7}}},
		/* The one commit updates, for nobody could come back; its member is 0.43 of 8. */
		{"churned:1", 8, 1, {{GB_TREE_UPDATE, 3, 0}}},
		/* 0.88 of update and remove: remove, 0.43 of 8 members, by 0.02 of the other 7.
		 * Then nothing but adding is possible, by 0.10 of 7. */
		{"churned:2", 8, 2, {{GB_TREE_REMOVE, 0, 3}, {GB_TREE_ADD, 0, 3}}},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gb_tree_history history;
		struct gb_tree_steps steps;
		struct gb_tree_step step;

		assert_true(gb_tree_history_read(&history, rows[i].tree));
		assert_int_equal(gb_tree_steps_open(&steps, &history, rows[i].size), 0);
		for (uint32_t j = 0; j < rows[i].n; j++) {
			assert_true(gb_tree_steps_next(&steps, &step));
			assert_int_equal(step.kind, rows[i].steps[j].kind);
			assert_int_equal(step.committer, rows[i].steps[j].committer);
			assert_int_equal(step.leaf, rows[i].steps[j].leaf);
		}
		assert_false(gb_tree_steps_next(&steps, &step));
		gb_tree_steps_close(&steps);
	}
}

/* Whatever a churned group goes through, each of its commits is possible, and in the end nobody
 * is missing. */
static void churn_ends_with_everybody(void **state)
{
	(void)state;
	for (uint32_t size = 2; size <= 33; size++) {
		struct gb_tree_history history = {GB_TREE_CHURNED, 3 * size};
		uint32_t kinds[3] = {0}, missing = 0;
		struct gb_tree_steps steps;
		struct gb_tree_step step;

		assert_int_equal(gb_tree_steps_open(&steps, &history, size), 0);
		while (gb_tree_steps_next(&steps, &step)) {
			assert_true(step.committer < size && step.leaf < size);
			assert_true(step.kind == GB_TREE_UPDATE || step.committer != step.leaf);
			kinds[step.kind]++;
			missing += step.kind == GB_TREE_REMOVE;
			missing -= step.kind == GB_TREE_ADD;
			assert_true(missing + 2 <= size);
		}
		assert_int_equal(missing, 0);
		assert_int_equal(kinds[0] + kinds[1] + kinds[2], 3 * size);
		assert_true(size == 2 || kinds[GB_TREE_REMOVE] > 0);
		gb_tree_steps_close(&steps);
	}
}

/* Two of them by hand, as blank (.), committed (c) or joined (j) leaves and parents. */
static void trees_of_histories(void **state)
{
	const struct gb_tree_history grown = {.shape = GB_TREE_GROWN};
	const struct gb_tree_history halfblank = {.shape = GB_TREE_HALFBLANK};
	struct gb_tree_model tree;

	(void)state;
	/* Added by 0, 0, 0 and 3: the last commit set the path of leaf 3, but for the parent of 2
	 * and 3, whose other child is there too. 1, 2 and 4 have never committed. */
	assert_int_equal(gb_tree_model_init(&tree, &grown, 5, 0, true), 0);
	assert_int_equal(tree.width, 8);
	assert_int_equal(tree.members, 5);
	assert_int_equal(tree.node[0], GB_LEAF_COMMITTED);
	assert_int_equal(tree.node[2], GB_LEAF_ADDED);
	assert_int_equal(tree.node[6], GB_LEAF_COMMITTED);
	assert_int_equal(tree.node[8], GB_LEAF_ADDED);
	for (uint32_t node = 1; node <= 7; node += 2)
		assert_int_equal(tree.node[node], 0);
	assert_int_equal(tree.node[9], GB_NODE_BLANK);
	assert_int_equal(tree.node[11], GB_NODE_BLANK);
	gb_tree_model_free(&tree);
	/* Without paths nothing is set at all, and nobody has committed. */
	assert_int_equal(gb_tree_model_init(&tree, &grown, 5, 0, false), 0);
	for (uint32_t node = 1; node < 15; node += 2)
		assert_int_equal(tree.node[node], GB_NODE_BLANK);
	gb_tree_model_free(&tree);
	/* 6, 2, 0 and 6 remove 1, 3, 5 and 7: who has a blank sibling is alone below its parent.
	 * Last, 6 set its grandparent and the root; 0 set the left one. */
	assert_int_equal(gb_tree_model_init(&tree, &halfblank, 4, 2, true), 0);
	assert_int_equal(tree.width, 8);
	assert_int_equal(tree.members, 4);
	for (uint32_t node = 1; node < 15; node += 4)
		assert_int_equal(tree.node[node], GB_NODE_BLANK);
	assert_int_equal(tree.node[3], 0);
	assert_int_equal(tree.node[7], 0);
	assert_int_equal(tree.node[11], 0);
	assert_true(tree.is_top[7] && !tree.is_top[3] && !tree.is_top[11]);
	gb_tree_model_free(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histories_are_the_documented_ones),
		cmocka_unit_test(churn_ends_with_everybody),
		cmocka_unit_test(trees_of_histories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
