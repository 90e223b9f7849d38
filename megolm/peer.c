#include "peer.h"

#include "internal.h"
#include "json.h"
#include "pairwise.h"
#include "user.h"
#include <stdlib.h>

bool megolm_lists(struct megolm_slice value, const char *name)
{
	struct megolm_slice rest, item, string;

	if (megolm_json_open_array(&rest, value) != MEGOLM_OK)
		return false;
	while (megolm_json_next_item(&rest, &item))
		if (megolm_json_string(item, &string) == MEGOLM_OK && megolm_equals(string, name))
			return true;
	return false;
}

/* The string member "curve25519:DEVICE" or "ed25519:DEVICE". */
static enum megolm_err entry_of(struct megolm_slice *out, struct megolm_slice keys,
				const char *algorithm, struct megolm_slice device_id)
{
	uint8_t name[MEGOLM_MAX_ID + 16];
	struct megolm_text text = megolm_text(name, sizeof name);
	struct megolm_slice value;
	enum megolm_err err;

	megolm_puts(&text, algorithm);
	megolm_put(&text, device_id);
	err = megolm_json_member(keys, megolm_text_slice(&text), &value);
	return err != MEGOLM_OK ? err : megolm_json_string(value, out);
}

enum megolm_err megolm_device_keys_read(struct megolm_device_keys *out, struct megolm_slice text)
{
	struct megolm_slice algorithms, keys;
	enum megolm_err err = MEGOLM_OK;

