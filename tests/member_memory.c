/*
 * What one member of a large group needs, in a process of its own: memory for its state, at the
 * peak of joining, and for a fork of the state, and the time of a fork and of a rollback. `make
 * memory` runs it; docs/performance.md has the table.
 *
 *   member_memory SIZE...
 *
 * One process makes a full group, whose members add a newcomer, send each a message, and leave
 * all that in memory which both share. The newcomer's process was begun before and knows
 * nothing but these bytes. Heap is what mallinfo2 says is in use; the peak is the resident
 * memory of the whole process.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, wait4 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mls_probe.h"
#include "seeded_random.h"

enum { SENDERS = 8, FORKS = 2000, BYTES_A_LEAF = 400, REST = 1 << 16 };

/* What the newcomer gets: messages one after the other, behind their lengths. */
struct mail {
	size_t key_package, private_part, welcome, message[SENDERS];
	uint32_t n_messages;
	uint8_t bytes[];
};

struct world {
	struct mls_client *root;
	struct mls_policy policy;
	struct mls_seeded_random stream, member_stream;
	char identity[17];
};

static void must(enum mls_err err, const char *what)
{
	if (err == MLS_OK)
		return;
	fprintf(stderr, "member_memory: %s: %s\n", what, mls_err_sentence(err));
	exit(1);
}

static void config(void *state, uint32_t member, struct mls_client_config *out)
{
	struct world *w = state;

	snprintf(w->identity, sizeof(w->identity), "%016u", (unsigned)member);
	mls_seeded_random_begin(&w->member_stream, 1, "member", member);
	*out = (struct mls_client_config){
		.suite = 1,
		.crypto = MLS_CRYPTO_SODIUM,
		.credential_type = MLS_CREDENTIAL_BASIC,
		.credential = {(const uint8_t *)w->identity, 16},
		.now_s = 1700000000,
		.ephemeral = true,
		.policy = &w->policy,
		.random = mls_seeded_random_source(&w->member_stream),
	};
}

static void world_begin(struct world *w)
{
	struct mls_client_config root;

	*w = (struct world){.policy = mls_policy_default()};
	w->policy.max_message = (size_t)1 << 30;
	w->policy.max_leaves = MLS_PROBE_MOST_LEAVES;
	mls_seeded_random_begin(&w->stream, 1, "world", 0);
	config(w, UINT32_MAX, &root);
	root.random = mls_seeded_random_source(&w->stream);
	must(mls_client_new(&w->root, &root), "client");
}

static void put(struct mail *mail, size_t *len, size_t *at, const struct mls_buf *b)
{
	memcpy(mail->bytes + *at, b->p, b->len);
	*len = b->len;
	*at += b->len;
}

static struct mls_slice slice(const struct mls_buf *b)
{
	return (struct mls_slice){b->p, b->len};
}

/* The newcomer's key package and the commit that adds it; all live members process. */
static void add_newcomer(struct world *w, struct mls_group **group, uint32_t n, uint32_t size,
			 struct mail *mail, size_t *at)
{
	struct mls_buf package = {0}, private_part = {0}, commit = {0}, welcome = {0};
	struct mls_client_config newcomer_config;
	struct mls_client *newcomer;
	struct mls_slice add;
	struct mls_event event;

	config(w, size, &newcomer_config);
	must(mls_probe_client_new(&newcomer, &newcomer_config, w->root), "newcomer");
	must(mls_key_package_new(newcomer, &package, &private_part), "key package");
	add = slice(&package);
	must(mls_group_commit(group[0],
			      &(struct mls_commit_output){.commit = &commit, .welcome = &welcome},
			      &(struct mls_commit_request){
				      .add = &add, .n_add = 1, .tree_in_welcome = true}),
	     "commit");
	for (uint32_t i = 0; i < n; i++)
		must(mls_group_receive(group[i], &event, slice(&commit)), "process");
	put(mail, &mail->key_package, at, &package);
	put(mail, &mail->private_part, at, &private_part);
	put(mail, &mail->welcome, at, &welcome);
}

