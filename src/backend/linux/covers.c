/* Whether the mounts of the plan still stand where they should.
 *
 * A mount covers an inode, not a name. When the host removes the name underneath, or renames another file over it (an
 * atomic save), the kernel takes the mount away in every namespace, and inside the real file lies open. The kernel tells:
 * mountinfo polls ready at any change of the namespace's mounts (proc_pid_mountinfo(5)). When the host renames the thing
 * itself the mount goes along and the name is bare; that, inotify tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "backend/linux/cage.h"

enum { FIRST_ROOM = 64 * 1024 };

struct covers {
	const struct plan *plan;
	int table;
	int names;         /* inotify, on the directories that hold the names of mounts */
	int *watches;      /* one per name: the watch of its directory, or -1 */
	bool has_no_watch; /* the user has too few left */
	char *text;
	size_t room;
	bool *stands; /* one per plan mount */
};

/* What the host may take away: a mount on a name of its own. On our tmpfs nothing but the command's own view changes. */
static bool may_be_lost(const struct plan_mount *mount)
{
	return mount->kind == MOUNT_COVER || mount->kind == MOUNT_BIND || mount->kind == MOUNT_FACADE;
}

/* The names that matter: those of the plan's mounts, then those that must not appear. NULL: one that nobody can change. */
static size_t name_count(const struct covers *covers)
{
	return covers->plan->mounts.count + covers->plan->unheld.count;
}

static const char *name_at(const struct covers *covers, size_t index)
{
	const struct plan *plan = covers->plan;
	if (index >= plan->mounts.count) {
		const struct plan_unheld *unheld = &plan->unheld.items[index - plan->mounts.count];
		return unheld->is_hidden ? unheld->path : NULL;
	}
	const struct plan_mount *mount = &plan->mounts.items[index];
	return may_be_lost(mount) && strcmp(mount->path, "/") != 0 ? mount->path : NULL;
}

static bool watch_name(struct covers *covers, size_t index, struct cordon_error *err)
{
	const uint32_t changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
	char parent[PATH_MAX];
	const char *path = name_at(covers, index);
	size_t length = path ? (size_t)(strrchr(path, '/') - path) : 0;
	covers->watches[index] = -1;
	if (!path || length >= sizeof parent)
		return true;
	memcpy(parent, length ? path : "/", length ? length : 1);
	parent[length ? length : 1] = '\0';
	covers->watches[index] = inotify_add_watch(covers->names, parent, changes);
	/* A directory that the user may not read, the user's programs do not change; one that is missing holds no name. */
	if (covers->watches[index] < 0 && errno != EACCES && errno != ENOENT)
		return cordon_fail_errno(err, errno, "watch '%s'", parent);
	return true;
}

static void stop_watching(struct covers *covers)
{
	if (covers->names >= 0)
		close(covers->names);
	covers->names = -1;
}

/* A user has 128 inotify instances and a limited number of watches, editors and other runs among their takers (inotify(7),
 * EMFILE and ENOSPC).
 */
bool covers_watch_names(struct covers *covers, struct cordon_error *err)
{
	if (covers->has_no_watch)
		return true;
	covers->names = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (covers->names < 0)
		return errno == EMFILE || cordon_fail_errno(err, errno, "make a watch for names");
	for (size_t i = 0; i < name_count(covers); i++) {
		if (watch_name(covers, i, err))
			continue;
		if (err->os_code != ENOSPC)
			return false;
		stop_watching(covers);
		covers->has_no_watch = true; /* giving up watches again and again would take the kernel too long */
		return true;
	}
	return true;
}

struct covers *covers_new(const struct plan *plan, pid_t pid)
{
	char path[64];
	struct covers *covers = calloc(1, sizeof *covers);
	if (!covers)
		return NULL;
	covers->plan = plan;
	covers->room = FIRST_ROOM;
	covers->text = malloc(covers->room);
	covers->stands = calloc(plan->mounts.count + 1, sizeof *covers->stands);
	covers->watches = calloc(name_count(covers) + 1, sizeof *covers->watches);
	covers->names = -1;
	snprintf(path, sizeof path, "/proc/%ld/mountinfo", (long)pid);
	covers->table = open(path, O_RDONLY | O_CLOEXEC);
	bool has_memory = covers->text && covers->stands && covers->watches;
	if (covers->table < 0 || !has_memory) {
		int code = has_memory ? errno : ENOMEM;
		covers_free(covers);
		errno = code;
		return NULL;
	}
	return covers;
}

