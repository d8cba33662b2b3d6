/* bench/calls: nanoseconds a call.
 *
 *	calls null          getppid(2), which does nothing
 *	calls open FILE     open(2) for reading, and close(2)
 *
 * Prints the median of nine series: what else goes on in the machine disturbs some of them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SERIES = 9, CALLS = 50000 };

static double now_nanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
	double series[SERIES];
	const char *path = argc == 3 && strcmp(argv[1], "open") == 0 ? argv[2] : NULL;
	if (!path && (argc != 2 || strcmp(argv[1], "null") != 0)) {
		fprintf(stderr, "usage: calls null | calls open FILE\n");
		return 2;
	}
	for (int i = 0; i < SERIES; i++) {
		double start = now_nanoseconds();
		for (int call = 0; call < CALLS; call++) {
			if (!path) {
				syscall(SYS_getppid);
				continue;
			}
			int file = open(path, O_RDONLY | O_CLOEXEC);
			if (file < 0) {
				perror(path);
				return 1;
			}
			close(file);
		}
		series[i] = (now_nanoseconds() - start) / CALLS;
	}
	qsort(series, SERIES, sizeof *series, compare);
	printf("%.1f\n", series[SERIES / 2]);
	return 0;
}
