#include "play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "delivery/delivery.h"

static const char *const status_names[] = {
	[GB_OK] = "OK",
	[GB_REJECTED] = "REJECTED",
	[GB_UNSUPPORTED] = "UNSUPPORTED",
	[GB_FAILED] = "FAILED",
};

bool play_broken(struct play *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(p->broken, sizeof(p->broken), format, arguments);
	va_end(arguments);
	return false;
}

static bool is_ok(struct play *p, const char *call, uint32_t device, enum gb_status got)
{
	if (p->mailbox.violation != NULL)
		return play_broken(p, "%s at device %u sent %s", call, device,
				   p->mailbox.violation);
	if (got == GB_OK)
		return true;
	return play_broken(p, "%s at device %u: %s (%s), want OK", call, device, status_names[got],
			   p->backend->error(p->world));
}

struct gb_counts play_counts(struct play *p)
{
	struct gb_counts counts = {0};

	if (p->backend->counts != NULL)
		(void)is_ok(p, "counts", 0, p->backend->counts(p->world, &counts));
	return counts;
}

/* ---- a world and its devices ---- */

/* Keys of the past go to cross-signed devices only (bench/run/positions.c). */
static bool needs_signatures(const struct gb_axis *other)
{
	return other != NULL && strcmp(other->name, "history") == 0 &&
	       strcmp(other->value, "shared") == 0;
}

/* The default of every axis that the backend honours; `other` replaces the one of its name. */
static size_t choose_axes(const struct gb_backend *backend, const struct gb_axis *other,
			  struct gb_axis out[GB_AXES])
{
	const char *reason;
	size_t n = 0;

	for (size_t i = 0; i < GB_AXES; i++) {
		struct gb_axis axis = {gb_axes[i].name, gb_axes[i].default_value};

		if (other != NULL && strcmp(axis.name, other->name) == 0)
			axis.value = other->value;
		if (needs_signatures(other) && strcmp(axis.name, "verification") == 0)
			axis.value = "cross_signed";
		if (gb_axes[i].owner == GB_AXIS_OF_BACKEND &&
		    backend->axis(axis.name, axis.value, &reason) == GB_HONOURED)
			out[n++] = axis;
	}
	return n;
}

static bool open_world(struct play *p, uint64_t seed, const struct gb_axis *other)
{
	const struct gb_mailbox_size size = {.capacity = PLAY_DEVICES,
					     .expected_bytes = 1 << 20,
					     .max_kept = 4000,
					     .max_recipients = 4000};
	struct gb_axis axes[GB_AXES];
	struct gb_config config = {.struct_size = sizeof(config),
				   .seed = seed,
				   .capacity = PLAY_DEVICES,
				   .axes = axes,
				   .n_axes = choose_axes(p->backend, other, axes)};
	enum gb_status status;

	*p = (struct play){.backend = p->backend};
	p->fetches_tree = other != NULL && strcmp(other->name, "tree_delivery") == 0 &&
			  strcmp(other->value, "fetched") == 0;
	if (gb_mailbox_open(&p->mailbox, &size) != 0 ||
	    gb_directory_open(&p->directory, 0, PLAY_DEVICES) != 0)
		return play_broken(p, "out of memory");
	memset(p->mailbox.listening, true, PLAY_DEVICES * sizeof(p->mailbox.listening[0]));
	status = p->backend->open(&p->world, &config);
	return p->world != NULL ? is_ok(p, "open", 0, status) : play_broken(p, "open: no world");
}

static bool fetch_key_material(struct play *p)
{
	return is_ok(p, "publish_many", 0,
		     p->backend->publish_many(p->world, 0, PLAY_DEVICES, &p->directory.outbox)) &&
	       (gb_directory_is_complete(&p->directory) ||
		play_broken(p, "publish_many %s", p->directory.violation));
}

bool play_alone(struct play *p, uint64_t seed, uint32_t device)
{
	return open_world(p, seed, NULL) && fetch_key_material(p) &&
	       is_ok(p, "materialise", device, p->backend->materialise(p->world, device));
}

static bool materialise_all(struct play *p)
{
	bool ok = true;

	for (uint32_t device = 0; ok && device < PLAY_DEVICES; device++)
		ok = is_ok(p, "materialise", device, p->backend->materialise(p->world, device));
	return ok;
}

bool play_with(struct play *p, uint64_t seed, const struct gb_axis *axis)
{
	return open_world(p, seed, axis) && materialise_all(p) && fetch_key_material(p);
}

