#include "analyse/published_bytes.h"

#include "analyse/csv.h"
#include "analyse/new_file.h"
#include "analyse/published.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A published size, the message of ours that it is about, and why ours may differ. */
struct series {
	const char *file; /* without ".csv" */
	const char *name;
	const char *metric;
	struct gb_counterpart ours;
	enum gb_column column;
	int64_t more; /* bytes that theirs has more than ours */
	const char *why;
};

#define ACTOR(operation, k, axes)                                                                  \
	{                                                                                          \
		"mls", operation, k, "actor", "produce", axes                                      \
	}
#define RFC(name, metric) "rfc9420-sizes", name, metric
#define COMMIT            GB_COLUMN_commit_bytes, 0, ""
#define WELCOME           GB_COLUMN_welcome_bytes, 0, ""
#define LARGE_GROUP(name, tree)                                                                    \
	{                                                                                          \
		"mls-rs-large-group", name ", commit by first_member", "commit_message",           \
			ACTOR("rekey", "", "identity=12 tree=" tree), GB_COLUMN_commit_bytes, 12,  \
			"the leaf lists seven cipher suites of two bytes, ours one"                \
	}

static const struct series all[] = {
	{RFC("base", "update_commit_public_first_member"), ACTOR("rekey", "", "tree=full"), COMMIT},
	{RFC("bare", "update_commit_public_first_member"), ACTOR("rekey", "", "tree=cold"), COMMIT},
	{RFC("base", "update_commit_private_first_member"),
	 ACTOR("rekey", "", "tree=full handshake=private"), COMMIT},
	{RFC("bare", "update_commit_private_first_member"),
	 ACTOR("rekey", "", "tree=cold handshake=private"), COMMIT},
	{RFC("base", "add_commit_public_first_member_with_path"), ACTOR("add", "1", "tree=full"),
	 COMMIT},
	{RFC("bare", "add_commit_public_first_member_with_path"), ACTOR("add", "1", "tree=cold"),
	 COMMIT},
	{RFC("base", "add_commit_public_no_path"), ACTOR("add", "1", "tree=full path=no"), COMMIT},
	{RFC("bare", "add_commit_public_no_path"), ACTOR("add", "1", "tree=cold path=no"), COMMIT},
	{RFC("base", "welcome_1_with_tree"), ACTOR("add", "1", "tree=full"), WELCOME},
	{RFC("bare", "welcome_1_with_tree"), ACTOR("add", "1", "tree=cold"), WELCOME},
	{RFC("create one commit, with path", "commit_public"), ACTOR("create", "", "tree=cold"),
	 COMMIT},
	{RFC("create one commit, with path", "welcome_with_tree"), ACTOR("create", "", "tree=cold"),
	 WELCOME},
	{RFC("create one commit, no path", "commit_public"),
	 ACTOR("create", "", "tree=cold path=no"), COMMIT},
	{RFC("create one commit, no path", "welcome_with_tree"),
	 ACTOR("create", "", "tree=cold path=no"), WELCOME},
	LARGE_GROUP("best case group evolution", "full"),
	LARGE_GROUP("worst case group evolution", "cold"),
};

#define N_SERIES (sizeof all / sizeof all[0])

static const char *const files[] = {"rfc9420-sizes", "mls-rs-large-group"};

/* What became of the sizes of a series. */
struct outcome {
	size_t equal, explained, wrong;
};

struct reading {
	const struct gb_cells *cells;
	const char *file;
	FILE *out;
	struct gb_csv *csv;
	long series, size, metric, value;
	struct outcome outcome[N_SERIES];
};

static int find_columns(void *context, struct gb_csv *csv, struct gb_failure *f)
{
	struct reading *r = context;

	r->csv = csv;
	return (r->series = gb_csv_find(csv, "series", f)) < 0 ||
			       (r->size = gb_csv_find(csv, "group_size", f)) < 0 ||
			       (r->metric = gb_csv_find(csv, "metric", f)) < 0 ||
			       (r->value = gb_csv_find(csv, "value", f)) < 0
		       ? -1
		       : 0;
}

