#ifndef MEGOLM_ROOM_H
#define MEGOLM_ROOM_H
#include "state.h"

/* NULL when the device has no room of this id. */
struct megolm_room *megolm_room_find(const struct megolm_device *device, struct megolm_slice id);

/* An empty room that its device does not have yet; and makes it the device's, which has no other
 * of this id. MEGOLM_ERR_IDENTIFIER. */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_new(struct megolm_device *device,
						  struct megolm_room **out, struct megolm_slice id);
void megolm_room_link(struct megolm_room *room);

/* Begins an outbound session in place of the present one; nobody has its key. */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_begin_session(struct megolm_room *room,
							    uint64_t now_ms);

/* Whether the next message needs a new session (E2EE, m.megolm.v1: "MUST rotate"). */
bool megolm_room_rotation_due(const struct megolm_room *room, uint64_t now_ms);

/* NULL when the device is not in the room. */
struct megolm_member *megolm_room_member(struct megolm_room *room, const struct megolm_peer *peer);

/* Whether a member must be served before the next message. */
static inline bool megolm_member_lacks(const struct megolm_member *member)
{
	return !member->has_key && !member->is_told;
}

/* The session key at the current index, to `out` and *len; MEGOLM_ERR_OUTPUT if it does not
 * fit. */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_session_key(struct megolm_room *room, uint8_t *out,
							  size_t cap, size_t *len);

/* The session key that was made for the own messages when the session began: libolm signs one
 * each time. Empty once it was used. */
struct megolm_slice megolm_room_first_key(const struct megolm_room *room);

/* Wipes and frees; it stays in the list and the table of its device. `forget` takes it out of the
 * table too. */
void megolm_room_free(struct megolm_room *room);
void megolm_room_forget(struct megolm_room *room);

void megolm_outbound_clear(struct megolm_outbound *outbound);
#endif
