#include "client.h"

#include <stdlib.h>

#include "framing.h"
#include "grease.h"
#include "memory.h"
#include "own_identity.h"

enum { DEFAULT_LIFETIME_S = 90 * 24 * 3600, CLOCK_SKEW_S = 3600 };

struct mls_policy mls_policy_default(void)
{
	return (struct mls_policy){
		.max_lifetime_s = DEFAULT_LIFETIME_S + CLOCK_SKEW_S,
		.max_message = MLS_DEFAULT_MAX_MESSAGE,
		.max_group_extensions = (size_t)64 << 10,
		.max_leaves = (uint32_t)1 << 20,
		.max_ratchet_steps = 1000,
		.max_kept_keys = 1000,
		.max_proposals = 1000,
		.reserved_keys = 32,
	};
}

/* Appends a list of code points: `first`, which is always there, then `more` without it. */
static enum mls_err put_code_points(struct mls_buf *out, uint16_t first,
				    const struct mls_code_points *more)
{
	struct mls_codec c = {.out = out};

	mls_u16(&c, &first);
	for (size_t i = 0; i < more->n; i++) {
		uint16_t value = more->v[i];

		if (value != first)
			mls_u16(&c, &value);
	}
	return c.err;
}

/* Without the default ones, which capabilities do not list (7.2). */
static enum mls_err put_more_code_points(struct mls_buf *out, const struct mls_code_points *list,
					 bool (*is_default)(uint16_t type))
{
	struct mls_codec c = {.out = out};

	for (size_t i = 0; i < list->n; i++) {
		uint16_t value = list->v[i];

		if (!is_default(value))
			mls_u16(&c, &value);
	}
	return c.err;
}

/* What all leaves of the client share, in one piece of memory; views follow when it is whole. */
static enum mls_err fill_leaf(struct mls_client *client, const struct mls_client_config *config)
{
	static const struct mls_code_points none = {0};
	struct mls_buf *b = &client->leaf_memory;
	struct mls_leaf_node *leaf = &client->leaf;
	size_t end[8];
	enum mls_err err = MLS_OK;
	struct mls_slice *const lists[] = {
		&leaf->capabilities.versions,
		&leaf->capabilities.cipher_suites,
		&leaf->capabilities.extensions,
		&leaf->capabilities.proposals,
		&leaf->capabilities.credentials,
		&leaf->credential.content,
		&leaf->extensions,
		&client->key_package_extensions,
	};

	TRY(put_code_points(b, MLS_VERSION_MLS10, &none));
	end[0] = b->len;
	TRY(put_code_points(b, config->suite, &config->suites));
	end[1] = b->len;
	TRY(put_more_code_points(b, &config->extensions, mls_extension_is_default));
	end[2] = b->len;
	TRY(put_more_code_points(b, &config->proposals, mls_proposal_is_default));
	end[3] = b->len;
	TRY(put_code_points(b, config->credential_type, &config->credentials));
	end[4] = b->len;
	TRY(mls_buf_append(b, config->credential));
	end[5] = b->len;
	TRY(mls_buf_append(b, config->leaf_extensions));
	end[6] = b->len;
	TRY(mls_buf_append(b, config->key_package_extensions));
	end[7] = b->len;
	for (size_t i = 0; i < MLS_N(lists); i++) {
		const size_t start = i ? end[i - 1] : 0;

		*lists[i] = mls_slice(b->p + start, end[i] - start);
	}
	leaf->credential.type = config->credential_type;
	leaf->signature_key = mls_signer_public(client->signer);
out:
	return err;
}

/* 7.2: what is in an extension list of this client is in its capabilities, but for default types.
 */
static enum mls_err check_given(const struct mls_client *client, struct mls_slice extensions,
				uint16_t allowed)
{
	struct mls_extension v;
	enum mls_err err = mls_extensions_check_given(extensions, allowed);

	while (err == MLS_OK && extensions.len > 0) {
		err = mls_extension_next(&extensions, &v);
		if (err == MLS_OK && !mls_extension_is_default(v.type) &&
		    !mls_code_points_have(client->leaf.capabilities.extensions, v.type))
			return MLS_ERR_EXTENSION_NOT_LISTED;
	}
	return err;
}

