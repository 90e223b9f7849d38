#include "grease.h"

#include <stdlib.h>

#include "memory.h"

enum { N_VALUES = 15, N_LISTS = 4, DATA = 4 };

/* 0x0a0a, 0x1a1a to 0xeaea. */
static uint16_t value_of(unsigned number)
{
	return (uint16_t)(0x0a0a + 0x1010 * (number % N_VALUES));
}

/* Appends a value to a list, copied to *room, which goes on behind it. */
static void append(struct mls_code_points *list, uint16_t **room, uint16_t value)
{
	uint16_t *v = *room;

	if (list->n)
		memcpy(v, list->v, list->n * sizeof(*v));
	v[list->n] = value;
	list->v = v;
	list->n++;
	*room = v + list->n;
}

/* An extension type that is in no list of the application's own, if there is one. */
static uint16_t free_type(const struct mls_client_config *config, uint8_t drawn)
{
	struct mls_slice data;
	unsigned number = drawn, end = drawn + N_VALUES;

	while (number < end &&
	       (mls_extension_find(config->leaf_extensions, value_of(number), &data) ||
		mls_extension_find(config->key_package_extensions, value_of(number), &data)))
		number++;
	return value_of(number);
}

static enum mls_err extend(struct mls_slice *list, struct mls_buf *memory, uint16_t type,
			   const uint8_t data[DATA])
{
	enum mls_err err = mls_buf_append(memory, *list);

	if (err == MLS_OK)
		err = mls_extension_put(memory, type, mls_slice(data, DATA));
	*list = mls_buf_slice(memory);
	return err;
}

enum mls_err mls_greased_make(struct mls_greased *out, struct mls_crypto *crypto,
			      const struct mls_client_config *config)
{
	struct mls_client_config *greased = &out->config;
	const size_t n = config->suites.n + config->extensions.n + config->proposals.n +
			 config->credentials.n;
	uint8_t drawn[N_LISTS + 2 * DATA];
	uint16_t *room, type;
	enum mls_err err = MLS_OK;

	*out = (struct mls_greased){.config = *config};
	if (!config->grease)
		return MLS_OK;
	TRY(mls_random_bytes(crypto, drawn, sizeof(drawn)));
	out->values = room = mls_calloc(n + N_LISTS, sizeof(*room));
	if (!room)
		FAIL(MLS_ERR_NOMEM);
	type = free_type(config, drawn[1]);
	append(&greased->suites, &room, value_of(drawn[0]));
	append(&greased->extensions, &room, type);
	append(&greased->proposals, &room, value_of(drawn[2]));
	append(&greased->credentials, &room, value_of(drawn[3]));
	TRY(extend(&greased->leaf_extensions, &out->leaf_extensions, type, drawn + N_LISTS));
	TRY(extend(&greased->key_package_extensions, &out->key_package_extensions, type,
		   drawn + N_LISTS + DATA));
out:
	return err;
}

void mls_greased_clear(struct mls_greased *v)
{
	free(v->values);
	mls_buf_free(&v->leaf_extensions);
	mls_buf_free(&v->key_package_extensions);
}
