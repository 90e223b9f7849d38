#include "proposal_fit.h"

#include <stdlib.h>

#include "crypto_small_order.h"
#include "external_senders.h"
#include "memory.h"
#include "transition.h"

/*
 * What all members of the next epoch have to do with each other. A value: what turns out not to fit
 * is tried on a copy. Keys of parents that the commit will blank still count, so that a leaf
 * with one of them does not fit.
 */
struct members {
	struct mls_key_index keys;
	struct mls_member_support support;
};

struct fitting {
	const struct mls_proposal_list *list;
	const struct mls_client *client;
	const struct mls_tree *tree;
	struct mls_leaf_rules rules;
	struct members members;
	struct mls_key_index psks; /* PreSharedKeyIDs: none may come twice */
	bool *fits;                /* of each entry */
};

static void members_copy(struct members *out, const struct members *m)
{
	mls_key_index_copy(&out->keys, &m->keys);
	mls_member_support_copy(&out->support, &m->support);
}

static void members_clear(struct members *m)
{
	mls_key_index_clear(&m->keys);
	mls_member_support_clear(&m->support);
}

static enum mls_err leave(struct members *m, const struct mls_leaf_node *leaf)
{
	enum mls_err err = MLS_OK;

	TRY(mls_key_index_remove(&m->keys, MLS_KEY_ENCRYPTION, leaf->encryption_key));
	TRY(mls_key_index_remove(&m->keys, MLS_KEY_SIGNATURE, leaf->signature_key));
	TRY(mls_member_support_leave(&m->support, leaf, 1));
out:
	return err;
}

static enum mls_err enter(struct members *m, const struct mls_leaf_node *leaf)
{
	enum mls_err err = MLS_OK;

	TRY(mls_key_index_insert(&m->keys, MLS_KEY_ENCRYPTION, leaf->encryption_key));
	TRY(mls_key_index_insert(&m->keys, MLS_KEY_SIGNATURE, leaf->signature_key));
	TRY(mls_member_support_enter(&m->support, leaf, 1));
	TRY(mls_member_support_credential(&m->support, leaf));
out:
	return err;
}

/* An own path may show us as who we are now (5.3); until then we are who we were. */
static enum mls_err enter_own(struct fitting *f)
{
	const struct mls_leaf_node *own = &f->client->leaf;
	enum mls_err err = MLS_OK;

	if (!mls_key_index_contains(&f->members.keys, MLS_KEY_SIGNATURE, own->signature_key))
		err = mls_key_index_insert(&f->members.keys, MLS_KEY_SIGNATURE, own->signature_key);
	if (err == MLS_OK)
		err = mls_member_support_enter(&f->members.support, own, 1);
	return err;
}

/* Are leaves looked at again, because the commit changes what they must support? */
static bool must_validate(const struct fitting *f, const struct mls_listed *entry)
{
	return entry->cached && f->list->n_of[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS] > 0;
}

static enum mls_err try_remove(const struct fitting *f, struct members *m,
			       const struct mls_listed *entry)
{
	struct mls_leaf_node leaf;
	enum mls_err err = mls_tree_leaf_node(f->tree, entry->removed, &leaf);

	return err ? err : leave(m, &leaf);
}

/* An Update takes out the leaf that it replaces, and brings in another. */
static enum mls_err leave_for_update(const struct fitting *f, struct members *m,
				     const struct mls_listed *entry)
{
	struct mls_leaf_node replaced;
	enum mls_err err = mls_tree_leaf_node(f->tree, entry->sender.index, &replaced);

	return err ? err : leave(m, &replaced);
}

static enum mls_err enter_by_update(const struct fitting *f, struct members *m,
				    const struct mls_listed *entry)
{
	struct mls_leaf_node leaf, replaced;
	enum mls_err err = MLS_OK;

	TRY(mls_tree_leaf_node(f->tree, entry->sender.index, &replaced));
	TRY(mls_leaf_node_decode(entry->body, &leaf));
	if (entry->cached && mls_is_of_small_order(leaf.encryption_key))
		FAIL(MLS_ERR_SHARED_SECRET);
	TRY(enter(m, &leaf));
	if (must_validate(f, entry))
		TRY(mls_leaf_node_check(&f->rules, &leaf, &replaced, MLS_LEAF_UPDATE));
out:
	return err;
}