static enum mls_err check_extensions(const struct mls_client *client)
{
	enum mls_err err = MLS_OK;

	TRY(check_given(client, client->leaf.extensions, MLS_EXTENSION_APPLICATION_ID));
	TRY(check_given(client, client->key_package_extensions, 0));
out:
	return err;
}

enum mls_err mls_client_init(struct mls_client *client, struct mls_crypto *crypto,
			     const struct mls_client_config *config)
{
	struct mls_greased greased = {0};
	enum mls_err err = MLS_OK;

	client->crypto = crypto;
	if ((config->storage != NULL) == config->ephemeral)
		return MLS_ERR_STORAGE_UNDECIDED;
	if (config->storage)
		client->storage = *config->storage;
	client->policy = config->policy ? *config->policy : mls_policy_default();
	client->now_s = config->now_s;
	client->key_package_lifetime_s = config->key_package_lifetime_s;
	if (!client->key_package_lifetime_s)
		client->key_package_lifetime_s = DEFAULT_LIFETIME_S;
	TRY(mls_own_signer_make(crypto, &client->signer, config->signature_private,
				config->signature_public));
	TRY(mls_greased_make(&greased, crypto, config));
	TRY(fill_leaf(client, &greased.config));
	TRY(mls_own_leaf_check(crypto, &client->leaf));
	TRY(check_extensions(client));
out:
	mls_greased_clear(&greased);
	return err;
}

enum mls_err mls_client_new(struct mls_client **client, const struct mls_client_config *config)
{
	const struct mls_suite *suite = mls_suite_find(config->suite);
	struct mls_client *made = NULL;
	struct mls_crypto *crypto = NULL;
	enum mls_err err = MLS_OK;

	if (!suite)
		return MLS_ERR_SUITE;
	made = mls_calloc(1, sizeof(*made));
	if (!made)
		return MLS_ERR_NOMEM;
	TRY(mls_crypto_new(&crypto, config->crypto, suite,
			   config->random.fill ? &config->random : NULL));
	TRY(mls_crypto_set_threads(crypto, config->threads));
	TRY(mls_client_init(made, crypto, config));
	*client = made;
	made = NULL;
out:
	if (made && !made->crypto)
		mls_crypto_free(crypto);
	mls_client_free(made);
	return err;
}

static void clear_kept(struct mls_kept_key_package *kept)
{
	mls_buf_free(&kept->key_package);
	mls_key_free(kept->init_key);
	mls_key_free(kept->encryption_key);
}

void mls_client_free(struct mls_client *client)
{
	if (!client)
		return;
	for (size_t i = 0; i < client->n_kept; i++)
		clear_kept(&client->kept[i]);
	free(client->kept);
	for (size_t i = 0; i < client->n_psks; i++) {
		mls_buf_free(&client->psks[i].id);
		mls_buf_free(&client->psks[i].psk);
	}
	free(client->psks);
	mls_own_identities_clear(client);
	mls_signer_free(client->signer);
	mls_buf_free(&client->leaf_memory);
	if (!client->borrows_crypto)
		mls_crypto_free(client->crypto);
	free(client);
}

void mls_client_set_time(struct mls_client *client, uint64_t now_s)
{
	client->now_s = now_s;
}

struct mls_slice mls_client_signature_key(const struct mls_client *client)
{
	return mls_signer_public(client->signer);
}

enum mls_err mls_client_signature_private(const struct mls_client *client, struct mls_buf *out)
{
	return mls_signer_export(out, client->signer);
}

struct mls_leaf_rules mls_client_rules(const struct mls_client *client, struct mls_slice group_id,
				       struct mls_slice group_extensions, bool sending)
{
	return (struct mls_leaf_rules){
		.crypto = client->crypto,
		.policy = &client->policy,
		.now_s = client->now_s,
		.group_id = group_id,
		.group_extensions = group_extensions,
		.sending = sending,
	};
}

struct mls_lifetime mls_client_lifetime(const struct mls_client *client)
{
	const uint64_t skew = client->now_s < CLOCK_SKEW_S ? client->now_s : CLOCK_SKEW_S;

