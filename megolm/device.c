#include "state.h"

#include "bundle.h"
#include "crypto.h"
#include "forward.h"
#include "internal.h"
#include "json.h"
#include "pairwise.h"
#include "peer.h"
#include "primitives.h"
#include "room.h"
#include "user.h"
#include <stdlib.h>

const struct megolm_policy megolm_default_policy = {
	.max_content = 65536,
	.rotation_period_msgs = 100,
	.rotation_period_ms = 604800000,
	.max_strangers = 10000,
	.max_rooms = 10000,
	.max_sessions_of_sender = 10000,
};

enum megolm_err megolm_scratch_reserve(struct megolm_scratch *s, size_t len)
{
	uint8_t *p;

	if (len <= s->cap)
		return MEGOLM_OK;
	p = malloc(len + len / 2);
	if (p == NULL)
		return MEGOLM_ERR_NOMEM;
	megolm_wipe_free(s->p, s->cap);
	s->p = p;
	s->cap = len + len / 2;
	return MEGOLM_OK;
}

enum megolm_err megolm_draw(struct megolm_device *device, struct megolm_entropy *out, size_t needed)
{
	enum megolm_err err;

	if (needed > sizeof out->bytes)
		return MEGOLM_ERR_OLM;
	err = device->random.draw(device->random.state, out->bytes, needed);
	if (err != MEGOLM_OK)
		return err;
	out->len = needed;
	megolm_count_random(needed);
	return MEGOLM_OK;
}

bool megolm_is_identifier(struct megolm_slice s, char sigil)
{
	if (s.len < 1 || s.len > MEGOLM_MAX_ID || (sigil != '\0' && s.p[0] != (uint8_t)sigil))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return true;
}

bool megolm_is_base64(struct megolm_slice s, size_t chars)
{
	if (s.len != chars)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i], letter = c | 0x20;
		if ((letter < 'a' || letter > 'z') && (c < '0' || c > '9') && c != '+' && c != '/')
			return false;
	}
	return true;
}

void megolm_put_signatures(struct megolm_text *out, const struct megolm_device *device,
			   uint8_t **at)
{
	megolm_puts(out, "{\"");
	megolm_puts(out, device->user_id);
	megolm_puts(out, "\":{\"ed25519:");
	megolm_puts(out, device->device_id);
	megolm_puts(out, "\":\"");
	*at = megolm_put_later(out, MEGOLM_SIGNATURE_CHARS);
	megolm_puts(out, "\"}}");
}

enum megolm_err megolm_sign(struct megolm_device *device, uint8_t *signature,
			    struct megolm_slice message)
{
	if (olm_account_signature_length(device->account) != MEGOLM_SIGNATURE_CHARS)
		return MEGOLM_ERR_OLM;
	return megolm_olm_account(device->account,
				  olm_account_sign(device->account, message.p, message.len,
						   signature, MEGOLM_SIGNATURE_CHARS));
}

/* Device keys in canonical form, the signatures in their place or left out. */
static uint8_t *put_device_keys(struct megolm_text *out, const struct megolm_device *device,
				bool with_signatures)
{
	uint8_t *signature = NULL;

	megolm_puts(out, "{\"algorithms\":[\"" MEGOLM_OLM_V1 "\",\"" MEGOLM_MEGOLM_V1 "\"],");
	if (device->is_dehydrated)
		megolm_puts(out, "\"dehydrated\":true,");
	megolm_puts(out, "\"device_id\":\"");
	megolm_puts(out, device->device_id);
	megolm_puts(out, "\",\"keys\":{\"curve25519:");
	megolm_puts(out, device->device_id);
	megolm_puts(out, "\":\"");
	megolm_puts(out, device->curve25519);
	megolm_puts(out, "\",\"ed25519:");
	megolm_puts(out, device->device_id);
	megolm_puts(out, "\":\"");
	megolm_puts(out, device->ed25519);
	megolm_puts(out, "\"},");
	if (with_signatures) {
		megolm_puts(out, "\"signatures\":");
		megolm_put_signatures(out, device, &signature);
		megolm_puts(out, ",");
	}
	megolm_puts(out, "\"user_id\":\"");
	megolm_puts(out, device->user_id);
	megolm_puts(out, "\"}");
	return signature;
}

