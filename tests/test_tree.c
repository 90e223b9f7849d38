/* The ratchet tree as a value: random histories, copies, and what a fresh reader sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made_members.h"
#include "tree_validate.h"
#include "treekem.h"

enum { N_MEMBERS = 90 };

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % n);
}

/* A tree, and which of the members is at which leaf; N_MEMBERS where nobody is. */
struct group {
	struct mls_tree tree;
	uint32_t at[256];
	bool in[N_MEMBERS];
};

static struct mls_slice leaf_of(uint32_t member)
{
	return members[member].key_package.leaf_node.encoded;
}

static void start(struct group *g)
{
	assert_int_equal(mls_tree_new(&g->tree, crypto->suite, &test_seed, leaf_of(0)), MLS_OK);
	for (size_t i = 0; i < sizeof(g->at) / sizeof(g->at[0]); i++)
		g->at[i] = N_MEMBERS;
	memset(g->in, 0, sizeof(g->in));
	g->at[0] = 0;
	g->in[0] = true;
}

static void add(struct group *g, uint32_t member)
{
	uint32_t leaf, want = 0;

	if (g->in[member])
		return;
	while (g->at[want] < N_MEMBERS)
		want++;
	assert_int_equal(mls_tree_add(&g->tree, &leaf, leaf_of(member)), MLS_OK);
	assert_int_equal(leaf, want);
	g->at[leaf] = member;
	g->in[member] = true;
}

static uint32_t random_leaf(const struct group *g)
{
	uint32_t leaf = random_below(mls_tree_n_leaves(&g->tree));

	leaf = mls_tree_next_member(&g->tree, leaf);
	return leaf == MLS_NO_LEAF ? mls_tree_next_member(&g->tree, 0) : leaf;
}

static void remove_one(struct group *g, uint32_t leaf)
{
	if (mls_tree_n_members(&g->tree) == 1)
		return;
	assert_int_equal(mls_tree_remove(&g->tree, leaf), MLS_OK);
	g->in[g->at[leaf]] = false;
	g->at[leaf] = N_MEMBERS;
}

static void commit(struct group *g, uint32_t leaf)
{
	struct mls_secret secret = {.len = crypto->suite->nh};
	struct mls_leaf_node v;
	struct mls_path path;

	assert_int_equal(mls_random_bytes(crypto, secret.bytes, secret.len), MLS_OK);
	assert_int_equal(mls_tree_leaf_node(&g->tree, leaf, &v), MLS_OK);
	assert_int_equal(mls_path_create(crypto, &path, &g->tree, leaf, &v,
					 members[g->at[leaf]].signer, test_rules(crypto).group_id,
					 &secret),
			 MLS_OK);
	mls_path_clear(&path);
}

/* An Update with another encryption key. */
static void update(struct group *g, uint32_t leaf)
{
	struct mls_key *key = NULL;
	struct mls_buf encoded = {0};
	struct mls_leaf_node v;
	struct mls_tree_update change = {.leaf = leaf};

	assert_int_equal(mls_key_generate(crypto, &key), MLS_OK);
	assert_int_equal(mls_tree_leaf_node(&g->tree, leaf, &v), MLS_OK);
	v.encryption_key = mls_key_public(key);
	v.source = MLS_LEAF_UPDATE;
	assert_int_equal(mls_leaf_node_sign(crypto, &encoded, &v, members[g->at[leaf]].signer,
					    test_rules(crypto).group_id, leaf),
			 MLS_OK);
	change.encoded = mls_buf_slice(&encoded);
	assert_int_equal(mls_tree_update(&g->tree, &change, 1), MLS_OK);
	mls_key_free(key);
	mls_buf_free(&encoded);
}

static void change(struct group *g)
{
	switch (random_below(8)) {
	case 0:
	case 1:
	case 2:
		add(g, random_below(N_MEMBERS));
		break;
	case 3:
	case 4:
		remove_one(g, random_leaf(g));
		break;
	case 5:
		update(g, random_leaf(g));
		break;
	default:
		commit(g, random_leaf(g));
	}
}

