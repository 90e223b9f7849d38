#include "run/testbed.h"
#include "run/group_by_welcome.h"
#include "run/heap.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int end(struct gb_testbed *t, enum gb_exit status, const char *promise, const char *format,
	       va_list arguments)
{
	if (t->status != GB_EXIT_DONE)
		return -1;
	t->status = status;
	t->promise = promise;
	vsnprintf(t->why, sizeof t->why, format, arguments);
	return -1;
}

int gb_testbed_fail(struct gb_testbed *t, enum gb_exit status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	end(t, status, NULL, format, arguments);
	va_end(arguments);
	return -1;
}

int gb_testbed_break(struct gb_testbed *t, const char *promise, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	end(t, GB_EXIT_ORACLE, promise, format, arguments);
	va_end(arguments);
	return -1;
}

const char *gb_testbed_restores_by(const struct gb_testbed *t)
{
	return t->backend->checkpoint != NULL ? "rollback" : "reopen";
}

static bool has_own_clock(const struct gb_testbed *t)
{
	return (t->backend->features & GB_OWN_CLOCK) != 0;
}

static enum gb_cpu_clock cpu_clock(const struct gb_testbed *t)
{
	bool several = strtoul(t->job->axis[GB_AXIS_threads], NULL, 10) > 1;

	return several ? GB_CPU_OF_PROCESS : GB_CPU_OF_THREAD;
}

const char *gb_testbed_clock(const struct gb_testbed *t)
{
	if (has_own_clock(t))
		return "backend";
	return cpu_clock(t) == GB_CPU_OF_PROCESS ? "process" : "harness";
}

int gb_testbed_cannot(struct gb_testbed *t, const char *why)
{
	t->unsupported = true;
	snprintf(t->why, sizeof t->why, "%s", why);
	return -1;
}

/* What the backend cannot do, by its own words. */
static int unsupported(struct gb_testbed *t)
{
	return gb_testbed_cannot(t, t->backend->error(t->world));
}

/* Preparation: anything but GB_OK and GB_UNSUPPORTED ends the run. */
int gb_testbed_prepared(struct gb_testbed *t, enum gb_status status, const char *what)
{
	if (status == GB_OK)
		return 0;
	if (status == GB_UNSUPPORTED && t->world != NULL)
		return unsupported(t);
	return gb_testbed_fail(t, GB_EXIT_INTERNAL, "%s failed: %s", what,
			       t->world != NULL ? t->backend->error(t->world)
						: "no world was made");
}

static void add_live(struct gb_testbed *t, uint32_t device, bool listens)
{
	if (listens)
		t->mailbox.listening[device] = true;
	for (size_t i = 0; i < t->n_live; i++)
		if (t->live[i] == device)
			return;
	t->live[t->n_live++] = device;
}

/* Every device with a role in some task is live; all listen but the actors behind the second, which
 * stands for them. */
static int choose_live(struct gb_testbed *t)
{
	const struct gb_job *job = t->job;

	t->live = calloc(job->senders + 3 + 2 * job->n_tasks, sizeof *t->live);
	t->actors = calloc(job->senders, sizeof *t->actors);
	if (t->live == NULL || t->actors == NULL)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "out of memory");
	gb_positions_actors(job, t->actors);
	add_live(t, GB_ACTOR, true);
	if (t->newcomer != GB_NO_DEVICE)
		t->mailbox.listening[t->newcomer] = true;
	for (size_t i = 0; i < job->n_tasks; i++) {
		struct gb_positions p;
		if (gb_task_creates(&job->tasks[i]) != t->without_group)
			continue;
		p = gb_positions_of(job, &job->tasks[i]);
		for (uint32_t j = 0; j < p.n_joiners; j++)
			add_live(t, p.joiners[j], true);
		if (p.near != GB_NO_DEVICE)
			add_live(t, p.near, true);
		if (p.far != GB_NO_DEVICE)
			add_live(t, p.far, true);
		if (p.removed != GB_NO_DEVICE)
			add_live(t, p.removed, true);
	}
	for (uint32_t i = 1; i < job->senders; i++)
		add_live(t, t->actors[i], i == 1);
	return 0;
}

