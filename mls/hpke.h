#ifndef MLS_HPKE_H
#define MLS_HPKE_H
#include "codec.h"
#include "crypto.h"

/*
 * RFC 9180, base mode, one message per encapsulation, with the algorithms of the suite.
 *
 * What depends on `info` alone is kept in a struct mls_hpke_info, so that many messages
 * with the same info (the joiners of a Welcome, the nodes of an UpdatePath) hash it once.
 */
struct mls_hpke_info {
	uint8_t key_schedule_context[1 + 2 * MLS_MAX_HASH]; /* mode, psk_id_hash, info_hash */
};

/* RFC 9420 7.6: struct HPKECiphertext. */
struct mls_hpke_ciphertext {
	struct mls_slice kem_output;
	struct mls_slice ciphertext;
};
MLS_WIRE_TYPE_DECLARE(hpke_ciphertext)

/*
 * KEM.DeriveKeyPair (RFC 9180 7.1.3) from a secret of at least suite->nsk random bytes, or
 * suite->nh of them where MLS says so (RFC 9420 7.4, 8).
 */
enum mls_err MLS_MUST_CHECK mls_key_derive(struct mls_crypto *c, struct mls_key **out,
					   struct mls_slice ikm);

/* `info` in at most MLS_HPKE_INFO_PARTS parts. */
#define MLS_HPKE_INFO_PARTS 4
void mls_hpke_info_init(struct mls_crypto *c, struct mls_hpke_info *out,
			const struct mls_slice *parts, size_t n_parts);

/*
 * SealBase: writes the encapsulated key (suite->npk bytes) and the ciphertext
 * (plaintext.len + MLS_AEAD_TAG bytes). Errors of mls_dh for `public_key`.
 */
enum mls_err MLS_MUST_CHECK mls_hpke_seal(struct mls_crypto *c, uint8_t *kem_output,
					  uint8_t *ciphertext, struct mls_slice public_key,
					  const struct mls_hpke_info *info, struct mls_slice aad,
					  struct mls_slice plaintext);

/* The same with an ephemeral key that mls_private_key_draw has drawn before: it is for this
 * message only. An empty one is drawn here. */
enum mls_err MLS_MUST_CHECK mls_hpke_seal_from(struct mls_crypto *c, uint8_t *kem_output,
					       uint8_t *ciphertext, struct mls_slice ephemeral,
					       struct mls_slice public_key,
					       const struct mls_hpke_info *info,
					       struct mls_slice aad, struct mls_slice plaintext);

/*
 * OpenBase: writes ciphertext.len - MLS_AEAD_TAG bytes. MLS_ERR_DECRYPT when the message
 * does not fit key, info and aad, or is too short; errors of mls_dh for kem_output.
 */
enum mls_err MLS_MUST_CHECK mls_hpke_open(struct mls_crypto *c, uint8_t *plaintext,
					  const struct mls_key *key,
					  const struct mls_hpke_info *info, struct mls_slice aad,
					  const struct mls_hpke_ciphertext *message);

/*
 * A secret shared with the holder of `public_key`: SetupBaseS and Context.Export to
 * out[0 .. out_len), of any length up to 255 * suite->nh (MLS_ERR_USAGE above). Writes
 * suite->npk bytes of kem_output. Errors of mls_dh.
 */
enum mls_err MLS_MUST_CHECK mls_hpke_export_to(struct mls_crypto *c, uint8_t *kem_output,
					       uint8_t *out, size_t out_len,
					       struct mls_slice public_key,
					       const struct mls_hpke_info *info,
					       struct mls_slice exporter_context);

/* The same secret at the receiver: SetupBaseR and Context.Export. Errors of mls_dh. */
enum mls_err MLS_MUST_CHECK mls_hpke_export_from(struct mls_crypto *c, uint8_t *out, size_t out_len,
						 const struct mls_key *key,
						 struct mls_slice kem_output,
						 const struct mls_hpke_info *info,
						 struct mls_slice exporter_context);
#endif
