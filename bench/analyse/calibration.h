#ifndef GB_ANALYSE_CALIBRATION_H
#define GB_ANALYSE_CALIBRATION_H
#include "analyse/failure.h"
#include "stats/prices.h"

/*
 * calibration.json: what primitives cost on a machine. An object with
 *
 *   schema     GB_CALIBRATION_SCHEMA
 *   made       when, in UTC; quick: whether in a hurry; build, machine, libraries: where
 *   rounds, batch_ns, largest_difference: how
 *   prices     library -> algorithm -> primitive -> { unit, minimum, median }, where the
 *              last two are ns in each of two passes
 *
 * Members that are not known here are passed over, so that later versions can add some.
 */
#define GB_CALIBRATION_SCHEMA    1
#define GB_CALIBRATION_FILE      "calibration.json"
#define GB_MAX_CALIBRATION_BYTES (1u << 20)

/*
 * Reads the prices. 0, or -1 with *f set: GB_EXIT_IO when the file cannot be read,
 * GB_EXIT_INPUT with its place when it is longer than GB_MAX_CALIBRATION_BYTES, no JSON, of
 * another schema, or a price is not two numbers between 0 and 10^12.
 */
int gb_calibration_read(struct gb_prices *prices, const char *path, struct gb_failure *f);
#endif
