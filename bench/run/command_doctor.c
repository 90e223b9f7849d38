#include "exit_status.h"
#include "run/commands.h"
#include "run/environment.h"
#include "run/noise.h"
#include "run/range.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct gb_option options[] = {
	{"time", 0, "TIME", "how long to watch the machine; default 3s", ""},
};

static int set(void *context, const struct gb_option *option, const char *value)
{
	char wanted[GB_WANTED_BYTES];

	if (gb_parse_duration(value, context, wanted) == 0)
		return 0;
	return gb_options_refuse(&gb_command_doctor, option->name, value, wanted);
}

/* Something that spoils times, and the command that mends it; "" where there is none. */
static void advise(size_t *n, const char *what, const char *command)
{
	printf("  %s%s%s\n", what, command[0] != '\0' ? ": " : "", command);
	(*n)++;
}

/* The first line of a file of the kernel is this text. */
static int says(const char *path, const char *text)
{
	char line[64] = "";
	FILE *in = fopen(path, "r");
	int same;

	if (in == NULL)
		return 0;
	same = fgets(line, sizeof line, in) != NULL;
	fclose(in);
	line[strcspn(line, "\n")] = '\0';
	return same && strcmp(line, text) == 0;
}

static int has_governor(void)
{
	FILE *in = fopen("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "r");

	if (in != NULL)
		fclose(in);
	return in != NULL;
}

static void advise_on_processors(size_t *n)
{
	if (has_governor() &&
	    !says("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance"))
		advise(n, "the clock rate follows the load",
		       "cpupower frequency-set -g performance");
	if (says("/sys/devices/system/cpu/intel_pstate/no_turbo", "0"))
		advise(n, "turbo changes the clock rate with temperature",
		       "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo");
	if (says("/sys/devices/system/cpu/cpufreq/boost", "1"))
		advise(n, "boost changes the clock rate with temperature",
		       "echo 0 > /sys/devices/system/cpu/cpufreq/boost");
	if (says("/sys/devices/system/cpu/smt/active", "1"))
		advise(n, "two threads share each core",
		       "echo off > /sys/devices/system/cpu/smt/control");
}

static void advise_on_program(size_t *n)
{
	json_t *build = gb_environment_build(), *machine = gb_environment_machine();
	const char *flags = json_string_value(json_object_get(build, "flags"));
	const char *features = json_string_value(json_object_get(machine, "cpu_features"));

	if (flags != NULL && strstr(flags, "-fsanitize") != NULL)
		advise(n, "this program was built with sanitizers", "make");
	else if (flags != NULL && strstr(flags, "-O2") == NULL && strstr(flags, "-O3") == NULL)
		advise(n, "this program was built without optimisation", "make CFLAGS='-O2 -g'");
	if (getenv("LD_PRELOAD") != NULL)
		advise(n, "LD_PRELOAD is set", "unset LD_PRELOAD");
	if (features != NULL && strstr(features, "hypervisor") != NULL)
		advise(n, "this is a virtual machine: its neighbours and their share are not seen",
		       "");
	json_decref(build);
	json_decref(machine);
}

static int doctor_main(const struct gb_command *self, int argc, char **argv)
{
	uint64_t duration_ns = UINT64_C(3000000000);
	struct gb_noise noise;
	size_t n, n_advice = 0;
	int status = gb_options_parse(self, argc, argv, &n, set, &duration_ns);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	noise = gb_noise_measure(duration_ns);
	printf("%s: one computation, again and again, deviates by %.1f %% (slow by fast %.2f); "
	       "%.0f %% of "
	       "the time was ours",
	       gb_quiet_word(noise.verdict), 100 * noise.deviation, noise.spread,
	       100 * noise.cpu_over_wall);
	if (!isnan(noise.steal))
		printf(", %.1f %% was stolen", 100 * noise.steal);
	printf("\n");
	advise_on_processors(&n_advice);
	advise_on_program(&n_advice);
	if (n_advice == 0)
		printf("  nothing to mend\n");
	return noise.verdict == GB_QUIET ? GB_EXIT_DONE : GB_EXIT_INCONCLUSIVE;
}

const struct gb_command gb_command_doctor = {
	.name = "doctor",
	.operands = "",
	.sentence = "Is this machine fit to measure, and what would help? Changes nothing.",
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.main = doctor_main,
};
