#ifndef GB_BACKENDS_MLS_WORLD_H
#define GB_BACKENDS_MLS_WORLD_H
#include "groupbench_backend.h"
#include "mls.h"
#include "mls_probe.h"
#include "seeded_random.h"
#include "stats/tree_history.h"

/*
 * The world of the mls backend: devices that share one set of cryptographic contexts, so
 * that their primitive operations are counted together, and nothing else but immutable
 * tree nodes. bench/backends/mls_world.c makes devices, groups and checkpoints;
 * bench/backends/mls.c plays the operations.
 */

struct gb_mls_key_package {
	struct mls_buf key_package, private_part;
};

/* A live device has a client; a member also has a group. */
struct gb_mls_device {
	struct mls_client *client;
	struct mls_group *group, *saved;
	struct mls_buf key_package, private_part; /* what others can add it by */
	struct gb_mls_key_package *uploaded;      /* by enrol(), until it is reached */
	uint32_t n_uploaded;
	bool has_joined; /* and by that consumed its key package */
	bool was_removed, was_removed_saved;
};

/* The axes this backend honours, as the configuration set them. */
struct gb_mls_axes {
	struct gb_tree_history tree;
	bool path;
	bool tree_in_welcome;
	enum mls_handshake handshake;
	uint32_t padding;
	uint16_t suite;
	enum mls_crypto_library crypto;
	uint32_t identity; /* bytes */
	uint32_t threads;
};

struct gb_world {
	struct gb_mls_axes axes;
	struct mls_policy policy;
	uint64_t seed;
	uint32_t capacity;
	struct gb_mls_device *device;
	uint32_t *live; /* which of them have a client, so that nothing walks over the others */
	uint32_t n_live;
	uint32_t n_enrolled;                    /* the last of them: a rollback takes them back */
	struct mls_client *root;                /* owns the contexts; member of nothing */
	struct mls_seeded_random random;        /* of the operations */
	struct mls_seeded_random member_random; /* of the device that is being made */
	uint8_t group_id[32];
	struct mls_probe_call *single; /* what was prepared last */
	struct mls_buf scratch;        /* what is not written straight into the outbox */
	char *identity;                /* of the device asked for last */
	char error[256];
};

/* One word and its value from the axes; used for planning (w is NULL) and for opening. */
enum gb_answer gb_mls_axis(const char *name, const char *value, const char **reason);
enum gb_status gb_mls_open(struct gb_world **out, const struct gb_config *config);
void gb_mls_close(struct gb_world *w);

/* Remembers what failed; the harness's word for the library's. */
enum gb_status gb_mls_failed(struct gb_world *w, const char *what, enum mls_err err);
enum gb_status gb_mls_refused(struct gb_world *w, const char *what, const char *why);

/* The identity of a device: its number in decimal, zeros in front. */
struct mls_slice gb_mls_identity(struct gb_world *w, uint32_t device);

/* Makes a device live that is dormant, with its published key package. */
enum gb_status gb_mls_materialise(struct gb_world *w, uint32_t device);

/* Makes a client of device and its key package, which nobody keeps. */
enum mls_err MLS_MUST_CHECK gb_mls_make_device(struct gb_world *w, struct gb_mls_device *out,
					       uint32_t device);
/* Another key package of the device that was made last. */
enum mls_err MLS_MUST_CHECK gb_mls_new_key_package(struct gb_world *w, struct gb_mls_device *d,
						   struct mls_buf *key_package,
						   struct mls_buf *private_part);
void gb_mls_drop_device(struct gb_mls_device *device);
void gb_mls_drop_uploaded(struct gb_mls_device *device);

/* The key package of a dormant device as all processes of a run share it, made if it was not there;
 * false where they share none. */
bool gb_mls_stocked(struct gb_world *w, uint32_t device, struct mls_slice *key_package);

