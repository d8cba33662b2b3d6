/* cordon-selftest: what cordon rests on, tried on the Windows that this runs on. One file, no installation, nothing
 * that stays.
 *
 *	cordon-selftest [--setup] >report.txt     --setup: sets this machine up and undoes that, as administrator
 *	cordon-selftest --clean                   removes what one has left that was ended in the middle
 *
 * TAP: a case that fails is a claim of cordon's that does not hold here, or an answer of Windows' other than the one
 * that the plans take for true; a case that is skipped says why. With administrator's rights the same is tried, and more
 * of it succeeds outside.
 */
#include "backend/windows/selftest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/accounts.h"
#include "backend/windows/prober.h"
#include "backend/windows/question.h"
#include "backend/windows/runner.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

bool is_wine(void)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll"), "wine_get_version") != NULL;
}

/* -- the end, wherever it comes from ------------------------------------------------------------------------------- */

enum { LAST_WORDS_MS = 20000 /* Windows allows a closed console five seconds, a logoff more */ };

static volatile LONG interruptions;
static HANDLE is_over;

bool is_interrupted(void)
{
	return interruptions != 0;
}

bool ends_in_time(HANDLE process, DWORD timeout_ms, DWORD *ret_status)
{
	uint64_t end = os_clock() + timeout_ms;
	DWORD answer;
	do
		answer = WaitForSingleObject(process, 100);
	while (answer == WAIT_TIMEOUT && os_clock() < end && !is_interrupted());
	return answer == WAIT_OBJECT_0 && GetExitCodeProcess(process, ret_status);
}

/* In a thread of its own. Nothing is undone here: the main thread comes to it after the case that it is at. */
static BOOL WINAPI interrupt(DWORD event)
{
	InterlockedIncrement(&interruptions);
	if (event == CTRL_CLOSE_EVENT || event == CTRL_LOGOFF_EVENT || event == CTRL_SHUTDOWN_EVENT)
		WaitForSingleObject(is_over, LAST_WORDS_MS);
	return TRUE;
}

/* -- cases --------------------------------------------------------------------------------------------------------- */

static enum result say(struct trying *trying, enum result verdict, const char *format, va_list args)
{
	vsnprintf(trying->what, sizeof trying->what, format, args);
	return verdict;
}

enum result judged(struct trying *trying, bool is_fine, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	enum result verdict = say(trying, is_fine ? HOLDS : FAILS, format, args);
	va_end(args);
	return verdict;
}

enum result skipped(struct trying *trying, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(trying, SKIPPED, format, args);
	va_end(args);
	return SKIPPED;
}

enum result failed(struct trying *trying, const struct cordon_error *err)
{
	return judged(trying, false, "%s", err->text);
}

static const char *what_is_missing(const struct selftest *test, unsigned needs)
{
	if ((needs & NEEDS_WINDOWS) && is_wine())
		return "Wine says yes to this and does nothing of it";
	if ((needs & NEEDS_ADMINISTRATOR) && !test->is_elevated)
		return "it needs an administrator's rights (a terminal opened with 'Run as administrator')";
	if ((needs & NEEDS_CHANGES) && !test->may_change)
		return "it changes this machine, which was not asked for (--setup)";
	return NULL;
}

unsigned try_rows(struct selftest *test, const struct selftest_row *rows, size_t count, int tier, struct world *world,
		  const char *why)
{
	unsigned held = 0;
	for (size_t i = 0; i < count && !is_interrupted(); i++) {
		const struct selftest_case *about = &rows[i].about;
		if (tier < 0 ? about->tiers != NO_TIER : !((about->tiers >> tier) & 1))
			continue;
		CORDON_ON_EXIT(free_text) char *name = selftest_case_name(about->name, tier);
		struct trying trying = { .test = test, .tier = (enum tier)tier, .world = world };
		const char *missing = what_is_missing(test, about->needs);
		if (!missing)
			missing = why;
		enum result verdict = missing ? skipped(&trying, "%s", missing) : rows[i].try(&trying);
		report_case(name, verdict, trying.what);
		held += verdict == HOLDS;
	}
	return held;
}

