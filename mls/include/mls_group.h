#ifndef MLS_PUBLIC_GROUP_H
#define MLS_PUBLIC_GROUP_H
#include "mls_buffer.h"
#include "mls_client.h"
#include "mls_identity.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MLS_NO_LEAF UINT32_MAX

/*
 * Group
 */
struct mls_group;

/*
 * mls_group_create makes a group of one member (11), in epoch 0.
 *
 *   group_id    empty: random, KDF.Nh bytes
 *   extensions  the body of the GroupContext's extension list, encoded; may be empty
 *
 * GROUP_ID_TAKEN; GROUP_EXTENSIONS_TOO_LONG, and the code of the rule that the extensions break.
 */
enum mls_err MLS_MUST_CHECK mls_group_create(struct mls_client *client, struct mls_group **group,
					     struct mls_slice group_id,
					     struct mls_slice extensions);

/*
 * mls_group_join makes the group of a Welcome (12.4.3.1).
 *
 *   welcome       MLSMessage with the Welcome; read, not kept
 *   ratchet_tree  the ratchet tree where the Welcome does not carry it: the encoded vector
 *                 `optional<Node> ratchet_tree<V>`; empty otherwise
 *
 * The whole tree is validated (7.9.2, 7.3): one signature for each member. Fails with
 * WELCOME_NOT_FOR_US when no kept key package is addressed, with PSK_USAGE_HERE when the group
 * follows from another one, which mls_group_join_successor must be given, and with the code of the
 * rule that the Welcome, the GroupInfo or the tree breaks. On failure the client is as it was.
 */
enum mls_err MLS_MUST_CHECK mls_group_join(struct mls_client *client, struct mls_group **group,
					   struct mls_slice welcome, struct mls_slice ratchet_tree);

/*
 * What a GroupInfo says of its group, for a client that must first be made for it or that
 * speaks to it from outside. Nothing of it is verified. Pointers lead into the message.
 *
 *   ratchet_tree      as mls_group_join takes it; empty where the GroupInfo does not carry it
 *   has_external_pub  clients may join by themselves
 *   own_extensions    of the GroupInfo itself, with ratchet_tree and external_pub: encoded body
 */
struct mls_group_outline {
	uint16_t suite;
	struct mls_slice group_id;
	uint64_t epoch;
	struct mls_slice extensions; /* of the GroupContext: encoded body */
	struct mls_slice ratchet_tree;
	bool has_external_pub;
	struct mls_slice own_extensions;
};

/* Reads an MLSMessage with a GroupInfo (12.4.3). Fails for what does not decode;
 * MESSAGE_TOO_LONG beyond 64 MiB, since there is no policy that could say how much may be read. */
enum mls_err MLS_MUST_CHECK mls_group_info_read(struct mls_group_outline *outline,
						struct mls_slice group_info);

/*
 * mls_ratchet_tree_find tells the leaf index of the first member with a credential: of an
 * older self that is to be replaced, or of somebody to be removed by an external sender. The
 * tree is decoded up to there, not validated; mls_group_join_external does that. MEMBER_UNKNOWN
 * where nobody has it; the errors of a tree that does not decode; MESSAGE_TOO_LONG beyond 64 MiB.
 */
enum mls_err MLS_MUST_CHECK mls_ratchet_tree_find(uint32_t *leaf, struct mls_slice ratchet_tree,
						  uint16_t credential_type,
						  struct mls_slice credential);

/*
 * How a client joins by itself.
 *
 *   ratchet_tree  where the GroupInfo does not carry it; as mls_group_join takes it
 *   replaces      set: `leaf` is an older self of this client, removed in the same commit
 *   psks          n_psks PSKs that this client and all members have
 */
struct mls_external_request {
	struct mls_slice ratchet_tree;
	bool replaces;
	uint32_t leaf;
	const struct mls_psk_name *psks;
	size_t n_psks;
	struct mls_slice authenticated_data;
};

