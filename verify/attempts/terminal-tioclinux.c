/* terminal, hazard 24: TIOCLINUX pastes what stands on a virtual console's screen into its input.
 * run: --no-tty
 *
 * No layer to leave out: since Linux 6.7 it takes a capability over the host, which no user namespace gives.
 */
#include <linux/tiocl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "attempt.h"

static const char line[] = "rm -rf evil";

/* The console whose screen is shown: no other's can be selected from. */
static int open_console(int flags)
{
	return open("/dev/tty0", O_RDWR | O_CLOEXEC | flags);
}

void prepare(void)
{
	char state = TIOCL_GETSHIFTSTATE;
	int console = open_console(O_NOCTTY);
	if (console < 0 || ioctl(console, TIOCLINUX, &state) != 0)
		skip("there is no virtual console that this user may use");
}

/* The console is the session's own, as for a person who is logged in there. */
void launch(char **command)
{
	setsid();
	int console = open_console(0);
	if (console < 0 || ioctl(console, TIOCSCTTY, 1) != 0)
		exit(1);
	struct termios before, settings;
	tcgetattr(console, &before);
	settings = before;
	settings.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	tcsetattr(console, TCSAFLUSH, &settings);
	dup2(console, 0);
	int status = run(command);

	char typed[100];
	fcntl(console, F_SETFL, O_NONBLOCK);
	ssize_t length = read(console, typed, sizeof typed);
	int file = open(below("WORLD", "typed"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0 || (length > 0 && write(file, typed, (size_t)length) != length))
		exit(1);
	tcsetattr(console, TCSAFLUSH, &before);
	exit(status);
}

void act(void)
{
	struct {
		char padding, code;
		struct tiocl_selection selection;
	} __attribute__((packed)) select = { 0, TIOCL_SETSEL, { 1, 1, sizeof line - 1, 1, TIOCL_SELCHAR } };
	char paste = TIOCL_PASTESEL;
	if (write(0, "\033[2J\033[H", 7) != 7 || write(0, line, sizeof line - 1) < 0)
		return;
	usleep(50000);
	if (ioctl(0, TIOCLINUX, &select.code) == 0)
		ioctl(0, TIOCLINUX, &paste);
}

bool happened(void)
{
	return file_holds(below("WORLD", "typed"), "evil");
}
