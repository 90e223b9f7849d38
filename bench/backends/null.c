/*
 * The null backend protects nothing and does nothing but send: what is measured with it
 * is the cost of measuring. Its group is one number that every commit replaces.
 */
#include "backends/backends.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BODY_BYTES 32

struct null_device {
	bool is_member;
	uint64_t group;   /* equal at all members */
	uint64_t pending; /* of a commit that has not come back; 0: none */
};

struct gb_world {
	uint32_t capacity;
	uint64_t counter; /* makes every commit and message different */
	struct null_device *device, *saved;
	const char *error;
};

static enum gb_status fail(struct gb_world *w, enum gb_status status, const char *why)
{
	w->error = why;
	return status;
}

static enum gb_answer null_axis(const char *name, const char *value, const char **reason)
{
	(void)name;
	(void)value;
	(void)reason;
	return GB_NOT_APPLICABLE;
}

static void null_close(struct gb_world *w)
{
	if (w == NULL)
		return;
	free(w->device);
	free(w->saved);
	free(w);
}

static enum gb_status null_open(struct gb_world **out, const struct gb_config *config)
{
	struct gb_world *w = calloc(1, sizeof *w);

	*out = w;
	if (w == NULL)
		return GB_FAILED;
	w->capacity = config->capacity;
	w->counter = config->seed;
	w->error = "";
	w->device = calloc(config->capacity, sizeof *w->device);
	w->saved = calloc(config->capacity, sizeof *w->saved);
	if (w->device == NULL || w->saved == NULL)
		return fail(w, GB_FAILED, "out of memory");
	return GB_OK;
}

static const char *null_version(void)
{
	return "null 1";
}

static const char *null_error(const struct gb_world *w)
{
	return w->error;
}

/* Sends BODY_BYTES that begin with `number`. */
static enum gb_status post(struct gb_world *w, struct gb_outbox *out, struct gb_message m,
			   uint64_t number)
{
	uint8_t *p = out->reserve(out, BODY_BYTES);

	if (p == NULL)
		return fail(w, GB_FAILED, "the outbox is full");
	memset(p, 0, BODY_BYTES);
	memcpy(p, &number, sizeof number);
	m.body = (struct gb_bytes){p, BODY_BYTES};
	out->commit(out, &m);
	return GB_OK;
}

static uint64_t number_in(struct gb_bytes body)
{
	uint64_t number;

	memcpy(&number, body.p, sizeof number);
	return number;
}

static enum gb_status null_publish_many(struct gb_world *w, uint32_t first, uint32_t n,
					struct gb_outbox *out)
{
	for (uint32_t i = 0; i < n; i++) {
		struct gb_message m = {.kind = GB_KEY_MATERIAL,
				       .address = GB_TO_SERVER,
				       .fanout = GB_FANOUT_SERVER,
				       .from = first + i};
		enum gb_status status = post(w, out, m, first + i);
		if (status != GB_OK)
			return status;
	}
	return GB_OK;
}

static enum gb_status null_publish(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	return null_publish_many(w, device, 1, out);
}

static enum gb_status null_materialise(struct gb_world *w, uint32_t device)
{
	w->device[device] = (struct null_device){0};
	return GB_OK;
}

static enum gb_status null_shape(struct gb_world *w, const struct gb_shape *shape)
{
	for (size_t i = 0; i < shape->n_live; i++) {
		uint32_t device = shape->live[i];
		bool is_member = device < shape->size && !shape->without_group;
		w->device[device] = (struct null_device){.is_member = is_member, .group = 1};
	}
	return GB_OK;
}

static enum gb_status send_commit(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct gb_message commit = {.kind = GB_COMMIT,
				    .address = GB_TO_GROUP,
				    .fanout = GB_FANOUT_SERVER,
				    .from = device};

	w->device[device].pending = ++w->counter;
	return post(w, out, commit, w->counter);
}

/* Lets in those whose key material was given: a commit and one Welcome for all. */
static enum gb_status null_add(struct gb_world *w, uint32_t device,
			       const struct gb_published *joining, size_t n, struct gb_outbox *out)
{
	struct gb_message welcome = {.kind = GB_WELCOME,
				     .address = GB_TO_DEVICES,
				     .fanout = GB_FANOUT_SERVER,
				     .from = device,
				     .n_to = n};
	uint32_t *to = malloc((n > 0 ? n : 1) * sizeof *to);
	enum gb_status status;

	if (to == NULL)
		return fail(w, GB_FAILED, "out of memory");
	for (size_t i = 0; i < n; i++)
		to[i] = joining[i].device;
	welcome.to = to;
	status = send_commit(w, device, out);
	if (status == GB_OK && n > 0)
		status = post(w, out, welcome, w->counter);
	free(to);
	return status;
}

