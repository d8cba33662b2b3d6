/* os/linux/linux.h: what the files of this folder share. */
#pragma once

#include <dirent.h>
#include <linux/openat2.h>
#include <unistd.h>

#include "base/error.h"

/* Release functions for CORDON_ON_EXIT. */
static inline void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static inline void close_descriptor(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

/* open.c: openat2(2): a descriptor, or -1 and errno. Where the system call is refused it is done by hand, which refuses any
 * link, and "..", where `resolve` is not 0.
 */
int open_how(int directory, const char *path, const struct open_how *how);

/* host.c: the user's home, malloc'ed: HOME where it is an absolute path, else as the user database has it. */
CORDON_CHECKED bool find_home(char **ret_home, struct cordon_error *err);

/* host.c: the folder that the variable names if its value is an absolute path, else `usual` below home; malloc'ed,
 * NULL when memory is short.
 */
char *find_folder(const char *variable, const char *home, const char *usual);
