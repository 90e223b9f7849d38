#include "run/results.h"
#include "run/environment.h"
#include "run/row.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static enum gb_exit complain(struct gb_results *r, const char *file, const char *what)
{
	snprintf(r->why, sizeof r->why, "%s%s%s: %s", r->path, file[0] != '\0' ? "/" : "", file,
		 what);
	return GB_EXIT_IO;
}

static int join(const struct gb_results *r, const char *file, char *path, size_t len)
{
	int n = snprintf(path, len, "%s/%s", r->path, file);

	return n < 0 || (size_t)n >= len ? -1 : 0;
}

static enum gb_exit name_folder(struct gb_results *r, const char *out, const char *name)
{
	char when[32];
	time_t now = time(NULL);
	struct tm utc;
	int n;

	gmtime_r(&now, &utc);
	strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &utc);
	if (out != NULL)
		n = snprintf(r->path, sizeof r->path - 32, "%s", out);
	else
		n = snprintf(r->path, sizeof r->path - 32, "results/runs/%s-%s-%s", name, when,
			     gb_environment_revision());
	if (n <= 0 || (size_t)n >= sizeof r->path - 32) {
		snprintf(r->why, sizeof r->why, "found a folder name of %d bytes, wanted 1 to %zu",
			 n, sizeof r->path - 33);
		return GB_EXIT_IO;
	}
	return GB_EXIT_DONE;
}

/* The folder and those above it. */
static enum gb_exit make_folders(struct gb_results *r)
{
	char path[sizeof r->path];

	snprintf(path, sizeof path, "%s", r->path);
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			return complain(r, "", strerror(errno));
		*slash = '/';
	}
	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return complain(r, "", strerror(errno));
	return GB_EXIT_DONE;
}

/* The new file of samples; a manifest alone also means that there was a run. */
static enum gb_exit create_samples(struct gb_results *r)
{
	char samples[sizeof r->path + 32], manifest[sizeof r->path + 32];

	if (join(r, "samples.csv", samples, sizeof samples) != 0 ||
	    join(r, "manifest.json", manifest, sizeof manifest) != 0)
		return complain(r, "", strerror(ENAMETOOLONG));
	if (access(manifest, F_OK) == 0)
		return complain(r, "", "found an earlier run, wanted a new folder");
	r->samples_fd = open(samples, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
	if (r->samples_fd < 0 && errno == EEXIST)
		return complain(r, "", "found an earlier run, wanted a new folder");
	if (r->samples_fd < 0)
		return complain(r, "samples.csv", strerror(errno));
	return GB_EXIT_DONE;
}

static enum gb_exit write_header(struct gb_results *r)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	enum gb_exit status;

	if (memory == NULL)
		return complain(r, "samples.csv", strerror(errno));
	gb_rows_header(memory);
	if (fclose(memory) != 0) {
		free(text);
		return complain(r, "samples.csv", strerror(ENOMEM));
	}
	status = gb_results_append(r, text, len);
	free(text);
	return status;
}

enum gb_exit gb_results_open(struct gb_results *r, const char *out, const char *name)
{
	enum gb_exit status;

	*r = (struct gb_results){.samples_fd = -1};
	status = name_folder(r, out, name);
	if (status == GB_EXIT_DONE)
		status = make_folders(r);
	if (status == GB_EXIT_DONE)
		status = create_samples(r);
	if (status == GB_EXIT_DONE)
		status = write_header(r);
	if (status != GB_EXIT_DONE)
		gb_results_close(r);
	return status;
}

enum gb_exit gb_results_reopen(struct gb_results *r, const char *folder)
{
	char samples[sizeof r->path + 32];
	enum gb_exit status;
	struct stat now;

