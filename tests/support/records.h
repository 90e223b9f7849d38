#ifndef TESTS_RECORDS_H
#define TESTS_RECORDS_H
#include <stdio.h>

/*
 * Writes the value of `name` in "name=value name=value ...", or nothing when it is not there, so
 * that a test names only the columns that matter to it.
 */
void put_value_of(const char *name, const char *values, FILE *file);

/* The header of samples.csv; one record: what the actor of `what` spent in a process. */
void put_samples_header(FILE *file);
void put_actor_sample(FILE *file, const char *what, int size, int process, double cpu_ns);

#endif
