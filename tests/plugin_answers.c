/*
 * plugin_answers FILE.so: what a plugin does not do, one line each: values of axes it cannot have
 * and why, axes that mean nothing to it, functions that its table lacks. Lists of this form are
 * kept with the peers, and tests/test_peers.sh compares.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "backends/plugins.h"
#include "promises.h"

static const char numbers[] = "0 1 2 3 4 5 6 7 10 16 100";

static const char *values_of(const struct gb_axis_spec *axis)
{
	return axis->type == GB_AXIS_CHOICE  ? axis->range
	       : axis->type == GB_AXIS_YESNO ? "yes no"
					     : numbers;
}

/* A word with a range behind a colon is asked for with its least number. Why the value cannot be
 * had, or NULL. */
static const char *ask_value(const struct gb_backend *b, const struct gb_axis_spec *axis,
			     char *value)
{
	char *dots = strstr(value, "..");
	const char *reason = "";

	if (dots != NULL)
		*dots = '\0';
	if (promise_axis_ranges_over(axis, value) &&
	    b->axis(axis->name, value, &reason) == GB_NOT_SUPPORTED)
		return reason;
	return NULL;
}

static void end_line(const char **reason)
{
	if (*reason != NULL)
		printf(": %s\n", *reason);
	*reason = NULL;
}

/* Values that have one reason share a line. */
static void ask_axis(const struct gb_backend *b, const struct gb_axis_spec *axis)
{
	char values[200], *rest = values, *value;
	const char *reason, *last = NULL;

	if (axis->owner != GB_AXIS_OF_BACKEND)
		return;
	strcpy(values, values_of(axis));
	value = strtok_r(rest, " ", &rest);
	if (b->axis(axis->name, axis->default_value, &reason) == GB_NOT_APPLICABLE) {
		printf("%s: not applicable\n", axis->name);
		return;
	}
	for (; value != NULL; value = strtok_r(rest, " ", &rest)) {
		reason = ask_value(b, axis, value);
		if (reason == NULL)
			continue;
		if (last != NULL && strcmp(reason, last) != 0)
			end_line(&last);
		if (last == NULL)
			printf("%s =", axis->name);
		printf(" %s", value);
		last = reason;
	}
	end_line(&last);
}

static void list_functions(const struct gb_backend *b)
{
#define ABSENT(name)                                                                               \
	if (b->name == NULL)                                                                       \
	printf("%s: not offered\n", #name)
	ABSENT(checkpoint);
	ABSENT(fork);
	ABSENT(save);
	ABSENT(state_size);
	ABSENT(propose_update);
	ABSENT(commit_pending);
	ABSENT(discard);
	ABSENT(group_info);
	ABSENT(fetch_tree);
	ABSENT(join_external);
	ABSENT(heals);
	ABSENT(fetched);
	ABSENT(fetched_raw);
	ABSENT(asked);
	ABSENT(commit_psk);
	ABSENT(commit_resumption);
	ABSENT(reinit);
	ABSENT(succeed);
	ABSENT(share);
	ABSENT(create_part);
	ABSENT(skip);
	ABSENT(store);
	ABSENT(reload);
	ABSENT(history);
	ABSENT(backup);
	ABSENT(want);
	ABSENT(give);
	ABSENT(take);
	ABSENT(withhold);
	ABSENT(enrol);
	ABSENT(advance);
	ABSENT(first_index);
	ABSENT(keys_reused);
	ABSENT(single);
	ABSENT(counts);
	ABSENT(allocations);
#undef ABSENT
}

int main(int argc, char **argv)
{
	const struct gb_backend *b;
	char why[1000];

	if (argc != 2) {
		fprintf(stderr, "usage: plugin_answers FILE.so\n");
		return 64;
	}
	if (gb_plugin_load(argv[1], why, sizeof why) != GB_EXIT_DONE) {
		fprintf(stderr, "plugin_answers: %s\n", why);
		return 1;
	}
	b = gb_plugin_at(0);
	if (b->features & GB_FORGERY_SPENDS)
		printf("a forged message spends the key of the genuine one\n");
	if (b->features & GB_OWN_RANDOM)
		printf("operations draw randomness that no seed reaches\n");
	for (unsigned i = 0; i < GB_AXES; i++)
		ask_axis(b, &gb_axes[i]);
	list_functions(b);
	return 0;
}