/* What is in a buffer; and a message of this kind that stays at the server, without a body yet. */
struct mls_slice gb_mls_contents(const struct mls_buf *b);
struct gb_message gb_mls_to_server(enum gb_kind kind, uint32_t from);

/* Sends a message that lies elsewhere. */
enum gb_status gb_mls_post(struct gb_world *w, struct gb_outbox *out, struct gb_message m,
			   const struct mls_buf *body);

/* KeyPackages of devices that can be added; what a member shows of its group
 * (bench/backends/mls_publish.c). */
enum gb_status gb_mls_publish(struct gb_world *w, uint32_t device, struct gb_outbox *out);
enum gb_status gb_mls_publish_many(struct gb_world *w, uint32_t first, uint32_t n,
				   struct gb_outbox *out);
enum gb_status gb_mls_publish_group_info(struct gb_world *w, uint32_t device,
					 struct gb_outbox *out);
enum gb_status gb_mls_publish_tree(struct gb_world *w, uint32_t device, struct gb_outbox *out);

/* The group of a device that can act in it, or NULL: then error() says why (bench/backends/mls.c).
 */
struct mls_group *gb_mls_group_of(struct gb_world *w, uint32_t device, const char *what);

/*
 * Sends one commit and, where somebody joins, one Welcome, to these devices. Room for both is asked
 * for before anything is made, so that nothing half done is sent.
 */
enum gb_status gb_mls_commit(struct gb_world *w, uint32_t device, struct mls_group *group,
			     const struct mls_commit_request *request, const uint32_t *joining,
			     struct gb_outbox *out);

/* The same with one PSK and nothing else. */
enum gb_status gb_mls_commit_with_psk(struct gb_world *w, uint32_t device, struct mls_group *group,
				      const struct mls_psk_name *psk, struct gb_outbox *out);

/* The commit that adds these (bench/backends/mls.c). */
enum gb_status gb_mls_commit_adds(struct gb_world *w, uint32_t device, struct mls_group *group,
				  const struct gb_published *joining, size_t n,
				  struct gb_outbox *out);

/* Joins by a commit of the device's own (bench/backends/mls_external.c). */
enum gb_status gb_mls_join_external(struct gb_world *w, uint32_t device, const struct gb_message *m,
				    size_t n, struct gb_outbox *out);

/* External PSKs (bench/backends/mls_psk.c). */
enum gb_status gb_mls_set_psk(struct gb_world *w, uint32_t device, struct gb_bytes id,
			      struct gb_bytes psk);
enum gb_status gb_mls_commit_psk(struct gb_world *w, uint32_t device, struct gb_bytes id,
				 struct gb_outbox *out);

/* Resumption PSKs (bench/backends/mls_resumption.c). */
enum gb_status gb_mls_commit_resumption(struct gb_world *w, uint32_t device, struct gb_outbox *out);
enum gb_status gb_mls_reinit(struct gb_world *w, uint32_t device, struct gb_outbox *out);
enum gb_status gb_mls_succeed(struct gb_world *w, uint32_t device,
			      const struct gb_published *others, size_t n, struct gb_outbox *out);

/* What a new device publishes (bench/backends/mls_enrol.c). */
enum gb_status gb_mls_enrol(struct gb_world *w, uint32_t device, uint32_t n, struct gb_outbox *out);
enum gb_status gb_mls_reach(struct gb_world *w, uint32_t device, uint32_t other, uint32_t i,
			    const struct gb_message *m, size_t n, struct gb_outbox *out);
enum gb_status gb_mls_reached(struct gb_world *w, uint32_t device, const struct gb_message *m);

/* A device that has joined can join again by its key package, as in a rollback. */
enum gb_status gb_mls_keep_key_package(struct gb_world *w, uint32_t device);

enum gb_status gb_mls_shape(struct gb_world *w, const struct gb_shape *shape);
enum gb_status gb_mls_checkpoint(struct gb_world *w);
enum gb_status gb_mls_rollback(struct gb_world *w);
#endif
