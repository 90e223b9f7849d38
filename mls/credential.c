#include "credential.h"

static void certificate(struct mls_codec *c)
{
	struct mls_slice der = {0};

	mls_opaque(c, &der);
}

void mls_credential_walk(struct mls_codec *c, struct mls_credential *v)
{
	mls_u16(c, &v->type);
	switch (v->type) {
	case MLS_CREDENTIAL_BASIC:
		mls_opaque(c, &v->content);
		break;
	case MLS_CREDENTIAL_X509:
		mls_vector(c, &v->content, certificate);
		if (v->content.len == 0)
			mls_codec_fail(c, MLS_ERR_CERTIFICATES_EMPTY);
		break;
	default:
		mls_codec_fail(c, MLS_ERR_CREDENTIAL_TYPE);
	}
}
MLS_WIRE_TYPE(credential)

bool mls_certificate_next(struct mls_slice *chain, struct mls_slice *der)
{
	struct mls_codec c = {.in = *chain};

	if (chain->len == 0)
		return false;
	mls_opaque(&c, der);
	*chain = c.in;
	return mls_codec_ok(&c);
}

enum mls_err mls_credential_check(const struct mls_crypto *crypto,
				  const struct mls_credential *credential,
				  struct mls_slice public_key)
{
	struct mls_slice chain = credential->content, end_entity = {0};

	if (credential->type != MLS_CREDENTIAL_X509)
		return MLS_OK;
	(void)mls_certificate_next(&chain, &end_entity); /* there is one: it decoded */
	return mls_certificate_check(crypto, end_entity, public_key);
}
