#include "mixed_walk.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "mixed_life.h"

#define MOST_ADDED    3
#define MOST_SENT     3
#define LEAST_STAYS   1
#define MOST_FOUNDERS (2 * MIXED_PARTIES)
#define NO_DEVICE     UINT32_MAX

bool mixed_broken(struct life *l, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(l->broken, 400, format, arguments);
	va_end(arguments);
	return false;
}

/* ---- who lives where ---- */

static uint32_t capacity(const struct mixed_walk *walk)
{
	return walk->size + MIXED_NEWCOMERS;
}

/* Who was there from the beginning lives where the group was made. */
static size_t home(const struct life *l, uint32_t device)
{
	if (device < l->walk->size)
		return 0;
	return (l->walk->first_home + device) % l->walk->n_parties;
}

const struct gb_backend *mixed_backend(const struct life *l, uint32_t device)
{
	return l->walk->party[home(l, device)].backend;
}

struct gb_world *mixed_world(const struct life *l, uint32_t device)
{
	return l->world[home(l, device)];
}

bool mixed_is_ok(struct life *l, const char *call, uint32_t device, enum gb_status status)
{
	static const char *const names[] = {"OK", "REJECTED", "UNSUPPORTED", "FAILED"};

	if (status == GB_OK)
		return true;
	return mixed_broken(l, "%s at device %u (party %zu, %s): %s: %s", call, device,
			    home(l, device), mixed_backend(l, device)->name,
			    status <= GB_FAILED ? names[status] : "?",
			    mixed_backend(l, device)->error(mixed_world(l, device)));
}

/* Member number n of those that are not leaving, taken modulo how many there are. */
static uint32_t member(const struct life *l, uint32_t n)
{
	uint32_t stay = 0;

	for (uint32_t d = 0; d < l->next; d++)
		stay += l->device[d].is_member && !l->device[d].is_leaving;
	n %= stay;
	for (uint32_t d = 0;; d++)
		if (l->device[d].is_member && !l->device[d].is_leaving && n-- == 0)
			return d;
}

/* ---- worlds ---- */

static size_t list_axes(const struct mixed_walk *walk, const struct mixed_party *party,
			char suite[8], struct gb_axis out[GB_AXES])
{
	const char *reason;
	size_t n = 0;

	snprintf(suite, 8, "%u", (unsigned)walk->suite);
	for (size_t i = 0; i < GB_AXES; i++) {
		struct gb_axis axis = {gb_axes[i].name, gb_axes[i].default_value};

		if (i == GB_AXIS_suite)
			axis.value = suite;
		else if (i == GB_AXIS_path)
			axis.value = walk->path ? "yes" : "no";
		else if (i == GB_AXIS_handshake)
			axis.value = walk->private_handshake ? "private" : "public";
		else if (i == GB_AXIS_tree && walk->tree && party == &walk->party[0])
			axis.value = walk->tree;
		else if (i == GB_AXIS_tree_delivery)
			axis.value = walk->fetched_tree ? "fetched" : "welcome";
		if (party->special.name && strcmp(axis.name, party->special.name) == 0)
			axis.value = party->special.value;
		if (gb_axes[i].owner == GB_AXIS_OF_BACKEND &&
		    party->backend->axis(axis.name, axis.value, &reason) == GB_HONOURED)
			out[n++] = axis;
	}
	return n;
}

static enum gb_status open_party(const struct mixed_walk *walk, size_t i, struct gb_world **world)
{
	struct gb_axis axes[GB_AXES];
	char suite[8];
	const struct gb_config config = {
		.struct_size = sizeof(config),
		.seed = walk->seed * MIXED_PARTIES + i + 1,
		.capacity = capacity(walk),
		.axes = axes,
		.n_axes = list_axes(walk, &walk->party[i], suite, axes),
	};

	return walk->party[i].backend->open(world, &config);
}

bool mixed_walk_opens(const struct mixed_walk *walk)
{
	bool can = true;
	const char *reason;
	char suite[8];

	snprintf(suite, sizeof(suite), "%u", (unsigned)walk->suite);
	for (size_t i = 0; i < walk->n_parties && can; i++) {
		const struct gb_backend *backend = walk->party[i].backend;
		struct gb_world *world = NULL;

		can = backend->axis("suite", suite, &reason) == GB_HONOURED &&
		      open_party(walk, i, &world) == GB_OK;
		backend->close(world);
	}
	return can;
}

