#ifndef MLS_H
#define MLS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Messaging Layer Security (RFC 9420).
 *
 * Conventions of this header. Pointers are not NULL unless a description allows it.
 * Parameters stand in the order: context, outputs, inputs. Every function that can fail
 * returns enum mls_err, which must be looked at; on failure outputs are untouched and
 * the object is as it was, unless its description says otherwise. There is no hidden
 * state, no logging, no clock: randomness and time come in through the client.
 */

#if defined(__GNUC__)
#define MLS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define MLS_MUST_CHECK
#endif

/*
 * Cryptographic libraries. OpenSSL has everything. libsodium has the curves of cipher suites
 * 1 and 3, X25519 and Ed25519, and does them in less time; the rest then stays with
 * OpenSSL. Members on either understand each other.
 */
enum mls_crypto_library {
	MLS_CRYPTO_OPENSSL = 0,
	MLS_CRYPTO_SODIUM = 1,
};

/* The version of this library; and that of a library below, as this reports it. */
const char *mls_version(void);
const char *mls_crypto_version(enum mls_crypto_library library);

/* Borrowed bytes. */
struct mls_slice {
	const uint8_t *p;
	size_t len;
};

/*
 * Owned bytes; {0} is empty. Whoever declared it ends it with mls_buf_free. Functions append
 * to a buffer, so memory that is there is used again: set len to 0 to start over.
 *
 * With `fixed` set, p is `cap` bytes of the caller's own memory: it is never moved nor freed,
 * and what does not fit fails with BUFFER_FULL.
 */
struct mls_buf {
	uint8_t *p;
	size_t len, cap;
	bool fixed;
};

/* Wipes and frees the bytes; b is empty afterwards. Fixed memory is wiped up to len. */
void mls_buf_free(struct mls_buf *b);

enum mls_err {
#define X(name, class, section, sentence) MLS_ERR_##name,
#include "mls_errors.def"
#undef X
	MLS_OK = MLS_ERR_OK,
};

/* What a caller can do about an error. */
enum mls_err_class {
	MLS_CLASS_NONE,
	MLS_CLASS_MALFORMED, /* not an encoding of anything */
	MLS_CLASS_INVALID,   /* well formed, and against a rule of the protocol */
	MLS_CLASS_FORGED,    /* a signature, tag or ciphertext does not fit */
	MLS_CLASS_REFUSED,   /* against the policy of this client */
	MLS_CLASS_STALE,     /* of another epoch, or seen before */
	MLS_CLASS_USAGE,     /* the caller's mistake */
	MLS_CLASS_RESOURCE,  /* memory or the cryptographic library */
};

/* Of an error: the name of its row, the section of RFC 9420 ("" where it has none), a
 * sentence for people, its class. Static strings. */
const char *mls_err_name(enum mls_err err);
const char *mls_err_section(enum mls_err err);
const char *mls_err_sentence(enum mls_err err);
enum mls_err_class mls_err_class(enum mls_err err);

/* Cipher suites, RFC 9420 17.1. */
enum mls_suite_id {
	MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519 = 1,
	MLS_128_DHKEMP256_AES128GCM_SHA256_P256 = 2,
	MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_ED25519 = 3,
	MLS_256_DHKEMX448_AES256GCM_SHA512_ED448 = 4,
	MLS_256_DHKEMP521_AES256GCM_SHA512_P521 = 5,
	MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_ED448 = 6,
	MLS_256_DHKEMP384_AES256GCM_SHA384_P384 = 7,
};

/* Credential types, RFC 9420 17.5. */
enum mls_credential_type {
	MLS_CREDENTIAL_BASIC = 1, /* content: the identity */
	MLS_CREDENTIAL_X509 = 2,  /* content: the encoded Certificate vector, without its length */
};

/* Extension types, RFC 9420 17.3. */
enum mls_extension_type {
	MLS_EXTENSION_APPLICATION_ID = 1,
	MLS_EXTENSION_RATCHET_TREE = 2,
	MLS_EXTENSION_REQUIRED_CAPABILITIES = 3,
	MLS_EXTENSION_EXTERNAL_PUB = 4,
	MLS_EXTENSION_EXTERNAL_SENDERS = 5,
};

/* Proposal types, RFC 9420 17.4. */
enum mls_proposal_type {
	MLS_PROPOSAL_ADD = 1,
	MLS_PROPOSAL_UPDATE = 2,
	MLS_PROPOSAL_REMOVE = 3,
	MLS_PROPOSAL_PSK = 4,
	MLS_PROPOSAL_REINIT = 5,
	MLS_PROPOSAL_EXTERNAL_INIT = 6,
	MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS = 7,
};

#define MLS_NO_LEAF UINT32_MAX

