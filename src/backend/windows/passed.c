/* Handles that the caller passes to the command beside its streams, under the numbers that they have. */
#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"

#include <winternl.h>

#include <string.h>

/* What carries bytes or a signal. Of a process, a thread, a token, a job, a desktop, a key or a port the command would
 * have more than any policy says.
 */
static const WCHAR *const kinds[] = { L"File", L"Section", L"Event", L"Semaphore", L"Mutant", L"Timer" };

static bool has_kind(HANDLE handle, const WCHAR *kind)
{
	union {
		PUBLIC_OBJECT_TYPE_INFORMATION about;
		char room[1024];
	} answer;
	ULONG length;
	if (NtQueryObject(handle, ObjectTypeInformation, &answer, sizeof answer, &length) < 0)
		return false;
	size_t size = wcslen(kind) * sizeof *kind;
	return answer.about.TypeName.Length == size && memcmp(answer.about.TypeName.Buffer, kind, size) == 0;
}

static bool may_pass(HANDLE handle)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (has_kind(handle, kinds[i]))
			return true;
	return false;
}

static bool check_one(int number, struct cordon_error *err)
{
	HANDLE handle = (HANDLE)(intptr_t)number;
	DWORD flags;
	if (!GetHandleInformation(handle, &flags))
		return windows_fail(err, GetLastError(), "--pass-fd %d: there is no such handle", number);
	if (!(flags & HANDLE_FLAG_INHERIT))
		return cordon_fail(err, CORDON_BAD_USAGE,
				   "--pass-fd %d: that handle cannot be inherited, so no command gets it", number);
	if (!may_pass(handle))
		return cordon_fail(
			err, CORDON_BAD_USAGE,
			"--pass-fd %d: only files, pipes, sockets, sections, events, semaphores, mutexes and "
			"timers are passed",
			number);
	if (has_kind(handle, L"File") && GetFileType(handle) == FILE_TYPE_CHAR)
		return cordon_fail(err, CORDON_BAD_USAGE,
				   "--pass-fd %d: that is a console or a device, which are not passed", number);
	return true;
}

bool passed_check(const int *numbers, size_t count, struct cordon_error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (!check_one(numbers[i], err))
			return false;
		for (size_t j = 0; j < i; j++)
			if (numbers[i] == numbers[j])
				return cordon_fail(err, CORDON_BAD_USAGE, "--pass-fd %d is there twice", numbers[i]);
	}
	return true;
}
