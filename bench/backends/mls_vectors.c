/* The passive-client vectors of the working group, out of the groups that mls/ makes. */
#include "backends/mls_vectors.h"

#include <inttypes.h>
#include <string.h>

#include "backends/mls_world.h"

#define PSK_ID    "groupbench"
#define PSK_BYTES 32

enum { MOST_ACTORS = 3 };

/* The group while it is written down. */
struct telling {
	const struct gb_mls_vectors_request *request;
	struct gb_world *world;
	FILE *out;
	uint32_t actor[MOST_ACTORS]; /* devices that commit; the others are dormant */
	uint32_t n_actors;
	uint32_t n_commits;
	uint32_t newcomer;       /* the next device that is added */
	uint32_t victim;         /* the next member of the beginning that may be removed */
	uint32_t newest;         /* leaf of who was added last, MLS_NO_LEAF: is gone */
	struct mls_buf proposal; /* what was sent last */
	struct mls_buf commit, welcome, ratchet_tree;
};

static void put_hex(FILE *out, struct mls_slice bytes)
{
	static const char digits[] = "0123456789abcdef";

	putc('"', out);
	for (size_t i = 0; i < bytes.len; i++) {
		putc(digits[bytes.p[i] >> 4], out);
		putc(digits[bytes.p[i] & 15], out);
	}
	putc('"', out);
}

static void put_member(FILE *out, const char *indent, const char *key, struct mls_slice bytes)
{
	fprintf(out, "%s\"%s\": ", indent, key);
	put_hex(out, bytes);
	fputs(",\n", out);
}

static struct mls_group *group_of(const struct telling *t, uint32_t actor)
{
	return t->world->device[t->actor[actor]].group;
}

/* Whose turn it is; the one behind them sends proposals. */
static uint32_t committer(const struct telling *t)
{
	return t->n_commits % t->n_actors;
}

static void list_actors(struct telling *t)
{
	const uint32_t wanted[] = {0, t->request->size / 2, t->request->size - 1};

	for (size_t i = 0; i < MOST_ACTORS; i++)
		if (t->n_actors == 0 || t->actor[t->n_actors - 1] != wanted[i])
			t->actor[t->n_actors++] = wanted[i];
}

static bool is_actor(const struct telling *t, uint32_t device)
{
	for (uint32_t i = 0; i < t->n_actors; i++)
		if (t->actor[i] == device)
			return true;
	return false;
}

/* The leaf of who leaves next; false where only actors and the passive client are left. */
static bool take_victim(struct telling *t, uint32_t *leaf)
{
	while (t->victim < t->request->size && is_actor(t, t->victim))
		t->victim++;
	if (t->victim < t->request->size) {
		*leaf = gb_tree_history_leaf(&t->world->axes.tree, t->victim++);
		return true;
	}
	*leaf = t->newest;
	t->newest = MLS_NO_LEAF;
	return *leaf != MLS_NO_LEAF;
}

static enum mls_err deliver(struct telling *t, const struct mls_buf *message)
{
	for (uint32_t i = 0; i < t->n_actors; i++) {
		struct mls_event event;
		enum mls_err err =
			mls_group_receive(group_of(t, i), &event, gb_mls_contents(message));

		if (err)
			return err;
		if (event.n_added > 0)
			t->newest = event.added[event.n_added - 1];
	}
	return MLS_OK;
}

/* A commit, which all members but the passive client receive. */
static enum mls_err commit(struct telling *t, struct mls_commit_request *request)
{
	const struct gb_mls_axes *axes = &t->world->axes;
	const struct mls_commit_output output = {
		.commit = &t->commit,
		.welcome = &t->welcome,
		.ratchet_tree = axes->tree_in_welcome ? NULL : &t->ratchet_tree,
	};
	enum mls_err err;

	t->commit.len = t->welcome.len = t->ratchet_tree.len = 0;
	request->tree_in_welcome = axes->tree_in_welcome;
	request->handshake = axes->handshake;
	request->path_if_required = !axes->path && request->n_add > 0;
	err = mls_group_commit(group_of(t, committer(t)), &output, request);
	if (err == MLS_OK)
		err = deliver(t, &t->commit);
	t->n_commits++;
	return err;
}

