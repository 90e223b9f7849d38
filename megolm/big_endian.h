#ifndef MEGOLM_BIG_ENDIAN_H
#define MEGOLM_BIG_ENDIAN_H
#include <stdint.h>

/* Numbers of 32 bits as key files, pickles and dehydrated devices have them. */
static inline void megolm_put_u32(uint8_t out[4], uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(n >> (24 - 8 * i));
}

static inline uint32_t megolm_read_u32(const uint8_t in[4])
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}
#endif
