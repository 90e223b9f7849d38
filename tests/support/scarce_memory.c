#include "scarce_memory.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "crypto.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);

/* Calls may use threads: of what is known of secrets, and of which allocation fails. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- secrets ---- */

/* What is known of a secret is its first bytes; fewer could be there by chance. */
enum { KNOWN_BYTES = 16, MAX_KNOWN = 1 << 14 };

static uint8_t known[MAX_KNOWN][KNOWN_BYTES];
static uint16_t place[4 * MAX_KNOWN]; /* 1 + index into known, by hash; 0: none */
static size_t n_known;
static const char *found;
static const char *calling = "";

static size_t place_of(const uint8_t *bytes)
{
	uint64_t head;

	memcpy(&head, bytes, sizeof(head));
	return (size_t)(head * UINT64_C(0x9e3779b97f4a7c15) >> 48);
}

static bool is_known(const uint8_t *bytes)
{
	for (size_t at = place_of(bytes); place[at]; at = (at + 1) % (4 * MAX_KNOWN)) {
		if (memcmp(known[place[at] - 1], bytes, KNOWN_BYTES) == 0)
			return true;
	}
	return false;
}

static void put_known(const uint8_t *bytes)
{
	size_t at;

	if (n_known == MAX_KNOWN)
		fail_msg("more than %d secrets", MAX_KNOWN);
	memcpy(known[n_known++], bytes, KNOWN_BYTES);
	for (at = place_of(bytes); place[at]; at = (at + 1) % (4 * MAX_KNOWN))
		;
	place[at] = (uint16_t)n_known;
}

/* Zeros are no secret; the commit_secret of a commit without path, for one. */
void scarce_learn(const uint8_t *bytes, size_t len)
{
	static const uint8_t zeros[KNOWN_BYTES];

	if (len < KNOWN_BYTES || memcmp(bytes, zeros, KNOWN_BYTES) == 0)
		return;
	pthread_mutex_lock(&lock);
	if (!is_known(bytes))
		put_known(bytes);
	pthread_mutex_unlock(&lock);
}

void scarce_begin(void)
{
	n_known = 0;
	memset(place, 0, sizeof(place));
	found = NULL;
}

void scarce_calling(const char *call)
{
	calling = call;
}

const char *scarce_found(void)
{
	return found;
}

static void look_for_secrets(const uint8_t *p, size_t len)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i + KNOWN_BYTES <= len && !found; i++) {
		if (is_known(p + i))
			found = calling;
	}
	pthread_mutex_unlock(&lock);
}

/* What gives secrets, and is told apart by the linker. */
enum mls_err __real_mls_hkdf_expand(struct mls_crypto *c, uint8_t *out, size_t len,
				    const struct mls_hmac_key *prk, const struct mls_slice *info,
				    size_t n_info);
enum mls_err __wrap_mls_hkdf_expand(struct mls_crypto *c, uint8_t *out, size_t len,
				    const struct mls_hmac_key *prk, const struct mls_slice *info,
				    size_t n_info);
void __real_mls_hkdf_extract_keyed(struct mls_crypto *c, struct mls_secret *out,
				   const struct mls_hmac_key *salt, const struct mls_slice *ikm,
				   size_t n_ikm);
void __wrap_mls_hkdf_extract_keyed(struct mls_crypto *c, struct mls_secret *out,
				   const struct mls_hmac_key *salt, const struct mls_slice *ikm,
				   size_t n_ikm);
void __real_mls_hkdf_extract(struct mls_crypto *c, struct mls_secret *out, struct mls_slice salt,
			     const struct mls_slice *ikm, size_t n_ikm);
void __wrap_mls_hkdf_extract(struct mls_crypto *c, struct mls_secret *out, struct mls_slice salt,
			     const struct mls_slice *ikm, size_t n_ikm);
enum mls_err __real_mls_key_generate(struct mls_crypto *c, struct mls_key **out);
enum mls_err __wrap_mls_key_generate(struct mls_crypto *c, struct mls_key **out);
enum mls_err __real_mls_key_import(struct mls_crypto *c, struct mls_key **out,
				   struct mls_slice private_key, struct mls_slice public_key);
enum mls_err __wrap_mls_key_import(struct mls_crypto *c, struct mls_key **out,
				   struct mls_slice private_key, struct mls_slice public_key);
enum mls_err __real_mls_signer_generate(struct mls_crypto *c, struct mls_signer **out);
enum mls_err __wrap_mls_signer_generate(struct mls_crypto *c, struct mls_signer **out);
enum mls_err __real_mls_signer_import(struct mls_crypto *c, struct mls_signer **out,
				      struct mls_slice private_key, struct mls_slice public_key);
enum mls_err __wrap_mls_signer_import(struct mls_crypto *c, struct mls_signer **out,
				      struct mls_slice private_key, struct mls_slice public_key);
