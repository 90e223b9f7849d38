/* Paths between members: who can read them, who cannot, and every rule a receiver checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made_members.h"
#include "treekem.h"

enum { N_MEMBERS = 24 };

static const struct mls_slice context = {(const uint8_t *)"group context", 13};

/* A tree and everybody's private keys; member i is at leaf i. */
struct group {
	struct mls_tree tree;
	struct mls_private_path keys[N_MEMBERS];
};

static void start(struct group *g, uint32_t size)
{
	uint32_t leaf;

	*g = (struct group){.tree = {0}};
	for (uint32_t i = 0; i < size; i++) {
		struct mls_slice encoded = members[i].key_package.leaf_node.encoded;

		if (i == 0)
			assert_int_equal(mls_tree_new(&g->tree, crypto->suite, &test_seed, encoded),
					 MLS_OK);
		else
			assert_int_equal(mls_tree_add(&g->tree, &leaf, encoded), MLS_OK);
		g->keys[i].leaf = i;
		mls_private_path_set(&g->keys[i], 0, mls_key_ref(members[i].leaf_key));
	}
}

static void end(struct group *g)
{
	for (uint32_t i = 0; i < N_MEMBERS; i++)
		mls_private_path_clear(&g->keys[i]);
	mls_tree_clear(&g->tree);
}

/* A commit's path, from the sender's side. */
struct sent {
	struct mls_tree tree; /* with the path in it */
	struct mls_path path;
	struct mls_buf encoded;
};

static void send(struct sent *s, const struct group *g, uint32_t sender, const uint32_t *added,
		 size_t n_added)
{
	struct mls_secret secret = {.len = crypto->suite->nh};
	struct mls_leaf_node leaf = members[sender].key_package.leaf_node;

	*s = (struct sent){.tree = {0}};
	assert_int_equal(mls_random_bytes(crypto, secret.bytes, secret.len), MLS_OK);
	mls_tree_copy(&s->tree, &g->tree);
	assert_int_equal(mls_path_create(crypto, &s->path, &s->tree, sender, &leaf,
					 members[sender].signer, test_rules(crypto).group_id,
					 &secret),
			 MLS_OK);
	assert_int_equal(
		mls_path_encrypt(crypto, &s->path, &s->encoded, &s->tree, context, added, n_added),
		MLS_OK);
}

static void sent_clear(struct sent *s)
{
	mls_tree_clear(&s->tree);
	mls_path_clear(&s->path);
	mls_buf_free(&s->encoded);
}

/* The receiver's side: both steps, on a copy of the group's tree. */
static enum mls_err receive(const struct group *g, struct mls_slice encoded, uint32_t sender,
			    uint32_t receiver, const uint32_t *added, size_t n_added,
			    struct mls_private_path *keys, struct mls_secret *commit_secret)
{
	struct mls_tree tree;
	struct mls_update_path path;
	struct mls_path_receiver r = {&tree, sender, &path, context, added, n_added};
	enum mls_err err;

	assert_int_equal(mls_update_path_decode(encoded, &path), MLS_OK);
	mls_tree_copy(&tree, &g->tree);
	err = mls_path_apply(crypto, &tree, sender, &path);
	if (err == MLS_OK)
		err = mls_path_decrypt(crypto, keys, commit_secret, &r, &g->keys[receiver]);
	if (err == MLS_OK)
		assert_int_equal(mls_private_path_check(keys, &tree), MLS_OK);
	mls_tree_clear(&tree);
	return err;
}

/* One member commits, all others follow, and the group goes on from there. */
static void commit(struct group *g, uint32_t sender)
{
	struct sent s;
	struct mls_private_path keys;
	struct mls_secret secret;

	send(&s, g, sender, NULL, 0);
	for (uint32_t i = 0; i < N_MEMBERS; i++) {
		if (i == sender || !mls_tree_leaf(&g->tree, i))
			continue;
		assert_int_equal(
			receive(g, mls_buf_slice(&s.encoded), sender, i, NULL, 0, &keys, &secret),
			MLS_OK);
		assert_true(mls_slice_equal(mls_secret_slice(&secret),
					    mls_secret_slice(&s.path.commit_secret)));
		mls_private_path_clear(&g->keys[i]);
		g->keys[i] = keys;
	}
	mls_private_path_clear(&g->keys[sender]);
	mls_private_path_copy(&g->keys[sender], &s.path.keys);
	mls_tree_clear(&g->tree);
	mls_tree_copy(&g->tree, &s.tree);
	sent_clear(&s);
}

