#ifndef CERTIFICATES_H
#define CERTIFICATES_H
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "members.h"

/* Real certificates, made by OpenSSL, and clients that present them. */

/* Who signs certificates: a root of its own. */
struct authority {
	EVP_PKEY *key;
	X509 *root;
};
void authority_begin(struct authority *a);
void authority_end(struct authority *a);

/* A new signature key of a cipher suite, or of an algorithm: "P-256", "ED25519". */
EVP_PKEY *certificate_key(uint16_t suite);
EVP_PKEY *certificate_key_of(const char *algorithm);

/* Appends the DER of a certificate of `key` for a name. */
void certificate_issue(const struct authority *a, struct mls_buf *der, EVP_PKEY *key,
		       const char *name);

/* The same of version 1, which has no version field. */
void certificate_issue_v1(const struct authority *a, struct mls_buf *der, EVP_PKEY *key);

/* Appends a Certificate of a credential's vector. */
void certificate_put(struct mls_buf *chain, struct mls_slice der);

/* Appends the serialized public key, as a leaf has it. */
void certificate_public(struct mls_buf *out, EVP_PKEY *key);

/* A signature key of a cipher suite, a copy or with NULL a new one, and the chain of a new
 * certificate of it and the root. */
struct certified {
	EVP_PKEY *key;
	struct mls_buf private_key, public_key, chain;
};
void certified_begin(struct certified *c, const struct authority *a, uint16_t suite, EVP_PKEY *key,
		     const char *name);
void certified_end(struct certified *c);

/* The chain of a new client: its certificate and the root. NULL for a policy that leaves all to
 * `a`, which accepts what it has signed, and whose name stays the same. */
struct mls_client *certified_client(struct authority *a, uint16_t suite, const char *name,
				    const struct mls_policy *policy);
bool authority_accepts(void *state, const struct mls_identity *presented,
		       const struct mls_identity *replaced);
#endif
