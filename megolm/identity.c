/*
 * E2EE, "Cross-signing": a user's master key signs a self-signing key and a user-signing key; the
 * first of them signs the keys of each of the user's devices, the other the master keys of others.
 */
#include "crypto.h"
#include "internal.h"
#include "json.h"
#include "primitives.h"
#include "state.h"
#include <olm/pk.h>
#include <stdlib.h>

/* A key that signs, and the JSON it is published as. */
struct signing_key {
	OlmPkSigning *olm;
	char public_key[MEGOLM_KEY_CHARS + 1];
	struct megolm_owned json;
};

struct megolm_identity {
	char user_id[MEGOLM_MAX_ID + 1];
	struct signing_key master, self_signing, user_signing;
};

/* ---- keys, and what they sign ---- */

static void clear_key(struct signing_key *key)
{
	if (key->olm != NULL)
		olm_clear_pk_signing(key->olm);
	free(key->olm);
	free(key->json.p);
}

void megolm_identity_free(struct megolm_identity *identity)
{
	if (identity == NULL)
		return;
	clear_key(&identity->master);
	clear_key(&identity->self_signing);
	clear_key(&identity->user_signing);
	free(identity);
}

static enum megolm_err new_key(struct signing_key *key, const struct megolm_random *random)
{
	uint8_t seed[32];
	size_t len = olm_pk_signing_seed_length();
	void *memory = malloc(olm_pk_signing_size());
	enum megolm_err err = MEGOLM_OK;

	if (memory == NULL)
		return MEGOLM_ERR_NOMEM;
	key->olm = olm_pk_signing(memory);
	if (len != sizeof seed || olm_pk_signing_public_key_length() != MEGOLM_KEY_CHARS)
		FAIL(MEGOLM_ERR_OLM);
	TRY(random->draw(random->state, seed, len));
	megolm_count_random(len);
	TRY(megolm_olm_signing(key->olm,
			       olm_pk_signing_key_from_seed(key->olm, key->public_key,
							    MEGOLM_KEY_CHARS, seed, len)));
out:
	megolm_wipe(seed, sizeof seed);
	return err;
}

static enum megolm_err sign(struct signing_key *by, uint8_t *signature, struct megolm_slice message)
{
	if (olm_pk_signature_length() != MEGOLM_SIGNATURE_CHARS)
		return MEGOLM_ERR_OLM;
	return megolm_olm_signing(by->olm, olm_pk_sign(by->olm, message.p, message.len, signature,
						       MEGOLM_SIGNATURE_CHARS));
}

/* A cross-signing key in canonical form, with room for a signature of `by` unless that is NULL;
 * what is returned points to that room. */
static uint8_t *put_key(struct megolm_text *out, const struct megolm_identity *identity,
			const struct signing_key *key, const char *usage,
			const struct signing_key *by)
{
	uint8_t *signature = NULL;

	megolm_puts(out, "{\"keys\":{\"ed25519:");
	megolm_puts(out, key->public_key);
	megolm_puts(out, "\":\"");
	megolm_puts(out, key->public_key);
	megolm_puts(out, "\"},");
	if (by != NULL) {
		megolm_puts(out, "\"signatures\":{\"");
		megolm_puts(out, identity->user_id);
		megolm_puts(out, "\":{\"ed25519:");
		megolm_puts(out, by->public_key);
		megolm_puts(out, "\":\"");
		signature = megolm_put_later(out, MEGOLM_SIGNATURE_CHARS);
		megolm_puts(out, "\"}},");
	}
	megolm_puts(out, "\"usage\":[\"");
	megolm_puts(out, usage);
	megolm_puts(out, "\"],\"user_id\":\"");
	megolm_puts(out, identity->user_id);
	megolm_puts(out, "\"}");
	return signature;
}