bool play_open(struct play *p, uint64_t seed)
{
	return open_world(p, seed, NULL) && fetch_key_material(p) && materialise_all(p);
}

bool play_shape(struct play *p, uint64_t seed, const struct gb_shape *shape,
		const struct gb_axis *axis)
{
	if (!open_world(p, seed, axis) ||
	    !is_ok(p, "shape", 0, p->backend->shape(p->world, shape)) || !fetch_key_material(p))
		return false;
	for (size_t i = 0; i < shape->n_live && !shape->without_group; i++)
		p->is_member[shape->live[i]] = shape->live[i] < shape->size;
	p->n_members = shape->without_group ? 0 : shape->size;
	return true;
}

void play_close(struct play *p)
{
	p->backend->close(p->world);
	p->world = NULL;
	gb_mailbox_close(&p->mailbox);
	gb_directory_close(&p->directory);
}

/* ---- what a call cost at its device ---- */

struct gb_counts play_counts_since(struct play *p, const struct gb_counts *before)
{
	struct gb_counts since = play_counts(p);

#define SUBTRACT(name, sentence) since.name -= before->name;
	GB_PRIMITIVES(SUBTRACT)
#undef SUBTRACT
	return since;
}

static bool note(struct play *p, struct play_step step, const struct gb_counts *before)
{
	if (p->n_steps == PLAY_STEPS)
		return play_broken(p, "more than %d steps", PLAY_STEPS);
	step.counts = play_counts_since(p, before);
	p->step[p->n_steps++] = step;
	return true;
}

/* ---- delivery ---- */

static bool process(struct play *p, uint32_t device, size_t message)
{
	const struct gb_message *m = &p->mailbox.kept[message];
	struct gb_counts before = play_counts(p);
	enum gb_status status = p->backend->process(p->world, device, m);

	/* Who is being removed may learn it from the commit or be unable to read it. */
	if (p->is_leaving[device] && status == GB_REJECTED)
		return true;
	return is_ok(p, "process", device, status) &&
	       note(p,
		    (struct play_step){.call = PLAY_PROCESS,
				       .device = device,
				       .message = message,
				       .behind = message + 1},
		    &before);
}

/* A device that was let in gets all that was sent to it at once. */
static bool join(struct play *p, uint32_t device, size_t message)
{
	struct gb_message mine[16];
	struct gb_mailbox since = p->mailbox;
	struct gb_counts before = play_counts(p);
	size_t n;

	since.kept += message;
	since.n_kept -= message;
	n = gb_delivery_all(&since, device, false, mine, 15);
	if (p->fetches_tree && n > 0)
		mine[n++] = p->mailbox.kept[p->mailbox.n_kept - 1];
	if (n == 0 || n > 16)
		return play_broken(p, "device %u was sent %zu messages to join by", device, n);
	return is_ok(p, "join", device, p->backend->join(p->world, device, mine, n)) &&
	       note(p,
		    (struct play_step){.call = PLAY_JOIN,
				       .device = device,
				       .message = message,
				       .behind = p->mailbox.n_kept},
		    &before);
}

static bool gets_to_group(const struct play *p, const struct gb_message *m, uint32_t device)
{
	bool is_own = m->from == device;

	return p->is_member[device] && m->kind != GB_APPLICATION &&
	       (!is_own || (p->backend->features & GB_SETTLES) != 0);
}

static bool deliver_to_member(struct play *p, uint32_t device, size_t message)
{
	const struct gb_message *m = &p->mailbox.kept[message];
	bool is_addressed = m->address == GB_TO_GROUP && gets_to_group(p, m, device);

	for (size_t i = 0; i < m->n_to; i++)
		is_addressed = is_addressed || m->to[i] == device;
	return !is_addressed || process(p, device, message);
}

bool play_deliver_to(struct play *p, uint32_t device, size_t message)
{
	for (size_t at = message; at < p->mailbox.n_kept; at++)
		if (!deliver_to_member(p, device, at))
			return false;
	return true;
}

bool play_deliver_from(struct play *p, size_t message)
{
	for (uint32_t device = 0; device < PLAY_DEVICES; device++)
		if (p->is_member[device] && !play_deliver_to(p, device, message))
			return false;
	return true;
}

/* ---- operations ---- */

static void begin(struct play *p, uint32_t device, size_t *message)
{
	p->mailbox.sender = device;
	p->mailbox.group_size = p->n_members;
	*message = p->mailbox.n_kept;
}

