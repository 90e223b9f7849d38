/*
 * Prints where groupbench_backend.h puts each member, as Rust: build.rs compiles and runs it, and
 * src/abi.rs does not compile when its mirror has a member elsewhere. A function whose type is not
 * the one below does not compile here: change the mirror with it.
 */
#include <stdio.h>

#include "groupbench_backend.h"

typedef enum gb_status status;
typedef struct gb_world world;
typedef struct gb_outbox outbox;
typedef const struct gb_published published;
typedef const struct gb_message message;
typedef struct gb_bytes bytes;

#define SIZE(type)                                                                                 \
	printf("pub mod %s {\n    pub const SIZE: usize = %zu;\n", #type, sizeof(struct type))
#define END() printf("}\n")
#define MEMBER(type, name)                                                                         \
	printf("    pub const %s: usize = %zu;\n", #name, offsetof(struct type, name))
#define FUNCTION(name, result, ...)                                                                \
	MEMBER(gb_backend, name);                                                                  \
	(void)_Generic(((struct gb_backend *)0)->name, result(*)(__VA_ARGS__) : 0)
#define CALL(name, ...) FUNCTION(name, status, __VA_ARGS__)

static void print_messages(void)
{
	SIZE(gb_bytes);
	MEMBER(gb_bytes, p);
	MEMBER(gb_bytes, len);
	END();
	SIZE(gb_message);
	MEMBER(gb_message, kind);
	MEMBER(gb_message, address);
	MEMBER(gb_message, fanout);
	MEMBER(gb_message, from);
	MEMBER(gb_message, n_to);
	MEMBER(gb_message, to);
	MEMBER(gb_message, body);
	MEMBER(gb_message, uploaded);
	MEMBER(gb_message, raw);
	MEMBER(gb_message, event);
	END();

	SIZE(gb_outbox);
	MEMBER(gb_outbox, reserve);
	MEMBER(gb_outbox, commit);
	END();

	SIZE(gb_published);
	MEMBER(gb_published, device);
	MEMBER(gb_published, body);
	END();
}

static void print_worlds(void)
{
	SIZE(gb_axis);
	MEMBER(gb_axis, name);
	MEMBER(gb_axis, value);
	END();
	SIZE(gb_config);
	MEMBER(gb_config, struct_size);
	MEMBER(gb_config, seed);
	MEMBER(gb_config, capacity);
	MEMBER(gb_config, axes);
	MEMBER(gb_config, n_axes);
	END();

	SIZE(gb_shape);
	MEMBER(gb_shape, struct_size);
	MEMBER(gb_shape, size);
	MEMBER(gb_shape, joiners);
	MEMBER(gb_shape, without_group);
	MEMBER(gb_shape, live);
	MEMBER(gb_shape, n_live);
	MEMBER(gb_shape, actors);
	MEMBER(gb_shape, n_actors);
	END();
}

static void print_numbers(void)
{
#define NUMBER(name) printf("pub const %s: u32 = %u;\n", #name, (unsigned)(name))
	NUMBER(GB_ABI);
	NUMBER(GB_FAILED);
	NUMBER(GB_APPLICATION);
	NUMBER(GB_ROOM_KEY);
	NUMBER(GB_TO_SERVER);
	NUMBER(GB_FANOUT_CLIENT);
	NUMBER(GB_NOT_SUPPORTED);
	NUMBER(GB_SETTLES);
	NUMBER(GB_SEALED);
	NUMBER(GB_REPLAYS);
	NUMBER(GB_PER_SENDER);
	NUMBER(GB_FORGERY_SPENDS);
	NUMBER(GB_ENVELOPED);
	NUMBER(GB_FALLBACK);
	NUMBER(GB_WITHHELD);
	NUMBER(GB_REASONS);
	NUMBER(GB_LAST_RESORT);
	NUMBER(GB_DIGEST_BYTES);
}

static void print_required(void)
{
	SIZE(gb_backend);
	MEMBER(gb_backend, struct_size);
	MEMBER(gb_backend, abi);
	MEMBER(gb_backend, features);
	MEMBER(gb_backend, name);
	FUNCTION(axis, enum gb_answer, const char *, const char *, const char **);
	MEMBER(gb_backend, max_size);
	CALL(open, world **, const struct gb_config *);
	FUNCTION(close, void, world *);
	FUNCTION(version, const char *, void);
	FUNCTION(error, const char *, const world *);
	CALL(publish, world *, uint32_t, outbox *);
	CALL(publish_many, world *, uint32_t, uint32_t, outbox *);
	CALL(materialise, world *, uint32_t);
	CALL(shape, world *, const struct gb_shape *);
	CALL(create, world *, uint32_t, published *, size_t, outbox *);
	CALL(add, world *, uint32_t, published *, size_t, outbox *);
	CALL(remove, world *, uint32_t, const uint32_t *, size_t, outbox *);
	CALL(rekey, world *, uint32_t, outbox *);
	CALL(send, world *, uint32_t, bytes, outbox *);
	CALL(process, world *, uint32_t, message *);
	CALL(join, world *, uint32_t, message *, size_t);
	CALL(receive, world *, uint32_t, message *, bytes *);
	CALL(digest, world *, uint32_t, uint32_t, uint8_t *);
}

static void print_optional(void)
{
	CALL(checkpoint, world *);
	CALL(rollback, world *);
	CALL(fork, world *, uint32_t, uint32_t);
	MEMBER(gb_backend, save);
	MEMBER(gb_backend, load);
	CALL(state_size, world *, uint32_t, uint64_t *);
	CALL(propose_update, world *, uint32_t, outbox *);
	CALL(propose_add, world *, uint32_t, published *, outbox *);
	CALL(propose_remove, world *, uint32_t, uint32_t, outbox *);
	CALL(commit_pending, world *, uint32_t, outbox *);
	CALL(discard, world *, uint32_t);
	CALL(group_info, world *, uint32_t, outbox *);
	CALL(fetch_tree, world *, uint32_t, outbox *);
	CALL(join_external, world *, uint32_t, message *, size_t, outbox *);
	CALL(heals, world *, uint32_t, int *);
	CALL(fetched, world *, uint32_t, uint64_t *);
	CALL(asked, world *, uint32_t, uint64_t *);
	CALL(share, world *, uint32_t, outbox *);
	MEMBER(gb_backend, create_part);
	CALL(skip, world *, uint32_t, uint32_t);
	CALL(store, world *, uint32_t, uint64_t *);
	CALL(reload, world *, uint32_t);
	MEMBER(gb_backend, history);
	MEMBER(gb_backend, backup);
	MEMBER(gb_backend, stored);
	MEMBER(gb_backend, restore);
	MEMBER(gb_backend, read_old);
	MEMBER(gb_backend, single_prepare);
	MEMBER(gb_backend, single);
	MEMBER(gb_backend, single_check);
	MEMBER(gb_backend, counts);
	MEMBER(gb_backend, clocks);
	MEMBER(gb_backend, allocations);
	CALL(set_psk, world *, uint32_t, bytes, bytes);
	CALL(commit_psk, world *, uint32_t, bytes, outbox *);
	MEMBER(gb_backend, advance);
	CALL(first_index, world *, uint32_t, uint32_t, uint32_t *);
	CALL(fetched_raw, world *, uint32_t, uint64_t *);
	MEMBER(gb_backend, want);
	MEMBER(gb_backend, give);
	MEMBER(gb_backend, take);
	MEMBER(gb_backend, keys_reused);
	CALL(commit_resumption, world *, uint32_t, outbox *);
	CALL(reinit, world *, uint32_t, outbox *);
	CALL(succeed, world *, uint32_t, published *, size_t, outbox *);
	CALL(withhold, world *, uint32_t, enum gb_reason, const uint32_t *, size_t, outbox *);
	CALL(withheld, world *, uint32_t, message *, enum gb_reason *);
	CALL(enrol, world *, uint32_t, uint32_t, outbox *);
	CALL(reach, world *, uint32_t, uint32_t, uint32_t, message *, size_t, outbox *);
	CALL(reached, world *, uint32_t, message *);
}

int main(void)
{
	print_numbers();
	print_messages();
	print_worlds();
	print_required();
	print_optional();
	END();
	return 0;
}
