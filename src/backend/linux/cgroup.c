#include "backend/linux/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum { PERIOD_US = 100000, TEXT_SIZE = 4096, REMOVE_TRIES = 50, REMOVE_PAUSE_NS = 2000000, ABANDONED_AFTER_S = 60 };

static const char *const controllers[CGROUP_CONTROLLERS] = { "memory", "pids", "cpu", "cpuacct" };

struct cgroup {
	bool is_unified;
	int directory;                                    /* version 2 */
	char paths[CGROUP_CONTROLLERS][CGROUP_PATH_SIZE]; /* of the groups; empty: none */
	int doors[CGROUP_CONTROLLERS];
};

/* -- files --------------------------------------------------------------------------------------------------------- */

/* The whole of a small file; empty when it cannot be read. */
static void read_text(const char *path, char *text, size_t size)
{
	ssize_t length = -1;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		length = read(file, text, size - 1);
		close(file);
	}
	text[length > 0 ? length : 0] = '\0';
}

static bool join_path(char *path, const char *directory, const char *name)
{
	return snprintf(path, CGROUP_PATH_SIZE, "%s/%s", directory, name) < CGROUP_PATH_SIZE;
}

static uint64_t read_number(const char *directory, const char *name)
{
	char path[CGROUP_PATH_SIZE], text[64];
	if (!join_path(path, directory, name))
		return 0;
	read_text(path, text, sizeof text);
	return strtoull(text, NULL, 10);
}

/* The number behind a word at the beginning of a line ("oom_kill 3"). */
static uint64_t read_entry(const char *directory, const char *name, const char *word)
{
	char path[CGROUP_PATH_SIZE], text[TEXT_SIZE];
	size_t length = strlen(word);
	if (!join_path(path, directory, name))
		return 0;
	read_text(path, text, sizeof text);
	for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (strncmp(line, word, length) == 0 && line[length] == ' ')
			return strtoull(line + length, NULL, 10);
	return 0;
}

static bool write_text(const char *directory, const char *name, const char *text)
{
	char path[CGROUP_PATH_SIZE];
	if (!join_path(path, directory, name)) {
		errno = ENAMETOOLONG;
		return false;
	}
	int file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	ssize_t length = write(file, text, strlen(text));
	int code = errno;
	close(file);
	errno = code;
	return length == (ssize_t)strlen(text);
}

/* -- where --------------------------------------------------------------------------------------------------------- */

static bool is_file_system(const char *path, unsigned long magic)
{
	struct statfs status;
	return statfs(path, &status) == 0 && (unsigned long)status.f_type == magic;
}

/* The caller's own group in the hierarchy that the controller belongs to ("": version 2), from /proc/self/cgroup. */
static bool find_own(const char *table, const char *controller, char *path)
{
	size_t length = strlen(controller);
	for (const char *line = table; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *names = strchr(line, ':');
		const char *place = names ? strchr(names + 1, ':') : NULL;
		if (!place)
			return false;
		size_t size = strcspn(place + 1, "\n");
		bool is_meant = place == names + 1 && length == 0;
		for (const char *name = names + 1; length && name && name < place;) {
			is_meant = is_meant || (strncmp(name, controller, length) == 0 &&
						(name[length] == ',' || name[length] == ':'));
			name = strpbrk(name, ",:");
			name = name && *name == ',' ? name + 1 : NULL;
		}
		if (!is_meant)
			continue;
		if (size >= CGROUP_PATH_SIZE)
			return false;
		memcpy(path, place + 1, size);
		path[size] = '\0';
		return true;
	}
	return false;
}

static bool may_make_in(const char *directory)
{
	return faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0;
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if ((at == text || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' ' || at[length] == '\n'))
			return true;
	return false;
}

/* A group with processes of its own gives nothing to groups in it: so it is one above the caller's, the nearest that
 * the user may write and from which a process may be moved (cgroups(7), "no internal processes", "delegation").
 */
static void find_unified(const char *table, struct cgroup_places *places)
{
	char own[CGROUP_PATH_SIZE], directory[CGROUP_PATH_SIZE], door[CGROUP_PATH_SIZE], path[CGROUP_PATH_SIZE];
	char enabled[TEXT_SIZE];
	if (!find_own(table, "", own))
		return;
	do {
		char *slash = strrchr(own, '/');
		if (!slash)
			return;
		*slash = '\0';
		if (!join_path(directory, CGROUP_ROOT, own[0] ? own + 1 : "") ||
		    !join_path(door, directory, "cgroup.procs") ||
		    !join_path(path, directory, "cgroup.subtree_control"))
			return;
		read_text(path, enabled, sizeof enabled);
		if (!may_make_in(directory) || faccessat(AT_FDCWD, door, W_OK, AT_EACCESS) != 0 || !enabled[0])
			continue;
		for (int i = 0; i < CGROUP_CONTROLLERS; i++)
			if (i == CGROUP_ACCOUNT || has_word(enabled, controllers[i]))
				strcpy(places->paths[i], directory);
		places->is_unified = true;
		return;
	} while (own[0]);
}

