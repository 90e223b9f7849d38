#ifndef MEGOLM_ENVELOPE_H
#define MEGOLM_ENVELOPE_H
#include "state.h"

/*
 * The JSON around Olm messages: the event that is encrypted, and the m.room.encrypted event
 * that carries it.
 */

/*
 * An event for several recipients, one after the other. Its beginning and end are the same
 * for all and written once; both lie in scratches of the device, so nothing else may use
 * those before megolm_olm_event_end.
 */
struct megolm_olm_event {
	struct megolm_device *device;
	struct megolm_text text;    /* in device->plaintext */
	size_t beginning;           /* bytes of text that stay */
	struct megolm_slice ending; /* in device->verify */
};

/* Begins an event of this type and content (JSON). */
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_event_begin(struct megolm_olm_event *event,
							 struct megolm_device *device,
							 const char *type,
							 struct megolm_slice content);

/* Encrypts the event for a peer, which must have a session, and sends it. */
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_event_send(struct megolm_olm_event *event,
							struct megolm_peer *peer,
							struct megolm_sink *sink);

/* Wipes what was written. */
void megolm_olm_event_end(struct megolm_olm_event *event);

/* The content of an m.room.encrypted to-device event, as slices. */
struct megolm_olm_content {
	struct megolm_slice sender_key, body;
	size_t type;
};

/* Reads checked JSON: what it holds for the device with Curve25519 key `own_key`. */
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_content_read(struct megolm_olm_content *out,
							  struct megolm_slice content,
							  const char *own_key);
#endif
