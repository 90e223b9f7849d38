#ifndef GB_ANALYSE_FACTORS_H
#define GB_ANALYSE_FACTORS_H
#include "analyse/curves.h"
#include "analyse/published.h"

/*
 * How a published series compares with what was measured: by one factor, and by how much the
 * shapes differ once that factor is taken out. Over the sizes that both have.
 */
struct gb_factor {
	size_t n;     /* common sizes; with none only published is set */
	double ratio; /* published / measured: geometric mean over the sizes */
	double ratio_low;
	double ratio_high; /* 95 % intervals over resampled processes; NAN without them */
	double shape;      /* root mean square of ln(published / measured) around ln(ratio) */
	double shape_low;
	double shape_high;
	/* 95 % intervals over the sizes, as if they had been chosen at random among more; NAN
	 * with fewer than 3. Sizes vary more than processes do. */
	double ratio_sizes_low, ratio_sizes_high;
	double shape_sizes_low, shape_sizes_high;
	double worst_size;          /* where published / measured is farthest from ratio */
	double worst;               /* published / measured / ratio there */
	struct gb_growth published; /* its growth, in ns over all its sizes; set 0: no fit */
};

/* The measured curve nearest to a published series; NULL when the run has none. */
const struct gb_curve *gb_curve_nearest(const struct gb_curves *curves,
					const struct gb_published_series *series);
/*
 * The same of a peer in the language of the 2023 comparison (ts-mls, libolm in WebAssembly), which
 * is nearer to what was measured then than any C; NULL for other graphs.
 */
const struct gb_curve *gb_curve_of_relative(const struct gb_curves *curves,
					    const struct gb_published_series *series);

/* Compares series number `series` with the curve. 0, or -1 when memory ran out. */
int gb_factor_of(const struct gb_published_times *published, size_t series,
		 const struct gb_curve *curve, struct gb_factor *out);

#endif
