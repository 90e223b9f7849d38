#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "delivery/outbox.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void gb_traffic_add_times(struct gb_traffic *sum, const struct gb_traffic *more, uint64_t n)
{
	for (int kind = 0; kind < GB_KINDS; kind++) {
		sum->messages[kind] += n * more->messages[kind];
		sum->bytes[kind] += n * more->bytes[kind];
		sum->raw[kind] += n * more->raw[kind];
	}
}

void gb_traffic_add(struct gb_traffic *sum, const struct gb_traffic *more)
{
	gb_traffic_add_times(sum, more, 1);
}

struct gb_traffic gb_traffic_since(const struct gb_traffic *before, const struct gb_traffic *after)
{
	struct gb_traffic t;

	for (int kind = 0; kind < GB_KINDS; kind++) {
		t.messages[kind] = after->messages[kind] - before->messages[kind];
		t.bytes[kind] = after->bytes[kind] - before->bytes[kind];
		t.raw[kind] = after->raw[kind] - before->raw[kind];
	}
	return t;
}

uint64_t gb_traffic_bytes(const struct gb_traffic *t)
{
	uint64_t total = 0;

	for (int kind = 0; kind < GB_KINDS; kind++)
		total += t->bytes[kind];
	return total;
}

uint64_t gb_traffic_raw(const struct gb_traffic *t)
{
	uint64_t total = 0;

	for (int kind = 0; kind < GB_KINDS; kind++)
		total += t->raw[kind];
	return total;
}

static uint8_t *reserve(struct gb_outbox *self, size_t capacity)
{
	struct gb_mailbox *m = (struct gb_mailbox *)self;

	if (capacity > m->arena_len - m->used) {
		m->violation = "more bytes sent than the outbox holds";
		return NULL;
	}
	m->reserved = capacity;
	return m->arena + m->used;
}

/* What is wrong with a message, or NULL. */
static const char *broken_rule(const struct gb_mailbox *m, const struct gb_message *msg)
{
	if (msg->body.p != m->arena + m->used || msg->body.len > m->reserved)
		return "a message outside the room that was reserved for it";
	if (msg->body.len == 0)
		return "an empty message";
	if (msg->uploaded > msg->body.len)
		return "a message that adds more to an upload than it has bytes";
	if (msg->raw > msg->body.len)
		return "a message with more raw bytes than it has";
	if ((unsigned)msg->kind >= GB_KINDS && msg->kind != GB_ROOM_KEY_BUNDLE)
		return "a message of unknown kind";
	if (msg->from != m->sender)
		return "a message in the name of another device";
	if ((msg->address == GB_TO_DEVICES) != (msg->n_to > 0))
		return "a message to devices without a device, or to the group with one";
	if (msg->fanout == GB_FANOUT_CLIENT && msg->n_to != 1)
		return "a message multiplied by its sender, with not exactly one recipient";
	if (((msg->kind == GB_ROOM_KEY || msg->kind == GB_ROOM_KEY_BUNDLE ||
	      msg->kind == GB_DUMMY || msg->kind == GB_WITHHELD) &&
	     msg->fanout != GB_FANOUT_CLIENT) ||
	    ((msg->kind == GB_COMMIT || msg->kind == GB_PROPOSAL || msg->kind == GB_APPLICATION) &&
	     msg->fanout != GB_FANOUT_SERVER))
		return "a message that is not multiplied by whom its kind says";
	for (size_t i = 0; i < msg->n_to; i++)
		if (msg->to[i] >= m->capacity)
			return "a message to a device that does not exist";
	return NULL;
}

static uint64_t count_recipients(const struct gb_mailbox *m, const struct gb_message *msg)
{
	switch (msg->address) {
	case GB_TO_DEVICES:
		return msg->n_to;
	case GB_TO_GROUP:
		return m->group_size;
	case GB_TO_SERVER:
		break;
	}
	return 0;
}

/* What the server hands on to whoever asks for it later. */
static bool is_served(const struct gb_mailbox *m, const struct gb_message *msg)
{
	return msg->address == GB_TO_SERVER &&
	       ((msg->kind == GB_KEY_MATERIAL && m->keeps_uploads) || msg->kind == GB_GROUP_INFO ||
		msg->kind == GB_RATCHET_TREE || msg->kind == GB_BACKUP ||
		msg->kind == GB_APPLICATION);
}

/* The listening among the recipients, appended to the list; their number. */
static size_t note_recipients(struct gb_mailbox *m, const struct gb_message *msg)
{
	size_t n = 0;

	for (size_t i = 0; i < msg->n_to; i++) {
		if (!m->listening[msg->to[i]])
			continue;
		if (m->n_recipients + n == m->max_recipients) {
			m->violation = "more messages to live devices than the outbox holds";
			return 0;
		}
		m->recipients[m->n_recipients + n++] = msg->to[i];
	}
	return n;
}

static void keep(struct gb_mailbox *m, const struct gb_message *msg, size_t n_to)
{
	struct gb_message *kept = &m->kept[m->n_kept];

	if (m->n_kept == m->max_kept) {
		m->violation = "more messages to live devices than the outbox holds";
		return;
	}
	*kept = *msg;
	kept->event = ++m->n_events;
	kept->to = n_to > 0 ? m->recipients + m->n_recipients : NULL;
	kept->n_to = n_to;
	m->n_kept++;
	m->n_recipients += n_to;
	m->used += msg->body.len;
}

