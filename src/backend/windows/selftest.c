/* cordon-selftest: what cordon rests on, tried on the Windows that this runs on. One file, no installation, nothing
 * that stays.
 *
 *	cordon-selftest >report.txt
 *
 * TAP: a case that fails is a claim of cordon's that does not hold here, or an answer of Windows' other than the one
 * that the plans take for true; a case that is skipped says why. With administrator's rights the same is tried, and more
 * of it succeeds outside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/cage.h"
#include "backend/windows/prober.h"
#include "backend/windows/question.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/windows_command.h"
#include "os/os.h"

#include <sddl.h>
#include <winternl.h>

enum { TOOL_MS = 30000, END_MS = 30000, LEVEL_BELOW_MEDIUM = 0x1800 };

static unsigned number, failed, skipped;
static char folder[600]; /* all of it is made in there */

static bool is_wine(void)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll"), "wine_get_version") != NULL;
}

static const char wine_says_yes[] = "Wine says yes to this and does nothing of it";

static void tell(bool is_fine, const char *name, const char *what)
{
	number++;
	failed += !is_fine;
	printf("%sok %u - %s\n", is_fine ? "" : "not ", number, name);
	if (!is_fine && what)
		printf("# %s\n", what);
	fflush(stdout);
}

static void skip(const char *name, const char *why)
{
	number++;
	skipped++;
	printf("ok %u - %s # SKIP %s\n", number, name, why);
}

/* In the folder, as Win32 takes it literally. */
static uint16_t *in_folder(const char *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", folder, name);
	uint16_t *native = NULL;
	if (!path)
		cordon_fail_memory(err);
	else
		(void)!native_path(path, &native, err);
	return native;
}

/* -- the host ------------------------------------------------------------------------------------------------------ */

static void tell_host(void)
{
	OSVERSIONINFOW version = { .dwOSVersionInfoSize = sizeof version };
	typedef LONG(WINAPI * get_version)(OSVERSIONINFOW *);
	get_version rtl = (get_version)(void (*)(void))GetProcAddress(GetModuleHandleW(L"ntdll"), "RtlGetVersion");
	if (rtl)
		rtl(&version);
	printf("# cordon %s on Windows %lu.%lu.%lu%s\n", CORDON_VERSION, version.dwMajorVersion, version.dwMinorVersion,
	       version.dwBuildNumber, is_wine() ? " (Wine)" : "");
	DWORD elevation = 0, length;
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &length);
	printf("# %s administrator's rights\n", elevation ? "with" : "without");
}

/* -- questions ----------------------------------------------------------------------------------------------------- */

struct asking {
	struct identities identities; /* one capability */
	uint8_t package[40];
};

static PSID sid_of(struct asking *asking, enum question_who who)
{
	static const uint8_t package[40] = { 1,  8, 0, 0, 0,  0, 0, 15, 2,  0, 0, 0, 11, 0, 0, 0, 12, 0, 0, 0,
					     13, 0, 0, 0, 14, 0, 0, 0,  15, 0, 0, 0, 16, 0, 0, 0, 17, 0, 0, 0 };
	switch (who) {
	case QUESTION_USER:
		return asking->identities.roles[SID_USER];
	case QUESTION_EVERYONE:
		return asking->identities.roles[SID_EVERYONE];
	case QUESTION_CAPABILITY:
		return asking->identities.capabilities[0];
	case QUESTION_OWNER_RIGHTS:
		return asking->identities.roles[SID_OWNER_RIGHTS];
	case QUESTION_SOME_PACKAGE:
		memcpy(asking->package, package, sizeof package);
		return asking->package;
	}
	return NULL;
}

