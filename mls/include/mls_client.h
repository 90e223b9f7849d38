#ifndef MLS_PUBLIC_CLIENT_H
#define MLS_PUBLIC_CLIENT_H
#include "mls_buffer.h"
#include "mls_identity.h"
#include "mls_registry.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Cryptographic libraries. OpenSSL has everything. libsodium has the curves of cipher suites
 * 1 and 3, X25519 and Ed25519, and does them in less time; the rest then stays with
 * OpenSSL. Members on either understand each other.
 */
enum mls_crypto_library {
	MLS_CRYPTO_OPENSSL = 0,
	MLS_CRYPTO_SODIUM = 1,
};

/* The version of this library; and that of a library below, as this reports it. */
const char *mls_version(void);
const char *mls_crypto_version(enum mls_crypto_library library);

/* Where random bytes come from. fill writes exactly `len` bytes, or fails. */
struct mls_random {
	enum mls_err (*fill)(void *state, uint8_t *out, size_t len);
	void *state;
};

/*
 * What RFC 9420 leaves to the application. mls_policy_default() is a policy to start from.
 *
 *   max_lifetime_s      longest lifetime of a KeyPackage that is accepted (7.2); 0: any
 *   accept_expired      accept received leaves outside their lifetime. What this client
 *                       itself adds must always be inside it (7.3).
 *   max_message         longest message that is read, in bytes; also of a ratchet tree given beside
 *                       it, and of all proposals cached in one epoch together
 *   max_group_extensions  longest extensions of a GroupContext, in bytes, which go into each
 *                       signature and tag of the group
 *   max_leaves          largest tree that is joined, in leaves
 *   max_ratchet_steps   how far one message may push a sender's ratchet (15.3)
 *   max_kept_keys       message keys kept for late messages, for each sender's ratchet
 *   max_proposals       proposals cached in one epoch
 *   past_epochs         epochs before the present one whose messages can still be read and
 *                       whose resumption PSK is kept; their other secrets are gone (9.2)
 *   reserved_keys       how many own message keys one call of the storage reserves: so many are
 *                       lost to a crash, and so few calls does sending cost; at most 1,000, 0: 1
 *   padding             PrivateMessage content is padded with zeros to a multiple of this
 *                       many bytes; 0 and 1: no padding (6.3.1)
 *   accept_credential   Is this credential of a member or external sender acceptable (5.3.1)?
 *                       NULL: every well-formed one is. `replaced` is whom it replaces, or NULL.
 *                       An X.509 end entity's key is signature_key (5.3); judge all else of it.
 *   state               handed to the callback
 */
struct mls_policy {
	uint64_t max_lifetime_s;
	bool accept_expired;
	size_t max_message;
	size_t max_group_extensions;
	uint32_t max_leaves;
	uint32_t max_ratchet_steps;
	uint32_t max_kept_keys;
	uint32_t max_proposals;
	uint32_t past_epochs;
	uint32_t reserved_keys;
	uint32_t padding;
	bool (*accept_credential)(void *state, const struct mls_identity *presented,
				  const struct mls_identity *replaced);
	void *state;
};

/* Lifetimes of at most 90 days and an hour, expired leaves refused, 64 MiB messages, 64 KiB of a
 * group's extensions, 2^20 leaves, 1,000 ratchet steps, 1,000 kept keys, 1,000 proposals, no past
 * epochs, 32 reserved keys, no padding, every credential. The longest lifetime is that of a
 * client's own key packages unless it is made otherwise, which begin an hour early for clocks that
 * are slow; among clients whose key packages live longer, more has to be accepted. */
struct mls_policy mls_policy_default(void);

/*
 * Client
 *
 * A client is one device: a cipher suite, a signature key, a credential, a policy, a source
 * of randomness, the time, and the private parts of the key packages it has published.
 * A client and all groups made from it belong to one thread at a time; a client outlives
 * its groups.
 */
struct mls_client;

struct mls_storage;