/* Where random bytes come from. fill writes exactly `len` bytes, or fails. */
struct mls_random {
	enum mls_err (*fill)(void *state, uint8_t *out, size_t len);
	void *state;
};

/* A list of 16-bit code points, borrowed. */
struct mls_code_points {
	const uint16_t *v;
	size_t n;
};

/* A member, a sender or a joiner as its credential presents it (RFC 9420 5.3). */
struct mls_identity {
	uint16_t credential_type;
	struct mls_slice credential; /* see enum mls_credential_type */
	struct mls_slice signature_key;
};

/* Takes the next certificate (DER), the end entity's first, off an X.509 credential's content;
 * false behind the last. */
bool mls_certificate_next(struct mls_slice *chain, struct mls_slice *der);

/*
 * What RFC 9420 leaves to the application. mls_policy_default() is a policy to start from.
 *
 *   max_lifetime_s      longest lifetime of a KeyPackage that is accepted (7.2); 0: any
 *   accept_expired      accept received leaves outside their lifetime. What this client
 *                       itself adds must always be inside it (7.3).
 *   max_message         longest message that is read, in bytes; also of a ratchet tree given beside
 *                       it, and of all proposals cached in one epoch together
 *   max_group_extensions  longest extensions of a GroupContext, in bytes, which go into each
 *                       signature and tag of the group
 *   max_leaves          largest tree that is joined, in leaves
 *   max_ratchet_steps   how far one message may push a sender's ratchet (15.3)
 *   max_kept_keys       message keys kept for late messages, for each sender's ratchet
 *   max_proposals       proposals cached in one epoch
 *   past_epochs         epochs before the present one whose messages can still be read and
 *                       whose resumption PSK is kept
 *   reserved_keys       how many own message keys one call of the storage reserves: so many are
 *                       lost to a crash, and so few calls does sending cost; at most 1,000, 0: 1
 *   padding             PrivateMessage content is padded with zeros to a multiple of this
 *                       many bytes; 0 and 1: no padding (6.3.1)
 *   accept_credential   Is this credential of a member or external sender acceptable (5.3.1)?
 *                       NULL: every well-formed one is. `replaced` is whom it replaces, or NULL.
 *                       An X.509 end entity's key is signature_key (5.3); judge all else of it.
 *   state               handed to the callback
 */
struct mls_policy {
	uint64_t max_lifetime_s;
	bool accept_expired;
	size_t max_message;
	size_t max_group_extensions;
	uint32_t max_leaves;
	uint32_t max_ratchet_steps;
	uint32_t max_kept_keys;
	uint32_t max_proposals;
	uint32_t past_epochs;
	uint32_t reserved_keys;
	uint32_t padding;
	bool (*accept_credential)(void *state, const struct mls_identity *presented,
				  const struct mls_identity *replaced);
	void *state;
};

/* No lifetime limit, expired leaves refused, 64 MiB messages, 64 KiB of a
 * group's extensions, 2^20 leaves, 1,000 ratchet
 * steps, 1,000 kept keys, 1,000 proposals, no past epochs, 32 reserved keys, no padding, every
 * credential. */
struct mls_policy mls_policy_default(void);

/*
 * Client
 *
 * A client is one device: a cipher suite, a signature key, a credential, a policy, a source
 * of randomness, the time, and the private parts of the key packages it has published.
 * A client and all groups made from it belong to one thread at a time; a client outlives
 * its groups.
 */
struct mls_client;

struct mls_storage;

/*
 * What a client is made from; everything is copied.
 *
 *   suite              cipher suite (17.1)
 *   crypto             whose curves are used; 0: OpenSSL's
 *   signature_private  the signature key as the vectors of the working group write it: the
 *   signature_public   seed of EdDSA, the scalar of ECDSA. Both empty: a key is generated.
 *   credential         credential_type and its content
 *   capabilities       what the leaf announces beside mls10, this suite and this credential
 *                      type, which are always there, without default types (7.2)
 *   key_package_lifetime_s  0: 90 days
 *   random, now_s      randomness; seconds since 1970
 *   storage            where state is kept (mls_storage.h), unless
 *   ephemeral          there is none: groups end with the process, or mls_group_save is called
 *   threads            how many a call may use, for many members; 0, 1: it never starts one
 *   policy             NULL: mls_policy_default()
 */
struct mls_client_config {
	uint16_t suite;
	enum mls_crypto_library crypto;
	struct mls_slice signature_private, signature_public;
	uint16_t credential_type;
	struct mls_slice credential;
	struct mls_code_points suites, extensions, proposals, credentials;
	uint64_t key_package_lifetime_s, now_s;
	struct mls_random random;
	const struct mls_storage *storage;
	bool ephemeral;
	unsigned threads;
	const struct mls_policy *policy;
};

/* Random bytes of the operating system, by way of the cryptographic library. */
struct mls_random mls_random_system(void);

