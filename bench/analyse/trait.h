#ifndef GB_ANALYSE_TRAIT_H
#define GB_ANALYSE_TRAIT_H
#include "analyse/figure_states.h"

/* What tells two series apart. The texts point into the summary. */
struct gb_trait {
	const char *backend;
	const char *crypto;
	const char *olm_crypto;
	unsigned form;
	const char *tree;
	const char *olm;
	const char *backup; /* "" unless the figure is about it; then it stands for the state */
	bool by_sender;     /* keys belong to a sender, and there was one */
};

/* What the row is, as a figure with this layout sees it, in one of its forms. */
struct gb_trait gb_trait_of(const struct gb_summary_row *row, const struct gb_layout *layout,
			    unsigned form);

/* Groups in the order in which they are listed; 0 for two states of one group. */
int gb_trait_order_of_group(const struct gb_trait *a, const struct gb_trait *b);

/* By group, then by state from the best on; for qsort, on struct gb_trait. */
int gb_trait_order(const void *a, const void *b);

/* Of the group with a number, from 1; of the band of all its senders. */
enum gb_colour gb_trait_colour(const struct gb_trait *t, unsigned group);
enum gb_colour gb_trait_colour_of_all(const struct gb_trait *t);
unsigned gb_trait_look(const struct gb_trait *t);

/* "Megolm on OpenSSL at once", ": Olm new"; cut at `size` bytes. */
void gb_trait_name_group(const struct gb_trait *t, const struct gb_layout *layout, char *name,
			 size_t size);
void gb_trait_name_state(const struct gb_trait *t, char *name, size_t size);
#endif
