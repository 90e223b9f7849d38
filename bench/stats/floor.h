#ifndef GB_STATS_FLOOR_H
#define GB_STATS_FLOOR_H
#include "stats/megolm_sizes.h"
#include "stats/tally.h"
#include "stats/tree_history.h"

/*
 * The crypto floor: the primitive operations that a protocol demands of one role for one
 * operation, whatever the implementation. It is computed from the shape of the group alone;
 * counters of an implementation never enter it, so that waste cannot hide. Times prices
 * that raw calls of a library cost, it is a time no implementation on that library can go
 * below, unless it verifies in batches or remembers what it has verified.
 */
enum gb_floor_protocol { GB_FLOOR_MLS, GB_FLOOR_MEGOLM };

enum gb_floor_step {
	GB_FLOOR_NOTHING,
	GB_FLOOR_CREATE,
	GB_FLOOR_ADD,
	GB_FLOOR_REMOVE,
	GB_FLOOR_REKEY,
	GB_FLOOR_SEND,
	/* The parts of CREATE at the actor; Megolm only. */
	GB_FLOOR_CLAIM,
	GB_FLOOR_VERIFY,
	GB_FLOOR_SESSION,
	GB_FLOOR_ENCRYPT,
	GB_FLOOR_SINGLE, /* k calls of one primitive, no group involved */
	/* Keys of k sessions of the past, and what a member has, stored; Megolm only, but for
	 * STORE. */
	GB_FLOOR_BACKUP,
	GB_FLOOR_RESTORE_ONE,
	GB_FLOOR_RESTORE_ROOM, /* one of ten */
	GB_FLOOR_RESTORE_ALL,
	GB_FLOOR_FORWARD,
	GB_FLOOR_KEY_FILE,
	GB_FLOOR_DEHYDRATED,
	GB_FLOOR_RECOVER,
	GB_FLOOR_STORE,
	GB_FLOOR_WITHHOLD, /* Megolm only */
	GB_FLOOR_PUBLISH,  /* what a new device uploads, the actor */
};

/* An asker is who wants keys of the past, before it gets them; then it is a member. Who is withheld
 * keys is told so. */
enum gb_floor_role {
	GB_FLOOR_ACTOR,
	GB_FLOOR_MEMBER,
	GB_FLOOR_JOINER,
	GB_FLOOR_ASKER,
	GB_FLOOR_WITHHELD,
};

/* States of Olm sessions that the formulas know. */
enum gb_floor_olm { GB_FLOOR_OLM_NEW, GB_FLOOR_OLM_RATCHET, GB_FLOOR_OLM_CHAIN };

/* How a backup is encrypted: the axis. */
enum gb_floor_backup { GB_FLOOR_BACKUP_PK, GB_FLOOR_BACKUP_PK_MAC, GB_FLOOR_BACKUP_SYM };

/* Bytes that each message of the past says, by who moves its keys: bench/run/archive.c. */
#define GB_FLOOR_OLD_PLAINTEXT 43

struct gb_floor_case {
	enum gb_floor_protocol protocol;
	enum gb_floor_step before; /* made first, not counted: NOTHING, ADD or REMOVE of k; REKEY
				    * before a SEND, which is then the first of its keys */
	enum gb_floor_step step;
	bool one_by_one; /* k members in k steps instead of one; the role pays for all of them */
	enum gb_floor_role role;
	uint32_t device;          /* who plays the role; the actor is device 0 */
	uint32_t size;            /* members before `before`; of CREATE: after it. At least 2. */
	uint32_t k;               /* of ADD and REMOVE, in either place, of WITHHOLD and SINGLE;
				   * sessions; one-time keys or KeyPackages */
	enum gb_primitive single; /* of SINGLE: keygen, dh, sign, verify, hash, hmac, aead or cbc */
	const uint32_t *leavers;  /* k devices, with REMOVE in either place; device 0 stays */
	uint32_t payload;         /* plaintext of SEND */
	bool rotates;             /* of SEND: new keys first, as of a REKEY */

	/* MLS */
	struct gb_tree_history tree;
	bool path;         /* commits that only add carry an UpdatePath */
	bool tree_apart;   /* the Welcome does not hold the tree */
	bool private;      /* commits are PrivateMessages */
	bool has_sent;     /* the actor has, in the epoch before: its ratchets are there */
	uint32_t padding;  /* 0, or application messages are padded to a multiple of it */
	uint32_t identity; /* bytes */
	uint32_t suite;

	/* Megolm */
	enum gb_floor_olm olm;
	uint32_t senders; /* devices that act, one after the other; the actor pays for all */
	uint32_t devices_per_user;
	bool cross_signed;           /* users vouch for their devices */
	bool without_device_keys;    /* Olm messages do not carry the sender's */
	bool shared_history;         /* newcomers get the keys of the past too, from the actor */
	enum gb_floor_backup backup; /* of BACKUP and RESTORE_ */
	uint32_t rounds;             /* of KEY_FILE: PBKDF2's */
};

enum gb_floor_answer {
	GB_FLOOR_KNOWN,
	GB_FLOOR_UNKNOWN, /* there is no formula for this case */
	GB_FLOOR_NO_MEMORY,
};

/*
 * What the role cannot avoid, in *counts, which is otherwise zero. All of what the actor
 * does is in it, both what it does before its commit comes back and after.
 */
enum gb_floor_answer gb_floor(const struct gb_floor_case *c, struct gb_tally *counts);

/* The two halves of it, by protocol. */
enum gb_floor_answer gb_floor_mls(const struct gb_floor_case *c, struct gb_tally *counts);
enum gb_floor_answer gb_floor_megolm(const struct gb_floor_case *c, struct gb_tally *counts);

/* Of both, what a new device makes before anybody can reach it. */
enum gb_floor_answer gb_floor_publish(const struct gb_floor_case *c, struct gb_tally *counts);

/* Of the second, what moves keys of the past. */
bool gb_floor_moves_keys(enum gb_floor_step step);
enum gb_floor_answer gb_floor_keys(const struct gb_floor_case *c, struct gb_tally *counts);

/* What Olm messages carry of their sender. */
enum gb_sender_keys gb_sender_keys_of(const struct gb_floor_case *c);
#endif