/*
 * mls_group_join_external makes the group of a GroupInfo and appends the Commit by which this
 * client adds itself (12.4.3.2). The group is in the epoch that the commit begins; if the
 * commit is not accepted, the group is of no use and must be freed.
 *
 *   group_info  MLSMessage with a GroupInfo that has external_pub
 *
 * The whole tree is validated as in mls_group_join. EXTERNAL_PUB_MISSING, and the codes of
 * the rules that the GroupInfo or the tree breaks. On failure nothing is appended.
 */
enum mls_err MLS_MUST_CHECK mls_group_join_external(struct mls_client *client,
						    struct mls_group **group,
						    struct mls_buf *commit,
						    struct mls_slice group_info,
						    const struct mls_external_request *request);

/* How one group follows from another. */
enum mls_succession {
	MLS_SUCCESSION_REINIT, /* all members go on with other parameters (11.2) */
	MLS_SUCCESSION_BRANCH, /* some members, the same parameters (11.3) */
};

/*
 * mls_group_create_successor makes a group of one member that follows from `old`: its first
 * commit, in which the other members must be added, carries the resumption PSK that proves it.
 *
 *   client      a client of the new group's cipher suite
 *   old         REINIT: a group that a ReInit has shut down, which says what the new one is
 *   group_id    BRANCH: as for mls_group_create; REINIT: not read
 *   extensions  BRANCH: as for mls_group_create; REINIT: not read
 *
 * SUITE where the client has another one than the new group, VERSION where that is to have a later
 * version than mls10; REINIT: NOT_REINITIALIZED for another group. Both: GROUP_ID_TAKEN, and the
 * errors of mls_group_create for the extensions, which a ReInit may announce as well; STORAGE.
 */
enum mls_err MLS_MUST_CHECK mls_group_create_successor(
	struct mls_client *client, struct mls_group **group, const struct mls_group *old,
	enum mls_succession how, struct mls_slice group_id, struct mls_slice extensions);

/*
 * mls_group_join_successor joins, as mls_group_join does, a group that must follow from
 * `old`; BRANCH: from any epoch of it that policy keeps. SUCCESSOR_PSK, SUCCESSOR_EPOCH,
 * SUCCESSOR_PARAMETERS, SUCCESSOR_MEMBERS where it does not, PSK_USAGE_HERE where it follows from
 * another group or epoch; members are compared by their credentials. REINIT: NOT_REINITIALIZED
 * where no ReInit has shut `old` down. All errors of mls_group_join.
 */
enum mls_err MLS_MUST_CHECK mls_group_join_successor(
	struct mls_client *client, struct mls_group **group, const struct mls_group *old,
	enum mls_succession how, struct mls_slice welcome, struct mls_slice ratchet_tree);

/* Wipes and frees; NULL is allowed. */
void mls_group_free(struct mls_group *group);

/* How a handshake message travels (6). */
enum mls_handshake {
	MLS_HANDSHAKE_PUBLIC,  /* signed, readable by the delivery service */
	MLS_HANDSHAKE_PRIVATE, /* encrypted */
};

/* Which pre-shared key is meant (8.4). */
struct mls_psk_name {
	struct mls_slice id;       /* of an external PSK; empty: a resumption PSK, of the */
	struct mls_slice group_id; /* group and epoch given here (8.6) */
	uint64_t epoch;
};

/* What a group is to be reinitialized as (12.1.5). */
struct mls_reinit_parameters {
	struct mls_slice group_id;
	uint16_t suite;
	struct mls_slice extensions; /* encoded body */
};