static enum megolm_err make_keys(struct megolm_device *device)
{
	size_t max = 600 + 2 * strlen(device->user_id) + 4 * strlen(device->device_id);
	struct megolm_text unsigned_keys, keys;
	uint8_t *signature, *p = NULL;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_scratch_reserve(&device->plaintext, max));
	unsigned_keys = megolm_text(device->plaintext.p, max);
	(void)put_device_keys(&unsigned_keys, device, false);
	p = malloc(max);
	if (p == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	keys = megolm_text(p, max);
	signature = put_device_keys(&keys, device, true);
	if (megolm_text_full(&keys) || megolm_text_full(&unsigned_keys))
		FAIL(MEGOLM_ERR_OUTPUT);
	TRY(megolm_sign(device, signature, megolm_text_slice(&unsigned_keys)));
	device->keys = (struct megolm_owned){p, keys.len};
	p = NULL;
out:
	free(p);
	return err;
}

static enum megolm_err copy_key(char out[MEGOLM_KEY_CHARS + 1], struct megolm_slice json,
				const char *name)
{
	struct megolm_slice key;
	enum megolm_err err = megolm_json_string_member(json, name, &key);

	if (err != MEGOLM_OK || key.len != MEGOLM_KEY_CHARS)
		return MEGOLM_ERR_OLM;
	memcpy(out, key.p, MEGOLM_KEY_CHARS);
	out[MEGOLM_KEY_CHARS] = '\0';
	return MEGOLM_OK;
}

/* A stored account; the pickle is copied, for libolm decodes it where it lies. */
static enum megolm_err load_account(struct megolm_device *device, struct megolm_slice pickle,
				    struct megolm_slice key)
{
	enum megolm_err err = megolm_scratch_reserve(&device->message, pickle.len);

	if (err != MEGOLM_OK)
		return err;
	memcpy(device->message.p, pickle.p, pickle.len);
	err = megolm_olm_account(device->account,
				 olm_unpickle_account(device->account, key.p, key.len,
						      device->message.p, pickle.len));
	megolm_wipe(device->message.p, pickle.len);
	return err == MEGOLM_ERR_BASE64 || err == MEGOLM_ERR_OLM ? MEGOLM_ERR_PICKLE : err;
}

static enum megolm_err create_account(struct megolm_device *device)
{
	struct megolm_entropy random = {0};
	uint8_t seed[sizeof device->seed];
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_draw(device, &random, olm_create_account_random_length(device->account)));
	memcpy(seed, random.bytes, sizeof seed);
	TRY(megolm_olm_account(device->account,
			       olm_create_account(device->account, random.bytes, random.len)));
	/* libolm begins with the signing key. It wipes what it is given. */
	if (device->is_dehydrated)
		memcpy(device->seed, seed, sizeof seed);
out:
	megolm_wipe(seed, sizeof seed);
	megolm_wipe(&random, sizeof random);
	return err;
}

/* A new account when `pickle` is empty. */
static enum megolm_err make_account(struct megolm_device *device, struct megolm_slice pickle,
				    struct megolm_slice key)
{
	uint8_t keys[256];
	size_t len;
	void *memory = malloc(olm_account_size());
	enum megolm_err err = MEGOLM_OK;

	if (memory == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	device->account = olm_account(memory);
	TRY(pickle.len > 0 ? load_account(device, pickle, key) : create_account(device));
	len = olm_account_identity_keys_length(device->account);
	if (len > sizeof keys)
		FAIL(MEGOLM_ERR_OLM);
	TRY(megolm_olm_account(device->account,
			       olm_account_identity_keys(device->account, keys, len)));
	TRY(copy_key(device->curve25519, megolm_slice(keys, len), "curve25519"));
	TRY(copy_key(device->ed25519, megolm_slice(keys, len), "ed25519"));
out:
	return err;
}

static enum megolm_err make_tables(struct megolm_device *device)
{
	struct megolm_entropy random = {0};
	enum megolm_err err = megolm_draw(device, &random, sizeof device->peer_by_id.key);

