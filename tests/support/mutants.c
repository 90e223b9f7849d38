#include "mutants.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEVICES 4096
#define KEPT        16
#define BODY_BYTES  (1 << 17)

/* An application message and what it says. */
struct known_message {
	uint8_t body[BODY_BYTES], text[BODY_BYTES];
	size_t body_len, text_len;
	size_t number; /* how many were known before */
};

/*
 * The table of a backend has no room for a pointer of ours, so what a mutation must know
 * lies here. It begins anew with each world; a process plays one mutant at a time.
 */
static struct {
	const struct gb_backend *base;
	bool was_removed[MAX_DEVICES];
	size_t past[MAX_DEVICES]; /* how many messages were known when the device joined */
	struct known_message known[KEPT];
	size_t n_known;
	uint8_t repaired[BODY_BYTES];
	struct gb_bytes repaired_body;
} now;

static enum gb_status open_base(const struct gb_backend *base, struct gb_world **out,
				const struct gb_config *config)
{
	memset(&now, 0, sizeof(now));
	now.base = base;
	return base->open(out, config);
}

/* An outbox in front of another, through which a mutation sees or changes what is sent. */
struct tap {
	struct gb_outbox outbox; /* first, so that the backend's pointer leads back here */
	struct gb_outbox *behind;
	bool dropped_one;
};

static uint8_t *tap_reserve(struct gb_outbox *self, size_t capacity)
{
	struct gb_outbox *behind = ((struct tap *)self)->behind;

	return behind->reserve(behind, capacity);
}

/* ---- idle ---- */

static enum gb_status idle_add(struct gb_world *w, uint32_t device,
			       const struct gb_published *joining, size_t n, struct gb_outbox *out)
{
	(void)w, (void)device, (void)joining, (void)n, (void)out;
	return GB_OK;
}

static enum gb_status idle_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				  size_t n, struct gb_outbox *out)
{
	(void)w, (void)device, (void)leaving, (void)n, (void)out;
	return GB_OK;
}

static enum gb_status idle_rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	(void)w, (void)device, (void)out;
	return GB_OK;
}

static enum gb_status idle_send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
				struct gb_outbox *out)
{
	(void)w, (void)device, (void)plaintext, (void)out;
	return GB_OK;
}

static void make_idle(struct gb_backend *b)
{
	b->create = b->add = idle_add;
	b->remove = idle_remove;
	b->rekey = idle_rekey;
	b->send = idle_send;
}

/* ---- constant ---- */

static enum gb_status constant_digest(struct gb_world *w, uint32_t device, uint32_t sender,
				      uint8_t out[GB_DIGEST_BYTES])
{
	enum gb_status status = now.base->digest(w, device, sender, out);

	if (status == GB_OK)
		memset(out, 0x42, GB_DIGEST_BYTES);
	return status;
}

static void make_constant(struct gb_backend *b)
{
	b->digest = constant_digest;
}

/* ---- messages that a mutation remembers ---- */

static void remember_body(struct known_message *known, struct gb_bytes body)
{
	known->body_len = body.len < BODY_BYTES ? body.len : BODY_BYTES;
	memcpy(known->body, body.p, known->body_len);
}

static void remember_commit(struct gb_outbox *self, const struct gb_message *m)
{
	struct gb_outbox *behind = ((struct tap *)self)->behind;
	struct known_message *known = &now.known[now.n_known % KEPT];

	remember_body(known, m->body);
	behind->commit(behind, m);
}

static enum gb_status remembering_send(struct gb_world *w, uint32_t device,
				       struct gb_bytes plaintext, struct gb_outbox *out)
{
	struct tap tap = {.outbox = {tap_reserve, remember_commit}, .behind = out};
	struct known_message *known = &now.known[now.n_known % KEPT];
	enum gb_status status = now.base->send(w, device, plaintext, &tap.outbox);

	known->number = now.n_known;
	known->text_len = plaintext.len < BODY_BYTES ? plaintext.len : BODY_BYTES;
	memcpy(known->text, plaintext.p, known->text_len);
	now.n_known += status == GB_OK;
	return status;
}

/* Reads one of the first n remembered messages although the base refused it. */
static enum gb_status recall(const struct gb_message *m, size_t n, struct gb_bytes *plaintext)
{
	for (size_t i = 0; i < KEPT && i < now.n_known; i++) {
		const struct known_message *known = &now.known[i];

		if (known->number < n && known->body_len == m->body.len &&
		    memcmp(known->body, m->body.p, m->body.len) == 0) {
			*plaintext = (struct gb_bytes){known->text, known->text_len};
			return GB_OK;
		}
	}
	return GB_REJECTED;
}

/* ---- leaky ---- */

static enum gb_status leaky_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				   size_t n, struct gb_outbox *out)
{
	for (size_t i = 0; i < n; i++)
		now.was_removed[leaving[i] % MAX_DEVICES] = true;
	return now.base->remove(w, device, leaving, n, out);
}

