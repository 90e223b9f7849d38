#include "group.h"

/* The proposals that wait for a commit, as an application sees them: RFC 9420 12.1. */

size_t mls_group_n_proposals(const struct mls_group *group)
{
	return group->proposals.n;
}

static enum mls_err view_add(struct mls_waiting_proposal *view, struct mls_slice body)
{
	struct mls_key_package v;
	enum mls_err err = mls_key_package_decode(body, &v);

	if (err)
		return err;
	view->key_package = body;
	view->member = mls_leaf_node_identity(&v.leaf_node);
	view->leaf_extensions = v.leaf_node.extensions;
	view->extensions = v.extensions;
	return MLS_OK;
}

static enum mls_err view_update(struct mls_waiting_proposal *view, struct mls_slice body)
{
	struct mls_leaf_node v;
	enum mls_err err = mls_leaf_node_decode(body, &v);

	if (err)
		return err;
	view->leaf = view->sender;
	view->member = mls_leaf_node_identity(&v);
	view->leaf_extensions = v.extensions;
	return MLS_OK;
}

static enum mls_err view_psk(struct mls_waiting_proposal *view, struct mls_slice body)
{
	struct mls_psk_id v;
	enum mls_err err = mls_psk_id_decode(body, &v);

	if (err)
		return err;
	view->psk = (struct mls_psk_name){v.psk_id, v.psk_group_id, v.psk_epoch};
	return MLS_OK;
}

static enum mls_err view_reinit(struct mls_waiting_proposal *view, struct mls_slice body)
{
	struct mls_reinit v;
	enum mls_err err = mls_reinit_decode(body, &v);

	if (err)
		return err;
	view->reinit = (struct mls_reinit_parameters){
		.group_id = v.group_id, .suite = v.suite, .extensions = v.extensions};
	return MLS_OK;
}

/* What was cached decoded when it came. */
static enum mls_err view_body(struct mls_waiting_proposal *view, struct mls_slice body)
{
	struct mls_codec c = {.in = body};

	switch (view->type) {
	case MLS_PROPOSAL_ADD:
		return view_add(view, body);
	case MLS_PROPOSAL_UPDATE:
		return view_update(view, body);
	case MLS_PROPOSAL_REMOVE:
		mls_u32(&c, &view->leaf);
		return c.err;
	case MLS_PROPOSAL_PSK:
		return view_psk(view, body);
	case MLS_PROPOSAL_REINIT:
		return view_reinit(view, body);
	default:
		mls_extensions_walk(&c, &view->extensions);
		return c.err;
	}
}

bool mls_group_proposal(const struct mls_group *group, struct mls_waiting_proposal *proposal,
			size_t index)
{
	struct mls_waiting_proposal view = {.leaf = MLS_NO_LEAF};
	const struct mls_cached_proposal *cached;

	if (index >= group->proposals.n)
		return false;
	cached = group->proposals.v[index];
	view.type = cached->type;
	view.ref = mls_slice(cached->ref, cached->ref_len);
	view.sender = cached->sender.type == MLS_SENDER_MEMBER ? cached->sender.index : MLS_NO_LEAF;
	view.external_sender =
		cached->sender.type == MLS_SENDER_EXTERNAL ? cached->sender.index : MLS_NO_LEAF;
	if (view_body(&view, mls_buf_slice(&cached->body)) != MLS_OK)
		return false;
	*proposal = view;
	return true;
}
