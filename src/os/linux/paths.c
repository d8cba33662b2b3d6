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

struct survey {
	struct facts *facts;
	uid_t *owners; /* of the directory that each fact is about */
	size_t owner_room;
	size_t *slots;     /* hash table over the facts' paths: index + 1, 0: free */
	size_t slot_count; /* a power of two */
	char *missing; /* what was not there when it was last looked for: rules often name several things below it */
};

#define NO_OWNER ((uid_t)-1)

static void survey_free(struct survey *survey)
{
	free(survey->owners);
	free(survey->slots);
	free(survey->missing);
}

/* -- facts by path -------------------------------------------------------------------------------------------- */

static size_t hash_path(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 0x100000001b3u;
	return (size_t)(hash ^ hash >> 32);
}

/* The slot that holds the path, or the free one where it belongs. */
static size_t *find_slot(const struct survey *survey, const char *path)
{
	size_t at = hash_path(path) & (survey->slot_count - 1);
	while (survey->slots[at] && strcmp(survey->facts->paths.items[survey->slots[at] - 1].path, path) != 0)
		at = (at + 1) & (survey->slot_count - 1);
	return &survey->slots[at];
}

static bool index_facts(struct survey *survey)
{
	size_t count = survey->facts->paths.count;
	size_t wanted = 256;
	while (wanted < count * 4)
		wanted *= 2;
	size_t *slots = calloc(wanted, sizeof *slots);
	if (!slots)
		return false;
	free(survey->slots);
	survey->slots = slots;
	survey->slot_count = wanted;
	for (size_t i = 0; i < count; i++)
		*find_slot(survey, survey->facts->paths.items[i].path) = i + 1;
	return true;
}

static bool keep_owner(struct survey *survey, size_t index, uid_t owner)
{
	if (index >= survey->owner_room) {
		size_t room = survey->owner_room * 2 > index + 1 ? survey->owner_room * 2 : index + 256;
		uid_t *grown = realloc(survey->owners, room * sizeof *grown);
		if (!grown)
			return false;
		for (size_t i = survey->owner_room; i < room; i++)
			grown[i] = NO_OWNER;
		survey->owners = grown;
		survey->owner_room = room;
	}
	survey->owners[index] = owner;
	return true;
}

/* Adds the fact, of which `path` is not there yet; its strings become the facts'. */
static bool add_fact(struct survey *survey, const struct path_fact *fact, uid_t owner)
{
	struct path_fact *added = fact->path && fact->landing ? LIST_ADD(&survey->facts->paths) : NULL;
	if (!added) {
		free(fact->path);
		free(fact->landing);
		return false;
	}
	*added = *fact;
	size_t index = survey->facts->paths.count - 1;
	if (!keep_owner(survey, index, owner))
		return false;
	if (survey->facts->paths.count * 2 > survey->slot_count)
		return index_facts(survey);
	*find_slot(survey, added->path) = index + 1;
	return true;
}

/* -- looking -------------------------------------------------------------------------------------------------- */

static bool ask_system(const char *path, struct place *ret_place, struct cordon_error *err)
{
	struct stat status;
	*ret_place = (struct place){ .type = PATH_MISSING, .owner = NO_OWNER };
	if (lstat(path, &status) != 0) {
		/* What the user may not reach is out of the command's reach too. */
		if (errno == ENOENT || errno == ENOTDIR || errno == EACCES)
			return true;
		return cordon_fail_errno(err, errno, "look at '%s'", path);
	}
	ret_place->type = S_ISREG(status.st_mode) ? PATH_FILE : S_ISDIR(status.st_mode) ? PATH_DIRECTORY : PATH_OTHER;
	ret_place->is_link = S_ISLNK(status.st_mode);
	ret_place->device = status.st_dev;
	ret_place->inode = status.st_ino;
	ret_place->links = (uint32_t)status.st_nlink;
	ret_place->owner = status.st_uid;
	return true;
}

/* The fact that says where the path itself is, or NULL. */
static const struct path_fact *known_place(const struct survey *survey, const char *path)
{
	size_t slot = *find_slot(survey, path);
	const struct path_fact *fact = slot ? &survey->facts->paths.items[slot - 1] : NULL;
	if (!fact || strcmp(fact->landing, path) != 0 || survey->owners[slot - 1] == NO_OWNER)
		return NULL;
	return fact;
}

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static bool look(struct survey *survey, const char *path, struct place *ret_place, struct cordon_error *err);

