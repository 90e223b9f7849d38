/* Which messages the other process has: each crosses the pipe once and is a number afterwards. */
#include "backends/remote_world.h"
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)256 << 20)

static bool is_same(const struct gb_message *a, const struct gb_message *b)
{
	return a->kind == b->kind && a->address == b->address && a->fanout == b->fanout &&
	       a->from == b->from && a->uploaded == b->uploaded && a->event == b->event &&
	       a->n_to == b->n_to && a->body.len == b->body.len &&
	       (a->n_to == 0 || memcmp(a->to, b->to, a->n_to * sizeof *a->to) == 0) &&
	       (a->body.len == 0 || memcmp(a->body.p, b->body.p, a->body.len) == 0);
}

static void drop(struct gb_world *w, struct gb_remote_message *kept)
{
	w->message_bytes -= kept->m.body.len;
	free((void *)(uintptr_t)kept->m.body.p);
	free((void *)(uintptr_t)kept->m.to);
	*kept = (struct gb_remote_message){0};
}

void gb_remote_messages_free(struct gb_world *w)
{
	for (size_t i = 0; i < GB_REMOTE_MESSAGES; i++)
		drop(w, &w->messages[i]);
}

/* A place that is free, or the one that was named longest ago before `since`. */
static size_t oldest(const struct gb_world *w, uint64_t since, bool may_be_free)
{
	size_t found = GB_REMOTE_MESSAGES;

	for (size_t i = 0; i < GB_REMOTE_MESSAGES; i++) {
		const struct gb_remote_message *kept = &w->messages[i];
		if (kept->m.body.p == NULL ? !may_be_free : kept->used >= since)
			continue;
		if (found == GB_REMOTE_MESSAGES || kept->used < w->messages[found].used)
			found = i;
	}
	return found;
}

static enum gb_status forget(struct gb_world *w, size_t number)
{
	gb_frame_u32(gb_remote_begin(w, GB_PROCESS_forget), (uint32_t)number);
	drop(w, &w->messages[number]);
	return gb_remote_ask_plain(w);
}

static int copy(struct gb_message *to, const struct gb_message *m)
{
	uint8_t *body = malloc(m->body.len + 1);
	uint32_t *devices = malloc((m->n_to + 1) * sizeof *devices);

	if (body == NULL || devices == NULL) {
		free(body);
		free(devices);
		return -1;
	}
	if (m->body.len > 0)
		memcpy(body, m->body.p, m->body.len);
	if (m->n_to > 0)
		memcpy(devices, m->to, m->n_to * sizeof *devices);
	*to = *m;
	to->body.p = body;
	to->to = devices;
	return 0;
}

/* Brings it to a place that none of the same call has, which began at `since`. */
static enum gb_status bring(struct gb_world *w, const struct gb_message *m, uint64_t since,
			    uint32_t *number)
{
	struct gb_remote_message *kept;
	struct gb_frame *f;
	size_t at;

	while (w->message_bytes + m->body.len > MAX_BYTES &&
	       (at = oldest(w, since, false)) < GB_REMOTE_MESSAGES)
		if (forget(w, at) != GB_OK)
			return GB_FAILED;
	at = oldest(w, since, true);
	if (at == GB_REMOTE_MESSAGES)
		return gb_remote_fail(w, "found a call with more than 128 messages");
	kept = &w->messages[at];
	drop(w, kept);
	if (copy(&kept->m, m) != 0)
		return gb_remote_fail(w, "out of memory");
	w->message_bytes += m->body.len;
	kept->used = since;
	*number = (uint32_t)at;
	f = gb_remote_begin(w, GB_PROCESS_message);
	gb_frame_u32(f, *number);
	gb_frame_u64(f, m->event);
	gb_frame_message(f, m);
	return gb_remote_ask_plain(w);
}

enum gb_status gb_remote_messages(struct gb_world *w, const struct gb_message *m, size_t n,
				  uint32_t number[GB_REMOTE_MESSAGES])
{
	uint64_t since = ++w->n_uses;

	if (n > GB_REMOTE_MESSAGES)
		return gb_remote_fail(w, "found a call with more than 128 messages");
	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		while (at < GB_REMOTE_MESSAGES &&
		       (w->messages[at].m.body.p == NULL || !is_same(&w->messages[at].m, &m[i])))
			at++;
		if (at == GB_REMOTE_MESSAGES) {
			if (bring(w, &m[i], since, &number[i]) != GB_OK)
				return GB_FAILED;
			continue;
		}
		w->messages[at].used = since;
		number[i] = (uint32_t)at;
	}
	return GB_OK;
}
