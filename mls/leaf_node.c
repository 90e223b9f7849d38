#include "leaf_node.h"

/* RFC 9420 7.2: what LeafNode and LeafNodeTBS share. */
static void body(struct mls_codec *c, struct mls_leaf_node *v)
{
	mls_opaque(c, &v->encryption_key);
	mls_opaque(c, &v->signature_key);
	mls_credential_walk(c, &v->credential);
	mls_capabilities_walk(c, &v->capabilities);
	mls_u8(c, &v->source);
	switch (v->source) {
	case MLS_LEAF_KEY_PACKAGE:
		mls_u64(c, &v->lifetime.not_before);
		mls_u64(c, &v->lifetime.not_after);
		break;
	case MLS_LEAF_UPDATE:
		break;
	case MLS_LEAF_COMMIT:
		mls_opaque(c, &v->parent_hash);
		break;
	default:
		mls_codec_fail(c, MLS_ERR_LEAF_SOURCE);
	}
	mls_extensions_walk(c, &v->extensions);
}

void mls_leaf_node_walk(struct mls_codec *c, struct mls_leaf_node *v)
{
	const uint8_t *start = c->in.p;

	body(c, v);
	mls_note_read(c, &v->signed_part, start);
	mls_opaque(c, &v->signature);
	mls_note_read(c, &v->encoded, start);
}
MLS_WIRE_TYPE(leaf_node)

/* The end of LeafNodeTBS: in which group and where. */
struct place {
	struct mls_slice group_id;
	uint32_t leaf_index;
};

static void place_walk(struct mls_codec *c, void *v)
{
	struct place *place = v;

	mls_opaque(c, &place->group_id);
	mls_u32(c, &place->leaf_index);
}

static enum mls_err put_place(struct mls_buf *out, const struct mls_leaf_node *leaf,
			      struct mls_slice group_id, uint32_t leaf_index)
{
	struct place place = {group_id, leaf_index};

	if (leaf->source == MLS_LEAF_KEY_PACKAGE)
		return MLS_OK;
	return mls_walk_encode(out, &place, place_walk);
}

static void body_walk(struct mls_codec *c, void *v)
{
	body(c, v);
}

enum mls_err mls_leaf_node_sign(struct mls_crypto *crypto, struct mls_buf *out,
				const struct mls_leaf_node *leaf, struct mls_signer *signer,
				struct mls_slice group_id, uint32_t leaf_index)
{
	enum mls_err err = MLS_OK;
	struct mls_buf tail = {0}, signature = {0};
	struct mls_slice content[2];
	size_t start = out->len;

	TRY(put_place(&tail, leaf, group_id, leaf_index));
	TRY(mls_walk_encode(out, leaf, body_walk));
	content[0] = mls_slice(out->p + start, out->len - start);
	content[1] = mls_buf_slice(&tail);
	TRY(mls_sign_with_label(crypto, &signature, signer, "LeafNodeTBS", content, 2));
	TRY(mls_put_length(out, signature.len));
	TRY(mls_buf_append(out, mls_buf_slice(&signature)));
out:
	if (err)
		out->len = start;
	mls_buf_free(&tail);
	mls_buf_free(&signature);
	return err;
}

enum mls_err mls_leaf_node_verify(struct mls_crypto *crypto, const struct mls_leaf_node *leaf,
				  struct mls_slice group_id, uint32_t leaf_index)
{
	enum mls_err err = MLS_OK;
	struct mls_buf tail = {0};
	struct mls_slice content[2] = {leaf->signed_part};

	TRY(put_place(&tail, leaf, group_id, leaf_index));
	content[1] = mls_buf_slice(&tail);
	TRY(mls_verify_with_label(crypto, leaf->signature_key, "LeafNodeTBS", content, 2,
				  leaf->signature));
out:
	mls_buf_free(&tail);
	return err == MLS_ERR_SIGNATURE ? MLS_ERR_LEAF_SIGNATURE : err;
}

size_t mls_leaf_node_bound(const struct mls_suite *suite, const struct mls_leaf_node *leaf)
{
	const struct mls_capabilities *lists = &leaf->capabilities;
	const size_t bodies[] = {
		suite->npk,
		suite->signature_public,
		leaf->credential.content.len,
		lists->versions.len,
		lists->cipher_suites.len,
		lists->extensions.len,
		lists->proposals.len,
		lists->credentials.len,
		suite->nh, /* parent_hash: longer than a lifetime */
		leaf->extensions.len,
		mls_suite_max_signature(suite),
	};
	size_t bound = 2 + 1; /* credential_type, leaf_node_source */

	for (size_t i = 0; i < MLS_N(bodies); i++)
		bound += mls_length_size(bodies[i]) + bodies[i];
	return bound;
}

