#define _GNU_SOURCE /* fopencookie */
#include "analyse/kept_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* What does not begin as gzip does zlib would hand on as it is; where a file is cut off, gzread
 * only ends. */
static ssize_t read_some(void *file, char *out, size_t len)
{
	int n = -1, error = Z_DATA_ERROR;

	if (!gzdirect(file)) {
		n = gzread(file, out, len > 1u << 20 ? 1u << 20 : (unsigned)len);
		(void)gzerror(file, &error);
	}
	if (n > 0 || (n == 0 && error == Z_OK))
		return n;
	if (error != Z_ERRNO)
		errno = EBADMSG;
	return -1;
}

static int close_it(void *file)
{
	return gzclose_r(file) == Z_OK ? 0 : EOF;
}

static FILE *open_compressed(const char *path)
{
	size_t len = strlen(path) + sizeof(".gz");
	char *name = malloc(len);
	gzFile in;
	FILE *file;

	if (!name)
		return NULL;
	snprintf(name, len, "%s.gz", path);
	in = gzopen(name, "rbe");
	free(name);
	if (!in)
		return NULL;
	file = fopencookie(in, "r", (cookie_io_functions_t){.read = read_some, .close = close_it});
	if (!file)
		gzclose_r(in);
	return file;
}

FILE *gb_kept_file_open(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file && errno == ENOENT) {
		file = open_compressed(path);
		errno = file ? errno : ENOENT;
	}
	return file;
}
