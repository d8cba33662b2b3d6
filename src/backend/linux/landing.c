/* Where a path that the command names leads: its links are looked up through its view. What it names it may change
 * meanwhile, and so may the host; what rests on that is told in observer.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"
#include "os/os.h"

enum { LINKS_MAX = 40 }; /* as many as the kernel follows */

/* No component but names: such a path, if no link is met on it, is where it lands. */
static bool is_straight(const char *path)
{
	for (const char *at = path; *at; at++) {
		size_t dots = *at == '/' ? strspn(at + 1, ".") : 3;
		if (dots < 3 && (at[1 + dots] == '/' || at[1 + dots] == '\0') && (at != path || at[1]))
			return false;
	}
	return *path == '/';
}

int landing_open(const struct pathfinder *finder, const char *path)
{
	errno = ELOOP;
	return is_straight(path) ? kernel_openat2(finder->root, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)
				 : -1;
}

/* Every process has the same root: chroot is refused. */
bool landing_find(const struct pathfinder *finder, const char *path, char landing[PATH_MAX])
{
	char link[32];
	int place = landing_open(finder, path);
	if (place >= 0) { /* the name of what was opened takes the kernel as long as to open it */
		close(place);
		strcpy(landing, path);
		return true;
	}
	if (errno != ELOOP)
		return false;
	place = kernel_openat2(finder->root, path, O_PATH, RESOLVE_IN_ROOT);
	if (place < 0)
		return false;
	snprintf(link, sizeof link, "/proc/self/fd/%d", place);
	ssize_t length = readlink(link, landing, PATH_MAX - 1);
	int code = errno;
	close(place);
	errno = code;
	if (length <= 0)
		return false;
	landing[length] = '\0';
	return true;
}

/* For a name that is made, or removed as a name: its directory is found, the last component stays. */
static bool find_name(const struct pathfinder *finder, const char *path, char *landing)
{
	char parent[PATH_MAX];
	size_t length = strlen(path);
	memcpy(parent, path, length + 1);
	while (length > 1 && parent[length - 1] == '/')
		parent[--length] = '\0';
	char *slash = strrchr(parent, '/');
	if (!slash || !slash[1] || strcmp(slash, "/..") == 0 || strcmp(slash, "/.") == 0)
		return landing_find(finder, path, landing);

	char name[NAME_MAX + 1];
	if (strlen(slash + 1) > NAME_MAX)
		return false;
	strcpy(name, slash + 1);
	slash[slash == parent] = '\0';
	if (!landing_find(finder, parent, landing))
		return false;
	size_t place = strlen(landing);
	if (place + 1 + strlen(name) >= PATH_MAX)
		return false;
	snprintf(landing + place, PATH_MAX - place, "%s%s", landing[place - 1] == '/' ? "" : "/", name);
	return true;
}

static bool has_component(const char *path, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = strstr(path, name); at; at = strstr(at + 1, name))
		if (at[-1] == '/' && (at[length] == '/' || at[length] == '\0'))
			return true;
	return false;
}

/* Strings one behind the other, of which none is `whole`; false, with errno, where there is no room for them. */
static bool put_together(char whole[PATH_MAX], const char *one, const char *two, const char *three)
{
	const char *const parts[] = { one, two, three };
	size_t used = 0;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		size_t length = strlen(parts[i]);
		errno = ENAMETOOLONG;
		if (length >= PATH_MAX - used)
			return false;
		memcpy(whole + used, parts[i], length);
		used += length;
	}
	whole[used] = '\0';
	return true;
}

/* How much of the path exists: *ret_there is where the slash behind it stands, `landing` where it leads. Where a
 * beginning of the path does not exist no longer one does: few looks find the longest, however long the command makes
 * the way of each.
 */
static bool find_beginning(const struct pathfinder *finder, const char *path, char *landing, size_t *ret_there)
{
	char above[PATH_MAX];
	size_t there = 0, missing = strlen(path);
	while (there + 1 < missing) {
		size_t middle = there + (missing - there) / 2, slash = middle;
		while (slash > there && path[slash] != '/')
			slash--;
		if (slash == there) /* none in the lower half */
			slash = middle + strcspn(path + middle, "/");
		if (slash >= missing)
			break;
		memcpy(above, path, slash);
		above[slash] = '\0';
		if (landing_find(finder, above, landing))
			there = slash;
		else if (errno == ENAMETOOLONG)
			return false;
		else
			missing = slash;
	}
	memcpy(above, there ? path : "/", there ? there : 1);
	above[there ? there : 1] = '\0';
	*ret_there = there;
	return landing_find(finder, above, landing);
}

