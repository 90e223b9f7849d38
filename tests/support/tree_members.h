#ifndef TREE_MEMBERS_H
#define TREE_MEMBERS_H
#include "key_package.h"
#include "tree.h"

/*
 * Members for tests of the tree, with the default parameters of the published sizes: basic
 * credential of 16 bytes, capabilities mls10, one suite, basic; no extensions. Whatever fails
 * here fails the running test.
 */
struct member {
	struct mls_signer *signer;
	struct mls_key *init_key, *leaf_key;
	struct mls_buf identity, lists;
	struct mls_buf encoded; /* the KeyPackage */
	struct mls_key_package key_package;
};

/* A source of randomness that repeats, and a crypto that draws from it. */
struct mls_crypto *test_crypto(uint16_t suite_id);

/* A member whose identity is a function of its number. */
void member_make(struct mls_crypto *c, struct member *member, uint32_t number);

/* Signs the KeyPackage and its leaf again, after the test has changed a field. */
void member_sign(struct mls_crypto *c, struct member *member);
void member_free(struct member *member);

/* By which a leaf is judged at time 1000; accepts any lifetime that includes it. */
struct mls_leaf_rules test_rules(struct mls_crypto *c);

extern const struct mls_key_index_seed test_seed;
#endif
