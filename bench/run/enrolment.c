#include "run/enrolment.h"
#include "run/forging.h"
#include <stdlib.h>
#include <string.h>

#define MOST_FORGED 3 /* uploads, of which each is refused after as many as stand before it */

/* What was uploaded: bodies on the heap. */
struct uploads {
	struct gb_message *m;
	size_t n;
};

static void clear(struct uploads *u)
{
	gb_messages_drop(u->m, u->n);
	free(u->m);
}

static int copy(struct gb_testbed *t, struct uploads *u)
{
	const struct gb_mailbox *mailbox = &t->mailbox;

	u->m = calloc(mailbox->n_kept + 1, sizeof *u->m);
	while (u->m != NULL && u->n < mailbox->n_kept &&
	       gb_message_copy(&u->m[u->n], &mailbox->kept[u->n]) == 0)
		u->n++;
	return u->m != NULL && u->n == mailbox->n_kept
		       ? 0
		       : gb_testbed_fail(t, GB_EXIT_INTERNAL, "out of memory");
}

/* Whether the actor reaches the new device by the i-th key; what it sent is in the mailbox. */
static int reach(struct gb_testbed *t, const struct uploads *u, uint32_t i, bool *reached)
{
	enum gb_status status;

	gb_mailbox_empty(&t->mailbox);
	t->mailbox.sender = GB_ACTOR;
	status = t->backend->reach(t->world, GB_ACTOR, t->newcomer, i, u->m, u->n,
				   &t->mailbox.outbox);
	*reached = status == GB_OK;
	if (status == GB_OK || status == GB_REJECTED)
		return 0;
	return gb_testbed_prepared(t, status, "reaching a new device");
}

/* What came by the first key is not read where it was forged on the way. */
static int refuses_forged(struct gb_trial *trial, uint32_t i, const struct gb_message *m)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_message forged;
	enum gb_status status;

	if (i > 0 || !gb_trial_may_forge(trial, m->kind))
		return 0;
	if (gb_trial_forge(trial, m, &forged) != 0)
		return -1;
	status = t->backend->reached(t->world, t->newcomer, &forged);
	if (status == GB_OK)
		return gb_testbed_break(t, "forged and foreign input is refused",
					"the new device accepted a forged message");
	if (status != GB_REJECTED)
		return gb_testbed_prepared(t, status, "reading a forged message");
	gb_trial_note_refused(trial, m->kind);
	return 0;
}

/* What was sent to the new device, and to nobody else, it reads. */
static int read_all(struct gb_trial *trial, uint32_t i)
{
	struct gb_testbed *t = trial->testbed;
	const struct gb_message *m;
	size_t next = 0, n = 0;

	while ((m = gb_delivery_next(&t->mailbox, &next, t->newcomer, false)) != NULL) {
		if (refuses_forged(trial, i, m) != 0)
			return -1;
		if (t->backend->reached(t->world, t->newcomer, m) != GB_OK)
			return gb_testbed_break(t, "a new device is reached by what it uploads",
						"it cannot read what came by its key %u: %s", i,
						t->backend->error(t->world));
		n++;
	}
	if (n > 0)
		return 0;
	return gb_testbed_break(t, "a new device is reached by what it uploads",
				"nothing was sent by its key %u", i);
}

static int check_key(struct gb_trial *trial, const struct uploads *u, uint32_t i, bool *reached)
{
	if (reach(trial->testbed, u, i, reached) != 0)
		return -1;
	return *reached ? read_all(trial, i) : 0;
}

/* The key of last resort, which a backend that has none may have all the same. */
static int check_last_resort(struct gb_trial *trial, const struct uploads *u)
{
	struct gb_testbed *t = trial->testbed;
	bool reached;

	if (check_key(trial, u, GB_LAST_RESORT, &reached) != 0)
		return -1;
	if (reached || (t->backend->features & GB_FALLBACK) == 0)
		return 0;
	return gb_testbed_break(t, "a new device is reached by what it uploads",
				"its key of last resort is none: %s", t->backend->error(t->world));
}

/* All keys that were asked for, one of last resort where there is one, and no other. */
static int check_keys(struct gb_trial *trial, const struct uploads *u)
{
	struct gb_testbed *t = trial->testbed;
	bool reached;

	for (uint32_t i = 0; i < trial->task->k; i++) {
		if (check_key(trial, u, i, &reached) != 0)
			return -1;
		if (!reached)
			return gb_testbed_break(t, "a new device is reached by what it uploads",
						"its key %u is none: %s", i,
						t->backend->error(t->world));
	}
	if (check_last_resort(trial, u) != 0 || check_key(trial, u, trial->task->k, &reached) != 0)
		return -1;
	if (!reached)
		return 0;
	return gb_testbed_break(t, "a new device is reached by what it uploads",
				"it uploaded more than %u keys", trial->task->k);
}

/* With one upload tampered with, one of the keys is refused at least. */
static int try_forged_upload(struct gb_trial *trial, const struct uploads *u, size_t which)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_message genuine = u->m[which];
	bool reached = true;
	int failed;

	failed = gb_trial_forge(trial, &genuine, &u->m[which]);
	for (uint32_t i = 0; i < trial->task->k && reached && !failed; i++)
		failed = reach(t, u, i, &reached);
	u->m[which] = genuine;
	if (failed)
		return -1;
	if (reached)
		return gb_testbed_break(t, "forged and foreign input is refused",
					"device %u accepted key material that was tampered with",
					GB_ACTOR);
	gb_trial_note_refused(trial, GB_KEY_MATERIAL);
	return 0;
}

/* A user with its first device uploads three times, a client of MLS each KeyPackage alone. */
static int try_forged(struct gb_trial *trial, const struct uploads *u)
{
	int failed = 0;

	if (!gb_trial_may_forge(trial, GB_KEY_MATERIAL))
		return 0;
	for (size_t i = 0; i < u->n && i < MOST_FORGED && !failed; i++)
		failed = try_forged_upload(trial, u, i);
	return failed;
}

static int enrol(struct gb_trial *trial, struct uploads *u)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_measure *at =
		gb_trial_measure(trial, GB_ROLE_ACTOR, GB_PHASE_PRODUCE, t->newcomer);
	struct gb_measure *server =
		gb_trial_measure(trial, GB_ROLE_SERVER, GB_PHASE_DELIVER, GB_NO_DEVICE);
	struct gb_call call = {.kind = GB_CALL_ENROL, .device = t->newcomer, .n = trial->task->k};
	int failed;

	gb_mailbox_empty(&t->mailbox);
	t->mailbox.keeps_uploads = true;
	failed = gb_testbed_must(t, &call, &at->cost, "uploading keys");
	t->mailbox.keeps_uploads = false;
	at->up = server->up = t->mailbox.sent;
	if (failed)
		return -1;
	if (gb_traffic_bytes(&at->up) != at->up.bytes[GB_KEY_MATERIAL] || t->mailbox.n_kept == 0)
		return gb_testbed_break(t, "a new device is reached by what it uploads",
					"it sent something else than key material");
	return copy(t, u);
}

int gb_enrolment_step(struct gb_trial *trial)
{
	const struct gb_backend *b = trial->testbed->backend;
	struct uploads uploads = {0};
	int failed;

	if (b->enrol == NULL || b->reach == NULL || b->reached == NULL)
		return gb_testbed_cannot(trial->testbed,
					 "this backend has no call by which a new device uploads "
					 "its keys and others reach it");
	failed = enrol(trial, &uploads) != 0 || try_forged(trial, &uploads) != 0 ||
		 check_keys(trial, &uploads) != 0;
	clear(&uploads);
	return failed ? -1 : 0;
}
