/* Tries a tier live: the same acts outside and inside, on files, a port, a pipe and a key of the probe's own.
 *
 * Where the tier cannot be had, a write-restricted token of the user's own takes its place: what every tier rests on is
 * tried on every host, so that one which says yes to everything is found out.
 */
#include <winsock2.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#include <aclapi.h>

enum { PROBER_MS = 60000, END_MS = 30000, ANSWERS_MAX = 16384, OUTSIDE = 0, INSIDE = 1, SIDES = 2 };

struct probe {
	const struct plan *plan;
	struct probing *probing;
	char name[48]; /* cordon-probe-… : of the folder, the pipe and the key */
	char *folder;  /* holds one folder a side, and the prober */
	char *sides[SIDES];
	char *program;
	SOCKET listener;
	unsigned port;
	HANDLE pipes[SIDES];
	HKEY key;
	struct identities identities;
	struct windows_token foundation;
	struct trial_answer answers[SIDES][TRIALS_MAX];
	bool has_survivor[SIDES];
};

/* -- files ------------------------------------------------------------------------------------------------------- */

static bool make_file(const char *side, const char *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", side, name);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	DWORD count;
	if (!path)
		return cordon_fail_memory(err);
	if (!native_path(path, &native, err))
		return false;
	CORDON_ON_EXIT(close_handle)
	HANDLE file = CreateFileW(native, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
	return (file != INVALID_HANDLE_VALUE && WriteFile(file, "as it was", 9, &count, NULL)) ||
	       windows_fail(err, GetLastError(), "make '%s'", path);
}

static bool make_side(const char *side, struct cordon_error *err)
{
	static const char *const folders[] = { "outside", "hidden", "root", "root\\above", "root\\above\\protected" };
	static const char *const files[] = {
		"outside\\written",
		"outside\\deleted",
		"outside\\renamed",
		"outside\\attributes",
		"outside\\descriptor",
		"outside\\linked",
		"hidden\\secret",
		"root\\above\\protected\\written",
		"root\\above\\protected\\deleted",
	};
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", side, folders[i]);
		if (!path)
			return cordon_fail_memory(err);
		if (!os_make_directories(path, err))
			return false;
	}
	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (!make_file(side, files[i], err))
			return false;
	return true;
}

/* Is the file still what make_file made? */
static bool is_as_it_was(const char *side, const char *name)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", side, name);
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!path || !native_path(path, &native, &ignored) || !os_read_file(path, 64, &content, &ignored))
		return false;
	return strcmp(text_str(&content), "as it was") == 0 && !(GetFileAttributesW(native) & FILE_ATTRIBUTE_READONLY);
}

/* Looked at from outside, when nothing of the probe runs any more. */
static bool was_changed(const struct probe *probe, const char *trial)
{
	static const struct {
		const char *trial, *file;
		bool is_made;
	} effects[] = {
		{ "write-outside", "outside\\written", false },
		{ "create-outside", "outside\\created", true },
		{ "delete-outside", "outside\\deleted", false },
		{ "rename-outside", "outside\\renamed", false },
		{ "attributes-outside", "outside\\attributes", false },
		{ "link-outside", "root\\link", true },
		{ "write-protected", "root\\above\\protected\\written", false },
		{ "delete-protected", "root\\above\\protected\\deleted", false },
		{ "rename-above", "root\\above-away", true },
	};
	DWORD value, size = sizeof value;
	if (strcmp(trial, "leave-process") == 0)
		return probe->has_survivor[INSIDE];
	if (strcmp(trial, "write-registry") == 0)
		return RegQueryValueExW(probe->key, L"changed", NULL, NULL, (BYTE *)&value, &size) == ERROR_SUCCESS;
	for (size_t i = 0; i < COUNT_OF(effects); i++) {
		if (strcmp(effects[i].trial, trial) != 0)
			continue;
		CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", probe->sides[INSIDE], effects[i].file);
		return effects[i].is_made ? !path || os_exists(path)
					  : !is_as_it_was(probe->sides[INSIDE], effects[i].file);
	}
	return false;
}

