#include "prices/carry.h"

#include "analyse/calibration.h"
#include "prices/calibration_json.h"

#include <stdlib.h>
#include <string.h>

/* The cipher suites of the jobs as bits; bit 0: Olm, which has none; GB_WITH_SODIUM. */
static unsigned wanted_suites(const struct gb_jobs *jobs)
{
	unsigned suites = 0;

	for (size_t i = 0; i < jobs->n; i++) {
		unsigned long suite = strtoul(jobs->job[i].axis[GB_AXIS_suite], NULL, 10);
		if (suite >= 1 && suite <= 7)
			suites |= 1u << suite;
		if (jobs->job[i].axis[GB_AXIS_olm][0] != '\0')
			suites |= 1;
		if (strcmp(jobs->job[i].axis[GB_AXIS_crypto], "sodium") == 0)
			suites |= GB_WITH_SODIUM;
	}
	return suites;
}

static int copy_file(const char *from, const char *folder, struct gb_failure *f)
{
	struct gb_new_file file;
	FILE *in = fopen(from, "rb");
	char bytes[4096];
	size_t n;

	if (in == NULL)
		return gb_fail_io(f, "cannot read", from);
	if (gb_new_file_begin(&file, folder, GB_CALIBRATION_FILE, f) < 0) {
		fclose(in);
		return -1;
	}
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		fwrite(bytes, 1, n, file.out);
	if (ferror(in)) {
		gb_fail_io(f, "cannot read", from);
		gb_new_file_drop(&file);
		fclose(in);
		return -1;
	}
	fclose(in);
	return gb_new_file_keep(&file, f);
}

static int measure(unsigned suites, const char *folder, char *note, size_t note_len,
		   struct gb_failure *f)
{
	struct gb_calibrate_request request = gb_calibrate_quick(suites);
	struct gb_calibration calibration;
	char why[256];
	enum gb_exit status =
		gb_calibrate_patiently(gb_calibrate, &request, &calibration, why, sizeof(why));

	if (status == GB_EXIT_DONE)
		return gb_calibration_write(&calibration, true, folder, GB_CALIBRATION_FILE, f);
	if (status != GB_EXIT_INCONCLUSIVE)
		return gb_fail(f, status, "%s", why);
	snprintf(note, note_len,
		 "no prices, so no crypto floor: %s; \"groupbench calibrate -o %.200s/%s\" when "
		 "the machine is quieter adds them",
		 why, folder, GB_CALIBRATION_FILE);
	return 0;
}

int gb_carry_calibration(const struct gb_jobs *jobs, const char *from, const char *folder,
			 char *note, size_t note_len, struct gb_failure *f)
{
	unsigned suites = wanted_suites(jobs);

	note[0] = '\0';
	if (from == NULL)
		return suites == 0 ? 0 : measure(suites, folder, note, note_len, f);
	if (strcmp(from, "none") == 0)
		return 0;
	return copy_file(from, folder, f);
}