/* A descriptor of exactly these entries, owned by the user. */
static bool describe(struct asking *asking, const struct question_entry *entries, struct arena *arena,
		     SECURITY_DESCRIPTOR *ret_descriptor)
{
	const DWORD size = 1024;
	PACL list = arena_take(arena, size);
	if (!list || !InitializeAcl(list, size, ACL_REVISION))
		return false;
	for (size_t i = 0; i < QUESTION_ENTRIES_MAX && entries[i].rights; i++) {
		const struct question_entry *entry = &entries[i];
		PSID sid = sid_of(asking, entry->who);
		if (!(entry->denies ? AddAccessDeniedAceEx(list, ACL_REVISION, entry->flags, entry->rights, sid)
				    : AddAccessAllowedAceEx(list, ACL_REVISION, entry->flags, entry->rights, sid)))
			return false;
	}
	return InitializeSecurityDescriptor(ret_descriptor, SECURITY_DESCRIPTOR_REVISION) &&
	       SetSecurityDescriptorDacl(ret_descriptor, TRUE, list, FALSE) &&
	       SetSecurityDescriptorOwner(ret_descriptor, asking->identities.roles[SID_USER], FALSE) &&
	       SetSecurityDescriptorControl(ret_descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED);
}

/* The token's, in the package: no profile is needed for it, and no process. */
static bool enter_package(struct asking *asking, HANDLE *token, struct cordon_error *err)
{
	typedef NTSTATUS(NTAPI * create_lowbox)(HANDLE *, HANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, PSID, ULONG,
						PSID_AND_ATTRIBUTES, ULONG, HANDLE *);
	create_lowbox create = (create_lowbox)(void (*)(void))GetProcAddress(GetModuleHandleW(L"ntdll"),
									     "NtCreateLowBoxToken");
	OBJECT_ATTRIBUTES attributes = { .Length = sizeof attributes };
	HANDLE made = NULL;
	if (!create)
		return cordon_fail(err, CORDON_UNSUPPORTED, "this system has no AppContainers");
	NTSTATUS status = create(&made, *token, TOKEN_ALL_ACCESS, &attributes, sid_of(asking, QUESTION_SOME_PACKAGE), 0,
				 NULL, 0, NULL);
	if (status < 0)
		return windows_fail(err, RtlNtStatusToDosError(status), "make a package's token");
	CloseHandle(*token);
	*token = made;
	return true;
}

static bool make_token(struct asking *asking, enum question_token kind, HANDLE *ret_token, struct cordon_error *err)
{
	static struct sid restricting[] = { { SID_CAPABILITY, 0 }, { SID_EVERYONE, 0 } };
	static struct sid grants[] = { { SID_USER, 0 } };
	struct windows_token recipe = {
		.drops_privileges = true,
		.drops_administrators = true,
		.is_write_restricted = kind == QUESTION_WRITE_RESTRICTED,
		.integrity = kind == QUESTION_BELOW_MEDIUM ? LEVEL_BELOW_MEDIUM : INTEGRITY_MEDIUM,
		.restricting = { restricting, kind == QUESTION_WRITE_RESTRICTED ? 2 : 0, 2 },
		.default_grants = { grants, 1, 1 },
	};
	CORDON_ON_EXIT(close_handle) HANDLE primary = NULL;
	return token_make(&recipe, &asking->identities, &primary, err) &&
	       (kind != QUESTION_PACKAGE || enter_package(asking, &primary, err)) &&
	       (DuplicateTokenEx(primary, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityImpersonation,
				 TokenImpersonation, ret_token) ||
		windows_fail(err, GetLastError(), "make a token to impersonate"));
}

/* 0: it succeeded. */
static DWORD act(const struct question *question, const uint16_t *file, const uint16_t *name)
{
	if (question->act == QUESTION_LINKS)
		return CreateHardLinkW(name, file, NULL) ? 0 : GetLastError();
	HANDLE opened = CreateFileW(file, question->rights, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
				    NULL, OPEN_EXISTING, 0, NULL);
	DWORD code = opened == INVALID_HANDLE_VALUE ? GetLastError() : 0;
	close_handle(&opened);
	return code;
}

