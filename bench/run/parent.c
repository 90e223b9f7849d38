#include "run/parent.h"
#include "backends/stock.h"
#include "run/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

extern char **environ;

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal_number)
{
	(void)signal_number;
	is_interrupted = 1;
}

/* What a worker said while it was not its turn: when, and how many bytes. */
struct piece {
	uint64_t at_ns;
	size_t len;
};

/* A worker and what it has said so far. */
struct child {
	struct gb_report report;
	pid_t pid;
	int from; /* what it says; -1: it has closed its end */
	uint64_t began_ns;
	char *kept; /* what it said ahead of its turn */
	struct piece *pieces;
	size_t kept_len, kept_cap, n_pieces, pieces_cap;
};

/* The most changes that one sample makes one after the other. */
static uint32_t most_changes(const struct gb_job *job)
{
	uint32_t most = 0;

	for (size_t i = 0; i < job->n_tasks; i++)
		if (gb_operations[job->tasks[i].operation].one_by_one && job->tasks[i].k > most)
			most = job->tasks[i].k;
	return most;
}

static uint64_t deadline_ns(const struct child *c)
{
	const struct gb_job *job = c->report.job;

	if (c->report.run->deadline_ns != 0)
		return c->report.run->deadline_ns;
	return 120 * SECOND + (uint64_t)job->size * job->senders * (SECOND / 20) +
	       (uint64_t)job->size * most_changes(job) * (SECOND / 1000);
}

/* Puts by what a worker says before its turn, for results are written in the order of turns. */
static enum gb_exit keep(struct child *c, const char *p, size_t len)
{
	if (gb_report_room(&c->kept, &c->kept_cap, c->kept_len + len) != 0)
		return gb_report_end(&c->report, GB_EXIT_INTERNAL, "out of memory");
	if (c->n_pieces == c->pieces_cap) {
		size_t cap = 2 * c->pieces_cap + 16;
		struct piece *larger = realloc(c->pieces, cap * sizeof *larger);
		if (larger == NULL)
			return gb_report_end(&c->report, GB_EXIT_INTERNAL, "out of memory");
		c->pieces = larger;
		c->pieces_cap = cap;
	}
	memcpy(c->kept + c->kept_len, p, len);
	c->kept_len += len;
	c->pieces[c->n_pieces++] = (struct piece){c->report.heard_ns, len};
	return GB_EXIT_DONE;
}

static void take_kept(struct child *c)
{
	uint64_t heard_ns = c->report.heard_ns;
	const char *p = c->kept;

	for (size_t i = 0; i < c->n_pieces && c->report.status == GB_EXIT_DONE; i++) {
		c->report.heard_ns = c->pieces[i].at_ns;
		gb_report_take(&c->report, p, c->pieces[i].len);
		p += c->pieces[i].len;
	}
	c->report.heard_ns = heard_ns;
	c->n_pieces = c->kept_len = 0;
}

static void stop_listening(struct child *c)
{
	close(c->from);
	c->from = -1;
}

/* What a worker has said since; at the end of what it says, it is listened to no longer. */
static enum gb_exit hear(struct child *c, bool is_its_turn)
{
	char buffer[65536];
	ssize_t n = read(c->from, buffer, sizeof buffer);

	if (n < 0 && errno == EINTR)
		return GB_EXIT_DONE;
	if (n < 0)
		return gb_report_end(&c->report, GB_EXIT_INTERNAL, "read: %s", strerror(errno));
	c->report.heard_ns = gb_clock_now_ns();
	if (n == 0)
		stop_listening(c);
	else if (is_its_turn)
		gb_report_take(&c->report, buffer, (size_t)n);
	else
		keep(c, buffer, (size_t)n);
	return c->report.status;
}

static enum gb_exit say_silent(struct child *c)
{
	return gb_report_end(&c->report, GB_EXIT_INTERNAL,
			     "%s: %u members: the worker was silent for %" PRIu64 " ms; run ended",
			     c->report.job->backend->name, c->report.job->size,
			     deadline_ns(c) / (SECOND / 1000));
}

