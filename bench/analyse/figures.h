#ifndef GB_ANALYSE_FIGURES_H
#define GB_ANALYSE_FIGURES_H
#include "analyse/drawing.h"
#include "analyse/selection.h"

/* What figures are made from. */
struct gb_figure_source {
	const struct gb_summary *summary;
	const struct gb_summary *processes; /* analyse/process_peaks.h; may be without rows */
	struct gb_held held;
	const char *data; /* the folder that has results/published/ */
};

/*
 * A figure: its name is that of its script (plots/NAME.gp), of its joined data and of its
 * pictures. make() fills *drawing, which is zero: 1 when there is something to draw, 0 when
 * the run has no data for it, -1 with *f set.
 */
struct gb_figure {
	const char *name;
	const char *needs; /* "the run measured no ...", for the line about a missing figure */
	int (*make)(const struct gb_figure_source *source, struct gb_drawing *drawing,
		    struct gb_failure *f);
};

#define GB_MAX_FIGURES 32

/* In the order in which they are drawn. */
extern const struct gb_figure gb_figures[];
extern const size_t gb_n_figures;

/* Figures in the form of a published one; figure_published.c. */
int gb_figure_published_form(const struct gb_figure_source *source, struct gb_drawing *d,
			     struct gb_failure *f);
int gb_figure_published_overlay(const struct gb_figure_source *source, struct gb_drawing *d,
				struct gb_failure *f);
int gb_figure_openmls_2021(const struct gb_figure_source *source, struct gb_drawing *d,
			   struct gb_failure *f);

/* Ratios of two backends as products of their causes; figure_split.c. */
int gb_figure_split(const struct gb_figure_source *source, struct gb_drawing *d,
		    struct gb_failure *f);

/* The memory of processes; figure_memory.c. */
int gb_figure_memory(const struct gb_figure_source *source, struct gb_drawing *d,
		     struct gb_failure *f);

/* The parts of Megolm's first message; figure_parts.c. */
int gb_figure_parts(const struct gb_figure_source *source, struct gb_drawing *d,
		    struct gb_failure *f);

/* An operation in each implementation of a protocol; figure_implementations.c. */
int gb_figure_implementations_create(const struct gb_figure_source *source, struct gb_drawing *d,
				     struct gb_failure *f);
int gb_figure_implementations_add(const struct gb_figure_source *source, struct gb_drawing *d,
				  struct gb_failure *f);
int gb_figure_implementations_add_each(const struct gb_figure_source *source, struct gb_drawing *d,
				       struct gb_failure *f);
int gb_figure_implementations_remove(const struct gb_figure_source *source, struct gb_drawing *d,
				     struct gb_failure *f);
int gb_figure_implementations_rekey(const struct gb_figure_source *source, struct gb_drawing *d,
				    struct gb_failure *f);
int gb_figure_implementations_send(const struct gb_figure_source *source, struct gb_drawing *d,
				   struct gb_failure *f);
int gb_figure_implementations_send_first(const struct gb_figure_source *source,
					 struct gb_drawing *d, struct gb_failure *f);

/* Figures of bands from the best to the worst state; figure_states.c. */
int gb_figure_honest(const struct gb_figure_source *source, struct gb_drawing *d,
		     struct gb_failure *f);
int gb_figure_group_cost(const struct gb_figure_source *source, struct gb_drawing *d,
			 struct gb_failure *f);
int gb_figure_senders(const struct gb_figure_source *source, struct gb_drawing *d,
		      struct gb_failure *f);
int gb_figure_bytes(const struct gb_figure_source *source, struct gb_drawing *d,
		    struct gb_failure *f);
int gb_figure_bytes_raw(const struct gb_figure_source *source, struct gb_drawing *d,
			struct gb_failure *f);
int gb_figure_time_over_floor(const struct gb_figure_source *source, struct gb_drawing *d,
			      struct gb_failure *f);
int gb_figure_bulk(const struct gb_figure_source *source, struct gb_drawing *d,
		   struct gb_failure *f);
int gb_figure_payload(const struct gb_figure_source *source, struct gb_drawing *d,
		      struct gb_failure *f);
int gb_figure_late(const struct gb_figure_source *source, struct gb_drawing *d,
		   struct gb_failure *f);
int gb_figure_kept(const struct gb_figure_source *source, struct gb_drawing *d,
		   struct gb_failure *f);
int gb_figure_state(const struct gb_figure_source *source, struct gb_drawing *d,
		    struct gb_failure *f);

#endif
