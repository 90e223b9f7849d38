#include "stats/floor.h"

#include "stats/mls_parts.h"

#include <stdlib.h>

/*
 * The floor of MLS, one function a duty: what RFC 9420 demands, line by line. With
 * K key generation, D Diffie-Hellman, S signature, V verification, n members, p nodes of the
 * committer's filtered direct path, r ciphertexts in all (the resolutions), m of the p nodes
 * above the receiver:
 *
 *   commit          2 V + K + D for each newcomer; with a path (p + 1) K + r (K + D) + S;
 *                   S for the commit, S for the GroupInfo if there are newcomers
 *   process         V; 2 V for each newcomer; with a path V + D + m K
 *   join            (n + 1) V + D; with a path m K
 *   send, receive   S, V; the first of an epoch a walk down the secret tree (9), at both
 *
 * beside hashing, key schedule and AEAD, which are spelled out below.
 */
struct commit {
	struct gb_mls_sizes sizes;
	const struct gb_tree_model *tree; /* after the commit */
	struct gb_tree_path path;
	bool has_path, private, tree_apart, has_sent;
	unsigned depth_before; /* of the tree whose epoch protects the message */
	uint32_t adds;
	uint64_t bytes; /* of struct Commit */
	bool is_first;  /* of a new group */
};

#define LENGTH(text) (sizeof(text) - 1)

/* A KeyPackage is as good as its two signatures (RFC 9420 10.1, 7.3). */
static void check_newcomers(struct gb_tally *t, const struct commit *c)
{
	gb_tally_verify(t, c->adds, gb_key_package_signed(&c->sizes));
	gb_tally_verify(t, c->adds, gb_leaf_node_signed(&c->sizes, GB_LEAF_OF_KEY_PACKAGE));
}

/* How the commit is protected beside its signature (RFC 9420 6.2, 6.3). */
static void protect_commit(struct gb_tally *t, const struct commit *c)
{
	uint64_t content =
		c->bytes + gb_vec(c->sizes.suite->signature) + gb_vec(c->sizes.suite->hash.digest);

	if (!c->private) {
		gb_membership_tag(t, &c->sizes, c->bytes);
		return;
	}
	if (!c->has_sent)
		gb_secret_tree_descent(t, c->sizes.suite, c->depth_before);
	gb_tally_hmac_key(t, 1);
	gb_private_message(t, c->sizes.suite, content);
}

/* The next epoch, alike at everybody who had the last one (RFC 9420 8, 8.2). */
static void enter_epoch(struct gb_tally *t, const struct commit *c)
{
	gb_changed_tree_hashes(t, &c->sizes, c->tree);
	gb_joiner_secret(t, &c->sizes);
	gb_epoch_secrets(t, &c->sizes);
	gb_transcript(t, &c->sizes, c->bytes);
}

/* UpdatePath (RFC 9420 7.4 to 7.6). */
static void make_path(struct gb_tally *t, const struct commit *c)
{
	unsigned nh = c->sizes.suite->hash.digest;

	t->random_bytes += nh;
	t->keygen += 1;
	gb_path_keys(t, c->sizes.suite, c->path.n_nodes);
	gb_parent_hashes(t, &c->sizes, c->path.n_nodes);
	gb_hpke_info(t, c->sizes.suite, LENGTH("UpdatePathNode"),
		     gb_group_context_bytes(&c->sizes));
	gb_hpke_seal(t, c->sizes.suite, c->path.ciphertexts, nh);
	gb_tally_sign(t, 1, gb_leaf_node_signed(&c->sizes, GB_LEAF_OF_COMMIT));
}

