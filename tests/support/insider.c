#include "insider.h"

#include <stdio.h>
#include <stdlib.h>

#include "mls_probe.h"
#include "own_identity.h"
#include "seeded_random.h"
#include "tree_hash.h"

enum { JOINER = 1000 };

static struct insider made;

static void must(enum mls_err err)
{
	if (err == MLS_OK)
		return;
	fprintf(stderr, "unexpected: %s\n", mls_err_name(err));
	abort();
}

static void shape_group(struct world *w)
{
	const uint32_t blank = INSIDER_BLANK;
	struct mls_commit_request request = {.tree_in_welcome = true};
	uint32_t joining;

	for (uint32_t i = 0; i < w->n; i++)
		world_commit(w, i, &request, NULL, 0);
	joining = world_client(w, NULL);
	request.path_if_required = true;
	world_commit(w, 0, &request, &joining, 1);
	request = (struct mls_commit_request){.remove = &blank, .n_remove = 1};
	world_commit(w, 1, &request, NULL, 0);
	mls_client_free(w->client[blank]);
	w->client[blank] = NULL;
}

void insider_rename(struct mls_client *client, bool other)
{
	const struct mls_own_identity *own = &client->own[other];
	struct mls_buf key = {0};

	must(mls_signer_export(&key, own->signer));
	must(mls_client_set_identity(client, &(struct mls_new_identity){
						     .signature_private = bytes_of(&key),
						     .credential_type = own->credential_type,
						     .credential = bytes_of(&own->credential),
					     }));
	mls_buf_free(&key);
}

/* Its private key is that of nobody else, and the same in every process. */
static void give_other_identity(struct mls_client *client, uint8_t number)
{
	uint8_t key[32] = "the other signature key of....";

	key[31] = number;
	must(mls_client_set_identity(client, &(struct mls_new_identity){
						     .signature_private = {key, sizeof(key)},
						     .credential_type = MLS_CREDENTIAL_BASIC,
						     .credential = mls_slice(key, sizeof(key)),
					     }));
	insider_rename(client, false);
}

struct insider *insider(void)
{
	static struct mls_seeded_random random;
	const struct mls_slice psk = mls_slice_str("psk");

	if (made.w)
		return &made;
	mls_seeded_random_begin(&random, 1, "insider", 0);
	members_draw_from(mls_seeded_random_source(&random));
	members_on(MLS_CRYPTO_SODIUM, MLS_CRYPTO_SODIUM);
	made.w = world_new(1, INSIDER_MEMBERS - 1, NULL, NULL);
	shape_group(made.w);
	made.joiner = member_client(1, JOINER);
	must(mls_key_package_new(made.joiner, &made.package, &made.private_part));
	insider_keep_package();
	must(mls_client_set_psk(made.joiner, psk, psk));
	give_other_identity(made.joiner, INSIDER_MEMBERS);
	for (uint32_t i = 0; i < made.w->n; i++) {
		if (!made.w->client[i])
			continue;
		must(mls_client_set_psk(made.w->client[i], psk, psk));
		give_other_identity(made.w->client[i], (uint8_t)i);
	}
	return &made;
}

static void begin_origin(struct mls_origin *out, const struct mls_epoch *epoch, uint8_t usage)
{
	out->usage = usage;
	out->epoch = epoch->context.epoch;
	out->resumption_psk = epoch->secrets.resumption_psk;
	must(mls_buf_append(&out->group_id, epoch->context.group_id));
}

static void commit_alone(struct mls_group *group, const struct mls_commit_request *request)
{
	struct mls_buf commit = {0}, welcome = {0};
	const struct mls_commit_output output = {.commit = &commit, .welcome = &welcome};

	must(mls_group_commit(group, &output, request));
	must(mls_group_merge(group));
	mls_buf_free(&commit);
	mls_buf_free(&welcome);
}

/* Its id is the same in every process, whatever was drawn before. */
static struct mls_group *found_with_twin(struct mls_slice group_id)
{
	struct mls_client *twin = member_client(1, JOINER);
	struct mls_group *group = NULL;
	struct mls_buf package = {0};
	struct mls_slice add;

	member_publish(twin, &package);
	add = bytes_of(&package);
	must(mls_group_create(insider()->w->client[0], &group, group_id, (struct mls_slice){0}));
	commit_alone(group, &(struct mls_commit_request){.add = &add, .n_add = 1});
	mls_buf_free(&package);
	mls_client_free(twin);
	return group;
}