static HANDLE make_asked(struct asking *asking, const struct question *question, const uint16_t *around_path,
			 const uint16_t *path)
{
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	SECURITY_DESCRIPTOR around, own;
	SECURITY_ATTRIBUTES around_attributes = { sizeof around_attributes, &around, FALSE };
	SECURITY_ATTRIBUTES own_attributes = { sizeof own_attributes, &own, FALSE };
	if (!describe(asking, question->folder, &arena, &around) || !describe(asking, question->file, &arena, &own) ||
	    !CreateDirectoryW(around_path, &around_attributes))
		return INVALID_HANDLE_VALUE;
	return CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, &own_attributes, CREATE_NEW, 0, NULL);
}

static bool ask(const struct question *question, DWORD *ret_code, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	struct asking asking = { 0 };
	CORDON_ON_EXIT(free_text) char *file_name = text_format("%s\\file", question->name);
	CORDON_ON_EXIT(free_text) char *other_name = text_format("%s\\name", question->name);
	CORDON_ON_EXIT(free_wide) uint16_t *in = in_folder(question->name, err);
	CORDON_ON_EXIT(free_wide) uint16_t *file = in_folder(file_name ? file_name : "", err);
	CORDON_ON_EXIT(free_wide) uint16_t *name = in_folder(other_name ? other_name : "", err);
	if (!in || !file || !name || !identities_make(1, &asking.identities, err))
		return false;
	HANDLE made = make_asked(&asking, question, in, file);
	DWORD code = GetLastError();
	bool is_asked = made != INVALID_HANDLE_VALUE || windows_fail(err, code, "make what is asked about");
	close_handle(&made);
	is_asked = is_asked && make_token(&asking, question->token, &token, err) &&
		   (ImpersonateLoggedOnUser(token) || windows_fail(err, GetLastError(), "impersonate"));
	if (is_asked) {
		*ret_code = act(question, file, name);
		RevertToSelf();
	}
	identities_free(&asking.identities);
	return is_asked;
}

static void ask_questions(void)
{
	for (unsigned i = 0; i < question_count; i++) {
		const struct question *question = &questions[i];
		CORDON_ON_EXIT(free_text)
		char *name = text_format("question %s: as it is taken for true", question->name);
		struct cordon_error err = CORDON_ERROR_INIT;
		DWORD code = 0;
		if (is_wine()) {
			skip(name, wine_says_yes);
		} else if (!ask(question, &code, &err)) {
			tell(false, name, err.text);
		} else {
			CORDON_ON_EXIT(free_text)
			char *what = text_format("it %s (error %lu)", code ? "is refused" : "succeeds", code);
			bool is_answer = code == 0 || code == ERROR_ACCESS_DENIED;
			tell(is_answer && (code == 0) == question->believed, name, what);
		}
	}
}

/* -- trials -------------------------------------------------------------------------------------------------------- */

static unsigned count_trials(enum tier tier)
{
	unsigned count = 0;
	for (unsigned i = 0; i < trial_count; i++)
		count += (trial_cases[i].tiers >> tier) & 1;
	return count;
}

static void tell_trial(const struct trial_case *trial, enum tier tier, const struct finding *finding,
		       const char *skipped_for)
{
	const char *kinds[] = { [TRIAL_MUST_FAIL] = "is refused",
				[TRIAL_MUST_WORK] = "works",
				[TRIAL_UNSEEN] = "is not seen outside",
				[TRIAL_LEAVES] = "is refused" };
	bool must_work = trial->kind == TRIAL_MUST_WORK;
	CORDON_ON_EXIT(free_text)
	char *name = text_format("%s: %s %s%s%s", tier_name(tier), trial->name, kinds[trial->kind],
				 must_work ? "" : ": ", must_work ? "" : guarantee_name(trial->guarantee));
	if (skipped_for)
		skip(name, skipped_for);
	else if (finding->verdict == TRIAL_NOT_HERE)
		skip(name, trial_verdict_text(trial, finding->verdict));
	else if (!finding->is_tried)
		skip(name, "it would leave this host, and other trials did not hold");
	else
		tell(finding->verdict == TRIAL_HELD, name, trial_verdict_text(trial, finding->verdict));
}

