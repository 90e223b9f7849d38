#include "floor_by_hand.h"
#include "stats/floor.h"
#include "stats/mls_parts.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* The defaults of the axes, at a size. */
static struct gb_floor_case mls(enum gb_floor_step step, enum gb_tree_shape tree, uint32_t size)
{
	return (struct gb_floor_case){
		.protocol = GB_FLOOR_MLS,
		.step = step,
		.tree = {.shape = tree},
		.size = size,
		.path = true,
		.identity = 16,
		.suite = 1,
		.senders = 1,
	};
}

static struct gb_floor_case megolm(enum gb_floor_step step, enum gb_floor_olm olm, uint32_t size)
{
	return (struct gb_floor_case){.protocol = GB_FLOOR_MEGOLM,
				      .step = step,
				      .olm = olm,
				      .size = size,
				      .identity = 16,
				      .senders = 1};
}

static struct gb_floor_case as(struct gb_floor_case c, enum gb_floor_role role, uint32_t device)
{
	c.role = role;
	c.device = device;
	return c;
}

static struct gb_tally floor_of(const struct gb_floor_case *c)
{
	struct gb_tally counts;

	assert_int_equal(gb_floor(c, &counts), GB_FLOOR_KNOWN);
	return counts;
}

static void assert_public_key_work(struct gb_tally t, const uint64_t want[4])
{
	const uint64_t is[4] = {t.keygen, t.dh, t.sign, t.verify};

	for (int i = 0; i < 4; i++)
		assert_int_equal(is[i], want[i]);
}

/* ---- the tree, by hand ---- */

static void model_init(struct gb_tree_model *tree, enum gb_tree_shape shape, uint32_t size,
		       uint32_t joiners, bool path)
{
	const struct gb_tree_history history = {.shape = shape};

	assert_int_equal(gb_tree_model_init(tree, &history, size, joiners, path), 0);
}

struct path_row {
	enum gb_tree_shape shape;
	uint32_t size, committer;
	unsigned n;
	uint64_t ciphertexts[8];
};

/*
 * Five leaves: width 8; leaf 4 is alone in the right half, whose parents are blank. Six full
 * leaves: the parent of 4 and 5 is there, their grandparent is blank.
 */
static void paths_of_small_trees(void **state)
{
	static const struct path_row rows[] = {
		{GB_TREE_FULL, 2, 0, 1, {1}},          {GB_TREE_FULL, 3, 0, 2, {1, 1}},
		{GB_TREE_FULL, 3, 2, 1, {1}},          {GB_TREE_FULL, 5, 0, 3, {1, 1, 1}},
		{GB_TREE_FULL, 5, 4, 1, {1}},          {GB_TREE_FULL, 6, 0, 3, {1, 1, 1}},
		{GB_TREE_FULL, 6, 5, 2, {1, 1}},       {GB_TREE_FULL, 8, 3, 3, {1, 1, 1}},
		{GB_TREE_COLD, 5, 0, 3, {1, 2, 1}},    {GB_TREE_COLD, 6, 0, 3, {1, 2, 2}},
		{GB_TREE_COLD, 8, 0, 3, {1, 2, 4}},    {GB_TREE_COLD, 8, 7, 3, {1, 2, 1}},
		{GB_TREE_COLD, 9, 0, 4, {1, 2, 4, 1}}, {GB_TREE_COLD, 9, 8, 1, {1}},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gb_tree_change rekey = {.committer = rows[i].committer, .path = true};
		struct gb_tree_model tree;
		struct gb_tree_path path;

		model_init(&tree, rows[i].shape, rows[i].size, 0, true);
		gb_tree_model_commit(&tree, &rekey, &path);
		assert_int_equal(path.n_nodes, rows[i].n);
		for (unsigned j = 0; j < path.n_nodes; j++)
			assert_int_equal(path.nodes[j].ciphertexts, rows[i].ciphertexts[j]);
		gb_tree_model_free(&tree);
	}
}

