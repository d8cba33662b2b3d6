/* Somebody else's run at the same time: a process of another package, which is never let go; or one of another account,
 * which has a pipe.
 */
#include "backend/windows/probe_sibling.h"

#include <sddl.h>
#include <stdio.h>
#include <string.h>

#include "backend/windows/staging.h"

#include "base/list.h"
#include "base/scope.h"

#include <aclapi.h>

enum { END_MS = 30000, PACKAGES_MAX = 16 };

static bool fail(struct cordon_error *err)
{
	return cordon_while(err, "start another run beside the probe");
}

/* -- in a package -------------------------------------------------------------------------------------------------- */

static bool claim_package(struct sibling *sibling, struct packages *packages, struct cordon_error *err)
{
	struct cordon_error taken = CORDON_ERROR_INIT;
	for (int i = 0; i < PACKAGES_MAX && !sibling->claim; i++) {
		snprintf(sibling->name, sizeof sibling->name, "cordon.probe.%d", i);
		if (package_open(packages, sibling->name, &sibling->claim, &taken))
			continue;
		sibling->claim = NULL;
		if (taken.status != CORDON_UNSUPPORTED)
			break;
	}
	sibling->packages = packages;
	return sibling->claim || cordon_fail(err, taken.status, "%s", taken.text);
}

bool sibling_claim_package(struct packages *packages, struct sibling *sibling, struct cordon_error *err)
{
	static const char *const no_capabilities[] = { NULL };
	return (identities_make(0, &sibling->identities, err) && claim_package(sibling, packages, err) &&
		package_derive(sibling->name, &sibling->identities, err) &&
		package_describe(no_capabilities, &sibling->identities, &sibling->package, err)) ||
	       fail(err);
}

/* A program that every package may read. */
static bool start_in_package(struct sibling *sibling, const struct windows_token *recipe, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(text_free) struct text program = { 0 };
	WCHAR system[MAX_PATH];
	const char *why;
	UINT length = GetSystemDirectoryW(system, MAX_PATH);
	if (length == 0 || length >= MAX_PATH)
		return windows_fail(err, GetLastError(), "GetSystemDirectory", "find the system's folder");
	wide_add(&program, system, length);
	text_add(&program, "\\cmd.exe");
	if (!text_ok(&program))
		return cordon_fail_memory(err);
	char *argv[] = { program.bytes, NULL };
	if (!token_make(recipe, &sibling->identities, &token, err))
		return false;
	const struct launch launch = { .program = program.bytes,
				       .argv = argv,
				       .job = sibling->job,
				       .token = token,
				       .package = &sibling->package };
	return launch_start(&launch, &sibling->process, err) &&
	       (package_holds(sibling->process.hProcess, &sibling->package, &why) ||
		cordon_fail(err, CORDON_UNSUPPORTED, "%s", why));
}

/* -- in an account ------------------------------------------------------------------------------------------------- */

bool sibling_claim_account(enum pool_kind kind, struct sibling *sibling, struct cordon_error *err)
{
	struct cordon_error none_free = CORDON_ERROR_INIT;
	if (!identities_make(1, &sibling->identities, err))
		return fail(err);
	for (int i = 0; i < POOL_KIND_COUNT && !sibling->is_in_account; i++) {
		const enum pool_kind other = (enum pool_kind)(((int)kind + i) % POOL_KIND_COUNT);
		sibling->is_in_account = account_child_claim(&sibling->child, other, &sibling->identities, &none_free);
		if (!sibling->is_in_account)
			account_child_end(&sibling->child);
	}
	return true;
}

/* For the control: the list of an account's process says nothing of the user. */
static bool open_to_user(const struct sibling *sibling, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	CORDON_ON_EXIT(free_local) PACL wider = NULL;
	HANDLE process = sibling->process.hProcess;
	PACL list;
	EXPLICIT_ACCESSW user = { .grfAccessPermissions = PROCESS_ALL_ACCESS, .grfAccessMode = GRANT_ACCESS };
	BuildTrusteeWithSidW(&user.Trustee, sibling->identities.roles[SID_USER]);
	DWORD code = GetSecurityInfo(process, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL,
				     &descriptor);
	if (code == 0)
		code = SetEntriesInAclW(1, &user, list, &wider);
	if (code == 0)
		code = SetSecurityInfo(process, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, wider, NULL);
	return code == 0 || windows_fail(err, code, "GetSecurityInfo or SetEntriesInAcl or SetSecurityInfo",
					 "open another account's process to the user");
}

static bool name_user(const struct sibling *sibling, struct text *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) LPWSTR wide = NULL;
	if (!ConvertSidToStringSidW(sibling->identities.roles[SID_USER], &wide))
		return windows_fail(err, GetLastError(), "ConvertSidToStringSid", "tell the user's identity");
	wide_add(name, wide, wide_length(wide));
	return text_ok(name) || cordon_fail_memory(err);
}

static bool start_in_account(struct sibling *sibling, const struct sibling_start *start, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE said = NULL;
	CORDON_ON_EXIT(text_free) struct text user = { 0 };
	if (!name_user(sibling, &user, err))
		return false;
	if (!CreatePipe(&sibling->heard, &said, NULL, 0))
		return windows_fail(err, GetLastError(), "CreatePipe", "make a pipe for another account's process");
	char *argv[] = { (char *)(uintptr_t)start->prober, (char[]){ "sibling" }, (char *)(uintptr_t)start->name,
			 user.bytes, NULL };
	const struct launch launch = { .program = start->prober,
				       .argv = argv,
				       .directory = start->directory,
				       .environment = start->environment,
				       .streams = { NULL, said, NULL },
				       .job = sibling->job,
				       .has_console = true };
	char line[HEARD_LINE_SIZE];
	if (!account_child_start(&sibling->child, start->state, sibling->job, &launch, start->recipe,
				 &sibling->identities, &sibling->process, err) ||
	    !open_to_user(sibling, err))
		return false;
	ResumeThread(sibling->process.hThread);
	return hear_line(sibling->heard, line, err);
}

/* -- either -------------------------------------------------------------------------------------------------------- */

bool sibling_start(struct sibling *sibling, const struct sibling_start *start, struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	const char *missing;
	if (!sibling->is_in_account && !sibling->claim)
		return true;
	return (job_make(&no_limits, &sibling->job, &missing, err) &&
		(sibling->is_in_account ? start_in_account(sibling, start, err)
					: start_in_package(sibling, start->recipe, err))) ||
	       fail(err);
}

void sibling_end(struct sibling *sibling)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (sibling->job)
		(void)!job_end(sibling->job, END_MS, &ignored);
	close_handle(&sibling->process.hThread);
	close_handle(&sibling->process.hProcess);
	close_handle(&sibling->job);
	close_handle(&sibling->heard);
	account_child_end(&sibling->child);
	if (sibling->claim)
		(void)!package_close(sibling->packages, sibling->name, sibling->claim, &ignored);
	identities_free(&sibling->identities);
	*sibling = (struct sibling){ 0 };
}
