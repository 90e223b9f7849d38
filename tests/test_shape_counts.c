/*
 * A made group of any history against one whose members really committed their way there: the
 * same primitive operations and the same bytes, for every operation at every role.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"
#include "shapes.h"
#include "stats/tree_history.h"
#include "stories.h"
#include "stride.h"

enum { MAX_LEAVES = 128, NEWCOMER = 1000, JOINER = 5000, ROLES = 4, MAX_COSTS = 16 };

static const struct mls_slice nothing = {0};

/* One call of one role. */
struct cost {
	struct mls_counts counts;
	size_t commit_len, welcome_len;
};

/* The groups of actor, near, far and who will be removed; NULL where that is another of them. */
struct side {
	struct shape_world s;
	struct mls_client *client[MAX_LEAVES];
	struct mls_group *group[MAX_LEAVES];
	uint32_t role[ROLES]; /* indexes of both; MLS_NO_LEAF where there is none */
	struct mls_buf commit, welcome;
	struct cost cost[MAX_COSTS];
	size_t n_costs;
};

static void side_end(struct side *side)
{
	for (size_t i = 0; i < MAX_LEAVES; i++) {
		mls_group_free(side->group[i]);
		mls_client_free(side->client[i]);
	}
	mls_buf_free(&side->commit);
	mls_buf_free(&side->welcome);
	shape_world_end(&side->s);
}

/* Device numbers of the roles. */
static void choose_roles(uint32_t role[ROLES], uint32_t size)
{
	const uint32_t devices[ROLES] = {0, 1, size - 1, size / 2};

	for (size_t i = 0; i < ROLES; i++) {
		role[i] = devices[i];
		for (size_t j = 0; j < i; j++)
			if (role[j] == devices[i])
				role[i] = MLS_NO_LEAF;
	}
}

static void make_side(struct side *side, const struct story *story, uint32_t size)
{
	const struct shape_story made = {story->shape, story->start, story->steps, story->n_steps};
	struct mls_client *client[ROLES];
	struct mls_group *group[ROLES];
	uint32_t live[ROLES];
	size_t n = 0;

	memset(side, 0, sizeof(*side));
	shape_world_begin_on(&side->s, 1, MLS_CRYPTO_SODIUM, 11);
	choose_roles(side->role, size);
	for (size_t i = 0; i < ROLES; i++) {
		if (side->role[i] == MLS_NO_LEAF)
			continue;
		live[n] = side->role[i];
		client[n] = side->client[live[n]] = shape_client(&side->s, live[n]);
		n++;
	}
	shape_groups(&side->s, &made, live, client, group, n);
	for (size_t i = 0; i < n; i++)
		side->group[live[i]] = group[i];
}

/* ---- the same by real commits ---- */

static bool has_role(const struct side *side, uint32_t leaf)
{
	for (size_t i = 0; i < ROLES; i++)
		if (side->role[i] == leaf)
			return true;
	return false;
}

/* Whether who is at a leaf before step i will act, or have a role at the end. */
static bool is_needed(const struct side *side, const struct story *story, size_t i, uint32_t leaf)
{
	for (; i < story->n_steps; i++) {
		if (story->steps[i].committer == leaf)
			return true;
		if (story->steps[i].kind == MLS_PROBE_REMOVE && story->steps[i].leaf == leaf)
			return false;
	}
	return has_role(side, leaf);
}

static void leave(struct side *side, uint32_t leaf)
{
	mls_group_free(side->group[leaf]);
	mls_client_free(side->client[leaf]);
	side->group[leaf] = NULL;
	side->client[leaf] = NULL;
}

/* Full and cold trees are made; test_role_counts and test_shape compare those with real ones. */
static void begin_really(struct side *side, const struct story *story)
{
	struct mls_client *client[MAX_LEAVES];
	struct mls_group *group[MAX_LEAVES];
	uint32_t live[MAX_LEAVES] = {0};
	size_t n = 0;

	for (uint32_t leaf = 0; leaf < story->start; leaf++) {
		if (!is_needed(side, story, 0, leaf))
			continue;
		live[n] = leaf;
		client[n++] = side->client[leaf] = shape_client(&side->s, leaf);
	}
	shape_groups(&side->s, &(struct shape_story){.shape = story->shape, .size = story->start},
		     live, client, group, n);
	for (size_t i = 0; i < n; i++)
		side->group[live[i]] = group[i];
}

