#ifndef MLS_WELCOME_H
#define MLS_WELCOME_H
#include "group_info.h"
#include "transition.h"

/* What lets newcomers in: RFC 9420 12.4.3, 12.4.3.1. */

/* What a GroupInfo carries beside the GroupContext. */
struct mls_group_info_contents {
	bool ratchet_tree;
	struct mls_slice external_pub; /* empty: without */
	struct mls_slice more;         /* encoded extensions of other types */
};

/* Appends a GroupInfo of `epoch`, signed by the client. */
enum mls_err MLS_MUST_CHECK mls_group_info_write(const struct mls_client *client,
						 struct mls_buf *out, const struct mls_epoch *epoch,
						 const struct mls_group_info_contents *contents);

/*
 * Appends the Welcome, an MLSMessage, for those whom a transition adds. One HPKE seal for
 * each of them; all share one hash of the encrypted GroupInfo.
 *
 *   path      the commit's path; NULL if it has none
 *   contents  of the GroupInfo
 */
enum mls_err MLS_MUST_CHECK mls_welcome_write(const struct mls_transition *t, struct mls_buf *out,
					      const struct mls_path *path,
					      const struct mls_group_info_contents *contents);

/*
 * What a joiner checks of a GroupInfo and its tree (12.4.3.1), before it validates the tree.
 *
 *   check_context  version, suite, extensions that `capabilities` do not support, a group that
 *                  the client is in: VERSION, SUITE, GROUP_EXTENSION_UNSUPPORTED,
 *                  REQUIRED_CAPABILITIES, GROUP_ID_TAKEN
 *   take_tree      decodes the tree inside, or the one beside it, rehashed; TREE_MISSING,
 *                  TREE_HASH, errors of mls_tree_decode
 *   check_signer   LEAF_BLANK, GROUP_INFO_SIGNATURE
 */
enum mls_err MLS_MUST_CHECK
mls_group_info_check_context(const struct mls_client *client, const struct mls_group_info *info,
			     const struct mls_capabilities *capabilities);
enum mls_err MLS_MUST_CHECK mls_group_info_take_tree(const struct mls_client *client,
						     struct mls_tree *tree,
						     const struct mls_group_info *info,
						     struct mls_slice ratchet_tree);
enum mls_err MLS_MUST_CHECK mls_group_info_check_signer(const struct mls_client *client,
							const struct mls_group_info *info,
							const struct mls_tree *tree);

/* A Welcome as it is opened, step by step; ended by mls_joining_clear. */
struct mls_joining {
	struct mls_client *client;
	const struct mls_origin *origin;   /* of a successor that is expected; else NULL */
	size_t n_origin;                   /* how often the Welcome names its PSK */
	struct mls_kept_key_package *kept; /* the one that the Welcome is for */
	struct mls_slice encrypted_info;   /* in the message */
	struct mls_buf secrets_bytes, info_bytes;
	struct mls_group_secrets secrets; /* views of secrets_bytes */
	struct mls_group_info info;       /* views of info_bytes */
	struct mls_secret joiner_secret, member_secret;
	struct mls_epoch *epoch;
	struct mls_secret_tree secret_tree;
};

/* Decrypts the GroupSecrets of an MLSMessage with a Welcome, which says which PSKs it takes. */
enum mls_err MLS_MUST_CHECK mls_joining_begin(struct mls_joining *j, struct mls_client *client,
					      struct mls_slice message);

/* Decrypts its GroupInfo then, while the message is there. */
enum mls_err MLS_MUST_CHECK mls_joining_open_info(struct mls_joining *j,
						  const struct mls_origin *origin);

/* Both, for an origin that is known before. */
enum mls_err MLS_MUST_CHECK mls_joining_open(struct mls_joining *j, struct mls_client *client,
					     struct mls_slice message,
					     const struct mls_origin *origin);

/* Builds and checks the epoch. `ratchet_tree` may be empty. */
enum mls_err MLS_MUST_CHECK mls_joining_finish(struct mls_joining *j,
					       struct mls_slice ratchet_tree);

/* Makes the group, and consumes the key package. */
enum mls_err MLS_MUST_CHECK mls_joining_enter(struct mls_joining *j, struct mls_group **group);
void mls_joining_clear(struct mls_joining *j);
#endif
