/* bench/observed: runs a command whose opening for writing, making and removing of files waits for an observer that does
 * nothing but let each act go on. What that takes no observer can go below.
 *
 *	observed COMMAND [ARGUMENT...]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS /* Linux 6.6 */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1UL
#endif

static _Noreturn void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static int install(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlinkat, 4, 0),
#ifdef SYS_unlink
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlink, 3, 0),
#else
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlinkat, 3, 0),
#endif
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])), /* low half first */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_WRONLY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		give_up("no new privileges");
	int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (listener < 0)
		give_up("seccomp");
	return listener;
}

/* A message of one byte, with the descriptor along. */
static void move_descriptor(int channel, int *descriptor, int is_sent)
{
	char byte = 0;
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec text = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};
	if (is_sent) {
		control.header = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), descriptor, sizeof *descriptor);
	}
	if ((is_sent ? sendmsg(channel, &message, 0) : recvmsg(channel, &message, 0)) != 1)
		give_up("hand over the listener");
	if (!is_sent)
		memcpy(descriptor, CMSG_DATA(&control.header), sizeof *descriptor);
}

static void let_on(int listener)
{
	struct pollfd waited = { .fd = listener, .events = POLLIN };
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	while (poll(&waited, 1, -1) > 0 && !(waited.revents & POLLHUP)) {
		struct seccomp_notif call;
		memset(&call, 0, sizeof call);
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
			continue;
		struct seccomp_notif_resp answer = { .id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

int main(int argc, char **argv)
{
	int channel[2], listener, status;
	if (argc < 2) {
		fprintf(stderr, "usage: observed COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
		give_up("socketpair");
	pid_t child = fork();
	if (child < 0)
		give_up("fork");
	if (child == 0) {
		listener = install();
		move_descriptor(channel[1], &listener, 1);
		close(listener);
		execvp(argv[1], argv + 1);
		give_up(argv[1]);
	}
	close(channel[1]);
	move_descriptor(channel[0], &listener, 0);
	let_on(listener);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
