#ifndef GB_RUN_JOURNAL_H
#define GB_RUN_JOURNAL_H
#include "exit_status.h"
#include "run/job.h"

#define GB_JOURNAL_FILE "journal"

/*
 * The memory of a run that is not complete yet: a file of lines in its folder, from which
 * `run --resume` knows what samples.csv holds and what is still to be measured.
 *
 *   groupbench journal 1
 *   header BYTES         samples.csv has its header and nothing else
 *   sample TASK BYTES    the next sample belongs to this task of the turn; samples.csv has
 *                        BYTES with it. Written before its rows: it counts once they are there.
 *   task TASK            this task of the turn needs no more samples
 *   skipped TASK WHY     this task of the turn cannot be measured
 *   clock CPU_NS WALL_NS what an empty interval took
 *   end                  the turn is complete
 *
 * Turns are those of the schedule, in its order. A process that is killed between two
 * writes, or in one, leaves a journal from which at most the sample in flight is missing.
 * The file is locked while a run writes to it.
 *
 * Functions return GB_EXIT_DONE, or another status with one sentence in why[].
 */
struct gb_journal {
	int fd;
	char path[560];
	char why[640];
};

/* What the journal of an earlier process remembers. */
struct gb_past {
	size_t n_turns; /* complete ones */
	uint64_t n_samples, samples_bytes;
	uint64_t journal_bytes;                  /* of the lines that count */
	struct gb_task_past tasks[GB_MAX_TASKS]; /* of the turn that was under way */
};

typedef void gb_journal_note(void *context, size_t turn, const char *line);

/* Makes the journal of a new run, whose samples.csv has `header_bytes`. */
enum gb_exit gb_journal_create(struct gb_journal *j, const char *folder, uint64_t header_bytes);

/*
 * Opens the journal of an earlier run, whose samples.csv now has `samples_bytes`, and calls
 * `note` with each line of `skipped` and `clock` and the turn it belongs to, in order.
 * GB_EXIT_INPUT when it is no journal, does not fit samples.csv, or another process is writing to
 * the run; GB_EXIT_IO when it cannot be read. Nothing is open after a failure. The file
 * is as it was in any case: to go on, gb_journal_cut leaves of it what counts.
 */
enum gb_exit gb_journal_resume(struct gb_journal *j, struct gb_past *past, const char *folder,
			       uint64_t samples_bytes, gb_journal_note *note, void *context);

enum gb_exit gb_journal_cut(struct gb_journal *j, const struct gb_past *past);

/* Appends one line, whole or not at all. */
enum gb_exit gb_journal_write(struct gb_journal *j, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Closes the file; a run that is complete needs it no longer. */
void gb_journal_close(struct gb_journal *j, bool is_complete);
#endif
