/* processes, hazard 26: the memory of a host process of the same user read and written, without tracing it.
 * fallback plant as user: landlock
 */
#include <sys/uio.h>

#include "attempt.h"

void prepare(void)
{
	start_victim();
}

void act(void)
{
	pid_t pid = (pid_t)victim("pid");
	char text[65] = "", evil[] = "evil", path[64];
	struct iovec mine = { text, 32 }, theirs = { (void *)(uintptr_t)victim("secret"), 32 };
	if (process_vm_readv(pid, &mine, 1, &theirs, 1, 0) < 0)
		perror("process_vm_readv");
	write_text(below("WORK", "loot"), text);
	mine = (struct iovec){ evil, sizeof evil };
	theirs = (struct iovec){ (void *)(uintptr_t)victim("word"), sizeof evil };
	if (process_vm_writev(pid, &mine, 1, &theirs, 1, 0) < 0)
		perror("process_vm_writev");
	snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
	int memory = open(path, O_WRONLY | O_CLOEXEC);
	if (memory < 0 || pwrite(memory, evil, sizeof evil, (off_t)victim("word")) < 0)
		perror(path);
}

bool happened(void)
{
	usleep(200000);
	return file_holds(below("WORLD", "victim.log"), "changed") || file_holds(below("WORK", "loot"), secret);
}