/* Below what does not exist: by the time that the call goes on the host may have made it. */
static bool find_missing(const struct pathfinder *finder, const char *path, char *landing)
{
	char found[PATH_MAX];
	size_t there;
	if (!find_beginning(finder, path, landing, &there))
		return false;
	errno = ENOENT;
	if (there == 0 || has_component(path + there + 1, ".."))
		return false;
	strcpy(found, strcmp(landing, "/") == 0 ? "" : landing);
	return put_together(landing, found, path + there, "");
}

/* What /proc/self says to the process itself: its number in its own namespace, the last that the kernel lists. */
static pid_t own_number(const struct pathfinder *finder)
{
	char path[64], line[256];
	pid_t number = 0;
	snprintf(path, sizeof path, "/proc/%d/status", finder->process);
	FILE *status = fopen(path, "re");
	while (status && number == 0 && fgets(line, sizeof line, status)) {
		const char *last = strncmp(line, "NSpid:", 6) == 0 ? strrchr(line, '\t') : NULL;
		number = last ? atoi(last + 1) : 0;
	}
	if (status)
		fclose(status);
	return number;
}

/* Where it shares our numbers, /proc/self has led to us instead of to the process: puts that right. */
static void turn_from_us(const struct pathfinder *finder, char way[PATH_MAX])
{
	char ours[64], task[64], its[64], was[PATH_MAX];
	size_t length = (size_t)snprintf(ours, sizeof ours, "/proc/%d", getpid());
	if (!os_lies_below(way, ours) || own_number(finder) != finder->process)
		return;
	strcpy(was, way);
	snprintf(task, sizeof task, "/proc/%d/task/%ld", getpid(), syscall(SYS_gettid));
	if (os_lies_below(was, task))
		length = strlen(task);
	snprintf(its, sizeof its, "/proc/%d", finder->process);
	if (!put_together(way, its, was + length, ""))
		strcpy(way, was);
}

/* What the link says, by the command's view. Links of /proc lead to whatever a process has open. */
static bool read_link(const struct pathfinder *finder, const char *path, char *text)
{
	char own[PATH_MAX];
	if (strcmp(path, "/proc/self") == 0 || strcmp(path, "/proc/thread-self") == 0)
		return snprintf(text, PATH_MAX, "%d", own_number(finder)) > 0;
	int place = kernel_openat2(finder->root, path, O_PATH | O_NOFOLLOW, RESOLVE_IN_ROOT);
	ssize_t length = place < 0 ? -1 : readlinkat(place, "", own, sizeof own - 1);
	if (place >= 0)
		close(place);
	if (length <= 0)
		return false;
	memcpy(text, own, (size_t)length);
	text[length] = '\0';
	return true;
}

/* Puts in the path, in place of the first link that leads where we cannot follow, what it says; false when there is
 * none.
 */
static bool expand_link(const struct pathfinder *finder, char path[PATH_MAX])
{
	char way[PATH_MAX], folder[PATH_MAX], text[PATH_MAX], name[NAME_MAX + 1], rest[PATH_MAX];
	size_t there;
	if (!find_beginning(finder, path, folder, &there))
		return false;
	turn_from_us(finder, folder);
	const char *begin = path + there + strspn(path + there, "/");
	size_t length = strcspn(begin, "/");
	if (length == 0 || length > NAME_MAX)
		return false;
	memcpy(name, begin, length);
	name[length] = '\0';
	strcpy(rest, begin + length);
	if (strcmp(folder, "/") == 0)
		*folder = '\0';
	if (!put_together(way, folder, "/", name) || !read_link(finder, way, text))
		return false;
	if (*text == '/')
		return put_together(path, text, rest, "");
	return put_together(way, "/", text, rest) && put_together(path, folder, way, "");
}

static bool is_link(const struct pathfinder *finder, const char *path)
{
	struct stat status;
	int place = kernel_openat2(finder->root, path, O_PATH | O_NOFOLLOW, RESOLVE_IN_ROOT);
	bool is = place >= 0 && fstat(place, &status) == 0 && S_ISLNK(status.st_mode);
	if (place >= 0)
		close(place);
	return is;
}

/* A file is also made behind a link that leads nowhere yet; and links of /proc are the process' own, which only it can
 * follow.
 */
bool landing_of(const struct pathfinder *finder, const char *path, bool is_name, char landing[PATH_MAX])
{
	char way[PATH_MAX];
	strcpy(way, path);
	for (int links = 0; links < LINKS_MAX; links++) {
		if (!is_name && landing_find(finder, way, landing))
			return true;
		if (find_name(finder, way, landing) && (is_name || !is_link(finder, landing)))
			return true;
		if (!expand_link(finder, way))
			break;
	}
	return find_missing(finder, way, landing);
}
