#include "stats/tree_model.h"

#include <stdlib.h>
#include <string.h>

unsigned gb_node_level(uint32_t node)
{
	unsigned level = 0;

	while (((node >> level) & 1) != 0)
		level++;
	return level;
}

/* The ancestor of a leaf at a level, and the child of a node on either side. */
static uint32_t ancestor(uint32_t leaf, unsigned level)
{
	return ((leaf >> level) << (level + 1)) + (1u << level) - 1;
}

static uint32_t left(uint32_t node)
{
	return node ^ (1u << (gb_node_level(node) - 1));
}

static uint32_t right(uint32_t node)
{
	return node ^ (3u << (gb_node_level(node) - 1));
}

unsigned gb_tree_depth(const struct gb_tree_model *t)
{
	unsigned depth = 0;

	while ((1u << depth) < t->width)
		depth++;
	return depth;
}

uint32_t gb_tree_root(const struct gb_tree_model *t)
{
	return t->width - 1;
}

uint64_t gb_tree_resolution(const struct gb_tree_model *t, uint32_t node)
{
	uint32_t holds = t->node[node];

	if (gb_node_level(node) == 0)
		return holds == GB_NODE_BLANK ? 0 : 1;
	if (holds != GB_NODE_BLANK)
		return 1 + (uint64_t)holds;
	return gb_tree_resolution(t, left(node)) + gb_tree_resolution(t, right(node));
}

/* How many leaves below `node` the present commit filled: each is in its resolution. */
static uint64_t count_added_below(const struct gb_tree_model *t, uint32_t node)
{
	unsigned level = gb_node_level(node);
	uint32_t first = (node - ((1u << level) - 1)) / 2, end = first + (1u << level);
	uint64_t n = 0;

	for (uint32_t i = 0; i < t->n_added; i++)
		n += t->added[i] >= first && t->added[i] < end;
	return n;
}

static void mark_stale(struct gb_tree_model *t, uint32_t node)
{
	if (t->stamp[node] == t->commits)
		return;
	t->stamp[node] = t->commits;
	t->stale[t->n_stale++] = node;
}

static void mark_direct_path(struct gb_tree_model *t, uint32_t leaf)
{
	for (unsigned level = 0; (1u << level) <= t->width; level++)
		mark_stale(t, ancestor(leaf, level));
}

/* Doubles the tree: the blank nodes on the right have no tree hash yet. */
static void extend(struct gb_tree_model *t)
{
	uint32_t first = 2 * t->width - 1;

	t->width *= 2;
	for (uint32_t node = first; node < 2 * t->width - 1; node++)
		mark_stale(t, node);
}

static void truncate(struct gb_tree_model *t)
{
	while (t->width > 1 && t->below[right(gb_tree_root(t))] == 0)
		t->width /= 2;
}

/* Over the whole capacity: what is above the root now may come back. */
static void count(struct gb_tree_model *t, uint32_t leaf, bool comes)
{
	for (unsigned level = 0; (1u << level) <= t->capacity; level++)
		t->below[ancestor(leaf, level)] += comes ? 1 : UINT32_MAX;
	t->members += comes ? 1 : UINT32_MAX;
}

static void remove_leaf(struct gb_tree_model *t, uint32_t leaf)
{
	for (unsigned level = 0; (1u << level) <= t->width; level++)
		t->node[ancestor(leaf, level)] = GB_NODE_BLANK;
	mark_direct_path(t, leaf);
	count(t, leaf, false);
}

/* The leftmost blank leaf of a tree that has one. */
static uint32_t free_leaf(const struct gb_tree_model *t)
{
	uint32_t node = gb_tree_root(t);

	for (unsigned level = gb_tree_depth(t); level > 0; level--) {
		bool is_full = t->below[left(node)] == 1u << (level - 1);
		node = is_full ? right(node) : left(node);
	}
	return node / 2;
}

static void add_leaf(struct gb_tree_model *t)
{
	uint32_t leaf;

	if (t->members == t->width)
		extend(t);
	leaf = free_leaf(t);
	t->node[2 * leaf] = GB_LEAF_NEW;
	for (unsigned level = 1; (1u << level) <= t->width; level++) {
		uint32_t *holds = &t->node[ancestor(leaf, level)];
		if (*holds != GB_NODE_BLANK)
			++*holds;
	}
	mark_direct_path(t, leaf);
	count(t, leaf, true);
	t->added[t->n_added++] = leaf;
}

/* The node of a path at `level`, and what is encrypted to the other child. */
static void note_node(const struct gb_tree_model *t, struct gb_tree_path *path, unsigned level,
		      uint32_t copath)
{
	struct gb_path_node *next = &path->nodes[path->n_nodes++];

	next->level = level;
	next->ciphertexts = gb_tree_resolution(t, copath) - count_added_below(t, copath);
	path->ciphertexts += next->ciphertexts;
}

static void set_path(struct gb_tree_model *t, uint32_t committer, struct gb_tree_path *path)
{
	uint32_t top = 2 * committer;

	for (unsigned level = 1; (1u << level) <= t->width; level++) {
		uint32_t node = ancestor(committer, level);
		uint32_t below = ancestor(committer, level - 1);
		uint32_t copath = left(node) == below ? right(node) : left(node);

		t->node[node] = GB_NODE_BLANK;
		t->is_top[node] = false;
		if (t->below[copath] == 0)
			continue;
		t->node[node] = 0;
		top = node;
		if (path != NULL)
			note_node(t, path, level, copath);
	}
	t->node[2 * committer] = GB_LEAF_COMMITTED;
	t->is_top[2 * committer] = false;
	t->is_top[top] = true;
	mark_direct_path(t, committer);
}