void remove_tree(const uint16_t *directory)
{
	WCHAR path[MAX_PATH * 4];
	WIN32_FIND_DATAW entry;
	_snwprintf(path, MAX_PATH * 4 - 1, L"%ls\\*", directory);
	HANDLE found = FindFirstFileW(path, &entry);
	if (found != INVALID_HANDLE_VALUE) {
		do {
			if (wcscmp(entry.cFileName, L".") == 0 || wcscmp(entry.cFileName, L"..") == 0)
				continue;
			_snwprintf(path, MAX_PATH * 4 - 1, L"%ls\\%ls", directory, entry.cFileName);
			bool is_link = entry.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT;
			SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL);
			if (!(entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
				DeleteFileW(path);
			else if (is_link)
				RemoveDirectoryW(path);
			else
				remove_tree(path);
		} while (FindNextFileW(found, &entry));
		FindClose(found);
	}
	RemoveDirectoryW(directory);
}

/* -- grants ------------------------------------------------------------------------------------------------------- */

static bool add_entry(const char *side, const char *name, PSID sid, uint32_t rights, bool denies,
		      struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", side, name);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	CORDON_ON_EXIT(free_local) PACL made = NULL;
	PACL list;
	if (!path)
		return cordon_fail_memory(err);
	if (!native_path(path, &native, err))
		return false;
	EXPLICIT_ACCESSW entry = { .grfAccessPermissions = rights,
				   .grfAccessMode = denies ? DENY_ACCESS : GRANT_ACCESS,
				   .grfInheritance = SUB_CONTAINERS_AND_OBJECTS_INHERIT,
				   .Trustee = { .TrusteeForm = TRUSTEE_IS_SID, .ptstrName = (LPWSTR)sid } };
	DWORD code = GetNamedSecurityInfoW(native, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL,
					   &descriptor);
	if (code == ERROR_SUCCESS)
		code = SetEntriesInAclW(1, &entry, list, &made);
	if (code == ERROR_SUCCESS)
		code = SetNamedSecurityInfoW(native, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, made, NULL);
	return code == ERROR_SUCCESS || windows_fail(err, code, "give '%s' its entries", path);
}

/* The root to the capability, and what is protected in it not: as the plan of the token tier does. */
static bool grant_root(struct probe *probe, struct cordon_error *err)
{
	PSID capability = probe->identities.capabilities[0];
	const char *side = probe->sides[INSIDE];
	return add_entry(side, "root", capability, RIGHTS_MODIFY, false, err) &&
	       add_entry(side, "root\\above\\protected", capability, RIGHTS_CHANGE, true, err) &&
	       add_entry(side, "root\\above", capability, RIGHTS_REMOVE, true, err);
}

/* -- canaries ------------------------------------------------------------------------------------------------------ */

static bool make_listener(struct probe *probe, struct cordon_error *err)
{
	WSADATA about;
	struct sockaddr_in address = { .sin_family = AF_INET };
	int length = sizeof address;
	if (WSAStartup(MAKEWORD(2, 2), &about) != 0)
		return cordon_fail(err, CORDON_OS_FAILED, "sockets do not start");
	probe->listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (probe->listener == INVALID_SOCKET ||
	    bind(probe->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(probe->listener, 4) != 0 || getsockname(probe->listener, (struct sockaddr *)&address, &length) != 0)
		return windows_fail(err, (DWORD)WSAGetLastError(), "listen on loopback");
	probe->port = ntohs(address.sin_port);
	return true;
}

static bool make_canaries(struct probe *probe, struct cordon_error *err)
{
	WCHAR name[128];
	_snwprintf(name, 127, L"\\\\.\\pipe\\%hs", probe->name);
	for (int i = 0; i < SIDES; i++) {
		probe->pipes[i] = CreateNamedPipeW(name, PIPE_ACCESS_INBOUND,
						   PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, SIDES, 512, 512, 0,
						   NULL);
		if (probe->pipes[i] == INVALID_HANDLE_VALUE)
			return windows_fail(err, GetLastError(), "make a pipe");
	}
	_snwprintf(name, 127, L"Software\\%hs", probe->name);
	LSTATUS code = RegCreateKeyExW(HKEY_CURRENT_USER, name, 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL,
				       &probe->key, NULL);
	return (code == ERROR_SUCCESS || windows_fail(err, (DWORD)code, "make a key")) && make_listener(probe, err);
}

static void free_probe(struct probe *probe)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	WCHAR name[128];
	for (int i = 0; i < SIDES; i++)
		close_handle(&probe->pipes[i]);
	if (probe->listener && probe->listener != INVALID_SOCKET)
		closesocket(probe->listener);
	if (probe->key) {
		RegCloseKey(probe->key);
		_snwprintf(name, 127, L"Software\\%hs", probe->name);
		RegDeleteKeyW(HKEY_CURRENT_USER, name);
	}
	if (probe->folder && native_path(probe->folder, &native, &ignored))
		remove_tree(native);
	identities_free(&probe->identities);
	free(probe->foundation.restricting.items);
	free(probe->foundation.default_grants.items);
	free(probe->folder);
	free(probe->program);
	for (int i = 0; i < SIDES; i++)
		free(probe->sides[i]);
}

/* -- the folder ---------------------------------------------------------------------------------------------------- */

const WCHAR *probe_program = L"cordon-prober.exe";

/* The prober beside the program or library that this is in. */
static bool copy_prober(struct probe *probe, struct cordon_error *err)
{
	WCHAR path[MAX_PATH * 4];
	HMODULE module;
	CORDON_ON_EXIT(free_wide) uint16_t *to = NULL;
	if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
				(LPCWSTR)(uintptr_t)&trial_count, &module) ||
	    !GetModuleFileNameW(module, path, MAX_PATH * 4 - 32))
		return windows_fail(err, GetLastError(), "find where cordon is installed");
	WCHAR *slash = wcsrchr(path, L'\\');
	if (!slash)
		return cordon_fail(err, CORDON_OS_FAILED, "cordon is installed in no folder");
	if (probe_program)
		wcscpy(slash + 1, probe_program);
	if (!native_path(probe->program, &to, err))
		return false;
	return CopyFileW(path, to, TRUE) ||
	       windows_fail(err, GetLastError(), "copy cordon-prober.exe, which belongs beside cordon");
}

