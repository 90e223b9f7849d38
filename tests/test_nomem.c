/*
 * Memory that runs out, once, at every single allocation of a group's whole life: the call
 * fails with NOMEM, leaks nothing, and succeeds when it is made again. And no block that is
 * freed, in any of these lives, still holds a secret: what the KDF gave, a private key, a PSK, a
 * plaintext.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto.h"
#include "members.h"
#include "mls_storage.h"
#include "stride.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);

/* ---- secrets ---- */

/* What is known of a secret is its first bytes; fewer could be there by chance. */
enum { KNOWN_BYTES = 16, MAX_KNOWN = 1 << 14 };

static uint8_t known[MAX_KNOWN][KNOWN_BYTES];
static uint16_t place[4 * MAX_KNOWN]; /* 1 + index into known, by hash; 0: none */
static size_t n_known;
static const char *found; /* the call in which a secret was freed */
static const char *calling = "";

static size_t place_of(const uint8_t *bytes)
{
	uint64_t head;

	memcpy(&head, bytes, sizeof(head));
	return (size_t)(head * UINT64_C(0x9e3779b97f4a7c15) >> 48);
}

static bool is_known(const uint8_t *bytes)
{
	for (size_t at = place_of(bytes); place[at]; at = (at + 1) % (4 * MAX_KNOWN)) {
		if (memcmp(known[place[at] - 1], bytes, KNOWN_BYTES) == 0)
			return true;
	}
	return false;
}

/* Zeros are no secret; the commit_secret of a commit without path, for one. */
static void learn(const uint8_t *bytes, size_t len)
{
	static const uint8_t zeros[KNOWN_BYTES];
	size_t at;

	if (len < KNOWN_BYTES || memcmp(bytes, zeros, KNOWN_BYTES) == 0 || is_known(bytes))
		return;
	if (n_known == MAX_KNOWN)
		fail_msg("more than %d secrets", MAX_KNOWN);
	memcpy(known[n_known++], bytes, KNOWN_BYTES);
	for (at = place_of(bytes); place[at]; at = (at + 1) % (4 * MAX_KNOWN))
		;
	place[at] = (uint16_t)n_known;
}

static void forget_secrets(void)
{
	n_known = 0;
	memset(place, 0, sizeof(place));
	found = NULL;
}

static void look_for_secrets(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + KNOWN_BYTES <= len && !found; i++) {
		if (is_known(p + i))
			found = calling;
	}
}

/* What gives secrets, and is told apart by the linker. */
enum mls_err __real_mls_hkdf_expand(struct mls_crypto *c, uint8_t *out, size_t len,
				    const struct mls_hmac_key *prk, const struct mls_slice *info,
				    size_t n_info);
enum mls_err __wrap_mls_hkdf_expand(struct mls_crypto *c, uint8_t *out, size_t len,
				    const struct mls_hmac_key *prk, const struct mls_slice *info,
				    size_t n_info);
void __real_mls_hkdf_extract_keyed(struct mls_crypto *c, struct mls_secret *out,
				   const struct mls_hmac_key *salt, const struct mls_slice *ikm,
				   size_t n_ikm);
void __wrap_mls_hkdf_extract_keyed(struct mls_crypto *c, struct mls_secret *out,
				   const struct mls_hmac_key *salt, const struct mls_slice *ikm,
				   size_t n_ikm);
void __real_mls_hkdf_extract(struct mls_crypto *c, struct mls_secret *out, struct mls_slice salt,
			     const struct mls_slice *ikm, size_t n_ikm);
void __wrap_mls_hkdf_extract(struct mls_crypto *c, struct mls_secret *out, struct mls_slice salt,
			     const struct mls_slice *ikm, size_t n_ikm);
enum mls_err __real_mls_key_generate(struct mls_crypto *c, struct mls_key **out);
enum mls_err __wrap_mls_key_generate(struct mls_crypto *c, struct mls_key **out);
enum mls_err __real_mls_key_import(struct mls_crypto *c, struct mls_key **out,
				   struct mls_slice private_key, struct mls_slice public_key);
enum mls_err __wrap_mls_key_import(struct mls_crypto *c, struct mls_key **out,
				   struct mls_slice private_key, struct mls_slice public_key);

enum mls_err __wrap_mls_hkdf_expand(struct mls_crypto *c, uint8_t *out, size_t len,
				    const struct mls_hmac_key *prk, const struct mls_slice *info,
				    size_t n_info)
{
	enum mls_err err = __real_mls_hkdf_expand(c, out, len, prk, info, n_info);

	if (err == MLS_OK)
		learn(out, len);
	return err;
}

void __wrap_mls_hkdf_extract_keyed(struct mls_crypto *c, struct mls_secret *out,
				   const struct mls_hmac_key *salt, const struct mls_slice *ikm,
				   size_t n_ikm)
{
	__real_mls_hkdf_extract_keyed(c, out, salt, ikm, n_ikm);
	learn(out->bytes, out->len);
}

void __wrap_mls_hkdf_extract(struct mls_crypto *c, struct mls_secret *out, struct mls_slice salt,
			     const struct mls_slice *ikm, size_t n_ikm)
{
	__real_mls_hkdf_extract(c, out, salt, ikm, n_ikm);
	learn(out->bytes, out->len);
}

enum mls_err __wrap_mls_key_generate(struct mls_crypto *c, struct mls_key **out)
{
	uint8_t memory[80];
	struct mls_buf exported = {.p = memory, .cap = sizeof(memory), .fixed = true};
	enum mls_err err = __real_mls_key_generate(c, out);

