/* What init and the supervisor send each other, with the descriptors that go along. Async-signal-safe. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "backend/linux/cage.h"

bool message_send(int control, const struct message *message, const int *carried)
{
	size_t size = (size_t)__builtin_popcount(message->carried) * sizeof *carried;
	char space[CMSG_SPACE(CARRIED_COUNT * sizeof *carried)] = { 0 };
	struct iovec part = { .iov_base = (void *)(uintptr_t)message, .iov_len = sizeof *message };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	if (size > 0) {
		header.msg_control = space;
		header.msg_controllen = CMSG_SPACE(size);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(rights), carried, size);
	}
	return sendmsg(control, &header, MSG_NOSIGNAL) == (ssize_t)sizeof *message;
}

bool message_receive(int control, struct message *ret_message, int ret_carried[CARRIED_COUNT])
{
	char space[CMSG_SPACE(CARRIED_COUNT * sizeof(int))];
	int count = 0;
	struct iovec part = { .iov_base = ret_message, .iov_len = sizeof *ret_message };
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof space,
	};
	ssize_t length = recvmsg(control, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	for (int i = 0; i < CARRIED_COUNT; i++)
		ret_carried[i] = -1;
	if (length < 0)
		return false;
	errno = 0; /* an end of the socket is no failed call */
	struct cmsghdr *rights = length > 0 ? CMSG_FIRSTHDR(&header) : NULL;
	for (int i = 0; rights && i < CARRIED_COUNT; i++)
		if (ret_message->carried & 1u << i && rights->cmsg_len >= CMSG_LEN((count + 1) * sizeof(int)))
			memcpy(&ret_carried[i], CMSG_DATA(rights) + count++ * sizeof(int), sizeof(int));
	return length == (ssize_t)sizeof *ret_message;
}
