/*
 * What vouches for the devices of users, as /keys/query gives it (E2EE, "Cross-signing"): read,
 * verified, kept.
 */
#include "user.h"

#include "crypto.h"
#include "internal.h"
#include "json.h"
#include "room.h"
#include <stdlib.h>

static bool has_user_id(const void *entry, const struct megolm_name *name)
{
	const struct megolm_user *user = entry;

	return megolm_equals(name->a, user->user_id);
}

const struct megolm_user *megolm_user_find(const struct megolm_device *device,
					   struct megolm_slice user_id)
{
	struct megolm_name name = {.a = user_id};

	return megolm_table_find(&device->user_by_id, &name, has_user_id);
}

/* A key as the server gives it: whose it is, what for, and the only one in it. */
static enum megolm_err read_key(struct megolm_slice *key, struct megolm_slice text,
				const char *user_id, const char *usage)
{
	static const char algorithm[] = "ed25519:";
	struct megolm_slice owner, uses, keys;
	struct megolm_json_members m;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_check(text));
	TRY(megolm_json_string_member(text, "user_id", &owner));
	if (!megolm_equals(owner, user_id))
		FAIL(MEGOLM_ERR_WRONG_USER);
	TRY(megolm_json_member(text, megolm_slice_of("usage"), &uses));
	if (!megolm_lists(uses, usage))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_member(text, megolm_slice_of("keys"), &keys));
	TRY(megolm_json_open(&m, keys));
	if (!megolm_json_next(&m))
		FAIL(MEGOLM_ERR_JSON_MEMBER);
	TRY(megolm_json_string(m.value, key));
	if (!megolm_is_base64(*key, MEGOLM_KEY_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
	/* The id of such a key is the key itself. */
	if (m.name.len != sizeof algorithm - 1 + key->len ||
	    memcmp(m.name.p, algorithm, sizeof algorithm - 1) != 0 ||
	    memcmp(m.name.p + sizeof algorithm - 1, key->p, key->len) != 0 || megolm_json_next(&m))
		FAIL(MEGOLM_ERR_JSON_MEMBER);
out:
	return err;
}

static enum megolm_err reserve_user(struct megolm_device *device)
{
	size_t cap = device->users_cap > 0 ? 2 * device->users_cap : 16;
	struct megolm_user **larger;
	enum megolm_err err = megolm_table_reserve(&device->user_by_id, device->n_users + 1);

	if (err != MEGOLM_OK || device->n_users < device->users_cap)
		return err;
	larger = calloc(cap, sizeof *larger);
	if (larger == NULL)
		return MEGOLM_ERR_NOMEM;
	if (device->n_users > 0)
		memcpy(larger, device->user, device->n_users * sizeof *larger);
	free(device->user);
	device->user = larger;
	device->users_cap = cap;
	return MEGOLM_OK;
}

static enum megolm_err insert(struct megolm_device *device, const char *user_id,
			      struct megolm_slice master, struct megolm_slice self_signing)
{
	size_t size = strlen(user_id) + 1;
	struct megolm_user *user;
	struct megolm_name name;
	enum megolm_err err = reserve_user(device);

	if (err != MEGOLM_OK)
		return err;
	user = calloc(1, sizeof *user + size);
	if (user == NULL)
		return MEGOLM_ERR_NOMEM;
	user->user_id = (char *)(user + 1);
	memcpy(user->user_id, user_id, size);
	memcpy(user->master, master.p, MEGOLM_KEY_CHARS);
	memcpy(user->self_signing, self_signing.p, MEGOLM_KEY_CHARS);
	device->user[device->n_users++] = user;
	name = (struct megolm_name){.a = megolm_slice_of(user->user_id)};
	megolm_table_put(&device->user_by_id, &name, user);
	return MEGOLM_OK;
}

void megolm_users_truncate(struct megolm_device *device, size_t n)
{
	while (device->n_users > n) {
		struct megolm_user *user = device->user[--device->n_users];
		struct megolm_name name = {.a = megolm_slice_of(user->user_id)};
		megolm_table_remove(&device->user_by_id, &name, user);
		free(user);
	}
}

bool megolm_device_knows_user(const struct megolm_device *device, const char *user_id)
{
	return megolm_user_find(device, megolm_slice_of(user_id)) != NULL;
}

/* Ends the sessions that a device in the room could read on in. */
static void end_sessions_of(struct megolm_device *device, const struct megolm_peer *peer)
{
	for (struct megolm_room *room = device->room; room != NULL; room = room->next) {
		const struct megolm_member *member = megolm_room_member(room, peer);
		if (member != NULL && member->withheld == MEGOLM_GIVEN &&
		    (member->has_key || room->shared_history))
			megolm_room_rotate(room);
	}
}

/* Who was vouched for by a key that is known no longer. */
static void unverify_devices(struct megolm_device *device, const char *user_id)
{
	for (size_t i = 0; i < device->n_peers; i++) {
		struct megolm_peer *peer = device->peer[i];
		if (peer == NULL || !peer->by_signatures || strcmp(peer->user_id, user_id) != 0)
			continue;
		peer->is_verified = false;
		end_sessions_of(device, peer);
	}
	for (struct megolm_peer *old = device->forgotten; old != NULL; old = old->next_forgotten)
		if (old->by_signatures && strcmp(old->user_id, user_id) == 0)
			old->is_verified = false;
}

void megolm_device_forget_user(struct megolm_device *device, const char *user_id)
{
	const struct megolm_user *user = megolm_user_find(device, megolm_slice_of(user_id));
	size_t last = device->n_users - 1;

	for (size_t i = 0; user != NULL && i < last; i++) {
		if (device->user[i] != user)
			continue;
		device->user[i] = device->user[last];
		device->user[last] = (struct megolm_user *)(uintptr_t)user;
	}
	if (user == NULL)
		return;
	megolm_users_truncate(device, last);
	unverify_devices(device, user_id);
}

enum megolm_err megolm_device_learn_user(struct megolm_device *device,
					 struct megolm_slice master_key,
					 struct megolm_slice self_signing_key, const char *user_id)
{
	const struct megolm_user *known = megolm_user_find(device, megolm_slice_of(user_id));
	struct megolm_slice user = megolm_slice_of(user_id), master, self_signing;
	enum megolm_err err = MEGOLM_OK;

	if (master_key.len > device->policy.max_content ||
	    self_signing_key.len > device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(read_key(&master, master_key, user_id, "master"));
	TRY(read_key(&self_signing, self_signing_key, user_id, "self_signing"));
	if (known != NULL && !megolm_equals(master, known->master))
		FAIL(MEGOLM_ERR_USER_CHANGED);
	if (known != NULL && megolm_equals(self_signing, known->self_signing))
		return MEGOLM_OK;
	TRY(megolm_verify_signed(device, self_signing_key, user, master, master));
	if (known == NULL)
		return insert(device, user_id, master, self_signing);
	memcpy(((struct megolm_user *)(uintptr_t)known)->self_signing, self_signing.p,
	       MEGOLM_KEY_CHARS);
	unverify_devices(device, user_id);
out:
	return err;
}

enum megolm_err megolm_device_check_user_signing_key(struct megolm_device *device,
						     struct megolm_slice user_signing_key,
						     const char *user_id)
{
	struct megolm_slice user = megolm_slice_of(user_id), master, key;
	const struct megolm_user *known = megolm_user_find(device, user);
	enum megolm_err err = MEGOLM_OK;

	if (user_signing_key.len > device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	if (known == NULL)
		FAIL(MEGOLM_ERR_UNKNOWN_USER);
	TRY(read_key(&key, user_signing_key, user_id, "user_signing"));
	master = megolm_slice_of(known->master);
	TRY(megolm_verify_signed(device, user_signing_key, user, master, master));
out:
	return err;
}

enum megolm_err megolm_device_check_master_key(struct megolm_device *device,
					       const struct megolm_peer *peer,
					       struct megolm_slice master_key)
{
	struct megolm_slice user = megolm_slice_of(peer->user_id), master;
	const struct megolm_user *known = megolm_user_find(device, user);
	enum megolm_err err = MEGOLM_OK;

	if (master_key.len > device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	if (known == NULL)
		FAIL(MEGOLM_ERR_UNKNOWN_USER);
	TRY(read_key(&master, master_key, peer->user_id, "master"));
	if (!megolm_equals(master, known->master))
		FAIL(MEGOLM_ERR_USER_CHANGED);
	TRY(megolm_verify_signed(device, master_key, user, megolm_slice_of(peer->device_id),
				 megolm_slice_of(peer->ed25519)));
out:
	return err;
}
