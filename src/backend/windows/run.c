/* One run: what it needs is made in the order of the table, and given up in the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/console.h"
#include "backend/windows/gate.h"
#include "backend/windows/output.h"
#include "backend/windows/runner.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

enum { END_MS = 10000, LAST_MS = 2000 };

/* -- the temporary directory --------------------------------------------------------------------------------------- */

/* For whom the token's own things are, and the user, who removes it. */
static bool describe_own(const struct cage *cage, struct arena *arena, const uint8_t **ret_bytes,
			 struct cordon_error *err)
{
	const struct windows_token *recipe = &cage->plan->windows->token;
	return identities_describe(&cage->identities, cage->identities.roles[SID_USER], &recipe->default_grants,
				   recipe->integrity < INTEGRITY_MEDIUM ? recipe->integrity : 0, arena, ret_bytes, err);
}

static bool make_temp(struct cage *cage, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	const uint8_t *bytes;
	uint64_t chance;
	if (!os_random(&chance, sizeof chance, err) || !describe_own(cage, &arena, &bytes, err))
		return false;
	CORDON_ON_EXIT(free_text)
	char *path = text_format("%s\\cordon-%016llx", cage->plan->facts->temp, (unsigned long long)chance);
	if (!path)
		return cordon_fail_memory(err);
	if (!native_path(path, &native, err))
		return false;
	SECURITY_ATTRIBUTES attributes = { sizeof attributes, (void *)(uintptr_t)bytes, FALSE };
	if (!CreateDirectoryW(native, &attributes))
		return windows_fail(err, GetLastError(), "CreateDirectory", "make the temporary directory '%s'", path);
	cage->temp = cordon_take(&path);
	return true;
}

static void remove_temp(struct cage *cage)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (cage->temp && native_path(cage->temp, &native, &ignored))
		remove_tree(native);
}

/* -- the environment ----------------------------------------------------------------------------------------------- */

static bool has_name(const char *entry, const char *name)
{
	size_t length = strlen(name);
	return _strnicmp(entry, name, length) == 0 && entry[length] == '=';
}

static bool is_set_anew(const struct plan_windows *windows, const char *entry)
{
	for (const struct windows_variable *variable = windows->variables; variable->name; variable++)
		if (has_name(entry, variable->name))
			return true;
	return false;
}

static char *fill_in_gate(const struct cage *cage, const struct windows_variable *variable)
{
	CORDON_ON_EXIT(free_text) char *value = gate_fill(cage->gate, variable->value);
	return value ? text_format("%s=%s", variable->name, value) : NULL;
}

/* NAME=VALUE with what the run has made in place of its name. */
static char *fill_in(const struct cage *cage, const struct windows_variable *variable, struct cordon_error *err)
{
	const struct {
		const char *name, *value;
	} known[] = { { "${run.temp}", cage->temp },
		      { "${package.folder}", cage->package_folder },
		      { "${account.profile}", cage->account ? cage->account->profile : NULL } };
	const char *rest = variable->value, *front = "";
	if (cage->gate && strstr(rest, "${gate.")) {
		char *filled = fill_in_gate(cage, variable);
		if (!filled)
			cordon_fail_memory(err);
		return filled;
	}
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (!known[i].value || !text_starts(rest, known[i].name))
			continue;
		rest += strlen(known[i].name);
		front = known[i].value;
		break;
	}
	if (strchr(rest, '$')) {
		cordon_fail(err, CORDON_UNSUPPORTED, "the variable %s needs what this version does not make (%s)",
			    variable->name, variable->value);
		return NULL;
	}
	char *made = text_format("%s=%s%s", variable->name, front, rest);
	if (!made)
		cordon_fail_memory(err);
	return made;
}

static bool make_environment(struct cage *cage, struct cordon_error *err)
{
	const struct plan_windows *windows = cage->plan->windows;
	size_t count = 0, room = 1;
	for (char **entry = cage->plan->environment; *entry; entry++)
		room++;
	for (const struct windows_variable *variable = windows->variables; variable->name; variable++)
		room++;
	cage->environment = calloc(room, sizeof *cage->environment);
	if (!cage->environment)
		return cordon_fail_memory(err);
	for (char **entry = cage->plan->environment; *entry; entry++) {
		if (is_set_anew(windows, *entry))
			continue;
		cage->environment[count] = strdup(*entry);
		if (!cage->environment[count++])
			return cordon_fail_memory(err);
	}
	for (const struct windows_variable *variable = windows->variables; variable->name; variable++) {
		cage->environment[count] = fill_in(cage, variable, err);
		if (!cage->environment[count++])
			return false;
	}
	return true;
}

