/* tests/nt/nt_files.h: files with descriptors, and which operation asks for which right on which of them. */
#pragma once

#include "nt.h"

enum { NT_FILES_MAX = 72, NT_PATH_MAX = 96 };
#define NT_NO_FILE SIZE_MAX

struct nt_file {
	char path[NT_PATH_MAX]; /* `C:\a\b`; a drive is `C:\` */
	size_t parent;          /* NT_NO_FILE: a drive */
	bool is_directory;
	struct nt_descriptor descriptor;
};

/* Parents come before what is in them. */
struct nt_tree {
	size_t count;
	struct nt_file files[NT_FILES_MAX];
};

size_t nt_tree_find(const struct nt_tree *tree, const char *path);            /* NT_NO_FILE: there is none */
bool nt_tree_is_below(const struct nt_tree *tree, size_t file, size_t above); /* itself too */
/* A new file with that descriptor, NT_NO_FILE when the tree is full. */
size_t nt_tree_add(struct nt_tree *tree, size_t parent, const char *name, bool is_directory,
		   const struct nt_descriptor *descriptor);
/* What is below inherits anew, as SetNamedSecurityInfo makes it. */
void nt_tree_propagate(struct nt_tree *tree, size_t file);

/* May the token open the file with these rights? FSA: what the file itself does not grant of DELETE its directory gives
 * with DELETE_CHILD, and of READ_ATTRIBUTES with LIST.
 */
bool nt_may_open(const struct nt_tree *tree, size_t file, const struct nt_token *token, uint32_t request,
		 const struct nt_readings *readings);
bool nt_may_create(const struct nt_tree *tree, size_t directory, bool is_directory, const struct nt_token *token,
		   const struct nt_readings *readings);
/* `replaced` is the file that stands at the new name; NT_NO_FILE: none. */
bool nt_may_rename(const struct nt_tree *tree, size_t file, size_t directory, size_t replaced,
		   const struct nt_token *token, const struct nt_readings *readings);
bool nt_may_link(const struct nt_tree *tree, size_t file, size_t directory, const struct nt_token *token,
		 const struct nt_readings *readings);
bool nt_may_set_owner(const struct nt_tree *tree, size_t file, uint32_t owner, const struct nt_token *token,
		      const struct nt_readings *readings);