struct mls_group *insider_old(void)
{
	if (!insider()->old) {
		made.old = found_with_twin(mls_slice_str("old"));
		begin_origin(&made.origin, made.old->epoch, MLS_PSK_BRANCH);
	}
	return made.old;
}

struct mls_group *insider_shut(void)
{
	const struct mls_reinit_parameters next = {.group_id = mls_slice_str("next"), .suite = 1};

	if (!insider()->shut) {
		made.shut = found_with_twin(mls_slice_str("shut"));
		commit_alone(made.shut, &(struct mls_commit_request){.reinit = &next});
		begin_origin(&made.shut_origin, made.shut->epoch, MLS_PSK_REINIT);
	}
	return made.shut;
}

void insider_keep_package(void)
{
	must(mls_client_keep_key_package(made.joiner, bytes_of(&made.package),
					 bytes_of(&made.private_part)));
}

struct mls_group *insider_fork(uint32_t member)
{
	struct mls_group *copy = NULL;

	must(mls_probe_group_fork(made.w->client[member], &copy, made.w->group[member]));
	return copy;
}

struct mls_signer *insider_signer(struct mls_slice public_key)
{
	struct mls_signer *signer = mls_own_signer(made.joiner, public_key);

	for (uint32_t i = 0; i < made.w->n && !signer; i++) {
		if (made.w->client[i])
			signer = mls_own_signer(made.w->client[i], public_key);
	}
	return signer;
}

void insider_put_leaf(struct mls_buf *out, const struct mls_leaf_node *v, uint32_t leaf)
{
	struct mls_signer *signer = insider_signer(v->signature_key);

	if (!signer) {
		must(mls_buf_append(out, v->encoded));
		return;
	}
	must(mls_leaf_node_sign(made.joiner->crypto, out, v, signer,
				made.w->group[0]->epoch->context.group_id, leaf));
}

void insider_put_key_package(struct mls_buf *out, const struct mls_key_package *v)
{
	struct mls_signer *signer = insider_signer(v->leaf_node.signature_key);

	if (!signer || v->leaf_node.source != MLS_LEAF_KEY_PACKAGE)
		must(mls_buf_append(out, v->encoded));
	else
		must(mls_key_package_sign(made.joiner->crypto, out, v, signer));
}

void insider_put_proposal(struct mls_buf *out, const struct mls_proposal *v, uint32_t leaf)
{
	struct mls_codec c = {.out = out};
	uint16_t type = v->type;

	if (v->type != MLS_PROPOSAL_ADD && v->type != MLS_PROPOSAL_UPDATE) {
		must(mls_proposal_encode(out, v));
		return;
	}
	mls_u16(&c, &type);
	must(c.err);
	if (v->type == MLS_PROPOSAL_ADD)
		insider_put_key_package(out, &v->add);
	else
		insider_put_leaf(out, &v->update, leaf);
}

void insider_put_commit(struct mls_buf *out, const struct mls_commit *v, uint32_t leaf)
{
	struct mls_codec c = {.out = out};
	size_t start = mls_open_vector(&c);
	struct mls_slice rest = v->proposals, nodes = v->path.nodes;
	struct mls_proposal_or_ref entry;
	bool has_path = v->has_path;

	while (rest.len > 0) {
		must(mls_proposal_or_ref_next(&rest, &entry));
		if (entry.type == MLS_BY_REFERENCE) {
			must(mls_proposal_or_ref_encode(out, &entry));
			continue;
		}
		mls_u8(&c, &entry.type);
		insider_put_proposal(out, &entry.proposal, leaf);
	}
	mls_close_vector(&c, start);
	mls_present(&c, &has_path);
	if (has_path) {
		insider_put_leaf(out, &v->path.leaf_node, leaf);
		mls_opaque(&c, &nodes);
	}
	must(c.err);
}

