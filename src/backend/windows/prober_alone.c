#include "os/windows/windows.h"

#include "backend/windows/prober.h"

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	/* The directory and the PATH are those of the run that is stood in for. */
	SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
	return prober_main(argc, argv);
}