	if (err != MEGOLM_OK)
		return err;
	memcpy(device->peer_by_id.key, random.bytes, sizeof device->peer_by_id.key);
	memcpy(device->peer_by_key.key, random.bytes, sizeof device->peer_by_key.key);
	memcpy(device->room_by_id.key, random.bytes, sizeof device->room_by_id.key);
	memcpy(device->user_by_id.key, random.bytes, sizeof device->user_by_id.key);
	megolm_wipe(&random, sizeof random);
	return MEGOLM_OK;
}

static enum megolm_err make_utility(struct megolm_device *device)
{
	void *memory = malloc(olm_utility_size());

	if (memory == NULL)
		return MEGOLM_ERR_NOMEM;
	device->utility = olm_utility(memory);
	return MEGOLM_OK;
}

static enum megolm_err copy_string(char **out, const char *s)
{
	size_t size = strlen(s) + 1;

	*out = malloc(size);
	if (*out == NULL)
		return MEGOLM_ERR_NOMEM;
	memcpy(*out, s, size);
	return MEGOLM_OK;
}

enum megolm_err megolm_device_from_pickle(struct megolm_device **out, const char *user_id,
					  const char *device_id, const struct megolm_random *random,
					  const struct megolm_policy *policy,
					  struct megolm_slice pickle, struct megolm_slice key)
{
	struct megolm_device *device = NULL;
	enum megolm_err err = MEGOLM_OK;

	if (!megolm_is_identifier(megolm_slice_of(user_id), '@') || strchr(user_id, ':') == NULL ||
	    (device_id != NULL && !megolm_is_identifier(megolm_slice_of(device_id), '\0')))
		FAIL(MEGOLM_ERR_IDENTIFIER);
	device = calloc(1, sizeof *device);
	if (device == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	device->random = *random;
	device->policy = *policy;
	TRY(copy_string(&device->user_id, user_id));
	device->is_dehydrated = device_id == NULL;
	TRY(make_account(device, pickle, key));
	TRY(copy_string(&device->device_id, device_id != NULL ? device_id : device->curve25519));
	TRY(make_tables(device));
	TRY(make_utility(device));
	TRY(make_keys(device));
	*out = device;
	device = NULL;
out:
	megolm_device_free(device);
	return err;
}

enum megolm_err megolm_device_new(struct megolm_device **out, const char *user_id,
				  const char *device_id, const struct megolm_random *random,
				  const struct megolm_policy *policy)
{
	return megolm_device_from_pickle(out, user_id, device_id, random, policy,
					 megolm_slice(NULL, 0), megolm_slice(NULL, 0));
}

static void free_account(OlmAccount *account)
{
	if (account != NULL)
		olm_clear_account(account);
	free(account);
}

void megolm_device_free(struct megolm_device *device)
{
	if (device == NULL)
		return;
	while (device->room != NULL) {
		struct megolm_room *room = device->room;
		device->room = room->next;
		megolm_room_free(room);
	}
	megolm_table_free(&device->room_by_id);
	for (size_t i = 0; i < device->n_peers; i++)
		megolm_peer_free(device, device->peer[i]);
	megolm_pairwise_free_spare(device);
	megolm_requests_free(device);
	free(device->withheld);
	megolm_wipe_free(device->bundle,
			 device->bundle != NULL ? MEGOLM_MAX_BUNDLES * sizeof *device->bundle : 0);
	megolm_users_truncate(device, 0);
	free(device->user);
	megolm_table_free(&device->user_by_id);
	free(device->peer);
	megolm_table_free(&device->peer_by_id);
	megolm_table_free(&device->peer_by_key);
	free_account(device->account);
	free(device->utility);
	megolm_wipe_free(device->plaintext.p, device->plaintext.cap);
	megolm_wipe_free(device->message.p, device->message.cap);
	megolm_wipe_free(device->verify.p, device->verify.cap);
	megolm_wipe_free(device->saved_account.p, device->saved_account.len);
	free(device->keys.p);
	free(device->user_id);
	free(device->device_id);
	megolm_wipe(device, sizeof *device);
	free(device);
}

const char *megolm_device_curve25519(const struct megolm_device *device)
{
	return device->curve25519;
}

const char *megolm_device_ed25519(const struct megolm_device *device)
{
	return device->ed25519;
}

struct megolm_slice megolm_device_keys(const struct megolm_device *device)
{
	return megolm_slice(device->keys.p, device->keys.len);
}
