/* Trees from someone else, each breaking one rule: RFC 9420 7.9.2, 12.4.3.1, 12.4.3.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made_members.h"
#include "tree_validate.h"
#include "treekem.h"

enum { N_MEMBERS = 8 };

/* The nodes of a tree, put one behind the other by a test. */
struct nodes {
	struct mls_buf bytes;
};

static void put_bytes(struct nodes *n, const char *bytes, size_t len)
{
	assert_int_equal(mls_buf_append(&n->bytes, mls_slice(bytes, len)), MLS_OK);
}

static void put_blank(struct nodes *n)
{
	put_bytes(n, "", 1);
}

static void put_encoded(struct nodes *n, struct mls_slice leaf)
{
	put_bytes(n, "\1\1", 2);
	assert_int_equal(mls_buf_append(&n->bytes, leaf), MLS_OK);
}

static void put_leaf(struct nodes *n, uint32_t member)
{
	put_encoded(n, members[member].key_package.leaf_node.encoded);
}

/* A parent whose key is the init key of a member; up to two unmerged leaves below 256. */
static void put_parent(struct nodes *n, uint32_t key_of, const char *unmerged)
{
	struct mls_parent_node v = {.encryption_key = mls_key_public(members[key_of].init_key)};
	uint8_t list[8] = {0};

	for (size_t i = 0; i < strlen(unmerged); i++)
		list[4 * i + 3] = (uint8_t)(unmerged[i] - '0');
	v.unmerged_leaves = mls_slice(list, 4 * strlen(unmerged));
	put_bytes(n, "\1\2", 2);
	assert_int_equal(mls_parent_node_encode(&n->bytes, &v), MLS_OK);
}

static enum mls_err decode(struct mls_tree *tree, struct nodes *n, uint32_t max_leaves)
{
	struct mls_buf encoded = {0};
	enum mls_err err;

	assert_int_equal(mls_put_length(&encoded, n->bytes.len), MLS_OK);
	assert_int_equal(mls_buf_append(&encoded, mls_buf_slice(&n->bytes)), MLS_OK);
	err = mls_tree_decode(tree, crypto->suite, &test_seed, mls_buf_slice(&encoded), max_leaves);
	mls_buf_free(&encoded);
	mls_buf_free(&n->bytes);
	return err;
}

static void expect_decode(struct nodes *n, enum mls_err want)
{
	struct mls_tree tree;

	assert_int_equal(decode(&tree, n, 4), want);
	mls_tree_clear(&tree);
}

static void a_tree_has_nodes_and_ends_with_one(void **state)
{
	struct nodes n = {{0}};

	(void)state;
	expect_decode(&n, MLS_ERR_TREE_EMPTY);
	put_blank(&n);
	expect_decode(&n, MLS_ERR_TREE_LAST_BLANK);
	put_leaf(&n, 0);
	put_blank(&n);
	expect_decode(&n, MLS_ERR_TREE_LAST_BLANK);
	put_leaf(&n, 0);
	put_blank(&n);
	put_blank(&n);
	expect_decode(&n, MLS_ERR_TREE_LAST_BLANK);
	put_leaf(&n, 0);
	expect_decode(&n, MLS_OK);
}

static void leaves_and_parents_alternate(void **state)
{
	struct nodes n = {{0}};

	(void)state;
	put_parent(&n, 0, "");
	expect_decode(&n, MLS_ERR_NODE_TYPE);
	put_leaf(&n, 0);
	put_leaf(&n, 1);
	expect_decode(&n, MLS_ERR_NODE_TYPE);
	put_bytes(&n, "\1\3", 2);
	expect_decode(&n, MLS_ERR_NODE_TYPE);
	put_bytes(&n, "\2\1", 2);
	expect_decode(&n, MLS_ERR_PRESENCE);
	put_bytes(&n, "\1", 1);
	expect_decode(&n, MLS_ERR_TRUNCATED);
}

static void trees_are_bounded(void **state)
{
	struct nodes n = {{0}};

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		if (i)
			put_blank(&n);
		put_leaf(&n, i);
	}
	expect_decode(&n, MLS_ERR_TREE_TOO_LARGE);
	for (uint32_t i = 0; i < 4; i++) {
		if (i)
			put_blank(&n);
		put_leaf(&n, i);
	}
	expect_decode(&n, MLS_OK);
}

