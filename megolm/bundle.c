/* History for who is invited (E2EE, "Sharing keys between users"). */
#include "bundle.h"

#include "crypto.h"
#include "crypto_base64.h"
#include "crypto_seal.h"
#include "envelope.h"
#include "internal.h"
#include "json.h"
#include "peer.h"
#include "room.h"
#include "withheld.h"
#include <stdlib.h>

#define WITHHELD_BYTES 320

void megolm_room_set_shared_history(struct megolm_room *room, bool is_shared)
{
	if (room->shared_history != is_shared)
		megolm_room_rotate(room);
	room->shared_history = is_shared;
}

/* ---- writing ---- */

size_t megolm_room_bundle_max(const struct megolm_room *room)
{
	size_t n = 64;

	for (size_t i = 0; i < room->n_inbound; i++)
		n += WITHHELD_BYTES + megolm_session_data_max(room, room->inbound[i]);
	return n;
}

static void put_withheld(struct megolm_text *out, const struct megolm_room *room,
			 const struct megolm_inbound *inbound)
{
	megolm_puts(out, "{\"algorithm\":\"" MEGOLM_MEGOLM_V1
			 "\",\"code\":\"m.history_not_shared\",\"reason\":\"History not shared\","
			 "\"room_id\":\"");
	megolm_puts(out, room->id);
	megolm_puts(out, "\",\"sender_key\":\"");
	megolm_puts(out, megolm_inbound_curve25519(room, inbound));
	megolm_puts(out, "\",\"session_id\":\"");
	megolm_puts(out, inbound->id);
	megolm_puts(out, "\"}");
}

static enum megolm_err put_bundle(struct megolm_text *out, struct megolm_room *room)
{
	bool first = true;
	enum megolm_err err = MEGOLM_OK;

	megolm_puts(out, "{\"room_keys\":[");
	for (size_t i = 0; i < room->n_inbound; i++) {
		uint32_t index;
		if (!room->inbound[i]->shared_history)
			continue;
		megolm_puts(out, first ? "" : ",");
		first = false;
		TRY(megolm_session_data_put(out, &index, room, room->inbound[i],
					    MEGOLM_FORM_BUNDLE));
	}
	megolm_puts(out, "],\"withheld\":[");
	first = true;
	for (size_t i = 0; i < room->n_inbound; i++) {
		if (room->inbound[i]->shared_history)
			continue;
		megolm_puts(out, first ? "" : ",");
		first = false;
		put_withheld(out, room, room->inbound[i]);
	}
	megolm_puts(out, "]}");
	if (megolm_text_full(out))
		FAIL(MEGOLM_ERR_OUTPUT);
out:
	return err;
}

enum megolm_err megolm_room_bundle_write(struct megolm_room *room,
					 struct megolm_attachment *attachment, uint8_t *out,
					 size_t cap, size_t *len)
{
	struct megolm_text text = megolm_text(out, cap);
	struct megolm_attachment made = {0};
	struct megolm_entropy random = {0};
	enum megolm_err err = MEGOLM_OK;

	if (cap < megolm_room_bundle_max(room))
		FAIL(MEGOLM_ERR_OUTPUT);
	TRY(put_bundle(&text, room));
	/* The low half of the counter block begins at zero. */
	TRY(megolm_draw(room->device, &random, sizeof made.key + 8));
	memcpy(made.key, random.bytes, sizeof made.key);
	memcpy(made.iv, random.bytes + sizeof made.key, 8);
	TRY(megolm_ctr(out, megolm_text_slice(&text), made.key, made.iv));
	TRY(megolm_sha256(made.sha256, megolm_text_slice(&text)));
	*attachment = made;
	*len = text.len;
out:
	if (err != MEGOLM_OK)
		megolm_wipe(out, text.len);
	megolm_wipe(&random, sizeof random);
	megolm_wipe(&made, sizeof made);
	return err;
}

/* ---- telling where it lies ---- */

static bool is_url(struct megolm_slice s)
{
	return s.len > 6 && s.len <= MEGOLM_MAX_URL && memcmp(s.p, "mxc://", 6) == 0 &&
	       megolm_is_identifier(s, 'm');
}

static void put_content(struct megolm_text *out, const struct megolm_room *room,
			const struct megolm_attachment *attachment, const char *url)
{
	megolm_puts(out, "{\"file\":{\"hashes\":{\"sha256\":\"");
	megolm_put_base64(out, megolm_slice(attachment->sha256, sizeof attachment->sha256));
	megolm_puts(out, "\"},\"iv\":\"");
	megolm_put_base64(out, megolm_slice(attachment->iv, sizeof attachment->iv));
	megolm_puts(out, "\",\"key\":{\"alg\":\"A256CTR\",\"ext\":true,\"k\":\"");
	megolm_put_base64url(out, megolm_slice(attachment->key, sizeof attachment->key));
	megolm_puts(out, "\",\"key_ops\":[\"encrypt\",\"decrypt\"],\"kty\":\"oct\"},\"url\":\"");
	megolm_puts(out, url);
	megolm_puts(out, "\",\"v\":\"v2\"},\"room_id\":\"");
	megolm_puts(out, room->id);
	megolm_puts(out, "\"}");
}

