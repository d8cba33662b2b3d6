/* terminal TYPED COMMAND...: runs the command on a terminal of its own, as a person would, and writes to the file TYPED
 * what the terminal has to read when the command has ended: nobody has typed anything, so it is what the command typed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static _Noreturn void execute(int slave, char **command)
{
	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	for (int i = 0; i < 3; i++)
		dup2(slave, i);
	/* The shell stays leader of the session: a launcher is never that. */
	pid_t pid = fork();
	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int count, char **arguments)
{
	if (count < 3)
		return 2;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
		return 1;
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios settings;
	if (slave < 0 || tcgetattr(slave, &settings) != 0)
		return 1;
	settings.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(slave, TCSANOW, &settings);

	pid_t pid = fork();
	if (pid == 0)
		execute(slave, arguments + 2);
	int status = 0;
	char buffer[4096];
	/* What the command prints has to go somewhere, or it would stand still. */
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct pollfd wait = { .fd = master, .events = POLLIN };
		if (poll(&wait, 1, 20) > 0 && read(master, buffer, sizeof buffer) < 0)
			usleep(10000);
	}
	tcsetattr(slave, TCSANOW, &settings);
	fcntl(slave, F_SETFL, O_NONBLOCK);
	ssize_t length = read(slave, buffer, sizeof buffer);
	int typed = open(arguments[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (typed < 0 || (length > 0 && write(typed, buffer, (size_t)length) < 0))
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
