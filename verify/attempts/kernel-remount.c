/* kernel: root makes a read-only mount writable again.
 * plant as root: capabilities+seccomp+landlock
 * fallback: files.protect
 */
#include <sys/mount.h>

#include "attempt.h"

void act(void)
{
	const char *hooks = below("WORK", ".git/hooks");
	/* Bare it is no mount, and writable. */
	if (mount(NULL, hooks, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV, NULL) != 0)
		perror("mount");
	write_text(below("WORK", ".git/hooks/pre-commit"), "#!/bin/sh\n");
}

bool happened(void)
{
	return access(below("WORK", ".git/hooks/pre-commit"), F_OK) == 0;
}
