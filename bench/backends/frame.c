#include "backends/frame.h"
#include <stdlib.h>
#include <string.h>

_Static_assert(GB_PROCESS_CALLS_N < 64 * GB_CALL_WORDS, "each call has a bit in a hello");

const char *gb_process_call_name(enum gb_process_call call)
{
	static const char *const names[] = {
#define NAME(name) #name,
		GB_PROCESS_CALLS(NAME)
#undef NAME
	};

	return call < GB_PROCESS_CALLS_N ? names[call] : "?";
}

bool gb_process_offers(const struct gb_process_calls *calls, enum gb_process_call call)
{
	return (calls->word[call / 64] >> call % 64 & 1) != 0;
}

static void put_number(uint8_t *p, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t number_at(const uint8_t *p, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)p[i] << 8 * i;
	return value;
}

/* ---- writing ---- */

void gb_frame_begin(struct gb_frame *f)
{
	f->len = GB_FRAME_HEAD;
	f->is_bad = false;
}

/* Room for `len` further bytes, which count as written; NULL: none. */
static uint8_t *room(struct gb_frame *f, size_t len)
{
	size_t need = f->len + len, cap = f->cap > 0 ? f->cap : 4096;
	uint8_t *grown;

	if (f->is_bad || len > GB_FRAME_MAX || need > GB_FRAME_HEAD + GB_FRAME_MAX) {
		f->is_bad = true;
		return NULL;
	}
	while (cap < need)
		cap *= 2;
	if (cap > f->cap) {
		grown = realloc(f->p, cap);
		if (grown == NULL) {
			f->is_bad = true;
			return NULL;
		}
		f->p = grown;
		f->cap = cap;
	}
	f->len = need;
	return f->p + need - len;
}

int gb_frame_end(struct gb_frame *f)
{
	if (f->is_bad || f->len <= GB_FRAME_HEAD)
		return -1;
	memcpy(f->p, GB_FRAME_MARK, 4);
	put_number(f->p + 4, f->len - GB_FRAME_HEAD, 4);
	return 0;
}

void gb_frame_free(struct gb_frame *f)
{
	free(f->p);
	*f = (struct gb_frame){0};
}

static void put(struct gb_frame *f, uint64_t value, size_t n)
{
	uint8_t *p = room(f, n);

	if (p != NULL)
		put_number(p, value, n);
}

static void put_raw(struct gb_frame *f, const void *bytes, size_t len)
{
	uint8_t *p = len > 0 ? room(f, len) : NULL;

	if (p != NULL)
		memcpy(p, bytes, len);
}

void gb_frame_u8(struct gb_frame *f, unsigned value)
{
	put(f, value, 1);
}

void gb_frame_u32(struct gb_frame *f, uint32_t value)
{
	put(f, value, 4);
}

void gb_frame_u64(struct gb_frame *f, uint64_t value)
{
	put(f, value, 8);
}

void gb_frame_text(struct gb_frame *f, const char *text)
{
	size_t len = strlen(text);

	len = len < UINT16_MAX ? len : UINT16_MAX;
	put(f, len, 2);
	put_raw(f, text, len);
}

void gb_frame_bytes(struct gb_frame *f, struct gb_bytes bytes)
{
	if (bytes.len > GB_FRAME_MAX) {
		f->is_bad = true;
		return;
	}
	put(f, bytes.len, 4);
	put_raw(f, bytes.p, bytes.len);
}

void gb_frame_devices(struct gb_frame *f, const uint32_t *device, size_t n)
{
	if (n > GB_FRAME_MAX / 4) {
		f->is_bad = true;
		return;
	}
	put(f, n, 4);
	for (size_t i = 0; i < n; i++)
		put(f, device[i], 4);
}

void gb_frame_message(struct gb_frame *f, const struct gb_message *m)
{
	put(f, m->kind, 1);
	put(f, m->address, 1);
	put(f, m->fanout, 1);
	put(f, m->from, 4);
	put(f, m->uploaded, 4);
	put(f, m->raw, 4);
	gb_frame_devices(f, m->to, m->n_to);
	gb_frame_bytes(f, m->body);
}

/* ---- reading ---- */

size_t gb_frame_length(const uint8_t head[GB_FRAME_HEAD])
{
	size_t len = (size_t)number_at(head + 4, 4);

	return memcmp(head, GB_FRAME_MARK, 4) == 0 && len <= GB_FRAME_MAX ? len : 0;
}

struct gb_bytes gb_reading_raw(struct gb_reading *r, size_t len)
{
	struct gb_bytes bytes = {r->p, len};

	if (r->is_bad || len > r->len) {
		r->is_bad = true;
		return (struct gb_bytes){0};
	}
	r->p += len;
	r->len -= len;
	return bytes;
}

static uint64_t get(struct gb_reading *r, size_t n)
{
	struct gb_bytes bytes = gb_reading_raw(r, n);

	return bytes.len == n ? number_at(bytes.p, n) : 0;
}

uint8_t gb_reading_u8(struct gb_reading *r)
{
	return (uint8_t)get(r, 1);
}

uint32_t gb_reading_u32(struct gb_reading *r)
{
	return (uint32_t)get(r, 4);
}

uint64_t gb_reading_u64(struct gb_reading *r)
{
	return get(r, 8);
}

struct gb_bytes gb_reading_bytes(struct gb_reading *r)
{
	return gb_reading_raw(r, get(r, 4));
}

/* The bytes of the character that p begins with: UTF-8 by RFC 3629, but no control character of
 * ASCII; 0: none. Other text would be lost where it is written as JSON. */
