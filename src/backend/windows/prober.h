/* backend/windows/prober.h: the prober, for the programs that are one. */
#pragma once

#include <wchar.h>

int prober_main(int argc, wchar_t **argv);