/*
 * mls_client_new makes a client. SUITE for a cipher suite it does not know, CRYPTO_LIBRARY where
 * config->crypto lacks its curves, PRIVATE_KEY or PUBLIC_KEY for what is no signature key of it,
 * CREDENTIAL_TYPE, CERTIFICATES_EMPTY, TRUNCATED, CERTIFICATE, CERTIFICATE_KEY for a credential
 * that others would refuse, STORAGE_UNDECIDED unless there is either a storage or `ephemeral`,
 * USAGE for over 64 threads, CRYPTO, NOMEM.
 */
enum mls_err MLS_MUST_CHECK mls_client_new(struct mls_client **client,
					   const struct mls_client_config *config);

/* Wipes and frees; NULL is allowed. Groups of the client must be gone. */
void mls_client_free(struct mls_client *client);

/* Tells the client what time it is, in seconds since 1970. */
void mls_client_set_time(struct mls_client *client, uint64_t now_s);

/* The public signature key; memory of the client. */
struct mls_slice mls_client_signature_key(const struct mls_client *client);

/* Appends the private signature key, as struct mls_client_config takes it. Secret. */
enum mls_err MLS_MUST_CHECK mls_client_signature_private(const struct mls_client *client,
							 struct mls_buf *out);

/*
 * mls_key_package_new makes a KeyPackage (10), by which others can add this client.
 *
 *   message       appended: MLSMessage with the KeyPackage, to be published
 *   private_part  appended: opaque init_private_key<V>, opaque encryption_private_key<V>.
 *                 The client does not keep it: see mls_client_keep_key_package.
 *
 * In a client with a storage both are stored before (mls_storage.h).
 */
enum mls_err MLS_MUST_CHECK mls_key_package_new(struct mls_client *client, struct mls_buf *message,
						struct mls_buf *private_part);

/*
 * mls_client_keep_key_package gives the client what mls_key_package_new made, so that it can
 * join by a Welcome. A join that succeeds consumes it, and it must not be given again: the same
 * Welcome would begin with the same message keys. Fails with the errors of a KeyPackage that does
 * not decode, and with KEY_PACKAGE_PRIVATE where the private part is not its own.
 */
enum mls_err MLS_MUST_CHECK mls_client_keep_key_package(struct mls_client *client,
							struct mls_slice message,
							struct mls_slice private_part);

/* An external pre-shared key (8.4), copied. Given again, an id gets its new value; an empty
 * `psk` forgets the id. */
enum mls_err MLS_MUST_CHECK mls_client_set_psk(struct mls_client *client, struct mls_slice id,
					       struct mls_slice psk);

/*
 * Group
 */
struct mls_group;

/*
 * mls_group_create makes a group of one member (11), in epoch 0.
 *
 *   group_id    empty: random, KDF.Nh bytes
 *   extensions  the body of the GroupContext's extension list, encoded; may be empty
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
 * WELCOME_NOT_FOR_US when no kept key package is addressed, and with the code of the rule
 * that the Welcome, the GroupInfo or the tree breaks. On failure the client is as it was.
 */
enum mls_err MLS_MUST_CHECK mls_group_join(struct mls_client *client, struct mls_group **group,
					   struct mls_slice welcome, struct mls_slice ratchet_tree);

/*
 * What a GroupInfo says of its group, for a client that must first be made for it or that
 * speaks to it from outside. Nothing of it is verified. Pointers lead into the message.
 *
 *   ratchet_tree      as mls_group_join takes it; empty where the GroupInfo does not carry it
 *   has_external_pub  clients may join by themselves
 */
struct mls_group_outline {
	uint16_t suite;
	struct mls_slice group_id;
	uint64_t epoch;
	struct mls_slice extensions; /* of the GroupContext: encoded body */
	struct mls_slice ratchet_tree;
	bool has_external_pub;
};

/* Reads an MLSMessage with a GroupInfo (12.4.3). Fails for what does not decode. */
enum mls_err MLS_MUST_CHECK mls_group_info_read(struct mls_group_outline *outline,
						struct mls_slice group_info);

/*
 * mls_ratchet_tree_find tells the leaf index of the first member with a credential: of an
 * older self that is to be replaced, or of somebody to be removed by an external sender. The
 * tree is decoded, not validated; mls_group_join_external does that. MEMBER_UNKNOWN where
 * nobody has it.
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
 * SUITE where the client has another one than the new group; NOT_REINITIALIZED.
 */
enum mls_err MLS_MUST_CHECK mls_group_create_successor(
	struct mls_client *client, struct mls_group **group, const struct mls_group *old,
	enum mls_succession how, struct mls_slice group_id, struct mls_slice extensions);

