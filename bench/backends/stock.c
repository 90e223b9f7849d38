#define _GNU_SOURCE /* memfd_create */
#include "backends/stock.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACE        "GROUPBENCH_STOCK" /* in the environment: the number of the open file */
#define SHELVES      32u
#define MOST_DEVICES (1u << 20)
#define MOST_BYTES   (UINT64_C(3) << 30)

/* Everything in it is zero at first. Places are written once, after what lies there. */
struct stock {
	_Atomic uint64_t used; /* bytes behind this struct */
	_Atomic uint64_t name[SHELVES];
	_Atomic uint64_t place[SHELVES][MOST_DEVICES]; /* behind this struct, plus 1; 0: empty */
};

#define WHOLE (sizeof(struct stock) + MOST_BYTES)

static int made = -1;

void gb_stock_make(void)
{
	int fd = memfd_create("groupbench-stock", 0);
	char text[16];

	if (fd < 0)
		return;
	snprintf(text, sizeof text, "%d", fd);
	if (ftruncate(fd, (off_t)WHOLE) != 0 || setenv(PLACE, text, 1) != 0)
		close(fd);
	else
		made = fd;
}

uint64_t gb_stock_bytes(void)
{
	struct stat s;

	return made >= 0 && fstat(made, &s) == 0 ? (uint64_t)s.st_blocks * 512 : 0;
}

static struct stock *map(void)
{
	const char *text = getenv(PLACE);
	int fd = text != NULL ? atoi(text) : -1;
	struct stat s;
	void *p;

	/* A file of another kind under that number is somebody else's. */
	if (fd < 0 || fstat(fd, &s) != 0 || !S_ISREG(s.st_mode) || s.st_nlink != 0 ||
	    s.st_size != (off_t)WHOLE)
		return NULL;
	p = mmap(NULL, WHOLE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	return p != MAP_FAILED ? p : NULL;
}

static struct stock *stock(void)
{
	static struct stock *mapped;
	static bool was_tried;

	if (!was_tried)
		mapped = map();
	was_tried = true;
	return mapped;
}

/* FNV-1a, never 0. */
static uint64_t hash(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h != 0 ? h : 1;
}

int gb_stock_shelf(const char *format, ...)
{
	struct stock *s = stock();
	char name[256];
	va_list arguments;
	uint64_t h;

	if (s == NULL)
		return GB_STOCK_NONE;
	va_start(arguments, format);
	vsnprintf(name, sizeof name, format, arguments);
	va_end(arguments);
	h = hash(name);
	for (unsigned i = 0; i < SHELVES; i++) {
		uint64_t found = 0;
		if (atomic_compare_exchange_strong(&s->name[i], &found, h) || found == h)
			return (int)i;
	}
	return GB_STOCK_NONE;
}

static uint8_t *bytes_at(struct stock *s, uint64_t place)
{
	return (uint8_t *)(s + 1) + (place - 1);
}

bool gb_stock_find(int shelf, uint32_t device, struct gb_bytes *out)
{
	struct stock *s = stock();
	uint64_t place, len;

	if (shelf < 0 || s == NULL || device >= MOST_DEVICES)
		return false;
	place = atomic_load(&s->place[shelf][device]);
	if (place == 0)
		return false;
	memcpy(&len, bytes_at(s, place), sizeof len);
	*out = (struct gb_bytes){bytes_at(s, place) + sizeof len, (size_t)len};
	return true;
}

void gb_stock_put(int shelf, uint32_t device, struct gb_bytes record)
{
	struct stock *s = stock();
	uint64_t len = record.len, at;

	if (shelf < 0 || s == NULL || device >= MOST_DEVICES ||
	    atomic_load(&s->place[shelf][device]) != 0 ||
	    atomic_load(&s->used) + sizeof len + len > MOST_BYTES - (1u << 20))
		return;
	at = atomic_fetch_add(&s->used, sizeof len + len);
	memcpy(bytes_at(s, at + 1), &len, sizeof len);
	memcpy(bytes_at(s, at + 1) + sizeof len, record.p, record.len);
	atomic_store(&s->place[shelf][device], at + 1);
}