static unsigned count_cases(void)
{
	unsigned count = question_count + selftest_tool_count * RECIPE_COUNT + TIER_COUNT;
	for (int tier = 0; tier < TIER_COUNT; tier++) {
		for (unsigned i = 0; i < trial_count; i++)
			count += selftest_has_trial(&trial_cases[i], tier);
		for (unsigned i = 0; i < selftest_case_count; i++)
			count += (selftest_cases[i].tiers >> tier) & 1;
	}
	for (unsigned i = 0; i < selftest_case_count; i++)
		count += selftest_cases[i].tiers == NO_TIER;
	return count;
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

static bool look_for_accounts(void)
{
	CORDON_ON_EXIT(pool_free) struct pool pool = { 0 };
	struct cordon_error ignored = CORDON_ERROR_INIT;
	return accounts_read(&pool, &ignored);
}

/* Setup first, for the account tier rests on it; its removal last. */
static void try_all(struct selftest *test)
{
	host_try(test);
	questions_try(test);
	files_try(test);
	setup_try(test);
	test->has_accounts = look_for_accounts();
	for (int tier = 0; tier < TIER_COUNT && !is_interrupted(); tier++)
		trials_try(test, (enum tier)tier);
	for (int tier = 0; tier < TIER_COUNT && !is_interrupted(); tier++)
		runs_try(test, (enum tier)tier);
	program_try(test);
	if (!is_interrupted())
		tools_try(test);
	setup_undo(test);
}

static bool is_elevated(void)
{
	TOKEN_ELEVATION elevation = { 0 };
	DWORD length;
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) &&
	       GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &length) &&
	       elevation.TokenIsElevated;
}

static bool find_program(char **ret_program, struct cordon_error *err)
{
	WCHAR path[MAX_PATH * 4];
	DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH * 4);
	if (length == 0 || length >= MAX_PATH * 4)
		return windows_fail(err, GetLastError(), "GetModuleFileName", "find this program");
	*ret_program = plain_path(path);
	return *ret_program || cordon_fail_memory(err);
}

static int test_all(struct selftest *test, bool cleans_only)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	printf("TAP version 13\n");
	report_begin(test, cleans_only ? 0 : count_cases());
	if (!find_program(&test->program, &err) || !os_survey_host("\\", &test->facts, &err)) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	bool is_clean = leftovers_sweep(test);
	if (cleans_only)
		return !is_clean;
	if (!leftovers_begin(test, &err)) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	host_describe(test);
	try_all(test);
	leftovers_end(test);
	if (is_interrupted())
		printf("Bail out! interrupted\n");
	return report_end() > 0 || is_interrupted();
}

static int report_usage(void)
{
	fprintf(stderr,
		"usage: cordon-selftest [--setup] >report.txt\n"
		"       cordon-selftest [--setup] --clean\n"
		"\n"
		"--setup   as administrator: carries 'cordon setup' out on this machine, tries the account tier, and\n"
		"          removes it again. A setup that is there already is used and left alone\n"
		"--clean   removes what a selftest has left that was ended in the middle\n");
	return 2;
}

static int test(char **words)
{
	struct selftest test = { .is_elevated = is_elevated() };
	bool cleans_only = false;
	for (; *words; words++) {
		if (strcmp(*words, "--setup") == 0)
			test.may_change = true;
		else if (strcmp(*words, "--clean") == 0)
			cleans_only = true;
		else
			return report_usage();
	}
	is_over = CreateEventW(NULL, TRUE, FALSE, NULL);
	SetConsoleCtrlHandler(interrupt, TRUE);
	int status = test_all(&test, cleans_only);
	facts_free(test.facts);
	free(test.program);
	fflush(stdout);
	SetEvent(is_over);
	return status;
}

/* Its own prober, runner and command: nothing else has to be beside it. */
static int be_another(int argc, wchar_t **argv, char **words)
{
	static const struct {
		const char *word;
		int (*be)(char **words);
	} others[] = { { "command", command_main }, { "files", files_main }, { "world", world_main } };
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (strcmp(words[0], others[i].word) == 0)
			return others[i].be(words + 1);
	if (strcmp(words[0], "runner") == 0)
		return argc == 4 ? runner_main(argv[2], wcstoul(argv[3], NULL, 10)) : 2;
	return prober_main(argc, argv);
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	enum { WORDS_MAX = 12 };
	struct text words[WORDS_MAX] = { 0 };
	char *list[WORDS_MAX + 1] = { 0 };
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32); /* as the programs that it stands in for */
	probe_program = NULL;
	runner_program = NULL;
	for (int i = 1; i < argc && i <= WORDS_MAX; i++) {
		wide_add(&words[i - 1], argv[i], wide_length(argv[i]));
		list[i - 1] = (char *)(uintptr_t)text_str(&words[i - 1]);
	}
	int status = argc > 1 && argv[1][0] != L'-' ? be_another(argc, argv, list) : test(list);
	for (size_t i = 0; i < WORDS_MAX; i++)
		text_free(&words[i]);
	return status;
}
