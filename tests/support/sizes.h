#ifndef SIZES_H
#define SIZES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How long every message is, from the wire formats of RFC 9420 and a model of the ratchet
 * tree alone: nothing here calls the library. Suite 1 (public keys, KEM outputs, hashes and
 * secrets of 32 bytes, tags of 16, signatures of 64), identities of 16 bytes, a group id of
 * 32, capabilities that name mls10, one suite and one credential type, no extensions, no
 * authenticated data, no padding.
 */

/* Which nodes of a tree are not blank; node 2 i is leaf i. */
struct size_tree {
	uint32_t n_leaves; /* a power of two */
	bool filled[2 * 256];
	bool is_hashed[2 * 256]; /* parents: parent_hash is not empty */
	uint32_t n_unmerged[2 * 256];
	bool is_new[256];      /* leaves added in the commit at hand */
	size_t of_source[256]; /* bytes of lifetime or parent_hash in a leaf */
};

/* n members at leaves 0 .. n - 1, no parent nodes. */
void size_tree_leaves(struct size_tree *t, uint32_t n);

/* The tree after `leaf` committed with a path. */
void size_tree_commit(struct size_tree *t, uint32_t leaf);

/* The tree with one more member; its leaf. */
uint32_t size_tree_add(struct size_tree *t);
void size_tree_remove(struct size_tree *t, uint32_t leaf);

/* `opaque v<V>` of n bytes. */
size_t size_vector(size_t n);

size_t size_key_package(void);
size_t size_key_package_message(void);

/* The body of the vector optional<Node> ratchet_tree<V>, and all of it. */
size_t size_nodes(const struct size_tree *t);
size_t size_ratchet_tree(const struct size_tree *t);

/* The UpdatePath of `leaf` in the tree that has the commit's proposals applied. */
size_t size_update_path(const struct size_tree *t, uint32_t leaf);

/* How many HPKE ciphertexts are in it. */
size_t size_ciphertexts(const struct size_tree *t, uint32_t leaf);

/* How many nodes the filtered direct path of `leaf` has, and how many of them are above
 * `other` too: whoever is at `other` derives the keys of these. */
size_t size_path_nodes(const struct size_tree *t, uint32_t leaf);
size_t size_shared_nodes(const struct size_tree *t, uint32_t leaf, uint32_t other);

/* MLSMessage with a commit of so many bytes of proposals; path_len 0: without a path. */
size_t size_public_commit(size_t proposals_len, size_t path_len);
size_t size_private_commit(size_t proposals_len, size_t path_len);
enum { SIZE_REMOVE = 7 }; /* a Remove by value */
size_t size_add(void);    /* an Add by value */

/* MLSMessage with a Welcome for n_joiners; `tree` is the new one, or NULL: not inside. */
size_t size_welcome(size_t n_joiners, bool has_path, const struct size_tree *tree);

/* MLSMessage with a GroupInfo that has the tree and external_pub. */
size_t size_group_info_message(const struct size_tree *tree);

size_t size_application_message(size_t payload);
#endif