/* Whether the landing's parent is a directory, and the user's. The root has none. */
static bool look_at_parent(struct survey *survey, const char *landing, struct path_fact *fact, struct cordon_error *err)
{
	struct place place;
	if (strcmp(landing, "/") == 0)
		return true;
	CORDON_ON_EXIT(free_text) char *parent = parent_of(landing);
	if (!parent)
		return cordon_fail_memory(err);
	if (!look(survey, parent, &place, err))
		return false;
	fact->parent_exists = place.type == PATH_DIRECTORY;
	fact->parent_is_users = fact->parent_exists && place.owner == survey->facts->user_id;
	return true;
}

/* What is at the path, of which no component but the last may be a link. A directory becomes a fact. */
static bool look(struct survey *survey, const char *path, struct place *ret_place, struct cordon_error *err)
{
	const struct path_fact *known = known_place(survey, path);
	if (known) {
		*ret_place = (struct place){ known->type,   false,
					     known->device, known->inode,
					     known->links,  survey->owners[known - survey->facts->paths.items] };
		return true;
	}
	if (survey->missing && strcmp(survey->missing, path) == 0) {
		*ret_place = (struct place){ .type = PATH_MISSING, .owner = NO_OWNER };
		return true;
	}
	if (!ask_system(path, ret_place, err))
		return false;
	if (ret_place->type == PATH_MISSING) {
		free(survey->missing);
		survey->missing = strdup(path);
		return true;
	}
	size_t slot = *find_slot(survey, path);
	if (slot && strcmp(survey->facts->paths.items[slot - 1].landing, path) == 0)
		survey->owners[slot - 1] = ret_place->owner;
	if (slot || ret_place->type != PATH_DIRECTORY)
		return true;

	struct path_fact fact = { .type = PATH_DIRECTORY,
				  .device = ret_place->device,
				  .inode = ret_place->inode,
				  .links = ret_place->links };
	if (!look_at_parent(survey, path, &fact, err))
		return false;
	fact.path = strdup(path);
	fact.landing = strdup(path);
	return add_fact(survey, &fact, ret_place->owner) || cordon_fail_memory(err);
}

/* -- following ------------------------------------------------------------------------------------------------ */

struct walk {
	struct text landing; /* without a separator at the end; empty: the root */
	char *rest;          /* what is still to be followed; owned */
	struct place place;  /* of the landing, while is_exact */
	bool is_exact;
	unsigned missing; /* how many components at the end are not there, while is_exact */
	bool is_missing;
	unsigned links;
};

static void walk_free(struct walk *walk)
{
	text_free(&walk->landing);
	free(walk->rest);
}

static void leave_component(struct walk *walk)
{
	const char *slash = strrchr(text_str(&walk->landing), '/');
	if (slash) {
		walk->landing.length = (size_t)(slash - walk->landing.bytes);
		walk->landing.bytes[walk->landing.length] = '\0';
	}
}

static bool follow_link(struct walk *walk, const char *path, const char *rest, struct cordon_error *err)
{
	char target[PATH_MAX];
	if (++walk->links > LINKS_MAX)
		return cordon_fail_errno(err, ELOOP, "follow '%s'", path);
	ssize_t length = readlink(path, target, sizeof target - 1);
	if (length < 0)
		return cordon_fail_errno(err, errno, "read the link '%s'", path);
	target[length] = '\0';

	char *joined = text_format("%s/%s", target, rest);
	if (!joined)
		return cordon_fail_memory(err);
	free(walk->rest);
	walk->rest = joined;
	if (target[0] == '/') {
		text_free(&walk->landing);
		return true;
	}
	leave_component(walk);
	return true;
}

