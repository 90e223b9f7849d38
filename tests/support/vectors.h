#ifndef VECTORS_H
#define VECTORS_H
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "crypto.h"

/*
 * Vector files, read so that nothing can be half checked: reading a key takes it out of its
 * object, and vector_done() fails the test for every key that is left.
 *
 *   json_t *cases = vectors_load("key-schedule.json");
 *   for (size_t i = 0; i < json_array_size(cases); i++) {
 *           json_t *v = json_array_get(cases, i);
 *           struct mls_slice secret = vector_hex(v, "secret");
 *           ...
 *           vector_expect(v, "out", mls_secret_slice(&out));
 *           vector_done(v);
 *   }
 *   vectors_free();
 *
 * A missing key, or a value of another type, fails the running test. What the functions
 * return lives until vectors_free().
 */

/*
 * The official file of that name from the directory MLS_TEST_VECTORS (../shared/test-vectors
 * if unset): an array with at least one element. Without the directory the test is skipped,
 * or fails if MLS_TEST_VECTORS_REQUIRED is set.
 */
json_t *vectors_load(const char *name);

/* A file of tests/vectors/, whose README.md says where each is from: an array as above. */
json_t *vectors_load_carried(const char *name);

/* An array as above, out of a file that is open; `name` is what messages call it. */
json_t *vectors_read(FILE *in, const char *name);

/* Ends the life of everything that was read. */
void vectors_free(void);

/* Take the value of a key out of the object. */
struct mls_slice vector_hex(json_t *object, const char *key);

/*
 * The same for a private key, which the generators of some files wrote as a number: without
 * the zeros in front of it. They are put back, to `len` bytes.
 */
struct mls_slice vector_private_key(json_t *object, const char *key, size_t len);

const char *vector_string(json_t *object, const char *key);
uint64_t vector_number(json_t *object, const char *key);
json_t *vector_object(json_t *object, const char *key);
json_t *vector_array(json_t *object, const char *key);

/* Whether the key is there, and not null. A key that is null is taken. */
bool vector_has(json_t *object, const char *key);

/* The bytes of an element of an array of hex strings. */
struct mls_slice vector_hex_at(const json_t *array, size_t i);

/* Takes the value, which must be the hex of `got`. */
void vector_expect(json_t *object, const char *key, struct mls_slice got);

/* Fails for every key that was not read. */
void vector_done(json_t *object);

/*
 * A program that hands its tests to VECTORS_ON_BOTH runs them twice: on OpenSSL, and with the
 * curves of libsodium for the suites it has. vectors_library() is the one to ask for.
 */
enum mls_crypto_library vectors_library(const struct mls_suite *suite);
int vectors_on_sodium(void **state);
#define VECTORS_ON_BOTH(tests)                                                                     \
	(cmocka_run_group_tests_name("on OpenSSL", tests, NULL, NULL) +                            \
	 cmocka_run_group_tests_name("on libsodium", tests, vectors_on_sodium, NULL))

/* Cryptography of the case's key "cipher_suite", on the system's randomness; the caller frees
 * it with mls_crypto_free(). */
struct mls_crypto *vector_crypto(json_t *object);

/* The bytes of a key as a secret; fails the test if they are too many for one. */
struct mls_secret vector_secret(json_t *object, const char *key);

/* The bytes of a hex string; fails the test for anything else. */
struct mls_slice hex(const char *digits);

#endif