/*
 * What a commit shall contain. {0} is an empty commit with path, as a PublicMessage.
 *
 *   add                 n_add KeyPackages, each an MLSMessage
 *   remove              n_remove leaf indexes
 *   psks                n_psks PSKs that this client and all members have
 *   set_extensions      replace the GroupContext's extensions by `extensions` (encoded body)
 *   reinit              shut the group down for a successor (11.2); nothing else then
 *   without_proposals   leave out the proposals received or sent in this epoch, which are
 *                       otherwise included by reference, but for what others overrule (12.2),
 *                       for Adds that are outside their lifetime by now (7.3) and for what
 *                       would make the commit invalid (12.4, see mls_group_commit)
 *   leave_out           n_leave_out references (struct mls_waiting_proposal) of those that are
 *                       to be left out; no other is overruled by one of them; not read
 *                       with `without_proposals` or `reinit`
 *   path_if_required    leave out the path where 12.4 allows it
 *   tree_in_welcome     put the ratchet tree into the Welcome
 *   welcome_extensions  more extensions of the GroupInfo in the Welcome (12.4.3): encoded body,
 *                       none of a default type; who joins reads them
 *                       (mls_group_welcome_extensions); not read where nobody is added
 *   handshake           how the commit travels
 *   authenticated_data  application data, authenticated and not encrypted
 */
struct mls_commit_request {
	const struct mls_slice *add;
	size_t n_add;
	const uint32_t *remove;
	size_t n_remove;
	const struct mls_psk_name *psks;
	size_t n_psks;
	bool set_extensions;
	struct mls_slice extensions;
	const struct mls_reinit_parameters *reinit;
	bool without_proposals;
	const struct mls_slice *leave_out;
	size_t n_leave_out;
	bool path_if_required;
	bool tree_in_welcome;
	struct mls_slice welcome_extensions;
	enum mls_handshake handshake;
	struct mls_slice authenticated_data;
};

/*
 * What a commit produces is appended. `commit` is there; `welcome` gets nothing when nobody joins
 * and must be there when somebody does; `ratchet_tree`, if not NULL, gets the tree of the new
 * epoch, as mls_group_join takes it.
 */
struct mls_commit_output {
	struct mls_buf *commit;
	struct mls_buf *welcome;
	struct mls_buf *ratchet_tree;
};

/*
 * mls_group_commit makes a Commit (12.4.1) and the Welcome for those it adds. The group stays
 * in its epoch (14): the new one is held as pending until the commit comes back through
 * mls_group_receive, or mls_group_merge is called, or another commit wins, or
 * mls_group_discard drops it. The Welcome must not be delivered before.
 *
 * What waits cannot make a commit fail: a proposal that does not go together with what the commit
 * asks for, with the members or with those that came before it is left out (a key that is taken or
 * of small order, a credential, capabilities or extensions that are not supported, a PSK that this
 * client does not have). Removes go before Updates, these before Adds, and these before PSKs and
 * extensions. What was left out waits until the next epoch begins; mls_event.added and removed, and
 * mls_group_extensions, tell what was committed.
 *
 * Fails with PENDING when a commit is pending already, with the rule's code for a bad key
 * package, leaf index or list of proposals, with PROPOSAL_REF where what is to be left out does not
 * wait, with WELCOME_WANTED where somebody is added and there is no buffer for it, with
 * EXTENSION_PLACE, EXTENSION_TWICE and the errors of a list that does not decode for the Welcome's
 * extensions, and, as a private handshake, with GENERATION_SPENT and STATE_OLD. On failure nothing
 * is appended and the group is as it was, except that a private handshake consumes one generation
 * of the own ratchet.
 *
 * SHARED_SECRET is a key of small order, to which nothing can be encrypted (RFC 9180 7.1.4): of a
 * key package to add, or of a member, or a node above one, that the path is for. A member may bring
 * such a key (7.3), and no path goes out until it is removed or has brought others.
 */
enum mls_err MLS_MUST_CHECK mls_group_commit(struct mls_group *group,
					     const struct mls_commit_output *output,
					     const struct mls_commit_request *request);

/* Makes the pending commit the present epoch, once it is known that it was accepted.
 * NOT_PENDING without one; STORAGE. */
enum mls_err MLS_MUST_CHECK mls_group_merge(struct mls_group *group);

