/* The official vectors of the ratchet tree: tree-operations, tree-validation, treekem. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "group_context.h"
#include "proposal.h"
#include "stride.h"
#include "tree_validate.h"
#include "treekem.h"
#include "vectors.h"

static const struct mls_key_index_seed seed = {{{1, 2, 3}, {4, 5, 6}}};

static struct mls_crypto *crypto_for(uint16_t suite_id)
{
	const struct mls_suite *suite = mls_suite_find(suite_id);
	struct mls_crypto *crypto = NULL;

	assert_non_null(suite);
	assert_int_equal(mls_crypto_new(&crypto, vectors_library(suite), suite, NULL), MLS_OK);
	return crypto;
}

static void decode_tree(struct mls_tree *tree, const struct mls_crypto *crypto,
			struct mls_slice encoded)
{
	struct mls_buf again = {0};

	assert_int_equal(mls_tree_decode(tree, crypto->suite, &seed, encoded, 1 << 20), MLS_OK);
	assert_int_equal(mls_tree_encode(tree, &again), MLS_OK);
	assert_true(mls_slice_equal(mls_buf_slice(&again), encoded));
	mls_buf_free(&again);
}

static void apply_proposal(struct mls_tree *tree, const struct mls_proposal *proposal,
			   uint32_t sender)
{
	struct mls_tree_update update = {sender, proposal->update.encoded};
	uint32_t leaf;

	switch (proposal->type) {
	case MLS_PROPOSAL_ADD:
		assert_int_equal(mls_tree_add(tree, &leaf, proposal->add.leaf_node.encoded),
				 MLS_OK);
		break;
	case MLS_PROPOSAL_UPDATE:
		assert_int_equal(mls_tree_update(tree, &update, 1), MLS_OK);
		break;
	case MLS_PROPOSAL_REMOVE:
		assert_int_equal(mls_tree_remove(tree, proposal->remove), MLS_OK);
		break;
	default:
		fail_msg("proposal type %u", proposal->type);
	}
}

static void operations(void **state)
{
	json_t *cases = vectors_load("tree-operations.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i);
		struct mls_crypto *crypto = crypto_for((uint16_t)vector_number(v, "cipher_suite"));
		struct mls_slice before = vector_hex(v, "tree_before");
		struct mls_slice encoded = vector_hex(v, "proposal");
		uint32_t sender = (uint32_t)vector_number(v, "proposal_sender");
		struct mls_buf out = {0};
		struct mls_proposal proposal;
		struct mls_tree tree, copy;

		assert_int_equal(mls_proposal_decode(encoded, &proposal), MLS_OK);
		assert_int_equal(mls_proposal_encode(&out, &proposal), MLS_OK);
		assert_true(mls_slice_equal(mls_buf_slice(&out), encoded));
		mls_buf_free(&out);
		decode_tree(&tree, crypto, before);
		mls_tree_rehash(crypto, &tree);
		vector_expect(v, "tree_hash_before", mls_tree_hash(&tree));
		mls_tree_copy(&copy, &tree);
		apply_proposal(&tree, &proposal, sender);
		mls_tree_rehash(crypto, &tree);
		assert_int_equal(mls_tree_encode(&tree, &out), MLS_OK);
		vector_expect(v, "tree_after", mls_buf_slice(&out));
		vector_expect(v, "tree_hash_after", mls_tree_hash(&tree));
		mls_tree_clear(&tree);
		out.len = 0;
		assert_int_equal(mls_tree_encode(&copy, &out), MLS_OK);
		assert_true(mls_slice_equal(mls_buf_slice(&out), before));
		mls_tree_clear(&copy);
		mls_buf_free(&out);
		mls_crypto_free(crypto);
		vector_done(v);
	}
	vectors_free();
}

/* Compares a resolution, as it is visited, with an array of node indexes. */
struct resolution {
	const json_t *want;
	size_t n;
};

static enum mls_err visit(void *state, uint32_t node, struct mls_slice key)
{
	struct resolution *r = state;

	assert_int_equal(json_integer_value(json_array_get(r->want, r->n++)), node);
	assert_true(key.len > 0);
	return MLS_OK;
}

static void check_resolutions(const struct mls_tree *tree, const json_t *want)
{
	uint32_t n_nodes = 2 * mls_tree_n_leaves(tree) - 1;

	assert_int_equal(json_array_size(want), n_nodes);
	for (uint32_t node = 0; node < n_nodes; node++) {
		struct resolution r = {json_array_get(want, node), 0};
		struct mls_resolution_visitor visitor = {visit, &r};

		assert_int_equal(mls_tree_resolution(tree, node, &visitor), MLS_OK);
		assert_int_equal(json_array_size(r.want), r.n);
		assert_int_equal(mls_tree_resolution_len(tree, node), r.n);
	}
}

