/* Where paths land.
 *
 * Every link is followed here, one component at a time, because realpath(3) says nothing of a path whose end is
 * missing. Each directory is looked at once: it becomes a fact of its own, in which later paths find it again.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/linux/linux.h"
#include "os/os.h"

enum { LINKS_MAX = 40 }; /* as many as the kernel follows (path_resolution(7)) */

/* What is at a path that has no link in it. */
struct place {
	enum path_type type;
	bool is_link;
	uint64_t device, inode;
	uint32_t links;
	uid_t owner;
};

/* Of the directory that something is in. */
struct parent {
	bool exists;
	uid_t owner;
};

struct survey {
	struct facts *facts;
	struct arena *arena;
	struct {
		uid_t *items;
		size_t count, room;
	} owners;         /* of what each fact is about; NO_OWNER: not looked at */
	size_t found;     /* the fact that was found last: paths come in order, one directory after the other */
	struct text last; /* what was looked at last and is no directory, which would have become a fact: rules often
			   * name several things below what is not there */
	struct place last_place;

	/* of the path that is being followed */
	const char *path;
	struct text landing;  /* without a separator at the end; empty: the root */
	struct text rests[2]; /* what a link leaves to be followed, and what the one before it did */
};

#define NO_OWNER ((uid_t)-1)

static void survey_free(struct survey *survey)
{
	text_free(&survey->last);
	text_free(&survey->landing);
	text_free(&survey->rests[0]);
	text_free(&survey->rests[1]);
}

static bool set_text(struct text *text, const char *bytes, size_t length)
{
	text->length = 0;
	text_add_bytes(text, bytes, length);
	return text_ok(text);
}

static bool is_text(const struct text *text, const char *bytes, size_t length)
{
	return text->length == length && text_common(text_str(text), bytes, length) == length;
}

/* -- facts by path -------------------------------------------------------------------------------------------- */

static bool add_owner(struct survey *survey, uid_t owner)
{
	uid_t *added = LIST_ADD_IN(survey->arena, &survey->owners);
	if (added)
		*added = owner;
	return added;
}

/* Of facts that an earlier survey left only the names are known: what they are about is looked at again. */
static bool forget_owners(struct survey *survey)
{
	for (size_t i = 0; i < survey->facts->paths.count; i++)
		if (!add_owner(survey, NO_OWNER))
			return false;
	return true;
}

/* Adds a fact about a path that is not there yet. */
static bool add_fact(struct survey *survey, const char *path, const char *landing, const struct place *place,
		     const struct parent *parent, struct cordon_error *err)
{
	struct path_fact *fact = facts_add_path(survey->facts, path, landing);
	if (!fact || !add_owner(survey, place->owner))
		return cordon_fail_memory(err);
	fact->type = place->type;
	fact->device = place->device;
	fact->inode = place->inode;
	fact->links = place->links;
	fact->parent_exists = parent->exists;
	fact->parent_is_users = parent->exists && parent->owner == survey->facts->user_id;
	return true;
}

/* -- looking -------------------------------------------------------------------------------------------------- */

static bool ask_system(struct survey *survey, const char *path, size_t length, struct place *ret_place,
		       struct cordon_error *err)
{
	struct stat status;
	/* What the user may not reach is out of the command's reach too: it counts as missing. */
	struct place place = { .type = PATH_MISSING, .owner = NO_OWNER };
	if (lstat(path, &status) == 0) {
		place.type = S_ISREG(status.st_mode)   ? PATH_FILE
			     : S_ISDIR(status.st_mode) ? PATH_DIRECTORY
						       : PATH_OTHER;
		place.is_link = S_ISLNK(status.st_mode);
		place.device = status.st_dev;
		place.inode = status.st_ino;
		place.links = (uint32_t)status.st_nlink;
		place.owner = status.st_uid;
	} else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
		return cordon_fail_errno(err, errno, "look at '%s'", path);
	}
	*ret_place = place;
	if (place.type == PATH_DIRECTORY)
		return true;
	survey->last_place = place;
	return set_text(&survey->last, path, length) || cordon_fail_memory(err);
}

/* The fact that says where the path itself is, or NULL. */
static const struct path_fact *known_place(struct survey *survey, const char *path, size_t length)
{
	const struct path_fact *items = survey->facts->paths.items;
	const struct path_fact *fact = survey->found < survey->facts->paths.count ? &items[survey->found] : NULL;
	if (!fact || fact->length != length || text_common(fact->path, path, length) != length)
		fact = facts_find_bytes(survey->facts, path, length);
	if (!fact || fact->landing != fact->path || survey->owners.items[fact - items] == NO_OWNER)
		return NULL;
	survey->found = (size_t)(fact - items);
	return fact;
}

/* The length of the path of the directory that the last component is in. */
static size_t directory_length(const char *path, size_t length)
{
	while (length > 0 && path[length - 1] != '/')
		length--;
	return length > 1 ? length - 1 : length;
}