/* What really committing in leaf order leaves behind is what `full` stands for. */
static void full_is_what_commits_leave(void **state)
{
	(void)state;
	for (uint32_t size = 2; size <= 40; size++) {
		struct gb_tree_model full, grown;
		struct gb_tree_path path;

		model_init(&full, GB_TREE_FULL, size, 0, true);
		model_init(&grown, GB_TREE_COLD, size, 0, false);
		for (uint32_t i = 0; i < size; i++) {
			struct gb_tree_change rekey = {.committer = i, .path = true};
			gb_tree_model_commit(&grown, &rekey, &path);
		}
		assert_int_equal(full.width, grown.width);
		assert_memory_equal(full.node, grown.node,
				    (2 * full.width - 1) * sizeof(*full.node));
		gb_tree_model_free(&full);
		gb_tree_model_free(&grown);
	}
}

/*
 * Eight full leaves, 4 leaves: its parent, grandparent and the root become blank, so that
 * the right half resolves to leaf 5 and the parent of 6 and 7. Then 8 joins in the gap that 4
 * left, unmerged nowhere but at the root that the path of the removing commit set.
 */
static void removing_and_adding(void **state)
{
	static const uint32_t leaver = 4;
	struct gb_tree_change remove = {.removes = &leaver, .n_removes = 1, .path = true};
	struct gb_tree_change add = {.n_adds = 1}, rekey = {.path = true};
	struct gb_tree_model tree;
	struct gb_tree_path path;

	(void)state;
	model_init(&tree, GB_TREE_FULL, 8, 0, true);
	gb_tree_model_commit(&tree, &remove, &path);
	assert_int_equal(path.n_nodes, 3);
	assert_int_equal(path.nodes[2].ciphertexts, 2);
	assert_int_equal(path.ciphertexts, 4);
	assert_int_equal(tree.n_stale, 4 + 4 - 1);

	gb_tree_model_commit(&tree, &add, &path);
	assert_int_equal(path.n_nodes, 0);
	assert_int_equal(tree.n_added, 1);
	assert_int_equal(tree.added[0], 4);
	assert_int_equal(tree.node[gb_tree_root(&tree)], 1);
	assert_int_equal(gb_tree_resolution(&tree, gb_tree_root(&tree)), 2);

	gb_tree_model_commit(&tree, &rekey, &path);
	assert_int_equal(path.nodes[2].ciphertexts, 3);
	assert_int_equal(tree.node[gb_tree_root(&tree)], 0);
	gb_tree_model_free(&tree);
}

/* A newcomer gets no ciphertext, yet makes the node above it part of the path. */
static void newcomers_are_left_out_of_the_resolution(void **state)
{
	struct gb_tree_change add = {.n_adds = 1, .path = true};
	struct gb_tree_model tree;
	struct gb_tree_path path;

	(void)state;
	model_init(&tree, GB_TREE_FULL, 4, 1, true);
	gb_tree_model_commit(&tree, &add, &path);
	assert_int_equal(tree.width, 8);
	assert_int_equal(path.n_nodes, 3);
	assert_int_equal(path.nodes[2].ciphertexts, 0);
	assert_int_equal(gb_tree_path_shared(&path, 0, 4), 1);
	assert_int_equal(gb_tree_path_shared(&path, 0, 1), 3);
	/* leaf 4 with its three ancestors, leaf 0 with its two, and the new blank nodes */
	assert_int_equal(tree.n_stale, 15 - 4);
	gb_tree_model_free(&tree);
}

/* The tree shrinks when its right half empties, and the nodes there need no hash. */
static void emptied_half_is_cut_off(void **state)
{
	static const uint32_t leavers[] = {4, 5};
	struct gb_tree_change remove = {.removes = leavers, .n_removes = 2, .path = true};
	struct gb_tree_model tree;
	struct gb_tree_path path;

	(void)state;
	model_init(&tree, GB_TREE_FULL, 6, 0, true);
	gb_tree_model_commit(&tree, &remove, &path);
	assert_int_equal(tree.width, 4);
	assert_int_equal(path.n_nodes, 2);
	assert_int_equal(tree.n_stale, 3);
	gb_tree_model_free(&tree);
}

/* Cut off and grown again in one commit: the new right half, the root, and the committer's own
 * path all need hashes. */
static void shrunk_and_grown_again(void **state)
{
	static const uint32_t leavers[] = {4, 5};
	struct gb_tree_change both = {
		.removes = leavers, .n_removes = 2, .n_adds = 3, .path = true};
	struct gb_tree_model tree;
	struct gb_tree_path path;

	(void)state;
	model_init(&tree, GB_TREE_FULL, 6, 3, true);
	gb_tree_model_commit(&tree, &both, &path);
	assert_int_equal(tree.width, 8);
	assert_int_equal(tree.added[2], 6);
	assert_int_equal(path.nodes[2].ciphertexts, 0);
	assert_int_equal(tree.n_stale, 7 + 1 + 3);
	gb_tree_model_free(&tree);
}