	*r = (struct gb_results){.samples_fd = -1};
	status = name_folder(r, folder, "");
	if (status != GB_EXIT_DONE)
		return status;
	if (join(r, "samples.csv", samples, sizeof samples) != 0)
		return complain(r, "", strerror(ENAMETOOLONG));
	r->samples_fd = open(samples, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (r->samples_fd < 0 || fstat(r->samples_fd, &now) != 0) {
		status = complain(r, "samples.csv", strerror(errno));
		gb_results_close(r);
		return status;
	}
	r->samples_bytes = (uint64_t)now.st_size;
	return GB_EXIT_DONE;
}

enum gb_exit gb_results_cut(struct gb_results *r, uint64_t bytes)
{
	if (ftruncate(r->samples_fd, (off_t)bytes) != 0)
		return complain(r, "samples.csv", strerror(errno));
	r->samples_bytes = bytes;
	return GB_EXIT_DONE;
}

void gb_results_close(struct gb_results *r)
{
	if (r->samples_fd >= 0)
		close(r->samples_fd);
	r->samples_fd = -1;
}

/* Writes everything; errno tells why not. */
static int write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

enum gb_exit gb_results_append(struct gb_results *r, const char *rows, size_t len)
{
	if (write_all(r->samples_fd, rows, len) != 0) {
		int why = errno;
		/* Part of the rows may have gone out: the file ends with a whole sample again. */
		if (ftruncate(r->samples_fd, (off_t)r->samples_bytes) != 0)
			why = errno;
		return complain(r, "samples.csv", strerror(why));
	}
	r->samples_bytes += len;
	return GB_EXIT_DONE;
}

/* Why there is no samples.csv, of which stat() has said so. */
static enum gb_exit complain_gone(struct gb_results *r, int why)
{
	struct stat folder;

	if (why != ENOENT && why != ENOTDIR)
		return complain(r, "samples.csv", strerror(why));
	if (stat(r->path, &folder) != 0 || !S_ISDIR(folder.st_mode))
		return complain(r, "", "the folder was deleted or moved while the run wrote to it");
	return complain(r, "samples.csv",
			"the file was deleted or moved while the run wrote to it");
}

enum gb_exit gb_results_check(struct gb_results *r)
{
	char samples[sizeof r->path + 32];
	struct stat ours, named;

	if (join(r, "samples.csv", samples, sizeof samples) != 0)
		return complain(r, "", strerror(ENAMETOOLONG));
	if (fstat(r->samples_fd, &ours) != 0)
		return complain(r, "samples.csv", strerror(errno));
	if (stat(samples, &named) != 0)
		return complain_gone(r, errno);
	if (ours.st_nlink == 0 || ours.st_dev != named.st_dev || ours.st_ino != named.st_ino)
		return complain(r, "samples.csv",
				"the file was replaced by another while the run wrote to it");
	return GB_EXIT_DONE;
}

/* Writes the file beside its final place; errno tells why not. */
static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), why = 0;

	if (fd < 0)
		return -1;
	if (write_all(fd, text, strlen(text)) != 0 || fsync(fd) != 0)
		why = errno;
	if (close(fd) != 0 && why == 0)
		why = errno;
	errno = why;
	return why == 0 ? 0 : -1;
}

enum gb_exit gb_results_manifest(struct gb_results *r, const json_t *manifest)
{
	char path[sizeof r->path + 32], beside[sizeof r->path + 32];
	char *text;
	int why = 0;

	if (gb_results_check(r) != GB_EXIT_DONE)
		return GB_EXIT_IO;
	text = json_dumps(manifest, JSON_INDENT(2));
	if (text == NULL)
		return complain(r, "manifest.json", "out of memory");
	if (join(r, "manifest.json", path, sizeof path) != 0 ||
	    join(r, "manifest.json.new", beside, sizeof beside) != 0)
		why = ENAMETOOLONG;
	else if (write_file(beside, text) != 0 || rename(beside, path) != 0)
		why = errno;
	free(text);
	if (why == 0)
		return GB_EXIT_DONE;
	unlink(beside);
	return complain(r, "manifest.json", strerror(why));
}