/* Nodes marked before the tree lost its right half are gone. */
static void drop_stale_outside(struct gb_tree_model *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_stale; i++) {
		if (t->stale[i] < 2 * t->width - 1)
			t->stale[n++] = t->stale[i];
		else
			t->stamp[t->stale[i]] = 0;
	}
	t->n_stale = n;
}

void gb_tree_model_commit(struct gb_tree_model *t, const struct gb_tree_change *change,
			  struct gb_tree_path *path)
{
	if (path != NULL)
		*path = (struct gb_tree_path){0};
	t->commits++;
	t->n_stale = 0;
	t->n_added = 0;
	for (uint32_t i = 0; i < change->n_removes; i++)
		remove_leaf(t, change->removes[i]);
	if (change->n_removes > 0)
		truncate(t);
	drop_stale_outside(t);
	for (uint32_t i = 0; i < change->n_adds; i++)
		add_leaf(t);
	if (change->path)
		set_path(t, change->committer, path);
	for (uint32_t i = 0; i < t->n_added; i++)
		t->node[2 * t->added[i]] = GB_LEAF_ADDED;
}

unsigned gb_tree_path_shared(const struct gb_tree_path *path, uint32_t committer, uint32_t member)
{
	unsigned shared = 0;

	for (unsigned i = 0; i < path->n_nodes; i++)
		shared += committer >> path->nodes[i].level == member >> path->nodes[i].level;
	return shared;
}

static int allocate(struct gb_tree_model *t)
{
	size_t n = 2 * (size_t)t->capacity - 1;

	t->node = malloc(n * sizeof(*t->node));
	t->stale = malloc(n * sizeof(*t->stale));
	t->stamp = calloc(n, sizeof(*t->stamp));
	t->added = malloc(t->capacity * sizeof(*t->added));
	t->below = calloc(n, sizeof(*t->below));
	t->is_top = calloc(n, sizeof(*t->is_top));
	if (!t->node || !t->stale || !t->stamp || !t->added || !t->below || !t->is_top) {
		gb_tree_model_free(t);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		t->node[i] = GB_NODE_BLANK;
	return 0;
}

/* After all have committed, a parent is blank exactly where nothing is on its right: the
 * last commit that ran through any other came from its right half. */
static void fill_parents(struct gb_tree_model *t)
{
	for (uint32_t i = 0; i < t->members; i++)
		t->node[2 * i] = GB_LEAF_COMMITTED;
	for (uint32_t node = 1; node < 2 * t->width - 1; node += 2) {
		unsigned level = gb_node_level(node);
		uint32_t first_on_right = (node - ((1u << level) - 1)) / 2 + (1u << (level - 1));
		if (first_on_right < t->members)
			t->node[node] = 0;
		t->is_top[node] = node == gb_tree_root(t);
	}
}

/* The first members of a history: one, or those that it added at once. */
static void begin(struct gb_tree_model *t, const struct gb_tree_history *history, uint32_t size,
		  bool path)
{
	uint32_t start = gb_tree_history_start(history, size);
	struct gb_tree_change create = {.n_adds = start - 1, .path = path};

	t->node[0] = GB_LEAF_ADDED;
	count(t, 0, true);
	if (start > 1)
		gb_tree_model_commit(t, &create, NULL);
	if (history->shape != GB_TREE_COLD && history->shape != GB_TREE_GROWN)
		fill_parents(t);
}

static int follow(struct gb_tree_model *t, const struct gb_tree_history *history, uint32_t size,
		  bool path)
{
	struct gb_tree_steps steps;
	struct gb_tree_step step;

	if (gb_tree_steps_open(&steps, history, size) < 0)
		return -1;
	while (gb_tree_steps_next(&steps, &step)) {
		struct gb_tree_change change = {
			.committer = step.committer,
			.removes = &step.leaf,
			.n_removes = step.kind == GB_TREE_REMOVE,
			.n_adds = step.kind == GB_TREE_ADD,
			.path = path || step.kind != GB_TREE_ADD,
		};
		gb_tree_model_commit(t, &change, NULL);
	}
	gb_tree_steps_close(&steps);
	return 0;
}

int gb_tree_model_init(struct gb_tree_model *t, const struct gb_tree_history *history,
		       uint32_t size, uint32_t joiners, bool path)
{
	uint32_t leaves = gb_tree_history_leaves(history, size);

	*t = (struct gb_tree_model){.width = 1, .capacity = 1};
	while (t->capacity < leaves || t->capacity < size + joiners)
		t->capacity *= 2;
	if (allocate(t) < 0)
		return -1;
	begin(t, history, size, path);
	if (follow(t, history, size, path) == 0)
		return 0;
	gb_tree_model_free(t);
	return -1;
}

void gb_tree_model_free(struct gb_tree_model *t)
{
	free(t->node);
	free(t->stale);
	free(t->stamp);
	free(t->added);
	free(t->below);
	free(t->is_top);
	*t = (struct gb_tree_model){0};
}