static void a_tree_is_one_vector(void **state)
{
	struct mls_buf encoded = {0};
	struct nodes n = {{0}};
	struct mls_tree tree;

	(void)state;
	put_leaf(&n, 0);
	assert_int_equal(mls_put_length(&encoded, n.bytes.len), MLS_OK);
	assert_int_equal(mls_buf_append(&encoded, mls_buf_slice(&n.bytes)), MLS_OK);
	assert_int_equal(mls_buf_append(&encoded, mls_slice("", 1)), MLS_OK);
	assert_int_equal(
		mls_tree_decode(&tree, crypto->suite, &test_seed, mls_buf_slice(&encoded), 4),
		MLS_ERR_TRAILING);
	encoded.len -= 2;
	assert_int_equal(
		mls_tree_decode(&tree, crypto->suite, &test_seed, mls_buf_slice(&encoded), 4),
		MLS_ERR_TRUNCATED);
	mls_buf_free(&encoded);
	mls_buf_free(&n.bytes);
}

/* A tree that says of itself that all 2^31 leaves are taken. */
static void a_tree_does_not_grow_beyond_its_numbers(void **state)
{
	struct mls_tree tree = {.suite = crypto->suite, .depth = MLS_MAX_DEPTH};
	uint32_t leaf;

	(void)state;
	tree.root.inner = mls_tree_inner_new(crypto->suite);
	assert_non_null(tree.root.inner);
	tree.root.inner->n_members = mls_tree_n_leaves(&tree);
	assert_int_equal(mls_tree_free_leaf(&tree, &leaf), MLS_ERR_TREE_TOO_LARGE);
	free(tree.root.inner);
}

static enum mls_err visit_no_further(void *state, uint32_t node, struct mls_slice key)
{
	const uint32_t *last = state;

	(void)key;
	return node == *last ? MLS_ERR_BUFFER_FULL : MLS_OK;
}

/* A leaf; a parent; an unmerged leaf of a parent; one of either half of a blank node. */
static void a_visitor_ends_the_walk(void **state)
{
	struct mls_tree tree;
	struct nodes n = {{0}};
	uint32_t last = 0;
	struct mls_resolution_visitor visitor = {visit_no_further, &last};
	static const struct {
		uint32_t of, last;
	} rows[] = {{0, 0}, {1, 1}, {1, 2}, {3, 1}, {3, 4}, {3, 6}, {5, 6}};

	(void)state;
	put_leaf(&n, 0);
	put_parent(&n, 5, "1");
	put_leaf(&n, 1);
	put_blank(&n);
	put_leaf(&n, 2);
	put_blank(&n);
	put_leaf(&n, 3);
	assert_int_equal(decode(&tree, &n, 4), MLS_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		last = rows[i].last;
		assert_int_equal(mls_tree_resolution(&tree, rows[i].of, &visitor),
				 MLS_ERR_BUFFER_FULL);
	}
	mls_tree_clear(&tree);
}

static void leaves_are_bounded(void **state)
{
	struct mls_leaf_node leaf = members[0].key_package.leaf_node;
	struct mls_buf identity = {0}, encoded = {0};
	struct nodes n = {{0}};

	(void)state;
	assert_int_equal(mls_buf_reserve(&identity, 65500), MLS_OK);
	memset(identity.p, 'i', 65500);
	for (size_t len = 65300; len <= 65500; len += 200) {
		leaf.credential.content = mls_slice(identity.p, len);
		encoded.len = 0;
		assert_int_equal(mls_leaf_node_encode(&encoded, &leaf), MLS_OK);
		put_encoded(&n, mls_buf_slice(&encoded));
		expect_decode(&n, encoded.len > UINT16_MAX ? MLS_ERR_LEAF_TOO_LONG : MLS_OK);
	}
	assert_true(encoded.len > UINT16_MAX);
	mls_buf_free(&identity);
	mls_buf_free(&encoded);
}