/* 7.2: what a leaf says about itself must fit together. */
static enum mls_err check_lists(const struct mls_leaf_rules *rules,
				const struct mls_leaf_node *leaf)
{
	struct mls_slice extensions = leaf->extensions;
	struct mls_code_point_set listed;
	struct mls_extension v;

	if (!mls_code_points_have(leaf->capabilities.versions, MLS_VERSION_MLS10))
		return MLS_ERR_VERSION_UNSUPPORTED;
	if (!mls_code_points_have(leaf->capabilities.cipher_suites, rules->crypto->suite->id))
		return MLS_ERR_SUITE_UNSUPPORTED;
	if (!mls_code_points_have(leaf->capabilities.credentials, leaf->credential.type))
		return MLS_ERR_CREDENTIAL_NOT_LISTED;
	mls_code_point_set_init(&listed, leaf->capabilities.extensions);
	while (extensions.len > 0) {
		enum mls_err err = mls_extension_next(&extensions, &v);

		if (err)
			return err;
		if (!mls_extension_is_default(v.type) && !mls_code_point_set_has(&listed, v.type))
			return MLS_ERR_EXTENSION_NOT_LISTED;
	}
	return mls_capabilities_satisfy(&leaf->capabilities, rules->group_extensions);
}

enum mls_err mls_leaf_node_check_lifetime(const struct mls_leaf_rules *rules,
					  const struct mls_leaf_node *leaf)
{
	const struct mls_policy *policy = rules->policy;
	const struct mls_lifetime *lifetime = &leaf->lifetime;

	if (leaf->source != MLS_LEAF_KEY_PACKAGE)
		return MLS_OK;
	if (lifetime->not_before > lifetime->not_after)
		return MLS_ERR_LIFETIME;
	if (policy->max_lifetime_s &&
	    lifetime->not_after - lifetime->not_before > policy->max_lifetime_s)
		return MLS_ERR_LIFETIME_TOO_LONG;
	if (policy->accept_expired && !rules->sending)
		return MLS_OK;
	if (rules->now_s < lifetime->not_before || rules->now_s > lifetime->not_after)
		return MLS_ERR_LIFETIME;
	return MLS_OK;
}

struct mls_identity mls_leaf_node_identity(const struct mls_leaf_node *leaf)
{
	return (struct mls_identity){leaf->credential.type, leaf->credential.content,
				     leaf->signature_key};
}

/* 5.3.1: asked of the application, once it is known that a certificate is of this key (5.3). */
static enum mls_err check_credential(const struct mls_leaf_rules *rules,
				     const struct mls_leaf_node *leaf,
				     const struct mls_leaf_node *replaced)
{
	const struct mls_policy *policy = rules->policy;
	struct mls_identity presented = mls_leaf_node_identity(leaf), before = {0};
	enum mls_err err;

	if ((err = mls_credential_check(rules->crypto, &leaf->credential, leaf->signature_key)) !=
	    MLS_OK)
		return err;
	if (!policy->accept_credential)
		return MLS_OK;
	if (replaced)
		before = mls_leaf_node_identity(replaced);
	if (!policy->accept_credential(policy->state, &presented, replaced ? &before : NULL))
		return MLS_ERR_CREDENTIAL_REFUSED;
	return MLS_OK;
}

enum mls_err mls_leaf_node_check(const struct mls_leaf_rules *rules,
				 const struct mls_leaf_node *leaf,
				 const struct mls_leaf_node *replaced, enum mls_leaf_source source)
{
	enum mls_err err;

	if (source && leaf->source != source)
		return MLS_ERR_LEAF_SOURCE_WRONG;
	if (leaf->encoded.len > UINT16_MAX)
		return MLS_ERR_LEAF_TOO_LONG;
	if (replaced && mls_slice_equal(leaf->encryption_key, replaced->encryption_key))
		return MLS_ERR_ENCRYPTION_KEY_KEPT;
	if ((err = check_lists(rules, leaf)) != MLS_OK ||
	    (err = mls_leaf_node_check_lifetime(rules, leaf)) != MLS_OK ||
	    (err = mls_public_key_check(rules->crypto, leaf->encryption_key)) != MLS_OK)
		return err;
	return check_credential(rules, leaf, replaced);
}

enum mls_err mls_leaf_node_validate(const struct mls_leaf_rules *rules,
				    const struct mls_leaf_node *leaf,
				    const struct mls_leaf_node *replaced,
				    enum mls_leaf_source source, uint32_t index)
{
	enum mls_err err = mls_leaf_node_check(rules, leaf, replaced, source);

	return err ? err : mls_leaf_node_verify(rules->crypto, leaf, rules->group_id, index);
}
