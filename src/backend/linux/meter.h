/* backend/linux/meter.h: watches what a tree uses, and ends it when that is too much.
 *
 *	meter_new -> meter_begin -> (meter_waitable is readable: meter_exceeded) -> meter_finish -> meter_free
 *
 * It looks from a thread of its own, so that neither a slow look nor a slow caller delays the other, and kills init
 * itself: what a tree may use beyond its limit is what it can take between two looks. What the kernel limits by itself
 * (a control group, see cgroup.h) is only read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "backend/backend.h"
#include "backend/linux/cgroup.h"

struct meter;

/* Everything is borrowed until meter_free. */
struct meter_subject {
	const struct plan *plan;
	const struct cgroup *cgroup; /* NULL: none */
	const int *streams;          /* the three that were handed over: files of the caller's */
	int root;                    /* the command's view, O_PATH */
	int shared_memory;           /* /proc/sysvipc/shm as opened inside; -1: none */
	int init;                    /* pidfd */
};

/* NULL with errno. */
struct meter *meter_new(const struct meter_subject *subject);

/* Starts to look. False, with errno, when there is no thread to be had. */
bool meter_begin(struct meter *meter);

/* Polls readable once a limit was exceeded. */
int meter_waitable(const struct meter *meter);

/* The limit that was exceeded, for which the tree is being killed; false: none was. */
bool meter_exceeded(const struct meter *meter, enum limit *ret_limit);

/* When the tree is dead: stops looking, and says what was used. */
void meter_finish(struct meter *meter, struct cage_usage *ret_usage);

struct meter *meter_free(struct meter *meter); /* NULL is fine; returns NULL */

/* -- what it is made of
 * ------------------------------------------------------------------------------------------------
 */

/* A set of inodes that grows. */
struct inode_set {
	struct inode {
		uint64_t device, number;
	} * items;
	size_t count, room;
};
/* False when it was in the set already. A set that finds no memory takes everything for new. */
bool inode_set_add(struct inode_set *set, uint64_t device, uint64_t number);
bool inode_set_has(const struct inode_set *set, uint64_t device, uint64_t number);
void inode_set_clear(struct inode_set *set); /* keeps its memory */
void inode_set_free(struct inode_set *set);

/* meter_processes.c: the processes of the tree, seen through its own /proc. */
struct process_meter;
struct process_meter *process_meter_new(const struct meter_subject *subject);
struct process_meter *process_meter_free(struct process_meter *meter);

struct process_reading {
	uint64_t processes; /* tasks, without init */
	uint64_t cpu_ms;
	uint64_t memory;    /* bytes */
	uint64_t temporary; /* bytes in the run's own file systems in memory */
	uint64_t deleted;   /* bytes in files without a name that are open */
};

/* Of more processes than `most` no more are looked at: who starts them may be faster than the look. `memory_limit` 0:
 * memory is not wanted. Below it the memory may be estimated too high, above it is exact but for what a process hides
 * from its user. `devices`: where deleted files count.
 */
bool process_meter_read(struct process_meter *meter, uint64_t memory_limit, uint64_t most,
			const struct inode_set *devices, struct process_reading *ret_reading);

/* meter_disk.c: what lies under the writable roots. */
struct disk_meter;
struct disk_meter *disk_meter_new(const struct plan *plan);
struct disk_meter *disk_meter_free(struct disk_meter *meter);
/* The file systems, as devices (inode numbers 0). */
const struct inode_set *disk_meter_devices(const struct disk_meter *meter);
/* What there is at the start, but for files that were changed since meter_new. False: stopped, or it cannot be told. */
bool disk_meter_begin(struct disk_meter *meter, const bool *is_stopped);
/* How much more there is now. */
bool disk_meter_read(struct disk_meter *meter, const bool *is_stopped, uint64_t *ret_bytes);
/* How many bytes of the file systems were taken, by whomever, since this was asked last. Cheap. */
uint64_t disk_meter_growth(struct disk_meter *meter);