/* Forgets the pending commit, if there is one; a restored group may have it again. */
void mls_group_discard(struct mls_group *group);

/*
 * One proposal (12.1). `type` says which of the fields are meant.
 *
 *   ADD                       key_package, an MLSMessage
 *   UPDATE                    nothing: a new leaf of this member
 *   REMOVE                    leaf
 *   PSK                       psk
 *   REINIT                    reinit
 *   GROUP_CONTEXT_EXTENSIONS  extensions, the encoded body
 */
struct mls_proposal_request {
	enum mls_proposal_type type;
	struct mls_slice key_package;
	uint32_t leaf;
	struct mls_psk_name psk;
	struct mls_reinit_parameters reinit;
	struct mls_slice extensions;
};

/*
 * mls_group_propose appends a message with one proposal, which anyone may commit later, and
 * keeps the proposal. What is not valid fails with its rule's code, a type that is not in the
 * list above with USAGE, a private handshake with GENERATION_SPENT and STATE_OLD. On failure
 * nothing is appended or kept, except that a private handshake consumes one generation of the own
 * ratchet.
 */
enum mls_err MLS_MUST_CHECK mls_group_propose(struct mls_group *group, struct mls_buf *message,
					      const struct mls_proposal_request *request,
					      enum mls_handshake handshake);

/*
 * A proposal that was received or sent in this epoch and waits for a commit (12.1, 12.4). It is
 * valid by itself (12.1); whether it goes together with others is seen when they are committed
 * (12.2). Pointers lead into the group, until its epoch ends.
 *
 *   type             enum mls_proposal_type
 *   ref              ProposalRef (5.2), for mls_commit_request.leave_out
 *   sender           leaf index; MLS_NO_LEAF for a sender outside the group, of whom
 *   external_sender  is the index in external_senders, or MLS_NO_LEAF: who asks to be added
 *   leaf             REMOVE: who is to go; UPDATE: the sender
 *   member           ADD, UPDATE: who is to be in the group
 *   key_package      ADD: the encoded KeyPackage (10), without the head of an MLSMessage
 *   psk              PSK
 *   reinit           REINIT
 *   leaf_extensions  ADD, UPDATE: of that leaf, the encoded body
 *   extensions       GROUP_CONTEXT_EXTENSIONS: the encoded body; ADD: those of the KeyPackage
 *
 * Other fields are zero, `leaf` is MLS_NO_LEAF.
 */
struct mls_waiting_proposal {
	uint16_t type;
	struct mls_slice ref;
	uint32_t sender, external_sender;
	uint32_t leaf;
	struct mls_identity member;
	struct mls_slice key_package;
	struct mls_psk_name psk;
	struct mls_reinit_parameters reinit;
	struct mls_slice leaf_extensions, extensions;
};

/* How many proposals wait. */
size_t mls_group_n_proposals(const struct mls_group *group);

/* The one at `index`, in the order in which they came, from 0 on; false behind the last, and
 * *proposal is untouched. */
bool mls_group_proposal(const struct mls_group *group, struct mls_waiting_proposal *proposal,
			size_t index);

/* To which group somebody outside it speaks, and as whom. */
struct mls_outside_sender {
	struct mls_slice group_id;
	uint64_t epoch;
	bool is_joining; /* asks to be added; else: sender_index of external_senders */
	uint32_t sender_index;
};

/*
 * mls_client_propose appends a message with a proposal from outside the group (12.1.8): of a
 * client who asks to be added, with a key package of its own, or of one whose signature key
 * stands in the group's external_senders. The first is signed with the key of the key package, the
 * second with that of the present identity (mls_client_set_identity). PROPOSAL_SENDER for what such
 * a sender may not propose; KEY_PACKAGE_PRIVATE for a key package with a signature key that this
 * client never had, and the errors of one that does not decode.
 */
