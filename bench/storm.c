/* bench/storm: microseconds that many small acts take together.
 *
 *	storm files COUNT DIRECTORY    so many files of 64 bytes are made in it, and removed
 *	storm refused COUNT PATH       so many tries to open a file for writing, every one of which has to fail
 *	storm spread COUNT PATH        the same, under a name of its own each
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char name[4096];

static _Noreturn void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static const char *numbered(const char *path, const char *between, long number)
{
	snprintf(name, sizeof name, "%s%s%ld", path, between, number);
	return name;
}

static void make_files(long count, const char *directory)
{
	char text[64];
	memset(text, 'x', sizeof text);
	for (long i = 0; i < count; i++) {
		int file = open(numbered(directory, "/", i), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (file < 0 || write(file, text, sizeof text) != (ssize_t)sizeof text || close(file) != 0)
			give_up(name);
	}
	for (long i = 0; i < count; i++)
		if (unlink(numbered(directory, "/", i)) != 0)
			give_up(name);
}

static void be_refused(long count, const char *path, int is_spread)
{
	for (long i = 0; i < count; i++) {
		const char *tried = is_spread ? numbered(path, "", i) : path;
		if (open(tried, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) >= 0) {
			fprintf(stderr, "storm: '%s' was not refused\n", tried);
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	struct timespec start, end;
	if (argc != 4) {
		fprintf(stderr, "usage: storm files COUNT DIRECTORY | storm refused|spread COUNT PATH\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (strcmp(argv[1], "files") == 0)
		make_files(atol(argv[2]), argv[3]);
	else
		be_refused(atol(argv[2]), argv[3], strcmp(argv[1], "spread") == 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%.0f\n", (double)(end.tv_sec - start.tv_sec) * 1e6 + (double)(end.tv_nsec - start.tv_nsec) / 1e3);
	return 0;
}
