#include "analyse/calibration.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define MOST_NS 1e12

/* Where in the file a complaint is about. */
struct place {
	const char *path, *library, *algorithm, *primitive;
	struct gb_failure *f;
};

static int complain(const struct place *p, const char *member, const char *wanted)
{
	return gb_fail(p->f, GB_EXIT_INPUT, "%s: prices.%s.%s.%s.%s: wanted %s", p->path,
		       p->library, p->algorithm, p->primitive, member, wanted);
}

/* The numbers of both passes. */
static int read_passes(const struct place *p, const json_t *price, const char *member,
		       double out[2])
{
	const json_t *list = json_object_get(price, member);

	if (!json_is_array(list) || json_array_size(list) != 2)
		return complain(p, member, "a list of two numbers, one for each pass");
	for (size_t i = 0; i < 2; i++) {
		out[i] = json_is_number(json_array_get(list, i))
				 ? json_number_value(json_array_get(list, i))
				 : -1;
		if (!(out[i] >= 0 && out[i] <= MOST_NS))
			return complain(p, member, "numbers from 0 to 1e12");
	}
	return 0;
}

static int read_price(const struct place *p, const json_t *price, struct gb_price pass[2])
{
	double minimum[2], median[2];

	if (read_passes(p, price, "minimum", minimum) < 0 ||
	    read_passes(p, price, "median", median) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		pass[i] = (struct gb_price){minimum[i], median[i]};
	return 0;
}

static int read_prices(const json_t *root, const char *path, struct gb_prices passes[2],
		       struct gb_failure *f)
{
	const json_t *prices = json_object_get(root, "prices");

	for (unsigned i = 0; i < GB_LIBRARIES * GB_ALGORITHMS * GB_PRICED_PRIMITIVES; i++) {
		unsigned primitive = i % GB_PRICED_PRIMITIVES, rest = i / GB_PRICED_PRIMITIVES;
		unsigned algorithm = rest % GB_ALGORITHMS, library = rest / GB_ALGORITHMS;
		struct place p = {path, gb_library_names[library], gb_algorithm_names[algorithm],
				  gb_primitives[primitive].name, f};
		const json_t *price = json_object_get(
			json_object_get(json_object_get(prices, p.library), p.algorithm),
			p.primitive);
		struct gb_price pass[2];

		if (price == NULL)
			continue;
		if (read_price(&p, price, pass) < 0)
			return -1;
		passes[0].of[library][algorithm][primitive] = pass[0];
		passes[1].of[library][algorithm][primitive] = pass[1];
	}
	return 0;
}

static int check_schema(const json_t *root, const char *path, struct gb_failure *f)
{
	const json_t *schema = json_object_get(root, "schema");

	if (!json_is_integer(schema) || json_integer_value(schema) != GB_CALIBRATION_SCHEMA)
		return gb_fail(f, GB_EXIT_INPUT, "%s: schema: found %s, wanted %d", path,
			       json_is_integer(schema) ? "another" : "none", GB_CALIBRATION_SCHEMA);
	if (!json_is_object(json_object_get(root, "prices")))
		return gb_fail(f, GB_EXIT_INPUT, "%s: prices: wanted an object", path);
	return 0;
}

/* The text of a small file, freed by the caller; NULL with *f set. */
static char *read_text(const char *path, size_t *len, struct gb_failure *f)
{
	FILE *in = fopen(path, "rb");
	char *text;

	if (in == NULL) {
		gb_fail_io(f, "cannot read", path);
		return NULL;
	}
	text = malloc(GB_MAX_CALIBRATION_BYTES + 1);
	*len = text != NULL ? fread(text, 1, GB_MAX_CALIBRATION_BYTES + 1, in) : 0;
	if (text == NULL)
		gb_fail_memory(f);
	else if (ferror(in))
		gb_fail_io(f, "cannot read", path);
	else if (*len > GB_MAX_CALIBRATION_BYTES)
		gb_fail(f, GB_EXIT_INPUT, "%s: found more than %u bytes, wanted a calibration",
			path, GB_MAX_CALIBRATION_BYTES);
	fclose(in);
	if (f->status == GB_EXIT_DONE)
		return text;
	free(text);
	return NULL;
}

int gb_calibration_read(struct gb_prices *prices, const char *path, struct gb_failure *f)
{
	struct gb_prices passes[2];
	json_error_t error;
	size_t len = 0;
	char *text = read_text(path, &len, f);
	json_t *root;
	int status;

	if (text == NULL)
		return -1;
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	free(text);
	if (root == NULL)
		return gb_fail(f, GB_EXIT_INPUT, "%s:%d:%d: %s", path, error.line, error.column,
			       error.text);
	gb_prices_clear(&passes[0]);
	gb_prices_clear(&passes[1]);
	status = check_schema(root, path, f);
	if (status == 0)
		status = read_prices(root, path, passes, f);
	if (status == 0)
		gb_prices_merge(prices, &passes[0], &passes[1]);
	json_decref(root);
	return status;
}
