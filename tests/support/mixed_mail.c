#include "mixed_mail.h"

#include <stdlib.h>

struct mixed_mail_block {
	struct mixed_mail_block *next;
	uint8_t bytes[];
};

/* Of all mails: no two messages have one number. */
static uint64_t n_events;

static uint8_t *reserve(struct gb_outbox *self, size_t capacity)
{
	struct mixed_mail *mail = (struct mixed_mail *)self;
	struct mixed_mail_block *block = malloc(sizeof(*block) + capacity);

	if (!block || mail->n == MIXED_MAIL_MESSAGES) {
		free(block);
		return NULL;
	}
	block->next = mail->blocks;
	mail->blocks = block;
	return block->bytes;
}

static void commit(struct gb_outbox *self, const struct gb_message *m)
{
	struct mixed_mail *mail = (struct mixed_mail *)self;
	struct gb_message *kept = &mail->message[mail->n];

	if (m->n_to > MIXED_MAIL_RECIPIENTS)
		abort();
	*kept = *m;
	kept->to = mail->to[mail->n];
	kept->event = ++n_events;
	for (size_t i = 0; i < m->n_to; i++)
		mail->to[mail->n][i] = m->to[i];
	mail->n++;
}

void mixed_mail_open(struct mixed_mail *mail)
{
	*mail = (struct mixed_mail){.outbox = {reserve, commit}};
}

void mixed_mail_empty(struct mixed_mail *mail)
{
	struct mixed_mail_block *next;

	for (; mail->blocks; mail->blocks = next) {
		next = mail->blocks->next;
		free(mail->blocks);
	}
	mail->n = 0;
}