static bool make_places(struct probe *probe, struct cordon_error *err)
{
	uint64_t chance[2];
	if (!os_random(chance, sizeof chance, err))
		return false;
	snprintf(probe->name, sizeof probe->name, "cordon-probe-%016llx%016llx", (unsigned long long)chance[0],
		 (unsigned long long)chance[1]);
	probe->folder = text_format("%s\\probe\\%s", probe->plan->facts->state, probe->name);
	if (!probe->folder)
		return cordon_fail_memory(err);
	probe->sides[OUTSIDE] = text_format("%s\\a", probe->folder);
	probe->sides[INSIDE] = text_format("%s\\b", probe->folder);
	probe->program = text_format("%s\\cordon-prober.exe", probe->folder);
	if (!probe->sides[OUTSIDE] || !probe->sides[INSIDE] || !probe->program)
		return cordon_fail_memory(err);
	return make_side(probe->sides[OUTSIDE], err) && make_side(probe->sides[INSIDE], err) && copy_prober(probe, err);
}

/* -- running ------------------------------------------------------------------------------------------------------- */

/* What came through the pipe, which every writer has left: the job is dead. */
static bool read_answers(HANDLE pipe, struct trial_answer ret_answers[TRIALS_MAX])
{
	char text[ANSWERS_MAX + 1];
	DWORD length = 0, count = 0, waiting = 0;
	while (length < ANSWERS_MAX && PeekNamedPipe(pipe, NULL, 0, NULL, &waiting, NULL) && waiting > 0 &&
	       ReadFile(pipe, text + length, ANSWERS_MAX - length, &count, NULL) && count > 0)
		length += count;
	text[length] = '\0';
	return strlen(text) == length && trial_read_answers(text, ret_answers);
}

