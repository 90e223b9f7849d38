#include "prices/price_cases.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define TAG 16

/* Cipher and context are kept; each message has a key of its own, as in HPKE and ratchets. */
struct cipher {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *context;
	bool is_aead;
	uint8_t key[32], nonce[16];
	uint8_t text[GB_CASE_LONG], out[GB_CASE_LONG + 32];
};

static void cipher_close(void *state)
{
	struct cipher *s = state;

	EVP_CIPHER_CTX_free(s->context);
	EVP_CIPHER_free(s->cipher);
	free(s);
}

/* *out_len: with the tag behind it, or the padding. */
static bool encrypt(struct cipher *s, size_t len, size_t *out_len)
{
	OSSL_PARAM tag[] = {
		OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, s->out + len, TAG),
		OSSL_PARAM_construct_end()};
	int n = 0, n_final = 0;

	if (EVP_EncryptInit_ex2(s->context, NULL, s->key, s->nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(s->context, s->out, &n, s->text, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(s->context, s->out + n, &n_final) != 1)
		return false;
	*out_len = (size_t)n + (size_t)n_final;
	if (!s->is_aead)
		return true;
	*out_len += TAG;
	return EVP_CIPHER_CTX_get_params(s->context, tag) == 1;
}

static bool encrypt_often(struct cipher *s, size_t len, unsigned n)
{
	size_t out_len;

	for (unsigned i = 0; i < n; i++) {
		memcpy(s->key, &i, sizeof(i));
		if (!encrypt(s, len, &out_len))
			return false;
	}
	return true;
}

static bool run_short(void *state, unsigned n)
{
	return encrypt_often(state, GB_CASE_SHORT, n);
}

static bool run_long(void *state, unsigned n)
{
	return encrypt_often(state, GB_CASE_LONG, n);
}

/* What was encrypted can be decrypted; the context encrypts again afterwards. */
static bool decrypts(struct cipher *s, size_t len)
{
	uint8_t *plain = malloc(len + 32);
	int n = 0, n_final = 0;
	size_t text_len = len - (s->is_aead ? TAG : 0);
	bool ok = plain != NULL &&
		  EVP_DecryptInit_ex2(s->context, s->cipher, s->key, s->nonce, NULL) == 1 &&
		  (!s->is_aead || EVP_CIPHER_CTX_ctrl(s->context, EVP_CTRL_AEAD_SET_TAG, TAG,
						      s->out + text_len) == 1) &&
		  EVP_DecryptUpdate(s->context, plain, &n, s->out, (int)text_len) == 1 &&
		  EVP_DecryptFinal_ex(s->context, plain + n, &n_final) == 1 &&
		  n + n_final == GB_CASE_SHORT && memcmp(plain, s->text, GB_CASE_SHORT) == 0 &&
		  EVP_EncryptInit_ex2(s->context, s->cipher, NULL, NULL, NULL) == 1;

	free(plain);
	return ok;
}

bool gb_openssl_cipher_cases(struct gb_case_list *list, enum gb_algorithm algorithm)
{
	static const char *const names[GB_ALGORITHMS] = {
		[GB_ALGORITHM_aes128gcm] = "AES-128-GCM",
		[GB_ALGORITHM_aes256gcm] = "AES-256-GCM",
		[GB_ALGORITHM_chacha20poly1305] = "ChaCha20-Poly1305",
		[GB_ALGORITHM_aes256cbc] = "AES-256-CBC",
	};
	struct cipher *s = calloc(1, sizeof(*s));
	size_t len;

	if (s == NULL)
		return false;
	gb_case_own(list, s, cipher_close);
	s->is_aead = algorithm != GB_ALGORITHM_aes256cbc;
	s->cipher = EVP_CIPHER_fetch(NULL, names[algorithm], NULL);
	s->context = EVP_CIPHER_CTX_new();
	memset(s->text, 0x54, sizeof(s->text));
	if (s->cipher == NULL || s->context == NULL ||
	    EVP_EncryptInit_ex2(s->context, s->cipher, NULL, NULL, NULL) != 1 ||
	    !encrypt(s, GB_CASE_SHORT, &len) || !decrypts(s, len))
		return false;
	gb_case_add(list, GB_LIBRARY_OPENSSL, algorithm,
		    s->is_aead ? GB_CASE_SEAL_SHORT : GB_CASE_CBC_SHORT, run_short, s);
	gb_case_add(list, GB_LIBRARY_OPENSSL, algorithm,
		    s->is_aead ? GB_CASE_SEAL_LONG : GB_CASE_CBC_LONG, run_long, s);
	return true;
}

/* In bulk: what a call costs counts for less. */
static bool run_random(void *state, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (RAND_bytes(state, GB_CASE_RANDOM_BYTES) != 1)
			return false;
	return true;
}

bool gb_openssl_random_cases(struct gb_case_list *list, enum gb_algorithm algorithm)
{
	uint8_t *room = malloc(GB_CASE_RANDOM_BYTES);

	if (room == NULL)
		return false;
	gb_case_own(list, room, free);
	gb_case_add(list, GB_LIBRARY_OPENSSL, algorithm, GB_CASE_RANDOM, run_random, room);
	return true;
}
