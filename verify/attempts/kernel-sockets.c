/* kernel, hazard 55: sockets of families and protocols that hardly a program makes, and the kernel loads for whoever asks.
 * plant: seccomp
 * fallback plant: families+seccomp
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "attempt.h"

static const struct {
	int family, type, protocol;
} sockets[] = {
	{ AF_ALG, SOCK_SEQPACKET, 0 },
	{ AF_BLUETOOTH, SOCK_RAW, 1 },
	{ AF_CAN, SOCK_RAW, 1 },
	{ AF_TIPC, SOCK_RDM, 0 },
	{ AF_RDS, SOCK_SEQPACKET, 0 },
	{ AF_KCM, SOCK_DGRAM, 0 },
	{ AF_XDP, SOCK_RAW, 0 },
	{ AF_PACKET, SOCK_RAW, 0 },
	{ AF_KEY, SOCK_RAW, 2 },
	{ AF_VSOCK, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE },
	{ AF_INET, SOCK_STREAM, IPPROTO_SCTP },
	{ AF_INET6, SOCK_SEQPACKET, 0 },
	{ AF_INET, SOCK_DCCP, IPPROTO_DCCP },
};

const char *held(void)
{
	return "fd:socket:";
}

static int make_all(void)
{
	int made = 0;
	for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
		made += socket(sockets[i].family, sockets[i].type, sockets[i].protocol) >= 0;
	return made;
}

void prepare(void)
{
	if (make_all() == 0)
		skip("this kernel has no such socket for this user");
}

void act(void)
{
	if (make_all() > 0)
		hold();
	else
		perror("socket");
}
