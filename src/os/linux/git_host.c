/* What git's records ask of the file system. */
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "base/text.h"
#include "os/git.h"
#include "os/linux/linux.h"

enum git_thing git_look(const char *path)
{
	struct stat status;
	if (lstat(path, &status) != 0)
		return GIT_NOTHING;
	return S_ISREG(status.st_mode)   ? GIT_FILE
	       : S_ISDIR(status.st_mode) ? GIT_DIRECTORY
	       : S_ISLNK(status.st_mode) ? GIT_LINK
					 : GIT_OTHER;
}

bool git_is_type(const char *directory, const char *name, enum path_type type)
{
	struct stat status;
	CORDON_ON_EXIT(free_text) char *path = text_format("%s/%s", directory, name);
	return path && stat(path, &status) == 0 &&
	       (type == PATH_FILE ? S_ISREG(status.st_mode) : type == PATH_DIRECTORY && S_ISDIR(status.st_mode));
}

bool git_is_absolute(const char *path)
{
	return path[0] == '/';
}

char git_separator(void)
{
	return '/';
}

const char *git_last_separator(const char *path)
{
	return strrchr(path, '/');
}

const char *git_system_settings(struct git_survey *survey, unsigned number)
{
	(void)survey;
	return number == 0 ? "/etc/gitconfig" : NULL;
}

bool git_list(const char *directory, bool (*visit)(void *context, const char *name), void *context)
{
	CORDON_ON_EXIT(close_directory) DIR *opened = opendir(directory);
	struct dirent *entry;
	while (opened && (entry = readdir(opened)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !visit(context, entry->d_name))
			return false;
	return true;
}
