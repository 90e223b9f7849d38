/*
 * What one byte from outside can cost: the table of docs/mls.md. `make hostile` runs it.
 *
 * Each row is the dearest message of its kind that we know how to make, sent by somebody outside
 * the group or by a member; printed is its length, the thread CPU time of the call that takes it
 * in or refuses it (the least of several), and the time for each byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "certificates.h"
#include "insider.h"
#include "mls_probe.h"
#include "private_message.h"

enum { GROUP = 128, ROUNDS = 5 };

static struct world *w;
static struct mls_group *victim; /* a fork of member 1, which a call may change */
static struct mls_buf message;

static void must(enum mls_err err, const char *what)
{
	if (err == MLS_OK)
		return;
	fprintf(stderr, "hostile_prices: %s: %s\n", what, mls_err_name(err));
	exit(1);
}
#define MUST(call) must((call), #call)

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct mls_group *fork_of(uint32_t member)
{
	struct mls_group *copy = NULL;

	MUST(mls_probe_group_fork(w->client[member], &copy, w->group[member]));
	return copy;
}

/* One way of taking a message in. Each call begins with the same state. */
static enum mls_err receive(void)
{
	struct mls_event event;

	return mls_group_receive(victim, &event, bytes_of(&message));
}

static enum mls_err join(void)
{
	struct mls_group *group = NULL;
	enum mls_err err = mls_group_join(insider()->joiner, &group, bytes_of(&message),
					  (struct mls_slice){0});

	mls_group_free(group);
	if (err == MLS_OK)
		insider_keep_package();
	return err;
}

static enum mls_err join_external(void)
{
	struct mls_group *group = NULL;
	struct mls_buf commit = {0};
	enum mls_err err =
		mls_group_join_external(insider()->joiner, &group, &commit, bytes_of(&message),
					&(struct mls_external_request){.ratchet_tree = {0}});

	mls_group_free(group);
	mls_buf_free(&commit);
	return err;
}

static enum mls_err validate(void)
{
	const struct mls_leaf_rules rules =
		mls_client_rules(victim->client, mls_group_id(victim), (struct mls_slice){0}, true);
	struct mls_key_package package;
	enum mls_err err = mls_key_package_message(&package, bytes_of(&message));

	return err ? err : mls_key_package_validate(&rules, &package);
}

static enum mls_err load(void)
{
	struct mls_group *group = NULL;
	enum mls_err err = mls_group_load(w->client[2], &group, bytes_of(&message));

	mls_group_free(group);
	return err;
}

static void row(const char *what, const char *who, enum mls_err (*call)(void), enum mls_err want)
{
	double best = 1e18, start, cpu_ns;
	enum mls_err err;

	for (int i = 0; i < ROUNDS; i++) {
		victim = fork_of(1);
		start = now_ns();
		err = call();
		cpu_ns = now_ns() - start;
		mls_group_free(victim);
		victim = NULL;
		if (err != want)
			must(err, what);
		best = cpu_ns < best ? cpu_ns : best;
	}
	printf("| %s | %s | %zu | %.0f | %.1f | %s |\n", what, who, message.len, best / 1e3,
	       best / (double)message.len, mls_err_name(want));
	fflush(stdout);
}

/* ---- key packages ---- */

static void put_header(uint16_t wire_format)
{
	struct mls_codec c = {.out = &message};

	message.len = 0;
	mls_message_header_walk(&c, &wire_format);
	MUST(c.err);
}

static const uint8_t certified_seed[33] = "a signature key with certificate";

/* A certificate of that key. */
static struct mls_buf certificate(void)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, certified_seed, 32);
	struct authority root;
	struct mls_buf der = {0};

	authority_begin(&root);
	certificate_issue(&root, &der, key, "hostile");
	authority_end(&root);
	EVP_PKEY_free(key);
	return der;
}

/* A client whose credential is that certificate, so many times. */
static struct mls_client *certified(size_t n)
{
	struct mls_buf der = certificate(), chain = {0};
	struct mls_client_config config = {
		.ephemeral = true,
		.suite = 1,
		.crypto = MLS_CRYPTO_SODIUM,
		.signature_private = {certified_seed, 32},
		.credential_type = MLS_CREDENTIAL_X509,
		.now_s = TEST_NOW_S,
	};
	struct mls_client *client = NULL;

