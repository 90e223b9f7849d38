#include "stats/olm_work.h"

#include "stats/megolm_sizes.h"

static const struct gb_hash_shape sha256 = {32, 64, 8};

#define MEGOLM_RATCHET 128
#define CIPHER_KEYS    80 /* of AES, of HMAC, and the IV */
#define TRUNCATED_MAC  8
#define LENGTH(text)   (sizeof(text) - 1)

/* HKDF from a constant salt to so many bytes. */
static void derive(struct gb_tally *t, uint64_t times, uint64_t secret, uint64_t info, uint64_t out)
{
	gb_tally_extract(t, &sha256, times, true, secret);
	gb_tally_hmac_key(t, times);
	gb_tally_expand(t, &sha256, times, info, out);
}

void gb_derived_key(struct gb_tally *t, uint64_t times, uint64_t info)
{
	derive(t, times, 32, info, 32);
}

void gb_mac(struct gb_tally *t, uint64_t times, uint64_t bytes)
{
	gb_tally_hmac_key(t, times);
	gb_tally_hmac(t, &sha256, times, bytes);
}

static void cipher_and_mac(struct gb_tally *t, uint64_t times, uint64_t plaintext, uint64_t covered)
{
	gb_tally_cbc(t, times, gb_cbc_padded(plaintext));
	gb_mac(t, times, covered);
}

void gb_olm_message(struct gb_tally *t, uint64_t times, uint64_t plaintext)
{
	gb_tally_hmac_key(t, times);
	gb_tally_hmac(t, &sha256, 2 * times, 1);
	derive(t, times, 32, LENGTH("OLM_KEYS"), CIPHER_KEYS);
	cipher_and_mac(t, times, plaintext, gb_olm_message_bytes(plaintext));
}

void gb_olm_first_keys(struct gb_tally *t, uint64_t times)
{
	t->dh += 3 * times;
	derive(t, times, (uint64_t)3 * 32, LENGTH("OLM_ROOT"), 64);
}

void gb_olm_next_keys(struct gb_tally *t, uint64_t times)
{
	t->dh += times;
	gb_tally_extract(t, &sha256, times, false, 32);
	gb_tally_hmac_key(t, times);
	gb_tally_expand(t, &sha256, times, LENGTH("OLM_RATCHET"), 64);
}

void gb_olm_begin(struct gb_tally *t, uint64_t times)
{
	t->keygen += 2 * times;
	gb_olm_first_keys(t, times);
}

void gb_megolm_new_session(struct gb_tally *t)
{
	t->random_bytes += MEGOLM_RATCHET;
	t->signer_keygen += 1;
	gb_tally_sign(t, 1, GB_SESSION_KEY_BYTES);
}

void gb_megolm_message(struct gb_tally *t, uint64_t payload, bool is_written)
{
	uint64_t plaintext = gb_room_message_bytes(payload);
	uint64_t message = gb_megolm_message_bytes(plaintext);

	derive(t, 1, MEGOLM_RATCHET, LENGTH("MEGOLM_KEYS"), CIPHER_KEYS);
	cipher_and_mac(t, 1, plaintext, message);
	if (is_written) {
		gb_mac(t, 1, 1);
		gb_tally_sign(t, 1, message + TRUNCATED_MAC);
	} else {
		gb_tally_verify(t, 1, message + TRUNCATED_MAC);
	}
}

void gb_pk_message(struct gb_tally *t, uint64_t times, uint64_t plaintext)
{
	derive(t, times, 32, 0, CIPHER_KEYS);
	cipher_and_mac(t, times, plaintext, 0); /* its MAC covers nothing */
}
