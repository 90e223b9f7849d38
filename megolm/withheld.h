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

/* Sends m.room_key.withheld about the outbound session to a member. */
enum megolm_err MEGOLM_MUST_CHECK megolm_withheld_send(struct megolm_room *room,
						       struct megolm_member *member,
						       struct megolm_sink *sink);

/* MEGOLM_ERR_WITHHELD if the session is said to be withheld, else MEGOLM_ERR_UNKNOWN_SESSION. */
enum megolm_err megolm_withheld_reason(const struct megolm_room *room, struct megolm_slice id);

#endif
