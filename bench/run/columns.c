#include "run/columns.h"

#define TEXT  GB_COLUMN_TEXT
#define COUNT GB_COLUMN_COUNT
#define TIME  GB_COLUMN_TIME

#define COUNT_KIND(name, sentence) +1
_Static_assert(0 GB_KIND_NAMES(COUNT_KIND) == GB_KINDS, "every kind has its columns");
#undef COUNT_KIND

const struct gb_column_spec gb_columns[GB_COLUMNS] = {
#define X(name, type, sentence) [GB_COLUMN_##name] = {#name, type, sentence},
#include "run/columns_cell.def"
#include "run/columns_sample.def"
#include "run/columns_verdict.def"
#undef X
#define X(name, type, range, default_value, unit, owner, operations, sentence)                     \
	[GB_COLUMN_##name] = {#name, GB_COLUMN_TEXT, sentence},
#include "axes.def"
#undef X
#define KIND(name, sentence)                                                                       \
	[GB_COLUMN_##name##_messages] = {#name "_messages", COUNT, sentence},                      \
	[GB_COLUMN_##name##_bytes] = {#name "_bytes", COUNT, sentence},
	GB_KIND_NAMES(KIND)
#undef KIND
		[GB_COLUMN_up_bytes] = {"up_bytes", COUNT,
					"uploaded by this role; server: taken in"},
	[GB_COLUMN_down_bytes] = {"down_bytes", COUNT,
				  "downloaded by this role; server: given out"},
	[GB_COLUMN_up_raw_bytes] = {"up_raw_bytes", COUNT, "of up_bytes, without envelopes"},
	[GB_COLUMN_down_raw_bytes] = {"down_raw_bytes", COUNT, "of down_bytes, without envelopes"},
#define APART(name, sentence)                                                                      \
	[GB_COLUMN_##name##                                                                        \
		_down_bytes] = {#name "_down_bytes", COUNT, "of down_bytes, this kind"},           \
	[GB_COLUMN_##name##_raw_bytes] = {#name "_raw_bytes", COUNT,                               \
					  "of " #name "_bytes, without envelopes"},                \
	[GB_COLUMN_##name##_down_raw_bytes] = {#name "_down_raw_bytes", COUNT,                     \
					       "of " #name "_down_bytes, without envelopes"},
	GB_KIND_NAMES(APART)
#undef APART
#define PRIMITIVE(name, sentence) [GB_COLUMN_count_##name] = {"count_" #name, COUNT, sentence},
		GB_PRIMITIVES(PRIMITIVE)
#undef PRIMITIVE
			[GB_COLUMN_allocations] =
				{"allocations", COUNT,
				 "allocation calls of the protocol's own code, those of "
				 "the libraries beneath it not counted"},
};
