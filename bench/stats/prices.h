#ifndef GB_STATS_PRICES_H
#define GB_STATS_PRICES_H
#include "stats/tally.h"

/* What primitives cost, by library and algorithm, in ns. */
enum gb_library { GB_LIBRARY_OPENSSL, GB_LIBRARY_LIBOLM, GB_LIBRARY_SODIUM, GB_LIBRARIES };

enum gb_algorithm {
#define X(name, family) GB_ALGORITHM_##name,
#include "stats/algorithms.def"
#undef X
	GB_ALGORITHMS,
};

extern const char *const gb_library_names[GB_LIBRARIES];
extern const char *const gb_algorithm_names[GB_ALGORITHMS];

/* Whether an algorithm's family has this primitive. */
bool gb_algorithm_has(enum gb_algorithm algorithm, enum gb_primitive primitive);

/* The cheapest and the middle one of many batches; NAN: not measured. */
struct gb_price {
	double minimum, median;
};

struct gb_prices {
	struct gb_price of[GB_LIBRARIES][GB_ALGORITHMS][GB_PRICED_PRIMITIVES];
};

/* Everything not measured. */
void gb_prices_clear(struct gb_prices *prices);

/* The prices from two passes: the lesser minimum, the mean of the medians; NAN where either
 * pass lacks it. */
void gb_prices_merge(struct gb_prices *out, const struct gb_prices *a, const struct gb_prices *b);

/* The algorithms of a cipher suite 1 .. 7, one bit each (1 << enum gb_algorithm), with
 * random among them; 0 for any other. Those of Olm and Megolm; those and what a Matrix client
 * needs beside them for files of keys, and for backups or else for dehydrated devices. Those that
 * libsodium does for mls/. */
uint32_t gb_algorithms_of_suite(unsigned suite);
uint32_t gb_algorithms_of_olm(void);
uint32_t gb_algorithms_of_matrix(bool dehydrates);
uint32_t gb_algorithms_of_sodium(void);

enum gb_price_kind { GB_PRICE_MINIMUM, GB_PRICE_MEDIAN };

/* One price for each primitive of these algorithms, as gb_tally_ns takes it: NAN for what is
 * not measured or not among them. What a library does not do is OpenSSL's: libolm has its
 * callers draw random bytes and knows neither AEAD nor passphrases, and beside libsodium's curves
 * mls/ uses OpenSSL. */
void gb_prices_select(const struct gb_prices *prices, enum gb_library library, uint32_t algorithms,
		      enum gb_price_kind kind, double out[GB_PRICED_PRIMITIVES]);
#endif
