/* The command: the one process that init starts. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"

static const char *find_path(char *const *environment)
{
	for (; *environment; environment++)
		if (strncmp(*environment, "PATH=", 5) == 0)
			return *environment + 5;
	return "/usr/local/bin:/usr/bin:/bin";
}

/* -- what a file is ------------------------------------------------------------------------------------------------ */

enum { BEGINNING = 256 };

/* The file's first bytes with a NUL behind them; 0 when it cannot be read. */
static size_t read_beginning(const char *path, char bytes[BEGINNING + 1])
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = file < 0 ? 0 : read(file, bytes, BEGINNING);
	if (file >= 0)
		close(file);
	bytes[length > 0 ? length : 0] = '\0';
	return length > 0 ? (size_t)length : 0;
}

/* As shells have it: what has a NUL in its first line is no text. */
static bool is_binary(const char *path)
{
	char bytes[BEGINNING + 1];
	size_t length = read_beginning(path, bytes);
	const char *end = memchr(bytes, '\n', length);
	return memchr(bytes, '\0', end ? (size_t)(end - bytes) : length) || strncmp(bytes,
										    "\x7f"
										    "ELF",
										    4) == 0;
}

/* What stands behind #!, cut out of the bytes; NULL when nothing does. */
static const char *find_interpreter(char bytes[BEGINNING + 1])
{
	if (strncmp(bytes, "#!", 2) != 0)
		return NULL;
	char *interpreter = bytes + 2 + strspn(bytes + 2, " \t");
	interpreter[strcspn(interpreter, " \t\r\n")] = '\0';
	return *interpreter ? interpreter : NULL;
}

/* The kernel has one word for a missing file and for one whose interpreter is missing, and one for all that is not
 * permitted. `path` is what could not be executed.
 */
static bool fail_to_execute(const char *path, int code, struct cordon_error *err)
{
	char bytes[BEGINNING + 1];
	struct stat status;
	bool is_there = stat(path, &status) == 0;
	bool is_file = is_there && S_ISREG(status.st_mode);
	size_t length = is_file ? read_beginning(path, bytes) : 0;
	const char *interpreter = length > 0 ? find_interpreter(bytes) : NULL;
	if ((code == ENOENT || code == ENOTDIR) && !is_there)
		cordon_fail_errno(err, code, "'%s'", path);
	else if (code == ENOENT || code == ENOTDIR)
		cordon_fail(err, CORDON_NOT_EXECUTABLE, "'%s': its interpreter%s%s%s is not there", path,
			    interpreter ? " '" : "", interpreter ? interpreter : "", interpreter ? "'" : "");
	else if (code == ENOEXEC)
		cordon_fail(err, CORDON_NOT_EXECUTABLE, "'%s' is no program for this machine", path);
	else if (code == EACCES && is_there && S_ISDIR(status.st_mode))
		cordon_fail(err, CORDON_NOT_EXECUTABLE, "'%s' is a directory, not a command", path);
	else if (code == EACCES && is_file && !(status.st_mode & 0111))
		cordon_fail(err, CORDON_NOT_EXECUTABLE, "'%s' is not executable (chmod +x makes it so)", path);
	else if (code == EACCES && interpreter && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
		cordon_fail(err, CORDON_NOT_EXECUTABLE, "'%s': its interpreter '%s' cannot be executed", path,
			    interpreter);
	else
		cordon_fail_errno(err, code, "'%s'", path);
	if (err->status != CORDON_OS_FAILED)
		return false;
	if ((code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG) && !is_there)
		err->status = CORDON_NOT_FOUND;
	else if (code == EACCES || code == EISDIR || code == ELOOP || code == ETXTBSY || code == ELIBBAD)
		err->status = CORDON_NOT_EXECUTABLE;
	return false;
}

/* -- the search ---------------------------------------------------------------------------------------------------- */

/* Returns only when it failed, with errno. A text without #! is a shell script, as execvp has it (exec(3)). */
static void try_execute(struct inside *inside, const char *path)
{
	char *const *environment = is_planted("environment") ? environ : inside->plan.environment;
	execve(path, inside->argv, environment);
	if (errno != ENOEXEC)
		return;
	if (is_binary(path)) {
		errno = ENOEXEC;
		return;
	}
	inside->script[1] = (char *)(uintptr_t)path;
	execve(inside->script[0], inside->script, environment);
}

/* Looks the name up as execvp does, with the command's PATH and in its view. Returns errno, and leaves in `found` the
 * file that is there and could not be executed, or nothing.
 */
static int search(struct inside *inside, const char *name, char found[PATH_MAX])
{
	char path[PATH_MAX];
	size_t name_length = strlen(name);
	int found_code = ENOENT;

	found[0] = '\0';
	for (const char *at = find_path(inside->plan.environment); at;) {
		const char *end = strchr(at, ':');
		size_t length = end ? (size_t)(end - at) : strlen(at);
		if (length + 1 + name_length < sizeof path) {
			memcpy(path, at, length);
			path[length] = '/';
			memcpy(path + length + (length > 0), name, name_length + 1);
			try_execute(inside, path);
			int code = errno;
			bool is_passed_over = code == EACCES || code == ENOENT || code == ENOTDIR;
			/* A directory of PATH that may not be searched is no command that may not be executed. */
			bool is_there = !is_passed_over || faccessat(AT_FDCWD, path, F_OK, 0) == 0;
			if (is_there && (!found[0] || !is_passed_over)) {
				memcpy(found, path, length + 2 + name_length);
				found_code = code;
			}
			if (!is_passed_over)
				return code;
		}
		at = end ? end + 1 : NULL;
	}
	return found_code;
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

/* Without namespaces the layers are the command's own, and so is the end of the listener that the kernel gave it. */
static bool confine(struct inside *inside, struct cordon_error *err)
{
	if (chdir(inside->plan.directory) != 0)
		return cordon_fail_errno(err, errno, "enter '%s'", inside->plan.directory);
	/* Should init be killed: see to it that its child does not live on. Before the layers, which might forbid to
	 * ask.
	 */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return cordon_fail_errno(err, errno, "ask for a signal when init dies");
	if (!layers_of_fallback(inside, err))
		return false;
	if (inside->listener < 0)
		return true;
	const struct message listener = { .kind = MESSAGE_LISTENER, .carried = 1u << CARRIED_LISTENER };
	bool is_told = message_send(inside->control, &listener, &inside->listener);
	close(inside->listener);
	inside->listener = -1;
	return is_told || cordon_fail_errno(err, errno, "hand out the listener");
}

/* In the child of vfork, whose memory is init's: what goes wrong is left in *err. */
static _Noreturn void become_command(struct inside *inside, struct cordon_error *err)
{
	const char *name = inside->argv[0];
	bool is_ready = terminal_join(inside) && take_streams(inside) && limits_leave_rights() &&
			sigprocmask(SIG_SETMASK, &inside->mask, NULL) == 0;
	if (!is_ready) {
		cordon_fail_errno(err, errno, "prepare the command");
		_exit(1);
	}

	if (!groups_join(inside, err) || (inside->is_fallback && !confine(inside, err)))
		_exit(1);

	char found[PATH_MAX];
	if (strchr(name, '/')) {
		try_execute(inside, name);
		fail_to_execute(name, errno, err);
	} else {
		int code = *name ? search(inside, name, found) : ENOENT;
		if (*name && found[0])
			fail_to_execute(found, code, err);
		else
			cordon_fail(err, CORDON_NOT_FOUND, "'%s': no such command in the PATH of the run", name);
	}
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
