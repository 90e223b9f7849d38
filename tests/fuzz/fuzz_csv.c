/* The reader of result files: any bytes at all end in records or in a placed complaint. */
#define _GNU_SOURCE /* memfd_create */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyse/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const char *path)
{
	struct gb_failure f = {0};
	struct gb_csv *csv;
	uint64_t count;
	double number;
	int more;

	if (gb_csv_open(&csv, path, GB_CSV_LEADING_COMMENTS, &f) != 0)
		return;
	while ((more = gb_csv_next(csv, &f)) == 1)
		for (size_t i = 0; i < gb_csv_columns(csv); i++)
			if (strlen(gb_csv_text(csv, i)) > GB_CSV_MAX_RECORD ||
			    gb_csv_count(csv, i, &count, &f) > 1 ||
			    (gb_csv_number(csv, i, &number, &f) == 1 && !(number >= 0)))
				abort();
	gb_csv_close(csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memfd_create("csv", 0);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_all(path);
	close(fd);
	return 0;
}
