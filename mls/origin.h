#ifndef MLS_ORIGIN_H
#define MLS_ORIGIN_H
#include "psk.h"

/*
 * The group from which a new one follows, by reinitialization or branching (RFC 9420 11.2,
 * 11.3). Its resumption PSK goes into the first epoch that others join, and only there may a
 * PreSharedKeyID have that usage.
 */
struct mls_origin {
	uint8_t usage; /* MLS_PSK_REINIT or MLS_PSK_BRANCH */
	struct mls_buf group_id;
	uint64_t epoch;
	struct mls_secret resumption_psk;
};

/* Wipes and frees the object too; NULL is allowed. */
void mls_origin_free(struct mls_origin *origin);

/* Does the PreSharedKeyID name the origin, which may be NULL? */
bool mls_origin_is(const struct mls_origin *origin, const struct mls_psk_id *id);

/* Appends a PreSharedKeyID of the origin with a fresh nonce. */
enum mls_err MLS_MUST_CHECK mls_origin_write(struct mls_crypto *crypto, struct mls_buf *out,
					     const struct mls_origin *origin);

/*
 * May this PSK be injected here (12.1.4)? PSK_NONCE, PSK_USAGE_HERE.
 *
 *   nh      KDF.Nh
 *   origin  NULL outside the first commit of a successor
 */
enum mls_err MLS_MUST_CHECK mls_psk_id_check(const struct mls_psk_id *id, size_t nh,
					     const struct mls_origin *origin);
#endif
