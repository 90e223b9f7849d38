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

/* The path of an honest external commit of a client, who then forges the rest; `honest` is its
 * memory. */
void scene_joins(struct scene *s, uint32_t client, const struct mls_external_request *request,
		 struct mls_buf *honest);

/* The victim refuses the message with this error, and its whole state is what it was, but for a
 * message key that has decrypted something. */
void scene_refuses(struct scene *s, const char *what, enum mls_err want);

/* The same, and the group goes on as if the message had not come; no proposal waits in it. */
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