	for (size_t i = 0; i < n; i++)
		certificate_put(&chain, bytes_of(&der));
	config.credential = bytes_of(&chain);
	MUST(mls_client_new(&client, &config));
	mls_buf_free(&der);
	mls_buf_free(&chain);
	return client;
}

static void certified_key_packages(void)
{
	static const size_t n[] = {1, 200};
	static const char *const what[] = {"KeyPackage, X.509, one certificate",
					   "KeyPackage, X.509, a chain of 200"};

	for (size_t i = 0; i < MLS_N(n); i++) {
		struct mls_client *client = certified(n[i]);

		message.len = 0;
		member_publish(client, &message);
		row(what[i], "outsider", validate, MLS_OK);
		mls_client_free(client);
	}
}

static void key_packages(void)
{
	static uint8_t listed[32000], used[30000];
	struct mls_key_package package;

	message.len = 0;
	MUST(mls_buf_append(&message, bytes_of(&insider()->package)));
	victim = fork_of(1);
	row("KeyPackage", "outsider", validate, MLS_OK);
	MUST(mls_key_package_message(&package, bytes_of(&insider()->package)));
	for (size_t i = 0; i < 16000; i++) {
		listed[2 * i] = (uint8_t)((0x4000 + i) >> 8);
		listed[2 * i + 1] = (uint8_t)i;
	}
	for (size_t i = 0; i < 10000; i++) {
		used[3 * i] = (uint8_t)((0x4000 + 15999 - i) >> 8);
		used[3 * i + 1] = (uint8_t)(15999 - i);
	}
	package.leaf_node.capabilities.extensions = mls_slice(listed, sizeof(listed));
	package.leaf_node.extensions = mls_slice(used, sizeof(used));
	put_header(MLS_WIRE_KEY_PACKAGE);
	insider_put_key_package(&message, &package);
	row("KeyPackage with 16,000 code points, 10,000 extensions", "outsider", validate, MLS_OK);
}

/* ---- trees ---- */

static void put_info(const struct mls_group *group)
{
	const struct mls_group_info_request open = {.ratchet_tree = true, .external_pub = true};
	struct mls_group *copy = NULL;

	message.len = 0;
	MUST(mls_probe_group_fork(group->client, &copy, group));
	MUST(mls_group_info(copy, &message, &open));
	mls_group_free(copy);
}

/* Every parent above the first two members lists all who came later. */
static struct world *unmerged_world(void)
{
	static const struct mls_commit_request with_path = {.tree_in_welcome = true};
	static const struct mls_commit_request without = {.tree_in_welcome = true,
							  .path_if_required = true};
	struct world *u = world_new(1, GROUP / 2, NULL, NULL);

	for (uint32_t i = 0; i < GROUP / 2; i += GROUP / 8)
		world_commit(u, i, &with_path, NULL, 0);
	for (uint32_t i = GROUP / 2; i < GROUP; i++) {
		uint32_t joining = world_client(u, NULL);

		world_commit(u, 0, &without, &joining, 1);
	}
	return u;
}

/* A tree of two members with 2^16 blank leaves between. */
static void put_blank_tree(void)
{
	enum { BLANKS = (1 << 17) - 3 };
	struct mls_buf nodes = {0}, tree = {0}, extensions = {0};
	struct mls_codec c = {.out = &tree}, e = {.out = &extensions};
	struct mls_extension extension = {.type = MLS_EXTENSION_RATCHET_TREE}, external_pub;
	struct mls_group_info info;
	struct mls_leaf_node leaf;
	struct mls_slice body, rest;

	put_info(w->group[0]);
	MUST(mls_group_info_decode(mls_slice(message.p + 4, message.len - 4), &info));
	for (uint32_t i = 0; i < 2; i++) {
		MUST(mls_tree_leaf_node(&w->group[0]->epoch->tree, i, &leaf));
		MUST(mls_buf_append(&nodes, mls_slice("\1\1", 2)));
		MUST(mls_buf_append(&nodes, leaf.encoded));
		for (size_t n = 0; i == 0 && n < BLANKS; n++)
			MUST(mls_buf_append(&nodes, mls_slice("", 1)));
	}
	body = bytes_of(&nodes);
	mls_opaque(&c, &body);
	extension.data = bytes_of(&tree);
	for (rest = info.extensions; rest.len > 0;) {
		MUST(mls_extension_next(&rest, &external_pub));
		if (external_pub.type == MLS_EXTENSION_EXTERNAL_PUB)
			mls_extension_walk(&e, &external_pub);
	}
	mls_extension_walk(&e, &extension);
	info.extensions = bytes_of(&extensions);
	info.signer = 0;
	nodes.len = 0;
	MUST(mls_buf_append(&nodes, bytes_of(&message)));
	put_header(MLS_WIRE_GROUP_INFO);
	insider_put_group_info(&message, &info, NULL);
	mls_buf_free(&nodes);
	mls_buf_free(&tree);
	mls_buf_free(&extensions);
}