/* Welcome (RFC 9420 12.4.3.1): one GroupInfo for all, one HPKE message for each. */
static void make_welcome(struct gb_tally *t, const struct commit *c)
{
	uint64_t tree = c->tree_apart ? 0 : gb_encoded_tree(&c->sizes, c->tree);
	uint64_t group_info = gb_group_info_bytes(&c->sizes, tree);

	gb_tally_sign(t, 1, gb_group_info_signed(&c->sizes, tree));
	gb_welcome_secrets(t, &c->sizes);
	gb_tally_aead(t, 1, group_info);
	gb_hpke_info(t, c->sizes.suite, LENGTH("Welcome"), group_info + GB_AEAD_TAG);
	gb_tally_hash(t, &c->sizes.suite->hash, c->adds, gb_key_package_ref_hashed(&c->sizes));
	gb_hpke_seal(t, c->sizes.suite, c->adds, gb_group_secrets_bytes(&c->sizes, c->has_path));
}

/* A group of one (RFC 9420 11), whose leaf comes from a KeyPackage: epoch 0 starts from a
 * random secret and is left by this very commit, which nobody else will read. */
static void found_group(struct gb_tally *t, const struct commit *c)
{
	unsigned nh = c->sizes.suite->hash.digest;

	t->random_bytes += GB_GROUP_ID_BYTES + nh;
	gb_tally_hash(t, &c->sizes.suite->hash, 1,
		      gb_leaf_hashed(gb_leaf_node_bytes(&c->sizes, GB_LEAF_OF_KEY_PACKAGE)));
	gb_tally_hmac_key(t, 1);
	gb_expand_with_label(t, c->sizes.suite, 1, LENGTH("init"), 0, nh);
}

static void commit(struct gb_tally *t, const struct commit *c)
{
	if (c->is_first)
		found_group(t, c);
	check_newcomers(t, c);
	if (c->has_path)
		make_path(t, c);
	gb_tally_sign(t, 1, gb_framed_content_signed(&c->sizes, c->bytes));
	if (!c->is_first)
		protect_commit(t, c);
	enter_epoch(t, c);
	if (c->adds > 0)
		make_welcome(t, c);
}

static void process(struct gb_tally *t, const struct commit *c, uint32_t member)
{
	unsigned nh = c->sizes.suite->hash.digest;

	protect_commit(t, c);
	gb_tally_verify(t, 1, gb_framed_content_signed(&c->sizes, c->bytes));
	check_newcomers(t, c);
	if (c->has_path) {
		gb_tally_verify(t, 1, gb_leaf_node_signed(&c->sizes, GB_LEAF_OF_COMMIT));
		gb_parent_hashes(t, &c->sizes, c->path.n_nodes);
		gb_hpke_info(t, c->sizes.suite, LENGTH("UpdatePathNode"),
			     gb_group_context_bytes(&c->sizes));
		gb_hpke_open(t, c->sizes.suite, 1, nh);
		gb_path_keys(t, c->sizes.suite, gb_tree_path_shared(&c->path, 0, member));
	}
	enter_epoch(t, c);
}

/* RFC 9420 12.4.3.1, from the Welcome on. */
static void join(struct gb_tally *t, const struct commit *c, uint32_t newcomer)
{
	const struct gb_mls_suite *s = c->sizes.suite;
	uint64_t tree = c->tree_apart ? 0 : gb_encoded_tree(&c->sizes, c->tree);
	uint64_t group_info = gb_group_info_bytes(&c->sizes, tree);

	gb_hpke_info(t, s, LENGTH("Welcome"), group_info + GB_AEAD_TAG);
	gb_hpke_open(t, s, 1, gb_group_secrets_bytes(&c->sizes, c->has_path));
	gb_welcome_secrets(t, &c->sizes);
	gb_tally_aead(t, 1, group_info);
	gb_tally_verify(t, 1, gb_group_info_signed(&c->sizes, tree));
	gb_whole_tree_checks(t, &c->sizes, c->tree);
	if (c->has_path)
		gb_path_keys(t, s, gb_tree_path_shared(&c->path, 0, newcomer));
	gb_epoch_secrets(t, &c->sizes);
	gb_tally_hmac_key(t, 1);
	gb_tally_hmac(t, &s->hash, 1, s->hash.digest);
	gb_tally_hash(t, &s->hash, 1, s->hash.digest + gb_vec(s->hash.digest));
}

