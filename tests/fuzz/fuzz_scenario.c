/* The reader of scenario files: any bytes at all end in a scenario, or in one line that says
 * where, what was found and what was wanted. */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_complaint(const char *path, const char *why)
{
	if (strncmp(why, path, strlen(path)) != 0 || strstr(why, "found ") == NULL ||
	    strstr(why, ", wanted ") == NULL || strchr(why, '\n') != NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gb_scenario scenario;
	char path[64], why[600] = "";
	int fd = memfd_create("scenario", 0);
	enum gb_exit status;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	status = gb_scenario_read(&scenario, path, why, sizeof(why));
	if (status == GB_EXIT_DONE) {
		if (scenario.n_backends == 0 || scenario.n_measures == 0 ||
		    scenario.axes[GB_AXIS_size].n == 0)
			abort();
		gb_scenario_free(&scenario);
	} else if (status == GB_EXIT_INPUT) {
		check_complaint(path, why);
	} else {
		abort();
	}
	close(fd);
	return 0;
}
