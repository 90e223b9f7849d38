#ifndef GB_RUN_ARCHIVE_H
#define GB_RUN_ARCHIVE_H
#include "run/trial.h"

/*
 * The steps about keys of the past: a device that has many of them backs them up, and a new
 * one restores them. Verified with old messages: the new device reads none before; after,
 * those of the sessions that it asked for, in the words that were sent, and no others. An answer
 * that was tampered with is refused, except where the encryption cannot notice (backup: pk).
 */
int gb_archive_step(struct gb_trial *trial, enum gb_step step);

/* At `device` the first n_readable old messages are read, and the last n_sealed are not. */
int gb_archive_check_reads(struct gb_trial *trial, uint32_t device, size_t n_readable,
			   size_t n_sealed);

/* The old messages are from now on those to the server that are in the mailbox, the first and
 * others evenly spread. */
int gb_archive_collect(struct gb_trial *trial);

/* Forgets what a step GB_STEP_HISTORY left. */
void gb_archive_clear(struct gb_archive *a);
#endif