static void keys_of_parents_are_keys(void **state)
{
	struct nodes n = {{0}};

	(void)state;
	put_leaf(&n, 0);
	put_bytes(&n, "\1\2\1k\0\0", 6);
	put_leaf(&n, 1);
	expect_decode(&n, MLS_ERR_PUBLIC_KEY);
	put_leaf(&n, 0);
	put_parent(&n, 1, "");
	n.bytes.len -= 2; /* parent_hash and unmerged_leaves, both empty */
	put_bytes(&n, "\1h\0", 3);
	put_leaf(&n, 1);
	expect_decode(&n, MLS_ERR_PARENT_HASH_LENGTH);
}

/* All of a tree: what no length shows is that a key of P-256 is no point of its curve. */
static void all_of_a_tree_is_judged(void **state)
{
	struct mls_crypto *p256 = test_crypto(2);
	struct mls_leaf_rules rules = test_rules(p256);
	struct member two[2];
	struct mls_parent_node parent = {0};
	uint8_t key[65];
	struct nodes n = {{0}};
	struct mls_crypto *before = crypto;
	struct mls_tree tree;

	(void)state;
	for (uint32_t i = 0; i < 2; i++)
		member_make(p256, &two[i], i);
	memcpy(key, mls_key_public(two[0].init_key).p, sizeof(key));
	key[64] ^= 1;
	parent.encryption_key = mls_slice(key, sizeof(key));
	put_encoded(&n, two[0].key_package.leaf_node.encoded);
	put_bytes(&n, "\1\2", 2);
	assert_int_equal(mls_parent_node_encode(&n.bytes, &parent), MLS_OK);
	put_encoded(&n, two[1].key_package.leaf_node.encoded);
	crypto = p256;
	assert_int_equal(decode(&tree, &n, 4), MLS_OK);
	assert_int_equal(mls_tree_validate(&rules, &tree), MLS_ERR_PUBLIC_KEY);
	mls_tree_clear(&tree);
	put_encoded(&n, two[0].key_package.leaf_node.encoded);
	put_blank(&n);
	put_encoded(&n, two[1].key_package.leaf_node.encoded);
	assert_int_equal(decode(&tree, &n, 4), MLS_OK);
	assert_int_equal(mls_tree_validate(&rules, &tree), MLS_OK);
	rules.now_s = 5000;
	assert_int_equal(mls_tree_validate(&rules, &tree), MLS_ERR_LIFETIME);
	mls_tree_clear(&tree);
	for (uint32_t i = 0; i < 2; i++)
		member_free(&two[i]);
	mls_crypto_free(p256);
	crypto = before;
}

static void keys_are_unique(void **state)
{
	struct nodes n = {{0}};
	struct mls_leaf_node leaf = members[1].key_package.leaf_node;
	struct mls_buf encoded = {0};

	(void)state;
	put_leaf(&n, 0);
	put_blank(&n);
	put_leaf(&n, 0);
	expect_decode(&n, MLS_ERR_KEY_NOT_UNIQUE);
	leaf.signature_key = members[0].key_package.leaf_node.signature_key;
	assert_int_equal(mls_leaf_node_encode(&encoded, &leaf), MLS_OK);
	put_leaf(&n, 0);
	put_blank(&n);
	put_encoded(&n, mls_buf_slice(&encoded));
	expect_decode(&n, MLS_ERR_KEY_NOT_UNIQUE);
	put_leaf(&n, 0);
	put_parent(&n, 5, "");
	put_leaf(&n, 1);
	put_parent(&n, 5, "");
	put_leaf(&n, 2);
	expect_decode(&n, MLS_ERR_KEY_NOT_UNIQUE);
	leaf = members[1].key_package.leaf_node;
	leaf.encryption_key = mls_key_public(members[5].init_key);
	encoded.len = 0;
	assert_int_equal(mls_leaf_node_encode(&encoded, &leaf), MLS_OK);
	put_leaf(&n, 0);
	put_parent(&n, 5, "");
	put_encoded(&n, mls_buf_slice(&encoded));
	expect_decode(&n, MLS_ERR_KEY_NOT_UNIQUE);
	mls_buf_free(&encoded);
}