struct covers *covers_free(struct covers *covers)
{
	if (!covers)
		return NULL;
	if (covers->table >= 0)
		close(covers->table);
	stop_watching(covers);
	free(covers->text);
	free(covers->stands);
	free(covers->watches);
	free(covers);
	return NULL;
}

int covers_table(const struct covers *covers)
{
	return covers->table;
}

int covers_names(const struct covers *covers)
{
	return covers->names;
}

static bool is_name_of_mount(const struct covers *covers, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW)
		return true;
	for (size_t i = 0; i < name_count(covers); i++)
		if (covers->watches[i] == event->wd && event->len &&
		    strcmp(strrchr(name_at(covers, i), '/') + 1, event->name) == 0)
			return true;
	return false;
}

bool covers_names_changed(struct covers *covers)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool is_changed = false;
	ssize_t length;
	while ((length = read(covers->names, buffer, sizeof buffer)) > 0) {
		for (ssize_t at = 0; at < length;) {
			const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
			is_changed = is_changed || is_name_of_mount(covers, event);
			at += (ssize_t)(sizeof *event + event->len);
		}
	}
	return is_changed;
}

static bool read_table(struct covers *covers, struct cordon_error *err)
{
	size_t length = 0;
	if (lseek(covers->table, 0, SEEK_SET) != 0)
		return cordon_fail_errno(err, errno, "rewind the mount table");
	for (;;) {
		ssize_t count = read(covers->table, covers->text + length, covers->room - length - 1);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return cordon_fail_errno(err, errno, "read the mount table");
		if (count == 0)
			break;
		length += (size_t)count;
		if (covers->room - length < 2) {
			char *larger = realloc(covers->text, covers->room * 2);
			if (!larger)
				return cordon_fail_memory(err);
			covers->text = larger;
			covers->room *= 2;
		}
	}
	covers->text[length] = '\0';
	return true;
}

/* The fifth field, with space, tab, newline and backslash as octal escapes: turned back in place. */
static char *mount_point(char *line)
{
	char *field = line;
	for (int i = 0; i < 4 && field; i++) {
		field = strchr(field, ' ');
		if (field)
			field++;
	}
	if (!field)
		return NULL;
	char *to = field;
	for (const char *from = field; *from && *from != ' '; to++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return field;
}

static void mark(struct covers *covers, const char *path)
{
	const struct plan_mount_list *mounts = &covers->plan->mounts;
	for (size_t i = 0; i < mounts->count; i++)
		if (!covers->stands[i] && strcmp(mounts->items[i].path, path) == 0)
			covers->stands[i] = true;
}

bool covers_check(struct covers *covers, const char **ret_lost, struct cordon_error *err)
{
	const struct plan_mount_list *mounts = &covers->plan->mounts;
	if (!read_table(covers, err))
		return false;
	memset(covers->stands, 0, mounts->count * sizeof *covers->stands);
	for (char *line = covers->text; line && *line;) {
		char *next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		const char *path = mount_point(line);
		if (path)
			mark(covers, path);
		line = next;
	}
	/* An empty table is that of a namespace without processes. */
	if (covers->text[0] == '\0')
		return cordon_fail(err, CORDON_OS_FAILED, "the view has no mounts any more");
	*ret_lost = NULL;
	for (size_t i = 0; i < mounts->count && !*ret_lost; i++)
		if (!covers->stands[i] && !view_leaves_out(&mounts->items[i]))
			*ret_lost = mounts->items[i].path;
	for (size_t i = mounts->count; i < name_count(covers) && !*ret_lost; i++)
		if (name_at(covers, i) && faccessat(AT_FDCWD, name_at(covers, i), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			*ret_lost = name_at(covers, i);
	return true;
}
