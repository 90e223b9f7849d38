#include "analyse/new_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *gb_join_path(const char *directory, const char *name, struct gb_failure *f)
{
	size_t len = strlen(directory), size = len + strlen(name) + 2;
	bool ends_in_slash = len > 0 && directory[len - 1] == '/';
	char *path = malloc(size);

	if (path)
		snprintf(path, size, "%s%s%s", directory, ends_in_slash ? "" : "/", name);
	else
		gb_fail_memory(f);
	return path;
}

static void forget(struct gb_new_file *file)
{
	free(file->path);
	free(file->unfinished);
	*file = (struct gb_new_file){0};
}

int gb_new_file_begin(struct gb_new_file *file, const char *directory, const char *name,
		      struct gb_failure *f)
{
	*file = (struct gb_new_file){.path = gb_join_path(directory, name, f)};
	if (file->path) {
		size_t size = strlen(file->path) + sizeof(".unfinished");

		file->unfinished = malloc(size);
		if (file->unfinished)
			snprintf(file->unfinished, size, "%s.unfinished", file->path);
	}
	if (!file->unfinished) {
		forget(file);
		return gb_fail_memory(f);
	}
	file->out = fopen(file->unfinished, "w");
	if (!file->out) {
		gb_fail_io(f, "cannot write", file->path);
		forget(file);
		return -1;
	}
	return 0;
}

int gb_new_file_begin_at(struct gb_new_file *file, const char *path, struct gb_failure *f)
{
	bool is_absolute = path[0] == '/';

	return gb_new_file_begin(file, is_absolute ? "/" : ".", path + is_absolute, f);
}

/* Everything written has reached the disk. On failure errno says why, as far as it is known. */
static int finish(FILE *out)
{
	int failed;

	errno = 0;
	failed = fflush(out) != 0 || ferror(out) || fsync(fileno(out)) != 0;
	if (failed && errno == 0)
		errno = EIO;
	return failed ? -1 : 0;
}

int gb_new_file_keep(struct gb_new_file *file, struct gb_failure *f)
{
	int status = finish(file->out);

	if (status < 0)
		gb_fail_io(f, "cannot write", file->path);
	if (fclose(file->out) != 0 || (status == 0 && rename(file->unfinished, file->path) != 0))
		status = gb_fail_io(f, "cannot write", file->path);
	if (status < 0)
		unlink(file->unfinished);
	forget(file);
	return status;
}

void gb_new_file_drop(struct gb_new_file *file)
{
	if (file->out)
		fclose(file->out);
	unlink(file->unfinished);
	forget(file);
}
