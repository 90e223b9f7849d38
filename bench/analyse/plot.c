#include "analyse/commands.h"

#include "analyse/data_folder.h"
#include "analyse/facts.h"
#include "analyse/figures.h"
#include "analyse/gnuplot.h"
#include "analyse/new_file.h"
#include "analyse/process_peaks.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORMATS = 2 };
static const char *const formats[FORMATS] = {"svg", "png"};

/* Scripts that every figure loads. */
static const char *const shared_scripts[] = {"style.gp", "grid.gp", "frame.gp", "panels.gp",
					     "bars.gp"};

struct plot {
	const char *run;
	bool wanted[FORMATS];
	char *folder; /* RUN/plots */
	char *data;   /* the folder with our plots/ */
	struct gb_summary summary, processes;
	struct gb_facts facts;
	struct gb_drawing drawings[GB_MAX_FIGURES];
	bool made[GB_MAX_FIGURES];
};

static void close_plot(struct plot *p)
{
	for (size_t i = 0; i < GB_MAX_FIGURES; i++)
		gb_drawing_free(&p->drawings[i]);
	gb_summary_free(&p->summary);
	gb_summary_free(&p->processes);
	free(p->folder);
	free(p->data);
}

/* ---- reading: nothing is written before all of it has succeeded ---- */

static int read_summary(struct plot *p, struct gb_failure *f)
{
	char *path = gb_join_path(p->run, "summary.csv", f);
	int status = path ? gb_summary_read(&p->summary, path, f) : -1;

	free(path);
	return status;
}

static int read_processes(struct plot *p, struct gb_failure *f)
{
	char *path = gb_join_path(p->run, "processes.csv", f);
	int status = path ? gb_process_peaks_read(&p->processes, path, f) : -1;

	free(path);
	return status;
}

static int read_facts(struct plot *p, const struct gb_held *held, struct gb_failure *f)
{
	char *path = gb_join_path(p->run, "manifest.json", f);
	int status = path ? gb_facts_read(&p->facts, path, &p->summary, held, f) : -1;

	free(path);
	return status;
}

/* Of figures side by side that lack the same the first one's line is enough. */
static bool is_said(const struct plot *p, size_t i)
{
	return i > 0 && !p->made[i - 1] &&
	       strcmp(gb_figures[i].needs, gb_figures[i - 1].needs) == 0;
}

static int make_drawings(struct plot *p, const struct gb_held *held, struct gb_failure *f)
{
	const struct gb_figure_source source = {&p->summary, &p->processes, *held, p->data};
	int status = 0;

	for (size_t i = 0; i < gb_n_figures && status >= 0; i++) {
		status = gb_figures[i].make(&source, &p->drawings[i], f);
		p->made[i] = status == 1;
		if (status == 0 && !is_said(p, i))
			printf("%s: not drawn, %s\n", gb_figures[i].name, gb_figures[i].needs);
	}
	return status < 0 ? -1 : 0;
}

static int read_all(struct plot *p, struct gb_failure *f)
{
	struct gb_held held;

	p->data = gb_find_data_folder(f);
	p->folder = gb_join_path(p->run, "plots", f);
	if (!p->data || !p->folder || read_summary(p, f) < 0 || read_processes(p, f) < 0)
		return -1;
	gb_hold_axes(&p->summary, &held);
	return read_facts(p, &held, f) < 0 ? -1 : make_drawings(p, &held, f);
}

/* ---- writing ---- */

static int copy_bytes(FILE *in, const char *path, struct gb_new_file *out, struct gb_failure *f)
{
	char bytes[4096];
	size_t n;

	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		fwrite(bytes, 1, n, out->out);
	if (!ferror(in))
		return gb_new_file_keep(out, f);
	gb_fail_io(f, "cannot read", path);
	gb_new_file_drop(out);
	return -1;
}

static int copy_script(const struct plot *p, const char *script, struct gb_failure *f)
{
	struct gb_new_file out;
	char name[80];
	char *path;
	FILE *in;
	int status = -1;

	snprintf(name, sizeof(name), "plots/%s", script);
	path = gb_join_path(p->data, name, f);
	in = path ? fopen(path, "r") : NULL;
	if (path && !in)
		gb_fail_io(f, "cannot read", path);
	if (in && gb_new_file_begin(&out, p->folder, script, f) == 0)
		status = copy_bytes(in, path, &out, f);
	if (in)
		fclose(in);
	free(path);
	return status;
}

