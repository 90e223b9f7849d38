#ifndef MLS_PSK_H
#define MLS_PSK_H
#include "label.h"

enum mls_psk_type {
	MLS_PSK_EXTERNAL = 1,
	MLS_PSK_RESUMPTION = 2,
};

enum mls_psk_usage {
	MLS_PSK_APPLICATION = 1,
	MLS_PSK_REINIT = 2,
	MLS_PSK_BRANCH = 3,
};

/* RFC 9420 8.4: struct PreSharedKeyID. Fields of the other type are zero. */
struct mls_psk_id {
	uint8_t type; /* enum mls_psk_type; anything else is MLS_ERR_PSK_TYPE */
	struct mls_slice psk_id;
	uint8_t usage; /* enum mls_psk_usage; anything else is MLS_ERR_PSK_USAGE */
	struct mls_slice psk_group_id;
	uint64_t psk_epoch;
	struct mls_slice psk_nonce;
};
MLS_WIRE_TYPE_DECLARE(psk_id)

struct mls_psk {
	struct mls_psk_id id;
	struct mls_slice psk;
};

/*
 * psk_secret of a list of at most 65535 PSKs (MLS_ERR_TOO_LONG above), in the order in
 * which the Commit or GroupSecrets lists them; suite->nh zeros for an empty list.
 */
enum mls_err MLS_MUST_CHECK mls_psk_secret(struct mls_crypto *c, struct mls_secret *out,
					   const struct mls_psk *psks, size_t n_psks);
#endif