static bool look(struct survey *survey, const char *path, size_t length, struct place *ret_place,
		 struct cordon_error *err);

/* Whether the landing's parent is a directory, and whose. The root has none. */
static bool look_at_parent(struct survey *survey, const char *landing, size_t length, struct parent *ret_parent,
			   struct cordon_error *err)
{
	struct place place = { .type = PATH_MISSING };
	if (length > 1 && !look(survey, landing, directory_length(landing, length), &place, err))
		return false;
	*ret_parent = (struct parent){ place.type == PATH_DIRECTORY, place.owner };
	return true;
}

/* What is at the path of that length, of which no component but the last may be a link. A directory becomes a fact. */
static bool look(struct survey *survey, const char *path, size_t length, struct place *ret_place,
		 struct cordon_error *err)
{
	const struct path_fact *known = known_place(survey, path, length);
	if (known) {
		*ret_place = (struct place){ known->type,   false,
					     known->device, known->inode,
					     known->links,  survey->owners.items[known - survey->facts->paths.items] };
		return true;
	}
	if (is_text(&survey->last, path, length)) {
		*ret_place = survey->last_place;
		return true;
	}
	CORDON_ON_EXIT(free_text) char *cut = path[length] ? strndup(path, length) : NULL;
	const char *whole = path[length] ? cut : path;
	if (!whole)
		return cordon_fail_memory(err);
	if (!ask_system(survey, whole, length, ret_place, err))
		return false;

	const struct path_fact *fact = facts_find_bytes(survey->facts, path, length);
	if (fact && fact->landing == fact->path)
		survey->owners.items[fact - survey->facts->paths.items] = ret_place->owner;
	if (fact || ret_place->type != PATH_DIRECTORY)
		return true;
	struct parent parent;
	return look_at_parent(survey, whole, length, &parent, err) &&
	       add_fact(survey, whole, whole, ret_place, &parent, err);
}

/* -- following ------------------------------------------------------------------------------------------------ */

struct walk {
	const char *rest;   /* what is still to be followed */
	struct place place; /* of the landing, while is_exact */
	bool is_exact;
	unsigned missing; /* how many components at the end are not there, while is_exact */
	bool is_missing;
	unsigned links;
};

static void leave_component(struct text *landing)
{
	while (landing->length > 0 && landing->bytes[--landing->length] != '/')
		continue;
	if (landing->bytes)
		landing->bytes[landing->length] = '\0';
}

static bool follow_link(struct survey *survey, struct walk *walk, struct cordon_error *err)
{
	const char *path = text_str(&survey->landing);
	char target[PATH_MAX];
	struct link_fact *fact = facts_add_link(survey->facts, survey->path, path);
	if (!fact)
		return cordon_fail_memory(err);
	fact->device = walk->place.device;
	fact->inode = walk->place.inode;
	if (++walk->links > LINKS_MAX)
		return cordon_fail_errno(err, ELOOP, "follow '%s'", path);
	ssize_t length = readlink(path, target, sizeof target - 1);
	if (length < 0)
		return cordon_fail_errno(err, errno, "read the link '%s'", path);
	target[length] = '\0';

	struct text *rest = &survey->rests[walk->links % 2];
	set_text(rest, target, (size_t)length);
	text_add_char(rest, '/');
	text_add(rest, walk->rest);
	if (!text_ok(rest))
		return cordon_fail_memory(err);
	walk->rest = text_str(rest);
	if (target[0] == '/')
		return set_text(&survey->landing, "", 0) || cordon_fail_memory(err);
	leave_component(&survey->landing);
	return true;
}

/* Takes one component of the rest. Behind what is missing nothing can be looked up: the rest is taken as written. */
static bool follow_component(struct survey *survey, struct walk *walk, const char *name, size_t length,
			     struct cordon_error *err)
{
	struct text *landing = &survey->landing;
	walk->rest = name + length;
	if (length == 0 || (length == 1 && name[0] == '.'))
		return true;
	if (length == 2 && memcmp(name, "..", 2) == 0) {
		leave_component(landing);
		walk->is_exact = false;
		return true;
	}

	text_add_char(landing, '/');
	text_add_bytes(landing, name, length);
	if (!text_ok(landing))
		return cordon_fail_memory(err);
	if (walk->is_missing) {
		walk->missing++;
		return true;
	}
	if (!look(survey, text_str(landing), landing->length, &walk->place, err))
		return false;
	if (walk->place.is_link)
		return follow_link(survey, walk, err);
	walk->is_exact = true;
	walk->is_missing = walk->place.type == PATH_MISSING;
	walk->missing = walk->is_missing;
	return true;
}

