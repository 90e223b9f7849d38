#ifndef MLS_KEY_SCHEDULE_H
#define MLS_KEY_SCHEDULE_H
#include "label.h"

/*
 * RFC 9420 8, one function an arrow:
 *
 *   init_secret, commit_secret --mls_joiner_secret--> joiner_secret
 *   joiner_secret, psk_secret  --mls_member_secret--> the secret between the two Extracts
 *                                                     and their labels ("member" here)
 *   member_secret              --mls_welcome_secret-> welcome_secret
 *   member_secret              --mls_epoch_secrets--> everything of the epoch
 *
 * `group_context` is the encoded GroupContext of the new epoch. Inputs are the caller's to
 * wipe, as soon as section 9.2 says that they are consumed.
 */

/* What is derived from epoch_secret. epoch_secret itself does not outlive its derivation. */
struct mls_epoch_secrets {
	struct mls_secret sender_data_secret;
	struct mls_secret encryption_secret; /* for mls_secret_tree_init; then to be wiped */
	struct mls_secret exporter_secret;
	struct mls_secret external_secret;
	struct mls_secret confirmation_key;
	struct mls_secret membership_key;
	struct mls_secret resumption_psk;
	struct mls_secret epoch_authenticator;
	struct mls_secret init_secret; /* for the next epoch */
};

enum mls_err MLS_MUST_CHECK mls_joiner_secret(struct mls_crypto *c, struct mls_secret *joiner,
					      const struct mls_secret *init_secret,
					      const struct mls_secret *commit_secret,
					      struct mls_slice group_context);

void mls_member_secret(struct mls_crypto *c, struct mls_secret *member,
		       const struct mls_secret *joiner, const struct mls_secret *psk_secret);

enum mls_err MLS_MUST_CHECK mls_welcome_secret(struct mls_crypto *c, struct mls_secret *welcome,
					       const struct mls_secret *member);

/* Key (suite->nk bytes) and nonce of encrypted_group_info (RFC 9420 12.4.3.1). */
enum mls_err MLS_MUST_CHECK mls_welcome_key(struct mls_crypto *c, uint8_t *key, uint8_t *nonce,
					    const struct mls_secret *welcome);

/* On failure *out is wiped. */
enum mls_err MLS_MUST_CHECK mls_epoch_secrets(struct mls_crypto *c, struct mls_epoch_secrets *out,
					      const struct mls_secret *member,
					      struct mls_slice group_context);

/*
 * The same from an epoch_secret that is already there: the first epoch of a new group
 * (RFC 9420 11), where it is random. On failure *out is wiped.
 */
enum mls_err MLS_MUST_CHECK mls_epoch_secrets_from(struct mls_crypto *c,
						   struct mls_epoch_secrets *out,
						   const struct mls_secret *epoch_secret);

/* confirmation_tag (RFC 9420 6.1), suite->nh bytes. */
void mls_confirmation_tag(struct mls_crypto *c, uint8_t *tag,
			  const struct mls_secret *confirmation_key,
			  struct mls_slice confirmed_transcript_hash);

/* The key pair behind external_pub; costs one key generation, so it is made when needed. */
enum mls_err MLS_MUST_CHECK mls_external_key(struct mls_crypto *c, struct mls_key **out,
					     const struct mls_secret *external_secret);

/* RFC 9420 8.3: init_secret of an external Commit at the joiner (writes suite->npk bytes of
 * kem_output) and at the members. */
enum mls_err MLS_MUST_CHECK mls_external_init_to(struct mls_crypto *c, uint8_t *kem_output,
						 struct mls_secret *init_secret,
						 struct mls_slice external_pub);
enum mls_err MLS_MUST_CHECK mls_external_init_from(struct mls_crypto *c,
						   struct mls_secret *init_secret,
						   const struct mls_key *external_key,
						   struct mls_slice kem_output);

/* MLS-Exporter (RFC 9420 8.5); MLS_ERR_USAGE above 255 * suite->nh bytes. */
enum mls_err MLS_MUST_CHECK mls_exporter(struct mls_crypto *c, uint8_t *out, size_t out_len,
					 const struct mls_secret *exporter_secret,
					 struct mls_slice label, struct mls_slice context);
#endif
