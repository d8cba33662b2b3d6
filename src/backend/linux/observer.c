/* The observer: learns what the command tries to change or to connect to, for the report.
 *
 * No guarantee rests on it, for what it reads may be changed behind its back. Calls go on at once, and the kernel
 * refuses them or not by the view, the namespaces and Landlock. It keeps what the policy refuses and drops the rest.
 * Only in writable places it answers itself, under names that no mount holds or that the host may have uncovered a
 * moment ago: a program that plays fair learns then and there what would be set aside at the end, and one that waits
 * for the moment has to deceive the observer as well. And it refuses connections to sockets of the host that no cover
 * hides.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/linux/gate.h"
#include "backend/linux/observer.h"
#include "base/list.h"
#include "os/os.h"

/* Which arguments of a call name what. The directory's descriptor stands before the path, or is HERE. */
struct shape {
	int call;
	enum act act;
	int directory, path;
	int flags;                         /* of open, or AT_*; NONE */
	enum act second_act;               /* ACT_WRITE: of a file that gets another name */
	int second_directory, second_path; /* NONE: one path only */
};

#define ONE(name, act, directory, path, flags) \
	{ \
		SYS_##name, act, directory, path, flags, act, NONE, NONE \
	}
static const struct shape shapes[] = {
#ifdef SYS_open
	ONE(open, ACT_WRITE, HERE, 0, 1),
	ONE(creat, ACT_WRITE, HERE, 0, NONE),
	ONE(unlink, ACT_DELETE, HERE, 0, NONE),
	ONE(rmdir, ACT_DELETE, HERE, 0, NONE),
	ONE(mkdir, ACT_CREATE, HERE, 0, NONE),
	ONE(mknod, ACT_CREATE, HERE, 0, NONE),
	ONE(symlink, ACT_CREATE, HERE, 1, NONE),
	ONE(chmod, ACT_ATTRIBUTES, HERE, 0, NONE),
	ONE(chown, ACT_ATTRIBUTES, HERE, 0, NONE),
	ONE(lchown, ACT_ATTRIBUTES, HERE, 0, NONE),
	{ SYS_rename, ACT_RENAME, HERE, 0, NONE, ACT_RENAME, HERE, 1 },
	{ SYS_link, ACT_CREATE, HERE, 1, NONE, ACT_WRITE, HERE, 0 },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, ACT_RENAME, 0, 1, NONE, ACT_RENAME, 2, 3 },
#endif
	ONE(openat, ACT_WRITE, 0, 1, 2),
	ONE(truncate, ACT_WRITE, HERE, 0, NONE),
	ONE(unlinkat, ACT_DELETE, 0, 1, NONE),
	ONE(mkdirat, ACT_CREATE, 0, 1, NONE),
	ONE(mknodat, ACT_CREATE, 0, 1, NONE),
	ONE(symlinkat, ACT_CREATE, 1, 2, NONE),
	ONE(fchmodat, ACT_ATTRIBUTES, 0, 1, NONE),
	ONE(fchownat, ACT_ATTRIBUTES, 0, 1, NONE),
	ONE(setxattr, ACT_ATTRIBUTES, HERE, 0, NONE),
	ONE(lsetxattr, ACT_ATTRIBUTES, HERE, 0, NONE),
	ONE(removexattr, ACT_ATTRIBUTES, HERE, 0, NONE),
	ONE(lremovexattr, ACT_ATTRIBUTES, HERE, 0, NONE),
#ifdef SYS_stat
	ONE(stat, ACT_READ, HERE, 0, NONE),
	ONE(lstat, ACT_READ, HERE, 0, NONE),
	ONE(access, ACT_READ, HERE, 0, NONE),
	ONE(readlink, ACT_READ, HERE, 0, NONE),
