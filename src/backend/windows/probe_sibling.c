/* Somebody else's run at the same time, for the package tier's trials to act on: a process of another package, which is
 * never let go.
 */
#include "backend/windows/probe_sibling.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"

enum { END_MS = 30000, PACKAGES_MAX = 16 };

static bool claim(struct sibling *sibling, struct packages *packages, struct cordon_error *err)
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

/* A program that every package may read. */
static bool start(struct sibling *sibling, const struct windows_token *recipe, struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(text_free) struct text program = { 0 };
	WCHAR system[MAX_PATH];
	const char *why;
	UINT length = GetSystemDirectoryW(system, MAX_PATH);
	if (length == 0 || length >= MAX_PATH)
		return windows_fail(err, GetLastError(), "find the system's folder");
	wide_add(&program, system, length);
	text_add(&program, "\\cmd.exe");
	if (!text_ok(&program))
		return cordon_fail_memory(err);
	char *argv[] = { program.bytes, NULL };
	struct launch launch = { .program = program.bytes, .argv = argv, .package = &sibling->package };
	if (!job_make(&no_limits, &sibling->job, &why, err) || !token_make(recipe, &sibling->identities, &token, err))
		return false;
	launch.job = sibling->job;
	launch.token = token;
	return launch_start(&launch, &sibling->process, err) &&
	       (package_holds(sibling->process.hProcess, &sibling->package, &why) ||
		cordon_fail(err, CORDON_UNSUPPORTED, "%s", why));
}

bool sibling_start(struct packages *packages, const struct windows_token *recipe, struct sibling *sibling,
		   struct cordon_error *err)
{
	static const char *const no_capabilities[] = { NULL };
	return (identities_make(0, &sibling->identities, err) && claim(sibling, packages, err) &&
		package_derive(sibling->name, &sibling->identities, err) &&
		package_describe(no_capabilities, &sibling->identities, &sibling->package, err) &&
		start(sibling, recipe, err)) ||
	       cordon_while(err, "start another run beside the probe");
}

void sibling_end(struct sibling *sibling)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (sibling->job)
		(void)!job_end(sibling->job, END_MS, &ignored);
	close_handle(&sibling->process.hThread);
	close_handle(&sibling->process.hProcess);
	close_handle(&sibling->job);
	if (sibling->claim)
		(void)!package_close(sibling->packages, sibling->name, sibling->claim, &ignored);
	identities_free(&sibling->identities);
	*sibling = (struct sibling){ 0 };
}
