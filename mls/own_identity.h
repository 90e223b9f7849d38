#ifndef MLS_OWN_IDENTITY_H
#define MLS_OWN_IDENTITY_H
#include "client.h"
#include "epoch.h"

/*
 * As whom a client presents itself: RFC 9420 5.3. What a client makes anew presents its present
 * identity; in a group it has the one of its leaf, until that is replaced. So a group needs to
 * keep nothing of it: its own leaf tells the signature key.
 */

/* A signer as a configuration gives it: generated where there are no keys. PRIVATE_KEY, PUBLIC_KEY,
 * SIGNATURE_KEY_MISMATCH. */
enum mls_err MLS_MUST_CHECK mls_own_signer_make(struct mls_crypto *crypto,
						struct mls_signer **signer,
						struct mls_slice private_key,
						struct mls_slice public_key);

/*
 * What others would refuse of what all leaves of a client have is refused here: a credential that
 * is not well formed or not of the key beside it (5.3), what could make a leaf longer than one
 * may be: LEAF_TOO_LONG, and more code points than a group keeps track of: CODE_POINTS.
 */
enum mls_err MLS_MUST_CHECK mls_own_leaf_check(struct mls_crypto *crypto,
					       const struct mls_leaf_node *leaf);

/* The signer of a signature key of this client, borrowed; NULL where it never was one. */
struct mls_signer *mls_own_signer(const struct mls_client *client, struct mls_slice signature_key);

/* Who signs for the own leaf of an epoch, borrowed; for who is not in the tree yet, and comes
 * in by its present identity, the signer of that. */
struct mls_signer *mls_epoch_signer(const struct mls_client *client, const struct mls_epoch *epoch);

/* Ends what mls_client_set_identity has made. */
void mls_own_identities_clear(struct mls_client *client);
#endif