#endif
	ONE(statx, ACT_READ, 0, 1, NONE),
	ONE(newfstatat, ACT_READ, 0, 1, NONE),
	ONE(faccessat, ACT_READ, 0, 1, NONE),
	ONE(faccessat2, ACT_READ, 0, 1, NONE),
	ONE(readlinkat, ACT_READ, 0, 1, NONE),
	ONE(execve, ACT_READ, HERE, 0, NONE),
	ONE(chdir, ACT_READ, HERE, 0, NONE),
	{ SYS_renameat2, ACT_RENAME, 0, 1, NONE, ACT_RENAME, 2, 3 },
	{ SYS_linkat, ACT_CREATE, 2, 3, NONE, ACT_WRITE, 0, 1 },
};

struct observer *observer_new(int listener, int diagnosis, const struct plan *plan)
{
	struct observer *observer = calloc(1, sizeof *observer);
	if (!observer) {
		close(listener);
		if (diagnosis >= 0)
			close(diagnosis);
		return NULL;
	}
	observer->diagnosis = diagnosis;
	observer->listener = listener;
	observer->outside = UNASKED;
	observer->finder.root = -1;
	places_begin(&observer->places);
	observer->plan = plan;
	observer->reports = true;
	/* Wakes us on the caller's processor, which waits for us anyway: 6 us a call instead of 50 (Linux 6.6). */
	kernel_ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, (void *)SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	return observer;
}

void observer_use_gate(struct observer *observer, struct gate *gate, bool reports)
{
	observer->gate = gate;
	observer->reports = reports;
}

void observer_refuse_attributes(struct observer *observer)
{
	observer->refuses_attributes = true;
}

struct observer *observer_free(struct observer *observer)
{
	if (!observer)
		return NULL;
	close(observer->listener);
	places_end(&observer->places);
	if (observer->finder.root >= 0)
		close(observer->finder.root);
	if (observer->diagnosis >= 0)
		close(observer->diagnosis);
	if (observer->outside >= 0)
		close(observer->outside);
	free(observer);
	return NULL;
}

/* -- where it lands ------------------------------------------------------------------------------------------------ */

bool observer_open_root(struct observer *observer)
{
	char path[64];
	if (observer->finder.root < 0) {
		snprintf(path, sizeof path, "/proc/%d/root", observer->caller.process);
		observer->finder.root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	observer->finder.process = observer->caller.process;
	return observer->finder.root >= 0;
}

/* *ret_place: where it lies, if that is known; else NULL. */
static bool land(struct observer *observer, struct attempt *attempt, struct place **ret_place)
{
	bool is_name = attempt->act == ACT_DELETE || attempt->act == ACT_RENAME || attempt->act == ACT_CREATE ||
		       attempt->is_new;
	const char *name;
	if (!observer_open_root(observer))
		return false;
	*ret_place = places_find(&observer->places, &observer->finder, attempt->path, &name);
	if (*ret_place && place_holds(*ret_place, name, is_name)) {
		strcpy(attempt->landing, attempt->path);
		return true;
	}
	*ret_place = NULL;
	return landing_of(&observer->finder, attempt->path, is_name, attempt->landing);
}

/* -- whether it is refused ----------------------------------------------------------------------------------------- */

/* Names in writable places: those that no mount holds, and those of read-only mounts, which the host can take away. */
static bool may_lie_open(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->unheld.count; i++)
		if (os_lies_below(path, plan->unheld.items[i].path))
			return true;
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		if (mount->kind == MOUNT_BIND && !mount->is_writable && os_lies_below(path, mount->path))
			return true;
	}
	return false;
}

static bool is_refused(const struct plan *plan, const struct attempt *attempt)
{
	enum access access = policy_decide_path(plan->policy, attempt->landing).access;
	bool is_too_little = attempt->act == ACT_READ ? access == ACCESS_NONE : access != ACCESS_WRITE;
	return is_too_little && !plan_is_apart(plan, attempt->landing);
}

