#include "proposal.h"

void mls_reinit_walk(struct mls_codec *c, struct mls_reinit *v)
{
	mls_opaque(c, &v->group_id);
	mls_u16(c, &v->version);
	mls_u16(c, &v->suite);
	mls_extensions_walk(c, &v->extensions);
}
MLS_WIRE_TYPE(reinit)

void mls_proposal_body_walk(struct mls_codec *c, struct mls_proposal *v)
{
	switch (v->type) {
	case MLS_PROPOSAL_ADD:
		mls_key_package_walk(c, &v->add);
		break;
	case MLS_PROPOSAL_UPDATE:
		mls_leaf_node_walk(c, &v->update);
		break;
	case MLS_PROPOSAL_REMOVE:
		mls_u32(c, &v->remove);
		break;
	case MLS_PROPOSAL_PSK:
		mls_psk_id_walk(c, &v->psk);
		break;
	case MLS_PROPOSAL_REINIT:
		mls_reinit_walk(c, &v->reinit);
		break;
	case MLS_PROPOSAL_EXTERNAL_INIT:
		mls_opaque(c, &v->external_init);
		break;
	case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
		mls_extensions_walk(c, &v->set_extensions);
		break;
	default:
		mls_codec_fail(c, MLS_ERR_PROPOSAL_TYPE);
	}
}

void mls_proposal_walk(struct mls_codec *c, struct mls_proposal *v)
{
	mls_u16(c, &v->type);
	mls_proposal_body_walk(c, v);
}
MLS_WIRE_TYPE(proposal)
