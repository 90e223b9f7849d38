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
#include <time.h>
#include <unistd.h>

#include "backends/backends.h"
#include "backends/child.h"
#include "backends/plugins.h"
#include "backends/remote_world.h"
#include "mixed_mail.h"
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

/* Whatever the child has started holds the pipe open, and goes with it. How long a child takes to
 * begin, and the kernel to end one, is the machine's choice. */
static void grandchildren_are_ended_too(void **state)
{
	char command[200], search[200], why[GB_FRAME_TEXT], want[GB_FRAME_TEXT];
	const struct timespec pause = {.tv_nsec = 100000000};
	uint64_t limit_ns = SECOND;

	(void)state;
	snprintf(command, sizeof command, BAD "leaves_another hello %ld", (long)getpid());
	snprintf(search, sizeof search, "pgrep -f '[l]eaves_another hello %ld' > /dev/null",
		 (long)getpid());
	ask_hello(command, limit_ns, why);
	while (strstr(why, "; it was ended") != NULL && limit_ns < 64 * SECOND)
		ask_hello(command, limit_ns *= 2, why);
	snprintf(want, sizeof want,
		 "the child did not answer hello within %llu ms; it ended with status 4",
		 (unsigned long long)(limit_ns / 1000000));
	assert_string_equal(why, want);
	for (int i = 0; i < 200 && system(search) == 0; i++)
		nanosleep(&pause, NULL);
	assert_int_not_equal(system(search), 0);
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
	for (uint32_t i = 0; i < 2 * GB_REMOTE_MESSAGES; i++) {
		body[39] = (uint8_t)i;
		assert_int_equal(null_python->receive(p->world, i % 3, &m, &text), GB_OK);
		assert_int_equal(text.len, 8);
		assert_int_equal(text.p[7], (uint8_t)i);
	}
	assert_int_equal(n_held(p->world), GB_REMOTE_MESSAGES);
	assert_int_equal(p->world->message_bytes, GB_REMOTE_MESSAGES * sizeof(body));
	play_close(p);
	free(p);
}

/* ---- calls that not every backend has ---- */

static const struct gb_message two[] = {
	{.kind = GB_COMMIT,
	 .address = GB_TO_GROUP,
	 .from = 5,
	 .body = {(const uint8_t *)"one", 3},
	 .raw = 1},
	{.kind = GB_COMMIT,
	 .address = GB_TO_GROUP,
	 .from = 5,
	 .body = {(const uint8_t *)"two", 3},
	 .raw = 2},
};
static const struct gb_bytes id = {(const uint8_t *)"id", 2}, psk = {(const uint8_t *)"psk", 3};
static const uint32_t some[] = {5, 6};
static const struct gb_published other = {8, {(const uint8_t *)"keys", 4}};

enum asked {
	ASK_first_index,
	ASK_advance,
	ASK_want,
	ASK_give,
	ASK_take,
	ASK_keys_reused,
	ASK_set_psk,
	ASK_commit_psk,
	ASK_commit_resumption,
	ASK_reinit,
	ASK_succeed,
	ASK_fetched_raw,
	ASK_withhold,
	ASK_withheld,
	ASK_enrol,
	ASK_reach,
	ASK_reached,
	N_ASKED
};

/* What each is asked with here, as the child spells it. */
static const struct {
	const char *call, *arguments;
} asked[N_ASKED] = {
	[ASK_first_index] = {"first_index", "3 4"},
	[ASK_advance] = {"advance", "4294967297"},
	[ASK_want] = {"want", "3 2 4"},
	[ASK_give] = {"give", "3 1 4 one/1 two/2"},
	[ASK_take] = {"take", "3 3 one/1 two/2"},
	[ASK_keys_reused] = {"keys_reused", ""},
	[ASK_set_psk] = {"set_psk", "3 b'id' b'psk'"},
	[ASK_commit_psk] = {"commit_psk", "3 b'id'"},
	[ASK_commit_resumption] = {"commit_resumption", "3"},
	[ASK_reinit] = {"reinit", "3"},
	[ASK_succeed] = {"succeed", "3 (8, b'keys')"},
	[ASK_fetched_raw] = {"fetched_raw", "3"},
	[ASK_withhold] = {"withhold", "3 1 (5, 6)"},
	[ASK_withheld] = {"withheld", "3 two/2"},
	[ASK_enrol] = {"enrol", "3 50"},
	[ASK_reach] = {"reach", "3 4 4294967295 one/1 two/2"},
	[ASK_reached] = {"reached", "3 one/1"},
};

