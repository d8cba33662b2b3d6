/* Files, directories, random bytes and clocks. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "os/linux/linux.h"
#include "os/os.h"

static bool read_whole(int file, const char *path, size_t limit, struct text *text, struct cordon_error *err)
{
	char bytes[16384];
	for (;;) {
		ssize_t count = read(file, bytes, sizeof bytes);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return cordon_fail_errno(err, errno, "read '%s'", path);
		if (count == 0)
			return true;
		text_add_bytes(text, bytes, (size_t)count);
		if (!text_ok(text))
			return cordon_fail_memory(err);
		/* It may grow while it is read. */
		if (text->length > limit)
			return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is larger than %zu bytes", path, limit);
	}
}

bool os_read_file(const char *path, size_t limit, struct text *ret_text, struct cordon_error *err)
{
	/* A fifo without a writer must not hold us up. */
	CORDON_ON_EXIT(close_descriptor) int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	if (file < 0)
		return cordon_fail_errno(err, errno, "open '%s'", path);
	if (fstat(file, &status) != 0)
		return cordon_fail_errno(err, errno, "open '%s'", path);
	if (S_ISDIR(status.st_mode))
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is a directory, not a file", path);
	if (!S_ISREG(status.st_mode))
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is no regular file", path);

	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!read_whole(file, path, limit, &text, err))
		return false;
	*ret_text = text;
	text = (struct text){ 0 };
	return true;
}

static bool write_all(int file, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t count = write(file, bytes, length);
		if (count < 0 && errno != EINTR)
			return false;
		if (count > 0) {
			bytes += count;
			length -= (size_t)count;
		}
	}
	return true;
}

bool os_make_file(const char *path, const char *bytes, size_t length, struct cordon_error *err)
{
	/* A command may have laid links in the way. */
	struct open_how how = {
		.flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		.mode = 0644,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	CORDON_ON_EXIT(close_descriptor) int file = open_how(AT_FDCWD, path, &how);
	if (file < 0)
		return cordon_fail_errno(err, errno, "make '%s'", path);
	return write_all(file, bytes, length) || cordon_fail_errno(err, errno, "write '%s'", path);
}

bool os_write_file(const char *folder, const char *name, const char *bytes, size_t length, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s/%s", folder, name);
	CORDON_ON_EXIT(free_text) char *draft = text_format("%s/.%s.%ld", folder, name, (long)getpid());
	if (!path || !draft)
		return cordon_fail_memory(err);
	if (!os_make_directories(folder, err))
		return false;
	int file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return cordon_fail_errno(err, errno, "make '%s'", draft);
	bool is_written = write_all(file, bytes, length);
	int code = errno;
	close(file);
	if (is_written && rename(draft, path) == 0)
		return true;
	code = is_written ? errno : code;
	unlink(draft);
	return cordon_fail_errno(err, code, "write '%s'", path);
}

bool os_remove_file(const char *path, struct cordon_error *err)
{
	return unlink(path) == 0 || errno == ENOENT || cordon_fail_errno(err, errno, "remove '%s'", path);
}

bool os_lies_below(const char *path, const char *directory)
{
	size_t length = 0;
	while (directory[length] && directory[length] == path[length])
		length++;
	return !directory[length] && (!path[length] || path[length] == '/' || strcmp(directory, "/") == 0);
}

const char *os_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

bool os_exists(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool os_has_identity(const char *path, uint64_t device, uint64_t inode)
{
	struct stat status;
	return lstat(path, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

/* -- absolute ------------------------------------------------------------------------------------------------- */

static void add_normalised(struct text *text, const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");
		const char *slash = strrchr(text_str(text), '/');
		if (length == 2 && memcmp(path, "..", 2) == 0) {
			text->length = slash ? (size_t)(slash - text->bytes) : 0;
			if (text->bytes)
				text->bytes[text->length] = '\0';
		} else if (length > 1 || (length == 1 && *path != '.')) {
			text_add_char(text, '/');
			text_add_bytes(text, path, length);
		}
		path += length + (path[length] == '/');
	}
}

/* Whose child a path that is not absolute is; malloc'ed. */
static bool find_base(const char **path, char **ret_base, struct cordon_error *err)
{
	if ((*path)[0] == '~' && ((*path)[1] == '/' || (*path)[1] == '\0')) {
		*path += 1;
		return find_home(ret_base, err);
	}
	char *base = getcwd(NULL, 0);
	if (!base)
		return cordon_fail_errno(err, errno, "find the current directory");
	*ret_base = base;
	return true;
}

bool os_absolute(const char *path, char **ret_path, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *base = NULL;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!*path)
		return cordon_fail(err, CORDON_BAD_USAGE, "a path must not be empty");
	bool ends_in_slash = text_ends(path, "/");
	if (path[0] != '/') {
		if (!find_base(&path, &base, err))
			return false;
		add_normalised(&text, base);
	}
	add_normalised(&text, path);
	if (text.length == 0 || ends_in_slash)
		text_add_char(&text, '/');
	char *result = text_take(&text);
	if (!result)
		return cordon_fail_memory(err);
	*ret_path = result;
	return true;
}

/* -- making --------------------------------------------------------------------------------------------------- */

bool os_make_directories(const char *path, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *parent = NULL;
	struct stat status;
	if (!os_absolute(path, &parent, err))
		return false;
	for (char *slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(parent, 0700) != 0 && errno != EEXIST)
			return cordon_fail_errno(err, errno, "make '%s'", parent);
		*slash = '/';
	}
	if (mkdir(path, 0700) == 0)
		return true;
	if (errno != EEXIST)
		return cordon_fail_errno(err, errno, "make '%s'", path);
	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
		return cordon_fail(err, CORDON_OS_FAILED, "'%s' is in the way: it is no directory", path);
	return true;
}

/* -- chance and time ------------------------------------------------------------------------------------------ */

bool os_random(void *bytes, size_t count, struct cordon_error *err)
{
	for (char *at = bytes; count > 0;) {
		ssize_t got = getrandom(at, count, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cordon_fail_errno(err, errno, "ask for random bytes");
		at += got;
		count -= (size_t)got;
	}
	return true;
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t os_clock(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t os_time(void)
{
	return read_clock(CLOCK_REALTIME);
}
