/* Handles that the caller passes to the command beside its streams, under the numbers that they have. */
#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"

#include <winternl.h>

#include <stdlib.h>
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
		return windows_fail(err, GetLastError(), "GetHandleInformation",
				    "--pass-fd %d: there is no such handle", number);
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

/* -- to another's child -------------------------------------------------------------------------------------------- */

enum { NUMBERS_MAX = 256 * 1024, SPARE_MORE = 4096 };

/* Windows chooses the number: the next that is free, until it is the one that is wanted. */
static bool give_until(HANDLE process, HANDLE wanted, HANDLE *spare, size_t room, size_t *count,
		       struct cordon_error *err)
{
	for (HANDLE given; *count < room; spare[(*count)++] = given) {
		if (!DuplicateHandle(GetCurrentProcess(), wanted, process, &given, 0, TRUE, DUPLICATE_SAME_ACCESS))
			return windows_fail(err, GetLastError(), "DuplicateHandle",
					    "--pass-fd %d: give the command the handle", (int)(intptr_t)wanted);
		if (given == wanted)
			return true;
	}
	return cordon_fail(err, CORDON_UNSUPPORTED,
			   "--pass-fd %d: in this tier the command has another handle under that number: pass it under "
			   "another",
			   (int)(intptr_t)wanted);
}

static bool give_one(HANDLE process, int number, struct cordon_error *err)
{
	size_t count = 0;
	/* The two lowest bits of a handle are its user's; of one that Windows chooses they are 0. */
	if (number <= 0 || number > NUMBERS_MAX || number % 4 != 0)
		return cordon_fail(err, CORDON_UNSUPPORTED, "--pass-fd %d: in this tier such a number cannot be had",
				   number);
	const size_t room = (size_t)number / 4 + SPARE_MORE;
	HANDLE *spare = calloc(room, sizeof *spare);
	if (!spare)
		return cordon_fail_memory(err);
	bool is_given = give_until(process, (HANDLE)(intptr_t)number, spare, room, &count, err);
	for (size_t i = 0; i < count; i++)
		DuplicateHandle(process, spare[i], NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE);
	free(spare);
	return is_given;
}

bool passed_give(HANDLE process, const int *numbers, size_t count, struct cordon_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (!give_one(process, numbers[i], err))
			return false;
	return true;
}