static enum gb_status leaky_receive(struct gb_world *w, uint32_t device, const struct gb_message *m,
				    struct gb_bytes *plaintext)
{
	enum gb_status status = now.base->receive(w, device, m, plaintext);

	if (status == GB_REJECTED && now.was_removed[device % MAX_DEVICES])
		return recall(m, now.n_known, plaintext);
	return status;
}

static void make_leaky(struct gb_backend *b)
{
	b->send = remembering_send;
	b->remove = leaky_remove;
	b->receive = leaky_receive;
}

/* ---- open_past ---- */

static enum gb_status open_past_join(struct gb_world *w, uint32_t device,
				     const struct gb_message *m, size_t n)
{
	now.past[device % MAX_DEVICES] = now.n_known;
	return now.base->join(w, device, m, n);
}

static enum gb_status open_past_receive(struct gb_world *w, uint32_t device,
					const struct gb_message *m, struct gb_bytes *plaintext)
{
	enum gb_status status = now.base->receive(w, device, m, plaintext);

	return status == GB_REJECTED ? recall(m, now.past[device % MAX_DEVICES], plaintext)
				     : status;
}

static void make_open_past(struct gb_backend *b)
{
	b->send = remembering_send;
	b->join = open_past_join;
	b->receive = open_past_receive;
}

/* ---- replaying ---- */

static enum gb_status replaying_receive(struct gb_world *w, uint32_t device,
					const struct gb_message *m, struct gb_bytes *plaintext)
{
	enum gb_status status = now.base->receive(w, device, m, plaintext);

	return status == GB_REJECTED ? recall(m, now.n_known, plaintext) : status;
}

static void make_replaying(struct gb_backend *b)
{
	b->send = remembering_send;
	b->receive = replaying_receive;
}

/* ---- forgeable ---- */

/* Undoes the oracle's forgery (see enum gb_kind), as if the byte were not authenticated. */
static struct gb_bytes repaired(struct gb_bytes body)
{
	if (body.len < 24 || body.len > BODY_BYTES)
		return body;
	memcpy(now.repaired, body.p, body.len);
	now.repaired[body.len - 24] ^= 1;
	return (struct gb_bytes){now.repaired, body.len};
}

static enum gb_status forgeable_process(struct gb_world *w, uint32_t device,
					const struct gb_message *m)
{
	enum gb_status status = now.base->process(w, device, m);
	struct gb_message true_one = *m;

	if (status != GB_REJECTED)
		return status;
	true_one.body = repaired(m->body);
	return now.base->process(w, device, &true_one);
}

static enum gb_status forgeable_join(struct gb_world *w, uint32_t device,
				     const struct gb_message *m, size_t n)
{
	enum gb_status status = now.base->join(w, device, m, n);
	struct gb_message true_one = *m;

	if (status != GB_REJECTED || n != 1)
		return status;
	true_one.body = repaired(m->body);
	return now.base->join(w, device, &true_one, 1);
}

static enum gb_status forgeable_receive(struct gb_world *w, uint32_t device,
					const struct gb_message *m, struct gb_bytes *plaintext)
{
	enum gb_status status = now.base->receive(w, device, m, plaintext);
	struct gb_message true_one = *m;

	if (status != GB_REJECTED)
		return status;
	true_one.body = repaired(m->body);
	return now.base->receive(w, device, &true_one, plaintext);
}

static void make_forgeable(struct gb_backend *b)
{
	b->process = forgeable_process;
	b->join = forgeable_join;
	b->receive = forgeable_receive;
}

/* ---- forgetful ---- */

static enum gb_status forgetful_first_index(struct gb_world *w, uint32_t device, uint32_t sender,
					    uint32_t *index)
{
	enum gb_status status = now.base->first_index(w, device, sender, index);

	if (status == GB_OK)
		*index += device != sender;
	return status;
}

static void make_forgetful(struct gb_backend *b)
{
	b->first_index = forgetful_first_index;
}

/* ---- keyless ---- */

static enum gb_status keyless_first_index(struct gb_world *w, uint32_t device, uint32_t sender,
					  uint32_t *index)
{
	return device == sender ? now.base->first_index(w, device, sender, index) : GB_REJECTED;
}

static void make_keyless(struct gb_backend *b)
{
	b->first_index = keyless_first_index;
}

/* ---- reusing ---- */

static enum gb_status reusing_send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
				   struct gb_outbox *out)
{
	const struct known_message *first = &now.known[0];
	struct gb_message again = {.kind = GB_APPLICATION,
				   .address = GB_TO_GROUP,
				   .fanout = GB_FANOUT_SERVER,
				   .from = device};
	uint8_t *p;

	if (now.n_known == 0)
		return remembering_send(w, device, plaintext, out);
	p = out->reserve(out, first->body_len);
	if (p == NULL)
		return GB_FAILED;
	memcpy(p, first->body, first->body_len);
	again.body = (struct gb_bytes){p, first->body_len};
	out->commit(out, &again);
	return GB_OK;
}

static void make_reusing(struct gb_backend *b)
{
	b->send = reusing_send;
}

