#ifndef MEGOLM_RAW_PICKLE_H
#define MEGOLM_RAW_PICKLE_H
#include <olm/olm.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What libolm encrypts its pickles with. Exported by it, in no header of libolm-dev; names are
 * those of libolm 3.2. Reading decrypts in place: the raw bytes then stand at the beginning.
 * Writing encrypts what stands at the place that _olm_enc_output_pos tells.
 */
size_t _olm_enc_input(const uint8_t *key, size_t key_len, uint8_t *pickle, size_t len,
		      enum OlmErrorCode *error);
size_t _olm_enc_output_length(size_t raw_len);
uint8_t *_olm_enc_output_pos(uint8_t *pickle, size_t raw_len);
size_t _olm_enc_output(const uint8_t *key, size_t key_len, uint8_t *pickle, size_t raw_len);
#endif
