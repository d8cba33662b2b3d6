#include "base/guarantee.h"

#include <string.h>

static const struct {
	const char *name;
	const char *promise;
} guarantees[GUARANTEE_COUNT] = {
	[GUARANTEE_FILES_WRITE] = { "files.write", "nothing outside the writable roots changes" },
	[GUARANTEE_FILES_READ] = { "files.read", "only what is granted can be read, listed or probed" },
	[GUARANTEE_FILES_PROTECT] = { "files.protect", "read-only and hidden paths inside writable roots hold" },
	[GUARANTEE_NET_OFF] = { "net.off", "no traffic leaves the cordon" },
	[GUARANTEE_NET_FILTERED] = { "net.filtered", "only allowed hosts and ports are reached" },
	[GUARANTEE_NET_DNS] = { "net.dns", "only allowed names are looked up" },
	[GUARANTEE_IPC] = { "ipc", "no host service is reached through sockets, pipes, buses or shared memory" },
	[GUARANTEE_PROCESSES] = { "processes", "host processes are not seen, signalled or traced" },
	[GUARANTEE_KERNEL] = { "kernel", "no privilege, and kernel interfaces cut to what programs need" },
	[GUARANTEE_TERMINAL] = { "terminal", "the user's terminal cannot be typed into" },
	[GUARANTEE_DESKTOP] = { "desktop", "windows, input and clipboard are out of reach" },
	[GUARANTEE_REGISTRY] = { "registry", "the user's registry is not changed" },
	[GUARANTEE_CREDENTIALS] = { "credentials", "the user's logon session and stored credentials are out of reach" },
	[GUARANTEE_LIMITS_MEMORY] = { "limits.memory", "memory of the whole tree" },
	[GUARANTEE_LIMITS_CPU] = { "limits.cpu", "processors used at once" },
	[GUARANTEE_LIMITS_CPU_TIME] = { "limits.cpu_time", "processor time of the whole tree" },
	[GUARANTEE_LIMITS_WALL_TIME] = { "limits.wall_time", "how long the run may take" },
	[GUARANTEE_LIMITS_PROCESSES] = { "limits.processes", "processes and threads at once" },
	[GUARANTEE_LIMITS_OPEN_FILES] = { "limits.open_files", "open files of each process" },
	[GUARANTEE_LIMITS_DISK] = { "limits.disk", "bytes written and kept" },
	[GUARANTEE_LIMITS_FILE_SIZE] = { "limits.file_size", "size of one file" },
	[GUARANTEE_LIMITS_OUTPUT] = { "limits.output", "bytes of output" },
	[GUARANTEE_TREE] = { "tree", "no process outlives the run" },
};

static const char *const level_names[] = {
	[LEVEL_UNASKED] = "unasked",
	[LEVEL_ABSENT] = "absent",
	[LEVEL_PARTIAL] = "partial",
	[LEVEL_ENFORCED] = "enforced",
};

const char *guarantee_name(enum guarantee guarantee)
{
	return guarantees[guarantee].name;
}

const char *guarantee_promise(enum guarantee guarantee)
{
	return guarantees[guarantee].promise;
}

enum guarantee guarantee_find(const char *name)
{
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		if (strcmp(guarantees[i].name, name) == 0)
			return (enum guarantee)i;
	return GUARANTEE_COUNT;
}

const char *level_name(enum level level)
{
	return level_names[level];
}