/* Takes one component of the rest. Behind what is missing nothing can be looked up: the rest is taken as written. */
static bool follow_component(struct survey *survey, struct walk *walk, const char *name, size_t length,
			     struct cordon_error *err)
{
	const char *rest = name + length;
	if (length == 0 || (length == 1 && name[0] == '.')) {
		memmove(walk->rest, rest, strlen(rest) + 1);
		return true;
	}
	if (length == 2 && memcmp(name, "..", 2) == 0) {
		leave_component(walk);
		walk->is_exact = false;
		memmove(walk->rest, rest, strlen(rest) + 1);
		return true;
	}

	text_add_char(&walk->landing, '/');
	text_add_bytes(&walk->landing, name, length);
	if (!text_ok(&walk->landing))
		return cordon_fail_memory(err);
	if (walk->is_missing) {
		walk->missing++;
	} else {
		if (!look(survey, text_str(&walk->landing), &walk->place, err))
			return false;
		if (walk->place.is_link)
			return follow_link(walk, text_str(&walk->landing), rest, err);
		walk->is_exact = true;
		walk->is_missing = walk->place.type == PATH_MISSING;
		walk->missing = walk->is_missing;
	}
	memmove(walk->rest, rest, strlen(rest) + 1);
	return true;
}

static bool land(struct survey *survey, const char *path, struct path_fact *ret_fact, uid_t *ret_owner,
		 struct cordon_error *err)
{
	CORDON_ON_EXIT(walk_free) struct walk walk = { .rest = strdup(path) };
	if (!walk.rest)
		return cordon_fail_memory(err);
	while (*walk.rest) {
		const char *name = walk.rest + (*walk.rest == '/');
		if (!follow_component(survey, &walk, name, strcspn(name, "/"), err))
			return false;
	}

	CORDON_ON_EXIT(free_text) char *landing = strdup(walk.landing.length ? text_str(&walk.landing) : "/");
	if (!landing)
		return cordon_fail_memory(err);
	if (!walk.is_exact && !look(survey, landing, &walk.place, err))
		return false;
	*ret_fact = (struct path_fact){ .type = walk.place.type,
					.device = walk.place.device,
					.inode = walk.place.inode,
					.links = walk.place.links };
	*ret_owner = walk.place.owner;
	bool is_parent_missing = walk.is_exact && walk.missing > 1;
	if (!is_parent_missing && !look_at_parent(survey, landing, ret_fact, err))
		return false;
	ret_fact->landing = cordon_take(&landing);
	return true;
}

static bool survey_path(struct survey *survey, const char *path, struct cordon_error *err)
{
	struct path_fact fact;
	uid_t owner;
	if (path[0] != '/')
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is no absolute path", path);
	if (*find_slot(survey, path))
		return true;
	if (!land(survey, path, &fact, &owner, err))
		return false;
	if (*find_slot(survey, path)) { /* it lands on itself and is a directory */
		free(fact.landing);
		return true;
	}
	fact.path = strdup(path);
	return add_fact(survey, &fact, owner) || cordon_fail_memory(err);
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
		CORDON_ON_EXIT(free_text) char *path = text_format("/%s", entry->d_name);
		if (!path)
			return cordon_fail_memory(err);
		if (!survey_path(survey, path, err))
			return false;
	}
	if (errno)
		return cordon_fail_errno(err, errno, "list '/'");
	survey->facts->root_is_listed = true;
	return true;
}

bool os_survey_paths(struct facts *facts, char *const *paths, struct cordon_error *err)
{
	CORDON_ON_EXIT(survey_free) struct survey survey = { .facts = facts };
	if (!index_facts(&survey) || !keep_owner(&survey, facts->paths.count, NO_OWNER))
		return cordon_fail_memory(err);
	for (; *paths; paths++)
		if (!survey_path(&survey, *paths, err))
			return false;
	return facts->root_is_listed || survey_root(&survey, err);
}

bool os_find_landing(const char *path, char **ret_landing, enum path_type *ret_type, struct cordon_error *err)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	CORDON_ON_EXIT(survey_free) struct survey survey = { .facts = facts };
	struct path_fact fact;
	uid_t owner;
	if (!facts || !index_facts(&survey) || !keep_owner(&survey, 0, NO_OWNER))
		return cordon_fail_memory(err);
	if (!land(&survey, path, &fact, &owner, err))
		return false;
	*ret_landing = fact.landing;
	*ret_type = fact.type;
	return true;
}
