#include "proposal_make.h"

/* Room for the numbers and lengths of one proposal. */
enum { OVERHEAD = 32 };

size_t mls_psk_name_bound(const struct mls_crypto *crypto, const struct mls_psk_name *name)
{
	return name->id.len + name->group_id.len + crypto->suite->nh + OVERHEAD;
}

size_t mls_reinit_bound(const struct mls_reinit_parameters *parameters)
{
	return parameters->group_id.len + parameters->extensions.len + OVERHEAD;
}

enum mls_err mls_psk_name_write(struct mls_crypto *crypto, struct mls_buf *out,
				const struct mls_psk_name *name)
{
	uint8_t nonce[MLS_MAX_HASH];
	struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL,
				.psk_id = name->id,
				.psk_nonce = {nonce, crypto->suite->nh}};
	enum mls_err err = mls_random_bytes(crypto, nonce, crypto->suite->nh);

	if (!name->id.len) {
		id.type = MLS_PSK_RESUMPTION;
		id.usage = MLS_PSK_APPLICATION;
		id.psk_group_id = name->group_id;
		id.psk_epoch = name->epoch;
	}
	return err ? err : mls_psk_id_encode(out, &id);
}

enum mls_err mls_reinit_write(struct mls_buf *out, const struct mls_reinit_parameters *parameters)
{
	const struct mls_reinit reinit = {.group_id = parameters->group_id,
					  .version = MLS_VERSION_MLS10,
					  .suite = parameters->suite,
					  .extensions = parameters->extensions};

	return mls_reinit_encode(out, &reinit);
}

enum mls_err mls_proposal_write(struct mls_crypto *crypto, struct mls_buf *out,
				const struct mls_proposal_request *request)
{
	struct mls_codec c = {.out = out};
	struct mls_slice bytes = request->extensions;
	uint32_t leaf = request->leaf;
	struct mls_key_package key_package;

	switch (request->type) {
	case MLS_PROPOSAL_ADD:
		c.err = mls_key_package_message(&key_package, request->key_package);
		if (mls_codec_ok(&c))
			mls_fixed(&c, &key_package.encoded, key_package.encoded.len);
		return c.err;
	case MLS_PROPOSAL_REMOVE:
		mls_u32(&c, &leaf);
		return c.err;
	case MLS_PROPOSAL_PSK:
		return mls_psk_name_write(crypto, out, &request->psk);
	case MLS_PROPOSAL_REINIT:
		return mls_reinit_write(out, &request->reinit);
	case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
		mls_opaque(&c, &bytes);
		return c.err;
	default:
		return MLS_ERR_USAGE;
	}
}
