/* MLS (RFC 9420) by mls/: the operations of the harness as calls of mls.h. */
#include "backends/backends.h"
#include "backends/mls_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bounds of what is written straight into the outbox, in bytes, beside identities: a leaf and
 * its parent in a ratchet tree, one joiner's secrets in a Welcome, everything else. */
#define LEAF         368u
#define LEAF_LONG    896u /* keys and hashes of the other curves */
#define SECRETS      192u
#define SECRETS_LONG 384u
#define REST         8192u

static struct mls_slice slice(struct gb_bytes b)
{
	return (struct mls_slice){b.p, b.len};
}

static struct gb_bytes bytes(const struct mls_buf *b)
{
	return (struct gb_bytes){b->p, b->len};
}

static enum gb_status out_of_room(struct gb_world *w, const char *what)
{
	(void)gb_mls_refused(w, what, "the outbox is full");
	return GB_FAILED;
}

enum gb_status gb_mls_post(struct gb_world *w, struct gb_outbox *out, struct gb_message m,
			   const struct mls_buf *body)
{
	uint8_t *p = out->reserve(out, body->len);

	if (!p)
		return out_of_room(w, "send");
	memcpy(p, body->p, body->len);
	m.body = (struct gb_bytes){p, body->len};
	out->commit(out, &m);
	return GB_OK;
}

static size_t welcome_bound(const struct gb_world *w, size_t members, size_t joiners)
{
	bool is_curve25519 = w->axes.suite == 1 || w->axes.suite == 3;
	size_t leaf = (is_curve25519 ? LEAF : LEAF_LONG) + w->axes.identity;
	size_t secrets = is_curve25519 ? SECRETS : SECRETS_LONG;

	return (w->axes.tree_in_welcome ? leaf * members : 0) + secrets * joiners + REST;
}

static struct gb_message to_group(enum gb_kind kind, uint32_t from)
{
	return (struct gb_message){
		.kind = kind, .address = GB_TO_GROUP, .fanout = GB_FANOUT_SERVER, .from = from};
}

struct mls_group *gb_mls_group_of(struct gb_world *w, uint32_t device, const char *what)
{
	struct gb_mls_device *d = &w->device[device];
	struct mls_reinit_parameters next;

	if (!d->group)
		(void)gb_mls_refused(w, what, "not a member");
	else if (d->was_removed)
		(void)gb_mls_refused(w, what, "this device was removed");
	else if (mls_group_reinit(d->group, &next))
		(void)gb_mls_refused(w, what, "the group was shut down");
	else
		return d->group;
	return NULL;
}

/* What a commit takes at most: its key packages, and a path whose copath is all leaves. */
static size_t commit_bound(const struct gb_world *w, size_t members,
			   const struct mls_commit_request *request)
{
	size_t bound = SECRETS_LONG * members + w->axes.identity + REST;

	for (size_t i = 0; i < request->n_add; i++)
		bound += request->add[i].len;
	return bound;
}

/* The Welcome, which carries the tree and may be megabytes long, is written in place; the commit is
 * copied. */
enum gb_status gb_mls_commit(struct gb_world *w, uint32_t device, struct mls_group *group,
			     const struct mls_commit_request *request, const uint32_t *joining,
			     struct gb_outbox *out)
{
	size_t members = mls_group_n_leaves(group) + request->n_add;
	size_t room = request->n_add > 0 ? welcome_bound(w, members, request->n_add) : 0;
	struct mls_buf welcome = {.fixed = true, .cap = room};
	struct mls_commit_output output = {.commit = &w->scratch, .welcome = &welcome};
	struct gb_message to_joiners = {.kind = GB_WELCOME,
					.address = GB_TO_DEVICES,
					.fanout = GB_FANOUT_SERVER,
					.from = device,
					.n_to = request->n_add,
					.to = joining};
	enum mls_err err;