/* Would the call fail outside as well? Then it is not the cordon that refused: a name that is to be made exists (mkdir
 * -p), or the user may not write there at all. Asked of the host, where the path means the same and mounts refuse
 * nothing.
 */
static bool fails_anyway(const struct attempt *attempt, struct place *place)
{
	char parent[PATH_MAX];
	struct stat status;
	bool exists = lstat(attempt->landing, &status) == 0;
	if (attempt->act == ACT_CREATE && exists)
		return true;
	if (attempt->act == ACT_READ)
		return !exists;
	if (attempt->act == ACT_ATTRIBUTES)
		return exists && status.st_uid != geteuid();
	if (attempt->act == ACT_WRITE && exists)
		return faccessat(AT_FDCWD, attempt->landing, W_OK, AT_EACCESS) != 0 && errno == EACCES;
	if (place)
		return !place_may_write(place);

	const char *slash = strrchr(attempt->landing, '/');
	size_t length = slash == attempt->landing ? 1 : (size_t)(slash - attempt->landing);
	memcpy(parent, attempt->landing, length);
	parent[length] = '\0';
	return faccessat(AT_FDCWD, parent, W_OK, AT_EACCESS) != 0 && errno == EACCES;
}

static void add_note(struct observer *observer, const char *landing)
{
	if (observer->note_count < (int)COUNT_OF(observer->notes) && !plan_is_apart(observer->plan, landing) &&
	    !is_planted("observer.notes"))
		strcpy(observer->notes[observer->note_count++], landing);
}

/* Does the directory hold that name?  `length` bytes of it. One that we may not look into the command may have open. */
static bool has_entry(const char *directory, size_t length, const char *name)
{
	char path[PATH_MAX];
	struct stat status;
	int written = snprintf(path, sizeof path, "%.*s/%s", (int)length, directory, name);
	return written > 0 && (size_t)written < sizeof path && (lstat(path, &status) == 0 || errno == EACCES);
}

static bool is_name(const char *name, size_t length, const char *const *names)
{
	for (; *names; names++)
		if (strlen(*names) == length && memcmp(*names, name, length) == 0)
			return true;
	return false;
}

/* What git would execute of a repository that is there and that no record names: a hook, all of them, or settings; of
 * any repository the records of an unfinished rebase or cherry-pick.
 */
static bool is_part_of_git(const char *landing)
{
	static const char *const parts[] = { "hooks",     "config", "config.worktree", "commondir", "rebase-merge",
					     "sequencer", NULL };
	static const char *const folders[] = { "hooks", "rebase-merge", "sequencer", NULL };
	const char *name = strrchr(landing, '/') + 1;
	size_t above = (size_t)(name - landing) - 1, start = above;
	while (start > 0 && landing[start - 1] != '/')
		start--;
	return (is_name(name, strlen(name), parts) && has_entry(landing, above, "HEAD")) ||
	       (start > 0 && is_name(landing + start, above - start, folders) && has_entry(landing, start - 1, "HEAD"));
}

/* Is what lies there, seen from a git directory, written by git? */
static bool is_written_by_git(const char *below)
{
	size_t length = strcspn(below, "/");
	return !below[length] || os_is_gits_folder(below, length);
}

static bool lies_in_known(const struct plan *plan, const char *variable_name, const char *landing)
{
	const struct variable *variable = facts_find_variable(plan->facts, variable_name, strlen(variable_name));
	for (size_t i = 0; variable && i < variable->count; i++) {
		size_t length = strlen(variable->values[i]);
		if (os_lies_below(landing, variable->values[i]) && landing[length] == '/' &&
		    is_written_by_git(landing + length + 1))
			return true;
	}
	return false;
}

