#include "crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>

void megolm_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

void megolm_wipe_free(void *p, size_t len)
{
	if (p == NULL)
		return;
	megolm_wipe(p, len);
	free(p);
}

static enum megolm_err draw_from_system(void *state, uint8_t *out, size_t len)
{
	(void)state;
	while (len > 0) {
		int n = len > 4096 ? 4096 : (int)len;
		if (RAND_bytes(out, n) != 1)
			return MEGOLM_ERR_RANDOM;
		out += n;
		len -= (size_t)n;
	}
	return MEGOLM_OK;
}

const struct megolm_random megolm_system_random = {draw_from_system, NULL};

/* Fetched once: a fetch for each call costs more than hashing a short text. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void release_sha256(void)
{
	EVP_MD_free(sha256);
}

static void fetch_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	OPENSSL_atexit(release_sha256);
}

enum megolm_err megolm_sha256(uint8_t out[MEGOLM_SHA256_BYTES], struct megolm_slice in)
{
	unsigned len = 0;

	if (pthread_once(&sha256_once, fetch_sha256) != 0 || sha256 == NULL)
		return MEGOLM_ERR_PRIMITIVE;
	if (EVP_Digest(in.p, in.len, out, &len, sha256, NULL) != 1 || len != MEGOLM_SHA256_BYTES)
		return MEGOLM_ERR_PRIMITIVE;
	return MEGOLM_OK;
}
