#ifndef MLS_TREE_PIECE_H
#define MLS_TREE_PIECE_H
#include "crypto_work.h"
#include "tree.h"

/*
 * A ratchet tree cut into pieces that several threads can work on: the nodes of one level, each
 * with all that is below it, and the nodes above them one by one. They stand in the order in
 * which a node comes before what is below it, and that from left to right.
 */
struct mls_tree_piece {
	union mls_tree_child child;
	uint32_t node;
	bool is_whole; /* with what is below */
};

struct mls_tree_pieces {
	struct mls_tree_piece *v;
	size_t n;
	struct mls_tree_piece only; /* where there is one: it costs no memory */
};

/*
 * Cuts what is below `child`, whose index is `node`, and leaves out each inner node that `skip`
 * is true of, with all below it. Pieces are large enough for a thread; a small tree is one
 * piece, and so is every tree of a crypto with one thread. *pieces stays where it is until
 * it is freed.
 */
enum mls_err MLS_MUST_CHECK mls_tree_cut(struct mls_tree_pieces *pieces,
					 const struct mls_crypto *crypto,
					 union mls_tree_child child, uint32_t node,
					 bool (*skip)(const struct mls_tree_inner *inner));
void mls_tree_pieces_free(struct mls_tree_pieces *pieces);
#endif