/*
 * What a client is made from; everything is copied.
 *
 *   suite              cipher suite (17.1)
 *   crypto             whose curves are used; 0: OpenSSL's
 *   signature_private  the signature key as the vectors of the working group write it: the
 *   signature_public   seed of EdDSA, the scalar of ECDSA. Both empty: a key is generated. A public
 *                      key that is given must be that of the private one; empty: it is computed
 *   credential         credential_type and its content
 *   capabilities       what the leaf announces beside mls10, this suite and this credential
 *                      type, which are always there, without default types (7.2)
 *   leaf_extensions    the encoded body (mls_extension_put) of the extensions in each leaf of this
 *                      client: application_id (5.3.3), and types that `extensions` lists
 *   key_package_extensions  the same of each KeyPackage (10), of types that `extensions` lists
 *   grease             put a GREASE value (13.5) into the lists of suites, extensions, proposals
 *                      and credentials of the capabilities, and a GREASE extension into leaves
 *                      and key packages: each drawn once, for the life of the client. Who
 *                      handles unknown values as he must ignores them; messages get longer
 *   key_package_lifetime_s  0: 90 days; members with the default policy refuse more
 *   random, now_s      randomness, fill NULL: mls_random_system(); mls_client_set_time
 *   storage            where state is kept (mls_storage.h), unless
 *   ephemeral          there is none: groups end with the process, or mls_group_save is called
 *   threads            how many a call may use, for many members; 0, 1: it never starts one
 *   policy             NULL: mls_policy_default()
 */
struct mls_client_config {
	uint16_t suite;
	enum mls_crypto_library crypto;
	struct mls_slice signature_private, signature_public;
	uint16_t credential_type;
	struct mls_slice credential;
	struct mls_code_points suites, extensions, proposals, credentials;
	struct mls_slice leaf_extensions, key_package_extensions;
	bool grease;
	uint64_t key_package_lifetime_s, now_s;
	struct mls_random random;
	const struct mls_storage *storage;
	bool ephemeral;
	unsigned threads;
	const struct mls_policy *policy;
};

/* Random bytes of the operating system, by way of the cryptographic library. */
struct mls_random mls_random_system(void);

/*
 * mls_client_new makes a client. SUITE for a cipher suite it does not know, CRYPTO_LIBRARY where
 * config->crypto lacks its curves, PRIVATE_KEY or PUBLIC_KEY for what is no signature key of it,
 * SIGNATURE_KEY_MISMATCH for a public key that does not belong to the private one,
 * CREDENTIAL_TYPE, CERTIFICATES_EMPTY, TRUNCATED, CERTIFICATE, CERTIFICATE_KEY for a credential
 * that others would refuse, EXTENSION_TWICE, TRUNCATED, EXTENSION_NOT_LISTED for extensions that
 * others would refuse, LEAF_TOO_LONG where credential, lists and leaf extensions can make a leaf
 * longer than 65,535 bytes, CODE_POINTS where the lists of extensions, proposals and credentials
 * have more than 4,095 different entries, EXTENSION_PLACE for a default type that is not a leaf's
 * or a KeyPackage's (17.3), STORAGE_UNDECIDED unless there is either a storage or `ephemeral`,
 * USAGE for over 64 threads, CRYPTO, NOMEM.
 */
enum mls_err MLS_MUST_CHECK mls_client_new(struct mls_client **client,
					   const struct mls_client_config *config);

/* Wipes and frees; NULL is allowed. Groups of the client must be gone. */
void mls_client_free(struct mls_client *client);

/*
 * Tells the client what time it is, in seconds since 1970, by a precise clock (CLOCK_REALTIME):
 * time() may lag a tick behind it, and a key package of another implementation that begins in the
 * second it was made in is then not yet valid.
 */
void mls_client_set_time(struct mls_client *client, uint64_t now_s);

/*
 * Another identity of a client; as the fields of the same names of struct mls_client_config, and
 * copied like them. Who wants another credential with the same key gives that key again
 * (mls_client_signature_private, mls_client_signature_key): where both fields are empty a key is
 * generated, here too. The library does not store it: export it before anything presents it, the
 * next commit or key package, or a restart loses what it has signed for.
 */
struct mls_new_identity {
	struct mls_slice signature_private, signature_public;
	uint16_t credential_type;
	struct mls_slice credential;
};

