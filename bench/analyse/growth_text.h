#ifndef GB_ANALYSE_GROWTH_TEXT_H
#define GB_ANALYSE_GROWTH_TEXT_H
#include "stats/growth.h"

/* Growth in words, cut at `size` bytes: "203 us + 123 us log2 N", of bytes "500 bytes + 117
 * bytes log2 N", and of a set of terms "1 + log2 N". */
void gb_format_growth(const struct gb_growth *g, char *text, size_t size);
void gb_format_growth_of_bytes(const struct gb_growth *g, char *text, size_t size);
void gb_format_growth_set(unsigned set, char *text, size_t size);

#endif