static void everybody_follows_everybody(void **state)
{
	static struct group g;

	(void)state;
	for (uint32_t size = 2; size <= 19; size += size < 6 ? 1 : 6) {
		start(&g, size);
		for (uint32_t sender = 0; sender < size; sender++)
			commit(&g, sender);
		commit(&g, size / 2);
		end(&g);
	}
}

/* The published count: one ciphertext a node once everybody has committed. */
static void a_full_tree_costs_its_depth(void **state)
{
	static struct group g;
	struct sent s;
	uint64_t seals;

	(void)state;
	start(&g, 16);
	for (uint32_t sender = 0; sender < 16; sender++)
		commit(&g, sender);
	seals = crypto->counts.hpke_seal;
	send(&s, &g, 3, NULL, 0);
	assert_int_equal(crypto->counts.hpke_seal - seals, 4);
	sent_clear(&s);
	end(&g);
}

/* Proposals: adds and removals before the path, and members that joined without one. */
static void newcomers_are_left_out(void **state)
{
	static struct group g;
	struct mls_private_path keys;
	struct mls_secret secret;
	uint32_t added[3];
	struct sent s;

	(void)state;
	start(&g, 12);
	for (uint32_t sender = 0; sender < 12; sender += 3)
		commit(&g, sender);
	assert_int_equal(mls_tree_remove(&g.tree, 2), MLS_OK);
	assert_int_equal(mls_tree_remove(&g.tree, 9), MLS_OK);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(mls_tree_add(&g.tree, &added[i],
					      members[12 + i].key_package.leaf_node.encoded),
				 MLS_OK);
	assert_int_equal(added[0], 2);
	assert_int_equal(added[1], 9);
	assert_int_equal(added[2], 12);
	for (uint32_t sender = 0; sender < 12; sender += 5) {
		send(&s, &g, sender, added, 3);
		for (uint32_t i = 0; i < 12; i++) {
			if (i == sender || i == 2 || i == 9)
				continue;
			assert_int_equal(receive(&g, mls_buf_slice(&s.encoded), sender, i, added, 3,
						 &keys, &secret),
					 MLS_OK);
			assert_true(mls_slice_equal(mls_secret_slice(&secret),
						    mls_secret_slice(&s.path.commit_secret)));
			mls_private_path_clear(&keys);
		}
		/* Who was removed holds a key at no place of the resolution any more. */
		assert_int_not_equal(
			receive(&g, mls_buf_slice(&s.encoded), sender, 9, added, 3, &keys, &secret),
			MLS_OK);
		assert_int_equal(
			receive(&g, mls_buf_slice(&s.encoded), sender, 11, NULL, 0, &keys, &secret),
			MLS_ERR_PATH_CIPHERTEXTS);
		sent_clear(&s);
	}
	end(&g);
}

static void joiners_get_the_keys_above(void **state)
{
	static struct group g;
	struct mls_private_path keys;
	uint32_t joiner;
	struct sent s;

	(void)state;
	start(&g, 11);
	for (uint32_t sender = 0; sender < 11; sender += 2)
		commit(&g, sender);
	assert_int_equal(mls_tree_add(&g.tree, &joiner, members[11].key_package.leaf_node.encoded),
			 MLS_OK);
	for (uint32_t sender = 0; sender < 11; sender += 5) {
		const struct mls_secret *secret;
		uint8_t common = mls_common_level(sender, joiner);

		send(&s, &g, sender, &joiner, 1);
		secret = mls_path_secret_for(&s.path, joiner);
		assert_non_null(secret);
		assert_int_equal(mls_path_join(crypto, &keys, &s.tree, joiner, members[11].leaf_key,
					       sender, mls_secret_slice(secret)),
				 MLS_OK);
		assert_int_equal(mls_private_path_check(&keys, &s.tree), MLS_OK);
		for (uint8_t level = 1; level <= s.tree.depth; level++) {
			uint32_t node = mls_ancestor(joiner, level);
			bool blank = mls_tree_public_key(&s.tree, node).len == 0;

			assert_int_equal(keys.key[level] != NULL, level >= common && !blank);
		}
		mls_private_path_clear(&keys);
		sent_clear(&s);
	}
	end(&g);
}

