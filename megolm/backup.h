#ifndef MEGOLM_BACKUP_H
#define MEGOLM_BACKUP_H
#include "session_data.h"

#define MEGOLM_MAX_VERSION 64

struct megolm_backup {
	enum megolm_backup_algorithm algorithm;
	uint8_t key[MEGOLM_BACKUP_KEY_BYTES], mac_key[32];
	char public_key[MEGOLM_KEY_CHARS + 1]; /* of CURVE25519 */
	char version[MEGOLM_MAX_VERSION + 1];
	OlmPkEncryption *encryption;
	OlmPkDecryption *decryption;
};

/* Appends "session_data" of one session, whose JSON is `plain`, which is overwritten. */
enum megolm_err MEGOLM_MUST_CHECK megolm_backup_seal(struct megolm_backup *backup,
						     struct megolm_device *device,
						     struct megolm_text *out,
						     const char *session_id,
						     struct megolm_slice plain);
size_t megolm_backup_sealed_max(size_t plain);

/* The JSON of a session, in device->plaintext, from checked "session_data". */
enum megolm_err MEGOLM_MUST_CHECK megolm_backup_unseal(struct megolm_backup *backup,
						       struct megolm_device *device,
						       struct megolm_slice *plain,
						       struct megolm_slice session_id,
						       struct megolm_slice session_data);

/* Whether `auth_data` of a symmetric backup was made with this key. */
enum megolm_err MEGOLM_MUST_CHECK megolm_backup_seal_nothing(const struct megolm_backup *backup,
							     struct megolm_device *device,
							     struct megolm_text *out);
enum megolm_err MEGOLM_MUST_CHECK megolm_backup_unseal_nothing(const struct megolm_backup *backup,
							       struct megolm_slice auth_data);
#endif