/*
 * mls_client_set_identity gives the client another credential, signature key or both (5.3). From
 * now on its key packages, the groups it creates, its external commits, its Updates and its
 * commits with a path present that, and what it proposes as an external sender is signed with it.
 * In a group that it is in it has the identity before until such an Update is committed or such a
 * commit accepted, and signs with the key of it; a commit that is discarded leaves it there. The
 * other members' accept_credential is asked, with the identity before as `replaced` (5.3.1).
 *
 * Identities before are kept until the client is freed; to go back to one, set it again. In saved
 * state there is none: before groups are loaded and key packages kept or restored, the client must
 * have been given each identity that a group has, in its present epoch, a pending commit or an own
 * Update that waits, and each that a published key package has.
 *
 * PRIVATE_KEY, PUBLIC_KEY, SIGNATURE_KEY_MISMATCH, CREDENTIAL_TYPE, CERTIFICATES_EMPTY, TRUNCATED,
 * CERTIFICATE, CERTIFICATE_KEY, LEAF_TOO_LONG as mls_client_new; CREDENTIAL_NOT_LISTED for a
 * credential type that is not in the client's capabilities. On failure the client is as it was.
 */
enum mls_err MLS_MUST_CHECK mls_client_set_identity(struct mls_client *client,
						    const struct mls_new_identity *identity);

/* The public signature key of the present identity; memory of the client, until another is set. */
struct mls_slice mls_client_signature_key(const struct mls_client *client);

/* Appends the private key of it, as struct mls_client_config takes it. Secret. */
enum mls_err MLS_MUST_CHECK mls_client_signature_private(const struct mls_client *client,
							 struct mls_buf *out);

/*
 * mls_key_package_new makes a KeyPackage (10), by which others can add this client.
 *
 *   message       appended: MLSMessage with the KeyPackage, to be published
 *   private_part  appended: opaque init_private_key<V>, opaque encryption_private_key<V>.
 *                 The client does not keep it: see mls_client_keep_key_package.
 *
 * In a client with a storage both are stored before (mls_storage.h).
 */
enum mls_err MLS_MUST_CHECK mls_key_package_new(struct mls_client *client, struct mls_buf *message,
						struct mls_buf *private_part);

/*
 * What a KeyPackage says, for who chooses among several or wants to know whom it adds. Nothing of
 * it is verified. Pointers lead into the message.
 *
 *   not_before_s, not_after_s  its lifetime, in seconds since 1970 (7.2)
 *   leaf_extensions, extensions  of its leaf and its own: encoded bodies (mls_extension_take)
 */
struct mls_key_package_outline {
	uint16_t suite;
	struct mls_identity member;
	uint64_t not_before_s, not_after_s;
	struct mls_slice leaf_extensions, extensions;
};

/* Reads an MLSMessage with a KeyPackage (10). Fails for what does not decode; MESSAGE_TOO_LONG
 * beyond 64 MiB, since there is no policy that could say how much may be read. */
enum mls_err MLS_MUST_CHECK mls_key_package_read(struct mls_key_package_outline *outline,
						 struct mls_slice key_package);

/*
 * mls_client_keep_key_package gives the client what mls_key_package_new made, so that it can
 * join by a Welcome. A join that succeeds consumes it, and it must not be given again: the same
 * Welcome would begin with the same message keys. Fails with the errors of a KeyPackage that does
 * not decode, with KEY_PACKAGE_SUITE for one of another cipher suite, and with KEY_PACKAGE_PRIVATE
 * or PRIVATE_KEY where the private part is not its own, or its signature key is of no identity that
 * this client has been given.
 */
enum mls_err MLS_MUST_CHECK mls_client_keep_key_package(struct mls_client *client,
							struct mls_slice message,
							struct mls_slice private_part);

/* An external pre-shared key (8.4), copied. Given again, an id gets its new value; an empty
 * `psk` forgets the id. */
enum mls_err MLS_MUST_CHECK mls_client_set_psk(struct mls_client *client, struct mls_slice id,
					       struct mls_slice psk);

#ifdef __cplusplus
}
#endif
#endif