enum mls_err MLS_MUST_CHECK mls_client_propose(struct mls_client *client, struct mls_buf *message,
					       const struct mls_outside_sender *sender,
					       const struct mls_proposal_request *request);

/*
 * mls_group_protect encrypts application data for the present epoch (6.3).
 *
 *   message             appended: MLSMessage with the PrivateMessage
 *   data                the plaintext; must not lie inside `message`
 *   authenticated_data  authenticated and not encrypted; may be empty
 *
 * Fails with PROPOSALS_WAITING while proposals of this epoch are not committed (12.4),
 * with GENERATION_SPENT when the own ratchet is at its end, and with STATE_OLD; STORAGE. On
 * failure nothing is appended.
 */
enum mls_err MLS_MUST_CHECK mls_group_protect(struct mls_group *group, struct mls_buf *message,
					      struct mls_slice data,
					      struct mls_slice authenticated_data);

enum mls_event_type {
	MLS_EVENT_APPLICATION, /* data is the plaintext */
	MLS_EVENT_PROPOSAL,    /* `proposal` waits for a later commit */
	MLS_EVENT_COMMIT,      /* another member's commit began `epoch` */
	MLS_EVENT_OWN_COMMIT,  /* the own commit came back: `epoch` is the present one */
	MLS_EVENT_REMOVED,     /* this member was removed: the group can only be freed */
	MLS_EVENT_REINIT,      /* the group is shut down and waits for its successor (11.2) */
};

/* What a message was. Pointers lead into the message or the group, until the next call. */
struct mls_event {
	enum mls_event_type type;
	uint64_t epoch;      /* of a proposal or application data: in which it was sent */
	uint32_t sender;     /* leaf index; MLS_NO_LEAF for a sender outside the group */
	uint32_t generation; /* of a PrivateMessage */
	uint16_t proposal_type;
	size_t proposal; /* its index, for mls_group_proposal */
	struct mls_slice data;
	struct mls_slice authenticated_data;
	const uint32_t *added; /* leaf indexes, of a commit */
	size_t n_added;
	const uint32_t *removed;
	size_t n_removed;
};

/*
 * mls_group_receive applies one message from the delivery service.
 *
 *   message  an encoded MLSMessage (6) with a PublicMessage or PrivateMessage; read, not kept
 *   event    what happened. event->data points into memory of the group and is valid until
 *            the next call on it.
 *
 * The own commit, coming back, completes the pending one (14). Fails with a STALE code for
 * another epoch or a replay, FORGED for a bad signature, tag or ciphertext, MALFORMED or
 * INVALID for a broken rule, REFUSED for policy. On failure the group is as it was, except
 * that a message key that has decrypted something is gone (9.2). After STORAGE it is not: the
 * same message can be received again.
 */
enum mls_err MLS_MUST_CHECK mls_group_receive(struct mls_group *group, struct mls_event *event,
					      struct mls_slice message);

/*
 * mls_group_save appends the whole state of a group: epoch, private keys, ratchet positions and
 * kept keys, cached proposals, pending commit, past epochs. It holds secrets in the clear.
 *
 * When an ephemeral client must save: what a message was made with must not be used again (9.1,
 * 6.3.1). So the state after mls_group_protect, a private handshake or a commit must be on
 * stable storage before the message leaves this device, and the state after mls_group_receive
 * before its event is acted on. What a client with a storage saves is a backup (mls_group_load).
 */
enum mls_err MLS_MUST_CHECK mls_group_save(const struct mls_group *group, struct mls_buf *out);

/*
 * mls_group_load makes the group again. `client` has the suite and the signature keys of
 * the one that saved (mls_client_set_identity), and its policy keeps at least as many past epochs.
 * STATE for what mls_group_save did not write, every single damaged byte included; STATE_CLIENT for
 * another client's; GROUP_ID_TAKEN; STORAGE, where the client has one.
 *
 * A state of a client with a storage may have been overtaken by what it sent later, in this epoch
 * and those that followed: loaded alone, as a backup, it has no own message keys. Application data
 * and private handshakes fail with STATE_OLD until a commit with a path that this group itself
 * makes, as a public handshake, has begun an epoch that is new for certain: one that was pending
 * in the backup has not.
 */