enum mls_err __real_mls_dh(struct mls_crypto *c, uint8_t *out, const struct mls_key *key,
			   struct mls_slice public_key);
enum mls_err __wrap_mls_dh(struct mls_crypto *c, uint8_t *out, const struct mls_key *key,
			   struct mls_slice public_key);

enum mls_err __wrap_mls_hkdf_expand(struct mls_crypto *c, uint8_t *out, size_t len,
				    const struct mls_hmac_key *prk, const struct mls_slice *info,
				    size_t n_info)
{
	enum mls_err err = __real_mls_hkdf_expand(c, out, len, prk, info, n_info);

	if (err == MLS_OK)
		scarce_learn(out, len);
	return err;
}

void __wrap_mls_hkdf_extract_keyed(struct mls_crypto *c, struct mls_secret *out,
				   const struct mls_hmac_key *salt, const struct mls_slice *ikm,
				   size_t n_ikm)
{
	__real_mls_hkdf_extract_keyed(c, out, salt, ikm, n_ikm);
	scarce_learn(out->bytes, out->len);
}

void __wrap_mls_hkdf_extract(struct mls_crypto *c, struct mls_secret *out, struct mls_slice salt,
			     const struct mls_slice *ikm, size_t n_ikm)
{
	__real_mls_hkdf_extract(c, out, salt, ikm, n_ikm);
	scarce_learn(out->bytes, out->len);
}

enum mls_err __wrap_mls_key_generate(struct mls_crypto *c, struct mls_key **out)
{
	uint8_t memory[80];
	struct mls_buf exported = {.p = memory, .cap = sizeof(memory), .fixed = true};
	enum mls_err err = __real_mls_key_generate(c, out);

	if (err == MLS_OK && mls_key_export(&exported, *out) == MLS_OK)
		scarce_learn(exported.p, exported.len);
	return err;
}

enum mls_err __wrap_mls_key_import(struct mls_crypto *c, struct mls_key **out,
				   struct mls_slice private_key, struct mls_slice public_key)
{
	scarce_learn(private_key.p, private_key.len);
	return __real_mls_key_import(c, out, private_key, public_key);
}

enum mls_err __wrap_mls_signer_generate(struct mls_crypto *c, struct mls_signer **out)
{
	uint8_t memory[80];
	struct mls_buf exported = {.p = memory, .cap = sizeof(memory), .fixed = true};
	enum mls_err err = __real_mls_signer_generate(c, out);

	if (err == MLS_OK && mls_signer_export(&exported, *out) == MLS_OK)
		scarce_learn(exported.p, exported.len);
	return err;
}

enum mls_err __wrap_mls_signer_import(struct mls_crypto *c, struct mls_signer **out,
				      struct mls_slice private_key, struct mls_slice public_key)
{
	scarce_learn(private_key.p, private_key.len);
	return __real_mls_signer_import(c, out, private_key, public_key);
}

enum mls_err __wrap_mls_dh(struct mls_crypto *c, uint8_t *out, const struct mls_key *key,
			   struct mls_slice public_key)
{
	enum mls_err err = __real_mls_dh(c, out, key, public_key);

	if (err == MLS_OK)
		scarce_learn(out, c->suite->ndh);
	return err;
}

/* ---- memory ---- */

static long until_failure = -1; /* allocations to come before the one that fails; -1: none does */
static bool has_failed;
static _Atomic long n_live;
static pthread_t first_thread;
static bool others_allocate; /* in a thread that the library has started */

static bool fails_now(void)
{
	bool now;

	pthread_mutex_lock(&lock);
	now = until_failure == 0;
	others_allocate |= until_failure >= 0 && !pthread_equal(pthread_self(), first_thread);
	has_failed |= now;
	until_failure -= until_failure >= 0;
	pthread_mutex_unlock(&lock);
	return now;
}

void *__wrap_malloc(size_t size)
{
	void *p = fails_now() ? NULL : __real_calloc(1, size);

	/* Zeros, so that what is found was written by its owner. */
	n_live += p != NULL;
	return p;
}

void *__wrap_calloc(size_t n, size_t size)
{
	void *p = fails_now() ? NULL : __real_calloc(n, size);

	n_live += p != NULL;
	return p;
}

void __wrap_free(void *p)
{
	n_live -= p != NULL;
	if (p)
		look_for_secrets(p, malloc_usable_size(p));
	__real_free(p);
}

void scarce_fail_at(long n)
{
	has_failed = has_failed && n < 0;
	until_failure = n;
}

bool scarce_has_failed(void)
{
	return has_failed;
}

long scarce_n_live(void)
{
	return n_live;
}

bool scarce_others_allocate(void)
{
	const bool did = others_allocate;

	first_thread = pthread_self();
	others_allocate = false;
	return did;
}
