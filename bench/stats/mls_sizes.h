#ifndef GB_STATS_MLS_SIZES_H
#define GB_STATS_MLS_SIZES_H
#include "stats/tally.h"

/*
 * How long the structures of RFC 9420 are, in bytes, from their definitions: one basic
 * credential, capabilities of one version, one suite and one credential type, a group id of
 * GB_GROUP_ID_BYTES, no extensions, no authenticated data.
 */
#define GB_GROUP_ID_BYTES 32

struct gb_mls_suite {
	struct gb_hash_shape hash;
	unsigned kem_public; /* also the length of an HPKE kem_output */
	unsigned kem_shared; /* of the Diffie-Hellman result */
	unsigned signature_public;
	unsigned signature; /* the usual length where DER makes it vary */
	unsigned aead_key;
};

/* Cipher suites 1 .. 7 (RFC 9420 17.1); NULL for any other. */
const struct gb_mls_suite *gb_mls_suite(unsigned suite);

#define GB_AEAD_TAG   16
#define GB_AEAD_NONCE 12

struct gb_mls_sizes {
	const struct gb_mls_suite *suite;
	unsigned identity;
};

/* Content behind its length: opaque x<V> (RFC 9420 2.1.2). */
uint64_t gb_vec(uint64_t content);

/* Where a leaf comes from: its source decides how long it is (RFC 9420 7.2). */
enum gb_leaf_source { GB_LEAF_OF_KEY_PACKAGE, GB_LEAF_OF_COMMIT };
uint64_t gb_leaf_node_bytes(const struct gb_mls_sizes *s, enum gb_leaf_source source);
/* SignContent of LeafNodeTBS: what the leaf's signature covers. */
uint64_t gb_leaf_node_signed(const struct gb_mls_sizes *s, enum gb_leaf_source source);

uint64_t gb_key_package_bytes(const struct gb_mls_sizes *s);
uint64_t gb_key_package_signed(const struct gb_mls_sizes *s);
/* RefHashInput of a KeyPackageRef. */
uint64_t gb_key_package_ref_hashed(const struct gb_mls_sizes *s);

/* A parent node with n unmerged leaves; the root's parent_hash is empty. */
uint64_t gb_parent_node_bytes(const struct gb_mls_sizes *s, uint64_t unmerged, bool is_root);

/* TreeHashInput of a leaf, and of a parent; `node` is the node's length, 0 if it is blank. */
uint64_t gb_leaf_hashed(uint64_t node);
uint64_t gb_parent_hashed(const struct gb_mls_sizes *s, uint64_t node);
/* ParentHashInput. */
uint64_t gb_parent_hash_hashed(const struct gb_mls_sizes *s, bool is_root);

/* UpdatePathNode with that many ciphertexts. */
uint64_t gb_update_path_node_bytes(const struct gb_mls_sizes *s, uint64_t ciphertexts);

/* Commit: `nodes` is the length of all UpdatePathNodes, and counts with a path only. */
uint64_t gb_commit_bytes(const struct gb_mls_sizes *s, uint64_t adds, uint64_t removes, bool path,
			 uint64_t nodes);

uint64_t gb_group_context_bytes(const struct gb_mls_sizes *s);

/* Content is the Commit, or the application data behind its length. */
uint64_t gb_framed_content_bytes(uint64_t content);
/* FramedContentTBS and what a member's signature over it covers. */
uint64_t gb_framed_content_tbs(const struct gb_mls_sizes *s, uint64_t content);
uint64_t gb_framed_content_signed(const struct gb_mls_sizes *s, uint64_t content);

/* GroupInfo, with the length of the encoded tree (nodes without the vector's length), 0 if
 * it travels apart; what its signature covers; and GroupSecrets. */
uint64_t gb_group_info_bytes(const struct gb_mls_sizes *s, uint64_t tree);
uint64_t gb_group_info_signed(const struct gb_mls_sizes *s, uint64_t tree);
uint64_t gb_group_secrets_bytes(const struct gb_mls_sizes *s, bool path);
#endif
