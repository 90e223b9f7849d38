#include "run/progress.h"
#include "run/clock.h"
#include <stdlib.h>
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
}

/* What a turn costs, in members: a process costs something even with an empty group. */
static double weight(const struct gb_progress *p, size_t turn)
{
	return 20.0 + p->jobs->job[p->schedule->turns[turn].job].size;
}

static const struct gb_pace *pace_of(const struct gb_progress *p, const struct gb_backend *b)
{
	for (size_t i = 0; i < p->n_paces; i++)
		if (p->paces[i].backend == b)
			return &p->paces[i];
	return NULL;
}

double gb_progress_left_s(const struct gb_progress *p, size_t turn)
{
	double left = 0, members = 0, ns = 0;

	for (size_t i = 0; i < p->n_paces; i++) {
		members += p->paces[i].members;
		ns += p->paces[i].ns;
	}
	if (members <= 0)
		return -1;
	for (; turn < p->schedule->n; turn++) {
		const struct gb_job *job = &p->jobs->job[p->schedule->turns[turn].job];
		const struct gb_pace *pace = pace_of(p, job->backend);
		double rate = pace != NULL ? pace->ns / pace->members : ns / members;
		left += rate * weight(p, turn);
	}
	return left / (double)SECOND;
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

void gb_progress_begin(struct gb_progress *p, size_t turn)
{
	p->began_ns = gb_clock_now_ns();
	show_if_due(p, turn);
}

void gb_progress_sample(struct gb_progress *p, size_t turn)
{
	p->n_samples++;
	show_if_due(p, turn);
}

void gb_progress_end(struct gb_progress *p, size_t turn)
{
	const struct gb_backend *b = p->jobs->job[p->schedule->turns[turn].job].backend;
	size_t i = 0;

	while (i < p->n_paces && p->paces[i].backend != b)
		i++;
	if (i == p->n_paces && p->n_paces < GB_MAX_BACKENDS)
		p->paces[p->n_paces++].backend = b;
	p->paces[i].members += weight(p, turn);
	p->paces[i].ns += (double)(gb_clock_now_ns() - p->began_ns);
}

void gb_progress_close(struct gb_progress *p)
{
	if (p->out != NULL && p->is_live) {
		fprintf(p->out, "\r\033[K");
		fflush(p->out);
	}
}
