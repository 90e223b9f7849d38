#ifndef MEGOLM_WITHHELD_H
#define MEGOLM_WITHHELD_H
#include "megolm.h"

/*
 * Keys that do not arrive: those that a sender keeps from a device on purpose (E2EE, "Reporting
 * that decryption keys are withheld"), and those lost with a broken Olm session (E2EE,
 * "Recovering from undecryptable messages").
 */

/* Why a key is withheld: the codes of m.room_key.withheld. */
enum megolm_withheld {
	MEGOLM_GIVEN,
	MEGOLM_BLACKLISTED,
	MEGOLM_UNVERIFIED,
	MEGOLM_UNAUTHORISED,
	MEGOLM_UNAVAILABLE,
	MEGOLM_NO_OLM, /* there is no Olm session: no one-time key could be claimed */
	/* Said in a bundle for who is invited: who began the session did not allow to give it on.
	 */
	MEGOLM_HISTORY_NOT_SHARED,
};

/*
 * Keeps the keys of a room from a member from now on, or with MEGOLM_GIVEN no longer. If the
 * device was given the key of the outbound session, or may have it from who invited it because
 * the room shares its history, that session ends. megolm_room_share then tells the
 * device about each session instead of giving it the key; with MEGOLM_NO_OLM it does so once, and
 * again only after a session with it began. Given again, the device gets the session at its
 * index then. The code ends with the membership: a device that comes back is given keys unless they
 * are withheld again, between megolm_room_add and the next megolm_room_share, whose application
 * says whom it trusts. MEGOLM_ERR_NOT_MEMBER if it is not in the room; MEGOLM_ERR_USAGE for
 * MEGOLM_HISTORY_NOT_SHARED, which is about sessions of the past.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_withhold(struct megolm_room *room,
						       struct megolm_peer *peer,
						       enum megolm_withheld code);

/*
 * Takes in a to-device m.room_key.withheld event, which anybody can send: it is neither encrypted
 * nor signed. The newest 1,024 are kept, with those that bundles tell of; a message of such a
 * session is MEGOLM_ERR_WITHHELD, or MEGOLM_ERR_HISTORY_NOT_SHARED, instead of
 * MEGOLM_ERR_UNKNOWN_SESSION until its key comes. To MEGOLM_NO_OLM a device may answer
 * with megolm_device_recover.
 *
 *   code  what it says; codes that the specification does not have count as
 *         MEGOLM_UNAUTHORISED
 *
 * MEGOLM_ERR_JSON, MEGOLM_ERR_JSON_MEMBER, MEGOLM_ERR_ALGORITHM, MEGOLM_ERR_BASE64,
 * MEGOLM_ERR_IDENTIFIER and MEGOLM_ERR_TOO_LARGE for what is no such content.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_receive_withheld(struct megolm_device *device,
								 enum megolm_withheld *code,
								 struct megolm_slice content);

/*
 * Why the key of a message is withheld, which megolm_room_decrypt has refused with
 * MEGOLM_ERR_WITHHELD or MEGOLM_ERR_HISTORY_NOT_SHARED.
 *
 *   code     what was said last of its session
 *   content  of the m.room.encrypted event
 *
 * MEGOLM_ERR_UNKNOWN_SESSION when nothing was said, or is no longer kept; MEGOLM_ERR_JSON,
 * MEGOLM_ERR_JSON_MEMBER and MEGOLM_ERR_TOO_LARGE for what is no such content.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_why_withheld(const struct megolm_room *room,
							   enum megolm_withheld *code,
							   struct megolm_slice content);

/*
 * Replaces a broken Olm session, after megolm_device_receive has refused a message of the peer
 * that it should have been able to read: begins a new one with a claimed key, as
 * megolm_device_open_session, and sends m.dummy by it, so that the peer sends by it too.
 *
 *   now_ms  milliseconds on any clock of the application
 *
 * MEGOLM_ERR_TOO_SOON, before anything is done, when that was done for the peer less than an hour
 * ago. MEGOLM_ERR_OUTPUT when the sink was full. After this and any other error no session is
 * begun and no hour either: the call can be repeated.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_recover(struct megolm_device *device,
							struct megolm_peer *peer,
							struct megolm_slice signed_key,
							uint64_t now_ms, struct megolm_sink *sink);
#endif
