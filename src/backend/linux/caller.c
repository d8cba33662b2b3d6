/* The process whose call waits: what lies in its memory, what its paths begin at, and who it is. It can change all of
 * that while it is read, and so can its threads: nobody may rest on it; see observer.c.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "backend/linux/observer.h"

enum { PAGE = 4096 };

size_t caller_read(const struct caller *caller, uint64_t address, void *bytes, size_t size)
{
	struct iovec here = { bytes, size };
	struct iovec there = { (void *)(uintptr_t)address, size };
	ssize_t count = process_vm_readv(caller->process, &here, 1, &there, 1, 0);
	return count < 0 ? 0 : (size_t)count;
}

/* A page at a time: the next page may not be there. */
bool caller_read_string(const struct caller *caller, uint64_t address, char *text)
{
	size_t length = 0;
	while (length < PATH_MAX) {
		size_t part = PAGE - (size_t)((address + length) % PAGE);
		if (part > PATH_MAX - length)
			part = PATH_MAX - length;
		size_t count = caller_read(caller, address + length, text + length, part);
		if (count == 0)
			return false;
		if (memchr(text + length, '\0', count))
			return true;
		length += count;
	}
	return false;
}

static bool read_link(const struct caller *caller, const char *name, char *text)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", caller->process, name);
	ssize_t length = readlink(path, text, PATH_MAX - 1);
	if (length < 0)
		return false;
	text[length] = '\0';
	return true;
}

bool caller_make_absolute(const struct caller *caller, int directory, char *path)
{
	char base[PATH_MAX], name[32] = "cwd";
	if (*path == '/')
		return true;
	if (directory != HERE && directory != AT_FDCWD)
		snprintf(name, sizeof name, "fd/%d", directory);
	if (!read_link(caller, name, base) || *base != '/')
		return false;
	size_t length = strlen(base), rest = strlen(path);
	errno = ENAMETOOLONG;
	if (length + 1 + rest >= PATH_MAX)
		return false;
	memmove(path + length + 1, path, rest + 1);
	memcpy(path, base, length);
	path[length] = '/';
	return true;
}

/* -- who it is ----------------------------------------------------------------------------------------------------- */

static size_t read_file(const struct caller *caller, const char *name, void *bytes, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", caller->process, name);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, bytes, size);
	if (file >= 0)
		close(file);
	return length > 0 ? (size_t)length : 0;
}

/* A process that makes itself look like what it was before it executed another program deceives nobody about more than
 * it could by having that other program do the act.
 */
static bool is_known(const struct caller *caller)
{
	unsigned char mark[MARK_SIZE];
	return caller->marked == caller->process &&
	       caller_read(caller, caller->mark_at, mark, sizeof mark) == sizeof mark &&
	       memcmp(mark, caller->mark, sizeof mark) == 0;
}

/* The auxiliary vector says where the random bytes are (getauxval(3)). */
static void take_mark(struct caller *caller)
{
	struct {
		unsigned long type, value;
	} vector[64];
	size_t count = read_file(caller, "auxv", vector, sizeof vector) / sizeof *vector, i = 0;
	while (i < count && vector[i].type != AT_RANDOM)
		i++;
	caller->marked = 0;
	if (i == count)
		return;
	caller->mark_at = vector[i].value;
	if (caller_read(caller, caller->mark_at, caller->mark, MARK_SIZE) == MARK_SIZE)
		caller->marked = caller->process;
}

void caller_identify(struct caller *caller)
{
	if (is_known(caller))
		return;
	if (!read_link(caller, "exe", caller->program))
		caller->program[0] = '\0';
	caller->arguments_length = read_file(caller, "cmdline", caller->arguments, sizeof caller->arguments);
	take_mark(caller);
}
