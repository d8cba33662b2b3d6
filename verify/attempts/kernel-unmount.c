/* kernel: root takes away the mounts that hide its secrets.
 * plant as root: capabilities+seccomp+landlock
 */
#include <sys/mount.h>

#include "attempt.h"

void act(void)
{
	char text[256] = "";
	/* Bare there is nothing to take away. */
	if (umount2(below("HOME", ".ssh"), MNT_DETACH) != 0 && umount2(getenv("HOME"), MNT_DETACH) != 0)
		perror("umount2");
	int key = open(below("HOME", ".ssh/id_rsa"), O_RDONLY | O_CLOEXEC);
	if (key >= 0 && read(key, text, sizeof text - 1) > 0)
		puts(text);
}

bool happened(void)
{
	return file_holds(below("WORLD", "output"), secret);
}
