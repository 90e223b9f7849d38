#include "mls_probe.h"

#include <stdlib.h>

#include "group.h"
#include "memory.h"
#include "shape.h"

/* Groups of a shape: the tree of shape.h, and around it the rest of an epoch. */

struct making {
	const struct mls_probe_shape_request *request;
	struct mls_crypto *crypto;
	struct mls_client *member; /* of the last call of the source */
	struct mls_buf key_package;
};

/* What a member publishes, made again as mls_key_package_new makes it after its client. */
static enum mls_err remake_key_package(struct making *m, const struct mls_client_config *config,
				       struct mls_shape_member *out)
{
	const struct mls_random usual = m->crypto->random;
	struct mls_key_package key_package;
	struct mls_key *init_key = NULL;
	enum mls_err err;

	m->key_package.len = 0;
	mls_crypto_set_random(m->crypto, &config->random);
	err = mls_key_package_make(m->member, &m->key_package, &init_key, &out->key);
	mls_crypto_set_random(m->crypto, &usual);
	mls_key_free(init_key);
	if (err == MLS_OK)
		err = mls_key_package_message(&key_package,
					      mls_slice(m->key_package.p, m->key_package.len));
	if (err == MLS_OK)
		out->leaf = key_package.leaf_node;
	return err;
}

static bool is_live(const struct mls_probe_shape_request *request, uint32_t index)
{
	for (size_t i = 0; i < request->n_live; i++)
		if (request->live[i] == index)
			return true;
	return false;
}

/* Of members who are not live nobody needs a private key, only the leaf that they published. */
static bool find_key_package(const struct making *m, uint32_t index, struct mls_slice *message)
{
	const struct mls_probe_members *members = &m->request->members;

	return members->key_package && !is_live(m->request, index) &&
	       members->key_package(members->state, index, message);
}

static enum mls_err take_leaf(struct mls_shape_member *out, struct mls_slice message)
{
	struct mls_key_package key_package;
	enum mls_err err = mls_key_package_message(&key_package, message);

	if (err == MLS_OK)
		*out = (struct mls_shape_member){.leaf = key_package.leaf_node};
	return err;
}

static enum mls_err member(void *state, struct mls_shape_member *out, uint32_t index, bool joins)
{
	struct making *m = state;
	const struct mls_probe_members *members = &m->request->members;
	struct mls_client_config config = {0};
	struct mls_slice message;
	enum mls_err err;

	if (joins && find_key_package(m, index, &message))
		return take_leaf(out, message);
	mls_client_free(m->member);
	m->member = NULL;
	members->config(members->state, index, &config);
	err = mls_probe_client_new(&m->member, &config, m->request->client[0]);
	if (err)
		return err;
	*out = (struct mls_shape_member){.leaf = m->member->leaf};
	if (joins)
		err = remake_key_package(m, &config, out);
	if (err == MLS_OK)
		out->signer = mls_signer_ref(m->member->signer);
	return err;
}

/* What all members of the epoch know. */
struct shared {
	uint64_t epoch;
	struct mls_tree tree;
	struct mls_secret epoch_secret, confirmed_transcript_hash;
};

static enum mls_err make_group(struct mls_group **group,
			       const struct mls_probe_shape_request *request,
			       const struct shared *shared, struct mls_client *client,
			       const struct mls_private_path *keys)
{
	struct mls_secret_tree secret_tree = {0};
	struct mls_epoch *epoch = NULL;
	const struct mls_group_context context = {
		.version = MLS_VERSION_MLS10,
		.cipher_suite = client->crypto->suite->id,
		.group_id = request->group_id,
		.epoch = shared->epoch,
		.tree_hash = mls_tree_hash(&shared->tree),
		.confirmed_transcript_hash = mls_secret_slice(&shared->confirmed_transcript_hash),
	};
	enum mls_err err = MLS_OK;

	TRY(mls_epoch_new(&epoch));
	mls_tree_copy(&epoch->tree, &shared->tree);
	mls_private_path_copy(&epoch->keys, keys);
	TRY(mls_epoch_set_context(epoch, &context));
	TRY(mls_epoch_derive_first(client->crypto, epoch, &secret_tree, &shared->epoch_secret));
	return mls_group_begin(client, group, epoch, &secret_tree);
out:
	mls_epoch_free(epoch);
	mls_secret_tree_clear(&secret_tree);
	return err;
}

static enum mls_err draw(struct mls_crypto *crypto, struct mls_shape_plan *plan,
			 struct shared *shared)
{
	const size_t nh = crypto->suite->nh;
	enum mls_err err = MLS_OK;

	plan->secret.len = shared->epoch_secret.len = shared->confirmed_transcript_hash.len =
		(uint8_t)nh;
	TRY(mls_random_bytes(crypto, plan->seed.bytes[0], sizeof(plan->seed.bytes)));
	TRY(mls_random_bytes(crypto, plan->secret.bytes, nh));
	TRY(mls_random_bytes(crypto, shared->epoch_secret.bytes, nh));
	TRY(mls_random_bytes(crypto, shared->confirmed_transcript_hash.bytes, nh));
out:
	return err;
}

static void free_all(struct mls_group **group, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mls_group_free(group[i]);
		group[i] = NULL;
	}
}

enum mls_err mls_probe_make_groups(struct mls_group **group,
				   const struct mls_probe_shape_request *request)
{
	struct mls_crypto *crypto = request->client[0]->crypto;
	const struct mls_random usual = crypto->random;
	struct making m = {.request = request, .crypto = crypto};
	struct mls_lineage lineage = {0};
	struct mls_shape_plan plan = {
		.lineage = &lineage,
		.group_id = request->group_id,
		.source = {member, &m},
		.live = request->live,
		.n_live = request->n_live,
	};
	struct shared shared = {0};
	struct mls_private_path *keys = mls_calloc(request->n_live, sizeof(*keys));
	size_t n = 0;
	enum mls_err err = MLS_OK;

	if (!keys)
		return MLS_ERR_NOMEM;
	mls_crypto_set_random(crypto, &request->random);
	TRY(mls_lineage_make(&lineage, request->shape, request->size, request->steps,
			     request->n_steps));
	shared.epoch = lineage.n_commits;
	TRY(draw(crypto, &plan, &shared));
	TRY(mls_shape_make(crypto, &shared.tree, keys, &plan));
	for (; n < request->n_live; n++)
		TRY(make_group(&group[n], request, &shared, request->client[n], &keys[n]));
out:
	mls_crypto_set_random(crypto, &usual);
	if (err)
		free_all(group, n);
	for (size_t i = 0; i < request->n_live; i++)
		mls_private_path_clear(&keys[i]);
	free(keys);
	mls_lineage_clear(&lineage);
	mls_tree_clear(&shared.tree);
	mls_wipe(&shared, sizeof(shared));
	mls_secret_wipe(&plan.secret);
	mls_client_free(m.member);
	mls_buf_free(&m.key_package);
	return err;
}