static void step_really(struct side *side, const struct story *story, size_t i)
{
	const struct mls_probe_step *step = &story->steps[i];
	bool adds = step->kind == MLS_PROBE_ADD || step->kind == MLS_PROBE_ADD_NO_PATH;
	struct mls_buf package = {0};
	struct mls_client *newcomer = shape_client(&side->s, NEWCOMER + (uint32_t)i);
	struct mls_slice add;
	struct mls_commit_request request = {
		.path_if_required = step->kind == MLS_PROBE_ADD_NO_PATH,
		.remove = &step->leaf,
		.n_remove = step->kind == MLS_PROBE_REMOVE,
		.add = &add,
		.n_add = adds,
		.tree_in_welcome = true,
		.without_proposals = true,
	};
	struct mls_event event;

	shape_publish(&side->s, newcomer, NEWCOMER + (uint32_t)i, &package, true);
	add = bytes_of(&package);
	side->commit.len = side->welcome.len = 0;
	OK(mls_group_commit(
		side->group[step->committer],
		&(struct mls_commit_output){.commit = &side->commit, .welcome = &side->welcome},
		&request));
	if (step->kind == MLS_PROBE_REMOVE)
		leave(side, step->leaf);
	for (uint32_t leaf = 0; leaf < MAX_LEAVES; leaf++) {
		if (side->group[leaf])
			OK(mls_group_receive(side->group[leaf], &event, bytes_of(&side->commit)));
		if (side->group[leaf] && !is_needed(side, story, i + 1, leaf))
			leave(side, leaf);
	}
	if (adds && is_needed(side, story, i + 1, step->leaf)) {
		side->client[step->leaf] = newcomer;
		OK(mls_group_join(newcomer, &side->group[step->leaf], bytes_of(&side->welcome),
				  nothing));
		assert_int_equal(mls_group_own_leaf(side->group[step->leaf]), step->leaf);
	} else {
		mls_client_free(newcomer);
	}
	mls_buf_free(&package);
}

static void really_make_side(struct side *side, const char *tree, const struct story *story,
			     uint32_t size)
{
	struct gb_tree_history history;

	assert_true(gb_tree_history_read(&history, tree));
	memset(side, 0, sizeof(*side));
	shape_world_begin_on(&side->s, 1, MLS_CRYPTO_SODIUM, 12);
	choose_roles(side->role, size);
	for (size_t i = 0; i < ROLES; i++)
		if (side->role[i] != MLS_NO_LEAF)
			side->role[i] = gb_tree_history_leaf(&history, side->role[i]);
	begin_really(side, story);
	for (size_t i = 0; i < story->n_steps; i++)
		step_really(side, story, i);
}

/* ---- operations, each from the same state ---- */

static void note(struct side *side, const struct mls_counts *before)
{
	struct cost *cost = &side->cost[side->n_costs++];

	assert_true(side->n_costs <= MAX_COSTS);
	mls_probe_counts(side->s.first, &cost->counts);
#define MLS_COUNT_SPENT(name, sentence) cost->counts.name -= before->name;
	MLS_COUNTS(MLS_COUNT_SPENT)
#undef MLS_COUNT_SPENT
	cost->commit_len = side->commit.len;
	cost->welcome_len = side->welcome.len;
}

/* All roles but those in `gone` receive. */
static void receive(struct side *side, struct mls_group *copy[ROLES], size_t first, size_t gone)
{
	for (size_t i = first; i < ROLES; i++) {
		struct mls_counts before;
		struct mls_event event;

		if (!copy[i] || i == gone)
			continue;
		mls_probe_counts(side->s.first, &before);
		OK(mls_group_receive(copy[i], &event, bytes_of(&side->commit)));
		note(side, &before);
	}
}

enum operation { REKEY, REMOVE, ADD, SEND, OPERATIONS };

static void commit(struct side *side, struct mls_group *copy[ROLES], enum operation operation)
{
	uint32_t leaver = side->role[3] == MLS_NO_LEAF ? 1 : 3, number = JOINER;
	struct mls_group *joined = NULL;
	struct mls_client *joiner = shape_client(&side->s, number);
	struct mls_buf package = {0};
	struct mls_counts before;
	struct mls_slice add;
	uint32_t leaf = mls_group_own_leaf(copy[leaver] ? copy[leaver] : copy[0]);
	struct mls_commit_request request = {
		.add = &add,
		.n_add = operation == ADD,
		.remove = &leaf,
		.n_remove = operation == REMOVE,
		.tree_in_welcome = true,
		.without_proposals = true,
	};

	shape_publish(&side->s, joiner, number, &package, true);
	add = bytes_of(&package);
	mls_probe_counts(side->s.first, &before);
	OK(mls_group_commit(
		copy[0],
		&(struct mls_commit_output){.commit = &side->commit, .welcome = &side->welcome},
		&request));
	note(side, &before);
	receive(side, copy, 0, operation == REMOVE ? leaver : ROLES);
	if (operation == ADD) {
		mls_probe_counts(side->s.first, &before);
		OK(mls_group_join(joiner, &joined, bytes_of(&side->welcome), nothing));
		note(side, &before);
	}
	mls_group_free(joined);
	mls_client_free(joiner);
	mls_buf_free(&package);
}

