#ifndef GB_ANALYSE_KEPT_FILE_H
#define GB_ANALYSE_KEPT_FILE_H
#include <stdio.h>

/*
 * Opens a file for reading that may lie there compressed: where there is no `path`, but one of this
 * name with .gz behind it, that is read as gzip. NULL with errno set, as fopen. What is damaged or
 * cut off in such a file is an error of the stream with errno EBADMSG, and what comes before it has
 * been read.
 */
FILE *gb_kept_file_open(const char *path);
#endif