/* Not the first message of an epoch: the ratchet of the sender is there. */
static void message(struct gb_tally *t, const struct gb_floor_case *c,
		    const struct gb_mls_sizes *sizes)
{
	uint64_t data = gb_vec(c->payload);
	uint64_t content = data + gb_vec(sizes->suite->signature);
	uint64_t is_signed = gb_framed_content_signed(sizes, data);

	if (c->padding > 0)
		content = (content + c->padding - 1) / c->padding * c->padding;
	if (c->role == GB_FLOOR_ACTOR)
		gb_tally_sign(t, 1, is_signed);
	else
		gb_tally_verify(t, 1, is_signed);
	gb_private_message(t, sizes->suite, content);
}

/* ---- which commits there are, and who pays for which ---- */

static uint64_t path_bytes(const struct gb_mls_sizes *sizes, const struct gb_tree_path *path)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < path->n_nodes; i++)
		bytes += gb_update_path_node_bytes(sizes, path->nodes[i].ciphertexts);
	return bytes;
}

/* The group while its commits are played. */
struct play {
	const struct gb_floor_case *of;
	struct gb_tree_model tree;
	uint32_t *leavers; /* as leaves */
	uint32_t leaf;     /* of the role, once it is in the group */
	uint32_t newcomer; /* the device that is added next */
};

/* The i-th of the commits that a step takes; `n` members change in each. */
static struct gb_tree_change change_of(const struct play *p, enum gb_floor_step step, uint32_t i,
				       uint32_t n)
{
	const struct gb_floor_case *c = p->of;
	struct gb_tree_change change = {.path = true};

	if (step == GB_FLOOR_CREATE || step == GB_FLOOR_ADD) {
		change.n_adds = n;
		change.path = c->path;
	} else if (step == GB_FLOOR_REMOVE) {
		change.n_removes = n;
		change.removes = p->leavers + (size_t)i * n;
	}
	return change;
}

/* Newcomers fill the blank leaves from the left. Whether the device is one of this commit's. */
static bool comes_now(struct play *p)
{
	uint32_t first = p->newcomer, device = p->of->device;

	p->newcomer += p->tree.n_added;
	if (device < first || device >= p->newcomer)
		return false;
	p->leaf = p->tree.added[device - first];
	return true;
}

static void play_commit(struct play *p, const struct gb_tree_change *change, bool has_sent,
			struct gb_tally *t)
{
	const struct gb_floor_case *c = p->of;
	struct commit now = {
		.sizes = {gb_mls_suite(c->suite), c->identity},
		.tree = &p->tree,
		.has_path = change->path,
		.private = c->private,
		.tree_apart = c->tree_apart,
		.has_sent = has_sent,
		.depth_before = gb_tree_depth(&p->tree),
		.adds = change->n_adds,
		.is_first = p->tree.members == 1,
	};
	bool comes;

	gb_tree_model_commit(&p->tree, change, &now.path);
	comes = comes_now(p);
	if (t == NULL || (c->role == GB_FLOOR_JOINER && !comes))
		return;
	now.bytes = gb_commit_bytes(&now.sizes, change->n_adds, change->n_removes, change->path,
				    path_bytes(&now.sizes, &now.path));
	if (c->role == GB_FLOOR_ACTOR)
		commit(t, &now);
	else if (c->role == GB_FLOOR_MEMBER)
		process(t, &now, p->leaf);
	else
		join(t, &now, p->leaf);
}