/*
 * mls_group_join_successor joins, as mls_group_join does, a group that must follow from
 * `old`. SUCCESSOR_PSK, SUCCESSOR_EPOCH, SUCCESSOR_PARAMETERS, SUCCESSOR_MEMBERS where it does
 * not; members are compared by their credentials.
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
 *                       otherwise included by reference, but for what others overrule (12.2)
 *   path_if_required    leave out the path where 12.4 allows it
 *   tree_in_welcome     put the ratchet tree into the Welcome
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
	bool path_if_required;
	bool tree_in_welcome;
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
 * Fails with PENDING when a commit is pending already, with the rule's code for a bad key
 * package, leaf index or list of proposals. On failure nothing is appended and the group is
 * as it was, except that a private handshake consumes one generation of the own ratchet.
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
 * keeps the proposal. What is not valid fails with its rule's code.
 */
enum mls_err MLS_MUST_CHECK mls_group_propose(struct mls_group *group, struct mls_buf *message,
					      const struct mls_proposal_request *request,
					      enum mls_handshake handshake);

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
 * stands in the group's external_senders. PROPOSAL_SENDER for what such a sender may not
 * propose.
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
	MLS_EVENT_PROPOSAL,    /* proposal_type was cached for a later commit */
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
 * that a message key that has decrypted something is gone (9.2). Where the client has a
 * storage, that is also so after STORAGE.
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
 * mls_group_load makes the group again. `client` has the suite, signature key and credential of
 * the one that saved, and its policy keeps at least as many past epochs. STATE for what
 * mls_group_save did not write, every single damaged byte included; STATE_CLIENT for
 * another client's; GROUP_ID_TAKEN; STORAGE, where the client has one.
 *
 * A state of a client with a storage may have been overtaken by what it sent later, in this epoch
 * and those that followed: loaded alone, as a backup, it has no own message keys. Application data
 * and private handshakes fail with STATE_OLD until a commit with a path that this group itself
 * makes, as a public handshake, has begun an epoch that is new for certain.
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
	bool external_pub; /* lets others join by an external commit */
};

/* Appends an MLSMessage with a signed GroupInfo of the present epoch (12.4.3). */
enum mls_err MLS_MUST_CHECK mls_group_info(struct mls_group *group, struct mls_buf *out,
					   const struct mls_group_info_request *request);

struct mls_slice mls_group_id(const struct mls_group *group);
uint64_t mls_group_epoch(const struct mls_group *group);
uint16_t mls_group_suite(const struct mls_group *group);
/* The body of the GroupContext's extension list, encoded. */
struct mls_slice mls_group_extensions(const struct mls_group *group);
/* The own leaf index. */
uint32_t mls_group_own_leaf(const struct mls_group *group);
/* Leaves of the tree, blank ones included: a power of two; and members. */
uint32_t mls_group_n_leaves(const struct mls_group *group);
uint32_t mls_group_n_members(const struct mls_group *group);
bool mls_group_is_pending(const struct mls_group *group);

/* What a group that a ReInit has shut down goes on as; false for another group. Memory of the
 * group. */
bool mls_group_reinit(const struct mls_group *group, struct mls_reinit_parameters *parameters);

/* Who is at `leaf`; false when nobody is. Memory of the group, of this epoch. */
bool mls_group_member(const struct mls_group *group, struct mls_identity *member, uint32_t leaf);

/*
 * Encodings that an application writes and reads itself (2.1.2, 12.1.8.1, 13). Those that
 * append leave `out` as it was when they fail, with NOMEM, BUFFER_FULL or TOO_LONG.
 */

/* Appends `opaque body<V>`: a length of 1, 2 or 4 bytes, and the body. */
enum mls_err MLS_MUST_CHECK mls_vector_put(struct mls_buf *out, struct mls_slice body);

/* Takes `opaque body<V>` off the front of *rest. On failure *rest is as it was. */
enum mls_err MLS_MUST_CHECK mls_vector_take(struct mls_slice *body, struct mls_slice *rest);

/* Appends an extension to the encoded body of a list. EXTENSION_TWICE where its type is in
 * there already; the errors of a list that does not decode. */
enum mls_err MLS_MUST_CHECK mls_extension_put(struct mls_buf *extensions, uint16_t type,
					      struct mls_slice data);

/* Takes an extension off the front of the encoded body of a list. On failure *rest is as it
 * was; TRUNCATED behind the last. */
enum mls_err MLS_MUST_CHECK mls_extension_take(uint16_t *type, struct mls_slice *data,
					       struct mls_slice *rest);

/* Appends one ExternalSender. The extension external_senders holds the vector of them; an
 * external sender's index is its place in there, from 0 on. */
enum mls_err MLS_MUST_CHECK mls_external_sender_put(struct mls_buf *out,
						    const struct mls_identity *sender);

#ifdef __cplusplus
}
#endif
#endif
