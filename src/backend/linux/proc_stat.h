/* What proc_pid_stat(5) tells of a process. Async-signal-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The manual's numbers of the fields. Field 2, the name, and 3, the state, are no numbers. */
enum {
	STAT_PARENT = 4,
	STAT_USER = 14,
	STAT_SYSTEM,
	STAT_WAITED_USER,
	STAT_WAITED_SYSTEM,
	STAT_THREADS = 20,
	STAT_BORN = 22, /* clock ticks after the boot */
	STAT_PAGES = 24,
	STAT_ARGUMENTS_BEGIN = 48,
	STAT_ARGUMENTS_END,
	STAT_FIELDS,
};

struct proc_stat {
	char state;
	uint64_t fields[STAT_FIELDS]; /* from STAT_PARENT on; 0 where the kernel tells none */
};

/* `path` is that of the file `stat`, from `directory` or absolute. False, with errno where the system says why. */
bool proc_stat_read(int directory, const char *path, struct proc_stat *ret_stat);