/* ---- wire sizes: results/published/rfc9420-sizes.csv, which holds for another library ---- */

static uint64_t public_message(const struct gb_mls_sizes *s, uint64_t commit)
{
	return 4 + gb_framed_content_bytes(commit) + gb_vec(s->suite->signature) +
	       2 * gb_vec(s->suite->hash.digest);
}

static uint64_t rekey_bytes(enum gb_tree_shape shape, uint32_t size)
{
	struct gb_mls_sizes s = {gb_mls_suite(1), 16};
	struct gb_tree_change rekey = {.path = true};
	struct gb_tree_model tree;
	struct gb_tree_path path;
	uint64_t nodes = 0;

	model_init(&tree, shape, size, 0, true);
	gb_tree_model_commit(&tree, &rekey, &path);
	for (unsigned i = 0; i < path.n_nodes; i++)
		nodes += gb_update_path_node_bytes(&s, path.nodes[i].ciphertexts);
	gb_tree_model_free(&tree);
	return public_message(&s, gb_commit_bytes(&s, 0, 0, true, nodes));
}

static void sizes_are_those_of_the_rfc(void **state)
{
	static const uint32_t sizes[] = {2, 10, 100, 1000, 10000, 100000};
	static const uint64_t full[] = {502, 853, 1204, 1555, 2023, 2374};
	static const uint64_t cold[] = {502, 1263, 8748, 82659, 820807, 8200918};
	struct gb_mls_sizes s = {gb_mls_suite(1), 16};
	struct gb_tree_model tree;
	uint64_t encoded;

	(void)state;
	assert_int_equal(gb_key_package_bytes(&s), 284);
	assert_int_equal(public_message(&s, gb_commit_bytes(&s, 1, 0, false, 0)), 474);
	assert_int_equal(public_message(&s, gb_commit_bytes(&s, 9999, 0, false, 0)), 2869902);
	for (size_t i = 0; i < N(sizes); i++) {
		assert_int_equal(rekey_bytes(GB_TREE_FULL, sizes[i]), full[i]);
		assert_int_equal(rekey_bytes(GB_TREE_COLD, sizes[i]), cold[i]);
	}
	model_init(&tree, GB_TREE_COLD, 2, 0, true);
	encoded = gb_encoded_tree(&s, &tree);
	assert_int_equal(encoded, 418);
	/* Welcome: version, wire format, suite, one recipient, encrypted GroupInfo */
	assert_int_equal(4 + 2 + gb_vec(33 + 33 + gb_vec(gb_group_secrets_bytes(&s, true) + 16)) +
				 gb_vec(gb_group_info_bytes(&s, encoded) + 16),
			 819);
	gb_tree_model_free(&tree);
}

/* ---- public-key operations: keygen, dh, sign, verify ---- */

