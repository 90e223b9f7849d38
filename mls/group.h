#ifndef MLS_GROUP_H
#define MLS_GROUP_H
#include "proposal_list.h"

/*
 * A group as one client sees it: the present epoch, and what changes inside it.
 */

/* The next epoch, made by our commit or by another's, before it takes the place of the
 * present one. */
struct mls_staged {
	struct mls_epoch *epoch; /* NULL when the commit removes us */
	struct mls_secret_tree secret_tree;
	uint32_t committer; /* leaf index in the new epoch */
	uint32_t *added, *removed;
	size_t n_added, n_removed;
	bool removes_us;
	bool is_fresh; /* an own commit with a path, not of a backup: nobody has used its keys */
	struct mls_buf reinit;              /* the body of its ReInit; empty: none */
	uint8_t message_hash[MLS_MAX_HASH]; /* of an own commit: the message, to know it again */
};

void mls_staged_clear(struct mls_staged *staged);

/* An epoch before the present one, whose messages can still be read. */
struct mls_past_epoch {
	struct mls_epoch *epoch;            /* as mls_epoch_retire made it */
	struct mls_secret_tree secret_tree; /* as mls_secret_tree_retire made it */
};

enum mls_group_state {
	MLS_GROUP_ACTIVE,
	MLS_GROUP_REMOVED,       /* the last commit removed us */
	MLS_GROUP_REINITIALIZED, /* the last commit had a ReInit (11.2) */
};

struct mls_group {
	struct mls_client *client;
	struct mls_group *next; /* of the client's groups */
	enum mls_group_state state;
	struct mls_epoch *epoch;
	struct mls_secret_tree secret_tree;
	struct mls_proposal_cache proposals;
	struct mls_buf reinit;             /* of the commit that shut the group down */
	struct mls_origin *origin;         /* until the first commit of a successor; else NULL */
	struct mls_buf welcome_extensions; /* until the next epoch */
	uint8_t joined_by[MLS_MAX_HASH];   /* of the external commit by which we came in */
	bool has_joined_by;
	struct mls_staged *pending;  /* our own commit, until it comes back; NULL: none */
	struct mls_past_epoch *past; /* newest first; room for policy->past_epochs */
	size_t n_past;
	uint64_t n_stores;      /* how often the whole group was put into a storage; 0: never */
	uint32_t n_changes;     /* of these stored since */
	uint64_t reserved[2];   /* by enum mls_ratchet: own generations below may have been used */
	bool may_be_old;        /* loaded from a state that may have been overtaken */
	struct mls_buf changes; /* encoded, to be stored together */
	uint32_t n_noted;       /* how many these are */
	struct mls_buf frame;   /* a message while it is written for encryption */
	struct mls_buf plain;   /* the last decrypted message, for its event */
	uint32_t *added, *removed; /* of the last event */
};

/* A group around an epoch and its secret tree, which it takes over, also on failure. */
enum mls_err MLS_MUST_CHECK mls_group_begin(struct mls_client *client, struct mls_group **group,
					    struct mls_epoch *epoch,
					    struct mls_secret_tree *secret_tree);

/* Can the group send and receive? REMOVED, REINITIALIZED. */
enum mls_err MLS_MUST_CHECK mls_group_check_active(const struct mls_group *group);

/* mls_group_create before anything is stored. */
enum mls_err MLS_MUST_CHECK mls_group_found(struct mls_client *client, struct mls_group **group,
					    struct mls_slice group_id, struct mls_slice extensions);

/* Ends the memory of the last event, plaintext included. */
void mls_group_forget_event(struct mls_group *group);

/* Does the client have a group with this id? */
bool mls_client_has_group(const struct mls_client *client, struct mls_slice group_id);

/* Replaces the present epoch by the staged one, which is stored before, and drops what belonged
 * to it; *event says what changed. *staged is empty then; on failure it is as it was. */
enum mls_err MLS_MUST_CHECK mls_group_advance(struct mls_group *group, struct mls_event *event,
					      struct mls_staged *staged);

/* Adds a received or own proposal, whose sender was checked, to those of the epoch after
 * validating it by itself (12.1), more strictly where it is sent (7.3). *place is where among
 * them it is. */
enum mls_err MLS_MUST_CHECK mls_group_keep_proposal(struct mls_group *group,
						    const struct mls_authenticated_content *content,
						    struct mls_key *update_key, bool sending,
						    size_t *place);
#endif
