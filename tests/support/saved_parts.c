#include "saved_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct mls_slice nothing = {0};
static struct world *w;
static struct mls_buf genuine;

int saved_begin(void **state)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct mls_policy policy = mls_policy_default();
	struct mls_event event;

	(void)state;
	policy.past_epochs = 1;
	w = world_new(1, N_MEMBERS, NULL, &policy);
	world_commit(w, 0, &(struct mls_commit_request){0}, NULL, 0);
	for (size_t i = 0; i < 3; i++) {
		w->message.len = 0;
		OK(mls_group_protect(w->group[0], &w->message, nothing, nothing));
	}
	OK(mls_group_receive(w->group[MEMBER], &event, bytes_of(&w->message)));
	w->commit.len = w->message.len = 0;
	OK(mls_group_commit(
		w->group[MEMBER], &(struct mls_commit_output){.commit = &w->commit},
		&(struct mls_commit_request){.remove = (uint32_t[]){3}, .n_remove = 1}));
	OK(mls_group_propose(w->group[MEMBER], &w->message, &update, MLS_HANDSHAKE_PUBLIC));
	OK(mls_group_save(w->group[MEMBER], &genuine));
	mls_group_free(w->group[MEMBER]);
	w->group[MEMBER] = NULL;
	return 0;
}

int saved_end(void **state)
{
	(void)state;
	mls_buf_free(&genuine);
	world_free(w);
	return 0;
}

struct mls_client *saved_client(void)
{
	return w->client[MEMBER];
}

struct mls_slice saved_genuine(void)
{
	return bytes_of(&genuine);
}

void saved_take_apart(struct saved_parts *s)
{
	*s = (struct saved_parts){.group = {0}};
	OK(mls_saved_group_decode(mls_slice(genuine.p, genuine.len - NH), &s->group));
	OK(mls_saved_epoch_decode(s->group.epoch, &s->epoch));
	OK(mls_saved_staged_decode(s->group.pending, &s->pending));
	OK(mls_saved_proposal_decode(s->group.proposals, &s->proposal));
	OK(mls_saved_past_decode(s->group.past, &s->past));
}

static void put_parts_back(struct saved_parts *s)
{
	OK(mls_saved_epoch_encode(&s->memory[0], &s->epoch));
	s->group.epoch = mls_buf_slice(&s->memory[0]);
	OK(mls_saved_staged_encode(&s->memory[1], &s->pending));
	s->group.pending = mls_buf_slice(&s->memory[1]);
	OK(mls_saved_proposal_encode(&s->memory[2], &s->proposal));
	s->group.proposals = mls_buf_slice(&s->memory[2]);
	OK(mls_saved_past_encode(&s->memory[5], &s->past));
	s->group.past = mls_buf_slice(&s->memory[5]);
}

void saved_write(struct mls_buf *out, const struct mls_saved_group *group)
{
	const size_t start = out->len;
	struct mls_slice body;
	uint8_t hash[NH];

	OK(mls_saved_group_encode(out, group));
	body = mls_slice(out->p + start, out->len - start);
	mls_hash(saved_client()->crypto, hash, &body, 1);
	OK(mls_buf_append(out, mls_slice(hash, sizeof(hash))));
}

uint8_t *saved_edit(struct saved_parts *s, struct mls_slice *part, struct mls_slice more)
{
	OK(mls_buf_append(&s->memory[3], *part));
	OK(mls_buf_append(&s->memory[3], more));
	*part = mls_buf_slice(&s->memory[3]);
	return s->memory[3].p;
}

static void write_row(struct mls_buf *out, const struct saved_row *row)
{
	struct saved_parts s;

	saved_take_apart(&s);
	if (!row->whole)
		row->change(&s);
	put_parts_back(&s);
	if (row->whole)
		row->change(&s);
	out->len = 0;
	saved_write(out, &s.group);
	for (size_t i = 0; i < MLS_N(s.memory); i++)
		mls_buf_free(&s.memory[i]);
}

void saved_expect_rows(const struct saved_row *rows, size_t n)
{
	struct mls_buf saved = {0};

	for (size_t i = 0; i < n; i++) {
		struct mls_group *group = NULL;
		enum mls_err err;

		write_row(&saved, &rows[i]);
		err = mls_group_load(saved_client(), &group, bytes_of(&saved));
		if (err != rows[i].want)
			fail_msg("row %zu: %s, want %s", i, mls_err_name(err),
				 mls_err_name(rows[i].want));
		assert_true((group != NULL) == (err == MLS_OK));
		mls_group_free(group);
		assert_null(saved_client()->groups);
	}
	mls_buf_free(&saved);
}