/* A part of an upload is in no other envelope than the whole. */
static void count(struct gb_mailbox *m, const struct gb_message *msg)
{
	uint64_t n = count_recipients(m, msg), len = msg->body.len;
	uint64_t uploaded = msg->uploaded > 0 ? msg->uploaded : len;

	m->sent.messages[msg->kind]++;
	m->sent.bytes[msg->kind] += uploaded;
	m->sent.raw[msg->kind] += m->is_enveloped ? msg->raw : uploaded;
	m->given.messages[msg->kind] += n;
	m->given.bytes[msg->kind] += n * len;
	m->given.raw[msg->kind] += n * (m->is_enveloped ? msg->raw : len);
}

/* GB_MARKS for what is none. */
static enum gb_mark mark_of(enum gb_kind kind)
{
	switch (kind) {
	case GB_COMMIT:
	case GB_WELCOME:
	case GB_ROOM_KEY:
		return GB_MARK_KEY;
	case GB_ROOM_KEY_BUNDLE:
		return GB_MARK_TOLD;
	case GB_BACKUP:
		return GB_MARK_BUNDLE;
	case GB_WITHHELD:
		return GB_MARK_REASON;
	default:
		return GB_MARKS;
	}
}

/* Under the clock, once a message, since the list of its recipients is the sender's again when it
 * has gone: a few instructions for each, and no page that was not touched before. */
static void mark(struct gb_mailbox *m, const struct gb_message *msg)
{
	enum gb_mark which = mark_of(msg->kind);

	if (which == GB_MARKS)
		return;
	m->n_commits += msg->kind == GB_COMMIT && msg->address == GB_TO_GROUP;
	m->n_marks += msg->n_to;
	m->n_keys += which == GB_MARK_KEY ? msg->n_to : 0;
	for (size_t i = 0; i < msg->n_to; i++) {
		struct gb_marks *marks = &m->marks[msg->to[i]];
		if (marks->period != m->period)
			*marks = (struct gb_marks){.period = m->period};
		if (marks->n[which] < UINT8_MAX)
			marks->n[which]++;
	}
}

static void commit(struct gb_outbox *self, const struct gb_message *msg)
{
	struct gb_mailbox *m = (struct gb_mailbox *)self;
	const char *why = broken_rule(m, msg);
	struct gb_message as_key;
	size_t n_to;

	if (why != NULL) {
		m->violation = why;
		return;
	}
	mark(m, msg);
	if (msg->kind == GB_ROOM_KEY_BUNDLE) {
		as_key = *msg;
		as_key.kind = GB_ROOM_KEY;
		msg = &as_key;
	}
	count(m, msg);
	n_to = note_recipients(m, msg);
	if (n_to > 0 || msg->address == GB_TO_GROUP || is_served(m, msg))
		keep(m, msg, n_to);
	m->reserved = 0;
}

int gb_mailbox_open(struct gb_mailbox *m, const struct gb_mailbox_size *size)
{
	*m = (struct gb_mailbox){.outbox = {reserve, commit}, .capacity = size->capacity};
	m->arena_len = size->expected_bytes * 4;
	m->max_kept = size->max_kept;
	m->max_recipients = size->max_recipients;
	m->arena = mmap(NULL, m->arena_len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->arena == MAP_FAILED) {
		m->arena = NULL;
		return -1;
	}
	m->kept = calloc(size->max_kept, sizeof *m->kept);
	m->recipients = calloc(size->max_recipients, sizeof *m->recipients);
	m->listening = calloc(size->capacity, sizeof *m->listening);
	m->marks = calloc(size->capacity, sizeof *m->marks);
	if (m->kept == NULL || m->recipients == NULL || m->listening == NULL || m->marks == NULL) {
		gb_mailbox_close(m);
		errno = ENOMEM;
		return -1;
	}
	memset(m->arena, 1, size->expected_bytes);
	memset(m->kept, 1, size->max_kept * sizeof *m->kept);
	memset(m->recipients, 1, size->max_recipients * sizeof *m->recipients);
	/* Of a period that does not come. */
	memset(m->marks, 0xff, size->capacity * sizeof *m->marks);
	return 0;
}

void gb_mailbox_close(struct gb_mailbox *m)
{
	if (m->arena != NULL)
		munmap(m->arena, m->arena_len);
	free(m->kept);
	free(m->recipients);
	free(m->listening);
	free(m->marks);
	*m = (struct gb_mailbox){0};
}

void gb_mailbox_empty(struct gb_mailbox *m)
{
	m->used = m->reserved = 0;
	m->n_kept = m->n_recipients = 0;
	m->sent = m->given = (struct gb_traffic){0};
	gb_mailbox_unmark(m);
	m->violation = NULL;
}

const uint8_t *gb_mailbox_marks(const struct gb_mailbox *m, uint32_t device)
{
	static const uint8_t none[GB_MARKS];
	const struct gb_marks *marks = &m->marks[device];

	return marks->period == m->period ? marks->n : none;
}

void gb_mailbox_unmark(struct gb_mailbox *m)
{
	m->period++;
	m->n_marks = m->n_keys = m->n_commits = 0;
}

int gb_message_copy(struct gb_message *out, const struct gb_message *m)
{
	uint8_t *body = malloc(m->body.len);

	if (body == NULL)
		return -1;
	memcpy(body, m->body.p, m->body.len);
	*out = *m;
	out->body.p = body;
	return 0;
}

void gb_messages_drop(struct gb_message *copies, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)copies[i].body.p);
}
