#ifndef MLS_LEAF_NODE_H
#define MLS_LEAF_NODE_H
#include "credential.h"
#include "extension.h"
#include "label.h"

/* LeafNode: RFC 9420 7.2, and those rules of 7.3 that concern one leaf alone. */

enum mls_leaf_source {
	MLS_LEAF_KEY_PACKAGE = 1,
	MLS_LEAF_UPDATE = 2,
	MLS_LEAF_COMMIT = 3,
};

/* Seconds since 1970. */
struct mls_lifetime {
	uint64_t not_before, not_after;
};

struct mls_leaf_node {
	struct mls_slice encryption_key;
	struct mls_slice signature_key;
	struct mls_credential credential;
	struct mls_capabilities capabilities;
	uint8_t source;               /* enum mls_leaf_source */
	struct mls_lifetime lifetime; /* of source key_package */
	struct mls_slice parent_hash; /* of source commit */
	struct mls_slice extensions;
	struct mls_slice signature;

	/* Set by decoding, ignored by encoding: the bytes of the whole LeafNode, and of what
	 * stands in front of the signature. */
	struct mls_slice encoded, signed_part;
};
MLS_WIRE_TYPE_DECLARE(leaf_node)

/*
 * mls_leaf_node_sign appends `leaf`, signed, to `out`; leaf->signature is ignored.
 *
 *   signer     of leaf->signature_key
 *   group_id, leaf_index  in which group and where; only read where the source is update or
 *              commit
 */
enum mls_err MLS_MUST_CHECK mls_leaf_node_sign(struct mls_crypto *crypto, struct mls_buf *out,
					       const struct mls_leaf_node *leaf,
					       struct mls_signer *signer, struct mls_slice group_id,
					       uint32_t leaf_index);

/*
 * mls_leaf_node_verify checks the signature of a leaf that was decoded. One signature
 * verification. LEAF_SIGNATURE where it does not fit.
 */
enum mls_err MLS_MUST_CHECK mls_leaf_node_verify(struct mls_crypto *crypto,
						 const struct mls_leaf_node *leaf,
						 struct mls_slice group_id, uint32_t leaf_index);

/* As whom a leaf presents its member; leads where the leaf does. */
struct mls_identity mls_leaf_node_identity(const struct mls_leaf_node *leaf);

/* How long a leaf with these lists, credential and extensions can be at most, signed, from whatever
 * source. Each of them fits a vector. */
size_t mls_leaf_node_bound(const struct mls_suite *suite, const struct mls_leaf_node *leaf);

/* By what a leaf is judged (7.3). */
struct mls_leaf_rules {
	struct mls_crypto *crypto;
	const struct mls_policy *policy;
	uint64_t now_s;
	struct mls_slice group_id;
	struct mls_slice group_extensions; /* body of the new GroupContext's extensions */
	bool sending; /* this client sends the leaf: its lifetime is checked in any case */
};

/*
 * mls_leaf_node_validate checks all of 7.3 that needs no other leaf; uniqueness of keys and
 * support of credential types are the tree's (tree.h). The signature is checked last.
 *
 *   leaf      decoded
 *   replaced  the leaf that this one replaces; NULL for a new member, and in a tree that is
 *             being joined
 *   source    what the source must be; 0: any (a tree being joined)
 *   index     where the leaf is or will be
 *
 * LEAF_SOURCE_WRONG, LEAF_TOO_LONG, PUBLIC_KEY (either key), VERSION_UNSUPPORTED,
 * SUITE_UNSUPPORTED, CREDENTIAL_NOT_LISTED, EXTENSION_NOT_LISTED,
 * GROUP_EXTENSION_UNSUPPORTED, REQUIRED_CAPABILITIES, LIFETIME, LIFETIME_TOO_LONG,
 * ENCRYPTION_KEY_KEPT (an update or commit that does not change the key),
 * CERTIFICATE, CERTIFICATE_KEY, CREDENTIAL_REFUSED, LEAF_SIGNATURE.
 */
enum mls_err MLS_MUST_CHECK mls_leaf_node_validate(const struct mls_leaf_rules *rules,
						   const struct mls_leaf_node *leaf,
						   const struct mls_leaf_node *replaced,
						   enum mls_leaf_source source, uint32_t index);

/* All of that but the signature, which is mls_leaf_node_verify's. */
enum mls_err MLS_MUST_CHECK mls_leaf_node_check(const struct mls_leaf_rules *rules,
						const struct mls_leaf_node *leaf,
						const struct mls_leaf_node *replaced,
						enum mls_leaf_source source);

/* Of it what the time decides: LIFETIME, LIFETIME_TOO_LONG. */
enum mls_err MLS_MUST_CHECK mls_leaf_node_check_lifetime(const struct mls_leaf_rules *rules,
							 const struct mls_leaf_node *leaf);
#endif