/* Four leaves; `blank` of them is blank. The left parent and the root list unmerged leaves. */
static void expect_unmerged(uint32_t blank, const char *left, const char *root, enum mls_err want)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct nodes n = {{0}};
	struct mls_tree tree;

	for (uint32_t leaf = 0; leaf < 4; leaf++) {
		if (leaf == blank)
			put_blank(&n);
		else
			put_leaf(&n, leaf);
		if (leaf == 0)
			put_parent(&n, 0, left);
		if (leaf == 1)
			put_parent(&n, 1, root);
		if (leaf == 2)
			put_blank(&n);
	}
	assert_int_equal(decode(&tree, &n, 4), MLS_OK);
	assert_int_equal(mls_tree_validate_unmerged(crypto, &tree), want);
	if (want)
		assert_int_equal(mls_tree_validate(&rules, &tree), want);
	mls_tree_clear(&tree);
}

static void unmerged_leaves_are_members_below(void **state)
{
	(void)state;
	expect_unmerged(4, "", "", MLS_OK);
	expect_unmerged(4, "1", "1", MLS_OK);
	expect_unmerged(4, "1", "", MLS_OK);
	expect_unmerged(4, "", "3", MLS_OK); /* the node between is blank */
	expect_unmerged(4, "", "1", MLS_ERR_UNMERGED_LEAF);
	expect_unmerged(4, "2", "", MLS_ERR_UNMERGED_LEAF);
	expect_unmerged(4, "", "4", MLS_ERR_UNMERGED_LEAF);
	expect_unmerged(1, "1", "1", MLS_ERR_UNMERGED_LEAF);
	expect_unmerged(2, "", "2", MLS_ERR_UNMERGED_LEAF);
}

static void commit(struct mls_tree *tree, uint32_t sender)
{
	struct mls_secret secret = {.len = crypto->suite->nh};
	struct mls_path path;

	assert_int_equal(mls_random_bytes(crypto, secret.bytes, secret.len), MLS_OK);
	assert_int_equal(
		mls_path_create(crypto, &path, tree, sender, &members[sender].key_package.leaf_node,
				members[sender].signer, test_rules(crypto).group_id, &secret),
		MLS_OK);
	mls_path_clear(&path);
}

/* A tree in which `sender` has committed, and who joined after that is unmerged. */
static void committed_tree(struct mls_tree *tree, uint32_t n_before, uint32_t sender,
			   uint32_t n_after)
{
	uint32_t leaf;

	assert_int_equal(mls_tree_new(tree, crypto->suite, &test_seed,
				      members[0].key_package.leaf_node.encoded),
			 MLS_OK);
	for (uint32_t i = 1; i < n_before + n_after; i++) {
		if (i == n_before)
			commit(tree, sender);
		assert_int_equal(
			mls_tree_add(tree, &leaf, members[i].key_package.leaf_node.encoded),
			MLS_OK);
	}
	if (n_after == 0)
		commit(tree, sender);
	mls_tree_rehash(crypto, tree);
}

/* Flips one bit of the parent node's encoded contents, and reads the tree again. */
static void expect_chain_broken(const struct mls_tree *tree, uint32_t node, size_t offset)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_slice key = mls_tree_public_key(tree, node);
	struct mls_buf encoded = {0};
	struct mls_tree changed;
	size_t at = 0;

	assert_int_equal(mls_tree_encode(tree, &encoded), MLS_OK);
	while (memcmp(encoded.p + at, key.p, key.len) != 0)
		at++;
	encoded.p[at + offset] ^= 1;
	assert_int_equal(
		mls_tree_decode(&changed, crypto->suite, &test_seed, mls_buf_slice(&encoded), 8),
		MLS_OK);
	assert_int_equal(mls_tree_validate(&rules, &changed), MLS_ERR_PARENT_HASH_CHAIN);
	mls_tree_clear(&changed);
	mls_buf_free(&encoded);
}

