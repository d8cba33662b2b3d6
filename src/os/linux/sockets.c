/* The host's unix sockets. A read-only mount keeps nobody from connecting to one, so the planner has to know them. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/linux/linux.h"
#include "os/os.h"

/* The kernel's table, one line a socket (proc_net(5)): address, references, protocol, flags, type, state, inode, path. */
#define TABLE "/proc/net/unix"
enum { ACCEPTS_CONNECTIONS = 0x10000 }; /* __SO_ACCEPTCON */

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* The path of a socket that others can reach, or NULL. */
static char *reachable_path(char *line)
{
	unsigned flags, type;
	int at = 0;
	/* Most sockets have no path, and taking a line apart is dear: a desktop has a thousand of them. */
	if (!strchr(line, '/'))
		return NULL;
	if (sscanf(line, "%*s %*x %*x %x %x %*x %*u %n", &flags, &type, &at) != 2 || at == 0 || line[at] != '/')
		return NULL;
	if (type != SOCK_DGRAM && !(flags & ACCEPTS_CONNECTIONS))
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line + at;
}

static bool add(struct facts *facts, const char *path, struct cordon_error *err)
{
	char landing[PATH_MAX];
	struct stat status;
	/* The name may lead elsewhere by now, or be out of the user's sight: then it is out of the command's as well. */
	if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode) || !realpath(path, landing))
		return true;
	for (size_t i = 0; i < facts->sockets.count; i++)
		if (strcmp(facts->sockets.items[i], landing) == 0)
			return true;
	char **added = LIST_ADD(&facts->sockets);
	if (!added)
		return cordon_fail_memory(err);
	*added = strdup(landing);
	return *added || cordon_fail_memory(err);
}

bool os_survey_sockets(struct facts *facts, struct cordon_error *err)
{
	char line[PATH_MAX + 128];
	CORDON_ON_EXIT(close_file) FILE *table = fopen(TABLE, "re");
	if (!table)
		return cordon_fail_errno(err, errno, "read " TABLE);
	while (fgets(line, sizeof line, table)) {
		const char *path = reachable_path(line);
		if (path && !add(facts, path, err))
			return false;
	}
	return !ferror(table) || cordon_fail_errno(err, errno, "read " TABLE);
}
