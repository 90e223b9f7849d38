/*
 * Memory that runs out, once, at every single allocation of a group's whole life: the call
 * fails with NOMEM, leaks nothing, and succeeds when it is made again. And no block that is
 * freed, in any of these lives, still holds a secret: what the KDF or a Diffie-Hellman gave, a
 * private key, a PSK, a plaintext. There is another life for what the first one has not: other
 * identities and what an application adds, other suites and curves, certificates, threads,
 * proposals from outside, groups that follow from others. Of those behind the first two, which
 * share most of what they do, one allocation in a few fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "certificates.h"
#include "members.h"
#include "mls_storage.h"
#include "scarce_memory.h"
#include "stride.h"

enum { N = 4 };

static const uint8_t signature_seed[N][33] = {
	"the signature key of member 0...",
	"the signature key of member 1...",
	"the signature key of member 2...",
	"the signature key of member 3...",
};

static const uint8_t later_seed[N][33] = {
	"the later signature key of m. 0.",
	"the later signature key of m. 1.",
	"the later signature key of m. 2.",
	"the later signature key of m. 3.",
};

struct life;

/* What is different from one life to another. */
struct kind {
	void (*live)(struct life *l);
	uint16_t suite;
	enum mls_crypto_library crypto;
	unsigned threads;
	bool certified;
	bool has_more; /* extensions wherever there may be some, and GREASE */
	size_t stride; /* allocations from one that fails to the next */
};

/* Three members, and one who comes from outside; groups that follow from theirs. */
struct life {
	const struct kind *kind;
	struct mls_client *client[N];
	struct mls_group *group[N], *next[N];
	struct mls_buf package[N], private_part, commit, welcome, message, saved, info;
	struct mls_buf sender, senders, extensions;
};

static const struct mls_slice nothing = {0};
static const uint8_t psk_id[1] = {7}, psk[32] = "a pre-shared key of 32 bytes....";
static const uint8_t plaintext[32] = "a plaintext of thirty-two bytes.";

static const uint16_t more_type[1] = {0xf001};
static const struct mls_slice more = {(const uint8_t *)"\xf0\x01\x04more", 7};