/* A git directory that no record names has to be one at the moment; see note_name for what is made one later. */
static bool lies_in_git(const struct plan *plan, const char *landing)
{
	if (is_planted("observer.notes") || plan_is_apart(plan, landing))
		return false;
	if (lies_in_known(plan, "git", landing) || lies_in_known(plan, "submodule", landing))
		return true;
	for (size_t above = strlen(landing); above-- > 1;)
		if (landing[above] == '/' && has_entry(landing, above, "HEAD") &&
		    (has_entry(landing, above, "objects") || has_entry(landing, above, "commondir")) &&
		    is_written_by_git(landing + above + 1))
			return true;
	return false;
}

/* Of what is not there yet: a repository of the user's gets a HEAD with each branch that is checked out. And parts of
 * those that are.
 */
static void note_name(struct observer *observer, enum act act, const char *landing)
{
	static const char *const objects[] = { "objects", NULL };
	struct stat status;
	const char *name = strrchr(landing, '/') + 1;
	size_t above = (size_t)(name - landing) - 1;
	if (is_name(name, strlen(name), observer->plan->noted)) {
		if (act != ACT_ATTRIBUTES && lstat(landing, &status) != 0)
			add_note(observer, landing);
	} else if (is_name(name, strlen(name), objects)) {
		/* Without it a HEAD made no repository yet. */
		if (lstat(landing, &status) != 0 && has_entry(landing, above, "HEAD"))
			add_note(observer, landing);
	} else if (is_part_of_git(landing)) {
		add_note(observer, landing);
	}
}

/* Of a directory, which takes what was noted along; its old place is told first, then the new one. */
static void note_move(struct observer *observer, const char *landing)
{
	struct stat status;
	if (observer->move_count == 2 || plan_is_apart(observer->plan, landing))
		return;
	observer->is_directory_moved = observer->is_directory_moved ||
				       (lstat(landing, &status) == 0 && S_ISDIR(status.st_mode));
	strcpy(observer->moves[observer->move_count++], landing);
}

/* A program that tries the same thing again and again is judged once. */
static bool is_repeated(struct observer *observer, struct attempt *attempt)
{
	const struct repeated *last = &observer->last;
	if (last->process != observer->caller.process || last->act != attempt->act ||
	    strcmp(last->path, attempt->path) != 0)
		return false;
	strcpy(attempt->landing, last->path);
	return true;
}

/* Only where the name can mean nothing else later: it has no links, and the command cannot write where it lies. */
static void remember(struct observer *observer, const struct attempt *attempt)
{
	char parent[PATH_MAX];
	size_t length = (size_t)(strrchr(attempt->landing, '/') - attempt->landing);
	memcpy(parent, length ? attempt->landing : "/", length ? length : 1);
	parent[length ? length : 1] = '\0';
	if (strcmp(attempt->path, attempt->landing) != 0 ||
	    policy_decide_path(observer->plan->policy, parent).access == ACCESS_WRITE)
		return;
	observer->last.process = observer->caller.process;
	observer->last.act = attempt->act;
	strcpy(observer->last.path, attempt->path);
}

static bool makes_a_link(const struct seccomp_data *data)
{
#ifdef SYS_symlink
	if (data->nr == SYS_symlink)
		return true;
#endif
	return data->nr == SYS_symlinkat;
}

/* What git would write through it is the user's: no such link is made. */
static void refuse_link(struct observer *observer)
{
	observer->attempts[observer->count++].reason = "git would write to where that link leads";
	observer->answer = EPERM;
}

