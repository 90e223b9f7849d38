#ifndef MUTANTS_H
#define MUTANTS_H
#include "backends/backends.h"

/*
 * Backends that lie: real ones, of each of which one promise is broken, as it is in an
 * implementation that is wrong, or that only looks fast. The contract test must catch
 * each, and so must the oracle of `groupbench run`.
 *
 * Y(base, mutation, the promise of promises.def that breaks)
 *
 *   idle        create, add, remove, rekey and send succeed without having done anything
 *   constant    the digest is a constant: everybody agrees, always
 *   reusing     a message key is used again: every message is the first one
 *   unserved    one member is left out of what an operation sends
 *   leaky       who was removed goes on reading
 *   open_past   who joins reads what was sent before
 *   replaying   what was read is read again as another event
 *   forgeable   a signature or tag is not looked at: the oracle's forgery is taken in
 *   forgetful   recipients lose the first message of the keys they are given
 *   keyless     recipients say that they have no keys
 *   hasty       a group has a successor that was not shut down
 *   undying     a group that was shut down goes on
 *
 * The last two are tried in the contract test alone: nothing of them is measured.
 */
#define MUTANTS_OF_ANY(Y, base)                                                                    \
	Y(base, idle, founders_agree_and_read)                                                     \
	Y(base, constant, rekey_changes_the_keys)                                                  \
	Y(base, reusing, no_key_is_used_twice)                                                     \
	Y(base, unserved, founders_agree_and_read)
#define MUTANTS_OF_SEALED(Y, base)                                                                 \
	MUTANTS_OF_ANY(Y, base)                                                                    \
	Y(base, leaky, removed_are_refused)                                                        \
	Y(base, open_past, newcomers_cannot_read_the_past)                                         \
	Y(base, replaying, a_replay_is_refused)                                                    \
	Y(base, forgeable, forged_application_messages_are_refused)
#define MUTANTS_OF_SENDERS(Y, base)                                                                \
	MUTANTS_OF_SEALED(Y, base)                                                                 \
	Y(base, forgetful, keys_begin_where_they_were_given)                                       \
	Y(base, keyless, keys_begin_where_they_were_given)
#define MUTANTS_OF_SUCCESSORS(Y, base)                                                             \
	Y(base, hasty, only_what_was_shut_down_has_a_successor)                                    \
	Y(base, undying, only_what_was_shut_down_has_a_successor)
#define MUTANTS(Y) MUTANTS_OF_ANY(Y, null) MUTANTS_OF_SEALED(Y, mls) MUTANTS_OF_SENDERS(Y, megolm)

#define MUTANT_ID(base, mutation, promise) MUTANT_##base##_##mutation,
enum mutant_id { MUTANTS(MUTANT_ID) N_MUTANTS };

struct mutant {
	struct gb_backend backend; /* its name is "base-mutation" */
	const struct gb_backend *base;
	const char *caught_by;
};

/* Filled before main starts. */
extern struct mutant mutants[N_MUTANTS];

/* The same of any backend, one at a time. */
void mutant_of(struct gb_backend *mutant, const struct gb_backend *base, const char *mutation);

#endif
