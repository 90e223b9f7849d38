#ifndef MLS_OWN_IDENTITY_H
#define MLS_OWN_IDENTITY_H
#include "client.h"
#include "epoch.h"

/*
 * As whom a client presents itself: RFC 9420 5.3. What a client makes anew presents its present
 * identity; in a group it has the one of its leaf, until that is replaced. So a group needs to
 * keep nothing of it: its own leaf tells the signature key.
 */

/* The signer of a signature key of this client, borrowed; NULL where it never was one. */
struct mls_signer *mls_own_signer(const struct mls_client *client, struct mls_slice signature_key);

/* Who signs for the own leaf of an epoch, borrowed; for who is not in the tree yet, and comes
 * in by its present identity, the signer of that. */
struct mls_signer *mls_epoch_signer(const struct mls_client *client, const struct mls_epoch *epoch);

/* Ends what mls_client_set_identity has made. */
void mls_own_identities_clear(struct mls_client *client);
#endif
