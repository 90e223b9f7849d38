#ifndef MLS_EPOCH_H
#define MLS_EPOCH_H
#include "group_context.h"
#include "key_schedule.h"
#include "secret_tree.h"
#include "treekem.h"

/*
 * Everything that is fixed during one epoch of a group: a value, immutable once it is built,
 * counted by its owners. What changes inside an epoch (sender ratchets, cached proposals)
 * belongs to the group.
 *
 * An epoch is built whole beside the old one:
 *
 *   mls_epoch_new          nothing yet
 *   (the caller)           tree and keys
 *   mls_epoch_set_context  the GroupContext, once the tree and transcript hash are known
 *   mls_epoch_derive       secrets, confirmation tag, interim transcript hash, secret tree
 */
struct mls_epoch {
	uint32_t refs;
	struct mls_buf context_bytes;     /* the encoded GroupContext */
	struct mls_group_context context; /* views of context_bytes */
	struct mls_tree tree;
	struct mls_private_path keys;     /* keys.leaf is the own leaf index */
	struct mls_epoch_secrets secrets; /* but for encryption_secret, which is consumed */
	uint8_t confirmation_tag[MLS_MAX_HASH];
	uint8_t interim_transcript_hash[MLS_MAX_HASH];
};

enum mls_err MLS_MUST_CHECK mls_epoch_new(struct mls_epoch **epoch);

/* One more owner. */
struct mls_epoch *mls_epoch_ref(struct mls_epoch *epoch);

/* Ends one ownership; the last one wipes. NULL is allowed. */
void mls_epoch_free(struct mls_epoch *epoch);

/* Encodes `context` and keeps it; its slices may lead into what it replaces. */
enum mls_err MLS_MUST_CHECK mls_epoch_set_context(struct mls_epoch *epoch,
						  const struct mls_group_context *context);

/*
 * From the secret between the two Extracts of the key schedule (mls_member_secret): all that
 * follows from it and the GroupContext. `secret_tree` was zero or cleared.
 */
enum mls_err MLS_MUST_CHECK mls_epoch_derive(struct mls_crypto *crypto, struct mls_epoch *epoch,
					     struct mls_secret_tree *secret_tree,
					     const struct mls_secret *member_secret);

/* The same for the first epoch of a new group, from a random epoch_secret (11). */
enum mls_err MLS_MUST_CHECK mls_epoch_derive_first(struct mls_crypto *crypto,
						   struct mls_epoch *epoch,
						   struct mls_secret_tree *secret_tree,
						   const struct mls_secret *epoch_secret);

/*
 * What is kept of an epoch that is over, so that messages of it can be read and its resumption
 * PSK be used: context, tree, own leaf index and those two secrets. All others were used up by
 * the next epoch (9.2), and so were the private keys that it replaced (7.5).
 */
enum mls_err MLS_MUST_CHECK mls_epoch_retire(struct mls_epoch **past,
					     const struct mls_epoch *epoch);

static inline struct mls_slice mls_epoch_context(const struct mls_epoch *epoch)
{
	return mls_buf_slice(&epoch->context_bytes);
}
#endif
