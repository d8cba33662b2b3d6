/* terminal, hazard 24: TIOCSTI with high bits set, which the kernel ignores and a 64-bit comparison does not.
 * run: --no-tty
 * plant: seccomp+session
 */
#include <sys/ioctl.h>

#include "attempt.h"

void prepare(void)
{
	if (file_holds("/proc/sys/dev/tty/legacy_tiocsti", "0") && geteuid() != 0)
		skip("this kernel refuses TIOCSTI to users");
}

void launch(char **command)
{
	char *words[64] = { (char *)below("VERIFY", "terminal"), (char *)below("WORLD", "typed") };
	for (int i = 0; command[i] && i < 60; i++)
		words[i + 2] = command[i];
	exit(run(words));
}

void act(void)
{
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
	for (const char *at = "rm -rf evil\n"; *at; at++)
		for (int i = 0; i < 3; i++) {
			int descriptor = i == 0 && terminal >= 0 ? terminal : i;
			if (syscall(SYS_ioctl, descriptor, (TIOCSTI | 0xcafe00000000), at) == 0)
				break;
		}
}

bool happened(void)
{
	return file_holds(below("WORLD", "typed"), "evil");
}