/* -- what the process is given ------------------------------------------------------------------------------------- */

static bool is_container(const struct cage *cage)
{
	return cage->plan->windows->token.is_container;
}

static bool add_account(struct cage *cage, struct cordon_error *err)
{
	return !cage->account || (identities_add(&cage->identities, SID_ACCOUNT, cage->account->sid, err) &&
				  identities_add(&cage->identities, SID_ACCOUNTS, cage->account->group_sid, err));
}

static bool make_identities(struct cage *cage, struct cordon_error *err)
{
	return identities_make(cage->plan->windows->roots.count, &cage->identities, err) && add_account(cage, err) &&
	       (!is_container(cage) || package_find(cage->plan, cage->package_name, &cage->identities, err)) &&
	       roots_new(cage->plan, &cage->identities, &cage->roots, err);
}

/* Packages are swept and opened by one cordon at a time, as descriptors are changed. */
static bool make_package(struct cage *cage, struct cordon_error *err)
{
	const char *state = cage->plan->facts->state;
	CORDON_ON_EXIT(windows_store_close_at) struct windows_store *store = NULL;
	bool is_alone;
	if (!is_container(cage))
		return true;
	if (!profiles_open(state, &cage->packages, err) || !windows_store_open(state, &store, err) ||
	    !windows_store_begin(store, &is_alone, err))
		return false;
	bool is_open = package_sweep(cage->packages, err) &&
		       package_open(cage->packages, cage->package_name, &cage->package_claim, err);
	windows_store_end(store);
	return is_open && package_describe(cage->plan->windows->capabilities, &cage->identities, &cage->package, err) &&
	       package_folder(cage->package.AppContainerSid, &cage->package_folder, err);
}

/* What stays is noted, and the next run's to sweep. */
static void remove_package(struct cage *cage)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (cage->package_claim)
		(void)!package_close(cage->packages, cage->package_name, cage->package_claim, &ignored);
	cage->package_claim = NULL;
	cage->packages = profiles_free(cage->packages);
	free(cage->package_folder);
}

/* What comes back is looked at: there are systems that say yes and do nothing. */
static bool make_token(struct cage *cage, struct cordon_error *err)
{
	const char *why;
	return token_make(&cage->plan->windows->token, &cage->identities, &cage->token, err) &&
	       (token_holds(cage->token, &cage->plan->windows->token, &cage->identities, &why) ||
		cordon_fail(err, CORDON_UNSUPPORTED, "%s", why));
}

/* A limit that a preset states is taken as far as the host has it; assess has told of it. */
static bool make_job(struct cage *cage, struct cordon_error *err)
{
	const char *missing;
	struct windows_job limits = cage->plan->windows->job;
	if (cage->account) {
		if (!runner_make_job(cage->runner, &limits, err))
			return false;
		/* In a job within another the rate would be a share of the other's. */
		limits.cpu_rate = 0;
	}
	return job_make(&limits, &cage->job, &missing, err) &&
	       supervisor_new(cage->job, cage->ready, &cage->supervisor, err);
}

/* The other tiers do not lead anybody there: nothing would keep a command from going another way. */
static bool start_gate(struct cage *cage, struct cordon_error *err)
{
	const struct gate_wanted wanted = {
		.plan = cage->plan,
		.job = cage->job,
		.account = cage->gate_account,
		.port = cage->gate_port,
		.ready = cage->ready,
	};
	if (cage->plan->network != NETWORK_FILTERED || cage->plan->windows->tier != TIER_ACCOUNT)
		return true;
	/* The filters let the account reach that port and no other. */
	return (cage->gate_port || cordon_fail(err, CORDON_UNSUPPORTED, "the account has no port for the gate")) &&
	       gate_start(&wanted, &cage->gate, err);
}

static bool open_roots(struct cage *cage, struct cordon_error *err)
{
	return roots_open(cage->roots, cage->plan->windows, err);
}

static void note_mended(void *context, size_t object)
{
	struct cage *cage = context;
	AcquireSRWLockExclusive(&cage->mending);
	cage->mended[object] = true;
	ReleaseSRWLockExclusive(&cage->mending);
	SetEvent(cage->ready);
}

