/*
 * Every built-in backend keeps every promise of groupbench_backend.h that its features give,
 * and each mutant of a backend, which breaks one of them, is caught. With arguments: every plugin
 * that they name keeps them, and its mutants are caught.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "backends/plugins.h"
#include "mutants.h"
#include "promises.h"

struct trial {
	char name[100];
	const struct gb_backend *backend;
	const struct promise *promise;
	const char *mutation; /* to be made of the backend */
};

/* Tries the promise; what was seen instead goes to broken[]. */
static bool keeps(const struct trial *trial, char broken[300])
{
	struct play *p = calloc(1, sizeof(*p));
	bool kept;

	assert_non_null(p);
	p->backend = trial->backend;
	kept = trial->promise->is_kept(p);
	memcpy(broken, p->broken, sizeof(p->broken));
	play_close(p);
	free(p);
	return kept;
}

static void promise_is_kept(void **state)
{
	char broken[300];

	if (!keeps(*state, broken))
		fail_msg("%s", broken);
}

static void mutant_is_caught(void **state)
{
	char broken[300];

	assert_false(keeps(*state, broken));
	assert_true(strlen(broken) > 0);
}

static void made_mutant_is_caught(void **state)
{
	const struct trial *trial = *state;
	struct gb_backend mutant;
	struct trial changed = {.backend = &mutant, .promise = trial->promise};
	void *changed_state = &changed;

	mutant_of(&mutant, trial->backend, trial->mutation);
	mutant_is_caught(&changed_state);
}

struct list {
	struct CMUnitTest tests[400];
	struct trial trials[400];
	size_t n;
};

static void try(struct list *list, const struct gb_backend *backend, const struct promise *promise,
		void (*test)(void **state))
{
	struct trial *trial = &list->trials[list->n];

	*trial = (struct trial){.backend = backend, .promise = promise};
	snprintf(trial->name, sizeof(trial->name), "%s %s", backend->name, promise->name);
	list->tests[list->n++] =
		(struct CMUnitTest){.name = trial->name, .test_func = test, .initial_state = trial};
}

static const struct promise *promise_named(const char *name)
{
	for (size_t i = 0; i < n_promises; i++)
		if (strcmp(promises[i].name, name) == 0)
			return &promises[i];
	abort();
}

static void try_all(struct list *list, const struct gb_backend *backend)
{
	for (size_t i = 0; i < n_promises; i++)
		if ((backend->features & promises[i].needs) == promises[i].needs)
			try(list, backend, &promises[i], promise_is_kept);
}

static void try_mutant(struct list *list, const struct gb_backend *base, const char *mutation,
		       const char *promise)
{
	struct trial *trial = &list->trials[list->n];

	try(list, base, promise_named(promise), made_mutant_is_caught);
	trial->mutation = mutation;
	snprintf(trial->name, sizeof(trial->name), "%s-%s %s", base->name, mutation, promise);
}

static void try_mutants_of_successors(struct list *list, const struct gb_backend *base)
{
	if (base->reinit == NULL || base->succeed == NULL)
		return;
#define ROW(base_name, mutation, promise) try_mutant(list, base, #mutation, #promise);
	MUTANTS_OF_SUCCESSORS(ROW, any)
#undef ROW
}

/* The mutants of a plugin. One whose forgeries spend a key cannot be repaired into reading them. */
static void try_mutants(struct list *list, const struct gb_backend *base)
{
	static const struct {
		const char *mutation, *promise;
	} mutations[] = {
#define ROW(base, mutation, promise) {#mutation, #promise},
		MUTANTS_OF_SENDERS(ROW, any)
#undef ROW
	};
#define COUNT(base, mutation, promise) +1
	size_t n = (base->features & GB_SEALED) == 0 ? 0 MUTANTS_OF_ANY(COUNT, any)
		   : base->first_index == NULL       ? 0 MUTANTS_OF_SEALED(COUNT, any)
						     : 0 MUTANTS_OF_SENDERS(COUNT, any);
#undef COUNT

	for (size_t i = 0; i < n; i++) {
		const char *mutation = mutations[i].mutation, *promise = mutations[i].promise;

		if (strcmp(mutation, "forgeable") == 0 && (base->features & GB_FORGERY_SPENDS) != 0)
			promise = "forged_key_changes_are_refused";
		try_mutant(list, base, mutation, promise);
	}
}

/* The plugins of the command line; -1 when one cannot be loaded. */
static int try_plugins(struct list *list, char **files)
{
	char why[1000];

	for (; *files != NULL; files++)
		if (gb_plugin_load(*files, why, sizeof(why)) != GB_EXIT_DONE) {
			fprintf(stderr, "contract: %s\n", why);
			return -1;
		}
	for (size_t i = 0; gb_plugin_at(i) != NULL; i++) {
		try_all(list, gb_plugin_at(i));
		try_mutants(list, gb_plugin_at(i));
		try_mutants_of_successors(list, gb_plugin_at(i));
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct list list;

	if (argc > 1 && try_plugins(&list, argv + 1) != 0)
		return 1;
	for (size_t i = 0; argc == 1 && gb_backends[i] != NULL; i++) {
		try_all(&list, gb_backends[i]);
		try_mutants_of_successors(&list, gb_backends[i]);
	}
	for (size_t i = 0; argc == 1 && i < N_MUTANTS; i++)
		try(&list, &mutants[i].backend, promise_named(mutants[i].caught_by),
		    mutant_is_caught);
	return _cmocka_run_group_tests("contract", list.tests, list.n, NULL, NULL);
}