/* A proposal by reference, which is an element of the array that is open. */
static enum mls_err propose(struct telling *t, const struct mls_proposal_request *request,
			    bool is_first)
{
	uint32_t proposer = (committer(t) + 1) % t->n_actors;
	enum mls_err err;

	t->proposal.len = 0;
	err = mls_group_propose(group_of(t, proposer), &t->proposal, request,
				t->world->axes.handshake);
	for (uint32_t i = 0; i < t->n_actors && err == MLS_OK; i++) {
		struct mls_event event;

		if (i != proposer)
			err = mls_group_receive(group_of(t, i), &event,
						gb_mls_contents(&t->proposal));
	}
	if (err == MLS_OK) {
		fputs(is_first ? "" : ", ", t->out);
		put_hex(t->out, gb_mls_contents(&t->proposal));
	}
	return err;
}

static enum mls_err propose_add_and_update(struct telling *t, struct mls_slice key_package)
{
	const struct mls_proposal_request add = {.type = MLS_PROPOSAL_ADD,
						 .key_package = key_package};
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	enum mls_err err = propose(t, &add, true);

	return err ? err : propose(t, &update, false);
}

static enum mls_err propose_remove(struct telling *t, uint32_t leaf)
{
	const struct mls_proposal_request remove = {.type = MLS_PROPOSAL_REMOVE, .leaf = leaf};

	return propose(t, &remove, true);
}

/* What the commit of an epoch contains; each kind has its turn. */
enum kind {
	PATH_ALONE,
	ADD,
	REMOVE,
	ADD_AND_UPDATE_PROPOSED,
	PSK,
	ADD_AND_REMOVE,
	EXTENSIONS,
	REMOVE_PROPOSED,
	KINDS,
};

static enum mls_err commit_kind(struct telling *t, enum kind kind, struct mls_slice newcomer)
{
	/* required_capabilities that require nothing: the one extension that everybody knows. */
	static const uint8_t required_nothing[] = {0, 3, 3, 0, 0, 0};
	const struct mls_psk_name psk = {.id = {(const uint8_t *)PSK_ID, strlen(PSK_ID)}};
	struct mls_commit_request request = {.add = &newcomer, .psks = &psk};
	enum mls_err err = MLS_OK;
	uint32_t leaf = MLS_NO_LEAF;

	request.remove = &leaf;
	if (kind == REMOVE || kind == ADD_AND_REMOVE)
		request.n_remove = take_victim(t, &leaf);
	request.n_add = kind == ADD || kind == ADD_AND_REMOVE;
	request.n_psks = kind == PSK;
	request.set_extensions = kind == EXTENSIONS;
	request.extensions = (struct mls_slice){required_nothing, sizeof(required_nothing)};
	if (kind == ADD_AND_UPDATE_PROPOSED)
		err = propose_add_and_update(t, newcomer);
	else if (kind == REMOVE_PROPOSED && take_victim(t, &leaf))
		err = propose_remove(t, leaf);
	fputs("],\n", t->out);
	return err ? err : commit(t, &request);
}

static enum mls_err tell_epoch(struct telling *t, uint32_t epoch)
{
	enum kind kind = (enum kind)(epoch % KINDS);
	bool adds = kind == ADD || kind == ADD_AND_UPDATE_PROPOSED || kind == ADD_AND_REMOVE;
	struct gb_mls_device newcomer = {0};
	enum mls_err err = MLS_OK;

	if (adds)
		err = gb_mls_make_device(t->world, &newcomer, t->newcomer++);
	fprintf(t->out, "%s\n   {\n    \"proposals\": [", epoch > 0 ? "," : "");
	if (err == MLS_OK)
		err = commit_kind(t, kind, gb_mls_contents(&newcomer.key_package));
	gb_mls_drop_device(&newcomer);
	if (err)
		return err;
	put_member(t->out, "    ", "commit", gb_mls_contents(&t->commit));
	fputs("    \"epoch_authenticator\": ", t->out);
	put_hex(t->out, mls_group_epoch_authenticator(group_of(t, 0)));
	fputs("\n   }", t->out);
	return MLS_OK;
}

static enum mls_err tell_psk(struct telling *t)
{
	const struct mls_slice id = {(const uint8_t *)PSK_ID, strlen(PSK_ID)};
	struct mls_random random = mls_seeded_random_source(&t->world->random);
	uint8_t bytes[PSK_BYTES];
	const struct mls_slice psk = {bytes, sizeof(bytes)};
	enum mls_err err = random.fill(random.state, bytes, sizeof(bytes));

