/* What init and the supervisor send each other, with the descriptors that go along. Async-signal-safe. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "os/linux/rights.h"

bool message_send(int control, const struct message *message, const int *carried)
{
	return rights_send(control, message, sizeof *message, carried, (size_t)__builtin_popcount(message->carried), 0);
}

bool message_receive(int control, struct message *ret_message, int ret_carried[CARRIED_COUNT])
{
	int received[CARRIED_COUNT];
	size_t count, used = 0;
	for (int i = 0; i < CARRIED_COUNT; i++)
		ret_carried[i] = -1;
	ssize_t length = rights_receive(control, ret_message, sizeof *ret_message, received, CARRIED_COUNT, &count,
					MSG_DONTWAIT);
	if (length < 0)
		return false;
	for (int i = 0; length == (ssize_t)sizeof *ret_message && i < CARRIED_COUNT; i++)
		if (ret_message->carried & 1u << i && used < count)
			ret_carried[i] = received[used++];
	while (used < count)
		close(received[used++]);
	errno = 0; /* an end of the socket is no failed call */
	return length == (ssize_t)sizeof *ret_message;
}
