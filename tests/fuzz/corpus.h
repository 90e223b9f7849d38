#ifndef FUZZ_CORPUS_H
#define FUZZ_CORPUS_H
#include "slice.h"

/*
 * A target whose corpus comes from a run of our own defines fuzz_seeds, which gives away what
 * there is to begin with. `build/tests/fuzz/fuzz_NAME --seeds` writes it to the corpus.
 */
void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
#endif
