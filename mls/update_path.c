#include "update_path.h"

static void ciphertext(struct mls_codec *c)
{
	struct mls_hpke_ciphertext v = {0};

	mls_hpke_ciphertext_walk(c, &v);
}

void mls_update_path_node_walk(struct mls_codec *c, struct mls_update_path_node *v)
{
	mls_opaque(c, &v->encryption_key);
	mls_vector(c, &v->encrypted_path_secret, ciphertext);
}
MLS_WIRE_TYPE(update_path_node)

static void node(struct mls_codec *c)
{
	struct mls_update_path_node v = {0};

	mls_update_path_node_walk(c, &v);
}

void mls_update_path_walk(struct mls_codec *c, struct mls_update_path *v)
{
	mls_leaf_node_walk(c, &v->leaf_node);
	mls_vector(c, &v->nodes, node);
}
MLS_WIRE_TYPE(update_path)