	return (struct mls_lifetime){client->now_s - skew,
				     client->now_s + client->key_package_lifetime_s};
}

void mls_key_package_ref(struct mls_crypto *crypto, uint8_t *out, struct mls_slice key_package)
{
	mls_ref_hash(crypto, out, "MLS 1.0 KeyPackage Reference", key_package);
}

enum mls_err mls_key_package_message(struct mls_key_package *out, struct mls_slice message)
{
	struct mls_slice body = message;
	enum mls_err err = mls_message_open(&body, MLS_WIRE_KEY_PACKAGE);

	return err ? err : mls_key_package_decode(body, out);
}

/* Appends MLSMessage(KeyPackage) for the two public keys. */
static enum mls_err put_key_package(struct mls_client *client, struct mls_buf *message,
				    const struct mls_key *init_key,
				    const struct mls_key *encryption_key)
{
	struct mls_codec c = {.out = message};
	uint16_t wire_format = MLS_WIRE_KEY_PACKAGE;
	struct mls_key_package fields = {
		.version = MLS_VERSION_MLS10,
		.suite = client->crypto->suite->id,
		.init_key = mls_key_public(init_key),
		.leaf_node = client->leaf,
		.extensions = client->key_package_extensions,
	};

	fields.leaf_node.encryption_key = mls_key_public(encryption_key);
	fields.leaf_node.source = MLS_LEAF_KEY_PACKAGE;
	fields.leaf_node.lifetime = mls_client_lifetime(client);
	mls_message_header_walk(&c, &wire_format);
	if (c.err)
		return c.err;
	return mls_key_package_sign(client->crypto, message, &fields, client->signer);
}

enum mls_err mls_key_package_read(struct mls_key_package_outline *outline,
				  struct mls_slice key_package)
{
	struct mls_key_package v;
	enum mls_err err;

	if (key_package.len > MLS_DEFAULT_MAX_MESSAGE)
		return MLS_ERR_MESSAGE_TOO_LONG;
	err = mls_key_package_message(&v, key_package);
	if (err)
		return err;
	*outline = (struct mls_key_package_outline){
		.suite = v.suite,
		.member = mls_leaf_node_identity(&v.leaf_node),
		.not_before_s = v.leaf_node.lifetime.not_before,
		.not_after_s = v.leaf_node.lifetime.not_after,
		.leaf_extensions = v.leaf_node.extensions,
		.extensions = v.extensions,
	};
	return MLS_OK;
}

static enum mls_err put_private_key(struct mls_crypto *crypto, struct mls_buf *out,
				    const struct mls_key *key)
{
	enum mls_err err = mls_put_length(out, crypto->suite->nsk);

	return err ? err : mls_key_export(out, key);
}

enum mls_err mls_key_package_make(struct mls_client *client, struct mls_buf *message,
				  struct mls_key **init_key, struct mls_key **encryption_key)
{
	enum mls_err err = MLS_OK;

	*init_key = *encryption_key = NULL;
	TRY(mls_key_generate(client->crypto, init_key));
	TRY(mls_key_generate(client->crypto, encryption_key));
	TRY(put_key_package(client, message, *init_key, *encryption_key));
	return MLS_OK;
out:
	mls_key_free(*init_key);
	mls_key_free(*encryption_key);
	*init_key = *encryption_key = NULL;
	return err;
}

enum mls_err mls_policy_check_message(const struct mls_policy *policy, struct mls_slice message)
{
	return message.len > policy->max_message ? MLS_ERR_MESSAGE_TOO_LONG : MLS_OK;
}

enum mls_err mls_policy_check_extensions(const struct mls_policy *policy,
					 struct mls_slice group_extensions)
{
	return group_extensions.len > policy->max_group_extensions
		       ? MLS_ERR_GROUP_EXTENSIONS_TOO_LONG
		       : MLS_OK;
}

enum mls_err mls_client_put(const struct mls_client *client, enum mls_stored what,
			    struct mls_slice id, struct mls_slice bytes)
{
	const struct mls_storage *storage = &client->storage;