static void joiners_check_what_they_get(void **state)
{
	static struct group g;
	struct mls_private_path keys;
	struct mls_secret wrong;
	struct sent s;

	(void)state;
	start(&g, 6);
	send(&s, &g, 1, NULL, 0);
	wrong = *mls_path_secret_for(&s.path, 4);
	assert_int_equal(mls_path_join(crypto, &keys, &s.tree, 4, members[3].leaf_key, 1,
				       mls_secret_slice(&wrong)),
			 MLS_ERR_PRIVATE_KEY_MISMATCH);
	assert_int_equal(mls_path_join(crypto, &keys, &s.tree, 4, members[4].leaf_key, 1,
				       mls_slice(wrong.bytes, 31)),
			 MLS_ERR_PATH_SECRET);
	assert_int_equal(mls_path_join(crypto, &keys, &s.tree, 4, members[4].leaf_key, 7,
				       mls_secret_slice(&wrong)),
			 MLS_ERR_LEAF_BLANK);
	assert_int_equal(mls_path_join(crypto, &keys, &s.tree, 4, members[4].leaf_key, 5,
				       mls_secret_slice(&wrong)),
			 MLS_ERR_PATH_BLANK);
	wrong.bytes[0] ^= 1;
	assert_int_equal(mls_path_join(crypto, &keys, &s.tree, 4, members[4].leaf_key, 1,
				       mls_secret_slice(&wrong)),
			 MLS_ERR_PATH_KEY_MISMATCH);
	assert_int_equal(mls_path_join(crypto, &keys, &s.tree, 4, members[4].leaf_key, 1,
				       mls_slice(NULL, 0)),
			 MLS_OK);
	assert_null(keys.key[3]);
	mls_private_path_clear(&keys);
	sent_clear(&s);
	end(&g);
}

/* An external commit fills the leftmost blank leaf, or one of a new right half (12.4.3.2). */
static void strangers_may_commit_themselves_in(void **state)
{
	static struct group g;
	struct mls_private_path keys;
	struct mls_secret secret;
	uint32_t leaf;

	(void)state;
	for (uint32_t size = 3; size <= 4; size++) {
		struct mls_leaf_node stranger = members[20].key_package.leaf_node;
		struct sent s = {.tree = {0}};

		start(&g, size);
		commit(&g, 1);
		assert_int_equal(mls_tree_free_leaf(&g.tree, &leaf), MLS_OK);
		assert_int_equal(leaf, size);
		mls_tree_copy(&s.tree, &g.tree);
		secret = (struct mls_secret){.bytes = {9}, .len = crypto->suite->nh};
		assert_int_equal(mls_path_create(crypto, &s.path, &s.tree, leaf, &stranger,
						 members[20].signer, test_rules(crypto).group_id,
						 &secret),
				 MLS_OK);
		assert_int_equal(
			mls_path_encrypt(crypto, &s.path, &s.encoded, &s.tree, context, NULL, 0),
			MLS_OK);
		for (uint32_t i = 0; i < size; i++) {
			assert_int_equal(receive(&g, mls_buf_slice(&s.encoded), leaf, i, NULL, 0,
						 &keys, &secret),
					 MLS_OK);
			assert_true(mls_slice_equal(mls_secret_slice(&secret),
						    mls_secret_slice(&s.path.commit_secret)));
			mls_private_path_clear(&keys);
		}
		sent_clear(&s);
		end(&g);
	}
}

