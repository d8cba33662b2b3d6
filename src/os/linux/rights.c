#include "os/linux/rights.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* One header's worth: cmsg_len counts it (cmsg(3)). */
union space {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(RIGHTS_MAX * sizeof(int))];
};

/* How many descriptors may be under way between all of a user's processes each of them says for itself, by how many it may
 * open (unix(7), ETOOMANYREFS): what other programs have sent keeps from sending who does not raise that.
 */
static bool send_raised(int socket, const struct msghdr *header, int flags, size_t size)
{
	struct rlimit usual;
	if (getrlimit(RLIMIT_NOFILE, &usual) != 0)
		return false;
	const struct rlimit raised = { usual.rlim_max, usual.rlim_max };
	setrlimit(RLIMIT_NOFILE, &raised);
	bool is_sent = sendmsg(socket, header, flags) == (ssize_t)size;
	int code = errno;
	setrlimit(RLIMIT_NOFILE, &usual);
	errno = code;
	return is_sent;
}

bool rights_send(int socket, const void *message, size_t size, const int *descriptors, size_t count, int flags)
{
	union space space = { .bytes = { 0 } };
	struct iovec part = { .iov_base = (void *)(uintptr_t)message, .iov_len = size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	if (count > RIGHTS_MAX) {
		errno = EINVAL;
		return false;
	}
	if (count > 0) {
		header.msg_control = &space;
		header.msg_controllen = CMSG_SPACE(count * sizeof *descriptors);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(count * sizeof *descriptors);
		memcpy(CMSG_DATA(rights), descriptors, count * sizeof *descriptors);
	}
	if (sendmsg(socket, &header, flags | MSG_NOSIGNAL) == (ssize_t)size)
		return true;
	return errno == ETOOMANYREFS && send_raised(socket, &header, flags | MSG_NOSIGNAL, size);
}

ssize_t rights_receive(int socket, void *message, size_t size, int ret_descriptors[], size_t most, size_t *ret_count,
		       int flags)
{
	union space space;
	struct iovec part = { .iov_base = message, .iov_len = size };
	struct msghdr header = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof space
	};
	ssize_t length = recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC);
	*ret_count = 0;
	if (length < 0)
		return -1;
	errno = 0; /* an end of the socket is no failed call */
	for (struct cmsghdr *rights = CMSG_FIRSTHDR(&header); rights; rights = CMSG_NXTHDR(&header, rights)) {
		if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int descriptor;
			memcpy(&descriptor, CMSG_DATA(rights) + i * sizeof descriptor, sizeof descriptor);
			if (*ret_count < most)
				ret_descriptors[(*ret_count)++] = descriptor;
			else
				close(descriptor);
		}
	}
	return length;
}
