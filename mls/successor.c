#include "commit.h"
#include "welcome.h"

#include <stdlib.h>

#include "memory.h"

/* Groups that follow from others: RFC 9420 11.2, 11.3, 12.4.3.1. */

static enum mls_err check_succession(const struct mls_group *old, enum mls_succession how)
{
	if (how == MLS_SUCCESSION_REINIT && old->state != MLS_GROUP_REINITIALIZED)
		return MLS_ERR_NOT_REINITIALIZED;
	return MLS_OK;
}

static enum mls_err origin_new(struct mls_origin **out, const struct mls_epoch *epoch,
			       enum mls_succession how)
{
	struct mls_origin *made = mls_calloc(1, sizeof(*made));
	enum mls_err err;

	if (!made)
		return MLS_ERR_NOMEM;
	made->usage = how == MLS_SUCCESSION_REINIT ? MLS_PSK_REINIT : MLS_PSK_BRANCH;
	made->epoch = epoch->context.epoch;
	made->resumption_psk = epoch->secrets.resumption_psk;
	err = mls_buf_append(&made->group_id, epoch->context.group_id);
	if (err) {
		mls_origin_free(made);
		return err;
	}
	*out = made;
	return MLS_OK;
}

/* What the successor must be. */
struct parameters {
	uint16_t version, suite;
	struct mls_slice group_id, extensions; /* of a reinitialized group */
};

static enum mls_err read_parameters(struct parameters *out, const struct mls_group *old,
				    enum mls_succession how)
{
	const struct mls_group_context *context = &old->epoch->context;
	struct mls_reinit reinit;
	enum mls_err err;

	*out = (struct parameters){.version = context->version, .suite = context->cipher_suite};
	if (how == MLS_SUCCESSION_BRANCH)
		return MLS_OK;
	err = mls_reinit_decode(mls_buf_slice(&old->reinit), &reinit);
	if (err)
		return err;
	*out = (struct parameters){reinit.version, reinit.suite, reinit.group_id,
				   reinit.extensions};
	return MLS_OK;
}

bool mls_group_reinit(const struct mls_group *group, struct mls_reinit_parameters *out)
{
	struct mls_reinit reinit;

	if (mls_reinit_decode(mls_buf_slice(&group->reinit), &reinit) != MLS_OK)
		return false;
	*out = (struct mls_reinit_parameters){reinit.group_id, reinit.suite, reinit.extensions};
	return true;
}

enum mls_err mls_group_create_successor(struct mls_client *client, struct mls_group **group,
					const struct mls_group *old, enum mls_succession how,
					struct mls_slice group_id, struct mls_slice extensions)
{
	struct mls_origin *origin = NULL;
	struct mls_group *made = NULL;
	struct parameters parameters;
	enum mls_err err = MLS_OK;

	TRY(check_succession(old, how));
	TRY(origin_new(&origin, old->epoch, how));
	TRY(read_parameters(&parameters, old, how));
	if (parameters.version != MLS_VERSION_MLS10)
		FAIL(MLS_ERR_VERSION);
	if (parameters.suite != client->crypto->suite->id)
		FAIL(MLS_ERR_SUITE);
	if (how == MLS_SUCCESSION_REINIT) {
		group_id = parameters.group_id;
		extensions = parameters.extensions;
	}
	TRY(mls_group_found(client, &made, group_id, extensions));
	made->origin = origin;
	origin = NULL;
	TRY(mls_group_store(made));
	*group = made;
	made = NULL;
out:
	mls_group_free(made);
	mls_origin_free(origin);
	return err;
}

/* The credentials of all members, in an order that makes them easy to compare. */
struct credentials {
	struct mls_credential *v;
	size_t n;
};

static int by_credential(const void *a, const void *b)
{
	const struct mls_credential *x = a, *y = b;
	const size_t shared = x->content.len < y->content.len ? x->content.len : y->content.len;
	int order = (x->type > y->type) - (x->type < y->type);

	if (!order && shared > 0)
		order = memcmp(x->content.p, y->content.p, shared);
	return order ? order
		     : (x->content.len > y->content.len) - (x->content.len < y->content.len);
}

static enum mls_err list_credentials(struct credentials *out, const struct mls_tree *tree)
{
	struct mls_leaf_node leaf;
	enum mls_err err = MLS_OK;

