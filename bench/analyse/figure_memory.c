#include "analyse/figure_states.h"
#include "analyse/process_peaks.h"

/*
 * How much memory a process of the run had at most: all the group that it measures, with the
 * harness around it.
 */
int gb_figure_memory(const struct gb_figure_source *source, struct gb_drawing *d,
		     struct gb_failure *f)
{
	static const struct gb_subject subjects[] = {
		{1, 0, GB_PROCESS_ROW, NULL, GB_PROCESS_ROW, GB_PROCESS_ROW},
	};
	const struct gb_layout layout = {
		.x = GB_COLUMN_size,
		.x_name = "members",
		.y_name = "peak_memory_bytes",
		.y = GB_PEAK_BYTES,
		.free_axes = GB_FREE(GB_AXIS_tree) | GB_FREE(GB_AXIS_olm) |
			     GB_FREE(GB_AXIS_crypto) | GB_FREE(GB_AXIS_olm_crypto),
		.headings = {"A process that has the group"},
		.forms = {"", ""},
		.subjects = subjects,
		.n_subjects = 1,
	};
	const struct gb_figure_source of_processes = {
		.summary = source->processes, .held = source->held, .data = source->data};

	return gb_states_make(&of_processes, &layout, NULL, d, f);
}
