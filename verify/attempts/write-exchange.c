/* files.write: a file outside changes places with another outside, and with one of the workspace (RENAME_EXCHANGE).
 * plant: mounts.readonly+landlock
 */
#include "attempt.h"

void act(void)
{
	write_text(below("WORK", "evil"), "evil\n");
	if (syscall(SYS_renameat2, AT_FDCWD, below("WORK", "evil"), AT_FDCWD, below("OUTSIDE", "file"),
		    RENAME_EXCHANGE) != 0)
		perror("renameat2");
	if (syscall(SYS_renameat2, AT_FDCWD, below("OUTSIDE", "folder"), AT_FDCWD, below("OUTSIDE", "file"),
		    RENAME_EXCHANGE) != 0)
		perror("renameat2");
}

bool happened(void)
{
	return !file_holds(below("OUTSIDE", "file"), "untouched");
}
