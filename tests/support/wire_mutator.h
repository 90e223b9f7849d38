#ifndef WIRE_MUTATOR_H
#define WIRE_MUTATOR_H
#include <stdint.h>

#include "slice.h"

/*
 * For fuzz targets: changes one field of an encoded structure and encodes it again, so that
 * lengths stay right and what lies behind them is reached. Bytes that do not decode are
 * changed as any bytes.
 */
struct wire_type;

extern const struct wire_type wire_leaf_node, wire_key_package, wire_proposal, wire_commit,
	wire_group_info, wire_group_secrets, wire_ratchet_tree, wire_framed_content;

/* As LLVMFuzzerCustomMutator, on the encoding of a `type` in data[0 .. size). */
size_t wire_mutate(const struct wire_type *type, uint8_t *data, size_t size, size_t max_size,
		   unsigned seed);

/* What libFuzzer has; replay.c has a little of it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
#endif
