#include "run/progress.h"
#include "run/clock.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

void gb_progress_open(struct gb_progress *p, FILE *out, const struct gb_jobs *jobs,
		      const struct gb_schedule *schedule)
{
	*p = (struct gb_progress){.out = out, .jobs = jobs, .schedule = schedule};
	if (out != NULL)
		p->is_live =
			isatty(fileno(out)) && getenv("NO_COLOR") == NULL && getenv("CI") == NULL;
	p->shown_ns = gb_clock_now_ns();
	p->times = calloc(schedule->n + 1, sizeof *p->times);
	/* Without memory nothing is known of the time that is left. */
	if (gb_paces_open(&p->paces, jobs) != 0 || p->times == NULL)
		p->out = NULL;
}

double gb_progress_left_s(struct gb_progress *p, size_t turn)
{
	double left = 0;

	if (!p->paces.is_known)
		return -1;
	for (; turn < p->schedule->n; turn++)
		left += gb_paces_expect(&p->paces, p->schedule->turns[turn].job);
	return left / (double)SECOND / (p->n_jobs > 1 ? p->n_jobs : 1);
}

static void show(struct gb_progress *p, size_t turn)
{
	const struct gb_job *job = &p->jobs->job[p->schedule->turns[turn].job];
	double left = gb_progress_left_s(p, turn);
	char eta[32] = "unknown";

	if (left >= 0)
		snprintf(eta, sizeof eta, "%u:%02u", (unsigned)left / 60, (unsigned)left % 60);
	fprintf(p->out, "%s%zu of %zu processes, %llu samples; %s, %u members; %s left%s",
		p->is_live ? "\r\033[K" : "", turn, p->schedule->n,
		(unsigned long long)p->n_samples, job->backend->name, job->size, eta,
		p->is_live ? "" : "\n");
	fflush(p->out);
	p->shown_ns = gb_clock_now_ns();
}

static void show_if_due(struct gb_progress *p, size_t turn)
{
	uint64_t interval = p->is_live ? SECOND / 5 : 10 * SECOND;

	if (p->out != NULL && gb_clock_now_ns() - p->shown_ns >= interval)
		show(p, turn);
}

void gb_progress_begin(struct gb_progress *p, size_t turn, uint64_t at_ns)
{
	p->began_ns = p->last_ns = at_ns;
	p->first_ns = p->first_ns > 0 ? p->first_ns : at_ns;
	memset(p->has_sample, 0, sizeof p->has_sample);
	p->single_ns = 0;
	p->peak_bytes = 0;
	show_if_due(p, turn);
}

void gb_progress_sample(struct gb_progress *p, size_t turn, size_t task, uint64_t at_ns)
{
	if (!p->has_sample[task])
		p->single_ns += (double)(at_ns - p->last_ns);
	p->has_sample[task] = true;
	p->last_ns = at_ns;
	p->n_samples++;
	show_if_due(p, turn);
}

/* What is left is worked out as often as the run has become a fiftieth longer: often enough to
 * judge it by, and no burden on runs of many jobs. */
static double left_if_due(struct gb_progress *p, size_t turn, double now_s)
{
	if (p->paces.of == NULL || now_s < 1.02 * p->asked_s)
		return -1;
	p->asked_s = now_s;
	return gb_progress_left_s(p, turn + 1);
}

void gb_progress_end(struct gb_progress *p, size_t turn, uint64_t at_ns, double cpu_s)
{
	double began_s = (double)(p->began_ns - p->first_ns) / SECOND;
	double took_s = (double)(at_ns - p->began_ns) / SECOND;

	if (p->paces.of != NULL)
		gb_paces_note(&p->paces, p->schedule->turns[turn].job, took_s * SECOND,
			      p->single_ns);
	if (p->times != NULL)
		p->times[turn] =
			(struct gb_turn_time){.began_s = began_s,
					      .took_s = took_s,
					      .single_s = p->single_ns / SECOND,
					      .cpu_s = cpu_s,
					      .peak_bytes = p->peak_bytes,
					      .left_s = left_if_due(p, turn, began_s + took_s)};
}

void gb_progress_close(struct gb_progress *p)
{
	if (p->out != NULL && p->is_live) {
		fprintf(p->out, "\r\033[K");
		fflush(p->out);
	}
	gb_paces_close(&p->paces);
	free(p->times);
	p->times = NULL;
}
