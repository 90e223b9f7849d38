/* A backup on the homeserver: its key, what is uploaded, what is restored. */
#include "backup.h"

#include "crypto.h"
#include "crypto_seal.h"
#include "internal.h"
#include "json.h"
#include "peer.h"
#include "room.h"
#include <stdio.h>
#include <stdlib.h>

/* KeyBackupData around "session_data". */
#define ENTRY_BYTES 160

static const char *const names[MEGOLM_BACKUP_ALGORITHMS] = {
	"m.megolm_backup.v1.curve25519-aes-sha2",
	"m.megolm_backup.v1.curve25519-aes-sha2",
	"org.matrix.msc3270.v2.aes-hmac-sha2",
};

const char *megolm_backup_algorithm_name(enum megolm_backup_algorithm algorithm)
{
	return (unsigned)algorithm < MEGOLM_BACKUP_ALGORITHMS ? names[algorithm] : "";
}

/* ---- the key ---- */

static enum megolm_err open_pk(struct megolm_backup *backup)
{
	void *encryption = malloc(olm_pk_encryption_size());
	void *decryption = malloc(olm_pk_decryption_size());
	char *public_key = backup->public_key;
	enum megolm_err err = MEGOLM_OK;

	if (encryption == NULL || decryption == NULL) {
		free(encryption);
		free(decryption);
		FAIL(MEGOLM_ERR_NOMEM);
	}
	backup->encryption = olm_pk_encryption(encryption);
	backup->decryption = olm_pk_decryption(decryption);
	if (olm_pk_private_key_length() != MEGOLM_BACKUP_KEY_BYTES ||
	    olm_pk_key_length() != MEGOLM_KEY_CHARS)
		FAIL(MEGOLM_ERR_OLM);
	TRY(megolm_olm_pk_decryption(backup->decryption,
				     olm_pk_key_from_private(backup->decryption, public_key,
							     MEGOLM_KEY_CHARS, backup->key,
							     MEGOLM_BACKUP_KEY_BYTES)));
	TRY(megolm_olm_pk_encryption(backup->encryption,
				     olm_pk_encryption_set_recipient_key(
					     backup->encryption, public_key, MEGOLM_KEY_CHARS)));
out:
	return err;
}

