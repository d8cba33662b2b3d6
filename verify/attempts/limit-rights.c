/* limits: the command uses up the descriptors that its user may have under way between processes, and cordon, which hands
 * some over when it starts, starts nothing any more.
 * plant: watches
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "attempt.h"

enum { AT_ONCE = 200, PAIRS = 400 };

static void raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static bool send_rights(int socket)
{
	char byte = 0, space[CMSG_SPACE(AT_ONCE * sizeof(int))] = { 0 };
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space
	};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(AT_ONCE * sizeof(int)); /* all of them 0 */
	return sendmsg(socket, &message, MSG_DONTWAIT) == 1;
}

void prepare(void)
{
	if (geteuid() == 0)
		skip("what root's processes have under way is not limited");
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < 4096 || limit.rlim_max > 1 << 20)
		skip("the user may open few files, or more than is worth sending");
}

static void wait_for_file(const char *path)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	for (int i = 0; i < 500 && access(path, F_OK) != 0; i++)
		nanosleep(&moment, NULL);
}

static void start_another(void)
{
	char *command[] = { getenv("PROGRAM"), "run", "--", "touch", "started", NULL };
	wait_for_file(below("WORK", "sent"));
	run(command);
	write_text(below("WORK", "tried"), "yes");
}

void launch(char **command)
{
	pid_t other = fork();
	if (other == 0) {
		start_another();
		_exit(0);
	}
	run(command);
	waitpid(other, NULL, 0);
}

void act(void)
{
	int pair[2];
	raise_limit();
	for (int i = 0; i < PAIRS && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0; i++)
		while (send_rights(pair[0]))
			;
	write_text("sent", "yes");
	wait_for_file("tried");
}

bool happened(void)
{
	return access(below("WORK", "tried"), F_OK) == 0 && access(below("WORK", "started"), F_OK) != 0;
}
