#ifndef MEGOLM_FORWARD_H
#define MEGOLM_FORWARD_H
#include "session_data.h"

/* A key that this device has asked its user's other devices for. */
struct megolm_request {
	char room_id[MEGOLM_MAX_ID + 1], session_id[MEGOLM_KEY_CHARS + 1];
	char id[24];
	struct megolm_request *next;
	struct megolm_request *newer; /* of the settled ones: the one before it in the list */
};

/* Reads the content of an m.forwarded_room_key of `from`, NULL when that is not known, and
 * checks that the key may come from there and was asked for. The chain, longer by `from`, is
 * put into `chain`, which must live as long as *out. */
enum megolm_err MEGOLM_MUST_CHECK megolm_forwarded_read(struct megolm_session_data *out,
							struct megolm_text *chain,
							const struct megolm_device *device,
							const struct megolm_peer *from,
							struct megolm_slice content);
#define MEGOLM_CHAIN_BYTES 1024

/* The session has come in, or all that was to come of it: it is not asked for any more, and whoever
 * was asked is to be told (megolm_device_next_cancellation). */
void megolm_request_settle(struct megolm_device *device, struct megolm_slice room_id,
			   struct megolm_slice session_id);

void megolm_requests_free(struct megolm_device *device);
#endif