enum mls_err MLS_MUST_CHECK mls_group_load(struct mls_client *client, struct mls_group **group,
					   struct mls_slice saved);

/* MLS-Exporter (8.5): `len` bytes that all members of the epoch can derive; at most
 * 255 * KDF.Nh bytes, else USAGE. */
enum mls_err MLS_MUST_CHECK mls_group_export(const struct mls_group *group, uint8_t *out,
					     size_t len, struct mls_slice label,
					     struct mls_slice context);

/* The epoch authenticator (8.7), KDF.Nh bytes; memory of the group, of this epoch. */
struct mls_slice mls_group_epoch_authenticator(const struct mls_group *group);

/* Appends the ratchet tree of the present epoch (12.4.3.3), as mls_group_join takes it. */
enum mls_err MLS_MUST_CHECK mls_group_ratchet_tree(const struct mls_group *group,
						   struct mls_buf *out);

/* What mls_group_info puts into a GroupInfo beside the GroupContext. */
struct mls_group_info_request {
	bool ratchet_tree;
	bool external_pub;           /* lets others join by an external commit */
	struct mls_slice extensions; /* more of them: encoded body, none of a default type */
};

/* Appends an MLSMessage with a signed GroupInfo of the present epoch (12.4.3). EXTENSION_PLACE for
 * an extension of a default type, EXTENSION_TWICE, and the errors of a list that does not decode;
 * nothing is appended then. */
enum mls_err MLS_MUST_CHECK mls_group_info(struct mls_group *group, struct mls_buf *out,
					   const struct mls_group_info_request *request);

/* The group id; memory of the group, of this epoch. */
struct mls_slice mls_group_id(const struct mls_group *group);
/* The number of the present epoch; a group begins in epoch 0. */
uint64_t mls_group_epoch(const struct mls_group *group);
/* The cipher suite, by its number in the registry (17.1). */
uint16_t mls_group_suite(const struct mls_group *group);
/* The body of the GroupContext's extension list, encoded; memory of the group, of this epoch. */
struct mls_slice mls_group_extensions(const struct mls_group *group);
/* The extensions of the GroupInfo in the Welcome by which this group was joined, but for the
 * ratchet tree: an encoded body (mls_extension_take), in which other libraries may have put
 * external_pub too. Empty where there were none, and from the next epoch on. They are no part of
 * the state that is saved or stored, and joining uses up the key package: a crash loses them, so
 * nothing that is needed later belongs there. Memory of the group, of this epoch. */
struct mls_slice mls_group_welcome_extensions(const struct mls_group *group);
/* The own leaf index. */
uint32_t mls_group_own_leaf(const struct mls_group *group);
/* Leaves of the tree, blank ones included: a power of two; and members. */
uint32_t mls_group_n_leaves(const struct mls_group *group);
uint32_t mls_group_n_members(const struct mls_group *group);
/* Is a commit of mls_group_commit pending: neither accepted nor discarded, nor another in its
 * place? */
bool mls_group_is_pending(const struct mls_group *group);

/* What a group that a ReInit has shut down goes on as; false for another group. Memory of the
 * group. */
bool mls_group_reinit(const struct mls_group *group, struct mls_reinit_parameters *parameters);

/* Who is at `leaf`; false when nobody is. Memory of the group, of this epoch. */
bool mls_group_member(const struct mls_group *group, struct mls_identity *member, uint32_t leaf);

/* The extensions of the leaf of who is there (7.2, 5.3.3), an encoded body (mls_extension_take);
 * likewise. */
bool mls_group_member_extensions(const struct mls_group *group, struct mls_slice *extensions,
				 uint32_t leaf);

#ifdef __cplusplus
}
#endif
#endif