bool play_start_add(struct play *p, uint32_t device, uint32_t first, uint32_t n, size_t *message)
{
	const struct gb_published *joining = &p->directory.published[first];
	struct gb_counts before = play_counts(p);

	begin(p, device, message);
	return is_ok(p, "add", device,
		     p->backend->add(p->world, device, joining, n, &p->mailbox.outbox)) &&
	       note(p,
		    (struct play_step){.call = PLAY_ADD, .device = device, .first = first, .n = n},
		    &before);
}

/* The last actor, whose commit has come back, hands the ratchet tree to the server. */
static bool fetch_tree(struct play *p)
{
	uint32_t device = p->mailbox.sender;

	return is_ok(p, "fetch_tree", device,
		     p->backend->fetch_tree(p->world, device, &p->mailbox.outbox)) &&
	       (p->mailbox.kept[p->mailbox.n_kept - 1].kind == GB_RATCHET_TREE ||
		play_broken(p, "fetch_tree sent no ratchet tree"));
}

bool play_let_in(struct play *p, uint32_t first, uint32_t n, size_t message)
{
	if (!play_deliver_from(p, message) || (p->fetches_tree && !fetch_tree(p)))
		return false;
	for (uint32_t device = first; device < first + n; device++) {
		if (!join(p, device, message))
			return false;
		p->is_member[device] = true;
		p->n_members++;
	}
	return true;
}

bool play_add(struct play *p, uint32_t device, uint32_t first, uint32_t n)
{
	size_t message;

	return play_start_add(p, device, first, n, &message) && play_let_in(p, first, n, message);
}

bool play_found(struct play *p, uint32_t size)
{
	struct gb_counts before = play_counts(p);
	size_t message;

	begin(p, 0, &message);
	p->is_member[0] = true;
	p->n_members = p->mailbox.group_size = 1;
	return is_ok(p, "create", 0,
		     p->backend->create(p->world, 0, &p->directory.published[1], size - 1,
					&p->mailbox.outbox)) &&
	       note(p, (struct play_step){.call = PLAY_CREATE, .first = 1, .n = size - 1},
		    &before) &&
	       play_let_in(p, 1, size - 1, message);
}

bool play_remove(struct play *p, uint32_t device, uint32_t first, uint32_t n)
{
	struct gb_counts before = play_counts(p);
	uint32_t leaving[PLAY_DEVICES];
	size_t message;
	bool ok;

	for (uint32_t i = 0; i < n; i++)
		leaving[i] = first + i;
	memset(p->is_leaving + first, true, n * sizeof(p->is_leaving[0]));
	begin(p, device, &message);
	ok = is_ok(p, "remove", device,
		   p->backend->remove(p->world, device, leaving, n, &p->mailbox.outbox)) &&
	     note(p,
		  (struct play_step){.call = PLAY_REMOVE, .device = device, .first = first, .n = n},
		  &before) &&
	     play_deliver_from(p, message);
	memset(p->is_leaving + first, false, n * sizeof(p->is_leaving[0]));
	memset(p->is_member + first, false, n * sizeof(p->is_member[0]));
	p->n_members -= n;
	return ok;
}

bool play_start_rekey(struct play *p, uint32_t device, size_t *message)
{
	struct gb_counts before = play_counts(p);

	begin(p, device, message);
	return is_ok(p, "rekey", device, p->backend->rekey(p->world, device, &p->mailbox.outbox)) &&
	       note(p, (struct play_step){.call = PLAY_REKEY, .device = device}, &before);
}

bool play_rekey(struct play *p, uint32_t device)
{
	size_t message;

	return play_start_rekey(p, device, &message) && play_deliver_from(p, message);
}

/* ---- application messages ---- */

/* The plaintext says which message it is, so that none can pass for another. */
static struct gb_bytes plaintext_of(uint32_t number, char text[32])
{
	snprintf(text, 32, "message number %u", number);
	return (struct gb_bytes){(const uint8_t *)text, strlen(text)};
}

bool play_send(struct play *p, uint32_t device, size_t *message)
{
	struct gb_counts before = play_counts(p);
	char text[32];

	begin(p, device, message);
	if (!is_ok(p, "send", device,
		   p->backend->send(p->world, device, plaintext_of(p->n_sent++, text),
				    &p->mailbox.outbox)))
		return false;
	if (p->mailbox.n_kept != *message + 1 || p->mailbox.kept[*message].kind != GB_APPLICATION)
		return play_broken(p, "send at device %u sent %zu messages, want one to the group",
				   device, p->mailbox.n_kept - *message);
	return note(p, (struct play_step){.call = PLAY_SEND, .device = device}, &before);
}

