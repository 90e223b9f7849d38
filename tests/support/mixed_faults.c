/* What peers are known to do wrong: docs/backends.md, Peers. */
#include <string.h>

#include "mixed_life.h"

size_t mixed_walks_cut;

/*
 * ts-mls 1.6.4 wants equal lists of unmerged leaves in all nodes above an unmerged leaf, where
 * RFC 9420, 12.4.3.1, wants that those below the node list this leaf.
 */
bool mixed_is_known_refusal(struct life *l, uint32_t device, enum gb_status status)
{
	static const char why[] = "must list leaf node in its unmerged_leaves";
	const struct gb_backend *b = mixed_backend(l, device);

	l->is_cut = status == GB_REJECTED && strcmp(b->name, "ts-mls") == 0 &&
		    strstr(b->error(mixed_world(l, device)), why) != NULL;
	return l->is_cut;
}

/*
 * ts-mls 1.6.4 writes and reads external_pub without the length that an HPKEPublicKey begins with
 * (RFC 9420, 12.4.3.2 and 5.1.1): nobody else joins by its GroupInfo, nor it by another's.
 */
bool mixed_has_own_external_pub(const struct life *l, uint32_t device)
{
	return strcmp(mixed_backend(l, device)->name, "ts-mls") == 0;
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
