#ifndef GB_PRICES_PRICE_CASES_H
#define GB_PRICES_PRICE_CASES_H
#include "stats/prices.h"

#include <stddef.h>

/*
 * Raw calls of the cryptographic libraries, in the fastest way that each of them offers,
 * without any code of mls/ or megolm/ in between: what a wrapper wastes must not be in the
 * price. One case is one call of one primitive on inputs of one size.
 */
enum gb_case_kind {
	GB_CASE_KEYGEN,
	GB_CASE_DH, /* with a peer's serialized key */
	GB_CASE_SIGNER_KEYGEN,
	GB_CASE_SIGN_SHORT,
	GB_CASE_SIGN_LONG,
	GB_CASE_VERIFY_SHORT, /* with a serialized key */
	GB_CASE_VERIFY_LONG,
	GB_CASE_HASH_SHORT, /* one block */
	GB_CASE_HASH_LONG,
	GB_CASE_HMAC,       /* of one block, the key set up as well */
	GB_CASE_HMAC_KEYED, /* of one block, under a key that was set up */
	GB_CASE_SEAL_SHORT, /* the key set up as well */
	GB_CASE_SEAL_LONG,
	GB_CASE_CBC_SHORT, /* encryption; the key set up as well */
	GB_CASE_CBC_LONG,
	GB_CASE_RANDOM,
	GB_CASE_PBKDF2, /* GB_CASE_ROUNDS rounds, 64 bytes of output */
	GB_CASE_KINDS,
};

/* Bytes of the inputs; a short hash fills one block with its padding. */
#define GB_CASE_SHORT        64
#define GB_CASE_LONG         16384
#define GB_CASE_RANDOM_BYTES 1024
#define GB_CASE_ROUNDS       256

extern const char *const gb_case_names[GB_CASE_KINDS];

struct gb_case {
	enum gb_library library;
	enum gb_algorithm algorithm;
	enum gb_case_kind kind;
	/* Makes n calls; false when one of them failed. */
	bool (*run)(void *state, unsigned n);
	void *state;
};

#define GB_MAX_CASES 96

/* An algorithm that was opened, with what its cases share. */
struct gb_case_list {
	struct gb_case cases[GB_MAX_CASES];
	size_t n;
	struct gb_case_owner {
		void *state;
		void (*close)(void *state);
	} owners[GB_LIBRARIES * GB_ALGORITHMS];
	size_t n_owners;
};

/*
 * Adds the cases of the algorithms in a set of one library (bits as in
 * gb_algorithms_of_suite). What is to be timed is made once before and checked: signatures
 * verify, both sides of a Diffie-Hellman agree, digests are the known ones, ciphertexts can be
 * decrypted. 0; or -1 when the library lacks an algorithm or fails a check, and *failed is
 * the algorithm. In both cases gb_case_list_close.
 */
int gb_case_list_add(struct gb_case_list *list, enum gb_library library, uint32_t algorithms,
		     enum gb_algorithm *failed);
void gb_case_list_close(struct gb_case_list *list);

/* "OpenSSL 3.0.2 ...", "libolm 3.2.1": the libraries as they report themselves. */
const char *gb_library_version(enum gb_library library, char *text, size_t len);

/*
 * The families of both libraries. Each makes its state and adds its cases through
 * gb_case_add; false when the library fails. gb_case_own makes the list close the state, and
 * is called first.
 */
void gb_case_own(struct gb_case_list *list, void *state, void (*close)(void *state));
void gb_case_add(struct gb_case_list *list, enum gb_library library, enum gb_algorithm algorithm,
		 enum gb_case_kind kind, bool (*run)(void *, unsigned), void *state);

bool gb_openssl_kem_cases(struct gb_case_list *list, enum gb_algorithm algorithm);
bool gb_openssl_signature_cases(struct gb_case_list *list, enum gb_algorithm algorithm);
bool gb_openssl_hash_cases(struct gb_case_list *list, enum gb_algorithm algorithm);
bool gb_openssl_cipher_cases(struct gb_case_list *list, enum gb_algorithm algorithm);
bool gb_openssl_random_cases(struct gb_case_list *list, enum gb_algorithm algorithm);
bool gb_openssl_passphrase_cases(struct gb_case_list *list, enum gb_algorithm algorithm);
bool gb_libolm_cases(struct gb_case_list *list, enum gb_algorithm algorithm);
bool gb_sodium_cases(struct gb_case_list *list, enum gb_algorithm algorithm);
#endif
