#include "backends/backends.h"
#include "backends/plugins.h"
#include <stdio.h>
#include <string.h>

const struct gb_backend *gb_backend_at(size_t i)
{
	size_t n = 0;

	while (gb_backends[n] != NULL)
		n++;
	return i < n ? gb_backends[i] : gb_plugin_at(i - n);
}

const struct gb_backend *gb_backend_find(const char *name, size_t len)
{
	const struct gb_backend *b;

	for (size_t i = 0; (b = gb_backend_at(i)) != NULL; i++)
		if (strlen(b->name) == len && memcmp(b->name, name, len) == 0)
			return b;
	return NULL;
}

/* The first required function that is missing, or NULL. */
static const char *missing_function(const struct gb_backend *b)
{
#define REQUIRE(name)                                                                              \
	if (b->name == NULL)                                                                       \
	return #name
	REQUIRE(axis);
	REQUIRE(open);
	REQUIRE(close);
	REQUIRE(version);
	REQUIRE(error);
	REQUIRE(publish);
	REQUIRE(publish_many);
	REQUIRE(materialise);
	REQUIRE(shape);
	REQUIRE(create);
	REQUIRE(add);
	REQUIRE(remove);
	REQUIRE(rekey);
	REQUIRE(send);
	REQUIRE(process);
	REQUIRE(join);
	REQUIRE(receive);
	REQUIRE(digest);
#undef REQUIRE
	if ((b->checkpoint == NULL) != (b->rollback == NULL))
		return b->checkpoint == NULL ? "checkpoint, which rollback needs"
					     : "rollback, which checkpoint needs";
	if ((b->features & GB_PER_SENDER) != 0 && b->share == NULL)
		return "share, which GB_PER_SENDER needs";
	if ((b->features & GB_OWN_CLOCK) != 0 && b->clocks == NULL)
		return "clocks, which GB_OWN_CLOCK needs";
	if ((b->single == NULL) != (b->single_prepare == NULL) ||
	    (b->single == NULL) != (b->single_check == NULL))
		return "one of single_prepare, single and single_check, which need each other";
	return NULL;
}

int gb_backend_check(const struct gb_backend *b, char *why, size_t why_len)
{
	const char *missing;

	if (b->abi != GB_ABI) {
		snprintf(why, why_len, "speaks interface version %u, this program %u", b->abi,
			 GB_ABI);
		return -1;
	}
	if (b->struct_size != sizeof *b) {
		snprintf(why, why_len, "its struct gb_backend has %zu bytes, this program's %zu",
			 b->struct_size, sizeof *b);
		return -1;
	}
	missing = missing_function(b);
	if (missing != NULL) {
		snprintf(why, why_len, "lacks the required function %s", missing);
		return -1;
	}
	if (b->name == NULL || b->name[0] == '\0' ||
	    b->name[strspn(b->name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0') {
		snprintf(why, why_len, "its name must be made of a-z, 0-9, _ and -");
		return -1;
	}
	return 0;
}