/* True when the call may name that, as far as the policy goes. */
static bool look_at_path(struct observer *observer, enum act act, int directory, int path, bool is_new)
{
	const __u64 *arguments = observer->call.data.args;
	struct attempt *attempt = &observer->attempts[observer->count];
	int base = directory == HERE ? HERE : (int)arguments[directory];

	attempt->act = act;
	attempt->reason = NULL;
	attempt->is_new = is_new;
	if (!caller_read_string(&observer->caller, arguments[path], attempt->path) || !*attempt->path)
		return false;
	if (is_repeated(observer, attempt)) {
		observer->is_repeat = observer->count++ == 0;
		return false;
	}
	struct place *place;
	if (!caller_make_absolute(&observer->caller, base, attempt->path) || !land(observer, attempt, &place)) {
		/* From where no path is long enough to lead a repository could be moved to where one is. */
		if (act == ACT_RENAME && errno == ENAMETOOLONG)
			observer->answer = ENAMETOOLONG;
		return false;
	}
	if (!is_refused(observer->plan, attempt)) {
		if (act == ACT_CREATE || act == ACT_WRITE || act == ACT_RENAME || act == ACT_ATTRIBUTES)
			note_name(observer, act, attempt->landing);
		if (act == ACT_RENAME)
			note_move(observer, attempt->landing);
		if (makes_a_link(&observer->call.data) && lies_in_git(observer->plan, attempt->landing))
			refuse_link(observer);
		return true;
	}
	bool is_denial = !fails_anyway(attempt, place);
	bool is_open = (act == ACT_ATTRIBUTES && observer->refuses_attributes) ||
		       may_lie_open(observer->plan, attempt->landing);
	observer->is_repeat = observer->is_repeat && !is_denial;
	if (is_denial && !is_open) /* what is answered is judged each time */
		remember(observer, attempt);
	if (!observer->answer && act != ACT_READ && is_open)
		observer->answer = is_denial || act != ACT_CREATE ? EROFS : EEXIST;
	observer->count += is_denial;
	return false;
}

static bool is_link(const char *landing)
{
	struct stat status;
	return lstat(landing, &status) == 0 && S_ISLNK(status.st_mode);
}

/* A link that is moved to a git directory; in one that is moved there are perhaps some. */
static void look_at_moved(struct observer *observer, const char *from, const char *to)
{
	if (!lies_in_git(observer->plan, to))
		return;
	if (is_link(from))
		refuse_link(observer);
	else if (observer->is_directory_moved)
		add_note(observer, to);
}

static void look_at_moves(struct observer *observer)
{
	const struct seccomp_data *data = &observer->call.data;
	enum { EXCHANGE = 1 << 1 }; /* RENAME_EXCHANGE */
	if (observer->move_count < 2 || observer->answer)
		return;
	look_at_moved(observer, observer->moves[0], observer->moves[1]);
	if (!observer->answer && data->nr == SYS_renameat2 && (data->args[4] & EXCHANGE))
		look_at_moved(observer, observer->moves[1], observer->moves[0]);
}

/* What a later run writes to it by another name nobody would see: no such name is made. */
static void look_at_linked(struct observer *observer, int directory, int path, bool is_into_git)
{
	const __u64 *arguments = observer->call.data.args;
	struct attempt *attempt = &observer->attempts[observer->count];
	struct place *place;
	attempt->act = ACT_WRITE;
	attempt->reason = "git executes what it says, and it would be written by another name";
	attempt->is_new = false;
	if (observer->answer || !caller_read_string(&observer->caller, arguments[path], attempt->path) ||
	    !caller_make_absolute(&observer->caller, directory == HERE ? HERE : (int)arguments[directory],
				  attempt->path))
		return;
	if (is_into_git && landing_of(&observer->finder, attempt->path, true, attempt->landing) &&
	    is_link(attempt->landing)) {
		refuse_link(observer);
		return;
	}
	if (!land(observer, attempt, &place) || is_refused(observer->plan, attempt) ||
	    !is_part_of_git(attempt->landing) || is_planted("observer.notes"))
		return;
	observer->answer = EPERM;
	observer->count++;
}

/* -- one call ------------------------------------------------------------------------------------------------------ */

static bool means_change(const struct observer *observer, const struct shape *shape)
{
	if (shape->flags == NONE)
		return true;
	return observer->call.data.args[shape->flags] & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC);
}

static bool is_exclusive(const struct observer *observer, const struct shape *shape)
{
	const uint64_t both = O_CREAT | O_EXCL;
	return shape->flags != NONE && shape->act == ACT_WRITE &&
	       (observer->call.data.args[shape->flags] & both) == both;
}

