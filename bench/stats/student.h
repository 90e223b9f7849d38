#ifndef GB_STATS_STUDENT_H
#define GB_STATS_STUDENT_H
#include <stddef.h>

/*
 * How many standard errors a mean may lie off on either side with a probability of 95 %: the
 * 0.975 quantile of Student's distribution with so many degrees of freedom, at least 2; within
 * 1 % there, within 0.2 % from 3 on.
 */
double gb_student_95(size_t degrees);

#endif
