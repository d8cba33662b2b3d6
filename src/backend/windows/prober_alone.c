#include "backend/windows/prober.h"

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	return prober_main(argc, argv);
}
