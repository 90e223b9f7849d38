/*
 * A groupbench whose key directory gives every sender the one-time key of a device that it gave the
 * first, as a homeserver does that forgets what was claimed: tests/test_oracle.sh must see it.
 * Devices that are live have used that key, and refuse; dormant ones cannot.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/megolm_world.h"

enum { MAX_DEVICES = 4096 };

static struct {
	uint8_t *p;
	size_t len;
} given[MAX_DEVICES]; /* first, by device */

enum gb_status __real_gb_megolm_claim(struct gb_world *w, struct gb_megolm_live *by,
				      uint32_t device, struct megolm_slice *signed_key);
enum gb_status __wrap_gb_megolm_claim(struct gb_world *w, struct gb_megolm_live *by,
				      uint32_t device, struct megolm_slice *signed_key);

enum gb_status __wrap_gb_megolm_claim(struct gb_world *w, struct gb_megolm_live *by,
				      uint32_t device, struct megolm_slice *signed_key)
{
	enum gb_status status = __real_gb_megolm_claim(w, by, device, signed_key);

	if (status != GB_OK || device >= MAX_DEVICES || w->live[device] != NULL)
		return status;
	if (given[device].p == NULL) {
		given[device].p = malloc(signed_key->len);
		if (given[device].p == NULL)
			abort();
		memcpy(given[device].p, signed_key->p, signed_key->len);
		given[device].len = signed_key->len;
	}
	*signed_key = (struct megolm_slice){given[device].p, given[device].len};
	return GB_OK;
}
