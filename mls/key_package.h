#ifndef MLS_KEY_PACKAGE_H
#define MLS_KEY_PACKAGE_H
#include "leaf_node.h"

/* KeyPackage: RFC 9420 10. */
struct mls_key_package {
	uint16_t version;
	uint16_t suite;
	struct mls_slice init_key;
	struct mls_leaf_node leaf_node;
	struct mls_slice extensions;
	struct mls_slice signature;

	/* Set by decoding, ignored by encoding. */
	struct mls_slice encoded, signed_part;
};
MLS_WIRE_TYPE_DECLARE(key_package)

/*
 * mls_key_package_sign appends a signed KeyPackage to `out`.
 *
 *   crypto         of key_package->suite
 *   key_package    all but the signatures; its leaf is signed too (source key_package)
 *   signer         of leaf_node.signature_key
 */
enum mls_err MLS_MUST_CHECK mls_key_package_sign(struct mls_crypto *crypto, struct mls_buf *out,
						 const struct mls_key_package *key_package,
						 struct mls_signer *signer);

/*
 * mls_key_package_validate checks 10.1 and, of its leaf, what mls_leaf_node_validate does.
 * Two signature verifications, the last of the checks. KEY_PACKAGE_VERSION,
 * KEY_PACKAGE_SUITE, PUBLIC_KEY, INIT_KEY_REUSED, KEY_PACKAGE_SIGNATURE, and those of
 * mls_leaf_node_validate.
 */
enum mls_err MLS_MUST_CHECK mls_key_package_validate(const struct mls_leaf_rules *rules,
						     const struct mls_key_package *key_package);

/* The two halves of it: all that needs no signature, and both signatures, of the leaf first. */
enum mls_err MLS_MUST_CHECK mls_key_package_check(const struct mls_leaf_rules *rules,
						  const struct mls_key_package *key_package);
enum mls_err MLS_MUST_CHECK mls_key_package_verify(struct mls_crypto *crypto,
						   const struct mls_key_package *key_package);
#endif
