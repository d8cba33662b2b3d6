#include "backend/linux/proc_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAT_SIZE = 2048 };

bool proc_stat_read(int directory, const char *path, struct proc_stat *ret_stat)
{
	char text[STAT_SIZE];
	int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
	int code = errno;
	if (file >= 0)
		close(file);
	errno = length == 0 ? ESRCH : code;
	if (length <= 0)
		return false;
	text[length] = '\0';

	/* The name may hold anything, but ends at the last parenthesis. */
	char *at = strrchr(text, ')');
	errno = EINVAL;
	if (!at || strlen(at) < 5)
		return false;
	memset(ret_stat, 0, sizeof *ret_stat);
	ret_stat->state = at[2];
	at += 3;
	for (int field = STAT_PARENT; field < STAT_FIELDS; field++)
		ret_stat->fields[field] = strtoull(at, &at, 10);
	return true;
}