static enum gb_status ask(const struct gb_backend *b, struct gb_world *w, enum asked what,
			  struct gb_outbox *out)
{
	enum gb_reason reason;
	uint64_t number;
	uint32_t index;

	switch (what) {
	case ASK_first_index:
		return b->first_index(w, 3, 4, &index);
	case ASK_advance:
		return b->advance(w, UINT64_C(4294967297));
	case ASK_want:
		return b->want(w, 3, GB_WAY_DEHYDRATED, 4, out);
	case ASK_give:
		return b->give(w, 3, GB_WAY_FILE, 4, two, 2, out);
	case ASK_take:
		return b->take(w, 3, GB_WAY_RECOVERED, two, 2, out);
	case ASK_keys_reused:
		return b->keys_reused(w, &number);
	case ASK_set_psk:
		return b->set_psk(w, 3, id, psk);
	case ASK_commit_psk:
		return b->commit_psk(w, 3, id, out);
	case ASK_commit_resumption:
		return b->commit_resumption(w, 3, out);
	case ASK_reinit:
		return b->reinit(w, 3, out);
	case ASK_succeed:
		return b->succeed(w, 3, &other, 1, out);
	case ASK_fetched_raw:
		return b->fetched_raw(w, 3, &number);
	case ASK_withhold:
		return b->withhold(w, 3, GB_REASON_UNVERIFIED, some, 2, out);
	case ASK_withheld:
		return b->withheld(w, 3, &two[1], &reason);
	case ASK_enrol:
		return b->enrol(w, 3, 50, out);
	case ASK_reach:
		return b->reach(w, 3, 4, GB_LAST_RESORT, two, 2, out);
	default:
		return b->reached(w, 3, &two[0]);
	}
}

/* A world of a child that does `what` when it is asked `call`. */
struct bad_world {
	struct gb_backend table;
	struct gb_child *child;
	struct gb_world *world;
	struct mixed_mail mail;
};

static struct bad_world *open_bad(const char *what, const char *call)
{
	const struct gb_config config = {.struct_size = sizeof(config), .capacity = 9};
	const struct gb_process_calls all = {{UINT64_MAX, UINT64_MAX}};
	struct bad_world *bad = calloc(1, sizeof(*bad));
	char command[200], why[GB_FRAME_TEXT];

	assert_non_null(bad);
	snprintf(command, sizeof(command), BAD "%s %s", what, call);
	bad->child = gb_child_start(command, why, sizeof(why));
	assert_non_null(bad->child);
	gb_remote_fill(&bad->table, &all, false);
	mixed_mail_open(&bad->mail);
	assert_int_equal(gb_remote_open(&bad->world, bad->child, &config), GB_OK);
	return bad;
}

static void close_bad(struct bad_world *bad)
{
	mixed_mail_empty(&bad->mail);
	bad->table.close(bad->world);
	gb_child_free(bad->child);
	free(bad);
}

static void arguments_cross_as_they_are(void **state)
{
	struct bad_world *bad = open_bad("repeats", "any");

	(void)state;
	for (int i = 0; i < N_ASKED; i++) {
		assert_int_equal(ask(&bad->table, bad->world, (enum asked)i, &bad->mail.outbox),
				 GB_REJECTED);
		assert_string_equal(bad->table.error(bad->world), asked[i].arguments);
	}
	assert_int_equal(bad->mail.n, 0);
	close_bad(bad);
}

/* What it says of a call whose answer is not its own; nothing is sent. */
static void must_end(const char *what, enum asked call, const char *want)
{
	struct bad_world *bad = open_bad(what, asked[call].call);
	char why[GB_FRAME_TEXT];

	if (ask(&bad->table, bad->world, call, &bad->mail.outbox) != GB_FAILED)
		fail_msg("%s %s does not fail", asked[call].call, what);
	assert_int_equal(bad->mail.n, 0);
	snprintf(why, sizeof(why), "the child answered %s with %s; ", asked[call].call, want);
	if (strncmp(bad->table.error(bad->world), why, strlen(why)) != 0)
		fail_msg("%s, want %s", bad->table.error(bad->world), why);
	/* It is gone, and so is its world. */
	assert_int_equal(ask(&bad->table, bad->world, call, &bad->mail.outbox), GB_FAILED);
	close_bad(bad);
}