/* Copies what does not decode as it is. */
void insider_put_tree(struct mls_buf *out, struct mls_slice ratchet_tree)
{
	struct mls_codec in = {.in = ratchet_tree}, c = {.out = out};
	struct mls_slice nodes = {0};
	const size_t start = mls_open_vector(&c);

	mls_opaque(&in, &nodes);
	in.in = nodes;
	for (uint32_t i = 0; mls_codec_ok(&in) && in.in.len > 0; i++) {
		const struct mls_slice entry = in.in;
		struct mls_leaf_node leaf = {0};
		struct mls_parent_node parent = {0};
		uint8_t type = 0;
		bool present = false;

		mls_present(&in, &present);
		if (present)
			mls_u8(&in, &type);
		if (type == 1)
			mls_leaf_node_walk(&in, &leaf);
		else if (present)
			mls_parent_node_walk(&in, &parent);
		if (!mls_codec_ok(&in)) {
			must(mls_buf_append(out, entry));
			break;
		}
		must(mls_buf_append(out,
				    mls_slice(entry.p, type == 1 ? 2 : entry.len - in.in.len)));
		if (type == 1)
			insider_put_leaf(out, &leaf, i / 2);
	}
	mls_close_vector(&c, start);
	must(c.err);
}

/* The extensions of a GroupInfo with the tree signed again, which also goes to `tree`. */
static void put_extensions(struct mls_buf *out, struct mls_buf *tree, struct mls_slice body)
{
	struct mls_extension extension;

	while (body.len > 0) {
		must(mls_extension_next(&body, &extension));
		if (extension.type == MLS_EXTENSION_RATCHET_TREE) {
			insider_put_tree(tree, extension.data);
			extension.data = bytes_of(tree);
		}
		must(mls_extension_encode(out, &extension));
	}
}

/* Whether the tree decodes; *hash is its hash then. */
static bool hash_tree(uint8_t *hash, struct mls_slice encoded)
{
	struct mls_crypto *crypto = made.joiner->crypto;
	const struct mls_key_index_seed seed = {{{0}}};
	struct mls_tree tree;
	const bool ok = mls_tree_decode(&tree, crypto->suite, &seed, encoded, 1 << 20) == MLS_OK;

	if (ok) {
		mls_tree_rehash(crypto, &tree);
		memcpy(hash, mls_tree_hash(&tree).p, crypto->suite->nh);
	}
	mls_tree_clear(&tree);
	return ok;
}

/* Of GroupSecrets of the joiner, PSKs included, where all of these are known. */
bool insider_member_secret(struct mls_secret *out, const struct mls_group_secrets *secrets)
{
	struct mls_crypto *crypto = made.joiner->crypto;
	struct mls_secret joiner = {.len = crypto->suite->nh}, psk = {.len = crypto->suite->nh};
	struct mls_slice ids[16], rest = secrets->psks;
	const struct mls_origin *origin = made.old ? &made.origin : NULL;
	struct mls_psk_id id;
	size_t n = 0;

	for (; rest.len > 0 && n < MLS_N(ids); n++) {
		ids[n] = rest;
		if (mls_psk_id_next(&rest, &id) != MLS_OK)
			return false;
		ids[n].len -= rest.len;
		if (made.shut && id.usage == MLS_PSK_REINIT)
			origin = &made.shut_origin;
	}
	if (secrets->joiner_secret.len != joiner.len ||
	    mls_client_psk_secret(made.joiner, &psk, ids, n, origin) != MLS_OK)
		return false;
	memcpy(joiner.bytes, secrets->joiner_secret.p, joiner.len);
	mls_member_secret(crypto, out, &joiner, &psk);
	return true;
}

static bool confirm(uint8_t *tag, const struct mls_group_info *info,
		    const struct mls_group_secrets *secrets)
{
	struct mls_crypto *crypto = made.joiner->crypto;
	struct mls_epoch_secrets epoch;
	struct mls_secret member;
	struct mls_buf context = {0};

	if (!secrets || !insider_member_secret(&member, secrets))
		return false;
	must(mls_group_context_encode(&context, &info->context));
	must(mls_epoch_secrets(crypto, &epoch, &member, bytes_of(&context)));
	mls_confirmation_tag(crypto, tag, &epoch.confirmation_key,
			     info->context.confirmed_transcript_hash);
	mls_buf_free(&context);
	return true;
}

void insider_put_group_info(struct mls_buf *out, const struct mls_group_info *v,
			    const struct mls_group_secrets *secrets)
{
	struct mls_crypto *crypto = made.joiner->crypto;
	const size_t nh = crypto->suite->nh, start = out->len;
	struct mls_group_info info = *v;
	struct mls_buf extensions = {0}, tree = {0};
	uint8_t tree_hash[MLS_MAX_HASH], tag[MLS_MAX_HASH];
	struct mls_client *signer = info.signer < made.w->n ? made.w->client[info.signer] : NULL;

	put_extensions(&extensions, &tree, v->extensions);
	info.extensions = bytes_of(&extensions);
	info.signature = (struct mls_slice){0};
	if (hash_tree(tree_hash, bytes_of(&tree)))
		info.context.tree_hash = mls_slice(tree_hash, nh);
	if (confirm(tag, &info, secrets))
		info.confirmation_tag = mls_slice(tag, nh);
	must(mls_group_info_encode(out, &info));
	out->len--; /* the length of the empty signature */
	must(mls_group_info_sign(crypto, out, start,
				 signer ? signer->signer : made.joiner->signer));
	mls_buf_free(&extensions);
	mls_buf_free(&tree);
}

