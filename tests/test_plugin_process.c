/*
 * Backends in a process of their own: a child that misbehaves is one error and then gone, and
 * what it is given is bounded. That a child keeps its promises: tests/test_plugin.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/wait.h>

#include "backends/backends.h"
#include "backends/child.h"
#include "backends/plugins.h"
#include "backends/remote_world.h"
#include "promises.h"

#define BAD    "python3 tests/plugins/bad_child.py "
#define SECOND UINT64_C(1000000000)

static const struct gb_backend *null_python;

/* ---- children that misbehave ---- */

/* Asks hello of a child; what it says of its failure, which has ended it. */
static void ask_hello(const char *command, uint64_t limit_ns, char why[GB_FRAME_TEXT])
{
	struct gb_child *c = gb_child_start(command, why, GB_FRAME_TEXT);
	struct gb_frame_answer a;
	struct gb_frame *f;

	assert_non_null(c);
	f = gb_child_request(c, GB_PROCESS_hello, 0);
	for (int i = 0; i < 4; i++)
		gb_frame_u32(f, 1);
	assert_int_equal(gb_child_ask(c, &a, limit_ns), -1);
	assert_non_null(gb_child_why(c));
	snprintf(why, GB_FRAME_TEXT, "%s", gb_child_why(c));
	/* It has been waited for: none is left, and none is a zombie. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
	(void)gb_child_request(c, GB_PROCESS_hello, 0);
	assert_int_equal(gb_child_ask(c, &a, limit_ns), -1);
	assert_string_equal(gb_child_why(c), why);
	gb_child_free(c);
}

static const struct misbehaviour {
	const char *what, *why;
	bool any_end; /* with or without its own end: a race that both may win */
} misbehaviours[] = {
	{"dies", "the child closed its standard output during hello; it ended with status 3", 0},
	{"is_killed",
	 "the child closed its standard output during hello; it was ended by signal 15 "
	 "(Terminated)",
	 0},
	{"talks",
	 "the child wrote to its standard output what is no frame, during hello: \"row "
	 "null,rekey.sample 0.",
	 1},
	{"answers_another",
	 "the child answered hello out of turn: found the answer 2 to hello, wanted 1; ", 1},
	{"babbles", "the child answered hello with a malformed frame; ", 1},
	{"is_overlong",
	 "the child answered hello with a frame of another size than 1 to 268435456 bytes; it was "
	 "ended",
	 0},
	{"stops_halfway",
	 "the child closed its standard output during hello; it ended with status 5", 0},
};

static void misbehaviour_is_one_error(void **state)
{
	const struct misbehaviour *m = *state;
	char command[200], why[GB_FRAME_TEXT];

	snprintf(command, sizeof command, BAD "%s hello", m->what);
	ask_hello(command, 20 * SECOND, why);
	if (m->any_end)
		why[strlen(m->why)] = '\0';
	assert_string_equal(why, m->why);
}

static void silence_ends_at_the_deadline(void **state)
{
	char why[GB_FRAME_TEXT];

	(void)state;
	ask_hello(BAD "hangs hello", SECOND / 2, why);
	assert_string_equal(why, "the child did not answer hello within 500 ms; it was ended");
	/* A child that does not even read. */
	ask_hello("sleep 1000", SECOND / 10, why);
	assert_string_equal(why, "the child did not answer hello within 100 ms; it was ended");
}

/* Whatever the child has started holds the pipe open, and goes with it. */
static void grandchildren_are_ended_too(void **state)
{
	char why[GB_FRAME_TEXT];

	(void)state;
	ask_hello(BAD "leaves_another hello", SECOND, why);
	assert_string_equal(why, "the child did not answer hello within 1000 ms; it ended with "
				 "status 4");
	assert_int_not_equal(system("pgrep -f 'bad_child.py [l]eaves_another' > /dev/null"), 0);
}

static void what_cannot_be_started_is_refused(void **state)
{
	char why[200];

	(void)state;
	assert_null(gb_child_start("/nowhere/program x", why, sizeof why));
	assert_string_equal(why, "/nowhere/program: No such file or directory");
	assert_null(gb_child_start("  ", why, sizeof why));
	assert_string_equal(why, "found no command of 1 to 64 words");
}

