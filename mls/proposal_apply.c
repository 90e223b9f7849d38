#include "proposal_list.h"

#include <stdlib.h>

#include "crypto_work.h"
#include "external_senders.h"
#include "memory.h"

/* Applying a list of proposals, RFC 9420 12.3. */

struct applying {
	const struct mls_proposal_list *list;
	struct mls_applied *out;
	struct mls_tree *tree;
	struct mls_leaf_rules rules;
	uint32_t own_leaf;
	bool validate_cached;
};

void mls_applied_clear(struct mls_applied *applied)
{
	free(applied->added);
	free(applied->removed);
	*applied = (struct mls_applied){0};
}

enum mls_err mls_applied_put_joined(struct mls_applied *applied, uint32_t leaf)
{
	applied->added = mls_malloc(sizeof(*applied->added));
	if (!applied->added)
		return MLS_ERR_NOMEM;
	applied->added[0] = leaf;
	applied->n_added = 1;
	return MLS_OK;
}

static bool must_validate(const struct applying *a, const struct mls_listed *entry)
{
	return !entry->cached || a->validate_cached;
}

static enum mls_err new_extensions(struct applying *a, const struct mls_epoch *epoch)
{
	const struct mls_listed *entry =
		mls_proposal_list_first(a->list, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
	struct mls_codec c = {0};

	a->out->extensions = epoch->context.extensions;
	if (entry) {
		c.in = entry->body;
		mls_extensions_walk(&c, &a->out->extensions);
	}
	a->rules.group_extensions = a->out->extensions;
	return c.err ? c.err : mls_policy_check_extensions(a->rules.policy, a->out->extensions);
}

static enum mls_err validate_update(const struct applying *a, const struct mls_listed *entry)
{
	struct mls_leaf_node leaf, replaced;
	enum mls_err err = mls_tree_leaf_node(a->tree, entry->sender.index, &replaced);

	if (err == MLS_OK)
		err = mls_leaf_node_decode(entry->body, &leaf);
	if (err == MLS_OK)
		err = mls_leaf_node_validate(&a->rules, &leaf, &replaced, MLS_LEAF_UPDATE,
					     entry->sender.index);
	return err;
}

static enum mls_err apply_updates(const struct applying *a)
{
	const size_t n = a->list->n_of[MLS_PROPOSAL_UPDATE];
	struct mls_tree_update *updates = NULL;
	size_t at = 0;
	enum mls_err err = MLS_OK;

	if (!n)
		return MLS_OK;
	updates = mls_calloc(n, sizeof(*updates));
	if (!updates)
		return MLS_ERR_NOMEM;
	for (size_t i = 0; i < a->list->n; i++) {
		const struct mls_listed *entry = &a->list->v[i];

		if (entry->type != MLS_PROPOSAL_UPDATE)
			continue;
		if (must_validate(a, entry))
			TRY(validate_update(a, entry));
		updates[at].leaf = entry->sender.index;
		updates[at++].encoded = entry->body;
		if (entry->sender.index == a->own_leaf && entry->cached)
			a->out->own_update_key = entry->cached->update_key;
	}
	TRY(mls_tree_update(a->tree, updates, n));
out:
	free(updates);
	return err;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static enum mls_err apply_removes(const struct applying *a)
{
	const size_t n = a->list->n_of[MLS_PROPOSAL_REMOVE];
	struct mls_applied *out = a->out;
	enum mls_err err;

	if (!n)
		return MLS_OK;
	out->removed = mls_calloc(n, sizeof(*out->removed));
	if (!out->removed)
		return MLS_ERR_NOMEM;
	for (size_t i = 0; i < a->list->n; i++) {
		const struct mls_listed *entry = &a->list->v[i];

		if (entry->type != MLS_PROPOSAL_REMOVE)
			continue;
		err = mls_tree_remove(a->tree, entry->removed);
		if (err)
			return err;
		out->removes_us |= entry->removed == a->own_leaf;
		out->removed[out->n_removed++] = entry->removed;
	}
	qsort(out->removed, n, sizeof(*out->removed), by_number);
	return MLS_OK;
}

/* The Adds of the list; those at `places` are still to be validated where they must be. */
struct adding {
	const struct applying *applying;
	const size_t *places;
};

static const struct mls_listed *entry_of(const struct adding *adding, size_t i)
{
	return &adding->applying->list->v[adding->places[i]];
}

static enum mls_err check_add(const struct adding *adding, size_t i)
{
	const struct mls_listed *entry = entry_of(adding, i);
	struct mls_key_package key_package;
	enum mls_err err = mls_key_package_decode(entry->body, &key_package);

