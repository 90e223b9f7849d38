/* What a new device publishes: a client of its own and KeyPackages (RFC 9420, 10); and that it can
 * be added by each of them. */
#include "backends/mls_world.h"
#include <stdlib.h>

static enum mls_err make(struct gb_world *w, uint32_t device, uint32_t n)
{
	struct gb_mls_device *d = &w->device[device];
	enum mls_err err = gb_mls_make_device(w, d, device);

	if (err)
		return err;
	d->uploaded = calloc(n ? n : 1, sizeof(*d->uploaded));
	if (!d->uploaded)
		return MLS_ERR_NOMEM;
	/* The first was made with the device. */
	d->uploaded[0] = (struct gb_mls_key_package){d->key_package, d->private_part};
	d->key_package = d->private_part = (struct mls_buf){0};
	d->n_uploaded = 1;
	for (; d->n_uploaded < n && !err; d->n_uploaded++)
		err = gb_mls_new_key_package(w, d, &d->uploaded[d->n_uploaded].key_package,
					     &d->uploaded[d->n_uploaded].private_part);
	return err;
}

static enum gb_status send_all(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	const struct gb_mls_device *d = &w->device[device];
	enum gb_status status = GB_OK;
	size_t total = 0;

	for (uint32_t i = 0; i < d->n_uploaded; i++)
		total += d->uploaded[i].key_package.len;
	if (out->reserve(out, total) == NULL)
		return gb_mls_failed(w, "enrol", MLS_ERR_NOMEM);
	for (uint32_t i = 0; i < d->n_uploaded && status == GB_OK; i++)
		status = gb_mls_post(w, out, gb_mls_to_server(GB_KEY_MATERIAL, device),
				     &d->uploaded[i].key_package);
	return status;
}

enum gb_status gb_mls_enrol(struct gb_world *w, uint32_t device, uint32_t n, struct gb_outbox *out)
{
	enum gb_status status;
	enum mls_err err;

	if (device >= w->capacity || w->device[device].client || n == 0)
		return gb_mls_failed(w, "enrol: no key, or the device is not new", MLS_ERR_USAGE);
	err = make(w, device, n);
	status = err ? gb_mls_failed(w, "enrol", err) : send_all(w, device, out);
	if (status == GB_OK) {
		w->live[w->n_live++] = device;
		w->n_enrolled++;
	} else {
		gb_mls_drop_device(&w->device[device]);
	}
	return status;
}

/* The tree travels in the Welcome, so that the new device needs nothing else to read it. */
enum gb_status gb_mls_reach(struct gb_world *w, uint32_t device, uint32_t other, uint32_t i,
			    const struct gb_message *m, size_t n, struct gb_outbox *out)
{
	struct mls_group *group = gb_mls_group_of(w, device, "reach");
	bool tree_in_welcome = w->axes.tree_in_welcome;
	struct gb_published published = {.device = other};
	enum gb_status status;

	if (!group)
		return GB_REJECTED;
	if (i >= n)
		return gb_mls_refused(w, "reach", "no such KeyPackage");
	published.body = m[i].body;
	w->axes.tree_in_welcome = true;
	status = gb_mls_commit_adds(w, device, group, &published, 1, out);
	w->axes.tree_in_welcome = tree_in_welcome;
	mls_group_discard(group);
	return status;
}

/* The client takes the private parts from where they were kept. */
static enum mls_err keep_uploaded(struct gb_mls_device *d)
{
	enum mls_err err = MLS_OK;

	for (uint32_t i = 0; i < d->n_uploaded && !err; i++)
		err = mls_client_keep_key_package(d->client,
						  gb_mls_contents(&d->uploaded[i].key_package),
						  gb_mls_contents(&d->uploaded[i].private_part));
	gb_mls_drop_uploaded(d);
	return err;
}

enum gb_status gb_mls_reached(struct gb_world *w, uint32_t device, const struct gb_message *m)
{
	struct gb_mls_device *d = &w->device[device];
	struct mls_slice welcome = {m->body.p, m->body.len};
	struct mls_group *group = NULL;
	enum mls_err err = keep_uploaded(d);

	if (!err)
		err = mls_group_join(d->client, &group, welcome, (struct mls_slice){0});
	mls_group_free(group);
	return err ? gb_mls_failed(w, "reached", err) : GB_OK;
}
