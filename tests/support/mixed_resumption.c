/* Steps by resumption PSKs: a commit that names one, and a group that goes on as another. */
#include <string.h>

#include "mixed_life.h"

/* A PreSharedKey proposal by value, of type resumption and usage application (12.1.4, 8.4). */
static bool names_resumption_psk(const struct gb_message *commit)
{
	static const uint8_t beginning[] = {1, 0, 4, 2, 1};

	const uint8_t *p = commit->body.p;

	for (size_t i = 0; i + sizeof(beginning) <= commit->body.len; i++)
		if (memcmp(p + i, beginning, sizeof(beginning)) == 0)
			return true;
	return false;
}

bool mixed_resume(struct life *l, uint32_t actor)
{
	if (!mixed_commit(l, actor, "commit_resumption",
			  mixed_backend(l, actor)->commit_resumption))
		return false;
	return l->walk->private_handshake || names_resumption_psk(&l->mail.message[0]) ||
	       mixed_broken(l, "device %u (%s) commits without the resumption PSK", actor,
			    mixed_backend(l, actor)->name);
}

static bool is_shut_down(struct life *l, uint32_t device)
{
	const struct gb_bytes text = {(const uint8_t *)"late", 4};

	mixed_mail_empty(&l->mail);
	return mixed_backend(l, device)->send(mixed_world(l, device), device, text,
					      &l->mail.outbox) == GB_REJECTED ||
	       mixed_broken(l, "device %u (%s) sends in a group that was shut down", device,
			    mixed_backend(l, device)->name);
}

/* The successor, by the key material that the other members publish again. */
static bool succeed(struct life *l, uint32_t founder)
{
	struct gb_published others[MIXED_NEWCOMERS];
	size_t n = 0;

	mixed_mail_empty(&l->key_material);
	for (uint32_t d = 0; d < l->next; d++) {
		if (!l->device[d].is_member || d == founder)
			continue;
		if (!mixed_is_ok(l, "publish", d,
				 mixed_backend(l, d)->publish(mixed_world(l, d), d,
							      &l->key_material.outbox)))
			return false;
		others[n] = (struct gb_published){d, l->key_material.message[n].body};
		n++;
	}
	mixed_mail_empty(&l->mail);
	l->device[founder].leaf = 0;
	for (size_t i = 0; i < n; i++) {
		l->device[others[i].device].is_member = false;
		l->device[others[i].device].leaf = (uint32_t)i + 1;
	}
	l->n_members -= (uint32_t)n;
	l->n_blank = 0;
	return mixed_is_ok(l, "succeed", founder,
			   mixed_backend(l, founder)
				   ->succeed(mixed_world(l, founder), founder, others, n,
					     &l->mail.outbox)) &&
	       mixed_deliver(l);
}

/* Everybody goes on in another group. Where not all can, it is a rekey. */
bool mixed_reinit(struct life *l, uint32_t actor, uint32_t founder)
{
	bool stays[MIXED_NEWCOMERS] = {false};
	const struct gb_message *tree = NULL;

	if (!mixed_can_succeed(l))
		return mixed_rekey(l, actor);
	if (!mixed_commit(l, actor, "reinit", mixed_backend(l, actor)->reinit))
		return false;
	for (uint32_t d = 0; d < l->next; d++) {
		stays[d] = l->device[d].is_member && d != founder;
		if (l->device[d].is_member && !is_shut_down(l, d))
			return false;
	}
	if (!succeed(l, founder) ||
	    (l->walk->fetched_tree && !(tree = mixed_fetch_tree(l, founder))))
		return false;
	for (uint32_t d = 0; d < l->next; d++)
		if (stays[d] && !mixed_let_join(l, d, tree))
			return false;
	return true;
}
