/* Which keys of others sessions were begun with, and whether one of them was a second time. */
#include "backends/megolm_world.h"
#include <stdlib.h>
#include <string.h>

/* A signed key ends with its signature, `"}}}}` behind it: what stands here is the signature's, and
 * of no other key of the same device. */
#define FROM_END 48

void gb_megolm_note_claim(struct gb_world *w, uint32_t device, struct megolm_slice signed_key)
{
	struct gb_megolm_claims *c = &w->claims;
	struct gb_megolm_claim_note *note;

	if (c->n == c->cap) {
		size_t cap = c->cap > 0 ? 2 * c->cap : 1024;
		struct gb_megolm_claim_note *more = realloc(c->note, cap * sizeof *more);
		if (more == NULL) {
			c->is_cut = true;
			return;
		}
		c->note = more;
		c->cap = cap;
	}
	note = &c->note[c->n++];
	*note = (struct gb_megolm_claim_note){.device = device,
					      .is_fallback = gb_megolm_is_fallback(signed_key)};
	if (signed_key.len >= FROM_END)
		memcpy(note->signature, signed_key.p + signed_key.len - FROM_END,
		       sizeof note->signature);
}

static int by_key(const void *a, const void *b)
{
	const struct gb_megolm_claim_note *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return memcmp(x->signature, y->signature, sizeof x->signature);
}

enum gb_status gb_megolm_keys_reused(struct gb_world *w, uint64_t *n)
{
	const struct gb_megolm_claims *c = &w->claims;
	struct gb_megolm_claim_note *sorted = malloc((c->n + 1) * sizeof *sorted);
	size_t n_for_one_use = 0;

	*n = 0;
	if (sorted == NULL || c->is_cut) {
		free(sorted);
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	}
	if (c->n > 0)
		memcpy(sorted, c->note, c->n * sizeof *sorted);
	qsort(sorted, c->n, sizeof *sorted, by_key);
	for (size_t i = 0; i < c->n; i++) {
		n_for_one_use += !sorted[i].is_fallback;
		*n += i > 0 && !sorted[i].is_fallback && by_key(&sorted[i - 1], &sorted[i]) == 0;
	}
	free(sorted);
	return n_for_one_use > 0 ? GB_OK
				 : gb_megolm_fail(w, GB_REJECTED, "no one-time key was used");
}