static void trees(void)
{
	struct world *u;

	put_info(w->group[0]);
	row("GroupInfo with the tree of 128 members", "outsider", join_external, MLS_OK);
	put_blank_tree();
	row("GroupInfo, 65,535 blank leaves", "outsider", join_external,
	    MLS_ERR_GROUP_INFO_SIGNATURE);
	u = unmerged_world();
	put_info(u->group[0]);
	row("GroupInfo, 64 of 128 members unmerged", "outsider", join_external, MLS_OK);
	world_free(u);
}

/* ---- Welcome ---- */

static void welcomes(void)
{
	struct insider *in = insider();
	struct mls_slice add = bytes_of(&in->package), secrets, info;
	struct mls_buf commit = {0}, others = {0}, first = {0};
	const struct mls_commit_output output = {.commit = &commit, .welcome = &message};
	struct mls_group *group = fork_of(0);
	struct mls_codec c = {.out = &message};
	struct mls_welcome welcome;
	uint16_t suite = 1;

	message.len = 0;
	MUST(mls_group_commit(
		group, &output,
		&(struct mls_commit_request){.add = &add, .n_add = 1, .tree_in_welcome = true}));
	row("Welcome with the tree of 129 members", "member", join, MLS_OK);
	MUST(mls_buf_append(&first, mls_slice(message.p + 4, message.len - 4)));
	MUST(mls_welcome_decode(bytes_of(&first), &welcome));
	for (int i = 0; i < 99; i++) {
		struct mls_buf package = {0};

		member_publish(in->joiner, &package);
		mls_buf_free(&package);
	}
	for (int i = 0; i < 10000; i++) {
		MUST(mls_buf_append(&others, welcome.secrets));
		others.p[others.len - welcome.secrets.len + 5] ^= 1; /* in the reference */
	}
	put_header(MLS_WIRE_WELCOME);
	secrets = bytes_of(&others);
	info = welcome.encrypted_group_info;
	mls_u16(&c, &suite);
	mls_opaque(&c, &secrets);
	mls_opaque(&c, &info);
	MUST(c.err);
	row("Welcome for 10,000 others, 100 key packages kept", "outsider", join,
	    MLS_ERR_WELCOME_NOT_FOR_US);
	mls_group_free(group);
	mls_buf_free(&commit);
	mls_buf_free(&others);
	mls_buf_free(&first);
}

/* ---- messages ---- */

static void public_messages(void)
{
	const struct mls_outside_sender as_joiner = {.group_id = mls_group_id(w->group[0]),
						     .epoch = mls_group_epoch(w->group[0]),
						     .is_joining = true};
	const struct mls_proposal_request add = {.type = MLS_PROPOSAL_ADD,
						 .key_package = bytes_of(&insider()->package)};
	const struct mls_proposal_request removal = {.type = MLS_PROPOSAL_REMOVE, .leaf = 5};
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct mls_group *group = fork_of(0);

	message.len = 0;
	MUST(mls_client_propose(insider()->joiner, &message, &as_joiner, &add));
	row("PublicMessage, Add by who asks to join", "outsider", receive, MLS_OK);
	message.len = 0;
	MUST(mls_group_propose(group, &message, &removal, MLS_HANDSHAKE_PUBLIC));
	row("PublicMessage, Remove", "member", receive, MLS_OK);
	message.p[message.len - 1] ^= 1;
	row("PublicMessage, a false tag", "outsider", receive, MLS_ERR_MEMBERSHIP_TAG);
	message.len = 0;
	MUST(mls_group_propose(group, &message, &update, MLS_HANDSHAKE_PUBLIC));
	row("PublicMessage, Update", "member", receive, MLS_OK);
	mls_group_free(group);
}