static enum mls_err try_update(const struct fitting *f, struct members *m,
			       const struct mls_listed *entry)
{
	enum mls_err err = leave_for_update(f, m, entry);

	return err ? err : enter_by_update(f, m, entry);
}

/* As they will be applied: who updates may take what others of them give up. */
static enum mls_err try_updates(const struct fitting *f, struct members *m)
{
	const struct mls_proposal_list *list = f->list;
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].type == MLS_PROPOSAL_UPDATE)
			TRY(leave_for_update(f, m, &list->v[i]));
	}
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].type == MLS_PROPOSAL_UPDATE)
			TRY(enter_by_update(f, m, &list->v[i]));
	}
out:
	return err;
}

static enum mls_err try_add(const struct fitting *f, struct members *m,
			    const struct mls_listed *entry)
{
	struct mls_key_package v;
	enum mls_err err = MLS_OK;

	TRY(mls_key_package_decode(entry->body, &v));
	if (entry->cached && (mls_is_of_small_order(v.init_key) ||
			      mls_is_of_small_order(v.leaf_node.encryption_key)))
		FAIL(MLS_ERR_SHARED_SECRET);
	TRY(enter(m, &v.leaf_node));
	if (must_validate(f, entry))
		TRY(mls_key_package_check(&f->rules, &v));
out:
	return err;
}

static enum mls_err try_psk(struct fitting *f, const struct mls_listed *entry)
{
	struct mls_psk_id id;
	enum mls_err err = mls_psk_id_decode(entry->body, &id);

	if (err)
		return err;
	if (!mls_client_has_psk(f->client, &id, f->list->origin))
		return MLS_ERR_PSK_UNKNOWN;
	err = mls_key_index_insert(&f->psks, MLS_KEY_ENCRYPTION, entry->body);
	return err == MLS_ERR_KEY_NOT_UNIQUE ? MLS_ERR_PROPOSAL_SAME_PSK : err;
}

/* 12.1.7: who must support the extensions is known only now. */
static enum mls_err try_extensions(struct fitting *f, const struct mls_listed *entry)
{
	struct mls_codec c = {.in = entry->body};
	enum mls_err err;

	mls_extensions_walk(&c, &f->rules.group_extensions);
	err = c.err;
	if (err == MLS_OK)
		err = mls_member_support_satisfy(&f->members.support, f->rules.group_extensions);
	return err ? err : mls_external_senders_check(&f->rules);
}

static enum mls_err try_on(struct fitting *f, struct members *m, const struct mls_listed *entry)
{
	switch (entry->type) {
	case MLS_PROPOSAL_ADD:
		return try_add(f, m, entry);
	case MLS_PROPOSAL_UPDATE:
		return try_update(f, m, entry);
	case MLS_PROPOSAL_REMOVE:
		return try_remove(f, m, entry);
	case MLS_PROPOSAL_PSK:
		return try_psk(f, entry);
	case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
		return entry->cached ? try_extensions(f, entry) : MLS_OK;
	default:
		return MLS_OK;
	}
}

/* Ends a trial: *m becomes what the members are, if they go together so. */
static enum mls_err settle(struct fitting *f, struct members *m, enum mls_err err, bool *fits)
{
	*fits = err == MLS_OK;
	if (*fits) {
		members_clear(&f->members);
		f->members = *m;
	} else {
		members_clear(m);
	}
	return err == MLS_ERR_NOMEM ? err : MLS_OK;
}

/* Does the entry go together with all that were tried before and did? */
static enum mls_err try_entry(struct fitting *f, const struct mls_listed *entry, bool *fits)
{
	struct members m;
	enum mls_err err;

