#include "sizes.h"

#include <string.h>

enum {
	KEY = 32,
	HASH = 32,
	TAG = 16,
	SIGNATURE = 64,
	IDENTITY = 16,
	GROUP_ID = 32,
	LIFETIME = 16,
	CAPABILITIES = 3 + 3 + 1 + 1 + 3, /* versions, suites, extensions, proposals, credentials */
};

size_t size_vector(size_t n)
{
	return n + (n < 64 ? 1u : n < 16384 ? 2u : 4u);
}

/* ---- the tree ---- */

static bool is_leaf(uint32_t node)
{
	return node % 2 == 0;
}

static uint32_t half_width(uint32_t node)
{
	uint32_t width = 1;

	while (node & width)
		width <<= 1;
	return width >> 1; /* distance to a child; 0 for a leaf */
}

static uint32_t left(uint32_t node)
{
	return node - half_width(node);
}

static uint32_t right(uint32_t node)
{
	return node + half_width(node);
}

static bool covers(uint32_t node, uint32_t leaf)
{
	const uint32_t reach = 2 * half_width(node);

	return is_leaf(node) ? node == 2 * leaf
			     : 2 * leaf + reach > node && 2 * leaf < node + reach;
}

/* The number of nodes in a resolution; those that are new do not count where `old` is set. */
static size_t resolution(const struct size_tree *t, uint32_t node, bool old)
{
	size_t n = 1;

	if (is_leaf(node))
		return t->filled[node] && !(old && t->is_new[node / 2]);
	if (!t->filled[node])
		return resolution(t, left(node), old) + resolution(t, right(node), old);
	for (uint32_t leaf = 0; leaf < t->n_leaves; leaf++)
		n += old && covers(node, leaf) && t->is_new[leaf] ? (size_t)-1 : 0;
	return n + t->n_unmerged[node];
}

/* The child of `node` that is not above `leaf`. */
static uint32_t copath(uint32_t node, uint32_t leaf)
{
	return covers(left(node), leaf) ? right(node) : left(node);
}

void size_tree_leaves(struct size_tree *t, uint32_t n)
{
	memset(t, 0, sizeof(*t));
	for (t->n_leaves = 1; t->n_leaves < n;)
		t->n_leaves *= 2;
	for (uint32_t leaf = 0; leaf < n; leaf++) {
		t->filled[2 * leaf] = true;
		t->of_source[leaf] = LIFETIME;
	}
}

void size_tree_commit(struct size_tree *t, uint32_t leaf)
{
	uint32_t top = 0;

	for (uint32_t node = 1; node < 2 * t->n_leaves - 1; node += 2) {
		if (!covers(node, leaf))
			continue;
		t->filled[node] = resolution(t, copath(node, leaf), false) > 0;
		t->is_hashed[node] = true;
		t->n_unmerged[node] = 0;
		if (t->filled[node] && half_width(node) > half_width(top))
			top = node;
	}
	t->is_hashed[top] = false; /* nothing is above it (7.9) */
	t->of_source[leaf] = size_vector(top ? HASH : 0);
	memset(t->is_new, 0, sizeof(t->is_new));
}

uint32_t size_tree_add(struct size_tree *t)
{
	uint32_t leaf = 0;

	while (leaf < t->n_leaves && t->filled[2 * leaf])
		leaf++;
	if (leaf == t->n_leaves)
		t->n_leaves *= 2;
	for (uint32_t node = 1; node < 2 * t->n_leaves - 1; node += 2)
		t->n_unmerged[node] += t->filled[node] && covers(node, leaf);
	t->filled[2 * leaf] = t->is_new[leaf] = true;
	t->of_source[leaf] = LIFETIME;
	return leaf;
}

void size_tree_remove(struct size_tree *t, uint32_t leaf)
{
	bool right_half_empty = true;

	t->filled[2 * leaf] = false;
	for (uint32_t node = 1; node < 2 * t->n_leaves - 1; node += 2) {
		if (!covers(node, leaf))
			continue;
		t->filled[node] = false;
		t->n_unmerged[node] = 0;
	}
	while (t->n_leaves > 1 && right_half_empty) {
		for (uint32_t i = t->n_leaves / 2; i < t->n_leaves; i++)
			right_half_empty &= !t->filled[2 * i];
		if (right_half_empty)
			t->n_leaves /= 2;
	}
}

/* ---- structures ---- */

/* encryption_key, signature_key, credential, capabilities, source, what belongs to the source,
 * extensions, signature (7.2). */
static size_t leaf_node(size_t of_source)
{
	return size_vector(KEY) + size_vector(KEY) + 2 + size_vector(IDENTITY) + CAPABILITIES + 1 +
	       of_source + 1 + size_vector(SIGNATURE);
}

