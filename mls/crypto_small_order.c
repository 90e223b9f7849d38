#include "crypto_small_order.h"

#include <string.h>

enum { X25519 = 32, X448 = 56 };

/* u of the points of order 8 of X25519. */
static const uint8_t order_8[][X25519] = {
	{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
	 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
	 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
	{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
	 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
	 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
};

/* 0 or 1, little-endian. */
static bool is_0_or_1(const uint8_t *u, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (u[i])
			return false;
	}
	return u[0] <= 1;
}

/* p = 2^255 - 19: p - 1, p and p + 1 differ in the first byte. */
static bool is_near_p25519(const uint8_t *u)
{
	for (size_t i = 1; i < X25519 - 1; i++) {
		if (u[i] != 0xff)
			return false;
	}
	return u[0] >= 0xec && u[0] <= 0xee && u[X25519 - 1] == 0x7f;
}

/* p = 2^448 - 2^224 - 1: p - 1 and p end below bit 224 in fe or ff, p + 1 in zeros. */
static bool is_near_p448(const uint8_t *u)
{
	const uint8_t rest = u[0] == 0 ? 0 : 0xff;

	for (size_t i = 1; i < X448; i++) {
		const uint8_t want = i < X448 / 2 ? rest : 0xff;

		if (u[i] != (i == X448 / 2 && u[0] != 0 ? 0xfe : want))
			return false;
	}
	return u[0] == 0 || u[0] >= 0xfe;
}

static bool is_small_25519(const uint8_t *public_key)
{
	uint8_t u[X25519];

	memcpy(u, public_key, X25519);
	u[X25519 - 1] &= 0x7f; /* not read (RFC 7748 5) */
	return is_0_or_1(u, X25519) || is_near_p25519(u) || memcmp(u, order_8[0], X25519) == 0 ||
	       memcmp(u, order_8[1], X25519) == 0;
}

bool mls_is_of_small_order(struct mls_slice public_key)
{
	if (public_key.len == X25519)
		return is_small_25519(public_key.p);
	return public_key.len == X448 &&
	       (is_0_or_1(public_key.p, X448) || is_near_p448(public_key.p));
}
