#include "extension.h"

/* Lists of extensions as applications make and read them: RFC 9420 2.1.2, 13. */

enum mls_err mls_vector_put(struct mls_buf *out, struct mls_slice body)
{
	struct mls_codec c = {.out = out};
	const size_t start = out->len;

	mls_opaque(&c, &body);
	if (c.err)
		out->len = start;
	return c.err;
}

enum mls_err mls_vector_take(struct mls_slice *body, struct mls_slice *rest)
{
	struct mls_codec c = {.in = *rest};
	struct mls_slice taken = {0};

	mls_opaque(&c, &taken);
	if (c.err)
		return c.err;
	*body = taken;
	*rest = c.in;
	return MLS_OK;
}

enum mls_err mls_extension_take(uint16_t *type, struct mls_slice *data, struct mls_slice *rest)
{
	struct mls_slice left = *rest;
	struct mls_extension v;
	enum mls_err err = mls_extension_next(&left, &v);

	if (err)
		return err;
	*type = v.type;
	*data = v.data;
	*rest = left;
	return MLS_OK;
}

enum mls_err mls_extension_put(struct mls_buf *extensions, uint16_t type, struct mls_slice data)
{
	const struct mls_extension v = {type, data};
	struct mls_slice rest = {extensions->p, extensions->len};
	struct mls_extension before;
	enum mls_err err = MLS_OK;

	while (rest.len > 0) {
		TRY(mls_extension_next(&rest, &before));
		if (before.type == type)
			FAIL(MLS_ERR_EXTENSION_TWICE);
	}
	TRY(mls_extension_encode(extensions, &v));
out:
	return err;
}
