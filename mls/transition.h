#ifndef MLS_TRANSITION_H
#define MLS_TRANSITION_H
#include "group.h"

/*
 * From one epoch to the next: what creating and processing a commit have in common (RFC 9420
 * 12.4.1, 12.4.2). All of it is built beside the old epoch, which it only reads.
 *
 *   mls_transition_begin    an empty list of proposals, to be filled
 *   mls_transition_apply    checks the list; tree and keys with the proposals applied
 *   (the caller)            the path, if there is one: tree, keys, commit_secret
 *   mls_transition_context  the provisional GroupContext, for a path
 *   mls_transition_derive   the final GroupContext and all secrets
 *   mls_transition_finish   hands over what was built
 */
struct mls_transition {
	struct mls_client *client;
	const struct mls_epoch *old;
	struct mls_proposal_list list;
	struct mls_applied applied;
	struct mls_epoch *epoch; /* the new one */
	struct mls_secret_tree secret_tree;
	struct mls_secret init_secret;   /* of the old epoch, or of an ExternalInit (8.3) */
	struct mls_secret commit_secret; /* zeros until a path sets it */
	struct mls_secret joiner_secret, member_secret;
	struct mls_buf reinit; /* the body of a ReInit, if there is one */
};

enum mls_err MLS_MUST_CHECK mls_transition_begin(struct mls_transition *t,
						 const struct mls_group *group,
						 struct mls_sender committer);

/* `sending`: this client is the committer. */
enum mls_err MLS_MUST_CHECK mls_transition_apply(struct mls_transition *t, bool sending);

/* The tree must be rehashed. */
enum mls_err MLS_MUST_CHECK mls_transition_context(struct mls_transition *t,
						   struct mls_slice confirmed_transcript_hash);

/* From ConfirmedTranscriptHashInput, the encoded beginning of the commit (8.2). The tree must be
 * rehashed. PSK_UNKNOWN. */
enum mls_err MLS_MUST_CHECK mls_transition_derive(struct mls_transition *t,
						  struct mls_slice confirmed_input);

/* Moves epoch, secret tree and lists of leaves. */
void mls_transition_finish(struct mls_transition *t, struct mls_staged *staged);

/* Wipes and frees what was not handed over. {0} is allowed. */
void mls_transition_clear(struct mls_transition *t);

/* Does `client` have this PSK (8.4), or is it that of `origin`, which may be NULL? */
bool mls_client_has_psk(const struct mls_client *client, const struct mls_psk_id *id,
			const struct mls_origin *origin);

/*
 * The PSKs of a list of PreSharedKeyIDs (8.4), as `client` has them.
 *
 *   ids     n encoded PreSharedKeyIDs
 *   origin  has the PSK of its own usage; NULL: there is none
 *
 * PSK_UNKNOWN where one is not there.
 */
enum mls_err MLS_MUST_CHECK mls_client_psk_secret(const struct mls_client *client,
						  struct mls_secret *psk_secret,
						  const struct mls_slice *ids, size_t n,
						  const struct mls_origin *origin);
#endif