/* ---- unserved ---- */

/* Leaves out the first recipient of an operation. */
static void unserved_commit(struct gb_outbox *self, const struct gb_message *m)
{
	struct tap *tap = (struct tap *)self;
	struct gb_message rest = *m;

	if (m->kind == GB_COMMIT)
		remember_body(&now.known[0], m->body);
	if (m->address == GB_TO_DEVICES && !tap->dropped_one) {
		tap->dropped_one = true;
		rest.to++;
		rest.n_to--;
		if (rest.n_to == 0)
			return;
	}
	tap->behind->commit(tap->behind, &rest);
}

static enum gb_status unserved_create(struct gb_world *w, uint32_t device,
				      const struct gb_published *others, size_t n,
				      struct gb_outbox *out)
{
	struct tap tap = {.outbox = {tap_reserve, unserved_commit}, .behind = out};

	return now.base->create(w, device, others, n, &tap.outbox);
}

static enum gb_status unserved_add(struct gb_world *w, uint32_t device,
				   const struct gb_published *joining, size_t n,
				   struct gb_outbox *out)
{
	struct tap tap = {.outbox = {tap_reserve, unserved_commit}, .behind = out};

	return now.base->add(w, device, joining, n, &tap.outbox);
}

static enum gb_status unserved_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				      size_t n, struct gb_outbox *out)
{
	struct tap tap = {.outbox = {tap_reserve, unserved_commit}, .behind = out};

	return now.base->remove(w, device, leaving, n, &tap.outbox);
}

static enum gb_status unserved_rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct tap tap = {.outbox = {tap_reserve, unserved_commit}, .behind = out};

	return now.base->rekey(w, device, &tap.outbox);
}

/* A commit to all holds nothing for the actor's neighbour, who does not notice. */
static enum gb_status unserved_process(struct gb_world *w, uint32_t device,
				       const struct gb_message *m)
{
	struct gb_bytes genuine = {now.known[0].body, now.known[0].body_len};

	if (device == 1 && m->kind == GB_COMMIT && m->body.len == genuine.len &&
	    memcmp(m->body.p, genuine.p, genuine.len) == 0)
		return GB_OK;
	return now.base->process(w, device, m);
}

static void make_unserved(struct gb_backend *b)
{
	b->create = unserved_create;
	b->add = unserved_add;
	b->remove = unserved_remove;
	b->rekey = unserved_rekey;
	b->process = unserved_process;
}

/* ---- hasty, undying ---- */

static enum gb_status hasty_succeed(struct gb_world *w, uint32_t device,
				    const struct gb_published *others, size_t n,
				    struct gb_outbox *out)
{
	enum gb_status status = now.base->succeed(w, device, others, n, out);

	return status == GB_REJECTED ? GB_OK : status;
}

static void make_hasty(struct gb_backend *b)
{
	b->succeed = hasty_succeed;
}

static void make_undying(struct gb_backend *b)
{
	b->reinit = b->rekey;
}

/* ---- every mutant ---- */

#define OPEN(base, mutation, promise)                                                              \
	static enum gb_status open_##base##_##mutation(struct gb_world **out,                      \
						       const struct gb_config *config)             \
	{                                                                                          \
		return open_base(&gb_backend_##base, out, config);                                 \
	}
MUTANTS(OPEN)

struct mutant mutants[N_MUTANTS];

/* A backend that is made into one mutant at a time. */
static const struct gb_backend *other_base;

static enum gb_status open_other(struct gb_world **out, const struct gb_config *config)
{
	return open_base(other_base, out, config);
}

static const struct {
	const char *name;
	void (*make)(struct gb_backend *b);
} mutations[] = {
	{"idle", make_idle},           {"constant", make_constant},   {"reusing", make_reusing},
	{"unserved", make_unserved},   {"leaky", make_leaky},         {"open_past", make_open_past},
	{"replaying", make_replaying}, {"forgeable", make_forgeable}, {"forgetful", make_forgetful},
	{"keyless", make_keyless},     {"hasty", make_hasty},         {"undying", make_undying},
};

static void mutate(struct gb_backend *b, const char *mutation)
{
	for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++)
		if (strcmp(mutations[i].name, mutation) == 0)
			mutations[i].make(b);
}

void mutant_of(struct gb_backend *mutant, const struct gb_backend *base, const char *mutation)
{
	other_base = base;
	*mutant = *base;
	mutant->open = open_other;
	mutate(mutant, mutation);
}

__attribute__((constructor)) static void make_mutants(void)
{
	struct mutant *mutant = mutants;

#define MAKE(base_name, mutation, promise)                                                         \
	mutant->base = &gb_backend_##base_name;                                                    \
	mutant->caught_by = #promise;                                                              \
	mutant->backend = gb_backend_##base_name;                                                  \
	mutant->backend.name = #base_name "-" #mutation;                                           \
	mutant->backend.open = open_##base_name##_##mutation;                                      \
	mutate(&mutant->backend, #mutation);                                                       \
	mutant++;
	MUTANTS(MAKE)
}
