/*
 * Memory that runs out, once, at every single allocation of a group's whole life: the call
 * fails with NOMEM, leaks nothing, and succeeds when it is made again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);

static long until_failure = -1; /* allocations to come before the one that fails; -1: none does */
static bool has_failed;
static long n_live;

static bool fails_now(void)
{
	if (until_failure < 0 || until_failure-- > 0)
		return false;
	has_failed = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	void *p = fails_now() ? NULL : __real_malloc(size);

	n_live += p != NULL;
	return p;
}

void *__wrap_calloc(size_t n, size_t size)
{
	void *p = fails_now() ? NULL : __real_calloc(n, size);

	n_live += p != NULL;
	return p;
}

void __wrap_free(void *p)
{
	n_live -= p != NULL;
	__real_free(p);
}

enum { N = 4 };

/* Three members, and one who joins by itself. */
struct life {
	struct mls_client *client[N];
	struct mls_group *group[N];
	struct mls_buf package[N], private_part, commit, welcome, message, saved, info;
};

static const struct mls_slice nothing = {0};

/*
 * A call that ran out of memory is made again and must succeed then. Only a message whose key
 * was used up when memory ran out is lost: that ends this life early.
 */
#define STEP(call)                                                                                 \
	do {                                                                                       \
		enum mls_err err_ = (call);                                                        \
		if (err_ == MLS_ERR_NOMEM && has_failed)                                           \
			err_ = (call);                                                             \
		if (err_ == MLS_ERR_GENERATION_USED && has_failed)                                 \
			return;                                                                    \
		expect_err(err_, MLS_OK, #call, __FILE__, __LINE__);                               \
	} while (0)

static void make_client(struct life *l, size_t i)
{
	const uint8_t name = (uint8_t)i;
	struct mls_policy policy = mls_policy_default();
	const struct mls_client_config config = {
		.ephemeral = true,
		.suite = 1,
		.credential_type = MLS_CREDENTIAL_BASIC,
		.credential = {&name, 1},
		.now_s = TEST_NOW_S,
		.policy = &policy,
	};

	policy.past_epochs = 1;
	STEP(mls_client_new(&l->client[i], &config));
	STEP(mls_client_set_psk(l->client[i], (struct mls_slice){&name, 1},
				(struct mls_slice){&name, 1}));
	l->private_part.len = 0;
	STEP(mls_key_package_new(l->client[i], &l->package[i], &l->private_part));
	STEP(mls_client_keep_key_package(l->client[i], bytes_of(&l->package[i]),
					 bytes_of(&l->private_part)));
}

static void receive_all(struct life *l, const struct mls_buf *message, uint32_t but)
{
	struct mls_event event;

	for (uint32_t i = 0; i < N; i++) {
		if (i != but && l->group[i])
			STEP(mls_group_receive(l->group[i], &event, bytes_of(message)));
	}
}

static void begin(struct life *l)
{
	const struct mls_slice add[] = {bytes_of(&l->package[1]), bytes_of(&l->package[2])};
	const struct mls_commit_output output = {.commit = &l->commit, .welcome = &l->welcome};
	const struct mls_commit_request request = {.add = add, .n_add = 2, .tree_in_welcome = true};

	STEP(mls_group_create(l->client[0], &l->group[0], nothing, nothing));
	STEP(mls_group_commit(l->group[0], &output, &request));
	receive_all(l, &l->commit, N);
	for (size_t i = 1; i < 3; i++)
		STEP(mls_group_join(l->client[i], &l->group[i], bytes_of(&l->welcome), nothing));
}

static void talk(struct life *l, uint32_t from)
{
	l->message.len = 0;
	STEP(mls_group_protect(l->group[from], &l->message, bytes_of(&l->package[0]), nothing));
	receive_all(l, &l->message, from);
}

static void commit(struct life *l, size_t who, const struct mls_commit_request *request)
{
	const struct mls_commit_output output = {.commit = &l->commit};

	l->commit.len = 0;
	STEP(mls_group_commit(l->group[who], &output, request));
}

static void propose_and_commit(struct life *l)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};

	l->message.len = l->saved.len = 0;
	STEP(mls_group_propose(l->group[2], &l->message, &update, MLS_HANDSHAKE_PUBLIC));
	receive_all(l, &l->message, 2);
	commit(l, 1, &(struct mls_commit_request){0});
	STEP(mls_group_save(l->group[1], &l->saved));
	mls_group_free(l->group[1]);
	l->group[1] = NULL;
	STEP(mls_group_load(l->client[1], &l->group[1], bytes_of(&l->saved)));
	receive_all(l, &l->commit, N);
}

static void join_from_outside(struct life *l)
{
	const struct mls_group_info_request request = {.ratchet_tree = true, .external_pub = true};

	STEP(mls_group_info(l->group[0], &l->info, &request));
	l->commit.len = 0;
	STEP(mls_group_join_external(l->client[3], &l->group[3], &l->commit, bytes_of(&l->info),
				     &(struct mls_external_request){.ratchet_tree = {0}}));
	receive_all(l, &l->commit, 3);
}

static void remove_in_private(struct life *l)
{
	const uint32_t leaving = 1;

	commit(l, 0,
	       &(struct mls_commit_request){
		       .remove = &leaving, .n_remove = 1, .handshake = MLS_HANDSHAKE_PRIVATE});
	receive_all(l, &l->commit, N);
	mls_group_free(l->group[1]);
	l->group[1] = NULL;
}

static void live(struct life *l)
{
	for (size_t i = 0; i < N; i++)
		make_client(l, i);
	begin(l);
	talk(l, 1);
	propose_and_commit(l);
	join_from_outside(l);
	remove_in_private(l);
}

static void end(struct life *l)
{
	for (size_t i = 0; i < N; i++) {
		mls_group_free(l->group[i]);
		mls_client_free(l->client[i]);
		mls_buf_free(&l->package[i]);
	}
	mls_buf_free(&l->private_part);
	mls_buf_free(&l->commit);
	mls_buf_free(&l->welcome);
	mls_buf_free(&l->message);
	mls_buf_free(&l->saved);
	mls_buf_free(&l->info);
}

static void memory_may_run_out_anywhere(void **state)
{
	long n = 0;

	(void)state;
	do {
		struct life l = {0};
		const long before = n_live;

		has_failed = false;
		until_failure = n++;
		live(&l);
		end(&l);
		until_failure = -1;
		if (n_live != before)
			fail_msg("allocation %ld: %ld blocks leaked", n - 1, n_live - before);
	} while (has_failed);
	assert_true(n > 300); /* that many allocations were made to fail */
}

static void the_error_says_so(void **state)
{
	const struct mls_client_config config = {
		.suite = 1, .credential_type = MLS_CREDENTIAL_BASIC, .ephemeral = true};
	struct mls_client *client = NULL;

	(void)state;
	until_failure = 0;
	REFUSED(mls_client_new(&client, &config), MLS_ERR_NOMEM);
	assert_null(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_error_says_so),
		cmocka_unit_test(memory_may_run_out_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