static void validation(void **state)
{
	json_t *cases = vectors_load("tree-validation.json");
	struct mls_policy policy = {.accept_expired = true};

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i += test_stride(3)) {
		json_t *v = json_array_get(cases, i);
		struct mls_crypto *crypto = crypto_for((uint16_t)vector_number(v, "cipher_suite"));
		json_t *hashes = vector_array(v, "tree_hashes");
		struct mls_leaf_rules rules = {
			.crypto = crypto,
			.policy = &policy,
			.group_id = vector_hex(v, "group_id"),
		};
		struct mls_tree tree;

		decode_tree(&tree, crypto, vector_hex(v, "tree"));
		assert_int_equal(mls_tree_validate(&rules, &tree), MLS_OK);
		check_resolutions(&tree, vector_array(v, "resolutions"));
		for (uint32_t node = 0; node < json_array_size(hashes); node++)
			assert_true(mls_slice_equal(mls_tree_node_hash(&tree, node),
						    vector_hex_at(hashes, node)));
		assert_int_equal(json_array_size(hashes), 2 * mls_tree_n_leaves(&tree) - 1);
		mls_tree_clear(&tree);
		mls_crypto_free(crypto);
		vector_done(v);
	}
	vectors_free();
}

enum { MAX_MEMBERS = 64 };

/* One case of treekem.json. */
struct group {
	struct mls_crypto *crypto;
	struct mls_tree tree;
	struct mls_group_context context;
	struct mls_private_path keys[MAX_MEMBERS];
	struct mls_signer *signer[MAX_MEMBERS];
};

/* The key pair of a path secret, by the two steps of 7.4. */
static struct mls_key *key_of(struct mls_crypto *crypto, struct mls_slice path_secret)
{
	struct mls_secret secret = {.len = (uint8_t)path_secret.len};
	struct mls_key *key = NULL;

	memcpy(secret.bytes, path_secret.p, path_secret.len);
	assert_int_equal(mls_derive_secret(crypto, &secret, &secret, "node"), MLS_OK);
	assert_int_equal(mls_key_derive(crypto, &key, mls_secret_slice(&secret)), MLS_OK);
	return key;
}

static void load_member(struct group *g, json_t *v)
{
	uint32_t leaf = (uint32_t)vector_number(v, "index");
	struct mls_private_path *keys = &g->keys[leaf];
	json_t *path_secrets = vector_array(v, "path_secrets");
	struct mls_leaf_node leaf_node;

	assert_true(leaf < MAX_MEMBERS);
	assert_int_equal(mls_tree_leaf_node(&g->tree, leaf, &leaf_node), MLS_OK);
	keys->leaf = leaf;
	assert_int_equal(mls_key_import(g->crypto, &keys->key[0], vector_hex(v, "encryption_priv"),
					mls_slice(NULL, 0)),
			 MLS_OK);
	assert_int_equal(mls_signer_import(g->crypto, &g->signer[leaf],
					   vector_hex(v, "signature_priv"),
					   leaf_node.signature_key),
			 MLS_OK);
	for (size_t i = 0; i < json_array_size(path_secrets); i++) {
		json_t *p = json_array_get(path_secrets, i);
		uint32_t node = (uint32_t)vector_number(p, "node");

		assert_true(mls_covers(node, leaf));
		mls_private_path_set(keys, mls_node_level(node),
				     key_of(g->crypto, vector_hex(p, "path_secret")));
		vector_done(p);
	}
	assert_int_equal(mls_private_path_check(keys, &g->tree), MLS_OK);
	vector_done(v);
}

static void load_group(struct group *g, json_t *v)
{
	json_t *leaves = vector_array(v, "leaves_private");

	*g = (struct group){0};
	g->crypto = crypto_for((uint16_t)vector_number(v, "cipher_suite"));
	decode_tree(&g->tree, g->crypto, vector_hex(v, "ratchet_tree"));
	mls_tree_rehash(g->crypto, &g->tree);
	g->context = (struct mls_group_context){
		.version = 1,
		.cipher_suite = g->crypto->suite->id,
		.group_id = vector_hex(v, "group_id"),
		.epoch = vector_number(v, "epoch"),
		.confirmed_transcript_hash = vector_hex(v, "confirmed_transcript_hash"),
	};
	for (size_t i = 0; i < json_array_size(leaves); i++)
		load_member(g, json_array_get(leaves, i));
}

static void free_group(struct group *g)
{
	for (uint32_t leaf = 0; leaf < MAX_MEMBERS; leaf++) {
		mls_private_path_clear(&g->keys[leaf]);
		mls_signer_free(g->signer[leaf]);
	}
	mls_tree_clear(&g->tree);
	mls_crypto_free(g->crypto);
}

/* What all receivers of an UpdatePath do, up to the encoded provisional GroupContext. */
static void apply_path(struct group *g, struct mls_tree *tree, struct mls_buf *context,
		       uint32_t sender, const struct mls_update_path *path)
{
	/* Not all of 7.3: these leaves do not list cipher suite 7. */
	assert_int_equal(
		mls_leaf_node_verify(g->crypto, &path->leaf_node, g->context.group_id, sender),
		MLS_OK);
	mls_tree_copy(tree, &g->tree);
	assert_int_equal(mls_path_apply(g->crypto, tree, sender, path), MLS_OK);
	g->context.tree_hash = mls_tree_hash(tree);
	assert_int_equal(mls_group_context_encode(context, &g->context), MLS_OK);
}

