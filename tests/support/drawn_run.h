#ifndef TESTS_DRAWN_RUN_H
#define TESTS_DRAWN_RUN_H
#include "run_command.h"

/* A run of which tests write the summary and have `groupbench plot` draw the figures. */
extern char drawn_run[]; /* its folder, from make_run to drop_run, which are for a group of tests */
int make_run(void **state);
int drop_run(void **state);

/* Before each test: the run has a manifest and an empty summary, and no figures. */
int begin_test(void **state);
void remove_plots(void);

/* The path of a file of the run, until the next call. */
const char *in_run(const char *name);
void write_text(const char *name, const char *text);

/* Each row is "name=value name=value ...", of keys and of these numbers. */
extern const char *const summary_numbers[14];
void write_summary(const char *const *rows, size_t n);

struct command_result plot(const char *format);

/* The text of a file of the run, which the caller frees. */
char *read_text(const char *name);

/* The file is this text, or has it somewhere, or nowhere. */
void assert_text(const char *name, const char *want);
void assert_has(const char *name, const char *part);
void assert_lacks(const char *name, const char *part);

/* Rows of backends that count their primitives, as those in the program do. */
#define COUNTED   "role=actor phase=total n_processes=5 count_keygen=1 "
#define MLS       "backend=mls crypto=openssl suite=1 " COUNTED
#define MEGOLM    "backend=megolm olm_crypto=libolm " COUNTED
#define ON_EITHER "backend=megolm senders=1 " COUNTED
#define HEADER                                                                                     \
	"panel,heading,series,name,kind,colour,look,legend_column,legend_row,members,cpu_ms,"      \
	"cpu_ms_low,cpu_ms_high\n"

#endif
