/* Windows moves no bytes from socket to socket by itself; they go through the block. */
#include "network/windows/gate.h"

bool bulk_open(struct flow *flow)
{
	(void)flow;
	return false;
}

enum moved bulk_read(struct flow *flow)
{
	(void)flow;
	return MOVED_BROKEN;
}

enum moved bulk_write(struct flow *flow, size_t *ret_length)
{
	(void)flow, (void)ret_length;
	return MOVED_BROKEN;
}

void bulk_close(struct flow *flow)
{
	(void)flow;
}