static void counts_by_hand(void **state)
{
	static const uint32_t leaver = 4;
	struct {
		struct gb_floor_case c;
		uint64_t want[4];
	} rows[] = {
		/* two members: one path node, one ciphertext */
		{mls(GB_FLOOR_REKEY, GB_TREE_FULL, 2), {3, 1, 2, 0}},
		{as(mls(GB_FLOOR_REKEY, GB_TREE_FULL, 2), GB_FLOOR_MEMBER, 1), {1, 1, 0, 2}},
		/* five: three nodes, and 3 or 4 ciphertexts */
		{mls(GB_FLOOR_REKEY, GB_TREE_FULL, 5), {7, 3, 2, 0}},
		{mls(GB_FLOOR_REKEY, GB_TREE_COLD, 5), {8, 4, 2, 0}},
		{as(mls(GB_FLOOR_REKEY, GB_TREE_FULL, 5), GB_FLOOR_MEMBER, 1), {3, 1, 0, 2}},
		{as(mls(GB_FLOOR_REKEY, GB_TREE_FULL, 5), GB_FLOOR_MEMBER, 2), {2, 1, 0, 2}},
		{as(mls(GB_FLOOR_REKEY, GB_TREE_FULL, 5), GB_FLOOR_MEMBER, 4), {1, 1, 0, 2}},
		/* creation: a seal for each of four, a path of three nodes without ciphertexts */
		{mls(GB_FLOOR_CREATE, GB_TREE_FULL, 5), {8, 4, 3, 8}},
		{as(mls(GB_FLOOR_CREATE, GB_TREE_FULL, 5), GB_FLOOR_JOINER, 1), {3, 1, 0, 6}},
		{as(mls(GB_FLOOR_CREATE, GB_TREE_FULL, 5), GB_FLOOR_JOINER, 4), {1, 1, 0, 6}},
		/* a sixth: path of three nodes, three ciphertexts, one seal, three signatures */
		{mls(GB_FLOOR_ADD, GB_TREE_FULL, 5), {8, 4, 3, 2}},
		{as(mls(GB_FLOOR_ADD, GB_TREE_FULL, 5), GB_FLOOR_MEMBER, 4), {1, 1, 0, 4}},
		{as(mls(GB_FLOOR_ADD, GB_TREE_FULL, 5), GB_FLOOR_JOINER, 5), {1, 1, 0, 7}},
		/* eight without 4: ciphertexts 1, 1, 2 */
		{mls(GB_FLOOR_REMOVE, GB_TREE_FULL, 8), {8, 4, 2, 0}},
		{as(mls(GB_FLOOR_REMOVE, GB_TREE_FULL, 8), GB_FLOOR_MEMBER, 7), {1, 1, 0, 2}},
		{mls(GB_FLOOR_SEND, GB_TREE_FULL, 8), {0, 0, 1, 0}},
		{as(mls(GB_FLOOR_SEND, GB_TREE_FULL, 8), GB_FLOOR_MEMBER, 1), {0, 0, 0, 1}},
		/* Megolm: a sign for the session key, and what each Olm state takes */
		{megolm(GB_FLOOR_CREATE, GB_FLOOR_OLM_NEW, 5), {8, 12, 1, 8}},
		{megolm(GB_FLOOR_REKEY, GB_FLOOR_OLM_NEW, 5), {8, 12, 1, 4}},
		{megolm(GB_FLOOR_REKEY, GB_FLOOR_OLM_RATCHET, 5), {4, 4, 1, 0}},
		{megolm(GB_FLOOR_REKEY, GB_FLOOR_OLM_CHAIN, 5), {0, 0, 1, 0}},
		{megolm(GB_FLOOR_ADD, GB_FLOOR_OLM_NEW, 5), {2, 3, 1, 2}},
		{megolm(GB_FLOOR_REMOVE, GB_FLOOR_OLM_RATCHET, 5), {3, 3, 1, 0}},
		{as(megolm(GB_FLOOR_REKEY, GB_FLOOR_OLM_NEW, 5), GB_FLOOR_MEMBER, 1), {0, 3, 0, 1}},
		{as(megolm(GB_FLOOR_REKEY, GB_FLOOR_OLM_RATCHET, 5), GB_FLOOR_MEMBER, 1),
		 {0, 1, 0, 1}},
		{as(megolm(GB_FLOOR_ADD, GB_FLOOR_OLM_NEW, 5), GB_FLOOR_JOINER, 5), {0, 3, 0, 2}},
		{as(megolm(GB_FLOOR_ADD, GB_FLOOR_OLM_CHAIN, 5), GB_FLOOR_JOINER, 5), {0, 0, 0, 1}},
		{megolm(GB_FLOOR_SEND, GB_FLOOR_OLM_CHAIN, 5), {0, 0, 1, 0}},
		{as(megolm(GB_FLOOR_SEND, GB_FLOOR_OLM_CHAIN, 5), GB_FLOOR_MEMBER, 1),
		 {0, 0, 0, 1}},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		rows[i].c.k = 1;
		rows[i].c.leavers = &leaver;
		assert_public_key_work(floor_of(&rows[i].c), rows[i].want);
	}
}

