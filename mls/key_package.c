#include "key_package.h"

static void body(struct mls_codec *c, struct mls_key_package *v)
{
	mls_u16(c, &v->version);
	mls_u16(c, &v->suite);
	mls_opaque(c, &v->init_key);
	mls_leaf_node_walk(c, &v->leaf_node);
	mls_extensions_walk(c, &v->extensions);
}

void mls_key_package_walk(struct mls_codec *c, struct mls_key_package *v)
{
	const uint8_t *start = c->in.p;

	body(c, v);
	mls_note_read(c, &v->signed_part, start);
	mls_opaque(c, &v->signature);
	mls_note_read(c, &v->encoded, start);
}
MLS_WIRE_TYPE(key_package)

static void body_walk(struct mls_codec *c, void *v)
{
	body(c, v);
}

enum mls_err mls_key_package_sign(struct mls_crypto *crypto, struct mls_buf *out,
				  const struct mls_key_package *key_package,
				  struct mls_signer *signer)
{
	enum mls_err err = MLS_OK;
	struct mls_buf leaf = {0}, signature = {0};
	struct mls_key_package v = *key_package;
	struct mls_slice content;
	size_t start = out->len;

	v.leaf_node.source = MLS_LEAF_KEY_PACKAGE;
	TRY(mls_leaf_node_sign(crypto, &leaf, &v.leaf_node, signer, mls_slice(NULL, 0), 0));
	TRY(mls_leaf_node_decode(mls_buf_slice(&leaf), &v.leaf_node));
	TRY(mls_walk_encode(out, &v, body_walk));
	content = mls_slice(out->p + start, out->len - start);
	TRY(mls_sign_with_label(crypto, &signature, signer, "KeyPackageTBS", &content, 1));
	TRY(mls_put_length(out, signature.len));
	TRY(mls_buf_append(out, mls_buf_slice(&signature)));
out:
	if (err)
		out->len = start;
	mls_buf_free(&leaf);
	mls_buf_free(&signature);
	return err;
}

enum mls_err mls_key_package_check(const struct mls_leaf_rules *rules,
				   const struct mls_key_package *key_package)
{
	const struct mls_leaf_node *leaf = &key_package->leaf_node;
	enum mls_err err;

	if (key_package->version != MLS_VERSION_MLS10)
		return MLS_ERR_KEY_PACKAGE_VERSION;
	if (key_package->suite != rules->crypto->suite->id)
		return MLS_ERR_KEY_PACKAGE_SUITE;
	if (mls_slice_equal(key_package->init_key, leaf->encryption_key))
		return MLS_ERR_INIT_KEY_REUSED;
	if ((err = mls_public_key_check(rules->crypto, key_package->init_key)) != MLS_OK)
		return err;
	return mls_leaf_node_check(rules, leaf, NULL, MLS_LEAF_KEY_PACKAGE);
}

enum mls_err mls_key_package_verify(struct mls_crypto *crypto,
				    const struct mls_key_package *key_package)
{
	const struct mls_leaf_node *leaf = &key_package->leaf_node;
	enum mls_err err = mls_leaf_node_verify(crypto, leaf, (struct mls_slice){0}, 0);

	if (err)
		return err;
	err = mls_verify_with_label(crypto, leaf->signature_key, "KeyPackageTBS",
				    &key_package->signed_part, 1, key_package->signature);
	return err == MLS_ERR_SIGNATURE ? MLS_ERR_KEY_PACKAGE_SIGNATURE : err;
}

enum mls_err mls_key_package_validate(const struct mls_leaf_rules *rules,
				      const struct mls_key_package *key_package)
{
	enum mls_err err = mls_key_package_check(rules, key_package);

	return err ? err : mls_key_package_verify(rules->crypto, key_package);
}
