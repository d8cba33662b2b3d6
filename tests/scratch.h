/* tests/scratch.h: a folder of a test's own, with a made-up home, removed afterwards.
 *
 * It is below /var/tmp, because the cordon puts an empty directory in place of /tmp. HOME points into it and the XDG
 * variables are unset, so that nothing of the user's takes part.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum { SCRATCH_ROOM = 8192 };

static char scratch[64];

/* The path in the scratch folder, valid for the next few calls. */
__attribute__((format(printf, 1, 2), unused)) static const char *in_scratch(const char *format, ...)
{
	static char paths[8][SCRATCH_ROOM];
	static unsigned next;
	char *path = paths[next++ % 8];
	int length = snprintf(path, SCRATCH_ROOM, "%s/", scratch);
	va_list args;
	va_start(args, format);
	vsnprintf(path + length, (size_t)(SCRATCH_ROOM - length), format, args);
	va_end(args);
	return path;
}

__attribute__((unused)) static void write_file(const char *path, const char *bytes)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

__attribute__((unused)) static void make_directory(const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

__attribute__((unused)) static int scratch_setup(void **state)
{
	static const char *const folders[] = { "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "TMPDIR" };
	(void)state;
	strcpy(scratch, "/var/tmp/cordon-test.XXXXXX");
	if (!mkdtemp(scratch) || mkdir(in_scratch("home"), 0700) != 0 || mkdir(in_scratch("work"), 0755) != 0)
		return -1;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		unsetenv(folders[i]);
	return setenv("HOME", in_scratch("home"), 1) == 0 && chdir(in_scratch("work")) == 0 ? 0 : -1;
}

static inline int scratch_remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)walk;
	if (type == FTW_DNR)
		chmod(path, 0700);
	return remove(path);
}

__attribute__((unused)) static int scratch_teardown(void **state)
{
	(void)state;
	if (chdir("/") != 0)
		return -1;
	nftw(scratch, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
