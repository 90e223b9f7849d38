#include "session_data.h"

#include "crypto.h"
#include "internal.h"
#include "json.h"
#include "room.h"
#include <stdlib.h>

#define MAX_CHAIN 16

size_t megolm_session_data_max(const struct megolm_room *room, const struct megolm_inbound *inbound)
{
	size_t chain = inbound->origin != NULL ? inbound->origin->chain.len : 0;

	return 384 + MEGOLM_EXPORT_CHARS + 3 * MEGOLM_KEY_CHARS + strlen(room->id) + chain;
}

static void put_member(struct megolm_text *out, const char *before, const char *value)
{
	megolm_puts(out, before);
	megolm_puts(out, value);
}

static void put_chain(struct megolm_text *out, const struct megolm_inbound *inbound)
{
	const struct megolm_origin *origin = inbound->origin;

	megolm_puts(out, "\",\"forwarding_curve25519_key_chain\":");
	if (origin != NULL && origin->chain.len > 0)
		megolm_put(out, megolm_slice(origin->chain.p, origin->chain.len));
	else
		megolm_puts(out, "[]");
	megolm_puts(out, ",\"");
}

enum megolm_err megolm_session_data_put(struct megolm_text *out, uint32_t *index,
					const struct megolm_room *room,
					struct megolm_inbound *inbound,
					enum megolm_session_form form)
{
	uint8_t *key;
	enum megolm_err err = MEGOLM_OK;

	megolm_puts(out, "{\"algorithm\":\"" MEGOLM_MEGOLM_V1);
	if (form == MEGOLM_FORM_BUNDLE)
		megolm_puts(out, "\",\"");
	else
		put_chain(out, inbound);
	if (form != MEGOLM_FORM_BACKUP)
		put_member(out, "room_id\":\"", room->id);
	megolm_puts(out, form != MEGOLM_FORM_BACKUP ? "\",\"" : "");
	put_member(out, "sender_claimed_keys\":{\"ed25519\":\"",
		   megolm_inbound_ed25519(room, inbound));
	put_member(out, "\"},\"sender_key\":\"", megolm_inbound_curve25519(room, inbound));
	if (form != MEGOLM_FORM_BACKUP)
		put_member(out, "\",\"session_id\":\"", inbound->id);
	megolm_puts(out, "\",\"session_key\":\"");
	key = megolm_put_later(out, MEGOLM_EXPORT_CHARS);
	if (key == NULL)
		FAIL(MEGOLM_ERR_OUTPUT);
	TRY(megolm_inbound_export(inbound, key, index));
	megolm_puts(out, "\"");
	if (form != MEGOLM_FORM_BUNDLE)
		put_member(out, ",\"shared_history\":", inbound->shared_history ? "true" : "false");
	megolm_puts(out, "}");
	if (megolm_text_full(out))
		FAIL(MEGOLM_ERR_OUTPUT);
out:
	return err;
}

enum megolm_err megolm_chain_read(uint32_t *n, struct megolm_slice chain)
{
	struct megolm_slice rest, item, key;
	uint32_t found = 0;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_open_array(&rest, chain));
	while (megolm_json_next_item(&rest, &item)) {
		TRY(megolm_json_string(item, &key));
		if (++found > MAX_CHAIN || !megolm_is_base64(key, MEGOLM_KEY_CHARS))
			FAIL(MEGOLM_ERR_JSON_MEMBER);
	}
	*n = found;
out:
	return err;
}

/* Absence, and any other value, says no (m.room_key). */
static enum megolm_err read_shared(bool *shared, struct megolm_slice json)
{
	struct megolm_slice value;
	enum megolm_err err = megolm_json_optional(json, megolm_slice_of("shared_history"), &value);

	if (err == MEGOLM_OK)
		*shared = megolm_equals(value, "true");
	return err;
}

enum megolm_err megolm_session_data_read(struct megolm_session_data *out, struct megolm_slice json,
					 enum megolm_session_form form)
{
	struct megolm_session_data data = *out;
	struct megolm_slice algorithm, claimed;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_string_member(json, "algorithm", &algorithm));
	if (!megolm_equals(algorithm, MEGOLM_MEGOLM_V1))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_member(json, megolm_slice_of("sender_claimed_keys"), &claimed));
	TRY(megolm_json_string_member(claimed, "ed25519", &data.ed25519));
	TRY(megolm_json_string_member(json, "sender_key", &data.curve25519));
	TRY(megolm_json_string_member(json, "session_key", &data.session_key));
	if (form != MEGOLM_FORM_BACKUP) {
		TRY(megolm_json_string_member(json, "room_id", &data.room_id));
		TRY(megolm_json_string_member(json, "session_id", &data.session_id));
	}
	data.shared_history = form == MEGOLM_FORM_BUNDLE;
	if (form != MEGOLM_FORM_BUNDLE) {
		TRY(megolm_json_member(json, megolm_slice_of("forwarding_curve25519_key_chain"),
				       &data.chain));
		TRY(megolm_chain_read(&data.n_forwarded, data.chain));
		TRY(read_shared(&data.shared_history, json));
	}
	*out = data;
