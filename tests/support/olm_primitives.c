#include "olm_primitives.h"

#include <dlfcn.h>
#include <olm/olm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "megolm_probe.h"
#include "primitives.h"

static struct megolm_primitives raw;

char olm_primitives_version[32];

static struct megolm_counts counts;
static struct megolm_x25519_pair own, made;
static struct megolm_x25519_public peer;
static struct megolm_ed25519_pair signer;
static const struct megolm_aes256_key key;
static const struct megolm_aes256_iv iv;
static uint8_t secret[32] = "thirty-two bytes of a secret....", message[200], out[256],
	       signature[64];

static void call_keygen(const struct megolm_primitives *p)
{
	p->x25519_keygen(secret, &made);
}

static void call_dh(const struct megolm_primitives *p)
{
	p->x25519(&own, &peer, out);
}

static void call_sign(const struct megolm_primitives *p)
{
	p->ed25519_sign(&signer, message, sizeof(message), out);
}

static void call_verify(const struct megolm_primitives *p)
{
	struct megolm_ed25519_public of;

	memcpy(of.bytes, signer.public_key, sizeof(of.bytes));
	if (!p->ed25519_verify(&of, message, sizeof(message), signature))
		abort();
}

static void call_hash(const struct megolm_primitives *p)
{
	p->sha256(message, 55, out);
}

static void call_hmac(const struct megolm_primitives *p)
{
	p->hmac(secret, sizeof(secret), message, 50, out);
}

static void call_cbc(const struct megolm_primitives *p)
{
	p->encrypt_cbc(&key, &iv, message, 32, out);
}

#define OLM_DEFINE(name)                                                                           \
	void olm_raw_##name(void)                                                                  \
	{                                                                                          \
		call_##name(&raw);                                                                 \
	}                                                                                          \
	void olm_counted_##name(void)                                                              \
	{                                                                                          \
		call_##name(&megolm_interposed_primitives);                                        \
	}
OLM_PRIMITIVES(OLM_DEFINE)

/* ISO C has no cast between the two kinds of pointers; POSIX promises equal size. */
static int find(void *library, void *function, const char *name)
{
	void *symbol = library ? dlsym(library, name) : NULL;

	memcpy(function, &symbol, sizeof(symbol));
	return symbol != NULL;
}

int olm_primitives_prepare(void)
{
	void *library = dlopen("libolm.so.3", RTLD_LAZY | RTLD_LOCAL);
	uint8_t version[3];

	/* Also makes the linker keep libolm, behind which megolm/ looks for the originals. */
	olm_get_library_version(&version[0], &version[1], &version[2]);
	snprintf(olm_primitives_version, sizeof(olm_primitives_version), "libolm %u.%u.%u",
		 version[0], version[1], version[2]);
	if (!find(library, &raw.x25519_keygen, "_olm_crypto_curve25519_generate_key") ||
	    !find(library, &raw.x25519, "_olm_crypto_curve25519_shared_secret") ||
	    !find(library, &raw.ed25519_keygen, "_olm_crypto_ed25519_generate_key") ||
	    !find(library, &raw.ed25519_sign, "_olm_crypto_ed25519_sign") ||
	    !find(library, &raw.ed25519_verify, "_olm_crypto_ed25519_verify") ||
	    !find(library, &raw.encrypt_cbc, "_olm_crypto_aes_encrypt_cbc") ||
	    !find(library, &raw.sha256, "_olm_crypto_sha256") ||
	    !find(library, &raw.hmac, "_olm_crypto_hmac_sha256"))
		return 0;
	megolm_probe_count_into(&counts);
	raw.x25519_keygen(secret, &own);
	memcpy(peer.bytes, own.public_key, sizeof(peer.bytes));
	raw.ed25519_keygen(secret, &signer);
	raw.ed25519_sign(&signer, message, sizeof(message), signature);
	olm_counted_dh();
	return counts.dh == 1 && megolm_primitive_take_failure() == MEGOLM_OK;
}
