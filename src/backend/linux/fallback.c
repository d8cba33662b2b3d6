/* The supervisor's part of a run without namespaces: see fallback.h. */
#include "backend/linux/fallback.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_temporary(struct share *share, struct inside *inside, const char *folder, struct cordon_error *err)
{
	static const char name[] = "/cordon-XXXXXX";
	const char *place = strcmp(folder, "/") == 0 ? "" : folder;
	size_t size = strlen(place) + sizeof name;
	char *path = share_take(share, size);
	if (!path)
		return cordon_fail_memory(err);
	snprintf(path, size, "%s%s", place, name);
	if (!mkdtemp(path))
		return cordon_fail_errno(err, errno, "make a temporary directory in '%s'", folder);
	inside->temporary = path;
	return true;
}

/* The plan's TMPDIR is the private /tmp, which there is not. */
static bool name_temporary(struct share *share, struct inside *inside, struct cordon_error *err)
{
	static const char name[] = "TMPDIR=";
	size_t size = sizeof name + strlen(inside->temporary);
	char *entry = share_take(share, size);
	if (!entry)
		return cordon_fail_memory(err);
	snprintf(entry, size, "%s%s", name, inside->temporary);
	for (char **at = inside->plan.environment; *at; at++)
		if (strncmp(*at, name, strlen(name)) == 0)
			*at = entry;
	return true;
}

/* Threads of the process, as proc_pid_stat(5) has them in its field 20; 0: it is gone, or another user's. */
static uint64_t count_threads(int directory, const char *pid)
{
	struct stat status;
	char name[300], text[512];
	if (fstatat(directory, pid, &status, 0) != 0 || status.st_uid != geteuid())
		return 0;
	snprintf(name, sizeof name, "%s/stat", pid);
	int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
	if (file >= 0)
		close(file);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	const char *at = strrchr(text, ')');
	for (int field = 2; at && field < 20; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

static bool count_others(struct inside *inside, struct cordon_error *err)
{
	DIR *processes = opendir("/proc");
	if (!processes)
		return cordon_fail_errno(err, errno, "list /proc");
	inside->others = 0;
	for (const struct dirent *entry; (entry = readdir(processes));)
		if (*entry->d_name >= '1' && *entry->d_name <= '9')
			inside->others += count_threads(dirfd(processes), entry->d_name);
	closedir(processes);
	return true;
}

bool fallback_prepare(struct share *share, struct inside *inside, const struct plan *plan, struct cordon_error *err)
{
	inside->ruleset = -1;
	/* Where the policy accepts that sockets of the host are in reach, the command may have sockets of its own. */
	inside->without_unix_sockets = plan->guarantees[GUARANTEE_IPC].accepted == LEVEL_ENFORCED;
	if (!count_others(inside, err) || !make_temporary(share, inside, plan->facts->temp, err) ||
	    !name_temporary(share, inside, err))
		return false;
	if (inside->landlock == 0)
		return true;
	inside->ruleset = fallback_make_rules(&inside->plan, inside->temporary, inside->landlock, err);
	return inside->ruleset >= 0 || cordon_while(err, "landlock");
}
