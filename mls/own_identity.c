#include "own_identity.h"

#include <stdlib.h>

#include "member_support.h"
#include "memory.h"

static void clear(struct mls_own_identity *v)
{
	mls_signer_free(v->signer);
	mls_buf_free(&v->credential);
}

void mls_own_identities_clear(struct mls_client *client)
{
	for (size_t i = 0; i < client->n_own; i++)
		clear(&client->own[i]);
	free(client->own);
}

enum mls_err mls_own_signer_make(struct mls_crypto *crypto, struct mls_signer **signer,
				 struct mls_slice private_key, struct mls_slice public_key)
{
	struct mls_signer *made = NULL;
	enum mls_err err = MLS_OK;

	if (!private_key.len && !public_key.len)
		return mls_signer_generate(crypto, signer);
	TRY(mls_signer_import(crypto, &made, private_key, (struct mls_slice){0}));
	if (public_key.len && public_key.len != crypto->suite->signature_public)
		FAIL(MLS_ERR_PUBLIC_KEY);
	if (public_key.len && !mls_slice_equal(public_key, mls_signer_public(made)))
		FAIL(MLS_ERR_SIGNATURE_KEY_MISMATCH);
	*signer = made;
	made = NULL;
out:
	mls_signer_free(made);
	return err;
}

static enum mls_err check_credential(const struct mls_crypto *crypto,
				     const struct mls_leaf_node *leaf)
{
	struct mls_credential decoded;
	struct mls_buf encoded = {0};
	enum mls_err err = MLS_OK;

	TRY(mls_credential_encode(&encoded, &leaf->credential));
	TRY(mls_credential_decode(mls_buf_slice(&encoded), &decoded));
	TRY(mls_credential_check(crypto, &decoded, leaf->signature_key));
out:
	mls_buf_free(&encoded);
	return err;
}

/* A group of this member alone keeps track of what it lists, or no group does. Lists that are
 * short even with what stands in them twice are not counted. */
static enum mls_err check_code_points(const struct mls_leaf_node *leaf)
{
	const struct mls_capabilities *lists = &leaf->capabilities;
	const size_t len = lists->extensions.len + lists->proposals.len + lists->credentials.len;
	struct mls_member_support alone = {0};
	enum mls_err err;

	if (len / 2 < MLS_MAX_CODE_POINTS)
		return MLS_OK;
	err = mls_member_support_enter(&alone, leaf, 1);
	mls_member_support_clear(&alone);
	return err;
}

enum mls_err mls_own_leaf_check(struct mls_crypto *crypto, const struct mls_leaf_node *leaf)
{
	enum mls_err err = MLS_OK;

	TRY(check_credential(crypto, leaf));
	if (mls_leaf_node_bound(crypto->suite, leaf) > UINT16_MAX)
		FAIL(MLS_ERR_LEAF_TOO_LONG);
	TRY(check_code_points(leaf));
out:
	return err;
}

struct mls_signer *mls_own_signer(const struct mls_client *client, struct mls_slice signature_key)
{
	if (mls_slice_equal(mls_client_signature_key(client), signature_key))
		return client->signer;
	for (size_t i = 0; i < client->n_own; i++) {
		if (mls_slice_equal(mls_signer_public(client->own[i].signer), signature_key))
			return client->own[i].signer;
	}
	return NULL;
}

struct mls_signer *mls_epoch_signer(const struct mls_client *client, const struct mls_epoch *epoch)
{
	struct mls_signer *signer = NULL;
	struct mls_leaf_node own;

	if (client->n_own > 0 && mls_tree_leaf_node(&epoch->tree, epoch->keys.leaf, &own) == MLS_OK)
		signer = mls_own_signer(client, own.signature_key);
	return signer ? signer : client->signer;
}

/* One more owner of the signer, and a copy of the credential. */
static enum mls_err copy(struct mls_own_identity *out, struct mls_signer *signer,
			 const struct mls_credential *credential)
{
	out->signer = mls_signer_ref(signer);
	out->credential_type = credential->type;
	return mls_buf_append(&out->credential, credential->content);
}

static struct mls_credential credential_of(const struct mls_own_identity *v)
{
	return (struct mls_credential){v->credential_type, mls_buf_slice(&v->credential)};
}

static bool is_same(const struct mls_own_identity *v, const struct mls_signer *signer,
		    const struct mls_credential *credential)
{
	return v->credential_type == credential->type &&
	       mls_slice_equal(mls_buf_slice(&v->credential), credential->content) &&
	       mls_slice_equal(mls_signer_public(v->signer), mls_signer_public(signer));
}

/* Puts one behind those there are; in front of the second, the one of the configuration. */
static enum mls_err add(struct mls_client *client, struct mls_signer *signer,
			const struct mls_credential *credential)
{
	const size_t n = client->n_own ? client->n_own : 1;
	struct mls_own_identity *own = mls_calloc(n + 1, sizeof(*own));
	enum mls_err err = MLS_OK;

	if (!own)
		return MLS_ERR_NOMEM;
	TRY(copy(&own[n], signer, credential));
	if (client->n_own)
		memcpy(own, client->own, n * sizeof(*own));
	else
		TRY(copy(&own[0], client->signer, &client->leaf.credential));
	free(client->own);
	client->own = own;
	client->n_own = n + 1;
	return MLS_OK;
out:
	clear(&own[n]);
	if (!client->n_own)
		clear(&own[0]);
	free(own);
	return err;
}

static void make_present(struct mls_client *client, const struct mls_own_identity *v)
{
	struct mls_signer *before = client->signer;

	client->signer = mls_signer_ref(v->signer);
	client->leaf.signature_key = mls_signer_public(client->signer);
	client->leaf.credential = credential_of(v);
	mls_signer_free(before);
}

enum mls_err mls_client_set_identity(struct mls_client *client,
				     const struct mls_new_identity *identity)
{
	const struct mls_credential credential = {identity->credential_type, identity->credential};
	struct mls_leaf_node leaf = client->leaf;
	struct mls_signer *signer = NULL;
	size_t i = 0;
	enum mls_err err = MLS_OK;

	if (!mls_code_points_have(client->leaf.capabilities.credentials, credential.type))
		return MLS_ERR_CREDENTIAL_NOT_LISTED;
	TRY(mls_own_signer_make(client->crypto, &signer, identity->signature_private,
				identity->signature_public));
	leaf.credential = credential;
	leaf.signature_key = mls_signer_public(signer);
	TRY(mls_own_leaf_check(client->crypto, &leaf));
	while (i < client->n_own && !is_same(&client->own[i], signer, &credential))
		i++;
	if (i == client->n_own) {
		TRY(add(client, signer, &credential));
		i = client->n_own - 1;
	}
	make_present(client, &client->own[i]);
out:
	mls_signer_free(signer);
	return err;
}
