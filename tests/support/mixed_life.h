#ifndef MIXED_LIFE_H
#define MIXED_LIFE_H
#include "mixed_mail.h"
#include "mixed_walk.h"

/* What the steps of a walk share: the group while it lives. */

#define MIXED_NEWCOMERS 200

/* The group as the delivery service sees it. */
struct life {
	const struct mixed_walk *walk;
	struct gb_world *world[MIXED_PARTIES];
	struct mixed_mail mail, key_material;
	struct device {
		bool is_member, is_leaving, was_removed;
		uint32_t leaf; /* where the walk has no `tree` */
	} * device;            /* those that are live; capacity of them */
	uint32_t n_members;    /* that are live */
	uint32_t next;         /* the device that was never used */
	uint32_t dormant;      /* the next member that is not live */
	uint32_t n_sent, n_psks;
	bool is_cut;      /* a peer does what it is known to do wrong: nothing follows from it */
	uint32_t n_blank; /* at most so many leaves are blank between those of members */
	FILE *story;
	char *broken;
};

/* The step breaks, and this is why: false. */
bool mixed_broken(struct life *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether the call went well; it breaks the walk where not. */
bool mixed_is_ok(struct life *l, const char *call, uint32_t device, enum gb_status status);

/* Where the device lives. */
const struct gb_backend *mixed_backend(const struct life *l, uint32_t device);
struct gb_world *mixed_world(const struct life *l, uint32_t device);

/* Every commit that was sent, to every member. */
bool mixed_deliver(struct life *l);
/* The last message, by which a member shows the ratchet tree; NULL when it cannot. */
const struct gb_message *mixed_fetch_tree(struct life *l, uint32_t actor);
/* A newcomer gets the Welcome, and the ratchet tree where it travels apart. */
bool mixed_let_join(struct life *l, uint32_t device, const struct gb_message *tree);

/* A commit by this call, and its delivery. */
typedef enum gb_status mixed_act(struct gb_world *w, uint32_t device, struct gb_outbox *out);
bool mixed_commit(struct life *l, uint32_t actor, const char *call, mixed_act *make);
bool mixed_rekey(struct life *l, uint32_t actor);

/* Of mixed_faults.c: whether a tree is refused for a known fault, by who joins, or a commit, after
 * which the walk is cut; whether the GroupInfo of this device, and that which it reads, is its own
 * kind; whether everybody can go on in a successor. */
bool mixed_is_known_refusal(struct life *l, uint32_t device, enum gb_status status);
bool mixed_is_known_split(struct life *l, uint32_t device, uint32_t committer,
			  enum gb_status status);
bool mixed_has_own_external_pub(const struct life *l, uint32_t device);
bool mixed_can_succeed(const struct life *l);

/* Steps of mixed_resumption.c. */
bool mixed_resume(struct life *l, uint32_t actor);
bool mixed_reinit(struct life *l, uint32_t actor, uint32_t founder);

#endif
