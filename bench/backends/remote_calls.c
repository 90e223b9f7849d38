/* The functions of the table at a child process: what each asks, and what it gets. */
#include "backends/remote_world.h"
#include <string.h>

#define PLAIN(call)                                                                                \
	static enum gb_status remote_##call(struct gb_world *w)                                    \
	{                                                                                          \
		gb_remote_begin(w, GB_PROCESS_##call);                                             \
		return gb_remote_ask_plain(w);                                                     \
	}
PLAIN(checkpoint)
PLAIN(rollback)
PLAIN(single_check)

#define AT_DEVICE(call)                                                                            \
	static enum gb_status remote_##call(struct gb_world *w, uint32_t device)                   \
	{                                                                                          \
		gb_frame_u32(gb_remote_begin(w, GB_PROCESS_##call), device);                       \
		return gb_remote_ask_plain(w);                                                     \
	}
AT_DEVICE(materialise)
AT_DEVICE(discard)
AT_DEVICE(reload)
AT_DEVICE(single)

#define TWO_NUMBERS(call)                                                                          \
	static enum gb_status remote_##call(struct gb_world *w, uint32_t device, uint32_t other)   \
	{                                                                                          \
		struct gb_frame *f = gb_remote_begin(w, GB_PROCESS_##call);                        \
                                                                                                   \
		gb_frame_u32(f, device);                                                           \
		gb_frame_u32(f, other);                                                            \
		return gb_remote_ask_plain(w);                                                     \
	}
TWO_NUMBERS(fork)
TWO_NUMBERS(skip)

#define GIVES_NUMBER(call)                                                                         \
	static enum gb_status remote_##call(struct gb_world *w, uint32_t device, uint64_t *number) \
	{                                                                                          \
		gb_frame_u32(gb_remote_begin(w, GB_PROCESS_##call), device);                       \
		return gb_remote_ask_number(w, number);                                            \
	}
GIVES_NUMBER(state_size)
GIVES_NUMBER(fetched)
GIVES_NUMBER(fetched_raw)
GIVES_NUMBER(asked)
GIVES_NUMBER(store)

/* Begins a call that sends, with its first number; NULL where nothing can be sent. */
static struct gb_frame *begin_sending(struct gb_world *w, enum gb_process_call call,
				      uint32_t number, struct gb_outbox *out)
{
	struct gb_frame *f = gb_remote_has_room(w, out) ? gb_remote_begin(w, call) : NULL;

	if (f != NULL)
		gb_frame_u32(f, number);
	return f;
}

#define SENDS(call)                                                                                \
	static enum gb_status remote_##call(struct gb_world *w, uint32_t device,                   \
					    struct gb_outbox *out)                                 \
	{                                                                                          \
		if (begin_sending(w, GB_PROCESS_##call, device, out) == NULL)                      \
			return GB_FAILED;                                                          \
		return gb_remote_ask_sending(w, out);                                              \
	}
SENDS(publish)
SENDS(rekey)
SENDS(propose_update)
SENDS(commit_pending)
SENDS(group_info)
SENDS(fetch_tree)
SENDS(share)
SENDS(backup)
SENDS(commit_resumption)
SENDS(reinit)

static void put_published(struct gb_frame *f, const struct gb_published *published, size_t n)
{
	gb_frame_u32(f, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		gb_frame_u32(f, published[i].device);
		gb_frame_bytes(f, published[i].body);
	}
}

static enum gb_status send_to_published(struct gb_world *w, enum gb_process_call call,
					uint32_t device, const struct gb_published *published,
					size_t n, struct gb_outbox *out)
{
	struct gb_frame *f = begin_sending(w, call, device, out);

	if (f == NULL)
		return GB_FAILED;
	put_published(f, published, n);
	return gb_remote_ask_sending(w, out);
}

static enum gb_status remote_create(struct gb_world *w, uint32_t device,
				    const struct gb_published *others, size_t n,
				    struct gb_outbox *out)
{
	return send_to_published(w, GB_PROCESS_create, device, others, n, out);
}

static enum gb_status remote_add(struct gb_world *w, uint32_t device,
				 const struct gb_published *joining, size_t n,
				 struct gb_outbox *out)
{
	return send_to_published(w, GB_PROCESS_add, device, joining, n, out);
}

static enum gb_status remote_propose_add(struct gb_world *w, uint32_t device,
					 const struct gb_published *joining, struct gb_outbox *out)
{
	return send_to_published(w, GB_PROCESS_propose_add, device, joining, 1, out);
}

static enum gb_status remote_succeed(struct gb_world *w, uint32_t device,
				     const struct gb_published *others, size_t n,
				     struct gb_outbox *out)
{
	return send_to_published(w, GB_PROCESS_succeed, device, others, n, out);
}

static enum gb_status remote_create_part(struct gb_world *w, uint32_t device, enum gb_part part,
					 const struct gb_published *others, size_t n,
					 struct gb_outbox *out)
{
	struct gb_frame *f = begin_sending(w, GB_PROCESS_create_part, device, out);

	if (f == NULL)
		return GB_FAILED;
	gb_frame_u8(f, part);
	put_published(f, others, n);
	return gb_remote_ask_sending(w, out);
}

#define SENDS_OF_NUMBER(call)                                                                      \
	static enum gb_status remote_##call(struct gb_world *w, uint32_t device, uint32_t number,  \
					    struct gb_outbox *out)                                 \
	{                                                                                          \
		struct gb_frame *f = begin_sending(w, GB_PROCESS_##call, device, out);             \
                                                                                                   \
		if (f == NULL)                                                                     \
			return GB_FAILED;                                                          \
		gb_frame_u32(f, number);                                                           \
		return gb_remote_ask_sending(w, out);                                              \
	}
SENDS_OF_NUMBER(publish_many)
SENDS_OF_NUMBER(propose_remove)
SENDS_OF_NUMBER(enrol)

static enum gb_status remote_shape(struct gb_world *w, const struct gb_shape *shape)
{
	struct gb_frame *f = gb_remote_begin(w, GB_PROCESS_shape);

	gb_frame_u32(f, shape->size);
	gb_frame_u32(f, shape->joiners);
	gb_frame_u8(f, shape->without_group != 0);
	gb_frame_devices(f, shape->live, shape->n_live);
	gb_frame_devices(f, shape->actors, shape->n_actors);
	return gb_remote_ask_plain(w);
}

static enum gb_status remote_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				    size_t n, struct gb_outbox *out)
{
	struct gb_frame *f = begin_sending(w, GB_PROCESS_remove, device, out);

	if (f == NULL)
		return GB_FAILED;
	gb_frame_devices(f, leaving, n);
	return gb_remote_ask_sending(w, out);
}

static enum gb_status remote_withhold(struct gb_world *w, uint32_t device, enum gb_reason reason,
				      const uint32_t *members, size_t n, struct gb_outbox *out)
{
	struct gb_frame *f = begin_sending(w, GB_PROCESS_withhold, device, out);

	if (f == NULL)
		return GB_FAILED;
	gb_frame_u32(f, reason);
	gb_frame_devices(f, members, n);
	return gb_remote_ask_sending(w, out);
}

static enum gb_status remote_send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
				  struct gb_outbox *out)
{
	struct gb_frame *f = begin_sending(w, GB_PROCESS_send, device, out);

	if (f == NULL)
		return GB_FAILED;
	gb_frame_bytes(f, plaintext);
	return gb_remote_ask_sending(w, out);
}

/* Begins a call at `device`, and for others with `second`, that names n messages last. */
static enum gb_status begin_with(struct gb_world *w, enum gb_process_call call,
				 const uint32_t *numbers, size_t n_numbers,
				 const struct gb_message *m, size_t n)
{
	uint32_t named[GB_REMOTE_MESSAGES];
	struct gb_frame *f;

	if (gb_remote_messages(w, m, n, named) != GB_OK)
		return GB_FAILED;
	f = gb_remote_begin(w, call);
	for (size_t i = 0; i < n_numbers; i++)
		gb_frame_u32(f, numbers[i]);
	gb_frame_devices(f, named, n);
	return GB_OK;
}

#define TAKES_ONE(call)                                                                            \
	static enum gb_status remote_##call(struct gb_world *w, uint32_t device,                   \
					    const struct gb_message *m)                            \
	{                                                                                          \
		if (begin_with(w, GB_PROCESS_##call, &device, 1, m, 1) != GB_OK)                   \
			return GB_FAILED;                                                          \
		return gb_remote_ask_plain(w);                                                     \
	}
TAKES_ONE(process)
TAKES_ONE(reached)

static enum gb_status remote_join(struct gb_world *w, uint32_t device, const struct gb_message *m,
				  size_t n)
{
	return begin_with(w, GB_PROCESS_join, &device, 1, m, n) == GB_OK ? gb_remote_ask_plain(w)
									 : GB_FAILED;
}

static enum gb_status remote_join_external(struct gb_world *w, uint32_t device,
					   const struct gb_message *m, size_t n,
					   struct gb_outbox *out)
{
	if (!gb_remote_has_room(w, out) ||
	    begin_with(w, GB_PROCESS_join_external, &device, 1, m, n) != GB_OK)
		return GB_FAILED;
	return gb_remote_ask_sending(w, out);
}

static enum gb_status remote_receive(struct gb_world *w, uint32_t device,
				     const struct gb_message *m, struct gb_bytes *plaintext)
{
	if (begin_with(w, GB_PROCESS_receive, &device, 1, m, 1) != GB_OK)
		return GB_FAILED;
	return gb_remote_ask_bytes(w, plaintext);
}

static enum gb_status remote_read_old(struct gb_world *w, uint32_t device,
				      const struct gb_message *m, struct gb_bytes *plaintext)
{
	if (begin_with(w, GB_PROCESS_read_old, &device, 1, m, 1) != GB_OK)
		return GB_FAILED;
	return gb_remote_ask_bytes(w, plaintext);
}

static enum gb_status remote_stored(struct gb_world *w, uint32_t device, uint32_t reader,
				    enum gb_scope scope, const struct gb_message *m, size_t n,
				    struct gb_outbox *out)
{
	const uint32_t numbers[] = {device, reader, scope};

	if (!gb_remote_has_room(w, out) ||
	    begin_with(w, GB_PROCESS_stored, numbers, 3, m, n) != GB_OK)
		return GB_FAILED;
	return gb_remote_ask_sending(w, out);
}

static enum gb_status remote_restore(struct gb_world *w, uint32_t device, enum gb_scope scope,
				     const struct gb_message *m, size_t n)
{
	const uint32_t numbers[] = {device, scope};

	return begin_with(w, GB_PROCESS_restore, numbers, 2, m, n) == GB_OK ? gb_remote_ask_plain(w)
									    : GB_FAILED;
}

/* A number that is below `end`. */
static enum gb_status ask_below(struct gb_world *w, uint64_t end, uint64_t *number)
{
	struct gb_frame_answer a;
	enum gb_status status = gb_remote_ask(w, &a);

	if (status != GB_OK)
		return status;
	*number = gb_reading_u64(&a.results);
	return a.results.is_bad || a.results.len > 0 || *number >= end ? gb_remote_malformed(w, &a)
								       : GB_OK;
}

static enum gb_status remote_withheld(struct gb_world *w, uint32_t device,
				      const struct gb_message *m, enum gb_reason *reason)
{
	uint64_t number = 0;
	enum gb_status status;

	if (begin_with(w, GB_PROCESS_withheld, &device, 1, m, 1) != GB_OK)
		return GB_FAILED;
	status = ask_below(w, GB_REASONS, &number);
	if (status == GB_OK)
		*reason = (enum gb_reason)number;
	return status;
}

/* How many messages the keys are in, of the past or of a new device, is the library's choice. */
static enum gb_status begin_with_many(struct gb_world *w, enum gb_process_call call,
				      const uint32_t *numbers, size_t n_numbers,
				      const struct gb_message *m, size_t n)
{
	if (n > GB_REMOTE_MESSAGES) {
		(void)gb_remote_fail(w, "a plugin in a process takes in 128 messages at most");
		return GB_UNSUPPORTED;
	}
	return begin_with(w, call, numbers, n_numbers, m, n);
}

static enum gb_status remote_want(struct gb_world *w, uint32_t device, enum gb_way way,
				  uint32_t holder, struct gb_outbox *out)
{
	struct gb_frame *f = begin_sending(w, GB_PROCESS_want, device, out);

	if (f == NULL)
		return GB_FAILED;
	gb_frame_u32(f, way);
	gb_frame_u32(f, holder);
	return gb_remote_ask_sending(w, out);
}

static enum gb_status remote_give(struct gb_world *w, uint32_t device, enum gb_way way,
				  uint32_t reader, const struct gb_message *m, size_t n,
				  struct gb_outbox *out)
{
	const uint32_t numbers[] = {device, way, reader};
	enum gb_status status = gb_remote_has_room(w, out) ? GB_OK : GB_FAILED;

	if (status == GB_OK)
		status = begin_with_many(w, GB_PROCESS_give, numbers, 3, m, n);
	return status == GB_OK ? gb_remote_ask_sending(w, out) : status;
}

/* The protocol has no messages in the answer. */
static enum gb_status remote_take(struct gb_world *w, uint32_t device, enum gb_way way,
				  const struct gb_message *m, size_t n, struct gb_outbox *out)
{
	const uint32_t numbers[] = {device, way};
	enum gb_status status = begin_with_many(w, GB_PROCESS_take, numbers, 2, m, n);

	(void)out;
	return status == GB_OK ? gb_remote_ask_plain(w) : status;
}

static enum gb_status remote_reach(struct gb_world *w, uint32_t device, uint32_t other, uint32_t i,
				   const struct gb_message *m, size_t n, struct gb_outbox *out)
{
	const uint32_t numbers[] = {device, other, i};
	enum gb_status status = gb_remote_has_room(w, out) ? GB_OK : GB_FAILED;

	if (status == GB_OK)
		status = begin_with_many(w, GB_PROCESS_reach, numbers, 3, m, n);
	return status == GB_OK ? gb_remote_ask_sending(w, out) : status;
}

static enum gb_status remote_history(struct gb_world *w, uint32_t device, uint32_t n,
				     uint32_t n_old, struct gb_bytes plaintext,
				     struct gb_outbox *out)
{
	struct gb_frame *f = begin_sending(w, GB_PROCESS_history, device, out);

	if (f == NULL)
		return GB_FAILED;
	gb_frame_u32(f, n);
	gb_frame_u32(f, n_old);
	gb_frame_bytes(f, plaintext);
	return gb_remote_ask_sending(w, out);
}

static enum gb_status remote_digest(struct gb_world *w, uint32_t device, uint32_t sender,
				    uint8_t out[GB_DIGEST_BYTES])
{
	struct gb_frame *f = gb_remote_begin(w, GB_PROCESS_digest);
	struct gb_frame_answer a;
	enum gb_status status;

	gb_frame_u32(f, device);
	gb_frame_u32(f, sender);
	status = gb_remote_ask(w, &a);
	if (status != GB_OK)
		return status;
	if (a.results.len != GB_DIGEST_BYTES)
		return gb_remote_malformed(w, &a);
	memcpy(out, a.results.p, GB_DIGEST_BYTES);
	return GB_OK;
}

static enum gb_status remote_first_index(struct gb_world *w, uint32_t device, uint32_t sender,
					 uint32_t *index)
{
	struct gb_frame *f = gb_remote_begin(w, GB_PROCESS_first_index);
	uint64_t number = 0;
	enum gb_status status;

	gb_frame_u32(f, device);
	gb_frame_u32(f, sender);
	status = ask_below(w, UINT64_C(1) << 32, &number);
	if (status == GB_OK)
		*index = (uint32_t)number;
	return status;
}

static enum gb_status remote_save(struct gb_world *w, uint32_t device, struct gb_bytes *state)
{
	gb_frame_u32(gb_remote_begin(w, GB_PROCESS_save), device);
	return gb_remote_ask_bytes(w, state);
}

static enum gb_status remote_load(struct gb_world *w, uint32_t device, struct gb_bytes state)
{
	struct gb_frame *f = gb_remote_begin(w, GB_PROCESS_load);

	gb_frame_u32(f, device);
	gb_frame_bytes(f, state);
	return gb_remote_ask_plain(w);
}

static enum gb_status remote_set_psk(struct gb_world *w, uint32_t device, struct gb_bytes id,
				     struct gb_bytes psk)
{
	struct gb_frame *f = gb_remote_begin(w, GB_PROCESS_set_psk);

	gb_frame_u32(f, device);
	gb_frame_bytes(f, id);
	gb_frame_bytes(f, psk);
	return gb_remote_ask_plain(w);
}

static enum gb_status remote_commit_psk(struct gb_world *w, uint32_t device, struct gb_bytes id,
					struct gb_outbox *out)
{
	struct gb_frame *f = begin_sending(w, GB_PROCESS_commit_psk, device, out);

	if (f == NULL)
		return GB_FAILED;
	gb_frame_bytes(f, id);
	return gb_remote_ask_sending(w, out);
}

static enum gb_status remote_advance(struct gb_world *w, uint64_t ms)
{
	gb_frame_u64(gb_remote_begin(w, GB_PROCESS_advance), ms);
	return gb_remote_ask_plain(w);
}

static enum gb_status remote_keys_reused(struct gb_world *w, uint64_t *n)
{
	(void)gb_remote_begin(w, GB_PROCESS_keys_reused);
	return gb_remote_ask_number(w, n);
}

static enum gb_status remote_heals(struct gb_world *w, uint32_t device, int *yes)
{
	uint64_t number = 0;
	enum gb_status status;

	gb_frame_u32(gb_remote_begin(w, GB_PROCESS_heals), device);
	status = gb_remote_ask_number(w, &number);
	if (status == GB_OK)
		*yes = number != 0;
	return status;
}

static enum gb_status remote_single_prepare(struct gb_world *w, enum gb_single which)
{
	gb_frame_u32(gb_remote_begin(w, GB_PROCESS_single_prepare), which);
	return gb_remote_ask_plain(w);
}

void gb_remote_fill(struct gb_backend *table, const struct gb_process_calls *calls, bool counts)
{
	table->close = gb_remote_close;
	table->error = gb_remote_error;
	table->clocks = gb_remote_clocks;
	table->counts = counts ? gb_remote_counts : NULL;
#define OFFER(call)                                                                                \
	if (gb_process_offers(calls, GB_PROCESS_##call))                                           \
		table->call = remote_##call;
	OFFER(publish)
	OFFER(publish_many)
	OFFER(materialise)
	OFFER(shape)
	OFFER(create)
	OFFER(add)
	OFFER(remove)
	OFFER(rekey)
	OFFER(send)
	OFFER(process)
	OFFER(join)
	OFFER(receive)
	OFFER(digest)
	OFFER(checkpoint)
	OFFER(rollback)
	OFFER(fork)
	OFFER(save)
	OFFER(load)
	OFFER(state_size)
	OFFER(propose_update)
	OFFER(propose_add)
	OFFER(propose_remove)
	OFFER(commit_pending)
	OFFER(discard)
	OFFER(group_info)
	OFFER(fetch_tree)
	OFFER(join_external)
	OFFER(heals)
	OFFER(fetched)
	OFFER(asked)
	OFFER(share)
	OFFER(create_part)
	OFFER(skip)
	OFFER(store)
	OFFER(reload)
	OFFER(history)
	OFFER(backup)
	OFFER(stored)
	OFFER(restore)
	OFFER(read_old)
	OFFER(single_prepare)
	OFFER(single)
	OFFER(single_check)
	OFFER(first_index)
	OFFER(advance)
	OFFER(want)
	OFFER(give)
	OFFER(take)
	OFFER(keys_reused)
	OFFER(set_psk)
	OFFER(commit_psk)
	OFFER(commit_resumption)
	OFFER(reinit)
	OFFER(succeed)
	OFFER(fetched_raw)
	OFFER(withhold)
	OFFER(withheld)
	OFFER(enrol)
	OFFER(reach)
	OFFER(reached)
#undef OFFER
}