/* One case for the tier itself, and its trials. */
static void tell_tier(const struct facts *facts, enum tier tier)
{
	struct plan_windows windows = { .tier = tier, .job = { .memory = 1 << 30, .processes = 100 } };
	struct plan plan = { .target = TARGET_WINDOWS, .facts = facts, .windows = &windows };
	struct probing probing = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text)
	char *name = text_format("%s: what it is made of is what was asked for", tier_name(tier));
	const char *skipped_for = NULL;
	if (tier == TIER_ACCOUNT) {
		skipped_for = "it needs the accounts of 'cordon setup', in which this program starts nothing";
		skip(name, skipped_for);
	} else {
		bool is_probed = probe_tier(&plan, &probing, &err);
		tell(is_probed && !probing.why[0], name, is_probed ? probing.why : err.text);
		if (!is_probed)
			skipped_for = "the probe was not made";
		else if (!(probing.tiers & (1u << tier)))
			skipped_for = "the tier itself cannot be had here";
	}
	for (unsigned i = 0; i < trial_count; i++)
		if ((trial_cases[i].tiers >> tier) & 1)
			tell_trial(&trial_cases[i], tier, &probing.findings[i], skipped_for);
}

/* -- descriptors --------------------------------------------------------------------------------------------------- */

static struct windows_sid find(const void *context, struct sid sid)
{
	PSID found = identities_find(context, sid);
	return found ? (struct windows_sid){ found, (uint16_t)GetLengthSid(found) } : (struct windows_sid){ 0 };
}

static bool is_cordons(const void *context, struct windows_sid sid)
{
	const struct identities *identities = context;
	return EqualSid(identities->capabilities[0], (PSID)(uintptr_t)sid.bytes);
}

static bool read_text(const uint16_t *path, struct text *text)
{
	BYTE bytes[4096];
	DWORD length;
	if (!GetFileSecurityW(path, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, bytes, sizeof bytes,
			      &length))
		return false;
	LPWSTR wide = NULL;
	bool is_told = ConvertSecurityDescriptorToStringSecurityDescriptorW(
		bytes, SDDL_REVISION_1, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &wide, NULL);
	if (is_told)
		wide_add(text, wide, wide_length(wide));
	LocalFree(wide);
	return is_told && text_ok(text);
}

static bool tell_all(struct text *text, struct cordon_error *err)
{
	static const char *const names[] = { "root", "root\\kept", "root\\kept\\file", "root\\file" };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		CORDON_ON_EXIT(free_wide) uint16_t *path = in_folder(names[i], err);
		if (!path || !read_text(path, text))
			return false;
	}
	return true;
}