	welcome.p = out->reserve(out, room + commit_bound(w, members, request));
	if (!welcome.p)
		return out_of_room(w, "commit");
	w->scratch.len = 0;
	err = mls_group_commit(group, &output, request);
	if (err)
		return gb_mls_failed(w, "commit", err);
	if (welcome.len > 0) {
		to_joiners.body = bytes(&welcome);
		out->commit(out, &to_joiners);
	}
	return gb_mls_post(w, out, to_group(GB_COMMIT, device), &w->scratch);
}

enum gb_status gb_mls_commit_adds(struct gb_world *w, uint32_t device, struct mls_group *group,
				  const struct gb_published *joining, size_t n,
				  struct gb_outbox *out)
{
	struct mls_slice *key_packages = calloc(n ? n : 1, sizeof(*key_packages));
	uint32_t *devices = calloc(n ? n : 1, sizeof(*devices));
	struct mls_commit_request request = {
		.add = key_packages,
		.n_add = n,
		.without_proposals = true,
		.path_if_required = !w->axes.path,
		.tree_in_welcome = w->axes.tree_in_welcome,
		.handshake = w->axes.handshake,
	};
	enum gb_status status = GB_FAILED;

	if (!key_packages || !devices) {
		(void)gb_mls_failed(w, "add", MLS_ERR_NOMEM);
	} else {
		for (size_t i = 0; i < n; i++) {
			key_packages[i] = slice(joining[i].body);
			devices[i] = joining[i].device;
		}
		status = gb_mls_commit(w, device, group, &request, devices, out);
	}
	free(key_packages);
	free(devices);
	return status;
}

static enum gb_status mls_create(struct gb_world *w, uint32_t device,
				 const struct gb_published *others, size_t n, struct gb_outbox *out)
{
	struct gb_mls_device *d = &w->device[device];
	struct mls_slice id = {w->group_id, sizeof(w->group_id)};
	struct mls_group *group = NULL;
	enum gb_status status = GB_OK;
	enum mls_err err;

	if (d->group)
		return gb_mls_refused(w, "create", "the device has a group");
	err = mls_group_create(d->client, &group, id, (struct mls_slice){0});
	if (err)
		return gb_mls_failed(w, "create", err);
	if (n > 0)
		status = gb_mls_commit_adds(w, device, group, others, n, out);
	if (status == GB_OK)
		d->group = group;
	else
		mls_group_free(group);
	return status;
}

static enum gb_status mls_add(struct gb_world *w, uint32_t device,
			      const struct gb_published *joining, size_t n, struct gb_outbox *out)
{
	struct mls_group *group = gb_mls_group_of(w, device, "add");

	return group ? gb_mls_commit_adds(w, device, group, joining, n, out) : GB_REJECTED;
}

static bool is_at(struct gb_world *w, const struct mls_group *group, uint32_t leaf, uint32_t device)
{
	struct mls_slice identity = gb_mls_identity(w, device);
	struct mls_identity member;

	return mls_group_member(group, &member, leaf) && member.credential.len == identity.len &&
	       memcmp(member.credential.p, identity.p, identity.len) == 0;
}

/*
 * The leaf of a device. Where members from the beginning are is known; only who was added to a
 * place that was free has to be looked for.
 */
static uint32_t leaf_of(struct gb_world *w, const struct mls_group *group, uint32_t device)
{
	uint32_t usual = gb_tree_history_leaf(&w->axes.tree, device);

	if (is_at(w, group, usual, device))
		return usual;
	for (uint32_t leaf = 0; leaf < mls_group_n_leaves(group); leaf++)
		if (is_at(w, group, leaf, device))
			return leaf;
	return MLS_NO_LEAF;
}

static enum gb_status mls_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				 size_t n, struct gb_outbox *out)
{
	struct mls_group *group = gb_mls_group_of(w, device, "remove");
	uint32_t *leaves = calloc(n ? n : 1, sizeof(*leaves));
	struct mls_commit_request request = {
		.remove = leaves,
		.n_remove = n,
		.without_proposals = true,
		.handshake = w->axes.handshake,
	};
	enum gb_status status;

