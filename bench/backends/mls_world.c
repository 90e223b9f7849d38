/* Devices, groups and checkpoints of the mls backend. */
#include "backends/mls_world.h"
#include "backends/stock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Any moment will do: nothing in a world knows the real time. */
#define NOW_S 1700000000u

/* Some other implementations read the clock, and shall not find these expired: a century. */
#define LIFETIME_S 3155760000u

/* Ten digits tell every device number apart. */
#define MIN_IDENTITY 10

static bool equal(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static uint32_t number(const char *value)
{
	return (uint32_t)strtoul(value, NULL, 10);
}

/*
 * One function knows every axis: it sets `axes`, and by that answers whether the value can
 * be had.
 */
static enum gb_answer set_axis(struct gb_mls_axes *axes, const char *name, const char *value,
			       const char **reason)
{
	*reason = NULL;
	if (equal(name, "tree")) {
		if (!gb_tree_history_read(&axes->tree, value))
			*reason = "no such history of a ratchet tree is known";
	} else if (equal(name, "path")) {
		axes->path = equal(value, "yes");
	} else if (equal(name, "tree_delivery")) {
		axes->tree_in_welcome = equal(value, "welcome");
	} else if (equal(name, "handshake")) {
		axes->handshake =
			equal(value, "private") ? MLS_HANDSHAKE_PRIVATE : MLS_HANDSHAKE_PUBLIC;
	} else if (equal(name, "padding")) {
		axes->padding = number(value);
	} else if (equal(name, "suite")) {
		axes->suite = (uint16_t)number(value);
	} else if (equal(name, "identity")) {
		axes->identity = number(value);
		if (axes->identity < MIN_IDENTITY)
			*reason = "an identity is a device number of at least 10 digits";
	} else if (equal(name, "crypto")) {
		axes->crypto = equal(value, "sodium") ? MLS_CRYPTO_SODIUM : MLS_CRYPTO_OPENSSL;
	} else if (equal(name, "threads")) {
		axes->threads = number(value);
	} else {
		return GB_NOT_APPLICABLE;
	}
	return *reason ? GB_NOT_SUPPORTED : GB_HONOURED;
}

enum gb_answer gb_mls_axis(const char *name, const char *value, const char **reason)
{
	struct gb_mls_axes axes;
	const char *why;
	enum gb_answer answer = set_axis(&axes, name, value, &why);

	if (answer == GB_NOT_SUPPORTED)
		*reason = why;
	return answer;
}

enum gb_status gb_mls_refused(struct gb_world *w, const char *what, const char *why)
{
	snprintf(w->error, sizeof(w->error), "%s: %s", what, why);
	return GB_REJECTED;
}

enum gb_status gb_mls_failed(struct gb_world *w, const char *what, enum mls_err err)
{
	const char *section = mls_err_section(err);

	snprintf(w->error, sizeof(w->error), "%s: %s (%s%s%s)", what, mls_err_sentence(err),
		 mls_err_name(err), *section ? ", RFC 9420 " : "", section);
	switch (mls_err_class(err)) {
	case MLS_CLASS_MALFORMED:
	case MLS_CLASS_INVALID:
	case MLS_CLASS_FORGED:
	case MLS_CLASS_REFUSED:
	case MLS_CLASS_STALE:
		return GB_REJECTED;
	default:
		return GB_FAILED;
	}
}

struct mls_slice gb_mls_identity(struct gb_world *w, uint32_t device)
{
	char digits[MIN_IDENTITY + 1];
	uint32_t zeros = w->axes.identity - MIN_IDENTITY;

	snprintf(digits, sizeof(digits), "%010u", (unsigned)device);
	memset(w->identity, '0', zeros);
	memcpy(w->identity + zeros, digits, MIN_IDENTITY);
	return (struct mls_slice){(const uint8_t *)w->identity, w->axes.identity};
}

static void config_of(struct gb_world *w, uint32_t device, struct mls_client_config *config)
{
	*config = (struct mls_client_config){
		.ephemeral = true,
		.suite = w->axes.suite,
		.crypto = w->axes.crypto,
		.credential_type = MLS_CREDENTIAL_BASIC,
		.credential = gb_mls_identity(w, device),
		.key_package_lifetime_s = LIFETIME_S,
		.now_s = NOW_S,
		.policy = &w->policy,
	};
}

/* What a device is made from, drawn from its number and the seed alone. */
static void member_config(void *state, uint32_t member, struct mls_client_config *config)
{
	struct gb_world *w = state;

	config_of(w, member, config);
	mls_seeded_random_begin(&w->member_random, w->seed, "device", member);
	config->random = mls_seeded_random_source(&w->member_random);
}

void gb_mls_drop_uploaded(struct gb_mls_device *device)
{
	for (uint32_t i = 0; i < device->n_uploaded; i++) {
		mls_buf_free(&device->uploaded[i].key_package);
		mls_buf_free(&device->uploaded[i].private_part);
	}
	free(device->uploaded);
	device->uploaded = NULL;
	device->n_uploaded = 0;
}

void gb_mls_drop_device(struct gb_mls_device *device)
{
	gb_mls_drop_uploaded(device);
	mls_group_free(device->group);
	mls_group_free(device->saved);
	mls_client_free(device->client);
	mls_buf_free(&device->key_package);
	mls_buf_free(&device->private_part);
	*device = (struct gb_mls_device){0};
}

enum mls_err gb_mls_new_key_package(struct gb_world *w, struct gb_mls_device *d,
				    struct mls_buf *key_package, struct mls_buf *private_part)
{
	struct mls_random own = mls_seeded_random_source(&w->random);
	struct mls_random of_device = mls_seeded_random_source(&w->member_random);
	enum mls_err err;

	mls_probe_set_random(w->root, &of_device);
	err = mls_key_package_new(d->client, key_package, private_part);
	mls_probe_set_random(w->root, &own);
	return err;
}

enum mls_err gb_mls_make_device(struct gb_world *w, struct gb_mls_device *out, uint32_t device)
{
	struct mls_client_config config;
	enum mls_err err;

	member_config(w, device, &config);
	err = mls_probe_client_new(&out->client, &config, w->root);
	if (err)
		return err;
	return gb_mls_new_key_package(w, out, &out->key_package, &out->private_part);
}

/* What the key package of a dormant device depends on, but for the device. */
static int key_packages(const struct gb_world *w)
{
	return gb_stock_shelf("mls key package, seed %llu, suite %u, crypto %d, identity %u",
			      (unsigned long long)w->seed, w->axes.suite, (int)w->axes.crypto,
			      w->axes.identity);
}

bool gb_mls_stocked(struct gb_world *w, uint32_t device, struct mls_slice *key_package)
{
	struct gb_mls_device dormant = {0};
	int shelf = key_packages(w);
	struct gb_bytes kept;
	bool is_kept;

	if (shelf == GB_STOCK_NONE)
		return false;
	if (!gb_stock_find(shelf, device, &kept) &&
	    gb_mls_make_device(w, &dormant, device) == MLS_OK)
		gb_stock_put(shelf, device,
			     (struct gb_bytes){dormant.key_package.p, dormant.key_package.len});
	gb_mls_drop_device(&dormant);
	is_kept = gb_stock_find(shelf, device, &kept);
	if (is_kept)
		*key_package = (struct mls_slice){kept.p, kept.len};
	return is_kept;
}

static bool find_key_package(void *state, uint32_t member, struct mls_slice *message)
{
	return gb_mls_stocked(state, member, message);
}

struct mls_slice gb_mls_contents(const struct mls_buf *b)
{
	return (struct mls_slice){b->p, b->len};
}

struct gb_message gb_mls_to_server(enum gb_kind kind, uint32_t from)
{
	return (struct gb_message){
		.kind = kind, .address = GB_TO_SERVER, .fanout = GB_FANOUT_SERVER, .from = from};
}

/* A join consumes the kept key package; here it is there again. */
static enum mls_err keep_key_package(struct gb_mls_device *d)
{
	return mls_client_keep_key_package(d->client, gb_mls_contents(&d->key_package),
					   gb_mls_contents(&d->private_part));
}

enum gb_status gb_mls_keep_key_package(struct gb_world *w, uint32_t device)
{
	struct gb_mls_device *d = &w->device[device];
	enum mls_err err = d->has_joined ? keep_key_package(d) : MLS_OK;

	if (err)
		return gb_mls_failed(w, "key package", err);
	d->has_joined = false;
	return GB_OK;
}

enum gb_status gb_mls_materialise(struct gb_world *w, uint32_t device)
{
	struct gb_mls_device *d = &w->device[device];
	enum mls_err err;

	if (d->client)
		return GB_OK;
	err = gb_mls_make_device(w, d, device);
	if (err == MLS_OK)
		err = keep_key_package(d);
	if (err != MLS_OK) {
		gb_mls_drop_device(d);
		return gb_mls_failed(w, "materialise", err);
	}
	w->live[w->n_live++] = device;
	return GB_OK;
}

static enum gb_status open_world(struct gb_world *w, const struct gb_config *config)
{
	struct mls_client_config root;
	const char *reason;
	enum mls_err err;

	for (size_t i = 0; i < config->n_axes; i++)
		if (set_axis(&w->axes, config->axes[i].name, config->axes[i].value, &reason) ==
		    GB_NOT_SUPPORTED) {
			snprintf(w->error, sizeof(w->error), "%s", reason);
			return GB_UNSUPPORTED;
		}
	w->policy = mls_policy_default();
	w->policy.padding = w->axes.padding;
	w->policy.max_lifetime_s = 0; /* other implementations choose their own */
	w->policy.max_message = (size_t)1 << 30;
	w->policy.max_leaves = MLS_PROBE_MOST_LEAVES;
	w->seed = config->seed;
	w->capacity = config->capacity;
	w->device = calloc(config->capacity ? config->capacity : 1, sizeof(*w->device));
	w->live = calloc(config->capacity ? config->capacity : 1, sizeof(*w->live));
	w->identity = calloc(1, w->axes.identity);
	if (!w->device || !w->live || !w->identity)
		return gb_mls_failed(w, "open", MLS_ERR_NOMEM);
	mls_seeded_random_begin(&w->random, w->seed, "world", 0);
	config_of(w, 0, &root);
	root.random = mls_seeded_random_source(&w->random);
	root.threads = w->axes.threads;
	err = mls_client_new(&w->root, &root);
	if (err == MLS_ERR_CRYPTO_LIBRARY) {
		snprintf(w->error, sizeof(w->error),
			 "crypto: sodium has the curves of suites 1 and 3 alone, not those of "
			 "suite %u",
			 (unsigned)w->axes.suite);
		return GB_UNSUPPORTED;
	}
	if (err)
		return gb_mls_failed(w, "open", err);
	err = root.random.fill(root.random.state, w->group_id, sizeof(w->group_id));
	return err ? gb_mls_failed(w, "open", err) : GB_OK;
}

enum gb_status gb_mls_open(struct gb_world **out, const struct gb_config *config)
{
	struct gb_world *w = calloc(1, sizeof(*w));

	*out = w;
	if (!w)
		return GB_FAILED;
	w->axes = (struct gb_mls_axes){
		.tree = {.shape = GB_TREE_FULL},
		.path = true,
		.tree_in_welcome = true,
		.handshake = MLS_HANDSHAKE_PUBLIC,
		.suite = 1,
		.identity = 16,
		.threads = 1,
	};
	return open_world(w, config);
}

void gb_mls_close(struct gb_world *w)
{
	if (!w)
		return;
	for (uint32_t i = 0; i < w->n_live; i++)
		gb_mls_drop_device(&w->device[w->live[i]]);
	mls_probe_call_free(w->single);
	mls_client_free(w->root);
	mls_buf_free(&w->scratch);
	free(w->device);
	free(w->live);
	free(w->identity);
	free(w);
}

static enum mls_probe_shape first_shape(const struct gb_mls_axes *axes)
{
	if (axes->tree.shape == GB_TREE_COLD)
		return axes->path ? MLS_PROBE_COLD : MLS_PROBE_COLD_NO_PATH;
	return axes->tree.shape == GB_TREE_GROWN ? MLS_PROBE_COLD_NO_PATH : MLS_PROBE_FULL;
}

/* The steps of the tree's history, allocated: from the harness's words into those of mls/. */
static enum mls_err list_steps(const struct gb_mls_axes *axes, uint32_t size,
			       struct mls_probe_step **out, size_t *n)
{
	struct gb_tree_steps steps;
	struct gb_tree_step step;

	if (gb_tree_steps_open(&steps, &axes->tree, size) < 0)
		return MLS_ERR_NOMEM;
	*out = calloc(steps.n ? steps.n : 1, sizeof(**out));
	for (*n = 0; *out && gb_tree_steps_next(&steps, &step); ++*n) {
		struct mls_probe_step *to = &(*out)[*n];

		to->kind = step.kind == GB_TREE_REMOVE   ? MLS_PROBE_REMOVE
			   : step.kind == GB_TREE_UPDATE ? MLS_PROBE_UPDATE
			   : axes->path                  ? MLS_PROBE_ADD
							 : MLS_PROBE_ADD_NO_PATH;
		to->committer = step.committer;
		to->leaf = step.leaf;
	}
	gb_tree_steps_close(&steps);
	return *out ? MLS_OK : MLS_ERR_NOMEM;
}

/* The live members among the live devices, and their clients. */
static void list_live(const struct gb_world *w, const struct gb_shape *shape,
		      struct mls_probe_shape_request *request, uint32_t *live,
		      struct mls_client **client)
{
	for (size_t i = 0; i < shape->n_live; i++) {
		if (shape->live[i] >= shape->size)
			continue;
		live[request->n_live] = shape->live[i];
		client[request->n_live++] = w->device[shape->live[i]].client;
	}
	request->live = live;
	request->client = client;
}

/* The groups of the live members, made directly; live joiners stay outside. */
static enum mls_err make_groups(struct gb_world *w, const struct gb_shape *shape)
{
	struct mls_client **client = calloc(shape->n_live, sizeof(struct mls_client *));
	struct mls_group **group = calloc(shape->n_live, sizeof(struct mls_group *));
	uint32_t *live = calloc(shape->n_live, sizeof(uint32_t));
	struct mls_probe_step *steps = NULL;
	struct mls_probe_shape_request request = {
		.shape = first_shape(&w->axes),
		.size = gb_tree_history_start(&w->axes.tree, shape->size),
		.group_id = {w->group_id, sizeof(w->group_id)},
		.members = {.config = member_config, .key_package = find_key_package, .state = w},
		.random = mls_seeded_random_source(&w->random),
	};
	enum mls_err err = client && group && live ? MLS_OK : MLS_ERR_NOMEM;

	if (err == MLS_OK)
		err = list_steps(&w->axes, shape->size, &steps, &request.n_steps);
	request.steps = steps;
	if (err == MLS_OK)
		list_live(w, shape, &request, live, client);
	if (err == MLS_OK && request.n_live > 0)
		err = mls_probe_make_groups(group, &request);
	for (size_t i = 0; err == MLS_OK && i < request.n_live; i++)
		w->device[live[i]].group = group[i];
	free(client);
	free(group);
	free(live);
	free(steps);
	return err;
}

enum gb_status gb_mls_shape(struct gb_world *w, const struct gb_shape *shape)
{
	enum gb_status status;
	enum mls_err err;

	for (size_t i = 0; i < shape->n_live; i++) {
		status = gb_mls_materialise(w, shape->live[i]);
		if (status != GB_OK)
			return status;
	}
	if (shape->without_group || shape->n_live == 0)
		return GB_OK;
	err = make_groups(w, shape);
	return err ? gb_mls_failed(w, "shape", err) : GB_OK;
}

static enum mls_err fork_group(struct gb_mls_device *d, struct mls_group **to,
			       const struct mls_group *from)
{
	mls_group_free(*to);
	*to = NULL;
	return from ? mls_probe_group_fork(d->client, to, from) : MLS_OK;
}

enum gb_status gb_mls_checkpoint(struct gb_world *w)
{
	for (uint32_t i = 0; i < w->n_live; i++) {
		struct gb_mls_device *d = &w->device[w->live[i]];
		enum mls_err err = fork_group(d, &d->saved, d->group);

		if (err)
			return gb_mls_failed(w, "checkpoint", err);
		d->was_removed_saved = d->was_removed;
	}
	return GB_OK;
}

enum gb_status gb_mls_rollback(struct gb_world *w)
{
	for (; w->n_enrolled > 0; w->n_enrolled--)
		gb_mls_drop_device(&w->device[w->live[--w->n_live]]);
	for (uint32_t i = 0; i < w->n_live; i++) {
		struct gb_mls_device *d = &w->device[w->live[i]];
		enum mls_err err = fork_group(d, &d->group, d->saved);

		if (err == MLS_OK && d->has_joined)
			err = keep_key_package(d);
		if (err)
			return gb_mls_failed(w, "rollback", err);
		d->has_joined = false;
		d->was_removed = d->was_removed_saved;
	}
	return GB_OK;
}
