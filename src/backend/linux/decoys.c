/* Decoys: links in the place of hidden names, by which it is seen that one was tried.
 *
 * A name that does not exist leaves no trace when it is looked for. So where a facade hides names, each is a link into
 * /dev/.cordon/hidden, and there a link to nowhere: the command finds nothing, as if the name did not exist, and the
 * time of the second link's last use tells that somebody has followed it. A facade is read-only, and no such time is
 * kept there: hence two. Every name that the policy hides has a decoy, whether it exists on the host or not, so that
 * none tells which do. On the way from one to the other all pass through a third, `tried`: mostly nobody has, and it is
 * the only one to be looked at.
 *
 * Who tried is not known; --explain knows, and needs no decoys. The command may change the links' times, which shows as
 * well, for that changes another time that nobody can set.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"

#define PLACE "/dev/.cordon/hidden"
#define TRIED "tried"

/* The presets hide three dozen names: so many are made before there is a plan, when init has nothing else to do. */
enum { DECOYS_AHEAD = 40, DECOYS = 96 };

static void name_decoy(char text[16], unsigned number)
{
	snprintf(text, 16, "%u", number);
}

bool decoys_are_wanted(const struct inside *inside)
{
	return inside->handover.observe && !inside->handover.explain && !is_planted("dev") && !is_planted("decoys");
}

/* A link that was never used. */
static bool make_link(const char *target, int place, const char *name)
{
	static const struct timespec never[2] = { { 0, 0 }, { 0, 0 } };
	return symlinkat(target, place, name) == 0 && utimensat(place, name, never, AT_SYMLINK_NOFOLLOW) == 0;
}

/* As long as there are fewer than that. */
static bool make(struct inside *inside, unsigned count, struct cordon_error *err)
{
	char name[16];
	if (inside->decoys_ready >= count)
		return true;
	int place = open(PLACE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool is_fine = place >= 0 && (inside->decoys_ready || make_link(".", place, TRIED));
	for (; is_fine && inside->decoys_ready < count; inside->decoys_ready++) {
		name_decoy(name, inside->decoys_ready);
		is_fine = make_link("/proc/0/hidden", place, name);
	}
	int code = errno;
	if (place >= 0)
		close(place);
	clock_gettime(CLOCK_REALTIME, &inside->decoys_made);
	return is_fine || cordon_fail_errno(err, code, "fill '%s'", PLACE);
}

bool decoys_make(struct inside *inside, struct cordon_error *err)
{
	return !decoys_are_wanted(inside) || make(inside, DECOYS_AHEAD, err);
}

/* Numbered in the order of the plan. */
bool decoys_place(struct inside *inside, const struct plan_mount *facade, int shown, struct cordon_error *err)
{
	char target[sizeof PLACE "/" TRIED "/" + 16] = PLACE "/" TRIED "/";
	if (!decoys_are_wanted(inside))
		return true;
	for (char *const *hidden = facade->decoys; hidden && *hidden && inside->decoys < DECOYS; hidden++) {
		name_decoy(target + sizeof PLACE "/" TRIED, inside->decoys++);
		if (!make(inside, inside->decoys, err))
			return false;
		if (symlinkat(target, shown, *hidden) != 0)
			return cordon_fail_errno(err, errno, "hide '%s/%s'", facade->path, *hidden);
	}
	return true;
}

int decoys_open(const struct inside *inside)
{
	return decoys_are_wanted(inside) ? open(PLACE, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

/* -- in the supervisor --------------------------------------------------------------------------------------------- */

/* What is there no more somebody has taken away. */
static bool is_used(const struct decoys *decoys, const char *name)
{
	struct stat status;
	if (fstatat(decoys->place, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT;
	bool is_changed = status.st_ctim.tv_sec > decoys->made.tv_sec ||
			  (status.st_ctim.tv_sec == decoys->made.tv_sec &&
			   status.st_ctim.tv_nsec > decoys->made.tv_nsec);
	return status.st_atim.tv_sec != 0 || is_changed;
}

static bool is_tried(const struct decoys *decoys, unsigned number)
{
	char name[16];
	name_decoy(name, number);
	return is_used(decoys, name);
}

/* Outside a name that does not exist cannot be read either. */
static bool is_there(char path[PATH_MAX], const struct plan_mount *facade, const char *name)
{
	struct stat status;
	int length = snprintf(path, PATH_MAX, "%s/%s", strcmp(facade->path, "/") == 0 ? "" : facade->path, name);
	return length < PATH_MAX && lstat(path, &status) == 0;
}

bool decoys_take(struct decoys *decoys, const struct plan *plan, char ret_path[PATH_MAX])
{
	if (decoys->place >= 0 && decoys->number == 0 && !is_used(decoys, TRIED))
		decoys->number = DECOYS;
	while (decoys->place >= 0 && decoys->mount < plan->mounts.count && decoys->number < DECOYS) {
		const struct plan_mount *facade = &plan->mounts.items[decoys->mount];
		if (!facade->decoys || !facade->decoys[decoys->name]) {
			decoys->mount++;
			decoys->name = 0;
			continue;
		}
		const char *name = facade->decoys[decoys->name++];
		if (is_tried(decoys, decoys->number++) && is_there(ret_path, facade, name))
			return true;
	}
	return false;
}