static void private_messages(void)
{
	static const uint8_t data[1 << 20];
	struct mls_group *group = fork_of(0);
	struct mls_crypto *crypto = group->client->crypto;
	const struct mls_slice nothing = {0};
	const struct mls_policy policy = mls_policy_default();
	struct mls_private_message v;

	message.len = 0;
	MUST(mls_group_protect(group, &message, mls_slice(data, sizeof(data)), nothing));
	row("PrivateMessage, 1 MiB", "member", receive, MLS_OK);
	message.len = 0;
	MUST(mls_group_protect(group, &message, mls_slice(data, 1), nothing));
	MUST(mls_private_message_decode(mls_slice(message.p + 4, message.len - 4), &v));
	message.p[v.ciphertext.p - message.p] ^= 1; /* of this the sender data's key is made */
	row("PrivateMessage, random bytes", "outsider", receive, MLS_ERR_SENDER_DATA);
	MUST(mls_secret_tree_consume(crypto, &group->secret_tree, 0, MLS_RATCHET_APPLICATION, 999,
				     &policy));
	message.len = 0;
	MUST(mls_group_protect(group, &message, mls_slice(data, 1), nothing));
	row("PrivateMessage, 1,000 generations ahead", "member", receive, MLS_OK);
	mls_group_free(group);
}

/* A commit of member 0, whose contents `put` makes. */
static void forge(void (*put)(struct forgery *f))
{
	struct mls_group *group = fork_of(0);
	struct forgery f;

	forgery_begin(&f, group);
	put(&f);
	message.len = 0;
	forge_public(&f, &message);
	forgery_end(&f);
	mls_group_free(group);
}

static void put_removes(struct forgery *f)
{
	for (uint32_t i = 0; i < 100000; i++)
		forge_proposal(f, &(struct mls_proposal){.type = MLS_PROPOSAL_REMOVE,
							 .remove = 1 + i * 7919 % 1000003});
}

static void put_psks(struct forgery *f)
{
	uint8_t nonce[32] = {0};

	for (uint32_t i = 0; i < 20000; i++) {
		memcpy(nonce, &i, sizeof(i));
		forge_proposal(f, &(struct mls_proposal){.type = MLS_PROPOSAL_PSK,
							 .psk = {.type = MLS_PSK_EXTERNAL,
								 .psk_id = mls_slice_str("x"),
								 .psk_nonce = {nonce, 32}}});
	}
}

static void put_adds(struct forgery *f)
{
	struct mls_proposal add = {.type = MLS_PROPOSAL_ADD};
	struct mls_client *joining = member_client(1, 5000);
	struct mls_buf package = {0};

	for (int i = 0; i < 2; i++) {
		package.len = 0;
		if (i == 0)
			member_publish(joining, &package);
		MUST(mls_key_package_message(&add.add, i ? bytes_of(&insider()->package)
							 : bytes_of(&package)));
		forge_proposal(f, &add);
	}
	mls_buf_free(&package);
	mls_client_free(joining);
}

/* As many external senders with a certificate as the extensions of a group have room for. */
static void put_senders(struct forgery *f)
{
	struct mls_client *client = certified(1);
	const struct mls_identity sender = {.credential_type = MLS_CREDENTIAL_X509,
					    .credential = client->leaf.credential.content,
					    .signature_key = mls_client_signature_key(client)};
	struct mls_buf senders = {0}, data = {0}, extensions = {0};

	while (senders.len < 65000)
		MUST(mls_external_sender_put(&senders, &sender));
	MUST(mls_vector_put(&data, bytes_of(&senders)));
	MUST(mls_extension_put(&extensions, MLS_EXTENSION_EXTERNAL_SENDERS, bytes_of(&data)));
	forge_proposal(f, &(struct mls_proposal){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
						 .set_extensions = bytes_of(&extensions)});
	mls_buf_free(&senders);
	mls_buf_free(&data);
	mls_buf_free(&extensions);
	mls_client_free(client);
}

