/* tests/windows/stand_in.h: the test's own user in the place of an account, and the test's program as its own runner, for
 * CreateProcessWithLogonW needs an account that setup has made, and Wine has none of it. The test sets runner_program
 * to NULL, and its main hands the word "runner" to stand_in_serve.
 */
#pragma once

#include "backend/windows/runner.h"
#include "base/scope.h"
#include "scratch.h"

#include <sddl.h>

static const char *lie = ""; /* a further word for the next runner */

/* Where a gate of the account's has to listen. */
__attribute__((unused)) static uint16_t stand_in_port;

bool logon_claim(enum pool_kind kind, struct account *ret_account, struct cordon_error *error)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(text_free) struct text sid = { 0 };
	_Alignas(max_align_t) char room[512];
	DWORD length;
	LPWSTR wide;
	assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
	assert_true(GetTokenInformation(token, TokenUser, room, sizeof room, &length));
	assert_true(ConvertSidToStringSidW(((TOKEN_USER *)(void *)room)->User.Sid, &wide));
	wide_add(&sid, wide, wide_length(wide));
	LocalFree(wide);
	(void)error;
	*ret_account = (struct account){ .kind = kind,
					 .name = strdup("nobody"),
					 .sid = strdup(text_str(&sid)),
					 .group_sid = strdup("S-1-5-32-545"),
					 .profile = strdup(in_scratch("profile")),
					 .password = calloc(8, sizeof(uint16_t)),
					 .gate_port = stand_in_port };
	return true;
}

bool logon_recall(struct account *account, struct cordon_error *error)
{
	(void)error;
	assert_null(account->password);
	account->password = calloc(8, sizeof(uint16_t));
	return account->password;
}

bool logon_start(const struct account *account, const WCHAR *program, WCHAR *line, WCHAR *desktop,
		 PROCESS_INFORMATION *ret_process, struct cordon_error *error)
{
	STARTUPINFOW about = { .cb = sizeof about, .lpDesktop = desktop };
	WCHAR longer[1200];
	assert_non_null(account->password);
	_snwprintf(longer, 1199, L"%ls %hs", line, lie);
	longer[1199] = 0;
	return CreateProcessW(program, longer, NULL, NULL, FALSE, CREATE_SUSPENDED | CREATE_NEW_CONSOLE, NULL, NULL,
			      &about, ret_process) ||
	       windows_fail(error, GetLastError(), "CreateProcess", "start the runner");
}

/* Nothing keeps the test's user from the network. */
#ifndef STAND_IN_HAS_FENCE
bool fence_check(struct runner *runner, struct cordon_error *error)
{
	(void)error;
	return runner;
}
#endif

/* PROGRAM runner PIPE PROCESS [LIE]: the runner, or what the test has in its place where it is told a lie. */
__attribute__((unused)) static int stand_in_serve(int argc, char **argv,
						  int (*lying)(const char *how, const WCHAR *name, DWORD server))
{
	CORDON_ON_EXIT(free_wide) uint16_t *pipe = NULL;
	struct cordon_error error = CORDON_ERROR_INIT;
	if (!wide_make(argv[2], &pipe, &error))
		return 1;
	DWORD server = strtoul(argv[3], NULL, 10);
	return argc > 4 ? lying(argv[4], pipe, server) : runner_main(pipe, server);
}
