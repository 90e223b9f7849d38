#ifndef GB_RUN_ENVIRONMENT_H
#define GB_RUN_ENVIRONMENT_H
#include <jansson.h>

/* The program: revision, a hash of its file, compiler and flags as built. Owned by the caller; NULL
 * when memory ran out. */
json_t *gb_environment_build(void);

/* A file that a run depends on: its path, from the working directory on when it is beneath it, and
 * a hash of its content. */
json_t *gb_environment_file(const char *path);

/* The machine now: CPU, its features, kernel, memory, load, governor. What this machine
 * does not tell is left out. */
json_t *gb_environment_machine(void);

/* The abbreviated revision, with "-dirty" for local changes, "unknown" without git. */
const char *gb_environment_revision(void);
#endif
