/* What git's records ask of the file system. */
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/git.h"
#include "os/os.h"
#include "os/windows/windows.h"

#include <knownfolders.h>

enum git_thing git_look(const char *path)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	FILE_ATTRIBUTE_TAG_INFO tag;
	if (!os_absolute(path, &absolute, &ignored) || !native_path(absolute, &native, &ignored))
		return GIT_NOTHING;
	CORDON_ON_EXIT(close_handle) HANDLE handle = open_path(native, false);
	if (handle == INVALID_HANDLE_VALUE)
		return GIT_NOTHING;
	if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &tag, sizeof tag))
		return GIT_OTHER;
	bool is_link = (tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) && IsReparseTagNameSurrogate(tag.ReparseTag);
	return is_link                                         ? GIT_LINK
	       : tag.FileAttributes & FILE_ATTRIBUTE_DIRECTORY ? GIT_DIRECTORY
	       : GetFileType(handle) == FILE_TYPE_DISK         ? GIT_FILE
							       : GIT_OTHER;
}

/* The owner of a file may always read what its list says, and change it; a list that refuses him is not read here. */
void git_open_up(const char *path)
{
	(void)path;
}

bool git_is_type(const char *directory, const char *name, enum path_type type)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", directory, name);
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	enum path_type found;
	return path && os_find_landing(path, &landing, &found, &ignored) && found == type;
}

/* `/etc` and the like are below the folder of MSYS2, which nothing here knows: such a path leads nowhere. */
bool git_is_absolute(const char *path)
{
	return path[0] == '/' || path[0] == '\\' || (path[0] && path[1] == ':');
}

char git_separator(void)
{
	return '\\';
}

const char *git_last_separator(const char *path)
{
	const char *name = os_name(path);
	return name > path ? name - 1 : NULL;
}

const char *git_system_settings(struct git_survey *survey, unsigned number)
{
	static const struct {
		const GUID *folder;
		const char *below;
	} places[] = {
		{ &FOLDERID_ProgramData, "Git\\config" },
		{ &FOLDERID_ProgramFiles, "Git\\etc\\gitconfig" },
		{ &FOLDERID_LocalAppData, "Programs\\Git\\etc\\gitconfig" },
	};
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *folder = NULL;
	if (number >= COUNT_OF(places) || !known_folder(places[number].folder, "git's settings", &folder, &ignored))
		return NULL;
	return git_join(survey, folder, places[number].below);
}

bool git_list(const char *directory, bool (*visit)(void *context, const char *name), void *context)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	WIN32_FIND_DATAW entry;
	if (!os_absolute(directory, &absolute, &ignored))
		return true;
	CORDON_ON_EXIT(free_text) char *all = text_format("%s\\*", absolute);
	if (!all || !native_path(all, &native, &ignored))
		return true;
	HANDLE found = FindFirstFileW(native, &entry);
	if (found == INVALID_HANDLE_VALUE)
		return true;
	bool goes_on = true;
	do {
		struct text name = { 0 };
		wide_add(&name, entry.cFileName, wide_length(entry.cFileName));
		bool is_dots = strcmp(text_str(&name), ".") == 0 || strcmp(text_str(&name), "..") == 0;
		goes_on = is_dots || (text_ok(&name) && visit(context, text_str(&name)));
		text_free(&name);
	} while (goes_on && FindNextFileW(found, &entry));
	FindClose(found);
	return goes_on;
}
