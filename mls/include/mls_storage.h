#ifndef MLS_STORAGE_H
#define MLS_STORAGE_H
#include "mls.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Storage
 *
 * A key that has encrypted something must not encrypt anything else, and a secret that others
 * count on must not be lost; so some things have to be on stable storage before a message leaves
 * this device or an event is acted on. A client with a storage sees to that by itself: each
 * call below stores what it has computed, and hands its outputs out only after that. When the
 * storage refuses, the call fails with STORAGE and no output is there.
 *
 *   put    makes `bytes` durable under (what, id), as one step that is either done or not; any
 *          other result than MLS_OK says that it is not. It must not use the client. The
 *          bytes are secret, and valid during the call.
 *
 *   MLS_STORED_GROUP        id is the group id. Replaces the group's bytes, and deletes its
 *                           changes. O(members): when a group begins or enters an epoch.
 *   MLS_STORED_CHANGE       id is the group id. Appends to the group's changes. A few dozen
 *                           bytes for each `reserved_keys` messages sent, for each message
 *                           received; more for a proposal, O(members) for an own commit.
 *   MLS_STORED_KEY_PACKAGE  id is the KeyPackageRef. Replaces the bytes; empty: deletes them.
 *
 * One client at a time may use what is stored. What an application no longer needs, a group that
 * it has left for example, it deletes by itself.
 *
 * After a restart, mls_client_restore_key_package takes the bytes of each key package and
 * mls_group_restore those of each group with its changes, one after another in order.
 *
 * An application may do what it does with an event in the same transaction as the put of the
 * mls_group_receive before it, and commit both after; it must not do so for what is sent.
 */
enum mls_stored {
	MLS_STORED_GROUP,
	MLS_STORED_CHANGE,
	MLS_STORED_KEY_PACKAGE,
};

struct mls_storage {
	enum mls_err (*put)(void *state, enum mls_stored what, struct mls_slice id,
			    struct mls_slice bytes);
	void *state;
};

/* mls_client_keep_key_package with what was last put as MLS_STORED_KEY_PACKAGE, of a backup never:
 * it may be used up since. Every identity of the client must be set before
 * (mls_client_set_identity). STATE where it was not put, and the errors of that function. */
enum mls_err MLS_MUST_CHECK mls_client_restore_key_package(struct mls_client *client,
							   struct mls_slice stored);

/*
 * mls_group_store stores the whole group, MLS_STORED_GROUP: by that the changes until now and
 * the secrets that were used up since the last time are gone from the storage too. The
 * library does it by itself at each new epoch.
 */
enum mls_err MLS_MUST_CHECK mls_group_store(struct mls_group *group);

/*
 * mls_group_restore makes a group again from its storage.
 *
 *   saved    what was last put as MLS_STORED_GROUP
 *   changes  all that was put as MLS_STORED_CHANGE after it, one after another; may be empty
 *
 * Message keys of our own that were reserved count as used. STATE for what was not stored, or
 * not in this order; STATE_OLD where the changes belong to a later state than `saved`; and as
 * mls_group_load. So is a policy STATE that allows fewer past epochs, ratchet steps or kept keys
 * than the one under which this was stored. A storage that loses the end of the changes unnoticed
 * breaks what 9.1 asks for: give what may not be complete to mls_group_load.
 */
enum mls_err MLS_MUST_CHECK mls_group_restore(struct mls_client *client, struct mls_group **group,
					      struct mls_slice saved, struct mls_slice changes);

#ifdef __cplusplus
}
#endif
#endif