/* Requests, answers and cancellations of the task that hands the most keys over, one each, or
 * uploads of the one with the most keys. */
static size_t most_handed_over(const struct gb_job *job)
{
	size_t most = 0;

	for (size_t i = 0; i < job->n_tasks; i++) {
		enum gb_step step = gb_operations[job->tasks[i].operation].timed;
		size_t each = gb_step_hands_over(step) ? 3 : step == GB_STEP_PUBLISH ? 2 : 0;
		if (each * job->tasks[i].k > most)
			most = each * job->tasks[i].k;
	}
	return most;
}

static int open_mailbox(struct gb_testbed *t)
{
	size_t handed_over = most_handed_over(t->job);
	uint32_t capacity =
		t->newcomer != GB_NO_DEVICE ? t->newcomer + 1 : t->job->size + t->n_joiners;
	struct gb_mailbox_size size = {
		.capacity = capacity,
		.expected_bytes = ((size_t)4 << 20) + ((size_t)capacity + handed_over) * 1024,
		.max_kept = 1024 + (size_t)t->job->senders * 16 + handed_over,
		.max_recipients = 4096 + (size_t)t->job->senders * 16 + handed_over,
	};

	if (gb_mailbox_open(&t->mailbox, &size) != 0)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "no memory for the outbox: %s",
				       strerror(errno));
	t->mailbox.is_enveloped = (t->backend->features & GB_ENVELOPED) != 0;
	return 0;
}

static struct gb_config config_of(const struct gb_testbed *t, struct gb_axis axes[GB_AXES])
{
	struct gb_config config = {.struct_size = sizeof config,
				   .seed = t->job->seed,
				   .capacity = t->mailbox.capacity,
				   .axes = axes};

	for (unsigned i = 0; i < GB_AXES; i++)
		if (gb_axes[i].owner == GB_AXIS_OF_BACKEND && t->job->axis[i][0] != '\0')
			axes[config.n_axes++] = (struct gb_axis){gb_axes[i].name, t->job->axis[i]};
	return config;
}

/* The group as the backend makes it; where it cannot, as mls/ does, if its devices can join that.
 */
static int make_group(struct gb_testbed *t, const struct gb_config *config,
		      const struct gb_shape *shape)
{
	const struct gb_group_by_welcome by_welcome = {t->backend, t->world, config, shape,
						       &t->mailbox};
	enum gb_status status = t->backend->shape(t->world, shape);
	char why[sizeof t->why - 64];

	if (status != GB_UNSUPPORTED || !gb_group_by_welcome_is_possible(&by_welcome))
		return gb_testbed_prepared(t, status, "shaping the group");
	status = gb_group_by_welcome_make(&by_welcome, why, sizeof why);
	if (status == GB_OK)
		return 0;
	if (status == GB_UNSUPPORTED)
		return gb_testbed_cannot(t, why);
	return gb_testbed_fail(t, GB_EXIT_INTERNAL, "shaping the group failed: %s", why);
}

static int shape_world(struct gb_testbed *t)
{
	struct gb_axis axes[GB_AXES];
	const struct gb_config config = config_of(t, axes);
	struct gb_shape shape = {.struct_size = sizeof shape,
				 .size = t->job->size,
				 .joiners = t->n_joiners,
				 .without_group = t->without_group,
				 .live = t->live,
				 .n_live = t->n_live,
				 .actors = t->actors,
				 .n_actors = t->job->senders};

	if (gb_testbed_prepared(t, t->backend->open(&t->world, &config), "opening the world") != 0)
		return -1;
	if (make_group(t, &config, &shape) != 0)
		return -1;
	if (t->backend->checkpoint == NULL)
		return 0;
	return gb_testbed_prepared(t, t->backend->checkpoint(t->world), "remembering the state");
}