enum megolm_err megolm_backup_open(struct megolm_backup **out,
				   enum megolm_backup_algorithm algorithm,
				   const uint8_t key[MEGOLM_BACKUP_KEY_BYTES], const char *version)
{
	struct megolm_backup *backup = NULL;
	enum megolm_err err = MEGOLM_OK;

	if (strlen(version) > MEGOLM_MAX_VERSION ||
	    (version[0] != '\0' && !megolm_is_identifier(megolm_slice_of(version), '\0')))
		FAIL(MEGOLM_ERR_IDENTIFIER);
	backup = calloc(1, sizeof *backup);
	if (backup == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	backup->algorithm = algorithm;
	memcpy(backup->key, key, sizeof backup->key);
	memcpy(backup->version, version, strlen(version));
	if (algorithm != MEGOLM_BACKUP_SYMMETRIC)
		TRY(open_pk(backup));
	/* No salt is one of zero bytes (RFC 5869). */
	if (algorithm == MEGOLM_BACKUP_CURVE25519_MAC)
		TRY(megolm_hkdf(backup->mac_key, backup->key,
				megolm_slice_of("MATRIX_BACKUP_MAC_KEY")));
	*out = backup;
	backup = NULL;
out:
	megolm_backup_free(backup);
	return err;
}

void megolm_backup_free(struct megolm_backup *backup)
{
	if (backup == NULL)
		return;
	if (backup->encryption != NULL)
		olm_clear_pk_encryption(backup->encryption);
	if (backup->decryption != NULL)
		olm_clear_pk_decryption(backup->decryption);
	free(backup->encryption);
	free(backup->decryption);
	megolm_wipe(backup, sizeof *backup);
	free(backup);
}

/* ---- auth_data ---- */

size_t megolm_backup_info_max(const struct megolm_device *device)
{
	return 512 + strlen(device->user_id) + strlen(device->device_id);
}

/* auth_data without its signatures. */
static enum megolm_err put_unsigned(struct megolm_text *out, const struct megolm_backup *backup,
				    struct megolm_device *device)
{
	if (backup->algorithm == MEGOLM_BACKUP_SYMMETRIC)
		return megolm_backup_seal_nothing(backup, device, out);
	megolm_puts(out, "{\"public_key\":\"");
	megolm_puts(out, backup->public_key);
	megolm_puts(out, "\"}");
	return MEGOLM_OK;
}

/* In both forms the members stand before "signatures" in canonical order. */
enum megolm_err megolm_backup_info_write(const struct megolm_backup *backup,
					 struct megolm_device *device, uint8_t *out, size_t cap,
					 size_t *len)
{
	struct megolm_text text = megolm_text(out, cap);
	uint8_t *signature;
	size_t from;
	enum megolm_err err = MEGOLM_OK;

	if (cap < megolm_backup_info_max(device))
		FAIL(MEGOLM_ERR_OUTPUT);
	megolm_puts(&text, "{\"algorithm\":\"");
	megolm_puts(&text, megolm_backup_algorithm_name(backup->algorithm));
	megolm_puts(&text, "\",\"auth_data\":");
	from = text.len;
	TRY(put_unsigned(&text, backup, device));
	{
		uint8_t made[MEGOLM_SIGNATURE_CHARS];
		TRY(megolm_sign(device, made, megolm_slice(out + from, text.len - from)));
		text.len--;
		megolm_puts(&text, ",\"signatures\":");
		megolm_put_signatures(&text, device, &signature);
		megolm_puts(&text, "}}");
		if (megolm_text_full(&text))
			FAIL(MEGOLM_ERR_OUTPUT);
		memcpy(signature, made, sizeof made);
	}
	*len = text.len;
out:
	return err;
}

/* By the own device, or a verified one of the same user. */
static enum megolm_err check_signatures(bool *is_signed, struct megolm_device *device,
					struct megolm_slice auth_data)
{
	struct megolm_slice user = megolm_slice_of(device->user_id);
	enum megolm_err err =
		megolm_verify_signed(device, auth_data, user, megolm_slice_of(device->device_id),
				     megolm_slice_of(device->ed25519));

	*is_signed = err == MEGOLM_OK;
	for (size_t i = 0; !*is_signed && err == MEGOLM_ERR_SIGNATURE && i < device->n_peers; i++) {
		const struct megolm_peer *peer = device->peer[i];
		if (peer == NULL || !peer->is_verified || !megolm_equals(user, peer->user_id))
			continue;
		err = megolm_verify_signed(device, auth_data, user,
					   megolm_slice_of(peer->device_id),
					   megolm_slice_of(peer->ed25519));
		*is_signed = err == MEGOLM_OK;
	}
	return megolm_err_class(err) == MEGOLM_CLASS_RESOURCE ? err : MEGOLM_OK;
}

static enum megolm_err check_key(const struct megolm_backup *backup, struct megolm_slice auth_data)
{
	struct megolm_slice public_key;
	enum megolm_err err;

	if (backup->algorithm == MEGOLM_BACKUP_SYMMETRIC) {
		err = megolm_backup_unseal_nothing(backup, auth_data);
		return err == MEGOLM_ERR_TAG ? MEGOLM_ERR_BACKUP_KEY : err;
	}
	err = megolm_json_string_member(auth_data, "public_key", &public_key);
	if (err != MEGOLM_OK)
		return err;
	return megolm_equals(public_key, backup->public_key) ? MEGOLM_OK : MEGOLM_ERR_BACKUP_KEY;
}

enum megolm_err megolm_backup_info_check(const struct megolm_backup *backup,
					 struct megolm_device *device, bool *is_signed,
					 struct megolm_slice info)
{
	struct megolm_slice algorithm, auth_data;
	bool found = false;
	enum megolm_err err = MEGOLM_OK;

	if (info.len > device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_json_check(info));
	TRY(megolm_json_string_member(info, "algorithm", &algorithm));
	TRY(megolm_json_member(info, megolm_slice_of("auth_data"), &auth_data));
	if (!megolm_equals(algorithm, megolm_backup_algorithm_name(backup->algorithm)))
		FAIL(MEGOLM_ERR_BACKUP_KEY);
	TRY(check_key(backup, auth_data));
	if (is_signed != NULL) {
		TRY(check_signatures(&found, device, auth_data));
		*is_signed = found;
	}
out:
	return err;
}

/* ---- upload ---- */

size_t megolm_backup_missing(const struct megolm_device *device)
{
	size_t n = 0;

	for (const struct megolm_room *room = device->room; room != NULL; room = room->next)
		for (size_t i = 0; i < room->n_inbound; i++)
			n += room->inbound[i]->backed_up != MEGOLM_BACKED_UP;
	return n;
}

static size_t entry_max(const struct megolm_room *room, const struct megolm_inbound *inbound)
{
	return ENTRY_BYTES + megolm_backup_sealed_max(megolm_session_data_max(room, inbound));
}

size_t megolm_backup_upload_max(const struct megolm_device *device, size_t n)
{
	size_t bytes = 32;

	for (const struct megolm_room *room = device->room; room != NULL; room = room->next) {
		bytes += 32 + strlen(room->id);
		for (size_t i = 0; i < room->n_inbound && n > 0; i++) {
			if (room->inbound[i]->backed_up == MEGOLM_BACKED_UP)
				continue;
			bytes += entry_max(room, room->inbound[i]);
			n--;
		}
	}
	return bytes;
}

static enum megolm_err put_entry(struct megolm_text *out, struct megolm_backup *backup,
				 struct megolm_room *room, struct megolm_inbound *inbound)
{
	struct megolm_device *device = room->device;
	size_t max = megolm_session_data_max(room, inbound);
	struct megolm_text plain;
	char numbers[96];
	uint32_t index = 0, n_forwarded = megolm_inbound_n_forwarded(inbound);
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_scratch_reserve(&device->plaintext, max));
	plain = megolm_text(device->plaintext.p, max);
	TRY(megolm_session_data_put(&plain, &index, room, inbound, MEGOLM_FORM_BACKUP));
	snprintf(numbers, sizeof numbers, "\":{\"first_message_index\":%u,\"forwarded_count\":%u",
		 index, n_forwarded);
	megolm_puts(out, "\"");
	megolm_puts(out, inbound->id);
	megolm_puts(out, numbers);
	megolm_puts(out, ",\"is_verified\":");
	megolm_puts(out, megolm_inbound_is_verified(inbound) ? "true" : "false");
	megolm_puts(out, ",\"session_data\":");
	TRY(megolm_backup_seal(backup, device, out, inbound->id, megolm_text_slice(&plain)));
	megolm_puts(out, "}");
out:
	megolm_wipe(device->plaintext.p, device->plaintext.cap < max ? device->plaintext.cap : max);
	return err;
}