static void nonsense_in_answer_to_any_call_is_one_error(void **state)
{
	(void)state;
	for (int i = 0; i < N_ASKED; i++) {
		must_end("adds", (enum asked)i, "malformed results");
		must_end("babbles", (enum asked)i, "a malformed frame");
	}
	must_end("cuts", ASK_want, "malformed results");
	must_end("cuts", ASK_keys_reused, "malformed results");
	must_end("cuts", ASK_fetched_raw, "malformed results");
	must_end("cuts", ASK_enrol, "malformed results");
	must_end("invents", ASK_give, "malformed results");
	must_end("invents", ASK_withhold, "malformed results");
	must_end("has_more_raw_than_bytes", ASK_enrol, "malformed results");
	must_end("has_more_raw_than_bytes", ASK_reach, "malformed results");
}

/* How much of a message is the protocol's comes with it: all of it here. */
static void raw_bytes_come_with_messages(void **state)
{
	struct bad_world *bad = open_bad("adds", "any");

	(void)state;
	assert_int_equal(ask(&bad->table, bad->world, ASK_withhold, &bad->mail.outbox), GB_OK);
	assert_int_equal(bad->mail.n, 1);
	assert_int_equal(bad->mail.message[0].body.len, 40);
	assert_int_equal(bad->mail.message[0].raw, 40);
	close_bad(bad);
}

/* What the harness asks by itself has no results, and needs none. */
static void a_message_is_taken_without_results(void **state)
{
	struct bad_world *bad = open_bad("adds", "message");
	const char *why = "the child answered message with malformed results; ";

	(void)state;
	assert_int_equal(bad->table.process(bad->world, 0, &two[0]), GB_FAILED);
	if (strncmp(bad->table.error(bad->world), why, strlen(why)) != 0)
		fail_msg("%s, want %s", bad->table.error(bad->world), why);
	close_bad(bad);
}

/* Differences of them are what a row has. */
static void counts_never_fall(void **state)
{
	struct bad_world *bad = open_bad("counts_down", "rekey");
	const char *why = "the child answered rekey with counts that have fallen; ";
	struct gb_counts counts;

	(void)state;
	assert_int_equal(gb_remote_counts(bad->world, &counts), GB_FAILED);
	assert_string_equal(bad->table.error(bad->world),
			    "the child counts, and has sent no counts");
	assert_int_equal(bad->table.rekey(bad->world, 0, &bad->mail.outbox), GB_REJECTED);
	assert_int_equal(gb_remote_counts(bad->world, &counts), GB_OK);
	assert_int_equal(counts.keygen, 2);
	assert_int_equal(bad->table.rekey(bad->world, 0, &bad->mail.outbox), GB_FAILED);
	if (strncmp(bad->table.error(bad->world), why, strlen(why)) != 0)
		fail_msg("%s, want %s", bad->table.error(bad->world), why);
	close_bad(bad);
}

/* ---- texts ---- */

static bool is_text(const char *bytes)
{
	uint8_t frame[66] = {(uint8_t)strlen(bytes)};
	struct gb_reading r = {.p = frame, .len = 2 + strlen(bytes)};
	char text[64];

	memcpy(frame + 2, bytes, strlen(bytes));
	gb_reading_text(&r, text, sizeof text);
	return !r.is_bad && r.len == 0 && strcmp(text, bytes) == 0;
}