/* ---- delivery ---- */

static bool let_process(struct life *l, uint32_t device, const struct gb_message *m)
{
	enum gb_status status =
		mixed_backend(l, device)->process(mixed_world(l, device), device, m);

	/* Who is being removed may learn it from the commit or be unable to read it. */
	if (l->device[device].is_leaving && status == GB_REJECTED)
		return true;
	return !mixed_is_known_split(l, device, m->from, status) &&
	       mixed_is_ok(l, "process", device, status);
}

bool mixed_deliver(struct life *l)
{
	for (size_t i = 0; i < l->mail.n; i++)
		for (uint32_t d = 0; d < l->next && l->mail.message[i].kind == GB_COMMIT; d++)
			if (l->device[d].is_member && !let_process(l, d, &l->mail.message[i]))
				return false;
	return true;
}

/* The last message, by which a member shows the ratchet tree; NULL when it cannot. */
const struct gb_message *mixed_fetch_tree(struct life *l, uint32_t actor)
{
	const struct gb_backend *backend = mixed_backend(l, actor);

	if (!mixed_is_ok(l, "fetch_tree", actor,
			 backend->fetch_tree(mixed_world(l, actor), actor, &l->mail.outbox)))
		return NULL;
	return &l->mail.message[l->mail.n - 1];
}

static bool is_to(const struct gb_message *m, uint32_t device)
{
	for (size_t i = 0; i < m->n_to; i++)
		if (m->to[i] == device)
			return true;
	return false;
}

/* Newcomers take blank leaves first. */
static void count_newcomers(struct life *l, uint32_t n)
{
	l->n_members += n;
	l->n_blank -= n < l->n_blank ? n : l->n_blank;
}

/* A newcomer gets the Welcome, and the ratchet tree where it travels apart. */
bool mixed_let_join(struct life *l, uint32_t device, const struct gb_message *tree)
{
	struct gb_message mine[2];
	enum gb_status status;
	size_t n = 0;

	for (size_t i = 0; i < l->mail.n && n == 0; i++)
		if (l->mail.message[i].kind == GB_WELCOME && is_to(&l->mail.message[i], device))
			mine[n++] = l->mail.message[i];
	if (n == 0)
		return mixed_broken(l, "nobody sent device %u a Welcome", device);
	if (tree)
		mine[n++] = *tree;
	status = mixed_backend(l, device)->join(mixed_world(l, device), device, mine, n);
	if (mixed_is_known_refusal(l, device, status) || !mixed_is_ok(l, "join", device, status))
		return false;
	l->device[device].is_member = true;
	count_newcomers(l, 1);
	return true;
}

static bool let_in(struct life *l, uint32_t actor, uint32_t first, uint32_t n)
{
	const struct gb_message *tree = NULL;

	if (l->walk->fetched_tree) {
		tree = mixed_fetch_tree(l, actor);
		if (!tree)
			return false;
	}
	for (uint32_t d = first; d < first + n; d++)
		if (!mixed_let_join(l, d, tree))
			return false;
	return true;
}

/* ---- what must hold ---- */

static bool all_agree(struct life *l)
{
	uint8_t first[GB_DIGEST_BYTES], other[GB_DIGEST_BYTES];
	uint32_t a = member(l, 0);

	if (!mixed_is_ok(l, "digest", a,
			 mixed_backend(l, a)->digest(mixed_world(l, a), a, a, first)))
		return false;
	for (uint32_t d = a + 1; d < l->next; d++) {
		if (!l->device[d].is_member)
			continue;
		if (!mixed_is_ok(l, "digest", d,
				 mixed_backend(l, d)->digest(mixed_world(l, d), d, a, other)))
			return false;
		if (memcmp(first, other, sizeof(first)) != 0)
			return mixed_broken(
				l, "device %u (%s) and device %u (%s) are in different epochs", a,
				mixed_backend(l, a)->name, d, mixed_backend(l, d)->name);
	}
	return true;
}

static bool let_receive(struct life *l, uint32_t device, const struct gb_message *m,
			const char *want)
{
	struct gb_bytes got = {0};
	enum gb_status status =
		mixed_backend(l, device)->receive(mixed_world(l, device), device, m, &got);

	if (l->device[device].was_removed)
		return status != GB_OK ||
		       mixed_broken(l, "device %u was removed and reads what device %u sends",
				    device, m->from);
	if (!mixed_is_ok(l, "receive", device, status))
		return false;
	return (got.len == strlen(want) && memcmp(got.p, want, got.len) == 0) ||
	       mixed_broken(l, "device %u reads other bytes than device %u sent", device, m->from);
}

