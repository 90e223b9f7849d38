#ifndef GB_PRICES_CALIBRATION_JSON_H
#define GB_PRICES_CALIBRATION_JSON_H
#include "analyse/new_file.h"
#include "prices/calibrate.h"

#include <jansson.h>

/* A calibration of now, here, as analyse/calibration.h describes it. Owned by the caller. */
json_t *gb_calibration_to_json(const struct gb_calibration *c, bool quick);

/* The same as DIRECTORY/NAME, whole or not at all. 0, or -1 with *f set. */
int gb_calibration_write(const struct gb_calibration *c, bool quick, const char *directory,
			 const char *name, struct gb_failure *f);
#endif
