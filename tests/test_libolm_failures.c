/*
 * Each call of libolm fails once, in each operation of megolm/: the operation says so by name,
 * leaves every device as it was, and succeeds when it is made again. The program's own definitions
 * stand before libolm's.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <olm/olm.h>
#include <olm/pk.h>

#include "megolm_scene.h"
#include "state.h"

/* ---- libolm, failing ---- */

/* X(name, parameters, arguments): every function that megolm/ calls and that can fail. */
#include "libolm_functions.def"

enum function {
#define X(name, parameters, arguments) FUNCTION_##name,
	FUNCTIONS(X)
#undef X
		N_FUNCTIONS
};

static const char *const names[] = {
#define X(name, parameters, arguments) #name,
	FUNCTIONS(X)
#undef X
};

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
	if (now.failing == 0 || ++now.n_calls != now.failing)
		return false;
	now.n_failures[which]++;
	now.failed = which;
	now.has_failed = true;
	return true;
}

static void *libolm(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL)
		abort();
	return symbol;
}

#define X(name, parameters, arguments)                                                             \
	size_t name parameters                                                                     \
	{                                                                                          \
		static union {                                                                     \
			void *symbol;                                                              \
			size_t(*call) parameters;                                                  \
		} real;                                                                            \
		size_t returned;                                                                   \
		if (fails(FUNCTION_##name))                                                        \
			return olm_error();                                                        \
		if (real.symbol == NULL)                                                           \
			real.symbol = libolm(#name);                                               \
		returned = real.call arguments;                                                    \
		now.has_decrypted =                                                                \
			now.has_decrypted ||                                                       \
			(FUNCTION_##name == FUNCTION_olm_decrypt && returned != olm_error());      \
		return returned;                                                                   \
	}
FUNCTIONS(X)
#undef X

/* Why the last call failed: for a reason that nothing else here gives. */
#define REASON(name, type)                                                                         \
	enum OlmErrorCode name(const type *object)                                                 \
	{                                                                                          \
		static union {                                                                     \
			void *symbol;                                                              \
			enum OlmErrorCode (*call)(const type *object);                             \
		} real;                                                                            \
		if (now.has_failed) {                                                              \
			now.has_failed = false;                                                    \
			return OLM_OUTPUT_BUFFER_TOO_SMALL;                                        \
		}                                                                                  \
		if (real.symbol == NULL)                                                           \
			real.symbol = libolm(#name);                                               \
		return real.call(object);                                                          \
	}
REASON(olm_account_last_error_code, OlmAccount)
REASON(olm_session_last_error_code, OlmSession)
REASON(olm_utility_last_error_code, OlmUtility)
REASON(olm_outbound_group_session_last_error_code, OlmOutboundGroupSession)
REASON(olm_inbound_group_session_last_error_code, OlmInboundGroupSession)
REASON(olm_pk_encryption_last_error_code, OlmPkEncryption)
REASON(olm_pk_decryption_last_error_code, OlmPkDecryption)
REASON(olm_pk_signing_last_error_code, OlmPkSigning)

/* ---- states ---- */

/* All that a device has, as bytes; pickles of equal objects are equal. */
struct state {
	uint8_t bytes[1 << 16];
	size_t len;
	size_t n_peers, n_users, n_rooms, n_inbound, n_lacking, n_bundles, n_withheld, n_missing;
	bool has_request;
};

static struct state state_of(struct megolm_device *device)
{
	struct state state;

	memset(&state, 0, sizeof(state));
	ASSERT_DONE(megolm_probe_store(device, state.bytes, sizeof(state.bytes), &state.len));
	state.n_peers = device->n_peers;
	state.n_users = device->n_users;
	state.n_bundles = device->n_bundles;
	state.n_withheld = device->n_withheld;
	state.has_request = device->request != NULL;
	state.n_missing = megolm_backup_missing(device);
	for (const struct megolm_room *room = device->room; room != NULL; room = room->next) {
		state.n_rooms++;
		state.n_inbound += room->n_inbound;
		state.n_lacking += room->n_lacking;
	}
	return state;
}

enum { DEVICES = 5 };

static void look(struct state states[DEVICES], const struct scene *s)
{
	struct megolm_device *devices[DEVICES] = {s->story.alice.device, s->story.bob.device,
						  s->carol.device, s->phone.device, s->wary.device};

	for (size_t i = 0; i < DEVICES; i++)
		states[i] = state_of(devices[i]);
}

static void compare(const struct operation *o, const struct state before[DEVICES],
		    const struct state after[DEVICES])
{
	static const char *const who[DEVICES] = {"Alice", "Bob", "Carol", "the phone", "the wary"};

	for (size_t i = 0; i < DEVICES; i++)
		if (memcmp(&before[i], &after[i], sizeof(before[i])) != 0)
			fail_msg("%s, %s failed at call %u: %s has changed", o->name,
				 names[now.failed], now.failing, who[i]);
}

/* Whether the call was reached. */
static bool fail_once(const struct operation *o, unsigned failing)
{
	static struct scene s;
	static struct state before[DEVICES], after[DEVICES];
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
		scene_close(&s);
		return false;
	}
	/* Whatever is wrong with a stored account, it is of no use. */
	if (err != MEGOLM_ERR_OLM &&
	    !(now.failed == FUNCTION_olm_unpickle_account && err == MEGOLM_ERR_PICKLE))
		fail_msg("%s, %s failed at call %u: %s", o->name, names[now.failed], failing,
			 megolm_err_name(err));
	spent = o->allowed == SPENDS && now.has_decrypted;
	now.failing = 0;
	if (o->allowed == UNCHANGED || (o->allowed == SPENDS && !spent)) {
		look(after, &s);
		now.failing = failing;
		compare(o, before, after);
	}
	arm(0);
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
