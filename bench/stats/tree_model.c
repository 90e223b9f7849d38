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

static bool is_empty(const struct gb_tree_model *t, uint32_t node)
{
	if (t->node[node] != GB_NODE_BLANK)
		return false;
	return gb_node_level(node) == 0 || (is_empty(t, left(node)) && is_empty(t, right(node)));
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
	while (t->width > 1 && is_empty(t, right(gb_tree_root(t))))
		t->width /= 2;
}

static void remove_leaf(struct gb_tree_model *t, uint32_t leaf)
{
	for (unsigned level = 0; (1u << level) <= t->width; level++)
		t->node[ancestor(leaf, level)] = GB_NODE_BLANK;
	mark_direct_path(t, leaf);
	t->members--;
	if (leaf < t->first_blank)
		t->first_blank = leaf;
}

static void add_leaf(struct gb_tree_model *t)
{
	uint32_t leaf = t->first_blank;

	while (leaf < t->width && t->node[2 * leaf] != GB_NODE_BLANK)
		leaf++;
	if (leaf == t->width)
		extend(t);
	t->node[2 * leaf] = GB_LEAF_NEW;
	for (unsigned level = 1; (1u << level) <= t->width; level++) {
		uint32_t *holds = &t->node[ancestor(leaf, level)];
		if (*holds != GB_NODE_BLANK)
			++*holds;
	}
	mark_direct_path(t, leaf);
	t->first_blank = leaf + 1;
	t->members++;
	t->added[t->n_added++] = leaf;
}

static void set_path(struct gb_tree_model *t, uint32_t committer, struct gb_tree_path *path)
{
	for (unsigned level = 1; (1u << level) <= t->width; level++) {
		uint32_t node = ancestor(committer, level);
		uint32_t below = ancestor(committer, level - 1);
		uint32_t copath = left(node) == below ? right(node) : left(node);
		uint64_t resolution = gb_tree_resolution(t, copath);
		struct gb_path_node *next = &path->nodes[path->n_nodes];

		t->node[node] = GB_NODE_BLANK;
		if (resolution == 0)
			continue;
		t->node[node] = 0;
		next->level = level;
		next->ciphertexts = resolution - count_added_below(t, copath);
		path->ciphertexts += next->ciphertexts;
		path->n_nodes++;
	}
	t->node[2 * committer] = GB_LEAF_COMMITTED;
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
	if (!t->node || !t->stale || !t->stamp || !t->added) {
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
	}
}

int gb_tree_model_init(struct gb_tree_model *t, enum gb_tree_history history, uint32_t size,
		       uint32_t joiners, bool path)
{
	struct gb_tree_change create = {.n_adds = size - 1, .path = path};
	struct gb_tree_path created;

	*t = (struct gb_tree_model){.width = 1, .members = 1, .capacity = 1, .first_blank = 1};
	while (t->capacity < size || t->capacity < size + joiners)
		t->capacity *= 2;
	if (allocate(t) < 0)
		return -1;
	t->node[0] = GB_LEAF_ADDED;
	if (history == GB_TREE_ONE_MEMBER)
		return 0;
	gb_tree_model_commit(t, &create, &created);
	if (history == GB_TREE_FULL)
		fill_parents(t);
	return 0;
}

void gb_tree_model_free(struct gb_tree_model *t)
{
	free(t->node);
	free(t->stale);
	free(t->stamp);
	free(t->added);
	*t = (struct gb_tree_model){0};
}