static void find_separate(const char *table, struct cgroup_places *places)
{
	char own[CGROUP_PATH_SIZE], mount[CGROUP_PATH_SIZE], directory[CGROUP_PATH_SIZE];
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (!join_path(mount, CGROUP_ROOT, controllers[i]) || !is_file_system(mount, CGROUP_SUPER_MAGIC) ||
		    !find_own(table, controllers[i], own))
			continue;
		/* In a container the path may be the host's and the mount a part of it. */
		if (!join_path(directory, mount, own + 1) || access(directory, F_OK) != 0)
			strcpy(directory, mount);
		size_t length = strlen(directory);
		if (directory[length - 1] == '/')
			directory[length - 1] = '\0';
		if (may_make_in(directory))
			strcpy(places->paths[i], directory);
	}
}

void cgroup_find(struct cgroup_places *ret_places)
{
	char table[TEXT_SIZE];
	memset(ret_places, 0, sizeof *ret_places);
	read_text("/proc/self/cgroup", table, sizeof table);
	if (is_file_system(CGROUP_ROOT, CGROUP2_SUPER_MAGIC))
		find_unified(table, ret_places);
	else
		find_separate(table, ret_places);
}

/* -- making -------------------------------------------------------------------------------------------------------- */

/* A name that nobody else takes, and that `cordon gc` knows. */
static bool make_group(const char *place, char *path)
{
	static unsigned counter;
	char name[64];
	for (int tries = 0; tries < 100; tries++) {
		unsigned number = __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED);
		snprintf(name, sizeof name, "cordon-%ld-%u", (long)getpid(), number);
		if (!join_path(path, place, name)) {
			errno = ENAMETOOLONG;
			break;
		}
		if (mkdir(path, 0755) == 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	path[0] = '\0';
	return false;
}

static struct cgroup *allocate(void)
{
	struct cgroup *cgroup = calloc(1, sizeof *cgroup);
	if (!cgroup)
		return NULL;
	cgroup->directory = -1;
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		cgroup->doors[i] = -1;
	return cgroup;
}

struct cgroup *cgroup_begin(void)
{
	struct cgroup_places places;
	if (!is_file_system(CGROUP_ROOT, CGROUP2_SUPER_MAGIC)) {
		errno = 0;
		return NULL;
	}
	cgroup_find(&places);
	if (!places.is_unified) {
		errno = EACCES;
		return NULL;
	}
	struct cgroup *cgroup = allocate();
	if (!cgroup || !make_group(places.paths[CGROUP_ACCOUNT], cgroup->paths[CGROUP_ACCOUNT]))
		return cgroup_free(cgroup);
	cgroup->is_unified = true;
	cgroup->directory = open(cgroup->paths[CGROUP_ACCOUNT], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup->directory < 0)
		return cgroup_free(cgroup);
	for (int i = 0; i < CGROUP_ACCOUNT; i++)
		if (places.paths[i][0])
			strcpy(cgroup->paths[i], cgroup->paths[CGROUP_ACCOUNT]);
	return cgroup;
}

int cgroup_directory(const struct cgroup *cgroup)
{
	return cgroup ? cgroup->directory : -1;
}

/* -- limits -------------------------------------------------------------------------------------------------------- */

/* What the kernel took may be a page less, and nothing else. */
static bool set_number(const char *directory, const char *name, uint64_t value, struct cordon_error *err)
{
	char text[32];
	snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	if (!write_text(directory, name, text))
		return cordon_fail_errno(err, errno, "set %s/%s", directory, name);
	uint64_t taken = read_number(directory, name);
	if (taken > value || value - taken >= (uint64_t)sysconf(_SC_PAGESIZE))
		return cordon_fail(err, CORDON_OS_FAILED, "%s/%s took %llu for %llu", directory, name,
				   (unsigned long long)taken, (unsigned long long)value);
	return true;
}

/* A limit beyond what the machine has is no limit, and the kernel's own largest is less than 2^64. */
static uint64_t within_kernel(uint64_t bytes)
{
	const uint64_t most = (uint64_t)1 << 62;
	return bytes < most ? bytes : most;
}

static bool limit_memory(const struct cgroup *cgroup, uint64_t bytes, struct cordon_error *err)
{
	const char *directory = cgroup->paths[CGROUP_MEMORY];
	char path[CGROUP_PATH_SIZE];
	bytes = within_kernel(bytes);
	if (!set_number(directory, cgroup->is_unified ? "memory.max" : "memory.limit_in_bytes", bytes, err))
		return false;
	/* Without these, what is too much would go to the swap space. A kernel without swap has no such file. */
	const char *swap = cgroup->is_unified ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	if (join_path(path, directory, swap) && access(path, F_OK) == 0 &&
	    !set_number(directory, swap, cgroup->is_unified ? 0 : bytes, err))
		return false;
	if (cgroup->is_unified)
		write_text(directory, "memory.oom.group", "1");
	return true;
}

static bool limit_processors(const struct cgroup *cgroup, uint64_t thousandths, struct cordon_error *err)
{
	const char *directory = cgroup->paths[CGROUP_CPU];
	char text[64];
	unsigned long long quota = (unsigned long long)thousandths * (PERIOD_US / 1000);
	if (!cgroup->is_unified)
		return set_number(directory, "cpu.cfs_period_us", PERIOD_US, err) &&
		       set_number(directory, "cpu.cfs_quota_us", quota, err);
	snprintf(text, sizeof text, "%llu %d", quota, PERIOD_US);
	if (!write_text(directory, "cpu.max", text))
		return cordon_fail_errno(err, errno, "set %s/cpu.max", directory);
	return read_number(directory, "cpu.max") == quota ||
	       cordon_fail(err, CORDON_OS_FAILED, "%s/cpu.max did not take %s", directory, text);
}

static const enum limit limit_of[CGROUP_CONTROLLERS] = {
	[CGROUP_MEMORY] = LIMIT_MEMORY,
	[CGROUP_PROCESSES] = LIMIT_PROCESSES,
	[CGROUP_CPU] = LIMIT_CPUS,
	[CGROUP_ACCOUNT] = LIMIT_CPU_TIME,
};

/* Version 1 has a group for each controller, and only for those that are needed. A thread that writes "0" into `tasks`
 * moves itself, which takes the kernel 50 us. For another process, or a whole one by cgroup.procs, it waits for every
 * processor to pass a quiet state, 10 ms.
 */
static bool make_separate(struct cgroup *cgroup, const char *place, int controller, struct cordon_error *err)
{
	char door[CGROUP_PATH_SIZE];
	if (!make_group(place, cgroup->paths[controller]))
		return cordon_fail_errno(err, errno, "make a control group in %s", place);
	if (!join_path(door, cgroup->paths[controller], "tasks"))
		return cordon_fail_errno(err, ENAMETOOLONG, "'%s'", cgroup->paths[controller]);
	cgroup->doors[controller] = open(door, O_WRONLY | O_CLOEXEC);
	return cgroup->doors[controller] >= 0 || cordon_fail_errno(err, errno, "open %s", door);
}

static bool set_limit(const struct cgroup *cgroup, int controller, uint64_t value, struct cordon_error *err)
{
	switch (controller) {
	case CGROUP_MEMORY:
		return limit_memory(cgroup, value, err);
	case CGROUP_PROCESSES:
		return set_number(cgroup->paths[controller], "pids.max", value + cgroup_holds_init(cgroup), err);
	case CGROUP_CPU:
		return limit_processors(cgroup, value, err);
	default:
		return true; /* it is read */
	}
}

static void close_door(struct cgroup *cgroup, int controller)
{
	if (cgroup->doors[controller] >= 0)
		close(cgroup->doors[controller]);
	cgroup->doors[controller] = -1;
}

/* Of version 2 the group stays, for the others' sake. */
static void give_up(struct cgroup *cgroup, int controller)
{
	close_door(cgroup, controller);
	if (!cgroup->is_unified && cgroup->paths[controller][0])
		rmdir(cgroup->paths[controller]);
	cgroup->paths[controller][0] = '\0';
}

bool cgroup_limit(struct cgroup **cgroup, struct cgroup_places *places, const struct plan *plan,
		  struct cordon_error *err)
{
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		const struct limit_setting *limit = &plan->limits[limit_of[i]];
		if (!limit->is_set || !places->paths[i][0])
			continue;
		if (!*cgroup)
			*cgroup = allocate();
		struct cgroup *made = *cgroup;
		if (!made)
			return cordon_fail_memory(err);
		if ((made->is_unified || make_separate(made, places->paths[i], i, err)) &&
		    set_limit(made, i, limit->value, err))
			continue;
		if (!plan->guarantees[limit_guarantee(limit_of[i])].is_best_effort)
			return false;
		give_up(made, i);
		places->paths[i][0] = '\0';
	}
	return true;
}

