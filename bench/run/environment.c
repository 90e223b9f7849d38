#include "run/environment.h"
#include "build_facts.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

const char *gb_environment_revision(void)
{
	return GB_BUILD_REVISION;
}

/* What a file consists of, as a number (FNV-1a): builds of one revision can differ. */
static void hash_file(const char *path, char hash[17])
{
	FILE *in = fopen(path, "rb");
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	unsigned char bytes[65536];
	size_t n;

	while (in != NULL && (n = fread(bytes, 1, sizeof bytes, in)) > 0)
		for (size_t i = 0; i < n; i++)
			h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	if (in != NULL)
		fclose(in);
	snprintf(hash, 17, "%016" PRIx64, h);
}

json_t *gb_environment_build(void)
{
	char hash[17];

	hash_file("/proc/self/exe", hash);
	return json_pack("{s:s, s:s, s:s, s:s}", "revision", GB_BUILD_REVISION, "program", hash,
			 "compiler",
#ifdef __clang__
			 "clang " __clang_version__,
#else
			 "gcc " __VERSION__,
#endif
			 "flags", GB_BUILD_FLAGS);
}

/* The part of an absolute path behind the working directory, when the file is beneath it. */
static const char *from_here(const char *path)
{
	char here[PATH_MAX];
	size_t len;

	if (getcwd(here, sizeof here) == NULL)
		return path;
	len = strlen(here);
	return strncmp(path, here, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

json_t *gb_environment_file(const char *path)
{
	char hash[17];

	hash_file(path, hash);
	return json_pack("{s:s, s:s}", "file", from_here(path), "hash", hash);
}

/* The first line of a small file, without its end; false when there is none. */
static int first_line(const char *path, char *line, size_t len)
{
	FILE *in = fopen(path, "r");
	int ok;

	if (in == NULL)
		return 0;
	ok = fgets(line, (int)len, in) != NULL;
	fclose(in);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

static void put_line(json_t *to, const char *name, const char *path)
{
	char line[256];

	if (first_line(path, line, sizeof line))
		json_object_set_new(to, name, json_string(line));
}

/* "key : value" lines of /proc files: the value behind the first line that has the key. */
static void put_value(json_t *to, const char *name, const char *path, const char *key)
{
	char *line = NULL;
	size_t len = 0;
	FILE *in = fopen(path, "r");

	while (in != NULL && getline(&line, &len, in) > 0) {
		char *value = strchr(line, ':');
		if (strncmp(line, key, strlen(key)) != 0 || value == NULL)
			continue;
		value += 1 + strspn(value + 1, " \t");
		value[strcspn(value, "\n")] = '\0';
		json_object_set_new(to, name, json_string(value));
		break;
	}
	free(line);
	if (in != NULL)
		fclose(in);
}

json_t *gb_environment_machine(void)
{
	json_t *machine = json_object();
	struct utsname u;

	put_value(machine, "cpu", "/proc/cpuinfo", "model name");
	put_value(machine, "cpu_features", "/proc/cpuinfo", "flags");
	put_value(machine, "microcode", "/proc/cpuinfo", "microcode");
	put_value(machine, "memory", "/proc/meminfo", "MemTotal");
	put_line(machine, "load", "/proc/loadavg");
	put_line(machine, "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
	put_line(machine, "clock_source",
		 "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	put_line(machine, "address_randomisation", "/proc/sys/kernel/randomize_va_space");
	json_object_set_new(machine, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	if (uname(&u) == 0) {
		json_object_set_new(machine, "kernel", json_string(u.release));
		json_object_set_new(machine, "architecture", json_string(u.machine));
	}
	return machine;
}
