#include "analyse/curves.h"

#include "analyse/summarise.h"
#include "run/operations.h"
#include "stats/order.h"
#include "stats/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UP_BYTES GB_EXACT_UP_BYTES

static bool is_sent(const struct gb_cell *cell)
{
	return strcmp(cell->key[GB_KEY_ROLE], "server") == 0 && cell->n_samples > 0 &&
	       gb_cell_exact(cell, UP_BYTES, 0) != GB_NOT_MEASURED;
}

static bool is_on_a_curve(const struct gb_cell *cell)
{
	static const char *const phases[] = {"total", "process", "join"};

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (strcmp(cell->key[GB_KEY_PHASE], phases[i]) == 0)
			return cell->n_samples > 0;
	}
	return false;
}

/* After a removal that leaves the actor alone there is nobody to write to: what that costs
 * belongs to no curve. */
static bool is_left_alone(const struct gb_cell *cell)
{
	struct gb_task task = {.operation = gb_operation_find(cell->key[GB_KEY_OPERATION],
							      strlen(cell->key[GB_KEY_OPERATION])),
			       .k = (uint32_t)strtoul(cell->key[GB_KEY_K], NULL, 10)};

	return task.operation != GB_OPERATIONS && gb_task_leavers(&task) > 0 &&
	       gb_task_leavers(&task) + 1 >= strtoul(cell->key[GB_KEY_SIZE], NULL, 10);
}

static int by_curve(const struct gb_cell *x, const struct gb_cell *y, size_t over)
{
	int order = 0;

	for (size_t i = 0; i < GB_KEY_COLUMNS && order == 0; i++) {
		if (i != over)
			order = strcmp(x->key[i], y->key[i]);
	}
	return order;
}

/* The size of the group, or k. */
static double place_on(const struct gb_cell *cell, size_t over)
{
	return strtod(cell->key[over], NULL);
}

static int by_curve_and_place(const void *a, const void *b, size_t over)
{
	const struct gb_cell *const *x = a;
	const struct gb_cell *const *y = b;
	int order = by_curve(*x, *y, over);
	double left = place_on(*x, over), right = place_on(*y, over);

	return order != 0 ? order : (left > right) - (left < right);
}

static int by_curve_and_size(const void *a, const void *b)
{
	return by_curve_and_place(a, b, GB_KEY_SIZE);
}

static int by_curve_and_k(const void *a, const void *b)
{
	return by_curve_and_place(a, b, GB_KEY_K);
}

/* ---- points ---- */

static int add_point(struct gb_curve *curve, const struct gb_cell *cell)
{
	struct gb_time_summary cpu;
	double *medians = malloc(cell->n_samples * sizeof(*medians));

	if (!medians || gb_summarise_time(cell, false, medians, &cpu) < 0) {
		free(medians);
		return -1;
	}
	if (cpu.n_processes == 0 || !(medians[0] > 0) || !(place_on(cell, curve->over) > 0)) {
		free(medians);
		return 0;
	}
	curve->size[curve->n] = place_on(cell, curve->over);
	curve->cost_ns[curve->n] = cpu.median;
	curve->medians[curve->n] = medians;
	curve->n_processes[curve->n] = cpu.n_processes;
	if (curve->n == 0 || cpu.n_processes < curve->least_processes)
		curve->least_processes = cpu.n_processes;
	curve->n++;
	return 0;
}

static int add_point_of_bytes(struct gb_curve *curve, const struct gb_cell *cell)
{
	double *bytes = malloc(cell->n_samples * sizeof(*bytes));

	if (!bytes)
		return -1;
	for (size_t i = 0; i < cell->n_samples; i++)
		bytes[i] = (double)gb_cell_exact(cell, UP_BYTES, i);
	gb_sort(bytes, cell->n_samples);
	bytes[0] = gb_quantile(bytes, cell->n_samples, 0.5);
	if (!(bytes[0] > 0)) {
		free(bytes);
		return 0;
	}
	curve->size[curve->n] = place_on(cell, curve->over);
	curve->cost_ns[curve->n] = bytes[0];
	curve->medians[curve->n] = bytes;
	curve->n_processes[curve->n++] = 1;
	curve->least_processes = 1;
	return 0;
}

static int make_room(struct gb_curve *curve, size_t n)
{
	curve->size = malloc(n * sizeof(*curve->size));
	curve->cost_ns = malloc(n * sizeof(*curve->cost_ns));
	curve->medians = malloc(n * sizeof(double *));
	curve->n_processes = malloc(n * sizeof(*curve->n_processes));
	return curve->size && curve->cost_ns && curve->medians && curve->n_processes ? 0 : -1;
}

