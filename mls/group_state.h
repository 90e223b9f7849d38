#ifndef MLS_GROUP_STATE_H
#define MLS_GROUP_STATE_H
#include "group.h"

/*
 * Saved groups. Each structure below is one walk, as on the wire; a hash of everything stands
 * behind it. Secrets are in the clear: storage is the application's to protect.
 */

enum { MLS_STATE_VERSION = 3 };

/* STATE for an error that says what is wrong with the state; others as they are. */
enum mls_err MLS_MUST_CHECK mls_state_err(enum mls_err err);

struct mls_saved_epoch {
	struct mls_slice context;
	struct mls_slice tree; /* with its own length */
	uint32_t leaf;
	struct mls_slice keys;    /* body: level, private key, public key */
	struct mls_slice secrets; /* struct mls_epoch_secrets, each of KDF.Nh bytes */
	struct mls_slice confirmation_tag, interim_transcript_hash;
	struct mls_slice secret_tree;
};
MLS_WIRE_TYPE_DECLARE(saved_epoch)

/* What is kept of an epoch that is over (epoch.h). */
struct mls_saved_past {
	struct mls_slice context;
	struct mls_slice tree; /* with its own length */
	uint32_t leaf;
	struct mls_slice sender_data_secret, resumption_psk;
	struct mls_slice secret_tree;
};
MLS_WIRE_TYPE_DECLARE(saved_past)

struct mls_saved_staged {
	struct mls_slice epoch;
	uint32_t committer;
	struct mls_slice added, removed; /* bodies of uint32 */
	struct mls_slice reinit;
	struct mls_slice message_hash;
	bool is_fresh;
};
MLS_WIRE_TYPE_DECLARE(saved_staged)

struct mls_saved_proposal {
	struct mls_slice ref;
	uint8_t sender_type;
	uint32_t sender_index;
	uint16_t type;
	struct mls_slice body;
	struct mls_slice private_key, public_key; /* of an own Update */
};
MLS_WIRE_TYPE_DECLARE(saved_proposal)

struct mls_saved_origin {
	uint8_t usage;
	struct mls_slice group_id;
	uint64_t epoch;
	struct mls_slice resumption_psk;
};
MLS_WIRE_TYPE_DECLARE(saved_origin)

struct mls_saved_group {
	uint16_t version, suite;
	uint8_t state;
	struct mls_slice epoch;
	struct mls_slice proposals; /* body */
	struct mls_slice pending;   /* empty: none */
	struct mls_slice past;      /* body of struct mls_saved_past, newest first */
	struct mls_slice reinit;
	struct mls_slice origin;    /* empty: none */
	struct mls_slice joined_by; /* empty: none */
	uint64_t n_stores;
	uint32_t n_changes;
	uint64_t reserved[2];
	bool may_be_old;
};
MLS_WIRE_TYPE_DECLARE(saved_group)

/* What happened to a stored group since (group_store.h); a hash of these fields stands behind. */
enum mls_change_type {
	MLS_CHANGE_RESERVED, /* own generations below may be used */
	MLS_CHANGE_RECEIVED, /* a message key was used up */
	MLS_CHANGE_PROPOSAL, /* struct mls_saved_proposal was cached */
	MLS_CHANGE_PENDING,  /* struct mls_saved_staged is the pending commit */
};

struct mls_saved_change {
	uint64_t n_stores; /* of the group that it belongs to */
	uint32_t number;   /* among its changes, from 0 */
	uint8_t type;
	struct mls_slice body;
};
MLS_WIRE_TYPE_DECLARE(saved_change)

struct mls_saved_reserved {
	uint8_t ratchet;
	uint64_t bound;
};
MLS_WIRE_TYPE_DECLARE(saved_reserved)

struct mls_saved_received {
	uint64_t epoch;
	uint32_t leaf;
	uint8_t ratchet;
	uint32_t generation;
};
MLS_WIRE_TYPE_DECLARE(saved_received)

/* Parts of a group, appended and read back into it. */
enum mls_err MLS_MUST_CHECK mls_save_proposal(struct mls_buf *out,
					      const struct mls_cached_proposal *cached);
enum mls_err MLS_MUST_CHECK mls_save_staged(struct mls_crypto *crypto, struct mls_buf *out,
					    const struct mls_staged *staged);
enum mls_err MLS_MUST_CHECK mls_load_proposals(struct mls_client *client, struct mls_group *group,
					       struct mls_slice saved);
enum mls_err MLS_MUST_CHECK mls_load_staged(struct mls_client *client, struct mls_group *group,
					    struct mls_slice saved);

/* Appends the whole state; is_backup: the group it is taken from goes on without it. */
enum mls_err MLS_MUST_CHECK mls_save_group(const struct mls_group *group, struct mls_buf *out,
					   bool is_backup);

/* mls_group_load without what follows where the group may be old. */
enum mls_err MLS_MUST_CHECK mls_load_group(struct mls_client *client, struct mls_group **group,
					   struct mls_slice saved);

/* The secrets of a present or pending epoch, in the order in which they are saved. */
#define MLS_SAVED_SECRETS(X)                                                                       \
	X(sender_data_secret)                                                                      \
	X(exporter_secret)                                                                         \
	X(external_secret)                                                                         \
	X(confirmation_key)                                                                        \
	X(membership_key)                                                                          \
	X(resumption_psk)                                                                          \
	X(epoch_authenticator)                                                                     \
	X(init_secret)
#endif
