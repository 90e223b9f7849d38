#include "group_context.h"

#include "extension.h"

void mls_group_context_walk(struct mls_codec *c, struct mls_group_context *v)
{
	mls_u16(c, &v->version);
	mls_u16(c, &v->cipher_suite);
	mls_opaque(c, &v->group_id);
	mls_u64(c, &v->epoch);
	mls_opaque(c, &v->tree_hash);
	mls_opaque(c, &v->confirmed_transcript_hash);
	mls_extensions_walk(c, &v->extensions);
}
MLS_WIRE_TYPE(group_context)