/* The formulas of the one floor table, at any size in a full and a cold tree. */
static void counts_by_formula(void **state)
{
	static const uint32_t sizes[] = {2, 3, 10, 32, 33, 100, 1000, 1030, 10000};

	(void)state;
	for (size_t i = 0; i < N(sizes); i++) {
		uint64_t n = sizes[i], l = (uint64_t)ceil(log2((double)n));
		struct gb_floor_case rekey = mls(GB_FLOOR_REKEY, GB_TREE_FULL, sizes[i]);
		struct gb_floor_case cold = mls(GB_FLOOR_REKEY, GB_TREE_COLD, sizes[i]);
		struct gb_floor_case create = mls(GB_FLOOR_CREATE, GB_TREE_FULL, sizes[i]);
		struct gb_floor_case join = as(create, GB_FLOOR_JOINER, 1);
		struct gb_floor_case near = as(rekey, GB_FLOOR_MEMBER, 1);
		struct gb_floor_case far = as(rekey, GB_FLOOR_MEMBER, sizes[i] - 1);

		assert_public_key_work(floor_of(&rekey), (uint64_t[]){2 * l + 1, l, 2, 0});
		assert_public_key_work(floor_of(&cold), (uint64_t[]){n + l, n - 1, 2, 0});
		assert_public_key_work(floor_of(&create),
				       (uint64_t[]){n - 1 + l + 1, n - 1, 3, 2 * (n - 1)});
		assert_public_key_work(floor_of(&join), (uint64_t[]){l, 1, 0, n + 1});
		assert_public_key_work(floor_of(&near), (uint64_t[]){l, 1, 0, 2});
		assert_public_key_work(floor_of(&far), (uint64_t[]){1, 1, 0, 2});
		create.path = false;
		assert_public_key_work(floor_of(&create),
				       (uint64_t[]){n - 1, n - 1, 2, 2 * (n - 1)});
	}
}

/* ---- times at the prices of one machine, in ms ---- */

/* X25519 37.4 and 33.9, Ed25519 36.4 and 102 us for 200 bytes, SHA-512 1.27 ns a byte. */
static const double prices[GB_PRICED_PRIMITIVES] = {
	[GB_PRIMITIVE_keygen] = 37400,
	[GB_PRIMITIVE_dh] = 33900,
	[GB_PRIMITIVE_sign] = 35900,
	[GB_PRIMITIVE_sign_bytes] = 2.54,
	[GB_PRIMITIVE_verify] = 101750,
	[GB_PRIMITIVE_verify_bytes] = 1.27,
	[GB_PRIMITIVE_signer_keygen] = 37400,
	[GB_PRIMITIVE_hash] = 69,
	[GB_PRIMITIVE_hash_blocks] = 37.4,
	[GB_PRIMITIVE_hmac_keys] = 60,
	[GB_PRIMITIVE_hmac] = 111,
	[GB_PRIMITIVE_aead] = 300,
	[GB_PRIMITIVE_aead_bytes] = 0.22,
	[GB_PRIMITIVE_cbc] = 400,
	[GB_PRIMITIVE_cbc_bytes] = 0.7,
};

static double ms(const struct gb_floor_case *c)
{
	struct gb_tally t = floor_of(c);

	return gb_tally_ns(&t, prices) / 1e6;
}

/*
 * The numbers below were computed apart from this program, from the same prices to three
 * digits, with hashing estimated in the whole: ours agree within 2 % and 0.006 ms.
 */
static void assert_ms(const struct gb_floor_case *c, double want)
{
	double is = ms(c);

	if (fabs(is - want) > 0.02 * want + 0.006)
		fail_msg("size %u, step %d, role %d: %.4f ms, want %.4f", c->size, c->step, c->role,
			 is, want);
}

static void times_agree_with_the_floor_table(void **state)
{
	static const uint32_t sizes[] = {10, 100, 1000, 10000};
	static const double create[] = {2.59, 27.7, 279, 2791},
			    cold_join[] = {1.21, 10.5, 103, 1030};
	static const double full_join[] = {1.22, 10.5, 104, 1035};
	static const double cold[] = {0.93, 7.64, 73.6, 733}, full[] = {0.57, 0.90, 1.24, 1.69};
	static const double removed[] = {0.64, 1.19, 1.75};
	static const double processed[] = {0.29, 0.29, 0.29, 0.30};

	(void)state;
	for (size_t i = 0; i < N(sizes); i++) {
		struct gb_floor_case c = mls(GB_FLOOR_CREATE, GB_TREE_FULL, sizes[i]);
		uint32_t leaver = sizes[i] / 2;

		c.path = false;
		c.tree_apart = true;
		assert_ms(&c, create[i]);
		c = as(mls(GB_FLOOR_CREATE, GB_TREE_COLD, sizes[i]), GB_FLOOR_JOINER, sizes[i] - 1);
		assert_ms(&c, cold_join[i]);
		c = as(mls(GB_FLOOR_ADD, GB_TREE_FULL, sizes[i] - 1), GB_FLOOR_JOINER,
		       sizes[i] - 1);
		c.k = 1;
		assert_ms(&c, full_join[i]);
		c = mls(GB_FLOOR_REKEY, GB_TREE_COLD, sizes[i]);
		assert_ms(&c, cold[i]);
		c = mls(GB_FLOOR_REKEY, GB_TREE_FULL, sizes[i]);
		assert_ms(&c, full[i]);
		c = as(c, GB_FLOOR_MEMBER, sizes[i] - 1);
		assert_ms(&c, processed[i]);
		c = mls(GB_FLOOR_REMOVE, GB_TREE_FULL, sizes[i]);
		c.k = 1;
		c.leavers = &leaver;
		if (i < N(removed))
			assert_ms(&c, removed[i]);
	}
}