	if (err == MLS_OK && mls_key_export(&exported, *out) == MLS_OK)
		learn(exported.p, exported.len);
	return err;
}

enum mls_err __wrap_mls_key_import(struct mls_crypto *c, struct mls_key **out,
				   struct mls_slice private_key, struct mls_slice public_key)
{
	learn(private_key.p, private_key.len);
	return __real_mls_key_import(c, out, private_key, public_key);
}

/* ---- memory ---- */

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
	void *p = fails_now() ? NULL : __real_calloc(1, size);

	/* Zeros, so that what is found was written by its owner. */
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
	if (p)
		look_for_secrets(p, malloc_usable_size(p));
	__real_free(p);
}

enum { N = 4 };

static const uint8_t signature_seed[N][33] = {
	"the signature key of member 0...",
	"the signature key of member 1...",
	"the signature key of member 2...",
	"the signature key of member 3...",
};

/* Three members, and one who joins by itself. */
struct life {
	struct mls_client *client[N];
	struct mls_group *group[N];
	struct mls_buf package[N], private_part, commit, welcome, message, saved, info;
};

static const struct mls_slice nothing = {0};
static const uint8_t psk_id[1] = {7}, psk[32] = "a pre-shared key of 32 bytes....";
static const uint8_t plaintext[32] = "a plaintext of thirty-two bytes.";

/* Where member 2 stores: its group and what changed since. */
static uint8_t stored[2][1 << 16];
static size_t stored_len[2];

static enum mls_err put(void *state, enum mls_stored what, struct mls_slice id,
			struct mls_slice bytes)
{
	(void)state;
	(void)id;
	if (what == MLS_STORED_KEY_PACKAGE)
		return MLS_OK;
	if (what == MLS_STORED_GROUP)
		stored_len[0] = stored_len[1] = 0;
	memcpy(stored[what == MLS_STORED_CHANGE] + stored_len[what == MLS_STORED_CHANGE], bytes.p,
	       bytes.len);
	stored_len[what == MLS_STORED_CHANGE] += bytes.len;
	return MLS_OK;
}

/*
 * A call that ran out of memory is made again and must succeed then. Only a message whose key
 * was used up when memory ran out is lost: that ends this life early.
 */
#define STEP(call)                                                                                 \
	do {                                                                                       \
		enum mls_err err_;                                                                 \
                                                                                                   \
		calling = #call;                                                                   \
		err_ = (call);                                                                     \
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
	const struct mls_storage storage = {.put = put};
	const struct mls_client_config config = {
		.ephemeral = i != 2,
		.storage = i == 2 ? &storage : NULL,
		.signature_private = {signature_seed[i], 32},
		.suite = 1,
		.credential_type = MLS_CREDENTIAL_BASIC,
		.credential = {&name, 1},
		.now_s = TEST_NOW_S,
		.policy = &policy,
	};

	policy.past_epochs = 1;
	STEP(mls_client_new(&l->client[i], &config));
	STEP(mls_client_set_psk(l->client[i], (struct mls_slice){psk_id, 1},
				(struct mls_slice){psk, 32}));
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
	STEP(mls_group_protect(l->group[from], &l->message, (struct mls_slice){plaintext, 32},
			       nothing));
	receive_all(l, &l->message, from);
}

static void commit(struct life *l, size_t who, const struct mls_commit_request *request)
{
	const struct mls_commit_output output = {.commit = &l->commit};

	l->commit.len = 0;
	STEP(mls_group_commit(l->group[who], &output, request));
}

/* Member 2 goes on from its storage. */
static void restart(struct life *l)
{
	mls_group_free(l->group[2]);
	l->group[2] = NULL;
	STEP(mls_group_restore(l->client[2], &l->group[2],
			       (struct mls_slice){stored[0], stored_len[0]},
			       (struct mls_slice){stored[1], stored_len[1]}));
}

static void propose_and_commit(struct life *l)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};

	l->message.len = l->saved.len = 0;
	STEP(mls_group_propose(l->group[2], &l->message, &update, MLS_HANDSHAKE_PUBLIC));
	receive_all(l, &l->message, 2);
	restart(l);
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
	const struct mls_psk_name name = {.id = {psk_id, 1}};
	const struct mls_commit_request request = {.remove = &leaving,
						   .n_remove = 1,
						   .psks = &name,
						   .n_psks = 1,
						   .handshake = MLS_HANDSHAKE_PRIVATE};

	commit(l, 0, &request);
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

/* Secrets of the life that is to begin. */
static void learn_ours(void)
{
	forget_secrets();
	learn(psk, sizeof(psk));
	learn(plaintext, sizeof(plaintext));
	for (size_t i = 0; i < N; i++)
		learn(signature_seed[i], 32);
}

static void memory_may_run_out_anywhere(void **state)
{
	const long stride = (long)test_stride(29);
	long n = 0;

	(void)state;
	do {
		struct life l = {0};
		const long before = n_live;

		has_failed = false;
		learn_ours();
		until_failure = n;
		live(&l);
		until_failure = -1;
		calling = "the end";
		end(&l);
		if (found)
			fail_msg("allocation %ld: a secret was in freed memory, in %s", n, found);
		if (n_live != before)
			fail_msg("allocation %ld: %ld blocks leaked", n, n_live - before);
		n += stride;
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
