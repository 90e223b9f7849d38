#ifndef MLS_CLIENT_H
#define MLS_CLIENT_H
#include "key_package.h"
#include "mls_storage.h"
#include "psk.h"

/* One device: its keys, what it published, what it knows. RFC 9420 10, 8.4. */

/* The default of policy.max_message, and where there is no policy. */
#define MLS_DEFAULT_MAX_MESSAGE ((size_t)64 << 20)

/* A KeyPackage that was published and not used yet, with its private keys. */
struct mls_kept_key_package {
	uint8_t ref[MLS_MAX_HASH];
	struct mls_buf key_package; /* encoded */
	struct mls_key *init_key, *encryption_key;
};

struct mls_kept_psk {
	struct mls_buf id, psk;
};

/* As whom the client presents itself, or did. */
struct mls_own_identity {
	struct mls_signer *signer;
	uint16_t credential_type;
	struct mls_buf credential;
};

struct mls_client {
	struct mls_crypto *crypto;
	bool borrows_crypto;       /* of another client, which outlives this one */
	struct mls_signer *signer; /* of the present identity */
	struct mls_buf leaf_memory;
	struct mls_leaf_node leaf; /* what every leaf of this client has; views of leaf_memory */
	struct mls_slice key_package_extensions; /* likewise */
	struct mls_policy policy;
	struct mls_storage storage; /* put is NULL: ephemeral */
	uint64_t key_package_lifetime_s;
	uint64_t now_s;
	struct mls_kept_key_package *kept;
	size_t n_kept, room_kept;
	struct mls_kept_psk *psks;
	size_t n_psks, room_psks;
	struct mls_own_identity *own; /* all, if there was ever another than the config's */
	size_t n_own;
	struct mls_group *groups; /* a list by mls_group.next */
};

/* mls_key_package_new, with key objects instead of the encoded private part. On failure
 * `message` may have grown. */
enum mls_err MLS_MUST_CHECK mls_key_package_make(struct mls_client *client, struct mls_buf *message,
						 struct mls_key **init_key,
						 struct mls_key **encryption_key);

/* A client that uses the contexts of `crypto`, which outlives it, from a zeroed one. For
 * mls_client_new and for probe/. */
enum mls_err MLS_MUST_CHECK mls_client_init(struct mls_client *client, struct mls_crypto *crypto,
					    const struct mls_client_config *config);

/* The kept key package of a reference; NULL where there is none. */
struct mls_kept_key_package *mls_client_find_kept(const struct mls_client *client,
						  struct mls_slice ref);

/* Ends a key package that is used up, in the storage too. STORAGE: it is still there then. */
enum mls_err MLS_MUST_CHECK mls_client_drop_kept(struct mls_client *client,
						 struct mls_kept_key_package *kept);

/* By the policy: MESSAGE_TOO_LONG, GROUP_EXTENSIONS_TOO_LONG. */
enum mls_err MLS_MUST_CHECK mls_policy_check_message(const struct mls_policy *policy,
						     struct mls_slice message);
enum mls_err MLS_MUST_CHECK mls_policy_check_extensions(const struct mls_policy *policy,
							struct mls_slice group_extensions);

/* Puts into the storage, if there is one. STORAGE. */
enum mls_err MLS_MUST_CHECK mls_client_put(const struct mls_client *client, enum mls_stored what,
					   struct mls_slice id, struct mls_slice bytes);

/* The external PSK of an id; false where the client does not have it. */
bool mls_client_find_psk(const struct mls_client *client, struct mls_slice id,
			 struct mls_slice *psk);

/* The lifetime of a leaf that is made now; it begins a little earlier, for clocks that differ. */
struct mls_lifetime mls_client_lifetime(const struct mls_client *client);

/* MakeKeyPackageRef (5.2). */
void mls_key_package_ref(struct mls_crypto *crypto, uint8_t *out, struct mls_slice key_package);

/* Takes the KeyPackage out of its MLSMessage. WIRE_FORMAT for another message. */
enum mls_err MLS_MUST_CHECK mls_key_package_message(struct mls_key_package *out,
						    struct mls_slice message);

/* The rules by which this client judges a leaf of a group (7.3). */
struct mls_leaf_rules mls_client_rules(const struct mls_client *client, struct mls_slice group_id,
				       struct mls_slice group_extensions, bool sending);
#endif