size_t size_key_package(void)
{
	return 2 + 2 + size_vector(KEY) + leaf_node(LIFETIME) + 1 + size_vector(SIGNATURE);
}

size_t size_key_package_message(void)
{
	return 4 + size_key_package();
}

static size_t node_size(const struct size_tree *t, uint32_t node)
{
	if (!t->filled[node])
		return 1;
	if (is_leaf(node))
		return 2 + leaf_node(t->of_source[node / 2]);
	return 2 + size_vector(KEY) + size_vector(t->is_hashed[node] ? HASH : 0) +
	       size_vector(4 * t->n_unmerged[node]);
}

size_t size_nodes(const struct size_tree *t)
{
	uint32_t last = 2 * t->n_leaves - 2;
	size_t len = 0;

	while (!t->filled[last])
		last--;
	for (uint32_t node = 0; node <= last; node++)
		len += node_size(t, node);
	return len;
}

size_t size_ratchet_tree(const struct size_tree *t)
{
	return size_vector(size_nodes(t));
}

/* HPKECiphertext of a path secret. */
static size_t path_ciphertext(void)
{
	return size_vector(KEY) + size_vector(HASH + TAG);
}

size_t size_ciphertexts(const struct size_tree *t, uint32_t leaf)
{
	size_t n = 0;

	for (uint32_t node = 1; node < 2 * t->n_leaves - 1; node += 2) {
		if (covers(node, leaf))
			n += resolution(t, copath(node, leaf), true);
	}
	return n;
}

size_t size_shared_nodes(const struct size_tree *t, uint32_t leaf, uint32_t other)
{
	size_t n = 0;

	for (uint32_t node = 1; node < 2 * t->n_leaves - 1; node += 2)
		n += covers(node, leaf) && covers(node, other) &&
		     resolution(t, copath(node, leaf), false) > 0;
	return n;
}

size_t size_path_nodes(const struct size_tree *t, uint32_t leaf)
{
	return size_shared_nodes(t, leaf, leaf);
}

size_t size_update_path(const struct size_tree *t, uint32_t leaf)
{
	size_t len = 0;

	for (uint32_t node = 1; node < 2 * t->n_leaves - 1; node += 2) {
		if (!covers(node, leaf) || !resolution(t, copath(node, leaf), false))
			continue;
		len += size_vector(KEY) +
		       size_vector(path_ciphertext() * resolution(t, copath(node, leaf), true));
	}
	/* A path without nodes leaves nothing for the leaf to hash. */
	return leaf_node(size_vector(len ? HASH : 0)) + size_vector(len);
}

size_t size_add(void)
{
	return 1 + 2 + size_key_package();
}

static size_t commit_size(size_t proposals_len, size_t path_len)
{
	return size_vector(proposals_len) + 1 + path_len;
}

/* group_id, epoch, content_type, authenticated_data; the sender is counted by who has one. */
static size_t message_head(void)
{
	return 4 + size_vector(GROUP_ID) + 8 + 1 + size_vector(0);
}

size_t size_public_commit(size_t proposals_len, size_t path_len)
{
	const size_t sender = 1 + 4;

	return message_head() + sender + commit_size(proposals_len, path_len) +
	       size_vector(SIGNATURE) + size_vector(HASH) + size_vector(HASH);
}

static size_t private_message(size_t content_and_auth)
{
	const size_t sender_data = 4 + 4 + 4 + TAG;

	return message_head() + size_vector(sender_data) + size_vector(content_and_auth + TAG);
}

size_t size_private_commit(size_t proposals_len, size_t path_len)
{
	return private_message(commit_size(proposals_len, path_len) + size_vector(SIGNATURE) +
			       size_vector(HASH));
}

size_t size_application_message(size_t payload)
{
	return private_message(size_vector(payload) + size_vector(SIGNATURE));
}

static size_t group_info(const struct size_tree *tree, bool external_pub)
{
	const size_t context = 2 + 2 + size_vector(GROUP_ID) + 8 + size_vector(HASH) +
			       size_vector(HASH) + size_vector(0);
	size_t extensions = external_pub ? 2 + size_vector(size_vector(KEY)) : 0;

	if (tree)
		extensions += 2 + size_vector(size_ratchet_tree(tree));
	return context + size_vector(extensions) + size_vector(HASH) + 4 + size_vector(SIGNATURE);
}

size_t size_welcome(size_t n_joiners, bool has_path, const struct size_tree *tree)
{
	const size_t secrets =
		size_vector(HASH) + 1 + (has_path ? size_vector(HASH) : 0) + size_vector(0);
	const size_t sealed = size_vector(HASH) + size_vector(KEY) + size_vector(secrets + TAG);

	return 4 + 2 + size_vector(n_joiners * sealed) + size_vector(group_info(tree, false) + TAG);
}

size_t size_group_info_message(const struct size_tree *tree)
{
	return 4 + group_info(tree, true);
}
