#include "run/group_by_welcome.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "backends/backends.h"
#include "delivery/directory.h"

/* The group while it is made. The host is the member of mls/. */
struct making {
	const struct gb_group_by_welcome *g;
	const struct gb_backend *mls;
	struct gb_world *host_world;
	uint32_t host;
	uint32_t *member; /* devices that are to be live members, in the order of the leaves */
	size_t n;
	struct gb_directory *directory; /* of each member */
	struct gb_published *published;
	char *why;
	size_t why_len;
};

/* What a call of one of the two came to; after a failure, its words. */
static enum gb_status said(struct making *m, bool by_host, enum gb_status status, const char *what)
{
	const struct gb_backend *b = by_host ? m->mls : m->g->backend;
	struct gb_world *w = by_host ? m->host_world : m->g->world;

	if (status == GB_OK && m->g->mailbox->violation == NULL)
		return GB_OK;
	snprintf(m->why, m->why_len, "a group that mls made, %s: %s", what,
		 status == GB_OK ? m->g->mailbox->violation
		 : w != NULL     ? b->error(w)
				 : "no memory");
	return status == GB_UNSUPPORTED ? GB_UNSUPPORTED : GB_FAILED;
}

static enum gb_status fail(struct making *m, enum gb_status status, const char *sentence)
{
	snprintf(m->why, m->why_len, "%s", sentence);
	return status;
}

static int in_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static enum gb_status list_members(struct making *m)
{
	const struct gb_shape *shape = m->g->shape;

	m->member = calloc(shape->n_live, sizeof *m->member);
	m->directory = calloc(shape->n_live, sizeof *m->directory);
	m->published = calloc(shape->n_live, sizeof *m->published);
	if (m->member == NULL || m->directory == NULL || m->published == NULL)
		return fail(m, GB_FAILED, "out of memory");
	for (size_t i = 0; i < shape->n_live; i++)
		if (shape->live[i] < shape->size)
			m->member[m->n++] = shape->live[i];
	qsort(m->member, m->n, sizeof *m->member, in_order);
	for (m->host = 0; m->host < m->n && m->member[m->host] == m->host;)
		m->host++;
	if (m->host >= shape->size)
		return fail(m, GB_UNSUPPORTED, "every member is live: none is left for mls");
	return GB_OK;
}

/*
 * Whether the host takes over an axis. Not `path`: with one in each commit nobody who joins finds
 * unmerged leaves, of which ts-mls takes in only those that all nodes above them list alike.
 */
static bool is_for_host(const struct making *m, const struct gb_axis *axis)
{
	const char *reason;

	return strcmp(axis->name, "path") != 0 &&
	       m->mls->axis(axis->name, axis->value, &reason) == GB_HONOURED;
}

/* The group in a world of mls/, in which only the host is live. */
static enum gb_status make_host(struct making *m)
{
	const struct gb_config *theirs = m->g->config;
	const struct gb_shape shape = {.struct_size = sizeof shape,
				       .size = m->g->shape->size,
				       .live = &m->host,
				       .n_live = 1,
				       .actors = &m->host,
				       .n_actors = 1};
	struct gb_axis axes[GB_AXES];
	struct gb_config config = *theirs;
	enum gb_status status;

	config.axes = axes;
	config.n_axes = 0;
	for (size_t i = 0; i < theirs->n_axes && i < GB_AXES; i++)
		if (is_for_host(m, &theirs->axes[i]))
			axes[config.n_axes++] = theirs->axes[i];
	status = m->mls->open(&m->host_world, &config);
	if (status == GB_OK)
		status = m->mls->shape(m->host_world, &shape);
	return said(m, true, status, "making it");
}

/* Makes the members live, as shape() would have, and fetches their key packages. */
static enum gb_status publish(struct making *m)
{
	const struct gb_backend *b = m->g->backend;
	enum gb_status status = GB_OK;

	for (size_t i = 0; i < m->g->shape->n_live && status == GB_OK; i++)
		status = b->materialise(m->g->world, m->g->shape->live[i]);
	for (size_t i = 0; i < m->n && status == GB_OK; i++) {
		struct gb_directory *d = &m->directory[i];

		if (gb_directory_open(d, m->member[i], 1) != 0)
			return fail(m, GB_FAILED, "out of memory");
		status = b->publish_many(m->g->world, m->member[i], 1, &d->outbox);
		if (status == GB_OK && !gb_directory_is_complete(d))
			return fail(m, GB_FAILED, d->violation);
		if (status == GB_OK)
			m->published[i] = *gb_directory_of(d, m->member[i]);
	}
	return said(m, false, status, "publishing key packages");
}

/* The mailbox is ready for what `device` sends next. */
static struct gb_outbox *from(struct making *m, uint32_t device)
{
	gb_mailbox_empty(m->g->mailbox);
	m->g->mailbox->sender = device;
	m->g->mailbox->group_size = m->g->shape->size;
	return &m->g->mailbox->outbox;
}

/* The one message of this kind that was sent; NULL when there is none. */
static const struct gb_message *sent(const struct making *m, enum gb_kind kind)
{
	for (size_t i = 0; i < m->g->mailbox->n_kept; i++)
		if (m->g->mailbox->kept[i].kind == kind)
			return &m->g->mailbox->kept[i];
	return NULL;
}