	members_copy(&m, &f->members);
	err = try_on(f, &m, entry);
	return settle(f, &m, err, fits);
}

/* Who goes makes room for who comes; what the committer asks for comes before what waits; what
 * members must support and have, once it is known who they are. */
enum turn { REMOVES, BY_VALUE, UPDATES, ADDS, OTHERS };

static enum turn turn_of(const struct mls_listed *entry)
{
	if (entry->type == MLS_PROPOSAL_REMOVE)
		return REMOVES;
	if (!entry->cached)
		return BY_VALUE;
	switch (entry->type) {
	case MLS_PROPOSAL_UPDATE:
		return UPDATES;
	case MLS_PROPOSAL_ADD:
		return ADDS;
	default:
		return OTHERS;
	}
}

/* Those of the turn that do not fit so far. */
static enum mls_err try_turn(struct fitting *f, enum turn turn)
{
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < f->list->n && err == MLS_OK; i++) {
		if (turn_of(&f->list->v[i]) == turn && !f->fits[i])
			err = try_entry(f, &f->list->v[i], &f->fits[i]);
	}
	return err;
}

/* All of them where they go together, else one by one: twice, since the first may need what the
 * last one gives up. */
static enum mls_err take_updates(struct fitting *f)
{
	struct members m;
	enum mls_err err;
	bool all_fit;

	members_copy(&m, &f->members);
	err = try_updates(f, &m);
	TRY(settle(f, &m, err, &all_fit));
	for (size_t i = 0; i < f->list->n; i++) {
		if (turn_of(&f->list->v[i]) == UPDATES)
			f->fits[i] = all_fit;
	}
	TRY(try_turn(f, UPDATES));
	TRY(try_turn(f, UPDATES));
out:
	return err;
}

/* What comes by value may have what an Update has given up. */
static enum mls_err try_all(struct fitting *f)
{
	enum mls_err err = MLS_OK;

	TRY(try_turn(f, REMOVES));
	TRY(try_turn(f, BY_VALUE));
	TRY(take_updates(f));
	TRY(try_turn(f, BY_VALUE));
	TRY(try_turn(f, ADDS));
	TRY(try_turn(f, OTHERS));
out:
	return err;
}

static bool has_cached(const struct mls_proposal_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].cached)
			return true;
	}
	return false;
}

/* By the extensions that the commit itself sets, where it does. */
static enum mls_err begin(struct fitting *f, const struct mls_group *group)
{
	const struct mls_epoch *epoch = group->epoch;
	const struct mls_listed *entry =
		mls_proposal_list_first(f->list, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
	struct mls_slice extensions = epoch->context.extensions;
	struct mls_codec c = {0};
	enum mls_err err;

	if (entry && !entry->cached) {
		c.in = entry->body;
		mls_extensions_walk(&c, &extensions);
	}
	f->client = group->client;
	f->tree = &epoch->tree;
	f->rules = mls_client_rules(f->client, epoch->context.group_id, extensions, true);
	f->psks.seed = f->tree->keys.seed;
	mls_key_index_copy(&f->members.keys, &f->tree->keys);
	mls_member_support_copy(&f->members.support, &f->tree->support);
	f->fits = mls_calloc(f->list->n, sizeof(*f->fits));
	if (!f->fits)
		return MLS_ERR_NOMEM;
	err = enter_own(f);
	return err == MLS_ERR_NOMEM ? err : MLS_OK;
}

enum mls_err mls_proposal_list_fit(struct mls_proposal_list *list, const struct mls_group *group)
{
	struct fitting f = {.list = list};
	enum mls_err err = MLS_OK;

	if (!has_cached(list))
		return MLS_OK;
	TRY(begin(&f, group));
	TRY(try_all(&f));
	mls_proposal_list_keep(list, f.fits);
out:
	members_clear(&f.members);
	mls_key_index_clear(&f.psks);
	free(f.fits);
	return err;
}