/* ---- messages ---- */

static size_t n_held(const struct gb_world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < GB_REMOTE_MESSAGES; i++)
		n += w->messages[i].m.body.p != NULL;
	return n;
}

/* The same bytes are one message to the child, other bytes another, and the oldest make room. */
static void messages_cross_once_and_are_bounded(void **state)
{
	struct play *p = calloc(1, sizeof(*p));
	uint8_t body[40] = {0};
	struct gb_message m = {.kind = GB_APPLICATION,
			       .address = GB_TO_GROUP,
			       .from = 0,
			       .body = {body, sizeof(body)}};
	struct gb_bytes text;

	(void)state;
	assert_non_null(p);
	p->backend = null_python;
	assert_true(play_open(p, PROMISE_SEED) && play_found(p, 3));
	gb_remote_messages_free(p->world);
	for (uint32_t device = 0; device < 3; device++)
		assert_int_equal(null_python->receive(p->world, device, &m, &text), GB_OK);
	assert_int_equal(n_held(p->world), 1);
	for (uint8_t i = 0; i < 2 * GB_REMOTE_MESSAGES; i++) {
		body[39] = i;
		assert_int_equal(null_python->receive(p->world, i % 3, &m, &text), GB_OK);
		assert_int_equal(text.len, 8);
		assert_int_equal(text.p[7], i);
	}
	assert_int_equal(n_held(p->world), GB_REMOTE_MESSAGES);
	assert_int_equal(p->world->message_bytes, GB_REMOTE_MESSAGES * sizeof(body));
	play_close(p);
	free(p);
}

/* ---- results that are too large ---- */

/* The next number after 2^32 - 1 is none of a message, and 0 must not be made of it. */
static void a_first_index_has_32_bits(void **state)
{
	struct play *p = calloc(1, sizeof(*p));
	uint32_t index = 7;
	char why[700];

	(void)state;
	assert_non_null(p);
	assert_int_equal(gb_plugin_load(BAD "counts_too_far first_index", why, sizeof why),
			 GB_EXIT_DONE);
	p->backend = gb_backend_find("bad", strlen("bad"));
	assert_true(play_open(p, PROMISE_SEED));
	assert_int_equal(p->backend->first_index(p->world, 0, 0, &index), GB_OK);
	assert_true(index == UINT32_MAX);
	assert_int_equal(p->backend->first_index(p->world, 1, 0, &index), GB_FAILED);
	assert_true(index == UINT32_MAX);
	snprintf(why, sizeof why, "%s", p->backend->error(p->world));
	why[strcspn(why, ";")] = '\0';
	assert_string_equal(why, "the child answered first_index with malformed results");
	play_close(p);
	free(p);
}

/* ---- all of them ---- */

static struct CMUnitTest tests[100];
static size_t n_tests;

static void add(const char *name, void (*test)(void **state), const void *about)
{
	assert_true(n_tests < sizeof tests / sizeof tests[0]);
	tests[n_tests++] = (struct CMUnitTest){
		.name = name, .test_func = test, .initial_state = (void *)(uintptr_t)about};
}

int main(void)
{
	char why[700];

	if (gb_plugin_load("python3 peers/python/null_child.py", why, sizeof why) != GB_EXIT_DONE) {
		printf("1..1\nnot ok 1 - %s\n", why);
		return 1;
	}
	null_python = gb_backend_find("null_python", strlen("null_python"));
	for (size_t i = 0; i < sizeof misbehaviours / sizeof misbehaviours[0]; i++)
		add(misbehaviours[i].what, misbehaviour_is_one_error, &misbehaviours[i]);
	add("messages_cross_once_and_are_bounded", messages_cross_once_and_are_bounded, NULL);
	add("a_first_index_has_32_bits", a_first_index_has_32_bits, NULL);
	add("silence_ends_at_the_deadline", silence_ends_at_the_deadline, NULL);
	add("grandchildren_are_ended_too", grandchildren_are_ended_too, NULL);
	add("what_cannot_be_started_is_refused", what_cannot_be_started_is_refused, NULL);
	return _cmocka_run_group_tests("plugin_process", tests, n_tests, NULL, NULL);
}