static int publish(struct gb_testbed *t)
{
	uint32_t first = t->without_group ? 0 : t->job->size;
	uint32_t n = t->job->size + t->n_joiners - first;
	enum gb_status status;

	if (gb_directory_open(&t->directory, first, n) != 0)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "out of memory");
	if (n == 0)
		return 0;
	status = t->backend->publish_many(t->world, first, n, &t->directory.outbox);
	if (gb_testbed_prepared(t, status, "publishing key material") != 0)
		return -1;
	if (!gb_directory_is_complete(&t->directory))
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "the backend %s",
				       t->directory.violation);
	return 0;
}

static void choose_newcomer(struct gb_testbed *t)
{
	uint32_t of_user = (uint32_t)strtoul(t->job->axis[GB_AXIS_devices_per_user], NULL, 10);
	uint32_t others = t->job->size + t->n_joiners;

	of_user = of_user > 0 ? of_user : 1;
	t->newcomer = GB_NO_DEVICE;
	for (size_t i = 0; i < t->job->n_tasks && !t->without_group; i++)
		if (gb_operations[t->job->tasks[i].operation].timed == GB_STEP_PUBLISH)
			t->newcomer = (others + of_user - 1) / of_user * of_user;
}

int gb_testbed_open(struct gb_testbed *t, const struct gb_job *job, bool without_group)
{
	*t = (struct gb_testbed){
		.job = job, .backend = job->backend, .without_group = without_group};
	for (size_t i = 0; i < job->n_tasks && !without_group; i++) {
		uint32_t joiners = gb_task_joiners(&job->tasks[i]);
		t->n_joiners = joiners > t->n_joiners ? joiners : t->n_joiners;
	}
	choose_newcomer(t);
	if (open_mailbox(t) != 0 || choose_live(t) != 0 || shape_world(t) != 0)
		return -1;
	return publish(t);
}

void gb_testbed_close(struct gb_testbed *t)
{
	if (t->backend != NULL)
		t->backend->close(t->world);
	gb_directory_close(&t->directory);
	gb_mailbox_close(&t->mailbox);
	free(t->live);
	free(t->actors);
	t->world = NULL;
	t->live = t->actors = NULL;
}

static int roll_back(struct gb_testbed *t)
{
	return gb_testbed_prepared(t, t->backend->rollback(t->world), "rolling back");
}

static int reopen(struct gb_testbed *t)
{
	t->backend->close(t->world);
	t->world = NULL;
	return shape_world(t);
}

int gb_testbed_restore(struct gb_testbed *t)
{
	const int failed = t->backend->rollback != NULL ? roll_back(t) : reopen(t);

	gb_heap_settle();
	return failed;
}

static enum gb_status invoke(struct gb_testbed *t, struct gb_call *c)
{
	const struct gb_backend *b = t->backend;
	struct gb_outbox *out = &t->mailbox.outbox;

	switch (c->kind) {
	case GB_CALL_CREATE:
		return b->create(t->world, c->device, c->published, c->n, out);
	case GB_CALL_CREATE_PART:
		return b->create_part(t->world, c->device, c->part, c->published, c->n, out);
	case GB_CALL_ADD:
		return b->add(t->world, c->device, c->published, c->n, out);
	case GB_CALL_REMOVE:
		return b->remove(t->world, c->device, c->leaving, c->n, out);
	case GB_CALL_REKEY:
		return b->rekey(t->world, c->device, out);
	case GB_CALL_SHARE:
		return b->share(t->world, c->device, out);
	case GB_CALL_WITHHOLD:
		return b->withhold(t->world, c->device, c->reason, c->leaving, c->n, out);
	case GB_CALL_SEND:
		return b->send(t->world, c->device, c->plaintext, out);
	case GB_CALL_PROCESS:
		return b->process(t->world, c->device, c->messages);
	case GB_CALL_JOIN:
		return b->join(t->world, c->device, c->messages, c->n);
	case GB_CALL_RECEIVE:
		return b->receive(t->world, c->device, c->messages, &c->plaintext);
	case GB_CALL_BACKUP:
		return b->backup(t->world, c->device, out);
	case GB_CALL_RESTORE:
		return b->restore(t->world, c->device, c->scope, c->messages, c->n);
	case GB_CALL_WANT:
		return b->want(t->world, c->device, c->way, c->other, out);
	case GB_CALL_GIVE:
		return b->give(t->world, c->device, c->way, c->other, c->messages, c->n, out);
	case GB_CALL_TAKE:
		return b->take(t->world, c->device, c->way, c->messages, c->n, out);
	case GB_CALL_STORE:
		return b->store(t->world, c->device, &c->stored);
	case GB_CALL_ENROL:
		return b->enrol(t->world, c->device, (uint32_t)c->n, out);
	case GB_CALL_SINGLE:
		return b->single(t->world, (uint32_t)c->n);
	case GB_CALL_READ_OLD:
		return b->read_old(t->world, c->device, c->messages, &c->plaintext);
	}
	return GB_FAILED;
}

