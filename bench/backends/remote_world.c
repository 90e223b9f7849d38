#include "backends/remote_world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum gb_status gb_remote_fail(struct gb_world *w, const char *why)
{
	snprintf(w->error, sizeof w->error, "%s", why);
	return GB_FAILED;
}

struct gb_frame *gb_remote_begin(struct gb_world *w, enum gb_process_call call)
{
	return gb_child_request(w->child, call, w->number);
}

/* They are sums. */
static bool have_fallen(const struct gb_counts *from, const struct gb_counts *to)
{
#define FALLS(name, sentence) || to->name < from->name
	return false GB_PRIMITIVES(FALLS);
#undef FALLS
}

enum gb_status gb_remote_ask(struct gb_world *w, struct gb_frame_answer *a)
{
	uint64_t limit_ns = GB_REMOTE_CALL_NS + GB_REMOTE_EACH_NS * w->capacity;

	if (gb_child_ask(w->child, a, limit_ns) != 0)
		return GB_FAILED;
	memcpy(w->error, a->error, sizeof w->error);
	w->clocks = a->clocks;
	if (a->n_counts > 0 && have_fallen(&w->counts, &a->counts)) {
		gb_child_refuse(w->child, a->call, "counts that have fallen");
		return GB_FAILED;
	}
	if (a->n_counts > 0) {
		w->counts = a->counts;
		w->has_counted = true;
	}
	return a->status;
}

/* An answer whose results are not those of the call ends the child. */
enum gb_status gb_remote_malformed(struct gb_world *w, const struct gb_frame_answer *a)
{
	gb_child_refuse(w->child, a->call, "malformed results");
	return GB_FAILED;
}

/* Of a call without results. */
enum gb_status gb_remote_ask_plain(struct gb_world *w)
{
	struct gb_frame_answer a;
	enum gb_status status = gb_remote_ask(w, &a);

	return status == GB_OK && a.results.len > 0 ? gb_remote_malformed(w, &a) : status;
}

enum gb_status gb_remote_ask_number(struct gb_world *w, uint64_t *number)
{
	struct gb_frame_answer a;
	enum gb_status status = gb_remote_ask(w, &a);

	if (status != GB_OK)
		return status;
	*number = gb_reading_u64(&a.results);
	return a.results.is_bad || a.results.len > 0 ? gb_remote_malformed(w, &a) : GB_OK;
}

/* Bytes that stay until the next call on this world; the child's memory serves others too. */
enum gb_status gb_remote_ask_bytes(struct gb_world *w, struct gb_bytes *bytes)
{
	struct gb_frame_answer a;
	enum gb_status status = gb_remote_ask(w, &a);
	struct gb_bytes theirs;

	if (status != GB_OK)
		return status;
	theirs = gb_reading_bytes(&a.results);
	if (a.results.is_bad || a.results.len > 0)
		return gb_remote_malformed(w, &a);
	free(w->bytes);
	w->bytes = malloc(theirs.len + 1);
	if (w->bytes == NULL)
		return gb_remote_fail(w, "out of memory");
	if (theirs.len > 0)
		memcpy(w->bytes, theirs.p, theirs.len);
	*bytes = (struct gb_bytes){w->bytes, theirs.len};
	return GB_OK;
}

/* ---- what is sent ---- */

/* The outbox is full before anything is asked: then the child has changed nothing. */
bool gb_remote_has_room(struct gb_world *w, struct gb_outbox *out)
{
	if (out->reserve(out, 1) != NULL)
		return true;
	gb_remote_fail(w, "the outbox is full");
	return false;
}

static enum gb_status send_one(struct gb_world *w, const struct gb_message *m, const uint8_t *to,
			       struct gb_outbox *out)
{
	struct gb_message ours = *m;
	uint32_t *devices = malloc((m->n_to + 1) * sizeof *devices);
	uint8_t *body = out->reserve(out, m->body.len);

	if (devices == NULL || body == NULL) {
		free(devices);
		return gb_remote_fail(w, "out of memory");
	}
	for (size_t i = 0; i < m->n_to; i++)
		devices[i] = gb_reading_device(to, i);
	if (m->body.len > 0)
		memcpy(body, m->body.p, m->body.len);
	ours.body.p = body;
	ours.to = devices;
	out->commit(out, &ours);
	free(devices);
	return GB_OK;
}

/* Of a call that sends: all messages are checked, and have room, before the first is sent. */
enum gb_status gb_remote_ask_sending(struct gb_world *w, struct gb_outbox *out)
{
	struct gb_frame_answer a;
	enum gb_status status = gb_remote_ask(w, &a);
	size_t n, total;

	if (status != GB_OK)
		return status;
	if (gb_answer_messages(&a, &n, &total) != 0)
		return gb_remote_malformed(w, &a);
	if (total > 0 && out->reserve(out, total) == NULL) {
		gb_child_refuse(w->child, a.call, "more bytes than the outbox holds");
		return GB_FAILED;
	}
	(void)gb_reading_u32(&a.results);
	for (size_t i = 0; i < n && status == GB_OK; i++) {
		struct gb_message m;
		const uint8_t *to;

		gb_reading_message(&a.results, &m, &to);
		status = send_one(w, &m, to, out);
	}
	return status;
}

/* ---- life of a world ---- */

void gb_remote_close(struct gb_world *w)
{
	if (w == NULL)
		return;
	if (gb_child_why(w->child) == NULL) {
		gb_remote_begin(w, GB_PROCESS_close);
		(void)gb_remote_ask_plain(w);
	}
	gb_remote_messages_free(w);
	free(w->bytes);
	free(w);
}

enum gb_status gb_remote_open(struct gb_world **out, struct gb_child *child,
			      const struct gb_config *config)
{
	static uint32_t n_worlds;
	struct gb_world *w = calloc(1, sizeof *w);
	struct gb_frame *f;

	*out = w;
	if (w == NULL)
		return GB_FAILED;
	w->child = child;
	w->number = ++n_worlds;
	w->capacity = config->capacity;
	f = gb_remote_begin(w, GB_PROCESS_open);
	gb_frame_u64(f, config->seed);
	gb_frame_u32(f, config->capacity);
	gb_frame_u32(f, (uint32_t)config->n_axes);
	for (size_t i = 0; i < config->n_axes; i++) {
		gb_frame_text(f, config->axes[i].name);
		gb_frame_text(f, config->axes[i].value);
	}
	return gb_remote_ask_plain(w);
}

const char *gb_remote_error(const struct gb_world *w)
{
	const char *why = gb_child_why(w->child);

	return why != NULL ? why : w->error;
}

enum gb_status gb_remote_clocks(struct gb_world *w, struct gb_clocks *last)
{
	*last = w->clocks;
	return GB_OK;
}

enum gb_status gb_remote_counts(struct gb_world *w, struct gb_counts *counts)
{
	if (!w->has_counted)
		return gb_remote_fail(w, "the child counts, and has sent no counts");
	*counts = w->counts;
	return GB_OK;
}
