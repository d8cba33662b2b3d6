/* The command's own terminal: a pty of the view's private devpts. Its slave stands in the place of the caller's
 * terminal, which is not there inside; its master goes to the supervisor's caller, who moves the bytes.
 *
 * Init leads the session and the command is a process group in it. Were the command the leader, its group would be an
 * orphaned one, in which the kernel throws Ctrl-Z away (setpgid(2), POSIX "Orphaned Process Group").
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "backend/linux/cage.h"

enum { ROWS = 24, COLUMNS = 80, NO_GROUP = 1 /* init's own: nothing runs in it */ };

static bool is_replaced(const struct handover *handover, int stream)
{
	return handover->terminal & 1u << stream;
}

void terminal_look(struct inside *inside)
{
	const struct handover *handover = &inside->handover;
	for (int i = 0; i < 3 && !inside->has_settings; i++) {
		int stream = handover->streams[i];
		if (!is_replaced(handover, i) || tcgetattr(stream, &inside->settings) != 0)
			continue;
		inside->has_settings = true;
		if (ioctl(stream, TIOCGWINSZ, &inside->size) != 0)
			memset(&inside->size, 0, sizeof inside->size);
	}
	/* Whoever is in the foreground there may have set it up for himself. */
	if (handover->in_background)
		inside->has_settings = false;
	if (handover->rows)
		inside->size.ws_row = handover->rows;
	if (handover->columns)
		inside->size.ws_col = handover->columns;
	if (!inside->size.ws_row)
		inside->size.ws_row = ROWS;
	if (!inside->size.ws_col)
		inside->size.ws_col = COLUMNS;
}

/* By its descriptor and not by a name: the command's /dev is not looked at for it. */
static bool open_pair(int *ret_master, int *ret_slave, struct cordon_error *err)
{
	int locked = 0;
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (master < 0)
		return cordon_fail_errno(err, errno, "open /dev/ptmx");
	int slave = ioctl(master, TIOCSPTLCK, &locked) != 0 ? -1
							    : ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0) {
		int code = errno;
		close(master);
		return cordon_fail_errno(err, code, "open the other side of a new terminal");
	}
	*ret_master = master;
	*ret_slave = slave;
	return true;
}

bool terminal_make(struct inside *inside, struct cordon_error *err)
{
	if (!inside->handover.terminal)
		return true;
	if (!open_pair(&inside->master, &inside->slave, err) || !streams_move(inside, &inside->master, err) ||
	    !streams_move(inside, &inside->slave, err))
		return false;
	if (inside->has_settings && tcsetattr(inside->slave, TCSANOW, &inside->settings) != 0)
		return cordon_fail_errno(err, errno, "set the new terminal up");
	if (ioctl(inside->slave, TIOCSWINSZ, &inside->size) != 0)
		return cordon_fail_errno(err, errno, "give the new terminal its size");
	if (ioctl(inside->slave, TIOCSCTTY, 0) != 0 && !is_planted("session"))
		return cordon_fail_errno(err, errno, "make the new terminal the session's");
	for (int i = 0; i < 3; i++)
		if (is_replaced(&inside->handover, i))
			inside->streams[i] = inside->slave;
	return true;
}

bool terminal_join(const struct inside *inside)
{
	if (inside->slave < 0)
		return is_planted("session") || setsid() > 0;
	if (setpgid(0, 0) != 0)
		return false;
	/* Allowed because SIGTTOU is blocked (tcsetpgrp(3)). */
	return inside->handover.in_background || is_planted("session") || tcsetpgrp(inside->slave, getpid()) == 0;
}

void terminal_advance(const struct inside *inside, pid_t command)
{
	if (inside->slave >= 0)
		tcsetpgrp(inside->slave, command);
}

pid_t terminal_foreground(const struct inside *inside)
{
	pid_t group = inside->slave < 0 ? -1 : tcgetpgrp(inside->slave);
	return group > NO_GROUP ? group : -1;
}
