#include "tree_math.h"

uint8_t mls_node_level(uint32_t node)
{
	uint8_t level = 0;

	while (node & 1) {
		node >>= 1;
		level++;
	}
	return level;
}

uint32_t mls_ancestor(uint32_t leaf, uint8_t level)
{
	return (leaf >> level << level) * 2 + (((uint32_t)1 << level) - 1);
}

uint32_t mls_root(uint8_t depth)
{
	return ((uint32_t)1 << depth) - 1;
}

uint32_t mls_left(uint32_t node)
{
	return node - ((uint32_t)1 << (mls_node_level(node) - 1));
}

uint32_t mls_right(uint32_t node)
{
	return node + ((uint32_t)1 << (mls_node_level(node) - 1));
}

uint32_t mls_parent_of(uint32_t node)
{
	return mls_ancestor(mls_first_leaf(node), (uint8_t)(mls_node_level(node) + 1));
}

uint32_t mls_sibling(uint32_t node)
{
	return node ^ (uint32_t)2 << mls_node_level(node);
}

uint32_t mls_first_leaf(uint32_t node)
{
	return (node - (((uint32_t)1 << mls_node_level(node)) - 1)) / 2;
}

uint32_t mls_end_leaf(uint32_t node)
{
	return mls_first_leaf(node) + ((uint32_t)1 << mls_node_level(node));
}

bool mls_covers(uint32_t node, uint32_t leaf)
{
	return leaf >= mls_first_leaf(node) && leaf < mls_end_leaf(node);
}

uint8_t mls_common_level(uint32_t leaf, uint32_t other)
{
	uint32_t differing = leaf ^ other;
	uint8_t level = 0;

	for (; differing; differing >>= 1)
		level++;
	return level;
}

uint8_t mls_depth_for(uint32_t n_leaves)
{
	return mls_common_level(n_leaves - 1, 0);
}
