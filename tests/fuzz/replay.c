/*
 * Runs a fuzz target without a fuzzer, as part of the tests: on every file of its corpus
 * (tests/fuzz/corpus/NAME for fuzz_NAME), cut at every length, and with every single bit
 * turned. What a fuzzer once found is a file there, and stays found.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BYTES    (1 << 16)
#define MAX_MUTATION 2048 /* longer files are only run, and cut at so many lengths */

/* On a copy of exactly this size, so that a sanitizer sees a read behind it. */
static void run(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void run_mutations(uint8_t *bytes, size_t len)
{
	size_t step = len / MAX_MUTATION + 1;

	for (size_t cut = 0; cut <= len; cut += step)
		run(bytes, cut);
	run(bytes, len);
	for (size_t bit = 0; len <= MAX_MUTATION && bit < 8 * len; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		run(bytes, len);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void run_file(const char *path)
{
	uint8_t *bytes = malloc(MAX_BYTES);
	FILE *f = fopen(path, "rb");
	size_t len;

	if (bytes == NULL || f == NULL)
		abort();
	len = fread(bytes, 1, MAX_BYTES, f);
	fclose(f);
	run_mutations(bytes, len);
	free(bytes);
}

int main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "fuzz_");
	char path[600];
	struct dirent *entry;
	DIR *corpus;
	int n = 0;

	(void)argc;
	while (name != NULL && strstr(name + 1, "fuzz_") != NULL)
		name = strstr(name + 1, "fuzz_");
	snprintf(path, sizeof(path), "tests/fuzz/corpus/%s",
		 name != NULL ? name + strlen("fuzz_") : "");
	corpus = opendir(path);
	if (corpus == NULL) {
		printf("1..1\nnot ok 1 - %s: no such corpus\n", path);
		return 1;
	}
	while ((entry = readdir(corpus)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "tests/fuzz/corpus/%s/%s", name + strlen("fuzz_"),
			 entry->d_name);
		run_file(path);
		printf("ok %d - %s\n", ++n, entry->d_name);
	}
	closedir(corpus);
	printf("1..%d\n", n);
	return 0;
}
