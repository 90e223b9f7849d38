/*
 * What another process answers: any bytes at all are frames that are read within their bounds,
 * or are refused. A message that was accepted says the same once written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct gb_message *m, const uint8_t *to)
{
	struct gb_frame f = {0};
	struct gb_reading r;
	struct gb_message ours = *m, back;
	uint32_t *devices = calloc(m->n_to + 1, sizeof(*devices));
	const uint8_t *to_back;

	if (devices == NULL)
		abort();
	for (size_t i = 0; i < m->n_to; i++)
		devices[i] = gb_reading_device(to, i);
	ours.to = devices;
	gb_frame_begin(&f);
	gb_frame_message(&f, &ours);
	if (gb_frame_end(&f) != 0 || gb_frame_length(f.p) != f.len - GB_FRAME_HEAD)
		abort();
	r = (struct gb_reading){.p = f.p + GB_FRAME_HEAD, .len = f.len - GB_FRAME_HEAD};
	gb_reading_message(&r, &back, &to_back);
	if (r.is_bad || r.len != 0 || back.kind != m->kind || back.from != m->from ||
	    back.uploaded != m->uploaded || back.raw != m->raw || back.n_to != m->n_to ||
	    back.body.len != m->body.len ||
	    (m->n_to > 0 && memcmp(to_back, to, m->n_to * 4) != 0) ||
	    (m->body.len > 0 && memcmp(back.body.p, m->body.p, m->body.len) != 0))
		abort();
	gb_frame_free(&f);
	free(devices);
}

static void read_messages(struct gb_frame_answer *a)
{
	size_t n, total, sum = 0;

	if (gb_answer_messages(a, &n, &total) != 0)
		return;
	if (gb_reading_u32(&a->results) != n)
		abort();
	for (size_t i = 0; i < n; i++) {
		struct gb_message m;
		const uint8_t *to;

		gb_reading_message(&a->results, &m, &to);
		sum += m.body.len;
		if (m.raw > m.body.len)
			abort();
		write_again(&m, to);
	}
	if (a->results.is_bad || a->results.len != 0 || sum != total)
		abort();
}

static void read_answer(const uint8_t *p, size_t len)
{
	static struct gb_hello hello;
	struct gb_frame_answer a;

	if (gb_answer_read(&a, p, len) != 0)
		return;
	if (strlen(a.error) >= sizeof(a.error) || (a.status != GB_OK && a.results.len > 0))
		abort();
	if (gb_hello_read(&hello, &a) == 0 &&
	    (strlen(hello.name) >= sizeof(hello.name) || hello.n_files > GB_HELLO_FILES ||
	     (hello.calls.word[GB_CALL_WORDS - 1] >> (GB_PROCESS_CALLS_N % 64)) != 0))
		abort();
	read_messages(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	while (size >= GB_FRAME_HEAD) {
		size_t len = gb_frame_length(data);

		data += GB_FRAME_HEAD;
		size -= GB_FRAME_HEAD;
		if (len == 0 || len > size)
			break;
		read_answer(data, len);
		data += len;
		size -= len;
	}
	return 0;
}