static void parents_are_bound_to_leaves(void **state)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_tree tree;

	(void)state;
	committed_tree(&tree, 5, 2, 2);
	assert_int_equal(mls_tree_validate(&rules, &tree), MLS_OK);
	for (uint32_t node = 1; node < 15; node += 2) {
		if (mls_tree_public_key(&tree, node).len == 0)
			continue;
		expect_chain_broken(&tree, node, 0);
		if (node != mls_root(tree.depth))
			expect_chain_broken(&tree, node, 32 + 1); /* parent_hash */
	}
	mls_tree_clear(&tree);
}

/* A parent that nobody's commit has set: the leaves below are from KeyPackages. */
static void invented_parents_are_noticed(void **state)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct nodes n = {{0}};
	struct mls_tree tree;

	(void)state;
	put_leaf(&n, 0);
	put_parent(&n, 7, "");
	put_leaf(&n, 1);
	assert_int_equal(decode(&tree, &n, 4), MLS_OK);
	assert_int_equal(mls_tree_validate(&rules, &tree), MLS_ERR_PARENT_HASH_CHAIN);
	mls_tree_clear(&tree);
}

/* Who joined since may not be left out of the unmerged leaves: his key would be unknown. */
static void unmerged_leaves_are_complete(void **state)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_buf encoded = {0};
	struct mls_slice key;
	struct mls_tree tree;
	size_t at = 0;

	(void)state;
	committed_tree(&tree, 3, 0, 1);
	key = mls_tree_public_key(&tree, mls_root(tree.depth));
	assert_int_equal(mls_tree_encode(&tree, &encoded), MLS_OK);
	while (memcmp(encoded.p + at, key.p, key.len) != 0)
		at++;
	at += 32 + 1; /* behind key and empty parent_hash: one unmerged leaf, number 3 */
	assert_memory_equal(encoded.p + at, "\4\0\0\0\3", 5);
	memmove(encoded.p + at + 1, encoded.p + at + 5, encoded.len - at - 5);
	encoded.p[at] = 0;
	encoded.p[1] = (uint8_t)(encoded.p[1] - 4); /* the length of all nodes */
	mls_tree_clear(&tree);
	assert_int_equal(mls_tree_decode(&tree, crypto->suite, &test_seed,
					 mls_slice(encoded.p, encoded.len - 4), 8),
			 MLS_OK);
	assert_int_equal(mls_tree_validate(&rules, &tree), MLS_ERR_PARENT_HASH_CHAIN);
	mls_tree_clear(&tree);
	mls_buf_free(&encoded);
}

/*
 * Leaf 5 committed while 4 was blank; 4 was filled since and is the root's one unmerged leaf.
 * In place of that list the root gets another one, of blank leaves too. Read without the
 * rules for unmerged leaves: the parent hash does not cover those on the committer's side.
 */
static void expect_list(const char *list, size_t len, enum mls_err want)
{
	struct mls_buf encoded = {0};
	struct nodes n = {{0}};
	struct mls_slice key;
	struct mls_tree tree;
	size_t at = 2; /* behind the length of all nodes */
	uint32_t leaf;

	committed_tree(&tree, 6, 0, 0);
	assert_int_equal(mls_tree_remove(&tree, 4), MLS_OK);
	commit(&tree, 5);
	assert_int_equal(mls_tree_add(&tree, &leaf, members[7].key_package.leaf_node.encoded),
			 MLS_OK);
	assert_int_equal(leaf, 4);
	key = mls_tree_public_key(&tree, mls_root(tree.depth));
	assert_int_equal(mls_tree_encode(&tree, &encoded), MLS_OK);
	while (memcmp(encoded.p + at, key.p, key.len) != 0)
		at++;
	at += 32 + 1;
	assert_memory_equal(encoded.p + at, "\4\0\0\0\4", 5);
	assert_int_equal(mls_buf_append(&n.bytes, mls_slice(encoded.p + 2, at - 2)), MLS_OK);
	put_bytes(&n, list, len);
	at += 5;
	assert_int_equal(mls_buf_append(&n.bytes, mls_slice(encoded.p + at, encoded.len - at)),
			 MLS_OK);
	mls_tree_clear(&tree);
	mls_buf_free(&encoded);
	assert_int_equal(decode(&tree, &n, 8), MLS_OK);
	mls_tree_rehash(crypto, &tree);
	assert_int_equal(mls_tree_validate_parent_hashes(crypto, &tree), want);
	mls_tree_clear(&tree);
}

