#include <stdio.h>

#include "backend/windows/runner.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

/* Desktops are made in the process's station, which is one for all of its threads. */
static SRWLOCK moving = SRWLOCK_INIT;

static HDESK make_desktop(HWINSTA station, const WCHAR *name, SECURITY_ATTRIBUTES *attributes, DWORD *ret_code)
{
	AcquireSRWLockExclusive(&moving);
	HWINSTA before = GetProcessWindowStation();
	HDESK desktop = SetProcessWindowStation(station) ? CreateDesktopW(name, NULL, NULL, 0, GENERIC_ALL, attributes)
							 : NULL;
	*ret_code = GetLastError();
	SetProcessWindowStation(before);
	ReleaseSRWLockExclusive(&moving);
	return desktop;
}

bool station_make(const uint8_t *descriptor, struct station *ret_station, struct cordon_error *err)
{
	SECURITY_ATTRIBUTES attributes = { sizeof attributes, (void *)(uintptr_t)descriptor, FALSE };
	struct station made = { 0 };
	WCHAR name[64] = { 0 }, desktop[32];
	DWORD length, code;
	uint64_t chance;
	if (!os_random(&chance, sizeof chance, err))
		return false;
	_snwprintf(desktop, COUNT_OF(desktop) - 1, L"cordon-%016llx", (unsigned long long)chance);
	desktop[COUNT_OF(desktop) - 1] = 0;
	made.station = CreateWindowStationW(NULL, 0, GENERIC_ALL, &attributes);
	if (!made.station)
		return windows_fail(err, GetLastError(), "CreateWindowStation", "make a window station for the run");
	*ret_station = made;
	if (!GetUserObjectInformationW(made.station, UOI_NAME, name, sizeof name - sizeof *name, &length))
		return windows_fail(err, GetLastError(), "GetUserObjectInformation", "find the window station's name");
	ret_station->desktop = make_desktop(made.station, desktop, &attributes, &code);
	if (!ret_station->desktop)
		return windows_fail(err, code, "CreateDesktop", "make a desktop for the run");
	_snwprintf(ret_station->name, DESKTOP_NAME_ROOM - 1, L"%ls\\%ls", name, desktop);
	return true;
}

void station_free(struct station *station)
{
	if (station->desktop)
		CloseDesktop(station->desktop);
	if (station->station)
		CloseWindowStation(station->station);
	*station = (struct station){ 0 };
}
