#include "megolm_probe.h"

#include "crypto.h"
#include "primitives.h"

#include <stdlib.h>
#include <string.h>

#define LONG   64
#define SHORT  55
#define PADDED 64
#define KNOWN  16 /* bytes of digests that are compared */

struct megolm_probe_call {
	enum megolm_probe_primitive which;
	uint8_t secret[32], text[LONG], hmac_key[32], out[PADDED], signature[64];
	struct megolm_x25519_pair own, peer, made;
	struct megolm_ed25519_pair signer;
	struct megolm_aes256_key key;
	struct megolm_aes256_iv iv;
};

void megolm_probe_call_free(struct megolm_probe_call *call)
{
	if (call != NULL)
		megolm_wipe_free(call, sizeof(*call));
}

enum megolm_err megolm_probe_call_prepare(struct megolm_probe_call **out,
					  enum megolm_probe_primitive which,
					  const uint8_t random[32])
{
	const struct megolm_primitives *p = &megolm_interposed_primitives;
	struct megolm_probe_call *call = calloc(1, sizeof(*call));
	enum megolm_err err;

	if (call == NULL)
		return MEGOLM_ERR_NOMEM;
	call->which = which;
	memcpy(call->secret, random, sizeof(call->secret));
	memset(call->text, 'a', sizeof(call->text));
	memset(call->hmac_key, 'b', sizeof(call->hmac_key));
	p->x25519_keygen(call->secret, &call->own);
	call->secret[0] ^= 0x80;
	p->x25519_keygen(call->secret, &call->peer);
	p->ed25519_keygen(call->secret, &call->signer);
	p->ed25519_sign(&call->signer, call->text, LONG, call->signature);
	err = megolm_primitive_take_failure();
	if (err != MEGOLM_OK)
		megolm_probe_call_free(call);
	else
		*out = call;
	return err;
}

/* A peer's key as it came. */
static struct megolm_x25519_public public_of(const struct megolm_x25519_pair *pair)
{
	struct megolm_x25519_public key;

	memcpy(key.bytes, pair->public_key, sizeof(key.bytes));
	return key;
}

static bool verify(const struct megolm_probe_call *call)
{
	struct megolm_ed25519_public key;

	memcpy(key.bytes, call->signer.public_key, sizeof(key.bytes));
	return megolm_interposed_primitives.ed25519_verify(&key, call->text, LONG,
							   call->signature) == 1;
}

static void dh(const struct megolm_x25519_pair *own, const struct megolm_x25519_pair *other,
	       uint8_t out[32])
{
	struct megolm_x25519_public key = public_of(other);

	megolm_interposed_primitives.x25519(own, &key, out);
}

static void call_once(struct megolm_probe_call *call)
{
	const struct megolm_primitives *p = &megolm_interposed_primitives;

	switch (call->which) {
	case MEGOLM_PROBE_KEYGEN:
		call->secret[1]++;
		p->x25519_keygen(call->secret, &call->made);
		return;
	case MEGOLM_PROBE_DH:
		dh(&call->own, &call->peer, call->out);
		return;
	case MEGOLM_PROBE_SIGN:
		p->ed25519_sign(&call->signer, call->text, LONG, call->signature);
		return;
	case MEGOLM_PROBE_VERIFY:
		if (!verify(call))
			megolm_primitive_failed(MEGOLM_ERR_PRIMITIVE);
		return;
	case MEGOLM_PROBE_HASH:
		p->sha256(call->text, SHORT, call->out);
		return;
	case MEGOLM_PROBE_HMAC:
		p->hmac(call->hmac_key, sizeof(call->hmac_key), call->text, SHORT, call->out);
		return;
	case MEGOLM_PROBE_CBC:
		call->key.bytes[0]++;
		p->encrypt_cbc(&call->key, &call->iv, call->text, SHORT, call->out);
		return;
	}
}

enum megolm_err megolm_probe_call(struct megolm_probe_call *call, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		call_once(call);
	return megolm_primitive_take_failure();
}

/* Both sides of a Diffie-Hellman with the peer agree. */
static bool agrees(const struct megolm_probe_call *call, const struct megolm_x25519_pair *pair,
		   const uint8_t out[32])
{
	uint8_t other[32];

	dh(&call->peer, pair, other);
	return memcmp(out, other, sizeof(other)) == 0;
}

/* It verifies, and does not once the text is another. */
static bool verifies(struct megolm_probe_call *call)
{
	bool good = verify(call), forged;

	call->text[0] ^= 1;
	forged = verify(call);
	call->text[0] ^= 1;
	return good && !forged;
}

static bool opens(const struct megolm_probe_call *call)
{
	uint8_t text[PADDED];

	return megolm_interposed_primitives.decrypt_cbc(&call->key, &call->iv, call->out, PADDED,
							text) == SHORT &&
	       memcmp(text, call->text, SHORT) == 0;
}

/* SHA-256 of 55 letters a, and their HMAC under 32 letters b. */
static bool is_known(const struct megolm_probe_call *call)
{
	static const uint8_t hash[KNOWN] = {0x9f, 0x43, 0x90, 0xf8, 0xd3, 0x0c, 0x2d, 0xd9,
					    0x2e, 0xc9, 0xf0, 0x95, 0xb6, 0x5e, 0x2b, 0x9a};
	static const uint8_t hmac[KNOWN] = {0x99, 0xad, 0x30, 0x62, 0x18, 0x9a, 0x79, 0xc4,
					    0xf3, 0x90, 0x5c, 0xad, 0x40, 0xfd, 0xda, 0x45};

	return memcmp(call->out, call->which == MEGOLM_PROBE_HMAC ? hmac : hash, KNOWN) == 0;
}

static bool holds(struct megolm_probe_call *call)
{
	switch (call->which) {
	case MEGOLM_PROBE_KEYGEN:
		dh(&call->made, &call->peer, call->out);
		return agrees(call, &call->made, call->out);
	case MEGOLM_PROBE_DH:
		return agrees(call, &call->own, call->out);
	case MEGOLM_PROBE_SIGN:
	case MEGOLM_PROBE_VERIFY:
		return verifies(call);
	case MEGOLM_PROBE_HASH:
	case MEGOLM_PROBE_HMAC:
		return is_known(call);
	case MEGOLM_PROBE_CBC:
		return opens(call);
	}
	return false;
}

bool megolm_probe_call_check(struct megolm_probe_call *call)
{
	bool ok = holds(call);

	return megolm_primitive_take_failure() == MEGOLM_OK && ok;
}