static bool put_on_and_off(const struct identities *identities, char *what, size_t size, struct cordon_error *err)
{
	static struct windows_entry grant = { false, { SID_CAPABILITY, 0 }, RIGHTS_MODIFY, REACH_TREE, "" };
	static struct windows_entry denial = { true, { SID_CAPABILITY, 0 }, RIGHTS_CHANGE, REACH_TREE, "" };
	char top[640], kept[660], state[640];
	CORDON_ON_EXIT(text_free) struct text before = { 0 };
	CORDON_ON_EXIT(text_free) struct text during = { 0 };
	CORDON_ON_EXIT(text_free) struct text after = { 0 };
	CORDON_ON_EXIT(windows_store_close_at) struct windows_store *store = NULL;
	snprintf(top, sizeof top, "%s\\root", folder);
	snprintf(kept, sizeof kept, "%s\\kept", top);
	snprintf(state, sizeof state, "%s\\state", folder);
	struct windows_object objects[] = {
		{ .path = top, .type = PATH_DIRECTORY, .entries = { &grant, 1, 1 } },
		{ .path = kept, .type = PATH_DIRECTORY, .entries = { &denial, 1, 1 } },
	};
	struct windows_root root = { .path = top };
	const struct plan_windows windows = { .objects = { objects, 2, 2 }, .roots = { &root, 1, 1 } };
	const struct who who = { find, is_cordons, identities };
	CORDON_ON_EXIT(free_text) char *one = text_format("%s\\file", top);
	CORDON_ON_EXIT(free_text) char *other = text_format("%s\\file", kept);
	size_t count;
	if (!os_make_directories(kept, err) || !os_make_file(one, "x", 1, err) || !os_make_file(other, "x", 1, err) ||
	    !windows_store_open(state, &store, err))
		return false;
	const struct descriptors descriptors = { .store = windows_store_operations(store), .who = &who };
	if (!tell_all(&before, err) || !descriptors_apply(&descriptors, &windows, err) || !tell_all(&during, err) ||
	    !descriptors_forget(&descriptors, NULL, &count, err) || !tell_all(&after, err))
		return false;
	bool is_fine = strcmp(text_str(&before), text_str(&during)) != 0 &&
		       strcmp(text_str(&before), text_str(&after)) == 0;
	snprintf(what, size, "before %s, during %s, after %s", text_str(&before), text_str(&during), text_str(&after));
	return is_fine;
}

static void try_descriptors(void)
{
	static const char name[] = "descriptors are put on, read back and taken off without a trace";
	struct identities identities = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	static char what[8192];
	if (is_wine()) {
		skip(name, wine_says_yes);
		return;
	}
	bool is_fine = identities_make(1, &identities, &err) && put_on_and_off(&identities, what, sizeof what, &err);
	tell(is_fine, name, err.text[0] ? err.text : what);
	identities_free(&identities);
}

/* -- tools under tokens -------------------------------------------------------------------------------------------- */

/* What a tier's token might be made of; see docs/windows.md, "Questions". */
static const struct recipe {
	const char *name;
	bool is_restricted;
	uint32_t integrity;
} recipes[] = {
	{ "write-restricted, medium", true, INTEGRITY_MEDIUM },
	{ "write-restricted, below medium", true, INTEGRITY_BELOW_MEDIUM },
	{ "not restricted, below medium", false, INTEGRITY_BELOW_MEDIUM },
};

static const struct tool {
	const char *name;
	const char *words[4];
} tools[] = {
	{ "cmd", { "/d", "/c", "exit" } },
	{ "powershell", { "-NoProfile", "-Command", "exit" } },
	{ "pwsh", { "-NoProfile", "-Command", "exit" } },
	{ "node", { "-e", "require('child_process').execSync('cmd /c exit')" } },
	{ "git", { "--version" } },
	{ "bash", { "-c", "exit" } },
	{ "python", { "-c", "import tempfile; tempfile.mkdtemp()" } },
	{ "ninja", { "--version" } },
	{ "msbuild", { "-version" } },
};

