#include "prices/price_cases.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* PBKDF2 with HMAC-SHA-512 and one block of output, so that a round is one HMAC. */
struct passphrase {
	const EVP_MD *hash;
	uint8_t out[64];
};

static bool derive(struct passphrase *s, int rounds)
{
	static const uint8_t salt[] = {'s', 'a', 'l', 't'};

	return PKCS5_PBKDF2_HMAC("password", 8, salt, sizeof(salt), rounds, s->hash, sizeof(s->out),
				 s->out) == 1;
}

static bool run(void *state, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!derive(state, GB_CASE_ROUNDS))
			return false;
	return true;
}

/* The first bytes after one round and after two, which are known far and wide. */
static bool is_right(struct passphrase *s)
{
	static const uint8_t one[] = {0x86, 0x7f, 0x70, 0xcf}, two[] = {0xe1, 0xd9, 0xc1, 0x6a};

	return derive(s, 1) && memcmp(s->out, one, sizeof(one)) == 0 && derive(s, 2) &&
	       memcmp(s->out, two, sizeof(two)) == 0;
}

bool gb_openssl_passphrase_cases(struct gb_case_list *list, enum gb_algorithm algorithm)
{
	struct passphrase *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return false;
	gb_case_own(list, s, free);
	s->hash = EVP_sha512();
	if (!is_right(s))
		return false;
	gb_case_add(list, GB_LIBRARY_OPENSSL, algorithm, GB_CASE_PBKDF2, run, s);
	return true;
}