/* Takes the path apart, lets the test change it, and gives it to leaf 0. */
struct forged {
	struct mls_leaf_node leaf;
	struct mls_update_path_node node[8];
	size_t n;
};

static void take_apart(struct forged *f, const struct sent *s)
{
	struct mls_update_path path;
	struct mls_slice nodes;

	assert_int_equal(mls_update_path_decode(mls_buf_slice(&s->encoded), &path), MLS_OK);
	f->leaf = path.leaf_node;
	nodes = path.nodes;
	for (f->n = 0; nodes.len > 0; f->n++)
		assert_int_equal(mls_update_path_node_next(&nodes, &f->node[f->n]), MLS_OK);
}

static enum mls_err receive_forged(const struct group *g, const struct forged *f, uint32_t sender)
{
	struct mls_buf nodes = {0}, encoded = {0};
	struct mls_update_path path = {.leaf_node = f->leaf};
	struct mls_private_path keys;
	struct mls_secret secret;
	enum mls_err err;

	for (size_t i = 0; i < f->n; i++)
		assert_int_equal(mls_update_path_node_encode(&nodes, &f->node[i]), MLS_OK);
	path.nodes = mls_buf_slice(&nodes);
	assert_int_equal(mls_update_path_encode(&encoded, &path), MLS_OK);
	err = receive(g, mls_buf_slice(&encoded), sender, 0, NULL, 0, &keys, &secret);
	if (err == MLS_OK)
		mls_private_path_clear(&keys);
	mls_buf_free(&nodes);
	mls_buf_free(&encoded);
	return err;
}

static void paths_have_the_length_of_the_filtered_path(void **state)
{
	static struct group g;
	struct forged f;
	struct sent s;

	(void)state;
	start(&g, 8);
	send(&s, &g, 5, NULL, 0);
	take_apart(&f, &s);
	assert_int_equal(f.n, 3);
	assert_int_equal(receive_forged(&g, &f, 5), MLS_OK);
	f.n = 2;
	assert_int_equal(receive_forged(&g, &f, 5), MLS_ERR_PATH_LENGTH);
	f.n = 4;
	f.node[3] = f.node[0];
	assert_int_equal(receive_forged(&g, &f, 5), MLS_ERR_PATH_LENGTH);
	sent_clear(&s);
	end(&g);
}

static void public_keys_of_a_path_are_new(void **state)
{
	static struct group g;
	struct forged f;
	struct sent s, later;

	(void)state;
	start(&g, 8);
	send(&s, &g, 5, NULL, 0);
	take_apart(&f, &s);
	f.node[1].encryption_key = mls_slice_str("no key");
	assert_int_equal(receive_forged(&g, &f, 5), MLS_ERR_PUBLIC_KEY);
	take_apart(&f, &s);
	f.node[1].encryption_key = members[6].key_package.init_key;
	assert_int_equal(receive_forged(&g, &f, 5), MLS_ERR_LEAF_PARENT_HASH);
	mls_tree_clear(&g.tree);
	mls_tree_copy(&g.tree, &s.tree); /* the same keys a second time */
	send(&later, &g, 5, NULL, 0);
	take_apart(&f, &later);
	f.leaf.encryption_key = mls_key_public(s.path.keys.key[0]);
	assert_int_equal(receive_forged(&g, &f, 5), MLS_ERR_KEY_NOT_UNIQUE);
	sent_clear(&later);
	sent_clear(&s);
	end(&g);
}

/* 12.4.2: also a key that the path itself removes from the tree. */
static void a_path_does_not_repeat_the_keys_it_replaces(void **state)
{
	static struct group g;
	struct mls_secret secret = {.bytes = {3}, .len = crypto->suite->nh};
	struct mls_leaf_node leaf = members[1].key_package.leaf_node;
	struct mls_path path;

	(void)state;
	start(&g, 4);
	assert_int_equal(mls_path_create(crypto, &path, &g.tree, 1, &leaf, members[1].signer,
					 test_rules(crypto).group_id, &secret),
			 MLS_OK);
	mls_path_clear(&path);
	assert_int_equal(mls_path_create(crypto, &path, &g.tree, 1, &leaf, members[1].signer,
					 test_rules(crypto).group_id, &secret),
			 MLS_ERR_KEY_NOT_UNIQUE);
	end(&g);
}