/* Blank nodes behind the last one are not encoded, and the bound is that of all nodes. */
static void check_bound(const struct mls_tree *tree, size_t encoded_len)
{
	uint32_t node = 2 * mls_tree_n_leaves(tree) - 1;
	size_t n_blank = 0, body_len = encoded_len;

	while (mls_tree_public_key(tree, --node).len == 0)
		n_blank++;
	while (mls_length_size(body_len) + body_len > encoded_len)
		body_len--;
	body_len += n_blank;
	assert_int_equal(mls_tree_encoded_bound(tree), mls_length_size(body_len) + body_len);
}

/* Room for the bound is enough, unless the guess of the length took more; fixed memory need not
 * have a byte to spare. */
static void check_room(const struct mls_tree *tree, struct mls_slice encoded)
{
	const size_t bound = mls_tree_encoded_bound(tree);
	struct mls_buf roomy = {.p = malloc(bound), .cap = bound};
	struct mls_buf exact = {.p = malloc(encoded.len), .cap = encoded.len, .fixed = true};

	assert_int_equal(mls_tree_encode(tree, &roomy), MLS_OK);
	if (mls_tree_likely_len(tree) <= encoded.len)
		assert_int_equal(roomy.cap, bound);
	assert_int_equal(mls_tree_encode(tree, &exact), MLS_OK);
	assert_true(mls_slice_equal(mls_buf_slice(&exact), encoded));
	mls_buf_free(&roomy);
	free(exact.p);
}

/*
 * What is cached agrees with what somebody computes who gets the tree as bytes, and that
 * somebody accepts it.
 */
static void check(const struct group *g)
{
	struct mls_leaf_rules rules = test_rules(crypto);
	struct mls_buf encoded = {0};
	struct mls_tree copy, fresh;
	uint32_t n_members = 0;

	mls_tree_copy(&copy, &g->tree);
	mls_tree_rehash(crypto, &copy);
	assert_int_equal(mls_tree_encode(&copy, &encoded), MLS_OK);
	check_bound(&copy, encoded.len);
	check_room(&copy, mls_buf_slice(&encoded));
	assert_int_equal(
		mls_tree_decode(&fresh, crypto->suite, &test_seed, mls_buf_slice(&encoded), 256),
		MLS_OK);
	assert_int_equal(mls_tree_validate(&rules, &fresh), MLS_OK);
	assert_int_equal(fresh.depth, copy.depth);
	assert_int_equal(fresh.keys.n, copy.keys.n);
	for (uint32_t node = 0; node < 2 * mls_tree_n_leaves(&fresh) - 1; node++) {
		struct mls_slice key = mls_tree_public_key(&fresh, node);

		assert_true(mls_slice_equal(mls_tree_node_hash(&fresh, node),
					    mls_tree_node_hash(&copy, node)));
		assert_int_equal(mls_tree_resolution_len(&fresh, node),
				 mls_tree_resolution_len(&copy, node));
		assert_true(key.len == 0 ||
			    mls_key_index_contains(&copy.keys, MLS_KEY_ENCRYPTION, key));
	}
	for (uint32_t leaf = 0; leaf < mls_tree_n_leaves(&copy); leaf++) {
		assert_int_equal(mls_tree_leaf(&copy, leaf) != NULL, g->at[leaf] < N_MEMBERS);
		n_members += g->at[leaf] < N_MEMBERS;
	}
	assert_int_equal(mls_tree_n_members(&copy), n_members);
	assert_int_equal(copy.support.n_members, n_members);
	mls_tree_clear(&fresh);
	mls_tree_clear(&copy);
	mls_buf_free(&encoded);
}

static void caches_agree_with_a_fresh_reader(void **state)
{
	static struct group g;

	(void)state;
	random_state = 3;
	start(&g);
	for (int i = 0; i < 400; i++) {
		change(&g);
		if (i % 8 == 0)
			check(&g);
	}
	check(&g);
	mls_tree_clear(&g.tree);
}

static void encoding_of(const struct mls_tree *tree, struct mls_buf *out)
{
	out->len = 0;
	assert_int_equal(mls_tree_encode(tree, out), MLS_OK);
}