static void unmerged_leaves_are_the_rest_of_the_resolution(void **state)
{
	(void)state;
	expect_list("\4\0\0\0\4", 5, MLS_OK);
	expect_list("\4\0\0\0\6", 5, MLS_ERR_PARENT_HASH_CHAIN);
	expect_list("\x08\0\0\0\4\0\0\0\6", 9, MLS_ERR_PARENT_HASH_CHAIN);
	expect_list("", 1, MLS_ERR_PARENT_HASH_CHAIN);
}

static void every_leaf_is_judged(void **state)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_buf encoded = {0};
	struct mls_tree tree;

	(void)state;
	committed_tree(&tree, 4, 1, 0);
	assert_int_equal(mls_tree_encode(&tree, &encoded), MLS_OK);
	mls_tree_clear(&tree);
	encoded.p[encoded.len - 1] ^= 1; /* the last leaf's signature */
	assert_int_equal(
		mls_tree_decode(&tree, crypto->suite, &test_seed, mls_buf_slice(&encoded), 8),
		MLS_OK);
	assert_int_equal(mls_tree_validate_leaves(&rules, &tree), MLS_ERR_LEAF_SIGNATURE);
	rules.now_s = 5000;
	assert_int_equal(mls_tree_validate_leaves(&rules, &tree), MLS_ERR_LIFETIME);
	mls_tree_clear(&tree);
	mls_buf_free(&encoded);
}

/* An X.509 member among members who know basic credentials only. */
static void credential_types_are_known_to_all(void **state)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_leaf_node leaf = members[1].key_package.leaf_node;
	const uint8_t both[] = {0, 1, 0, 2};
	struct mls_buf encoded = {0};
	struct nodes n = {{0}};
	struct mls_tree tree;

	(void)state;
	leaf.credential = (struct mls_credential){MLS_CREDENTIAL_X509, mls_slice("\1c", 2)};
	leaf.capabilities.credentials = mls_slice(both, sizeof(both));
	assert_int_equal(mls_leaf_node_encode(&encoded, &leaf), MLS_OK);
	put_leaf(&n, 0);
	put_blank(&n);
	put_encoded(&n, mls_buf_slice(&encoded));
	assert_int_equal(decode(&tree, &n, 4), MLS_OK);
	assert_int_equal(mls_tree_validate_leaves(&rules, &tree), MLS_ERR_CREDENTIAL_UNSUPPORTED);
	assert_int_equal(mls_tree_remove(&tree, 0), MLS_OK);
	assert_int_equal(mls_member_support_credentials(&tree.support), MLS_OK);
	assert_int_equal(mls_member_support_count(&tree.support, MLS_SUPPORT_CREDENTIAL, 2), 1);
	mls_tree_clear(&tree);
	mls_buf_free(&encoded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_has_nodes_and_ends_with_one),
		cmocka_unit_test(leaves_and_parents_alternate),
		cmocka_unit_test(trees_are_bounded),
		cmocka_unit_test(a_tree_is_one_vector),
		cmocka_unit_test(a_tree_does_not_grow_beyond_its_numbers),
		cmocka_unit_test(a_visitor_ends_the_walk),
		cmocka_unit_test(all_of_a_tree_is_judged),
		cmocka_unit_test(leaves_are_bounded),
		cmocka_unit_test(keys_of_parents_are_keys),
		cmocka_unit_test(keys_are_unique),
		cmocka_unit_test(unmerged_leaves_are_members_below),
		cmocka_unit_test(parents_are_bound_to_leaves),
		cmocka_unit_test(invented_parents_are_noticed),
		cmocka_unit_test(unmerged_leaves_are_complete),
		cmocka_unit_test(unmerged_leaves_are_the_rest_of_the_resolution),
		cmocka_unit_test(every_leaf_is_judged),
		cmocka_unit_test(credential_types_are_known_to_all),
	};

	return cmocka_run_group_tests(tests, make_members, free_members);
}
