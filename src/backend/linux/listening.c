/* Whether a TCP socket listens at an address, asked of the kernel by that address (sock_diag(7)): the tables in /proc
 * have a line for every connection of the last minute.
 */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/linux/cage.h"

enum { STATE_LISTEN = 10 }; /* TCP_LISTEN of netinet/tcp.h */

struct question {
	struct nlmsghdr header;
	struct inet_diag_req_v2 request;
};

static void fill(struct question *question, const struct sockaddr_storage *address)
{
	struct inet_diag_req_v2 *request = &question->request;
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	*question = (struct question){
		.header = { .nlmsg_len = sizeof *question,
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST },
		.request = { .sdiag_protocol = IPPROTO_TCP, .idiag_states = UINT32_MAX },
	};
	request->id.idiag_cookie[0] = request->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	request->sdiag_family = AF_INET;
	if (address->ss_family == AF_INET) {
		request->id.idiag_sport = four->sin_port;
		memcpy(request->id.idiag_src, &four->sin_addr, sizeof four->sin_addr);
		return;
	}
	request->id.idiag_sport = six->sin6_port;
	if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		memcpy(request->id.idiag_src, six->sin6_addr.s6_addr + 12, 4);
		return;
	}
	request->sdiag_family = AF_INET6;
	memcpy(request->id.idiag_src, &six->sin6_addr, sizeof six->sin6_addr);
}

bool listening_at(int diagnosis, const struct sockaddr_storage *address)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_msg message;
		char rest[1024];
	} answer;
	struct question question;
	fill(&question, address);
	if (send(diagnosis, &question, sizeof question, 0) != (ssize_t)sizeof question)
		return false;
	ssize_t length = recv(diagnosis, &answer, sizeof answer, 0);
	return length >= (ssize_t)NLMSG_LENGTH(sizeof answer.message) &&
	       answer.header.nlmsg_type == SOCK_DIAG_BY_FAMILY && answer.message.idiag_state == STATE_LISTEN;
}

/* A kernel that cannot be asked says of every address that nothing is there. So it is asked about a listener that is.
 */
int listening_begin(void)
{
	const struct sockaddr_in any_port = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_storage place = { 0 };
	socklen_t size = sizeof place;
	int diagnosis = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_told = diagnosis >= 0 && listener >= 0 &&
		       bind(listener, (const struct sockaddr *)&any_port, sizeof any_port) == 0 &&
		       listen(listener, 1) == 0 && getsockname(listener, (struct sockaddr *)&place, &size) == 0 &&
		       listening_at(diagnosis, &place);
	if (listener >= 0)
		close(listener);
	if (!is_told && diagnosis >= 0) {
		close(diagnosis);
		diagnosis = -1;
	}
	return diagnosis;
}
