/* The most memory that processes have had: of one, of a worker with its plugin's, of a run. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "backends/backends.h"
#include "backends/peak_memory.h"
#include "backends/plugins.h"
#include "run/memory_of_run.h"
#include "worker_report.h"

#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MB UINT64_C(1000000)

extern char **environ;

static void *take(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	memset(p, 1, bytes);
	return p;
}

static void what_was_given_back_counts(void **state)
{
	uint64_t before = gb_peak_memory_bytes(getpid()), after;

	(void)state;
	assert_true(before > MB / 2);
	munmap(take(200 * MB), 200 * MB);
	after = gb_peak_memory_bytes(getpid());
	/* Something may be in memory by now that was not when the peak before was reached. */
	assert_in_range(after, 200 * MB, before + 220 * MB);
	munmap(take(50 * MB), 50 * MB);
	assert_in_range(gb_peak_memory_bytes(getpid()), after, after + 20 * MB);
}

/* Another program, started by a process of 100 MB, has what it needs itself. */
static void a_program_begins_anew(void **state)
{
	static char name[] = "cat", *argv[] = {name, NULL};
	posix_spawn_file_actions_t actions;
	void *ours = take(100 * MB);
	int to[2], how;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(to), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, to[0], 0);
	posix_spawn_file_actions_addclose(&actions, to[1]);
	assert_int_equal(posix_spawnp(&pid, name, &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	assert_in_range(gb_peak_memory_bytes(pid), 1, 50 * MB);
	close(to[0]);
	close(to[1]);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_int_equal(gb_peak_memory_bytes(pid), 0);
	munmap(ours, 100 * MB);
}

static void a_worker_counts_the_process_of_its_plugin(void **state)
{
	const struct gb_backend *b = gb_backend_find("null_python", strlen("null_python"));
	struct gb_job job = worker_job(b, 5);
	struct worker_report *r;
	uint64_t ours, its;

	(void)state;
	worker_add_task(&job, GB_OPERATION_rekey, 0, 0);
	r = worker_measure(&job);
	ours = gb_peak_memory_bytes(getpid());
	its = gb_plugin_peak_bytes(b);
	assert_true(r->is_done);
	assert_in_range(its, 3 * MB, 1000 * MB);
	assert_in_range(r->peak_bytes, ours + 3 * MB, ours + its);
	worker_forget(r);
	assert_int_equal(gb_plugin_peak_bytes(gb_backend_find("null", 4)), 0);
}

static void take_turn(struct gb_progress *p, size_t turn, uint64_t from_s, uint64_t to_s,
		      uint64_t peak_bytes)
{
	gb_progress_begin(p, turn, (100 + from_s) * 1000000000);
	p->peak_bytes = peak_bytes;
	gb_progress_end(p, turn, (100 + to_s) * 1000000000, 1);
}

/* The second has ended before the third begins, and the third goes on beside the fourth. */
static void processes_at_work_together_are_added(void **state)
{
	static struct gb_job job = {.size = 2, .n_tasks = 1};
	static struct gb_turn turns[] = {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}};
	struct gb_jobs jobs = {.job = &job, .n = 1};
	struct gb_schedule schedule = {turns, 5};
	struct gb_progress p;
	struct gb_memory m;

	(void)state;
	job.backend = gb_backend_find("null", 4);
	gb_progress_open(&p, NULL, &jobs, &schedule);
	m = gb_memory_of_run(&p);
	assert_int_equal(gb_memory_bound(&m), 0);
	take_turn(&p, 0, 0, 10, 100);
	take_turn(&p, 1, 2, 5, 150);
	take_turn(&p, 2, 6, 12, 70);
	take_turn(&p, 3, 11, 13, 190);
	m = gb_memory_of_run(&p);
	assert_int_equal(m.process_bytes, 190);
	assert_int_equal(m.together_bytes, 190 + 70);
	assert_int_equal(m.stock_bytes, 0);
	assert_true(m.parent_bytes > MB / 2);
	assert_int_equal(gb_memory_bound(&m), 190 + 70 + m.parent_bytes);
	/* One that does not say what it had adds nothing. */
	take_turn(&p, 4, 11, 14, 0);
	assert_int_equal(gb_memory_of_run(&p).together_bytes, 190 + 70);
	gb_progress_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_given_back_counts),
		cmocka_unit_test(a_program_begins_anew),
		cmocka_unit_test(a_worker_counts_the_process_of_its_plugin),
		cmocka_unit_test(processes_at_work_together_are_added),
	};
	char why[700];

	if (gb_plugin_load("python3 peers/python/null_child.py", why, sizeof why) != GB_EXIT_DONE) {
		printf("1..1\nnot ok 1 - %s\n", why);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
