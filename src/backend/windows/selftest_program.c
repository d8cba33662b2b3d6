/* `cordon run` as a user types it, where cordon.exe lies beside this program: what it is told by, and what it tells. */
#include "backend/windows/selftest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

enum { TOLD_MAX = 64 * 1024, WORDS_MAX = 64, REFUSED = 125 };

/* One call: its folder, and what came of it. */
struct typed {
	char *cordon, *folder;
	HANDLE told, lines,
		passed; /* inheritable: a file for standard error, one for --status-fd; an event for --pass-fd */
	DWORD status;
	struct text errors;
};

static void free_typed(struct typed *typed)
{
	free(typed->cordon);
	free(typed->folder);
	close_handle(&typed->told);
	close_handle(&typed->lines);
	close_handle(&typed->passed);
	text_free(&typed->errors);
}

static char *find_cordon(const struct selftest *test)
{
	const char *slash = strrchr(test->program, '\\');
	char *path = slash ? text_format("%.*s\\cordon.exe", (int)(slash - test->program), test->program) : NULL;
	if (path && !os_exists(path)) {
		free(path);
		path = NULL;
	}
	return path;
}

static bool open_file(const char *folder, const char *name, HANDLE *ret_file, struct cordon_error *err)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", folder, name);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!path)
		return cordon_fail_memory(err);
	if (!native_path(path, &native, err))
		return false;
	HANDLE file = CreateFileW(native, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
				  CREATE_ALWAYS, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "make '%s'", path);
	*ret_file = file;
	return true;
}

static bool prepare(const struct selftest *test, const char *name, struct typed *typed, struct cordon_error *err)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	typed->folder = folder_path(test, name);
	CORDON_ON_EXIT(free_text) char *work = typed->folder ? text_format("%s\\work", typed->folder) : NULL;
	if (!work)
		return cordon_fail_memory(err);
	typed->passed = CreateEventW(&inherited, TRUE, FALSE, NULL);
	if (!typed->passed)
		return windows_fail(err, GetLastError(), "CreateEvent", "make an event for a program that is typed");
	return os_make_directories(work, err) && open_file(typed->folder, "told", &typed->told, err) &&
	       open_file(typed->folder, "lines", &typed->lines, err);
}

static bool start(const struct selftest *test, struct typed *typed, char **argv, struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	/* Where cordon's state and the user's own policy are. */
	static const char *const names[2] = { "LOCALAPPDATA", "APPDATA" };
	CORDON_ON_EXIT(free_environment)
	char **environment = environment_with(test->facts, names, typed->folder);
	CORDON_ON_EXIT(free_text) char *work = text_format("%s\\work", typed->folder);
	const int passed[] = { (int)(intptr_t)typed->lines, (int)(intptr_t)typed->passed };
	const char *missing;
	PROCESS_INFORMATION process;
	if (!environment || !work)
		return cordon_fail_memory(err);
	if (!job_make(&no_limits, &job, &missing, err))
		return false;
	const struct launch launch = { .program = typed->cordon,
				       .argv = argv,
				       .directory = work,
				       .environment = environment,
				       .streams = { NULL, typed->told, typed->told },
				       .job = job,
				       .has_own_console = true,
				       .passed = passed,
				       .passed_count = COUNT_OF(passed) };
	if (!launch_start(&launch, &process, err))
		return false;
	ResumeThread(process.hThread);
	bool is_over = ends_in_time(process.hProcess, 4 * SELFTEST_WAIT_MS, &typed->status);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return job_end(job, SELFTEST_WAIT_MS, err) &&
	       (is_over || cordon_fail(err, CORDON_OS_FAILED, "cordon.exe does not end"));
}

static bool read_file(const struct typed *typed, const char *name, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", typed->folder, name);
	return path ? os_read_file(path, TOLD_MAX, text, err) : cordon_fail_memory(err);
}

/* cordon run in the tier token, which needs nothing of the host; `accepts` all that it lacks. */
static bool type(const struct selftest *test, struct typed *typed, bool accepts, const char *const *words,
		 struct cordon_error *err)
{
	char lines[24], passed[24], accepted[GUARANTEE_COUNT][48];
	CORDON_ON_EXIT(free_text) char *report = text_format("%s\\report", typed->folder);
	snprintf(lines, sizeof lines, "%d", (int)(intptr_t)typed->lines);
	snprintf(passed, sizeof passed, "%d", (int)(intptr_t)typed->passed);
	const char *argv[WORDS_MAX + 2 * GUARANTEE_COUNT] = { typed->cordon, "run",       "--no-tty", "--tier",
							      "token",       "--report",  report,     "--status-fd",
							      lines,         "--pass-fd", passed };
	size_t count = 11;
	if (!report)
		return cordon_fail_memory(err);
	for (int i = 0; accepts && i < GUARANTEE_COUNT; i++) {
		snprintf(accepted[i], sizeof accepted[i], "%s=absent", guarantee_name((enum guarantee)i));
		argv[count++] = "--accept";
		argv[count++] = accepted[i];
	}
	argv[count++] = "--";
	for (size_t i = 0; words[i] && count < COUNT_OF(argv) - 1; i++)
		argv[count++] = words[i];
	return start(test, typed, (char **)(uintptr_t)argv, err) && read_file(typed, "told", &typed->errors, err);
}