/* The JSON of a key, signed by `by` unless that is NULL. */
static enum megolm_err publish(struct megolm_identity *identity, struct signing_key *key,
			       const char *usage, struct signing_key *by)
{
	uint8_t message[512 + MEGOLM_MAX_ID];
	size_t max = sizeof message + 256 + MEGOLM_MAX_ID;
	struct megolm_text text = megolm_text(malloc(max), max);
	struct megolm_text unsigned_text = megolm_text(message, sizeof message);
	uint8_t *signature;

	if (text.p == NULL)
		return MEGOLM_ERR_NOMEM;
	key->json.p = text.p;
	signature = put_key(&text, identity, key, usage, by);
	(void)put_key(&unsigned_text, identity, key, usage, NULL);
	key->json.len = text.len;
	if (megolm_text_full(&text) || megolm_text_full(&unsigned_text))
		return MEGOLM_ERR_OUTPUT;
	return by != NULL ? sign(by, signature, megolm_text_slice(&unsigned_text)) : MEGOLM_OK;
}

enum megolm_err megolm_identity_new(struct megolm_identity **out, const char *user_id,
				    const struct megolm_random *random)
{
	struct megolm_identity *identity = NULL;
	enum megolm_err err = MEGOLM_OK;

	if (!megolm_is_identifier(megolm_slice_of(user_id), '@') || strchr(user_id, ':') == NULL)
		FAIL(MEGOLM_ERR_IDENTIFIER);
	identity = calloc(1, sizeof *identity);
	if (identity == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	memcpy(identity->user_id, user_id, strlen(user_id));
	TRY(new_key(&identity->master, random));
	TRY(new_key(&identity->self_signing, random));
	TRY(new_key(&identity->user_signing, random));
	TRY(publish(identity, &identity->master, "master", NULL));
	TRY(publish(identity, &identity->self_signing, "self_signing", &identity->master));
	TRY(publish(identity, &identity->user_signing, "user_signing", &identity->master));
	*out = identity;
	identity = NULL;
out:
	megolm_identity_free(identity);
	return err;
}

struct megolm_slice megolm_identity_master_key(const struct megolm_identity *identity)
{
	return megolm_slice(identity->master.json.p, identity->master.json.len);
}

struct megolm_slice megolm_identity_self_signing_key(const struct megolm_identity *identity)
{
	return megolm_slice(identity->self_signing.json.p, identity->self_signing.json.len);
}

struct megolm_slice megolm_identity_user_signing_key(const struct megolm_identity *identity)
{
	return megolm_slice(identity->user_signing.json.p, identity->user_signing.json.len);
}

/* Device keys with a second signature in its place: names are sorted in canonical JSON. */
static uint8_t *put_vouched(struct megolm_text *out, struct megolm_slice keys,
			    struct megolm_slice own_name, const char *public_key)
{
	/* The name of the device's own signature stands between quotes, behind it the value. */
	size_t before = (size_t)(own_name.p - keys.p) - 1;
	size_t behind = before + own_name.len + 2 + 3 + MEGOLM_SIGNATURE_CHARS;
	size_t prefix = sizeof "ed25519:" - 1;
	struct megolm_slice id = megolm_slice(own_name.p + prefix, own_name.len - prefix);
	size_t shared = id.len < MEGOLM_KEY_CHARS ? id.len : MEGOLM_KEY_CHARS;
	int order = memcmp(id.p, public_key, shared);
	bool comes_first = order > 0 || (order == 0 && id.len > MEGOLM_KEY_CHARS);
	size_t at = comes_first ? before : behind;
	uint8_t *signature;

	megolm_put(out, megolm_slice(keys.p, at));
	megolm_puts(out, comes_first ? "\"ed25519:" : ",\"ed25519:");
	megolm_puts(out, public_key);
	megolm_puts(out, "\":\"");
	signature = megolm_put_later(out, MEGOLM_SIGNATURE_CHARS);
	megolm_puts(out, comes_first ? "\"," : "\"");
	megolm_put(out, megolm_slice(keys.p + at, keys.len - at));
	return signature;
}

/* The name of the one signature that a device has put on its keys. */
static enum megolm_err own_signature(struct megolm_slice *name, struct megolm_slice keys,
				     const char *user_id)
{
	struct megolm_slice all, of_user;
	struct megolm_json_members m;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_member(keys, megolm_slice_of("signatures"), &all));
	TRY(megolm_json_member(all, megolm_slice_of(user_id), &of_user));
	TRY(megolm_json_open(&m, of_user));
	if (!megolm_json_next(&m))
		FAIL(MEGOLM_ERR_JSON_MEMBER);
	*name = m.name;
	if (megolm_json_next(&m))
		FAIL(MEGOLM_ERR_USAGE);
out:
	return err;
}

