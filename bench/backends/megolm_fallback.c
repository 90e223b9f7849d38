#include "backends/megolm_world.h"
#include <stdlib.h>
#include <string.h>

/* The key is canonical JSON: this is its first member, behind its name. */
bool gb_megolm_is_fallback(struct megolm_slice signed_key)
{
	static const char fallback[] = "\"fallback\":true";
	size_t head = signed_key.len < 64 ? signed_key.len : 64;

	for (size_t i = 0; i + sizeof fallback - 1 <= head; i++)
		if (memcmp(signed_key.p + i, fallback, sizeof fallback - 1) == 0)
			return true;
	return false;
}

static void drop(struct gb_megolm_upload *key)
{
	free(key->p);
	*key = (struct gb_megolm_upload){0};
}

/* The account keeps the one before, for messages on their way. */
static enum gb_status replace(struct gb_world *w, struct gb_megolm_live *live)
{
	size_t cap = megolm_device_one_time_key_max(live->device);
	struct gb_megolm_upload made = {malloc(cap), 0};
	enum megolm_err err = MEGOLM_ERR_NOMEM;

	if (made.p != NULL)
		err = megolm_device_new_fallback_key(live->device, made.p, cap, &made.len);
	if (err != MEGOLM_OK) {
		free(made.p);
		return gb_megolm_status(w, err, "fallback key");
	}
	drop(&live->new_fallback);
	live->new_fallback = made;
	return GB_OK;
}

enum gb_status gb_megolm_renew_fallback(struct gb_world *w, struct gb_megolm_live *live)
{
	return megolm_device_fallback_key_used(live->device) ? replace(w, live) : GB_OK;
}

struct megolm_slice gb_megolm_newest_fallback(const struct gb_megolm_live *live)
{
	if (live->new_fallback.p != NULL)
		return (struct megolm_slice){live->new_fallback.p, live->new_fallback.len};
	if (live->kept_fallback.p != NULL)
		return (struct megolm_slice){live->kept_fallback.p, live->kept_fallback.len};
	return live->fallback_key;
}

void gb_megolm_fallback_checkpoint(struct gb_megolm_live *live)
{
	if (live->new_fallback.p == NULL)
		return;
	drop(&live->kept_fallback);
	live->kept_fallback = live->new_fallback;
	live->new_fallback = (struct gb_megolm_upload){0};
}

void gb_megolm_fallback_rollback(struct gb_megolm_live *live)
{
	drop(&live->new_fallback);
}

void gb_megolm_fallback_clear(struct gb_megolm_live *live)
{
	drop(&live->new_fallback);
	drop(&live->kept_fallback);
}
