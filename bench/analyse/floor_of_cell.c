#include "analyse/floor_of_cell.h"

#include "analyse/protocol.h"
#include "run/positions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More members or steps than any axis allows have no floor: the file is hostile. */
#define MOST_WORK    UINT64_C(4000000000)
#define MOST_DEVICES 16
#define MOST_ROUNDS  10000000u

static const char *text_of(const struct gb_cell *cell, unsigned column)
{
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		if (gb_key_columns[i] == column)
			return cell->key[i];
	return "";
}

static bool is(const struct gb_cell *cell, unsigned column, const char *value)
{
	return strcmp(text_of(cell, column), value) == 0;
}

/* A decimal number up to `most`, which ten times fit 32 bits; `otherwise` where the field is empty.
 */
static bool read_up_to(const struct gb_cell *cell, unsigned column, uint32_t otherwise,
		       uint32_t most, uint32_t *out)
{
	const char *text = text_of(cell, column);
	uint32_t n = 0;

	*out = otherwise;
	if (*text == '\0')
		return true;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || n > most)
			return false;
		n = 10 * n + (uint32_t)(*text - '0');
	}
	*out = n;
	return n <= most;
}

static bool read_number(const struct gb_cell *cell, unsigned column, uint32_t otherwise,
			uint32_t *out)
{
	return read_up_to(cell, column, otherwise, GB_MOST_MEMBERS, out);
}

static bool read_word(const struct gb_cell *cell, unsigned column, const char *const *words,
		      unsigned n, unsigned *out)
{
	for (*out = 0; *out < n; ++*out)
		if (is(cell, column, words[*out]))
			return true;
	return false;
}

/* The state it was in; one that makes no difference has any value. */
static bool read_protocol(const struct gb_cell *cell, struct gb_floor_case *c)
{
	static const char *const olms[] = {"new", "ratchet", "chain"};
	unsigned word = 0;

	switch (gb_protocol_of(cell->key)) {
	case GB_PROTOCOL_MLS:
		c->protocol = GB_FLOOR_MLS;
		return gb_tree_history_read(&c->tree, text_of(cell, GB_COLUMN_tree)) ||
		       gb_is_of_any_value(cell->key, GB_AXIS_tree);
	case GB_PROTOCOL_MEGOLM:
		c->protocol = GB_FLOOR_MEGOLM;
		if (!gb_is_of_any_value(cell->key, GB_AXIS_olm) &&
		    !read_word(cell, GB_COLUMN_olm, olms, 3, &word))
			return false;
		c->olm = (enum gb_floor_olm)word;
		return true;
	case GB_PROTOCOL_UNKNOWN:
		break;
	}
	return false;
}

static bool read_role(const struct gb_cell *cell, struct gb_floor_case *c)
{
	if (is(cell, GB_COLUMN_role, "actor") && is(cell, GB_COLUMN_phase, "total"))
		c->role = GB_FLOOR_ACTOR;
	else if (is(cell, GB_COLUMN_role, "withheld") && is(cell, GB_COLUMN_phase, "process"))
		c->role = GB_FLOOR_WITHHELD;
	else if (is(cell, GB_COLUMN_phase, "process"))
		c->role = GB_FLOOR_MEMBER;
	else if (is(cell, GB_COLUMN_phase, "join"))
		c->role = GB_FLOOR_JOINER;
	else if (is(cell, GB_COLUMN_phase, "produce") && !is(cell, GB_COLUMN_role, "actor"))
		c->role = GB_FLOOR_ASKER;
	else
		return false;
	return true;
}

/* Runs from before an axis have none of its operations that would need it. */
static bool read_keeping(const struct gb_cell *cell, struct gb_floor_case *c)
{
	static const char *const backups[] = {"pk", "pk_mac", "sym", ""};
	unsigned word;

	if (!read_word(cell, GB_COLUMN_backup, backups, 4, &word))
		return false;
	c->backup = word < 3 ? (enum gb_floor_backup)word : GB_FLOOR_BACKUP_PK;
	return read_up_to(cell, GB_COLUMN_rounds, 0, MOST_ROUNDS, &c->rounds);
}

