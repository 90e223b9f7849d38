/*
 * An outbound session that is further on. libolm moves one by encrypting only; its pickle is
 * taken apart (libolm's src/outbound_group_session.c: version, ratchet, counter, Ed25519 key
 * pair) and put together again around the ratchet that libolm's megolm_advance_to() makes.
 */
#include "big_endian.h"
#include "crypto.h"
#include "internal.h"
#include "megolm_probe.h"
#include "pickle.h"
#include "raw_pickle.h"
#include "state.h"

/* Exported by libolm, in no header of libolm-dev; names and layouts are those of libolm 3.2. */
struct ratchet {
	uint8_t data[4][32];
	uint32_t counter;
};

void megolm_advance_to(struct ratchet *ratchet, uint32_t counter);
#define VERSION_BYTES 4
#define RATCHET_BYTES (4 * 32)
#define RAW_BYTES     (VERSION_BYTES + RATCHET_BYTES + 4 + 32 + 64)

static void advance(uint8_t *raw, uint32_t n)
{
	struct ratchet ratchet;
	uint8_t *counter = raw + VERSION_BYTES + RATCHET_BYTES;

	memcpy(ratchet.data, raw + VERSION_BYTES, RATCHET_BYTES);
	ratchet.counter = megolm_read_u32(counter);
	megolm_advance_to(&ratchet, ratchet.counter + n);
	memcpy(raw + VERSION_BYTES, ratchet.data, RATCHET_BYTES);
	megolm_put_u32(counter, ratchet.counter);
	megolm_wipe(&ratchet, sizeof ratchet);
}

enum megolm_err megolm_probe_skip(struct megolm_room *room, uint32_t n)
{
	static const uint8_t key[] = MEGOLM_PICKLE_KEY;
	size_t key_len = sizeof key - 1;
	struct megolm_owned pickle = {0};
	enum OlmErrorCode code = OLM_SUCCESS;
	uint8_t raw[RAW_BYTES];
	enum megolm_err err = MEGOLM_OK;

	if (room->outbound.olm == NULL)
		FAIL(MEGOLM_ERR_USAGE);
	TRY(megolm_save_outbound(&pickle, room->outbound.olm));
	if (_olm_enc_input(key, key_len, pickle.p, pickle.len, &code) != RAW_BYTES)
		FAIL(MEGOLM_ERR_PICKLE);
	memcpy(raw, pickle.p, RAW_BYTES);
	advance(raw, n);
	memcpy(_olm_enc_output_pos(pickle.p, RAW_BYTES), raw, RAW_BYTES);
	if (_olm_enc_output(key, key_len, pickle.p, RAW_BYTES) != pickle.len)
		FAIL(MEGOLM_ERR_PICKLE);
	olm_clear_outbound_group_session(room->outbound.olm);
	TRY(megolm_load_outbound(room->outbound.olm, &pickle));
out:
	megolm_wipe(raw, sizeof raw);
	megolm_wipe_free(pickle.p, pickle.len);
	return err;
}