void insider_expect_refusal(enum mls_err err)
{
	const enum mls_err_class class = mls_err_class(err);

	if (err != MLS_OK && class != MLS_CLASS_USAGE && class != MLS_CLASS_RESOURCE)
		return;
	fprintf(stderr, "not a refusal: %s\n", mls_err_name(err));
	abort();
}

/* Saved, ended and loaded, unless the client has another copy of the group. */
static void save_and_load(struct mls_client *client, struct mls_group *group)
{
	struct mls_buf saved = {0}, again = {0}, id = {0};
	struct mls_group *loaded = NULL;
	enum mls_err err;

	must(mls_group_save(group, &saved));
	must(mls_buf_append(&id, mls_group_id(group)));
	mls_group_free(group);
	err = mls_group_load(client, &loaded, bytes_of(&saved));
	if (err != MLS_ERR_GROUP_ID_TAKEN || !mls_client_has_group(client, bytes_of(&id))) {
		must(err);
		must(mls_group_save(loaded, &again));
		if (!mls_slice_equal(bytes_of(&saved), bytes_of(&again)))
			abort();
	}
	mls_group_free(loaded);
	mls_buf_free(&saved);
	mls_buf_free(&again);
	mls_buf_free(&id);
}

/* All that waits but the first, and a removal besides; nobody accepts this commit. */
static void commit_without_first(struct mls_group *group)
{
	const struct mls_proposal_request removal = {.type = MLS_PROPOSAL_REMOVE, .leaf = 5};
	struct mls_buf commit = {0}, welcome = {0};
	const struct mls_commit_output output = {.commit = &commit, .welcome = &welcome};
	struct mls_waiting_proposal first;
	struct mls_commit_request request = {.leave_out = &first.ref, .n_leave_out = 1};
	size_t n;
	enum mls_err err;

	(void)!mls_group_propose(group, &commit, &removal, MLS_HANDSHAKE_PUBLIC);
	n = mls_group_n_proposals(group);
	if (mls_group_proposal(group, &first, 0)) {
		err = mls_group_commit(group, &output, &request);
		if (err == MLS_ERR_PROPOSAL_REF || mls_group_n_proposals(group) != n)
			abort();
		mls_group_discard(group);
	}
	mls_buf_free(&commit);
	mls_buf_free(&welcome);
}

/* With a path, so that all see the committer's present identity. */
static void commit_and_merge(struct mls_client *client, struct mls_group *group)
{
	struct mls_buf commit = {0}, welcome = {0};
	const struct mls_commit_output output = {.commit = &commit, .welcome = &welcome};
	struct mls_identity own;

	if (mls_group_commit(group, &output, &(struct mls_commit_request){0}) == MLS_OK) {
		must(mls_group_merge(group));
		if (!mls_group_member(group, &own, mls_group_own_leaf(group)) ||
		    !mls_slice_equal(own.signature_key, mls_client_signature_key(client)))
			abort();
	}
	mls_buf_free(&commit);
	mls_buf_free(&welcome);
}

static void protect(struct mls_group *group)
{
	struct mls_buf message = {0};

	(void)!mls_group_protect(group, &message, mls_slice_str("used"), (struct mls_slice){0});
	mls_buf_free(&message);
}

void insider_use(struct mls_client *client, struct mls_group *group, unsigned how)
{
	struct mls_slice extensions = mls_group_welcome_extensions(group), data;
	struct mls_identity member;
	uint16_t type;

	while (extensions.len > 0)
		must(mls_extension_take(&type, &data, &extensions));
	for (uint32_t i = 0; i < mls_group_n_leaves(group); i++)
		(void)mls_group_member(group, &member, i);
	protect(group);
	if (how & INSIDER_LEAVES_OUT)
		commit_without_first(group);
	insider_rename(client, how & INSIDER_RENAMES);
	commit_and_merge(client, group);
	protect(group);
	save_and_load(client, group);
	insider_rename(client, false);
}