	if (!storage->put || storage->put(storage->state, what, id, bytes) == MLS_OK)
		return MLS_OK;
	return MLS_ERR_STORAGE;
}

/* Stores opaque message<V> and the private part. */
static enum mls_err store_key_package(struct mls_client *client, struct mls_slice message,
				      struct mls_slice private_part)
{
	struct mls_crypto *crypto = client->crypto;
	struct mls_key_package key_package;
	struct mls_buf bytes = {0};
	struct mls_codec c = {.out = &bytes};
	uint8_t ref[MLS_MAX_HASH];
	enum mls_err err = MLS_OK;

	if (!client->storage.put)
		return MLS_OK;
	TRY(mls_key_package_message(&key_package, message));
	mls_key_package_ref(crypto, ref, key_package.encoded);
	mls_opaque(&c, &message);
	mls_fixed(&c, &private_part, private_part.len);
	TRY(c.err);
	TRY(mls_client_put(client, MLS_STORED_KEY_PACKAGE, mls_slice(ref, crypto->suite->nh),
			   mls_buf_slice(&bytes)));
out:
	mls_buf_free(&bytes);
	return err;
}

enum mls_err mls_key_package_new(struct mls_client *client, struct mls_buf *message,
				 struct mls_buf *private_part)
{
	struct mls_crypto *crypto = client->crypto;
	const size_t message_start = message->len, private_start = private_part->len;
	struct mls_key *init_key = NULL, *encryption_key = NULL;
	enum mls_err err = MLS_OK;

	TRY(mls_key_package_make(client, message, &init_key, &encryption_key));
	TRY(put_private_key(crypto, private_part, init_key));
	TRY(put_private_key(crypto, private_part, encryption_key));
	TRY(store_key_package(
		client, mls_slice(message->p + message_start, message->len - message_start),
		mls_slice(private_part->p + private_start, private_part->len - private_start)));
out:
	if (err) {
		message->len = message_start;
		mls_buf_cut(private_part, private_start);
	}
	mls_key_free(init_key);
	mls_key_free(encryption_key);
	return err;
}

/* Imports a private key and makes sure that it belongs to `public_key`. */
static enum mls_err import_checked(struct mls_crypto *crypto, struct mls_key **key,
				   struct mls_slice private_key, struct mls_slice public_key)
{
	enum mls_err err = mls_key_import(crypto, key, private_key, (struct mls_slice){0});

	if (err == MLS_OK && !mls_slice_equal(mls_key_public(*key), public_key))
		err = MLS_ERR_KEY_PACKAGE_PRIVATE;
	return err;
}

static enum mls_err room_for_kept(struct mls_client *client)
{
	const size_t more = client->room_kept ? 2 * client->room_kept : 1;
	struct mls_kept_key_package *kept;

	if (client->n_kept < client->room_kept)
		return MLS_OK;
	kept = mls_calloc(more, sizeof(*kept));
	if (!kept)
		return MLS_ERR_NOMEM;
	if (client->n_kept)
		memcpy(kept, client->kept, client->n_kept * sizeof(*kept));
	free(client->kept);
	client->kept = kept;
	client->room_kept = more;
	return MLS_OK;
}

enum mls_err mls_client_keep_key_package(struct mls_client *client, struct mls_slice message,
					 struct mls_slice private_part)
{
	struct mls_crypto *crypto = client->crypto;
	struct mls_codec c = {.in = private_part};
	struct mls_kept_key_package made = {0};
	struct mls_key_package key_package;
	struct mls_slice init_private = {0}, encryption_private = {0};
	enum mls_err err = MLS_OK;

