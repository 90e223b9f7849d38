#include "run/senders.h"
#include "run/positions.h"
#include "run/range.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES_OF_A_PERIOD 100

bool gb_is_portion_of_senders(const char *text)
{
	char wanted[GB_WANTED_BYTES];
	double share;

	return strcmp(text, "all") == 0 || strcmp(text, "zipf") == 0 ||
	       gb_parse_percent(text, &share, wanted) == 0;
}

double gb_mean_zipf_senders(uint32_t size)
{
	double harmonic = 0, mean = 0;

	/* From the smallest term on, which loses least. */
	for (uint32_t i = size; i > 0; i--)
		harmonic += 1.0 / i;
	for (uint32_t i = size; i > 0; i--)
		mean -= expm1(MESSAGES_OF_A_PERIOD * log1p(-1 / (i * harmonic)));
	return mean;
}

uint32_t gb_count_senders(const char *value, uint32_t size)
{
	uint32_t most = gb_positions_most_senders(size), n;
	char wanted[GB_WANTED_BYTES];
	double share;

	if (strcmp(value, "all") == 0)
		return most;
	if (strcmp(value, "zipf") == 0)
		n = (uint32_t)(gb_mean_zipf_senders(size) + 0.5);
	else if (gb_parse_percent(value, &share, wanted) == 0)
		/* Shares are tenths of a percent. */
		n = (uint32_t)(((uint64_t)(share * 1000 + 0.5) * size + 999) / 1000);
	else
		return (uint32_t)strtoul(value, NULL, 10);
	return n < most ? n : most;
}
