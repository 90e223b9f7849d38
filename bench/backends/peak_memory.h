#ifndef GB_BACKENDS_PEAK_MEMORY_H
#define GB_BACKENDS_PEAK_MEMORY_H
#include <stdint.h>
#include <sys/types.h>

/*
 * The most memory that the process has had at a time since it began its program, in bytes: its
 * resident set (VmHWM of /proc/PID/status), pages that it shares with others included. 0 when the
 * system does not say, or when the process is gone.
 *
 * ru_maxrss of wait4 and getrusage is another figure: it begins with what the parent had in memory
 * when it started the process.
 */
uint64_t gb_peak_memory_bytes(pid_t pid);
#endif