/* What is not protected any more is worth more than the run. */
static void give_up(void *context)
{
	struct cage *cage = context;
	AcquireSRWLockExclusive(&cage->mending);
	cage->is_unprotected = true;
	ReleaseSRWLockExclusive(&cage->mending);
	supervisor_end(cage->supervisor);
	SetEvent(cage->ready);
}

static void mend(void *context)
{
	struct cage *cage = context;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!roots_mend(cage->roots, cage->plan->windows, note_mended, cage, &ignored))
		give_up(cage);
}

/* Before the command: what was saved since the roots were opened is seen by the first look. */
static bool watch_files(struct cage *cage, struct cordon_error *err)
{
	const struct watched watched = { mend, give_up, cage };
	InitializeSRWLock(&cage->mending);
	cage->mended = calloc(cage->plan->windows->objects.count + 1, sizeof *cage->mended);
	if (!cage->mended)
		return cordon_fail_memory(err);
	return watcher_new(cage->plan->windows, &watched, &cage->watcher, err) &&
	       roots_mend(cage->roots, cage->plan->windows, note_mended, cage, err);
}

static bool make_desktop(struct cage *cage, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	const uint8_t *bytes;
	WCHAR station[128] = { 0 };
	DWORD length;
	uint64_t chance;
	if (!os_random(&chance, sizeof chance, err) || !describe_own(cage, &arena, &bytes, err))
		return false;
	WCHAR name[32];
	_snwprintf(name, 31, L"cordon-%016llx", (unsigned long long)chance);
	name[31] = 0;
	SECURITY_ATTRIBUTES attributes = { sizeof attributes, (void *)(uintptr_t)bytes, FALSE };
	if (!GetUserObjectInformationW(GetProcessWindowStation(), UOI_NAME, station, sizeof station - sizeof *station,
				       &length))
		return windows_fail(err, GetLastError(), "GetUserObjectInformation", "find the window station");
	cage->desktop = CreateDesktopW(name, NULL, NULL, 0, GENERIC_ALL, &attributes);
	if (!cage->desktop)
		return windows_fail(err, GetLastError(), "CreateDesktop", "make a desktop for the command");
	_snwprintf(cage->desktop_name, COUNT_OF(cage->desktop_name) - 1, L"%ls\\%ls", station, name);
	return true;
}

static bool find_mitigations(const struct plan_windows *windows, uint64_t *ret_policy, struct cordon_error *err)
{
	static const struct {
		const char *name;
		uint64_t bit;
	} known[] = {
		{ "heap-terminate-on-corruption", UINT64_C(1) << 12 },
		{ "extension-point-disable", UINT64_C(1) << 32 },
		{ "image-load-no-remote", UINT64_C(1) << 52 },
	};
	uint64_t policy = 0;
	for (const char *const *name = windows->mitigations; *name; name++) {
		uint64_t bit = 0;
		for (size_t i = 0; i < COUNT_OF(known); i++)
			if (strcmp(known[i].name, *name) == 0)
				bit = known[i].bit;
		if (!bit)
			return cordon_fail(err, CORDON_UNSUPPORTED, "unknown mitigation '%s'", *name);
		policy |= bit;
	}
	*ret_policy = policy;
	return true;
}

static HANDLE stream_of(const struct cage *cage, int number)
{
	static const DWORD own[] = { STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE };
	int given = cage->handover.streams[number];
	return given >= 0 && given < 3 ? GetStdHandle(own[given]) : (HANDLE)(intptr_t)given;
}

static bool is_console(HANDLE stream)
{
	DWORD mode;
	return stream && GetConsoleMode(stream, &mode);
}

/* The caller's console is shared only by who is given it as a stream: in it a program could read and type for all. */
static bool shares_console(const struct cage *cage)
{
	return !cage->handover.terminal &&
	       (is_console(cage->streams[0]) || is_console(cage->streams[1]) || is_console(cage->streams[2]));
}

/* As large as the caller's, where that is what it stands for. */
static void measure_console(const struct cage *cage, uint16_t *rows, uint16_t *columns)
{
	CONSOLE_SCREEN_BUFFER_INFO about;
	for (int i = 0; i < 3 && (*rows == 0 || *columns == 0); i++) {
		if (!(cage->handover.terminal & 1u << i) || !GetConsoleScreenBufferInfo(stream_of(cage, i), &about))
			continue;
		*rows = (uint16_t)(about.srWindow.Bottom - about.srWindow.Top + 1);
		*columns = (uint16_t)(about.srWindow.Right - about.srWindow.Left + 1);
	}
}