/* The first message of the actor and its second, when its ratchet is there. */
static void talk(struct side *side, struct mls_group *copy[ROLES])
{
	for (size_t i = 0; i < 2; i++) {
		struct mls_counts before;

		side->commit.len = 0;
		mls_probe_counts(side->s.first, &before);
		OK(mls_group_protect(copy[0], &side->commit,
				     (struct mls_slice){(const uint8_t *)"text", 4}, nothing));
		note(side, &before);
		receive(side, copy, 1, ROLES);
	}
}

static void operate(struct side *side, enum operation operation)
{
	struct mls_group *copy[ROLES] = {NULL};

	side->n_costs = 0;
	side->commit.len = side->welcome.len = 0;
	for (size_t i = 0; i < ROLES; i++)
		if (side->role[i] != MLS_NO_LEAF)
			OK(mls_probe_group_fork(side->client[side->role[i]], &copy[i],
						side->group[side->role[i]]));
	if (operation == SEND)
		talk(side, copy);
	else
		commit(side, copy, operation);
	for (size_t i = 0; i < ROLES; i++)
		mls_group_free(copy[i]);
}

static void expect_equal(const struct side *made, const struct side *real, const char *tree,
			 uint32_t size, enum operation operation)
{
	assert_int_equal(made->n_costs, real->n_costs);
	for (size_t i = 0; i < made->n_costs; i++) {
		const struct cost *a = &made->cost[i], *b = &real->cost[i];

#define MLS_COUNT_EQUAL(name, sentence)                                                            \
	if (a->counts.name != b->counts.name)                                                      \
		fail_msg("%s, %u members, operation %d, call %zu: %s: %llu made, %llu real", tree, \
			 (unsigned)size, (int)operation, i, #name,                                 \
			 (unsigned long long)a->counts.name, (unsigned long long)b->counts.name);
		MLS_COUNTS(MLS_COUNT_EQUAL)
#undef MLS_COUNT_EQUAL
		assert_int_equal(a->commit_len, b->commit_len);
		assert_int_equal(a->welcome_len, b->welcome_len);
	}
}

static void compare(const char *tree, bool path, uint32_t size)
{
	static struct side made, real;
	struct story story;

	story_begin(&story, tree, path, size);
	make_side(&made, &story, size);
	really_make_side(&real, tree, &story, size);
	for (int operation = 0; operation < OPERATIONS; operation++) {
		operate(&made, (enum operation)operation);
		operate(&real, (enum operation)operation);
		expect_equal(&made, &real, tree, size, (enum operation)operation);
	}
	side_end(&made);
	side_end(&real);
	story_end(&story);
}

static void grown_groups_cost_what_real_ones_do(void **state)
{
	const uint32_t stride = (uint32_t)test_stride(21);

	(void)state;
	for (uint32_t size = 2; size <= 64; size += stride)
		compare("grown", true, size);
	for (uint32_t size = 2; size <= 64; size += 9 * stride)
		compare("grown", false, size);
}

static void halfblank_groups_cost_what_real_ones_do(void **state)
{
	const uint32_t stride = (uint32_t)test_stride(21);

	(void)state;
	for (uint32_t size = 2; size <= 64; size += stride)
		compare("halfblank", true, size);
}

static void churned_groups_cost_what_real_ones_do(void **state)
{
	static const uint32_t sizes[] = {2, 3, 4, 5, 9, 16, 33, 64};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i += test_stride(3)) {
		compare("churned:10", true, sizes[i]);
		compare("churned:40", true, sizes[i]);
		compare("churned:40", false, sizes[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grown_groups_cost_what_real_ones_do),
		cmocka_unit_test(halfblank_groups_cost_what_real_ones_do),
		cmocka_unit_test(churned_groups_cost_what_real_ones_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
