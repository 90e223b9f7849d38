#ifndef MEGOLM_WITHHELD_STATE_H
#define MEGOLM_WITHHELD_STATE_H
#include "megolm_withheld.h"
#include "state.h"

#define MEGOLM_MAX_WITHHELD 1024

/* A session whose key is said to be withheld. */
struct megolm_withheld_session {
	uint8_t mark[16]; /* of the hash of room and session */
	enum megolm_withheld code;
};

/* Sends m.room_key.withheld about the outbound session to a member, and counts it in *n; of
 * m.no_olm only what was not said before. */
enum megolm_err MEGOLM_MUST_CHECK megolm_withheld_send(struct megolm_room *room, size_t *n,
						       struct megolm_member *member,
						       struct megolm_sink *sink);

/* Reads checked JSON that says that the key of a session is withheld, and remembers it. In a
 * bundle it is one of that room: MEGOLM_ERR_WRONG_ROOM; otherwise `room` is NULL. */
enum megolm_err MEGOLM_MUST_CHECK megolm_withheld_take(struct megolm_device *device,
						       enum megolm_withheld *code,
						       struct megolm_slice content,
						       const struct megolm_room *room);

/* MEGOLM_ERR_WITHHELD or MEGOLM_ERR_HISTORY_NOT_SHARED if the session is said to be withheld, else
 * MEGOLM_ERR_UNKNOWN_SESSION. */
enum megolm_err megolm_withheld_reason(const struct megolm_room *room, struct megolm_slice id);

#endif