static bool says(const struct reading *r, long column, const char *text)
{
	return strcmp(gb_csv_text(r->csv, (size_t)column), text) == 0;
}

static const struct gb_cell *find_cell(const struct reading *r, const struct series *s)
{
	for (size_t i = 0; i < r->cells->n; i++) {
		const struct gb_cell *cell = r->cells->cell[i];

		if (gb_counterpart_is(&s->ours, cell->key) &&
		    says(r, r->size, cell->key[GB_KEY_SIZE]))
			return cell;
	}
	return NULL;
}

static uint64_t bytes_of(const struct gb_cell *cell, enum gb_column column)
{
	for (size_t i = 0; i < GB_EXACT_BYTES; i++)
		if (gb_exact_columns[i] == (unsigned)column && cell->n_samples > 0)
			return gb_cell_exact(cell, i, 0);
	return GB_NOT_MEASURED;
}

static int compare(struct reading *r, size_t which, struct gb_failure *f)
{
	const struct series *s = &all[which];
	const struct gb_cell *cell = find_cell(r, s);
	uint64_t ours = cell ? bytes_of(cell, s->column) : GB_NOT_MEASURED, theirs = 0;
	int64_t more;

	if (ours == GB_NOT_MEASURED)
		return 0;
	if (gb_csv_count(r->csv, (size_t)r->value, &theirs, f) < 0)
		return -1;
	more = (int64_t)(theirs - ours);
	if (more == 0)
		r->outcome[which].equal++;
	else if (more == s->more)
		r->outcome[which].explained++;
	else
		r->outcome[which].wrong++;
	fprintf(r->out, "%s,\"%s\",%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRId64 ",\"%s\"\n", s->file,
		s->name, s->metric, gb_csv_text(r->csv, (size_t)r->size), theirs, ours, more,
		more == 0         ? ""
		: more == s->more ? s->why
				  : "unexplained");
	return 0;
}

static int take_record(void *context, struct gb_failure *f)
{
	struct reading *r = context;

	for (size_t i = 0; i < N_SERIES; i++)
		if (strcmp(all[i].file, r->file) == 0 && says(r, r->series, all[i].name) &&
		    says(r, r->metric, all[i].metric))
			return compare(r, i, f);
	return 0;
}

static void say(const struct series *s, const struct outcome *o)
{
	const char *before = ": ";

	if (o->equal + o->explained + o->wrong == 0)
		return;
	printf("%s: %s, %s", s->file, s->name, s->metric);
	if (o->equal > 0)
		printf("%s%zu sizes are equal to the byte", before, o->equal);
	before = o->equal > 0 ? ", " : before;
	if (o->explained > 0)
		printf("%s%zu are %" PRId64 " bytes more there: %s", before, o->explained, s->more,
		       s->why);
	before = o->explained > 0 ? ", " : before;
	if (o->wrong > 0)
		printf("%s%zu differ without a reason", before, o->wrong);
	printf("\n");
}

int gb_published_bytes(const struct gb_cells *cells, const char *data_folder, FILE *out,
		       size_t *n_wrong, struct gb_failure *f)
{
	struct reading r = {.cells = cells, .out = out};
	const struct gb_csv_reader reader = {find_columns, take_record, &r, "rows",
					     GB_CSV_LEADING_COMMENTS};

	fputs("graph,series,metric,size,published_bytes,measured_bytes,more,why\n", out);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char name[80], *path;
		int status;

		snprintf(name, sizeof name, "results/published/%s.csv", files[i]);
		r.file = files[i];
		path = gb_join_path(data_folder, name, f);
		status = path ? gb_csv_read(path, &reader, f) : -1;
		free(path);
		if (status < 0)
			return -1;
	}
	*n_wrong = 0;
	for (size_t i = 0; i < N_SERIES; i++) {
		say(&all[i], &r.outcome[i]);
		*n_wrong += r.outcome[i].wrong;
	}
	return 0;
}
