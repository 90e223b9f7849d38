#include "stats/prices.h"

#include <math.h>

#define BIT(name) (1u << GB_PRIMITIVE_##name)

enum family {
	FAMILY_KEM = BIT(keygen) | BIT(dh),
	FAMILY_SIGNATURE =
		BIT(signer_keygen) | BIT(sign) | BIT(sign_bytes) | BIT(verify) | BIT(verify_bytes),
	FAMILY_HASH = BIT(hash) | BIT(hash_blocks) | BIT(hmac_keys) | BIT(hmac),
	FAMILY_AEAD = BIT(aead) | BIT(aead_bytes),
	FAMILY_CIPHER = BIT(cbc) | BIT(cbc_bytes),
	FAMILY_RANDOM = BIT(random_bytes),
	FAMILY_PASSPHRASE = BIT(pbkdf2_rounds),
};

const char *const gb_library_names[GB_LIBRARIES] = {"openssl", "libolm", "sodium"};

const char *const gb_algorithm_names[GB_ALGORITHMS] = {
#define X(name, family) #name,
#include "stats/algorithms.def"
#undef X
};

static const unsigned primitives_of[GB_ALGORITHMS] = {
#define X(name, family) FAMILY_##family,
#include "stats/algorithms.def"
#undef X
};

bool gb_algorithm_has(enum gb_algorithm algorithm, enum gb_primitive primitive)
{
	return ((primitives_of[algorithm] >> primitive) & 1) != 0;
}

void gb_prices_clear(struct gb_prices *prices)
{
	for (unsigned l = 0; l < GB_LIBRARIES; l++)
		for (unsigned a = 0; a < GB_ALGORITHMS; a++)
			for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++)
				prices->of[l][a][p] = (struct gb_price){NAN, NAN};
}

static struct gb_price merge(struct gb_price a, struct gb_price b)
{
	double least = a.minimum < b.minimum ? a.minimum : b.minimum;

	if (isnan(a.minimum) || isnan(b.minimum))
		return (struct gb_price){NAN, NAN};
	return (struct gb_price){least, (a.median + b.median) / 2};
}

void gb_prices_merge(struct gb_prices *out, const struct gb_prices *a, const struct gb_prices *b)
{
	for (unsigned l = 0; l < GB_LIBRARIES; l++)
		for (unsigned i = 0; i < GB_ALGORITHMS; i++)
			for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++)
				out->of[l][i][p] = merge(a->of[l][i][p], b->of[l][i][p]);
}

#define ALGORITHM(name) (1u << GB_ALGORITHM_##name)

uint32_t gb_algorithms_of_suite(unsigned suite)
{
	static const uint32_t suites[] = {
		ALGORITHM(x25519) | ALGORITHM(ed25519) | ALGORITHM(sha256) | ALGORITHM(aes128gcm),
		ALGORITHM(p256) | ALGORITHM(ecdsa_p256) | ALGORITHM(sha256) | ALGORITHM(aes128gcm),
		ALGORITHM(x25519) | ALGORITHM(ed25519) | ALGORITHM(sha256) |
			ALGORITHM(chacha20poly1305),
		ALGORITHM(x448) | ALGORITHM(ed448) | ALGORITHM(sha512) | ALGORITHM(aes256gcm),
		ALGORITHM(p521) | ALGORITHM(ecdsa_p521) | ALGORITHM(sha512) | ALGORITHM(aes256gcm),
		ALGORITHM(x448) | ALGORITHM(ed448) | ALGORITHM(sha512) |
			ALGORITHM(chacha20poly1305),
		ALGORITHM(p384) | ALGORITHM(ecdsa_p384) | ALGORITHM(sha384) | ALGORITHM(aes256gcm),
	};

	if (suite < 1 || suite > sizeof(suites) / sizeof(suites[0]))
		return 0;
	return suites[suite - 1] | ALGORITHM(random);
}

uint32_t gb_algorithms_of_olm(void)
{
	return ALGORITHM(x25519) | ALGORITHM(ed25519) | ALGORITHM(sha256) | ALGORITHM(aes256cbc) |
	       ALGORITHM(random);
}

uint32_t gb_algorithms_of_matrix(bool dehydrates)
{
	return gb_algorithms_of_olm() | ALGORITHM(pbkdf2_sha512) |
	       (dehydrates ? ALGORITHM(chacha20poly1305) : ALGORITHM(aes256gcm));
}

uint32_t gb_algorithms_of_sodium(void)
{
	return ALGORITHM(x25519) | ALGORITHM(ed25519);
}

/* Which library a program on `library` has an algorithm from. */
static enum gb_library library_of(enum gb_library library, unsigned algorithm)
{
	static const uint32_t random = ALGORITHM(random);
	uint32_t own = library == GB_LIBRARY_SODIUM   ? gb_algorithms_of_sodium()
		       : library == GB_LIBRARY_LIBOLM ? gb_algorithms_of_olm() & ~random
						      : ~(uint32_t)0;

	return ((own >> algorithm) & 1) != 0 ? library : GB_LIBRARY_OPENSSL;
}

void gb_prices_select(const struct gb_prices *prices, enum gb_library library, uint32_t algorithms,
		      enum gb_price_kind kind, double out[GB_PRICED_PRIMITIVES])
{
	for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++) {
		out[p] = NAN;
		for (unsigned a = 0; a < GB_ALGORITHMS; a++) {
			struct gb_price price = prices->of[library_of(library, a)][a][p];
			if (((algorithms >> a) & 1) != 0 &&
			    gb_algorithm_has((enum gb_algorithm)a, (enum gb_primitive)p))
				out[p] = kind == GB_PRICE_MINIMUM ? price.minimum : price.median;
		}
	}
}