/* Down three levels: keying and two expansions at each, and of the leaf's secret. */
static void the_first_message_of_an_epoch_walks_the_secret_tree(void **state)
{
	const enum gb_floor_role roles[] = {GB_FLOOR_ACTOR, GB_FLOOR_MEMBER};
	struct gb_tally first, steady;

	(void)state;
	for (size_t i = 0; i < N(roles); i++) {
		struct gb_floor_case c = as(mls(GB_FLOOR_SEND, GB_TREE_FULL, 8), roles[i],
					    roles[i] == GB_FLOOR_MEMBER ? 7 : 0);

		assert_int_equal(gb_floor(&c, &steady), GB_FLOOR_KNOWN);
		c.before = GB_FLOOR_REKEY;
		assert_int_equal(gb_floor(&c, &first), GB_FLOOR_KNOWN);
		assert_int_equal(first.hmac - steady.hmac, 2 * 3 + 2);
		assert_int_equal(first.hmac_keys - steady.hmac_keys, 3 + 1);
	}
}

static void messages_and_olm_agree_with_the_floor_table(void **state)
{
	struct gb_floor_case c = mls(GB_FLOOR_SEND, GB_TREE_FULL, 100);

	(void)state;
	c.payload = 1024;
	assert_ms(&c, 0.043);
	c = as(c, GB_FLOOR_MEMBER, 1);
	assert_ms(&c, 0.107);
	c = megolm(GB_FLOOR_REKEY, GB_FLOOR_OLM_NEW, 1001);
	assert_ms(&c, 283);
	c = megolm(GB_FLOOR_REKEY, GB_FLOOR_OLM_RATCHET, 1001);
	assert_ms(&c, 71.3 + 5);
}

/* ---- symmetric work, by hand ---- */

static void hpke_is_five_hmacs_and_one_aead(void **state)
{
	struct gb_tally t = {0};

	(void)state;
	gb_hpke_seal(&t, gb_mls_suite(1), 1, 32);
	assert_int_equal(t.keygen, 1);
	assert_int_equal(t.dh, 1);
	assert_int_equal(t.hmac, 5);
	assert_int_equal(t.hmac_keys, 3);
	/* extract 2; expand 2 + 2 + 1; extract 2 + 1 + 1; key and nonce 2 + 2 x (2 + 1) */
	assert_int_equal(t.hash_blocks, 2 + 5 + 4 + 8);
	assert_int_equal(t.aead, 1);
	assert_int_equal(t.aead_bytes, 32);
}

static void hash_blocks_are_padded(void **state)
{
	static const struct gb_hash_shape sha256 = {32, 64, 8}, sha512 = {64, 128, 16};

	(void)state;
	assert_int_equal(gb_hash_blocks(&sha256, 0), 1);
	assert_int_equal(gb_hash_blocks(&sha256, 55), 1);
	assert_int_equal(gb_hash_blocks(&sha256, 56), 2);
	assert_int_equal(gb_hash_blocks(&sha256, 64), 2);
	assert_int_equal(gb_hash_blocks(&sha512, 111), 1);
	assert_int_equal(gb_hash_blocks(&sha512, 112), 2);
}

/* A tree of five has 15 nodes, 5 signatures, and 4 parents that are not blank if full: of
 * leaves 0 and 1, of 2 and 3, of these four, and the root. */
