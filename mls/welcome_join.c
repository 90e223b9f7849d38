#include "welcome.h"

#include <stdlib.h>

#include "content_auth.h"
#include "external_senders.h"
#include "framing.h"
#include "memory.h"
#include "tree_validate.h"

/* Joining by a Welcome, RFC 9420 12.4.3.1. What costs least is checked first; the signatures
 * of all members come last. */

void mls_joining_clear(struct mls_joining *j)
{
	mls_buf_free(&j->secrets_bytes);
	mls_buf_free(&j->info_bytes);
	mls_epoch_free(j->epoch);
	mls_secret_tree_clear(&j->secret_tree);
	mls_wipe(j, sizeof(*j));
}

static enum mls_err decode_welcome(struct mls_welcome *welcome, struct mls_slice message)
{
	struct mls_slice body = message;
	enum mls_err err = mls_message_open(&body, MLS_WIRE_WELCOME);

	return err ? err : mls_welcome_decode(body, welcome);
}

/* Which of our key packages the Welcome is for, and what is sealed to it. */
static enum mls_err find_ours(struct mls_joining *j, struct mls_encrypted_group_secrets *ours,
			      const struct mls_welcome *welcome)
{
	struct mls_slice rest = welcome->secrets;
	enum mls_err err = MLS_OK;

	while (rest.len > 0 && err == MLS_OK) {
		err = mls_encrypted_group_secrets_next(&rest, ours);
		if (err == MLS_OK)
			j->kept = mls_client_find_kept(j->client, ours->new_member);
		if (j->kept)
			return MLS_OK;
	}
	return err ? err : MLS_ERR_WELCOME_NOT_FOR_US;
}

static enum mls_err open_secrets(struct mls_joining *j, const struct mls_welcome *welcome)
{
	struct mls_crypto *crypto = j->client->crypto;
	const size_t nh = crypto->suite->nh;
	struct mls_encrypted_group_secrets ours = {0};
	struct mls_hpke_info info;
	enum mls_err err = MLS_OK;

	TRY(find_ours(j, &ours, welcome));
	mls_encrypt_context(crypto, &info, "Welcome", welcome->encrypted_group_info);
	TRY(mls_decrypt_with_label(crypto, &j->secrets_bytes, j->kept->init_key, &info,
				   &ours.secrets));
	TRY(mls_group_secrets_decode(mls_buf_slice(&j->secrets_bytes), &j->secrets));
	if (j->secrets.joiner_secret.len != nh)
		FAIL(MLS_ERR_JOINER_SECRET);
	if (j->secrets.has_path_secret && j->secrets.path_secret.len != nh)
		FAIL(MLS_ERR_PATH_SECRET);
	memcpy(j->joiner_secret.bytes, j->secrets.joiner_secret.p, nh);
	j->joiner_secret.len = (uint8_t)nh;
out:
	return err;
}

static size_t count_psks(struct mls_slice ids)
{
	struct mls_psk_id id;
	size_t n = 0;

	while (ids.len > 0 && mls_psk_id_next(&ids, &id) == MLS_OK)
		n++;
	return n;
}

/* The secret between the two Extracts of the key schedule, with the PSKs of GroupSecrets. */
static enum mls_err derive_member_secret(struct mls_joining *j)
{
	const size_t n = count_psks(j->secrets.psks);
	struct mls_slice rest = j->secrets.psks, *ids = NULL;
	struct mls_secret psk_secret = {0};
	struct mls_psk_id id;
	enum mls_err err = MLS_OK;

	if (n) {
		ids = mls_calloc(n, sizeof(*ids));
		if (!ids)
			return MLS_ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		ids[i] = rest;
		TRY(mls_psk_id_next(&rest, &id));
		ids[i].len -= rest.len;
		TRY(mls_psk_id_check(&id, j->client->crypto->suite->nh, j->origin));
		j->n_origin += mls_origin_is(j->origin, &id);
	}
	TRY(mls_client_psk_secret(j->client, &psk_secret, ids, n, j->origin));
	mls_member_secret(j->client->crypto, &j->member_secret, &j->joiner_secret, &psk_secret);
out:
	mls_secret_wipe(&psk_secret);
	free(ids);
	return err;
}

static enum mls_err open_info(struct mls_joining *j)
{
	const struct mls_slice encrypted = j->encrypted_info;
	struct mls_crypto *crypto = j->client->crypto;
	struct mls_secret welcome_secret = {0};
	uint8_t key[MLS_MAX_AEAD_KEY], nonce[MLS_AEAD_NONCE];
	enum mls_err err = MLS_OK;

	TRY(mls_welcome_secret(crypto, &welcome_secret, &j->member_secret));
	TRY(mls_welcome_key(crypto, key, nonce, &welcome_secret));
	TRY(mls_buf_reserve(&j->info_bytes, encrypted.len));
	TRY(mls_aead_open(crypto, j->info_bytes.p, key, nonce, (struct mls_slice){0}, encrypted));
	j->info_bytes.len = encrypted.len - MLS_AEAD_TAG;
	TRY(mls_group_info_decode(mls_buf_slice(&j->info_bytes), &j->info));
out:
	mls_secret_wipe(&welcome_secret);
	mls_wipe(key, sizeof(key));
	mls_wipe(nonce, sizeof(nonce));
	return err;
}

enum mls_err mls_joining_begin(struct mls_joining *j, struct mls_client *client,
			       struct mls_slice message)
{
	struct mls_welcome welcome;
	enum mls_err err = MLS_OK;

