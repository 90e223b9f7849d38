#include "origin.h"

#include <stdlib.h>

void mls_origin_free(struct mls_origin *origin)
{
	if (!origin)
		return;
	mls_buf_free(&origin->group_id);
	mls_wipe(origin, sizeof(*origin));
	free(origin);
}

bool mls_origin_is(const struct mls_origin *origin, const struct mls_psk_id *id)
{
	/* An external PSK has usage 0. */
	return origin && id->usage == origin->usage && id->psk_epoch == origin->epoch &&
	       mls_slice_equal(id->psk_group_id, mls_buf_slice(&origin->group_id));
}

enum mls_err mls_origin_write(struct mls_crypto *crypto, struct mls_buf *out,
			      const struct mls_origin *origin)
{
	uint8_t nonce[MLS_MAX_HASH];
	const struct mls_psk_id id = {
		.type = MLS_PSK_RESUMPTION,
		.usage = origin->usage,
		.psk_group_id = mls_buf_slice(&origin->group_id),
		.psk_epoch = origin->epoch,
		.psk_nonce = {nonce, crypto->suite->nh},
	};
	enum mls_err err = mls_random_bytes(crypto, nonce, crypto->suite->nh);

	return err ? err : mls_psk_id_encode(out, &id);
}

enum mls_err mls_psk_id_check(const struct mls_psk_id *id, size_t nh,
			      const struct mls_origin *origin)
{
	if (id->psk_nonce.len != nh)
		return MLS_ERR_PSK_NONCE;
	if (id->type == MLS_PSK_RESUMPTION && id->usage != MLS_PSK_APPLICATION &&
	    !mls_origin_is(origin, id))
		return MLS_ERR_PSK_USAGE_HERE;
	return MLS_OK;
}
