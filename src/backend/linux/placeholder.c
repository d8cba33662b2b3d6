/* Objects that hold missing names while the run lasts: a mount needs something to stand on. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "base/list.h"

struct placeholder {
	const char *path; /* the plan's */
	bool is_directory;
	const char *content; /* never NULL */
	dev_t device;
	ino_t inode;
};

struct placeholders {
	struct placeholder_list {
		struct placeholder *items;
		size_t count, room;
	} made;
};

static bool make(struct placeholders *placeholders, struct plan_mount *mount, struct cordon_error *err)
{
	struct stat status;
	struct placeholder *made = LIST_ADD(&placeholders->made);
	if (!made)
		return cordon_fail_memory(err);
	made->path = mount->path;
	made->is_directory = mount->is_directory;
	made->content = mount->content ? mount->content : "";

	bool is_made;
	if (mount->is_directory) {
		is_made = mkdir(mount->path, 0755) == 0;
	} else {
		int file = open(mount->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		size_t length = strlen(made->content);
		is_made = file >= 0 && write(file, made->content, length) == (ssize_t)length;
		if (file >= 0)
			close(file);
	}
	int code = errno;
	if (!is_made || lstat(mount->path, &status) != 0) {
		placeholders->made.count--;
		return cordon_fail_errno(err, is_made ? errno : code, "hold the name '%s'", mount->path);
	}
	made->device = mount->device = status.st_dev;
	made->inode = mount->inode = status.st_ino;
	return true;
}

bool placeholders_make(struct plan *plan, struct placeholders **ret_placeholders, struct cordon_error *err)
{
	struct placeholders *placeholders = calloc(1, sizeof *placeholders);
	if (!placeholders)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < plan->mounts.count; i++) {
		struct plan_mount *mount = &plan->mounts.items[i];
		if (mount->is_missing && !make(placeholders, mount, err)) {
			placeholders_free(placeholders);
			return false;
		}
	}
	*ret_placeholders = placeholders;
	return true;
}

static bool has_content(const struct placeholder *made)
{
	char bytes[16];
	int file = open(made->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (file < 0)
		return false;
	ssize_t length = read(file, bytes, sizeof bytes);
	close(file);
	return length == (ssize_t)strlen(made->content) && memcmp(bytes, made->content, (size_t)length) == 0;
}

/* Only what is still ours: the host may have put a real thing there meanwhile. */
static void remove_ours(const struct placeholder *made)
{
	struct stat status;
	if (lstat(made->path, &status) != 0 || status.st_dev != made->device || status.st_ino != made->inode)
		return;
	if (made->is_directory)
		rmdir(made->path);
	else if (has_content(made))
		unlink(made->path);
}

struct placeholders *placeholders_free(struct placeholders *placeholders)
{
	if (!placeholders)
		return NULL;
	for (size_t i = placeholders->made.count; i-- > 0;)
		remove_ours(&placeholders->made.items[i]);
	free(placeholders->made.items);
	free(placeholders);
	return NULL;
}
