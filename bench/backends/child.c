#define _GNU_SOURCE /* pipe2 */
#include "backends/child.h"
#include "backends/peak_memory.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define STEP   ((size_t)1 << 20) /* how far memory goes ahead of what has arrived */

struct gb_child {
	pid_t pid; /* 0: it has been waited for */
	int to, from;
	uint32_t serial;
	enum gb_process_call call; /* that was asked last */
	uint64_t deadline_ns;
	uint64_t patience_ns; /* for its own end, where something has gone wrong */
	struct gb_frame request;
	uint8_t *answer;
	size_t answer_cap;
	char why[GB_FRAME_TEXT];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* ---- its end ---- */

/* Waits for the end of the child, at most `limit_ns`. Its number stays its own until it is waited
 * for in earnest. */
static bool has_ended(struct gb_child *c, uint64_t limit_ns)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	uint64_t until = now_ns() + limit_ns;

	for (;;) {
		siginfo_t info = {.si_pid = 0};

		if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0
			    ? info.si_pid != 0
			    : errno != EINTR)
			return true;
		if (now_ns() >= until)
			return false;
		nanosleep(&pause, NULL);
	}
}

/* After `limit_ns` it is killed, with whatever it has started. True: it ended by itself. */
static bool end(struct gb_child *c, int *how, uint64_t limit_ns)
{
	bool by_itself;

	if (c->to >= 0)
		close(c->to);
	if (c->from >= 0)
		close(c->from);
	c->to = c->from = -1;
	if (c->pid == 0)
		return false;
	by_itself = has_ended(c, limit_ns);
	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, how, 0) < 0 && errno == EINTR)
		continue;
	c->pid = 0;
	return by_itself;
}

static void say_end(char *text, size_t len, bool by_itself, int how)
{
	if (!by_itself)
		snprintf(text, len, "it was ended");
	else if (WIFSIGNALED(how))
		snprintf(text, len, "it was ended by signal %d (%s)", WTERMSIG(how),
			 strsignal(WTERMSIG(how)));
	else
		snprintf(text, len, "it ended with status %d", WEXITSTATUS(how));
}

static int fail(struct gb_child *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct gb_child *c, const char *format, ...)
{
	char what[400], ending[100];
	va_list arguments;
	bool by_itself;
	int how = 0;

	if (c->why[0] != '\0')
		return -1;
	va_start(arguments, format);
	vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	by_itself = end(c, &how, c->patience_ns);
	say_end(ending, sizeof ending, by_itself, how);
	snprintf(c->why, sizeof c->why, "the child %s; %s", what, ending);
	return -1;
}

void gb_child_refuse(struct gb_child *c, enum gb_process_call call, const char *found)
{
	fail(c, "answered %s with %s", gb_process_call_name(call), found);
}

const char *gb_child_why(const struct gb_child *c)
{
	return c->why[0] != '\0' ? c->why : NULL;
}

uint64_t gb_child_peak_bytes(const struct gb_child *c)
{
	return c->pid != 0 ? gb_peak_memory_bytes(c->pid) : 0;
}

void gb_child_free(struct gb_child *c)
{
	int how;

	if (c == NULL)
		return;
	end(c, &how, SECOND);
	gb_frame_free(&c->request);
	free(c->answer);
	free(c);
}

/* ---- its beginning ---- */

#define MAX_WORDS 64

struct words {
	char *text;
	char *word[MAX_WORDS + 1];
};

/* -1: none, too many, or no memory. */
static int split(struct words *w, const char *command)
{
	char *rest, *word;
	size_t n = 0;

	w->text = strdup(command);
	if (w->text == NULL)
		return -1;
	for (word = strtok_r(w->text, " \t\n", &rest); word != NULL && n < MAX_WORDS;
	     word = strtok_r(NULL, " \t\n", &rest))
		w->word[n++] = word;
	w->word[n] = NULL;
	return n == 0 || word != NULL ? -1 : 0;
}

