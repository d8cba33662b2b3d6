/* hog WHAT AMOUNT [COUNT]: uses what a policy limits, never more than the amount, and ends well after a second with it.
 *	memory MIB [PROCESSES]    private pages, shared out among so many processes
 *	memfd MIB, shared MIB     a file in memory that is written and not mapped; shared pages
 *	file MIB PATH             …of a file system in memory, or of a disk
 *	deleted MIB PATH          the same, without a name
 *	files MIB PATH            many small ones in a directory
 *	cpu MS [PROCESSES]        processor time, of all together
 *	forks COUNT               processes that sleep; goes on trying for six seconds
 *	bomb COUNT                processes that do nothing but start others, until so many were started or five seconds are over
 *	output MIB                bytes on standard output
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
enum { HOLD_MS = 700 };

static char block[MIB];

static void rest(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
	nanosleep(&time, NULL);
}

static _Noreturn void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static void write_blocks(int file, size_t mib)
{
	for (size_t i = 0; i < mib; i++)
		if (write(file, block, MIB) != (ssize_t)MIB)
			give_up("write");
}

static void fill(void *pages, size_t mib)
{
	if (pages == MAP_FAILED)
		give_up("mmap");
	for (size_t at = 0; at < mib * MIB; at += 4096)
		((volatile char *)pages)[at] = 1;
}

/* Runs `act` in so many processes, each with its part. */
static void share_out(void (*act)(size_t part), size_t amount, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (fork() == 0) {
			act(amount / count);
			_exit(0);
		}
	}
	act(amount / count);
	int status;
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			exit(1);
}

static void take_memory(size_t mib)
{
	fill(mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), mib);
	rest(HOLD_MS);
}

static void take_time(size_t ms)
{
	struct timespec used;
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	while ((size_t)used.tv_sec * 1000 + (size_t)used.tv_nsec / 1000000 < ms);
}

static void fork_on(size_t count)
{
	size_t made = 0;
	time_t end = time(NULL) + 6;
	setpgid(0, 0);
	while (made < count && time(NULL) < end) {
		pid_t child = fork();
		if (child == 0) {
			rest(15000);
			_exit(0);
		}
		made += child > 0;
		if (child < 0)
			rest(10);
	}
	if (made < count)
		exit(1);
	rest(HOLD_MS);
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
}

/* The count is all of theirs. None outlives its time, whatever becomes of the others. */
static void explode(long count)
{
	long *left = mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (left == MAP_FAILED)
		give_up("mmap");
	*left = count;
	time_t end = time(NULL) + 5;
	while (time(NULL) < end && __atomic_load_n(left, __ATOMIC_RELAXED) > 0) {
		if (__atomic_sub_fetch(left, 1, __ATOMIC_RELAXED) < 0)
			break;
		if (fork() < 0)
			__atomic_add_fetch(left, 1, __ATOMIC_RELAXED);
	}
	while (time(NULL) < end)
		rest(100);
}

static int make(const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (file < 0)
		give_up(path);
	return file;
}

static void write_many(size_t mib, const char *path)
{
	char name[4096];
	mkdir(path, 0700);
	for (size_t i = 0; i < mib * 16; i++) {
		snprintf(name, sizeof name, "%s/%zu", path, i);
		int file = make(name);
		if (write(file, block, MIB / 16) < 0)
			give_up("write");
		close(file);
	}
	rest(HOLD_MS);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	size_t amount = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	const char *path = argc > 3 ? argv[3] : "";
	size_t count = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
	memset(block, 'x', sizeof block);
	if (strcmp(what, "memory") == 0) {
		share_out(take_memory, amount, count);
	} else if (strcmp(what, "cpu") == 0) {
		share_out(take_time, amount, count);
	} else if (strcmp(what, "forks") == 0) {
		fork_on(amount);
	} else if (strcmp(what, "bomb") == 0) {
		explode((long)amount);
	} else if (strcmp(what, "output") == 0) {
		write_blocks(1, amount);
	} else if (strcmp(what, "shared") == 0) {
		fill(mmap(NULL, amount * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), amount);
		rest(HOLD_MS);
	} else if (strcmp(what, "memfd") == 0) {
		write_blocks((int)syscall(SYS_memfd_create, "hog", 0u), amount);
		rest(HOLD_MS);
	} else if (strcmp(what, "file") == 0 || strcmp(what, "deleted") == 0) {
		int file = make(path);
		if (*what == 'd')
			unlink(path);
		write_blocks(file, amount);
		rest(HOLD_MS);
	} else if (strcmp(what, "files") == 0) {
		write_many(amount, path);
	} else {
		fputs("hog: what?\n", stderr);
		return 2;
	}
	return 0;
}
