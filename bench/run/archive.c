#include "run/archive.h"
#include "run/forging.h"
#include "stats/floor.h"
#include <stdlib.h>
#include <string.h>

/* The plaintext of every old message. */
static const uint8_t words[] = "what was said when the device was not there";
_Static_assert(sizeof words - 1 == GB_FLOOR_OLD_PLAINTEXT, "the floor knows their length");

void gb_archive_clear(struct gb_archive *a)
{
	gb_messages_drop(a->old, a->n_old);
	gb_messages_drop(a->uploads, a->n_uploads);
	free(a->uploads);
	*a = (struct gb_archive){0};
}

/* Copies of at most `max` messages of a kind that were sent to the server; -1 when memory ran
 * out. */
static int copy_served(const struct gb_mailbox *mailbox, enum gb_kind kind, struct gb_message *out,
		       size_t max, size_t *n)
{
	for (size_t i = 0; i < mailbox->n_kept && *n < max; i++) {
		const struct gb_message *m = &mailbox->kept[i];
		if (m->kind != kind || m->address != GB_TO_SERVER)
			continue;
		if (gb_message_copy(&out[*n], m) != 0)
			return -1;
		++*n;
	}
	return 0;
}

static int out_of_memory(struct gb_trial *trial)
{
	return gb_testbed_fail(trial->testbed, GB_EXIT_INTERNAL, "out of memory");
}

static int make_history(struct gb_trial *trial)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_bytes plaintext = {words, sizeof words - 1};
	uint32_t k = trial->task->k, n_old = k < GB_MAX_OLD ? k : GB_MAX_OLD;
	struct gb_archive *a = &trial->archive;

	if (t->backend->history == NULL)
		return gb_testbed_cannot(t, "this backend keeps no keys of past messages");
	gb_archive_clear(a);
	gb_mailbox_empty(&t->mailbox);
	t->mailbox.sender = GB_ACTOR;
	if (gb_testbed_prepared(t,
				t->backend->history(t->world, GB_ACTOR, k, n_old, plaintext,
						    &t->mailbox.outbox),
				"making a history") != 0)
		return -1;
	if (copy_served(&t->mailbox, GB_APPLICATION, a->old, GB_MAX_OLD, &a->n_old) != 0)
		return out_of_memory(trial);
	return a->n_old == n_old ? 0
				 : gb_testbed_fail(t, GB_EXIT_INTERNAL,
						   "the backend sent %zu old messages, not %u",
						   a->n_old, n_old);
}

int gb_archive_collect(struct gb_trial *trial)
{
	struct gb_archive *a = &trial->archive;
	uint64_t n = trial->testbed->mailbox.sent.messages[GB_APPLICATION], seen = 0;
	const struct gb_mailbox *mailbox = &trial->testbed->mailbox;
	uint64_t n_old = n < GB_MAX_OLD ? n : GB_MAX_OLD;

	gb_archive_clear(a);
	for (size_t i = 0; i < mailbox->n_kept; i++) {
		const struct gb_mailbox rest = {.kept = &mailbox->kept[i], .n_kept = 1};
		if (mailbox->kept[i].kind != GB_APPLICATION || seen++ < a->n_old * n / n_old)
			continue;
		if (copy_served(&rest, GB_APPLICATION, a->old, GB_MAX_OLD, &a->n_old) != 0)
			return out_of_memory(trial);
	}
	return 0;
}

/* How `device` fares with an old message. */
enum reading { READ, READ_AS_ANOTHER, REFUSED, FAILED };

static enum reading read_old(struct gb_trial *trial, uint32_t device, const struct gb_message *m)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_call call = {.kind = GB_CALL_READ_OLD, .device = device, .messages = m, .n = 1};
	enum gb_status status = gb_testbed_call(t, &call, NULL);

	if (t->status != GB_EXIT_DONE)
		return FAILED;
	if (status == GB_OK)
		return call.plaintext.len == sizeof words - 1 &&
				       memcmp(call.plaintext.p, words, sizeof words - 1) == 0
			       ? READ
			       : READ_AS_ANOTHER;
	if (status == GB_REJECTED)
		return REFUSED;
	(void)gb_testbed_fail(t, GB_EXIT_INTERNAL, "reading an old message: device %u failed: %s",
			      device, t->backend->error(t->world));
	return FAILED;
}

int gb_archive_check_reads(struct gb_trial *trial, uint32_t device, size_t n_readable,
			   size_t n_sealed)
{
	const struct gb_archive *a = &trial->archive;

	for (size_t i = 0; i < a->n_old; i++) {
		bool readable = i < n_readable, sealed = i >= a->n_old - n_sealed;
		enum reading reading =
			readable || sealed ? read_old(trial, device, &a->old[i]) : REFUSED;
		if (reading == FAILED)
			return -1;
		if (readable && reading != READ)
			return gb_testbed_break(
				trial->testbed, "what was kept reads old messages",
				reading == REFUSED
					? "device %u cannot read old message %zu"
					: "device %u reads other words in old message %zu",
				device, i);
		if (sealed && reading != REFUSED)
			return gb_testbed_break(trial->testbed, "nobody reads without keys",
						"device %u reads old message %zu without its key",
						device, i);
	}
	return 0;
}

static int back_up(struct gb_trial *trial, struct gb_cost *cost)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_call call = {.kind = GB_CALL_BACKUP, .device = GB_ACTOR};

	gb_mailbox_empty(&t->mailbox);
	return gb_testbed_must(t, &call, cost, "backup");
}

