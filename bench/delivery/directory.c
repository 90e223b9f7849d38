#include "delivery/directory.h"
#include <stdlib.h>

#define BLOCK_BYTES ((size_t)1 << 20)

struct directory_block {
	struct directory_block *older;
	size_t len, used;
	uint8_t bytes[];
};

static uint8_t *reserve(struct gb_outbox *self, size_t capacity)
{
	struct gb_directory *d = (struct gb_directory *)self;
	struct directory_block *b = d->blocks;

	if (b == NULL || capacity > b->len - b->used) {
		size_t len = capacity > BLOCK_BYTES ? capacity : BLOCK_BYTES;
		b = malloc(sizeof *b + len);
		if (b == NULL)
			return NULL;
		*b = (struct directory_block){.older = d->blocks, .len = len};
		d->blocks = b;
	}
	return b->bytes + b->used;
}

static const char *broken_rule(const struct gb_directory *d, const struct gb_message *m)
{
	const struct directory_block *b = d->blocks;

	if (m->kind != GB_KEY_MATERIAL)
		return "published something other than key material";
	if (d->n_published == d->n)
		return "published for more devices than asked";
	if (m->from != d->first + d->n_published)
		return "published for another device than asked";
	if (b == NULL || m->body.p != b->bytes + b->used || m->body.len > b->len - b->used)
		return "published outside the room that was reserved";
	return NULL;
}

static void commit(struct gb_outbox *self, const struct gb_message *m)
{
	struct gb_directory *d = (struct gb_directory *)self;
	const char *why = broken_rule(d, m);

	if (why != NULL) {
		d->violation = why;
		return;
	}
	d->published[d->n_published++] = (struct gb_published){m->from, m->body};
	d->blocks->used += m->body.len;
	d->bytes += m->body.len;
}

int gb_directory_open(struct gb_directory *d, uint32_t first, uint32_t n)
{
	*d = (struct gb_directory){.outbox = {reserve, commit}, .first = first, .n = n};
	d->published = calloc(n > 0 ? n : 1, sizeof *d->published);
	return d->published == NULL ? -1 : 0;
}

void gb_directory_close(struct gb_directory *d)
{
	while (d->blocks != NULL) {
		struct directory_block *b = d->blocks;
		d->blocks = b->older;
		free(b);
	}
	free(d->published);
	*d = (struct gb_directory){0};
}

bool gb_directory_is_complete(struct gb_directory *d)
{
	if (d->violation == NULL && d->n_published != d->n)
		d->violation = "published for fewer devices than asked";
	return d->violation == NULL;
}

const struct gb_published *gb_directory_of(const struct gb_directory *d, uint32_t device)
{
	return &d->published[device - d->first];
}
