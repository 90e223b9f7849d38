#ifndef MLS_PROBE_H
#define MLS_PROBE_H
#include "mls.h"
#include "mls_counts.h"

/*
 * What a benchmark needs to look into mls/ and to prepare big groups. Never installed, not
 * in libmls.so.
 */

/*
 * mls_probe_client_new makes a client that shares the cryptographic contexts, the counts and
 * the random source of `sibling`, which outlives it, and its threads: that is some hundred times
 * cheaper than mls_client_new. config->random is used while the client is made, so that its
 * signature key depends on nothing else. Suites must be equal, else SUITE; so must the libraries
 * below, else CRYPTO_LIBRARY.
 */
enum mls_err MLS_MUST_CHECK mls_probe_client_new(struct mls_client **client,
						 const struct mls_client_config *config,
						 struct mls_client *sibling);

/* mls_key_package_new, with randomness from `random` and from nothing else. */
enum mls_err MLS_MUST_CHECK mls_probe_key_package_new(struct mls_client *client,
						      struct mls_buf *message,
						      struct mls_buf *private_part,
						      const struct mls_random *random);

/* From now on the client and its siblings draw randomness from `random`. */
void mls_probe_set_random(struct mls_client *client, const struct mls_random *random);

/* Primitive operations of the client, its siblings and their groups, since it was made. */
void mls_probe_counts(const struct mls_client *client, struct mls_counts *counts);

/* Allocation calls of mls/ in this thread since it began, those of its cryptographic library
 * not counted. */
uint64_t mls_probe_allocations(void);

/*
 * mls_probe_group_fork makes an independent copy of a group that shares all immutable state
 * with it. `client` is the group's own or another one with the same keys and siblings.
 */
enum mls_err MLS_MUST_CHECK mls_probe_group_fork(struct mls_client *client, struct mls_group **copy,
						 const struct mls_group *group);

/*
 * One primitive alone, through crypto.h as all of mls/ calls it: signatures and AEAD over 64 bytes,
 * hashes and HMACs (under a new key) over 55, the AEAD under a new key each time. prepare makes
 * the inputs; call makes n calls; check answers whether the last of them did what it should.
 */
enum mls_probe_primitive {
	MLS_PROBE_KEYGEN,
	MLS_PROBE_DH,
	MLS_PROBE_SIGN,
	MLS_PROBE_VERIFY,
	MLS_PROBE_HASH,
	MLS_PROBE_HMAC,
	MLS_PROBE_AEAD,
};

/* Belongs to a client, which outlives it. Errors: NOMEM, CRYPTO, RANDOM. */
struct mls_probe_call;
enum mls_err MLS_MUST_CHECK mls_probe_call_prepare(struct mls_client *client,
						   struct mls_probe_call **out,
						   enum mls_probe_primitive which);
enum mls_err MLS_MUST_CHECK mls_probe_call(struct mls_probe_call *call, uint32_t n);
bool mls_probe_call_check(struct mls_probe_call *call);
void mls_probe_call_free(struct mls_probe_call *call); /* NULL is allowed */

/* How a group of many members began, as far as its ratchet tree shows it. */
enum mls_probe_shape {
	MLS_PROBE_COLD,         /* member 0 added all others in one commit with path */
	MLS_PROBE_COLD_NO_PATH, /* ... without path */
	MLS_PROBE_FULL,         /* then every member committed once, in order */
};

/* A commit of its later life, by the member at leaf `committer`. */
struct mls_probe_step {
	enum mls_probe_step_kind {
		MLS_PROBE_UPDATE,      /* a path and nothing else */
		MLS_PROBE_ADD,         /* a newcomer at the leftmost blank leaf, and a path */
		MLS_PROBE_ADD_NO_PATH, /* ... without path */
		MLS_PROBE_REMOVE,      /* the member at another leaf, and a path */
	} kind;
	uint32_t committer;
	uint32_t leaf; /* of the newcomer, or of who leaves */
};

/* Leaves that the tree of a made group has room for. */
#define MLS_PROBE_MOST_LEAVES (UINT32_C(1) << 24)

/*
 * Who the members at the end are, counted from the left: no leaf is blank in a shape
 * without steps, so that there member i is at leaf i. `config` fills in what member `member` is
 * made from; config->random must depend on `member` alone, and be at its beginning: first the
 * signature key is drawn from it and then the key package, by mls_probe_client_new and
 * mls_probe_key_package_new. `key_package`, which may be NULL, finds the message that was made
 * then, which is not verified and stays until the next call; false where it is not at hand, so
 * that it is made again.
 */
struct mls_probe_members {
	void (*config)(void *state, uint32_t member, struct mls_client_config *config);
	bool (*key_package)(void *state, uint32_t member, struct mls_slice *message);
	void *state;
};

struct mls_probe_shape_request {
	enum mls_probe_shape shape;
	uint32_t size;                      /* members of the shape, at leaves 0 .. size - 1 */
	const struct mls_probe_step *steps; /* n_steps, one after the other */
	size_t n_steps;
	struct mls_slice group_id;
	struct mls_probe_members members;
	struct mls_random random;   /* for everything else that is drawn */
	const uint32_t *live;       /* n_live members */
	struct mls_client **client; /* their clients, of the configs above */
	size_t n_live;
};

/*
 * mls_probe_make_groups makes the groups of the live members directly: group[i] is that of
 * client[i]. They share one ratchet tree. Each role's work is that of a member who came
 * to the same state by messages: every node is as the last commit left it that set it, with
 * the leaves unmerged there that were added since. Only keys and hashes that nothing in the
 * tree refers to any more are seeded bytes of the same length.
 *
 * Cryptography for each node that is left, once, whatever happened before; beside it
 * O(size + n_steps log size) arithmetic. USAGE for steps that no group can take, and for
 * live members that are none.
 */
enum mls_err MLS_MUST_CHECK mls_probe_make_groups(struct mls_group **group,
						  const struct mls_probe_shape_request *request);
#endif
