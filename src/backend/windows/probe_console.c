/* What is tried of a console that cordon has made, as a run's is: by programs in the tier that are started in it. */
#include "backend/windows/probe_console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/console.h"
#include "base/list.h"
#include "base/scope.h"

enum { END_MS = 30000, RUN_MS = 30000, STATUS = 7, ROWS = 31, COLUMNS = 101 };

/* Its script says that it was run, by a status that none of them has of itself. */
static bool find_shell(struct text *program, char *argv[8])
{
	static char words[][24] = { "powershell", "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", "exit 7" };
	WCHAR system[MAX_PATH];
	UINT length = GetSystemDirectoryW(system, MAX_PATH);
	if (length == 0 || length >= MAX_PATH)
		return false;
	wide_add(program, system, length);
	text_add(program, "\\WindowsPowerShell\\v1.0\\powershell.exe");
	for (size_t i = 0; i < COUNT_OF(words); i++)
		argv[i] = words[i];
	return text_ok(program);
}

static void free_console(struct console **console)
{
	*console = console_free(*console);
}

/* 0, or what kept it from ending with the status. */
static uint32_t run_in(struct console *console, bool is_resized, const struct launch *launch, struct cordon_error *err)
{
	PROCESS_INFORMATION process;
	DWORD status = 0;
	uint32_t code = 0;
	if (!launch_start(launch, &process, err))
		return err->os_code ? (uint32_t)err->os_code : ERROR_GEN_FAILURE;
	ResumeThread(process.hThread);
	if (!console_begin(console, err))
		code = ERROR_NOT_ENOUGH_MEMORY;
	else if (is_resized)
		code = (uint32_t)console_resize(console, ROWS, COLUMNS);
	if (code == 0 && (WaitForSingleObject(process.hProcess, RUN_MS) != WAIT_OBJECT_0 ||
			  !GetExitCodeProcess(process.hProcess, &status)))
		code = ERROR_TIMEOUT;
	else if (code == 0 && status != STATUS)
		code = ERROR_GEN_FAILURE;
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return code;
}

uint32_t probe_in_console(const char *trial, const char *prober, struct launch *launch)
{
	CORDON_ON_EXIT(free_console) struct console *console = NULL;
	CORDON_ON_EXIT(text_free) struct text shell = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	bool is_resized = strcmp(trial, "console-resize") == 0;
	char size[] = "size";
	char *argv[8] = { (char *)(uintptr_t)prober, size, NULL };
	if (!console_is_known())
		return ERROR_PROC_NOT_FOUND;
	if (!is_resized && !find_shell(&shell, argv))
		return ERROR_NOT_ENOUGH_MEMORY;
	if (!console_make(0, 0, false, &console, &err))
		return ERROR_GEN_FAILURE;
	launch->program = is_resized ? prober : shell.bytes;
	launch->argv = argv;
	console_enter(console, launch);
	uint32_t code = run_in(console, is_resized, launch, &err);
	if (!job_end(launch->job, END_MS, &err) && code == 0)
		code = ERROR_TIMEOUT;
	return code;
}
