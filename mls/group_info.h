#ifndef MLS_GROUP_INFO_H
#define MLS_GROUP_INFO_H
#include "extension.h"
#include "group_context.h"
#include "label.h"

/* GroupInfo, GroupSecrets and Welcome, as they travel: RFC 9420 12.4.3, 12.4.3.1. */

struct mls_group_info {
	struct mls_group_context context;
	struct mls_slice extensions; /* body */
	struct mls_slice confirmation_tag;
	uint32_t signer; /* leaf index */
	struct mls_slice signature;

	/* Set by decoding: the encoded GroupContext, and what stands in front of the signature. */
	struct mls_slice context_bytes, signed_part;
};
MLS_WIRE_TYPE_DECLARE(group_info)

/* Checks the signature of a GroupInfo that was decoded. GROUP_INFO_SIGNATURE. */
enum mls_err MLS_MUST_CHECK mls_group_info_verify(struct mls_crypto *crypto,
						  const struct mls_group_info *info,
						  struct mls_slice public_key);

/* Appends the signature<V> of the GroupInfo whose other fields stand in `out` from `start` on. */
enum mls_err MLS_MUST_CHECK mls_group_info_sign(struct mls_crypto *crypto, struct mls_buf *out,
						size_t start, struct mls_signer *signer);

struct mls_group_secrets {
	struct mls_slice joiner_secret;
	bool has_path_secret;
	struct mls_slice path_secret;
	struct mls_slice psks; /* body of PreSharedKeyID<V> */
};
MLS_WIRE_TYPE_DECLARE(group_secrets)

struct mls_encrypted_group_secrets {
	struct mls_slice new_member; /* KeyPackageRef */
	struct mls_hpke_ciphertext secrets;
};
MLS_WIRE_TYPE_DECLARE(encrypted_group_secrets)

struct mls_welcome {
	uint16_t suite;
	struct mls_slice secrets; /* body of EncryptedGroupSecrets<V> */
	struct mls_slice encrypted_group_info;
};
MLS_WIRE_TYPE_DECLARE(welcome)
#endif