/* n messages of one member, which every other member reads; in reverse where that is wanted. */
static bool exchange(struct life *l, uint32_t sender, uint32_t n, bool reverse)
{
	char text[MOST_SENT][32];

	mixed_mail_empty(&l->mail);
	for (uint32_t i = 0; i < n; i++) {
		snprintf(text[i], sizeof(text[i]), "message number %u", l->n_sent++);
		struct gb_bytes plaintext = {(const uint8_t *)text[i], strlen(text[i])};
		if (!mixed_is_ok(l, "send", sender,
				 mixed_backend(l, sender)->send(mixed_world(l, sender), sender,
								plaintext, &l->mail.outbox)))
			return false;
	}
	if (l->mail.n != n)
		return mixed_broken(l, "device %u sent %zu messages, want %u", sender, l->mail.n,
				    n);
	for (uint32_t d = 0; d < l->next; d++)
		for (uint32_t i = 0; i < n && d != sender; i++) {
			uint32_t at = reverse ? n - 1 - i : i;

			if ((l->device[d].is_member || l->device[d].was_removed) &&
			    !let_receive(l, d, &l->mail.message[at], text[at]))
				return false;
		}
	return true;
}

/* ---- steps ---- */

static bool is_taken(const struct life *l, uint32_t leaf)
{
	for (uint32_t d = 0; d < l->next; d++)
		if (!l->device[d].was_removed && l->device[d].leaf == leaf)
			return true;
	return false;
}

/* The next device, which is to be at the leftmost leaf that is blank (RFC 9420, 12.1.1). */
static uint32_t take_device(struct life *l)
{
	uint32_t leaf = 0;

	while (is_taken(l, leaf))
		leaf++;
	l->device[l->next].leaf = leaf;
	return l->next++;
}

/* Key material of the next n devices, which are not members yet. */
static bool publish(struct life *l, uint32_t n, struct gb_published out[])
{
	mixed_mail_empty(&l->key_material);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t d = take_device(l);

		if (!mixed_is_ok(l, "publish", d,
				 mixed_backend(l, d)->publish(mixed_world(l, d), d,
							      &l->key_material.outbox)))
			return false;
		if (l->key_material.n != i + 1)
			return mixed_broken(l, "device %u did not publish one key package", d);
		out[i] = (struct gb_published){d, l->key_material.message[i].body};
	}
	return true;
}

/* The first party has made the group of a shape. */
static bool make_shape(struct life *l)
{
	const struct mixed_walk *walk = l->walk;
	const uint32_t live[] = {0, walk->size / 2, walk->size - 1};
	const struct gb_shape shape = {
		.struct_size = sizeof(shape), .size = walk->size, .live = live, .n_live = 3};

	l->next = walk->size;
	l->n_members = 3;
	for (size_t i = 0; i < 3; i++)
		l->device[live[i]].is_member = true;
	return mixed_is_ok(l, "shape", 0, walk->party[0].backend->shape(l->world[0], &shape));
}

/* A member that never was live, or NO_DEVICE. */
static uint32_t take_dormant(struct life *l)
{
	const struct device *d = l->device;

	while (l->dormant < l->walk->size && (d[l->dormant].is_member || d[l->dormant].was_removed))
		l->dormant++;
	return l->dormant < l->walk->size ? l->dormant++ : NO_DEVICE;
}

static bool found(struct life *l)
{
	uint32_t n = l->walk->founders;
	struct gb_published others[MOST_FOUNDERS];
	struct gb_published founder;

	if (!publish(l, 1, &founder) || !publish(l, n, others))
		return false;
	mixed_mail_empty(&l->mail);
	l->device[0].is_member = true;
	l->n_members = 1;
	return mixed_is_ok(l, "create", 0,
			   mixed_backend(l, 0)->create(mixed_world(l, 0), 0, others, n,
						       &l->mail.outbox)) &&
	       mixed_deliver(l) && (n == 0 || let_in(l, 0, 1, n));
}

