/* bound [-u USER] SECONDS COMMAND...: runs a command, as USER if told, and ends every process that came from it when it
 * ends, when its time is up (status 124), when bound is told to end, or when bound's parent dies.
 *
 * As a subreaper it becomes the parent of everything that detaches itself, so that what is ended is known by kinship,
 * never by name.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t command_pid;
static int command_status = -1;

/* False when there is no child left. */
static bool reap(void)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0)
			return errno == EINTR;
		if (pid == 0)
			return true;
		if (pid == command_pid)
			command_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

static pid_t parent_of(const char *pid)
{
	char path[300], line[512];
	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	size_t length = fread(line, 1, sizeof line - 1, file);
	fclose(file);
	line[length] = '\0';
	char *behind_name = strrchr(line, ')');
	int parent = 0;
	if (behind_name)
		sscanf(behind_name + 1, " %*c %d", &parent);
	return parent;
}

static void end_all(void)
{
	while (reap()) {
		DIR *processes = opendir("/proc");
		if (!processes)
			return;
		for (struct dirent *entry; (entry = readdir(processes));)
			if (atoi(entry->d_name) > 0 && parent_of(entry->d_name) == getpid())
				kill(atoi(entry->d_name), SIGKILL);
		closedir(processes);
		usleep(1000);
	}
}

static _Noreturn void become(const char *user, char **command, const sigset_t *before)
{
	const struct passwd *entry = user ? getpwnam(user) : NULL;
	sigprocmask(SIG_SETMASK, before, NULL);
	/* A shell ignores these for what it starts in the background. */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	setsid();
	if (user && (!entry || initgroups(user, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 ||
		     setuid(entry->pw_uid) != 0)) {
		fprintf(stderr, "bound: cannot become %s: %s\n", user, strerror(errno));
		_exit(126);
	}
	execvp(command[0], command);
	fprintf(stderr, "bound: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

int main(int count, char **arguments)
{
	const char *user = NULL;
	if (count > 2 && strcmp(arguments[1], "-u") == 0) {
		user = arguments[2];
		arguments += 2;
		count -= 2;
	}
	if (count < 3 || atoi(arguments[1]) < 1) {
		fputs("usage: bound [-u USER] SECONDS COMMAND...\n", stderr);
		return 125;
	}

	sigset_t signals, before;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	pid_t parent = getppid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		return 125;

	command_pid = fork();
	if (command_pid < 0)
		return 125;
	if (command_pid == 0)
		become(user, arguments + 2, &before);

	time_t end = time(NULL) + atoi(arguments[1]);
	bool is_told = false;
	while (command_status < 0 && !is_told && time(NULL) < end) {
		struct timespec patience = { .tv_sec = 1 };
		int signal = sigtimedwait(&signals, NULL, &patience);
		is_told = signal > 0 && signal != SIGCHLD;
		reap();
	}
	end_all();
	return command_status >= 0 && !is_told ? command_status : 124;
}