	if (!group || !leaves) {
		free(leaves);
		return group ? gb_mls_failed(w, "remove", MLS_ERR_NOMEM) : GB_REJECTED;
	}
	for (size_t i = 0; i < n; i++)
		leaves[i] = leaf_of(w, group, leaving[i]);
	status = gb_mls_commit(w, device, group, &request, NULL, out);
	free(leaves);
	return status;
}

static enum gb_status mls_rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct mls_group *group = gb_mls_group_of(w, device, "rekey");
	struct mls_commit_request request = {
		.without_proposals = true,
		.handshake = w->axes.handshake,
	};

	return group ? gb_mls_commit(w, device, group, &request, NULL, out) : GB_REJECTED;
}

static enum gb_status mls_send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
			       struct gb_outbox *out)
{
	struct mls_group *group = gb_mls_group_of(w, device, "send");
	struct gb_message m = to_group(GB_APPLICATION, device);
	struct mls_buf message = {.fixed = true, .cap = plaintext.len + w->axes.padding + REST};
	enum mls_err err;

	if (!group)
		return GB_REJECTED;
	message.p = out->reserve(out, message.cap);
	if (!message.p)
		return out_of_room(w, "send");
	err = mls_group_protect(group, &message, slice(plaintext), (struct mls_slice){0});
	if (err)
		return gb_mls_failed(w, "send", err);
	m.body = bytes(&message);
	out->commit(out, &m);
	return GB_OK;
}

/* Really sends them: a sender ratchet of MLS has no other way on. */
static enum gb_status mls_skip(struct gb_world *w, uint32_t device, uint32_t n)
{
	struct mls_group *group = gb_mls_group_of(w, device, "skip");
	enum mls_err err = MLS_OK;

	if (!group)
		return GB_REJECTED;
	if (n > w->policy.max_ratchet_steps) {
		snprintf(w->error, sizeof(w->error),
			 "receivers bridge at most %u generations of a sender's ratchet, not %u",
			 (unsigned)w->policy.max_ratchet_steps, (unsigned)n);
		return GB_UNSUPPORTED;
	}
	for (uint32_t i = 0; i < n && !err; i++) {
		w->scratch.len = 0;
		err = mls_group_protect(group, &w->scratch, (struct mls_slice){0},
					(struct mls_slice){0});
	}
	return err ? gb_mls_failed(w, "skip", err) : GB_OK;
}

static enum gb_status mls_store(struct gb_world *w, uint32_t device, uint64_t *stored)
{
	struct mls_group *group = gb_mls_group_of(w, device, "store");
	enum mls_err err;

	if (!group)
		return GB_REJECTED;
	w->scratch.len = 0;
	err = mls_group_save(group, &w->scratch);
	*stored = w->scratch.len;
	return err ? gb_mls_failed(w, "store", err) : GB_OK;
}

/* A client is in a group once only, and the checkpoint is there as well: so the state is loaded
 * into a second client of the same keys, and must give the same bytes again. */
static enum gb_status mls_reload(struct gb_world *w, uint32_t device)
{
	struct gb_mls_device second = {0};
	struct mls_group *again = NULL;
	struct mls_buf bytes_again = {0};
	enum mls_err err = gb_mls_make_device(w, &second, device);
	enum gb_status status = GB_OK;

	if (!err)
		err = mls_group_load(second.client, &again,
				     slice((struct gb_bytes){w->scratch.p, w->scratch.len}));
	if (!err)
		err = mls_group_save(again, &bytes_again);
	if (err)
		status = gb_mls_failed(w, "reload", err);
	else if (bytes_again.len != w->scratch.len ||
		 memcmp(bytes_again.p, w->scratch.p, w->scratch.len) != 0)
		status = gb_mls_refused(w, "reload", "the state differs from what was stored");
	mls_group_free(again);
	mls_buf_free(&bytes_again);
	gb_mls_drop_device(&second);
	return status;
}

