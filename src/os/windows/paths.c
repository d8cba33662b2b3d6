/* Where paths land.
 *
 * What one handle says is believed, never a spelling: a component is opened as itself, link or not, and the handle
 * tells where it stands, in the disk's own case and with long names. Links are read and followed here, one component at
 * a time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "os/windows/missing.h"
#include "os/windows/windows.h"

#include <sddl.h>
#include <winioctl.h>

enum { LINKS_MAX = 63 }; /* as many as Windows follows */

/* What is at a path that has no link in it. */
struct place {
	enum path_type type;
	uint64_t device, inode;
	uint32_t links;
	struct standing standing;
};

struct survey {
	struct facts *facts; /* may be NULL: only a landing is wanted */
	PSID user;
	struct {
		struct standing *items;
		size_t count, room;
	} standings;  /* of what each fact is about; shorter than the facts: the others are not known */
	size_t spent; /* by look_below_directory */
};

struct walk {
	struct text landing; /* what was followed; no separator at the end but a drive's */
	struct text rest;    /* what is still to be */
	struct place place;  /* of the landing, while is_exact */
	bool is_exact, is_missing;
	unsigned links;
};

static void free_walk(struct walk *walk)
{
	text_free(&walk->landing);
	text_free(&walk->rest);
}

static void free_survey(struct survey *survey)
{
	LocalFree(survey->user);
	free(survey->standings.items);
}

/* -- text ---------------------------------------------------------------------------------------------------------- */

/* The length of the root: of `C:\`, of `\\server\share`; 0: none. */
static size_t root_length(const char *path)
{
	if (path[0] && path[1] == ':')
		return path[2] == '\\' || path[2] == '/' ? 3 : 0;
	if (path[0] != '\\' || path[1] != '\\')
		return 0;
	size_t server = strcspn(path + 2, "\\");
	size_t share = path[2 + server] ? strcspn(path + 3 + server, "\\") : 0;
	return server && share ? 3 + server + share : 0;
}

/* The length of the path of the directory around the last component; 0 for a root. */
static size_t parent_length(const char *path)
{
	size_t root = root_length(path), length = strlen(path);
	if (length <= root)
		return 0;
	while (length > root && path[length - 1] != '\\')
		length--;
	return length > root ? length - 1 : root;
}

static bool set_text(struct text *text, const char *bytes, size_t length, struct cordon_error *err)
{
	text->length = 0;
	text_add_bytes(text, bytes, length);
	return text_ok(text) || cordon_fail_memory(err);
}

static void cut_text(struct text *text, size_t length)
{
	text->length = length;
	text->bytes[length] = '\0';
}

static void add_name(struct text *path, const char *name, size_t length)
{
	if (path->length > 0 && path->bytes[path->length - 1] != '\\')
		text_add_char(path, '\\');
	text_add_bytes(path, name, length);
}

/* -- looking ------------------------------------------------------------------------------------------------------- */

static bool identify(const struct survey *survey, HANDLE handle, struct place *ret_place)
{
	BY_HANDLE_FILE_INFORMATION about;
	struct place place = { 0 };
	if (!GetFileInformationByHandle(handle, &about))
		return false;
	place.type = about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? PATH_DIRECTORY
		     : GetFileType(handle) == FILE_TYPE_DISK           ? PATH_FILE
								       : PATH_OTHER;
	place.links = about.nNumberOfLinks;
	if (!file_identity(handle, &place.device, &place.inode))
		return false;
	read_standing(handle, survey->user, &place.standing);
	*ret_place = place;
	return true;
}

static bool is_absence(DWORD code)
{
	return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND || code == ERROR_NOT_READY ||
	       code == ERROR_INVALID_DRIVE;
}

/* Opens what is at the path itself; *ret_handle is INVALID_HANDLE_VALUE when there is nothing. */
static bool open_itself(const char *path, HANDLE *ret_handle, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!native_path(path, &native, err))
		return false;
	*ret_handle = open_path(native, false);
	if (*ret_handle == INVALID_HANDLE_VALUE && !is_absence(GetLastError()))
		return windows_fail(err, GetLastError(), "CreateFile", "look at '%s'", path);
	return true;
}

static bool look(const struct survey *survey, const char *path, struct place *ret_place, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE handle = INVALID_HANDLE_VALUE;
	*ret_place = (struct place){ .type = PATH_MISSING };
	if (!open_itself(path, &handle, err))
		return false;
	return handle == INVALID_HANDLE_VALUE || identify(survey, handle, ret_place) ||
	       windows_fail(err, GetLastError(), "GetFileInformationByHandle", "look at '%s'", path);
}

