#include "epoch.h"

#include <stdlib.h>

#include "content_auth.h"
#include "memory.h"

enum mls_err mls_epoch_new(struct mls_epoch **epoch)
{
	*epoch = mls_calloc(1, sizeof(**epoch));
	if (!*epoch)
		return MLS_ERR_NOMEM;
	(*epoch)->refs = 1;
	return MLS_OK;
}

struct mls_epoch *mls_epoch_ref(struct mls_epoch *epoch)
{
	epoch->refs++;
	return epoch;
}

void mls_epoch_free(struct mls_epoch *epoch)
{
	if (!epoch || --epoch->refs > 0)
		return;
	mls_buf_free(&epoch->context_bytes);
	mls_tree_clear(&epoch->tree);
	mls_private_path_clear(&epoch->keys);
	mls_wipe(epoch, sizeof(*epoch));
	free(epoch);
}

enum mls_err mls_epoch_set_context(struct mls_epoch *epoch, const struct mls_group_context *context)
{
	struct mls_buf bytes = {0};
	enum mls_err err = MLS_OK;

	TRY(mls_group_context_encode(&bytes, context));
	mls_buf_free(&epoch->context_bytes);
	epoch->context_bytes = bytes;
	bytes = (struct mls_buf){0};
	TRY(mls_group_context_decode(mls_epoch_context(epoch), &epoch->context));
out:
	mls_buf_free(&bytes);
	return err;
}

/* What follows from the secrets of the epoch (8, 8.2, 9). */
static enum mls_err finish(struct mls_crypto *crypto, struct mls_epoch *epoch,
			   struct mls_secret_tree *secret_tree)
{
	enum mls_err err;

	mls_confirmation_tag(crypto, epoch->confirmation_tag, &epoch->secrets.confirmation_key,
			     epoch->context.confirmed_transcript_hash);
	mls_interim_transcript_hash(crypto, epoch->interim_transcript_hash,
				    epoch->context.confirmed_transcript_hash,
				    mls_slice(epoch->confirmation_tag, crypto->suite->nh));
	err = mls_secret_tree_init(secret_tree, mls_tree_n_leaves(&epoch->tree),
				   &epoch->secrets.encryption_secret);
	mls_secret_wipe(&epoch->secrets.encryption_secret);
	return err;
}

enum mls_err mls_epoch_derive(struct mls_crypto *crypto, struct mls_epoch *epoch,
			      struct mls_secret_tree *secret_tree,
			      const struct mls_secret *member_secret)
{
	enum mls_err err =
		mls_epoch_secrets(crypto, &epoch->secrets, member_secret, mls_epoch_context(epoch));

	return err ? err : finish(crypto, epoch, secret_tree);
}

enum mls_err mls_epoch_derive_first(struct mls_crypto *crypto, struct mls_epoch *epoch,
				    struct mls_secret_tree *secret_tree,
				    const struct mls_secret *epoch_secret)
{
	enum mls_err err = mls_epoch_secrets_from(crypto, &epoch->secrets, epoch_secret);

	return err ? err : finish(crypto, epoch, secret_tree);
}

enum mls_err mls_epoch_retire(struct mls_epoch **past, const struct mls_epoch *epoch)
{
	struct mls_epoch *made = NULL;
	enum mls_err err = MLS_OK;

	TRY(mls_epoch_new(&made));
	TRY(mls_epoch_set_context(made, &epoch->context));
	mls_tree_copy(&made->tree, &epoch->tree);
	made->keys.leaf = epoch->keys.leaf;
	made->secrets.sender_data_secret = epoch->secrets.sender_data_secret;
	made->secrets.resumption_psk = epoch->secrets.resumption_psk;
	*past = made;
	made = NULL;
out:
	mls_epoch_free(made);
	return err;
}