/* The manifest is JSON, which can hold nothing else. */
static void texts_are_utf8_without_control_characters(void **state)
{
	static const char *const texts[] = {"",
					    "a ~",
					    "\xc2\x80",
					    "\xdf\xbf",
					    "\xe0\xa0\x80",
					    "\xed\x9f\xbf",
					    "\xee\x80\x80\xef\xbf\xbf",
					    "\xf0\x90\x80\x80",
					    "\xf4\x8f\xbf\xbf"};
	static const char *const others[] = {"a\x1f",
					     "\x7f",
					     "\x80",
					     "\xc1\xbf",
					     "\xc3",
					     "\xc3(",
					     "\xe0\x9f\xbf",
					     "\xed\xa0\x80",
					     "\xe2\x82",
					     "\xe2\x82(",
					     "\xf0\x8f\xbf\xbf",
					     "\xf4\x90\x80\x80",
					     "\xff",
					     "\xf5\x80\x80\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (!is_text(texts[i]))
			fail_msg("text %zu is refused", i);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (is_text(others[i]))
			fail_msg("%zu passes for a text", i);
}

/* What a backend in Python says is cut and cleaned before it crosses. */
static void a_long_reason_is_cut(void **state)
{
	struct bad_world *bad = open_bad("rambles", "rekey");
	const char *reason;

	(void)state;
	assert_int_equal(bad->table.rekey(bad->world, 0, &bad->mail.outbox), GB_REJECTED);
	reason = bad->table.error(bad->world);
	assert_int_equal(strlen(reason), 500);
	assert_int_equal(strspn(reason, "\xc3\xa4"), 500);
	close_bad(bad);
}

/* ---- results that are too large ---- */

static void must_be_malformed(struct bad_world *bad, const char *call)
{
	char why[GB_FRAME_TEXT];

	snprintf(why, sizeof why, "the child answered %s with malformed results; ", call);
	if (strncmp(bad->table.error(bad->world), why, strlen(why)) != 0)
		fail_msg("%s, want %s", bad->table.error(bad->world), why);
	close_bad(bad);
}

/* The next number after 2^32 - 1 is none of a message, and 0 must not be made of it. */
static void a_first_index_has_32_bits(void **state)
{
	struct bad_world *bad = open_bad("counts_too_far", "first_index");
	uint32_t index = 7;

	(void)state;
	assert_int_equal(bad->table.first_index(bad->world, 0, 0, &index), GB_OK);
	assert_true(index == UINT32_MAX);
	assert_int_equal(bad->table.first_index(bad->world, 1, 0, &index), GB_FAILED);
	assert_true(index == UINT32_MAX);
	must_be_malformed(bad, "first_index");
}

static void a_reason_is_one_that_there_is(void **state)
{
	struct bad_world *bad = open_bad("counts_too_far", "withheld");
	enum gb_reason reason = GB_REASON_BLACKLISTED;

	(void)state;
	assert_int_equal(bad->table.withheld(bad->world, 0, &two[0], &reason), GB_OK);
	assert_int_equal(reason, GB_REASON_UNVERIFIED);
	reason = GB_REASON_BLACKLISTED;
	assert_int_equal(bad->table.withheld(bad->world, 1, &two[0], &reason), GB_FAILED);
	assert_int_equal(reason, GB_REASON_BLACKLISTED);
	must_be_malformed(bad, "withheld");
}

/* More than the protocol names in a call: the cell says so, and the child is not even asked. */
static void too_many_messages_are_unsupported(void **state)
{
	struct gb_message many[GB_REMOTE_MESSAGES + 1];
	struct bad_world *bad = open_bad("adds", "any");

	(void)state;
	for (size_t i = 0; i < GB_REMOTE_MESSAGES + 1; i++)
		many[i] = two[0];
	assert_int_equal(bad->table.take(bad->world, 3, GB_WAY_FILE, many, GB_REMOTE_MESSAGES + 1,
					 &bad->mail.outbox),
			 GB_UNSUPPORTED);
	assert_string_equal(bad->table.error(bad->world),
			    "a plugin in a process takes in 128 messages at most");
	assert_int_equal(bad->table.give(bad->world, 3, GB_WAY_FILE, 4, many,
					 GB_REMOTE_MESSAGES + 1, &bad->mail.outbox),
			 GB_UNSUPPORTED);
	assert_int_equal(bad->table.reach(bad->world, 3, 4, 0, many, GB_REMOTE_MESSAGES + 1,
					  &bad->mail.outbox),
			 GB_UNSUPPORTED);
	assert_int_equal(bad->table.take(bad->world, 3, GB_WAY_FILE, many, GB_REMOTE_MESSAGES,
					 &bad->mail.outbox),
			 GB_OK);
	close_bad(bad);
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
	add("arguments_cross_as_they_are", arguments_cross_as_they_are, NULL);
	add("nonsense_in_answer_to_any_call_is_one_error",
	    nonsense_in_answer_to_any_call_is_one_error, NULL);
	add("too_many_messages_are_unsupported", too_many_messages_are_unsupported, NULL);
	add("raw_bytes_come_with_messages", raw_bytes_come_with_messages, NULL);
	add("a_message_is_taken_without_results", a_message_is_taken_without_results, NULL);
	add("counts_never_fall", counts_never_fall, NULL);
	add("texts_are_utf8_without_control_characters", texts_are_utf8_without_control_characters,
	    NULL);
	add("a_long_reason_is_cut", a_long_reason_is_cut, NULL);
	add("a_reason_is_one_that_there_is", a_reason_is_one_that_there_is, NULL);
	add("silence_ends_at_the_deadline", silence_ends_at_the_deadline, NULL);
	add("grandchildren_are_ended_too", grandchildren_are_ended_too, NULL);
	add("what_cannot_be_started_is_refused", what_cannot_be_started_is_refused, NULL);
	return _cmocka_run_group_tests("plugin_process", tests, n_tests, NULL, NULL);
}