/* A session that an upload has. */
struct chosen {
	struct megolm_room *room;
	struct megolm_inbound *inbound;
};

/* Canonical JSON orders names by their bytes. */
static int by_names(const void *a, const void *b)
{
	const struct chosen *x = a, *y = b;
	int order = strcmp(x->room->id, y->room->id);

	return order != 0 ? order : strcmp(x->inbound->id, y->inbound->id);
}

/* At most n sessions that are missing; how many. */
static size_t choose(const struct megolm_device *device, struct chosen *chosen, size_t n)
{
	size_t found = 0;

	for (struct megolm_room *room = device->room; room != NULL; room = room->next)
		for (size_t i = 0; i < room->n_inbound && found < n; i++)
			if (room->inbound[i]->backed_up != MEGOLM_BACKED_UP)
				chosen[found++] = (struct chosen){room, room->inbound[i]};
	qsort(chosen, found, sizeof *chosen, by_names);
	return found;
}

static enum megolm_err put_rooms(struct megolm_text *out, struct megolm_backup *backup,
				 const struct chosen *chosen, size_t n)
{
	enum megolm_err err = MEGOLM_OK;

	megolm_puts(out, "{\"rooms\":{");
	for (size_t i = 0; i < n; i++) {
		bool same_room = i > 0 && chosen[i - 1].room == chosen[i].room;
		if (!same_room) {
			megolm_puts(out, i > 0 ? "}},\"" : "\"");
			megolm_puts(out, chosen[i].room->id);
			megolm_puts(out, "\":{\"sessions\":{");
		}
		megolm_puts(out, same_room ? "," : "");
		TRY(put_entry(out, backup, chosen[i].room, chosen[i].inbound));
	}
	megolm_puts(out, n > 0 ? "}}}}" : "}}");
	if (megolm_text_full(out))
		FAIL(MEGOLM_ERR_OUTPUT);
out:
	return err;
}

