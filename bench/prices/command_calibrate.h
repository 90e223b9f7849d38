#ifndef GB_PRICES_COMMAND_CALIBRATE_H
#define GB_PRICES_COMMAND_CALIBRATE_H
#include "options.h"

/*
 * calibrate [--out FILE] [--quick]: measures and writes a calibration file; one that was
 * there is replaced, which is said. Exit status 11 when two passes differ by more than 3 %:
 * then nothing is written.
 */
extern const struct gb_command gb_command_calibrate;
#endif
