#include "run/row.h"
#include <inttypes.h>
#include <string.h>

#define FIELD_BYTES 96

struct row {
	char field[GB_COLUMNS][FIELD_BYTES];
};

void gb_rows_header(FILE *out)
{
	for (unsigned i = 0; i < GB_COLUMNS; i++)
		fprintf(out, "%s%s", i > 0 ? "," : "", gb_columns[i].name);
	fprintf(out, "\n");
}

static void put_text(struct row *r, unsigned column, const char *text)
{
	snprintf(r->field[column], FIELD_BYTES, "%s", text);
}

static void put_number(struct row *r, unsigned column, uint64_t number)
{
	snprintf(r->field[column], FIELD_BYTES, "%" PRIu64, number);
}

/* Payload is the task's; the other axes are the job's, and those that make no difference to the
 * operation are empty. */
static void put_cell(struct row *r, const struct gb_trial *trial, const struct gb_measure *m)
{
	const struct gb_job *job = trial->testbed->job;
	const struct gb_operation_spec *operation = &gb_operations[trial->task->operation];
	bool is_send = operation->timed == GB_STEP_SEND;

	put_text(r, GB_COLUMN_backend, job->backend->name);
	put_text(r, GB_COLUMN_operation,
		 is_send && m->phase == GB_PHASE_PROCESS
			 ? gb_operation_receipt(trial->task->operation)
			 : operation->name);
	if (operation->takes_k)
		put_number(r, GB_COLUMN_k, trial->task->k);
	for (unsigned i = 0; i < GB_AXES; i++)
		if (gb_operation_depends(trial->task->operation, (enum gb_axis_id)i))
			put_text(r, GB_COLUMN_OF_AXIS(i), job->axis[i]);
	if (gb_operation_depends(trial->task->operation, GB_AXIS_payload))
		put_number(r, GB_COLUMN_payload, trial->task->payload);
}

static void put_raw_bytes(struct row *r, const struct gb_measure *m, const struct gb_traffic *shown)
{
	put_number(r, GB_COLUMN_up_raw_bytes, gb_traffic_raw(&m->up));
	put_number(r, GB_COLUMN_down_raw_bytes, gb_traffic_raw(&m->down));
	for (unsigned kind = 0; kind < GB_KINDS; kind++) {
		put_number(r, GB_COLUMN_OF_KIND_APART(kind) + 1, shown->raw[kind]);
		put_number(r, GB_COLUMN_OF_KIND_APART(kind) + 2, m->down.raw[kind]);
	}
}

/* By kind what was sent, or, at who sends nothing, what was taken in. */
static void put_bytes(struct row *r, const struct gb_testbed *t, const struct gb_measure *m)
{
	struct gb_traffic shown = m->up;

	if (m->phase != GB_PHASE_PRODUCE && m->phase != GB_PHASE_DELIVER)
		gb_traffic_add(&shown, &m->down);
	for (unsigned kind = 0; kind < GB_KINDS; kind++) {
		put_number(r, GB_COLUMN_OF_KIND(kind), shown.messages[kind]);
		put_number(r, GB_COLUMN_OF_KIND(kind) + 1, shown.bytes[kind]);
		put_number(r, GB_COLUMN_OF_KIND_APART(kind), m->down.bytes[kind]);
	}
	put_number(r, GB_COLUMN_up_bytes, gb_traffic_bytes(&m->up));
	put_number(r, GB_COLUMN_down_bytes, gb_traffic_bytes(&m->down));
	if (!t->mailbox.is_enveloped || t->backend->fetched_raw != NULL)
		put_raw_bytes(r, m, &shown);
}

static void put_costs(struct row *r, const struct gb_trial *trial, const struct gb_measure *m)
{
	const struct gb_testbed *t = trial->testbed;

	if (m->role == GB_ROLE_SERVER)
		return;
	put_number(r, GB_COLUMN_device, m->device);
	put_number(r, GB_COLUMN_cpu_ns, m->cost.took.cpu_ns);
	put_number(r, GB_COLUMN_wall_ns, m->cost.took.wall_ns);
	put_text(r, GB_COLUMN_clock, gb_testbed_clock(t));
	if (t->backend->allocations != NULL)
		put_number(r, GB_COLUMN_allocations, m->cost.allocations);
	if (t->backend->counts == NULL)
		return;
#define PUT(name, sentence) put_number(r, GB_COLUMN_count_##name, m->cost.counts.name);
	GB_PRIMITIVES(PUT)
#undef PUT
}

static void write_row(FILE *out, const struct row *r)
{
	for (unsigned i = 0; i < GB_COLUMNS; i++)
		fprintf(out, "%s%s", i > 0 ? "," : "", r->field[i]);
	fprintf(out, "\n");
}

void gb_rows_write(FILE *out, const char *prefix, const struct gb_trial *trial,
		   const struct gb_row_context *context)
{
	static const char *const roles[] = {"actor", "near", "far", "joiner", "withheld", "server"};
	static const char *const phases[] = {"produce", "settle", "process", "join", "deliver"};
	static const char *const heals[] = {"", "yes", "no"};

	for (size_t i = 0; i < trial->sample.n; i++) {
		const struct gb_measure *m = &trial->sample.measures[i];
		struct row r;
		memset(&r, 0, sizeof r);
		put_cell(&r, trial, m);
		put_text(&r, GB_COLUMN_role, roles[m->role]);
		put_text(&r, GB_COLUMN_phase, phases[m->phase]);
		put_number(&r, GB_COLUMN_process, trial->testbed->job->process);
		put_number(&r, GB_COLUMN_sample, context->sample);
		put_costs(&r, trial, m);
		put_bytes(&r, trial->testbed, m);
		if (m->stored_bytes > 0)
			put_number(&r, GB_COLUMN_state_bytes, m->stored_bytes);
		put_text(&r, GB_COLUMN_restore, gb_testbed_restores_by(trial->testbed));
		put_text(&r, GB_COLUMN_heals, heals[m->heals]);
		put_text(&r, GB_COLUMN_verified, context->verified);
		fputs(prefix, out);
		write_row(out, &r);
	}
}