enum megolm_err megolm_room_bundle_send(struct megolm_room *room,
					const struct megolm_attachment *attachment, const char *url,
					struct megolm_peer *peer, struct megolm_sink *sink)
{
	uint8_t content[1024];
	struct megolm_text text = megolm_text(content, sizeof content);
	struct megolm_olm_event event = {0};
	enum megolm_err err = MEGOLM_OK;

	/* Not by the word of the user: the device must be cross-signed. */
	if (!peer->by_signatures || !peer->is_verified)
		FAIL(MEGOLM_ERR_UNVERIFIED);
	if (!is_url(megolm_slice_of(url)))
		FAIL(MEGOLM_ERR_IDENTIFIER);
	if (!megolm_peer_has_session(peer))
		FAIL(MEGOLM_ERR_NO_OLM_SESSION);
	put_content(&text, room, attachment, url);
	if (megolm_text_full(&text))
		FAIL(MEGOLM_ERR_OUTPUT);
	TRY(megolm_olm_event_begin(&event, room->device, "m.room_key_bundle",
				   megolm_text_slice(&text)));
	TRY(megolm_olm_event_send(&event, peer, sink));
out:
	megolm_olm_event_end(&event);
	megolm_wipe(content, sizeof content);
	return err;
}

/* ---- being told ---- */

/* A member that is exactly `len` bytes in base64. */
static enum megolm_err read_bytes(uint8_t *out, size_t len, struct megolm_slice object,
				  const char *name)
{
	struct megolm_slice text;
	size_t n = 0;
	enum megolm_err err = megolm_json_string_member(object, name, &text);

	if (err == MEGOLM_OK)
		err = megolm_base64_read(out, len, &n, text);
	return err == MEGOLM_OK && n != len ? MEGOLM_ERR_BASE64 : err;
}

/* What E2EE, EncryptedFile, says that such a key must be. */
static enum megolm_err read_key(uint8_t key[32], struct megolm_slice file)
{
	struct megolm_slice jwk, text, algorithm, type, uses, extractable;
	size_t n = 0;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_member(file, megolm_slice_of("key"), &jwk));
	TRY(megolm_json_string_member(jwk, "alg", &algorithm));
	TRY(megolm_json_string_member(jwk, "kty", &type));
	TRY(megolm_json_member(jwk, megolm_slice_of("key_ops"), &uses));
	TRY(megolm_json_member(jwk, megolm_slice_of("ext"), &extractable));
	if (!megolm_equals(algorithm, "A256CTR") || !megolm_equals(type, "oct") ||
	    !megolm_lists(uses, "encrypt") || !megolm_lists(uses, "decrypt") ||
	    !megolm_equals(extractable, "true"))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_string_member(jwk, "k", &text));
	TRY(megolm_base64url_read(key, 32, &n, text));
	if (n != 32)
		FAIL(MEGOLM_ERR_BASE64);
out:
	return err;
}

static void copy(char *out, struct megolm_slice s)
{
	memcpy(out, s.p, s.len);
	out[s.len] = '\0';
}

enum megolm_err megolm_bundle_read(struct megolm_bundle *out, const char *sender,
				   struct megolm_slice content)
{
	struct megolm_bundle bundle = {0};
	struct megolm_slice file, hashes, room_id, url, version;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_string_member(content, "room_id", &room_id));
	TRY(megolm_json_member(content, megolm_slice_of("file"), &file));
	TRY(megolm_json_string_member(file, "v", &version));
	if (!megolm_equals(version, "v2"))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_string_member(file, "url", &url));
	if (!megolm_is_identifier(room_id, '!') || !is_url(url))
		FAIL(MEGOLM_ERR_IDENTIFIER);
	TRY(megolm_json_member(file, megolm_slice_of("hashes"), &hashes));
	TRY(read_bytes(bundle.attachment.sha256, 32, hashes, "sha256"));
	TRY(read_bytes(bundle.attachment.iv, 16, file, "iv"));
	TRY(read_key(bundle.attachment.key, file));
	copy(bundle.sender, megolm_slice_of(sender));
	copy(bundle.room_id, room_id);
	copy(bundle.url, url);
	*out = bundle;
out:
	megolm_wipe(&bundle, sizeof bundle);
	return err;
}

enum megolm_err megolm_bundle_reserve(struct megolm_device *device)
{
	if (device->bundle == NULL)
		device->bundle = calloc(MEGOLM_MAX_BUNDLES, sizeof *device->bundle);
	return device->bundle != NULL ? MEGOLM_OK : MEGOLM_ERR_NOMEM;
}