static void look_at_files(struct observer *observer)
{
	const struct seccomp_data *data = &observer->call.data;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		const struct shape *shape = &shapes[i];
		if (shape->call != data->nr)
			continue;
		bool is_read = shape->flags != NONE && !means_change(observer, shape);
		bool is_granted = look_at_path(observer, is_read ? ACT_READ : shape->act, shape->directory, shape->path,
					       is_exclusive(observer, shape));
		if (shape->second_path != NONE && shape->second_act == ACT_WRITE) {
			look_at_linked(observer, shape->second_directory, shape->second_path,
				       is_granted && lies_in_git(observer->plan, observer->attempts->landing));
		} else if (shape->second_path != NONE) {
			look_at_path(observer, shape->second_act, shape->second_directory, shape->second_path, false);
			look_at_moves(observer);
		}
		return;
	}
}

/* Calls by which a directory gets another name, or gives its own up for something else. */
static bool may_move_directories(const struct seccomp_data *data)
{
	switch (data->nr) {
#ifdef SYS_rename
	case SYS_rename:
	case SYS_rmdir:
#endif
#ifdef SYS_renameat
	case SYS_renameat:
#endif
	case SYS_renameat2:
		return true;
	case SYS_unlinkat:
		return data->args[2] & AT_REMOVEDIR;
	default:
		return false;
	}
}

bool observer_next(struct observer *observer)
{
	observer->count = observer->taken = observer->answer = 0;
	observer->note_count = observer->notes_taken = 0;
	observer->move_count = 0;
	observer->is_directory_moved = false;
	observer->is_repeat = false;
	memset(&observer->call, 0, sizeof observer->call);
	if (kernel_ioctl(observer->listener, SECCOMP_IOCTL_NOTIF_RECV, &observer->call) != 0)
		return errno == ENOENT || errno == EINTR; /* ENOENT: the caller was killed */

	observer->caller.process = (pid_t)observer->call.pid;
	if (!observer_look_at_connection(observer))
		look_at_files(observer);
	if (may_move_directories(&observer->call.data))
		places_forget(&observer->places);
	if (observer->count && !observer->is_repeat)
		caller_identify(&observer->caller);
	bool is_answered = observer->answer && !is_planted("observer");
	struct seccomp_notif_resp answer = {
		.id = observer->call.id,
		.error = is_answered ? -observer->answer : 0,
		.flags = is_answered ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};
	/* While the call waits its process exists: was what was read that process'? If not, there is nobody to answer.
	 */
	if (kernel_ioctl(observer->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0 || !observer->reports)
		observer->count = 0;
	return true;
}

bool observer_take(struct observer *observer, struct cage_event *ret_event)
{
	if (observer->notes_taken < observer->note_count) {
		ret_event->kind = CAGE_NOTED;
		ret_event->noted = observer->notes[observer->notes_taken++];
		return true;
	}
	if (observer->move_count == 2 && observer->is_directory_moved) {
		observer->is_directory_moved = false;
		ret_event->kind = CAGE_MOVED;
		ret_event->moved_from = observer->moves[0];
		ret_event->noted = observer->moves[1];
		return true;
	}
	if (observer->taken >= observer->count)
		return false;
	const struct attempt *attempt = &observer->attempts[observer->taken++];
	ret_event->kind = CAGE_DENIED;
	ret_event->denied.act = attempt->act;
	ret_event->denied.pid = observer->caller.process;
	ret_event->denied.path = attempt->path;
	ret_event->denied.landing = attempt->landing;
	ret_event->denied.program = observer->caller.program;
	ret_event->denied.reason = attempt->reason;
	ret_event->denied.arguments = observer->caller.arguments;
	ret_event->denied.arguments_length = observer->caller.arguments_length;
	return true;
}