static enum gb_status null_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				  size_t n, struct gb_outbox *out)
{
	(void)leaving;
	(void)n;
	return send_commit(w, device, out);
}

static enum gb_status null_send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
				struct gb_outbox *out)
{
	size_t len = BODY_BYTES + plaintext.len;
	uint8_t *p = out->reserve(out, len);
	struct gb_message m = {.kind = GB_APPLICATION,
			       .address = GB_TO_GROUP,
			       .fanout = GB_FANOUT_SERVER,
			       .from = device,
			       .body = {p, len}};

	if (!w->device[device].is_member)
		return fail(w, GB_REJECTED, "not a member");
	if (p == NULL)
		return fail(w, GB_FAILED, "the outbox is full");
	memset(p, 0, BODY_BYTES);
	w->counter++;
	memcpy(p, &w->counter, sizeof w->counter);
	if (plaintext.len > 0)
		memcpy(p + BODY_BYTES, plaintext.p, plaintext.len);
	out->commit(out, &m);
	return GB_OK;
}

static enum gb_status null_process(struct gb_world *w, uint32_t device, const struct gb_message *m)
{
	struct null_device *d = &w->device[device];

	if (m->body.len != BODY_BYTES || (!d->is_member && d->pending == 0))
		return fail(w, GB_REJECTED, "not a commit for this device");
	*d = (struct null_device){.is_member = true, .group = number_in(m->body)};
	return GB_OK;
}

static enum gb_status null_join(struct gb_world *w, uint32_t device, const struct gb_message *m,
				size_t n)
{
	if (n != 1 || m->body.len != BODY_BYTES)
		return fail(w, GB_REJECTED, "not a Welcome");
	w->device[device] = (struct null_device){.is_member = true, .group = number_in(m->body)};
	return GB_OK;
}

static enum gb_status null_receive(struct gb_world *w, uint32_t device, const struct gb_message *m,
				   struct gb_bytes *plaintext)
{
	if (!w->device[device].is_member || m->body.len < BODY_BYTES)
		return fail(w, GB_REJECTED, "not a member");
	*plaintext = (struct gb_bytes){m->body.p + BODY_BYTES, m->body.len - BODY_BYTES};
	return GB_OK;
}

static enum gb_status null_digest(struct gb_world *w, uint32_t device, uint32_t sender,
				  uint8_t out[GB_DIGEST_BYTES])
{
	(void)sender;
	if (!w->device[device].is_member)
		return fail(w, GB_REJECTED, "not a member");
	memset(out, 0, GB_DIGEST_BYTES);
	memcpy(out, &w->device[device].group, sizeof w->device[device].group);
	return GB_OK;
}

static enum gb_status null_checkpoint(struct gb_world *w)
{
	memcpy(w->saved, w->device, w->capacity * sizeof *w->device);
	return GB_OK;
}

static enum gb_status null_rollback(struct gb_world *w)
{
	memcpy(w->device, w->saved, w->capacity * sizeof *w->device);
	return GB_OK;
}

/* There is no ratchet: the next message is the next message. */
static enum gb_status null_skip(struct gb_world *w, uint32_t device, uint32_t n)
{
	(void)w;
	(void)device;
	(void)n;
	return GB_OK;
}

const struct gb_backend gb_backend_null = {
	.struct_size = sizeof(struct gb_backend),
	.abi = GB_ABI,
	.features = GB_SETTLES,
	.name = "null",
	.max_size = 10000000,
	.axis = null_axis,
	.open = null_open,
	.close = null_close,
	.version = null_version,
	.error = null_error,
	.publish = null_publish,
	.publish_many = null_publish_many,
	.materialise = null_materialise,
	.shape = null_shape,
	.create = null_add,
	.add = null_add,
	.remove = null_remove,
	.rekey = send_commit,
	.send = null_send,
	.process = null_process,
	.join = null_join,
	.receive = null_receive,
	.digest = null_digest,
	.checkpoint = null_checkpoint,
	.rollback = null_rollback,
	.skip = null_skip,
};
