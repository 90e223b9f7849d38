#ifndef GB_ANALYSE_DATA_FOLDER_H
#define GB_ANALYSE_DATA_FOLDER_H
#include "analyse/failure.h"

/*
 * The folder that holds plots/ and results/published/: $GROUPBENCH_DATA if that is set; else
 * the nearest folder at or above the executable that has plots/style.gp, itself (a source
 * tree) or in share/groupbench (an installation). Free it. NULL with *f set to GB_EXIT_IO
 * when there is none.
 */
char *gb_find_data_folder(struct gb_failure *f);

#endif
