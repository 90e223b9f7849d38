/* At who gets no key: the reason (E2EE, "Reporting that decryption keys are withheld"). */
#include "backends/megolm_world.h"
#include "megolm_withheld.h"

/* Anybody can say so: it is neither encrypted nor signed. */
enum gb_status gb_megolm_take_withheld(struct gb_world *w, struct gb_megolm_live *live,
				       const struct gb_message *m)
{
	struct megolm_slice content;
	enum megolm_withheld code;
	enum megolm_err err = megolm_device_find_content(
		live->device, &content, (struct megolm_slice){m->body.p, m->body.len});

	if (err == MEGOLM_OK)
		err = megolm_device_receive_withheld(live->device, &code, content);
	return gb_megolm_status(w, err, "withheld key");
}

enum gb_status gb_megolm_withheld(struct gb_world *w, uint32_t device, const struct gb_message *m,
				  enum gb_reason *reason)
{
	struct gb_megolm_live *live = gb_megolm_find_live(w, device);
	struct megolm_slice content = {m->body.p, m->body.len};
	enum megolm_withheld code;
	enum megolm_err err = MEGOLM_ERR_UNKNOWN_SESSION;

	gb_megolm_enter_untimed(w);
	if (live == NULL)
		return GB_FAILED;
	if (live->room != NULL)
		err = megolm_room_why_withheld(live->room, &code, content);
	if (err != MEGOLM_OK)
		return gb_megolm_status(w, err, "why a key is withheld");
	if (code != MEGOLM_BLACKLISTED && code != MEGOLM_UNVERIFIED)
		return gb_megolm_fail(w, GB_REJECTED, "a key is withheld for another reason");
	*reason = code == MEGOLM_UNVERIFIED ? GB_REASON_UNVERIFIED : GB_REASON_BLACKLISTED;
	return GB_OK;
}
