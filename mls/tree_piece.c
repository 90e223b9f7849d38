#include "tree_piece.h"

#include <stdlib.h>

#include "memory.h"

/* Hashing 256 leaves and the nodes above them takes some hundred microseconds, starting a thread
 * some ten. */
enum { PIECE_LEVEL = 8 };

struct cutting {
	struct mls_tree_pieces *pieces; /* v is NULL: they are only counted */
	uint8_t lowest;
	bool (*skip)(const struct mls_tree_inner *inner);
};

static void cut(const struct cutting *c, union mls_tree_child child, uint32_t node)
{
	const uint8_t level = mls_node_level(node);
	struct mls_tree_pieces *pieces = c->pieces;

	if (level > 0 && c->skip(child.inner))
		return;
	if (pieces->v)
		pieces->v[pieces->n] = (struct mls_tree_piece){child, node, level == c->lowest};
	pieces->n++;
	if (level == c->lowest)
		return;
	cut(c, child.inner->child[0], mls_left(node));
	cut(c, child.inner->child[1], mls_right(node));
}

enum mls_err mls_tree_cut(struct mls_tree_pieces *pieces, const struct mls_crypto *crypto,
			  union mls_tree_child child, uint32_t node,
			  bool (*skip)(const struct mls_tree_inner *inner))
{
	const uint8_t level = mls_node_level(node);
	const uint8_t lowest = crypto->helpers && level > PIECE_LEVEL ? PIECE_LEVEL : level;
	const struct cutting c = {pieces, lowest, skip};

	*pieces = (struct mls_tree_pieces){0};
	cut(&c, child, node);
	pieces->v = &pieces->only;
	if (pieces->n > 1)
		pieces->v = mls_calloc(pieces->n, sizeof(*pieces->v));
	if (!pieces->v)
		return MLS_ERR_NOMEM;
	pieces->n = 0;
	cut(&c, child, node);
	return MLS_OK;
}

void mls_tree_pieces_free(struct mls_tree_pieces *pieces)
{
	if (pieces->v != &pieces->only)
		free(pieces->v);
	*pieces = (struct mls_tree_pieces){0};
}
