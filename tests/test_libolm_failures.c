/*
 * Each call of libolm fails once, in each operation of megolm/: the operation says so by name,
 * leaves every device as it was, and succeeds when it is made again. The program's own definitions
 * stand before libolm's.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libolm_interposed.h"
#include "matrix_state.h"
#include "megolm_scene.h"

/* ---- libolm, failing ---- */

static struct {
	unsigned n_calls, failing; /* calls since it was armed, and which of them fails; 0: none */
	enum function failed;
	bool has_failed;    /* and nobody has asked why */
	bool has_decrypted; /* since it was armed, an Olm message */
	unsigned n_failures[N_FUNCTIONS];
} now;

static void arm(unsigned failing)
{
	now.n_calls = 0;
	now.failing = failing;
	now.has_failed = now.has_decrypted = false;
}

static bool fails(enum function which)
{
	if (now.failing == 0 || ++now.n_calls != now.failing) {
		now.has_decrypted = now.has_decrypted || which == FUNCTION_olm_decrypt;
		return false;
	}
	now.n_failures[which]++;
	now.failed = which;
	now.has_failed = true;
	return true;
}

/* Asked once after a failure. */
static bool failed_just_now(void)
{
	bool is_so = now.has_failed;

	now.has_failed = false;
	return is_so;
}

REASON(olm_account_last_error_code, OlmAccount, failed_just_now())
REASON(olm_session_last_error_code, OlmSession, failed_just_now())
REASON(olm_utility_last_error_code, OlmUtility, failed_just_now())
REASON(olm_outbound_group_session_last_error_code, OlmOutboundGroupSession, failed_just_now())
REASON(olm_inbound_group_session_last_error_code, OlmInboundGroupSession, failed_just_now())
REASON(olm_pk_encryption_last_error_code, OlmPkEncryption, failed_just_now())
REASON(olm_pk_decryption_last_error_code, OlmPkDecryption, failed_just_now())
REASON(olm_pk_signing_last_error_code, OlmPkSigning, failed_just_now())

/* ---- states ---- */

enum { DEVICES = 5 };

/* All that everybody knows; for the caller to forget. */
static void look(char *states[DEVICES], const struct scene *s)
{
	const struct matrix_device *devices[DEVICES] = {&s->story.alice, &s->story.bob, &s->carol,
							&s->phone, &s->wary};

	for (size_t i = 0; i < DEVICES; i++)
		states[i] = matrix_state(devices[i]);
}

static void forget(char *states[DEVICES])
{
	for (size_t i = 0; i < DEVICES; i++)
		free(states[i]);
}

static void compare(const struct operation *o, const struct scene *s, char *before[DEVICES])
{
	static const char *const who[DEVICES] = {"Alice", "Bob", "Carol", "the phone", "the wary"};
	char *after[DEVICES];

	look(after, s);
	for (size_t i = 0; i < DEVICES; i++)
		if (strcmp(before[i], after[i]) != 0)
			fail_msg("%s, %s failed: %s has changed:\n%s\n%s", o->name,
				 names[now.failed], who[i], before[i], after[i]);
	forget(after);
}

/* Whether the call was reached. */
static bool fail_once(const struct operation *o, unsigned failing)
{
	static struct scene s;
	char *before[DEVICES];
	enum megolm_err err;
	bool spent;

	arm(0);
	scene_open(&s, o->algorithm);
	o->prepare(&s);
	look(before, &s);
	arm(failing);
	err = o->call(&s);
	if (now.n_calls < failing) {
		arm(0);
		ASSERT_DONE(err);
		forget(before);
		scene_close(&s);
		return false;
	}
	/* Whatever is wrong with a stored account, it is of no use. */
	if (err != MEGOLM_ERR_OLM &&
	    !(now.failed == FUNCTION_olm_unpickle_account && err == MEGOLM_ERR_PICKLE))
		fail_msg("%s, %s failed at call %u: %s", o->name, names[now.failed], failing,
			 megolm_err_name(err));
	spent = o->allowed == SPENDS && now.has_decrypted;
	arm(0);
	if (o->allowed == UNCHANGED || (o->allowed == SPENDS && !spent))
		compare(o, &s, before);
	forget(before);
	if (!spent)
		ASSERT_DONE(o->call(&s));
	scene_close(&s);
	return true;
}

static void every_failure_has_a_name_and_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_operations; i++)
		for (unsigned n = 1; fail_once(&operations[i], n); n++)
			;
}

static void every_function_has_failed(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_FUNCTIONS; i++)
		if (now.n_failures[i] == 0)
			fail_msg("%s has never failed", names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failure_has_a_name_and_changes_nothing),
		cmocka_unit_test(every_function_has_failed),
	};

	megolm_probe_use(MEGOLM_PROBE_OPENSSL);
	return cmocka_run_group_tests_name("libolm failures", tests, NULL, NULL);
}