static bool is_alive(DWORD id)
{
	CORDON_ON_EXIT(close_handle) HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, id);
	return process && WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
}

static DWORD survivor_of(const struct trial_answer *answers)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (trial_cases[i].kind == TRIAL_LEAVES && answers[i].was_given)
			return answers[i].code;
	return 0;
}

static bool run_side(struct probe *probe, int side, HANDLE token, struct cordon_error *err)
{
	static const struct windows_job limits[SIDES] = {
		[INSIDE] = { .memory = TRIAL_MEMORY_LIMIT, .processes = TRIAL_PROCESSES_LIMIT },
	};
	CORDON_ON_EXIT(free_text) char *port = text_format("%u", probe->port);
	CORDON_ON_EXIT(free_text) char *pipe = text_format("\\\\.\\pipe\\%s", probe->name);
	CORDON_ON_EXIT(free_text) char *process_id = text_format("%lu", GetCurrentProcessId());
	CORDON_ON_EXIT(free_text) char *key = text_format("Software\\%s", probe->name);
	CORDON_ON_EXIT(close_handle) HANDLE from = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE to = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	const char *missing;
	PROCESS_INFORMATION process;
	if (!port || !pipe || !process_id || !key)
		return cordon_fail_memory(err);
	if (!CreatePipe(&from, &to, NULL, ANSWERS_MAX))
		return windows_fail(err, GetLastError(), "make a pipe");
	if (!job_make(&limits[side], &job, &missing, err))
		return false;
	char *argv[] = { probe->program, probe->sides[side], port, pipe, process_id, key, NULL };
	const struct launch launch = { .program = probe->program,
				       .argv = argv,
				       .directory = probe->folder,
				       .streams = { NULL, to, NULL },
				       .token = token,
				       .job = job };
	if (!launch_start(&launch, &process, err))
		return false;
	ResumeThread(process.hThread);
	CloseHandle(process.hThread);
	WaitForSingleObject(process.hProcess, PROBER_MS);
	CloseHandle(process.hProcess);
	/* Where somebody lived on the answers would be worth nothing. */
	DWORD left = 0;
	bool is_read = read_answers(from, probe->answers[side]);
	if (is_read)
		left = survivor_of(probe->answers[side]);
	bool was_alive = left && is_alive(left);
	if (!job_end(job, END_MS, err))
		return false;
	Sleep(left ? 20 : 0); /* a process is gone a moment after its job says so */
	probe->has_survivor[side] = left && is_alive(left);
	/* A process that was not there shows nothing. */
	if (left && !was_alive && side == OUTSIDE)
		for (unsigned i = 0; i < trial_count; i++)
			probe->answers[side][i].was_given &= trial_cases[i].kind != TRIAL_LEAVES;
	return true;
}

/* -- tiers --------------------------------------------------------------------------------------------------------- */

static bool add_role(struct sid_list *list, enum sid_role role)
{
	struct sid *added = LIST_ADD(list);
	if (added)
		*added = (struct sid){ role, 0 };
	return added;
}

