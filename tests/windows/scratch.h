/* tests/windows/scratch.h: a folder of a test's own, made as the user would make it, removed by whoever removes the
 * prefix.
 */
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static char scratch[200];

/* The path in the scratch folder, valid for the next few calls. */
__attribute__((unused)) static char *in_scratch(const char *format, ...)
{
	static char paths[8][2048];
	static unsigned next;
	char *path = paths[next++ % 8];
	int length = snprintf(path, sizeof paths[0], "%s\\", scratch);
	va_list args;
	va_start(args, format);
	vsnprintf(path + length, sizeof paths[0] - (size_t)length, format, args);
	va_end(args);
	return path;
}

__attribute__((unused)) static void write_file(const char *path, const char *bytes)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

__attribute__((unused)) static void make_directory(const char *path)
{
	assert_true(CreateDirectoryA(path, NULL));
}

/* How many names in the scratch folder match, but those that begin with a dot. */
__attribute__((unused)) static unsigned count_in(const char *pattern)
{
	WIN32_FIND_DATAA entry;
	unsigned count = 0;
	HANDLE found = FindFirstFileA(in_scratch("%s", pattern), &entry);
	if (found == INVALID_HANDLE_VALUE)
		return 0;
	do
		count += entry.cFileName[0] != '.';
	while (FindNextFileA(found, &entry));
	FindClose(found);
	return count;
}

__attribute__((unused)) static int scratch_setup(void **state)
{
	(void)state;
	/* A number of an earlier process may come again. */
	bool is_made = false;
	for (int i = 0; i < 100 && !is_made; i++) {
		snprintf(scratch, sizeof scratch, "C:\\Cordon-Test-%lu-%d", GetCurrentProcessId(), i);
		is_made = CreateDirectoryA(scratch, NULL);
	}
	return is_made && SetCurrentDirectoryA(scratch) ? 0 : -1;
}

/* Some things no system but Windows does; some stand-ins only Wine has. */
__attribute__((unused)) static bool is_wine(void)
{
	return GetProcAddress(GetModuleHandleA("ntdll"), "wine_get_version") != NULL;
}

/* Of programs that others have made (tools/windows-programs) the path; NULL, and the case is to be skipped, where nobody
 * has fetched them.
 */
__attribute__((unused)) static char *find_program(const char *name)
{
	static char paths[2][1024];
	static unsigned next;
	const char *folder = getenv("CORDON_TEST_PROGRAMS");
	if (!folder) {
		print_message("no programs of Windows at hand (tools/windows-programs)\n");
		return NULL;
	}
	char *path = paths[next++ % 2];
	snprintf(path, sizeof paths[0], "%s\\%s", folder, name);
	assert_int_not_equal(GetFileAttributesA(path), INVALID_FILE_ATTRIBUTES);
	return path;
}
