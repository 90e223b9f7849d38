#include "mls_probe.h"

#include "buf.h"
#include "group.h"
#include "memory.h"

void mls_probe_set_random(struct mls_client *client, const struct mls_random *random)
{
	mls_crypto_set_random(client->crypto, random);
}

void mls_probe_counts(const struct mls_client *client, struct mls_counts *counts)
{
	*counts = client->crypto->counts;
}

uint64_t mls_probe_allocations(void)
{
	return mls_allocations();
}

enum mls_err mls_probe_client_new(struct mls_client **client,
				  const struct mls_client_config *config,
				  struct mls_client *sibling)
{
	struct mls_crypto *crypto = sibling->crypto;
	const struct mls_random usual = crypto->random;
	struct mls_client *made;
	enum mls_err err;

	if (config->suite != crypto->suite->id)
		return MLS_ERR_SUITE;
	if (config->crypto != crypto->library)
		return MLS_ERR_CRYPTO_LIBRARY;
	made = mls_calloc(1, sizeof(*made));
	if (!made)
		return MLS_ERR_NOMEM;
	made->borrows_crypto = true;
	mls_crypto_set_random(crypto, config->random.fill ? &config->random : NULL);
	err = mls_client_init(made, crypto, config);
	mls_crypto_set_random(crypto, &usual);
	if (err)
		mls_client_free(made);
	else
		*client = made;
	return err;
}

enum mls_err mls_probe_key_package_new(struct mls_client *client, struct mls_buf *message,
				       struct mls_buf *private_part,
				       const struct mls_random *random)
{
	const struct mls_random usual = client->crypto->random;
	enum mls_err err;

	mls_crypto_set_random(client->crypto, random);
	err = mls_key_package_new(client, message, private_part);
	mls_crypto_set_random(client->crypto, &usual);
	return err;
}

static uint32_t *copy_leaves(const uint32_t *leaves, size_t n, enum mls_err *err)
{
	uint32_t *copy;

	if (!n)
		return NULL;
	copy = mls_malloc(n * sizeof(*copy));
	if (copy)
		memcpy(copy, leaves, n * sizeof(*copy));
	else
		*err = MLS_ERR_NOMEM;
	return copy;
}

static enum mls_err fork_pending(struct mls_group *copy, const struct mls_staged *pending)
{
	struct mls_staged *made;
	enum mls_err err = MLS_OK;

	if (!pending)
		return MLS_OK;
	made = mls_calloc(1, sizeof(*made));
	if (!made)
		return MLS_ERR_NOMEM;
	*made = *pending;
	made->epoch = mls_epoch_ref(pending->epoch);
	made->secret_tree = (struct mls_secret_tree){0};
	mls_secret_tree_fork(&made->secret_tree, &pending->secret_tree);
	made->reinit = (struct mls_buf){0};
	err = mls_buf_append(&made->reinit, mls_buf_slice(&pending->reinit));
	made->added = copy_leaves(pending->added, pending->n_added, &err);
	made->removed = copy_leaves(pending->removed, pending->n_removed, &err);
	copy->pending = made;
	return err;
}

enum mls_err mls_probe_group_fork(struct mls_client *client, struct mls_group **copy,
				  const struct mls_group *group)
{
	struct mls_secret_tree secret_tree = {0};
	struct mls_group *made = NULL;
	enum mls_err err = MLS_OK;

	if (client->policy.past_epochs < group->n_past || group->origin)
		return MLS_ERR_USAGE;
	mls_secret_tree_fork(&secret_tree, &group->secret_tree);
	TRY(mls_group_begin(client, &made, mls_epoch_ref(group->epoch), &secret_tree));
	made->state = group->state;
	made->may_be_old = group->may_be_old;
	made->has_joined_by = group->has_joined_by;
	memcpy(made->joined_by, group->joined_by, sizeof(made->joined_by));
	TRY(mls_buf_append(&made->reinit, mls_buf_slice(&group->reinit)));
	TRY(mls_proposal_cache_copy(&made->proposals, &group->proposals));
	TRY(fork_pending(made, group->pending));
	for (; made->n_past < group->n_past; made->n_past++) {
		const struct mls_past_epoch *past = &group->past[made->n_past];

		made->past[made->n_past].epoch = mls_epoch_ref(past->epoch);
		mls_secret_tree_fork(&made->past[made->n_past].secret_tree, &past->secret_tree);
	}
	*copy = made;
	made = NULL;
out:
	mls_group_free(made);
	return err;
}
