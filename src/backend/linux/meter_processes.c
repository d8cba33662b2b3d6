/* The processes of the tree, through the /proc of its own pid namespace: nothing of the rest of the host is listed.
 *
 * What they are read from may be changed by them at any time; nothing here is trusted to be whole. A process that hides
 * from its user (prctl(2), PR_SET_DUMPABLE) shows its times and its resident pages, not its descriptors: a memfd that
 * it fills and does not map is not seen. That is said where the guarantee is (assess.c).
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "backend/linux/kernel.h"
#include "backend/linux/cage.h"
#include "backend/linux/meter.h"
#include "backend/linux/proc_stat.h"
#include "base/list.h"

enum { SMAPS_SIZE = 64 * 1024, BLOCK = 512, PROCESS_PATH = 288 };

/* What was seen of the processes at one look, in the order of their numbers (in which the kernel lists them). */
struct sighting {
	struct seen {
		uint64_t number, born, ticks;
	} * items;
	size_t count, room;
};

struct process_meter {
	const struct meter_subject *subject;
	int proc;           /* /proc of the view */
	uint64_t memory_fs; /* device of memfds and of shared anonymous memory */
	uint64_t tick_ms, page;
	struct inode_set files; /* that were counted in this look */
	struct inode_set own;   /* the caller's streams */
	struct sighting before, now;
	uint64_t gone;   /* ticks of processes that are no more, as far as they were seen */
	uint64_t waited; /* the most that living processes were seen to have inherited from waited-for ones */
	char text[SMAPS_SIZE];
};

static uint64_t find_memory_file_system(void)
{
	struct stat status;
	int file = (int)syscall(SYS_memfd_create, "cordon", 1u /* MFD_CLOEXEC */);
	bool is_known = file >= 0 && fstat(file, &status) == 0;
	if (file >= 0)
		close(file);
	return is_known ? status.st_dev : 0;
}

struct process_meter *process_meter_new(const struct meter_subject *subject)
{
	struct process_meter *meter = calloc(1, sizeof *meter);
	if (!meter)
		return NULL;
	meter->subject = subject;
	meter->proc = kernel_openat2(subject->root, "proc", O_RDONLY | O_DIRECTORY, RESOLVE_IN_ROOT);
	if (meter->proc < 0)
		return process_meter_free(meter);
	meter->memory_fs = find_memory_file_system();
	meter->tick_ms = 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
	meter->page = (uint64_t)sysconf(_SC_PAGESIZE);
	for (int i = 0; i < 3; i++) {
		struct stat status;
		if (fstat(subject->streams[i], &status) == 0)
			inode_set_add(&meter->own, status.st_dev, status.st_ino);
	}
	return meter;
}

struct process_meter *process_meter_free(struct process_meter *meter)
{
	if (!meter)
		return NULL;
	if (meter->proc >= 0)
		close(meter->proc);
	inode_set_free(&meter->files);
	inode_set_free(&meter->own);
	free(meter->before.items);
	free(meter->now.items);
	free(meter);
	return NULL;
}

/* -- one process --------------------------------------------------------------------------------------------------- */