void megolm_bundle_keep(struct megolm_device *device, const struct megolm_bundle *bundle)
{
	device->bundle[device->n_bundles++ % MEGOLM_MAX_BUNDLES] = *bundle;
}

bool megolm_device_bundle(const struct megolm_device *device, struct megolm_attachment *attachment,
			  const char **url, const char *sender, const char *room_id)
{
	size_t n = device->n_bundles < MEGOLM_MAX_BUNDLES ? device->n_bundles : MEGOLM_MAX_BUNDLES;

	for (size_t i = 1; i <= n; i++) {
		const struct megolm_bundle *b =
			&device->bundle[(device->n_bundles - i) % MEGOLM_MAX_BUNDLES];
		if (strcmp(b->sender, sender) != 0 || strcmp(b->room_id, room_id) != 0)
			continue;
		*attachment = b->attachment;
		*url = b->url;
		return true;
	}
	return false;
}

/* ---- reading ---- */

static enum megolm_err take_key(struct megolm_room *room, struct megolm_imported *count,
				const char *sender, struct megolm_slice item)
{
	struct megolm_session_data data = {.giver = megolm_slice_of(sender)};
	enum megolm_err err = megolm_session_data_read(&data, item, MEGOLM_FORM_BUNDLE);

	if (err == MEGOLM_OK && !megolm_equals(data.room_id, room->id))
		err = MEGOLM_ERR_WRONG_ROOM;
	if (err != MEGOLM_OK)
		return megolm_imported_refuse(count, err);
	return megolm_session_data_enter(room->device, count, &data, MEGOLM_SOURCE_BUNDLE);
}

static enum megolm_err take_withheld(struct megolm_room *room, struct megolm_imported *count,
				     size_t *n_withheld, struct megolm_slice item)
{
	enum megolm_withheld code;
	enum megolm_err err = megolm_withheld_take(room->device, &code, item, room);

	if (err != MEGOLM_OK)
		return megolm_imported_refuse(count, err);
	++*n_withheld;
	return MEGOLM_OK;
}

/* A list of the bundle, from before its first item; nothing of one that it has not. */
static enum megolm_err open_list(struct megolm_slice *rest, struct megolm_slice bundle,
				 const char *name)
{
	struct megolm_slice list;
	enum megolm_err err = megolm_json_optional(bundle, megolm_slice_of(name), &list);

	*rest = megolm_slice(NULL, 0);
	return err != MEGOLM_OK || list.p == NULL ? err : megolm_json_open_array(rest, list);
}

static enum megolm_err take_bundle(struct megolm_room *room, struct megolm_imported *count,
				   size_t *n_withheld, const char *sender,
				   struct megolm_slice plain,
				   const struct megolm_import_limits *limits)
{
	struct megolm_slice keys, withheld, item;
	size_t n = 0;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_check(plain));
	TRY(open_list(&keys, plain, "room_keys"));
	TRY(open_list(&withheld, plain, "withheld"));
	while (megolm_json_next_item(&keys, &item)) {
		if (n++ == limits->max_sessions)
			FAIL(MEGOLM_ERR_TOO_MANY);
		TRY(take_key(room, count, sender, item));
	}
	while (megolm_json_next_item(&withheld, &item)) {
		if (n++ == limits->max_sessions)
			FAIL(MEGOLM_ERR_TOO_MANY);
		TRY(take_withheld(room, count, n_withheld, item));
	}
out:
	return err;
}

enum megolm_err megolm_room_bundle_read(struct megolm_room *room, struct megolm_imported *imported,
					size_t *n_withheld,
					const struct megolm_attachment *attachment,
					const char *sender, struct megolm_slice file,
					const struct megolm_import_limits *limits)
{
	uint8_t hash[MEGOLM_SHA256_BYTES], *plain = NULL;
	struct megolm_imported count = {0};
	size_t withheld = 0;
	enum megolm_err err = MEGOLM_OK;

	if (!megolm_is_identifier(megolm_slice_of(sender), '@'))
		FAIL(MEGOLM_ERR_IDENTIFIER);
	if (file.len > limits->max_bytes)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_sha256(hash, file));
	if (!megolm_same(hash, attachment->sha256, sizeof hash))
		FAIL(MEGOLM_ERR_TAG);
	plain = malloc(file.len + 1);
	if (plain == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	TRY(megolm_ctr(plain, file, attachment->key, attachment->iv));
	TRY(take_bundle(room, &count, &withheld, sender, megolm_slice(plain, file.len), limits));
	*imported = count;
	if (n_withheld != NULL)
		*n_withheld = withheld;
out:
	megolm_wipe_free(plain, plain != NULL ? file.len : 0);
	return err;
}
