/* Bytes that are moved in the kernel, from socket to socket through a pipe (splice(2)). */
#include "network/linux/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct bulk {
	int pipe[2];
};

static unsigned pipe_count;

bool bulk_open(struct flow *flow)
{
	struct bulk made;
	if (flow->bulk)
		return true;
	if (pipe_count == PIPES_MAX || pipe2(made.pipe, O_NONBLOCK | O_CLOEXEC) != 0)
		return false;
	struct bulk *bulk = malloc(sizeof *bulk);
	if (!bulk) {
		close(made.pipe[0]);
		close(made.pipe[1]);
		return false;
	}
	*bulk = made;
	flow->bulk = bulk;
	pipe_count++;
	fcntl(bulk->pipe[1], F_SETPIPE_SZ, PIPE_SIZE);
	return true;
}

void bulk_close(struct flow *flow)
{
	if (!flow->bulk)
		return;
	close(flow->bulk->pipe[0]);
	close(flow->bulk->pipe[1]);
	free(flow->bulk);
	flow->bulk = NULL;
	pipe_count--;
}

enum moved bulk_write(struct flow *flow, size_t *ret_length)
{
	ssize_t written = splice(flow->bulk->pipe[0], NULL, flow->to->socket, NULL, flow->piped,
				 SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (written < 0)
		return errno == EAGAIN || errno == EINTR ? MOVED_NOTHING : MOVED_BROKEN;
	if (written == 0)
		return MOVED_BROKEN;
	*ret_length = (size_t)written;
	return MOVED_SOME;
}

enum moved bulk_read(struct flow *flow)
{
	ssize_t length = splice(flow->from->socket, NULL, flow->bulk->pipe[1], NULL, PIPE_SIZE,
				SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? MOVED_NOTHING : MOVED_BROKEN;
	if (length == 0)
		return MOVED_END;
	flow->piped += (size_t)length;
	return MOVED_SOME;
}