/* The same for a node above the leaf. */
static void a_node_does_not_repeat_its_key(void **state)
{
	static struct group g;
	struct mls_tree_path again = {0};
	struct mls_leaf_node leaf;
	struct mls_buf encoded = {0};
	struct sent s;

	(void)state;
	start(&g, 4);
	send(&s, &g, 1, NULL, 0);
	leaf = members[1].key_package.leaf_node;
	leaf.encryption_key = mls_key_public(members[9].leaf_key);
	assert_int_equal(mls_leaf_node_encode(&encoded, &leaf), MLS_OK);
	again.nodes = s.path.nodes;
	again.leaf = mls_buf_slice(&encoded);
	for (uint8_t i = 0; i < again.nodes.n; i++)
		again.contents[i].encryption_key = mls_key_public(members[10 + i].leaf_key);
	again.contents[1].encryption_key = mls_key_public(s.path.keys.key[again.nodes.level[1]]);
	assert_int_equal(mls_tree_set_path(&s.tree, 1, &again), MLS_ERR_KEY_NOT_UNIQUE);
	again.contents[1].encryption_key = mls_key_public(members[12].leaf_key);
	assert_int_equal(mls_tree_set_path(&s.tree, 1, &again), MLS_OK);
	mls_buf_free(&encoded);
	sent_clear(&s);
	end(&g);
}

/* 7.3: a path whose leaf no longer supports the credentials of others. */
static void a_path_keeps_what_others_use(void **state)
{
	static struct group g;
	const uint8_t x509[] = {0, 2};
	struct mls_leaf_node leaf = members[1].key_package.leaf_node;
	struct mls_secret secret = {.bytes = {3}, .len = crypto->suite->nh};
	struct mls_path path;
	struct forged f;
	struct sent s;

	(void)state;
	start(&g, 4);
	send(&s, &g, 1, NULL, 0);
	take_apart(&f, &s);
	f.leaf.capabilities.credentials = mls_slice(x509, sizeof(x509));
	assert_int_equal(receive_forged(&g, &f, 1), MLS_ERR_CREDENTIAL_UNSUPPORTED);
	leaf.capabilities.credentials = mls_slice(x509, sizeof(x509));
	assert_int_equal(mls_path_create(crypto, &path, &g.tree, 1, &leaf, members[1].signer,
					 test_rules(crypto).group_id, &secret),
			 MLS_ERR_CREDENTIAL_UNSUPPORTED);
	sent_clear(&s);
	end(&g);
}

/* A tree whose leaf has what is no key, which validation would not have let in. */
static void nothing_is_encrypted_to_what_is_no_key(void **state)
{
	static struct group g;
	struct mls_leaf_node leaf = members[3].key_package.leaf_node;
	struct mls_buf encoded = {0}, out = {0};
	uint32_t at;
	struct sent s;

	(void)state;
	start(&g, 3);
	leaf.encryption_key = mls_slice_str("no key");
	assert_int_equal(mls_leaf_node_encode(&encoded, &leaf), MLS_OK);
	send(&s, &g, 0, NULL, 0);
	assert_int_equal(mls_tree_add(&s.tree, &at, mls_buf_slice(&encoded)), MLS_OK);
	assert_int_equal(mls_path_encrypt(crypto, &s.path, &out, &s.tree, context, NULL, 0),
			 MLS_ERR_PUBLIC_KEY);
	assert_int_equal(out.len, 0);
	mls_buf_free(&encoded);
	mls_buf_free(&out);
	sent_clear(&s);
	end(&g);
}