	*j = (struct mls_joining){.client = client};
	if (message.len > client->policy.max_message)
		return MLS_ERR_MESSAGE_TOO_LONG;
	TRY(decode_welcome(&welcome, message));
	if (welcome.suite != client->crypto->suite->id)
		FAIL(MLS_ERR_SUITE);
	TRY(open_secrets(j, &welcome));
	j->encrypted_info = welcome.encrypted_group_info;
out:
	return err;
}

enum mls_err mls_joining_open_info(struct mls_joining *j, const struct mls_origin *origin)
{
	enum mls_err err;

	j->origin = origin;
	err = derive_member_secret(j);
	return err ? err : open_info(j);
}

enum mls_err mls_joining_open(struct mls_joining *j, struct mls_client *client,
			      struct mls_slice message, const struct mls_origin *origin)
{
	enum mls_err err = mls_joining_begin(j, client, message);

	return err ? err : mls_joining_open_info(j, origin);
}

enum mls_err mls_group_info_check_context(const struct mls_client *client,
					  const struct mls_group_info *info,
					  const struct mls_capabilities *capabilities)
{
	const struct mls_group_context *context = &info->context;
	enum mls_err err;

	if (context->version != MLS_VERSION_MLS10)
		return MLS_ERR_VERSION;
	if (context->cipher_suite != client->crypto->suite->id)
		return MLS_ERR_SUITE;
	if (mls_client_has_group(client, context->group_id))
		return MLS_ERR_GROUP_ID_TAKEN;
	err = mls_policy_check_extensions(&client->policy, context->extensions);
	return err ? err : mls_capabilities_satisfy(capabilities, context->extensions);
}

enum mls_err mls_group_info_take_tree(const struct mls_client *client, struct mls_tree *tree,
				      const struct mls_group_info *info,
				      struct mls_slice ratchet_tree)
{
	struct mls_crypto *crypto = client->crypto;
	struct mls_slice inside = {0};
	struct mls_key_index_seed seed;
	enum mls_err err = MLS_OK;

	if (mls_extension_find(info->extensions, MLS_EXTENSION_RATCHET_TREE, &inside))
		ratchet_tree = inside;
	if (!ratchet_tree.len)
		FAIL(MLS_ERR_TREE_MISSING);
	TRY(mls_policy_check_message(&client->policy, ratchet_tree));
	TRY(mls_random_bytes(crypto, seed.bytes[0], sizeof(seed.bytes)));
	TRY(mls_tree_decode(tree, crypto->suite, &seed, ratchet_tree, client->policy.max_leaves));
	mls_tree_rehash(crypto, tree);
	if (!mls_slice_equal(mls_tree_hash(tree), info->context.tree_hash))
		FAIL(MLS_ERR_TREE_HASH);
out:
	return err;
}

enum mls_err mls_group_info_check_signer(const struct mls_client *client,
					 const struct mls_group_info *info,
					 const struct mls_tree *tree)
{
	struct mls_leaf_node signer;
	enum mls_err err = mls_tree_leaf_node(tree, info->signer, &signer);

	return err ? err : mls_group_info_verify(client->crypto, info, signer.signature_key);
}

/* All secrets of the epoch, if the tag shows that they are those of the group. */
static enum mls_err derive_epoch(struct mls_joining *j)
{
	struct mls_crypto *crypto = j->client->crypto;
	enum mls_err err = mls_epoch_set_context(j->epoch, &j->info.context);

	if (err == MLS_OK)
		err = mls_epoch_derive(crypto, j->epoch, &j->secret_tree, &j->member_secret);
	if (err == MLS_OK &&
	    !mls_equal_secret(mls_slice(j->epoch->confirmation_tag, crypto->suite->nh),
			      j->info.confirmation_tag))
		err = MLS_ERR_CONFIRMATION_TAG;
	return err;
}

static enum mls_err take_keys(struct mls_joining *j, const struct mls_key_package *ours)
{
	uint32_t own_leaf;
	enum mls_err err = mls_tree_find(&j->epoch->tree, &own_leaf, ours->leaf_node.encoded);

	if (err)
		return err;
	return mls_path_join(j->client->crypto, &j->epoch->keys, &j->epoch->tree, own_leaf,
			     j->kept->encryption_key, j->info.signer, j->secrets.path_secret);
}

enum mls_err mls_joining_finish(struct mls_joining *j, struct mls_slice ratchet_tree)
{
	struct mls_leaf_rules rules;
	struct mls_key_package ours;
	enum mls_err err = MLS_OK;

	TRY(mls_key_package_decode(mls_buf_slice(&j->kept->key_package), &ours));
	TRY(mls_group_info_check_context(j->client, &j->info, &ours.leaf_node.capabilities));
	TRY(mls_epoch_new(&j->epoch));
	TRY(mls_group_info_take_tree(j->client, &j->epoch->tree, &j->info, ratchet_tree));
	TRY(derive_epoch(j));
	TRY(mls_group_info_check_signer(j->client, &j->info, &j->epoch->tree));
	TRY(take_keys(j, &ours));
	rules = mls_client_rules(j->client, j->info.context.group_id, j->info.context.extensions,
				 false);
	TRY(mls_external_senders_check(&rules));
	TRY(mls_tree_validate(&rules, &j->epoch->tree));
out:
	return err;
}