/* What an upload held that was never confirmed is missing still. */
static void unmark(struct megolm_device *device)
{
	for (struct megolm_room *room = device->room; room != NULL; room = room->next)
		for (size_t i = 0; i < room->n_inbound; i++)
			if (room->inbound[i]->backed_up == MEGOLM_UPLOADED)
				room->inbound[i]->backed_up = MEGOLM_NOT_BACKED_UP;
}

enum megolm_err megolm_backup_upload(struct megolm_backup *backup, struct megolm_device *device,
				     uint8_t *out, size_t cap, size_t *len, size_t *n_written,
				     size_t n)
{
	struct megolm_text text = megolm_text(out, cap);
	size_t missing = megolm_backup_missing(device), found;
	struct chosen *chosen = NULL;
	enum megolm_err err = MEGOLM_OK;

	if (cap < megolm_backup_upload_max(device, n))
		FAIL(MEGOLM_ERR_OUTPUT);
	n = n < missing ? n : missing;
	chosen = calloc(n + 1, sizeof *chosen);
	if (chosen == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	found = choose(device, chosen, n);
	TRY(put_rooms(&text, backup, chosen, found));
	unmark(device);
	for (size_t i = 0; i < found; i++)
		chosen[i].inbound->backed_up = MEGOLM_UPLOADED;
	*len = text.len;
	*n_written = found;
out:
	free(chosen);
	return err;
}

void megolm_backup_confirm(struct megolm_device *device)
{
	for (struct megolm_room *room = device->room; room != NULL; room = room->next)
		for (size_t i = 0; i < room->n_inbound; i++)
			if (room->inbound[i]->backed_up == MEGOLM_UPLOADED)
				room->inbound[i]->backed_up = MEGOLM_BACKED_UP;
}

/* ---- restore ---- */

struct restoring {
	struct megolm_backup *backup;
	struct megolm_device *device;
	struct megolm_imported count;
	size_t left; /* sessions that may still be taken in */
};

/* What the backup has of a session. */
struct stored {
	uint32_t first_index, n_forwarded;
	bool is_verified;
};

/* Whether the homeserver would keep what it has rather than the session as it is here (E2EE, PUT
 * /room_keys/keys). */
static bool is_kept(const struct stored *there, const struct megolm_inbound *here)
{
	uint32_t first_index = olm_inbound_group_session_first_known_index(here->olm);
	uint32_t n_forwarded = megolm_inbound_n_forwarded(here);

	if (there->is_verified != megolm_inbound_is_verified(here))
		return there->is_verified;
	if (there->first_index != first_index)
		return there->first_index < first_index;
	return there->n_forwarded <= n_forwarded;
}

static void mark_backed_up(struct megolm_device *device, const struct megolm_session_data *data,
			   const struct stored *there)
{
	struct megolm_room *room = megolm_room_find(device, data->room_id);
	struct megolm_inbound *inbound =
		room != NULL ? megolm_inbound_find(room, data->session_id) : NULL;

	if (inbound != NULL && is_kept(there, inbound))
		inbound->backed_up = MEGOLM_BACKED_UP;
}

/* Takes in a session that is in the backup, and counts it. */
static enum megolm_err take(struct restoring *r, const struct megolm_session_data *data,
			    struct megolm_slice entry)
{
	bool is_open = r->backup->algorithm == MEGOLM_BACKUP_CURVE25519;
	struct stored there = {.n_forwarded = data->n_forwarded};
	struct megolm_slice verified;
	struct megolm_entry session;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_optional(entry, megolm_slice_of("is_verified"), &verified));
	there.is_verified = megolm_equals(verified, "true");
	TRY(megolm_session_data_prepare(&session, r->device, data,
					is_open ? MEGOLM_SOURCE_BACKUP : MEGOLM_SOURCE_SEALED));
	there.first_index = olm_inbound_group_session_first_known_index(session.inbound->olm);
	megolm_imported_count(&r->count, megolm_entry_is_new(&session));
	megolm_entry_commit(&session);
	mark_backed_up(r->device, data, &there);
out:
	return err;
}

