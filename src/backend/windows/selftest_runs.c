/* What a run is promised to do, tried in each tier by the backend itself. */
#include "backend/windows/selftest.h"

#include <sddl.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

static const char *number(char room[24], uint64_t value)
{
	snprintf(room, 24, "%llu", (unsigned long long)value);
	return room;
}

/* -- its end ------------------------------------------------------------------------------------------------------- */

static enum result run_and_end(struct trying *trying)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cage_event end;
	if (!world_run(trying->world, WORDS("status", "7"), &end, &err))
		return failed(trying, &err);
	return judged(trying, !end.exit.by_signal && end.exit.code == 7, "status 0x%x", (unsigned)end.exit.code);
}

static enum result keep_statuses(struct trying *trying)
{
	static const char *const statuses[] = { "0", "256", "0x103", "0x80000000", "0xc0000005", "0xffffffff" };
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		struct cage_event end;
		if (!world_run(trying->world, WORDS("status", statuses[i]), &end, &err))
			return failed(trying, &err);
		if (end.exit.by_signal || (uint32_t)end.exit.code != strtoul(statuses[i], NULL, 0))
			return judged(trying, false, "%s came back as 0x%x", statuses[i], (unsigned)end.exit.code);
	}
	return judged(trying, true, "%s", "");
}

static bool read_told(const struct world *world, const char *name, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = root_path(world, name);
	return path ? os_read_file(path, 2000, text, err) : cordon_fail_memory(err);
}

static enum result own_temp(struct trying *trying)
{
	CORDON_ON_EXIT(text_free) struct text told = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cage_event end;
	if (!world_run(trying->world, WORDS("temp", "temp.txt"), &end, &err))
		return failed(trying, &err);
	if (end.exit.code != 0)
		return judged(trying, false, "nothing can be made there: status 0x%x", (unsigned)end.exit.code);
	if (!read_told(trying->world, "temp.txt", &told, &err))
		return failed(trying, &err);
	bool is_own = os_lies_below(text_str(&told), trying->world->facts->temp);
	return judged(trying, is_own && !os_exists(text_str(&told)), "%s, %s", is_own ? "its own" : "another's",
		      os_exists(text_str(&told)) ? "still there" : "gone");
}

/* -- the tree ------------------------------------------------------------------------------------------------------ */

/* The number of the process that has written it there; 0: it never does. */
static DWORD await_told(const struct world *world, const char *name)
{
	uint64_t end = os_clock() + SELFTEST_WAIT_MS;
	CORDON_ON_EXIT(free_text) char *path = root_path(world, name);
	while (path && os_clock() < end && !is_interrupted()) {
		CORDON_ON_EXIT(text_free) struct text told = { 0 };
		struct cordon_error ignored = CORDON_ERROR_INIT;
		if (os_exists(path) && read_told(world, name, &told, &ignored))
			return strtoul(text_str(&told), NULL, 10);
		Sleep(10);
	}
	return 0;
}

static void remove_told(const struct world *world, const char *name)
{
	CORDON_ON_EXIT(free_text) char *path = root_path(world, name);
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (path)
		(void)!os_remove_file(path, &ignored);
}

/* By number, for the user may not open what another account runs. Waits for its end that long. */
static bool is_there(DWORD id, DWORD wait_ms)
{
	uint64_t end = os_clock() + wait_ms;
	for (;;) {
		CORDON_ON_EXIT(close_handle) HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, id);
		bool is = process ? WaitForSingleObject(process, 0) == WAIT_TIMEOUT
				  : GetLastError() == ERROR_ACCESS_DENIED;
		if (!is || os_clock() >= end)
			return is;
		Sleep(10);
	}
}

static enum result end_what_is_left(struct trying *trying)
{
	CORDON_ON_EXIT(text_free) struct text told = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cage_event end;
	remove_told(trying->world, "left");
	if (!world_run(trying->world, WORDS("leave", "left"), &end, &err))
		return failed(trying, &err);
	if (end.exit.code != 0 || !read_told(trying->world, "left", &told, &err))
		return judged(trying, false, "nothing was left: status 0x%x %s", (unsigned)end.exit.code, err.text);
	return judged(trying, !is_there(strtoul(text_str(&told), NULL, 10), 2000), "%s",
		      "a process was left by the command");
}