static bool run_tool(const struct recipe *recipe, const struct tool *tool, const char *program,
		     const struct facts *facts, DWORD *ret_status, struct cordon_error *err)
{
	static struct sid restricting[] = { { SID_RUN, 0 }, { SID_LOGON, 0 }, { SID_EVERYONE, 0 } };
	static struct sid grants[] = { { SID_SYSTEM, 0 }, { SID_USER, 0 }, { SID_RUN, 0 } };
	static const struct windows_job no_limits = { 0 };
	const struct windows_token wanted = {
		.drops_privileges = true,
		.drops_administrators = true,
		.is_write_restricted = recipe->is_restricted,
		.integrity = recipe->integrity,
		.restricting = { restricting, recipe->is_restricted ? COUNT_OF(restricting) : 0, 3 },
		.default_grants = { grants, COUNT_OF(grants), COUNT_OF(grants) },
	};
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	CORDON_ON_EXIT(identities_free) struct identities identities = { 0 };
	const char *why;
	PROCESS_INFORMATION process;
	if (!identities_make(0, &identities, err) || !token_make(&wanted, &identities, &token, err) ||
	    !job_make(&no_limits, &job, &why, err))
		return false;
	if (!token_holds(token, &wanted, &identities, &why))
		return cordon_fail(err, CORDON_UNSUPPORTED, "%s", why);
	char *argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t)tool->words[0],
			 (char *)(uintptr_t)tool->words[1], (char *)(uintptr_t)tool->words[2], NULL };
	const struct launch launch = { .program = program,
				       .argv = argv,
				       .directory = facts->home,
				       .token = token,
				       .job = job,
				       .has_console = GetConsoleCP() != 0 };
	if (!launch_start(&launch, &process, err))
		return false;
	ResumeThread(process.hThread);
	bool is_over = WaitForSingleObject(process.hProcess, TOOL_MS) == WAIT_OBJECT_0;
	*ret_status = STILL_ACTIVE;
	if (is_over)
		GetExitCodeProcess(process.hProcess, ret_status);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return job_end(job, END_MS, err) && (is_over || cordon_fail(err, CORDON_OS_FAILED, "it does not end"));
}

static void try_tools(const struct facts *facts)
{
	for (size_t i = 0; i < COUNT_OF(recipes); i++) {
		for (size_t j = 0; j < COUNT_OF(tools); j++) {
			CORDON_ON_EXIT(free_text)
			char *name = text_format("token %s: %s runs", recipes[i].name, tools[j].name);
			CORDON_ON_EXIT(free_text) char *program = NULL;
			struct cordon_error err = CORDON_ERROR_INIT;
			DWORD status = 0;
			if (is_wine()) {
				skip(name, wine_says_yes);
			} else if (!launch_find(tools[j].name, facts->home, facts->environment, &program, &err) ||
				   windows_command_is_batch(program)) {
				skip(name, "there is no such program here");
			} else {
				bool is_run = run_tool(&recipes[i], &tools[j], program, facts, &status, &err);
				CORDON_ON_EXIT(free_text) char *what = text_format("status 0x%08lx", status);
				tell(is_run && status == 0, name, is_run ? what : err.text);
			}
		}
	}
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

static unsigned count_cases(void)
{
	unsigned count = question_count + 1 + (unsigned)(COUNT_OF(recipes) * COUNT_OF(tools));
	for (int tier = 0; tier < TIER_COUNT; tier++)
		count += 1 + count_trials((enum tier)tier);
	return count;
}

static bool make_folder(const struct facts *facts, struct cordon_error *err)
{
	uint64_t chance;
	if (!os_random(&chance, sizeof chance, err))
		return false;
	snprintf(folder, sizeof folder, "%s\\cordon-selftest-%016llx", facts->temp, (unsigned long long)chance);
	return os_make_directories(folder, err);
}

static int test(void)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	tell_host();
	printf("1..%u\n", count_cases());
	if (!os_survey_host("\\", &facts, &err) || !make_folder(facts, &err)) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	/* The probe makes what it needs below the state. */
	free(facts->state);
	facts->state = strdup(folder);
	ask_questions();
	for (int tier = 0; facts->state && tier < TIER_COUNT; tier++)
		tell_tier(facts, (enum tier)tier);
	try_descriptors();
	try_tools(facts);
	if (native_path(folder, &native, &err))
		remove_tree(native);
	printf("# %u held, %u did not, %u not tried; send this report to whom you have cordon from\n",
	       number - failed - skipped, failed, skipped);
	return failed > 0;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	/* Its own prober: nothing else has to be beside it. */
	if (argc > 1)
		return prober_main(argc, argv);
	probe_program = NULL;
	return test();
}