/* -- what is known already ----------------------------------------------------------------------------------------- */

/* The fact about a directory that stands at the very path: rules name many things in few directories. */
static const struct path_fact *known_directory(const struct survey *survey, const char *path, size_t length)
{
	const struct path_fact *fact = survey->facts ? facts_find_bytes(survey->facts, path, length) : NULL;
	return fact && fact->landing == fact->path && fact->type == PATH_DIRECTORY ? fact : NULL;
}

/* How much of the path, its end aside, is a directory that is known; else its root. */
static size_t known_length(const struct survey *survey, const char *path)
{
	size_t root = root_length(path);
	for (size_t length = strlen(path); length > root;) {
		while (length > root && path[length - 1] != '\\')
			length--;
		length -= length > root;
		if (known_directory(survey, path, length))
			return length;
	}
	return root;
}

static const struct standing *known_standing(const struct survey *survey, const struct path_fact *fact)
{
	size_t index = (size_t)(fact - survey->facts->paths.items);
	return index < survey->standings.count && survey->standings.items[index].is_known
		       ? &survey->standings.items[index]
		       : NULL;
}

static bool note_standing(struct survey *survey, const struct standing *standing)
{
	while (survey->standings.count < survey->facts->paths.count)
		if (!LIST_ADD(&survey->standings))
			return false;
	survey->standings.items[survey->standings.count - 1] = *standing;
	return true;
}

/* As look, of a directory. */
static bool look_at_directory(const struct survey *survey, const char *path, struct place *ret_place,
			      struct cordon_error *err)
{
	const struct path_fact *known = known_directory(survey, path, strlen(path));
	const struct standing *standing = known ? known_standing(survey, known) : NULL;
	if (!standing)
		return look(survey, path, ret_place, err);
	*ret_place = (struct place){ .type = PATH_DIRECTORY, .standing = *standing };
	return true;
}

bool os_has_identity(const char *path, uint64_t device, uint64_t inode)
{
	const struct survey nobody = { 0 };
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct place place;
	return look(&nobody, path, &place, &ignored) && place.type != PATH_MISSING && place.device == device &&
	       place.inode == inode;
}

/* -- links --------------------------------------------------------------------------------------------------------- */

enum link_kind { NO_LINK, LINK_RELATIVE, LINK_ABSOLUTE };

/* What the handle's reparse point leads to. A mounted volume is a directory like any other; a placeholder of a cloud's
 * or of deduplication is the file itself.
 */
static bool read_link(HANDLE handle, const char *path, enum link_kind *ret_kind, struct text *ret_target,
		      struct cordon_error *err)
{
	FILE_ATTRIBUTE_TAG_INFO tag;
	DWORD length;
	*ret_kind = NO_LINK;
	if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &tag, sizeof tag))
		return windows_fail(err, GetLastError(), "GetFileInformationByHandleEx", "look at '%s'", path);
	if (!(tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) || !IsReparseTagNameSurrogate(tag.ReparseTag))
		return true;
	if (tag.ReparseTag != IO_REPARSE_TAG_SYMLINK && tag.ReparseTag != IO_REPARSE_TAG_MOUNT_POINT)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "'%s' is a link that Windows does not follow (WSL makes such; its tag is 0x%lx): "
				   "name what it leads to, or remove it",
				   path, tag.ReparseTag);

	struct reparse_answer *answer = calloc(1, REPARSE_ANSWER_MAX);
	CORDON_ON_EXIT(free_text) char *owned = (char *)answer;
	if (!answer)
		return cordon_fail_memory(err);
	if (!DeviceIoControl(handle, FSCTL_GET_REPARSE_POINT, NULL, 0, answer, REPARSE_ANSWER_MAX, &length, NULL))
		return windows_fail(err, GetLastError(), "DeviceIoControl", "read the link '%s'", path);
	bool is_symlink = answer->tag == IO_REPARSE_TAG_SYMLINK;
	const WCHAR *names = is_symlink ? answer->symlink.names : answer->mount_point.names;
	size_t start = (size_t)((const char *)names - owned) + answer->target_offset;
	if (start + answer->target_length > length || answer->target_length % sizeof(WCHAR) != 0)
		return cordon_fail(err, CORDON_OS_FAILED, "the link '%s' is damaged", path);
	wide_add(ret_target, names + answer->target_offset / sizeof(WCHAR), answer->target_length / sizeof(WCHAR));
	if (!text_ok(ret_target))
		return cordon_fail_memory(err);
	if (!is_symlink && text_starts(text_str(ret_target), "\\??\\Volume{"))
		return true;
	*ret_kind = is_symlink && answer->symlink.flags & REPARSE_FLAG_RELATIVE ? LINK_RELATIVE : LINK_ABSOLUTE;
	return true;
}

