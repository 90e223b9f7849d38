#include "envelope.h"

#include "crypto.h"
#include "internal.h"
#include "json.h"
#include "pairwise.h"

/* What follows the recipient's key: sender, sender's device keys and type. */
static enum megolm_err write_ending(struct megolm_olm_event *event, const char *type)
{
	struct megolm_device *device = event->device;
	size_t max = 128 + strlen(device->user_id) + device->keys.len + strlen(type);
	enum megolm_err err = megolm_scratch_reserve(&device->verify, max);
	struct megolm_text ending = megolm_text(device->verify.p, max);

	if (err != MEGOLM_OK)
		return err;
	megolm_puts(&ending, "\"},\"sender\":\"");
	megolm_puts(&ending, device->user_id);
	megolm_puts(&ending, "\",");
	if (!device->policy.without_device_keys || strcmp(type, "m.room_key_bundle") == 0) {
		megolm_puts(&ending, "\"sender_device_keys\":");
		megolm_put(&ending, megolm_device_keys(device));
		megolm_puts(&ending, ",");
	}
	megolm_puts(&ending, "\"type\":\"");
	megolm_puts(&ending, type);
	megolm_puts(&ending, "\"}");
	event->ending = megolm_text_slice(&ending);
	return megolm_text_full(&ending) ? MEGOLM_ERR_OUTPUT : MEGOLM_OK;
}

enum megolm_err megolm_olm_event_begin(struct megolm_olm_event *event, struct megolm_device *device,
				       const char *type, struct megolm_slice content)
{
	size_t max;
	enum megolm_err err;

	*event = (struct megolm_olm_event){.device = device};
	err = write_ending(event, type);
	if (err != MEGOLM_OK)
		return err;
	max = 256 + content.len + MEGOLM_MAX_ID + event->ending.len;
	err = megolm_scratch_reserve(&device->plaintext, max);
	if (err != MEGOLM_OK)
		return err;
	event->text = megolm_text(device->plaintext.p, max);
	megolm_puts(&event->text, "{\"content\":");
	megolm_put(&event->text, content);
	megolm_puts(&event->text, ",\"keys\":{\"ed25519\":\"");
	megolm_puts(&event->text, device->ed25519);
	megolm_puts(&event->text, "\"},\"recipient\":\"");
	event->beginning = event->text.len;
	return MEGOLM_OK;
}

void megolm_olm_event_end(struct megolm_olm_event *event)
{
	if (event->text.p != NULL)
		megolm_wipe(event->text.p, event->text.cap);
}

static void write_for(struct megolm_olm_event *event, const struct megolm_peer *peer)
{
	event->text.len = event->beginning;
	megolm_puts(&event->text, peer->user_id);
	megolm_puts(&event->text, "\",\"recipient_keys\":{\"ed25519\":\"");
	megolm_puts(&event->text, peer->ed25519);
	megolm_put(&event->text, event->ending);
}

/* {"messages":{USER:{DEVICE:CONTENT}}}, the body of /sendToDevice, up to the Olm message. */
static void write_opening(struct megolm_text *out, const struct megolm_peer *peer)
{
	megolm_puts(out, "{\"messages\":{\"");
	megolm_puts(out, peer->user_id);
	megolm_puts(out, "\":{\"");
	megolm_puts(out, peer->device_id);
	megolm_puts(out, "\":{\"algorithm\":\"" MEGOLM_OLM_V1 "\",\"ciphertext\":{\"");
	megolm_puts(out, peer->curve25519);
	megolm_puts(out, "\":{\"body\":\"");
}

static void write_closing(struct megolm_text *out, const struct megolm_device *device, size_t type)
{
	megolm_puts(out, "\",\"type\":");
	megolm_puts(out, type == 0 ? "0" : "1");
	megolm_puts(out, "}},\"sender_key\":\"");
	megolm_puts(out, device->curve25519);
	megolm_puts(out, "\"}}}}");
}

