#include "analyse/data_folder.h"

#include "analyse/new_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_plots(const char *folder, struct gb_failure *f)
{
	char *path = gb_join_path(folder, "plots/style.gp", f);
	bool found = path && access(path, R_OK) == 0;

	free(path);
	return found;
}

/* `folder` itself or its share/groupbench; NULL when neither has the scripts. */
static char *data_in(const char *folder, struct gb_failure *f)
{
	static const char *const places[] = {".", "share/groupbench"};

	for (size_t i = 0; i < 2 && f->status == GB_EXIT_DONE; i++) {
		char *place = gb_join_path(folder, places[i], f);

		if (place && has_plots(place, f))
			return place;
		free(place);
	}
	return NULL;
}

char *gb_find_data_folder(struct gb_failure *f)
{
	const char *given = getenv("GROUPBENCH_DATA");
	char path[4096], *slash, *found = NULL;
	ssize_t len;

	if (given) {
		found = data_in(given, f);
		if (!found)
			gb_fail(f, GB_EXIT_IO, "GROUPBENCH_DATA is %s: no plots/style.gp there",
				given);
		return found;
	}
	len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	while (!found && f->status == GB_EXIT_DONE && (slash = strrchr(path, '/')) != NULL) {
		*slash = '\0';
		found = data_in(path, f);
	}
	if (!found)
		gb_fail(f, GB_EXIT_IO,
			"no plots/style.gp above the program; set GROUPBENCH_DATA to the folder "
			"that holds plots/");
	return found;
}