/* Begins again at the target's root, or stays in the directory of a relative link; then comes the target, then the
 * rest.
 */
static bool follow(struct walk *walk, const char *link, enum link_kind kind, const char *target,
		   struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text rest = { 0 };
	CORDON_ON_EXIT(free_text) char *plain = NULL;
	if (++walk->links > LINKS_MAX)
		return cordon_fail(err, CORDON_OS_FAILED, "'%s': more than %d links", link, LINKS_MAX);
	if (kind == LINK_ABSOLUTE) {
		CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
		if (!wide_make(target, &native, err))
			return false;
		plain = plain_path(native);
		if (!plain || root_length(plain) == 0)
			return cordon_fail(err, CORDON_UNSUPPORTED, "the link '%s' leads to no drive or share", link);
		target = plain + root_length(plain);
		if (!set_text(&walk->landing, plain, root_length(plain), err))
			return false;
	} else if (target[0] == '\\') {
		cut_text(&walk->landing, root_length(text_str(&walk->landing)));
	}
	text_add(&rest, target);
	text_add_char(&rest, '\\');
	text_add(&rest, text_str(&walk->rest));
	walk->is_exact = false;
	return set_text(&walk->rest, text_str(&rest), rest.length, err);
}

/* -- following ----------------------------------------------------------------------------------------------------- */

/* One component, of which the path is landing\name. */
static bool step(const struct survey *survey, struct walk *walk, const char *path, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE handle = INVALID_HANDLE_VALUE;
	CORDON_ON_EXIT(text_free) struct text target = { 0 };
	enum link_kind kind;
	if (!open_itself(path, &handle, err))
		return false;
	if (handle == INVALID_HANDLE_VALUE) {
		walk->is_missing = true;
		walk->place = (struct place){ .type = PATH_MISSING };
		return set_text(&walk->landing, path, strlen(path), err);
	}
	if (!read_link(handle, path, &kind, &target, err))
		return false;
	if (kind != NO_LINK)
		return follow(walk, path, kind, text_str(&target), err);
	CORDON_ON_EXIT(free_text) char *landing = final_path(handle);
	if (!landing || !identify(survey, handle, &walk->place))
		return windows_fail(err, GetLastError(), "GetFinalPathNameByHandle", "find where '%s' is", path);
	walk->is_exact = true;
	return set_text(&walk->landing, landing, strlen(landing), err);
}

/* The rest's first component goes to *ret_name, what is behind it stays. */
static bool take_component(struct walk *walk, struct text *name, struct cordon_error *err)
{
	const char *rest = text_str(&walk->rest);
	rest += strspn(rest, "\\/");
	size_t length = strcspn(rest, "\\/");
	CORDON_ON_EXIT(free_text) char *left = strdup(rest + length);
	return left && set_text(name, rest, length, err) ? set_text(&walk->rest, left, strlen(left), err)
							 : cordon_fail_memory(err);
}

static bool take_step(const struct survey *survey, struct walk *walk, const char *name, size_t length,
		      struct cordon_error *err)
{
	struct text *landing = &walk->landing;
	if (strcmp(name, "..") == 0) {
		/* Only a link's target has such, and the landing has no link in it. */
		size_t above = parent_length(text_str(landing));
		walk->is_exact = false;
		if (above > 0)
			cut_text(landing, above);
		return true;
	}
	CORDON_ON_EXIT(text_free) struct text child = { 0 };
	text_add(&child, text_str(landing));
	add_name(&child, name, length);
	if (!text_ok(&child))
		return cordon_fail_memory(err);
	/* Behind what is missing nothing can be looked up: the rest is taken as written. */
	return walk->is_missing ? set_text(landing, text_str(&child), child.length, err)
				: step(survey, walk, text_str(&child), err);
}

static bool land(const struct survey *survey, const char *path, struct walk *walk, struct cordon_error *err)
{
	size_t known = known_length(survey, path);
	if (known == 0)
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is no absolute path with a drive or a share", path);
	if (!set_text(&walk->landing, path, known, err) ||
	    !set_text(&walk->rest, path + known, strlen(path + known), err))
		return false;
	for (;;) {
		CORDON_ON_EXIT(text_free) struct text name = { 0 };
		if (!take_component(walk, &name, err))
			return false;
		if (name.length == 0)
			break;
		if (strcmp(text_str(&name), ".") != 0 && !take_step(survey, walk, text_str(&name), name.length, err))
			return false;
	}
	if (walk->is_exact || walk->is_missing)
		return true;
	/* A root, which may stand for a folder (subst) or a share; or what `..` came back to. */
	CORDON_ON_EXIT(free_text) char *whole = strdup(text_str(&walk->landing));
	return whole ? step(survey, walk, whole, err) : cordon_fail_memory(err);
}

