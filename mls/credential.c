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

enum mls_err mls_certificate_next(struct mls_slice *body, struct mls_slice *der)
{
	struct mls_codec c = {.in = *body};

	mls_opaque(&c, der);
	if (c.err == MLS_OK)
		*body = c.in;
	return c.err;
}