/* What a backend has counted since it was opened. */
struct reading {
	struct gb_counts counts;
	uint64_t allocations;
};

static int read_counts(struct gb_testbed *t, struct reading *r)
{
	const struct gb_backend *b = t->backend;

	*r = (struct reading){0};
	if (b->counts != NULL &&
	    gb_testbed_prepared(t, b->counts(t->world, &r->counts), "reading the counts") != 0)
		return -1;
	if (b->allocations == NULL)
		return 0;
	return gb_testbed_prepared(t, b->allocations(t->world, &r->allocations),
				   "reading the allocations");
}

static void add_cost(struct gb_cost *cost, struct gb_instant took, const struct reading *before,
		     const struct reading *after)
{
	cost->took.cpu_ns += took.cpu_ns;
	cost->took.wall_ns += took.wall_ns;
	cost->allocations += after->allocations - before->allocations;
#define ADD(name, sentence) cost->counts.name += after->counts.name - before->counts.name;
	GB_PRIMITIVES(ADD)
#undef ADD
}

static int own_clocks(struct gb_testbed *t, struct gb_instant *took)
{
	struct gb_clocks clocks;

	if (gb_testbed_prepared(t, t->backend->clocks(t->world, &clocks), "reading its clocks") !=
	    0)
		return -1;
	*took = (struct gb_instant){clocks.cpu_ns, clocks.wall_ns};
	return 0;
}

enum gb_status gb_testbed_call(struct gb_testbed *t, struct gb_call *call, struct gb_cost *cost)
{
	struct reading before, after;
	struct gb_instant start, took;
	enum gb_status status;
	uint64_t sent = gb_traffic_bytes(&t->mailbox.sent);

	t->mailbox.sender = call->device;
	if (read_counts(t, &before) != 0)
		return GB_FAILED;

	start = gb_clock_start(cpu_clock(t));
	status = invoke(t, call);
	took = gb_clock_stop(start, cpu_clock(t));

	if (t->mailbox.violation != NULL)
		gb_testbed_fail(t, GB_EXIT_INTERNAL, "the backend sent %s", t->mailbox.violation);
	else if (status != GB_OK && gb_traffic_bytes(&t->mailbox.sent) != sent)
		gb_testbed_break(t, "a call that fails sends nothing",
				 "device %u sent a message in a call that did not succeed: %s",
				 call->device, t->backend->error(t->world));
	if (status != GB_OK || cost == NULL)
		return status;
	if (read_counts(t, &after) != 0)
		return GB_FAILED;
	if (has_own_clock(t) && own_clocks(t, &took) != 0)
		return GB_FAILED;
	add_cost(cost, took, &before, &after);
	return GB_OK;
}

int gb_testbed_must(struct gb_testbed *t, struct gb_call *call, struct gb_cost *cost,
		    const char *what)
{
	enum gb_status status = gb_testbed_call(t, call, cost);

	if (t->status != GB_EXIT_DONE)
		return -1;
	switch (status) {
	case GB_OK:
		return 0;
	case GB_UNSUPPORTED:
		return unsupported(t);
	case GB_REJECTED:
		return gb_testbed_break(t, "honest input is taken in",
					"%s: device %u refused it: %s", what, call->device,
					t->backend->error(t->world));
	case GB_FAILED:
		break;
	}
	return gb_testbed_fail(t, GB_EXIT_INTERNAL, "%s: device %u failed: %s", what, call->device,
			       t->backend->error(t->world));
}
