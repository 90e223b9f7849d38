#ifndef MLS_LABEL_H
#define MLS_LABEL_H
#include "hpke.h"

/*
 * The functions of RFC 9420 5.1.2, 5.1.3, 5.2 and 8 that separate uses of one primitive by
 * labels. Labels are given without "MLS 1.0 ", which is put in front here, except
 * to mls_ref_hash.
 */

/* ExpandWithLabel; MLS_ERR_USAGE above 255 * suite->nh bytes (65535 bytes at most). */
enum mls_err MLS_MUST_CHECK mls_expand_with_label(struct mls_crypto *c, uint8_t *out,
						  size_t out_len, struct mls_slice secret,
						  const char *label, struct mls_slice context);

/* The same for a secret that is expanded more than once and keyed once. */
enum mls_err MLS_MUST_CHECK mls_expand_keyed(struct mls_crypto *c, uint8_t *out, size_t out_len,
					     const struct mls_hmac_key *secret,
					     struct mls_slice label, struct mls_slice context);

/* DeriveSecret: suite->nh bytes. `out` may be `secret`. */
enum mls_err MLS_MUST_CHECK mls_derive_secret(struct mls_crypto *c, struct mls_secret *out,
					      const struct mls_secret *secret, const char *label);

/* The same for a keyed secret. */
enum mls_err MLS_MUST_CHECK mls_derive_secret_keyed(struct mls_crypto *c, struct mls_secret *out,
						    const struct mls_hmac_key *secret,
						    const char *label);

/* DeriveTreeSecret (RFC 9420 9.1), from a keyed ratchet secret. */
enum mls_err MLS_MUST_CHECK mls_derive_tree_secret(struct mls_crypto *c, uint8_t *out,
						   size_t out_len,
						   const struct mls_hmac_key *secret,
						   const char *label, uint32_t generation);

/* SignWithLabel over content in parts; appends the signature to `out`. */
enum mls_err MLS_MUST_CHECK mls_sign_with_label(struct mls_crypto *c, struct mls_buf *out,
						struct mls_signer *signer, const char *label,
						const struct mls_slice *content, size_t n_content);

/* VerifyWithLabel; errors of mls_verify. */
enum mls_err MLS_MUST_CHECK mls_verify_with_label(struct mls_crypto *c, struct mls_slice public_key,
						  const char *label,
						  const struct mls_slice *content, size_t n_content,
						  struct mls_slice signature);

/* At most this many parts of content may be given to the two functions above. */
#define MLS_MAX_CONTENT_PARTS 8

/*
 * EncryptContext as HPKE info, for one or many seals and opens with equal label and context,
 * which is shorter than 2^30 bytes, as is everything that has an encoding.
 */
void mls_encrypt_context(struct mls_crypto *c, struct mls_hpke_info *out, const char *label,
			 struct mls_slice context);

/*
 * EncryptWithLabel: appends a whole encoded HPKECiphertext to `out`, which is as it was on
 * failure. Errors of mls_dh for `public_key`.
 */
enum mls_err MLS_MUST_CHECK mls_encrypt_with_label(struct mls_crypto *c, struct mls_buf *out,
						   struct mls_slice public_key,
						   const struct mls_hpke_info *info,
						   struct mls_slice plaintext);

/* The same with an ephemeral key that was drawn before (mls_hpke_seal_from). */
enum mls_err MLS_MUST_CHECK mls_encrypt_with_label_from(struct mls_crypto *c, struct mls_buf *out,
							struct mls_slice ephemeral,
							struct mls_slice public_key,
							const struct mls_hpke_info *info,
							struct mls_slice plaintext);

/* Bytes of the HPKECiphertext of a plaintext. */
size_t mls_encrypted_len(const struct mls_suite *suite, size_t plaintext_len);

/* DecryptWithLabel: appends the plaintext to `out`. Errors of mls_hpke_open. */
enum mls_err MLS_MUST_CHECK mls_decrypt_with_label(struct mls_crypto *c, struct mls_buf *out,
						   const struct mls_key *key,
						   const struct mls_hpke_info *info,
						   const struct mls_hpke_ciphertext *message);

/* RefHash with the whole label ("MLS 1.0 KeyPackage Reference") of a value shorter than 2^30
 * bytes; writes suite->nh bytes. */
void mls_ref_hash(struct mls_crypto *c, uint8_t *out, const char *label, struct mls_slice value);
#endif