enum megolm_err megolm_device_cross_sign(struct megolm_device *device,
					 struct megolm_identity *identity)
{
	struct megolm_slice keys = megolm_device_keys(device), own_name;
	size_t max = keys.len + MEGOLM_KEY_CHARS + MEGOLM_SIGNATURE_CHARS + 32;
	struct megolm_text text = {0}, message;
	uint8_t *signature;
	enum megolm_err err = MEGOLM_OK;

	if (strcmp(device->user_id, identity->user_id) != 0)
		FAIL(MEGOLM_ERR_WRONG_USER);
	TRY(own_signature(&own_name, keys, device->user_id));
	text = megolm_text(malloc(max), max);
	if (text.p == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	signature = put_vouched(&text, keys, own_name, identity->self_signing.public_key);
	if (megolm_text_full(&text))
		FAIL(MEGOLM_ERR_OUTPUT);
	TRY(megolm_scratch_reserve(&device->verify, keys.len));
	message = megolm_text(device->verify.p, device->verify.cap);
	TRY(megolm_json_signed(&message, keys));
	TRY(sign(&identity->self_signing, signature, megolm_text_slice(&message)));
	free(device->keys.p);
	device->keys = (struct megolm_owned){text.p, text.len};
	text.p = NULL;
out:
	free(text.p);
	return err;
}

/* ---- what is uploaded ---- */

size_t megolm_identity_upload_max(const struct megolm_identity *identity)
{
	return 64 + identity->master.json.len + identity->self_signing.json.len +
	       identity->user_signing.json.len;
}

enum megolm_err megolm_identity_upload(const struct megolm_identity *identity, uint8_t *out,
				       size_t cap, size_t *len)
{
	struct megolm_text text = megolm_text(out, cap);

	megolm_puts(&text, "{\"master_key\":");
	megolm_put(&text, megolm_identity_master_key(identity));
	megolm_puts(&text, ",\"self_signing_key\":");
	megolm_put(&text, megolm_identity_self_signing_key(identity));
	megolm_puts(&text, ",\"user_signing_key\":");
	megolm_put(&text, megolm_identity_user_signing_key(identity));
	megolm_puts(&text, "}");
	if (megolm_text_full(&text))
		return MEGOLM_ERR_OUTPUT;
	*len = text.len;
	return MEGOLM_OK;
}

/* Appends an object with one signature, which it has not got yet: `behind` is the member before
 * which "signatures" stands in canonical JSON, and to the end. *signature points to the room. */
static void put_with_signature(struct megolm_text *out, struct megolm_slice object,
			       const char *behind, const char *user_id, const char *key_id,
			       uint8_t **signature)
{
	struct megolm_slice end = megolm_slice_of(behind);
	size_t at = object.len;

	do
		at--;
	while (at > 0 && (at + end.len > object.len || memcmp(object.p + at, end.p, end.len) != 0));
	megolm_put(out, megolm_slice(object.p, at));
	megolm_puts(out, "\"signatures\":{\"");
	megolm_puts(out, user_id);
	megolm_puts(out, "\":{\"ed25519:");
	megolm_puts(out, key_id);
	megolm_puts(out, "\":\"");
	*signature = megolm_put_later(out, MEGOLM_SIGNATURE_CHARS);
	megolm_puts(out, "\"}},");
	megolm_put(out, megolm_slice(object.p + at, object.len - at));
}

size_t megolm_signatures_upload_max(const struct megolm_identity *identity,
				    const struct megolm_device *device)
{
	return 512 + identity->master.json.len + device->keys.len + 3 * (size_t)MEGOLM_MAX_ID;
}

/* The self-signing key's signature on the keys of a device. */
static enum megolm_err vouching_signature(struct megolm_slice *signature,
					  const struct megolm_identity *identity,
					  const struct megolm_device *device)
{
	uint8_t name[sizeof "ed25519:" + MEGOLM_KEY_CHARS];
	struct megolm_text text = megolm_text(name, sizeof name);
	struct megolm_slice all, of_user, value;
	enum megolm_err err = MEGOLM_OK;

	megolm_puts(&text, "ed25519:");
	megolm_puts(&text, identity->self_signing.public_key);
	TRY(megolm_json_member(megolm_device_keys(device), megolm_slice_of("signatures"), &all));
	TRY(megolm_json_member(all, megolm_slice_of(device->user_id), &of_user));
	TRY(megolm_json_optional(of_user, megolm_text_slice(&text), &value));
	if (value.p == NULL)
		FAIL(MEGOLM_ERR_USAGE);
	TRY(megolm_json_string(value, signature));
out:
	return err;
}

static enum megolm_err put_vouched_device(struct megolm_text *out,
					  const struct megolm_identity *identity,
					  struct megolm_device *device)
{
	struct megolm_text unsigned_keys;
	struct megolm_slice made;
	uint8_t *signature = NULL;
	enum megolm_err err = MEGOLM_OK;

