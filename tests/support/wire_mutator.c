#include "wire_mutator.h"

#include <stdlib.h>

#include "framing.h"
#include "group_info.h"
#include "tree_node.h"

/* A number of `bytes` bytes, a truth, or a slice, which may be a list of `elements`. */
struct field {
	void *at;
	size_t bytes;
	bool is_truth;
	const struct wire_type *elements;
};

struct fields {
	struct field v[64];
	size_t n;
};

struct wire_type {
	enum mls_err (*next)(struct mls_slice *in, void *v);
	enum mls_err (*encode)(struct mls_buf *out, const void *v);
	void (*list)(struct fields *f, void *v);
};

/* Room for the largest of the structures. */
union any {
	struct mls_framed_content content;
	struct mls_group_info info;
	struct mls_key_package key_package;
	uint8_t bytes[4096];
};

static void add(struct fields *f, void *at, size_t bytes, const struct wire_type *elements)
{
	if (f->n < MLS_N(f->v))
		f->v[f->n++] = (struct field){.at = at, .bytes = bytes, .elements = elements};
}

static void add_truth(struct fields *f, bool *at)
{
	if (f->n < MLS_N(f->v))
		f->v[f->n++] = (struct field){.at = at, .is_truth = true};
}

static void add_slice(struct fields *f, struct mls_slice *slice)
{
	add(f, slice, 0, NULL);
}

#define ADD_NUMBER(f, number) add(f, &(number), sizeof(number), NULL)

#define DEFINE_TYPE(name, static_or_not)                                                           \
	static enum mls_err name##_next(struct mls_slice *in, void *v)                             \
	{                                                                                          \
		return mls_##name##_next(in, v);                                                   \
	}                                                                                          \
	static enum mls_err name##_encode(struct mls_buf *out, const void *v)                      \
	{                                                                                          \
		return mls_##name##_encode(out, v);                                                \
	}                                                                                          \
	static_or_not const struct wire_type wire_##name = {name##_next, name##_encode,            \
							    name##_list};

static void extension_list(struct fields *f, void *v)
{
	struct mls_extension *e = v;

	ADD_NUMBER(f, e->type);
	add_slice(f, &e->data);
}
DEFINE_TYPE(extension, static)

static void leaf_node_list(struct fields *f, void *v)
{
	struct mls_leaf_node *leaf = v;
	struct mls_capabilities *caps = &leaf->capabilities;

	add_slice(f, &leaf->encryption_key);
	add_slice(f, &leaf->signature_key);
	ADD_NUMBER(f, leaf->credential.type);
	add_slice(f, &leaf->credential.content);
	add_slice(f, &caps->versions);
	add_slice(f, &caps->cipher_suites);
	add_slice(f, &caps->extensions);
	add_slice(f, &caps->proposals);
	add_slice(f, &caps->credentials);
	ADD_NUMBER(f, leaf->source);
	ADD_NUMBER(f, leaf->lifetime.not_before);
	ADD_NUMBER(f, leaf->lifetime.not_after);
	add_slice(f, &leaf->parent_hash);
	add(f, &leaf->extensions, 0, &wire_extension);
	add_slice(f, &leaf->signature);
}
DEFINE_TYPE(leaf_node, )

static void key_package_list(struct fields *f, void *v)
{
	struct mls_key_package *package = v;

	ADD_NUMBER(f, package->version);
	ADD_NUMBER(f, package->suite);
	add_slice(f, &package->init_key);
	leaf_node_list(f, &package->leaf_node);
	add(f, &package->extensions, 0, &wire_extension);
	add_slice(f, &package->signature);
}
DEFINE_TYPE(key_package, )

static void psk_id_list(struct fields *f, void *v)
{
	struct mls_psk_id *id = v;

	ADD_NUMBER(f, id->type);
	ADD_NUMBER(f, id->usage);
	ADD_NUMBER(f, id->psk_epoch);
	add_slice(f, &id->psk_id);
	add_slice(f, &id->psk_group_id);
	add_slice(f, &id->psk_nonce);
}
DEFINE_TYPE(psk_id, static)

static void proposal_list(struct fields *f, void *v)
{
	struct mls_proposal *proposal = v;

	switch (proposal->type) {
	case MLS_PROPOSAL_ADD:
		key_package_list(f, &proposal->add);
		break;
	case MLS_PROPOSAL_UPDATE:
		leaf_node_list(f, &proposal->update);
		break;
	case MLS_PROPOSAL_REMOVE:
		ADD_NUMBER(f, proposal->remove);
		break;
	case MLS_PROPOSAL_PSK:
		psk_id_list(f, &proposal->psk);
		break;
	case MLS_PROPOSAL_REINIT:
		add_slice(f, &proposal->reinit.group_id);
		ADD_NUMBER(f, proposal->reinit.version);
		ADD_NUMBER(f, proposal->reinit.suite);
		add(f, &proposal->reinit.extensions, 0, &wire_extension);
		break;
	case MLS_PROPOSAL_EXTERNAL_INIT:
		add_slice(f, &proposal->external_init);
		break;
	default:
		add(f, &proposal->set_extensions, 0, &wire_extension);
	}
}
DEFINE_TYPE(proposal, )

