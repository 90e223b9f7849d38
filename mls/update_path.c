#include "update_path.h"

static void ciphertext(struct mls_codec *c)
{
	struct mls_hpke_ciphertext v = {0};

	mls_hpke_ciphertext_walk(c, &v);
}

/* Takes opaque<V> off the front. Lengths of one byte are nearly all there are. */
static bool skip_opaque(struct mls_slice *in, struct mls_slice *out)
{
	struct mls_codec c;

	if (in->len > 0 && in->p[0] < 64 && in->p[0] < in->len) {
		*out = mls_slice(in->p + 1, in->p[0]);
	} else {
		c = (struct mls_codec){.in = *in};
		mls_opaque(&c, out);
		if (c.err)
			return false;
	}
	in->len -= (size_t)(out->p + out->len - in->p);
	in->p = out->p + out->len;
	return true;
}

size_t mls_ciphertexts_count(struct mls_slice body, size_t index, struct mls_hpke_ciphertext *found)
{
	size_t n = 0;

	for (; body.len > 0; n++) {
		struct mls_hpke_ciphertext v;

		if (!skip_opaque(&body, &v.kem_output) || !skip_opaque(&body, &v.ciphertext))
			return SIZE_MAX;
		if (n == index && found)
			*found = v;
	}
	return n;
}

void mls_update_path_node_walk(struct mls_codec *c, struct mls_update_path_node *v)
{
	struct mls_codec ahead;

	mls_opaque(c, &v->encryption_key);
	ahead = *c;
	mls_opaque(&ahead, &v->encrypted_path_secret);
	if (mls_encoding(c) ||
	    mls_ciphertexts_count(v->encrypted_path_secret, SIZE_MAX, NULL) != SIZE_MAX)
		*c = ahead;
	else /* to find out what is wrong with it */
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
