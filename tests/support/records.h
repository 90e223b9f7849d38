#ifndef TESTS_RECORDS_H
#define TESTS_RECORDS_H
#include <stdio.h>

/*
 * Writes the value of `name` in "name=value name=value ...", or nothing when it is not there, so
 * that a test names only the columns that matter to it.
 */
void put_value_of(const char *name, const char *values, FILE *file);

#endif
