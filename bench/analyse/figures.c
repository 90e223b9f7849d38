#include "analyse/figures.h"

#define IMPLEMENTATIONS(name, make)                                                                \
	{                                                                                          \
		"implementations-" name,                                                           \
			"it was not timed in two implementations of one protocol at two sizes",    \
			make                                                                       \
	}

const struct gb_figure gb_figures[] = {
	{"honest", "no create, add 1, remove 1 or rekey was timed at two sizes", gb_figure_honest},
	{"group_cost",
	 "no create, add 1, remove 1 or rekey was timed at two sizes for all who take part",
	 gb_figure_group_cost},
	{"senders", "no change of several senders was timed at two sizes", gb_figure_senders},
	{"bytes", "no bytes of create, add 1, remove 1 or rekey were counted at two sizes",
	 gb_figure_bytes},
	{"bytes_raw",
	 "no create, add 1, remove 1 or rekey sent envelopes of which the raw bytes are known",
	 gb_figure_bytes_raw},
	{"published-form",
	 "neither MLS with tree full nor Megolm with olm ratchet was timed at two sizes",
	 gb_figure_published_form},
	{"published-overlay",
	 "neither MLS with tree full nor Megolm with olm ratchet was timed at two sizes",
	 gb_figure_published_overlay},
	{"openmls-2021", "no MLS with path no and tree cold or full was timed at two sizes",
	 gb_figure_openmls_2021},
	{"bulk", "no add or remove was timed at two k", gb_figure_bulk},
	{"time_over_floor", "nothing that has a crypto floor was timed at two sizes",
	 gb_figure_time_over_floor},
	{"split", "no two backends have a crypto floor at one size", gb_figure_split},
	{"parts", "no Megolm's create was timed beside claim, verify, session and encrypt",
	 gb_figure_parts},
	{"payload", "no send was timed with two payloads", gb_figure_payload},
	{"late", "no catch_up was timed at two k", gb_figure_late},
	{"kept", "no backup or restore was timed at two k", gb_figure_kept},
	{"state", "no state was stored at two sizes", gb_figure_state},
	{"memory", "processes.csv does not have the memory of processes at two sizes",
	 gb_figure_memory},
	IMPLEMENTATIONS("create", gb_figure_implementations_create),
	IMPLEMENTATIONS("add", gb_figure_implementations_add),
	IMPLEMENTATIONS("add_each", gb_figure_implementations_add_each),
	IMPLEMENTATIONS("remove", gb_figure_implementations_remove),
	IMPLEMENTATIONS("rekey", gb_figure_implementations_rekey),
	IMPLEMENTATIONS("send", gb_figure_implementations_send),
	IMPLEMENTATIONS("send_first", gb_figure_implementations_send_first),
};

const size_t gb_n_figures = sizeof(gb_figures) / sizeof(gb_figures[0]);
_Static_assert(sizeof(gb_figures) / sizeof(gb_figures[0]) <= GB_MAX_FIGURES,
	       "there is room for every figure");