out:
	return err;
}

/* A chain that was read, without the spaces in it: whoever wrote them chose how many. */
static enum megolm_err copy_chain(struct megolm_owned *out, const struct megolm_session_data *data)
{
	size_t max = 2 + data->n_forwarded * (MEGOLM_KEY_CHARS + 3);
	struct megolm_text text = megolm_text(malloc(max), max);
	struct megolm_slice rest, item;
	enum megolm_err err = MEGOLM_OK;

	if (text.p == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	TRY(megolm_json_open_array(&rest, data->chain));
	while (megolm_json_next_item(&rest, &item)) {
		megolm_puts(&text, text.len == 0 ? "[" : ",");
		megolm_put(&text, item);
	}
	megolm_puts(&text, "]");
	if (megolm_text_full(&text))
		FAIL(MEGOLM_ERR_JSON_MEMBER);
	*out = (struct megolm_owned){text.p, text.len};
	text.p = NULL;
out:
	free(text.p);
	return err;
}

static enum megolm_err new_origin(struct megolm_origin **out,
				  const struct megolm_session_data *data, enum megolm_source source)
{
	struct megolm_origin *origin = calloc(1, sizeof *origin);
	enum megolm_err err = MEGOLM_OK;

	if (origin == NULL)
		return MEGOLM_ERR_NOMEM;
	origin->source = source;
	memcpy(origin->curve25519, data->curve25519.p, MEGOLM_KEY_CHARS);
	memcpy(origin->ed25519, data->ed25519.p, MEGOLM_KEY_CHARS);
	origin->n_forwarded = data->n_forwarded;
	if (data->n_forwarded > 0)
		TRY(copy_chain(&origin->chain, data));
	if (data->giver.len > 0) {
		origin->giver = calloc(1, data->giver.len + 1);
		if (origin->giver == NULL)
			FAIL(MEGOLM_ERR_NOMEM);
		memcpy(origin->giver, data->giver.p, data->giver.len);
	}
	*out = origin;
	origin = NULL;
out:
	megolm_origin_free(origin);
	return err;
}

enum megolm_err megolm_session_data_prepare(struct megolm_entry *out, struct megolm_device *device,
					    const struct megolm_session_data *data,
					    enum megolm_source source)
{
	struct megolm_origin *origin = NULL;
	struct megolm_inbound *inbound = NULL;
	enum megolm_err err = MEGOLM_OK;

	if (!megolm_is_base64(data->session_id, MEGOLM_KEY_CHARS) ||
	    !megolm_is_base64(data->curve25519, MEGOLM_KEY_CHARS) ||
	    !megolm_is_base64(data->ed25519, MEGOLM_KEY_CHARS) ||
	    !megolm_is_base64(data->session_key, MEGOLM_EXPORT_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
	if (!megolm_is_identifier(data->room_id, '!'))
		FAIL(MEGOLM_ERR_IDENTIFIER);
	TRY(new_origin(&origin, data, source));
	TRY(megolm_inbound_import(&inbound, origin, data->session_id, data->session_key));
	origin = NULL;
	inbound->shared_history = data->shared_history;
	TRY(megolm_entry_prepare(out, device, data->room_id, inbound));
	inbound = NULL;
out:
	megolm_origin_free(origin);
	megolm_inbound_free(inbound);
	return err;
}

enum megolm_err megolm_session_data_accept(struct megolm_device *device, bool *is_new,
					   const struct megolm_session_data *data,
					   enum megolm_source source)
{
	struct megolm_entry entry;
	enum megolm_err err = megolm_session_data_prepare(&entry, device, data, source);

	if (err != MEGOLM_OK)
		return err;
	*is_new = megolm_entry_is_new(&entry);
	megolm_entry_commit(&entry);
	return MEGOLM_OK;
}

void megolm_imported_count(struct megolm_imported *count, bool is_new)
{
	count->n_new += is_new;
	count->n_known += !is_new;
}

enum megolm_err megolm_imported_refuse(struct megolm_imported *count, enum megolm_err why)
{
	if (megolm_err_class(why) == MEGOLM_CLASS_RESOURCE)
		return why;
	count->n_refused++;
	return MEGOLM_OK;
}

enum megolm_err megolm_session_data_enter(struct megolm_device *device,
					  struct megolm_imported *count,
					  const struct megolm_session_data *data,
					  enum megolm_source source)
{
	bool is_new;
	enum megolm_err err = megolm_session_data_accept(device, &is_new, data, source);

	if (err != MEGOLM_OK)
		return megolm_imported_refuse(count, err);
	megolm_imported_count(count, is_new);
	return MEGOLM_OK;
}
