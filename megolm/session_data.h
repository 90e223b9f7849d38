#ifndef MEGOLM_SESSION_DATA_H
#define MEGOLM_SESSION_DATA_H
#include "inbound.h"
#include "megolm_keys.h"

/* Keys of Megolm sessions as JSON, for others to keep. */
enum megolm_session_form {
	MEGOLM_FORM_BACKUP, /* BackedUpSessionData: room and session stand elsewhere */
	MEGOLM_FORM_EXPORT, /* ExportedSessionData */
	MEGOLM_FORM_BUNDLE, /* HistoricRoomKey: says nothing of how it came here */
};

struct megolm_session_data {
	struct megolm_slice room_id, session_id, session_key;
	struct megolm_slice curve25519, ed25519; /* of the device that began the session */
	struct megolm_slice chain;               /* an array of strings, or empty */
	struct megolm_slice giver;               /* user id of whose bundle it is in, or empty */
	uint32_t n_forwarded;
	bool shared_history;
};

/* Bytes that one session may take, in any form. */
size_t megolm_session_data_max(const struct megolm_room *room,
			       const struct megolm_inbound *inbound);

/* Appends a session in this form; *index is the first that it opens. */
enum megolm_err MEGOLM_MUST_CHECK megolm_session_data_put(struct megolm_text *out, uint32_t *index,
							  const struct megolm_room *room,
							  struct megolm_inbound *inbound,
							  enum megolm_session_form form);

/* Reads checked JSON. room_id and session_id are left alone where the form has none. */
enum megolm_err MEGOLM_MUST_CHECK megolm_session_data_read(struct megolm_session_data *out,
							   struct megolm_slice json,
							   enum megolm_session_form form);

/* Counts the elements of a forwarding chain: MEGOLM_ERR_JSON_MEMBER unless they are at most 16
 * Curve25519 keys. */
enum megolm_err MEGOLM_MUST_CHECK megolm_chain_read(uint32_t *n, struct megolm_slice chain);

/* Takes a session in, and counts it as new, known or refused. Fails only for lack of a
 * resource. */
enum megolm_err MEGOLM_MUST_CHECK megolm_session_data_enter(struct megolm_device *device,
							    struct megolm_imported *count,
							    const struct megolm_session_data *data,
							    enum megolm_source source);

/* The same in the steps of megolm_entry_prepare, of which this is the first; and at once, with
 * whether it told anything new. Both with the reason when it is refused. */
enum megolm_err MEGOLM_MUST_CHECK
megolm_session_data_prepare(struct megolm_entry *out, struct megolm_device *device,
			    const struct megolm_session_data *data, enum megolm_source source);
enum megolm_err MEGOLM_MUST_CHECK megolm_session_data_accept(struct megolm_device *device,
							     bool *is_new,
							     const struct megolm_session_data *data,
							     enum megolm_source source);

/* Counts a session that was taken in; one that was refused, where lack of a resource is handed
 * on. */
void megolm_imported_count(struct megolm_imported *count, bool is_new);
enum megolm_err MEGOLM_MUST_CHECK megolm_imported_refuse(struct megolm_imported *count,
							 enum megolm_err why);
#endif
