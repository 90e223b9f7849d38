#include "group_state.h"

enum mls_err mls_state_err(enum mls_err err)
{
	return err == MLS_OK || err == MLS_ERR_NOMEM || err == MLS_ERR_CRYPTO ? err : MLS_ERR_STATE;
}

void mls_saved_epoch_walk(struct mls_codec *c, struct mls_saved_epoch *v)
{
	mls_opaque(c, &v->context);
	mls_opaque(c, &v->tree);
	mls_u32(c, &v->leaf);
	mls_opaque(c, &v->keys);
	mls_opaque(c, &v->secrets);
	mls_opaque(c, &v->confirmation_tag);
	mls_opaque(c, &v->interim_transcript_hash);
	mls_opaque(c, &v->secret_tree);
}
MLS_WIRE_TYPE(saved_epoch)

void mls_saved_past_walk(struct mls_codec *c, struct mls_saved_past *v)
{
	mls_opaque(c, &v->context);
	mls_opaque(c, &v->tree);
	mls_u32(c, &v->leaf);
	mls_opaque(c, &v->sender_data_secret);
	mls_opaque(c, &v->resumption_psk);
	mls_opaque(c, &v->secret_tree);
}
MLS_WIRE_TYPE(saved_past)

void mls_saved_staged_walk(struct mls_codec *c, struct mls_saved_staged *v)
{
	mls_opaque(c, &v->epoch);
	mls_u32(c, &v->committer);
	mls_opaque(c, &v->added);
	mls_opaque(c, &v->removed);
	mls_opaque(c, &v->reinit);
	mls_opaque(c, &v->message_hash);
	mls_present(c, &v->is_fresh);
}
MLS_WIRE_TYPE(saved_staged)

void mls_saved_proposal_walk(struct mls_codec *c, struct mls_saved_proposal *v)
{
	mls_opaque(c, &v->ref);
	mls_u8(c, &v->sender_type);
	mls_u32(c, &v->sender_index);
	mls_u16(c, &v->type);
	mls_opaque(c, &v->body);
	mls_opaque(c, &v->private_key);
	mls_opaque(c, &v->public_key);
}
MLS_WIRE_TYPE(saved_proposal)

void mls_saved_origin_walk(struct mls_codec *c, struct mls_saved_origin *v)
{
	mls_u8(c, &v->usage);
	mls_opaque(c, &v->group_id);
	mls_u64(c, &v->epoch);
	mls_opaque(c, &v->resumption_psk);
}
MLS_WIRE_TYPE(saved_origin)

void mls_saved_group_walk(struct mls_codec *c, struct mls_saved_group *v)
{
	mls_u16(c, &v->version);
	mls_u16(c, &v->suite);
	mls_u8(c, &v->state);
	mls_opaque(c, &v->epoch);
	mls_opaque(c, &v->proposals);
	mls_opaque(c, &v->pending);
	mls_opaque(c, &v->past);
	mls_opaque(c, &v->reinit);
	mls_opaque(c, &v->origin);
	mls_opaque(c, &v->joined_by);
	mls_u64(c, &v->n_stores);
	mls_u32(c, &v->n_changes);
	mls_u64(c, &v->reserved[0]);
	mls_u64(c, &v->reserved[1]);
	mls_present(c, &v->may_be_old);
}
MLS_WIRE_TYPE(saved_group)

void mls_saved_change_walk(struct mls_codec *c, struct mls_saved_change *v)
{
	mls_u64(c, &v->n_stores);
	mls_u32(c, &v->number);
	mls_u8(c, &v->type);
	mls_opaque(c, &v->body);
}
MLS_WIRE_TYPE(saved_change)

static void ratchet_walk(struct mls_codec *c, uint8_t *ratchet)
{
	bool is_application = *ratchet == MLS_RATCHET_APPLICATION;

	mls_present(c, &is_application);
	*ratchet = is_application ? MLS_RATCHET_APPLICATION : MLS_RATCHET_HANDSHAKE;
}

void mls_saved_reserved_walk(struct mls_codec *c, struct mls_saved_reserved *v)
{
	ratchet_walk(c, &v->ratchet);
	mls_u64(c, &v->bound);
}
MLS_WIRE_TYPE(saved_reserved)

void mls_saved_received_walk(struct mls_codec *c, struct mls_saved_received *v)
{
	mls_u64(c, &v->epoch);
	mls_u32(c, &v->leaf);
	ratchet_walk(c, &v->ratchet);
	mls_u32(c, &v->generation);
}
MLS_WIRE_TYPE(saved_received)
