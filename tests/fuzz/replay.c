/*
 * Runs a fuzz target without a fuzzer, as part of the tests: on every file of its corpus
 * (tests/fuzz/corpus/NAME for fuzz_NAME), cut at every length, and with single bits
 * turned. What a fuzzer once found is a file there, and stays found. With --seeds it writes the
 * files that a target makes itself.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "stride.h"
#include "wire_mutator.h"

#pragma weak fuzz_seeds

#define MAX_BYTES (1 << 16)
#define MAX_CUTS  2048 /* of one file; evenly spaced where it has more */
#define MAX_TURNS 4096

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
	const size_t cut_step = (len / MAX_CUTS + 1) * test_stride(17);
	const size_t turn_step = (8 * len / MAX_TURNS + 1) * test_stride(17);

	for (size_t cut = 0; cut <= len; cut += cut_step)
		run(bytes, cut);
	run(bytes, len);
	for (size_t bit = 0; bit < 8 * len; bit += turn_step) {
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

/* For targets with a mutator of their own, which only a fuzzer calls. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	if (size > 0)
		data[size / 2] ^= 1;
	return size < max_size ? size : max_size;
}

static char path[600];
static size_t directory_len;

static void write_seed(const char *name, struct mls_slice seed)
{
	FILE *f;

	snprintf(path + directory_len, sizeof(path) - directory_len, "/%s", name);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(seed.p, 1, seed.len, f) != seed.len || fclose(f) != 0)
		abort();
}

int main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "fuzz_");
	struct dirent *entry;
	DIR *corpus;
	int n = 0;

	while (name != NULL && strstr(name + 1, "fuzz_") != NULL)
		name = strstr(name + 1, "fuzz_");
	snprintf(path, sizeof(path), "tests/fuzz/corpus/%s",
		 name != NULL ? name + strlen("fuzz_") : "");
	directory_len = strlen(path);
	if (argc > 1 && strcmp(argv[1], "--seeds") == 0 && fuzz_seeds) {
		fuzz_seeds(write_seed);
		return 0;
	}
	corpus = opendir(path);
	if (corpus == NULL) {
		printf("1..1\nnot ok 1 - %s: no such corpus\n", path);
		return 1;
	}
	while ((entry = readdir(corpus)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path + directory_len, sizeof(path) - directory_len, "/%s", entry->d_name);
		run_file(path);
		printf("ok %d - %s\n", ++n, entry->d_name);
	}
	closedir(corpus);
	printf("1..%d\n", n);
	return 0;
}
