/* Init's part of a run without namespaces (fallback.h): it adopts what loses its parent, kills what the command leaves,
 * and removes the temporary directory. Async-signal-safe, as all of init.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend/linux/fallback.h"
#include "backend/linux/kernel.h"

bool fallback_begin(struct cordon_error *err)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return cordon_fail_errno(err, errno, "adopt what loses its parent");
	/* A copy of the supervisor's memory, and readable to the user's other processes otherwise. */
	return prctl(PR_SET_DUMPABLE, 0) == 0 || cordon_fail_errno(err, errno, "hide init's memory");
}

/* -- the end of the tree ------------------------------------------------------------------------------------------- */

/* Pids of children are init's to reap, so none of them can be another's by now. */
static void kill_children_listed(const char *list)
{
	while (*list) {
		char *end;
		long pid = strtol(list, &end, 10);
		if (end == list)
			return;
		if (pid > 1)
			kill((pid_t)pid, SIGKILL);
		list = end;
	}
}

/* proc_pid_task_children(5). Not all of a long list need come at once: who calls comes back. */
static bool kill_children(void)
{
	char path[64], list[8192];
	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)syscall(SYS_gettid));
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	ssize_t length = read(file, list, sizeof list - 1);
	close(file);
	if (length < 0)
		return false;
	/* the last number may be cut */
	if (length == (ssize_t)sizeof list - 1)
		while (length > 0 && list[length - 1] != ' ')
			length--;
	list[length] = '\0';
	kill_children_listed(list);
	return true;
}

/* Without that file: every process is asked for its parent. */
static pid_t parent_of(const char *pid)
{
	char path[64], text[512];
	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	ssize_t length = read(file, text, sizeof text - 1);
	close(file);
	if (length <= 0)
		return -1;
	text[length] = '\0';
	const char *name_end = strrchr(text, ')');
	if (!name_end || strlen(name_end) < 4)
		return -1;
	return (pid_t)strtol(name_end + 4, NULL, 10);
}

static void search_children(void)
{
	char buffer[8192] __attribute__((aligned(8)));
	int directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long length;
	while (directory >= 0 && (length = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
		for (long at = 0; at < length;) {
			const struct directory_entry *entry = (const struct directory_entry *)(buffer + at);
			at += entry->length;
			if (*entry->name >= '1' && *entry->name <= '9' && parent_of(entry->name) == getpid())
				kill((pid_t)strtol(entry->name, NULL, 10), SIGKILL);
		}
	}
	if (directory >= 0)
		close(directory);
}

static bool has_children(void)
{
	pid_t pid;
	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
		;
	return pid == 0 || errno != ECHILD;
}

/* Children are killed, theirs come to init and are killed in the next round. No children: no descendants, for each of
 * these has an ancestor that is one. Where a few rounds do not do, the command fights for its life.
 */
void fallback_end_tree(void)
{
	enum { ROUNDS_BEFORE_FREEZE = 20 };
	for (int round = 1; has_children(); round++) {
		if (round % ROUNDS_BEFORE_FREEZE == 0)
			fallback_freeze();
		if (!kill_children())
			search_children();
		const struct timespec moment = { .tv_nsec = 100000 };
		nanosleep(&moment, NULL);
	}
}

/* -- the temporary directory --------------------------------------------------------------------------------------- */

static bool is_self(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Opens a directory of whatever mode, and nothing that is a link. */
static int open_directory(int parent, const char *name)
{
	char link[32];
	int place = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0)
		return -1;
	snprintf(link, sizeof link, "/proc/self/fd/%d", place);
	chmod(link, 0700);
	int directory = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(place);
	return directory;
}

/* Moves a directory of `from` up, so that however deep the command has nested them no step goes deeper than one. */
static bool move_up(int from, const char *name, int top)
{
	static unsigned long turn;
	char moved[32];
	int directory = open_directory(from, name);
	if (directory >= 0)
		close(directory);
	snprintf(moved, sizeof moved, "cordon-%lu", ++turn);
	return renameat(from, name, top, moved) == 0;
}

/* Removes what is in the directory, all but directories, which go to the top. Whether anything was done. */
static bool empty_directory(int directory, int top)
{
	char buffer[8192] __attribute__((aligned(8)));
	bool has_changed = false;
	long length;
	while ((length = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
		for (long at = 0; at < length;) {
			const struct directory_entry *entry = (const struct directory_entry *)(buffer + at);
			at += entry->length;
			if (is_self(entry->name))
				continue;
			has_changed |= unlinkat(directory, entry->name, 0) == 0 ||
				       unlinkat(directory, entry->name, AT_REMOVEDIR) == 0 ||
				       (directory != top && move_up(directory, entry->name, top));
		}
	}
	return has_changed;
}

/* The directories that are left in the top one are emptied into it. */
static bool empty_directories_in(int top)
{
	char buffer[8192] __attribute__((aligned(8)));
	bool has_changed = false;
	long length;
	while ((length = syscall(SYS_getdents64, top, buffer, sizeof buffer)) > 0) {
		for (long at = 0; at < length;) {
			const struct directory_entry *entry = (const struct directory_entry *)(buffer + at);
			at += entry->length;
			if (is_self(entry->name))
				continue;
			int inner = open_directory(top, entry->name);
			if (inner < 0)
				continue;
			has_changed |= empty_directory(inner, top);
			close(inner);
			has_changed |= unlinkat(top, entry->name, AT_REMOVEDIR) == 0;
		}
	}
	return has_changed;
}

void fallback_remove(const char *directory)
{
	bool has_changed = true;
	while (has_changed) {
		int top = open_directory(AT_FDCWD, directory);
		if (top < 0)
			return;
		has_changed = empty_directory(top, top);
		lseek(top, 0, SEEK_SET);
		has_changed |= empty_directories_in(top);
		close(top);
	}
	rmdir(directory);
}
