/* A control group from the user's service manager.
 *
 * Who logs in by ssh or at a console is in a group that belongs to root, below which nothing can be made. The user's
 * systemd owns others, and moves a process there that asks for it: `systemd-run --user --scope` becomes the command
 * that it is given, in the same process. So cordon becomes itself again, in a group beside which it can make one.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "cli/host.h"

/* Said to the next cordon, and to nobody else: it has been tried. */
#define TRIED "CORDON_SCOPE"

enum { PATIENCE_MS = 5000, LOOK_MS = 10, ARGUMENTS_SIZE = 1 << 21 };

/* Not by PATH: what is started here is trusted. */
static const char *const programs[] = { "/usr/bin/systemd-run", "/run/current-system/sw/bin/systemd-run" };

static const char *find_program(void)
{
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (access(programs[i], X_OK) == 0)
			return programs[i];
	return NULL;
}

/* The socket by which systemd's own programs reach the user's instance. */
static bool has_manager(void)
{
	char path[PATH_MAX];
	const char *directory = getenv("XDG_RUNTIME_DIR");
	int length = directory ? snprintf(path, sizeof path, "%s/systemd/private", directory) : -1;
	return length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0;
}

/* Whether it gives one at all: what is wrong with it nobody wants to read here. */
static bool works(const char *program)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	int status = -1;
	pid_t pid = fork();
	if (pid == 0) {
		int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
		for (int i = 0; i < 3; i++)
			dup2(nothing, i);
		execl(program, program, "--user", "--scope", "--quiet", "--collect", "--", "/bin/true", (char *)NULL);
		_exit(127);
	}
	for (int waited = 0; pid > 0 && waitpid(pid, &status, WNOHANG) == 0; waited += LOOK_MS) {
		if (waited >= PATIENCE_MS) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return false;
		}
		nanosleep(&pause, NULL);
	}
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The strings of /proc/self/cmdline, one behind the other, as a list behind `count` others. */
static bool read_arguments(char *bytes, char **list, size_t room)
{
	size_t length = 0, count = 0;
	int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t part;
	while (file >= 0 && (part = read(file, bytes + length, ARGUMENTS_SIZE - 1 - length)) > 0)
		length += (size_t)part;
	if (file >= 0)
		close(file);
	bytes[length] = '\0';
	for (size_t at = 0; at < length; at += strlen(bytes + at) + 1) {
		if (count + 1 >= room)
			return false;
		list[count++] = bytes + at;
	}
	list[count] = NULL;
	return count > 0 && length < ARGUMENTS_SIZE - 1;
}

bool host_was_in_scope(void)
{
	bool was_tried = getenv(TRIED) != NULL;
	unsetenv(TRIED);
	return was_tried;
}

void host_enter_scope(void)
{
	static char *const head[] = { "systemd-run", "--user", "--scope", "--quiet", "--collect", "--" };
	enum { HEAD = sizeof head / sizeof *head, ROOM = ARGUMENTS_SIZE / 16 };
	char own[PATH_MAX];
	const char *program = geteuid() != 0 && has_manager() ? find_program() : NULL;
	ssize_t length = program ? readlink("/proc/self/exe", own, sizeof own - 1) : -1;
	if (length <= 0 || !works(program))
		return;
	own[length] = '\0';
	CORDON_ON_EXIT(free_text) char *bytes = malloc(ARGUMENTS_SIZE);
	char **list = calloc(HEAD + ROOM, sizeof *list);
	if (list)
		memcpy(list, head, sizeof head);
	if (bytes && list && read_arguments(bytes, list + HEAD, ROOM) && setenv(TRIED, "1", 1) == 0) {
		list[HEAD] = own;
		execv(program, list);
		unsetenv(TRIED);
	}
	free(list);
}