/* NULL: it is here, and the call was made. */
static const char *why_not(const struct typed *typed)
{
	return strstr(text_str(&typed->errors), "nothing runs here") || strstr(text_str(&typed->errors), "do not work")
		       ? "cordon runs nothing here, for what the cases of the probe say"
		       : NULL;
}

/* -- cases --------------------------------------------------------------------------------------------------------- */

/* The command would have made a file. */
static enum result refuse_by_name(struct trying *trying)
{
	CORDON_ON_EXIT(free_typed) struct typed typed = { .cordon = find_cordon(trying->test) };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!typed.cordon)
		return skipped(trying, "cordon.exe is not beside this program");
	if (!prepare(trying->test, "refused", &typed, &err) ||
	    !type(trying->test, &typed, false, WORDS(trying->test->program, "command", "make", "made"), &err))
		return failed(trying, &err);
	CORDON_ON_EXIT(free_text) char *made = text_format("%s\\work\\made", typed.folder);
	const char *told = text_str(&typed.errors);
	bool is_named = strstr(told, "files.read") && strstr(told, "net.off") && strstr(told, "token");
	return judged(trying, typed.status == REFUSED && is_named && made && !os_exists(made), "status 0x%lx, %s",
		      typed.status, told);
}

static enum result end_as_command(struct trying *trying)
{
	static const char *const statuses[] = { "0", "7", "0x103", "0xc0000005", "0xffffffff" };
	CORDON_ON_EXIT(free_text) char *cordon = find_cordon(trying->test);
	if (!cordon)
		return skipped(trying, "cordon.exe is not beside this program");
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		CORDON_ON_EXIT(free_typed) struct typed typed = { .cordon = find_cordon(trying->test) };
		struct cordon_error err = CORDON_ERROR_INIT;
		if (!prepare(trying->test, "status", &typed, &err) ||
		    !type(trying->test, &typed, true, WORDS(trying->test->program, "command", "status", statuses[i]),
			  &err))
			return failed(trying, &err);
		if (why_not(&typed))
			return skipped(trying, "%s", why_not(&typed));
		if (typed.status != strtoul(statuses[i], NULL, 0))
			return judged(trying, false, "%s came back as 0x%lx: %s", statuses[i], typed.status,
				      text_str(&typed.errors));
	}
	return judged(trying, true, "%s", "");
}

/* The report, the lines of the status, and the command itself, by the event that was passed. */
static enum result tell_the_end(struct trying *trying)
{
	CORDON_ON_EXIT(free_typed) struct typed typed = { .cordon = find_cordon(trying->test) };
	CORDON_ON_EXIT(text_free) struct text report = { 0 };
	CORDON_ON_EXIT(text_free) struct text lines = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	char event[24];
	if (!typed.cordon)
		return skipped(trying, "cordon.exe is not beside this program");
	if (!prepare(trying->test, "told", &typed, &err))
		return failed(trying, &err);
	snprintf(event, sizeof event, "%lu", (unsigned long)(uintptr_t)typed.passed);
	if (!type(trying->test, &typed, true, WORDS(trying->test->program, "command", "event", event), &err))
		return failed(trying, &err);
	if (why_not(&typed))
		return skipped(trying, "%s", why_not(&typed));
	if (!read_file(&typed, "report", &report, &err) || !read_file(&typed, "lines", &lines, &err))
		return failed(trying, &err);
	bool is_reported = strstr(text_str(&report), "\"exited\"") != NULL;
	bool is_told = strstr(text_str(&lines), "\"ended\"") && strstr(text_str(&lines), "\"exit_status\":0");
	bool is_passed = WaitForSingleObject(typed.passed, 0) == WAIT_OBJECT_0;
	return judged(trying, is_passed && is_reported && is_told, "the handle is %s, the report %s; lines: %s",
		      is_passed ? "there" : "not there", is_reported ? "as it should be" : "of another end",
		      text_str(&lines));
}

static const struct selftest_row rows[] = { PROGRAM_CASES(SELFTEST_ROW) };

void program_try(struct selftest *test)
{
	try_rows(test, rows, COUNT_OF(rows), -1, NULL, NULL);
}