/* All commits of a step; those outside the clock have no tally. */
static void play_step(struct play *p, enum gb_floor_step step, struct gb_tally *t)
{
	const struct gb_floor_case *c = p->of;
	bool counted = step == GB_FLOOR_ADD || step == GB_FLOOR_REMOVE;
	uint32_t n = step == GB_FLOOR_CREATE ? c->size - 1 : counted ? c->k : 0;
	uint32_t commits = counted && c->one_by_one ? c->k : 1;

	if (step == GB_FLOOR_NOTHING)
		return;
	for (uint32_t i = 0; i < commits; i++) {
		struct gb_tree_change change = change_of(p, step, i, n / commits);
		play_commit(p, &change, c->has_sent && i == 0, t);
	}
}

/* A joiner of `before` is a member by then. */
static bool has_formula(const struct gb_floor_case *c)
{
	bool leaves = c->step == GB_FLOOR_REMOVE || c->before == GB_FLOOR_REMOVE;
	bool adds = c->step == GB_FLOOR_CREATE || c->step == GB_FLOOR_ADD;
	uint64_t most = (uint64_t)c->size + c->k;

	if (gb_mls_suite(c->suite) == NULL || c->size < 2 || 2 * most > GB_TREE_MAX_MEMBERS)
		return false;
	if (c->senders > 1 || c->step == GB_FLOOR_NOTHING || c->step > GB_FLOOR_SEND ||
	    c->device >= most)
		return false;
	if (leaves && (c->leavers == NULL || c->k >= c->size))
		return false;
	for (uint32_t i = 0; leaves && i < c->k; i++)
		if (c->leavers[i] == 0 || c->leavers[i] >= c->size)
			return false;
	if (c->role == GB_FLOOR_ASKER || c->role == GB_FLOOR_WITHHELD)
		return false;
	return c->role != GB_FLOOR_JOINER || adds || c->step == GB_FLOOR_SEND;
}

/* The tree before any of the commits. A group that is created is first one of one member. */
static int begin(struct play *p)
{
	static const struct gb_tree_history alone = {.shape = GB_TREE_GROWN};
	const struct gb_floor_case *c = p->of;
	bool creates = c->step == GB_FLOOR_CREATE;
	bool adds = c->step == GB_FLOOR_ADD || c->before == GB_FLOOR_ADD;

	if (c->leavers != NULL && c->k > 0) {
		p->leavers = malloc(c->k * sizeof(*p->leavers));
		if (p->leavers == NULL)
			return -1;
		for (uint32_t i = 0; i < c->k; i++)
			p->leavers[i] = gb_tree_history_leaf(&c->tree, c->leavers[i]);
	}
	p->newcomer = creates ? 1 : c->size;
	p->leaf = gb_tree_history_leaf(&c->tree, c->device);
	if (creates)
		return gb_tree_model_init(&p->tree, &alone, 1, c->size - 1, c->path);
	return gb_tree_model_init(&p->tree, &c->tree, c->size, adds ? c->k : 0, c->path);
}

enum gb_floor_answer gb_floor_mls(const struct gb_floor_case *c, struct gb_tally *counts)
{
	struct gb_mls_sizes sizes = {gb_mls_suite(c->suite), c->identity};
	struct play p = {.of = c};
	int status;

	*counts = (struct gb_tally){0};
	if (!has_formula(c))
		return GB_FLOOR_UNKNOWN;
	if (c->step == GB_FLOOR_SEND)
		message(counts, c, &sizes);
	if (c->step == GB_FLOOR_SEND && c->before != GB_FLOOR_REKEY)
		return GB_FLOOR_KNOWN;
	status = begin(&p);
	if (status == 0) {
		play_step(&p, c->before, NULL);
		if (c->step == GB_FLOOR_SEND)
			gb_secret_tree_descent(counts, sizes.suite, gb_tree_depth(&p.tree));
		else
			play_step(&p, c->step, counts);
		gb_tree_model_free(&p.tree);
	}
	free(p.leavers);
	return status == 0 ? GB_FLOOR_KNOWN : GB_FLOOR_NO_MEMORY;
}