/* One KeyBackupData. */
static enum megolm_err restore_one(struct restoring *r, struct megolm_slice room_id,
				   struct megolm_slice session_id, struct megolm_slice entry)
{
	struct megolm_session_data data = {.room_id = room_id, .session_id = session_id};
	struct megolm_slice sealed, plain = {0};
	enum megolm_err err = MEGOLM_OK;

	if (r->left-- == 0)
		return MEGOLM_ERR_TOO_MANY;
	TRY(megolm_json_member(entry, megolm_slice_of("session_data"), &sealed));
	TRY(megolm_backup_unseal(r->backup, r->device, &plain, session_id, sealed));
	TRY(megolm_json_check(plain));
	TRY(megolm_session_data_read(&data, plain, MEGOLM_FORM_BACKUP));
	TRY(take(r, &data, entry));
out:
	if (plain.len > 0)
		megolm_wipe(r->device->plaintext.p, plain.len);
	return err;
}

static enum megolm_err restore_room(struct restoring *r, struct megolm_slice room_id,
				    struct megolm_slice answer)
{
	struct megolm_json_members m;
	struct megolm_slice sessions;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_member(answer, megolm_slice_of("sessions"), &sessions));
	TRY(megolm_json_open(&m, sessions));
	while (megolm_json_next(&m)) {
		err = restore_one(r, room_id, m.name, m.value);
		if (err == MEGOLM_ERR_TOO_MANY)
			FAIL(err);
		if (err != MEGOLM_OK)
			TRY(megolm_imported_refuse(&r->count, err));
	}
	err = MEGOLM_OK;
out:
	return err;
}

static enum megolm_err restore_all(struct restoring *r, struct megolm_slice answer)
{
	struct megolm_json_members m;
	struct megolm_slice rooms;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_member(answer, megolm_slice_of("rooms"), &rooms));
	TRY(megolm_json_open(&m, rooms));
	while (megolm_json_next(&m))
		TRY(restore_room(r, m.name, m.value));
out:
	return err;
}

enum megolm_err megolm_backup_restore(struct megolm_backup *backup, struct megolm_device *device,
				      struct megolm_imported *imported, struct megolm_slice answer,
				      const char *room_id, const char *session_id,
				      const struct megolm_import_limits *limits)
{
	struct restoring r = {.backup = backup, .device = device, .left = limits->max_sessions};
	enum megolm_err err = MEGOLM_OK;

	if (answer.len > limits->max_bytes)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_json_check(answer));
	if (room_id == NULL) {
		TRY(restore_all(&r, answer));
	} else if (session_id == NULL) {
		TRY(restore_room(&r, megolm_slice_of(room_id), answer));
	} else {
		TRY(restore_one(&r, megolm_slice_of(room_id), megolm_slice_of(session_id), answer));
	}
	*imported = r.count;
out:
	return err;
}