/* In the new process, which shares nothing with us but the pipes; does not return. */
static void become(char **word, int in, int out, int trouble, pid_t parent)
{
	static const int reset[] = {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM};
	struct sigaction action = {.sa_handler = SIG_DFL};
	int why;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What the run shares with its workers is not for plugins. */
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	for (size_t i = 0; i < sizeof reset / sizeof reset[0]; i++)
		sigaction(reset[i], &action, NULL);
	if (getppid() == parent && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execvp(word[0], word);
	why = errno;
	if (write(trouble, &why, sizeof why) < 0)
		_exit(126);
	_exit(127);
}

/* The reason for which exec failed, 0 when it did not. */
static int trouble_of(int fd)
{
	int why = 0;
	ssize_t n;

	while ((n = read(fd, &why, sizeof why)) < 0 && errno == EINTR)
		continue;
	return n == (ssize_t)sizeof why ? why : 0;
}

static int spawn(struct gb_child *c, char **word)
{
	int to[2] = {-1, -1}, from[2] = {-1, -1}, trouble[2] = {-1, -1}, why = 0;
	pid_t parent = getpid();

	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0 ||
	    pipe2(trouble, O_CLOEXEC) != 0)
		why = errno;
	c->pid = why == 0 ? fork() : 0;
	if (why == 0 && c->pid == 0)
		become(word, to[0], from[1], trouble[1], parent);
	if (c->pid < 0) {
		why = errno;
		c->pid = 0;
	}
	close(to[0]);
	close(from[1]);
	close(trouble[1]);
	c->to = to[1];
	c->from = from[0];
	if (why == 0)
		why = trouble_of(trouble[0]);
	close(trouble[0]);
	if (why == 0 &&
	    (fcntl(c->to, F_SETFL, O_NONBLOCK) != 0 || fcntl(c->from, F_SETFL, O_NONBLOCK) != 0))
		why = errno;
	return why;
}

struct gb_child *gb_child_start(const char *command, char *why, size_t why_len)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct gb_child *c = calloc(1, sizeof *c);
	struct words words = {0};
	int trouble, how;

	if (c == NULL || split(&words, command) != 0) {
		snprintf(why, why_len, "found no command of 1 to %d words", MAX_WORDS);
		free(words.text);
		free(c);
		return NULL;
	}
	c->patience_ns = SECOND / 5;
	/* A child that is gone is told by the answer that does not come. */
	sigaction(SIGPIPE, &ignore, NULL);
	trouble = spawn(c, words.word);
	if (trouble != 0) {
		snprintf(why, why_len, "%.100s: %s", words.word[0], strerror(trouble));
		end(c, &how, 0);
		gb_child_free(c);
		c = NULL;
	}
	free(words.text);
	return c;
}

/* ---- question and answer ---- */

/* What the child did instead of waiting for a question, or of answering it: it is about to end. */
static int gone(struct gb_child *c)
{
	c->patience_ns = 2 * SECOND;
	return fail(c, "closed its standard output during %s", gb_process_call_name(c->call));
}

static int late(struct gb_child *c, uint64_t limit_ns)
{
	return fail(c, "did not answer %s within %llu ms", gb_process_call_name(c->call),
		    (unsigned long long)(limit_ns / 1000000));
}

/* Bytes that are no frame, as far as they can be shown. */
static int noise(struct gb_child *c, const uint8_t *p, size_t len)
{
	char text[41];
	size_t n = 0;

	for (size_t i = 0; i < len && n < sizeof text - 1; i++)
		text[n++] = (char)(p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '.');
	text[n] = '\0';
	return fail(c, "wrote to its standard output what is no frame, during %s: \"%s\"",
		    gb_process_call_name(c->call), text);
}

/* Waits until the descriptor is ready; -1 when it is too late. */
static int wait_for(struct gb_child *c, struct pollfd *p, nfds_t n, uint64_t limit_ns)
{
	for (;;) {
		uint64_t now = now_ns();
		int ready, ms;

		if (now >= c->deadline_ns)
			return late(c, limit_ns);
		ms = (int)((c->deadline_ns - now + 999999) / 1000000 < 60000
				   ? (c->deadline_ns - now + 999999) / 1000000
				   : 60000);
		ready = poll(p, n, ms);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return fail(c, "could not be waited for: %s", strerror(errno));
	}
}

/* It has said something before it was asked. */
static int spoke_early(struct gb_child *c)
{
	uint8_t bytes[64];
	ssize_t n = read(c->from, bytes, sizeof bytes);

	if (n == 0)
		return gone(c);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR
			       ? 0
			       : fail(c, "could not be read: %s", strerror(errno));
	if ((size_t)n >= GB_FRAME_HEAD && gb_frame_length(bytes) > 0)
		return fail(c, "spoke out of turn, before %s", gb_process_call_name(c->call));
	return noise(c, bytes, (size_t)n);
}