	TRY(mls_key_package_message(&key_package, message));
	if (key_package.suite != crypto->suite->id)
		FAIL(MLS_ERR_KEY_PACKAGE_SUITE);
	mls_opaque(&c, &init_private);
	mls_opaque(&c, &encryption_private);
	if (c.err || c.in.len)
		FAIL(MLS_ERR_KEY_PACKAGE_PRIVATE);
	if (!mls_own_signer(client, key_package.leaf_node.signature_key))
		FAIL(MLS_ERR_KEY_PACKAGE_PRIVATE);
	mls_key_package_ref(crypto, made.ref, key_package.encoded);
	if (mls_client_find_kept(client, mls_slice(made.ref, crypto->suite->nh)))
		return MLS_OK;
	TRY(import_checked(crypto, &made.init_key, init_private, key_package.init_key));
	TRY(import_checked(crypto, &made.encryption_key, encryption_private,
			   key_package.leaf_node.encryption_key));
	TRY(mls_buf_append(&made.key_package, key_package.encoded));
	TRY(room_for_kept(client));
	client->kept[client->n_kept++] = made;
	return MLS_OK;
out:
	clear_kept(&made);
	return err;
}

enum mls_err mls_client_restore_key_package(struct mls_client *client, struct mls_slice stored)
{
	struct mls_codec c = {.in = stored};
	struct mls_slice message = {0};

	mls_opaque(&c, &message);
	return c.err ? MLS_ERR_STATE : mls_client_keep_key_package(client, message, c.in);
}

struct mls_kept_key_package *mls_client_find_kept(const struct mls_client *client,
						  struct mls_slice ref)
{
	const size_t nh = client->crypto->suite->nh;

	for (size_t i = 0; i < client->n_kept; i++) {
		if (mls_slice_equal(mls_slice(client->kept[i].ref, nh), ref))
			return &client->kept[i];
	}
	return NULL;
}

enum mls_err mls_client_drop_kept(struct mls_client *client, struct mls_kept_key_package *kept)
{
	enum mls_err err = mls_client_put(client, MLS_STORED_KEY_PACKAGE,
					  mls_slice(kept->ref, client->crypto->suite->nh),
					  (struct mls_slice){0});

	if (err)
		return err;
	clear_kept(kept);
	*kept = client->kept[--client->n_kept];
	return MLS_OK;
}

static struct mls_kept_psk *find_psk(const struct mls_client *client, struct mls_slice id)
{
	for (size_t i = 0; i < client->n_psks; i++) {
		if (mls_slice_equal(mls_buf_slice(&client->psks[i].id), id))
			return &client->psks[i];
	}
	return NULL;
}

bool mls_client_find_psk(const struct mls_client *client, struct mls_slice id,
			 struct mls_slice *psk)
{
	const struct mls_kept_psk *kept = find_psk(client, id);

	if (!kept)
		return false;
	*psk = mls_buf_slice(&kept->psk);
	return true;
}

static enum mls_err add_psk(struct mls_client *client, struct mls_kept_psk *psk)
{
	const size_t more = client->room_psks ? 2 * client->room_psks : 1;
	struct mls_kept_psk *psks;

	if (client->n_psks == client->room_psks) {
		psks = mls_calloc(more, sizeof(*psks));
		if (!psks)
			return MLS_ERR_NOMEM;
		if (client->n_psks)
			memcpy(psks, client->psks, client->n_psks * sizeof(*psks));
		free(client->psks);
		client->psks = psks;
		client->room_psks = more;
	}
	client->psks[client->n_psks++] = *psk;
	return MLS_OK;
}

static void forget_psk(struct mls_client *client, struct mls_kept_psk *kept)
{
	if (!kept)
		return;
	mls_buf_free(&kept->id);
	mls_buf_free(&kept->psk);
	*kept = client->psks[--client->n_psks];
}

enum mls_err mls_client_set_psk(struct mls_client *client, struct mls_slice id,
				struct mls_slice psk)
{
	struct mls_kept_psk *kept = find_psk(client, id);
	struct mls_kept_psk made = {0}, old;
	enum mls_err err = MLS_OK;

	if (!psk.len) {
		forget_psk(client, kept);
		return MLS_OK;
	}
	TRY(mls_buf_append(&made.id, id));
	TRY(mls_buf_append(&made.psk, psk));
	if (kept) {
		old = *kept;
		*kept = made;
		made = old;
	} else {
		TRY(add_psk(client, &made));
		made = (struct mls_kept_psk){0};
	}
out:
	mls_buf_free(&made.id);
	mls_buf_free(&made.psk);
	return err;
}
