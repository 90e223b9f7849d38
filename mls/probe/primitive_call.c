#include "mls_probe.h"

#include "crypto.h"
#include "group.h"
#include "memory.h"
#include <stdlib.h>
#include <string.h>

#define LONG  64
#define SHORT 55
#define KNOWN 16 /* bytes of digests that are compared */

struct mls_probe_call {
	struct mls_crypto *crypto;
	enum mls_probe_primitive which;
	struct mls_key *own, *peer, *made;
	struct mls_signer *signer;
	struct mls_buf signature;
	uint8_t text[LONG], key[32], nonce[16], out[256];
};

void mls_probe_call_free(struct mls_probe_call *call)
{
	if (!call)
		return;
	mls_key_free(call->own);
	mls_key_free(call->peer);
	mls_key_free(call->made);
	mls_signer_free(call->signer);
	mls_buf_free(&call->signature);
	free(call);
}

static struct mls_slice long_text(const struct mls_probe_call *call)
{
	return mls_slice(call->text, LONG);
}

static enum mls_err sign(struct mls_probe_call *call)
{
	const struct mls_slice text = long_text(call);

	call->signature.len = 0;
	return mls_sign(call->crypto, &call->signature, call->signer, &text, 1);
}

static enum mls_err verify(struct mls_probe_call *call)
{
	const struct mls_slice text = long_text(call);

	return mls_verify(call->crypto, mls_signer_public(call->signer), &text, 1,
			  mls_buf_slice(&call->signature));
}

enum mls_err mls_probe_call_prepare(struct mls_client *client, struct mls_probe_call **out,
				    enum mls_probe_primitive which)
{
	struct mls_probe_call *call = mls_calloc(1, sizeof(*call));
	enum mls_err err = MLS_OK;

	if (!call)
		return MLS_ERR_NOMEM;
	call->crypto = client->crypto;
	call->which = which;
	memset(call->text, 'a', sizeof(call->text));
	memset(call->key, 'b', sizeof(call->key));
	TRY(mls_key_generate(call->crypto, &call->own));
	TRY(mls_key_generate(call->crypto, &call->peer));
	TRY(mls_signer_generate(call->crypto, &call->signer));
	TRY(sign(call));
	*out = call;
	call = NULL;
out:
	mls_probe_call_free(call);
	return err;
}

static enum mls_err call_once(struct mls_probe_call *call)
{
	struct mls_crypto *c = call->crypto;
	const struct mls_slice text = mls_slice(call->text, SHORT);

	switch (call->which) {
	case MLS_PROBE_KEYGEN:
		mls_key_free(call->made);
		call->made = NULL;
		return mls_key_generate(c, &call->made);
	case MLS_PROBE_DH:
		return mls_dh(c, call->out, call->own, mls_key_public(call->peer));
	case MLS_PROBE_SIGN:
		return sign(call);
	case MLS_PROBE_VERIFY:
		return verify(call);
	case MLS_PROBE_HASH:
		mls_hash(c, call->out, &text, 1);
		return MLS_OK;
	case MLS_PROBE_HMAC:
		mls_hmac(c, call->out, mls_slice(call->key, sizeof(call->key)), &text, 1);
		return MLS_OK;
	case MLS_PROBE_AEAD:
		call->key[0]++;
		return mls_aead_seal(c, call->out, call->key, call->nonce, (struct mls_slice){0},
				     long_text(call));
	}
	return MLS_ERR_USAGE;
}

enum mls_err mls_probe_call(struct mls_probe_call *call, uint32_t n)
{
	enum mls_err err = MLS_OK;

	for (uint32_t i = 0; i < n && !err; i++)
		err = call_once(call);
	return err;
}

/* Both sides of a Diffie-Hellman with `key` agree; out is what its side has. */
static bool agrees(struct mls_probe_call *call, const struct mls_key *key, const uint8_t *out)
{
	uint8_t other[MLS_MAX_PUBLIC_KEY];

	return !mls_dh(call->crypto, other, call->peer, mls_key_public(key)) &&
	       memcmp(out, other, call->crypto->suite->ndh) == 0;
}

/* Of 55 letters a; the HMAC's key are 32 letters b. */
static bool is_known(const struct mls_probe_call *call, bool is_hmac)
{
	static const struct {
		uint8_t nh, hash[KNOWN], hmac[KNOWN];
	} known[] = {
		{32,
		 {0x9f, 0x43, 0x90, 0xf8, 0xd3, 0x0c, 0x2d, 0xd9, 0x2e, 0xc9, 0xf0, 0x95, 0xb6,
		  0x5e, 0x2b, 0x9a},
		 {0x99, 0xad, 0x30, 0x62, 0x18, 0x9a, 0x79, 0xc4, 0xf3, 0x90, 0x5c, 0xad, 0x40,
		  0xfd, 0xda, 0x45}},
		{48,
		 {0x5d, 0x91, 0xac, 0x7e, 0x74, 0xe6, 0x2b, 0x5c, 0x72, 0x89, 0x04, 0xb4, 0x0f,
		  0x10, 0x78, 0x4d},
		 {0x96, 0x2a, 0xa7, 0xc5, 0x02, 0xd6, 0xff, 0xe8, 0x87, 0x91, 0x51, 0xcb, 0xfb,
		  0x07, 0x51, 0x33}},
		{64,
		 {0xb0, 0x22, 0x0c, 0x77, 0x2c, 0xbf, 0x6c, 0x18, 0x22, 0xe2, 0xcb, 0x38, 0xa4,
		  0x37, 0xd0, 0xe1},
		 {0xbe, 0x9d, 0x2f, 0x7b, 0x79, 0x42, 0x45, 0x7c, 0x61, 0xd8, 0x12, 0x8d, 0xfe,
		  0x50, 0x5c, 0xad}},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].nh == call->crypto->suite->nh)
			return memcmp(call->out, is_hmac ? known[i].hmac : known[i].hash, KNOWN) ==
			       0;
	return false;
}

static bool opens(struct mls_probe_call *call)
{
	uint8_t text[LONG];

	return !mls_aead_open(call->crypto, text, call->key, call->nonce, (struct mls_slice){0},
			      mls_slice(call->out, LONG + MLS_AEAD_TAG)) &&
	       memcmp(text, call->text, LONG) == 0;
}

/* It verifies, and does not once the text is another. */
static bool verifies(struct mls_probe_call *call)
{
	bool good = !verify(call), forged;

	call->text[0] ^= 1;
	forged = !verify(call);
	call->text[0] ^= 1;
	return good && !forged;
}

bool mls_probe_call_check(struct mls_probe_call *call)
{
	switch (call->which) {
	case MLS_PROBE_KEYGEN:
		return call->made &&
		       !mls_dh(call->crypto, call->out, call->made, mls_key_public(call->peer)) &&
		       agrees(call, call->made, call->out);
	case MLS_PROBE_DH:
		return agrees(call, call->own, call->out);
	case MLS_PROBE_SIGN:
	case MLS_PROBE_VERIFY:
		return verifies(call);
	case MLS_PROBE_HASH:
	case MLS_PROBE_HMAC:
		return is_known(call, call->which == MLS_PROBE_HMAC);
	case MLS_PROBE_AEAD:
		return opens(call);
	}
	return false;
}
