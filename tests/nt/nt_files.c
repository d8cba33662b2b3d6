#include "nt_files.h"

#include <stdio.h>
#include <string.h>

size_t nt_tree_find(const struct nt_tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->count; i++)
		if (strcmp(tree->files[i].path, path) == 0)
			return i;
	return NT_NO_FILE;
}

bool nt_tree_is_below(const struct nt_tree *tree, size_t file, size_t above)
{
	for (; file != NT_NO_FILE; file = tree->files[file].parent)
		if (file == above)
			return true;
	return false;
}

size_t nt_tree_add(struct nt_tree *tree, size_t parent, const char *name, bool is_directory,
		   const struct nt_descriptor *descriptor)
{
	if (tree->count == NT_FILES_MAX)
		return NT_NO_FILE;
	struct nt_file *file = &tree->files[tree->count];
	const char *above = parent == NT_NO_FILE ? "" : tree->files[parent].path;
	size_t length = strlen(above);
	bool ends = length == 0 || above[length - 1] == '\\';
	int written = snprintf(file->path, sizeof file->path, "%s%s%s", above, ends ? "" : "\\", name);
	if (written < 0 || (size_t)written >= sizeof file->path)
		return NT_NO_FILE;
	file->parent = parent;
	file->is_directory = is_directory;
	file->descriptor = *descriptor;
	return tree->count++;
}

void nt_tree_propagate(struct nt_tree *tree, size_t file)
{
	for (size_t i = file + 1; i < tree->count; i++) {
		struct nt_file *below = &tree->files[i];
		if (nt_tree_is_below(tree, i, file))
			nt_descriptor_inherit(&below->descriptor, &tree->files[below->parent].descriptor,
					      below->is_directory);
	}
}

/* -- opening ----------------------------------------------------------------------------------------------------- */

/* AUTHZ, privilege constants: an open for backup or restore, which anybody may ask for. */
static uint32_t take_backup(const struct nt_token *token, uint32_t request)
{
	if (token->privileges & NT_BACKUP)
		request &= ~(NT_READ_CONTROL | NT_SYSTEM_SECURITY | NT_FILE_READ | NT_TRAVERSE);
	if (token->privileges & NT_RESTORE)
		request &= ~(NT_WRITE_DAC | NT_WRITE_OWNER | NT_SYSTEM_SECURITY | NT_FILE_WRITE | NT_DELETE);
	return request;
}

static bool may_traverse(const struct nt_tree *tree, size_t file, const struct nt_token *token,
			 const struct nt_readings *readings)
{
	if (token->privileges & NT_CHANGE_NOTIFY)
		return true;
	for (size_t above = tree->files[file].parent; above != NT_NO_FILE; above = tree->files[above].parent)
		if (!nt_check(&tree->files[above].descriptor, token, NT_TRAVERSE, readings))
			return false;
	return true;
}

bool nt_may_open(const struct nt_tree *tree, size_t file, const struct nt_token *token, uint32_t request,
		 const struct nt_readings *readings)
{
	const struct nt_file *opened = &tree->files[file];
	if (!may_traverse(tree, file, token, readings))
		return false;
	uint32_t lacking = take_backup(token, nt_map(request));
	if (!lacking || nt_check(&opened->descriptor, token, lacking, readings))
		return true;
	if (opened->parent == NT_NO_FILE)
		return false;

	const struct nt_descriptor *directory = &tree->files[opened->parent].descriptor;
	if ((lacking & NT_DELETE) && nt_check(directory, token, NT_DELETE_CHILD, readings))
		lacking &= ~NT_DELETE;
	if ((lacking & NT_READ_ATTRIBUTES) && nt_check(directory, token, NT_LIST, readings))
		lacking &= ~NT_READ_ATTRIBUTES;
	return !lacking || nt_check(&opened->descriptor, token, lacking, readings);
}

/* -- what is more than an open ----------------------------------------------------------------------------------- */

/* FSA 2.1.5.1.1: the directory's right to add, and only that; the creator gets what it asks for on the new file. */
bool nt_may_create(const struct nt_tree *tree, size_t directory, bool is_directory, const struct nt_token *token,
		   const struct nt_readings *readings)
{
	return tree->files[directory].is_directory &&
	       nt_may_open(tree, directory, token, is_directory ? NT_ADD_DIRECTORY : NT_ADD_FILE, readings);
}

/* FSA 2.1.5.15.11: DELETE on what moves and on what is replaced, and the right to add in the directory. */
bool nt_may_rename(const struct nt_tree *tree, size_t file, size_t directory, size_t replaced,
		   const struct nt_token *token, const struct nt_readings *readings)
{
	return tree->files[file].parent != NT_NO_FILE && !nt_tree_is_below(tree, directory, file) &&
	       nt_may_open(tree, file, token, NT_DELETE, readings) &&
	       nt_may_create(tree, directory, tree->files[file].is_directory, token, readings) &&
	       (replaced == NT_NO_FILE || nt_may_open(tree, replaced, token, NT_DELETE, readings));
}

/* MS15-115: WRITE_ATTRIBUTES for what is sandboxed; else a handle with any right at all. */
bool nt_may_link(const struct nt_tree *tree, size_t file, size_t directory, const struct nt_token *token,
		 const struct nt_readings *readings)
{
	static const uint32_t any[] = { NT_READ_ATTRIBUTES, NT_READ_CONTROL, NT_SYNCHRONIZE,      NT_READ_DATA,
					NT_READ_EA,         NT_EXECUTE,      NT_WRITE_ATTRIBUTES, NT_DELETE };
	if (tree->files[file].is_directory || !nt_may_create(tree, directory, false, token, readings))
		return false;
	if (nt_is_sandboxed(token, readings))
		return nt_may_open(tree, file, token, NT_WRITE_ATTRIBUTES, readings);
	for (size_t i = 0; i < sizeof any / sizeof any[0]; i++)
		if (nt_may_open(tree, file, token, any[i], readings))
			return true;
	return false;
}

/* AUTHZ "taking object ownership": oneself or a group that the token may own with; anybody with SeRestorePrivilege. */
bool nt_may_set_owner(const struct nt_tree *tree, size_t file, uint32_t owner, const struct nt_token *token,
		      const struct nt_readings *readings)
{
	bool may_be_owner = owner == token->user || (token->privileges & NT_RESTORE) ||
			    (owner == NT_ADMINISTRATORS && nt_sids_hold(&token->groups, owner));
	return may_be_owner && nt_may_open(tree, file, token, NT_WRITE_OWNER, readings);
}