/* A family of copies, each changed while the others live, and each unchanged by the others. */
static void copies_are_values(void **state)
{
	enum { N_COPIES = 8 };
	static struct group g[N_COPIES];
	struct mls_buf before[N_COPIES] = {{0}}, after = {0};

	(void)state;
	random_state = 11;
	start(&g[0]);
	for (uint32_t i = 1; i < 40; i++)
		add(&g[0], i);
	for (int i = 0; i < 30; i++)
		change(&g[0]);
	for (int copy = 1; copy < N_COPIES; copy++) {
		int of = (int)random_below((uint32_t)copy);

		g[copy] = g[of];
		mls_tree_copy(&g[copy].tree, &g[of].tree);
		encoding_of(&g[of].tree, &before[of]);
		for (int i = 0; i < 25; i++)
			change(&g[copy]);
		encoding_of(&g[of].tree, &after);
		assert_true(mls_slice_equal(mls_buf_slice(&after), mls_buf_slice(&before[of])));
		for (int i = 0; i < 5; i++)
			change(&g[of]);
	}
	for (int copy = 0; copy < N_COPIES; copy++) {
		check(&g[copy]);
		mls_tree_clear(&g[copy].tree);
		mls_buf_free(&before[copy]);
	}
	mls_buf_free(&after);
}

/* Lists of unmerged leaves have room to grow in place, but not under a copy. */
static void unmerged_leaves_are_values(void **state)
{
	static struct group g;
	struct mls_buf before = {0}, after = {0};
	struct mls_tree copy;
	uint32_t leaf;

	(void)state;
	start(&g);
	for (uint32_t i = 1; i < 9; i++)
		add(&g, i);
	commit(&g, 0);
	for (uint32_t i = 9; i < 12; i++)
		add(&g, i);
	mls_tree_copy(&copy, &g.tree);
	encoding_of(&g.tree, &before);
	assert_int_equal(mls_tree_add(&copy, &leaf, leaf_of(12)), MLS_OK);
	encoding_of(&g.tree, &after);
	assert_true(mls_slice_equal(mls_buf_slice(&before), mls_buf_slice(&after)));
	mls_tree_clear(&copy);
	mls_tree_clear(&g.tree);
	mls_buf_free(&before);
	mls_buf_free(&after);
}

/* One changed leaf costs the hashes of one path, blank subtrees or not. */
static void a_change_rehashes_one_path(void **state)
{
	static struct group g;
	uint64_t before;

	(void)state;
	start(&g);
	for (uint32_t i = 1; i < 65; i++)
		add(&g, i);
	mls_tree_rehash(crypto, &g.tree);
	assert_int_equal(g.tree.depth, 7);
	before = crypto->counts.hash;
	update(&g, 3);
	mls_tree_rehash(crypto, &g.tree);
	assert_int_equal(crypto->counts.hash - before, 1 + 7);
	before = crypto->counts.hash;
	add(&g, 70);
	mls_tree_rehash(crypto, &g.tree);
	assert_int_equal(crypto->counts.hash - before, 1 + 7);
	mls_tree_clear(&g.tree);
}

static void removal_truncates(void **state)
{
	static struct group g;

	(void)state;
	start(&g);
	for (uint32_t i = 1; i < 9; i++)
		add(&g, i);
	assert_int_equal(g.tree.depth, 4);
	remove_one(&g, 6);
	remove_one(&g, 8);
	assert_int_equal(g.tree.depth, 3);
	for (uint32_t leaf = 4; leaf < 8; leaf++) {
		if (leaf != 6)
			remove_one(&g, leaf);
	}
	assert_int_equal(g.tree.depth, 2);
	check(&g);
	add(&g, 50);
	assert_int_equal(g.at[4], 50);
	check(&g);
	mls_tree_clear(&g.tree);
}

/* Members may exchange keys within one commit, but nobody may have one twice. */
static void updates_may_exchange_keys(void **state)
{
	static struct group g;
	struct mls_tree_update exchange[2] = {{0, leaf_of(1)}, {1, leaf_of(0)}};
	struct mls_tree_update twice[2] = {{0, leaf_of(5)}, {1, leaf_of(5)}};
	struct mls_tree copy;

	(void)state;
	start(&g);
	add(&g, 1);
	add(&g, 2);
	mls_tree_copy(&copy, &g.tree);
	assert_int_equal(mls_tree_update(&copy, exchange, 2), MLS_OK);
	assert_int_equal(copy.keys.n, g.tree.keys.n);
	mls_tree_clear(&copy);
	mls_tree_copy(&copy, &g.tree);
	assert_int_equal(mls_tree_update(&copy, twice, 2), MLS_ERR_KEY_NOT_UNIQUE);
	mls_tree_clear(&copy);
	mls_tree_copy(&copy, &g.tree);
	exchange[0].encoded = leaf_of(2);
	assert_int_equal(mls_tree_update(&copy, exchange, 1), MLS_ERR_KEY_NOT_UNIQUE);
	mls_tree_clear(&copy);
	check(&g);
	mls_tree_clear(&g.tree);
}

