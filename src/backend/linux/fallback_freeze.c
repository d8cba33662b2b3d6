/* Stops every process of the tree, without namespaces, before any is killed.
 *
 * A killed process makes room, under whatever limit there is, for another that forks; a stopped one does not. So where
 * processes are made as fast as they die, stopping comes to an end and killing need not: round by round more of them
 * stand still, and once the limit is reached no new ones come. Async-signal-safe, as all of init.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/linux/fallback.h"
#include "backend/linux/kernel.h"
#include "backend/linux/proc_stat.h"

enum { PROCESSES_MAX = 65536, ROUNDS_MAX = 500 };

struct process {
	pid_t pid, parent;
	char state;
	bool is_ours; /* a descendant of this process */
};

/* Untouched pages cost nothing; one init has one. */
static struct process processes[PROCESSES_MAX];

static bool look_at(pid_t pid, struct process *ret_process)
{
	char path[64];
	struct proc_stat stat;
	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	if (!proc_stat_read(AT_FDCWD, path, &stat))
		return false;
	*ret_process = (struct process){ .pid = pid, .state = stat.state, .parent = (pid_t)stat.fields[STAT_PARENT] };
	return true;
}

static size_t list_processes(void)
{
	char buffer[8192] __attribute__((aligned(8)));
	size_t count = 0;
	int directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long length;
	while (directory >= 0 && (length = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
		for (long at = 0; at < length && count < PROCESSES_MAX;) {
			const struct directory_entry *entry = (const struct directory_entry *)(buffer + at);
			at += entry->length;
			bool is_process = *entry->name >= '1' && *entry->name <= '9';
			if (is_process && look_at((pid_t)strtol(entry->name, NULL, 10), &processes[count]))
				count++;
		}
	}
	if (directory >= 0)
		close(directory);
	return count;
}

/* /proc lists by number, so that a parent mostly comes first. */
static bool is_ours(const struct process *process, size_t count)
{
	if (process->parent == getpid())
		return true;
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (processes[middle].pid < process->parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && processes[low].pid == process->parent && processes[low].is_ours;
}

static void mark_ours(size_t count)
{
	bool has_changed = true;
	while (has_changed) {
		has_changed = false;
		for (size_t i = 0; i < count; i++) {
			if (!processes[i].is_ours && is_ours(&processes[i], count)) {
				processes[i].is_ours = true;
				has_changed = true;
			}
		}
	}
}

/* Its number may have passed to a process of the user's meanwhile: the descriptor holds on to one, and if that is the
 * one whose parent was seen, or dead, no harm is done.
 */
static void send_to(const struct process *process, int number)
{
	struct process now;
	int descriptor = (int)syscall(SYS_pidfd_open, process->pid, 0);
	if (descriptor < 0)
		return;
	bool is_same = look_at(process->pid, &now) && (now.parent == process->parent || now.parent == getpid());
	if (is_same)
		syscall(SYS_pidfd_send_signal, descriptor, number, NULL, 0);
	close(descriptor);
}

/* The numbers of those that did not stand still yet, mixed into one; 0: there were none. */
static uint64_t stop_all(void)
{
	uint64_t mixed = 0;
	size_t count = list_processes();
	mark_ours(count);
	for (size_t i = 0; i < count; i++) {
		const struct process *process = &processes[i];
		if (!process->is_ours || strchr("TtZX", process->state))
			continue;
		send_to(process, SIGSTOP);
		mixed = mixed * 1099511628211u + (uint64_t)process->pid;
	}
	return mixed;
}

/* One that waits for its child of vfork stands still only with that, and is stopped all the same: where nothing changes
 * any more, all is done.
 */
void fallback_freeze(void)
{
	uint64_t last = 0, moving = 1;
	for (int round = 0, same = 0; moving != 0 && same < 3 && round < ROUNDS_MAX; round++) {
		moving = stop_all();
		same = moving == last ? same + 1 : 0;
		last = moving;
	}
}

/* Those that run already lose nothing by it. */
void fallback_thaw(void)
{
	size_t count = list_processes();
	mark_ours(count);
	for (size_t i = 0; i < count; i++)
		if (processes[i].is_ours)
			send_to(&processes[i], SIGCONT);
}