/*
 * Every other member takes its secret from the path. `path_secrets` says, by leaf, which path
 * secret each must find; NULL where that is not known.
 */
static void all_decrypt(struct group *g, const struct mls_path_receiver *receiver,
			const json_t *path_secrets, struct mls_slice commit_secret)
{
	for (uint32_t leaf = 0; leaf < mls_tree_n_leaves(&g->tree); leaf++) {
		struct mls_private_path keys;
		struct mls_secret found;
		uint8_t common = mls_common_level(leaf, receiver->sender);
		struct mls_key *want = NULL;

		if (leaf == receiver->sender || !mls_tree_leaf(&g->tree, leaf))
			continue;
		assert_int_equal(
			mls_path_decrypt(g->crypto, &keys, &found, receiver, &g->keys[leaf]),
			MLS_OK);
		assert_true(mls_slice_equal(mls_secret_slice(&found), commit_secret));
		assert_int_equal(mls_private_path_check(&keys, receiver->tree), MLS_OK);
		if (path_secrets) {
			want = key_of(g->crypto, vector_hex_at(path_secrets, leaf));
			assert_true(mls_slice_equal(mls_key_public(keys.key[common]),
						    mls_key_public(want)));
		}
		mls_key_free(want);
		mls_private_path_clear(&keys);
	}
}

static void receive_path(struct group *g, json_t *v, uint32_t sender)
{
	struct mls_slice encoded = vector_hex(v, "update_path");
	struct mls_buf context = {0}, again = {0};
	struct mls_update_path path;
	struct mls_tree tree;
	struct mls_path_receiver receiver = {.tree = &tree, .sender = sender, .path = &path};

	assert_int_equal(mls_update_path_decode(encoded, &path), MLS_OK);
	assert_int_equal(mls_update_path_encode(&again, &path), MLS_OK);
	assert_true(mls_slice_equal(mls_buf_slice(&again), encoded));
	apply_path(g, &tree, &context, sender, &path);
	vector_expect(v, "tree_hash_after", mls_tree_hash(&tree));
	receiver.group_context = mls_buf_slice(&context);
	all_decrypt(g, &receiver, vector_array(v, "path_secrets"), vector_hex(v, "commit_secret"));
	mls_tree_clear(&tree);
	mls_buf_free(&context);
	mls_buf_free(&again);
}

/* A path of our own from the same member, for all the others. */
static void send_path(struct group *g, uint32_t sender)
{
	struct mls_secret leaf_secret = {.len = g->crypto->suite->nh};
	struct mls_buf context = {0}, ours = {0}, encoded = {0};
	struct mls_leaf_node leaf;
	struct mls_path made;
	struct mls_update_path path;
	struct mls_tree tree, applied;
	struct mls_path_receiver receiver = {.tree = &applied, .sender = sender, .path = &path};

	assert_int_equal(mls_random_bytes(g->crypto, leaf_secret.bytes, leaf_secret.len), MLS_OK);
	assert_int_equal(mls_tree_leaf_node(&g->tree, sender, &leaf), MLS_OK);
	mls_tree_copy(&tree, &g->tree);
	assert_int_equal(mls_path_create(g->crypto, &made, &tree, sender, &leaf, g->signer[sender],
					 g->context.group_id, &leaf_secret),
			 MLS_OK);
	g->context.tree_hash = mls_tree_hash(&tree);
	assert_int_equal(mls_group_context_encode(&ours, &g->context), MLS_OK);
	assert_int_equal(
		mls_path_encrypt(g->crypto, &made, &encoded, &tree, mls_buf_slice(&ours), NULL, 0),
		MLS_OK);
	assert_int_equal(mls_update_path_decode(mls_buf_slice(&encoded), &path), MLS_OK);
	apply_path(g, &applied, &context, sender, &path);
	assert_true(mls_slice_equal(mls_buf_slice(&ours), mls_buf_slice(&context)));
	assert_int_equal(mls_private_path_check(&made.keys, &applied), MLS_OK);
	receiver.group_context = mls_buf_slice(&context);
	all_decrypt(g, &receiver, NULL, mls_secret_slice(&made.commit_secret));
	mls_path_clear(&made);
	mls_tree_clear(&tree);
	mls_tree_clear(&applied);
	mls_buf_free(&context);
	mls_buf_free(&ours);
	mls_buf_free(&encoded);
}

static void treekem(void **state)
{
	json_t *cases = vectors_load("treekem.json");
	static struct group g;

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i += test_stride(5)) {
		json_t *v = json_array_get(cases, i), *paths = vector_array(v, "update_paths");

		load_group(&g, v);
		for (size_t j = 0; j < json_array_size(paths); j++) {
			json_t *p = json_array_get(paths, j);
			uint32_t sender = (uint32_t)vector_number(p, "sender");

			receive_path(&g, p, sender);
			send_path(&g, sender);
			vector_done(p);
		}
		vector_done(v);
		free_group(&g);
	}
	vectors_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations),
		cmocka_unit_test(validation),
		cmocka_unit_test(treekem),
	};

	return VECTORS_ON_BOTH(tests);
}
