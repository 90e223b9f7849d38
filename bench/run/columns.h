#ifndef GB_RUN_COLUMNS_H
#define GB_RUN_COLUMNS_H
#include "groupbench_backend.h"

/*
 * The columns of samples.csv, in their order, once: the rows of columns.def, every axis
 * of axes.def, five columns for each kind of message, one for each primitive.
 *
 * One row is one timed call, or, for role server, what one operation sent through the
 * delivery service. An empty field was not measured or does not apply to the backend or
 * the operation; it is never a stand-in for 0. Numbers are decimal integers, and no field
 * needs quotes: texts are made of letters, digits and "_-.:+ ".
 */

/* X(name of the kind as in enum gb_kind, in small letters, what it is) */
#define GB_KIND_NAMES(X)                                                                           \
	X(key_material, "published key packages or device and one-time keys")                      \
	X(claim, "requests to the key directory")                                                  \
	X(proposal, "proposals sent on their own")                                                 \
	X(commit, "commits")                                                                       \
	X(welcome, "Welcome messages")                                                             \
	X(group_info, "GroupInfo")                                                                 \
	X(ratchet_tree, "ratchet trees that travel apart")                                         \
	X(room_key, "m.room_key or m.forwarded_room_key inside Olm, with its to-device envelope")  \
	X(application, "application messages")                                                     \
	X(backup,                                                                                  \
	  "keys of the past: backups, files, dehydrated devices, and bundles for newcomers")       \
	X(key_request, "m.room_key_request, with its to-device envelope")                          \
	X(dummy, "m.dummy inside Olm, with its to-device envelope")                                \
	X(withheld, "m.room_key.withheld, with its to-device envelope")

/* The order of the includes is the order of the columns. */
/* clang-format off */
enum gb_column {
#define X(name, ...) GB_COLUMN_##name,
#include "run/columns_cell.def"
#include "axes.def"
#include "run/columns_sample.def"
#undef X
#define GB_KIND_COLUMN(name, sentence) GB_COLUMN_##name##_messages, GB_COLUMN_##name##_bytes,
	GB_KIND_NAMES(GB_KIND_COLUMN)
#undef GB_KIND_COLUMN
	GB_COLUMN_up_bytes,
	GB_COLUMN_down_bytes,
	GB_COLUMN_up_raw_bytes,
	GB_COLUMN_down_raw_bytes,
#define GB_KIND_COLUMN_APART(name, sentence)                                                       \
	GB_COLUMN_##name##_down_bytes, GB_COLUMN_##name##_raw_bytes, GB_COLUMN_##name##_down_raw_bytes,
	GB_KIND_NAMES(GB_KIND_COLUMN_APART)
#undef GB_KIND_COLUMN_APART
#define GB_COUNT_COLUMN(name, sentence) GB_COLUMN_count_##name,
	GB_PRIMITIVES(GB_COUNT_COLUMN)
#undef GB_COUNT_COLUMN
	GB_COLUMN_allocations,
#define X(name, ...) GB_COLUMN_##name,
#include "run/columns_verdict.def"
#undef X
	GB_COLUMNS,
};
/* clang-format on */

enum gb_column_type {
	GB_COLUMN_TEXT,
	GB_COLUMN_COUNT, /* exact: compared for equality */
	GB_COLUMN_TIME,  /* nanoseconds: compared statistically */
};

struct gb_column_spec {
	const char *name;
	enum gb_column_type type;
	const char *sentence;
};

extern const struct gb_column_spec gb_columns[GB_COLUMNS];

/* Position of an axis among the columns; axis is an enum gb_axis_id. */
#define GB_COLUMN_OF_AXIS(axis) ((unsigned)GB_COLUMN_size + (unsigned)(axis))
/* Position of KIND_messages; KIND_bytes follows it. */
#define GB_COLUMN_OF_KIND(kind) ((unsigned)GB_COLUMN_key_material_messages + 2u * (unsigned)(kind))
/* Position of KIND_down_bytes; KIND_raw_bytes and KIND_down_raw_bytes follow it. */
#define GB_COLUMN_OF_KIND_APART(kind)                                                              \
	((unsigned)GB_COLUMN_key_material_down_bytes + 3u * (unsigned)(kind))
#endif