static size_t character(const uint8_t *p, size_t len)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	static const uint32_t least[] = {0x20, 0x80, 0x800, 0x10000};

	if (n > len || (n > 1 && (p[0] < 0xc0 || p[0] > 0xf4)) || p[0] == 0x7f)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c >= least[n - 1] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? n : 0;
}

static bool is_text(struct gb_bytes bytes)
{
	size_t at = 0, n;

	for (; at < bytes.len; at += n)
		if ((n = character(bytes.p + at, bytes.len - at)) == 0)
			return false;
	return true;
}

void gb_reading_text(struct gb_reading *r, char *text, size_t text_len)
{
	struct gb_bytes bytes = gb_reading_raw(r, get(r, 2));

	text[0] = '\0';
	if (bytes.len >= text_len || !is_text(bytes))
		r->is_bad = true;
	if (r->is_bad || bytes.len == 0)
		return;
	memcpy(text, bytes.p, bytes.len);
	text[bytes.len] = '\0';
}

void gb_reading_message(struct gb_reading *r, struct gb_message *m, const uint8_t **to)
{
	unsigned kind = gb_reading_u8(r), address = gb_reading_u8(r), fanout = gb_reading_u8(r);
	uint32_t from = gb_reading_u32(r), uploaded = gb_reading_u32(r);
	uint32_t raw = gb_reading_u32(r), n_to = gb_reading_u32(r);

	if ((kind >= GB_KINDS && kind != GB_ROOM_KEY_BUNDLE) || address > GB_TO_SERVER ||
	    fanout > GB_FANOUT_CLIENT || n_to > GB_FRAME_MAX / 4)
		r->is_bad = true;
	*to = gb_reading_raw(r, (size_t)n_to * 4).p;
	*m = (struct gb_message){.kind = (enum gb_kind)kind,
				 .address = (enum gb_address)address,
				 .fanout = (enum gb_fanout)fanout,
				 .from = from,
				 .n_to = n_to,
				 .body = gb_reading_bytes(r),
				 .uploaded = uploaded,
				 .raw = raw};
	if (raw > m->body.len)
		r->is_bad = true;
}

uint32_t gb_reading_device(const uint8_t *to, size_t i)
{
	return (uint32_t)number_at(to + 4 * i, 4);
}

static void read_counts(struct gb_reading *r, struct gb_frame_answer *a)
{
	uint64_t *const to[] = {
#define FIELD(name, sentence) &a->counts.name,
		GB_PRIMITIVES(FIELD)
#undef FIELD
	};

	a->n_counts = gb_reading_u8(r);
	if (a->n_counts > sizeof to / sizeof to[0])
		r->is_bad = true;
	for (unsigned i = 0; i < a->n_counts && !r->is_bad; i++)
		*to[i] = gb_reading_u64(r);
}

int gb_answer_read(struct gb_frame_answer *a, const uint8_t *p, size_t len)
{
	struct gb_reading r = {.p = p, .len = len};
	unsigned call, status;

	*a = (struct gb_frame_answer){.serial = gb_reading_u32(&r)};
	call = gb_reading_u8(&r);
	status = gb_reading_u8(&r);
	a->clocks.wall_ns = gb_reading_u64(&r);
	a->clocks.cpu_ns = gb_reading_u64(&r);
	read_counts(&r, a);
	gb_reading_text(&r, a->error, sizeof a->error);
	if (r.is_bad || call >= GB_PROCESS_CALLS_N || status > GB_FAILED ||
	    (status != GB_OK && r.len > 0))
		return -1;
	a->call = (enum gb_process_call)call;
	a->status = (enum gb_status)status;
	a->results = r;
	return 0;
}

int gb_answer_messages(const struct gb_frame_answer *a, size_t *n, size_t *total)
{
	struct gb_reading r = a->results;
	struct gb_message m;
	const uint8_t *to;

	*n = gb_reading_u32(&r);
	*total = 0;
	for (size_t i = 0; i < *n && !r.is_bad; i++) {
		gb_reading_message(&r, &m, &to);
		*total += m.body.len;
	}
	return r.is_bad || r.len > 0 ? -1 : 0;
}

/* A bit that is none of a call is malformed. */
static void read_calls(struct gb_reading *r, struct gb_process_calls *calls)
{
	for (size_t i = 0; i < GB_CALL_WORDS; i++)
		calls->word[i] = gb_reading_u64(r);
	if (calls->word[GB_PROCESS_CALLS_N / 64] >> GB_PROCESS_CALLS_N % 64 != 0)
		r->is_bad = true;
}

int gb_hello_read(struct gb_hello *h, const struct gb_frame_answer *a)
{
	struct gb_reading r = a->results;

	memset(h, 0, sizeof *h);
	h->protocol = gb_reading_u32(&r);
	/* Another protocol may have another hello behind its number. */
	if (!r.is_bad && h->protocol != GB_FRAME_PROTOCOL)
		return 0;
	h->abi = gb_reading_u32(&r);
	h->features = gb_reading_u32(&r);
	h->max_size = gb_reading_u32(&r);
	read_calls(&r, &h->calls);
	h->counts = gb_reading_u8(&r) != 0;
	gb_reading_text(&r, h->name, sizeof h->name);
	gb_reading_text(&r, h->version, sizeof h->version);
	h->n_files = gb_reading_u8(&r);
	if (h->n_files > GB_HELLO_FILES)
		r.is_bad = true;
	for (size_t i = 0; i < h->n_files && !r.is_bad; i++)
		gb_reading_text(&r, h->files[i], sizeof h->files[i]);
	return r.is_bad || r.len > 0 ? -1 : 0;
}