	TRY(vouching_signature(&made, identity, device));
	TRY(megolm_scratch_reserve(&device->verify, device->keys.len));
	unsigned_keys = megolm_text(device->verify.p, device->verify.cap);
	TRY(megolm_json_signed(&unsigned_keys, megolm_device_keys(device)));
	megolm_puts(out, "\"");
	megolm_puts(out, device->device_id);
	megolm_puts(out, "\":");
	put_with_signature(out, megolm_text_slice(&unsigned_keys), "\"user_id\":", device->user_id,
			   identity->self_signing.public_key, &signature);
	if (signature == NULL || made.len != MEGOLM_SIGNATURE_CHARS)
		FAIL(MEGOLM_ERR_OUTPUT);
	memcpy(signature, made.p, MEGOLM_SIGNATURE_CHARS);
out:
	return err;
}

static enum megolm_err put_signed_master(struct megolm_text *out,
					 const struct megolm_identity *identity,
					 struct megolm_device *device)
{
	uint8_t *signature = NULL;

	megolm_puts(out, "\"");
	megolm_puts(out, identity->master.public_key);
	megolm_puts(out, "\":");
	put_with_signature(out, megolm_identity_master_key(identity),
			   "\"usage\":", identity->user_id, device->device_id, &signature);
	if (signature == NULL)
		return MEGOLM_ERR_OUTPUT;
	return megolm_sign(device, signature, megolm_identity_master_key(identity));
}

enum megolm_err megolm_signatures_upload(const struct megolm_identity *identity,
					 struct megolm_device *device, uint8_t *out, size_t cap,
					 size_t *len)
{
	struct megolm_text text = megolm_text(out, cap);
	bool device_first = strcmp(device->device_id, identity->master.public_key) < 0;
	enum megolm_err err = MEGOLM_OK;

	if (strcmp(device->user_id, identity->user_id) != 0)
		FAIL(MEGOLM_ERR_WRONG_USER);
	megolm_puts(&text, "{\"");
	megolm_puts(&text, identity->user_id);
	megolm_puts(&text, "\":{");
	TRY(device_first ? put_vouched_device(&text, identity, device)
			 : put_signed_master(&text, identity, device));
	megolm_puts(&text, ",");
	TRY(device_first ? put_signed_master(&text, identity, device)
			 : put_vouched_device(&text, identity, device));
	megolm_puts(&text, "}}");
	if (megolm_text_full(&text))
		FAIL(MEGOLM_ERR_OUTPUT);
	*len = text.len;
out:
	return err;
}
