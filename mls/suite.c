#include "suite.h"

#include "internal.h"

/* RFC 9420 17.1, in the order of the numbers; lengths from RFC 9180 7 and RFC 8032. */
/* clang-format off */
static const struct mls_suite suites[] = {
	/* id, name, KEM, KDF, AEAD, signature                    nh block nk  npk nsk ndh  signature keys */
	{1, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
	 MLS_KEM_X25519, MLS_HKDF_SHA256, MLS_AES128_GCM,        MLS_ED25519,
	                                                          32,  64, 16,  32, 32, 32,  32, 32},
	{2, "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
	 MLS_KEM_P256,   MLS_HKDF_SHA256, MLS_AES128_GCM,        MLS_ECDSA_P256_SHA256,
	                                                          32,  64, 16,  65, 32, 32,  65, 32},
	{3, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
	 MLS_KEM_X25519, MLS_HKDF_SHA256, MLS_CHACHA20_POLY1305, MLS_ED25519,
	                                                          32,  64, 32,  32, 32, 32,  32, 32},
	{4, "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448",
	 MLS_KEM_X448,   MLS_HKDF_SHA512, MLS_AES256_GCM,        MLS_ED448,
	                                                          64, 128, 32,  56, 56, 56,  57, 57},
	{5, "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
	 MLS_KEM_P521,   MLS_HKDF_SHA512, MLS_AES256_GCM,        MLS_ECDSA_P521_SHA512,
	                                                          64, 128, 32, 133, 66, 66, 133, 66},
	{6, "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
	 MLS_KEM_X448,   MLS_HKDF_SHA512, MLS_CHACHA20_POLY1305, MLS_ED448,
	                                                          64, 128, 32,  56, 56, 56,  57, 57},
	{7, "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
	 MLS_KEM_P384,   MLS_HKDF_SHA384, MLS_AES256_GCM,        MLS_ECDSA_P384_SHA384,
	                                                          48, 128, 32,  97, 48, 48,  97, 48},
};
/* clang-format on */

size_t mls_suite_max_signature(const struct mls_suite *suite)
{
	const size_t n = suite->signature_secret;
	const bool is_eddsa = suite->signature == MLS_ED25519 || suite->signature == MLS_ED448;

	/* ECDSA: a DER sequence of two numbers, each of which a zero may precede (5.1.2). */
	return is_eddsa ? 2 * n : 3 + 2 * (2 + 1 + n);
}

const struct mls_suite *mls_suite_at(size_t i)
{
	return i < MLS_N(suites) ? &suites[i] : NULL;
}

const struct mls_suite *mls_suite_find(uint16_t id)
{
	for (size_t i = 0; i < MLS_N(suites); i++) {
		if (suites[i].id == id)
			return &suites[i];
	}
	return NULL;
}
