#include "prices/price_cases.h"

#include <gmp.h>
#include <olm/olm.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <stdio.h>

const char *const gb_case_names[GB_CASE_KINDS] = {
	"key generation",
	"Diffie-Hellman",
	"signature key generation",
	"signature of 64 bytes",
	"signature of 16 KiB",
	"verification of 64 bytes",
	"verification of 16 KiB",
	"hash of one block",
	"hash of 16 KiB",
	"HMAC under a new key",
	"HMAC under a kept key",
	"AEAD of 64 bytes",
	"AEAD of 16 KiB",
	"CBC of 64 bytes",
	"CBC of 16 KiB",
	"random bytes",
	"passphrase",
};

void gb_case_own(struct gb_case_list *list, void *state, void (*close)(void *state))
{
	list->owners[list->n_owners++] = (struct gb_case_owner){state, close};
}

void gb_case_add(struct gb_case_list *list, enum gb_library library, enum gb_algorithm algorithm,
		 enum gb_case_kind kind, bool (*run)(void *, unsigned), void *state)
{
	list->cases[list->n++] = (struct gb_case){library, algorithm, kind, run, state};
}

static bool add(struct gb_case_list *list, enum gb_library library, enum gb_algorithm algorithm)
{
	if (library == GB_LIBRARY_LIBOLM)
		return gb_libolm_cases(list, algorithm);
	if (library == GB_LIBRARY_SODIUM)
		return gb_sodium_cases(list, algorithm);
	if (gb_algorithm_has(algorithm, GB_PRIMITIVE_dh))
		return gb_openssl_kem_cases(list, algorithm);
	if (gb_algorithm_has(algorithm, GB_PRIMITIVE_sign))
		return gb_openssl_signature_cases(list, algorithm);
	if (gb_algorithm_has(algorithm, GB_PRIMITIVE_hash))
		return gb_openssl_hash_cases(list, algorithm);
	if (gb_algorithm_has(algorithm, GB_PRIMITIVE_random_bytes))
		return gb_openssl_random_cases(list, algorithm);
	if (gb_algorithm_has(algorithm, GB_PRIMITIVE_pbkdf2_rounds))
		return gb_openssl_passphrase_cases(list, algorithm);
	return gb_openssl_cipher_cases(list, algorithm);
}

int gb_case_list_add(struct gb_case_list *list, enum gb_library library, uint32_t algorithms,
		     enum gb_algorithm *failed)
{
	for (unsigned a = 0; a < GB_ALGORITHMS; a++) {
		if (((algorithms >> a) & 1) == 0)
			continue;
		*failed = (enum gb_algorithm)a;
		if (!add(list, library, *failed))
			return -1;
	}
	return 0;
}

void gb_case_list_close(struct gb_case_list *list)
{
	for (size_t i = 0; i < list->n_owners; i++)
		list->owners[i].close(list->owners[i].state);
	list->n_owners = 0;
	list->n = 0;
}

const char *gb_library_version(enum gb_library library, char *text, size_t len)
{
	uint8_t major, minor, patch;

	if (library == GB_LIBRARY_OPENSSL) {
		snprintf(text, len, "%s", OpenSSL_version(OPENSSL_VERSION));
	} else if (library == GB_LIBRARY_SODIUM) {
		snprintf(text, len, "libsodium %s, GMP %s", sodium_version_string(), gmp_version);
	} else {
		olm_get_library_version(&major, &minor, &patch);
		snprintf(text, len, "libolm %u.%u.%u", major, minor, patch);
	}
	return text;
}