static bool make_streams(struct cage *cage, struct cordon_error *err)
{
	const struct limit_setting *limit = &cage->plan->limits[LIMIT_OUTPUT];
	unsigned terminal = cage->handover.terminal;
	uint16_t rows = cage->handover.rows, columns = cage->handover.columns;
	for (int i = 0; i < 3; i++)
		cage->streams[i] = terminal & 1u << i ? NULL : stream_of(cage, i);
	if (limit->is_set && terminal && !cage->handover.counts_terminal)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "limits.output with a terminal that the caller does not count");
	/* A container has one of its own already; on older Windows the command shares what there is. */
	if (terminal || (!is_container(cage) && !shares_console(cage) && console_is_known())) {
		measure_console(cage, &rows, &columns);
		/* Who serves an account's is to be the account's as well: its runner makes it. */
		if (!(cage->account ? console_make_ends : console_make)(rows, columns, terminal, &cage->console, err))
			return false;
	}
	if (!limit->is_set)
		return true;
	if (!output_new(cage->streams, limit->value, &cage->output, err))
		return false;
	for (int i = 1; i < 3; i++)
		if (cage->streams[i])
			cage->streams[i] = output_stream(cage->output, i);
	return true;
}

/* What both ways of starting the command are told; *ret_program is the caller's to free. */
static bool describe_launch(const struct cage *cage, struct launch *launch, char **ret_program,
			    struct cordon_error *err)
{
	*launch = (struct launch){
		.argv = cage->argv,
		.directory = cage->plan->directory,
		.environment = cage->environment,
		.streams = { cage->streams[0], cage->streams[1], cage->streams[2] },
	};
	if (!find_mitigations(cage->plan->windows, &launch->mitigations, err) ||
	    !launch_find(cage->argv[0], cage->plan->directory, cage->environment, ret_program, err))
		return false;
	launch->program = *ret_program;
	return true;
}

static bool make_process(struct cage *cage, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *program = NULL;
	struct launch launch;
	if (!describe_launch(cage, &launch, &program, err))
		return false;
	launch.token = cage->token;
	launch.job = cage->job;
	launch.desktop = cage->desktop_name;
	launch.package = is_container(cage) ? &cage->package : NULL;
	/* A process that has to make a console of its own, below a restricted token, does not start everywhere. */
	if (cage->console)
		console_enter(cage->console, &launch);
	launch.has_console = !cage->console && GetConsoleCP() != 0;
	launch.has_own_console = is_container(cage);
	launch.passed = cage->handover.passed;
	launch.passed_count = cage->handover.passed_count;
	return launch_start(&launch, &cage->process, err);
}

/* Before it runs: there are systems that start a process elsewhere than they were asked to. */
static bool check_process(struct cage *cage, struct cordon_error *err)
{
	const char *why;
	return !is_container(cage) || package_holds(cage->process.hProcess, &cage->package, &why) ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "%s", why);
}

/* -- the account's steps ------------------------------------------------------------------------------------------- */

/* What would be asked of the runner and of the filters of setup in vain is refused before anything is made. */
static bool check_asked(struct cage *cage, struct cordon_error *err)
{
	const struct plan *plan = cage->plan;
	size_t ports = 0;
	if (plan->network == NETWORK_OPEN)
		return true;
	policy_listen_ports(plan->policy, &ports);
	if (ports)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "the filters of cordon setup leave no port to listen on (network.listen)");
	return true;
}

/* What the network is to an account the filters say that setup has put on, for good. */
static bool claim_account(struct cage *cage, struct cordon_error *err)
{
	static const enum pool_kind kinds[] = {
		[NETWORK_OFF] = POOL_CLOSED,
		[NETWORK_FILTERED] = POOL_GATED,
		[NETWORK_OPEN] = POOL_OPEN,
	};
	cage->account = calloc(1, sizeof *cage->account);
	cage->runner = calloc(1, sizeof *cage->runner);
	if (!cage->account || !cage->runner)
		return cordon_fail_memory(err);
	if (!logon_claim(kinds[cage->plan->network], cage->account, err))
		return false;
	cage->gate_port = cage->account->gate_port;
	cage->gate_account = cage->account->sid;
	return true;
}