/* Application messages are numbered in the order in which they were sent. */
static uint32_t number_of(const struct play *p, size_t message)
{
	uint32_t number = 0;

	for (size_t i = 0; i < message; i++)
		number += p->mailbox.kept[i].kind == GB_APPLICATION;
	return number;
}

bool play_reads(struct play *p, uint32_t device, size_t message)
{
	struct gb_counts before = play_counts(p);
	struct gb_bytes got = {0}, want;
	char text[32];
	enum gb_status status =
		p->backend->receive(p->world, device, &p->mailbox.kept[message], &got);

	if (!is_ok(p, "receive", device, status))
		return false;
	want = plaintext_of(number_of(p, message), text);
	if (got.len != want.len || memcmp(got.p, want.p, want.len) != 0)
		return play_broken(p, "receive at device %u: %zu bytes that are not \"%s\"", device,
				   got.len, text);
	return note(p,
		    (struct play_step){.call = PLAY_RECEIVE,
				       .device = device,
				       .message = message,
				       .behind = message + 1},
		    &before);
}

bool play_all_read(struct play *p, size_t message)
{
	uint32_t sender = p->mailbox.kept[message].from;

	for (uint32_t device = 0; device < PLAY_DEVICES; device++)
		if (p->is_member[device] && device != sender && !play_reads(p, device, message))
			return false;
	return true;
}

bool play_message(struct play *p, uint32_t sender)
{
	size_t message;

	return play_send(p, sender, &message) && play_all_read(p, message);
}

enum gb_status play_take_in(struct play *p, uint32_t device, const struct gb_message *m)
{
	struct gb_bytes plaintext;

	if (m->kind == GB_APPLICATION)
		return p->backend->receive(p->world, device, m, &plaintext);
	if (m->kind == GB_WELCOME || (m->kind == GB_ROOM_KEY && !p->is_member[device]))
		return p->backend->join(p->world, device, m, 1);
	return p->backend->process(p->world, device, m);
}

static bool refuses(struct play *p, uint32_t device, const struct gb_message *m, const char *as,
		    size_t message)
{
	enum gb_status status = play_take_in(p, device, m);

	return status == GB_REJECTED ||
	       play_broken(p, "device %u was given message %zu%s: %s, want REJECTED", device,
			   message, as, status_names[status]);
}

bool play_refuses(struct play *p, uint32_t device, size_t message)
{
	return refuses(p, device, &p->mailbox.kept[message], "", message);
}

bool play_refuses_replay(struct play *p, uint32_t device, size_t message)
{
	struct gb_message replay = p->mailbox.kept[message];

	replay.event = ++p->mailbox.n_events;
	return refuses(p, device, &replay, " as another event", message);
}

/* ---- digests ---- */

bool play_digest(struct play *p, uint32_t device, uint32_t sender, uint8_t out[GB_DIGEST_BYTES])
{
	return is_ok(p, "digest", device, p->backend->digest(p->world, device, sender, out));
}

bool play_digest_is(struct play *p, uint32_t device, uint32_t sender,
		    const uint8_t was[GB_DIGEST_BYTES])
{
	uint8_t is[GB_DIGEST_BYTES];

	return play_digest(p, device, sender, is) &&
	       (memcmp(is, was, sizeof(is)) == 0 ||
		play_broken(p, "the digest of device %u changed", device));
}

bool play_digest_is_not(struct play *p, uint32_t device, uint32_t sender,
			const uint8_t was[GB_DIGEST_BYTES])
{
	uint8_t is[GB_DIGEST_BYTES];

	return play_digest(p, device, sender, is) &&
	       (memcmp(is, was, sizeof(is)) != 0 ||
		play_broken(p, "the digest of device %u did not change", device));
}

bool play_members_agree(struct play *p, uint32_t sender)
{
	uint8_t of_sender[GB_DIGEST_BYTES], of_device[GB_DIGEST_BYTES];

	if (!play_digest(p, sender, sender, of_sender))
		return false;
	for (uint32_t device = 0; device < PLAY_DEVICES; device++) {
		if (!p->is_member[device])
			continue;
		if (!play_digest(p, device, sender, of_device))
			return false;
		if (memcmp(of_sender, of_device, sizeof(of_sender)) != 0)
			return play_broken(p, "device %u disagrees with device %u on the group",
					   device, sender);
	}
	return true;
}
