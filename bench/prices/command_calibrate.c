#include "prices/command_calibrate.h"

#include "analyse/calibration.h"
#include "prices/calibration_json.h"
#include "prices/price_cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct gb_option options[] = {
	{"out", 'o', "FILE", "where to write; default calibration.json", NULL},
	{"quick", 'q', NULL, "suite 1 and Megolm only, in 2 seconds instead of 12", NULL},
};

struct request {
	const char *out;
	bool quick;
};

static int set(void *context, const struct gb_option *option, const char *value)
{
	struct request *r = context;

	if (strcmp(option->name, "out") == 0)
		r->out = value;
	else
		r->quick = true;
	return 0;
}

/* Four digits are more than a price is good for. */
static void print_price(const char *name, double ns)
{
	if (ns >= 1000)
		printf("  %s %.4g us", name, ns / 1000);
	else
		printf("  %s %.3g ns", name, ns);
}

static void print_prices(const struct gb_calibration *c)
{
	struct gb_prices prices;
	char version[128];

	gb_prices_merge(&prices, &c->pass[0], &c->pass[1]);
	for (unsigned l = 0; l < GB_LIBRARIES; l++) {
		printf("%s\n", gb_library_version((enum gb_library)l, version, sizeof(version)));
		for (unsigned a = 0; a < GB_ALGORITHMS; a++) {
			const struct gb_price *of = prices.of[l][a];
			bool begun = false;
			for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++) {
				if (isnan(of[p].minimum))
					continue;
				if (!begun)
					printf("  %-16s", gb_algorithm_names[a]);
				begun = true;
				print_price(gb_primitives[p].name, of[p].minimum);
			}
			if (begun)
				printf("\n");
		}
	}
}

/* Both parts of a path; "." where it has no folder. */
static int write_to(const struct request *r, const struct gb_calibration *c, struct gb_failure *f)
{
	const char *slash = strrchr(r->out, '/');
	size_t len = slash != NULL ? (size_t)(slash - r->out) + (slash == r->out) : 1;
	char *folder = malloc(len + 1);
	bool existed = access(r->out, F_OK) == 0;
	int status;

	if (folder == NULL)
		return gb_fail_memory(f);
	memcpy(folder, slash != NULL ? r->out : ".", len);
	folder[len] = '\0';
	status = gb_calibration_write(c, r->quick, folder, slash != NULL ? slash + 1 : r->out, f);
	if (status == 0)
		printf("%s%s\n", r->out, existed ? ": replaced" : "");
	free(folder);
	return status;
}

static int calibrate_main(const struct gb_command *self, int argc, char **argv)
{
	struct request r = {.out = GB_CALIBRATION_FILE};
	struct gb_calibrate_request request;
	struct gb_calibration calibration;
	struct gb_failure f = {0};
	char why[256];
	size_t n;
	int status = gb_options_parse(self, argc, argv, &n, set, &r);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	request = r.quick ? gb_calibrate_quick(1u << 1) : gb_calibrate_all();
	status = (int)gb_calibrate(&request, &calibration, why, sizeof(why));
	if (status != GB_EXIT_DONE) {
		fprintf(stderr, "groupbench calibrate: %s\n", why);
		return status;
	}
	print_prices(&calibration);
	printf("up to %u batches in each of two passes, which differ by %.1f %% at most (%s)\n",
	       calibration.rounds, 100 * calibration.difference, calibration.differing);
	return write_to(&r, &calibration, &f) < 0 ? gb_report_failure(&f, self->name)
						  : GB_EXIT_DONE;
}

const struct gb_command gb_command_calibrate = {
	.name = "calibrate",
	.operands = "",
	.sentence = "Prices the cryptographic primitives of this machine.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.main = calibrate_main,
};
