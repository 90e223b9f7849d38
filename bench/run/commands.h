#ifndef GB_RUN_COMMANDS_H
#define GB_RUN_COMMANDS_H
#include "options.h"

/* run SCENARIO: measures, into a new folder. */
extern const struct gb_command gb_command_run;

/* count SCENARIO...: what is exact in each cell, and whether it is what it was. */
extern const struct gb_command gb_command_count;

/* check SCENARIO...: reads scenarios and says what they would measure; measures nothing. */
extern const struct gb_command gb_command_check;

/* list: backends and their versions, operations, axes, scenarios. */
extern const struct gb_command gb_command_list;

/* doctor: watches the machine for some seconds. Status 11 unless it is quiet. */
extern const struct gb_command gb_command_doctor;

/* vectors: a group of any shape, for other implementations to join and follow. */
extern const struct gb_command gb_command_vectors;
#endif
