#ifndef FORGE_H
#define FORGE_H
#include "framing.h"
#include "group.h"
#include "members.h"
#include "welcome.h"

/*
 * Messages of a member who has all the keys and does not keep the rules: signed, tagged and
 * encrypted correctly around contents that mls_group_commit would not make.
 */
struct forgery {
	struct mls_group *group; /* of the forger */
	struct mls_sender sender;
	uint8_t content_type;
	struct mls_buf content;    /* Proposal or Commit, encoded */
	struct mls_buf proposals;  /* ProposalOrRef of a commit, encoded one after another */
	struct mls_slice path;     /* encoded UpdatePath; empty: none */
	struct mls_signer *signer; /* NULL: the forger's own */
};

/* A commit in the name of the group's own client. */
void forgery_begin(struct forgery *f, struct mls_group *group);
void forgery_end(struct forgery *f);

/* Appends a proposal by value, or by reference. */
void forge_proposal(struct forgery *f, const struct mls_proposal *proposal);
void forge_reference(struct forgery *f, struct mls_slice ref);

/* Appends the whole message. A commit's confirmation tag is a wrong one. */
void forge_public(struct forgery *f, struct mls_buf *message);

/* The same as a PrivateMessage, with `tail` behind the content's authentication data. */
void forge_private(struct forgery *f, struct mls_buf *message, struct mls_slice tail);

/*
 * A Welcome made again with other contents: `change` may change what the joiner will
 * decrypt, and the key package whose private keys `joiner` keeps stays the addressee.
 * `origin` is the group that a successor follows from, or NULL.
 */
struct forged_welcome {
	struct mls_group_info info;
	struct mls_group_secrets secrets;
	bool sign_badly;
	bool confirm; /* the tag is made again, for the GroupContext as it was changed */
};
void forge_welcome(struct mls_client *joiner, const struct mls_group *committer,
		   struct mls_buf *out, struct mls_slice welcome,
		   void (*change)(struct forged_welcome *w), const struct mls_origin *origin);

/* Appends the message: `secrets` sealed to the key package of `ref`. */
void forge_put_welcome(struct mls_crypto *crypto, struct mls_buf *out, struct mls_slice ref,
		       struct mls_slice init_key, struct mls_slice secrets,
		       struct mls_slice encrypted_info);
#endif
