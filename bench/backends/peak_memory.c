#include "backends/peak_memory.h"
#include <inttypes.h>
#include <stdio.h>

uint64_t gb_peak_memory_bytes(pid_t pid)
{
	char path[64], line[256];
	uint64_t kib = 0;
	FILE *in;

	snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	in = fopen(path, "r");
	if (in == NULL)
		return 0;
	while (fgets(line, sizeof line, in) != NULL)
		if (sscanf(line, "VmHWM: %" SCNu64 " kB", &kib) == 1)
			break;
	fclose(in);
	return kib * 1024;
}
