#ifndef GB_RUN_SENDERS_H
#define GB_RUN_SENDERS_H
#include <stdbool.h>
#include <stdint.h>

/*
 * What the axis `senders` says besides numbers: parts of a group of a given size.
 *
 *   10%    a share of the members, rounded up
 *   zipf   those who send when the members' shares follow Zipf's law, below
 *   all    every device that plays no other role, and the actor
 *
 * None of them is more than `all`.
 */
bool gb_is_portion_of_senders(const char *text);

/*
 * How many senders a value of the axis is in a group of so many devices; plain numbers are
 * themselves, fit or not. `value` must have passed gb_is_portion_of_senders or be a number.
 */
uint32_t gb_count_senders(const char *value, uint32_t size);

/*
 * How many distinct devices send the messages of one rotation period, on average: 100 messages
 * (the default of rotation_period_msgs in Matrix), the sender of each drawn for itself, the i-th
 * busiest of N devices with a probability in proportion to 1 / i. The mean is
 *
 *   sum over i = 1 .. N of 1 - (1 - 1 / (i H))^100,  H = 1 + 1/2 + ... + 1/N
 *
 * and unrounded here. It is never 0 and at most N.
 */
double gb_mean_zipf_senders(uint32_t size);
#endif