static void proposal_or_ref_list(struct fields *f, void *v)
{
	struct mls_proposal_or_ref *p = v;

	if (p->type == MLS_BY_VALUE)
		proposal_list(f, &p->proposal);
	else
		add_slice(f, &p->reference);
}
DEFINE_TYPE(proposal_or_ref, static)

static void hpke_ciphertext_list(struct fields *f, void *v)
{
	struct mls_hpke_ciphertext *sealed = v;

	add_slice(f, &sealed->kem_output);
	add_slice(f, &sealed->ciphertext);
}
DEFINE_TYPE(hpke_ciphertext, static)

static void update_path_node_list(struct fields *f, void *v)
{
	struct mls_update_path_node *node = v;

	add_slice(f, &node->encryption_key);
	add(f, &node->encrypted_path_secret, 0, &wire_hpke_ciphertext);
}
DEFINE_TYPE(update_path_node, static)

static void commit_list(struct fields *f, void *v)
{
	struct mls_commit *commit = v;

	add(f, &commit->proposals, 0, &wire_proposal_or_ref);
	add(f, &commit->proposals, 0, &wire_proposal_or_ref);
	if (!commit->has_path)
		return;
	leaf_node_list(f, &commit->path.leaf_node);
	add(f, &commit->path.nodes, 0, &wire_update_path_node);
	add(f, &commit->path.nodes, 0, &wire_update_path_node);
}
DEFINE_TYPE(commit, )

static void framed_content_list(struct fields *f, void *v)
{
	struct mls_framed_content *content = v;

	add_slice(f, &content->group_id);
	ADD_NUMBER(f, content->epoch);
	ADD_NUMBER(f, content->sender.type);
	ADD_NUMBER(f, content->sender.index);
	add_slice(f, &content->authenticated_data);
	if (content->content_type == MLS_CONTENT_APPLICATION)
		add_slice(f, &content->application_data);
	else if (content->content_type == MLS_CONTENT_PROPOSAL)
		proposal_list(f, &content->proposal);
	else
		commit_list(f, &content->commit);
}
DEFINE_TYPE(framed_content, )

/* optional<Node> (12.4.3.3). */
struct mls_tree_entry {
	bool present;
	uint8_t type;
	struct mls_leaf_node leaf;
	struct mls_parent_node parent;
};
MLS_WIRE_TYPE_DECLARE(tree_entry)

void mls_tree_entry_walk(struct mls_codec *c, struct mls_tree_entry *v)
{
	mls_present(c, &v->present);
	if (!v->present)
		return;
	mls_u8(c, &v->type);
	if (v->type == 1)
		mls_leaf_node_walk(c, &v->leaf);
	else
		mls_parent_node_walk(c, &v->parent);
}
MLS_WIRE_TYPE(tree_entry)

static void tree_entry_list(struct fields *f, void *v)
{
	struct mls_tree_entry *entry = v;

	add_truth(f, &entry->present);
	if (entry->present && entry->type == 1)
		leaf_node_list(f, &entry->leaf);
	if (entry->present && entry->type != 1) {
		add_slice(f, &entry->parent.encryption_key);
		add_slice(f, &entry->parent.parent_hash);
		add_slice(f, &entry->parent.unmerged_leaves);
	}
}
DEFINE_TYPE(tree_entry, static)

struct mls_ratchet_tree {
	struct mls_slice nodes;
};
MLS_WIRE_TYPE_DECLARE(ratchet_tree)

void mls_ratchet_tree_walk(struct mls_codec *c, struct mls_ratchet_tree *v)
{
	mls_opaque(c, &v->nodes);
}
MLS_WIRE_TYPE(ratchet_tree)

static void ratchet_tree_list(struct fields *f, void *v)
{
	struct mls_ratchet_tree *tree = v;

	add(f, &tree->nodes, 0, &wire_tree_entry);
}
DEFINE_TYPE(ratchet_tree, )

