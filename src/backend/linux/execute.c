/* The command: the one process that init starts. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"

static const char *find_path(char *const *environment)
{
	for (; *environment; environment++)
		if (strncmp(*environment, "PATH=", 5) == 0)
			return *environment + 5;
	return "/usr/local/bin:/usr/bin:/bin";
}

/* Returns only when it failed, with errno. A text without #! is a shell script, as execvp has it (exec(3)). */
static void try_execute(struct inside *inside, const char *path)
{
	char *const *environment = is_planted("environment") ? environ : inside->plan.environment;
	execve(path, inside->argv, environment);
	if (errno != ENOEXEC)
		return;
	inside->script[1] = (char *)(uintptr_t)path;
	execve(inside->script[0], inside->script, environment);
}

/* Looks the name up as execvp does, with the command's PATH and in its view. Returns errno. */
static int search(struct inside *inside, const char *name)
{
	char path[PATH_MAX];
	bool is_denied = false;
	size_t name_length = strlen(name);

	for (const char *at = find_path(inside->plan.environment); at;) {
		const char *end = strchr(at, ':');
		size_t length = end ? (size_t)(end - at) : strlen(at);
		if (length + 1 + name_length < sizeof path) {
			memcpy(path, at, length);
			path[length] = '/';
			memcpy(path + length + (length > 0), name, name_length + 1);
			try_execute(inside, path);
			/* A directory of PATH that may not be searched is no command that may not be executed. */
			if (errno == EACCES)
				is_denied = is_denied || faccessat(AT_FDCWD, path, F_OK, 0) == 0;
			else if (errno != ENOENT && errno != ENOTDIR)
				return errno;
		}
		at = end ? end + 1 : NULL;
	}
	return is_denied ? EACCES : ENOENT;
}

static bool take_streams(struct inside *inside)
{
	for (int i = 0; i < 3; i++)
		if (dup2(inside->streams[i], i) < 0)
			return false;
	if (!is_planted("descriptors") && kernel_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
		return false;
	for (size_t i = 0; i < inside->handover.passed_count; i++)
		if (fcntl(inside->handover.passed[i], F_SETFD, 0) != 0)
			return false;
	return true;
}

/* In the child of vfork, whose memory is init's: what goes wrong is left in *err. */
static _Noreturn void become_command(struct inside *inside, struct cordon_error *err)
{
	const char *name = inside->argv[0];
	bool is_ready = (is_planted("session") || setsid() > 0) && take_streams(inside) &&
			sigprocmask(SIG_SETMASK, &inside->mask, NULL) == 0;
	if (!is_ready) {
		cordon_fail_errno(err, errno, "prepare the command");
		_exit(1);
	}

	int code;
	if (strchr(name, '/')) {
		try_execute(inside, name);
		code = errno;
	} else {
		code = *name ? search(inside, name) : ENOENT;
	}
	cordon_fail_errno(err, code, "'%s'", name);
	if (code == ENOENT || code == ENOTDIR)
		err->status = CORDON_NOT_FOUND;
	else if (code == EACCES || code == ENOEXEC || code == EISDIR || code == ELOOP || code == ETXTBSY)
		err->status = CORDON_NOT_EXECUTABLE;
	_exit(1);
}

bool execute_command(struct inside *inside, pid_t *ret_pid, struct cordon_error *err)
{
	err->status = CORDON_OK;
	pid_t pid = vfork();
	if (pid == 0)
		become_command(inside, err);
	if (pid < 0)
		return cordon_fail_errno(err, errno, "start the command");
	/* vfork came back: the image runs, or the child has left its reason. */
	if (err->status != CORDON_OK)
		return false;
	*ret_pid = pid;
	return true;
}