static enum gb_status mls_single_prepare(struct gb_world *w, enum gb_single which)
{
	static const enum mls_probe_primitive primitives[GB_SINGLES] = {
		[GB_SINGLE_KEYGEN] = MLS_PROBE_KEYGEN, [GB_SINGLE_DH] = MLS_PROBE_DH,
		[GB_SINGLE_SIGN] = MLS_PROBE_SIGN,     [GB_SINGLE_VERIFY] = MLS_PROBE_VERIFY,
		[GB_SINGLE_HASH] = MLS_PROBE_HASH,     [GB_SINGLE_HMAC] = MLS_PROBE_HMAC,
		[GB_SINGLE_AEAD] = MLS_PROBE_AEAD,
	};
	enum mls_err err;

	mls_probe_call_free(w->single);
	w->single = NULL;
	if (which == GB_SINGLE_CBC) {
		snprintf(w->error, sizeof(w->error), "no cipher suite of MLS uses AES-CBC");
		return GB_UNSUPPORTED;
	}
	err = mls_probe_call_prepare(w->root, &w->single, primitives[which]);
	return err ? gb_mls_failed(w, "preparing a primitive", err) : GB_OK;
}

static enum gb_status mls_single(struct gb_world *w, uint32_t n)
{
	enum mls_err err = mls_probe_call(w->single, n);

	return err ? gb_mls_failed(w, "primitive", err) : GB_OK;
}

static enum gb_status mls_single_check(struct gb_world *w)
{
	if (mls_probe_call_check(w->single))
		return GB_OK;
	return gb_mls_refused(w, "primitive", "its result does not hold");
}

/* RFC 9420, 9.2: keys are deleted once they were used, and those of an epoch with it. What
 * MSC4038 uploads instead is no part of the RFC. */
static enum gb_status mls_history(struct gb_world *w, uint32_t device, uint32_t n, uint32_t n_old,
				  struct gb_bytes plaintext, struct gb_outbox *out)
{
	(void)device;
	(void)n;
	(void)n_old;
	(void)plaintext;
	(void)out;
	snprintf(w->error, sizeof(w->error), "%s",
		 "RFC 9420, 9.2, deletes the keys of the past: there is nothing to back up");
	return GB_UNSUPPORTED;
}

static enum gb_status mls_process(struct gb_world *w, uint32_t device, const struct gb_message *m)
{
	struct mls_group *group = gb_mls_group_of(w, device, "process");
	struct mls_event event;
	enum mls_err err;

	if (!group)
		return GB_REJECTED;
	err = mls_group_receive(group, &event, slice(m->body));
	if (err)
		return gb_mls_failed(w, "process", err);
	if (event.type == MLS_EVENT_REMOVED)
		w->device[device].was_removed = true;
	return GB_OK;
}

static enum gb_status mls_join(struct gb_world *w, uint32_t device, const struct gb_message *m,
			       size_t n)
{
	struct gb_mls_device *d = &w->device[device];
	struct mls_slice tree = n > 1 ? slice(m[1].body) : (struct mls_slice){0};
	struct mls_group *group = NULL;
	struct mls_reinit_parameters next;
	enum mls_err err;

	if (!d->group || d->was_removed)
		err = mls_group_join(d->client, &group, slice(m[0].body), tree);
	else if (mls_group_reinit(d->group, &next))
		err = mls_group_join_successor(d->client, &group, d->group, MLS_SUCCESSION_REINIT,
					       slice(m[0].body), tree);
	else
		return gb_mls_refused(w, "join", "the device has a group");
	if (err)
		return gb_mls_failed(w, "join", err);
	mls_group_free(d->group);
	d->group = group;
	d->has_joined = true;
	d->was_removed = false;
	return GB_OK;
}

static enum gb_status mls_receive(struct gb_world *w, uint32_t device, const struct gb_message *m,
				  struct gb_bytes *plaintext)
{
	struct mls_group *group = gb_mls_group_of(w, device, "receive");
	struct mls_event event;
	enum mls_err err;