static bool copy_runner(struct cage *cage, struct cordon_error *err)
{
	cage->runner->account = cage->account;
	cage->runner->identities = &cage->identities;
	return runner_copy(cage->runner, cage->plan->facts->state, err);
}

static bool make_runner_desktop(struct cage *cage, struct cordon_error *err)
{
	return runner_make_desktop(cage->runner, err);
}

static bool make_pipe(struct cage *cage, struct cordon_error *err)
{
	return runner_make_pipe(cage->runner, err);
}

static bool start_runner(struct cage *cage, struct cordon_error *err)
{
	bool is_started = runner_start(cage->runner, err);
	account_forget_password(cage->account);
	return is_started;
}

static bool confine_runner(struct cage *cage, struct cordon_error *err)
{
	return runner_confine(cage->runner, err);
}

static bool meet_runner(struct cage *cage, struct cordon_error *err)
{
	return runner_meet(cage->runner, err);
}

static bool order_process(struct cage *cage, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *program = NULL;
	struct launch launch;
	if (!describe_launch(cage, &launch, &program, err))
		return false;
	launch.has_console = true;
	if (!runner_order(cage->runner, &launch, cage->console, &cage->plan->windows->token, err))
		return false;
	if (cage->console)
		runner_serve(cage->runner, cage->console);
	return true;
}

static bool take_process(struct cage *cage, struct cordon_error *err)
{
	return runner_take_over(cage->runner, &cage->plan->windows->token, &cage->identities, &cage->process, err);
}

static bool nest_process(struct cage *cage, struct cordon_error *err)
{
	return runner_nest(cage->runner, cage->process.hProcess, cage->job, err);
}

/* Not by the runner, which has handles of its own under many numbers: the command, which has not run, has next to none. */
static bool pass_handles(struct cage *cage, struct cordon_error *err)
{
	return passed_give(cage->process.hProcess, cage->handover.passed, cage->handover.passed_count, err);
}

static bool mend_earlier(struct cage *cage, struct cordon_error *err)
{
	return returning_mend(cage->plan->facts->state, &cage->identities, cage->account, &cage->returning, err);
}

static bool note_returning(struct cage *cage, struct cordon_error *err)
{
	return returning_note(cage->returning, cage->plan->windows, err);
}

static bool sweep_earlier(struct cage *cage, struct cordon_error *err)
{
	return runner_clean(cage->runner, err) && returning_ask(cage->returning, cage->runner, err);
}

/* For programs that go by what Windows has for a proxy; the others have variables. Who says no password is let in. */
static bool tell_proxy(struct cage *cage, struct cordon_error *err)
{
	return !cage->gate || runner_tell_proxy(cage->runner, gate_port(cage->gate), err);
}

/* The filters are the account's own: that another's held in the probe says nothing of them. */
static bool try_network(struct cage *cage, struct cordon_error *err)
{
	return cage->plan->network == NETWORK_OPEN || fence_check(cage->runner, err);
}

/* -- letting go ---------------------------------------------------------------------------------------------------- */

static void end_for_output(void *context)
{
	supervisor_exceed(context, LIMIT_OUTPUT);
}

static void look_again(void *context)
{
	supervisor_wake(context);
}

static bool watch_process(struct cage *cage, struct cordon_error *err)
{
	const struct output_told told = { end_for_output, look_again, cage->supervisor };
	if ((cage->console && !console_begin(cage->console, err)) ||
	    (cage->output && !output_begin(cage->output, &told, err)))
		return false;
	const struct supervised supervised = {
		.job = cage->job,
		.process = cage->process.hProcess,
		.output = cage->output,
		.limits = cage->plan->limits,
		.keep_background = cage->handover.keep_background,
	};
	return supervisor_start(cage->supervisor, &supervised, err);
}

static bool release_process(struct cage *cage, struct cordon_error *err)
{
	AcquireSRWLockShared(&cage->mending);
	bool is_unprotected = cage->is_unprotected;
	ReleaseSRWLockShared(&cage->mending);
	if (is_unprotected)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "a protected file was saved while the command was being started, and cannot be "
				   "protected again");
	return ResumeThread(cage->process.hThread) != (DWORD)-1 ||
	       windows_fail(err, GetLastError(), "ResumeThread", "let the command go on");
}

/* Nothing of the command's runs before the last of them. */
struct step {
	const char *name;
	bool (*take)(struct cage *cage, struct cordon_error *err);
};