/* The process that makes the group. */
static void make(struct mail *mail, uint32_t size)
{
	uint32_t n = size < SENDERS ? size : SENDERS, live[SENDERS];
	struct mls_client *client[SENDERS];
	struct mls_group *group[SENDERS];
	struct mls_probe_shape_request request = {
		.shape = MLS_PROBE_FULL,
		.size = size,
		.group_id = {(const uint8_t *)"a group id of thirty-two bytes..", 32},
		.live = live,
		.client = client,
		.n_live = n,
	};
	size_t at = 0;
	struct world w;

	world_begin(&w);
	for (uint32_t i = 0; i < n; i++) {
		struct mls_client_config c;

		live[i] = i;
		config(&w, i, &c);
		must(mls_probe_client_new(&client[i], &c, w.root), "member");
	}
	request.members.config = config;
	request.members.state = &w;
	request.random = mls_seeded_random_source(&w.stream);
	must(mls_probe_make_groups(group, &request), "group");
	add_newcomer(&w, group, n, size, mail, &at);
	for (uint32_t i = 0; i < n; i++) {
		struct mls_buf message = {0};

		must(mls_group_protect(group[i], &message,
				       (struct mls_slice){(const uint8_t *)"text", 4},
				       (struct mls_slice){0}),
		     "send");
		put(mail, &mail->message[mail->n_messages++], &at, &message);
	}
}

static double heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)m.uordblks + (double)m.hblkhd;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

/* A rollback drops the state and takes a new fork of what was remembered. */
static void measure_forks(struct mls_client *client, const struct mls_group *group)
{
	static double fork_us[FORKS], rollback_us[FORKS];
	struct mls_group *copy = NULL;
	double before = heap(), bytes, start;

	must(mls_probe_group_fork(client, &copy, group), "fork");
	bytes = heap() - before;
	mls_group_free(copy);
	for (size_t i = 0; i < FORKS; i++) {
		start = now_us();
		must(mls_probe_group_fork(client, &copy, group), "fork");
		fork_us[i] = now_us() - start;
		start = now_us();
		mls_group_free(copy);
		must(mls_probe_group_fork(client, &copy, group), "rollback");
		rollback_us[i] = now_us() - start;
		mls_group_free(copy);
	}
	printf(" %8.2f %8.2f %8.0f", median(fork_us, FORKS), median(rollback_us, FORKS), bytes);
}

static void take_messages(struct mls_group *group, const struct mail *mail, const uint8_t *at)
{
	struct mls_event event;

	for (uint32_t i = 0; i < mail->n_messages; i++) {
		must(mls_group_receive(group, &event, (struct mls_slice){at, mail->message[i]}),
		     "receive");
		at += mail->message[i];
	}
}

/* The process of the newcomer. */
static void join(struct mail *mail, uint32_t size)
{
	struct mls_slice package = {mail->bytes, mail->key_package};
	struct mls_slice private_part = {package.p + package.len, mail->private_part};
	struct mls_slice welcome = {private_part.p + private_part.len, mail->welcome};
	struct mls_client_config c;
	struct mls_client *client;
	struct mls_group *group = NULL;
	struct rusage usage;
	struct world w;
	double before, state;

	world_begin(&w);
	config(&w, size, &c);
	must(mls_probe_client_new(&client, &c, w.root), "newcomer");
	must(mls_client_keep_key_package(client, package, private_part), "key package");
	before = heap();
	must(mls_group_join(client, &group, welcome, (struct mls_slice){0}), "join");
	state = heap() - before;
	getrusage(RUSAGE_SELF, &usage);
	printf("%8u %10.2f %8.0f %10.1f %6.2f", (unsigned)size, state / 1e6, state / size,
	       (double)usage.ru_maxrss / 1e3, (double)usage.ru_maxrss * 1e3 / state);
	take_messages(group, mail, welcome.p + welcome.len);
	measure_forks(client, group);
	printf("\n");
	fflush(stdout);
	mls_group_free(group);
	mls_client_free(client);
	mls_client_free(w.root);
}

static int in_process(void (*work)(struct mail *mail, uint32_t size), struct mail *mail,
		      uint32_t size)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		work(mail, size);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "member_memory: a process failed\n");
		return 1;
	}
	return 0;
}

static int measure(uint32_t size)
{
	size_t len = (size_t)size * BYTES_A_LEAF + REST;
	struct mail *mail =
		mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int failed;

	if (mail == MAP_FAILED) {
		perror("member_memory: mmap");
		return 1;
	}
	failed = in_process(make, mail, size) || in_process(join, mail, size);
	munmap(mail, len);
	return failed;
}

int main(int argc, char **argv)
{
	printf("%8s %10s %8s %10s %6s %8s %8s %8s\n", "members", "state MB", "B/member", "join MB",
	       "ratio", "fork us", "back us", "fork B");
	for (int i = 1; i < argc; i++) {
		char *end;
		unsigned long size = strtoul(argv[i], &end, 10);

		if (*end != '\0' || size < 2 || size > 1000000) {
			fprintf(stderr,
				"member_memory: found %s, wanted a number from 2 to "
				"1000000\n",
				argv[i]);
			return 64;
		}
		if (measure((uint32_t)size) != 0)
			return 1;
	}
	return 0;
}
