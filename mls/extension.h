#ifndef MLS_EXTENSION_H
#define MLS_EXTENSION_H
#include "codec.h"

/* Extensions and what members say they support: RFC 9420 7.2, 11.1, 13.4, 13.5. */

enum { MLS_VERSION_MLS10 = 1 };

struct mls_extension {
	uint16_t type;
	struct mls_slice data;
};
MLS_WIRE_TYPE_DECLARE(extension)

/* Extension extensions<V>, kept as its body. No type may come twice (13.4): EXTENSION_TWICE. */
void mls_extensions_walk(struct mls_codec *c, struct mls_slice *body);

/* Checks the body of a list that an application gives: of the default types (7.2) it may have
 * `allowed`, or none for 0. EXTENSION_TWICE, EXTENSION_PLACE, errors of decoding. */
enum mls_err MLS_MUST_CHECK mls_extensions_check_given(struct mls_slice body, uint16_t allowed);

/* Finds the extension `type` in the body of a list that decoded; false where there is none. */
bool mls_extension_find(struct mls_slice body, uint16_t type, struct mls_slice *data);

/*
 * Lists of 16-bit code points (ProtocolVersion<V>, CipherSuite<V>, ExtensionType<V> ...), kept
 * as their body of two bytes each.
 */
void mls_code_points_walk(struct mls_codec *c, struct mls_slice *body);
bool mls_code_points_have(struct mls_slice body, uint16_t value);

/*
 * A list that is asked for many values. A long one is looked through once: both list and
 * questions may come from an attacker.
 */
struct mls_code_point_set {
	struct mls_slice list;
	bool is_long;
	uint8_t bits[65536 / 8]; /* of a long one */
};
void mls_code_point_set_init(struct mls_code_point_set *set, struct mls_slice body);
bool mls_code_point_set_has(const struct mls_code_point_set *set, uint16_t value);

/* Takes one value off the front of a body that decoded; false behind the last. */
bool mls_code_points_next(struct mls_slice *body, uint16_t *value);

/* What a group of honest members lists is some dozens; without a bound a hostile one could make
 * each member's check cost as much as it likes. */
enum { MLS_MAX_CODE_POINTS = 4096 };

struct mls_capabilities {
	struct mls_slice versions, cipher_suites, extensions, proposals, credentials;
};
MLS_WIRE_TYPE_DECLARE(capabilities)

/* The extension required_capabilities of a GroupContext (11.1). */
struct mls_required_capabilities {
	struct mls_slice extensions, proposals, credentials;
};
MLS_WIRE_TYPE_DECLARE(required_capabilities)

/* Types that every client knows and capabilities do not list (7.2). */
bool mls_extension_is_default(uint16_t type);
bool mls_proposal_is_default(uint16_t type);

/* One of the fifteen values that no registry will ever give a meaning (13.5). They are treated
 * as any unknown value; this is for their producer. */
bool mls_is_grease(uint16_t value);

/* What capabilities list, and what a member uses. */
enum mls_support_kind {
	MLS_SUPPORT_EXTENSION,
	MLS_SUPPORT_PROPOSAL,
	MLS_SUPPORT_CREDENTIAL,
	MLS_SUPPORT_CREDENTIAL_IN_USE, /* the type of the member's own credential */
};

/* Asks one member, or all of them, whether a value is listed. */
struct mls_support_query {
	bool (*supports)(const void *state, enum mls_support_kind kind, uint16_t value);
	const void *state;
};

/*
 * Is the extension list of a GroupContext satisfied: each extension in it supported (13.4),
 * and what its required_capabilities name (7.3, 11.1)? CODE_POINTS, GROUP_EXTENSION_UNSUPPORTED,
 * REQUIRED_CAPABILITIES, or the error of a list that does not decode.
 */
enum mls_err MLS_MUST_CHECK mls_support_check(const struct mls_support_query *query,
					      struct mls_slice group_extensions);

/* The same for the capabilities of one member. */
enum mls_err MLS_MUST_CHECK mls_capabilities_satisfy(const struct mls_capabilities *caps,
						     struct mls_slice group_extensions);
#endif