static enum gb_status host_follows(struct making *m)
{
	const struct gb_message *commit = sent(m, GB_COMMIT);

	if (commit == NULL)
		return fail(m, GB_FAILED, "a change of the group sent no commit");
	return said(m, true, m->mls->process(m->host_world, m->host, commit), "following it");
}

/* All members with their keys from mls/ leave, and come again with keys of their own. */
static enum gb_status exchange(struct making *m)
{
	enum gb_status status =
		m->mls->remove(m->host_world, m->host, m->member, m->n, from(m, m->host));

	status = said(m, true, status, "removing");
	if (status == GB_OK)
		status = host_follows(m);
	if (status != GB_OK)
		return status;
	status = said(m, true,
		      m->mls->add(m->host_world, m->host, m->published, m->n, from(m, m->host)),
		      "adding");
	return status == GB_OK ? host_follows(m) : status;
}

static bool tree_travels_apart(const struct making *m)
{
	const struct gb_config *config = m->g->config;

	for (size_t i = 0; i < config->n_axes; i++)
		if (strcmp(config->axes[i].name, "tree_delivery") == 0)
			return strcmp(config->axes[i].value, "fetched") == 0;
	return false;
}

static enum gb_status join(struct making *m)
{
	const struct gb_backend *b = m->g->backend;
	const struct gb_message *welcome, *tree = NULL;
	enum gb_status status = GB_OK;
	struct gb_message with[2];

	if (tree_travels_apart(m)) {
		status = m->mls->fetch_tree(m->host_world, m->host, &m->g->mailbox->outbox);
		tree = sent(m, GB_RATCHET_TREE);
	}
	welcome = sent(m, GB_WELCOME);
	if (said(m, true, status, "fetching its tree") != GB_OK)
		return GB_FAILED;
	if (welcome == NULL)
		return fail(m, GB_FAILED, "an add sent no Welcome");
	with[0] = *welcome;
	if (tree != NULL)
		with[1] = *tree;
	for (size_t i = 0; i < m->n && status == GB_OK; i++)
		status = b->join(m->g->world, m->member[i], with, tree != NULL ? 2 : 1);
	return said(m, false, status, "joining");
}

/* One member commits, with a path, and all follow. */
static enum gb_status commit(struct making *m, uint32_t device)
{
	const struct gb_backend *b = m->g->backend;
	bool settles = (b->features & GB_SETTLES) != 0;
	enum gb_status status = b->rekey(m->g->world, device, from(m, device));

	status = said(m, false, status, "committing");
	if (status == GB_OK)
		status = host_follows(m);
	for (size_t i = 0; i < m->n && status == GB_OK; i++)
		if (settles || m->member[i] != device)
			status = said(m, false,
				      b->process(m->g->world, m->member[i], sent(m, GB_COMMIT)),
				      "following a commit");
	return status;
}

/* The member of mls/ and all others are in one epoch; then they write what they keep. */
static enum gb_status agree(struct making *m)
{
	const struct gb_backend *b = m->g->backend;
	uint8_t hosts[GB_DIGEST_BYTES], theirs[GB_DIGEST_BYTES];
	enum gb_status status = m->mls->digest(m->host_world, m->host, m->host, hosts);
	uint64_t bytes;

	status = said(m, true, status, "comparing");
	for (size_t i = 0; i < m->n && status == GB_OK; i++) {
		status = b->digest(m->g->world, m->member[i], m->member[i], theirs);
		if (status == GB_OK && memcmp(hosts, theirs, sizeof hosts) != 0)
			return fail(m, GB_FAILED, "a member disagrees with mls on the epoch");
		if (status == GB_OK && b->store != NULL)
			status = b->store(m->g->world, m->member[i], &bytes);
		status = said(m, false, status, "storing");
	}
	return status;
}

static enum gb_status make(struct making *m)
{
	enum gb_status status = list_members(m);

	if (status == GB_OK)
		status = make_host(m);
	if (status == GB_OK)
		status = publish(m);
	if (status == GB_OK)
		status = exchange(m);
	if (status == GB_OK)
		status = join(m);
	for (size_t i = 0; i < m->n && status == GB_OK; i++)
		status = commit(m, m->member[i]);
	return status == GB_OK ? agree(m) : status;
}

bool gb_group_by_welcome_is_possible(const struct gb_group_by_welcome *g)
{
	const char *reason;

	if (g->shape->without_group || g->backend->axis("tree", "full", &reason) != GB_HONOURED)
		return false;
	for (size_t i = 0; i < g->config->n_axes; i++)
		if (strcmp(g->config->axes[i].name, "tree") == 0)
			return strcmp(g->config->axes[i].value, "full") == 0;
	return false;
}

enum gb_status gb_group_by_welcome_make(const struct gb_group_by_welcome *g, char *why,
					size_t why_len)
{
	struct making m = {.g = g, .mls = &gb_backend_mls, .why = why, .why_len = why_len};
	enum gb_status status = make(&m);

	for (size_t i = 0; i < m.n; i++)
		gb_directory_close(&m.directory[i]);
	gb_mailbox_empty(g->mailbox);
	m.mls->close(m.host_world);
	free(m.member);
	free(m.directory);
	free(m.published);
	return status;
}
