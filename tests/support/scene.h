#ifndef SCENE_H
#define SCENE_H
#include "forge.h"

/*
 * What tests of rules share: a group in which every member has committed once, a client who
 * wants to join, and a member who forges.
 */
enum { VICTIM, FORGER, THIRD, LAST, N_SCENE };

struct scene {
	struct world *w;
	uint32_t outsider;
	struct mls_buf package; /* of the outsider */
	struct forgery f;
	struct mls_buf message; /* what the victim will receive */
};

void scene_begin(struct scene *s);
void scene_end(struct scene *s);

/* The victim refuses the message with this error, and goes on as if it had not come. */
void scene_expect_refusal(struct scene *s, const char *what, enum mls_err want);

/* Puts a proposal into what is forged. */
void scene_put(struct scene *s, struct mls_proposal proposal);

/* The outsider's Add; an Update with the present leaf of a member. */
struct mls_proposal scene_add(const struct scene *s);
struct mls_proposal scene_update(const struct scene *s, uint32_t leaf);

/* Proposals that need no scene. The PSK is external with id "known", or a resumption PSK of no
 * group. */
struct mls_proposal forge_remove(uint32_t leaf);
struct mls_proposal forge_external_init(void);
struct mls_proposal forge_psk(uint8_t type, uint8_t usage, size_t nonce_len);
struct mls_proposal forge_reinit(uint16_t version);
struct mls_proposal forge_extensions(struct mls_slice body);
#endif