static bool read_operation(const struct gb_cell *cell, struct gb_floor_case *c,
			   struct gb_task *task)
{
	/* Of steps that are not named here there is no formula. */
	static const enum gb_floor_step steps[GB_STEPS] = {
		[GB_STEP_NOTHING] = GB_FLOOR_NOTHING,
		[GB_STEP_CREATE] = GB_FLOOR_CREATE,
		[GB_STEP_ADD] = GB_FLOOR_ADD,
		[GB_STEP_REMOVE] = GB_FLOOR_REMOVE,
		[GB_STEP_REKEY] = GB_FLOOR_REKEY,
		[GB_STEP_SEND] = GB_FLOOR_SEND,
		[GB_STEP_CLAIM] = GB_FLOOR_CLAIM,
		[GB_STEP_VERIFY] = GB_FLOOR_VERIFY,
		[GB_STEP_SESSION] = GB_FLOOR_SESSION,
		[GB_STEP_ENCRYPT] = GB_FLOOR_ENCRYPT,
		[GB_STEP_BACKUP] = GB_FLOOR_BACKUP,
		[GB_STEP_RESTORE_ONE] = GB_FLOOR_RESTORE_ONE,
		[GB_STEP_RESTORE_ROOM] = GB_FLOOR_RESTORE_ROOM,
		[GB_STEP_RESTORE_ALL] = GB_FLOOR_RESTORE_ALL,
		[GB_STEP_FORWARD] = GB_FLOOR_FORWARD,
		[GB_STEP_KEY_FILE] = GB_FLOOR_KEY_FILE,
		[GB_STEP_DEHYDRATED] = GB_FLOOR_DEHYDRATED,
		[GB_STEP_RECOVER] = GB_FLOOR_RECOVER,
		[GB_STEP_STORE] = GB_FLOOR_STORE,
		[GB_STEP_WITHHOLD] = GB_FLOOR_WITHHOLD,
		[GB_STEP_PUBLISH] = GB_FLOOR_PUBLISH,
	};
	static const enum gb_primitive singles[] = {
		GB_PRIMITIVE_keygen, GB_PRIMITIVE_dh,   GB_PRIMITIVE_sign, GB_PRIMITIVE_verify,
		GB_PRIMITIVE_hash,   GB_PRIMITIVE_hmac, GB_PRIMITIVE_aead, GB_PRIMITIVE_cbc,
	};
	const char *name = text_of(cell, GB_COLUMN_operation);

	task->operation = gb_operation_of_row(name);
	if (task->operation == GB_OPERATIONS || !read_number(cell, GB_COLUMN_k, 0, &task->k))
		return false;
	c->before = steps[gb_operations[task->operation].before];
	c->step = steps[gb_operations[task->operation].timed];
	if (gb_step_is_single(gb_operations[task->operation].timed)) {
		c->step = GB_FLOOR_SINGLE;
		c->single = singles[gb_operations[task->operation].timed - GB_STEP_SINGLE_KEYGEN];
	}
	c->rotates = gb_task_rotates(task);
	c->one_by_one = gb_operations[task->operation].one_by_one;
	/* The oracle has the actor send what newcomers must not be able to read. */
	c->has_sent = c->step == GB_FLOOR_ADD;
	c->k = task->k;
	return (c->k > 0) == gb_operations[task->operation].takes_k;
}

bool gb_floor_case_of_cell(const struct gb_cell *cell, uint32_t device, struct gb_floor_case *out,
			   struct gb_task *task)
{
	*out = (struct gb_floor_case){.device = device};
	*task = (struct gb_task){0};
	out->shared_history = is(cell, GB_COLUMN_history, "shared");
	out->cross_signed = is(cell, GB_COLUMN_verification, "cross_signed");
	out->without_device_keys = is(cell, GB_COLUMN_sender_device_keys, "no");
	out->path = !is(cell, GB_COLUMN_path, "no");
	out->tree_apart = is(cell, GB_COLUMN_tree_delivery, "fetched");
	out->private = is(cell, GB_COLUMN_handshake, "private");
	if (!read_keeping(cell, out) || !read_protocol(cell, out) || !read_role(cell, out) ||
	    !read_operation(cell, out, task))
		return false;
	if (!read_number(cell, GB_COLUMN_size, 0, &out->size) ||
	    !read_number(cell, GB_COLUMN_payload, 0, &out->payload) ||
	    !read_number(cell, GB_COLUMN_padding, 0, &out->padding) ||
	    !read_number(cell, GB_COLUMN_identity, 16, &out->identity) ||
	    !read_number(cell, GB_COLUMN_suite, 1, &out->suite) ||
	    !read_number(cell, GB_COLUMN_senders, 1, &out->senders) ||
	    !read_number(cell, GB_COLUMN_devices_per_user, 1, &out->devices_per_user))
		return false;
	return !out->one_by_one || (uint64_t)out->size * out->k <= MOST_WORK;
}