static const struct step own_steps[] = {
	{ "make identities", make_identities },
	{ "make the package", make_package },
	{ "make the token", make_token },
	{ "make the job", make_job },
	{ "start the gate", start_gate },
	{ "open the roots", open_roots },
	{ "watch the files", watch_files },
	{ "make the temporary directory", make_temp },
	{ "make the environment", make_environment },
	{ "make the desktop", make_desktop },
	{ "make the streams", make_streams },
	{ "start the process", make_process },
	{ "check the process", check_process },
	{ "watch the process", watch_process },
	{ "let the process go", release_process },
};

/* The runner makes the token and the command's desktop. */
static const struct step account_steps[] = {
	{ "check what is asked for", check_asked },
	{ "claim an account", claim_account },
	{ "make identities", make_identities },
	{ "make the job", make_job },
	{ "start the gate", start_gate },
	{ "mend what earlier runs left", mend_earlier },
	{ "note what will be returned", note_returning },
	{ "open the roots", open_roots },
	{ "watch the files", watch_files },
	{ "make the temporary directory", make_temp },
	{ "make the environment", make_environment },
	{ "make the streams", make_streams },
	{ "copy the runner", copy_runner },
	{ "make a desktop for the runner", make_runner_desktop },
	{ "make the pipe", make_pipe },
	{ "start the runner", start_runner },
	{ "confine the runner", confine_runner },
	{ "meet the runner", meet_runner },
	{ "sweep the account", sweep_earlier },
	{ "tell of the gate", tell_proxy },
	{ "try the network", try_network },
	{ "have the process started", order_process },
	{ "take the process over", take_process },
	{ "give the process its own job", nest_process },
	{ "pass the handles", pass_handles },
	{ "watch the process", watch_process },
	{ "let the process go", release_process },
};

bool cage_start(struct cage *cage, struct cordon_error *err)
{
	bool is_account = cage->plan->windows->tier == TIER_ACCOUNT;
	const struct step *steps = is_account ? account_steps : own_steps;
	size_t count = is_account ? COUNT_OF(account_steps) : COUNT_OF(own_steps);
	for (size_t i = 0; i < count; i++)
		if (!operation_begins(steps[i].name, err) || !steps[i].take(cage, err))
			return false;
	cage->is_running = true;
	return true;
}

/* The command lives no more; who serves its console does until the last is read. Whoever has taken an end and neither
 * reads nor closes it keeps nobody waiting for long.
 */
static void let_out_last(const struct cage *cage)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!cage->console || !cage->was_terminal_taken)
		return;
	console_hang_up(cage->console);
	(void)!job_await(cage->runner->job, LAST_MS, &ignored);
}

void cage_empty(struct cage *cage)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	bool is_over = !cage->job || job_end(cage->job, END_MS, &ignored);
	if (cage->patience)
		DeleteTimerQueueTimer(NULL, cage->patience, INVALID_HANDLE_VALUE);
	if (cage->runner) {
		let_out_last(cage);
		is_over &= runner_end(cage->runner, &ignored);
	}
	cage->watcher = watcher_free(cage->watcher);
	free(cage->mended);
	cage->mended = NULL;
	supervisor_join(cage->supervisor);
	/* Until here each of the two may call the other. */
	cage->output = output_free(cage->output);
	cage->supervisor = supervisor_free(cage->supervisor);
	cage->gate = gate_end(cage->gate);
	cage->console = console_free(cage->console);
	close_handle(&cage->process.hThread);
	close_handle(&cage->process.hProcess);
	if (cage->runner)
		runner_free(cage->runner);
	close_handle(&cage->job);
	close_handle(&cage->token);
	close_handle(&cage->ready);
	if (cage->desktop)
		CloseDesktop(cage->desktop);
	remove_temp(cage);
	if (is_over && cage->returning) {
		returning_end(cage->returning, cage->is_running, cage->temp);
		remove_temp(cage);
	}
	cage->returning = returning_free(cage->returning);
	remove_package(cage);
	for (char **entry = cage->environment; entry && *entry; entry++)
		free(*entry);
	free(cage->environment);
	free(cage->temp);
	cage->roots = roots_free(cage->roots);
	identities_free(&cage->identities);
	/* The last: from here on it is another run's. */
	if (cage->account)
		account_release(cage->account);
	free(cage->account);
	free(cage->runner);
}
