#ifndef GB_ANALYSE_NEW_FILE_H
#define GB_ANALYSE_NEW_FILE_H
#include "analyse/failure.h"

#include <stdio.h>

/*
 * A file that appears whole or not at all: it is written beside its place under another
 * name and renamed when complete, so that a full disk or a crash leaves the old one as it was.
 */
struct gb_new_file {
	FILE *out; /* write here; errors may be left to gb_new_file_keep */
	char *path;
	char *unfinished;
};

/* Joins directory and name; NULL with *f set when there is no memory. Free it. */
char *gb_join_path(const char *directory, const char *name, struct gb_failure *f);

/* Begins DIRECTORY/NAME. 0, or -1 with *f set (GB_EXIT_IO) and nothing to clean up. */
int gb_new_file_begin(struct gb_new_file *file, const char *directory, const char *name,
		      struct gb_failure *f);

/* The same for a path. */
int gb_new_file_begin_at(struct gb_new_file *file, const char *path, struct gb_failure *f);

/* Closes and puts in place. 0, or -1 with *f set and no trace left. */
int gb_new_file_keep(struct gb_new_file *file, struct gb_failure *f);

/* Closes and deletes what was written. */
void gb_new_file_drop(struct gb_new_file *file);

#endif