enum megolm_err megolm_olm_event_send(struct megolm_olm_event *event, struct megolm_peer *peer,
				      struct megolm_sink *sink)
{
	struct megolm_device *device = event->device;
	struct megolm_text out;
	size_t max, len, type;
	uint8_t *p;
	enum megolm_err err;

	if (peer->session[0] == NULL)
		return MEGOLM_ERR_NO_OLM_SESSION;
	write_for(event, peer);
	if (megolm_text_full(&event->text))
		return MEGOLM_ERR_OUTPUT;
	max = 320 + strlen(peer->user_id) + strlen(peer->device_id) +
	      megolm_pairwise_encrypted_len(peer, event->text.len);
	p = sink->reserve(sink, max);
	if (p == NULL)
		return MEGOLM_ERR_OUTPUT;
	out = megolm_text(p, max);
	write_opening(&out, peer);
	err = megolm_pairwise_encrypt(device, peer, out.p + out.len, out.cap - out.len, &len, &type,
				      megolm_text_slice(&event->text));
	if (err != MEGOLM_OK)
		return err;
	out.len += len;
	write_closing(&out, device, type);
	if (megolm_text_full(&out))
		return MEGOLM_ERR_OUTPUT;
	sink->commit(sink, peer, out.len);
	return MEGOLM_OK;
}

enum megolm_err megolm_device_send_dummy(struct megolm_device *device, struct megolm_peer *peer,
					 struct megolm_sink *sink)
{
	struct megolm_olm_event event = {0};
	enum megolm_err err =
		megolm_olm_event_begin(&event, device, "m.dummy", megolm_slice_of("{}"));

	if (err == MEGOLM_OK)
		err = megolm_olm_event_send(&event, peer, sink);
	megolm_olm_event_end(&event);
	return err;
}

enum megolm_err megolm_device_find_content(const struct megolm_device *device,
					   struct megolm_slice *content, struct megolm_slice body)
{
	struct megolm_slice messages, of_user, found;
	enum megolm_err err = MEGOLM_OK;

	if (body.len > device->policy.max_content)
		FAIL(MEGOLM_ERR_TOO_LARGE);
	TRY(megolm_json_check(body));
	TRY(megolm_json_member(body, megolm_slice_of("messages"), &messages));
	TRY(megolm_json_optional(messages, megolm_slice_of(device->user_id), &of_user));
	if (of_user.p == NULL)
		FAIL(MEGOLM_ERR_WRONG_RECIPIENT);
	TRY(megolm_json_optional(of_user, megolm_slice_of(device->device_id), &found));
	if (found.p == NULL)
		FAIL(MEGOLM_ERR_WRONG_RECIPIENT);
	*content = found;
out:
	return err;
}

enum megolm_err megolm_olm_content_read(struct megolm_olm_content *out, struct megolm_slice content,
					const char *own_key)
{
	struct megolm_slice algorithm, ciphertext, own, type;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_string_member(content, "algorithm", &algorithm));
	if (!megolm_equals(algorithm, MEGOLM_OLM_V1))
		FAIL(MEGOLM_ERR_ALGORITHM);
	TRY(megolm_json_string_member(content, "sender_key", &out->sender_key));
	if (!megolm_is_base64(out->sender_key, MEGOLM_KEY_CHARS))
		FAIL(MEGOLM_ERR_BASE64);
	TRY(megolm_json_member(content, megolm_slice_of("ciphertext"), &ciphertext));
	TRY(megolm_json_optional(ciphertext, megolm_slice_of(own_key), &own));
	if (own.p == NULL)
		FAIL(MEGOLM_ERR_WRONG_RECIPIENT);
	TRY(megolm_json_member(own, megolm_slice_of("type"), &type));
	TRY(megolm_json_string_member(own, "body", &out->body));
	if (!megolm_equals(type, "0") && !megolm_equals(type, "1"))
		FAIL(MEGOLM_ERR_MESSAGE_FORMAT);
	out->type = *type.p == '1';
out:
	return err;
}