static enum gb_exit check_silence(struct child *c)
{
	if (c->from < 0 || gb_clock_now_ns() - c->report.heard_ns <= deadline_ns(c))
		return c->report.status;
	return say_silent(c);
}

/* Workers in the order of their turns, the first being the one whose turn it is. */
struct crew {
	struct gb_run *run;
	struct child child[GB_MOST_AT_A_TIME];
	size_t n;
};

/* Waits for any of them to say something, a while at most. */
static enum gb_exit listen_to(struct crew *crew)
{
	struct pollfd p[GB_MOST_AT_A_TIME];
	enum gb_exit status = GB_EXIT_DONE;
	int ready;

	/* Without one to listen to, its place is negative and poll() leaves it out. */
	for (size_t i = 0; i < crew->n; i++)
		p[i] = (struct pollfd){.fd = crew->child[i].from, .events = POLLIN};
	ready = poll(p, (nfds_t)crew->n, 200);
	if (is_interrupted)
		return gb_report_end(&crew->child[0].report, GB_EXIT_INTERRUPTED, "interrupted");
	if (ready < 0 && errno != EINTR)
		return gb_report_end(&crew->child[0].report, GB_EXIT_INTERNAL, "poll: %s",
				     strerror(errno));
	for (size_t i = 0; i < crew->n && status == GB_EXIT_DONE; i++)
		status = ready > 0 && p[i].revents != 0 ? hear(&crew->child[i], i == 0)
							: check_silence(&crew->child[i]);
	return status;
}

/* Environment of a random size: where the stack begins depends on it, and with it time. */
static char **pad_environment(struct gb_run *run, size_t turn)
{
	size_t n = 0, len = (size_t)((run->seed * 2654435761u + turn * 40503u) >> 4) % 4096;
	char **with, *padding;

	while (environ[n] != NULL)
		n++;
	with = calloc(n + 2, sizeof *with);
	padding = malloc(len + sizeof "GROUPBENCH_PADDING=");
	if (with == NULL || padding == NULL) {
		free(with);
		free(padding);
		return NULL;
	}
	strcpy(padding, "GROUPBENCH_PADDING=");
	memset(padding + strlen(padding), 'x', len);
	padding[sizeof "GROUPBENCH_PADDING=" - 1 + len] = '\0';
	with[0] = padding;
	memcpy(with + 1, environ, n * sizeof *with);
	return with;
}

