#ifndef INSIDER_H
#define INSIDER_H
#include "forge.h"
#include "origin.h"

/*
 * A group whose members' keys all belong to one attacker, the same in every process, so that
 * what a fuzzer makes of their messages can be signed, tagged and encrypted by the rules: the
 * library then judges the contents, and its checks are all in place. Its tree has full and blank
 * nodes, a blank leaf and an unmerged one.
 */
enum { INSIDER_MEMBERS = 7, INSIDER_BLANK = 4, INSIDER_UNMERGED = 6 };

struct insider {
	struct world *w;
	struct mls_client *joiner; /* has published a key package, and has the PSK "psk" */
	struct mls_buf package, private_part;
	struct mls_group *old, *shut; /* see insider_old, insider_shut */
	struct mls_origin origin, shut_origin;
};

/* Made at the first call, never freed. */
struct insider *insider(void);

/* Gives the joiner its key package again, once it is used up. */
void insider_keep_package(void);

/* A group from which member 0 and the joiner may branch off: they are in it, or somebody with the
 * same credential. Made at the first call, with the origin of a branch. */
struct mls_group *insider_old(void);

/* Another one, which a ReInit has shut down: it goes on as "next". */
struct mls_group *insider_shut(void);

/* A group of its own that stands where that of a member stands. */
struct mls_group *insider_fork(uint32_t member);

/* The signer of a public key, in either identity; NULL: nobody's. */
struct mls_signer *insider_signer(struct mls_slice public_key);

/*
 * Append what was decoded, with each signature made again by the key beside it, where that key
 * is known; and left as it is where it is not. Signatures of leaves are for the group, at `leaf`.
 */
void insider_put_leaf(struct mls_buf *out, const struct mls_leaf_node *v, uint32_t leaf);
void insider_put_key_package(struct mls_buf *out, const struct mls_key_package *v);
void insider_put_proposal(struct mls_buf *out, const struct mls_proposal *v, uint32_t leaf);
void insider_put_commit(struct mls_buf *out, const struct mls_commit *v, uint32_t leaf);
void insider_put_tree(struct mls_buf *out, struct mls_slice ratchet_tree);

/* A GroupInfo with the ratchet tree inside signed again, its tree hash right, signed by the member
 * it names. With `secrets` the confirmation tag is the one that follows from them. */
void insider_put_group_info(struct mls_buf *out, const struct mls_group_info *v,
			    const struct mls_group_secrets *secrets);

/* The member_secret of GroupSecrets for the joiner; false where it does not know the PSKs. That
 * of a branch is known once there is an old group, that of a ReInit once one is shut down. */
bool insider_member_secret(struct mls_secret *out, const struct mls_group_secrets *secrets);

/* Fails the run unless `err` is a refusal that is not blamed on the caller or the machine. */
void insider_expect_refusal(enum mls_err err);

/* The client of a member or the joiner presents its other identity from now on, or again the one
 * that it was made with. Groups that present the other one are gone before the next input. */
void insider_rename(struct mls_client *client, bool other);

/* What can be done with any group: it is asked, sends, is saved and loaded, commits. With
 * INSIDER_RENAMES the commit presents the other identity; with INSIDER_LEAVES_OUT there is another
 * one before, which leaves out what waits first, and is discarded. */
enum { INSIDER_RENAMES = 1, INSIDER_LEAVES_OUT = 2 };
void insider_use(struct mls_client *client, struct mls_group *group, unsigned how);
#endif