static void group_info_list(struct fields *f, void *v)
{
	struct mls_group_info *info = v;

	ADD_NUMBER(f, info->context.version);
	ADD_NUMBER(f, info->context.cipher_suite);
	add_slice(f, &info->context.group_id);
	ADD_NUMBER(f, info->context.epoch);
	add_slice(f, &info->context.tree_hash);
	add_slice(f, &info->context.confirmed_transcript_hash);
	add(f, &info->context.extensions, 0, &wire_extension);
	add(f, &info->extensions, 0, &wire_extension);
	add(f, &info->extensions, 0, &wire_extension);
	add_slice(f, &info->confirmation_tag);
	ADD_NUMBER(f, info->signer);
	add_slice(f, &info->signature);
}
DEFINE_TYPE(group_info, )

static void group_secrets_list(struct fields *f, void *v)
{
	struct mls_group_secrets *secrets = v;

	add_slice(f, &secrets->joiner_secret);
	add_truth(f, &secrets->has_path_secret);
	add_slice(f, &secrets->path_secret);
	add(f, &secrets->psks, 0, &wire_psk_id);
}
DEFINE_TYPE(group_secrets, )

/* The same numbers for the same seed, wherever it runs. */
static unsigned draw(unsigned *state, size_t below)
{
	*state = *state * 1664525u + 1013904223u;
	return (unsigned)((*state >> 8) % below);
}

static bool mutate_one(const struct wire_type *type, struct mls_slice in, struct mls_buf *out,
		       unsigned *state);

static bool mutate_bytes(struct mls_slice in, struct mls_buf *out)
{
	const size_t most = in.len + 64;

	if (mls_buf_reserve(out, most) != MLS_OK)
		return false;
	if (in.len > 0)
		memcpy(out->p + out->len, in.p, in.len);
	out->len += LLVMFuzzerMutate(out->p + out->len, in.len, most);
	return true;
}

/* Changes, drops or doubles one element of a list. */
static bool mutate_list(const struct wire_type *type, struct mls_slice in, struct mls_buf *out,
			unsigned *state)
{
	struct mls_slice start[256], rest = in;
	size_t n = 0, at;
	union any v;
	bool ok = true;

	while (rest.len > 0 && n < MLS_N(start) - 1) {
		start[n++] = rest;
		if (type->next(&rest, &v) != MLS_OK)
			return mutate_bytes(in, out);
	}
	start[n] = rest;
	if (n == 0)
		return mutate_bytes(in, out);
	at = draw(state, n);
	for (size_t i = 0; i < n && ok; i++) {
		const struct mls_slice element = {start[i].p, start[i].len - start[i + 1].len};
		const unsigned what = i == at ? draw(state, 8) : 8;

		if (what == 0)
			continue;
		ok = what < 7 ? mutate_one(type, element, out, state)
			      : mls_buf_append(out, element) == MLS_OK;
		if (what == 7)
			ok = ok && mls_buf_append(out, element) == MLS_OK;
	}
	return ok && mls_buf_append(out, rest) == MLS_OK;
}

static bool mutate_one(const struct wire_type *type, struct mls_slice in, struct mls_buf *out,
		       unsigned *state)
{
	struct fields fields = {.n = 0};
	struct mls_buf changed = {0};
	const struct field *field;
	struct mls_slice *slice, rest = in;
	union any v;
	bool ok;

	if (type->next(&rest, &v) != MLS_OK || rest.len > 0)
		return mutate_bytes(in, out);
	type->list(&fields, &v);
	if (fields.n == 0)
		return mutate_bytes(in, out);
	field = &fields.v[draw(state, fields.n)];
	if (field->is_truth)
		*(bool *)field->at ^= true;
	if (field->bytes > 0)
		LLVMFuzzerMutate(field->at, field->bytes, field->bytes);
	if (field->is_truth || field->bytes > 0)
		return type->encode(out, &v) == MLS_OK;
	slice = field->at;
	ok = field->elements && draw(state, 8) > 0
		     ? mutate_list(field->elements, *slice, &changed, state)
		     : mutate_bytes(*slice, &changed);
	*slice = mls_buf_slice(&changed);
	ok = ok && type->encode(out, &v) == MLS_OK;
	mls_buf_free(&changed);
	return ok;
}

size_t wire_mutate(const struct wire_type *type, uint8_t *data, size_t size, size_t max_size,
		   unsigned seed)
{
	struct mls_buf out = {0};
	unsigned state = seed;
	size_t len = 0;

	if (draw(&state, 16) > 0 && mutate_one(type, mls_slice(data, size), &out, &state) &&
	    out.len <= max_size) {
		len = out.len;
		if (len > 0)
			memcpy(data, out.p, len);
	}
	mls_buf_free(&out);
	return len > 0 ? len : LLVMFuzzerMutate(data, size, max_size);
}
