#ifndef GB_BACKENDS_STOCK_H
#define GB_BACKENDS_STOCK_H
#include "groupbench_backend.h"
#include <stdbool.h>

/*
 * What the processes of a run prepare once for all of them: key material and settled Olm
 * sessions, which follow from the seed and the number of a device, whatever the size of the
 * group. It is anonymous memory that the run hands on to its workers, and gone with the last of
 * them. Secrets of made-up devices lie there. Without it (outside a run, or where memory cannot
 * be had), nothing is found and everything is made anew.
 *
 * A record belongs to a shelf, whose name has all that it depends on but the device.
 */

#define GB_STOCK_NONE (-1)

/* Makes the stock of a run: workers started from now on have it. */
void gb_stock_make(void);

/* What it takes of the memory, in bytes, by the account of the process that made it; 0 without one.
 */
uint64_t gb_stock_bytes(void);

/* A shelf by its name, from format and arguments; GB_STOCK_NONE without a stock. */
int gb_stock_shelf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The record of a device, valid until the process ends; false when there is none. */
bool gb_stock_find(int shelf, uint32_t device, struct gb_bytes *out);

/* Keeps a copy, unless there is a record already or no room. */
void gb_stock_put(int shelf, uint32_t device, struct gb_bytes record);
#endif
