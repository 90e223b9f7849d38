#include "prices/calibration_json.h"

#include "analyse/calibration.h"
#include "prices/price_cases.h"
#include "run/environment.h"

#include <math.h>
#include <string.h>
#include <time.h>

static const char *unit_of(enum gb_primitive primitive)
{
	const char *name = gb_primitives[primitive].name;
	const char *last = strrchr(name, '_');

	if (last != NULL && strcmp(last, "_bytes") == 0)
		return "ns a byte";
	if (last != NULL && strcmp(last, "_rounds") == 0)
		return "ns a round";
	return last != NULL && strcmp(last, "_blocks") == 0 ? "ns a block" : "ns a call";
}

static json_t *passes(double a, double b)
{
	return json_pack("[f, f]", a, b);
}

static json_t *describe_algorithm(const struct gb_calibration *c, unsigned library,
				  unsigned algorithm)
{
	json_t *prices = json_object();

	for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++) {
		const struct gb_price *a = &c->pass[0].of[library][algorithm][p];
		const struct gb_price *b = &c->pass[1].of[library][algorithm][p];
		if (isnan(a->minimum) || isnan(b->minimum))
			continue;
		json_object_set_new(prices, gb_primitives[p].name,
				    json_pack("{s:s, s:o, s:o}", "unit",
					      unit_of((enum gb_primitive)p), "minimum",
					      passes(a->minimum, b->minimum), "median",
					      passes(a->median, b->median)));
	}
	return prices;
}

static json_t *describe_prices(const struct gb_calibration *c)
{
	json_t *all = json_object();

	for (unsigned l = 0; l < GB_LIBRARIES; l++) {
		json_t *library = json_object();
		for (unsigned a = 0; a < GB_ALGORITHMS; a++) {
			json_t *algorithm = describe_algorithm(c, l, a);
			if (json_object_size(algorithm) > 0)
				json_object_set(library, gb_algorithm_names[a], algorithm);
			json_decref(algorithm);
		}
		json_object_set_new(all, gb_library_names[l], library);
	}
	return all;
}

static json_t *describe_libraries(void)
{
	json_t *libraries = json_object();
	char text[128];

	for (unsigned l = 0; l < GB_LIBRARIES; l++)
		json_object_set_new(
			libraries, gb_library_names[l],
			json_string(gb_library_version((enum gb_library)l, text, sizeof(text))));
	return libraries;
}

json_t *gb_calibration_to_json(const struct gb_calibration *c, bool quick)
{
	json_t *root = json_object();
	time_t now = time(NULL);
	struct tm utc;
	char made[32];

	gmtime_r(&now, &utc);
	strftime(made, sizeof(made), "%Y-%m-%dT%H:%M:%SZ", &utc);
	json_object_set_new(root, "schema", json_integer(GB_CALIBRATION_SCHEMA));
	json_object_set_new(root, "made", json_string(made));
	json_object_set_new(root, "quick", json_boolean(quick));
	json_object_set_new(root, "build", gb_environment_build());
	json_object_set_new(root, "machine", gb_environment_machine());
	json_object_set_new(root, "libraries", describe_libraries());
	json_object_set_new(root, "clock", json_string("CPU time of the thread"));
	json_object_set_new(root, "rounds", json_integer(c->rounds));
	json_object_set_new(root, "batch_ns", json_integer((json_int_t)c->batch_ns));
	json_object_set_new(
		root, "largest_difference",
		json_pack("{s:s, s:f}", "price", c->differing, "ratio", 1 + c->difference));
	json_object_set_new(root, "prices", describe_prices(c));
	return root;
}

int gb_calibration_write(const struct gb_calibration *c, bool quick, const char *directory,
			 const char *name, struct gb_failure *f)
{
	struct gb_new_file file;
	json_t *root = gb_calibration_to_json(c, quick);
	int status = gb_new_file_begin(&file, directory, name, f);

	if (status == 0 &&
	    json_dumpf(root, file.out, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) < 0 &&
	    !ferror(file.out)) {
		gb_new_file_drop(&file);
		status = gb_fail_memory(f);
	} else if (status == 0) {
		putc('\n', file.out);
		status = gb_new_file_keep(&file, f);
	}
	json_decref(root);
	return status;
}