/* The write-restricted token of the token tier, with one root. */
static bool make_foundation(struct windows_token *recipe, struct cordon_error *err)
{
	recipe->drops_privileges = recipe->drops_administrators = recipe->is_write_restricted = true;
	recipe->integrity = INTEGRITY_MEDIUM;
	bool is_made = add_role(&recipe->restricting, SID_CAPABILITY) && add_role(&recipe->restricting, SID_RUN) &&
		       add_role(&recipe->restricting, SID_LOGON) && add_role(&recipe->restricting, SID_EVERYONE) &&
		       add_role(&recipe->default_grants, SID_SYSTEM) && add_role(&recipe->default_grants, SID_USER) &&
		       add_role(&recipe->default_grants, SID_RUN);
	return is_made || cordon_fail_memory(err);
}

static void say_why(struct probing *probing, const char *why)
{
	size_t length = strlen(probing->why);
	snprintf(probing->why + length, sizeof probing->why - length, "%s%s", length ? "; " : "", why);
}

static const char *tier_lacks(enum tier tier)
{
	switch (tier) {
	case TIER_ACCOUNT:
		return "there is no account to run in: 'cordon setup' is not in this version";
	case TIER_APPCONTAINER:
		if (!GetProcAddress(GetModuleHandleW(L"kernel32"), "GetAppContainerNamedObjectPath") &&
		    !GetProcAddress(LoadLibraryExW(L"userenv.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32),
				    "CreateAppContainerProfile"))
			return "this system has no AppContainers";
		return "packages are not made in this version";
	case TIER_TOKEN:
	case TIER_COUNT:
		break;
	}
	return NULL;
}

/* What the foundation can show; the rest of each tier needs the tier. */
static bool is_tried(const struct trial_case *trial)
{
	static const enum guarantee tried[] = { GUARANTEE_FILES_WRITE, GUARANTEE_FILES_PROTECT, GUARANTEE_REGISTRY,
						GUARANTEE_LIMITS_MEMORY, GUARANTEE_LIMITS_PROCESSES };
	bool is_one = trial->kind != TRIAL_MUST_FAIL;
	for (size_t i = 0; i < COUNT_OF(tried); i++)
		is_one |= trial->guarantee == tried[i];
	return is_one;
}

static bool run_foundation(struct probe *probe, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	struct cordon_error why = CORDON_ERROR_INIT;
	const char *missing;
	if (!identities_make(1, &probe->identities, err) || !make_foundation(&probe->foundation, err) ||
	    !run_side(probe, OUTSIDE, NULL, err))
		return false;
	/* From here on what fails says something of the host. */
	if (!grant_root(probe, &why) || !token_make(&probe->foundation, &probe->identities, &token, &why)) {
		say_why(probe->probing, why.text);
		return true;
	}
	if (!token_holds(token, &probe->foundation, &probe->identities, &missing))
		say_why(probe->probing, missing);
	if (!run_side(probe, INSIDE, token, &why))
		say_why(probe->probing, why.text);
	return true;
}

static void check_job(struct probe *probe)
{
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	CORDON_ON_EXIT(free_text) char *why = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	const char *missing = NULL;
	if (!job_make(&probe->plan->windows->job, &job, &missing, &err))
		say_why(probe->probing, err.text);
	else if (missing)
		why = text_format("%s does not read back", missing);
	if (why)
		say_why(probe->probing, why);
}

bool probe_tier(const struct plan *plan, struct probing *ret_probing, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_probe) struct probe probe = { .plan = plan, .probing = ret_probing };
	const char *lack = tier_lacks(plan->windows->tier);
	*ret_probing = (struct probing){ 0 };
	if (lack)
		say_why(ret_probing, lack);
	if (!make_places(&probe, err) || !make_canaries(&probe, err) || !run_foundation(&probe, err))
		return cordon_while(err, "try what this host enforces");
	check_job(&probe);
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		struct finding *finding = &ret_probing->findings[i];
		finding->is_tried = is_tried(trial);
		finding->verdict = trial_judge(trial, probe.answers[OUTSIDE][i], probe.answers[INSIDE][i],
					       was_changed(&probe, trial->name));
	}
	ret_probing->is_made = true;
	return true;
}