static bool add(struct life *l, uint32_t actor, uint32_t n)
{
	struct gb_published newcomers[MOST_FOUNDERS];
	uint32_t first = l->next;

	if (l->next + n > capacity(l->walk))
		return true;
	if (!publish(l, n, newcomers))
		return false;
	mixed_mail_empty(&l->mail);
	return mixed_is_ok(l, "add", actor,
			   mixed_backend(l, actor)->add(mixed_world(l, actor), actor, newcomers, n,
							&l->mail.outbox)) &&
	       mixed_deliver(l) && let_in(l, actor, first, n);
}

static bool remove_members(struct life *l, uint32_t actor, uint32_t subject, uint32_t n)
{
	uint32_t leaving[MOST_ADDED], n_leaving = 0;
	bool ok;

	for (uint32_t i = 0; i < n && l->n_members - n_leaving > LEAST_STAYS; i++) {
		uint32_t d = (subject + i) % 2 ? take_dormant(l) : NO_DEVICE;

		if (d == NO_DEVICE)
			d = member(l, subject + i);
		if (d == actor)
			continue;
		leaving[n_leaving++] = d;
		l->device[d].is_leaving = true;
	}
	if (n_leaving == 0)
		return true;
	mixed_mail_empty(&l->mail);
	ok = mixed_is_ok(l, "remove", actor,
			 mixed_backend(l, actor)->remove(mixed_world(l, actor), actor, leaving,
							 n_leaving, &l->mail.outbox)) &&
	     mixed_deliver(l);
	for (uint32_t i = 0; i < n_leaving; i++) {
		struct device *gone = &l->device[leaving[i]];

		gone->was_removed = gone->is_member;
		l->n_members -= gone->is_member;
		l->n_blank++;
		gone->is_leaving = gone->is_member = false;
	}
	return ok;
}

bool mixed_commit(struct life *l, uint32_t actor, const char *call, mixed_act *make)
{
	mixed_mail_empty(&l->mail);
	return mixed_is_ok(l, call, actor, make(mixed_world(l, actor), actor, &l->mail.outbox)) &&
	       mixed_deliver(l);
}

bool mixed_rekey(struct life *l, uint32_t actor)
{
	return mixed_commit(l, actor, "rekey", mixed_backend(l, actor)->rekey);
}

/* From what a member shows of the group, a newcomer joins by itself. */
static bool join_external(struct life *l, uint32_t actor)
{
	const struct gb_backend *backend = mixed_backend(l, actor);
	struct gb_message shown[2];
	enum gb_status status;
	uint32_t d = l->next;

	if (d == capacity(l->walk))
		return true;
	if (mixed_has_own_external_pub(l, actor) != mixed_has_own_external_pub(l, d))
		return add(l, actor, 1);
	take_device(l);
	mixed_mail_empty(&l->mail);
	if (!mixed_is_ok(l, "group_info", actor,
			 backend->group_info(mixed_world(l, actor), actor, &l->mail.outbox)) ||
	    (l->walk->fetched_tree && !mixed_fetch_tree(l, actor)))
		return false;
	for (size_t i = 0; i < l->mail.n && i < 2; i++)
		shown[i] = l->mail.message[i];
	if (!mixed_is_ok(l, "materialise", d,
			 mixed_backend(l, d)->materialise(mixed_world(l, d), d)))
		return false;
	status = mixed_backend(l, d)->join_external(mixed_world(l, d), d, shown, l->mail.n,
						    &l->mail.outbox);
	if (mixed_is_known_refusal(l, d, status) || !mixed_is_ok(l, "join_external", d, status) ||
	    !mixed_deliver(l))
		return false;
	l->device[d].is_member = true;
	count_newcomers(l, 1);
	return true;
}

static bool set_psk(struct life *l, uint32_t device, struct gb_bytes id)
{
	/* As long as a digest: what any suite takes. */
	static const uint8_t psk[32] = "what all members were told aside";
	struct gb_bytes value = {psk, sizeof(psk)};

	return mixed_is_ok(
		l, "set_psk", device,
		mixed_backend(l, device)->set_psk(mixed_world(l, device), device, id, value));
}

/*
 * Who lacks the PSK refuses the commit and can still follow it. Asked only where a refusal takes
 * no message key with it.
 */
static bool refuses_without_psk(struct life *l, uint32_t device, const struct gb_message *commit)
{
	enum gb_status status;

	if (l->walk->private_handshake)
		return true;
	status = mixed_backend(l, device)->process(mixed_world(l, device), device, commit);
	return status == GB_REJECTED ||
	       mixed_broken(l, "device %u (%s) takes in a commit with a PSK that it lacks", device,
			    mixed_backend(l, device)->name);
}