/* The job is the host's: it does not end with the cordon. */
static bool start_cordon(const struct trying *trying, HANDLE *ret_job, PROCESS_INFORMATION *ret_process,
			 struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	const struct selftest *test = trying->test;
	const char *missing;
	char tier[8];
	snprintf(tier, sizeof tier, "%d", (int)trying->tier);
	if (!job_make(&no_limits, ret_job, &missing, err))
		return false;
	char *argv[] = { test->program, (char[]){ "world" }, test->name, test->folder, tier, NULL };
	const struct launch launch = { .program = argv[0], .argv = argv, .job = *ret_job };
	if (!launch_start(&launch, ret_process, err))
		return false;
	ResumeThread(ret_process->hThread);
	CloseHandle(ret_process->hThread);
	return true;
}

static enum result end_with_cordon(struct trying *trying)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	PROCESS_INFORMATION cordon;
	remove_told(trying->world, "waiting");
	if (!start_cordon(trying, &job, &cordon, &err))
		return failed(trying, &err);
	DWORD id = await_told(trying->world, "waiting");
	bool was_there = id && is_there(id, 0);
	TerminateProcess(cordon.hProcess, 1);
	WaitForSingleObject(cordon.hProcess, SELFTEST_WAIT_MS);
	CloseHandle(cordon.hProcess);
	if (!was_there)
		return judged(trying, false, "the command was not seen");
	bool is_gone = !is_there(id, SELFTEST_WAIT_MS);
	return judged(trying, is_gone, "the command %s", is_gone ? "has ended" : "lives on");
}

/* -- limits -------------------------------------------------------------------------------------------------------- */

static void reset(struct world *world)
{
	memset(world->limits, 0, sizeof world->limits);
	world->job = (struct windows_job){ 0 };
}

static bool status_of(struct world *world, const char *const *words, uint32_t *ret_status, struct cordon_error *err)
{
	struct cage_event end;
	if (!world_run(world, words, &end, err))
		return false;
	*ret_status = (uint32_t)end.exit.code;
	return true;
}

static enum result limit_memory(struct trying *trying)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	char bytes[24];
	uint32_t without, with;
	const char *const words[] = { "memory", number(bytes, TRIAL_MEMORY), NULL };
	reset(trying->world);
	if (!status_of(trying->world, words, &without, &err))
		return failed(trying, &err);
	trying->world->job.memory = TRIAL_MEMORY_LIMIT;
	bool is_run = status_of(trying->world, words, &with, &err);
	reset(trying->world);
	if (!is_run)
		return failed(trying, &err);
	bool is_refusal = with == ERROR_COMMITMENT_LIMIT || with == ERROR_NOT_ENOUGH_MEMORY ||
			  with == ERROR_NOT_ENOUGH_QUOTA;
	return judged(trying, without == 0 && is_refusal, "without the limit error %u, with it %u", without, with);
}

/* The command itself and what serves its console count as well. */
static enum result limit_processes(struct trying *trying)
{
	enum { ALLOWED = 6, ASKED = 10 };
	struct cordon_error err = CORDON_ERROR_INIT;
	uint32_t without, with;
	char count[24];
	const char *const words[] = { "processes", number(count, ASKED), NULL };
	reset(trying->world);
	if (!status_of(trying->world, words, &without, &err))
		return failed(trying, &err);
	trying->world->job.processes = ALLOWED;
	bool is_run = status_of(trying->world, words, &with, &err);
	reset(trying->world);
	if (!is_run)
		return failed(trying, &err);
	return judged(trying, without == ASKED && with > 0 && with < ALLOWED, "of %d, %u without the limit, %u with it",
		      ASKED, without, with);
}

/* A quarter of one processor; hundredths of a percent of the whole machine. */
static enum result limit_cpu(struct trying *trying)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	uint32_t without, with, processors = trying->test->facts->processors;
	reset(trying->world);
	if (!status_of(trying->world, WORDS("spin", "2000"), &without, &err))
		return failed(trying, &err);
	trying->world->job.cpu_rate = 2500 / (processors ? processors : 1);
	bool is_run = status_of(trying->world, WORDS("spin", "4000"), &with, &err);
	reset(trying->world);
	if (!is_run)
		return failed(trying, &err);
	if (without < 60)
		return skipped(trying, "this machine is busy: without the limit it has %u%% of a processor", without);
	return judged(trying, with < 40, "of a processor %u%% without the limit, %u%% with it", without, with);
}

