/* The runner's side of fence.h: what it may not do, as its account, and how that went. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "backend/windows/runner.h"

static struct sockaddr_in here(uint32_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((u_short)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static uint32_t end_with(SOCKET opened, bool is_done)
{
	uint32_t code = is_done ? 0 : (uint32_t)WSAGetLastError();
	if (opened != INVALID_SOCKET)
		closesocket(opened);
	return code;
}

static uint32_t connect_to(const void *address, int length)
{
	SOCKET opened = socket(((const struct sockaddr *)address)->sa_family, SOCK_STREAM, IPPROTO_TCP);
	return end_with(opened, opened != INVALID_SOCKET && connect(opened, address, length) == 0);
}

static uint32_t connect_6(uint32_t port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons((u_short)port) };
	address.sin6_addr.s6_addr[15] = 1;
	return connect_to(&address, sizeof address);
}

static uint32_t send_to(const struct sockaddr_in *address)
{
	SOCKET opened = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	return end_with(opened, opened != INVALID_SOCKET && sendto(opened, "x", 1, 0, (const struct sockaddr *)address,
								   sizeof *address) == 1);
}

static uint32_t listen_here(void)
{
	const struct sockaddr_in any = here(0);
	SOCKET opened = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	return end_with(opened, opened != INVALID_SOCKET &&
					bind(opened, (const struct sockaddr *)&any, sizeof any) == 0 &&
					listen(opened, 1) == 0);
}

int reach_control(uint32_t port)
{
	const struct sockaddr_in address = here(port);
	WSADATA about;
	if (WSAStartup(MAKEWORD(2, 2), &about) != 0)
		return 1;
	bool is_done = connect_to(&address, sizeof address) == 0 && send_to(&address) == 0;
	WSACleanup();
	return is_done ? 0 : 1;
}

bool reach_try(const struct frame_reach *order, struct frame_reached *ret_reached, struct cordon_error *err)
{
	const struct sockaddr_in address = here(order->port);
	WSADATA about;
	int code = WSAStartup(MAKEWORD(2, 2), &about);
	if (code != 0)
		return windows_fail(err, (DWORD)code, "WSAStartup", "try the network");
	*ret_reached = (struct frame_reached){
		.codes = { [WAY_CONNECT] = connect_to(&address, sizeof address),
			   [WAY_CONNECT_6] = order->port_6 ? connect_6(order->port_6) : 0,
			   [WAY_SEND] = send_to(&address),
			   [WAY_LISTEN] = listen_here() },
	};
	WSACleanup();
	return true;
}
