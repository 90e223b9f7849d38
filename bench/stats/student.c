#include "stats/student.h"

/* Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5, at x = 1.959964. */
double gb_student_95(size_t degrees)
{
	double inverse = 1 / (double)degrees;

	return 1.959964 +
	       inverse * (2.372271 +
			  inverse * (2.822499 + inverse * (2.555850 + inverse * 1.589534)));
}
