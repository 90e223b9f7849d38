#include "run/forecast.h"
#include "analyse/csv.h"
#include "analyse/new_file.h"
#include <inttypes.h>
#include <math.h>

/* Several workers at a time end in the order of the schedule, but begin before. */
static double end_of(const struct gb_turn_time *t)
{
	return t->began_s + t->took_s;
}

bool gb_forecast_after(const struct gb_progress *p, double share, struct gb_forecast *out)
{
	double took_s = 0;

	if (p->times == NULL)
		return false;
	for (size_t i = 0; i < p->schedule->n; i++)
		took_s = fmax(took_s, end_of(&p->times[i]));
	for (size_t i = 0; i < p->schedule->n; i++) {
		const struct gb_turn_time *t = &p->times[i];

		if (!(t->left_s >= 0) || end_of(t) < share * took_s)
			continue;
		*out = (struct gb_forecast){end_of(t), end_of(t) + t->left_s, took_s};
		return true;
	}
	return false;
}

static void put_turn(FILE *out, const struct gb_progress *p, size_t turn)
{
	const struct gb_turn *t = &p->schedule->turns[turn];
	const struct gb_job *job = &p->jobs->job[t->job];
	const struct gb_turn_time *time = &p->times[turn];

	gb_csv_put(out, job->backend->name);
	for (unsigned i = 0; i < GB_AXES; i++) {
		putc(',', out);
		gb_csv_put(out, job->axis[i]);
	}
	fprintf(out, ",%u,%.6f,%.6f,%.6f,%.6f,", t->process, time->began_s, time->took_s,
		time->single_s, time->cpu_s);
	if (time->left_s >= 0)
		fprintf(out, "%.3f", time->left_s);
	putc(',', out);
	if (time->peak_bytes > 0)
		fprintf(out, "%" PRIu64, time->peak_bytes);
	putc('\n', out);
}

int gb_forecast_write(const struct gb_progress *p, const char *folder, struct gb_failure *f)
{
	struct gb_new_file file;

	if (p->times == NULL)
		return gb_fail_memory(f);
	if (gb_new_file_begin(&file, folder, "processes.csv", f) < 0)
		return -1;
	fputs("backend", file.out);
	for (unsigned i = 0; i < GB_AXES; i++)
		fprintf(file.out, ",%s", gb_axes[i].name);
	fputs(",process,began_s,took_s,single_s,cpu_s,left_s,peak_memory_bytes\n", file.out);
	for (size_t i = 0; i < p->schedule->n; i++)
		put_turn(file.out, p, i);
	return gb_new_file_keep(&file, f);
}