static int keep_uploads(struct gb_trial *trial)
{
	struct gb_mailbox *mailbox = &trial->testbed->mailbox;
	struct gb_archive *a = &trial->archive;

	a->uploads = calloc(mailbox->n_kept + 1, sizeof *a->uploads);
	if (a->uploads == NULL ||
	    copy_served(mailbox, GB_BACKUP, a->uploads, mailbox->n_kept, &a->n_uploads) != 0)
		return out_of_memory(trial);
	return 0;
}

static int timed_backup(struct gb_trial *trial)
{
	struct gb_measure *at = gb_trial_measure(trial, GB_ROLE_ACTOR, GB_PHASE_PRODUCE, GB_ACTOR);
	struct gb_measure *server =
		gb_trial_measure(trial, GB_ROLE_SERVER, GB_PHASE_DELIVER, GB_NO_DEVICE);
	struct gb_mailbox *mailbox = &trial->testbed->mailbox;

	if (back_up(trial, &at->cost) != 0)
		return -1;
	at->up = server->up = mailbox->sent;
	if (gb_traffic_bytes(&at->up) == 0)
		return gb_testbed_break(trial->testbed, "what was kept reads old messages",
					"the backup is empty");
	return gb_archive_check_reads(trial, GB_ACTOR, trial->archive.n_old, 0);
}

/* The server's answer, in the mailbox. */
static int ask(struct gb_trial *trial, uint32_t reader, enum gb_scope scope)
{
	struct gb_testbed *t = trial->testbed;
	const struct gb_archive *a = &trial->archive;

	gb_mailbox_empty(&t->mailbox);
	t->mailbox.sender = GB_ACTOR;
	return gb_testbed_prepared(t,
				   t->backend->stored(t->world, GB_ACTOR, reader, scope, a->uploads,
						      a->n_uploads, &t->mailbox.outbox),
				   "asking for what is stored");
}

/* A tampered answer for one session, where that is noticed. Of many sessions the others would
 * come in, and be no news to the genuine call. */
static int try_tampered(struct gb_trial *trial, const struct gb_call *genuine)
{
	struct gb_call call = *genuine;
	struct gb_message forged;

	if (!gb_trial_may_forge(trial, GB_BACKUP) || genuine->scope != GB_SCOPE_ONE ||
	    strcmp(trial->testbed->job->axis[GB_AXIS_backup], "pk") == 0)
		return 0;
	if (gb_trial_forge(trial, genuine->messages, &forged) != 0)
		return -1;
	call.messages = &forged;
	call.n = 1;
	if (gb_trial_must_refuse(trial, &call, GB_ACTOR, "a backup that was tampered with") != 0)
		return -1;
	gb_trial_note_refused(trial, GB_BACKUP);
	return gb_archive_check_reads(trial, genuine->device, 0, trial->archive.n_old);
}

/* How many of the first old messages are of the one session, and surely of its room; and how
 * many of the last are surely of others. */
static void expect(const struct gb_trial *trial, enum gb_scope scope, size_t *n_readable,
		   size_t *n_sealed)
{
	size_t n = trial->archive.n_old;
	bool has_others = trial->task->k >= 10; /* then there are ten rooms */

	*n_readable = scope == GB_SCOPE_ALL || (scope == GB_SCOPE_ROOM && !has_others) ? n : 1;
	*n_sealed = 0;
	if (scope == GB_SCOPE_ONE && n > 1)
		*n_sealed = n - 1;
	if (scope == GB_SCOPE_ROOM && has_others)
		*n_sealed = 1;
}

static int timed_restore(struct gb_trial *trial, enum gb_scope scope)
{
	struct gb_testbed *t = trial->testbed;
	uint32_t reader = trial->positions.joiners[0];
	struct gb_measure *at = gb_trial_measure(trial, GB_ROLE_JOINER, GB_PHASE_JOIN, reader);
	struct gb_measure *server =
		gb_trial_measure(trial, GB_ROLE_SERVER, GB_PHASE_DELIVER, GB_NO_DEVICE);
	struct gb_call call = {.kind = GB_CALL_RESTORE, .device = reader, .scope = scope};
	size_t n_readable, n_sealed;

	if (ask(trial, reader, scope) != 0)
		return -1;
	if (gb_archive_check_reads(trial, reader, 0, trial->archive.n_old) != 0)
		return -1;
	call.messages = t->mailbox.kept;
	call.n = t->mailbox.n_kept;
	if (call.n == 0)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "the server answered nothing");
	for (size_t i = 0; i < call.n; i++)
		gb_delivery_taken(&t->mailbox, &at->down, &call.messages[i]);
	server->down = at->down;
	if (try_tampered(trial, &call) != 0)
		return -1;
	if (gb_testbed_must(t, &call, &at->cost, "restore") != 0)
		return -1;
	expect(trial, scope, &n_readable, &n_sealed);
	return gb_archive_check_reads(trial, reader, n_readable, n_sealed);
}

int gb_archive_step(struct gb_trial *trial, enum gb_step step)
{
	switch (step) {
	case GB_STEP_HISTORY:
		if (make_history(trial) != 0)
			return -1;
		if (!gb_task_restores(trial->task))
			return 0;
		return back_up(trial, NULL) != 0 ? -1 : keep_uploads(trial);
	case GB_STEP_BACKUP:
		return timed_backup(trial);
	case GB_STEP_RESTORE_ONE:
		return timed_restore(trial, GB_SCOPE_ONE);
	case GB_STEP_RESTORE_ROOM:
		return timed_restore(trial, GB_SCOPE_ROOM);
	case GB_STEP_RESTORE_ALL:
		return timed_restore(trial, GB_SCOPE_ALL);
	default:
		return -1;
	}
}