	if (err == MLS_OK && must_validate(adding->applying, entry))
		err = mls_key_package_check(&adding->applying->rules, &key_package);
	return err;
}

static enum mls_err verify_add(void *state, struct mls_crypto *crypto, size_t i)
{
	const struct adding *adding = state;
	const struct mls_listed *entry = entry_of(adding, i);
	struct mls_key_package key_package;
	enum mls_err err;

	if (!must_validate(adding->applying, entry))
		return MLS_OK;
	err = mls_key_package_decode(entry->body, &key_package);
	return err ? err : mls_key_package_verify(crypto, &key_package);
}

static enum mls_err put_add(const struct adding *adding, size_t i)
{
	const struct applying *a = adding->applying;
	struct mls_key_package key_package;
	enum mls_err err = mls_key_package_decode(entry_of(adding, i)->body, &key_package);

	if (err == MLS_OK)
		err = mls_tree_add(a->tree, &a->out->added[i], key_package.leaf_node.encoded);
	if (err == MLS_OK)
		a->out->n_added++;
	return err;
}

/*
 * Each step goes through those that passed the step before, so that the error is the one of the
 * first Add that has any. The application is asked about credentials in this thread.
 */
static enum mls_err add_all(struct adding *adding, size_t n)
{
	const struct applying *a = adding->applying;
	const struct mls_work work = {verify_add, adding, 2};
	enum mls_err of_check = MLS_OK, of_verify, of_add = MLS_OK;
	size_t n_checked = 0, n_verified;

	while (n_checked < n && (of_check = check_add(adding, n_checked)) == MLS_OK)
		n_checked++;
	of_verify = mls_work_run(a->rules.crypto, &work, n_checked, &n_verified);
	for (size_t i = 0; i < n_verified && of_add == MLS_OK; i++)
		of_add = put_add(adding, i);
	return of_add ? of_add : of_verify ? of_verify : of_check;
}

static enum mls_err apply_adds(const struct applying *a)
{
	const size_t n = a->list->n_of[MLS_PROPOSAL_ADD];
	struct adding adding = {.applying = a};
	size_t *places = NULL;
	enum mls_err err = MLS_OK;

	if (!n)
		return MLS_OK;
	a->out->added = mls_calloc(n, sizeof(*a->out->added));
	if (!a->out->added)
		return MLS_ERR_NOMEM;
	TRY(mls_proposal_list_places(a->list, MLS_PROPOSAL_ADD, &places));
	adding.places = places;
	TRY(add_all(&adding, n));
out:
	free(places);
	return err;
}

enum mls_err mls_proposal_list_apply(const struct mls_proposal_list *list,
				     struct mls_applied *applied, struct mls_tree *tree,
				     const struct mls_client *client, const struct mls_epoch *epoch,
				     bool sending)
{
	struct applying a = {
		.list = list,
		.out = applied,
		.tree = tree,
		.own_leaf = epoch->keys.leaf,
		.validate_cached = list->n_of[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS] > 0,
	};
	enum mls_err err = MLS_OK;

	*applied = (struct mls_applied){0};
	a.rules = mls_client_rules(client, epoch->context.group_id, (struct mls_slice){0}, sending);
	TRY(new_extensions(&a, epoch));
	if (a.validate_cached)
		TRY(mls_external_senders_check(&a.rules));
	/* Updates come first in 12.3, with the same result; but they may bring keys of members
	 * that are removed. */
	TRY(apply_removes(&a));
	TRY(apply_updates(&a));
	TRY(apply_adds(&a));
	if (a.validate_cached)
		TRY(mls_member_support_satisfy(&tree->support, applied->extensions));
	if (list->n_of[MLS_PROPOSAL_UPDATE] + list->n_of[MLS_PROPOSAL_ADD] > 0)
		TRY(mls_member_support_credentials(&tree->support));
out:
	return err;
}