	for (uint32_t i = 0; i < t->n_actors && err == MLS_OK; i++)
		err = mls_client_set_psk(t->world->device[t->actor[i]].client, id, psk);
	fprintf(t->out, "[{\n  \"cipher_suite\": %u,\n  \"external_psks\": [{\"psk_id\": ",
		(unsigned)t->world->axes.suite);
	put_hex(t->out, id);
	fputs(", \"psk\": ", t->out);
	put_hex(t->out, psk);
	fputs("}],\n", t->out);
	return err;
}

static enum mls_err tell_private_keys(struct telling *t, const struct gb_mls_device *passive)
{
	struct mls_slice rest = gb_mls_contents(&passive->private_part), init, encryption;
	struct mls_buf signature = {0};
	enum mls_err err = mls_client_signature_private(passive->client, &signature);

	if (err == MLS_OK)
		err = mls_vector_take(&init, &rest);
	if (err == MLS_OK)
		err = mls_vector_take(&encryption, &rest);
	if (err == MLS_OK) {
		put_member(t->out, "  ", "key_package", gb_mls_contents(&passive->key_package));
		put_member(t->out, "  ", "signature_priv", gb_mls_contents(&signature));
		put_member(t->out, "  ", "encryption_priv", encryption);
		put_member(t->out, "  ", "init_priv", init);
	}
	mls_buf_free(&signature);
	return err;
}

/* The passive client joins the group as its shape made it. */
static enum mls_err tell_welcome(struct telling *t)
{
	struct gb_mls_device passive = {0};
	struct mls_slice key_package;
	enum mls_err err = gb_mls_make_device(t->world, &passive, t->request->size);

	if (err == MLS_OK)
		err = tell_private_keys(t, &passive);
	key_package = gb_mls_contents(&passive.key_package);
	if (err == MLS_OK)
		err = commit(t, &(struct mls_commit_request){.add = &key_package, .n_add = 1});
	gb_mls_drop_device(&passive);
	if (err)
		return err;
	put_member(t->out, "  ", "welcome", gb_mls_contents(&t->welcome));
	if (t->ratchet_tree.len > 0)
		put_member(t->out, "  ", "ratchet_tree", gb_mls_contents(&t->ratchet_tree));
	else
		fputs("  \"ratchet_tree\": null,\n", t->out);
	put_member(t->out, "  ", "initial_epoch_authenticator",
		   mls_group_epoch_authenticator(group_of(t, 0)));
	return MLS_OK;
}

static enum mls_err tell(struct telling *t)
{
	enum mls_err err = tell_psk(t);

	if (err == MLS_OK)
		err = tell_welcome(t);
	t->newest = MLS_NO_LEAF;
	fputs("  \"epochs\": [", t->out);
	for (uint32_t epoch = 0; epoch < t->request->epochs && err == MLS_OK; epoch++)
		err = tell_epoch(t, epoch);
	fputs("]\n}]\n", t->out);
	return err;
}

static enum gb_status make_group(struct telling *t)
{
	const struct gb_mls_vectors_request *r = t->request;
	const struct gb_config config = {
		.struct_size = sizeof(config),
		.seed = r->seed,
		.capacity = r->size + 1 + r->epochs,
		.axes = r->axes,
		.n_axes = r->n_axes,
	};
	const struct gb_shape shape = {
		.struct_size = sizeof(shape),
		.size = r->size,
		.live = t->actor,
		.n_live = t->n_actors,
	};
	enum gb_status status = gb_mls_open(&t->world, &config);

	if (status != GB_OK)
		return status;
	return gb_mls_shape(t->world, &shape);
}

enum gb_status gb_mls_write_vectors(FILE *out, char *why, size_t why_len,
				    const struct gb_mls_vectors_request *request)
{
	struct telling t = {.request = request, .out = out, .newcomer = request->size + 1};
	enum gb_status status;
	enum mls_err err;

	list_actors(&t);
	status = make_group(&t);
	if (status == GB_OK) {
		err = tell(&t);
		if (err)
			status = gb_mls_failed(t.world, "vectors", err);
	}
	snprintf(why, why_len, "%s", t.world ? t.world->error : "no memory");
	mls_buf_free(&t.proposal);
	mls_buf_free(&t.commit);
	mls_buf_free(&t.welcome);
	mls_buf_free(&t.ratchet_tree);
	gb_mls_close(t.world);
	return status;
}