static struct mls_buf chain[N]; /* of certificates, of members who have one */

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
		scarce_calling(#call);                                                             \
		err_ = (call);                                                                     \
		if (err_ == MLS_ERR_NOMEM && scarce_has_failed())                                  \
			err_ = (call);                                                             \
		if (err_ == MLS_ERR_GENERATION_USED && scarce_has_failed())                        \
			return;                                                                    \
		expect_err(err_, MLS_OK, #call, __FILE__, __LINE__);                               \
	} while (0)

static void publish(struct life *l, size_t i)
{
	l->package[i].len = l->private_part.len = 0;
	STEP(mls_key_package_new(l->client[i], &l->package[i], &l->private_part));
	STEP(mls_client_keep_key_package(l->client[i], bytes_of(&l->package[i]),
					 bytes_of(&l->private_part)));
}

static void make_client(struct life *l, size_t i)
{
	const uint8_t name = (uint8_t)i;
	struct mls_policy policy = mls_policy_default();
	const struct mls_storage storage = {.put = put};
	const bool has_more = l->kind->has_more;
	const struct mls_client_config config = {
		.ephemeral = i != 2,
		.storage = i == 2 ? &storage : NULL,
		.signature_private = {signature_seed[i], 32},
		.suite = l->kind->suite,
		.crypto = l->kind->crypto,
		.threads = l->kind->threads,
		.credential_type = l->kind->certified ? MLS_CREDENTIAL_X509 : MLS_CREDENTIAL_BASIC,
		.credential =
			l->kind->certified ? bytes_of(&chain[i]) : (struct mls_slice){&name, 1},
		.extensions = {more_type, has_more},
		.leaf_extensions = has_more ? more : nothing,
		.key_package_extensions = has_more ? more : nothing,
		.grease = has_more,
		.now_s = TEST_NOW_S,
		.policy = &policy,
	};

	policy.past_epochs = 1;
	STEP(mls_client_new(&l->client[i], &config));
	STEP(mls_client_set_psk(l->client[i], (struct mls_slice){psk_id, 1},
				(struct mls_slice){psk, 32}));
	publish(l, i);
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
	const struct mls_commit_request request = {
		.add = add,
		.n_add = 2,
		.tree_in_welcome = true,
		.welcome_extensions = l->kind->has_more ? more : nothing,
	};

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

/* And member 1 from what it saves. */
static void reload(struct life *l)
{
	l->saved.len = 0;
	STEP(mls_group_save(l->group[1], &l->saved));
	mls_group_free(l->group[1]);
	l->group[1] = NULL;
	STEP(mls_group_load(l->client[1], &l->group[1], bytes_of(&l->saved)));
}

static void propose(struct life *l, uint32_t who, const struct mls_proposal_request *request)
{
	l->message.len = 0;
	STEP(mls_group_propose(l->group[who], &l->message, request, MLS_HANDSHAKE_PUBLIC));
	receive_all(l, &l->message, who);
}

static void propose_and_commit(struct life *l)
{
	propose(l, 2, &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE});
	restart(l);
	commit(l, 1, &(struct mls_commit_request){0});
	reload(l);
	receive_all(l, &l->commit, N);
}

static void join_from_outside(struct life *l)
{
	const struct mls_group_info_request request = {
		.ratchet_tree = true,
		.external_pub = true,
		.extensions = l->kind->has_more ? more : nothing,
	};

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

/* Member 3, not yet one, becomes an external sender as well. */
static void change_extensions(struct life *l)
{
	const struct mls_identity boss = {
		.credential_type = MLS_CREDENTIAL_BASIC,
		.credential = {psk_id, 1},
		.signature_key = mls_client_signature_key(l->client[3]),
	};
	struct mls_commit_request request = {.set_extensions = true};

	STEP(mls_external_sender_put(&l->sender, &boss));
	STEP(mls_vector_put(&l->senders, bytes_of(&l->sender)));
	STEP(mls_extension_put(&l->extensions, MLS_EXTENSION_EXTERNAL_SENDERS,
			       bytes_of(&l->senders)));
	request.extensions = bytes_of(&l->extensions);
	commit(l, 0, &request);
	receive_all(l, &l->commit, N);
}

static void propose_from_outside(struct life *l, const struct mls_proposal_request *request)
{
	const struct mls_outside_sender sender = {
		.group_id = mls_group_id(l->group[0]),
		.epoch = mls_group_epoch(l->group[0]),
		.is_joining = request->type == MLS_PROPOSAL_ADD,
	};

	l->message.len = 0;
	STEP(mls_client_propose(l->client[3], &l->message, &sender, request));
	receive_all(l, &l->message, N);
}

/* It has member 1 removed, and itself added. */
static void ask_from_outside(struct life *l)
{
	const struct mls_proposal_request add = {.type = MLS_PROPOSAL_ADD,
						 .key_package = bytes_of(&l->package[3])};
	const struct mls_proposal_request removal = {.type = MLS_PROPOSAL_REMOVE, .leaf = 1};
	const struct mls_commit_output output = {.commit = &l->commit, .welcome = &l->welcome};

	propose_from_outside(l, &removal);
	propose_from_outside(l, &add);
	l->commit.len = l->welcome.len = 0;
	STEP(mls_group_commit(l->group[2], &output,
			      &(struct mls_commit_request){.tree_in_welcome = true}));
	receive_all(l, &l->commit, N);
	mls_group_free(l->group[1]);
	l->group[1] = NULL;
	STEP(mls_group_join(l->client[3], &l->group[3], bytes_of(&l->welcome), nothing));
}

/* Members 0, 2 and 3 go on in another group, which ends soon. */
static void succeed(struct life *l, enum mls_succession how)
{
	const struct mls_commit_output output = {.commit = &l->commit, .welcome = &l->welcome};
	struct mls_slice add[2];
	struct mls_event event;

	for (size_t i = 0; i < 2; i++) {
		publish(l, 2 + i);
		add[i] = bytes_of(&l->package[2 + i]);
	}
	l->commit.len = l->welcome.len = 0;
	STEP(mls_group_create_successor(l->client[0], &l->next[0], l->group[0], how, nothing,
					nothing));
	STEP(mls_group_commit(
		l->next[0], &output,
		&(struct mls_commit_request){.add = add, .n_add = 2, .tree_in_welcome = true}));
	STEP(mls_group_receive(l->next[0], &event, bytes_of(&l->commit)));
	for (size_t i = 2; i < N; i++)
		STEP(mls_group_join_successor(l->client[i], &l->next[i], l->group[i], how,
					      bytes_of(&l->welcome), nothing));
	for (size_t i = 0; i < N; i++) {
		mls_group_free(l->next[i]);
		l->next[i] = NULL;
	}
}

static void shut_down(struct life *l)
{
	const struct mls_reinit_parameters next = {.group_id = {psk_id, 1},
						   .suite = l->kind->suite};

	commit(l, 3, &(struct mls_commit_request){.reinit = &next});
	receive_all(l, &l->commit, N);
}

static void live_with_others(struct life *l)
{
	for (size_t i = 0; i < N; i++)
		make_client(l, i);
	begin(l);
	change_extensions(l);
	ask_from_outside(l);
	succeed(l, MLS_SUCCESSION_BRANCH);
	shut_down(l);
	succeed(l, MLS_SUCCESSION_REINIT);
}

/* That of member 3 has a key that is generated. */
static void change_identity(struct life *l, size_t i)
{
	const struct mls_new_identity identity = {
		.signature_private = {later_seed[i], i == 3 ? 0 : 32},
		.credential_type = MLS_CREDENTIAL_BASIC,
		.credential = {psk_id, 1},
	};

	STEP(mls_client_set_identity(l->client[i], &identity));
}

/* Member 1 presents its later identity by a commit, member 2 by an Update; the Remove of member 1,
 * who has proposed it itself, is left out. */
static void present_later_identities(struct life *l)
{
	const struct mls_proposal_request removal = {.type = MLS_PROPOSAL_REMOVE, .leaf = 1};
	struct mls_waiting_proposal waiting;

	change_identity(l, 1);
	commit(l, 1, &(struct mls_commit_request){0});
	reload(l);
	receive_all(l, &l->commit, N);
	change_identity(l, 2);
	propose(l, 2, &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE});
	propose(l, 1, &removal);
	restart(l);
	assert_true(mls_group_proposal(l->group[0], &waiting, 1));
	assert_int_equal(waiting.type, MLS_PROPOSAL_REMOVE);
	commit(l, 0, &(struct mls_commit_request){.leave_out = &waiting.ref, .n_leave_out = 1});
	receive_all(l, &l->commit, N);
}

static void live_under_other_names(struct life *l)
{
	for (size_t i = 0; i < N; i++)
		make_client(l, i);
	begin(l);
	present_later_identities(l);
	change_identity(l, 3);
	join_from_outside(l);
	talk(l, 1);
	talk(l, 2);
}

/* Key packages of others, who never join, but are enough for more than one thread. */
enum { CROWD = 6 };
static struct mls_buf crowd[CROWD];

static void live_in_a_crowd(struct life *l)
{
	const struct mls_commit_output output = {.commit = &l->commit, .welcome = &l->welcome};
	struct mls_slice add[CROWD];

	for (size_t i = 0; i < N; i++)
		make_client(l, i);
	begin(l);
	for (size_t i = 0; i < CROWD; i++)
		add[i] = bytes_of(&crowd[i]);
	l->commit.len = l->welcome.len = 0;
	STEP(mls_group_commit(
		l->group[0], &output,
		&(struct mls_commit_request){.add = add, .n_add = CROWD, .tree_in_welcome = true}));
	receive_all(l, &l->commit, N);
	join_from_outside(l);
	talk(l, 3);
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
		mls_group_free(l->next[i]);
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
	mls_buf_free(&l->sender);
	mls_buf_free(&l->senders);
	mls_buf_free(&l->extensions);
}

/* Secrets of the life that is to begin. */
static void learn_ours(void)
{
	scarce_begin();
	scarce_learn(psk, sizeof(psk));
	scarce_learn(plaintext, sizeof(plaintext));
	for (size_t i = 0; i < N; i++) {
		scarce_learn(signature_seed[i], 32);
		scarce_learn(later_seed[i], 32);
	}
}

static void run_out(const struct kind *kind)
{
	const long stride = (long)(kind->stride * test_stride(29));
	long n = 0;

	do {
		struct life l = {.kind = kind};
		const long before = scarce_n_live();

		learn_ours();
		scarce_fail_at(n);
		kind->live(&l);
		scarce_fail_at(-1);
		scarce_calling("the end");
		end(&l);
		if (scarce_found())
			fail_msg("allocation %ld: a secret was in freed memory, in %s", n,
				 scarce_found());
		if (scarce_n_live() != before)
			fail_msg("allocation %ld: %ld blocks leaked", n, scarce_n_live() - before);
		n += stride;
	} while (scarce_has_failed());
	assert_true(n > 300); /* so many allocations there are at least */
}

static void memory_may_run_out_anywhere(void **state)
{
	(void)state;
	run_out(&(struct kind){.live = live, .suite = 1, .stride = 1});
}

static void and_among_groups_that_follow_from_others(void **state)
{
	(void)state;
	run_out(&(struct kind){
		.live = live_with_others, .suite = 1, .crypto = MLS_CRYPTO_SODIUM, .stride = 3});
}

static void and_under_other_names(void **state)
{
	(void)state;
	run_out(&(struct kind){.live = live_under_other_names,
			       .suite = 3,
			       .crypto = MLS_CRYPTO_SODIUM,
			       .has_more = true,
			       .stride = 1});
}

static void and_with_the_curves_of_nist(void **state)
{
	(void)state;
	run_out(&(struct kind){.live = live, .suite = 2, .stride = 11});
}

static void and_in_several_threads(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CROWD; i++) {
		struct mls_client *other = member_client(3, 100 + i);

		member_publish(other, &crowd[i]);
		mls_client_free(other);
	}
	(void)scarce_others_allocate();
	run_out(&(struct kind){.live = live_in_a_crowd,
			       .suite = 3,
			       .crypto = MLS_CRYPTO_SODIUM,
			       .threads = 2,
			       .stride = 7});
	assert_true(scarce_others_allocate());
	for (size_t i = 0; i < CROWD; i++)
		mls_buf_free(&crowd[i]);
}

