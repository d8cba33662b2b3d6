/* files.write, hazard 22: a file that is set-user-id from its beginning, by each call that gives a new file its mode.
 * plant: seccomp
 */
#include <linux/openat2.h>

#include "attempt.h"

static const char *const names[] = { "opened", "nameless", "by-openat2", "node" };

void act(void)
{
	const struct open_how how = { .flags = O_CREAT | O_RDWR, .mode = 04755 };
	char place[64];
	umask(0);
	if (open("opened", O_CREAT | O_RDWR, 04755) < 0)
		perror("open");
	int nameless = open(".", O_TMPFILE | O_RDWR, 04755);
	snprintf(place, sizeof place, "/proc/self/fd/%d", nameless);
	if (nameless < 0 || linkat(AT_FDCWD, place, AT_FDCWD, "nameless", AT_SYMLINK_FOLLOW) != 0)
		perror("nameless");
	if (syscall(SYS_openat2, AT_FDCWD, "by-openat2", &how, sizeof how) < 0)
		perror("openat2");
	if (mknod("node", S_IFREG | 04755, 0) != 0)
		perror("mknod");
}

bool happened(void)
{
	struct stat status;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (stat(below("WORK", names[i]), &status) == 0 && (status.st_mode & S_ISUID))
			return true;
	return false;
}
