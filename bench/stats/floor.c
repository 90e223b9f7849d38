#include "stats/floor.h"

/* Lengths of what operations primitive_* are given. */
#define LONG  64
#define SHORT 55

/* SHORT bytes are one block of every hash function, as is a digest. */
static enum gb_floor_answer single(const struct gb_floor_case *c, struct gb_tally *t)
{
	static const struct gb_hash_shape sha256 = {32, 64, 8};

	*t = (struct gb_tally){0};
	switch (c->single) {
	case GB_PRIMITIVE_keygen:
		t->keygen = c->k;
		return GB_FLOOR_KNOWN;
	case GB_PRIMITIVE_dh:
		t->dh = c->k;
		return GB_FLOOR_KNOWN;
	case GB_PRIMITIVE_sign:
		gb_tally_sign(t, c->k, LONG);
		return GB_FLOOR_KNOWN;
	case GB_PRIMITIVE_verify:
		gb_tally_verify(t, c->k, LONG);
		return GB_FLOOR_KNOWN;
	case GB_PRIMITIVE_hash:
		gb_tally_hash(t, &sha256, c->k, SHORT);
		return GB_FLOOR_KNOWN;
	case GB_PRIMITIVE_hmac:
		gb_tally_hmac_key(t, c->k);
		gb_tally_hmac(t, &sha256, c->k, SHORT);
		return GB_FLOOR_KNOWN;
	case GB_PRIMITIVE_aead:
		gb_tally_aead(t, c->k, LONG);
		return GB_FLOOR_KNOWN;
	case GB_PRIMITIVE_cbc:
		gb_tally_cbc(t, c->k, SHORT / 16 * 16 + 16);
		return GB_FLOOR_KNOWN;
	default:
		return GB_FLOOR_UNKNOWN;
	}
}

enum gb_floor_answer gb_floor(const struct gb_floor_case *c, struct gb_tally *counts)
{
	if (c->step == GB_FLOOR_SINGLE)
		return single(c, counts);
	/* No protocol asks for cryptography where a device stores what it has. */
	if (c->step == GB_FLOOR_STORE) {
		*counts = (struct gb_tally){0};
		return GB_FLOOR_KNOWN;
	}
	if (c->step == GB_FLOOR_PUBLISH)
		return gb_floor_publish(c, counts);
	return c->protocol == GB_FLOOR_MLS ? gb_floor_mls(c, counts) : gb_floor_megolm(c, counts);
}
