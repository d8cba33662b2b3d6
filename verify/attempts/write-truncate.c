/* files.write, hazard 11: a file outside emptied by truncate(2) alone, which older Landlock does not know.
 * plant: mounts.readonly
 */
#include "attempt.h"

void act(void)
{
	if (truncate(below("OUTSIDE", "file"), 0) != 0)
		perror("truncate");
}

bool happened(void)
{
	return !file_holds(below("OUTSIDE", "file"), "untouched");
}
