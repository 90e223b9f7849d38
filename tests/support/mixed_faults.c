/* What peers are known to do wrong: docs/backends.md, Peers. */
#include <string.h>

#include "mixed_life.h"

size_t mixed_walks_cut;

static bool is_ts_mls(const struct life *l, uint32_t device)
{
	return strcmp(mixed_backend(l, device)->name, "ts-mls") == 0;
}

/*
 * ts-mls 1.6.4 wants equal lists of unmerged leaves in all nodes above an unmerged leaf, where
 * RFC 9420, 12.4.3.1, wants that those below the node list this leaf.
 */
bool mixed_is_known_refusal(struct life *l, uint32_t device, enum gb_status status)
{
	static const char why[] = "must list leaf node in its unmerged_leaves";
	const struct gb_backend *b = mixed_backend(l, device);

	l->is_cut = status == GB_REJECTED && is_ts_mls(l, device) &&
		    strstr(b->error(mixed_world(l, device)), why) != NULL;
	return l->is_cut;
}

/*
 * ts-mls 1.6.4 writes and reads external_pub without the length that an HPKEPublicKey begins with
 * (RFC 9420, 12.4.3.2 and 5.1.1): nobody else joins by its GroupInfo, nor it by another's.
 */
bool mixed_has_own_external_pub(const struct life *l, uint32_t device)
{
	return is_ts_mls(l, device);
}

/* Whether all members, with those whom a commit adds, are in the right half of the tree. */
static bool is_left_half_blank(const struct life *l)
{
	uint32_t first = UINT32_MAX, last = 0, width = 1;

	for (uint32_t d = 0; d < l->next; d++) {
		const struct device *m = &l->device[d];

		if (m->was_removed || m->is_leaving)
			continue;
		first = m->leaf < first ? m->leaf : first;
		last = m->leaf > last ? m->leaf : last;
	}
	while (width <= last)
		width *= 2;
	return width > 1 && first >= width / 2;
}

/*
 * ts-mls 1.6.4 derives the commit secret from a path secret of the root even where the root is not
 * on the committer's filtered direct path, from whose last node RFC 9420, 12.4.1, derives it.
 */
bool mixed_is_known_split(struct life *l, uint32_t device, uint32_t committer,
			  enum gb_status status)
{
	l->is_cut = status == GB_REJECTED && l->walk->tree == NULL &&
		    is_ts_mls(l, device) != is_ts_mls(l, committer) && is_left_half_blank(l);
	return l->is_cut;
}

/*
 * mls-rs 0.57 compares the sizes of both trees, where RFC 9420, 11.2, asks for the same members: no
 * successor of a group with blank leaves is one to it.
 */
bool mixed_can_succeed(const struct life *l)
{
	for (size_t i = 0; i < l->walk->n_parties; i++)
		if (strncmp(l->walk->party[i].backend->name, "mls-rs", 6) == 0 && l->n_blank > 0)
			return false;
	return l->walk->tree == NULL && l->n_members > 1;
}