	*out = (struct credentials){.v = mls_calloc(mls_tree_n_members(tree), sizeof(*out->v))};
	if (!out->v)
		return MLS_ERR_NOMEM;
	for (uint32_t i = mls_tree_next_member(tree, 0); i != MLS_NO_LEAF;
	     i = mls_tree_next_member(tree, i + 1)) {
		TRY(mls_tree_leaf_node(tree, i, &leaf));
		out->v[out->n++] = leaf.credential;
	}
	qsort(out->v, out->n, sizeof(*out->v), by_credential);
out:
	return err;
}

/* Is each of `some` among `all`? */
static bool is_subset(const struct credentials *some, const struct credentials *all)
{
	size_t at = 0;

	for (size_t i = 0; i < some->n; i++) {
		while (at < all->n && by_credential(&all->v[at], &some->v[i]) < 0)
			at++;
		if (at == all->n || by_credential(&all->v[at], &some->v[i]) != 0)
			return false;
	}
	return true;
}

static enum mls_err check_members(const struct mls_tree *tree, const struct mls_tree *old_tree,
				  enum mls_succession how)
{
	struct credentials now = {0}, before = {0};
	bool fits;
	enum mls_err err = MLS_OK;

	TRY(list_credentials(&now, tree));
	TRY(list_credentials(&before, old_tree));
	fits = how == MLS_SUCCESSION_BRANCH ? is_subset(&now, &before) : is_subset(&before, &now);
	if (!fits)
		FAIL(MLS_ERR_SUCCESSOR_MEMBERS);
out:
	free(now.v);
	free(before.v);
	return err;
}

static enum mls_err check_parameters(const struct mls_group_context *context,
				     const struct mls_group *old, enum mls_succession how)
{
	struct parameters want;
	enum mls_err err = read_parameters(&want, old, how);

	if (err)
		return err;
	if (context->epoch != 1)
		return MLS_ERR_SUCCESSOR_EPOCH;
	if (context->version != want.version || context->cipher_suite != want.suite)
		return MLS_ERR_SUCCESSOR_PARAMETERS;
	if (how == MLS_SUCCESSION_REINIT &&
	    !(mls_slice_equal(context->group_id, want.group_id) &&
	      mls_slice_equal(context->extensions, want.extensions)))
		return MLS_ERR_SUCCESSOR_PARAMETERS;
	return MLS_OK;
}

static const struct mls_epoch *find_past(const struct mls_group *old, uint64_t epoch)
{
	for (size_t i = 0; i < old->n_past; i++) {
		if (old->past[i].epoch->context.epoch == epoch)
			return old->past[i].epoch;
	}
	return NULL;
}

/* The epoch from which others have branched off: the present one, unless the Welcome has the PSK
 * of one before that is kept (11.3). After a ReInit there is none but the last (11.2). */
static const struct mls_epoch *find_origin(const struct mls_group *old, enum mls_succession how,
					   struct mls_slice psks)
{
	struct mls_psk_id id;

	while (how == MLS_SUCCESSION_BRANCH && psks.len > 0 &&
	       mls_psk_id_next(&psks, &id) == MLS_OK) {
		const struct mls_epoch *past = NULL;

		if (id.usage == MLS_PSK_BRANCH)
			past = find_past(old, id.psk_epoch);
		if (past)
			return past;
	}
	return old->epoch;
}

enum mls_err mls_group_join_successor(struct mls_client *client, struct mls_group **group,
				      const struct mls_group *old, enum mls_succession how,
				      struct mls_slice welcome, struct mls_slice ratchet_tree)
{
	struct mls_origin *origin = NULL;
	struct mls_joining j = {0};
	const struct mls_epoch *from;
	enum mls_err err = MLS_OK;

	TRY(check_succession(old, how));
	TRY(mls_joining_begin(&j, client, welcome));
	from = find_origin(old, how, j.secrets.psks);
	TRY(origin_new(&origin, from, how));
	TRY(mls_joining_open_info(&j, origin));
	if (j.n_origin != 1)
		FAIL(MLS_ERR_SUCCESSOR_PSK);
	TRY(check_parameters(&j.info.context, old, how));
	TRY(mls_joining_finish(&j, ratchet_tree));
	TRY(check_members(&j.epoch->tree, &from->tree, how));
	TRY(mls_joining_enter(&j, group));
out:
	mls_joining_clear(&j);
	mls_origin_free(origin);
	return err;
}