/* The limit is told and ends the run. */
static enum result expect_limit(struct trying *trying, enum limit limit, const char *const *words)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cage_event end = { .kind = CAGE_NOTHING };
	bool is_run = world_run(trying->world, words, &end, &err);
	reset(trying->world);
	if (!is_run)
		return failed(trying, &err);
	return judged(trying, end.kind == CAGE_LIMIT && end.limit == limit, "%s", world_told(&end));
}

static enum result limit_cpu_time(struct trying *trying)
{
	trying->world->limits[LIMIT_CPU_TIME] = (struct limit_setting){ .is_set = true, .value = 300 };
	return expect_limit(trying, LIMIT_CPU_TIME, WORDS("spin", "60000"));
}

/* As the supervisor's clock does it: the command is asked, and what does not go is ended. */
static enum result limit_wall_time(struct trying *trying)
{
	enum { ASKED_MS = 500 };
	const struct handover handover = world_handover(trying->world);
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cage *cage = NULL;
	if (!world_start(trying->world, &handover, WORDS("wait"), &cage, &err))
		return failed(trying, &err);
	struct cage_event event = world_await(cage);
	if (event.kind == CAGE_STARTED) {
		backend_native.ask(cage);
		if (!backend_native.next_event(cage, ASKED_MS, &event, &err) || event.kind == CAGE_NOTHING) {
			backend_native.end(cage);
			event = world_await(cage);
		}
	}
	backend_native.discard(cage);
	return judged(trying, event.kind == CAGE_ENDED, "%s, status 0x%x", world_told(&event),
		      (unsigned)event.exit.code);
}

static enum result limit_disk(struct trying *trying)
{
	trying->world->limits[LIMIT_DISK] = (struct limit_setting){ .is_set = true, .value = 4 << 20 };
	return expect_limit(trying, LIMIT_DISK, WORDS("fill", "67108864"));
}

/* -- protected ----------------------------------------------------------------------------------------------------- */

/* The control is a file beside it, which the command may write. */
static enum result mend_protected(struct trying *trying)
{
	struct world *world = trying->world;
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct handover handover = world_handover(world);
	struct cage *cage = NULL;
	uint32_t free_one, protected_one;
	remove_told(world, "waiting");
	if (!status_of(world, WORDS("make", "free"), &free_one, &err) ||
	    !status_of(world, WORDS("change", "free"), &free_one, &err) ||
	    !status_of(world, WORDS("change", "protected"), &protected_one, &err))
		return failed(trying, &err);
	if (free_one != 0 || protected_one != ERROR_ACCESS_DENIED)
		return judged(trying, false, "before it: a free file gives %u, the protected one %u", free_one,
			      protected_one);
	if (!world_start(world, &handover, WORDS("process", "waiting"), &cage, &err))
		return failed(trying, &err);
	struct cage_event event = world_await(cage);
	bool is_saved = event.kind == CAGE_STARTED && save_by_rename(world->protected_file, &err);
	if (is_saved)
		event = world_await(cage);
	backend_native.discard(cage);
	if (!is_saved || event.kind != CAGE_COVER_LOST || !event.cover.is_mended)
		return judged(trying, false, "%s %s", world_told(&event), err.text);
	/* Another run would put its own on: what is asked is the file's descriptor, and who was given nothing. */
	if (!status_of(world, WORDS("change", "protected"), &protected_one, &err))
		return failed(trying, &err);
	return judged(trying, protected_one == ERROR_ACCESS_DENIED, "afterwards the protected one gives %u",
		      protected_one);
}

/* -- all of a tier's ----------------------------------------------------------------------------------------------- */

static const struct selftest_row rows[] = { RUNS_CASES(SELFTEST_ROW) };

static const char *why_nothing_runs(const struct selftest *test, enum tier tier)
{
	return tier == TIER_ACCOUNT && !test->has_accounts
		       ? "there are no accounts: run 'cordon setup', or this with --setup, both as administrator"
		       : NULL;
}

void runs_try(struct selftest *test, enum tier tier)
{
	CORDON_ON_EXIT(world_free) struct world world = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	const char *why = why_nothing_runs(test, tier);
	unsigned first = 0;
	if (!why && !world_make(test, tier, &world, &err)) {
		report_note("%s: %s", tier_name(tier), err.text);
		why = "a plan for it cannot be made here";
	}
	first = try_rows(test, rows, 1, tier, &world, why);
	if (!why && first == 0)
		why = "nothing runs in this tier here";
	try_rows(test, rows + 1, COUNT_OF(rows) - 1, tier, &world, why);
	streams_try(test, tier, &world, why);
	account_try(test, tier, &world, why);
}