static int write_facts(const struct plot *p, struct gb_failure *f)
{
	struct gb_new_file file;

	if (gb_new_file_begin(&file, p->folder, "facts.csv", f) < 0)
		return -1;
	fprintf(file.out, "fact,text\nmachine,%s\nversions,%s\n", p->facts.machine,
		p->facts.versions);
	for (size_t i = 0; i < gb_n_figures; i++) {
		if (p->made[i] && p->drawings[i].caption[0] != '\0')
			fprintf(file.out, "drawn in %s,%s\n", gb_figures[i].name,
				p->drawings[i].caption);
	}
	return gb_new_file_keep(&file, f);
}

static int write_drawing(struct plot *p, size_t i, struct gb_failure *f)
{
	struct gb_new_file file;
	char name[80];

	snprintf(name, sizeof(name), "%s.csv", gb_figures[i].name);
	if (gb_new_file_begin(&file, p->folder, name, f) < 0)
		return -1;
	gb_drawing_write(&p->drawings[i], file.out);
	if (gb_new_file_keep(&file, f) < 0)
		return -1;
	snprintf(name, sizeof(name), "%s.gp", gb_figures[i].name);
	return copy_script(p, name, f);
}

/* A picture is drawn beside its place and then renamed. */
static int draw_picture(const struct plot *p, const char *figure, const char *format,
			struct gb_failure *f)
{
	char name[80], target[100];
	char *path, *unfinished;
	int status = -1;

	snprintf(name, sizeof(name), "%s.%s", figure, format);
	snprintf(target, sizeof(target), "%s.unfinished", name);
	path = gb_join_path(p->folder, name, f);
	unfinished = gb_join_path(p->folder, target, f);
	if (path && unfinished) {
		status = gb_gnuplot(p->folder, figure, format, target, f);
		if (status == 0 && rename(unfinished, path) != 0)
			status = gb_fail_io(f, "cannot write", path);
		if (status < 0)
			unlink(unfinished);
		else
			printf("%s\n", path);
	}
	free(path);
	free(unfinished);
	return status;
}

static int draw_figure(struct plot *p, size_t i, struct gb_failure *f)
{
	if (write_drawing(p, i, f) < 0)
		return -1;
	for (size_t j = 0; j < FORMATS; j++) {
		if (p->wanted[j] && draw_picture(p, gb_figures[i].name, formats[j], f) < 0)
			return -1;
	}
	return 0;
}

static int write_all(struct plot *p, struct gb_failure *f)
{
	if (mkdir(p->folder, 0777) != 0 && errno != EEXIST)
		return gb_fail_io(f, "cannot make", p->folder);
	for (size_t i = 0; i < sizeof(shared_scripts) / sizeof(shared_scripts[0]); i++) {
		if (copy_script(p, shared_scripts[i], f) < 0)
			return -1;
	}
	if (write_facts(p, f) < 0)
		return -1;
	for (size_t i = 0; i < gb_n_figures; i++) {
		if (p->made[i] && draw_figure(p, i, f) < 0)
			return -1;
	}
	return 0;
}

/* ---- command line ---- */

static bool take_format(struct plot *p, const char *word, size_t len)
{
	for (size_t i = 0; i < FORMATS; i++) {
		if (strlen(formats[i]) == len && strncmp(formats[i], word, len) == 0) {
			p->wanted[i] = true;
			return true;
		}
	}
	return false;
}

static int set_option(void *context, const struct gb_option *option, const char *value)
{
	struct plot *p = context;

	(void)option;
	memset(p->wanted, 0, sizeof(p->wanted));
	for (const char *word = value;; word++) {
		size_t len = strcspn(word, ",");

		if (!take_format(p, word, len)) {
			fprintf(stderr,
				"groupbench plot: --format %s: found \"%.*s\", wanted svg or png\n",
				value, (int)len, word);
			return GB_EXIT_USAGE;
		}
		word += len;
		if (*word == '\0')
			return 0;
	}
}

static int plot_main(const struct gb_command *self, int argc, char **argv)
{
	struct plot p = {.wanted = {true, true}};
	struct gb_failure f = {0};
	size_t n_operands;
	int status = gb_options_parse(self, argc, argv, &n_operands, set_option, &p);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	p.run = argv[1];
	status = read_all(&p, &f) < 0 || write_all(&p, &f) < 0 ? -1 : 0;
	close_plot(&p);
	return status < 0 ? gb_report_failure(&f, self->name) : GB_EXIT_DONE;
}

static const struct gb_option options[] = {
	{"format", 'f', "svg,png", "one or both of svg and png; both by default",
	 "svg png svg,png"},
};

const struct gb_command gb_command_plot = {
	.name = "plot",
	.operands = "RUN",
	.min_operands = 1,
	.max_operands = 1,
	.sentence = "Draws the figures of a run with gnuplot.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.main = plot_main,
};
