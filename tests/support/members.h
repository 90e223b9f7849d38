#ifndef MEMBERS_H
#define MEMBERS_H
#include "mls.h"

/* Clients and groups for tests of the public API. Every failure fails the running test. */

/* 1 November 2026. */
#define TEST_NOW_S UINT64_C(1793491200)

/* A client with a 16-byte identity made of `number` and the defaults of the measurements. */
struct mls_client *member_client(uint16_t suite, uint32_t number);
struct mls_client *member_client_with_policy(uint16_t suite, uint32_t number,
					     const struct mls_policy *policy);

/*
 * Clients that are made from now on use the curves of `even` if their number is even and of
 * `odd` otherwise; those of OpenSSL where libsodium does not have the suite, and until this is
 * called.
 */
void members_on(enum mls_crypto_library even, enum mls_crypto_library odd);

/* A group setup of cmocka: members of either library in each group. */
int members_on_either(void **state);

/* Clients that are made from now on draw from this source. */
void members_draw_from(struct mls_random random);

/* Clients that are made from now on have GREASE values, or have not. */
void members_grease(bool grease);

/* A key package that the client keeps; its message is appended to *message. */
void member_publish(struct mls_client *client, struct mls_buf *message);

/* Expectation with names of both errors in the message. */
void expect_err(enum mls_err got, enum mls_err want, const char *call, const char *file, int line);
#define OK(call)            expect_err((call), MLS_OK, #call, __FILE__, __LINE__)
#define REFUSED(call, want) expect_err((call), (want), #call, __FILE__, __LINE__)

void assert_same(struct mls_slice is, struct mls_slice want);

static inline struct mls_slice bytes_of(const struct mls_buf *b)
{
	return (struct mls_slice){b->p, b->len};
}

/*
 * A world of up to MAX_MEMBERS clients in one group. Member i has leaf i unless a test
 * removes and adds.
 */
enum { MAX_MEMBERS = 130 };
struct world {
	uint16_t suite;
	uint32_t n; /* clients made */
	struct mls_client *client[MAX_MEMBERS];
	struct mls_group *group[MAX_MEMBERS]; /* NULL: not in the group */
	struct mls_buf commit, welcome, tree, message;
};

/* Member 0 creates the group and adds all others in one commit. */
struct world *world_new(uint16_t suite, uint32_t n_members, const struct mls_commit_request *how,
			const struct mls_policy *policy);
void world_free(struct world *w);

/* Makes client w->n and returns its number. */
uint32_t world_client(struct world *w, const struct mls_policy *policy);

/*
 * `actor` commits; everybody processes, the actor too; those who were removed leave. Clients
 * `joining` (n numbers) are added and join.
 */
void world_commit(struct world *w, uint32_t actor, const struct mls_commit_request *request,
		  const uint32_t *joining, size_t n_joining);

/* All groups agree on epoch and authenticator, and a message of each reaches all others. */
void world_check(struct world *w);
#endif
