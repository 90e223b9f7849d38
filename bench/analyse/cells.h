#ifndef GB_ANALYSE_CELLS_H
#define GB_ANALYSE_CELLS_H
#include "analyse/failure.h"
#include "axes.h"
#include "run/columns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The samples of a run in memory, gathered by cell: backend, operation, k, every axis, role
 * and phase. Times are kept for each sample; of a column whose value is exact (messages,
 * bytes, primitives) one value stands for all samples until one differs, so that a
 * cell costs little more than its times.
 */
#define GB_KEY_COLUMNS (5 + GB_AXES)

/* The places of a key; from GB_KEY_AXES on the axes, in the order of enum gb_axis_id. */
enum {
	GB_KEY_BACKEND,
	GB_KEY_OPERATION,
	GB_KEY_K,
	GB_KEY_AXES,
	GB_KEY_SIZE = GB_KEY_AXES + GB_AXIS_size,
	GB_KEY_ROLE = GB_KEY_COLUMNS - 2,
	GB_KEY_PHASE,
};

/* The columns that name a cell, in the order of summary.csv, as enum gb_column. */
extern const unsigned gb_key_columns[GB_KEY_COLUMNS];

#define GB_EXACT_ONE(...) +1
#define GB_EXACT_SENT     (2 * GB_KINDS)
#define GB_EXACT_UP_BYTES GB_EXACT_SENT
#define GB_EXACT_BYTES    (5 * GB_KINDS + 4)
#define GB_EXACT_COUNTED  (GB_EXACT_BYTES GB_PRIMITIVES(GB_EXACT_ONE))
#define GB_EXACT_COLUMNS  (GB_EXACT_COUNTED + 2)
#define GB_NOT_MEASURED   UINT64_MAX /* in place of an exact value */

/* Whether two keys say the same, but for the places of which `but` has the bit. */
#define GB_KEY_BIT(place) (UINT64_C(1) << (place))
bool gb_keys_agree(const char *const a[GB_KEY_COLUMNS], const char *const b[GB_KEY_COLUMNS],
		   uint64_t but);

/* The exact columns as enum gb_column: GB_EXACT_BYTES of messages and bytes, of which the first
 * GB_EXACT_SENT are those by kind and the next one up_bytes, primitives up to GB_EXACT_COUNTED,
 * allocations, bytes of state. */
extern const unsigned gb_exact_columns[GB_EXACT_COLUMNS];

/* Axes that files of earlier versions lack: there they are empty. */
bool gb_is_later_axis(unsigned column);

struct gb_observation {
	uint64_t process;
	uint64_t number;
	uint64_t device; /* UINT64_MAX for the server */
	double cpu_ns;   /* NAN when not measured */
	double wall_ns;
	unsigned long line; /* of samples.csv */
	size_t row;         /* the sample's place in gb_exact.values */
};

struct gb_exact {
	uint64_t first;
	uint64_t *values; /* NULL as long as every sample has `first` */
};

struct gb_cell {
	const char *key[GB_KEY_COLUMNS]; /* into key_text */
	char *key_text;
	size_t key_len;
	struct gb_observation *samples; /* by process, number, device once read */
	size_t n_samples;
	size_t capacity;
	struct gb_exact exact[GB_EXACT_COLUMNS];
	char *restore; /* "mixed" when the samples differ */
	char *heals;
};

struct gb_cells {
	struct gb_cell **cell; /* in the order of summary.csv once read */
	size_t n;
	size_t capacity;
	void *by_key;
	bool lacks[GB_COLUMNS]; /* columns that the file, of an earlier version, has not */
};

/*
 * Reads samples.csv at `path` into *cells, which was zero, finding columns by name; columns
 * that are not ours are passed over. To every cell of role actor and phase produce one
 * of phase `total` is added: produce and, where the cell has it, settle of the same sample
 * and device; messages and bytes by kind are those of produce. A sample whose settle is missing
 * (the run was killed between the two) is not in the total.
 *
 * 0, or -1 with *f set: GB_EXIT_INPUT for a missing column, a value that is no number, a
 * sample that occurs twice, or a file without samples. On failure too, gb_cells_free.
 */
int gb_cells_read(struct gb_cells *cells, const char *path, struct gb_failure *f);

/* Names the columns that the file at `path` has not, and says what `becomes` of them ("left
 * empty"); says nothing where it has all. */
void gb_cells_tell_lacks(const struct gb_cells *cells, const char *path, const char *becomes,
			 FILE *out);

/* Leaves *cells zero. */
void gb_cells_free(struct gb_cells *cells);

/* The order of cells in summary.csv: as of qsort. */
int gb_cell_order(const struct gb_cell *a, const struct gb_cell *b);

/* The value of an exact column, GB_NOT_MEASURED if empty; `sample` < n_samples. */
uint64_t gb_cell_exact(const struct gb_cell *cell, size_t exact, size_t sample);

#endif