/* Everybody has a new PSK but `late`, which gets it once it has seen the commit. */
static bool commit_psk(struct life *l, uint32_t actor, uint32_t late)
{
	char name[32];
	struct gb_bytes id = {(const uint8_t *)name, 0};

	snprintf(name, sizeof(name), "secret %u", l->n_psks++);
	id.len = strlen(name);
	for (uint32_t d = 0; d < l->next; d++)
		if (l->device[d].is_member && (d != late || d == actor) && !set_psk(l, d, id))
			return false;
	mixed_mail_empty(&l->mail);
	if (!mixed_is_ok(l, "commit_psk", actor,
			 mixed_backend(l, actor)->commit_psk(mixed_world(l, actor), actor, id,
							     &l->mail.outbox)))
		return false;
	if (l->mail.n != 1)
		return mixed_broken(l, "device %u sent %zu messages, want one commit", actor,
				    l->mail.n);
	return (late == actor ||
		(refuses_without_psk(l, late, &l->mail.message[0]) && set_psk(l, late, id))) &&
	       mixed_deliver(l);
}

static void tell(const struct life *l, const struct mixed_op *op, uint32_t actor)
{
	static const char *const names[] = {"add",  "remove", "rekey",  "send",
					    "join", "psk",    "resume", "reinit"};

	if (l->story)
		fprintf(l->story, "%s:%u (subject %u) by device %u on %s, %u members\n",
			names[op->kind], op->n, op->subject, actor, mixed_backend(l, actor)->name,
			l->n_members);
}

static bool take_step(struct life *l, const struct mixed_op *op)
{
	uint32_t actor = member(l, op->actor);
	bool ok = false;

	tell(l, op, actor);
	switch (op->kind) {
	case MIXED_ADD:
		ok = add(l, actor, 1 + op->n % MOST_ADDED);
		break;
	case MIXED_REMOVE:
		ok = remove_members(l, actor, op->subject, 1 + op->n % MOST_ADDED);
		break;
	case MIXED_REKEY:
		ok = mixed_rekey(l, actor);
		break;
	case MIXED_EXTERNAL:
		ok = join_external(l, actor);
		break;
	case MIXED_PSK:
		ok = commit_psk(l, actor, member(l, op->subject));
		break;
	case MIXED_RESUME:
		ok = mixed_resume(l, actor);
		break;
	case MIXED_REINIT:
		ok = mixed_reinit(l, actor, member(l, op->subject));
		break;
	case MIXED_SEND:
	case MIXED_KINDS:
		return exchange(l, actor, 1 + op->n % MOST_SENT, op->subject % 2 == 1);
	}
	return ok && all_agree(l) && exchange(l, member(l, op->subject), 1, false);
}

static bool play(struct life *l, size_t *at)
{
	const struct mixed_walk *walk = l->walk;

	for (size_t i = 0; i < walk->n_parties; i++)
		if (open_party(walk, i, &l->world[i]) != GB_OK)
			return mixed_broken(l, "party %zu (%s): open: %s", i,
					    walk->party[i].backend->name,
					    l->world[i] ? walk->party[i].backend->error(l->world[i])
							: "no world");
	if (!(walk->tree ? make_shape(l) && add(l, 0, walk->founders) : found(l)) ||
	    !all_agree(l) || !exchange(l, member(l, 0), 1, false))
		return false;
	for (*at = 1; *at <= walk->n_ops; ++*at)
		if (!take_step(l, &walk->op[*at - 1]))
			return false;
	return true;
}

bool mixed_walk_holds(const struct mixed_walk *walk, size_t *at, char why[400], FILE *story)
{
	struct life *l = calloc(1, sizeof(*l));
	bool holds;

	*at = 0;
	why[0] = '\0';
	if (l)
		l->device = calloc(capacity(walk), sizeof(*l->device));
	if (!l || !l->device) {
		free(l);
		return false;
	}
	l->walk = walk;
	l->broken = why;
	l->story = story;
	mixed_mail_open(&l->mail);
	mixed_mail_open(&l->key_material);
	holds = play(l, at) || l->is_cut;
	mixed_walks_cut += l->is_cut;
	for (size_t i = 0; i < walk->n_parties; i++)
		walk->party[i].backend->close(l->world[i]);
	mixed_mail_empty(&l->mail);
	mixed_mail_empty(&l->key_material);
	free(l->device);
	free(l);
	return holds;
}