/* A joiner whose Welcome says that it signed the GroupInfo itself. */
static void a_signer_joins_by_no_path_of_its_own(void **state)
{
	static struct group g;
	struct mls_private_path keys;
	struct sent s;

	(void)state;
	start(&g, 3);
	assert_int_equal(mls_tree_remove(&g.tree, 2), MLS_OK);
	send(&s, &g, 0, NULL, 0);
	assert_int_equal(mls_path_join(crypto, &keys, &s.tree, 1, members[1].leaf_key, 1,
				       mls_secret_slice(&s.path.path_secret[0])),
			 MLS_ERR_PATH_BLANK);
	sent_clear(&s);
	end(&g);
}

/* Leaf 0 commits in a group of `size` without leaves 2 .. last; leaf 3 wants to read it. */
static void leaf_3_reads_nothing(uint32_t size, uint32_t last)
{
	static struct group g;
	struct mls_private_path keys, outside = {.leaf = 3};
	struct mls_update_path path;
	struct mls_secret secret;
	struct sent s;
	struct mls_path_receiver r = {&s.tree, 0, &path, context, NULL, 0};

	start(&g, size);
	for (uint32_t leaf = 2; leaf <= last; leaf++)
		assert_int_equal(mls_tree_remove(&g.tree, leaf), MLS_OK);
	send(&s, &g, 0, NULL, 0);
	assert_int_equal(mls_update_path_decode(mls_buf_slice(&s.encoded), &path), MLS_OK);
	outside.key[0] = members[3].leaf_key;
	assert_int_equal(mls_path_decrypt(crypto, &keys, &secret, &r, &outside),
			 MLS_ERR_PRIVATE_KEY_MISMATCH);
	sent_clear(&s);
	end(&g);
}

/* Outside the tree; and inside it but where nobody is, so that no ciphertext is on its path. */
static void outsiders_find_no_place(void **state)
{
	(void)state;
	leaf_3_reads_nothing(3, 2);
	leaf_3_reads_nothing(5, 3);
}

static void the_leaf_is_bound_to_its_path(void **state)
{
	static struct group g;
	struct forged f;
	struct sent s;

	(void)state;
	start(&g, 8);
	send(&s, &g, 5, NULL, 0);
	take_apart(&f, &s);
	f.leaf.parent_hash = mls_slice(NULL, 0);
	assert_int_equal(receive_forged(&g, &f, 5), MLS_ERR_LEAF_PARENT_HASH);
	take_apart(&f, &s);
	assert_int_equal(mls_tree_remove(&g.tree, 6), MLS_OK); /* the sender's view was another */
	assert_int_equal(receive_forged(&g, &f, 5), MLS_ERR_LEAF_PARENT_HASH);
	sent_clear(&s);
	end(&g);
}

static void ciphertexts_are_counted_at_every_node(void **state)
{
	static struct group g;
	struct forged f;
	struct sent s;

	(void)state;
	start(&g, 8);
	send(&s, &g, 5, NULL, 0);
	for (size_t i = 0; i < 3; i++) {
		struct mls_buf more = {0};
		size_t one;

		take_apart(&f, &s);
		one = f.node[i].encrypted_path_secret.len >> i;
		f.node[i].encrypted_path_secret.len -= one;
		assert_int_equal(receive_forged(&g, &f, 5), MLS_ERR_PATH_CIPHERTEXTS);
		f.node[i].encrypted_path_secret.len += one;
		assert_int_equal(mls_buf_append(&more, f.node[i].encrypted_path_secret), MLS_OK);
		assert_int_equal(mls_buf_append(&more, mls_slice("\0\0", 2)), MLS_OK);
		f.node[i].encrypted_path_secret = mls_buf_slice(&more);
		assert_int_equal(receive_forged(&g, &f, 5), MLS_ERR_PATH_CIPHERTEXTS);
		mls_buf_free(&more);
	}
	sent_clear(&s);
	end(&g);
}

/* The ciphertext for leaf 0, who is the first of the last node's four. */
static enum mls_err with_ciphertext_of(const struct group *g, const struct sent *s,
				       struct mls_slice secret)
{
	struct mls_buf body = {0};
	struct mls_hpke_info info;
	struct forged f;
	struct mls_slice rest;
	enum mls_err err;

