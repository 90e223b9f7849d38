#ifndef MEGOLM_SCENE_H
#define MEGOLM_SCENE_H
#include "matrix.h"
#include "megolm_keys.h"

/* Every operation of megolm/ that calls libolm, with what has to be there before it. */

/* Alice, and Bob who has read her; Carol; Bob's phone; somebody who wants cross-signed devices. */
struct scene {
	struct matrix_story story;
	struct matrix_device carol, phone, wary;
	struct matrix_outbox out;
	struct megolm_identity *identity; /* of Bob */
	struct megolm_backup *backup;
	enum megolm_backup_algorithm algorithm;
	struct megolm_peer *peer;
	struct megolm_device *made; /* by the operation */
	struct megolm_attachment attachment;
	uint8_t bytes[1 << 16];
	size_t len;
};

void scene_open(struct scene *s, enum megolm_backup_algorithm algorithm);
void scene_close(struct scene *s);

/* What an operation that failed may leave behind. */
enum allowed {
	UNCHANGED,
	SPENDS, /* the key of a message that was decrypted is used up */
	SERVES, /* some have what all were to get */
	KEEPS,  /* the account keeps what was made, and gives it next time */
	RUINS,  /* the device is of no use until the call succeeds */
};

struct operation {
	const char *name;
	void (*prepare)(struct scene *s);
	enum megolm_err (*call)(struct scene *s);
	enum allowed allowed;
	enum megolm_backup_algorithm algorithm;
};

extern const struct operation operations[];
extern const size_t n_operations;

#endif