static int send_all(struct gb_child *c, uint64_t limit_ns)
{
	size_t sent = 0;

	while (sent < c->request.len) {
		struct pollfd p[] = {{.fd = c->to, .events = POLLOUT},
				     {.fd = c->from, .events = POLLIN}};
		ssize_t n;

		if (wait_for(c, p, 2, limit_ns) != 0)
			return -1;
		if (p[1].revents != 0 && spoke_early(c) != 0)
			return -1;
		n = write(c->to, c->request.p + sent, c->request.len - sent);
		if (n < 0 && errno == EPIPE)
			return gone(c);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return fail(c, "could not be written to: %s", strerror(errno));
		sent += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Reads up to `len` bytes, all of them unless the child closes its end; their number or -1. */
static ssize_t take(struct gb_child *c, uint8_t *to, size_t len, uint64_t limit_ns)
{
	size_t taken = 0;

	while (taken < len) {
		struct pollfd p = {.fd = c->from, .events = POLLIN};
		ssize_t n;

		if (wait_for(c, &p, 1, limit_ns) != 0)
			return -1;
		n = read(c->from, to + taken, len - taken);
		if (n == 0)
			break;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return fail(c, "could not be read: %s", strerror(errno));
		taken += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)taken;
}

/* The head of an answer; what it says follows. Noise is told from its first bytes. */
static size_t take_head(struct gb_child *c, uint64_t limit_ns)
{
	uint8_t head[GB_FRAME_HEAD + 32];
	ssize_t n = take(c, head, 4, limit_ns), more;
	size_t len;

	if (n == 4 && memcmp(head, GB_FRAME_MARK, 4) == 0) {
		more = take(c, head + 4, 4, limit_ns);
		n = more < 0 ? -1 : n + more;
	} else if (n > 0) {
		more = read(c->from, head + n, sizeof head - (size_t)n);
		noise(c, head, (size_t)n + (more > 0 ? (size_t)more : 0));
		return 0;
	}
	if (n >= 0 && n < GB_FRAME_HEAD) {
		gone(c);
		return 0;
	}
	len = n == GB_FRAME_HEAD ? gb_frame_length(head) : 0;
	if (len == 0)
		fail(c, "answered %s with a frame of another size than 1 to %zu bytes",
		     gb_process_call_name(c->call), GB_FRAME_MAX);
	return len;
}

/* Memory grows with what arrives, not with what was announced. */
static int take_body(struct gb_child *c, size_t len, uint64_t limit_ns)
{
	size_t taken = 0;

	while (taken < len) {
		size_t step = len - taken < STEP ? len - taken : STEP;
		ssize_t n;

		if (taken + step > c->answer_cap) {
			size_t cap =
				taken + step > 2 * c->answer_cap ? taken + step : 2 * c->answer_cap;
			uint8_t *grown = realloc(c->answer, cap);
			if (grown == NULL)
				return fail(c, "answered with more than there is memory for");
			c->answer = grown;
			c->answer_cap = cap;
		}
		n = take(c, c->answer + taken, step, limit_ns);
		if (n < 0)
			return -1;
		if ((size_t)n < step)
			return gone(c);
		taken += step;
	}
	return 0;
}

struct gb_frame *gb_child_request(struct gb_child *c, enum gb_process_call call, uint32_t world)
{
	struct gb_frame *f = &c->request;

	c->call = call;
	gb_frame_begin(f);
	gb_frame_u32(f, ++c->serial);
	gb_frame_u8(f, call);
	gb_frame_u32(f, world);
	return f;
}

int gb_child_ask(struct gb_child *c, struct gb_frame_answer *answer, uint64_t limit_ns)
{
	size_t len;

	if (c->why[0] != '\0')
		return -1;
	if (gb_frame_end(&c->request) != 0)
		return fail(c, "could not be asked %s: the frame is too large",
			    gb_process_call_name(c->call));
	c->deadline_ns = now_ns() + limit_ns;
	if (send_all(c, limit_ns) != 0)
		return -1;
	len = take_head(c, limit_ns);
	if (len == 0 || take_body(c, len, limit_ns) != 0)
		return -1;
	if (gb_answer_read(answer, c->answer, len) != 0)
		return fail(c, "answered %s with a malformed frame", gb_process_call_name(c->call));
	if (answer->serial != c->serial || answer->call != c->call)
		return fail(c, "answered %s out of turn: found the answer %u to %s, wanted %u",
			    gb_process_call_name(c->call), answer->serial,
			    gb_process_call_name(answer->call), c->serial);
	return 0;
}