/* 7.7, 12.4.3.2: the tree is one blank leaf before somebody is there again. */
static void the_last_member_can_be_replaced(void **state)
{
	static struct group g;
	uint32_t leaf;

	(void)state;
	start(&g);
	add(&g, 1);
	add(&g, 2);
	add(&g, 3);
	remove_one(&g, 1);
	remove_one(&g, 2);
	remove_one(&g, 0);
	assert_int_equal(mls_tree_n_leaves(&g.tree), 4);
	assert_int_equal(mls_tree_remove(&g.tree, 3), MLS_OK);
	assert_int_equal(mls_tree_n_leaves(&g.tree), 1);
	assert_int_equal(mls_tree_n_members(&g.tree), 0);
	assert_int_equal(mls_tree_remove(&g.tree, 0), MLS_ERR_LEAF_BLANK);
	assert_int_equal(mls_tree_add(&g.tree, &leaf, leaf_of(3)), MLS_OK);
	assert_int_equal(leaf, 0);
	assert_int_equal(mls_tree_n_members(&g.tree), 1);
	mls_tree_clear(&g.tree);
}

/* 65,535 bytes are what a node keeps a length for. */
static void long_leaves_are_refused(void **state)
{
	static const uint8_t zeros[65536];
	static struct group g;
	uint32_t leaf;

	(void)state;
	start(&g);
	assert_int_equal(mls_tree_add(&g.tree, &leaf, mls_slice(zeros, sizeof(zeros))),
			 MLS_ERR_LEAF_TOO_LONG);
	mls_tree_clear(&g.tree);
}

static void blank_leaves_are_named(void **state)
{
	static struct group g;
	struct mls_tree_update change_blank = {3, leaf_of(7)};
	struct mls_leaf_node v;
	uint32_t leaf;

	(void)state;
	start(&g);
	add(&g, 1);
	add(&g, 2);
	assert_int_equal(mls_tree_remove(&g.tree, 3), MLS_ERR_LEAF_BLANK);
	assert_int_equal(mls_tree_remove(&g.tree, 4), MLS_ERR_LEAF_BLANK);
	assert_int_equal(mls_tree_remove(&g.tree, UINT32_MAX), MLS_ERR_LEAF_BLANK);
	assert_int_equal(mls_tree_update(&g.tree, &change_blank, 1), MLS_ERR_LEAF_BLANK);
	assert_int_equal(mls_tree_leaf_node(&g.tree, 3, &v), MLS_ERR_LEAF_BLANK);
	assert_int_equal(mls_tree_add(&g.tree, &leaf, leaf_of(2)), MLS_ERR_KEY_NOT_UNIQUE);
	assert_int_equal(mls_tree_find(&g.tree, &leaf, leaf_of(2)), MLS_OK);
	assert_int_equal(leaf, 2);
	assert_int_equal(mls_tree_find(&g.tree, &leaf, leaf_of(9)), MLS_ERR_LEAF_NOT_FOUND);
	mls_tree_clear(&g.tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caches_agree_with_a_fresh_reader),
		cmocka_unit_test(copies_are_values),
		cmocka_unit_test(unmerged_leaves_are_values),
		cmocka_unit_test(a_change_rehashes_one_path),
		cmocka_unit_test(removal_truncates),
		cmocka_unit_test(updates_may_exchange_keys),
		cmocka_unit_test(the_last_member_can_be_replaced),
		cmocka_unit_test(long_leaves_are_refused),
		cmocka_unit_test(blank_leaves_are_named),
	};

	return cmocka_run_group_tests(tests, make_members, free_members);
}