/* The joiner comes in beside all leaves, or at the one of somebody whom it removes. */
static void external_commits(void)
{
	static const struct mls_external_request requests[] = {{.replaces = false},
							       {.replaces = true, .leaf = 5}};
	static const char *const what[] = {"external Commit", "external Commit with a Remove"};
	struct mls_buf info = {0};

	put_info(w->group[0]);
	MUST(mls_buf_append(&info, bytes_of(&message)));
	for (size_t i = 0; i < MLS_N(requests); i++) {
		struct mls_group *joined = NULL;

		message.len = 0;
		MUST(mls_group_join_external(insider()->joiner, &joined, &message, bytes_of(&info),
					     &requests[i]));
		row(what[i], "outsider", receive, MLS_OK);
		mls_group_free(joined);
	}
	mls_buf_free(&info);
}

static struct mls_buf proposals[1000];

/* References to what the victim has cached, each twenty times. */
static void put_references(struct forgery *f)
{
	struct mls_group *group = fork_of(1);

	for (size_t i = 0; i < 20; i++) {
		for (size_t at = 0; at < w->group[1]->proposals.n; at++) {
			const struct mls_cached_proposal *cached = w->group[1]->proposals.v[at];

			forge_reference(f, mls_slice(cached->ref, cached->ref_len));
		}
	}
	mls_group_free(group);
}

static void commits(void)
{
	struct mls_group *group = fork_of(0);
	struct mls_event event;

	message.len = 0;
	MUST(mls_group_commit(group, &(struct mls_commit_output){.commit = &message},
			      &(struct mls_commit_request){0}));
	row("Commit with path", "member", receive, MLS_OK);
	forge(put_adds);
	row("Commit, 2 Adds", "member", receive, MLS_ERR_CONFIRMATION_TAG);
	forge(put_senders);
	row("Commit, 64 KiB of external senders with certificates", "member", receive,
	    MLS_ERR_PATH_MISSING);
	forge(put_removes);
	row("Commit, 100,000 Removes", "member", receive, MLS_ERR_LEAF_BLANK);
	forge(put_psks);
	row("Commit, 20,000 PSKs", "member", receive, MLS_ERR_PSK_UNKNOWN);
	for (uint32_t i = 0; i < 1000; i++) {
		struct mls_group *sender = fork_of(2 + i % 100);
		const struct mls_psk_name psk = {.id = mls_slice_str("x")};

		MUST(mls_group_propose(
			sender, &proposals[i],
			&(struct mls_proposal_request){.type = MLS_PROPOSAL_PSK, .psk = psk},
			MLS_HANDSHAKE_PUBLIC));
		MUST(mls_group_receive(w->group[1], &event, bytes_of(&proposals[i])));
		mls_buf_free(&proposals[i]);
		mls_group_free(sender);
	}
	forge(put_references);
	row("Commit, 20,000 references to 1,000 proposals", "member", receive,
	    MLS_ERR_PROPOSAL_SAME_PSK);
	mls_group_free(group);
}

static void states(void)
{
	message.len = 0;
	MUST(mls_group_save(w->group[2], &message));
	mls_group_free(w->group[2]);
	w->group[2] = NULL;
	row("saved state of a group of 128", "storage", load, MLS_OK);
}

int main(void)
{
	(void)insider();
	w = world_new(1, GROUP, NULL, NULL);
	for (uint32_t i = 0; i < GROUP; i += 2)
		world_commit(w, i, &(struct mls_commit_request){.tree_in_welcome = true}, NULL, 0);
	printf("| message | from | bytes | CPU, us | ns/byte | result "
	       "|\n|---|---|---|---|---|---|\n");
	key_packages();
	certified_key_packages();
	trees();
	welcomes();
	public_messages();
	private_messages();
	external_commits();
	commits();
	states();
	world_free(w);
	mls_buf_free(&message);
	return 0;
}
