#ifndef MEGOLM_BUNDLE_H
#define MEGOLM_BUNDLE_H
#include "session_data.h"

#define MEGOLM_MAX_BUNDLES 16
#define MEGOLM_MAX_URL     255

/* A bundle that somebody announced. */
struct megolm_bundle {
	char sender[MEGOLM_MAX_ID + 1], room_id[MEGOLM_MAX_ID + 1], url[MEGOLM_MAX_URL + 1];
	struct megolm_attachment attachment;
};

/* Reads the content of an m.room_key_bundle. */
enum megolm_err MEGOLM_MUST_CHECK megolm_bundle_read(struct megolm_bundle *out, const char *sender,
						     struct megolm_slice content);

/* Makes a place for it; and keeps it there, for which the oldest one makes room. */
enum megolm_err MEGOLM_MUST_CHECK megolm_bundle_reserve(struct megolm_device *device);
void megolm_bundle_keep(struct megolm_device *device, const struct megolm_bundle *bundle);
#endif