void cgroup_doors(struct cgroup *cgroup, int ret_doors[CGROUP_CONTROLLERS])
{
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		ret_doors[i] = cgroup ? cgroup->doors[i] : -1;
		if (cgroup)
			cgroup->doors[i] = -1;
	}
}

bool cgroup_holds_init(const struct cgroup *cgroup)
{
	return cgroup && cgroup->is_unified;
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

void cgroup_read(const struct cgroup *cgroup, struct cgroup_reading *ret_reading)
{
	const bool is_unified = cgroup->is_unified;
	const char *memory = cgroup->paths[CGROUP_MEMORY], *processes = cgroup->paths[CGROUP_PROCESSES];
	const char *account = cgroup->paths[CGROUP_ACCOUNT];
	*ret_reading = (struct cgroup_reading){ memory[0], processes[0], account[0], 0, 0, 0, 0, 0, 0 };
	if (memory[0]) {
		ret_reading->memory = read_number(memory, is_unified ? "memory.current" : "memory.usage_in_bytes");
		ret_reading->memory_peak = read_number(memory,
						       is_unified ? "memory.peak" : "memory.max_usage_in_bytes");
		ret_reading->killed = read_entry(memory, is_unified ? "memory.events" : "memory.oom_control",
						 "oom_kill");
	}
	if (processes[0]) {
		uint64_t tasks = read_number(processes, "pids.current");
		ret_reading->processes = tasks > 0 ? tasks - cgroup_holds_init(cgroup) : 0;
		ret_reading->refused = read_entry(processes, "pids.events", "max");
	}
	if (account[0])
		ret_reading->cpu_ms = is_unified ? read_entry(account, "cpu.stat", "usage_usec") / 1000
						 : read_number(account, "cpuacct.usage") / 1000000;
}

/* -- end ----------------------------------------------------------------------------------------------------------- */

/* A process that is dead already may hold its group for a moment longer. */
static void remove_group(const char *path)
{
	const struct timespec pause = { .tv_nsec = REMOVE_PAUSE_NS };
	for (int tries = 0; tries < REMOVE_TRIES && rmdir(path) != 0 && errno == EBUSY; tries++)
		nanosleep(&pause, NULL);
}

/* A group of a process that is no more. Its number may be that of another pid namespace, where it lives; but then the
 * group is not empty, unless it was made this very moment.
 */
static bool is_abandoned(int place, const char *name)
{
	struct stat status;
	long owner;
	unsigned number;
	char rest;
	return sscanf(name, "cordon-%ld-%u%c", &owner, &number, &rest) == 2 && owner > 0 &&
	       kill((pid_t)owner, 0) != 0 && errno == ESRCH &&
	       fstatat(place, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       time(NULL) - status.st_ctim.tv_sec > ABANDONED_AFTER_S;
}

static unsigned sweep_place(const char *path, bool is_trial)
{
	unsigned count = 0;
	DIR *list = path[0] ? opendir(path) : NULL;
	for (const struct dirent *entry = list ? readdir(list) : NULL; entry; entry = readdir(list))
		if (is_abandoned(dirfd(list), entry->d_name) &&
		    (is_trial || unlinkat(dirfd(list), entry->d_name, AT_REMOVEDIR) == 0))
			count++;
	if (list)
		closedir(list);
	return count;
}

unsigned cgroup_sweep(bool is_trial)
{
	struct cgroup_places places;
	unsigned count = 0;
	cgroup_find(&places);
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		count += sweep_place(places.paths[i], is_trial);
	return count;
}

void cgroup_remove(const struct cgroup *cgroup)
{
	if (cgroup->is_unified)
		remove_group(cgroup->paths[CGROUP_ACCOUNT]);
	for (int i = 0; i < CGROUP_CONTROLLERS && !cgroup->is_unified; i++)
		if (cgroup->paths[i][0])
			remove_group(cgroup->paths[i]);
}

/* What runs have left that were killed together with whoever would have removed it. */
void cgroup_sweep_beside(const struct cgroup *cgroup)
{
	char place[CGROUP_PATH_SIZE];
	for (int i = !cgroup              ? CGROUP_CONTROLLERS
		     : cgroup->is_unified ? CGROUP_ACCOUNT
					  : 0;
	     i < CGROUP_CONTROLLERS; i++) {
		strcpy(place, cgroup->paths[i]);
		char *slash = strrchr(place, '/');
		if (slash)
			*slash = '\0';
		sweep_place(place, false);
	}
}

struct cgroup *cgroup_free(struct cgroup *cgroup)
{
	if (!cgroup)
		return NULL;
	int code = errno;
	if (cgroup->directory >= 0)
		close(cgroup->directory);
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		close_door(cgroup, i);
	cgroup_remove(cgroup);
	free(cgroup);
	errno = code;
	return NULL;
}