	if (!group)
		return GB_REJECTED;
	err = mls_group_receive(group, &event, slice(m->body));
	if (err)
		return gb_mls_failed(w, "receive", err);
	if (event.type != MLS_EVENT_APPLICATION)
		return gb_mls_refused(w, "receive", "not an application message");
	*plaintext = (struct gb_bytes){event.data.p, event.data.len};
	return GB_OK;
}

static enum gb_status mls_digest(struct gb_world *w, uint32_t device, uint32_t sender,
				 uint8_t out[GB_DIGEST_BYTES])
{
	struct mls_group *group = gb_mls_group_of(w, device, "digest");

	(void)sender;
	if (!group)
		return GB_REJECTED;
	/* At least 32 bytes in every suite. */
	memcpy(out, mls_group_epoch_authenticator(group).p, GB_DIGEST_BYTES);
	return GB_OK;
}

static enum gb_status mls_discard(struct gb_world *w, uint32_t device)
{
	struct mls_group *group = gb_mls_group_of(w, device, "discard");

	if (!group)
		return GB_REJECTED;
	mls_group_discard(group);
	return GB_OK;
}

static enum gb_status mls_counts_of(struct gb_world *w, struct gb_counts *counts)
{
	struct mls_counts counted;

	mls_probe_counts(w->root, &counted);
	*counts = (struct gb_counts){0};
#define COPY(name, sentence) counts->name = counted.name;
	MLS_COUNTS(COPY)
#undef COPY
	return GB_OK;
}

static enum gb_status mls_allocations_of(struct gb_world *w, uint64_t *calls)
{
	(void)w;
	*calls = mls_probe_allocations();
	return GB_OK;
}

static const char *version_text(void)
{
	static char text[128];

	snprintf(text, sizeof(text), "mls %s on %s, libsodium %s", mls_version(),
		 mls_crypto_version(MLS_CRYPTO_OPENSSL), mls_crypto_version(MLS_CRYPTO_SODIUM));
	return text;
}

static const char *mls_error(const struct gb_world *w)
{
	return w->error;
}

const struct gb_backend gb_backend_mls = {
	.struct_size = sizeof(struct gb_backend),
	.abi = GB_ABI,
	.features = GB_SETTLES | GB_SEALED,
	.name = "mls",
	.max_size = 1000000,
	.axis = gb_mls_axis,
	.open = gb_mls_open,
	.close = gb_mls_close,
	.version = version_text,
	.error = mls_error,
	.publish = gb_mls_publish,
	.publish_many = gb_mls_publish_many,
	.materialise = gb_mls_materialise,
	.shape = gb_mls_shape,
	.create = mls_create,
	.add = mls_add,
	.remove = mls_remove,
	.rekey = mls_rekey,
	.send = mls_send,
	.process = mls_process,
	.join = mls_join,
	.receive = mls_receive,
	.digest = mls_digest,
	.checkpoint = gb_mls_checkpoint,
	.rollback = gb_mls_rollback,
	.discard = mls_discard,
	.group_info = gb_mls_publish_group_info,
	.fetch_tree = gb_mls_publish_tree,
	.join_external = gb_mls_join_external,
	.skip = mls_skip,
	.store = mls_store,
	.reload = mls_reload,
	.history = mls_history,
	.single_prepare = mls_single_prepare,
	.single = mls_single,
	.single_check = mls_single_check,
	.counts = mls_counts_of,
	.allocations = mls_allocations_of,
	.set_psk = gb_mls_set_psk,
	.commit_psk = gb_mls_commit_psk,
	.commit_resumption = gb_mls_commit_resumption,
	.reinit = gb_mls_reinit,
	.succeed = gb_mls_succeed,
	.enrol = gb_mls_enrol,
	.reach = gb_mls_reach,
	.reached = gb_mls_reached,
};
