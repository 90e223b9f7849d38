#ifndef MLS_PUBLIC_REGISTRY_H
#define MLS_PUBLIC_REGISTRY_H
#include <stddef.h>
#include <stdint.h>

/* The numbers that RFC 9420 registers. */

#ifdef __cplusplus
extern "C" {
#endif

/* Cipher suites, RFC 9420 17.1. */
enum mls_suite_id {
	MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519 = 1,
	MLS_128_DHKEMP256_AES128GCM_SHA256_P256 = 2,
	MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_ED25519 = 3,
	MLS_256_DHKEMX448_AES256GCM_SHA512_ED448 = 4,
	MLS_256_DHKEMP521_AES256GCM_SHA512_P521 = 5,
	MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_ED448 = 6,
	MLS_256_DHKEMP384_AES256GCM_SHA384_P384 = 7,
};

/* Credential types, RFC 9420 17.5. */
enum mls_credential_type {
	MLS_CREDENTIAL_BASIC = 1, /* content: the identity */
	MLS_CREDENTIAL_X509 = 2,  /* content: the encoded Certificate vector, without its length */
};

/* Extension types, RFC 9420 17.3. */
enum mls_extension_type {
	MLS_EXTENSION_APPLICATION_ID = 1,
	MLS_EXTENSION_RATCHET_TREE = 2,
	MLS_EXTENSION_REQUIRED_CAPABILITIES = 3,
	MLS_EXTENSION_EXTERNAL_PUB = 4,
	MLS_EXTENSION_EXTERNAL_SENDERS = 5,
};

/* Proposal types, RFC 9420 17.4. */
enum mls_proposal_type {
	MLS_PROPOSAL_ADD = 1,
	MLS_PROPOSAL_UPDATE = 2,
	MLS_PROPOSAL_REMOVE = 3,
	MLS_PROPOSAL_PSK = 4,
	MLS_PROPOSAL_REINIT = 5,
	MLS_PROPOSAL_EXTERNAL_INIT = 6,
	MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS = 7,
};

/* A list of 16-bit code points, borrowed. */
struct mls_code_points {
	const uint16_t *v;
	size_t n;
};

#ifdef __cplusplus
}
#endif
#endif