static int spawn(struct child *c, int to[2], int from[2])
{
	static char name[] = "groupbench", command[] = "worker";
	char *argv[] = {name, command, NULL},
	     **environment = pad_environment(c->report.run, c->report.turn);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int why;

	if (environment == NULL)
		return ENOMEM;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_adddup2(&actions, to[0], 0);
	posix_spawn_file_actions_adddup2(&actions, from[1], 1);
	why = posix_spawn(&c->pid, "/proc/self/exe", &actions, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(environment[0]);
	free(environment);
	return why;
}

/* The job of this turn, without what an earlier process has done of it. */
static struct gb_job what_is_left(const struct child *c)
{
	const struct gb_past *past = c->report.run->past;
	struct gb_job job = *c->report.job;

	if (past == NULL || c->report.turn != past->n_turns)
		return job;
	memcpy(job.past, past->tasks, sizeof job.past);
	return job;
}

static enum gb_exit send_job(struct child *c, int to)
{
	struct gb_job job = what_is_left(c);
	char *text;
	json_t *json;
	FILE *out;
	bool failed;

	job.process = c->report.run->schedule->turns[c->report.turn].process;
	json = gb_job_to_json(&job);
	text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (text == NULL)
		return gb_report_end(&c->report, GB_EXIT_INTERNAL, "out of memory");
	out = fdopen(to, "w");
	failed = out == NULL || fputs(text, out) == EOF;
	failed = (out != NULL ? fclose(out) : close(to)) != 0 || failed;
	free(text);
	/* A worker that is gone already is explained by how it ended. */
	if (failed && errno != EPIPE)
		return gb_report_end(&c->report, GB_EXIT_INTERNAL,
				     "the worker did not take its job: %s", strerror(errno));
	return GB_EXIT_DONE;
}

static enum gb_exit start(struct child *c)
{
	int to[2], from[2], why;

	if (pipe(to) != 0)
		return gb_report_end(&c->report, GB_EXIT_INTERNAL, "pipe: %s", strerror(errno));
	if (pipe(from) != 0) {
		close(to[0]);
		close(to[1]);
		return gb_report_end(&c->report, GB_EXIT_INTERNAL, "pipe: %s", strerror(errno));
	}
	fcntl(to[1], F_SETFD, FD_CLOEXEC);
	fcntl(from[0], F_SETFD, FD_CLOEXEC);
	why = spawn(c, to, from);
	close(to[0]);
	close(from[1]);
	c->from = from[0];
	if (why != 0) {
		close(to[1]);
		return gb_report_end(&c->report, GB_EXIT_INTERNAL, "starting a worker: %s",
				     strerror(why));
	}
	return send_job(c, to[1]);
}

/* How a worker ended that has closed its pipe, or was killed; one that does not end is. */
static int wait_for_end(struct child *c)
{
	const struct timespec nap = {.tv_nsec = 200000};
	uint64_t since = gb_clock_now_ns();
	int how = 0;
	pid_t pid;

	while ((pid = waitpid(c->pid, &how, WNOHANG)) == 0 || (pid < 0 && errno == EINTR)) {
		bool is_late = gb_clock_now_ns() - since > deadline_ns(c);
		if (is_late)
			say_silent(c);
		if (is_late || is_interrupted)
			kill(c->pid, SIGKILL);
		nanosleep(&nap, NULL);
	}
	return how;
}

/* The worker's own end, when nothing else explains why it did not finish. */
static void reap(struct child *c)
{
	int how;

	if (c->pid <= 0)
		return;
	if (!c->report.is_done && c->report.status != GB_EXIT_DONE)
		kill(c->pid, SIGKILL);
	how = wait_for_end(c);
	if (is_interrupted && !c->report.is_done)
		gb_report_end(&c->report, GB_EXIT_INTERRUPTED, "interrupted");
	if (WIFSIGNALED(how))
		gb_report_end(&c->report, GB_EXIT_INTERNAL,
			      "%s: %u members: the worker was ended by signal %d (%s); "
			      "run ended",
			      c->report.job->backend->name, c->report.job->size, WTERMSIG(how),
			      strsignal(WTERMSIG(how)));
	else if (!c->report.is_done || WEXITSTATUS(how) != 0)
		gb_report_end(&c->report, GB_EXIT_INTERNAL,
			      "%s: %u members: the worker ended with status %d before it was done; "
			      "run ended",
			      c->report.job->backend->name, c->report.job->size, WEXITSTATUS(how));
}

static void forget(struct child *c)
{
	gb_report_free(&c->report);
	free(c->kept);
	free(c->pieces);
}

/* Ends the workers whose turn has not come; what they have said is lost. */
static void dismiss(struct crew *crew)
{
	for (size_t i = 0; i < crew->n; i++) {
		struct child *c = &crew->child[i];
		stop_listening(c);
		if (c->pid > 0) {
			kill(c->pid, SIGKILL);
			while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
				continue;
		}
		forget(c);
	}
	crew->n = 0;
}

/* What all workers that have been reaped spent of the processor. */
static double children_cpu_s(void)
{
	struct rusage spent;

	if (getrusage(RUSAGE_CHILDREN, &spent) != 0)
		return 0;
	return (double)(spent.ru_utime.tv_sec + spent.ru_stime.tv_sec) +
	       1e-6 * (double)(spent.ru_utime.tv_usec + spent.ru_stime.tv_usec);
}

/* A process that ended well counts when its rows are where the run says that they are. */
static enum gb_exit confirm(struct child *c)
{
	struct gb_run *run = c->report.run;

	if (c->report.status != GB_EXIT_DONE)
		return c->report.status;
	if (gb_results_check(run->results) != GB_EXIT_DONE)
		return gb_report_end(&c->report, GB_EXIT_IO, "%s", run->results->why);
	return gb_report_remembered(&c->report, gb_journal_write(run->journal, "end"));
}

/* Takes the first one off, when it was listened to until its end or there is no going on. */
static enum gb_exit end_turn(struct crew *crew, enum gb_exit status)
{
	struct child *c = &crew->child[0];
	struct gb_run *run = crew->run;
	double before_s = children_cpu_s();

	if (c->report.status == GB_EXIT_DONE)
		c->report.status = status;
	stop_listening(c);
	reap(c);
	status = confirm(c);
	if (status == GB_EXIT_DONE)
		gb_progress_end(run->progress, c->report.turn, c->report.heard_ns,
				children_cpu_s() - before_s);
	forget(c);
	crew->n--;
	memmove(crew->child, crew->child + 1, crew->n * sizeof crew->child[0]);
	return status;
}

static void begin_turn(struct child *c)
{
	gb_progress_begin(c->report.run->progress, c->report.turn, c->began_ns);
	take_kept(c);
}

/* Starts workers for the turns to come, so that n_jobs are at work. */
static enum gb_exit hire(struct crew *crew, size_t first)
{
	struct gb_run *run = crew->run;
	size_t n_working = 0;

	for (size_t i = 0; i < crew->n; i++)
		n_working += crew->child[i].from >= 0;
	while (n_working < (run->n_jobs > 1 ? run->n_jobs : 1) && crew->n < GB_MOST_AT_A_TIME &&
	       first + crew->n < run->schedule->n) {
		size_t turn = first + crew->n;
		struct child *c = &crew->child[crew->n++];
		*c = (struct child){
			.report = {.run = run,
				   .job = &run->jobs->job[run->schedule->turns[turn].job],
				   .turn = turn},
			.from = -1};
		c->began_ns = c->report.heard_ns = gb_clock_now_ns();
		if (start(c) != GB_EXIT_DONE)
			return c->report.status;
		if (crew->n == 1)
			begin_turn(c);
		n_working++;
	}
	return GB_EXIT_DONE;
}

/* The first one's turn, while others work ahead. */
static enum gb_exit run_turn(struct crew *crew)
{
	enum gb_exit status = hire(crew, crew->run->n_turns_done);

	while (status == GB_EXIT_DONE && crew->child[0].from >= 0) {
		status = listen_to(crew);
		if (status == GB_EXIT_DONE)
			status = hire(crew, crew->run->n_turns_done);
	}
	status = end_turn(crew, status);
	if (status == GB_EXIT_DONE && crew->n > 0) {
		begin_turn(&crew->child[0]);
		status = crew->child[0].report.status;
	}
	return status;
}

enum gb_exit gb_run_turns(struct gb_run *run)
{
	struct sigaction on = {.sa_handler = interrupt}, ignore = {.sa_handler = SIG_IGN};
	struct crew crew = {.run = run};
	enum gb_exit status = GB_EXIT_DONE;

	sigaction(SIGINT, &on, NULL);
	sigaction(SIGTERM, &on, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);
	gb_stock_make();
	run->n_turns_done = run->past != NULL ? run->past->n_turns : 0;
	while (run->n_turns_done < run->schedule->n && status == GB_EXIT_DONE) {
		status = run_turn(&crew);
		run->n_turns_done += status == GB_EXIT_DONE;
	}
	dismiss(&crew);
	return status;
}