static int add_points(struct gb_curve *curve, struct gb_cell *const *cells, size_t n)
{
	memcpy(curve->key, cells[0]->key, sizeof(curve->key));
	if (curve->is_bytes)
		curve->key[GB_KEY_ROLE] = "bytes";
	if (make_room(curve, n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if ((curve->is_bytes ? add_point_of_bytes(curve, cells[i])
				     : add_point(curve, cells[i])) < 0)
			return -1;
	}
	return 0;
}

/* ---- fits ---- */

const char *gb_resampled_name(enum gb_resampled resampled)
{
	static const char *const names[] = {"", "processes", "sizes"};

	return names[resampled];
}

/* Every size gets the median of resampled processes. */
static void draw_processes(const struct gb_curve *curve, struct gb_draws *draws, double *cost,
			   double *room)
{
	for (size_t i = 0; i < curve->n; i++)
		cost[i] =
			gb_resampled_median(draws, curve->medians[i], curve->n_processes[i], room);
}

/*
 * Every size lies off the fit by what some size does, as a factor. A fit takes its points for
 * nearer than they are, by the root of n / (n - terms).
 */
static void draw_sizes(const struct gb_curve *curve, struct gb_draws *draws, double *cost)
{
	double n = (double)curve->n;
	double wider = sqrt(n / (n - (double)gb_growth_terms(&curve->growth)));

	for (size_t i = 0; i < curve->n; i++) {
		size_t j = gb_draw_below(draws, curve->n);
		double off = curve->cost_ns[j] / gb_growth_at(&curve->growth, curve->size[j]);

		cost[i] = gb_growth_at(&curve->growth, curve->size[i]) * pow(off, wider);
	}
}

static void replicate(const struct gb_curve *curve, struct gb_draws *draws, double *cost,
		      double *room, struct gb_growth *out)
{
	if (curve->resampled == GB_RESAMPLED_PROCESSES)
		draw_processes(curve, draws, cost, room);
	else
		draw_sizes(curve, draws, cost);
	*out = (struct gb_growth){0};
	gb_growth_fit(curve->size, cost, curve->n, curve->growth.set, out);
}

/* Draws differ from curve to curve: equal ones would tie their errors together. */
static int make_replicates(struct gb_curve *curve, uint64_t seed)
{
	struct gb_draws draws;
	size_t most = 0;
	double *cost, *room;
	int status = -1;

	for (size_t i = 0; i < curve->n; i++)
		most = curve->n_processes[i] > most ? curve->n_processes[i] : most;
	cost = malloc(curve->n * sizeof(*cost));
	room = malloc(most * sizeof(*room));
	curve->resampled = curve->least_processes > 1 ? GB_RESAMPLED_PROCESSES : GB_RESAMPLED_SIZES;
	curve->replicates = malloc(GB_REPLICATES * sizeof(*curve->replicates));
	if (cost && room && curve->replicates) {
		gb_draws_begin(&draws, seed);
		for (size_t i = 0; i < GB_REPLICATES; i++)
			replicate(curve, &draws, cost, room, &curve->replicates[i]);
		status = 0;
	}
	free(cost);
	free(room);
	return status;
}

static int fit(struct gb_curve *curve, uint64_t seed)
{
	struct gb_growth found[GB_GROWTH_SETS];
	size_t n = gb_growth_select(curve->size, curve->cost_ns, curve->n, found);

	if (n == 0)
		return 0;
	curve->growth = found[0];
	for (size_t i = 1; i < n; i++)
		curve->others[curve->n_others++] = found[i].set;
	return curve->is_bytes ? 0 : make_replicates(curve, seed);
}

/* ---- all curves ---- */

/* Which curves. */
struct choice {
	size_t over;
	bool is_bytes;
};

static int make_curves(struct gb_cell *const *cells, size_t n, struct choice choice,
		       struct gb_curves *curves, struct gb_failure *f)
{
	curves->curve = calloc(n + 1, sizeof(*curves->curve));
	if (!curves->curve)
		return gb_fail_memory(f);
	for (size_t first = 0, end; first < n; first = end) {
		struct gb_curve *curve = &curves->curve[curves->n++];

		end = first + 1;
		while (end < n && by_curve(cells[first], cells[end], choice.over) == 0)
			end++;
		curve->over = choice.over;
		curve->is_bytes = choice.is_bytes;
		if (add_points(curve, cells + first, end - first) < 0 ||
		    (choice.over == GB_KEY_SIZE && fit(curve, curves->n) < 0))
			return gb_fail_memory(f);
	}
	return 0;
}

static int choose_and_make(const struct gb_cells *cells, struct choice choice,
			   struct gb_curves *curves, struct gb_failure *f)
{
	struct gb_cell **chosen = malloc((cells->n + 1) * sizeof(struct gb_cell *));
	size_t n = 0;
	int status;

	if (!chosen)
		return gb_fail_memory(f);
	for (size_t i = 0; i < cells->n; i++) {
		bool is_meant =
			choice.is_bytes ? is_sent(cells->cell[i]) : is_on_a_curve(cells->cell[i]);

		if (!is_meant || *cells->cell[i]->key[choice.over] == '\0')
			continue;
		if (is_left_alone(cells->cell[i]))
			curves->n_left_alone++;
		else
			chosen[n++] = cells->cell[i];
	}
	qsort(chosen, n, sizeof(struct gb_cell *),
	      choice.over == GB_KEY_SIZE ? by_curve_and_size : by_curve_and_k);
	status = make_curves(chosen, n, choice, curves, f);
	free(chosen);
	return status;
}

int gb_curves_make(const struct gb_cells *cells, struct gb_curves *curves, struct gb_failure *f)
{
	return choose_and_make(cells, (struct choice){GB_KEY_SIZE, false}, curves, f);
}

int gb_curves_make_of_bytes(const struct gb_cells *cells, struct gb_curves *curves,
			    struct gb_failure *f)
{
	return choose_and_make(cells, (struct choice){GB_KEY_SIZE, true}, curves, f);
}

int gb_curves_make_over_k(const struct gb_cells *cells, struct gb_curves *curves,
			  struct gb_failure *f)
{
	return choose_and_make(cells, (struct choice){GB_KEY_K, false}, curves, f);
}

void gb_curve_name(const struct gb_curve *curve, char *name, size_t size)
{
	size_t len = (size_t)snprintf(name, size, "%s %s", curve->key[GB_KEY_BACKEND],
				      curve->key[GB_KEY_OPERATION]);

	if (curve->over != GB_KEY_K && *curve->key[GB_KEY_K] != '\0' && len < size)
		len += (size_t)snprintf(name + len, size - len, " %s", curve->key[GB_KEY_K]);
	if (strcmp(curve->key[GB_KEY_ROLE], "actor") != 0 && len < size)
		len += (size_t)snprintf(name + len, size - len, " %s", curve->key[GB_KEY_ROLE]);
	if (curve->over == GB_KEY_K && len < size)
		len += (size_t)snprintf(name + len, size - len, " k size=%s",
					curve->key[GB_KEY_SIZE]);
	for (size_t axis = 0; axis < GB_AXES && len < size; axis++) {
		const char *value = curve->key[GB_KEY_AXES + axis];
		bool is_state = axis == GB_AXIS_tree || axis == GB_AXIS_olm;

		if (axis == GB_AXIS_size || *value == '\0' ||
		    (!is_state && strcmp(value, gb_axes[axis].default_value) == 0))
			continue;
		len += (size_t)snprintf(name + len, size - len, " %s=%s", gb_axes[axis].name,
					value);
	}
}

/* ---- sums ---- */

static size_t place_of(const struct gb_curve *curve, double size)
{
	size_t i = 0;

	while (i < curve->n && (curve->size[i] < size || curve->size[i] > size))
		i++;
	return i;
}

/* The sum at size `at` of the first part; no point where a part is missing or has been measured
 * by fewer processes. */
static int add_sum(const struct gb_curve *const *parts, size_t n, size_t at, struct gb_curve *sum)
{
	size_t n_processes = parts[0]->n_processes[at];
	double *medians = calloc(n_processes, sizeof(*medians));
	double cost = 0;

	if (!medians)
		return -1;
	for (size_t i = 0; i < n; i++) {
		size_t there = place_of(parts[i], parts[0]->size[at]);

		if (there == parts[i]->n || parts[i]->n_processes[there] != n_processes) {
			free(medians);
			return 0;
		}
		cost += parts[i]->cost_ns[there];
		for (size_t j = 0; j < n_processes; j++)
			medians[j] += parts[i]->medians[there][j];
	}
	sum->size[sum->n] = parts[0]->size[at];
	sum->cost_ns[sum->n] = cost;
	sum->medians[sum->n] = medians;
	sum->n_processes[sum->n++] = n_processes;
	return 0;
}

int gb_curve_add_up(const struct gb_curve *const *parts, size_t n, const char *operation,
		    struct gb_curve *sum)
{
	*sum = (struct gb_curve){.over = parts[0]->over,
				 .least_processes = parts[0]->least_processes};
	memcpy(sum->key, parts[0]->key, sizeof(sum->key));
	sum->key[GB_KEY_OPERATION] = operation;
	if (make_room(sum, parts[0]->n) < 0)
		return -1;
	for (size_t at = 0; at < parts[0]->n; at++) {
		if (add_sum(parts, n, at, sum) < 0)
			return -1;
	}
	return 0;
}

void gb_curve_clear(struct gb_curve *curve)
{
	for (size_t i = 0; i < curve->n; i++)
		free(curve->medians[i]);
	free(curve->size);
	free(curve->cost_ns);
	free(curve->medians);
	free(curve->n_processes);
	free(curve->replicates);
}

void gb_curves_free(struct gb_curves *curves)
{
	for (size_t i = 0; i < curves->n; i++)
		gb_curve_clear(&curves->curve[i]);
	free(curves->curve);
	*curves = (struct gb_curves){0};
}