static void joining_hashes_every_node(void **state)
{
	struct gb_mls_sizes s = {gb_mls_suite(1), 16};
	struct gb_tree_model tree;
	struct gb_tally t = {0};

	(void)state;
	model_init(&tree, GB_TREE_FULL, 5, 0, true);
	gb_whole_tree_checks(&t, &s, &tree);
	assert_int_equal(t.hash, 15 + 4);
	assert_int_equal(t.verify, 5);
	/* leaves of 6 + 197 bytes and 6 bytes; parents of 2 + 67 + 66 bytes, at the root 103,
	 * and of 68; parent hashes of 99 and 67 bytes */
	assert_int_equal(t.hash_blocks, (5 * 4 + 3 * 1) + (3 * 3 + 2 + 3 * 2) + (3 * 2 + 2));
	gb_tree_model_free(&tree);
}

/* ---- steps in steps, and what has no formula ---- */

static void one_by_one_is_the_sum_of_its_steps(void **state)
{
	struct gb_floor_case twice = mls(GB_FLOOR_ADD, GB_TREE_FULL, 5);
	struct gb_floor_case first = twice, second = mls(GB_FLOOR_ADD, GB_TREE_FULL, 5);
	struct gb_tally sum, a;

	(void)state;
	twice.k = 2;
	twice.one_by_one = true;
	first.k = 1;
	sum = floor_of(&twice);
	a = floor_of(&first);
	/* the second time leaf 5, unmerged at the right half's parents, needs a ciphertext of its
	 * own: 1, 1 and 2 */
	assert_int_equal(sum.dh, a.dh + 5);
	assert_int_equal(sum.keygen, a.keygen + 9);
	assert_int_equal(sum.verify, 4);
	second = as(twice, GB_FLOOR_JOINER, 6);
	assert_int_equal(floor_of(&second).verify, 8);
	second = as(twice, GB_FLOOR_JOINER, 5);
	assert_int_equal(floor_of(&second).verify, 7);
}

static void what_came_before_shows(void **state)
{
	struct gb_floor_case c = mls(GB_FLOOR_REKEY, GB_TREE_FULL, 8);
	static const uint32_t leavers[] = {4, 6};

	(void)state;
	c.k = 2;
	c.leavers = leavers;
	c.before = GB_FLOOR_REMOVE;
	/* 5 and 7 stay, their parents are blank */
	assert_public_key_work(floor_of(&c), (uint64_t[]){1 + 3 + 4, 4, 2, 0});
	c.before = GB_FLOOR_ADD;
	c.path = false;
	/* 8 and 9 are leaves of a new right half without parents */
	assert_public_key_work(floor_of(&c), (uint64_t[]){1 + 4 + 5, 5, 2, 0});
	c = megolm(GB_FLOOR_REKEY, GB_FLOOR_OLM_RATCHET, 8);
	c.k = 2;
	c.before = GB_FLOOR_REMOVE;
	c.leavers = leavers;
	assert_public_key_work(floor_of(&c), (uint64_t[]){0, 0, 1, 0});
	c.before = GB_FLOOR_ADD;
	assert_public_key_work(floor_of(&c), (uint64_t[]){7, 7, 1, 0});
	assert_int_equal(floor_of(&c).cbc, 7 + 2);
}

static void every_sender_counts(void **state)
{
	struct gb_floor_case c = megolm(GB_FLOOR_REKEY, GB_FLOOR_OLM_RATCHET, 8);

	(void)state;
	c.senders = 3;
	/* seven devices each, other senders among them */
	assert_public_key_work(floor_of(&c), (uint64_t[]){21, 21, 3, 0});
	c.olm = GB_FLOOR_OLM_CHAIN;
	assert_public_key_work(floor_of(&c), (uint64_t[]){0, 0, 3, 0});
	c.olm = GB_FLOOR_OLM_RATCHET;
	c = as(c, GB_FLOOR_MEMBER, 1);
	assert_public_key_work(floor_of(&c), (uint64_t[]){0, 3, 0, 3});
}