/* -- facts --------------------------------------------------------------------------------------------------------- */

/* Who reads what is there, and who finds its name. */
static void settle_reach(struct survey *survey, const struct place *place, const struct place *parent,
			 struct path_fact *fact)
{
	struct standing standing = place->standing;
	if (standing.is_known && place->type == PATH_DIRECTORY)
		look_below_directory(fact->landing, survey->user, &survey->spent, &standing);
	fact->others = standing.others;
	fact->packages = standing.packages;
	fact->packages.is_open = fact->packages.is_open && user_reads(fact->landing);
	bool is_parent_known = fact->parent_exists && parent->standing.is_known;
	fact->others.is_unlisted = is_parent_known && parent->standing.others.is_unlisted;
	fact->packages.is_unlisted = is_parent_known && parent->standing.packages.is_unlisted;
}

static bool add_fact(struct survey *survey, const char *path, const char *landing, const struct place *place,
		     struct cordon_error *err)
{
	struct place parent = { .type = PATH_MISSING };
	size_t above = parent_length(landing);
	CORDON_ON_EXIT(free_text) char *directory = above ? text_format("%.*s", (int)above, landing) : NULL;
	if (above > 0 && !directory)
		return cordon_fail_memory(err);
	if (directory && !look_at_directory(survey, directory, &parent, err))
		return false;
	struct path_fact *fact = facts_add_path(survey->facts, path, landing);
	if (!fact || !note_standing(survey, &place->standing))
		return cordon_fail_memory(err);
	fact->type = place->type;
	fact->device = place->device;
	fact->inode = place->inode;
	fact->links = place->links;
	fact->parent_exists = parent.type == PATH_DIRECTORY;
	fact->parent_is_users = fact->parent_exists && parent.standing.is_users;
	settle_reach(survey, place, &parent, fact);
	return true;
}

/* The existing directories above, each by its own landing; the outermost first, so that each finds its own above. */
static bool add_directories(struct survey *survey, const char *landing, struct cordon_error *err)
{
	size_t length = parent_length(landing);
	if (length == 0 || facts_find_bytes(survey->facts, landing, length))
		return true;
	CORDON_ON_EXIT(free_text) char *above = text_format("%.*s", (int)length, landing);
	struct place place;
	if (!above)
		return cordon_fail_memory(err);
	return add_directories(survey, above, err) && look(survey, above, &place, err) &&
	       (place.type != PATH_DIRECTORY || add_fact(survey, above, above, &place, err));
}

static bool survey_path(struct survey *survey, const char *path, struct cordon_error *err)
{
	static const struct place every_drive = { .type = PATH_DIRECTORY };
	CORDON_ON_EXIT(free_walk) struct walk walk = { 0 };
	if (facts_find_path(survey->facts, path))
		return true;
	if (strcmp(path, "\\") == 0) {
		struct path_fact *fact = facts_add_path(survey->facts, path, path);
		if (fact)
			fact->type = every_drive.type;
		return fact || cordon_fail_memory(err);
	}
	if (!land(survey, path, &walk, err))
		return false;
	const char *landing = text_str(&walk.landing);
	return add_directories(survey, landing, err) &&
	       (facts_find_path(survey->facts, path) || add_fact(survey, path, landing, &walk.place, err));
}

static bool find_user(const struct facts *facts, PSID *ret_user, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *sid = NULL;
	if (!facts->user_sid)
		return true;
	return wide_make(facts->user_sid, &sid, err) &&
	       (ConvertStringSidToSidW(sid, ret_user) ||
		windows_fail(err, GetLastError(), "ConvertStringSidToSid", "read the user's identity"));
}

bool os_survey_paths(struct facts *facts, char *const *paths, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_survey) struct survey survey = { .facts = facts };
	if (!find_user(facts, &survey.user, err))
		return false;
	for (; *paths; paths++)
		if (!survey_path(&survey, *paths, err))
			return false;
	return true;
}

bool os_find_landing(const char *path, char **ret_landing, enum path_type *ret_type, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_walk) struct walk walk = { 0 };
	const struct survey survey = { 0 };
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	if (!os_absolute(path, &absolute, err) || !land(&survey, absolute, &walk, err))
		return false;
	char *landing = text_take(&walk.landing);
	if (!landing)
		return cordon_fail_memory(err);
	*ret_landing = landing;
	*ret_type = walk.place.type;
	return true;
}
