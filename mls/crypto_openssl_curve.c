#include <openssl/objects.h>

#include "crypto_openssl.h"

const char *mls_openssl_curve_name(size_t scalar_len)
{
	return scalar_len == 32 ? "P-256" : scalar_len == 48 ? "P-384" : "P-521";
}

enum mls_err mls_openssl_curve_open(struct mls_openssl_curve *v, const char *name, size_t point_len,
				    size_t scalar_len)
{
	v->group = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(name));
	v->numbers = BN_CTX_new();
	if (v->group) {
		v->point = EC_POINT_new(v->group);
		v->peer = EC_POINT_new(v->group);
	}
	v->scalar = BN_new();
	v->x = BN_new();
	v->point_len = (uint8_t)point_len;
	v->scalar_len = (uint8_t)scalar_len;
	if (!v->numbers || !v->point || !v->peer || !v->scalar || !v->x)
		return mls_openssl_failed(MLS_ERR_CRYPTO);
	BN_set_flags(v->scalar, BN_FLG_CONSTTIME);
	return MLS_OK;
}

void mls_openssl_curve_close(struct mls_openssl_curve *v)
{
	EC_GROUP_free(v->group);
	BN_CTX_free(v->numbers);
	EC_POINT_clear_free(v->point);
	EC_POINT_free(v->peer);
	BN_clear_free(v->scalar);
	BN_clear_free(v->x);
}

/* v->scalar is set; the multiplication hides it in its timing. */
static enum mls_err set_scalar(struct mls_openssl_curve *v, const uint8_t *scalar)
{
	if (!BN_bin2bn(scalar, v->scalar_len, v->scalar))
		return mls_openssl_failed(MLS_ERR_CRYPTO);
	if (BN_is_zero(v->scalar) || BN_cmp(v->scalar, EC_GROUP_get0_order(v->group)) >= 0)
		return MLS_ERR_PRIVATE_KEY;
	return MLS_OK;
}

enum mls_err mls_openssl_curve_public(struct mls_openssl_curve *v, uint8_t *point,
				      const uint8_t *scalar, bool compute)
{
	enum mls_err err = set_scalar(v, scalar);

	if (err == MLS_OK && compute &&
	    (EC_POINT_mul(v->group, v->point, v->scalar, NULL, NULL, v->numbers) != 1 ||
	     EC_POINT_point2oct(v->group, v->point, POINT_CONVERSION_UNCOMPRESSED, point,
				v->point_len, v->numbers) != v->point_len))
		err = mls_openssl_failed(MLS_ERR_CRYPTO);
	BN_clear(v->scalar);
	return err;
}

/* RFC 9180 7.1.1 and RFC 8446 4.2.8.2 have the uncompressed form only. OpenSSL refuses
 * coordinates that are not those of a point on the curve. */
enum mls_err mls_openssl_curve_point(struct mls_openssl_curve *v, const uint8_t *point)
{
	if (point[0] != POINT_CONVERSION_UNCOMPRESSED)
		return MLS_ERR_PUBLIC_KEY;
	if (EC_POINT_oct2point(v->group, v->peer, point, v->point_len, v->numbers) != 1)
		return mls_openssl_failed(MLS_ERR_PUBLIC_KEY);
	return MLS_OK;
}

enum mls_err mls_openssl_curve_dh(struct mls_openssl_curve *v, uint8_t *x, const uint8_t *scalar,
				  const uint8_t *point)
{
	enum mls_err err = mls_openssl_curve_point(v, point);

	if (err == MLS_OK)
		err = set_scalar(v, scalar);
	if (err == MLS_OK &&
	    (EC_POINT_mul(v->group, v->point, NULL, v->peer, v->scalar, v->numbers) != 1 ||
	     EC_POINT_get_affine_coordinates(v->group, v->point, v->x, NULL, v->numbers) != 1 ||
	     BN_bn2binpad(v->x, x, v->scalar_len) != v->scalar_len))
		err = mls_openssl_failed(MLS_ERR_CRYPTO);
	BN_clear(v->scalar);
	BN_clear(v->x);
	return err;
}