/* How much of the path, its end aside, is a directory that is known; 0: none, but for the root. */
static size_t known_length(struct survey *survey, const char *path)
{
	size_t length = directory_length(path, strlen(path));
	for (; length > 1; length = directory_length(path, length)) {
		const struct path_fact *fact = known_place(survey, path, length);
		if (fact && fact->type == PATH_DIRECTORY)
			return length;
	}
	return 0;
}

/* Follows the path from the directory on that is known. *ret_landing holds until the next path is followed. */
static bool land(struct survey *survey, const char *path, const char **ret_landing, struct place *ret_place,
		 struct parent *ret_parent, struct cordon_error *err)
{
	size_t known = known_length(survey, path);
	struct walk walk = { .rest = path + known };
	survey->path = path;
	if (!set_text(&survey->landing, path, known))
		return cordon_fail_memory(err);
	while (*walk.rest) {
		const char *name = walk.rest + (*walk.rest == '/');
		if (!follow_component(survey, &walk, name, strcspn(name, "/"), err))
			return false;
	}

	const char *landing = survey->landing.length ? text_str(&survey->landing) : "/";
	size_t length = strlen(landing);
	if (!walk.is_exact && !look(survey, landing, length, &walk.place, err))
		return false;
	struct parent parent = { false, NO_OWNER };
	bool is_parent_missing = walk.is_exact && walk.missing > 1;
	if (!is_parent_missing && !look_at_parent(survey, landing, length, &parent, err))
		return false;
	*ret_landing = landing;
	*ret_place = walk.place;
	*ret_parent = parent;
	return true;
}

/* Most paths are names in directories that are known: what is no link lands on itself there. */
static bool survey_name(struct survey *survey, const char *path, size_t length, bool *ret_is_done,
			struct cordon_error *err)
{
	struct place place;
	size_t above = directory_length(path, length);
	const char *name = path + above + (path[above] == '/');
	const struct path_fact *directory = known_place(survey, path, above);
	*ret_is_done = false;
	if (!directory || directory->type != PATH_DIRECTORY || !*name || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return true;
	if (!ask_system(survey, path, length, &place, err))
		return false;
	if (place.is_link)
		return true;
	struct parent parent = { true, survey->owners.items[directory - survey->facts->paths.items] };
	*ret_is_done = true;
	return add_fact(survey, path, path, &place, &parent, err);
}

static bool survey_path(struct survey *survey, const char *path, struct cordon_error *err)
{
	const char *landing;
	struct place place;
	struct parent parent;
	if (path[0] != '/')
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is no absolute path", path);
	size_t length = strlen(path);
	if (facts_find_bytes(survey->facts, path, length))
		return true;

	bool is_done;
	if (!survey_name(survey, path, length, &is_done, err))
		return false;
	if (is_done)
		return true;
	if (!land(survey, path, &landing, &place, &parent, err))
		return false;
	/* It may land on itself and be a directory, which is a fact by now. */
	return facts_find_bytes(survey->facts, path, length) || add_fact(survey, path, landing, &place, &parent, err);
}

static bool survey_root(struct survey *survey, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_directory) DIR *directory = opendir("/");
	struct dirent *entry;
	if (!directory)
		return cordon_fail_errno(err, errno, "list '/'");
	while ((errno = 0, entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		char path[1 + sizeof entry->d_name] = "/";
		strcpy(path + 1, entry->d_name);
		if (!survey_path(survey, path, err))
			return false;
	}
	if (errno)
		return cordon_fail_errno(err, errno, "list '/'");
	survey->facts->root_is_listed = true;
	return true;
}

/* A rule may also close "/" by the name of a link to it. */
static bool needs_root(const struct facts *facts)
{
	for (size_t i = 0; facts->root_stays_open && i < facts->paths.count; i++) {
		const struct path_fact *fact = &facts->paths.items[i];
		if (fact->landing != fact->path && strcmp(fact->landing, "/") == 0)
			return true;
	}
	return !facts->root_stays_open;
}

bool os_survey_paths(struct facts *facts, char *const *paths, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(survey_free) struct survey survey = { .facts = facts, .arena = &arena };
	if (!forget_owners(&survey))
		return cordon_fail_memory(err);
	for (; *paths; paths++)
		if (!survey_path(&survey, *paths, err))
			return false;
	return facts->root_is_listed || !needs_root(facts) || survey_root(&survey, err);
}

bool os_find_landing(const char *path, char **ret_landing, enum path_type *ret_type, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	CORDON_ON_EXIT(survey_free) struct survey survey = { .facts = facts };
	const char *landing;
	struct place place;
	struct parent parent;
	if (!facts)
		return cordon_fail_memory(err);
	facts->paths.arena = arena_in(&room);
	survey.arena = &facts->paths.arena;
	if (!land(&survey, path, &landing, &place, &parent, err))
		return false;
	char *copy = strdup(landing);
	if (!copy)
		return cordon_fail_memory(err);
	*ret_landing = copy;
	*ret_type = place.type;
	return true;
}
