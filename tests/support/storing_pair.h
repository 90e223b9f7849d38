#ifndef STORING_PAIR_H
#define STORING_PAIR_H
#include "members.h"
#include "mls_storage.h"

/* A disk: one group, what it was put since, one key package. */
struct disk {
	struct mls_buf group, changes, key_package;
	size_t n_puts;
	size_t dies_at;  /* this put, from 1; 0: none */
	bool dies_after; /* once that put is done; else before */
	bool is_dead;
	bool refuses; /* every put, and goes on living */
};

/* The put of a struct mls_storage whose state is a disk. */
enum mls_err disk_put(void *disk, enum mls_stored what, struct mls_slice id,
		      struct mls_slice bytes);

/* A device that stores, in a group with one that does not. */
struct pair {
	struct disk disk;
	struct mls_client *client, *peer_client;
	struct mls_group *group, *peer;
	struct mls_buf package, private_part, commit, welcome, message;
	struct mls_event event;
};

void pair_begin(struct pair *p);
void pair_end(struct pair *p);

/* What is in the process is gone, what is on the disk is there again. */
void pair_restart(struct pair *p);

/* Whether a call died. One that did not must have succeeded, or say that it was done before. */
bool pair_died(struct pair *p, enum mls_err err, enum mls_err done_before);

/* Makes a call, and again after each death. */
#define LIVE(p, call, done_before)                                                                 \
	do {                                                                                       \
	} while (pair_died((p), (call), (done_before)))

/* Calls of the device. What has failed has made nothing. */
enum mls_err pair_publish(struct pair *p);
enum mls_err pair_join(struct pair *p);
enum mls_err pair_say(struct pair *p);
enum mls_err pair_hear(struct pair *p); /* p->message */
enum mls_err pair_commit(struct pair *p, enum mls_handshake handshake);

/* The peer's commit, which it merges. */
void pair_peer_commits(struct pair *p, const struct mls_commit_request *request);

/* The device publishes its key package, is added and joins. */
void pair_enter(struct pair *p);

/* The peer reads what the device says: with a key that was used before it could not. */
void pair_device_talks(struct pair *p);

/* What was received is not received again after a restart; a skipped message still is. */
void pair_peer_talks(struct pair *p);
#endif
