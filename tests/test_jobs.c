/* From a scenario to jobs and their order: the product of the axes, what collapses in it,
 * what a backend cannot do, and which device plays which role. */
#include "backends/backends.h"
#include "run/positions.h"
#include "run/schedule.h"
#include "run/senders.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct gb_backend tree_backend, olm_backend;

/* Knows trees; suite 3 is too much for it. */
static enum gb_answer tree_axis(const char *name, const char *value, const char **reason)
{
	if (strcmp(name, "tree") == 0)
		return GB_HONOURED;
	if (strcmp(name, "suite") != 0)
		return GB_NOT_APPLICABLE;
	if (strcmp(value, "3") != 0)
		return GB_HONOURED;
	*reason = "no such curve";
	return GB_NOT_SUPPORTED;
}

static enum gb_answer olm_axis(const char *name, const char *value, const char **reason)
{
	(void)value;
	(void)reason;
	return strcmp(name, "olm") == 0 ? GB_HONOURED : GB_NOT_APPLICABLE;
}

static int make_backends(void **state)
{
	(void)state;
	tree_backend = gb_backend_null;
	tree_backend.name = "tree";
	tree_backend.axis = tree_axis;
	tree_backend.max_size = 500;
	olm_backend = gb_backend_null;
	olm_backend.name = "olm";
	olm_backend.axis = olm_axis;
	olm_backend.features |= GB_PER_SENDER;
	return 0;
}

/* Reads a scenario and puts the two backends into it. */
static void read_scenario(struct gb_scenario *s, const char *axes, const char *measure)
{
	char path[] = "/tmp/groupbench-jobs-XXXXXX", why[640] = "";
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");

	assert_non_null(out);
	fprintf(out, "name: a\nbackends: [null]\n%s\nmeasure: [%s]\n", axes, measure);
	assert_int_equal(fclose(out), 0);
	if (gb_scenario_read(s, path, why, sizeof why) != GB_EXIT_DONE)
		fail_msg("%s", why);
	unlink(path);
	s->backends[0] = &tree_backend;
	s->backends[1] = &olm_backend;
	s->n_backends = 2;
}

static size_t count(const struct gb_jobs *jobs, const struct gb_backend *b)
{
	size_t n = 0;

	for (size_t i = 0; i < jobs->n; i++)
		n += jobs->job[i].backend == b;
	return n;
}