	out->text = text;
	TRY(megolm_json_string_member(text, "user_id", &out->user_id));
	TRY(megolm_json_string_member(text, "device_id", &out->device_id));
	if (!megolm_is_identifier(out->user_id, '@') || !megolm_is_identifier(out->device_id, '\0'))
		FAIL(MEGOLM_ERR_IDENTIFIER);
	TRY(megolm_json_member(text, megolm_slice_of("algorithms"), &algorithms));
	if (!megolm_lists(algorithms, MEGOLM_OLM_V1) || !megolm_lists(algorithms, MEGOLM_MEGOLM_V1))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_member(text, megolm_slice_of("keys"), &keys));
	TRY(entry_of(&out->curve25519, keys, "curve25519:", out->device_id));
	TRY(entry_of(&out->ed25519, keys, "ed25519:", out->device_id));
	if (!megolm_is_base64(out->curve25519, MEGOLM_KEY_CHARS) ||
	    !megolm_is_base64(out->ed25519, MEGOLM_KEY_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
out:
	return err;
}

/* The signature of "ed25519:DEVICE" of the user on an object. */
static enum megolm_err signature_of(struct megolm_slice *out, struct megolm_slice object,
				    struct megolm_slice user_id, struct megolm_slice device_id)
{
	struct megolm_slice all, of_user;
	enum megolm_err err = megolm_json_member(object, megolm_slice_of("signatures"), &all);

	if (err == MEGOLM_OK)
		err = megolm_json_member(all, user_id, &of_user);
	if (err == MEGOLM_OK)
		err = entry_of(out, of_user, "ed25519:", device_id);
	return err;
}

/* What is signed of an object, in the scratch for it. */
static enum megolm_err signed_part(struct megolm_device *device, struct megolm_slice *message,
				   struct megolm_slice object)
{
	struct megolm_text text;
	enum megolm_err err = megolm_scratch_reserve(&device->verify, object.len);

	if (err != MEGOLM_OK)
		return err;
	text = megolm_text(device->verify.p, device->verify.cap);
	err = megolm_json_signed(&text, object);
	*message = megolm_text_slice(&text);
	return err;
}

/* The signature that the object carries of one key, which must be on `message`. */
static enum megolm_err verify_one(struct megolm_device *device, struct megolm_slice message,
				  struct megolm_slice object, struct megolm_slice user_id,
				  struct megolm_slice key_id, struct megolm_slice ed25519)
{
	uint8_t copy[MEGOLM_SIGNATURE_CHARS];
	struct megolm_slice signature;
	enum megolm_err err = MEGOLM_OK;

	if (signature_of(&signature, object, user_id, key_id) != MEGOLM_OK ||
	    !megolm_is_base64(signature, MEGOLM_SIGNATURE_CHARS))
		FAIL(MEGOLM_ERR_SIGNATURE);
	/* libolm decodes the signature where it lies. */
	memcpy(copy, signature.p, sizeof copy);
	TRY(megolm_olm_utility(device->utility,
			       olm_ed25519_verify(device->utility, ed25519.p, ed25519.len,
						  message.p, message.len, copy, sizeof copy)));
out:
	return err;
}

enum megolm_err megolm_verify_signed(struct megolm_device *device, struct megolm_slice object,
				     struct megolm_slice user_id, struct megolm_slice key_id,
				     struct megolm_slice ed25519)
{
	struct megolm_slice message;
	enum megolm_err err = signed_part(device, &message, object);

	return err != MEGOLM_OK ? err
				: verify_one(device, message, object, user_id, key_id, ed25519);
}

enum megolm_err megolm_device_keys_verify(struct megolm_device *device,
					  const struct megolm_device_keys *keys)
{
	const struct megolm_user *user = NULL;
	struct megolm_slice message, by;
	enum megolm_err err = MEGOLM_OK;

	if (device->policy.cross_signed) {
		user = megolm_user_find(device, keys->user_id);
		if (user == NULL)
			FAIL(MEGOLM_ERR_UNKNOWN_USER);
		/* Signatures name devices and such keys alike (E2EE, "Key and signature
		 * security"). */
		if (megolm_equals(keys->device_id, user->master) ||
		    megolm_equals(keys->device_id, user->self_signing))
			FAIL(MEGOLM_ERR_IDENTIFIER);
	}
	TRY(signed_part(device, &message, keys->text));
	TRY(verify_one(device, message, keys->text, keys->user_id, keys->device_id, keys->ed25519));
	if (user == NULL)
		return MEGOLM_OK;
	by = megolm_slice_of(user->self_signing);
	err = verify_one(device, message, keys->text, keys->user_id, by, by);
	if (err != MEGOLM_OK && megolm_err_class(err) != MEGOLM_CLASS_RESOURCE)
		FAIL(MEGOLM_ERR_NOT_CROSS_SIGNED);
out:
	return err;
}

static bool has_key(const void *entry, const struct megolm_name *name)
{
	const struct megolm_peer *peer = entry;

	return megolm_equals(name->a, peer->curve25519);
}

static bool has_ids(const void *entry, const struct megolm_name *name)
{
	const struct megolm_peer *peer = entry;

	return megolm_equals(name->a, peer->user_id) && megolm_equals(name->b, peer->device_id);
}

static struct megolm_name ids_of(const struct megolm_peer *peer)
{
	return (struct megolm_name){megolm_slice_of(peer->user_id),
				    megolm_slice_of(peer->device_id)};
}

static struct megolm_name key_name(const struct megolm_peer *peer)
{
	return (struct megolm_name){.a = megolm_slice_of(peer->curve25519)};
}

struct megolm_peer *megolm_peer_by_key(const struct megolm_device *device,
				       struct megolm_slice curve25519)
{
	struct megolm_name name = {.a = curve25519};

	return megolm_table_find(&device->peer_by_key, &name, has_key);
}

struct megolm_peer *megolm_peer_by_ids(const struct megolm_device *device,
				       struct megolm_slice user_id, struct megolm_slice device_id)
{
	struct megolm_name name = {user_id, device_id};

	return megolm_table_find(&device->peer_by_id, &name, has_ids);
}

struct megolm_peer *megolm_device_find(const struct megolm_device *device, const char *user_id,
				       const char *device_id)
{
	return megolm_peer_by_ids(device, megolm_slice_of(user_id), megolm_slice_of(device_id));
}

static char *put_string(char **at, struct megolm_slice s)
{
	char *string = *at;

	memcpy(string, s.p, s.len);
	string[s.len] = '\0';
	*at += s.len + 1;
	return string;
}

/* A peer and its texts are one piece of memory. */
static struct megolm_peer *new_peer(const struct megolm_device_keys *keys, uint64_t tag)
{
	size_t texts = keys->user_id.len + keys->device_id.len + keys->text.len + 3;
	struct megolm_peer *peer = calloc(1, sizeof *peer + texts);
	char *at;

	if (peer == NULL)
		return NULL;
	at = (char *)(peer + 1);
	peer->user_id = put_string(&at, keys->user_id);
	peer->device_id = put_string(&at, keys->device_id);
	peer->keys = megolm_slice(put_string(&at, keys->text), keys->text.len);
	memcpy(peer->curve25519, keys->curve25519.p, MEGOLM_KEY_CHARS);
	memcpy(peer->ed25519, keys->ed25519.p, MEGOLM_KEY_CHARS);
	peer->tag = tag;
	return peer;
}

static enum megolm_err reserve_peer(struct megolm_device *device)
{
	size_t cap = device->peers_cap > 0 ? 2 * device->peers_cap : 16;
	struct megolm_peer **larger;
	enum megolm_err err = megolm_table_reserve(&device->peer_by_id, device->n_peers + 1);

	if (err == MEGOLM_OK)
		err = megolm_table_reserve(&device->peer_by_key, device->n_peers + 1);
	if (err != MEGOLM_OK || device->n_peers < device->peers_cap)
		return err;
	larger = calloc(cap, sizeof *larger);
	if (larger == NULL)
		return MEGOLM_ERR_NOMEM;
	if (device->n_peers > 0)
		memcpy(larger, device->peer, device->n_peers * sizeof *larger);
	free(device->peer);
	device->peer = larger;
	device->peers_cap = cap;
	return MEGOLM_OK;
}

enum megolm_err megolm_peer_insert(struct megolm_device *device, struct megolm_peer **out,
				   const struct megolm_device_keys *keys, uint64_t tag)
{
	struct megolm_peer *peer;
	struct megolm_name ids, key;
	enum megolm_err err = reserve_peer(device);

	if (err != MEGOLM_OK)
		return err;
	peer = new_peer(keys, tag);
	if (peer == NULL)
		return MEGOLM_ERR_NOMEM;
	peer->by_signatures = peer->is_verified = device->policy.cross_signed;
	peer->number = (uint32_t)device->n_peers;
	device->peer[device->n_peers++] = peer;
	ids = ids_of(peer);
	key = key_name(peer);
	megolm_table_put(&device->peer_by_id, &ids, peer);
	megolm_table_put(&device->peer_by_key, &key, peer);
	*out = peer;
	return MEGOLM_OK;
}

bool megolm_may_know_stranger(const struct megolm_device *device)
{
	size_t n = 0;

	if (device->policy.max_strangers == 0)
		return true;
	for (size_t i = 0; i < device->n_peers; i++)
		n += device->peer[i] != NULL && device->peer[i]->is_stranger;
	return n < device->policy.max_strangers;
}

static void release_sessions(struct megolm_device *device, struct megolm_peer *peer)
{
	for (size_t i = 0; i < MEGOLM_MAX_SESSIONS; i++) {
		struct megolm_pairwise *saved = peer->saved_order[i];
		bool is_current = false;
		for (size_t k = 0; k < MEGOLM_MAX_SESSIONS; k++)
			is_current = is_current || peer->session[k] == saved;
		if (!is_current)
			megolm_pairwise_release(device, saved);
		megolm_pairwise_release(device, peer->session[i]);
	}
	memset(peer->session, 0, sizeof peer->session);
	memset(peer->saved_order, 0, sizeof peer->saved_order);
}

void megolm_peer_free(struct megolm_device *device, struct megolm_peer *peer)
{
	if (peer == NULL)
		return;
	release_sessions(device, peer);
	free(peer);
}

static void put_forgotten(struct megolm_device *device, struct megolm_peer *peer)
{
	peer->next_forgotten = device->forgotten;
	peer->forgotten_at = &device->forgotten;
	if (peer->next_forgotten != NULL)
		peer->next_forgotten->forgotten_at = &peer->next_forgotten;
	device->forgotten = peer;
}

static void free_forgotten(struct megolm_peer *peer)
{
	*peer->forgotten_at = peer->next_forgotten;
	if (peer->next_forgotten != NULL)
		peer->next_forgotten->forgotten_at = peer->forgotten_at;
	free(peer);
}

/* Its Megolm sessions say whose they are, as long as they are there. */
void megolm_device_forget(struct megolm_device *device, struct megolm_peer *peer)
{
	struct megolm_name ids = ids_of(peer), key = key_name(peer);

	megolm_table_remove(&device->peer_by_id, &ids, peer);
	megolm_table_remove(&device->peer_by_key, &key, peer);
	device->peer[peer->number] = NULL;
	while (device->n_peers > 0 && device->peer[device->n_peers - 1] == NULL)
		device->n_peers--;
	if (peer->n_begun == 0) {
		megolm_peer_free(device, peer);
		return;
	}
	release_sessions(device, peer);
	put_forgotten(device, peer);
}

void megolm_peer_unname(struct megolm_peer *peer)
{
	if (--peer->n_begun == 0 && peer->forgotten_at != NULL)
		free_forgotten(peer);
}

static bool is_same_device(const struct megolm_peer *a, const struct megolm_peer *b)
{
	return strcmp(a->curve25519, b->curve25519) == 0 && strcmp(a->ed25519, b->ed25519) == 0 &&
	       strcmp(a->user_id, b->user_id) == 0 && strcmp(a->device_id, b->device_id) == 0;
}

void megolm_peer_adopt(struct megolm_device *device, struct megolm_peer *peer)
{
	struct megolm_peer *old = device->forgotten;

	while (old != NULL && !is_same_device(old, peer))
		old = old->next_forgotten;
	if (old == NULL)
		return;
	for (struct megolm_room *room = device->room; room != NULL; room = room->next) {
		for (size_t i = 0; i < room->n_inbound; i++)
			if (room->inbound[i]->sender == old)
				room->inbound[i]->sender = peer;
	}
	peer->n_begun += old->n_begun;
	free_forgotten(old);
}

/* The known device that these keys are of, by either name; an error when they disagree. */
static enum megolm_err find_known(const struct megolm_device *device, struct megolm_peer **out,
				  const struct megolm_device_keys *keys)
{
	struct megolm_peer *peer = megolm_peer_by_ids(device, keys->user_id, keys->device_id);

	if (peer != megolm_peer_by_key(device, keys->curve25519) ||
	    (peer != NULL && !megolm_equals(keys->ed25519, peer->ed25519)))
		return MEGOLM_ERR_DEVICE_CHANGED;
	*out = peer;
	return MEGOLM_OK;
}

enum megolm_err megolm_device_learn(struct megolm_device *device, struct megolm_peer **out,
				    struct megolm_slice device_keys, const char *user_id,
				    const char *device_id, uint64_t tag)
{
	struct megolm_device_keys keys;
	struct megolm_peer *known;
	enum megolm_err err = MEGOLM_OK;

	if (device_keys.len > device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_json_check(device_keys));
	TRY(megolm_device_keys_read(&keys, device_keys));
	if (!megolm_equals(keys.user_id, user_id) || !megolm_equals(keys.device_id, device_id))
		FAIL(MEGOLM_ERR_WRONG_DEVICE);
	TRY(find_known(device, &known, &keys));
	if (known == NULL || !megolm_equal(known->keys, device_keys) ||
	    (known->by_signatures && !known->is_verified))
		TRY(megolm_device_keys_verify(device, &keys));
	if (known == NULL) {
		TRY(megolm_peer_insert(device, &known, &keys, tag));
		megolm_peer_adopt(device, known);
	}
	known->is_verified = known->is_verified || known->by_signatures;
	known->tag = tag;
	known->is_stranger = false;
	*out = known;
out:
	return err;
}

uint64_t megolm_peer_tag(const struct megolm_peer *peer)
{
	return peer->tag;
}

const char *megolm_peer_user_id(const struct megolm_peer *peer)
{
	return peer->user_id;
}

const char *megolm_peer_device_id(const struct megolm_peer *peer)
{
	return peer->device_id;
}

bool megolm_peer_keys_begin(const struct megolm_peer *peer, struct megolm_slice text)
{
	static const char before[] = "{\"device_keys\":";
	size_t at = sizeof before - 1, len = peer->keys.len;

	return text.len > at + len && memcmp(text.p, before, at) == 0 &&
	       memcmp(text.p + at, peer->keys.p, len) == 0 && text.p[at + len] == ',';
}