static void and_with_certificates(void **state)
{
	struct authority root;

	(void)state;
	authority_begin(&root);
	for (size_t i = 0; i < N; i++) {
		EVP_PKEY *key =
			EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, signature_seed[i], 32);
		struct mls_buf der = {0};

		certificate_issue(&root, &der, key, "member");
		certificate_put(&chain[i], bytes_of(&der));
		mls_buf_free(&der);
		EVP_PKEY_free(key);
	}
	run_out(&(struct kind){
		.live = live_with_others, .suite = 1, .certified = true, .stride = 11});
	for (size_t i = 0; i < N; i++)
		mls_buf_free(&chain[i]);
	authority_end(&root);
}

static void the_error_says_so(void **state)
{
	const struct mls_client_config config = {
		.suite = 1, .credential_type = MLS_CREDENTIAL_BASIC, .ephemeral = true};
	struct mls_client *client = NULL;

	(void)state;
	scarce_fail_at(0);
	REFUSED(mls_client_new(&client, &config), MLS_ERR_NOMEM);
	assert_null(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_error_says_so),
		cmocka_unit_test(memory_may_run_out_anywhere),
		cmocka_unit_test(and_under_other_names),
		cmocka_unit_test(and_among_groups_that_follow_from_others),
		cmocka_unit_test(and_with_the_curves_of_nist),
		cmocka_unit_test(and_in_several_threads),
		cmocka_unit_test(and_with_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