static void axes_that_mean_nothing_collapse(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: [8, 4]\ntree: [cold, full]\nolm: [new, chain, ratchet]", "rekey");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(count(&jobs, &tree_backend), 2 * 2);
	assert_int_equal(count(&jobs, &olm_backend), 2 * 3);
	for (size_t i = 0; i < jobs.n; i++) {
		const struct gb_job *job = &jobs.job[i];
		bool is_tree = job->backend == &tree_backend;
		assert_int_equal(job->size, i < jobs.n / 2 ? 4 : 8); /* smallest first */
		assert_int_equal(job->axis[GB_AXIS_tree][0] != '\0', is_tree);
		assert_int_equal(job->axis[GB_AXIS_suite][0] != '\0', is_tree);
		assert_int_equal(job->axis[GB_AXIS_olm][0] != '\0', !is_tree);
		assert_int_equal(job->axis[GB_AXIS_senders][0] != '\0', !is_tree);
		assert_string_equal(job->axis[GB_AXIS_payload], "");
		assert_int_equal(job->n_tasks, 1);
	}
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

static const struct gb_job *job_of(const struct gb_jobs *jobs, const char *tree)
{
	for (size_t i = 0; i < jobs->n; i++)
		if (strcmp(jobs->job[i].axis[GB_AXIS_tree], tree) == 0)
			return &jobs->job[i];
	fail_msg("no job with tree %s", tree);
	return NULL;
}

static void axes_that_make_no_difference_to_an_operation_multiply_no_cells(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: 8\ntree: [cold, full]\nolm: [new, chain]", "create, rekey");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(jobs.n, 4);
	assert_int_equal(job_of(&jobs, "cold")->n_tasks, 2);
	assert_int_equal(job_of(&jobs, "full")->n_tasks, 1);
	assert_int_equal(job_of(&jobs, "full")->tasks[0].operation, GB_OPERATION_rekey);
	for (size_t i = 0; i < jobs.n; i++)
		if (jobs.job[i].backend == &olm_backend)
			assert_int_equal(jobs.job[i].n_tasks, 2);
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

static void points_without_an_operation_are_left_out(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: [4, 8]\ntree: [cold, full]", "create, store");
	s.n_backends = 1;
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	/* Of each size cold: both; full: store. */
	assert_int_equal(jobs.n, 4);
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
	read_scenario(&s, "size: [4, 8]\ntree: [cold, full]", "create");
	s.n_backends = 1;
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(jobs.n, 2);
	for (size_t i = 0; i < jobs.n; i++)
		assert_int_equal(jobs.job[i].n_tasks, 1);
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

/* How many operations a word of axes.def means. */
static size_t n_meant(const char *word)
{
	size_t len = strlen(word), n = 0;

	for (unsigned i = 0; i < GB_OPERATIONS; i++)
		n += word[len - 1] == '*' ? strncmp(gb_operations[i].name, word, len - 1) == 0
					  : strcmp(gb_operations[i].name, word) == 0;
	return n;
}

static void axes_name_operations_that_exist(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GB_AXES; i++) {
		char words[300], *rest, *word;

		assert_true((size_t)snprintf(words, sizeof words, "%s", gb_axes[i].operations) <
			    sizeof words);
		word = strtok_r(words, " ", &rest);
		if (strcmp(word, "all") == 0) {
			assert_string_equal(rest, "");
			continue;
		}
		assert_true(strcmp(word, "only") == 0 || strcmp(word, "not") == 0);
		word = strtok_r(NULL, " ", &rest);
		assert_non_null(word);
		for (; word != NULL; word = strtok_r(NULL, " ", &rest))
			if (n_meant(word) == 0)
				fail_msg("axis %s: \"%s\" is no operation", gb_axes[i].name, word);
	}
	assert_false(gb_operation_depends(GB_OPERATION_create, GB_AXIS_tree));
	assert_true(gb_operation_depends(GB_OPERATION_add, GB_AXIS_tree));
	assert_false(gb_operation_depends(GB_OPERATION_primitive_dh, GB_AXIS_tree));
	assert_true(gb_operation_depends(GB_OPERATION_key_file, GB_AXIS_rounds));
	assert_false(gb_operation_depends(GB_OPERATION_send, GB_AXIS_rounds));
	assert_true(gb_operation_depends(GB_OPERATION_restore_all, GB_AXIS_backup));
	/* "add" is not "add_each". */
	assert_false(gb_operation_depends(GB_OPERATION_rekey_after_add, GB_AXIS_rotation_age));
	assert_true(gb_operation_depends(GB_OPERATION_create, GB_AXIS_size));
}

/* A picture over all sizes exists early and fills in. */
static void sizes_come_in_rounds(void **state)
{
	static const uint32_t want[] = {3, 10, 100, 450, 5, 20, 200, 4, 30, 110};
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: [3..5, 10, 20..30/10, 100, 110, 200, 450]\ntree: [cold, full]",
		      "rekey");
	s.n_backends = 1;
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(jobs.n, 2 * sizeof want / sizeof want[0]);
	for (size_t i = 0; i < jobs.n; i++)
		assert_int_equal(jobs.job[i].size, want[i / 2]);
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

static void senders_are_of_backends_with_keys_of_a_sender(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: 20\nsenders: [1, 3]", "rekey");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(count(&jobs, &tree_backend), 1);
	assert_int_equal(count(&jobs, &olm_backend), 2);
	for (size_t i = 0; i < jobs.n; i++)
		if (jobs.job[i].backend == &tree_backend)
			assert_int_equal(jobs.job[i].senders, 1);
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

/* At 20 members 10 % are 2 and all are 17: near, far and who leaves are none. */
static void portions_of_senders_are_numbers_once_each(void **state)
{
	static const struct {
		const char *size;
		uint32_t senders[4];
		size_t n;
	} rows[] = {{"20", {1, 2, 17}, 3}, {"21", {1, 2, 3, 18}, 4}, {"2", {1, 2}, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct gb_scenario s;
		struct gb_jobs jobs;
		char why[640] = "", axes[128], number[24];
		size_t n = 0;

		snprintf(axes, sizeof axes, "size: %s\nsenders: [1, 2, 10%%, all]", rows[i].size);
		read_scenario(&s, axes, "rekey");
		assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
		assert_int_equal(count(&jobs, &olm_backend), rows[i].n);
		for (size_t j = 0; j < jobs.n; j++) {
			if (jobs.job[j].backend != &olm_backend)
				continue;
			snprintf(number, sizeof number, "%u", rows[i].senders[n]);
			assert_int_equal(jobs.job[j].senders, rows[i].senders[n++]);
			assert_string_equal(jobs.job[j].axis[GB_AXIS_senders], number);
		}
		gb_jobs_free(&jobs);
		gb_scenario_free(&s);
	}
}

/*
 * The mean number of distinct senders among 100 messages, summed elsewhere and rounded; in small
 * groups it is more than may send, 7 of 10 and 17 of 20, as all others play another role.
 */
static void senders_by_zipf_are_the_mean_of_a_rotation_period(void **state)
{
	static const struct {
		uint32_t size, senders;
	} rows[] = {{2, 1},     {3, 1},      {10, 7},      {20, 17},     {50, 32},
		    {100, 41},  {200, 49},   {500, 58},    {1000, 63},   {2000, 67},
		    {5000, 72}, {10000, 74}, {100000, 81}, {1000000, 85}};

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		assert_int_equal(gb_count_senders("zipf", rows[i].size), rows[i].senders);
}

/* One draw: how many of `size` devices send 100 messages. shares[i] is the sum of 1/1 .. 1/(i+1).
 */
static uint32_t draw_senders(uint32_t size, const double *shares, uint64_t *random)
{
	bool has_sent[200] = {false};
	uint32_t n = 0;

	for (int message = 0; message < 100; message++) {
		uint32_t who = 0;
		double at;

		*random = *random * 6364136223846793005u + 1442695040888963407u;
		at = (double)(*random >> 11) / 9007199254740992.0 * shares[size - 1];
		while (who + 1 < size && shares[who] <= at)
			who++;
		n += !has_sent[who];
		has_sent[who] = true;
	}
	return n;
}

/* 20,000 rotation periods drawn message by message; their mean is known to 0.03. */
static void draws_from_zipf_have_that_mean(void **state)
{
	static const uint32_t sizes[] = {5, 33, 200};
	uint64_t random = 7;
	double shares[200];

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		shares[i] = (i > 0 ? shares[i - 1] : 0) + 1.0 / (i + 1);
	for (size_t i = 0; i < N(sizes); i++) {
		double sum = 0;

		for (int draw = 0; draw < 20000; draw++)
			sum += draw_senders(sizes[i], shares, &random);
		assert_true(fabs(sum / 20000 - gb_mean_zipf_senders(sizes[i])) < 0.15);
	}
}

/* What a scenario asks for is in the job and in the rows; equal numbers are one cell. */
static void zipf_is_a_number_in_jobs_and_rows(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";
	size_t n = 0;

	(void)state;
	read_scenario(&s, "size: 100\nsenders: [41, zipf, 10%]\nseed: 9", "rekey");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(count(&jobs, &olm_backend), 2);
	assert_int_equal(count(&jobs, &tree_backend), 1);
	for (size_t i = 0; i < jobs.n; i++)
		if (jobs.job[i].senders == 41) {
			assert_string_equal(jobs.job[i].axis[GB_AXIS_senders], "41");
			n++;
		}
	assert_int_equal(n, 1);
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

/* Of 20 devices in users of 3, the user of device 10 is 9 to 11. */
static void users_leave_with_all_their_devices(void **state)
{
	static const uint32_t one[] = {10, 9, 11}, two[] = {10, 9, 11, 12, 13, 14};
	struct gb_job job = {.backend = &olm_backend, .size = 20, .senders = 1};
	struct gb_task task = {.operation = GB_OPERATION_remove, .k = 3};
	uint32_t leavers[8], actors[] = {0};

	(void)state;
	strcpy(job.axis[GB_AXIS_devices_per_user], "3");
	assert_null(gb_task_obstacle(&job, &task));
	gb_positions_leavers(&job, &task, actors, leavers);
	assert_memory_equal(leavers, one, sizeof one);
	task.k = 6;
	assert_null(gb_task_obstacle(&job, &task));
	gb_positions_leavers(&job, &task, actors, leavers);
	assert_memory_equal(leavers, two, sizeof two);
	/* Users 0 and 6 stay, with those who act and listen; five may leave. */
	task.k = 15;
	assert_null(gb_task_obstacle(&job, &task));
	task.k = 18;
	assert_non_null(gb_task_obstacle(&job, &task));
	/* Of four devices in users of 3 nobody can leave as a whole. */
	job.size = 4;
	task.k = 3;
	assert_non_null(gb_task_obstacle(&job, &task));
}

static void payload_multiplies_messages_only(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: 4\npayload: [0, 32, 64]", "create, send");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(jobs.n, 2);
	assert_int_equal(jobs.job[0].n_tasks, 1 + 3);
	assert_int_equal(jobs.job[0].tasks[0].operation, GB_OPERATION_create);
	assert_int_equal(jobs.job[0].tasks[2].payload, 32);
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

static void what_a_backend_cannot_do_is_reported(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: 4\nsuite: [1, 3]", "rekey");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(count(&jobs, &tree_backend), 1);
	assert_int_equal(count(&jobs, &olm_backend), 1);
	assert_int_equal(jobs.n_unsupported, 1);
	assert_ptr_equal(jobs.unsupported[0].backend, &tree_backend);
	assert_int_equal(jobs.unsupported[0].axis, GB_AXIS_suite);
	assert_string_equal(jobs.unsupported[0].value, "3");
	assert_string_equal(jobs.unsupported[0].reason, "no such curve");
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

static void a_group_beyond_a_backend_is_refused_with_its_place(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: [4, 501]", "rekey");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_INPUT);
	assert_non_null(strstr(
		why, ":3:11: found size 501, wanted at most 500, the limit of backend tree"));
	gb_scenario_free(&s);
}

static void too_many_points_are_refused(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: [2..400]\nsenders: [1..60]", "rekey");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_INPUT);
	assert_string_equal(why, "a: found more than 20000 points of the axes, wanted fewer");
	gb_scenario_free(&s);
}

/* Each repetition runs every job of a size once; the second is the first one's reverse. */
static void repetitions_are_abba(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	struct gb_schedule schedule;
	char why[640] = "";
	bool seen[10][3] = {{false}};

	(void)state;
	read_scenario(&s, "size: [8, 4]\ntree: [cold, full]\nolm: [new, chain, ratchet]", "rekey");
	s.sampling.processes = 2;
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(gb_schedule_make(&schedule, &jobs, 1), 0);
	assert_int_equal(jobs.n, 10);
	assert_int_equal(schedule.n, 20);
	for (size_t i = 0; i < schedule.n; i++) {
		struct gb_turn turn = schedule.turns[i];
		assert_int_equal(jobs.job[turn.job].size, i < 10 ? 4 : 8);
		assert_false(seen[turn.job][turn.process]);
		seen[turn.job][turn.process] = true;
	}
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(schedule.turns[i].process, 1);
		assert_int_equal(schedule.turns[i].job, schedule.turns[9 - i].job);
	}
	gb_schedule_free(&schedule);
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

static void a_large_group_is_measured_once(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	struct gb_schedule schedule;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: [4, 8, 9]\nsamples: { processes: 3, single_above: 8 }", "rekey");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(gb_schedule_make(&schedule, &jobs, 1), 0);
	for (size_t i = 0; i < jobs.n; i++)
		assert_int_equal(jobs.job[i].sampling.processes, jobs.job[i].size > 8 ? 1 : 3);
	assert_int_equal(schedule.n, jobs.n / 3 * (3 + 3 + 1));
	gb_schedule_free(&schedule);
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

/* 10 senders in a group of 100 are 1,000 pairs, more than asked for; in one of 50 they are not. */
static void cells_with_too_many_pairs_are_left_out(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: [50, 100]\nsenders: [1, 10]\nsamples: { most_pairs: 500 }",
		      "rekey");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_true(jobs.n > 0);
	for (size_t i = 0; i < jobs.n; i++) {
		const struct gb_job *job = &jobs.job[i];
		const char *obstacle = gb_task_obstacle(job, &job->tasks[0]);
		if (job->size == 100 && job->senders == 10)
			assert_string_equal(obstacle, "more pairs of sender and member than "
						      "most_pairs of the scenario");
		else
			assert_null(obstacle);
	}
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

/* The specification forbids to give the keys of the past to a device that only says itself who it
 * is. */
static void history_is_shared_with_cross_signed_devices_only(void **state)
{
	struct gb_job job = {.backend = &gb_backend_megolm, .size = 10, .senders = 1};
	const struct gb_task add = {.operation = GB_OPERATION_add, .k = 1},
			     dh = {.operation = GB_OPERATION_primitive_dh};

	(void)state;
	strcpy(job.axis[GB_AXIS_history], "shared");
	strcpy(job.axis[GB_AXIS_verification], "device");
	assert_string_equal(gb_task_obstacle(&job, &add),
			    "keys of the past may go to cross-signed devices only: verification is "
			    "cross_signed");
	assert_null(gb_task_obstacle(&job, &dh));
	strcpy(job.axis[GB_AXIS_verification], "cross_signed");
	assert_null(gb_task_obstacle(&job, &add));
	strcpy(job.axis[GB_AXIS_verification], "device");
	strcpy(job.axis[GB_AXIS_history], "joined");
	assert_null(gb_task_obstacle(&job, &add));
}

static void a_seed_fixes_the_order(void **state)
{
	struct gb_scenario s;
	struct gb_jobs jobs;
	struct gb_schedule one, again, other;
	char why[640] = "";

	(void)state;
	read_scenario(&s, "size: 4\ntree: [cold, full]\nolm: [new, chain, ratchet]", "rekey");
	assert_int_equal(gb_jobs_build(&jobs, &s, why, sizeof why), GB_EXIT_DONE);
	assert_int_equal(gb_schedule_make(&one, &jobs, 1), 0);
	assert_int_equal(gb_schedule_make(&again, &jobs, 1), 0);
	assert_int_equal(gb_schedule_make(&other, &jobs, 2), 0);
	assert_memory_equal(one.turns, again.turns, one.n * sizeof *one.turns);
	assert_memory_not_equal(one.turns, other.turns, one.n * sizeof *one.turns);
	gb_schedule_free(&one);
	gb_schedule_free(&again);
	gb_schedule_free(&other);
	gb_jobs_free(&jobs);
	gb_scenario_free(&s);
}

static void a_job_survives_the_way_to_the_worker(void **state)
{
	struct gb_job job = {.backend = &gb_backend_null, .size = 9, .senders = 2, .seed = 77};
	struct gb_job back;
	char why[100] = "";
	json_t *json;

	(void)state;
	job.sampling = (struct gb_sampling){5, 0, 1, 200, 0.02, 3000000000u, 500};
	job.process = 4;
	strcpy(job.axis[GB_AXIS_tree], "cold");
	job.tasks[job.n_tasks++] = (struct gb_task){GB_OPERATION_add_each, 3, 0};
	job.tasks[job.n_tasks++] = (struct gb_task){GB_OPERATION_send, 0, 1000};
	json = gb_job_to_json(&job);
	assert_non_null(json);
	assert_int_equal(gb_job_from_json(&back, json, why, sizeof why), 0);
	assert_memory_equal(&job, &back, sizeof job);
	json_object_set_new(json, "backend", json_string("nobody"));
	assert_int_equal(gb_job_from_json(&back, json, why, sizeof why), -1);
	assert_string_equal(why, "a job with an unknown backend");
	json_decref(json);
}

/* ---- positions ---- */

static struct gb_positions positions(uint32_t size, enum gb_operation operation, uint32_t k)
{
	struct gb_job job = {.size = size, .senders = 1};
	struct gb_task task = {operation, k, 0};

	return gb_positions_of(&job, &task);
}

static void assert_positions(struct gb_positions p, uint32_t near, uint32_t far, uint32_t removed)
{
	assert_int_equal(p.near, near);
	assert_int_equal(p.far, far);
	assert_int_equal(p.removed, removed);
}

static void small_groups_have_the_roles_that_exist(void **state)
{
	const uint32_t none = GB_NO_DEVICE;
	struct gb_positions p;

	(void)state;
	assert_positions(positions(2, GB_OPERATION_rekey, 0), 1, none, none);
	assert_positions(positions(3, GB_OPERATION_rekey, 0), 1, 2, none);
	assert_positions(positions(100, GB_OPERATION_rekey, 0), 1, 99, none);
	assert_positions(positions(2, GB_OPERATION_remove, 1), none, none, 1);
	assert_positions(positions(3, GB_OPERATION_remove, 1), none, 2, 1);
	assert_positions(positions(4, GB_OPERATION_remove, 1), 1, 3, 2);
	assert_positions(positions(100, GB_OPERATION_rekey_after_remove, 10), 1, 99, 50);
	p = positions(10, GB_OPERATION_add, 1);
	assert_int_equal(p.n_joiners, 1);
	assert_int_equal(p.joiners[0], 10);
	p = positions(10, GB_OPERATION_add_each, 5);
	assert_int_equal(p.n_joiners, 2);
	assert_int_equal(p.joiners[0], 10);
	assert_int_equal(p.joiners[1], 14);
}

/* Every k that fits, with every number of senders that fits: distinct, in the group, the
 * middle first, nobody with another role. */
static void leavers_are_spread_and_have_no_other_role(void **state)
{
	(void)state;
	for (uint32_t size = 2; size <= 24; size++)
		for (uint32_t senders = 1; senders < size; senders++)
			for (uint32_t k = 1; k < size; k++) {
				struct gb_job job = {.size = size, .senders = senders};
				struct gb_task task = {GB_OPERATION_remove, k, 0};
				uint32_t actors[24] = {0}, leavers[24] = {0};
				bool taken[24] = {false};
				if (gb_task_obstacle(&job, &task) != NULL)
					continue;
				gb_positions_actors(&job, actors);
				gb_positions_leavers(&job, &task, actors, leavers);
				for (uint32_t i = 0; i < senders; i++) {
					assert_true(actors[i] < size && !taken[actors[i]]);
					taken[actors[i]] = true;
				}
				assert_int_equal(leavers[0], size / 2);
				if (k > 1)
					taken[1] = taken[size - 1] = true;
				for (uint32_t i = 0; i < k; i++) {
					assert_true(leavers[i] < size && !taken[leavers[i]]);
					taken[leavers[i]] = true;
				}
			}
}

static void tasks_that_a_group_is_too_small_for_say_so(void **state)
{
	struct gb_job job = {.size = 5, .senders = 1};
	struct gb_task two = {GB_OPERATION_remove, 2, 0}, three = {GB_OPERATION_remove_each, 3, 0};

	(void)state;
	assert_null(gb_task_obstacle(&job, &two));
	assert_string_equal(gb_task_obstacle(&job, &three),
			    "the group is too small to lose so many members");
	job.senders = 3;
	assert_string_equal(gb_task_obstacle(&job, &two),
			    "the group is too small for so many senders beside its other roles");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(axes_that_mean_nothing_collapse),
		cmocka_unit_test(axes_that_make_no_difference_to_an_operation_multiply_no_cells),
		cmocka_unit_test(points_without_an_operation_are_left_out),
		cmocka_unit_test(axes_name_operations_that_exist),
		cmocka_unit_test(sizes_come_in_rounds),
		cmocka_unit_test(senders_are_of_backends_with_keys_of_a_sender),
		cmocka_unit_test(portions_of_senders_are_numbers_once_each),
		cmocka_unit_test(senders_by_zipf_are_the_mean_of_a_rotation_period),
		cmocka_unit_test(draws_from_zipf_have_that_mean),
		cmocka_unit_test(zipf_is_a_number_in_jobs_and_rows),
		cmocka_unit_test(users_leave_with_all_their_devices),
		cmocka_unit_test(payload_multiplies_messages_only),
		cmocka_unit_test(what_a_backend_cannot_do_is_reported),
		cmocka_unit_test(a_group_beyond_a_backend_is_refused_with_its_place),
		cmocka_unit_test(too_many_points_are_refused),
		cmocka_unit_test(repetitions_are_abba),
		cmocka_unit_test(a_large_group_is_measured_once),
		cmocka_unit_test(cells_with_too_many_pairs_are_left_out),
		cmocka_unit_test(history_is_shared_with_cross_signed_devices_only),
		cmocka_unit_test(a_seed_fixes_the_order),
		cmocka_unit_test(a_job_survives_the_way_to_the_worker),
		cmocka_unit_test(small_groups_have_the_roles_that_exist),
		cmocka_unit_test(leavers_are_spread_and_have_no_other_role),
		cmocka_unit_test(tasks_that_a_group_is_too_small_for_say_so),
	};
	return cmocka_run_group_tests(tests, make_backends, NULL);
}