/* Who leaves is the runner's choice: the same function makes it here. */
static int add_leavers(struct gb_floor_case *c, const struct gb_task *task, uint32_t **leavers)
{
	struct gb_job *job = calloc(1, sizeof(*job));
	uint32_t *actors = calloc((size_t)c->senders + 1, sizeof(*actors));

	*leavers = calloc((size_t)gb_task_leavers(task) + 1, sizeof(**leavers));
	if (!job || !actors || !*leavers) {
		free(job);
		free(actors);
		return -1;
	}
	job->size = c->size;
	job->senders = c->senders;
	if (gb_task_leavers(task) > 0 && c->size >= 2 && c->senders >= 1 && c->senders <= c->size &&
	    gb_task_obstacle(job, task) == NULL) {
		gb_positions_actors(job, actors);
		gb_positions_leavers(job, task, actors, *leavers);
		c->leavers = *leavers;
	}
	free(job);
	free(actors);
	return 0;
}

static int count_device(const struct gb_cell *cell, uint32_t device, struct gb_tally *counts,
			enum gb_floor_answer *answer)
{
	struct gb_floor_case c;
	struct gb_task task;
	uint32_t *leavers = NULL;

	*answer = GB_FLOOR_UNKNOWN;
	if (!gb_floor_case_of_cell(cell, device, &c, &task))
		return 0;
	if (add_leavers(&c, &task, &leavers) == 0)
		*answer = gb_floor(&c, counts);
	else
		*answer = GB_FLOOR_NO_MEMORY;
	free(leavers);
	return *answer == GB_FLOOR_NO_MEMORY ? -1 : 0;
}

static enum gb_library library_of(const struct gb_cell *cell)
{
	if (is(cell, GB_COLUMN_crypto, "sodium"))
		return GB_LIBRARY_SODIUM;
	if (gb_protocol_of(cell->key) == GB_PROTOCOL_MEGOLM &&
	    !is(cell, GB_COLUMN_olm_crypto, "openssl"))
		return GB_LIBRARY_LIBOLM;
	return GB_LIBRARY_OPENSSL;
}

static void price(const struct gb_cell *cell, const struct gb_prices *prices,
		  const struct gb_tally *counts, struct gb_cell_floor *out)
{
	bool is_megolm = gb_protocol_of(cell->key) == GB_PROTOCOL_MEGOLM;
	enum gb_library library = library_of(cell);
	uint32_t suite = 1, algorithms;
	double at[GB_PRICED_PRIMITIVES];

	read_number(cell, GB_COLUMN_suite, 1, &suite);
	algorithms = is_megolm
			     ? gb_algorithms_of_matrix(is(cell, GB_COLUMN_operation, "dehydrated"))
			     : gb_algorithms_of_suite(suite);
	gb_prices_select(prices, library, algorithms, GB_PRICE_MINIMUM, at);
	out->minimum = gb_tally_ns(counts, at);
	gb_prices_select(prices, library, algorithms, GB_PRICE_MEDIAN, at);
	out->median = gb_tally_ns(counts, at);
	gb_prices_select(prices, GB_LIBRARY_OPENSSL, algorithms, GB_PRICE_MINIMUM, at);
	out->equal = gb_tally_ns(counts, at);
}

/* The devices of a cell, each once, and how many samples each has; 0 when there are too many. */
static size_t devices_of(const struct gb_cell *cell, uint64_t device[MOST_DEVICES],
			 size_t samples[MOST_DEVICES])
{
	size_t n = 0, at;

	for (size_t i = 0; i < cell->n_samples; i++) {
		for (at = 0; at < n && device[at] != cell->samples[i].device; at++)
			;
		if (at == MOST_DEVICES)
			return 0;
		if (at == n) {
			device[n] = cell->samples[i].device;
			samples[n++] = 0;
		}
		samples[at]++;
	}
	return n;
}

/* fmin would pass over "not known". */
static double least(double a, double b)
{
	return isnan(a) || isnan(b) ? NAN : fmin(a, b);
}

int gb_floor_of_cell(const struct gb_cell *cell, const struct gb_prices *prices,
		     struct gb_cell_floor *out)
{
	uint64_t device[MOST_DEVICES];
	size_t samples[MOST_DEVICES], n = devices_of(cell, device, samples);
	struct gb_cell_floor sum = {INFINITY, 0, INFINITY};

	*out = (struct gb_cell_floor){NAN, NAN, NAN};
	for (size_t i = 0; i < n; i++) {
		double weight = (double)samples[i] / (double)cell->n_samples;
		struct gb_cell_floor of_device;
		enum gb_floor_answer answer;
		struct gb_tally counts;

		if (device[i] > GB_MOST_MEMBERS * 2u)
			return 0;
		if (count_device(cell, (uint32_t)device[i], &counts, &answer) < 0)
			return -1;
		if (answer != GB_FLOOR_KNOWN)
			return 0;
		price(cell, prices, &counts, &of_device);
		sum.minimum = least(sum.minimum, of_device.minimum);
		sum.median += weight * of_device.median;
		sum.equal = least(sum.equal, of_device.equal);
	}
	if (n > 0)
		*out = sum;
	return 0;
}