static void options_cost_what_they_cost(void **state)
{
	struct gb_floor_case c = mls(GB_FLOOR_ADD, GB_TREE_FULL, 1000), apart, private;
	struct gb_tally with, without;

	(void)state;
	c.k = 1;
	apart = c;
	apart.tree_apart = true;
	with = floor_of(&c);
	without = floor_of(&apart);
	/* GroupInfo is signed, encrypted and hashed with the tree in it */
	assert_true(with.sign_bytes - without.sign_bytes > 260000);
	/* the same bytes, but for a longer length in front of what is signed */
	assert_int_equal(with.sign_bytes - without.sign_bytes,
			 with.aead_bytes - without.aead_bytes + 2);
	assert_int_equal(with.dh, without.dh);
	private = c;
	private.private = true;
	without = floor_of(&private);
	assert_int_equal(without.aead, with.aead + 2);
	c = mls(GB_FLOOR_SEND, GB_TREE_FULL, 2);
	c.payload = 100;
	with = floor_of(&c);
	assert_int_equal(with.aead_bytes, 12 + 102 + 66);
	c.padding = 256;
	assert_int_equal(floor_of(&c).aead_bytes, 12 + 256);
}

static void unknown_cases_have_no_floor(void **state)
{
	static const uint32_t outside[] = {9}, itself[] = {0};
	struct gb_floor_case rows[] = {
		mls(GB_FLOOR_REKEY, GB_TREE_FULL, 1),
		mls(GB_FLOOR_REKEY, GB_TREE_FULL, UINT32_MAX),
		mls(GB_FLOOR_NOTHING, GB_TREE_FULL, 8),
		mls(GB_FLOOR_REMOVE, GB_TREE_FULL, 8),
		mls(GB_FLOOR_REMOVE, GB_TREE_FULL, 8),
		mls(GB_FLOOR_REMOVE, GB_TREE_FULL, 8),
		mls(GB_FLOOR_REKEY, GB_TREE_FULL, 8),
		mls(GB_FLOOR_REKEY, GB_TREE_FULL, 8),
		as(mls(GB_FLOOR_REKEY, GB_TREE_FULL, 8), GB_FLOOR_JOINER, 3),
		megolm(GB_FLOOR_REKEY, GB_FLOOR_OLM_NEW, 1),
		megolm(GB_FLOOR_REMOVE, GB_FLOOR_OLM_NEW, 8),
		as(megolm(GB_FLOOR_ADD, GB_FLOOR_OLM_NEW, 8), GB_FLOOR_MEMBER, 1),
	};

	(void)state;
	rows[3].k = 1;
	rows[4].k = 1;
	rows[4].leavers = outside;
	rows[5].k = 1;
	rows[5].leavers = itself;
	rows[6].suite = 8;
	rows[7].senders = 2;
	rows[10].k = 8;
	assert_no_floors(rows, N(rows));
}

static void every_suite_is_known(void **state)
{
	(void)state;
	for (uint32_t suite = 1; suite <= 7; suite++) {
		struct gb_floor_case c = mls(GB_FLOOR_CREATE, GB_TREE_FULL, 20);
		struct gb_tally t;

		c.suite = suite;
		t = floor_of(&c);
		assert_int_equal(t.verify, 38);
		assert_true(t.verify_bytes > 38 * 150);
	}
	assert_null(gb_mls_suite(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_of_small_trees),
		cmocka_unit_test(full_is_what_commits_leave),
		cmocka_unit_test(removing_and_adding),
		cmocka_unit_test(newcomers_are_left_out_of_the_resolution),
		cmocka_unit_test(emptied_half_is_cut_off),
		cmocka_unit_test(shrunk_and_grown_again),
		cmocka_unit_test(sizes_are_those_of_the_rfc),
		cmocka_unit_test(counts_by_hand),
		cmocka_unit_test(counts_by_formula),
		cmocka_unit_test(times_agree_with_the_floor_table),
		cmocka_unit_test(the_first_message_of_an_epoch_walks_the_secret_tree),
		cmocka_unit_test(messages_and_olm_agree_with_the_floor_table),
		cmocka_unit_test(hpke_is_five_hmacs_and_one_aead),
		cmocka_unit_test(hash_blocks_are_padded),
		cmocka_unit_test(joining_hashes_every_node),
		cmocka_unit_test(one_by_one_is_the_sum_of_its_steps),
		cmocka_unit_test(what_came_before_shows),
		cmocka_unit_test(every_sender_counts),
		cmocka_unit_test(options_cost_what_they_cost),
		cmocka_unit_test(unknown_cases_have_no_floor),
		cmocka_unit_test(every_suite_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
