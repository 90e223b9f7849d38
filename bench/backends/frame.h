#ifndef GB_BACKENDS_FRAME_H
#define GB_BACKENDS_FRAME_H
#include "groupbench_backend.h"
#include <stdbool.h>

/*
 * The frames between this program and a backend that is a child process, byte by byte in
 * docs/plugin-protocol.md. A frame is GB_FRAME_HEAD bytes, which are the mark and the number of
 * bytes behind it, and these bytes. All numbers are unsigned and begin with their lowest byte.
 */
#define GB_FRAME_MARK     "gbf1"
#define GB_FRAME_HEAD     8
#define GB_FRAME_MAX      ((size_t)1 << 28) /* bytes behind the head */
#define GB_FRAME_PROTOCOL 2
#define GB_FRAME_TEXT     512 /* longest text, but for names */

/* What is asked of a child. X(name); the first is 0. */
#define GB_PROCESS_CALLS(X)                                                                        \
	X(hello)                                                                                   \
	X(axis)                                                                                    \
	X(message)                                                                                 \
	X(forget)                                                                                  \
	X(open)                                                                                    \
	X(close)                                                                                   \
	X(publish)                                                                                 \
	X(publish_many)                                                                            \
	X(materialise)                                                                             \
	X(shape)                                                                                   \
	X(create)                                                                                  \
	X(add)                                                                                     \
	X(remove)                                                                                  \
	X(rekey)                                                                                   \
	X(send)                                                                                    \
	X(process)                                                                                 \
	X(join)                                                                                    \
	X(receive)                                                                                 \
	X(digest)                                                                                  \
	X(checkpoint)                                                                              \
	X(rollback)                                                                                \
	X(fork)                                                                                    \
	X(save)                                                                                    \
	X(load)                                                                                    \
	X(state_size)                                                                              \
	X(propose_update)                                                                          \
	X(propose_add)                                                                             \
	X(propose_remove)                                                                          \
	X(commit_pending)                                                                          \
	X(discard)                                                                                 \
	X(group_info)                                                                              \
	X(fetch_tree)                                                                              \
	X(join_external)                                                                           \
	X(heals)                                                                                   \
	X(fetched)                                                                                 \
	X(asked)                                                                                   \
	X(share)                                                                                   \
	X(create_part)                                                                             \
	X(skip)                                                                                    \
	X(store)                                                                                   \
	X(reload)                                                                                  \
	X(history)                                                                                 \
	X(backup)                                                                                  \
	X(stored)                                                                                  \
	X(restore)                                                                                 \
	X(read_old)                                                                                \
	X(single_prepare)                                                                          \
	X(single)                                                                                  \
	X(single_check)                                                                            \
	X(first_index)                                                                             \
	X(advance)                                                                                 \
	X(want)                                                                                    \
	X(give)                                                                                    \
	X(take)                                                                                    \
	X(keys_reused)                                                                             \
	X(set_psk)                                                                                 \
	X(commit_psk)                                                                              \
	X(commit_resumption)                                                                       \
	X(reinit)                                                                                  \
	X(succeed)                                                                                 \
	X(fetched_raw)                                                                             \
	X(withhold)                                                                                \
	X(withheld)                                                                                \
	X(enrol)                                                                                   \
	X(reach)                                                                                   \
	X(reached)

enum gb_process_call {
#define GB_PROCESS_CALL_ID(name) GB_PROCESS_##name,
	GB_PROCESS_CALLS(GB_PROCESS_CALL_ID)
#undef GB_PROCESS_CALL_ID
		GB_PROCESS_CALLS_N
};

const char *gb_process_call_name(enum gb_process_call call);

/* Which calls a child offers: a bit for each, from the lowest of the first number on. */
#define GB_CALL_WORDS 2

struct gb_process_calls {
	uint64_t word[GB_CALL_WORDS];
};

bool gb_process_offers(const struct gb_process_calls *calls, enum gb_process_call call);

/*
 * A frame to be sent. It grows as it is written; where memory runs out or it exceeds
 * GB_FRAME_MAX, is_bad is set and the rest is dropped.
 *
 *   begin   empties it, leaving room for the head; memory is kept for the next one
 *   end     writes the head; -1 when is_bad
 *   text    a length of 16 bits and the bytes, cut at 65535
 *   bytes   a length of 32 bits and the bytes
 */
struct gb_frame {
	uint8_t *p;
	size_t len, cap;
	bool is_bad;
};

void gb_frame_begin(struct gb_frame *f);
int gb_frame_end(struct gb_frame *f);
void gb_frame_free(struct gb_frame *f);
void gb_frame_u8(struct gb_frame *f, unsigned value);
void gb_frame_u32(struct gb_frame *f, uint32_t value);
void gb_frame_u64(struct gb_frame *f, uint64_t value);
void gb_frame_text(struct gb_frame *f, const char *text);
void gb_frame_bytes(struct gb_frame *f, struct gb_bytes bytes);
void gb_frame_devices(struct gb_frame *f, const uint32_t *device, size_t n);
void gb_frame_message(struct gb_frame *f, const struct gb_message *m);

/* What a head says follows: 1 to GB_FRAME_MAX bytes; 0 when it is no head. */
size_t gb_frame_length(const uint8_t head[GB_FRAME_HEAD]);

/*
 * A frame that was received, read from its beginning. What goes beyond its end is 0 or empty,
 * and sets is_bad, as does what is malformed; then nothing more is read.
 */
struct gb_reading {
	const uint8_t *p;
	size_t len;
	bool is_bad;
};

uint8_t gb_reading_u8(struct gb_reading *r);
uint32_t gb_reading_u32(struct gb_reading *r);
uint64_t gb_reading_u64(struct gb_reading *r);
struct gb_bytes gb_reading_raw(struct gb_reading *r, size_t len);
struct gb_bytes gb_reading_bytes(struct gb_reading *r);
/* A text in UTF-8 without control characters; its end is a zero in text[]. */
void gb_reading_text(struct gb_reading *r, char *text, size_t text_len);
/* A message, all but to[], whose numbers are at *to: m->n_to times 4 bytes. */
void gb_reading_message(struct gb_reading *r, struct gb_message *m, const uint8_t **to);
uint32_t gb_reading_device(const uint8_t *to, size_t i);

/* What every answer begins with. */
struct gb_frame_answer {
	uint32_t serial;
	enum gb_process_call call;
	enum gb_status status;
	struct gb_clocks clocks;
	struct gb_counts counts;
	unsigned n_counts;
	char error[GB_FRAME_TEXT];
	struct gb_reading results; /* what follows; nothing unless GB_OK */
};

/* 0, or -1 when the bytes are no answer. */
int gb_answer_read(struct gb_frame_answer *a, const uint8_t *p, size_t len);

/*
 * The messages of an answer, which are the rest of it: checked as a whole, before anything is
 * given away. *n and *total: how many, and the bytes of their bodies together. -1: malformed.
 */
int gb_answer_messages(const struct gb_frame_answer *a, size_t *n, size_t *total);

/* What a child says of itself. */
#define GB_HELLO_FILES 64

struct gb_hello {
	uint32_t protocol, abi, features, max_size;
	struct gb_process_calls calls;
	bool counts;
	char name[32], version[200];
	char files[GB_HELLO_FILES][GB_FRAME_TEXT];
	size_t n_files;
};

/* 0, or -1 when the results of an answer are no hello. */
int gb_hello_read(struct gb_hello *h, const struct gb_frame_answer *a);
#endif
