#ifndef GB_STATS_MLS_PARTS_H
#define GB_STATS_MLS_PARTS_H
#include "stats/mls_sizes.h"
#include "stats/tree_model.h"

/*
 * What the composite steps of RFC 9420 and RFC 9180 are made of, each counted as cheaply as
 * it can be done: HMAC keys that are used again are set up once, constants are made
 * beforehand, what is the same for many messages is computed for the first.
 */

/* ExpandWithLabel under a set-up key; `label` without "MLS 1.0 " (RFC 9420 8). */
void gb_expand_with_label(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t times,
			  uint64_t label, uint64_t context, uint64_t out);

/* EncryptContext hashed for the HPKE key schedule: the same for all messages of one label
 * and context (RFC 9420 5.1.3, RFC 9180 5.1). */
void gb_hpke_info(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t label,
		  uint64_t context);
/* Base mode, without the hash of the info. */
void gb_hpke_seal(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t times,
		  uint64_t plaintext);
void gb_hpke_open(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t times,
		  uint64_t plaintext);

/* Path and node secrets and key pairs of `nodes` nodes of a path, commit secret included,
 * from the path secret of the lowest (RFC 9420 7.4). */
void gb_path_keys(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t nodes);

/* Parent hashes of a path of `nodes` nodes whose last is the root. */
void gb_parent_hashes(struct gb_tally *t, const struct gb_mls_sizes *s, uint64_t nodes);

/* The tree hashes that the last commit changed; and every hash, leaf signature and parent
 * hash that somebody who joins must check. */
void gb_changed_tree_hashes(struct gb_tally *t, const struct gb_mls_sizes *s,
			    const struct gb_tree_model *tree);
void gb_whole_tree_checks(struct gb_tally *t, const struct gb_mls_sizes *s,
			  const struct gb_tree_model *tree);

/* Length of the encoded tree: its nodes up to the last that is not blank. */
uint64_t gb_encoded_tree(const struct gb_mls_sizes *s, const struct gb_tree_model *tree);

/*
 * The key schedule (RFC 9420 8): from init_secret and commit_secret to joiner_secret;
 * from joiner_secret to the secret of the epoch and the nine derived from it;
 * and in the same step what opens or closes a Welcome.
 */
void gb_joiner_secret(struct gb_tally *t, const struct gb_mls_sizes *s);
void gb_epoch_secrets(struct gb_tally *t, const struct gb_mls_sizes *s);
void gb_welcome_secrets(struct gb_tally *t, const struct gb_mls_sizes *s);

/* Both transcript hashes and the confirmation tag, for a Commit of that length. */
void gb_transcript(struct gb_tally *t, const struct gb_mls_sizes *s, uint64_t commit);
void gb_membership_tag(struct gb_tally *t, const struct gb_mls_sizes *s, uint64_t commit);

/* Down the secret tree to a leaf and its two ratchets, both children of each node made, for
 * the other one is needed once this one is gone (RFC 9420 9). */
void gb_secret_tree_descent(struct gb_tally *t, const struct gb_mls_suite *s, unsigned depth);
/* One generation of a ratchet, the AEADs of sender data and content; `content` is the
 * plaintext of the content, padding included (RFC 9420 6.3). */
void gb_private_message(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t content);
#endif
