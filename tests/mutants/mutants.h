#ifndef MUTANTS_H
#define MUTANTS_H

/*
 * What the sources that tools/mutate writes ask at each of their checks. One check is switched
 * off, that of number MLS_MUTANT in the environment; whichever is about to refuse is noted
 * in the file MLS_MUTANTS_FIRED. Stands in front of the #define of some sources, so it
 * includes nothing.
 */

/* A condition that refuses where it is true. */
_Bool mls_mutant_on(unsigned n);

/* One that refuses where it is false. */
_Bool mls_mutant_off(unsigned n);

/* What a call has found, an enum mls_err. */
int mls_mutant_call(unsigned n, int err);
#endif