	take_apart(&f, s);
	rest = f.node[2].encrypted_path_secret;
	mls_encrypt_context(crypto, &info, "UpdatePathNode", context);
	assert_int_equal(mls_encrypt_with_label(crypto, &body, mls_key_public(members[0].leaf_key),
						&info, secret),
			 MLS_OK);
	rest.p += rest.len / 4;
	rest.len -= rest.len / 4;
	assert_int_equal(mls_buf_append(&body, rest), MLS_OK);
	f.node[2].encrypted_path_secret = mls_buf_slice(&body);
	err = receive_forged(g, &f, 5);
	mls_buf_free(&body);
	return err;
}

static void path_secrets_are_checked(void **state)
{
	static struct group g;
	struct mls_secret secret;
	struct mls_slice honest;
	struct forged f;
	struct sent s;

	(void)state;
	start(&g, 8);
	send(&s, &g, 5, NULL, 0);
	secret = s.path.path_secret[2];
	assert_int_equal(with_ciphertext_of(&g, &s, mls_secret_slice(&secret)), MLS_OK);
	assert_int_equal(with_ciphertext_of(&g, &s, mls_slice(secret.bytes, 31)),
			 MLS_ERR_PATH_SECRET);
	secret.bytes[0] ^= 1;
	assert_int_equal(with_ciphertext_of(&g, &s, mls_secret_slice(&secret)),
			 MLS_ERR_PATH_KEY_MISMATCH);
	take_apart(&f, &s);
	honest = f.node[2].encrypted_path_secret;
	honest.len /= 4;
	s.encoded.p[(size_t)(honest.p - s.encoded.p) + honest.len - 1] ^= 1;
	assert_int_equal(receive_forged(&g, &f, 5), MLS_ERR_DECRYPT);
	sent_clear(&s);
	end(&g);
}

/* Forgetting: who has no key of the resolution says so. */
static void without_a_key_nothing_is_read(void **state)
{
	static struct group g;
	struct mls_private_path keys;
	struct mls_secret secret;
	struct sent s;

	(void)state;
	start(&g, 8);
	for (uint32_t i = 0; i < 8; i++)
		commit(&g, i);
	send(&s, &g, 5, NULL, 0);
	mls_private_path_set(&g.keys[0], 2, NULL);
	assert_int_equal(receive(&g, mls_buf_slice(&s.encoded), 5, 0, NULL, 0, &keys, &secret),
			 MLS_ERR_PRIVATE_KEY_MISMATCH);
	assert_int_equal(mls_tree_remove(&g.tree, 1), MLS_OK);
	mls_private_path_prune(&g.keys[2], &g.tree);
	assert_null(g.keys[2].key[3]);
	assert_null(g.keys[2].key[2]);
	assert_non_null(g.keys[2].key[1]);
	sent_clear(&s);
	end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_follows_everybody),
		cmocka_unit_test(a_full_tree_costs_its_depth),
		cmocka_unit_test(newcomers_are_left_out),
		cmocka_unit_test(joiners_get_the_keys_above),
		cmocka_unit_test(joiners_check_what_they_get),
		cmocka_unit_test(strangers_may_commit_themselves_in),
		cmocka_unit_test(paths_have_the_length_of_the_filtered_path),
		cmocka_unit_test(public_keys_of_a_path_are_new),
		cmocka_unit_test(a_path_does_not_repeat_the_keys_it_replaces),
		cmocka_unit_test(a_node_does_not_repeat_its_key),
		cmocka_unit_test(a_path_keeps_what_others_use),
		cmocka_unit_test(nothing_is_encrypted_to_what_is_no_key),
		cmocka_unit_test(outsiders_find_no_place),
		cmocka_unit_test(a_signer_joins_by_no_path_of_its_own),
		cmocka_unit_test(the_leaf_is_bound_to_its_path),
		cmocka_unit_test(ciphertexts_are_counted_at_every_node),
		cmocka_unit_test(path_secrets_are_checked),
		cmocka_unit_test(without_a_key_nothing_is_read),
	};

	return cmocka_run_group_tests(tests, make_members, free_members);
}