/* Files that hold bytes and have no name any more, and memfds. */
static void count_descriptors(struct process_meter *meter, const char *process, const struct inode_set *devices,
			      struct process_reading *reading, uint64_t *ret_memory)
{
	char path[PROCESS_PATH];
	struct stat status;
	snprintf(path, sizeof path, "%.48s/fd", process);
	int directory = openat(meter->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = directory < 0 ? NULL : fdopendir(directory);
	if (!list) {
		if (directory >= 0)
			close(directory);
		return;
	}
	for (const struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
		if (!isdigit((unsigned char)entry->d_name[0]) || fstatat(directory, entry->d_name, &status, 0) != 0 ||
		    !S_ISREG(status.st_mode))
			continue;
		bool is_memory = status.st_dev == meter->memory_fs;
		bool is_deleted = status.st_nlink == 0 && devices && inode_set_has(devices, status.st_dev, 0) &&
				  !inode_set_has(&meter->own, status.st_dev, status.st_ino);
		if ((!is_memory && !is_deleted) || !inode_set_add(&meter->files, status.st_dev, status.st_ino))
			continue;
		*(is_memory ? ret_memory : &reading->deleted) += (uint64_t)status.st_blocks * BLOCK;
	}
	closedir(list);
}

/* -- memory -------------------------------------------------------------------------------------------------------- */

/* The file systems in memory that belong to the run, and the segments of System V, whoever maps them. */
static uint64_t count_tmpfs(const struct process_meter *meter)
{
	const struct plan *plan = meter->subject->plan;
	uint64_t bytes = 0;
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		char path[4096];
		struct statfs status;
		bool is_ours = (mount->kind == MOUNT_PRIVATE || mount->kind == MOUNT_DEVICES) &&
			       !view_leaves_out(mount);
		if (!is_ours || snprintf(path, sizeof path, "%s%s", mount->path + 1,
					 mount->kind == MOUNT_DEVICES ? "/shm" : "") >= (int)sizeof path)
			continue;
		int place = kernel_openat2(meter->subject->root, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
		if (place < 0)
			continue;
		if (fstatfs(place, &status) == 0)
			bytes += (uint64_t)(status.f_blocks - status.f_bfree) * (uint64_t)status.f_bsize;
		close(place);
	}
	return bytes;
}

/* /proc/sysvipc/shm: the last two of sixteen columns are the resident and the swapped bytes. */
static uint64_t count_segments(struct process_meter *meter)
{
	uint64_t bytes = 0;
	ssize_t length = meter->subject->shared_memory < 0
				 ? -1
				 : pread(meter->subject->shared_memory, meter->text, sizeof meter->text - 1, 0);
	if (length <= 0)
		return 0;
	meter->text[length] = '\0';
	for (char *line = strchr(meter->text, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		unsigned long long resident = 0, swapped = 0;
		if (sscanf(line + 1, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &resident,
			   &swapped) == 2)
			bytes += resident + swapped;
	}
	return bytes;
}

/* One mapping of /proc/PID/smaps (proc_pid_smaps(5)); sizes in KiB. */
struct mapping {
	bool is_shared, is_counted; /* of the file system of memfds; among the files that were counted */
	uint64_t share, anonymous, swapped;
};

static uint64_t weigh(const struct mapping *mapping)
{
	uint64_t own = mapping->share < mapping->anonymous ? mapping->share : mapping->anonymous;
	bool is_whole = mapping->is_shared && !mapping->is_counted;
	return ((is_whole ? mapping->share : own) + mapping->swapped) * 1024;
}

static void begin_mapping(const struct process_meter *meter, const char *line, struct mapping *mapping)
{
	unsigned major_number, minor_number;
	unsigned long long number;
	char name[16] = "";
	*mapping = (struct mapping){ 0 };
	if (sscanf(line, "%*s %*s %*s %x:%x %llu %15s", &major_number, &minor_number, &number, name) < 3)
		return;
	uint64_t device = makedev(major_number, minor_number);
	mapping->is_shared = number != 0 && device == meter->memory_fs;
	/* Segments of System V were counted by the kernel's table. */
	mapping->is_counted = strncmp(name, "/SYSV", 5) == 0 || inode_set_has(&meter->files, device, number);
}

static void take_line(const struct process_meter *meter, const char *line, struct mapping *mapping, uint64_t *bytes)
{
	if (!isupper((unsigned char)line[0])) { /* an address */
		*bytes += weigh(mapping);
		begin_mapping(meter, line, mapping);
	} else if (strncmp(line, "Pss:", 4) == 0) {
		mapping->share = strtoull(line + 4, NULL, 10);
	} else if (strncmp(line, "Anonymous:", 10) == 0) {
		mapping->anonymous = strtoull(line + 10, NULL, 10);
	} else if (strncmp(line, "SwapPss:", 8) == 0) {
		mapping->swapped = strtoull(line + 8, NULL, 10);
	}
}

/* What the process alone has, and its part of what it shares; not pages that are a file's as well. */
static uint64_t count_mappings(struct process_meter *meter, const char *process)
{
	char path[PROCESS_PATH];
	uint64_t bytes = 0;
	struct mapping mapping = { 0 };
	snprintf(path, sizeof path, "%.48s/smaps", process);
	int file = openat(meter->proc, path, O_RDONLY | O_CLOEXEC);
	size_t filled = 0;
	for (ssize_t length = file < 0 ? 0 : 1; length > 0;) {
		length = read(file, meter->text + filled, sizeof meter->text - 1 - filled);
		filled += length > 0 ? (size_t)length : 0;
		meter->text[filled] = '\0';
		char *line = meter->text;
		for (char *end = strchr(line, '\n'); end; end = strchr(line, '\n')) {
			*end = '\0';
			take_line(meter, line, &mapping, &bytes);
			line = end + 1;
		}
		filled -= (size_t)(line - meter->text);
		memmove(meter->text, line, filled);
		if (filled == sizeof meter->text - 1)
			filled = 0; /* no line is as long */
	}
	if (file >= 0)
		close(file);
	return bytes + weigh(&mapping);
}

/* -- time ---------------------------------------------------------------------------------------------------------- */

/* In user mode, and behind it in the kernel. */
static uint64_t ticks_of(const struct proc_stat *stat, int field)
{
	return stat->fields[field] + stat->fields[field + 1];
}

/* Processes that ended are in the times of whoever waited for them, and are lost where nobody did (SIGCHLD ignored): so
 * what was last seen of them is kept as well, and the larger of the two is believed.
 */
static void note_process(struct process_meter *meter, uint64_t number, const struct proc_stat *stat)
{
	struct seen *seen = LIST_ADD(&meter->now);
	if (seen)
		*seen = (struct seen){ number, stat->fields[STAT_BORN], ticks_of(stat, STAT_USER) };
}

/* What was there before and is no more. */
static void compare_sightings(struct process_meter *meter)
{
	size_t place = 0;
	for (size_t i = 0; i < meter->before.count; i++) {
		const struct seen *old = &meter->before.items[i];
		while (place < meter->now.count && meter->now.items[place].number < old->number)
			place++;
		bool is_there = place < meter->now.count && meter->now.items[place].number == old->number &&
				meter->now.items[place].born == old->born;
		if (!is_there)
			meter->gone += old->ticks;
	}
	struct sighting used = meter->before;
	meter->before = meter->now;
	meter->now = used;
	meter->now.count = 0;
}

/* -- all of them --------------------------------------------------------------------------------------------------- */

static DIR *list_processes(const struct process_meter *meter)
{
	int directory = openat(meter->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = directory < 0 ? NULL : fdopendir(directory);
	if (!list && directory >= 0)
		close(directory);
	return list;
}

static uint64_t count_all_mappings(struct process_meter *meter)
{
	uint64_t bytes = 0;
	DIR *list = list_processes(meter);
	for (const struct dirent *entry = list ? readdir(list) : NULL; entry; entry = readdir(list))
		if (isdigit((unsigned char)entry->d_name[0]) && strcmp(entry->d_name, "1") != 0)
			bytes += count_mappings(meter, entry->d_name);
	if (list)
		closedir(list);
	return bytes;
}

bool process_meter_read(struct process_meter *meter, uint64_t memory_limit, uint64_t most,
			const struct inode_set *devices, struct process_reading *ret_reading)
{
	struct process_reading reading = { 0 };
	uint64_t resident = 0, living = 0, waited = 0, memory_files = 0;
	DIR *list = list_processes(meter);
	if (!list)
		return false;
	inode_set_clear(&meter->files);
	for (const struct dirent *entry = readdir(list); entry && reading.processes <= most; entry = readdir(list)) {
		char path[PROCESS_PATH];
		struct proc_stat stat;
		snprintf(path, sizeof path, "%s/stat", entry->d_name);
		if (!isdigit((unsigned char)entry->d_name[0]) || !proc_stat_read(meter->proc, path, &stat))
			continue;
		note_process(meter, strtoull(entry->d_name, NULL, 10), &stat);
		living += ticks_of(&stat, STAT_USER);
		waited += ticks_of(&stat, STAT_WAITED_USER);
		if (strcmp(entry->d_name, "1") == 0)
			continue;
		reading.processes += stat.fields[STAT_THREADS];
		resident += stat.fields[STAT_PAGES] * meter->page;
		if (memory_limit || devices)
			count_descriptors(meter, entry->d_name, devices, &reading, &memory_files);
	}
	closedir(list);
	compare_sightings(meter);
	if (waited > meter->waited)
		meter->waited = waited;
	reading.cpu_ms = (living + (meter->gone > meter->waited ? meter->gone : meter->waited)) * meter->tick_ms;
	reading.temporary = memory_limit || devices ? count_tmpfs(meter) : 0;
	if (memory_limit) {
		uint64_t shared = memory_files + reading.temporary + count_segments(meter);
		reading.memory = resident + shared;
		if (reading.memory > memory_limit)
			reading.memory = count_all_mappings(meter) + shared;
	}
	*ret_reading = reading;
	return true;
}
