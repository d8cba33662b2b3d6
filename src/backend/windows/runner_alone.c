/* cordon-runner.exe PIPE PROCESS: what cordon starts as an account of its own. A program without a console: it makes
 * one when nobody but itself can open who serves it.
 */
#include "backend/windows/runner.h"

int wmain(int argc, WCHAR **argv);

int wmain(int argc, WCHAR **argv)
{
	/* Whatever the account's own PATH says. */
	SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
	return argc == 3 ? runner_main(argv[1], wcstoul(argv[2], NULL, 10)) : 2;
}
